// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/model/naive_ledger.h"

#include <algorithm>
#include <numeric>

#include "engine/base/check.h"
#include "tests/model/naive_arithmetic.h"
#include "tests/model/naive_times.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

template <class Map, class Key>
bool Has(const Map& map, const Key& key) {
  return map.find(key) != map.end();
}

std::vector<int64_t> WeightsOf(const std::vector<FundingShareSpec>& funding) {
  std::vector<int64_t> weights;
  for (const FundingShareSpec& share : funding) {
    weights.push_back(share.share.value());
  }
  return weights;
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

int64_t NaiveLedger::TakenOf(const NaiveCounterKey& key) const {
  int64_t taken = 0;
  for (const auto& [id, entry] : entries_) {
    for (const CounterUse& use : entry.uses) {
      if (use.key == key) {
        taken += use.held + use.used;
      }
    }
  }
  return taken;
}

int64_t NaiveLedger::AvailableOf(const FundCode& fund) const {
  const NaiveFundTotals totals = TotalsOf(fund);
  const int64_t left = funds_.at(fund).budget.value() - totals.held - totals.spent;
  return std::max<int64_t>(0, left - totals.overrun - totals.suspense);
}

bool NaiveLedger::IsOpenAt(const FundCode& fund, TimestampNs at) const {
  return funds_.at(fund).opens_at <= at && at < funds_.at(fund).closes_at;
}

bool NaiveLedger::AreOpenAt(const std::vector<FundCode>& funds, TimestampNs at) const {
  return std::all_of(
      funds.begin(), funds.end(), [&](const FundCode& fund) { return IsOpenAt(fund, at); });
}

bool NaiveLedger::IsInside(UnionNodeId node, const UnionNodeId& root) const {
  if (root.IsNone()) {
    return true;
  }
  while (!node.IsNone()) {
    if (node == root) {
      return true;
    }
    node = unions_.at(node).parent;
  }
  return false;
}

bool NaiveLedger::IsInSegment(const MemberRequest& member,
                              const SegmentCode& segment,
                              TimestampNs at) const {
  for (uint32_t i = 0; i < member.span_count; ++i) {
    const SegmentSpanRequest& span = member.spans[i];
    if (span.segment == segment && span.starts_at <= at && at < span.ends_at) {
      return true;
    }
  }
  return false;
}

// ---- Terminals' commands ----------------------------------------------------------

Answer NaiveLedger::Apply(const Command& command, TimestampNs now) {
  if (command.kind == CommandKind::kExpireHolds) {
    return ExpireHolds(now);
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
      if (const auto field = FirstDifference(stored, command)) {
        return Only(Verdict::kDuplicateMismatch, *field);
      }
      Answer answer = Retell(stored);
      answer.replay = true;
      return answer;
    }
    if (command.kind != CommandKind::kAuthorize) {
      return Only(Verdict::kDuplicateMismatch, Field::kMethod);
    }
    // A late original: its reversal came first.
    Entry late;
    late.command = command;
    late.answer.reason = Reason::kPreviouslyReversed;
    late.answer.list_price = late.answer.member_pays = command.authorize.list_price;
    late.answer.decided_at = now;
    return Record(std::move(late));
  }
  switch (command.kind) {
    case CommandKind::kAuthorize:
      return Authorize(command, now);
    case CommandKind::kCapture:
      return Capture(command, now);
    case CommandKind::kReverse:
      return Reverse(command, now);
    case CommandKind::kIncrement:
      return Increment(command, now);
    case CommandKind::kRefund:
      return Refund(command, now);
    default:
      break;
  }
  GH_CHECK(false, "kind=", command.kind);
  return {};
}

std::optional<Field> NaiveLedger::FirstDifference(const Entry& stored,
                                                  const Command& command) const {
  if (stored.command.kind != command.kind) {
    return Field::kMethod;
  }
  const auto other_original = [](const auto& a, const auto& b) {
    return a.original != b.original || a.original_request_id != b.original_request_id;
  };
  const auto other_amount = [](const auto& a, const auto& b) {
    return a.has_amount != b.has_amount || (a.has_amount && a.amount != b.amount);
  };
  switch (command.kind) {
    case CommandKind::kAuthorize: {
      const AuthorizeRequest& a = stored.command.authorize;
      const AuthorizeRequest& b = command.authorize;
      if (a.card != b.card) {
        return Field::kCardNumber;
      }
      if (a.list_price != b.list_price) {
        return Field::kListPrice;
      }
      if (a.programme != b.programme) {
        return Field::kProgramme;
      }
      if (a.capture_at_once != b.capture_at_once) {
        return Field::kCapture;
      }
      if (a.if_no_benefit != b.if_no_benefit) {
        return Field::kIfNoBenefit;
      }
      if (a.hold_s != b.hold_s) {
        return Field::kHoldSeconds;
      }
      if (a.entry_mode != b.entry_mode) {
        return Field::kPosEntryMode;
      }
      if (a.allow_partial != b.allow_partial) {
        return Field::kAllowPartial;
      }
      return std::nullopt;
    }
    case CommandKind::kIncrement: {
      const IncrementRequest& a = stored.command.increment;
      const IncrementRequest& b = command.increment;
      if (other_original(a, b)) {
        return Field::kOriginal;
      }
      if (a.amount != b.amount) {
        return Field::kAmount;
      }
      if (a.hold_s != b.hold_s) {
        return Field::kHoldSeconds;
      }
      return std::nullopt;
    }
    case CommandKind::kCapture: {
      const CaptureRequest& a = stored.command.capture;
      const CaptureRequest& b = command.capture;
      if (other_original(a, b)) {
        return Field::kOriginal;
      }
      if (other_amount(a, b)) {
        return Field::kAmount;
      }
      if (a.final_capture != b.final_capture) {
        return Field::kFinalCapture;
      }
      return std::nullopt;
    }
    case CommandKind::kReverse: {
      const ReverseRequest& a = stored.command.reverse;
      const ReverseRequest& b = command.reverse;
      if (other_original(a, b)) {
        return Field::kOriginal;
      }
      if (other_amount(a, b)) {
        return Field::kAmount;
      }
      if (a.reason != b.reason) {
        return Field::kReversalReason;
      }
      return std::nullopt;
    }
    case CommandKind::kRefund: {
      const RefundRequest& a = stored.command.refund;
      const RefundRequest& b = command.refund;
      if (other_original(a, b)) {
        return Field::kOriginal;
      }
      if (other_amount(a, b)) {
        return Field::kAmount;
      }
      return std::nullopt;
    }
    default:
      break;
  }
  GH_CHECK(false, "kind=", command.kind);
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
  if (entry.is_hold()) {
    answer.expires_at = entry.expires_at;
  }
  return answer;
}

// As it stands, with what increments and reversals changed.
Answer NaiveLedger::Tell(const Entry& entry) const {
  Answer answer = Retell(entry);
  if (answer.kind == TransactionKind::kAuthorization && answer.outcome != Outcome::kDeclined) {
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
      told.push_back({entry.benefit->spec.code, share.fund, Fen{share.authorized}});
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
  const Answer answer = Retell(entry);
  entries_.emplace(entry.answer.id, std::move(entry));
  return answer;
}

Reason NaiveLedger::JudgeCaller(const TerminalId& terminal,
                                CardNumber card,
                                TimestampNs now) const {
  std::vector<AnswerCheck> checks = CheckTerminal(terminal);
  if (checks.back().passed) {
    checks = CheckCard(card, now);
  }
  return checks.back().passed ? Reason::kNone : checks.back().check;
}

NaiveCounterKey NaiveLedger::KeyOf(const BenefitEntry& benefit,
                                   const LimitSpec& limit,
                                   const Party& party,
                                   TimestampNs now) const {
  NaiveCounterKey key;
  key.programme = benefit.programme;
  key.limit = limit.code;
  key.measure = limit.measure;
  key.subject_kind = limit.subject;
  key.window_kind = limit.window;
  switch (limit.subject) {
    case LimitSubject::kPerson:
      key.subject = TextOf(party.member);
      break;
    case LimitSubject::kProgramme:
      break;
    case LimitSubject::kCard:
      key.subject = std::to_string(party.card.value());
      break;
    case LimitSubject::kMerchant:
      key.subject = TextOf(terminals_.at(party.terminal).merchant);
      break;
    case LimitSubject::kTerminal:
      key.subject = TextOf(party.terminal);
      break;
  }
  key.window = WindowOf(limit.window, BusinessDayOf(benefit.calendar, now));
  return key;
}

AnswerLimit NaiveLedger::LimitNow(const Calendar& calendar,
                                  const LimitSpec& limit,
                                  const NaiveCounterKey& key,
                                  int64_t more) const {
  AnswerLimit told;
  told.programme = key.programme;
  told.limit = limit.code;
  told.window = key.window;
  told.taken = TakenOf(key) + more;
  told.left = limit.max - told.taken;
  told.resets_at = WindowEnd(calendar, limit.window, key.window);
  return told;
}

NaiveLedger::Party NaiveLedger::PartyOf(const Command& command) const {
  const CardNumber card = command.authorize.card;
  return {cards_.at(card).member, card, command.terminal};
}

bool NaiveLedger::ServesCategory(const BenefitEntry& benefit, const TerminalId& terminal) const {
  const Mcc mcc = merchants_.at(terminals_.at(terminal).merchant).mcc;
  return benefit.mccs.empty() ||
         std::any_of(benefit.mccs.begin(), benefit.mccs.end(), [mcc](const MccRange& range) {
           return range.first <= mcc && mcc <= range.last;
         });
}

bool NaiveLedger::ServesMerchant(const BenefitEntry& benefit, const TerminalId& terminal) const {
  const MerchantRequest& merchant = merchants_.at(terminals_.at(terminal).merchant);
  const std::vector<MerchantId>& only = benefit.merchants;
  return (only.empty() || std::find(only.begin(), only.end(), merchant.id) != only.end()) &&
         IsInside(merchant.union_node, benefit.spec.merchant_union);
}

bool NaiveLedger::ServesTerminal(const BenefitEntry& benefit, const TerminalId& terminal) const {
  const uint8_t kinds = benefit.spec.terminal_kinds;
  return kinds == 0 || (kinds & MaskOf(terminals_.at(terminal).kind)) != 0;
}

bool NaiveLedger::ServesRealName(const BenefitEntry& benefit, const MemberId& member) const {
  return !benefit.spec.require_real_name || members_.at(member).real_name_verified;
}

bool NaiveLedger::ServesMember(const BenefitEntry& benefit,
                               const MemberId& member_id,
                               TimestampNs now) const {
  const MemberRequest& member = members_.at(member_id);
  const auto in_segment = [&](const SegmentCode& segment) {
    return IsInSegment(member, segment, now);
  };
  const auto& any = benefit.segments_any;
  const auto& all = benefit.segments_all;
  return IsInside(member.union_node, benefit.spec.member_union) &&
         (any.empty() || std::any_of(any.begin(), any.end(), in_segment)) &&
         std::all_of(all.begin(), all.end(), in_segment);
}

std::vector<FundCode> NaiveLedger::SourcesOf(const BenefitEntry& benefit) {
  std::vector<FundCode> sources;
  for (const FundingShareSpec& share : benefit.funding) {
    sources.push_back(share.fund);
  }
  if (!benefit.spec.stock.IsNone()) {
    sources.push_back(benefit.spec.stock);
  }
  return sources;
}

// Nothing when the benefit is not for this kind of merchant at all.
std::optional<NaiveLedger::Trial> NaiveLedger::Try(
    const std::shared_ptr<const BenefitEntry>& benefit,
    const Command& command,
    TimestampNs now) const {
  if (!ServesCategory(*benefit, command.terminal)) {
    return std::nullopt;
  }
  const BenefitSpec& spec = benefit->spec;
  const Party party = PartyOf(command);
  const int64_t list = command.authorize.list_price.value();
  Trial trial;
  trial.benefit = benefit;
  const auto fail = [&trial](Reason reason, TimestampNs next = TimestampNs{}) {
    trial.reason = reason;
    trial.next_eligible_at = next;
    return trial;
  };

  if (!ServesMerchant(*benefit, command.terminal)) {
    return fail(Reason::kMerchantNotInProgramme);
  }
  if (!ServesTerminal(*benefit, command.terminal)) {
    return fail(Reason::kNotPermittedToTerminal);
  }
  if (now < benefit->starts_at) {
    return fail(Reason::kProgrammeNotStarted, benefit->starts_at);
  }
  if (now >= benefit->ends_at) {
    return fail(Reason::kProgrammeEnded);
  }
  if (!IsWithinTimes(benefit->calendar, spec.weekdays, benefit->hours, now)) {
    const TimestampNs next = NextWithinTimes(benefit->calendar, spec.weekdays, benefit->hours, now);
    return fail(Reason::kOutsideTimeWindow, next < benefit->ends_at ? next : TimestampNs{});
  }
  if (!ServesRealName(*benefit, party.member)) {
    return fail(Reason::kMemberNotVerified);
  }
  if (!ServesMember(*benefit, party.member, now)) {
    return fail(Reason::kNotPermittedToMember);
  }
  if (list < spec.price.threshold.value()) {
    return fail(Reason::kBelowMinimumAmount);
  }
  int64_t subsidy = TakenOff(spec.price, list);
  // With its own limits alone: those that reduce.
  int64_t in_full = subsidy;
  if (subsidy == 0 && spec.stock.IsNone() && spec.price.kind != PriceKind::kFree) {
    return fail(Reason::kNoEffect);
  }

  const bool allow_partial = command.authorize.allow_partial;
  for (const LimitSpec& limit : benefit->limits) {
    const NaiveCounterKey key = KeyOf(*benefit, limit, party, now);
    const int64_t left = limit.max - TakenOf(key);
    const TimestampNs resets = limit.window == WindowKind::kProgramme
                                   ? TimestampNs{}
                                   : WindowEnd(benefit->calendar, limit.window, key.window);
    if (limit.measure == LimitMeasure::kCount) {
      if (left < 1) {
        trial.failed_limit = limit;
        return fail(Reason::kExceedsFrequencyLimit, resets);
      }
      continue;
    }
    const bool reduces = limit.when_exceeded == WhenExceeded::kReduce;
    if (subsidy > 0 && left < subsidy) {
      if ((!reduces && !allow_partial) || left <= 0) {
        trial.failed_limit = limit;
        return fail(Reason::kExceedsAmountLimit, resets);
      }
      subsidy = left;
    }
    if (reduces && in_full > 0) {
      in_full = std::min(in_full, left);
    }
  }

  const std::vector<FundCode> sources = SourcesOf(*benefit);
  for (const FundCode& fund : sources) {
    if (!IsOpenAt(fund, now)) {
      const TimestampNs opens_at = funds_.at(fund).opens_at;
      return fail(Reason::kFundNotOpen, now < opens_at ? opens_at : TimestampNs{});
    }
  }
  for (const FundCode& fund : sources) {
    const NaiveFundTotals totals = TotalsOf(fund);
    if (totals.overrun + totals.suspense > 0) {
      trial.paths.push_back(NaivePath::kHeldBackForOverrun);
      break;
    }
  }
  if (!spec.stock.IsNone() && AvailableOf(spec.stock) < spec.stock_units) {
    return fail(Reason::kQuotaExhausted);
  }
  const int64_t covered = MostThatFundsCover(*benefit, subsidy);
  if (covered < subsidy && (!allow_partial || covered == 0)) {
    return fail(Reason::kBudgetExhausted);
  }
  trial.paths.clear();
  trial.subsidy = Fen{covered};
  trial.parts = Split(covered, WeightsOf(benefit->funding));
  trial.partial = covered < in_full;
  if (covered < subsidy) {
    trial.paths.push_back(NaivePath::kPartialByFund);
    if (benefit->funding.size() > 1) {
      trial.paths.push_back(NaivePath::kPartialBySplit);
    }
  } else if (trial.partial) {
    trial.paths.push_back(NaivePath::kPartialByLimit);
  } else if (allow_partial && in_full < TakenOff(spec.price, list)) {
    trial.paths.push_back(NaivePath::kReducedIsNotPartial);
  }
  return trial;
}

int64_t NaiveLedger::MostThatFundsCover(const BenefitEntry& benefit, int64_t subsidy) const {
  if (benefit.funding.empty()) {
    return 0;  // nobody pays
  }
  std::map<FundCode, int64_t> available;
  std::map<FundCode, int64_t> weights;
  for (const FundingShareSpec& share : benefit.funding) {
    available[share.fund] = AvailableOf(share.fund);
    weights[share.fund] += share.share.value();
  }
  const std::vector<int64_t> shares = WeightsOf(benefit.funding);
  const int64_t whole = std::accumulate(shares.begin(), shares.end(), int64_t{0});
  const auto covers = [&](int64_t amount) {
    const std::vector<Fen> parts = Split(amount, shares);
    std::map<FundCode, int64_t> asked;
    for (size_t i = 0; i < parts.size(); ++i) {
      asked[benefit.funding[i].fund] += parts[i].value();
    }
    return std::all_of(asked.begin(), asked.end(), [&](const auto& fund_and_amount) {
      return fund_and_amount.second <= available.at(fund_and_amount.first);
    });
  };
  if (covers(subsidy)) {
    return subsidy;
  }
  // One by one from the top: with one fen more to split, a part may become smaller.
  // The top is where rounding down every part of a fund would still be too much.
  int64_t most = subsidy - 1;
  for (const auto& [fund, weight] : weights) {
    if (available.at(fund) < subsidy) {
      const int64_t parts = static_cast<int64_t>(benefit.funding.size());
      most = std::min(most, ScaledDown(available.at(fund) + parts, whole, weight) + 1);
    }
  }
  while (most > 0 && !covers(most)) {
    --most;
  }
  return most;
}

Answer NaiveLedger::Authorize(const Command& command, TimestampNs now) {
  const AuthorizeRequest& request = command.authorize;
  Entry entry;
  entry.command = command;
  entry.command.authorize.explanation = nullptr;
  const std::vector<AnswerCheck> checks =
      request.explanation != nullptr ? Explain(command, now) : std::vector<AnswerCheck>{};
  Answer& answer = entry.answer;
  answer.has_transaction = true;
  answer.list_price = answer.member_pays = request.list_price;
  answer.decided_at = now;
  answer.reason = JudgeCaller(command.terminal, request.card, now);
  std::optional<Trial> chosen;
  std::optional<Trial> furthest;
  if (answer.reason == Reason::kNone) {
    bool programme_found = request.programme.IsNone();
    for (const ProgrammeEntry& programme : programmes_) {
      if (programme.retired ||
          (!request.programme.IsNone() && request.programme != programme.code)) {
        continue;
      }
      programme_found = true;
      for (const auto& benefit : programme.benefits) {
        const std::optional<Trial> trial = Try(benefit, command, now);
        if (!trial.has_value()) {
          continue;
        }
        if (trial->reason == Reason::kNone) {
          if (!chosen.has_value() || trial->subsidy > chosen->subsidy) {
            chosen = trial;
          }
        } else if (!furthest.has_value() || trial->reason > furthest->reason) {
          furthest = trial;
        }
      }
    }
    if (!chosen.has_value()) {
      answer.reason = !programme_found        ? Reason::kProgrammeNotFound
                      : !furthest.has_value() ? Reason::kNoApplicableBenefit
                                              : furthest->reason;
      if (furthest.has_value()) {
        answer.failed_benefit = furthest->benefit->spec.code;
        if (furthest->failed_limit.has_value()) {
          answer.failed_limit = furthest->failed_limit->code;
        }
      }
    }
  }

  const std::optional<Trial>& trial_told = chosen.has_value() ? chosen : furthest;
  if (trial_told.has_value() && command.kind == CommandKind::kAuthorize) {
    for (const NaivePath path : trial_told->paths) {
      Went(path);
    }
  }

  const bool full_price = answer.reason >= Reason::kProgrammeNotFound &&
                          request.if_no_benefit == IfNoBenefit::kFullPrice;
  const bool approved = chosen.has_value() || full_price;
  if (!approved) {
    if (furthest.has_value()) {
      answer.next_eligible_at = furthest->next_eligible_at;
      if (furthest->failed_limit.has_value()) {
        const BenefitEntry& benefit = *furthest->benefit;
        const LimitSpec& limit = *furthest->failed_limit;
        answer.limits.push_back(
            LimitNow(benefit.calendar, limit, KeyOf(benefit, limit, PartyOf(command), now), 0));
      }
    }
  } else {
    answer.outcome =
        chosen.has_value() && chosen->partial ? Outcome::kApprovedPartial : Outcome::kApproved;
    entry.list_price = request.list_price;
    int64_t hold_s = request.hold_s;
    if (chosen.has_value()) {
      const BenefitEntry& benefit = *chosen->benefit;
      entry.benefit = chosen->benefit;
      entry.subsidy = chosen->subsidy;
      if (hold_s == 0) {
        hold_s = benefit.spec.hold_s;
      }
      for (size_t i = 0; i < benefit.funding.size(); ++i) {
        const int64_t part = chosen->parts[i].value();
        entry.shares.push_back(Share{benefit.funding[i].fund, true, part, part});
      }
      if (!benefit.spec.stock.IsNone()) {
        const int64_t units = benefit.spec.stock_units;
        entry.shares.push_back(Share{benefit.spec.stock, false, units, units});
      }
      for (const LimitSpec& limit : benefit.limits) {
        const int64_t more = limit.measure == LimitMeasure::kCount ? 1 : chosen->subsidy.value();
        const NaiveCounterKey key = KeyOf(benefit, limit, PartyOf(command), now);
        entry.uses.push_back(CounterUse{key, limit, more, 0});
        answer.limits.push_back(LimitNow(benefit.calendar, limit, key, more));
      }
    } else if (hold_s == 0) {
      hold_s = kHoldSecondsDefault;
    }
    if (request.capture_at_once) {
      entry.state = TransactionState::kCaptured;
      entry.captured = entry.list_price;
      entry.captured_subsidy = entry.subsidy;
      for (Share& share : entry.shares) {
        share.spent = std::exchange(share.held, 0);
      }
      for (CounterUse& use : entry.uses) {
        use.used = std::exchange(use.held, 0);
      }
    } else {
      entry.state = TransactionState::kPending;
      entry.expires_at = TimestampNs{now.value() + hold_s * kNsPerSecond};
    }
  }
  if (approved) {
    answer.subsidy = entry.subsidy;
    answer.member_pays = entry.list_price - entry.subsidy;
    answer.shares = SharesOf(entry);
  }
  Answer told = command.kind == CommandKind::kQuote ? Retell(entry) : Record(std::move(entry));
  told.checks = checks;  // not kept: a repeat is told without
  return told;
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
