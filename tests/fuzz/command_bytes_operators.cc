// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Operators' commands out of bytes.

#include <algorithm>

#include "tests/fuzz/command_bytes.h"
#include "tests/model/random_commands.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

constexpr int64_t kHourNs = 3600 * kNsPerSecond;

}  // namespace

OwnedCommand CommandBytes::AdminCommand() {
  const uint8_t what = Byte() % 16;
  switch (what) {
    case 11:
    case 12:
    case 13:
    case 14:
    case 15:
      return EventCommand(what);
    case 0: {
      MemberStatusRequest request;
      request.member = Any(members_).id;
      request.status = static_cast<MemberStatus>(1 + Byte() % 4);
      return Own(request);
    }
    case 1: {
      CardStatusRequest request;
      request.card = Any(cards_);
      request.status = static_cast<CardStatus>(1 + Byte() % 8);
      return Own(request);
    }
    case 2: {
      ReplaceCardRequest request;
      request.old_card = Any(cards_);
      const uint8_t by = Byte();
      request.new_card.number =
          by < 128 ? CardNumber{6'300'000'000 + ++last_card_} : cards_[by % cards_.size()];
      cards_[by % cards_.size()] = request.new_card.number;
      return Own(request);
    }
    case 3: {
      MerchantRequest request = Any(merchants_);
      request.union_node = Any(unions_);
      request.status = static_cast<MerchantStatus>(1 + Byte() % 3);
      return Own(request);
    }
    case 4: {
      TerminalRequest request = Any(terminals_);
      const uint8_t how = Byte();
      request.kind = static_cast<TerminalKind>(1 + how % 4);
      request.status = static_cast<TerminalStatus>(1 + how / 4 % 2);
      if (how >= 0xe0) {
        request.merchant = Any(merchants_).id;
      }
      return Own(request);
    }
    case 5: {
      FundRequest request = Any(funds_);
      const uint8_t how = Byte();
      request.budget = how == 255 ? Fen{kFundFenMax} : Amount();
      request.opens_at = how % 4 == 0 ? NearbyTime() : TimestampNs{kTimestampNsMin};
      request.closes_at = how % 2 == 0 ? NearbyTime() : kTimestampMax;
      if (request.opens_at >= request.closes_at) {  // no command without a period
        request.opens_at = TimestampNs{kTimestampNsMin};
        request.closes_at = kTimestampMax;
      }
      const uint8_t kept = Byte();
      request.keep = {(kept & 1) != 0,
                      (kept & 2) != 0,
                      (kept & 4) != 0,
                      (kept & 8) != 0,
                      (kept & 16) != 0,
                      (kept & 32) != 0,
                      (kept & 64) != 0,
                      (kept & 128) != 0};
      return Own(request);
    }
    case 6: {
      const uint8_t how = Byte();
      if (how < 64) {
        RetireProgrammeRequest request;
        request.code = Any(programmes_);
        return Own(request);
      }
      StageProgrammeRequest request;
      request.code = Any(programmes_);
      request.version = how / 8u % 4u;
      request.stage = static_cast<Stage>(1 + how % 8 % 6);
      request.activates_at = NearbyTime();
      return Own(request);
    }
    case 7: {
      UnionNodeRequest request;
      request.id = Any(unions_);
      request.parent = Any(unions_);
      return Own(request);
    }
    case 8: {
      MemberRequest request = Any(members_);
      const uint8_t how = Byte();
      request.status = static_cast<MemberStatus>(1 + Byte() % 4);
      request.keep = {(how & 1) != 0,
                      (how & 2) != 0,
                      (how & 4) != 0,
                      (how & 8) != 0,
                      (how & 128) != 0,
                      (how & 16) != 0};
      request.reactivate = (how & 32) != 0;
      request.real_name_verified = (how & 64) != 0;
      return Own(request);
    }
    case 9: {
      CardRequest request = Any(first_cards_);
      const uint8_t how = Byte();
      request.status = static_cast<CardStatus>(1 + Byte() % 8);
      request.keep = {(how & 1) != 0, (how & 2) != 0, (how & 4) != 0};
      request.reactivate = (how & 8) != 0;
      request.kind = static_cast<CardKind>(1 + how / 16 % 2);
      return Own(request);
    }
    default: {
      // Something of another world, which has the same names: a programme's new version,
      // a member's other segments, a card's other holder ...
      const std::vector<OwnedCommand> others = RandomCommands(1000u + Byte()).Setup();
      const uint8_t which = Byte();
      return others[others.size() - 1 - which % others.size()];  // programmes stand last
    }
  }
}

// ---- Vouchers, draws, claims, contributions ---------------------------------------------

MemberId CommandBytes::AnyMember() {
  const uint8_t which = Byte();
  return which == 255 ? CodeOf<MemberId>("M-unknown") : members_[which % members_.size()].id;
}

OwnedCommand CommandBytes::EventCommand(uint8_t what) {
  switch (what) {
    case 11:
      return IssueCommand();
    case 12:
      return DrawCommand();
    case 13:
      return ContributionCommand();
    default:
      return JudgeCommand();
  }
}

// Few keys, so that they meet again; or some are taken back.
OwnedCommand CommandBytes::IssueCommand() {
  const uint8_t how = Byte();
  if (how >= 0xe0 && !vouchers_.empty()) {
    const std::vector<VoucherKey> keys = {Any(vouchers_)};
    VoidVouchersRequest request;
    request.keys = keys;
    return Own(request);
  }
  IssueVouchersRequest request;
  request.series = CodeOf<SeriesCode>("V" + std::to_string(how % 3));
  request.valid_from = how / 4 % 4 == 0 ? NearbyTime() : TimestampNs{kTimestampNsMin};
  request.valid_from = std::min(request.valid_from, TimestampNs{kTimestampNsMax});
  request.expires_at = NearbyTime();
  request.expires_at = std::max(request.expires_at, TimestampNs{request.valid_from.value() + 1});
  if (how / 16 % 4 == 3) {
    request.draw = CodeOf<DrawCode>("draw" + std::to_string(Byte() % 4));
  }
  std::vector<VoucherToIssue> issued;
  const uint8_t first = Byte();
  for (uint8_t i = 0; i < 1 + first % 3; ++i) {
    const MemberId member = how % 2 == 0 && i == 0 ? MemberId{} : AnyMember();
    issued.push_back({VoucherKey{0xabc, 1u + first / 8u + i}, member});
    vouchers_.push_back(issued.back().key);
  }
  request.vouchers = issued;
  return Own(request);
}

OwnedCommand CommandBytes::DrawCommand() {
  const uint8_t how = Byte();
  const DrawCode code = CodeOf<DrawCode>("draw" + std::to_string(how % 4));
  switch (how / 4 % 5) {
    case 0: {
      CommitDrawRequest request;
      request.code = code;
      request.kind = how >= 128 ? DrawKind::kPool : DrawKind::kDraw;
      const bool pool = request.kind == DrawKind::kPool;
      request.seed_hash[0] = 1;
      if (!pool) {
        request.programme = Any(programmes_);
        request.limit = CodeOf<LimitCode>("entries");
      }
      request.closes_at = NearbyTime();
      std::vector<PrizeSpec> prizes;
      const uint8_t form = Byte();
      for (uint8_t i = 0; i < 1 + form % 3; ++i) {
        PrizeSpec prize;
        if (!pool || (form >> (2 + i) & 1) == 0) {
          prize.series = CodeOf<SeriesCode>("V" + std::to_string(i));
          prize.valid_from = TimestampNs{kTimestampNsMin};
          prize.expires_at = kTimestampMax;
        }
        prize.count = (pool ? 0u : 1u) + form / 32u % 3u;
        prize.weight = pool ? 1u + i : 0u;
        prizes.push_back(prize);
      }
      request.prizes = prizes;
      return Own(request);
    }
    case 1: {
      CloseDrawRequest request;
      request.code = code;
      request.entries_hash[0] = 1;
      request.entry_count = how / 20u % 4u;
      return Own(request);
    }
    case 2: {
      SettleDrawRequest request;
      request.code = code;
      request.seed[0] = static_cast<uint8_t>(1 + how / 128);
      return Own(request);
    }
    default: {
      DrawPrizeRequest request;
      request.pool = code;
      const uint8_t which = Byte();
      request.key = VoucherKey{0xeee, 1u + which % 32u};
      request.member = AnyMember();
      request.number = uint64_t{which} << 56;
      vouchers_.push_back(request.key);
      return Own(request);
    }
  }
}

OwnedCommand CommandBytes::ContributionCommand() {
  const uint8_t how = Byte();
  const auto receipt = CodeOf<ReceiptCode>("r" + std::to_string(how % 8));
  const FundCode fund = Any(funds_).code;
  if (how >= 0xc0) {
    RevokeContributionRequest request;
    request.receipt = receipt;
    request.fund = fund;
    return Own(request);
  }
  ContributeRequest request;
  request.receipt = receipt;
  request.fund = fund;
  request.member = AnyMember();
  request.segment = Any(segments_);
  request.amount = std::max(Fen{1}, Amount());
  request.covers_from = NearbyTime();
  request.covers_from = std::min(request.covers_from, TimestampNs{kTimestampNsMax});
  const uint8_t length = Byte();
  request.covers_until = length == 255
                             ? kTimestampMax
                             : TimestampNs{request.covers_from.value() + (1 + length) * kHourNs};
  return Own(request);
}

OwnedCommand CommandBytes::JudgeCommand() {
  Command unused;
  RequestId by_request;
  JudgeClaimRequest request;
  Refer(&unused, &request.claim, &by_request);
  if (request.claim == TransactionId{} && !told_.empty()) {
    request.claim = told_.back().id;
  }
  const uint8_t who = Byte();
  request.by = CodeOf<OperatorName>("op" + std::to_string(who % 12));
  return Own(who >= 0xe0 ? CommandKind::kRejectClaim : CommandKind::kApproveClaim, request);
}

}  // namespace gonghui
