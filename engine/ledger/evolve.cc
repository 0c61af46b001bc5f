// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Ledger::Evolve(): applies what an event says, looks at no rule, cannot fail.

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/base/check.h"
#include "engine/ledger/archive_slice.h"
#include "engine/ledger/keys.h"
#include "engine/ledger/ledger.h"

namespace gonghui {
namespace {

// A row's names in words of eight bytes: whoever appends it reads them so, and would wait for
// two stores of half of one (RowDigester::Copy).
void CopyNames(const ShareDelta& share, Applied* own) {
  static_assert(offsetof(ShareDelta, benefit) == 0 && offsetof(Applied, benefit) == 0);
  static_assert(offsetof(ShareDelta, fund) == 4 && offsetof(Applied, fund) == 4);
  std::memcpy(static_cast<void*>(own), &share, 8);
}

void CopyNames(const UseDelta& use, Use* own) {
  static_assert(offsetof(UseDelta, limit) == 0 && offsetof(Use, limit) == 0);
  static_assert(offsetof(UseDelta, subject) == 4 && offsetof(Use, subject) == 4);
  static_assert(offsetof(UseDelta, window) == 8 && offsetof(Use, window) == 8);
  static_assert(offsetof(UseDelta, benefit) == 12 && offsetof(Use, benefit) == 12);
  std::memcpy(static_cast<void*>(own), &use, 16);
}

}  // namespace

void Ledger::Evolve(const Event& event) {
  GH_CHECK_EQ(event.seq.value(), applied_seq().value() + 1, "kind=", event.kind);
  GH_CHECK(event.at >= applied_at(), "at=", event.at, " applied_at=", applied_at());
  switch (event.kind) {
    case EventKind::kNone:
      GH_CHECK(false, "an event that changes nothing, seq=", event.seq);
      break;
    case EventKind::kAuthorized:
    case EventKind::kCaptured:
    case EventKind::kReversed:
    case EventKind::kHoldExpired:
    case EventKind::kIncremented:
    case EventKind::kRefunded:
    case EventKind::kBatchClosed:
      EvolveTransaction(event);
      break;
    case EventKind::kArchived:
      EvolveArchived(*event.command->archive);
      break;
    case EventKind::kThawed:
      EvolveThawed(event);
      break;
    case EventKind::kClaimRejected:
      EvolveTransaction(event);
      EvolveJudgement(event);
      break;
    case EventKind::kClaimApproved:
      EvolveJudgement(event);
      break;
    case EventKind::kVouchersIssued:
      EvolveVouchersIssued(event);
      break;
    case EventKind::kVouchersVoided:
      EvolveVouchersVoided(event);
      break;
    case EventKind::kDrawCommitted:
    case EventKind::kDrawClosed:
    case EventKind::kDrawSettled:
      EvolveDraw(event);
      break;
    case EventKind::kPrizeDrawn:
      EvolvePrizeDrawn(event);
      break;
    case EventKind::kContributed:
    case EventKind::kContributionRevoked:
      EvolveContribution(event);
      break;
    case EventKind::kProgrammeApplied:
    case EventKind::kProgrammeRetired:
    case EventKind::kProgrammeStaged:
    case EventKind::kProgrammeActivated:
      EvolveProgramme(event);
      break;
    case EventKind::kSegmentDefined:
    case EventKind::kUnionNodeSet:
    case EventKind::kMemberSet:
    case EventKind::kCardSet:
    case EventKind::kMerchantSet:
    case EventKind::kTerminalSet:
    case EventKind::kFundSet:
    case EventKind::kMemberStatusSet:
    case EventKind::kCardStatusSet:
    case EventKind::kCardReplaced:
      EvolveAdmin(event);
      break;
  }
  globals_table_.UpdateUndigested(kGlobalsRow, [&event](Globals& globals) {
    globals.applied_seq = event.seq;
    globals.applied_at = event.at;
    globals.members_payable_pending += event.member_pending_delta;
    globals.members_payable_posted += event.member_posted_delta;
  });
}

// ---- Transactions ------------------------------------------------------------

void Ledger::EvolveTransaction(const Event& event) {
  // Shares and uses first: of a capture they belong to the original as it was.
  EvolveShares(event);
  EvolveUses(event);
  if (event.original.row != TransactionRow{}) {
    const OriginalChange& change = event.original;
    if (transactions_[change.row].progress.occasion != OccasionRow{}) [[unlikely]] {
      CountClaim(event);  // of a claim as it was
    }
    transactions_.Update(change.row, [&change](Transaction& original) {
      original.state = change.state;
      original.progress.restated += change.list_price_delta;
      original.progress.restated_subsidy += change.subsidy_delta;
      original.captured += change.captured_delta;
      original.captured_subsidy += change.captured_subsidy_delta;
      original.progress.refunded += change.refunded_delta;
      original.progress.refunded_subsidy += change.refunded_subsidy_delta;
      original.expires_at = TimestampNs{original.expires_at.value() + change.expires_at_delta_ns};
    });
    if (change.expires_at_delta_ns != 0) {
      PushExpiry(change.row);
    }
    // Its shares, uses and lines change with it, or not at all.
    copies_stale_ = copies_stale_ || change.row < copied_until_;
    if (event.voucher_row != VoucherRow{}) [[unlikely]] {
      EvolveVoucherState(event);
    }
    // These have no transaction of their own.
    if (event.kind == EventKind::kHoldExpired || event.kind == EventKind::kClaimRejected) {
      PopStaleExpiries();
      return;
    }
  }
  const Transaction& transaction = event.transaction;
  const TransactionRow row = transactions_.Append(transaction);
  GH_CHECK_EQ(row.value(), event.transaction_row.value());
  const uint64_t hash = HashOf(transaction.request_id);
  if (event.kind == EventKind::kAuthorized && event.tombstone_row != TransactionRow{}) {
    // The late original takes over the id that its reversal had reserved.
    request_index_.Replace(hash, event.tombstone_row.value(), row.value());
  } else {
    request_index_.Insert(hash, row.value());
  }
  if (event.kind == EventKind::kReversed && event.tombstone_row != TransactionRow{}) {
    Transaction tombstone;
    tombstone.request_id = transaction.reference.original_request_id;
    tombstone.seq = transaction.seq;
    tombstone.decided_at = transaction.decided_at;
    tombstone.terminal = transaction.terminal;
    tombstone.merchant = transaction.merchant;
    tombstone.state = TransactionState::kReversed;
    tombstone.tombstone = true;
    const TransactionRow tombstone_row = transactions_.Append(tombstone);
    GH_CHECK_EQ(tombstone_row.value(), event.tombstone_row.value());
    request_index_.Insert(HashOf(tombstone.request_id), tombstone_row.value());
  }
  if (transaction.state == TransactionState::kPending) {
    PushExpiry(row);
  }
  EvolveTotals(event);
  if (event.line_count != 0) [[unlikely]] {
    EvolveLines(event);
  }
  if (event.is_advice) [[unlikely]] {
    EvolveAdvice(event);
  }
  if (event.kind == EventKind::kBatchClosed) [[unlikely]] {
    EvolveClose(event);
  }
  if (event.code_use_row != CodeUseRow{}) [[unlikely]] {
    EvolveCodeUse(event);
  }
  if (event.has_occasion) [[unlikely]] {
    EvolveOccasion(event);
  }
  if (event.original.row != TransactionRow{}) {
    PopStaleExpiries();
  }
}

// Of the authorization itself, or of the original.
void Ledger::EvolveVoucherState(const Event& event) {
  const bool of_original = event.original.row != TransactionRow{};
  MoveVoucher(event.voucher_row,
              event.voucher_state,
              of_original ? transactions_[event.original.row].seq : event.seq);
}

void Ledger::EvolveShares(const Event& event) {
  const uint32_t original_applied = event.original.row == TransactionRow{}
                                        ? 0
                                        : transactions_[event.original.row].first_applied.value();
  Fen receivable_pending;
  Fen receivable_posted;
  for (uint32_t i = 0; i < event.share_count; ++i) {
    const ShareDelta& share = event.shares[i];
    funds_.AddPair(share.fund, &Fund::held, share.held_delta, &Fund::spent, share.spent_delta);
    if (share.overrun_delta != Fen{0} || share.suspense_delta != Fen{0}) [[unlikely]] {
      funds_.AddPair(
          share.fund, &Fund::overrun, share.overrun_delta, &Fund::suspense, share.suspense_delta);
    }
    // The fund's second cache line is only asked when one of them is a stock.
    if (!benefits_[share.benefit].has_stock || funds_[share.fund].asset == Asset::kMoney) {
      receivable_pending += share.held_delta;
      receivable_posted += share.spent_delta + share.overrun_delta;
    }
    if (original_applied != 0) {
      applied_.Update(AppliedRow{original_applied + i}, [&](Applied& applied) {
        applied.restated += event.original.restates
                                ? share.held_delta + share.spent_delta + share.overrun_delta
                                : Fen{0};
        applied.held += share.held_delta;
        applied.spent += share.spent_delta;
        applied.overrun += share.overrun_delta;
      });
    }
    // A capture's or reversal's own rows keep its part for a repeat's answer.
    Applied own;
    CopyNames(share, &own);
    switch (event.kind) {
      case EventKind::kAuthorized:
        own.authorized = share.held_delta + share.spent_delta + share.overrun_delta;
        own.held = share.held_delta;
        own.spent = share.spent_delta;
        own.overrun = share.overrun_delta;
        break;
      case EventKind::kCaptured:
        own.authorized = share.spent_delta + share.overrun_delta;
        break;
      case EventKind::kIncremented:
        own.authorized = share.held_delta;
        break;
      case EventKind::kReversed:
      case EventKind::kRefunded:
        own.authorized = -(share.held_delta + share.spent_delta + share.overrun_delta);
        break;
      default:
        continue;  // an expiry or a rejection has no transaction of its own
    }
    const AppliedRow row = applied_.Append(own);
    GH_CHECK_EQ(row.value(), event.transaction.first_applied.value() + i);
  }
  const MerchantRow merchant = event.original.row == TransactionRow{}
                                   ? event.transaction.merchant
                                   : transactions_[event.original.row].merchant;
  if (receivable_pending != Fen{0} || event.member_pending_delta != Fen{0}) {
    merchants_.AddPair(merchant,
                       &Merchant::receivable_pending,
                       receivable_pending,
                       &Merchant::collected_pending,
                       event.member_pending_delta);
  }
  if (receivable_posted != Fen{0} || event.member_posted_delta != Fen{0}) {
    merchants_.AddPair(merchant,
                       &Merchant::receivable_posted,
                       receivable_posted,
                       &Merchant::collected_posted,
                       event.member_posted_delta);
  }
}

void Ledger::EvolveUses(const Event& event) {
  const uint32_t now_s = NearestSecond32(event.at);
  for (uint32_t i = 0; i < event.use_count; ++i) {
    const UseDelta& use = event.uses[i];
    const auto series = [&] { return limits_[use.limit].series; };
    // A use before it in the event may have made it since.
    const bool is_known = use.counter != CounterRow{} || (use.counter_is_new && i == 0);
    const CounterRow found =
        is_known ? use.counter : FindCounter(series(), use.subject, use.window);
    GH_DCHECK(found == FindCounter(series(), use.subject, use.window), "limit=", use.limit);
    if (found != CounterRow{}) {
      const Counter& counted = counters_[found];
      const bool was_empty = counted.held + counted.used <= 0;
      counters_.AddPair(found, &Counter::held, use.held_delta, &Counter::used, use.used_delta);
      if (was_empty && counted.held + counted.used > 0) [[unlikely]] {
        counters_.Update(found, [now_s](Counter& counter) { counter.since_s = now_s; });
      }
    } else {
      Counter counter;
      counter.series = series();
      counter.subject = use.subject;
      counter.window = use.window;
      counter.since_s = now_s;
      counter.held = use.held_delta;
      counter.used = use.used_delta;
      const CounterRow row = counters_.Append(counter);
      counter_index_.Insert(HashOf(counter.series, use.subject, use.window), row.value());
    }
    if (event.original.restates) {
      uses_.Update(UseRow{transactions_[event.original.row].first_use.value() + i},
                   [&use](Use& restated) { restated.amount += use.held_delta + use.used_delta; });
    }
    if (event.kind == EventKind::kAuthorized || event.kind == EventKind::kRefunded) {
      Use own;
      CopyNames(use, &own);
      own.amount = use.held_delta + use.used_delta;
      own.used_after = use.used_after;
      own.left_after = use.left_after;
      const UseRow row = uses_.Append(own);
      GH_CHECK_EQ(row.value(), event.transaction.first_use.value() + i);
    }
  }
}

// ---- The queue of expiries: a binary min-heap by (instant, seq) ----------------

bool Ledger::IsOpenHold(TransactionRow row) const {
  return StaysInMemory(transactions_[row]);
}

// The instant as the row tells it.
void Ledger::PushExpiry(TransactionRow row) {
  const Transaction& hold = transactions_[row];
  const Expiry expiry{hold.expires_at, row, static_cast<uint32_t>(hold.seq.value())};
  uint32_t i = expiry_count_++;
  while (i > 0) {
    const uint32_t parent = (i - 1) / 2;
    const Expiry& above = expiries_[parent];
    if (above.at < expiry.at || (above.at == expiry.at && above.seq < expiry.seq)) {
      break;
    }
    expiries_[i] = above;
    i = parent;
  }
  expiries_[i] = expiry;
}

// Captured and reversed holds stay in the queue until they reach its head, and so do the
// former instants of holds that were given longer, and the former rows of those that were
// appended again.
void Ledger::PopStaleExpiries() {
  const auto is_stale = [this](const Expiry& expiry) {
    return !transactions_.Contains(expiry.row) || !IsOpenHold(expiry.row) ||
           transactions_[expiry.row].expires_at != expiry.at;
  };
  while (expiry_count_ > 0 && is_stale(expiries_[0])) {
    const Expiry last = expiries_[--expiry_count_];
    uint32_t i = 0;
    for (;;) {
      uint32_t child = 2 * i + 1;
      if (child >= expiry_count_) {
        break;
      }
      const auto before = [this](uint32_t a, uint32_t b) {
        return expiries_[a].at < expiries_[b].at ||
               (expiries_[a].at == expiries_[b].at && expiries_[a].seq < expiries_[b].seq);
      };
      if (child + 1 < expiry_count_ && before(child + 1, child)) {
        ++child;
      }
      const Expiry& below = expiries_[child];
      if (last.at < below.at || (last.at == below.at && last.seq < below.seq)) {
        break;
      }
      expiries_[i] = below;
      i = child;
    }
    if (expiry_count_ > 0) {
      expiries_[i] = last;
    }
  }
}

}  // namespace gonghui
