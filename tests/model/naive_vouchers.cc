// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Vouchers: docs/decisions/0008-vouchers-draws-appointments.md.

#include <algorithm>

#include "engine/base/check.h"
#include "tests/model/naive_ledger.h"

namespace gonghui {
namespace {

Answer Refused(AdminReason reason, Field field, size_t index) {
  Answer answer;
  answer.verdict = Verdict::kRefused;
  answer.field = field;
  answer.admin_reason = reason;
  answer.index = static_cast<uint32_t>(index);
  return answer;
}

bool IsUsable(const NaiveVoucher& voucher, TimestampNs now) {
  return voucher.state == VoucherState::kIssued && voucher.valid_from <= now &&
         now < voucher.expires_at;
}

}  // namespace

// ---- At the till ------------------------------------------------------------------

std::vector<AnswerCheck> NaiveLedger::CheckVoucher(const VoucherKey& key, TimestampNs now) const {
  std::vector<AnswerCheck> checks;
  // Up to the first that fails.
  const auto judge = [&checks](Reason check, bool passed) {
    if (checks.empty() || checks.back().passed) {
      checks.emplace_back();
      checks.back().check = check;
      checks.back().passed = passed;
    }
  };
  const auto found = vouchers_.find(key);
  judge(Reason::kVoucherNotFound, found != vouchers_.end());
  if (found == vouchers_.end()) {
    return checks;
  }
  const NaiveVoucher& voucher = found->second;
  judge(Reason::kVoucherVoid,
        voucher.state != VoucherState::kVoid && voucher.state != VoucherState::kBlank);
  judge(Reason::kVoucherRedeemed, voucher.state != VoucherState::kRedeemed);
  judge(Reason::kVoucherReserved, voucher.state != VoucherState::kReserved);
  judge(Reason::kVoucherNotYetValid, voucher.valid_from <= now);
  judge(Reason::kVoucherExpired, now < voucher.expires_at);
  return checks;
}

VoucherKey NaiveLedger::UsableVoucher(const MemberId& member,
                                      const SeriesCode& series,
                                      TimestampNs now) const {
  VoucherKey best;
  for (const auto& [key, voucher] : vouchers_) {
    if (member.IsNone() || voucher.member != member || voucher.series != series ||
        !IsUsable(voucher, now)) {
      continue;
    }
    const auto order = [](const NaiveVoucher& v) {
      return std::make_pair(v.expires_at, v.issued_as);
    };
    if (best.IsNone() || order(voucher) < order(vouchers_.at(best))) {
      best = key;
    }
  }
  return best;
}

VoucherKey NaiveLedger::VoucherFor(const BenefitEntry& benefit,
                                   const Command& command,
                                   TimestampNs now) const {
  const VoucherKey shown = OccasionOf(command).voucher;
  return shown.IsNone() ? UsableVoucher(PartyOf(command).member, benefit.spec.voucher, now) : shown;
}

// ---- Afterwards -------------------------------------------------------------------

void NaiveLedger::MoveVoucher(const VoucherKey& key,
                              VoucherState state,
                              TransactionId authorization) {
  NaiveVoucher& voucher = vouchers_.at(key);
  const bool taken = state == VoucherState::kReserved || state == VoucherState::kRedeemed;
  voucher.state = state;
  voucher.authorization = taken ? authorization : TransactionId{};
}

void NaiveLedger::ReturnVoucher(const Entry& original) {
  if (original.voucher.IsNone()) {
    return;
  }
  const NaiveVoucher& voucher = vouchers_.at(original.voucher);
  if (voucher.authorization == original.answer.id) {
    Went(NaivePath::kVoucherReturnsExpired, voucher.expires_at <= now_);
    Went(NaivePath::kVoucherReturns);
    MoveVoucher(original.voucher, VoucherState::kIssued, {});
  }
}

void NaiveLedger::RedeemVoucher(const Entry& original) {
  if (!original.voucher.IsNone()) {
    const NaiveVoucher& voucher = vouchers_.at(original.voucher);
    GH_CHECK(voucher.authorization == original.answer.id);
    MoveVoucher(original.voucher, VoucherState::kRedeemed, original.answer.id);
  }
}

bool NaiveLedger::RedeemVoucherLate(const Entry& original) {
  if (original.voucher.IsNone()) {
    return true;
  }
  const NaiveVoucher& voucher = vouchers_.at(original.voucher);
  if (voucher.state == VoucherState::kIssued) {
    Went(NaivePath::kVoucherRedeemedLate);
    MoveVoucher(original.voucher, VoucherState::kRedeemed, original.answer.id);
  }
  const bool own = voucher.authorization == original.answer.id;
  Went(NaivePath::kVoucherOfAnotherUse, !own);
  return own;
}

// ---- Operators --------------------------------------------------------------------

Answer NaiveLedger::IssueVouchers(const IssueVouchersRequest& request) {
  const auto draw = draws_.find(request.draw);
  if (!request.draw.IsNone() && draw == draws_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kDraw, 0);
  }
  std::map<MemberId, uint32_t> of_member;
  for (const auto& [key, voucher] : vouchers_) {
    of_member[voucher.member] += voucher.series == request.series ? 1u : 0u;
  }
  std::vector<VoucherToIssue> more;
  for (size_t i = 0; i < request.vouchers.size(); ++i) {
    const VoucherToIssue& asked = request.vouchers[i];
    if (!asked.member.IsNone() && members_.find(asked.member) == members_.end()) {
      return Refused(AdminReason::kUnknownReference, Field::kMember, i);
    }
    if (const auto known = vouchers_.find(asked.key); known != vouchers_.end()) {
      const NaiveVoucher& voucher = known->second;
      const bool same = voucher.series == request.series && voucher.member == asked.member &&
                        voucher.valid_from == request.valid_from &&
                        voucher.expires_at == request.expires_at && voucher.draw == request.draw;
      if (!same) {
        return Refused(AdminReason::kBelongsToAnother, Field::kVoucher, i);
      }
      continue;
    }
    // What is won is given to whoever has won it.
    if (request.draw.IsNone() && !asked.member.IsNone() &&
        ++of_member[asked.member] > kVouchersPerMemberMax) {
      return Refused(AdminReason::kTooMany, Field::kVouchers, i);
    }
    more.push_back(asked);
  }
  if (more.empty()) {
    return Only(Verdict::kUnchanged);
  }
  if (!request.draw.IsNone()) {
    if (const Answer counted = CountAsPrizes(request, more.size());
        counted.verdict != Verdict::kDecided) {
      return counted;
    }
  }
  Went(NaivePath::kVouchersPartlyThere, more.size() < request.vouchers.size());
  series_.insert(request.series);
  for (const VoucherToIssue& asked : more) {
    NaiveVoucher voucher;
    voucher.series = request.series;
    voucher.member = asked.member;
    voucher.valid_from = request.valid_from;
    voucher.expires_at = request.expires_at;
    voucher.draw = request.draw;
    voucher.issued_as = vouchers_.size() + 1;
    vouchers_[asked.key] = voucher;
  }
  Answer answer;
  answer.index = static_cast<uint32_t>(more.size());
  return answer;
}

Answer NaiveLedger::VoidVouchers(const VoidVouchersRequest& request) {
  std::vector<VoucherKey> issued;
  for (size_t i = 0; i < request.keys.size(); ++i) {
    const auto found = vouchers_.find(request.keys[i]);
    if (found == vouchers_.end()) {
      return Refused(AdminReason::kUnknownReference, Field::kVoucher, i);
    }
    if (!found->second.draw.IsNone()) {  // who has won has won
      return Refused(AdminReason::kNotAllowedFromState, Field::kDraw, i);
    }
    switch (found->second.state) {
      case VoucherState::kIssued:
        issued.push_back(request.keys[i]);
        break;
      case VoucherState::kVoid:
        break;
      case VoucherState::kReserved:
      case VoucherState::kRedeemed:
      case VoucherState::kBlank:
        return Refused(AdminReason::kNotAllowedFromState, Field::kVoucher, i);
    }
  }
  if (issued.empty()) {
    return Only(Verdict::kUnchanged);
  }
  for (const VoucherKey& key : issued) {
    MoveVoucher(key, VoucherState::kVoid, {});
  }
  Answer answer;
  answer.index = static_cast<uint32_t>(issued.size());
  return answer;
}

}  // namespace gonghui
