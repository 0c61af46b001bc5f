// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Vouchers as operators handle them, and how they are kept: found by their key, counted by
// their series, and those of one member and series in a chain
// (docs/decisions/0008-vouchers-draws-appointments.md).  How a sale uses them is occasion.cc.

#include <algorithm>
#include <array>
#include <cstddef>

#include "engine/base/check.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/keys.h"

namespace gonghui {
namespace {

// By which of its counts a series tells those of that state; null = by none.
uint32_t VoucherSeries::*CountOf(VoucherState state) {
  switch (state) {
    case VoucherState::kIssued:
      return &VoucherSeries::issued;
    case VoucherState::kReserved:
      return &VoucherSeries::reserved;
    case VoucherState::kRedeemed:
      return &VoucherSeries::redeemed;
    case VoucherState::kVoid:
      return &VoucherSeries::taken_back;
    case VoucherState::kBlank:
      break;  // of no series
  }
  return nullptr;
}

}  // namespace

// ---- Finding -------------------------------------------------------------------

VoucherSeriesRow Ledger::FindVoucherSeries(const SeriesCode& code) const {
  return VoucherSeriesRow{voucher_series_index_.Find(HashOf(code), [&](uint32_t row) {
    return voucher_series_[VoucherSeriesRow{row}].code == code;
  })};
}

VoucherRow Ledger::FindVoucher(const VoucherKey& key) const {
  return VoucherRow{voucher_index_.Find(
      HashOf(key), [&](uint32_t row) { return vouchers_[VoucherRow{row}].key == key; })};
}

VoucherRow Ledger::NewestVoucherOf(MemberRow member, VoucherSeriesRow series) const {
  return VoucherRow{member_voucher_index_.Find(HashOf(member, series), [&](uint32_t row) {
    const Voucher& voucher = vouchers_[VoucherRow{row}];
    return voucher.member == member && voucher.series == series;
  })};
}

// ---- Decide --------------------------------------------------------------------

// What is there already is not told apart from what is sent again, so it counts towards
// nothing: not the member's most, not the draw's prizes.
void Decider::IssueVouchers() {
  const IssueVouchersRequest& request = *command_.issue_vouchers;
  GH_CHECK(request.vouchers.size() <= kVouchersPerCommandMax, "count=", request.vouchers.size());
  const DrawRow draw = request.draw.IsNone() ? DrawRow{} : ledger_.FindDraw(request.draw);
  if (draw == DrawRow{} && !request.draw.IsNone()) {
    return Refuse(AdminReason::kUnknownReference, Field::kDraw);
  }
  const VoucherSeriesRow series = ledger_.FindVoucherSeries(request.series);
  // Whose the new ones are.
  std::array<MemberRow, kVouchersPerCommandMax> members;
  uint32_t count = 0;
  for (uint32_t i = 0; i < request.vouchers.size(); ++i) {
    const VoucherToIssue& asked = request.vouchers[i];
    const MemberRow member = ledger_.FindMember(asked.member);
    if (member == MemberRow{} && !asked.member.IsNone()) {
      return Refuse(AdminReason::kUnknownReference, Field::kMember, i);
    }
    if (const VoucherRow row = ledger_.FindVoucher(asked.key); row != VoucherRow{}) {
      const Voucher& stored = ledger_.vouchers_[row];
      const bool same = stored.state != VoucherState::kBlank && stored.series == series &&
                        stored.member == member && stored.valid_from == request.valid_from &&
                        stored.expires_at == request.expires_at && stored.draw == draw;
      if (!same) {
        return Refuse(AdminReason::kBelongsToAnother, Field::kVoucher, i);
      }
      continue;
    }
    // What is won is given: or one member could keep all that are drawn after him waiting.
    if (draw == DrawRow{} && member != MemberRow{} &&
        !MayHaveAnother(member, series, {members.data(), count})) {
      return Refuse(AdminReason::kTooMany, Field::kVouchers, i);
    }
    members[count++] = member;
  }
  if (count == 0) {
    return Unchanged(series.value());
  }
  if (draw != DrawRow{} && !MayIssueFor(draw, series, count)) {
    return;
  }
  if (ledger_.vouchers_.size_max() - ledger_.vouchers_.size() < count) {
    return Full(Field::kVouchers);
  }
  if (series != VoucherSeriesRow{}) {
    Accept(EventKind::kVouchersIssued, series.value());
  } else if (ledger_.voucher_series_.full()) {
    return Full(Field::kSeries);
  } else {
    AcceptNew(EventKind::kVouchersIssued, ledger_.voucher_series_.next().value());
  }
  result_->index = count;
}

// `before` = the members of those that the same command issues before it.
bool Decider::MayHaveAnother(MemberRow member,
                             VoucherSeriesRow series,
                             std::span<const MemberRow> before) const {
  // Row 0 is all zero.
  const uint32_t has = ledger_.vouchers_[ledger_.NewestVoucherOf(member, series)].ordinal;
  return has + before.size() < kVouchersPerMemberMax ||
         has + static_cast<size_t>(std::count(before.begin(), before.end(), member)) <
             kVouchersPerMemberMax;
}

void Decider::VoidVouchers() {
  const VoidVouchersRequest& request = *command_.void_vouchers;
  uint32_t count = 0;
  for (uint32_t i = 0; i < request.keys.size(); ++i) {
    const VoucherRow row = ledger_.FindVoucher(request.keys[i]);
    if (row == VoucherRow{}) {
      return Refuse(AdminReason::kUnknownReference, Field::kVoucher, i);
    }
    const Voucher& voucher = ledger_.vouchers_[row];
    if (voucher.draw != DrawRow{}) {  // who has won has won
      return Refuse(AdminReason::kNotAllowedFromState, Field::kDraw, i);
    }
    const VoucherState state = voucher.state;
    if (state != VoucherState::kIssued && state != VoucherState::kVoid) {
      return Refuse(AdminReason::kNotAllowedFromState, Field::kVoucher, i);
    }
    count += uint32_t{state == VoucherState::kIssued};
  }
  if (count == 0) {
    return Unchanged(0);
  }
  Accept(EventKind::kVouchersVoided, 0);
  result_->index = count;
}

// ---- Evolve --------------------------------------------------------------------

VoucherSeriesRow Ledger::VoucherSeriesFor(const SeriesCode& code) {
  const VoucherSeriesRow found = FindVoucherSeries(code);
  if (found != VoucherSeriesRow{}) {
    return found;
  }
  VoucherSeries series;
  series.code = code;
  const VoucherSeriesRow row = voucher_series_.Append(series);
  voucher_series_index_.Insert(HashOf(code), row.value());
  return row;
}

// Its place in the chain of its member and series is filled in here.
VoucherRow Ledger::AppendVoucher(const Voucher& voucher) {
  Voucher appended = voucher;
  const bool in_chain = voucher.member != MemberRow{} && voucher.series != VoucherSeriesRow{};
  if (in_chain) {
    appended.previous = NewestVoucherOf(voucher.member, voucher.series);
    appended.ordinal = vouchers_[appended.previous].ordinal + 1;  // row 0 is all zero
  }
  const VoucherRow row = vouchers_.Append(appended);
  voucher_index_.Insert(HashOf(appended.key), row.value());
  if (in_chain) {
    const uint64_t hash = HashOf(appended.member, appended.series);
    if (appended.previous == VoucherRow{}) {
      member_voucher_index_.Insert(hash, row.value());
    } else {
      member_voucher_index_.Replace(hash, appended.previous.value(), row.value());
    }
  }
  if (const auto tally = CountOf(appended.state); tally != nullptr) {
    voucher_series_.Update(appended.series, [tally](VoucherSeries& series) { ++(series.*tally); });
  }
  return row;
}

// `authorization` = which has it from then on; of no matter when none has.
void Ledger::MoveVoucher(VoucherRow row, VoucherState state, CommandSeq authorization) {
  const auto before = CountOf(vouchers_[row].state);
  const auto after = CountOf(state);
  GH_CHECK(before != nullptr && after != nullptr, "row=", row.value(), " state=", state);
  const bool is_taken = state == VoucherState::kReserved || state == VoucherState::kRedeemed;
  vouchers_.Update(row, [state, is_taken, authorization](Voucher& voucher) {
    voucher.state = state;
    voucher.authorization = is_taken ? authorization : CommandSeq{};
  });
  if (before != after) {
    voucher_series_.Update(vouchers_[row].series, [before, after](VoucherSeries& series) {
      --(series.*before);
      ++(series.*after);
    });
  }
}

void Ledger::EvolveVouchersIssued(const Event& event) {
  const IssueVouchersRequest& request = *event.command->issue_vouchers;
  Voucher voucher;
  voucher.valid_from = request.valid_from;
  voucher.expires_at = request.expires_at;
  voucher.series = VoucherSeriesFor(request.series);
  GH_CHECK_EQ(voucher.series.value(), event.row);
  voucher.draw = FindDraw(request.draw);
  uint32_t count = 0;
  for (const VoucherToIssue& asked : request.vouchers) {
    if (FindVoucher(asked.key) != VoucherRow{}) {
      continue;
    }
    voucher.key = asked.key;
    voucher.member = FindMember(asked.member);
    AppendVoucher(voucher);
    ++count;
  }
  if (voucher.draw != DrawRow{}) {
    CountPrizes(voucher.draw, voucher, count);
  }
}

void Ledger::EvolveVouchersVoided(const Event& event) {
  for (const VoucherKey& key : event.command->void_vouchers->keys) {
    const VoucherRow row = FindVoucher(key);
    GH_CHECK(row != VoucherRow{}, "a voucher to be taken back is not there, seq=", event.seq);
    if (vouchers_[row].state == VoucherState::kIssued) {
      MoveVoucher(row, VoucherState::kVoid, CommandSeq{});
    }
  }
}

// ---- Loading -------------------------------------------------------------------

// Also the indexes of what comes with vouchers: draws and contributions.
const char* Ledger::FinishLoadOfVouchers() {
  for (uint32_t i = 1; i <= voucher_series_.size(); ++i) {
    voucher_series_index_.Insert(HashOf(voucher_series_[VoucherSeriesRow{i}].code), i);
  }
  voucher_index_.Reserve(vouchers_.size());
  for (uint32_t i = 1; i <= vouchers_.size(); ++i) {
    const Voucher& voucher = vouchers_[VoucherRow{i}];
    voucher_index_.Insert(HashOf(voucher.key), i);
    if (voucher.ordinal == 0) {
      continue;  // of no chain
    }
    // Rows of a chain stand in its order, so the newest so far is the one before.
    if (NewestVoucherOf(voucher.member, voucher.series) != voucher.previous) {
      return "a voucher does not name the one before of its member and series";
    }
    const uint64_t hash = HashOf(voucher.member, voucher.series);
    if (voucher.previous == VoucherRow{}) {
      member_voucher_index_.Insert(hash, i);
    } else {
      member_voucher_index_.Replace(hash, voucher.previous.value(), i);
    }
  }
  for (uint32_t i = 1; i <= draws_.size(); ++i) {
    const Draw& draw = draws_[DrawRow{i}];
    const PoolRange prizes = draw.prizes;
    if (prizes.first == 0 || uint64_t{prizes.first} + prizes.count > uint64_t{prizes_.size()} + 1) {
      return "a draw's prizes are not there";
    }
    draw_index_.Insert(HashOf(draw.code), i);
  }
  contribution_index_.Reserve(contributions_.size());
  for (uint32_t i = 1; i <= contributions_.size(); ++i) {
    const Contribution& contribution = contributions_[ContributionRow{i}];
    if (FindContribution(contribution.fund, contribution.receipt) != contribution.previous) {
      return "a contribution does not name the one before of its receipt";
    }
    const uint64_t hash = HashOf(contribution.fund, contribution.receipt);
    if (contribution.previous == ContributionRow{}) {
      contribution_index_.Insert(hash, i);
    } else {
      contribution_index_.Replace(hash, contribution.previous.value(), i);
    }
  }
  return nullptr;
}

}  // namespace gonghui
