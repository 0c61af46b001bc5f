// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/model/naive_ledger.h"

#include <algorithm>

#include "engine/base/check.h"

namespace gonghui {
namespace {

template <class Map, class Key>
bool Has(const Map& map, const Key& key) {
  return map.find(key) != map.end();
}

}  // namespace

// ---- Reading --------------------------------------------------------------------

Answer NaiveLedger::Only(Verdict verdict, Field field) {
  Answer answer;
  answer.verdict = verdict;
  answer.field = field;
  return answer;
}

TimestampNs NaiveLedger::next_expiry() const {
  TimestampNs first = kTimestampMax;
  for (const auto& [id, entry] : entries_) {
    if (entry.is_open()) {
      first = std::min(first, entry.expires_at);
    }
  }
  return first;
}

NaiveFundTotals NaiveLedger::TotalsOf(const FundCode& fund) const {
  NaiveFundTotals totals;
  for (const auto& [id, entry] : entries_) {
    for (const Share& share : entry.shares) {
      if (share.fund == fund) {
        totals.held += share.held;
        totals.spent += share.spent;
        totals.overrun += share.overrun;
      }
    }
    if (const auto found = entry.suspended.find(fund); found != entry.suspended.end()) {
      totals.suspense += found->second;
    }
  }
  totals.contributed = ContributedTo(fund);
  for (const auto& [key, of_receipt] : contributions_) {
    totals.contributions += key.first == fund && !of_receipt.back().revoked ? 1u : 0u;
  }
  CountClaims(fund, &totals);
  return totals;
}

std::map<FundCode, NaiveFundTotals> NaiveLedger::FundTotals() const {
  std::map<FundCode, NaiveFundTotals> totals;
  for (const auto& [code, fund] : funds_) {
    totals[code] = TotalsOf(code);
  }
  return totals;
}

std::map<NaiveCounterKey, NaiveTotals> NaiveLedger::CounterTotals() const {
  std::map<NaiveCounterKey, NaiveTotals> totals;
  for (const auto& [id, entry] : entries_) {
    for (const CounterUse& use : entry.uses) {
      totals[use.key].held += use.held;
      totals[use.key].used += use.used;
    }
  }
  return totals;
}

std::map<MerchantId, NaiveMerchantAccounts> NaiveLedger::MerchantAccounts() const {
  std::map<MerchantId, NaiveMerchantAccounts> accounts;
  for (const auto& [id, merchant] : merchants_) {
    accounts[id] = {};
  }
  for (const auto& [id, entry] : entries_) {
    if (!entry.booked()) {  // an approval at full price books nothing
      continue;
    }
    NaiveMerchantAccounts& account = accounts[entry.merchant];
    Fen held;
    for (const Share& share : entry.shares) {
      if (share.money) {
        held += Fen{share.held};
        account.receivable_posted += Fen{share.spent + share.overrun};
      }
    }
    account.receivable_pending += held;
    if (entry.is_open()) {
      account.collected_pending += entry.list_price - entry.captured - held;
    }
    account.collected_posted +=
        (entry.captured - entry.captured_subsidy) - (entry.refunded - entry.refunded_subsidy);
  }
  return accounts;
}

std::vector<NaiveTold> NaiveLedger::AllTransactions() const {
  std::vector<NaiveTold> all;
  for (const auto& [id, entry] : entries_) {
    all.push_back({Retell(entry), Tell(entry)});
  }
  return all;
}

std::map<TransactionId, NaiveOccasion> NaiveLedger::Occasions() const {
  std::map<TransactionId, NaiveOccasion> occasions;
  for (const auto& [id, entry] : entries_) {
    if (entry.occasion.has_value() || !entry.voucher.IsNone()) {
      occasions[id] = {entry.occasion.value_or(OccasionRequest{}), entry.voucher, entry.judgements};
    }
  }
  return occasions;
}

int64_t NaiveLedger::AvailableOf(const FundCode& fund) const {
  const NaiveFundTotals totals = TotalsOf(fund);
  const int64_t left =
      funds_.at(fund).budget.value() + totals.contributed - totals.held - totals.spent;
  return std::max<int64_t>(0, left - totals.overrun - totals.suspense);
}

bool NaiveLedger::IsOpenAt(const FundCode& fund, TimestampNs at) const {
  return funds_.at(fund).opens_at <= at && at < funds_.at(fund).closes_at;
}

bool NaiveLedger::AreOpenAt(const std::vector<FundCode>& funds, TimestampNs at) const {
  return std::all_of(
      funds.begin(), funds.end(), [&](const FundCode& fund) { return IsOpenAt(fund, at); });
}

// ---- Terminals' commands ----------------------------------------------------------

Answer NaiveLedger::Apply(const Command& command, TimestampNs now) {
  now_ = now;
  Answer answer = ApplyAny(command, now);
  NoteEntries();
  return answer;
}

Answer NaiveLedger::ApplyAny(const Command& command, TimestampNs now) {
  if (command.kind == CommandKind::kExpireHolds) {
    return ExpireHolds(now);
  }
  if (command.kind == CommandKind::kActivateDue) {
    return ActivateDue(now);
  }
  if (now > command.deadline) {
    return Only(Verdict::kDeadlineExceeded);
  }
  return IsAdmin(command.kind) ? ApplyAdmin(command, now) : ApplyTerminal(command, now);
}

Answer NaiveLedger::ApplyTerminal(const Command& command, TimestampNs now) {
  const bool authorize =
      command.kind == CommandKind::kAuthorize || command.kind == CommandKind::kQuote;
  if (command.kind == CommandKind::kGetEntitlements) {
    return GetEntitlements(command, now);
  }
  if (!Has(terminals_, command.terminal)) {
    if (command.kind == CommandKind::kGetTransaction) {
      const auto found = entries_.find(command.inquiry.transaction);
      const bool operator_asks = command.terminal.IsNone();
      return operator_asks && found != entries_.end() ? Tell(found->second)
                                                      : Only(Verdict::kNotFound);
    }
    Answer answer;
    answer.has_transaction = true;
    answer.reason = Reason::kInvalidTerminal;
    answer.decided_at = now;
    if (authorize) {
      answer.list_price = answer.member_pays = command.authorize.list_price;
    }
    return answer;
  }
  if (authorize && !command.authorize.merchant.IsNone() &&
      command.authorize.merchant != terminals_.at(command.terminal).merchant) {
    return Only(Verdict::kPermissionDenied, Field::kMerchantId);
  }
  if (command.kind == CommandKind::kQuote) {
    return Authorize(command, now);
  }
  if (command.kind == CommandKind::kGetTransaction) {
    return Inquire(command);
  }
  const auto known = by_request_.find({command.terminal, command.request_id});
  if (known != by_request_.end()) {
    if (known->second != TransactionId{}) {
      const Entry& stored = entries_.at(known->second);
      if (const auto mismatch = FirstDifference(stored, command)) {
        Answer answer = Only(Verdict::kDuplicateMismatch, mismatch->field);
        answer.index = mismatch->index;
        return answer;
      }
      Answer answer = Retell(stored);
      answer.replay = true;
      return answer;
    }
    if (command.kind != CommandKind::kAuthorize) {
      return Only(Verdict::kDuplicateMismatch, Field::kMethod);
    }
    // A late original: its reversal came first.
    Entry late = EntryOf(command);
    late.answer.reason = Reason::kPreviouslyReversed;
    // Whatever its code is like.
    Went(NaivePath::kCodeReversedFirst, command.authorize.code_issued_at != TimestampNs{});
    late.answer.list_price = late.answer.member_pays = command.authorize.list_price;
    late.answer.decided_at = now;
    if (command.advice != nullptr) {
      late.answer.advice = EvidenceOf(command, now);
      Went(NaivePath::kAdviceReversedFirst);
    }
    return Record(std::move(late));
  }
  if (const Entry* same = SameAdvice(command); same != nullptr) {
    Went(NaivePath::kAdviceUnderAnotherId);
    Answer answer = Retell(*same);
    answer.replay = true;
    return answer;
  }
  switch (command.kind) {
    case CommandKind::kAuthorize:
      return command.advice != nullptr ? AdviseSale(command, now) : Authorize(command, now);
    case CommandKind::kCapture:
      return Capture(command, now);
    case CommandKind::kReverse:
      return Reverse(command, now);
    case CommandKind::kIncrement:
      return Increment(command, now);
    case CommandKind::kRefund:
      return Refund(command, now);
    case CommandKind::kCloseBatch:
      return CloseBatch(command, now);
    default:
      break;
  }
  GH_CHECK(false, "kind=", command.kind);
  return {};
}

uint32_t NaiveLedger::StanOf(const Command& command) {
  switch (command.kind) {
    case CommandKind::kAuthorize:
    case CommandKind::kQuote:
      return command.authorize.stan;
    case CommandKind::kCapture:
      return command.capture.stan;
    case CommandKind::kReverse:
      return command.reverse.stan;
    case CommandKind::kIncrement:
      return command.increment.stan;
    case CommandKind::kRefund:
      return command.refund.stan;
    default:
      return 0;
  }
}

NaiveLedger::Entry NaiveLedger::EntryOf(const Command& command) {
  Entry entry;
  entry.answer.stan = StanOf(command);
  entry.command = command;
  entry.command.details = nullptr;
  entry.command.advice = nullptr;
  if (command.advice != nullptr) {
    entry.advice = *command.advice;
  }
  if (command.kind == CommandKind::kAuthorize || command.kind == CommandKind::kQuote) {
    AuthorizeRequest& request = entry.command.authorize;
    entry.lines.assign(request.lines, request.lines + request.line_count);
    request.lines = nullptr;
    request.explanation = nullptr;
    if (request.occasion != nullptr) {
      entry.occasion = *request.occasion;
    }
    for (const LineItem& line : entry.lines) {  // nothing of it is paid yet
      const auto number = static_cast<uint32_t>(entry.answer.lines.size() + 1);
      entry.answer.lines.push_back({number, line.item, line.quantity, line.price, {}, 0});
    }
  }
  if (command.kind == CommandKind::kRefund) {
    RefundRequest& request = entry.command.refund;
    entry.returned.assign(request.lines, request.lines + request.line_count);
    request.lines = nullptr;
    for (const ReturnedLine& line : entry.returned) {
      entry.answer.lines.push_back({line.number, {}, line.quantity, {}, {}, 0});
    }
  }
  return entry;
}

std::optional<NaiveLedger::Mismatch> NaiveLedger::FirstDifference(const Entry& stored,
                                                                  const Command& command) const {
  const Entry repeat = EntryOf(command);
  if (stored.command.kind != command.kind ||
      stored.advice.has_value() != repeat.advice.has_value()) {
    return Mismatch{Field::kMethod};
  }
  std::vector<std::pair<Field, bool>> same;  // in order
  const auto compare = [&same](Field field, const auto& a, const auto& b) {
    same.emplace_back(field, a == b);
  };
  const auto compare_original = [&same](const auto& a, const auto& b) {
    same.emplace_back(Field::kOriginal,
                      a.original == b.original && a.original_request_id == b.original_request_id);
  };
  const auto compare_amount = [&same](const auto& a, const auto& b) {
    same.emplace_back(Field::kAmount,
                      a.has_amount == b.has_amount && (!a.has_amount || a.amount == b.amount));
  };
  uint32_t line = 0;  // the first that differs, or that only one has
  const auto compare_lines = [&](const auto& a, const auto& b, const auto& is_same) {
    while (line < a.size() && line < b.size() && is_same(a[line], b[line])) {
      ++line;
    }
    same.emplace_back(Field::kLines, line == a.size() && line == b.size());
  };
  switch (command.kind) {
    case CommandKind::kAuthorize: {
      const AuthorizeRequest& a = stored.command.authorize;
      const AuthorizeRequest& b = command.authorize;
      compare(Field::kCardNumber, a.card, b.card);
      compare(Field::kListPrice, a.list_price, b.list_price);
      compare(Field::kProgramme, a.programme, b.programme);
      compare(Field::kCapture, a.capture_at_once, b.capture_at_once);
      compare(Field::kIfNoBenefit, a.if_no_benefit, b.if_no_benefit);
      compare(Field::kHoldSeconds, a.hold_s, b.hold_s);
      compare(Field::kPosEntryMode, a.entry_mode, b.entry_mode);
      compare(Field::kAllowPartial, a.allow_partial, b.allow_partial);
      compare_lines(stored.lines, repeat.lines, [](const LineItem& x, const LineItem& y) {
        return x.item == y.item && x.quantity == y.quantity && x.price == y.price;
      });
      const OccasionRequest x = stored.occasion.value_or(OccasionRequest{});
      const OccasionRequest y = repeat.occasion.value_or(OccasionRequest{});
      compare(Field::kVoucher, x.voucher, y.voucher);
      compare(Field::kSlotAt, x.slot_at, y.slot_at);
      compare(Field::kEventAt, x.event_at, y.event_at);
      compare(Field::kFiledBy, x.filed_by, y.filed_by);
      break;
    }
    case CommandKind::kIncrement:
      compare_original(stored.command.increment, command.increment);
      compare(Field::kAmount, stored.command.increment.amount, command.increment.amount);
      compare(Field::kHoldSeconds, stored.command.increment.hold_s, command.increment.hold_s);
      break;
    case CommandKind::kCapture:
      compare_original(stored.command.capture, command.capture);
      compare_amount(stored.command.capture, command.capture);
      compare(Field::kFinalCapture,
              stored.command.capture.final_capture,
              command.capture.final_capture);
      break;
    case CommandKind::kReverse:
      compare_original(stored.command.reverse, command.reverse);
      compare_amount(stored.command.reverse, command.reverse);
      compare(Field::kReversalReason, stored.command.reverse.reason, command.reverse.reason);
      break;
    case CommandKind::kRefund:
      compare_original(stored.command.refund, command.refund);
      compare_amount(stored.command.refund, command.refund);
      compare_lines(
          stored.returned, repeat.returned, [](const ReturnedLine& x, const ReturnedLine& y) {
            return x.number == y.number && x.quantity == y.quantity;
          });
      break;
    case CommandKind::kCloseBatch:
      compare(Field::kTotals, stored.command.close_batch.theirs, command.close_batch.theirs);
      break;
    default:
      GH_CHECK(false, "kind=", command.kind);
  }
  if (stored.advice.has_value()) {
    const AdviceRequest& a = *stored.advice;
    const AdviceRequest& b = *repeat.advice;
    compare(Field::kSequence, a.sequence, b.sequence);
    compare(Field::kBusinessDay, a.business_day, b.business_day);
    compare(Field::kMemberPaid, a.member_paid, b.member_paid);
  }
  for (const auto& [field, is_same] : same) {
    if (!is_same) {
      return Mismatch{field, field == Field::kLines ? line : 0};
    }
  }
  return std::nullopt;
}

// What was told, and what became of it since.
Answer NaiveLedger::Retell(const Entry& entry) const {
  Answer answer = entry.answer;
  answer.state = entry.state;
  answer.captured = entry.captured;
  answer.captured_subsidy = entry.captured_subsidy;
  answer.refunded = entry.refunded;
  answer.refunded_subsidy = entry.refunded_subsidy;
  if (entry.occasion.has_value()) {
    answer.slot_at = entry.occasion->slot_at;
    answer.event_at = entry.occasion->event_at;
  }
  if (entry.is_hold()) {
    answer.expires_at = entry.expires_at;
  }
  return answer;
}

// As it stands, with what increments and reversals changed.
Answer NaiveLedger::Tell(const Entry& entry) const {
  Answer answer = Retell(entry);
  if (answer.kind == TransactionKind::kAuthorization && answer.outcome != Outcome::kDeclined) {
    answer.restated = entry.list_price - answer.list_price;
    answer.restated_subsidy = entry.subsidy - answer.subsidy;
    answer.list_price = entry.list_price;
    answer.subsidy = entry.subsidy;
    answer.member_pays = entry.list_price - entry.subsidy;
    answer.shares = SharesOf(entry);
  }
  return answer;
}

std::vector<AnswerShare> NaiveLedger::SharesOf(const Entry& entry) {
  std::vector<AnswerShare> told;
  for (const Share& share : entry.shares) {
    if (share.authorized != 0) {
      told.push_back(
          {entry.parts[share.part].benefit->spec.code, share.fund, Fen{share.authorized}});
    }
  }
  return told;
}

Answer NaiveLedger::Record(Entry entry) {
  entry.answer.has_transaction = true;
  entry.answer.id = MakeTransactionId(shard_, CommandSeq{++seq_});
  entry.terminal = entry.command.terminal;
  entry.merchant = terminals_.at(entry.terminal).merchant;
  by_request_[{entry.terminal, entry.command.request_id}] = entry.answer.id;
  if (entry.command.kind == CommandKind::kAuthorize) {
    entry.command.authorize.occasion = nullptr;  // the caller's
  }
  const Answer answer = Retell(entry);
  entries_.emplace(entry.answer.id, std::move(entry));
  return answer;
}

NaiveLedger::Entry* NaiveLedger::FindOriginal(const Command& command,
                                              TransactionId id,
                                              const RequestId& request_id) {
  if (id == TransactionId{}) {
    const auto known = by_request_.find({command.terminal, request_id});
    if (known == by_request_.end()) {
      return nullptr;
    }
    id = known->second;
  }
  const auto found = entries_.find(id);
  if (found == entries_.end() ||
      found->second.merchant != terminals_.at(command.terminal).merchant) {
    return nullptr;
  }
  return &found->second;
}

Answer NaiveLedger::Inquire(const Command& command) {
  const Entry* entry =
      FindOriginal(command, command.inquiry.transaction, command.inquiry.request_id);
  return entry == nullptr ? Only(Verdict::kNotFound) : Tell(*entry);
}

}  // namespace gonghui
