// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The parts of Ledger::CheckInvariants() that are about vouchers, occasions, draws and
// contributions: invariants (12) and (13), and that each is found by its key.

#include "engine/base/virtual_array.h"
#include "engine/ledger/ledger.h"

namespace gonghui {
namespace {

struct VoucherCounts {
  uint32_t issued;
  uint32_t reserved;
  uint32_t redeemed;
  uint32_t taken_back;
};

struct Drawn {
  uint32_t won;
  uint32_t blank;
};

struct Contributed {
  Fen amount;
  uint32_t count;
};

bool IsTaken(const Voucher& voucher) {
  return voucher.state == VoucherState::kReserved || voucher.state == VoucherState::kRedeemed;
}

void Count(const Voucher& voucher, VoucherCounts* counts) {
  counts->issued += uint32_t{voucher.state == VoucherState::kIssued};
  counts->reserved += uint32_t{voucher.state == VoucherState::kReserved};
  counts->redeemed += uint32_t{voucher.state == VoucherState::kRedeemed};
  counts->taken_back += uint32_t{voucher.state == VoucherState::kVoid};
}

// Whether it agrees with what became of the authorization that has it.
bool MayHaveVoucher(const Transaction& transaction, VoucherState state) {
  if (state == VoucherState::kReserved) {
    return transaction.state == TransactionState::kPending;
  }
  return transaction.state != TransactionState::kPending &&
         transaction.state != TransactionState::kDeclined &&
         transaction.state != TransactionState::kReversed;
}

const char* CheckChain(const Ledger& ledger, VoucherRow row) {
  const Voucher& voucher = ledger.vouchers()[row];
  if (voucher.member == MemberRow{} || voucher.series == VoucherSeriesRow{}) {
    return voucher.ordinal == 0 && voucher.previous == VoucherRow{}
               ? nullptr
               : "a voucher of nobody, or of no series, is in a chain (row = voucher)";
  }
  constexpr const char* kOutOfOrder =
      "a voucher does not follow the one before of its member and series (row = voucher)";
  if (voucher.previous >= row) {
    return kOutOfOrder;
  }
  const Voucher& previous = ledger.vouchers()[voucher.previous];  // row 0 is all zero
  if (voucher.ordinal != previous.ordinal + 1 ||
      (voucher.previous != VoucherRow{} &&
       (previous.member != voucher.member || previous.series != voucher.series))) {
    return kOutOfOrder;
  }
  if (voucher.ordinal > kVouchersPerMemberMax && voucher.draw == DrawRow{}) {
    return "a member has too many vouchers of a series (row = voucher)";
  }
  return nullptr;
}

}  // namespace

const char* Ledger::CheckVouchers(uint64_t* row) const {
  VirtualArray<VoucherCounts> counts(size_t{voucher_series_.size()} + 1);
  VirtualArray<uint32_t> in_chains(size_t{vouchers_.size()} + 1);  // 1 = named as the one before
  for (uint32_t i = 1; i <= vouchers_.size(); ++i) {
    const VoucherRow voucher_row{i};
    const Voucher& voucher = vouchers_[voucher_row];
    *row = i;
    if (FindVoucher(voucher.key) != voucher_row) {
      return "a voucher is not found by its key (row = voucher)";
    }
    if ((voucher.member != MemberRow{} && !members_.Contains(voucher.member)) ||
        (voucher.draw != DrawRow{} && !draws_.Contains(voucher.draw))) {
      return "a voucher names no member or draw (row = voucher)";
    }
    if ((voucher.series == VoucherSeriesRow{}) != (voucher.state == VoucherState::kBlank) ||
        (voucher.series != VoucherSeriesRow{} && !voucher_series_.Contains(voucher.series))) {
      return "a voucher is of no series, and not blank (row = voucher)";
    }
    if (voucher.state != VoucherState::kBlank && voucher.valid_from >= voucher.expires_at) {
      return "a voucher can never be used (row = voucher)";
    }
    if (const char* const problem = CheckChain(*this, voucher_row); problem != nullptr) {
      return problem;
    }
    in_chains[voucher.previous.value()] = 1;
    Count(voucher, &counts[voucher.series.value()]);
    if (!IsTaken(voucher)) {
      if (voucher.authorization != CommandSeq{}) {
        return "a voucher that nobody has names an authorization (row = voucher)";
      }
      continue;
    }
    const TransactionRow taken_by =
        FindTransaction(MakeTransactionId(shard_, voucher.authorization));
    if (taken_by == TransactionRow{}) {
      return "a voucher names no authorization (row = voucher)";
    }
    const Transaction& transaction = transactions_[taken_by];
    if (!transaction.IsAuthorization() || !occasions_.Contains(transaction.progress.occasion) ||
        occasions_[transaction.progress.occasion].voucher != voucher_row) {
      return "a voucher names an authorization that did not take it (row = voucher)";
    }
    if (!MayHaveVoucher(transaction, voucher.state)) {
      return "a voucher stands otherwise than its authorization (row = voucher)";
    }
  }
  for (uint32_t i = 1; i <= vouchers_.size(); ++i) {
    const Voucher& voucher = vouchers_[VoucherRow{i}];
    *row = i;
    if (voucher.ordinal != 0 && in_chains[i] == 0 &&
        NewestVoucherOf(voucher.member, voucher.series) != VoucherRow{i}) {
      return "the newest voucher of a member and series is not found (row = voucher)";
    }
  }
  for (uint32_t i = 1; i <= voucher_series_.size(); ++i) {
    const VoucherSeries& series = voucher_series_[VoucherSeriesRow{i}];
    *row = i;
    if (FindVoucherSeries(series.code) != VoucherSeriesRow{i}) {
      return "a series of vouchers is not found by its code (row = series)";
    }
    if (series.issued != counts[i].issued || series.reserved != counts[i].reserved ||
        series.redeemed != counts[i].redeemed || series.taken_back != counts[i].taken_back) {
      return "a series does not count its vouchers (row = series)";
    }
  }
  return nullptr;
}

// An occasion and its authorization name each other; what was said of a claim is a chain,
// in which nobody approves twice, and after a rejection comes nothing.
const char* Ledger::CheckOccasions(uint64_t* row) const {
  uint32_t named = 0;
  for (uint32_t i = transactions_.first(); i <= transactions_.size(); ++i) {
    const Transaction& transaction = transactions_[TransactionRow{i}];
    *row = i;
    if (!transaction.IsAuthorization() || transaction.progress.occasion == OccasionRow{}) {
      continue;
    }
    ++named;
    if (!occasions_.Contains(transaction.progress.occasion) ||
        occasions_[transaction.progress.occasion].authorization != transaction.seq) {
      return "a transaction names an occasion that is not its own";
    }
  }
  uint32_t approval_count = 0;
  for (uint32_t i = 1; i <= occasions_.size(); ++i) {
    const Occasion& occasion = occasions_[OccasionRow{i}];
    *row = i;
    if (occasion.voucher != VoucherRow{} && !vouchers_.Contains(occasion.voucher)) {
      return "an occasion took no voucher that there is (row = occasion)";
    }
    if (!occasion.asked.voucher.IsNone() && occasion.voucher != VoucherRow{} &&
        vouchers_[occasion.voucher].key != occasion.asked.voucher) {
      return "another voucher was taken than was shown (row = occasion)";
    }
    uint32_t approved = 0;
    for (ApprovalRow at = occasion.last_approval; at != ApprovalRow{};
         at = approvals_[at].previous) {
      if (!approvals_.Contains(at)) {
        return "what was said of a claim is not there (row = occasion)";
      }
      const Approval& approval = approvals_[at];
      ++approval_count;
      if (approval.occasion != OccasionRow{i} || approval.previous >= at) {
        return "what was said of a claim is not in order (row = occasion)";
      }
      if (approval.judgement == Judgement::kRejected) {
        if (at != occasion.last_approval) {
          return "a claim was judged after it was rejected (row = occasion)";
        }
        continue;
      }
      ++approved;
      if (approval.by == occasion.asked.filed_by) {
        return "who filed a claim has approved it (row = occasion)";
      }
      for (ApprovalRow before = approval.previous; before != ApprovalRow{};
           before = approvals_[before].previous) {
        if (approvals_[before].by == approval.by) {
          return "a claim was approved twice by one person (row = occasion)";
        }
      }
    }
    if (approved != occasion.approval_count || approved > kApprovalsPerClaimMax) {
      return "a claim does not count its approvals (row = occasion)";
    }
  }
  *row = 0;
  if (named != occasions_.size()) {
    return "an occasion has no transaction";
  }
  return approval_count == approvals_.size() ? nullptr : "an approval is of no claim";
}

// What was won of a draw is what vouchers say, and no more than was committed.
const char* Ledger::CheckDraws(uint64_t* row) const {
  VirtualArray<Drawn> drawn(size_t{draws_.size()} + 1);
  for (uint32_t i = 1; i <= vouchers_.size(); ++i) {
    const Voucher& voucher = vouchers_[VoucherRow{i}];
    Drawn& of_draw = drawn[voucher.draw.value()];
    if (voucher.state == VoucherState::kBlank) {
      ++of_draw.blank;
    } else {
      ++of_draw.won;
    }
  }
  uint32_t next_prize = 1;
  for (uint32_t i = 1; i <= draws_.size(); ++i) {
    const Draw& draw = draws_[DrawRow{i}];
    *row = i;
    if (FindDraw(draw.code) != DrawRow{i}) {
      return "a draw is not found by its code (row = draw)";
    }
    if (draw.prizes.first != next_prize || draw.prizes.count == 0 ||
        draw.prizes.count > kPrizesPerDrawMax) {
      return "a draw's prizes do not follow those of the one before (row = draw)";
    }
    next_prize += draw.prizes.count;
    uint32_t won = 0;
    uint32_t nothing = 0;
    for (const Prize& prize : PrizesOf(draw)) {
      const bool is_without_end = draw.kind == DrawKind::kPool && prize.count == 0;
      if (prize.won > prize.count && !is_without_end) {
        return "more was won of a prize than was committed (row = draw)";
      }
      (prize.series == VoucherSeriesRow{} ? nothing : won) += prize.won;
    }
    if (won != draw.won_count || won != drawn[i].won) {
      return "a draw does not count the vouchers that were won (row = draw)";
    }
    const bool is_pool = draw.kind == DrawKind::kPool;
    if (is_pool ? draw.entry_count != drawn[i].won + drawn[i].blank || nothing > drawn[i].blank
                : draw.won_count > draw.entry_count || drawn[i].blank != 0) {
      return "a draw does not count its entries (row = draw)";
    }
    if ((draw.state != DrawState::kSettled && draw.seed != Digest{}) ||
        (draw.state == DrawState::kCommitted &&
         (draw.entries_hash != Digest{} || (!is_pool && draw.entry_count != 0)))) {
      return "of a draw more is known than its state allows (row = draw)";
    }
  }
  *row = 0;
  if (next_prize != prizes_.size() + 1) {
    return "a prize is of no draw";
  }
  return drawn[0].blank == 0 ? nullptr : "a blank voucher is of no draw";
}

const char* Ledger::CheckContributions(uint64_t* row) const {
  VirtualArray<Contributed> sums(size_t{funds_.size()} + 1);
  VirtualArray<uint32_t> followers(size_t{contributions_.size()} + 1);
  for (uint32_t i = 1; i <= contributions_.size(); ++i) {
    const Contribution& contribution = contributions_[ContributionRow{i}];
    *row = i;
    if (!funds_.Contains(contribution.fund) || !members_.Contains(contribution.member) ||
        contribution.segment >= segments_.size() || !segment_spans_.Contains(contribution.span) ||
        segment_spans_[contribution.span].member != contribution.member) {
      return "a contribution names no fund, member or span (row = contribution)";
    }
    if (contribution.previous.value() >= i) {
      return "a contribution follows a later one (row = contribution)";
    }
    const Contribution& before = contributions_[contribution.previous];  // row 0 is all zero
    if (contribution.previous != ContributionRow{} &&
        (!before.revoked || before.fund != contribution.fund ||
         before.receipt != contribution.receipt)) {
      return "a contribution follows one that was not revoked (row = contribution)";
    }
    ++followers[contribution.previous.value()];
    if (contribution.amount <= Fen{0} || contribution.covers_from >= contribution.covers_until ||
        contribution.covered_until < contribution.covers_from ||
        contribution.covered_until > contribution.covers_until) {
      return "a contribution buys no cover (row = contribution)";
    }
    if (!contribution.revoked) {
      sums[contribution.fund.value()].amount += contribution.amount;
      ++sums[contribution.fund.value()].count;
    }
  }
  // Of a receipt the newest is found, and leads to those before.
  for (uint32_t i = 1; i <= contributions_.size(); ++i) {
    const Contribution& contribution = contributions_[ContributionRow{i}];
    const bool found =
        FindContribution(contribution.fund, contribution.receipt) == ContributionRow{i};
    *row = i;
    if (followers[i] != uint32_t{!found}) {
      return "a contribution is not found by its receipt (row = contribution)";
    }
  }
  for (uint32_t i = 1; i <= funds_.size(); ++i) {
    const Fund& fund = funds_[FundRow{i}];
    *row = i;
    if (fund.contributed != sums[i].amount || fund.contribution_count != sums[i].count) {
      return "what a fund was contributed is not the sum of its receipts (row = fund)";
    }
  }
  return nullptr;
}

}  // namespace gonghui
