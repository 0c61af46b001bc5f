// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Ledger::CheckInvariants(): everything that must hold, computed again from the
// transactions, the dumb way.

#include <algorithm>
#include <array>

#include "engine/base/virtual_array.h"
#include "engine/ledger/keys.h"
#include "engine/ledger/ledger.h"

namespace gonghui {
namespace {

struct HeldAndUsed {
  int64_t held;
  int64_t used;
};

struct FundTotals {
  Fen held;
  Fen spent;
  Fen overrun;
};

// What became of the subsidy of one benefit of an authorization.
struct BenefitTotals {
  BenefitRow benefit;
  Fen subsidy;   // authorized and restated
  Fen captured;  // by the captures, or of a sale all of it
  Fen kept;      // of that, what its shares say
};

// By benefit, in the order of the shares.
struct GrantedTotals {
  std::array<BenefitTotals, kSharesPerTransactionMax> list;
  uint32_t count = 0;
};

// `captured` = by applied row, what captures took.
GrantedTotals TotalsOf(const Ledger& ledger,
                       const Transaction& transaction,
                       const VirtualArray<Fen>& captured) {
  GrantedTotals totals;
  for (uint32_t i = 0; i < transaction.applied_count; ++i) {
    const AppliedRow row{transaction.first_applied.value() + i};
    const Applied& applied = ledger.applied()[row];
    if (i == 0 || applied.benefit != totals.list[totals.count - 1].benefit) {
      totals.list[totals.count++] = BenefitTotals{applied.benefit, {}, {}, {}};
    }
    BenefitTotals& of = totals.list[totals.count - 1];
    if (ledger.funds()[applied.fund].asset == Asset::kMoney) {
      const Fen subsidy = applied.authorized + applied.restated;
      of.subsidy += subsidy;
      of.captured += transaction.capture_at_once ? subsidy : captured[row.value()];
      of.kept += applied.spent + applied.overrun;
    }
  }
  return totals;
}

// Shares stand benefit by benefit, and add up to what the authorization says of them.  What
// another system decided is as it was.
const char* CheckGranted(const Ledger& ledger,
                         const Transaction& transaction,
                         const GrantedTotals& granted) {
  if (transaction.applied_count == 0 || transaction.seq >= kImportedSeqFirst) {
    return nullptr;
  }
  const auto layer_of = [&](uint32_t i) {
    return ledger.benefits()[granted.list[i].benefit].layer;
  };
  BenefitTotals sum{};
  for (uint32_t i = 0; i < granted.count; ++i) {
    if (i > 0 && (layer_of(i - 1) == 0 || layer_of(i) <= layer_of(i - 1))) {
      return "benefits are combined out of the order of their layers";
    }
    sum.subsidy += granted.list[i].subsidy;
    sum.captured += granted.list[i].captured;
    sum.kept += granted.list[i].kept;
  }
  if (granted.count > kCombinedBenefitsMax) {
    return "too many benefits are combined";
  }
  if (sum.subsidy != transaction.standing_subsidy()) {
    return "the subsidy is not the sum of its shares";
  }
  if (transaction.state != TransactionState::kReversed &&
      (sum.captured != transaction.captured_subsidy ||
       sum.kept != transaction.captured_subsidy - transaction.progress.refunded_subsidy)) {
    return "the captured subsidy is not what captures took of the shares";
  }
  return nullptr;
}

// Of the subsidy that a benefit gives.  What another system decided has no captures.
Fen CapturedOf(const Transaction& transaction, const GrantedTotals& granted, BenefitRow benefit) {
  for (uint32_t i = 0; i < granted.count; ++i) {
    if (granted.list[i].benefit == benefit) {
      return granted.count == 1 ? transaction.captured_subsidy : granted.list[i].captured;
    }
  }
  return Fen{0};  // one without funds gives none
}

// Adds to each use of the original what a refund gave back of it.
void AddGivenBack(const Ledger& ledger,
                  const Transaction& refund,
                  const Transaction& original,
                  VirtualArray<int64_t>* given_back) {
  for (uint32_t i = 0; i < refund.use_count; ++i) {
    const Use& use = ledger.uses()[UseRow{refund.first_use.value() + i}];
    for (uint32_t j = 0; j < original.use_count; ++j) {
      const UseRow row{original.first_use.value() + j};
      const Use& of = ledger.uses()[row];
      if (of.limit == use.limit && of.benefit == use.benefit) {
        (*given_back)[row.value()] -= use.amount;
      }
    }
  }
}

// What an authorization keeps of its use of a price limit.  What refunds gave back of it is in
// uses of their own; with these it is what is captured and not given back.
HeldAndUsed KeptOfPrice(const Transaction& transaction,
                        const Use& use,
                        int64_t captured,
                        int64_t kept,
                        int64_t given_back) {
  if (transaction.state == TransactionState::kReversed) {
    return {0, 0};
  }
  return {transaction.IsOpenHold() ? use.amount - captured : 0, kept + given_back};
}

// The same of any other use, by the state; `subsidy` is what the use's benefit has captured.
// Refunds have uses of their own.
HeldAndUsed KeptOf(const Transaction& transaction,
                   const Use& use,
                   const Limit& limit,
                   Fen subsidy) {
  const bool untouched = transaction.captured == Fen{0};
  if (limit.scope == LimitScope::kNoShow) {
    const bool missed = transaction.state == TransactionState::kExpired && untouched;
    const bool waits = transaction.state == TransactionState::kPending;
    return {waits ? use.amount : 0, missed ? use.amount : 0};
  }
  const bool count = limit.measure == LimitMeasure::kCount;
  const bool taken = transaction.captured > Fen{0} || transaction.standing_price() == Fen{0};
  const int64_t captured = count ? (taken ? use.amount : 0) : subsidy.value();
  switch (transaction.state) {
    case TransactionState::kPending:
      return {use.amount, 0};
    case TransactionState::kPartiallyCaptured:
      return {count ? 0 : use.amount - captured, captured};
    case TransactionState::kCaptured:
    case TransactionState::kPartiallyRefunded:
    case TransactionState::kRefunded:
      return {0, captured};
    case TransactionState::kExpired:
      // An untouched hold of price zero was never taken.
      return {0, untouched ? 0 : captured};
    case TransactionState::kDeclined:
    case TransactionState::kReversed:
    case TransactionState::kCompleted:
      return {0, 0};
  }
  return {0, 0};
}

}  // namespace

const char* Ledger::CheckInvariants(uint64_t* row) const {
  *row = 0;
  for (const TableBase* table : all_tables_) {
    *row = static_cast<uint64_t>(table->id());
    if (table != &globals_table_ && table->keeps_digest() &&
        table->digest() != table->RecomputeDigest()) {
      return "a table's digest is not that of its rows (row = table)";
    }
  }
  *row = globals().archived_count;
  if (globals().archived_count != 0) {
    return "transactions are in the archive: thaw them first";
  }
  if (const char* const problem = CheckOrder(row); problem != nullptr) {
    return problem;
  }
  if (const char* const problem = CheckProgrammes(row); problem != nullptr) {
    return problem;
  }

  VirtualArray<FundTotals> funds(size_t{funds_.size()} + 1);
  for (uint32_t i = applied_.first(); i <= applied_.size(); ++i) {
    const Applied& applied = applied_[AppliedRow{i}];
    *row = i;
    if (!funds_.Contains(applied.fund)) {
      return "an applied share names no fund";
    }
    if (applied.held < Fen{0} || applied.spent < Fen{0} || applied.overrun < Fen{0}) {
      return "an applied share is negative";
    }
    if (applied.held + applied.spent + applied.overrun > applied.authorized + applied.restated) {
      return "a funder gives more than it authorized";
    }
    FundTotals& totals = funds[applied.fund.value()];
    totals.held += applied.held;
    totals.spent += applied.spent;
    totals.overrun += applied.overrun;
  }
  Fen held_money;
  Fen spent_money;
  for (uint32_t i = 1; i <= funds_.size(); ++i) {
    const Fund& fund = funds_[FundRow{i}];
    *row = i;
    if (fund.held != funds[i].held || fund.spent != funds[i].spent ||
        fund.overrun != funds[i].overrun) {
      return "a fund's held, spent or overrun is not the sum of its shares";
    }
    if (fund.left() < Fen{0}) {
      return "a fund is overspent";
    }
    if (fund.suspense < Fen{0} || fund.suspense > fund.left()) {
      return "a fund's suspense is no part of what is left";
    }
    if (fund.asset == Asset::kMoney) {
      held_money += fund.held;
      spent_money += fund.spent + fund.overrun;
    }
  }

  VirtualArray<Fen> captured(size_t{applied_.size()} + 1);
  VirtualArray<int64_t> given_back(size_t{uses_.size()} + 1);  // by the original's use
  for (uint32_t i = transactions_.first(); i <= transactions_.size(); ++i) {
    const Transaction& capture = transactions_[TransactionRow{i}];
    if (capture.kind == TransactionKind::kRefund && capture.outcome != Outcome::kDeclined) {
      AddGivenBack(*this, capture, transactions_[FindOriginalOf(capture)], &given_back);
    }
    if (capture.kind != TransactionKind::kCapture || capture.outcome == Outcome::kDeclined) {
      continue;
    }
    const Transaction& original = transactions_[FindOriginalOf(capture)];
    *row = i;
    if (capture.applied_count != original.applied_count) {
      return "a capture has not the shares of its original";
    }
    for (uint32_t j = 0; j < capture.applied_count; ++j) {
      captured[original.first_applied.value() + j] +=
          applied_[AppliedRow{capture.first_applied.value() + j}].authorized;
    }
  }
  VirtualArray<HeldAndUsed> counters(size_t{counters_.size()} + 1);
  VirtualArray<uint8_t> banked(size_t{counters_.size()} + 1);
  VirtualArray<HeldAndUsed> collected(size_t{merchants_.size()} + 1);
  for (uint32_t i = transactions_.first(); i <= transactions_.size(); ++i) {
    const TransactionRow transaction_row{i};
    const Transaction& transaction = transactions_[transaction_row];
    *row = i;
    const TransactionRow indexed = FindTransaction(transaction.terminal, transaction.request_id);
    if (indexed != transaction_row && !transaction.tombstone) {
      return "a request id does not find its transaction";
    }
    const uint32_t refusing_rows = IsOfFund(transaction.reason) ? funds_.size() : limits_.size();
    if (transaction.failed_row > refusing_rows || transaction.benefit.value() > benefits_.size()) {
      return "what refused a transaction is not there";
    }
    if (transaction.failed_row != 0 && transaction.reason < Reason::kExceedsFrequencyLimit) {
      return "a transaction that no limit or fund refused names one";
    }
    if (transaction.list_price != transaction.member_pays + transaction.subsidy) {
      return "list price is not member's part plus subsidy";
    }
    // An increment that reaches a threshold, and its reversal, may lower the member's part.
    const bool restates = transaction.kind == TransactionKind::kIncrement ||
                          transaction.kind == TransactionKind::kReversal;
    if (transaction.subsidy < Fen{0} || (transaction.member_pays < Fen{0} && !restates)) {
      return "a part of a price is negative";
    }
    if (transaction.outcome == Outcome::kDeclined) {
      continue;
    }
    if (transaction.kind == TransactionKind::kRefund) {
      for (uint32_t j = 0; j < transaction.use_count; ++j) {
        const Use& use = uses_[UseRow{transaction.first_use.value() + j}];
        const Limit& limit = limits_[use.limit];
        const CounterRow counter = FindCounter(limit.series, use.subject, use.window);
        if (counter == CounterRow{} || use.amount >= 0) {
          return "a refund's use has no counter, or gives nothing back";
        }
        counters[counter.value()].used += use.amount;
        // Once a later window has been given something, it may stand below zero.
        banked[counter.value()] |= uint8_t{limit.refund_to == RefundTo::kCurrentWindow};
      }
    }
    if (transaction.kind != TransactionKind::kAuthorization) {
      continue;
    }
    const Progress& progress = transaction.progress;
    if (progress.refunded < Fen{0} || progress.refunded > transaction.captured ||
        progress.refunded_subsidy < Fen{0} ||
        progress.refunded_subsidy > transaction.captured_subsidy ||
        progress.refunded - progress.refunded_subsidy >
            transaction.captured - transaction.captured_subsidy) {
      return "more is refunded than was captured";
    }
    if (transaction.captured > transaction.standing_price() ||
        transaction.captured_subsidy > transaction.standing_subsidy() ||
        transaction.standing_subsidy() < Fen{0} ||
        transaction.standing_subsidy() > transaction.standing_price()) {
      return "more is captured than was authorized";
    }
    const GrantedTotals granted = TotalsOf(*this, transaction, captured);
    if (const char* const problem = CheckGranted(*this, transaction, granted); problem != nullptr) {
      return problem;
    }
    // Another system's benefits are not ours to name.
    if (transaction.applied_count == 0 && transaction.use_count > 0 &&
        transaction.benefit_without_share() == BenefitRow{} &&
        transaction.seq < kImportedSeqFirst) {
      return "nothing names the benefit that has the uses";
    }
    Fen held_share;
    for (uint32_t j = 0; j < transaction.applied_count; ++j) {
      const Applied& applied = applied_[AppliedRow{transaction.first_applied.value() + j}];
      if (applied.benefit == transaction.benefit_without_share()) {
        return "a benefit that no share names has one";
      }
      if (funds_[applied.fund].asset == Asset::kMoney) {
        held_share += applied.held;
      }
    }
    for (uint32_t j = 0; j < transaction.use_count; ++j) {
      const Use& use = uses_[UseRow{transaction.first_use.value() + j}];
      const Limit& limit = limits_[use.limit];
      const CounterRow counter = FindCounter(limit.series, use.subject, use.window);
      if (counter == CounterRow{}) {
        return "a use has no counter";
      }
      HeldAndUsed kept{};
      if (limit.measure == LimitMeasure::kPrice) {
        const auto price_of = [&](Fen price) {
          return std::min(BaseOf(transaction, benefits_[use.benefit], price).value(), use.amount);
        };
        const bool never = limit.refund_to == RefundTo::kNever;
        kept = KeptOfPrice(transaction,
                           use,
                           price_of(transaction.captured),
                           price_of(transaction.captured - (never ? Fen{0} : progress.refunded)),
                           given_back[transaction.first_use.value() + j]);
      } else {
        kept = KeptOf(transaction, use, limit, CapturedOf(transaction, granted, use.benefit));
      }
      counters[counter.value()].held += kept.held;
      counters[counter.value()].used += kept.used;
    }
    if (transaction.applied_count + transaction.use_count > 0) {
      HeldAndUsed& merchant = collected[transaction.merchant.value()];
      if (IsOpenHold(transaction_row)) {
        merchant.held += (transaction.standing_price() - transaction.captured - held_share).value();
      }
      if (transaction.state != TransactionState::kReversed) {
        merchant.used += (transaction.captured - transaction.captured_subsidy).value() -
                         (progress.refunded - progress.refunded_subsidy).value();
      }
    }
  }
  for (uint32_t i = 1; i <= counters_.size(); ++i) {
    const Counter& counter = counters_[CounterRow{i}];
    *row = i;
    if (counter.held != counters[i].held || counter.used != counters[i].used) {
      return "a counter's held or used is not the sum of its uses";
    }
    if (counter.held < 0 || (counter.used < 0 && banked[i] == 0)) {
      return "a counter is negative";
    }
    if (int64_t{counter.since_s} > FloorSecond(applied_at())) {
      return "a counter has had something in it since later than now";
    }
  }

  Merchant sum;
  for (uint32_t i = 1; i <= merchants_.size(); ++i) {
    const Merchant& merchant = merchants_[MerchantRow{i}];
    *row = i;
    if (merchant.collected_pending.value() != collected[i].held ||
        merchant.collected_posted.value() != collected[i].used) {
      return "a merchant's collected accounts are not the sums of its transactions";
    }
    sum.receivable_pending += merchant.receivable_pending;
    sum.receivable_posted += merchant.receivable_posted;
    sum.collected_pending += merchant.collected_pending;
    sum.collected_posted += merchant.collected_posted;
  }
  for (const auto check : {&Ledger::CheckLines,
                           &Ledger::CheckTotals,
                           &Ledger::CheckAdvices,
                           &Ledger::CheckStatusChanges,
                           &Ledger::CheckCodeUses,
                           &Ledger::CheckVouchers,
                           &Ledger::CheckOccasions,
                           &Ledger::CheckDraws,
                           &Ledger::CheckContributions,
                           &Ledger::CheckClaims}) {
    if (const char* const problem = (this->*check)(row); problem != nullptr) {
      return problem;
    }
  }
  *row = 0;
  if (sum.receivable_pending != held_money || sum.receivable_posted != spent_money) {
    return "what funds give is not what merchants are to receive";
  }
  if (sum.collected_pending != globals().members_payable_pending ||
      sum.collected_posted != globals().members_payable_posted) {
    return "what members pay is not what merchants collect";
  }
  return nullptr;
}

// Each transaction is found by its id, and those that came back from the archive name the
// last row before them that did not.
const char* Ledger::CheckOrder(uint64_t* row) const {
  TransactionRow in_order;
  for (uint32_t i = transactions_.first(); i <= transactions_.size(); ++i) {
    const Transaction& transaction = transactions_[TransactionRow{i}];
    *row = i;
    if (!transaction.returned()) {
      if (transaction.in_order != TransactionRow{}) {
        return "a transaction that never left memory stands out of order";
      }
      in_order = TransactionRow{i};
    } else if ((transactions_.Contains(transaction.in_order) ? transaction.in_order
                                                             : TransactionRow{}) != in_order) {
      return "a transaction that came back does not name the last row in order";
    }
    if (!transaction.tombstone && FindTransaction(IdOf(transaction)) != TransactionRow{i}) {
      return "a transaction's id does not find it";
    }
  }
  return nullptr;
}

// The frozen split re-adds, and what refunds gave back of each line is what it has
// returned.
const char* Ledger::CheckLines(uint64_t* row) const {
  VirtualArray<uint32_t> returned(size_t{lines_.size()} + 1);
  uint64_t count = 0;
  for (uint32_t i = transactions_.first(); i <= transactions_.size(); ++i) {
    const Transaction& transaction = transactions_[TransactionRow{i}];
    *row = i;
    Fen price;
    Fen subsidy;
    for (uint32_t j = 0; j < transaction.line_count(); ++j) {
      const LineRow line_row{transaction.first_line().value() + j};
      if (!lines_.Contains(line_row)) {
        return "a transaction's line is not there";
      }
      const Line& line = lines_[line_row];
      ++count;
      price += line.price;
      subsidy += line.subsidy;
      if (line.subsidy < Fen{0} || line.subsidy > line.price) {
        return "a line's subsidy is no part of its price";
      }
      if (transaction.IsAuthorization()) {
        if (line.number != j + 1 || line.returned > line.quantity) {
          return "a line has a wrong number, or has returned more than there was";
        }
      } else if (transaction.outcome != Outcome::kDeclined) {
        const Progress& original = transactions_[FindOriginalOf(transaction)].progress;
        if (line.number < 1 || line.number > original.line_count) {
          return "a refund gives back a line that there was not";
        }
        returned[original.first_line.value() + line.number - 1] += line.quantity;
      }
    }
    if (transaction.line_count() > 0 && price != transaction.list_price) {
      return "the prices of lines are not the list price";
    }
    if (transaction.IsAuthorization() && transaction.line_count() > 0 &&
        subsidy != transaction.subsidy) {
      return "the subsidies of lines are not the subsidy";
    }
  }
  *row = 0;
  if (count != lines_.size() + 1 - lines_.first()) {
    return "a line has no transaction";
  }
  for (uint32_t i = lines_.first(); i <= lines_.size(); ++i) {
    *row = i;
    if (lines_[LineRow{i}].returned != returned[i]) {
      return "what a line has returned is not the sum of its refunds (row = line)";
    }
  }
  return nullptr;
}

const char* Ledger::CheckAdvices(uint64_t* row) const {
  uint64_t count = 0;
  for (uint32_t i = transactions_.first(); i <= transactions_.size(); ++i) {
    const AdviceRow advice = transactions_[TransactionRow{i}].advice();
    *row = i;
    if (advice == AdviceRow{}) {
      continue;
    }
    ++count;
    if (!advices_.Contains(advice) || advices_[advice].transaction != TransactionRow{i}) {
      return "an advice and its transaction do not name each other";
    }
  }
  *row = 0;
  if (count != advices_.size() + 1 - advices_.first()) {
    return "an advice has no transaction";
  }
  for (uint32_t i = advices_.first(); i <= advices_.size(); ++i) {
    const Advice& advice = advices_[AdviceRow{i}];
    const Transaction& transaction = transactions_[advice.transaction];
    *row = i;
    if (advice.acquirer_bears < Fen{0} || advice.acquirer_bears > transaction.member_pays) {
      return "the acquirer bears more than the member was to pay (row = advice)";
    }
    if (advice.judged_at > transaction.decided_at) {
      return "an advice is judged as of later than now (row = advice)";
    }
    const bool booked = transaction.IsAuthorization() && transaction.outcome != Outcome::kDeclined;
    if (booked && transaction.list_price - advice.member_paid !=
                      transaction.subsidy + advice.acquirer_bears) {
      return "what a sale gave away is not what is borne (row = advice)";
    }
    if ((advice.acquirer_bears > Fen{0} && advice.liability != Liability::kAcquirer) ||
        (booked && advice.acquirer_bears == Fen{0} && advice.liability == Liability::kAcquirer)) {
      return "an advice's liability is another's than its bearer's (row = advice)";
    }
    if (transaction.reason == Reason::kAdviceTooOld) {
      continue;
    }
    const AdviceRow found = FindAdvice(KeyOf(advice));
    if (found == AdviceRow{} || transactions_[advices_[found].transaction].seq > transaction.seq) {
      return "an advice is not found by its key (row = advice)";
    }
  }
  return nullptr;
}

// Each chain goes back in time, over changes of its own subject.
const char* Ledger::CheckStatusChanges(uint64_t* row) const {
  for (uint32_t i = 1; i <= status_changes_.size(); ++i) {
    const StatusChange& change = status_changes_[StatusChangeRow{i}];
    *row = i;
    if (change.previous == StatusChangeRow{}) {
      continue;
    }
    const StatusChange& previous = status_changes_[change.previous];
    if (previous.subject != change.subject || previous.subject_row != change.subject_row ||
        previous.until > change.until || previous.status == change.status) {
      return "a status does not follow the one before (row = status change)";
    }
  }
  return nullptr;
}

const char* Ledger::CheckProgrammes(uint64_t* row) const {
  VirtualArray<uint8_t> was_active(size_t{programmes_.size()} + 1);
  uint32_t activations = 0;
  uint32_t versions = 0;
  uint32_t shadows = 0;
  uint32_t scheduled = 0;
  ProgrammeHeadRow next;
  TimestampNs next_at = kTimestampMax;
  for (uint32_t i = 1; i <= programme_heads_.size(); ++i) {
    const ProgrammeHeadRow head_row{i};
    const ProgrammeHead& head = programme_heads_[head_row];
    *row = i;
    if (FindProgrammeHead(head.code) != head_row) {
      return "a programme's code does not find its head";
    }
    uint32_t expected = head.version_count;
    for (ProgrammeRow version = head.newest; version != ProgrammeRow{};
         version = programmes_[version].previous_version) {
      const Programme& programme = programmes_[version];
      if (programme.head != head_row || programme.code != head.code ||
          programme.version != expected) {
        return "a programme's versions are not numbered from 1";
      }
      --expected;
      ++versions;
    }
    if (expected != 0) {
      return "a programme has not as many versions as its head says";
    }
    if (activations_[head.last_activation].version != head.active) {
      return "a programme's newest activation is not of its active version";
    }
    ActivationRow later = head.last_activation;
    for (ActivationRow at = later; at != ActivationRow{}; at = activations_[at].previous) {
      const Activation& activation = activations_[at];
      if (activation.head != head_row || at > later || activation.from > activations_[later].from ||
          activation.from > globals().programmes_changed_at ||
          (activation.version != ProgrammeRow{} &&
           programmes_[activation.version].head != head_row)) {
        return "a programme's activations are not in order";
      }
      was_active[activation.version.value()] = 1;
      later = at;
      ++activations;
    }
    shadows += head.shadow != ProgrammeRow{} ? 1u : 0u;
    if (head.scheduled != ProgrammeRow{}) {
      ++scheduled;
      const TimestampNs at = programmes_[head.scheduled].activates_at;
      if (next == ProgrammeHeadRow{} || at < next_at) {
        next = head_row;
        next_at = at;
      }
    }
  }
  *row = 0;
  if (activations != activations_.size() || versions != programmes_.size()) {
    return "an activation or a version belongs to no programme";
  }
  if (shadows != shadow_count_ || scheduled != schedule_.size() || next != schedule_.next() ||
      next_at != schedule_.next_at()) {
    return "the versions in shadow or scheduled are not those of the heads";
  }
  for (uint32_t i = 1; i <= programmes_.size(); ++i) {
    const ProgrammeRow version{i};
    const Programme& programme = programmes_[version];
    const ProgrammeHead& head = programme_heads_[programme.head];
    *row = i;
    const Stage named = version == head.active                 ? Stage::kActive
                        : version == head.shadow               ? Stage::kShadow
                        : version == head.scheduled            ? Stage::kScheduled
                        : was_active[i] != 0                   ? Stage::kRetired
                        : programme.stage == Stage::kWithdrawn ? Stage::kWithdrawn
                                                               : Stage::kValidated;
    const int times = (version == head.active ? 1 : 0) + (version == head.shadow ? 1 : 0) +
                      (version == head.scheduled ? 1 : 0);
    if (programme.stage != named || times > 1) {
      return "a version's stage is not what its programme's head says";
    }
    if ((programme.activates_at != TimestampNs{}) != (programme.stage == Stage::kScheduled)) {
      return "a version that is not scheduled has an instant, or a scheduled one has none";
    }
  }
  return nullptr;
}

}  // namespace gonghui
