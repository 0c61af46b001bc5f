// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Batches: what a terminal was answered since its last close, and the close
// (docs/decisions/0003-lines-advices-batches.md).

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "engine/base/check.h"
#include "engine/base/virtual_array.h"
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
  static_assert(std::endian::native == std::endian::little && offsetof(OpenBatch, totals) == 0 &&
                offsetof(Totals, captures) == 0);
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
      // One capture more: in the lower half of the first word, from which nothing is carried,
      // because each is a row of its own.
      static_assert(kTransactionsMax < UINT32_MAX);
      return open_batches_.AddToWords<0, 4>(
          transaction.terminal,
          std::array<uint64_t, 4>{1,
                                  0,
                                  static_cast<uint64_t>(transaction.list_price.value()),
                                  static_cast<uint64_t>(transaction.subsidy.value())});
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

// ---- Invariants ----------------------------------------------------------------

// Open and closed batches together are what the terminal was answered.
const char* Ledger::CheckTotals(uint64_t* row) const {
  VirtualArray<Totals> answered(size_t{terminals_.size()} + 1);
  // A sale of price 0 is given back by its first reversal; the later ones find nothing.
  VirtualArray<uint8_t> reversed(size_t{transactions_.size()} + 1);
  VirtualArray<TransactionRow> closes(size_t{batches_.size()} + 1);
  for (uint32_t i = transactions_.first(); i <= transactions_.size(); ++i) {
    const Transaction& transaction = transactions_[TransactionRow{i}];
    if (transaction.outcome == Outcome::kDeclined || transaction.seq >= kImportedSeqFirst) {
      continue;
    }
    Totals& totals = answered[transaction.terminal.value()];
    const TransactionRow original_row = FindOriginalOf(transaction);
    const Transaction& original = transactions_[original_row];
    const bool of_sale = original.capture_at_once && original.outcome != Outcome::kDeclined &&
                         original.seq < kImportedSeqFirst;
    if (transaction.kind == TransactionKind::kBatchClose) {
      *row = i;
      if (!batches_.Contains(transaction.reference.batch)) {
        return "a close has no batch";
      }
      closes[transaction.reference.batch.value()] = TransactionRow{i};
    }
    if (transaction.kind == TransactionKind::kCapture ||
        (transaction.IsAuthorization() && transaction.capture_at_once)) {
      ++totals.captures;
      totals.captured += transaction.list_price;
      totals.subsidy += transaction.subsidy;
    } else if (transaction.kind == TransactionKind::kRefund) {
      ++totals.refunds;
      totals.refunded += transaction.list_price;
      totals.subsidy -= transaction.subsidy;
    } else if (transaction.kind == TransactionKind::kReversal && of_sale &&
               (transaction.list_price > Fen{0} ||
                (original.list_price == Fen{0} && reversed[original_row.value()] == 0))) {
      reversed[original_row.value()] = 1;
      ++totals.reversals;
      totals.reversed += transaction.list_price;
      totals.subsidy -= transaction.subsidy;
    }
  }
  VirtualArray<Totals> told(size_t{terminals_.size()} + 1);
  const auto add = [&told](TerminalRow terminal, const Totals& totals) {
    Totals& sum = told[terminal.value()];
    sum.captures += totals.captures;
    sum.refunds += totals.refunds;
    sum.reversals += totals.reversals;
    sum.captured += totals.captured;
    sum.refunded += totals.refunded;
    sum.reversed += totals.reversed;
    sum.subsidy += totals.subsidy;
  };
  for (uint32_t i = 1; i <= batches_.size(); ++i) {
    const BatchRow batch_row{i};
    const Batch& batch = batches_[batch_row];
    *row = i;
    const TransactionRow close_row = closes[i];
    const bool moved = transactions_[close_row].returned();
    if (close_row == TransactionRow{} || (!moved && batch.transaction != close_row)) {
      return "a batch and its close do not name each other (row = batch)";
    }
    if (batch.number != batches_[batch.previous].number + 1 ||
        batch.opened_at != batches_[batch.previous].closed_at) {
      return "a batch does not follow the one before (row = batch)";
    }
    add(batch.terminal, batch.ours);
  }
  for (uint32_t i = 1; i <= terminals_.size(); ++i) {
    *row = i;
    add(TerminalRow{i}, open_batches_[TerminalRow{i}].totals);
    if (told[i] != answered[i]) {
      return "a terminal's batches are not the sums of what it was answered (row = terminal)";
    }
  }
  return nullptr;
}

}  // namespace gonghui
