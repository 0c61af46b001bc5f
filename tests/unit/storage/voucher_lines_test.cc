// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a dump says of vouchers, draws, claims and contributions.

#include "tools/inspect/voucher_lines.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testing/city.h"
#include "tests/unit/durability/event_maker.h"
#include "tools/inspect/dump.h"

namespace gonghui {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string LineOfEvent(const OwnedEvent& owned) {
  return LineOf(owned.event, 0, false);
}

TEST(VoucherLinesTest, APickUpIsToldWithItsVoucher) {
  const std::string line = LineOfEvent(*MakePickUp(5'001, kCityNoon));
  EXPECT_THAT(line, HasSubstr(R"("occasion":{"voucher_key":"112233445566778899aabbccddeeff00"})"));
  EXPECT_THAT(line,
              HasSubstr(R"("occasion_row":3021,"voucher":{"voucher_row":45012,)"
                        R"("state":"redeemed"})"));
  EXPECT_THAT(line, Not(HasSubstr("card_number")));
  EXPECT_THAT(LineOfEvent(*MakeSale(5'001, kCityNoon)), Not(HasSubstr("voucher")));
  EXPECT_THAT(LineOfEvent(*MakeSale(5'001, kCityNoon)), Not(HasSubstr("occasion")));
}

TEST(VoucherLinesTest, AnAppointmentAndAClaimAreTold) {
  const auto claim = MakeClaim(5'001, kCityNoon);
  EXPECT_THAT(LineOfEvent(*claim), HasSubstr(R"("occasion":{"event_at":")"));
  EXPECT_THAT(LineOfEvent(*claim), HasSubstr(R"("filed_by":"wang"})"));
  claim->occasion.slot_at = TimestampNs{0};
  claim->occasion.event_at = TimestampNs{0};
  claim->occasion.filed_by = {};
  EXPECT_THAT(LineOfEvent(*claim), HasSubstr(R"("occasion":{})"));
  claim->occasion.slot_at = TimestampNs{kNsPerSecond};
  EXPECT_THAT(LineOfEvent(*claim),
              HasSubstr(R"("occasion":{"slot_at":"1970-01-01T00:00:01.000000000Z"})"));
}

TEST(VoucherLinesTest, JudgementsAreToldWithWhatTheyRelease) {
  const std::string approved =
      LineOfEvent(*MakeJudgement(EventKind::kClaimApproved, 5'002, kCityNoon));
  EXPECT_THAT(approved, HasSubstr(R"("kind":"claim_approved")"));
  EXPECT_THAT(approved,
              HasSubstr(R"("command":{"claim_transaction_id":5001,"by":"li","note":""},)"
                        R"("effect":{"row":3022}})"));
  const std::string rejected =
      LineOfEvent(*MakeJudgement(EventKind::kClaimRejected, 5'002, kCityNoon));
  EXPECT_THAT(rejected, HasSubstr(R"("kind":"claim_rejected")"));
  EXPECT_THAT(rejected, HasSubstr(R"("note":"重复申请")"));
  EXPECT_THAT(rejected,
              HasSubstr(R"("effect":{"row":3022,"original":{"transaction_row":1843212,)"
                        R"("state":"reversed"},"voucher":{"voucher_row":45012,"state":"issued"},)"
                        R"("member_pending_delta_fen":-1548,"shares":[{)"));
  EXPECT_THAT(rejected, Not(HasSubstr("outcome")));
}

TEST(VoucherLinesTest, VouchersAreTold) {
  const std::string issued = LineOfEvent(*MakeVoucherIssue(5'001, kCityNoon));
  EXPECT_THAT(issued, HasSubstr(R"("kind":"vouchers_issued")"));
  EXPECT_THAT(issued,
              HasSubstr(R"("command":{"series":"rice-2026",)"
                        R"("valid_from":"2026-11-30T16:00:00.000000000Z",)"
                        R"("expires_at":"2026-12-31T16:00:00.000000000Z",)"
                        R"("vouchers":[{"voucher_key":"112233445566778899aabbccddeeff00"},)"
                        R"({"voucher_key":"01020304050607080000000000000009",)"
                        R"("member_id":"M-0001"}]},"effect":{"row":4}})"));
  const std::string voided = LineOfEvent(*MakeVoucherVoid(5'001, kCityNoon));
  EXPECT_THAT(voided, HasSubstr(R"("kind":"vouchers_voided")"));
  EXPECT_THAT(voided, HasSubstr(R"([{"voucher_key":"112233445566778899aabbccddeeff00"}])"));
}

TEST(VoucherLinesTest, DrawsAreTold) {
  const auto commitment = MakeCommitment(5'001, kCityNoon);
  std::string line = LineOfEvent(*commitment);
  EXPECT_THAT(line, HasSubstr(R"("kind":"draw_committed")"));
  EXPECT_THAT(line, HasSubstr(R"("draw":"camp-2026","draw_kind":"draw","seed_hash":"a0a1a2)"));
  EXPECT_THAT(line, HasSubstr(R"("programme":"camp","limit":"entry","closes_at":"2026-11-30)"));
  EXPECT_THAT(line, HasSubstr(R"("prizes":[{"series":"camp","count":20,"valid_from")"));
  commitment->commit_draw.kind = DrawKind::kPool;
  commitment->prizes[0] = {{}, 0, 7, {}, {}};
  EXPECT_THAT(LineOfEvent(*commitment), HasSubstr(R"("prizes":[{"count":0,"weight":7}])"));
  line = LineOfEvent(*MakeClosing(5'001, kCityNoon));
  EXPECT_THAT(line, HasSubstr(R"("kind":"draw_closed")"));
  EXPECT_THAT(line, HasSubstr(R"("entries_hash":"e5e5)"));
  EXPECT_THAT(line, HasSubstr(R"("entry_count":4711)"));
  line = LineOfEvent(*MakeSettlement(5'001, kCityNoon));
  EXPECT_THAT(line, HasSubstr(R"("kind":"draw_settled")"));
  EXPECT_THAT(line, HasSubstr(R"("draw":"camp-2026","seed":"5e5e)"));
  line = LineOfEvent(*MakePrize(5'001, kCityNoon));
  EXPECT_THAT(line, HasSubstr(R"("kind":"prize_drawn")"));
  EXPECT_THAT(line,
              HasSubstr(R"("pool":"quiz","voucher_key":"112233445566778899aabbccddeeff00",)"
                        R"("member_id":"M-0001","number":"f000000000000001"},)"
                        R"("effect":{"row":3,"row_2":12})"));
}

TEST(VoucherLinesTest, ContributionsAreTold) {
  std::string line = LineOfEvent(*MakeContribution(5'001, kCityNoon));
  EXPECT_THAT(line, HasSubstr(R"("kind":"contributed")"));
  EXPECT_THAT(line,
              HasSubstr(R"("receipt":"2026-000088","fund":"mutual-2026","member_id":"M-0001",)"
                        R"("segment":"mutual","amount_fen":6000,"covers_from":"2026-11-30)"));
  line = LineOfEvent(*MakeRevocation(5'001, kCityNoon));
  EXPECT_THAT(line, HasSubstr(R"("kind":"contribution_revoked")"));
  EXPECT_THAT(line, HasSubstr(R"("receipt":"2026-000088","fund":"mutual-2026"},"effect")"));
}

TEST(VoucherLinesTest, ABenefitIsToldWithWhatItAsksFor) {
  const auto owned = MakeProgramme(5'001, kCityNoon);
  EXPECT_THAT(LineOfEvent(*owned), Not(HasSubstr("slots")));
  BenefitSpec& benefit = owned->benefits[0];
  benefit.voucher = CodeOf<SeriesCode>("rice");
  benefit.voucher_returns = true;
  benefit.asks = 15;
  benefit.slot_minutes = 30;
  benefit.slot_ahead_days = 14;
  benefit.slot_grace_minutes = 10;
  benefit.claim_days_max = 180;
  benefit.approvals = 2;
  benefit.earlier_prices = 3;
  EXPECT_THAT(LineOfEvent(*owned),
              HasSubstr(R"("voucher_series":"rice","voucher_returns":true,)"
                        R"("slots":{"minutes":30,"ahead_days":14,"grace_minutes":10},)"
                        R"("claim":{"within_days":180,"approvals":2},"counts_on_limit":3})"));
}

}  // namespace
}  // namespace gonghui
