// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// RuleWorld with vouchers of series "V", appointments and claims.  Merchant S1 is in the
// programme "p" alone, whose benefit "b" a test changes to ask for one of these.

#ifndef GONGHUI_TESTS_UNIT_LEDGER_OCCASION_WORLD_H_
#define GONGHUI_TESTS_UNIT_LEDGER_OCCASION_WORLD_H_

#include <cstdint>
#include <initializer_list>
#include <vector>

#include <gtest/gtest.h>

#include "engine/domain/occasion.h"
#include "engine/domain/voucher.h"
#include "tests/unit/ledger/rule_world.h"

namespace gonghui {

class OccasionWorld : public RuleWorld {
 protected:
  explicit OccasionWorld(const LedgerLimits& limits = SmallLimits()) : RuleWorld(limits) {}

  static constexpr VoucherKey Key(uint64_t number) { return VoucherKey{number << 32, number}; }
  static constexpr TimestampNs AfterMinutes(int64_t minutes) {
    return TimestampNs{kNow.value() + minutes * kNsPerMinute};
  }

  static void AskFor(BenefitSpec* benefit, Asks what) {
    benefit->asks = static_cast<uint8_t>(benefit->asks | static_cast<uint8_t>(what));
    benefit->offline = OfflinePolicy::kRefuse;
  }
  static void AskForVoucher(BenefitSpec* benefit, const char* series = "V") {
    AskFor(benefit, Asks::kVoucher);
    benefit->voucher = CodeOf<SeriesCode>(series);
  }
  // Half an hour each, up to ten days ahead.
  static void AskForSlot(BenefitSpec* benefit) {
    AskFor(benefit, Asks::kSlot);
    benefit->slot_minutes = 30;
    benefit->slot_ahead_days = 10;
  }
  static void AskForClaim(BenefitSpec* benefit, uint16_t within_days = 180) {
    AskFor(benefit, Asks::kClaim);
    benefit->claim_days_max = within_days;
  }

  // Member null: the bearer's.
  const Result& Issue(std::initializer_list<uint64_t> keys,
                      const char* member,
                      TimestampNs from = TimestampNs{},
                      TimestampNs until = kTimestampMax,
                      const char* series = "V") {
    std::vector<VoucherToIssue> vouchers;
    for (const uint64_t key : keys) {
      const MemberId id = member != nullptr ? CodeOf<MemberId>(member) : MemberId{};
      vouchers.push_back(VoucherToIssue{Key(key), id});
    }
    IssueVouchersRequest request;
    request.series = CodeOf<SeriesCode>(series);
    request.valid_from = from;
    request.expires_at = until;
    request.vouchers = vouchers;
    Run(Own(request));
    EXPECT_EQ(result_.verdict, Verdict::kDecided) << NameOf(result_.admin_reason);
    return result_;
  }
  const Result& Void(uint64_t key) {
    const std::vector<VoucherKey> keys{Key(key)};
    Run(Own(VoidVouchersRequest{keys}));
    EXPECT_EQ(result_.verdict, Verdict::kDecided) << NameOf(result_.admin_reason);
    return result_;
  }
  [[nodiscard]] const Voucher& VoucherOf(uint64_t key) const {
    return ledger_->vouchers()[ledger_->FindVoucher(Key(key))];
  }

  // Of terminal T1.  With a code the card may be left out.
  static OwnedCommand With(Command command, const OccasionRequest& occasion) {
    command.authorize.occasion = &occasion;
    return Own(command);
  }
  static OwnedCommand WithCode(Command command, uint64_t key) {
    OccasionRequest occasion;
    occasion.voucher = Key(key);
    return With(command, occasion);
  }
  static OwnedCommand WithSlot(Command command, TimestampNs slot_at) {
    OccasionRequest occasion;
    occasion.slot_at = slot_at;
    return With(command, occasion);
  }
  static OwnedCommand OfEvent(Command command,
                              TimestampNs event_at,
                              const char* filed_by = nullptr) {
    OccasionRequest occasion;
    occasion.event_at = event_at;
    if (filed_by != nullptr) {
      occasion.filed_by = CodeOf<OperatorName>(filed_by);
    }
    return With(command, occasion);
  }
  static OwnedCommand Explained(const OwnedCommand& asked) {
    Command command = asked.command;
    command.kind = CommandKind::kQuote;
    command.request_id = RequestId{};
    return OwnExplained(command);
  }
  // More of it may be captured later.
  static Command CapturePart(uint64_t request, uint64_t original, int64_t amount) {
    Command capture = AboutPart(CommandKind::kCapture, request, original, amount);
    capture.capture.final_capture = false;
    return capture;
  }
  static Command WithoutCard(Command command) {
    command.authorize.card = CardNumber{};
    return command;
  }

  // Another member of union U, with a card.
  void AddMember(const char* id, uint64_t card_number, const char* node = "U") {
    MemberRequest member;
    member.id = CodeOf<MemberId>(id);
    member.union_node = CodeOf<UnionNodeId>(node);
    member.real_name_verified = true;
    Run(Own(member));
    CardRequest card;
    card.number = CardNumber{card_number};
    card.member = member.id;
    Run(Own(card));
  }
  void SetStatus(const char* member, MemberStatus status) {
    MemberStatusRequest request;
    request.member = CodeOf<MemberId>(member);
    request.status = status;
    Run(Own(request));
    EXPECT_EQ(result_.verdict, Verdict::kDecided);
  }

  // The row that the transaction decided last has of its occasion.
  [[nodiscard]] const Occasion& OccasionOfLast() const {
    return ledger_->occasions()[result_.transaction.progress.occasion];
  }
  // The checks of the parties that the last explanation lists, and whether all passed.
  [[nodiscard]] std::vector<Reason> PartiesOfLast(bool* passed) const {
    const Explanation& explanation = *commands_.back().command.authorize.explanation;
    std::vector<Reason> checks;
    *passed = true;
    for (uint32_t i = 0; i < explanation.count; ++i) {
      if (explanation.checks[i].benefit == BenefitRow{}) {
        checks.push_back(explanation.checks[i].check);
        *passed = *passed && explanation.checks[i].passed;
      }
    }
    return checks;
  }
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_LEDGER_OCCASION_WORLD_H_
