// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Batches: what a terminal was answered since its last close, and the close
// (docs/decisions/0003-lines-advices-batches.md).

#include <cstddef>

#include "engine/base/check.h"
#include "engine/domain/limits.h"
#include "engine/ledger/decide.h"

namespace gonghui {

// Whether one more of any amount can be added up; refuses the command when it can not:
// the batch has to be closed first.
bool Decider::HasRoomInBatch() {
  const Totals& open = ledger_.open_batches_[terminal_].totals;
  const Fen most = Larger(open.captured, Larger(open.refunded, open.reversed));
  if (most > Fen{kFundFenMax - kTransactionFenMax}) [[unlikely]] {
    Full(Field::kTotals);
    return false;
  }
  return true;
}

// Neither terminal nor merchant need be active: the shift has to end.
void Decider::CloseBatch() {
  if (!FindCaller() || AnsweredBefore() || !HasRoom(1, 0, 0) || !HasRoomForDetails(0, 0, 1)) {
    return;
  }

  // From here on the command must succeed, in balance or out of it.
  BeginTransaction(TransactionKind::kBatchClose);
  event_->kind = EventKind::kBatchClosed;
  Transaction& close = event_->transaction;
  close.outcome = Outcome::kApproved;
  close.state = TransactionState::kCompleted;
  close.reference = Reference{};
  close.reference.batch = ledger_.batches_.next();
  const OpenBatch& open = ledger_.open_batches_[terminal_];
  const Batch& before = ledger_.batches_[open.last];  // row 0 is all zero
  Batch& batch = event_->batch;
  batch = Batch{};
  batch.ours = open.totals;
  batch.theirs = command_.close_batch.theirs;
  batch.theirs.reserved = 0;
  batch.opened_at = before.closed_at;
  batch.closed_at = now_;
  batch.transaction = event_->transaction_row;
  batch.terminal = terminal_;
  batch.previous = open.last;
  batch.number = before.number + 1;
  FinishTransaction(false);
}

Field Decider::CloseDifference(const Transaction& stored) const {
  if (stored.kind != TransactionKind::kBatchClose) {
    return Field::kMethod;
  }
  Totals theirs = command_.close_batch.theirs;
  theirs.reserved = 0;
  return ledger_.batches_[stored.reference.batch].theirs == theirs ? Field::kNone : Field::kTotals;
}

// What the terminal was answered goes to its open batch.
void Ledger::EvolveTotals(const Event& event) {
  static_assert(offsetof(Totals, captured) == 16 && offsetof(Totals, subsidy) == 24 &&
                    sizeof(Totals) == 3 * 16,
                "the pairs that change");
  const Transaction& transaction = event.transaction;
  if (transaction.outcome == Outcome::kDeclined) {
    return;
  }
  const auto update = [&](auto&& change) {
    open_batches_.UpdatePairs<0, 3>(transaction.terminal,
                                    [&change](OpenBatch& open) { change(open.totals); });
  };
  switch (event.kind) {
    case EventKind::kAuthorized:
      if (!transaction.capture_at_once) {
        return;
      }
      [[fallthrough]];
    case EventKind::kCaptured:
      return open_batches_.UpdatePairs<0, 2>(transaction.terminal, [&](OpenBatch& open) {
        ++open.totals.captures;
        open.totals.captured += transaction.list_price;
        open.totals.subsidy += transaction.subsidy;
      });
    case EventKind::kRefunded:
      return update([&transaction](Totals& totals) {
        ++totals.refunds;
        totals.refunded += transaction.list_price;
        totals.subsidy -= transaction.subsidy;
      });
    case EventKind::kReversed: {
      // Of what was captured at once, here; what a capture took can not be reversed.
      const Transaction& original = transactions_[event.original.row];
      const bool undoes =
          original.capture_at_once && original.seq < kImportedSeqFirst &&
          (transaction.list_price > Fen{0} || event.original.state == TransactionState::kReversed);
      if (undoes) {
        update([&transaction](Totals& totals) {
          ++totals.reversals;
          totals.reversed += transaction.list_price;
          totals.subsidy -= transaction.subsidy;
        });
      }
      return;
    }
    default:
      return;
  }
}

void Ledger::EvolveClose(const Event& event) {
  const BatchRow row = batches_.Append(event.batch);
  GH_CHECK_EQ(row.value(), event.transaction.reference.batch.value());
  open_batches_.Update(event.batch.terminal, [row](OpenBatch& open) {
    open.totals = Totals{};
    open.last = row;
  });
}

}  // namespace gonghui
