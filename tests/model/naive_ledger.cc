// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/model/naive_ledger.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "engine/base/check.h"
#include "engine/base/int128.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

Answer Only(Verdict verdict, Field field = Field::kNone) {
  Answer answer;
  answer.verdict = verdict;
  answer.field = field;
  return answer;
}

Answer Refused(AdminReason reason, Field field, size_t index = 0) {
  Answer answer = Only(Verdict::kRefused, field);
  answer.admin_reason = reason;
  answer.index = static_cast<uint32_t>(index);
  return answer;
}

template <class Map, class Key>
bool Has(const Map& map, const Key& key) {
  return map.find(key) != map.end();
}

template <class Item>
std::vector<Item> Slice(std::span<const Item> pool, PoolRange range) {
  return {pool.begin() + range.first, pool.begin() + range.first + range.count};
}

// ---- Arithmetic, on its own ---------------------------------------------------

int64_t PriceAfterPercent(int64_t list, int64_t off_bps, Rounding rounding) {
  const Int128 numerator = static_cast<Int128>(list) * (10'000 - off_bps);
  const Int128 whole = numerator / 10'000;
  const Int128 rest = numerator % 10'000;
  bool up = false;
  switch (rounding) {
    case Rounding::kHalfUp:
      up = rest * 2 >= 10'000;
      break;
    case Rounding::kDown:
      break;
    case Rounding::kUp:
      up = rest > 0;
      break;
  }
  return static_cast<int64_t>(whole) + (up ? 1 : 0);
}

int64_t TakenOff(const PriceRule& rule, int64_t list) {
  int64_t off = 0;
  switch (rule.kind) {
    case PriceKind::kFixedPrice:
      off = std::max<int64_t>(0, list - rule.amount.value());
      break;
    case PriceKind::kPercentOff:
      off = list - PriceAfterPercent(list, rule.rate.value(), rule.rounding);
      break;
    case PriceKind::kThreshold:
      if (list >= rule.threshold.value()) {
        Int128 all = rule.amount.value();
        if (rule.repeat) {
          all *= list / rule.threshold.value();
        }
        off = static_cast<int64_t>(std::min<Int128>(all, list));
      }
      break;
    case PriceKind::kFree:
      off = list;
      break;
  }
  if (rule.discount_max.value() > 0 && off > rule.discount_max.value()) {
    off = rule.discount_max.value();
  }
  if (list - off < rule.member_pays_min.value()) {
    off = std::max<int64_t>(0, list - rule.member_pays_min.value());
  }
  return off;
}

// Largest remainder, ties to the first.
std::vector<Fen> Split(int64_t amount, const std::vector<int64_t>& weights) {
  const int64_t sum = std::accumulate(weights.begin(), weights.end(), int64_t{0});
  std::vector<Fen> parts(weights.size());
  if (sum == 0) {
    GH_CHECK(amount == 0, "amount=", amount);
    return parts;
  }
  std::vector<std::pair<Int128, size_t>> order;  // (minus remainder, place)
  int64_t given = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    const Int128 product = static_cast<Int128>(amount) * weights[i];
    parts[i] = Fen{static_cast<int64_t>(product / sum)};
    given += parts[i].value();
    order.emplace_back(-(product % sum), i);
  }
  std::sort(order.begin(), order.end());
  for (size_t i = 0; given < amount; ++i, ++given) {
    parts[order.at(i).second] += Fen{1};
  }
  return parts;
}

// ---- Time ---------------------------------------------------------------------

bool IsWithinTimes(const Calendar& calendar,
                   uint8_t weekdays,
                   const std::vector<HoursRange>& hours,
                   TimestampNs at) {
  if (weekdays != 0 && (weekdays >> WeekdayOf(BusinessDayOf(calendar, at)) & 1) == 0) {
    return false;
  }
  if (hours.empty()) {
    return true;
  }
  const int32_t second = LocalSecondOfDay(calendar, at);
  return std::any_of(hours.begin(), hours.end(), [second](const HoursRange& range) {
    return range.from_s <= second && second < range.to_s;
  });
}

// The answer can only change where a wall clock shows a boundary, or where it is
// put forward or back: all such instants are tried.
TimestampNs NextWithinTimes(const Calendar& calendar,
                            uint8_t weekdays,
                            const std::vector<HoursRange>& hours,
                            TimestampNs now) {
  std::set<int64_t> boundaries_s;
  const CivilDay today = FloorDay(LocalSecondsOf(calendar, now));
  for (uint32_t i = 0; i < calendar.offset_change_count; ++i) {
    const OffsetChange& change = calendar.offset_changes[i];
    boundaries_s.insert(change.from_s);
    for (CivilDay day = today - 2; day <= today + 11; ++day) {
      const int64_t midnight_s = int64_t{day} * kSecondsPerDay - change.offset_s;
      boundaries_s.insert(midnight_s);
      boundaries_s.insert(midnight_s + calendar.cutover_s);
      for (const HoursRange& range : hours) {
        boundaries_s.insert(midnight_s + range.from_s);
      }
    }
  }
  const int64_t day_8_ns = now.value() + 8 * kSecondsPerDay * kNsPerSecond;
  for (const int64_t boundary_s : boundaries_s) {
    if (boundary_s < now.value() / kNsPerSecond || boundary_s > day_8_ns / kNsPerSecond) {
      continue;
    }
    const TimestampNs at{boundary_s * kNsPerSecond};
    if (at > now && at.value() <= day_8_ns && IsWithinTimes(calendar, weekdays, hours, at)) {
      return at;
    }
  }
  return TimestampNs{};
}

}  // namespace

// ---- Reading --------------------------------------------------------------------

TimestampNs NaiveLedger::next_expiry() const {
  TimestampNs first = kTimestampMax;
  for (const auto& [id, entry] : entries_) {
    if (entry.state == TransactionState::kPending ||
        entry.state == TransactionState::kPartiallyCaptured) {
      first = std::min(first, entry.expires_at);
    }
  }
  return first;
}

std::map<FundCode, NaiveTotals> NaiveLedger::FundTotals() const {
  std::map<FundCode, NaiveTotals> totals;
  for (const auto& [code, fund] : funds_) {
    totals[code] = {};
  }
  for (const auto& [id, entry] : entries_) {
    for (const Share& share : entry.shares) {
      totals[share.fund].held += share.held;
      totals[share.fund].used += share.spent;
    }
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
    if (entry.benefit == nullptr) {  // an approval at full price books nothing
      continue;
    }
    NaiveMerchantAccounts& account = accounts[entry.merchant];
    Fen held;
    for (const Share& share : entry.shares) {
      if (share.money) {
        held += Fen{share.held};
        account.receivable_posted += Fen{share.spent};
      }
    }
    account.receivable_pending += held;
    account.collected_posted += entry.member_posted;
    if (entry.state == TransactionState::kPending ||
        entry.state == TransactionState::kPartiallyCaptured) {
      account.collected_pending += entry.answer.list_price - entry.captured - held;
    }
  }
  return accounts;
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

int64_t NaiveLedger::LeftOf(const FundCode& fund) const {
  int64_t left = funds_.at(fund).budget.value();
  for (const auto& [id, entry] : entries_) {
    for (const Share& share : entry.shares) {
      if (share.fund == fund) {
        left -= share.held + share.spent;
      }
    }
  }
  return left;
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
  if (!Has(terminals_, command.terminal)) {
    if (command.kind == CommandKind::kGetTransaction) {
      const auto found = entries_.find(command.inquiry.transaction);
      const bool operator_asks = command.terminal.IsNone();
      return operator_asks && found != entries_.end() ? Retell(found->second)
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
  if (command.kind == CommandKind::kAuthorize) {
    const AuthorizeRequest& a = stored.command.authorize;
    const AuthorizeRequest& b = command.authorize;
    if (!b.merchant.IsNone() && b.merchant != stored.merchant) {
      return Field::kMerchantId;
    }
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
    return std::nullopt;
  }
  if (command.kind == CommandKind::kCapture) {
    const CaptureRequest& a = stored.command.capture;
    const CaptureRequest& b = command.capture;
    if (a.original != b.original || a.original_request_id != b.original_request_id) {
      return Field::kOriginal;
    }
    if (a.has_amount != b.has_amount || (a.has_amount && a.amount != b.amount)) {
      return Field::kAmount;
    }
    if (a.final_capture != b.final_capture) {
      return Field::kFinalCapture;
    }
    return std::nullopt;
  }
  const ReverseRequest& a = stored.command.reverse;
  const ReverseRequest& b = command.reverse;
  if (a.original != b.original || a.original_request_id != b.original_request_id) {
    return Field::kOriginal;
  }
  if (a.reason != b.reason) {
    return Field::kReversalReason;
  }
  return std::nullopt;
}

// What was told, with the state of today.
Answer NaiveLedger::Retell(const Entry& entry) const {
  Answer answer = entry.answer;
  answer.state = entry.state;
  answer.captured = entry.captured;
  answer.captured_subsidy = entry.captured_subsidy;
  return answer;
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

Reason NaiveLedger::JudgeCaller(const Command& command, TimestampNs now) const {
  const TerminalRequest& terminal = terminals_.at(command.terminal);
  if (terminal.status != TerminalStatus::kActive) {
    return Reason::kTerminalInactive;
  }
  if (merchants_.at(terminal.merchant).status != MerchantStatus::kActive) {
    return Reason::kMerchantInactive;
  }
  const auto found = cards_.find(command.authorize.card);
  if (found == cards_.end()) {
    return Reason::kInvalidCard;
  }
  const CardRequest& card = found->second;
  const CivilDay today = FloorDay(now.value() / kNsPerSecond);
  if (card.status == CardStatus::kIssued) {
    return Reason::kCardNotActive;
  }
  if (card.status == CardStatus::kExpired || (card.expires_day != 0 && card.expires_day <= today)) {
    return Reason::kCardExpired;
  }
  if (card.status == CardStatus::kPaused) {
    return Reason::kCardPaused;
  }
  if (card.status == CardStatus::kLost || card.status == CardStatus::kStolen) {
    return Reason::kCardLostOrStolen;
  }
  if (card.status == CardStatus::kReplaced || card.status == CardStatus::kClosed) {
    return Reason::kCardClosed;
  }
  if (card.member.IsNone()) {
    return Reason::kMemberNotFound;
  }
  switch (members_.at(card.member).status) {
    case MemberStatus::kActive:
      return Reason::kNone;
    case MemberStatus::kSuspended:
      return Reason::kMemberSuspended;
    case MemberStatus::kLapsed:
      return Reason::kMembershipExpired;
    case MemberStatus::kClosed:
      return Reason::kMemberClosed;
  }
  return Reason::kNone;
}

NaiveCounterKey NaiveLedger::KeyOf(const BenefitEntry& benefit,
                                   const LimitSpec& limit,
                                   const Command& command,
                                   TimestampNs now) const {
  NaiveCounterKey key;
  key.programme = benefit.programme;
  key.limit = limit.code;
  key.measure = limit.measure;
  key.subject_kind = limit.subject;
  key.window_kind = limit.window;
  switch (limit.subject) {
    case LimitSubject::kPerson:
      key.subject = TextOf(cards_.at(command.authorize.card).member);
      break;
    case LimitSubject::kProgramme:
      break;
    case LimitSubject::kCard:
      key.subject = std::to_string(command.authorize.card.value());
      break;
    case LimitSubject::kMerchant:
      key.subject = TextOf(terminals_.at(command.terminal).merchant);
      break;
    case LimitSubject::kTerminal:
      key.subject = TextOf(command.terminal);
      break;
  }
  key.window = WindowOf(limit.window, BusinessDayOf(benefit.calendar, now));
  return key;
}

// The limit as it is told when `more` is taken from it.
AnswerLimit NaiveLedger::LimitNow(const BenefitEntry& benefit,
                                  const LimitSpec& limit,
                                  const Command& command,
                                  TimestampNs now,
                                  int64_t more) const {
  const NaiveCounterKey key = KeyOf(benefit, limit, command, now);
  AnswerLimit told;
  told.programme = benefit.programme;
  told.limit = limit.code;
  told.window = key.window;
  told.taken = TakenOf(key) + more;
  told.left = limit.max - told.taken;
  told.resets_at = WindowEnd(benefit.calendar, limit.window, key.window);
  return told;
}

// Nothing when the benefit is not for this kind of merchant at all.
std::optional<NaiveLedger::Trial> NaiveLedger::Try(
    const std::shared_ptr<const BenefitEntry>& benefit,
    const Command& command,
    TimestampNs now) const {
  const BenefitSpec& spec = benefit->spec;
  const TerminalRequest& terminal = terminals_.at(command.terminal);
  const MerchantRequest& merchant = merchants_.at(terminal.merchant);
  const MemberRequest& member = members_.at(cards_.at(command.authorize.card).member);
  const int64_t list = command.authorize.list_price.value();
  Trial trial;
  trial.benefit = benefit;
  const auto fail = [&trial](Reason reason, TimestampNs next = TimestampNs{}) {
    trial.reason = reason;
    trial.next_eligible_at = next;
    return trial;
  };

  const auto holds_mcc = [&merchant](const MccRange& range) {
    return range.first <= merchant.mcc && merchant.mcc <= range.last;
  };
  if (!benefit->mccs.empty() &&
      std::none_of(benefit->mccs.begin(), benefit->mccs.end(), holds_mcc)) {
    return std::nullopt;
  }
  const auto& list_of_merchants = benefit->merchants;
  if (!list_of_merchants.empty() &&
      std::find(list_of_merchants.begin(), list_of_merchants.end(), merchant.id) ==
          list_of_merchants.end()) {
    return fail(Reason::kMerchantNotInProgramme);
  }
  if (!IsInside(merchant.union_node, spec.merchant_union)) {
    return fail(Reason::kMerchantNotInProgramme);
  }
  if (spec.terminal_kinds != 0 && (spec.terminal_kinds & MaskOf(terminal.kind)) == 0) {
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
  if (spec.require_real_name && !member.real_name_verified) {
    return fail(Reason::kMemberNotVerified);
  }
  const auto in_segment = [&](const SegmentCode& segment) {
    return IsInSegment(member, segment, now);
  };
  const auto& any = benefit->segments_any;
  const auto& all = benefit->segments_all;
  if (!IsInside(member.union_node, spec.member_union) ||
      (!any.empty() && std::none_of(any.begin(), any.end(), in_segment)) ||
      !std::all_of(all.begin(), all.end(), in_segment)) {
    return fail(Reason::kNotPermittedToMember);
  }
  if (list < spec.price.threshold.value()) {
    return fail(Reason::kBelowMinimumAmount);
  }
  int64_t subsidy = TakenOff(spec.price, list);
  if (subsidy == 0 && spec.stock.IsNone() && spec.price.kind != PriceKind::kFree) {
    return fail(Reason::kNoEffect);
  }

  for (const LimitSpec& limit : benefit->limits) {
    const NaiveCounterKey key = KeyOf(*benefit, limit, command, now);
    const int64_t left = limit.max - TakenOf(key);
    const TimestampNs resets = limit.window == WindowKind::kProgramme
                                   ? TimestampNs{}
                                   : WindowEnd(benefit->calendar, limit.window, key.window);
    if (limit.measure == LimitMeasure::kCount) {
      if (left < 1) {
        trial.failed_limit = limit;
        return fail(Reason::kExceedsFrequencyLimit, resets);
      }
    } else if (subsidy > 0 && left < subsidy) {
      if (limit.when_exceeded == WhenExceeded::kReduce && left > 0) {
        subsidy = left;
      } else {
        trial.failed_limit = limit;
        return fail(Reason::kExceedsAmountLimit, resets);
      }
    }
  }

  trial.subsidy = Fen{subsidy};
  std::vector<int64_t> weights;
  for (const FundingShareSpec& share : benefit->funding) {
    weights.push_back(share.share.value());
  }
  trial.parts = Split(subsidy, weights);
  std::vector<std::pair<FundCode, bool>> sources;  // (fund, has enough)
  for (size_t i = 0; i < benefit->funding.size(); ++i) {
    // All that is asked of this fund so far, if it is named more than once.
    const FundCode& fund = benefit->funding[i].fund;
    int64_t asked = 0;
    for (size_t j = 0; j <= i; ++j) {
      asked += benefit->funding[j].fund == fund ? trial.parts[j].value() : 0;
    }
    sources.emplace_back(fund, LeftOf(fund) >= asked);
  }
  if (!spec.stock.IsNone()) {
    sources.emplace_back(spec.stock, LeftOf(spec.stock) >= spec.stock_units);
  }
  for (const auto& [fund, enough] : sources) {
    const FundRequest& source = funds_.at(fund);
    if (now < source.opens_at) {
      return fail(Reason::kFundNotOpen, source.opens_at);
    }
    if (now >= source.closes_at) {
      return fail(Reason::kFundNotOpen);
    }
  }
  if (!spec.stock.IsNone() && !sources.back().second) {
    return fail(Reason::kQuotaExhausted);
  }
  for (const auto& [fund, enough] : sources) {
    if (!enough) {
      return fail(Reason::kBudgetExhausted);
    }
  }
  return trial;
}

Answer NaiveLedger::Authorize(const Command& command, TimestampNs now) {
  const AuthorizeRequest& request = command.authorize;
  Entry entry;
  entry.command = command;
  Answer& answer = entry.answer;
  answer.has_transaction = true;
  answer.list_price = answer.member_pays = request.list_price;
  answer.decided_at = now;
  answer.reason = JudgeCaller(command, now);
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

  const bool full_price = answer.reason >= Reason::kProgrammeNotFound &&
                          request.if_no_benefit == IfNoBenefit::kFullPrice;
  const bool approved = chosen.has_value() || full_price;
  if (!approved) {
    if (furthest.has_value()) {
      answer.next_eligible_at = furthest->next_eligible_at;
      if (furthest->failed_limit.has_value()) {
        answer.limits.push_back(
            LimitNow(*furthest->benefit, *furthest->failed_limit, command, now, 0));
      }
    }
  } else {
    answer.outcome = Outcome::kApproved;
    int64_t hold_s = request.hold_s;
    if (chosen.has_value()) {
      const BenefitEntry& benefit = *chosen->benefit;
      entry.benefit = chosen->benefit;
      answer.subsidy = chosen->subsidy;
      answer.member_pays = answer.list_price - answer.subsidy;
      if (hold_s == 0) {
        hold_s = benefit.spec.hold_s;
      }
      for (size_t i = 0; i < benefit.funding.size(); ++i) {
        entry.shares.push_back(Share{
            benefit.funding[i].fund, true, chosen->parts[i].value(), chosen->parts[i].value(), 0});
      }
      if (!benefit.spec.stock.IsNone()) {
        entry.shares.push_back(Share{
            benefit.spec.stock, false, benefit.spec.stock_units, benefit.spec.stock_units, 0});
      }
      for (const Share& share : entry.shares) {
        if (share.authorized != 0) {
          answer.shares.push_back({benefit.spec.code, share.fund, Fen{share.authorized}});
        }
      }
      for (const LimitSpec& limit : benefit.limits) {
        const int64_t more = limit.measure == LimitMeasure::kCount ? 1 : chosen->subsidy.value();
        entry.uses.push_back(CounterUse{KeyOf(benefit, limit, command, now), more, 0});
        answer.limits.push_back(LimitNow(benefit, limit, command, now, more));
      }
    } else if (hold_s == 0) {
      hold_s = kHoldSecondsDefault;
    }
    entry.state = TransactionState::kPending;
    entry.expires_at = TimestampNs{now.value() + hold_s * kNsPerSecond};
    answer.expires_at = entry.expires_at;
    if (request.capture_at_once) {
      entry.state = TransactionState::kCaptured;
      entry.expires_at = answer.expires_at = TimestampNs{};
      entry.captured = answer.list_price;
      entry.captured_subsidy = answer.subsidy;
      entry.member_posted = answer.member_pays;
      for (Share& share : entry.shares) {
        share.spent = std::exchange(share.held, 0);
      }
      for (CounterUse& use : entry.uses) {
        use.used = std::exchange(use.held, 0);
      }
    }
  }
  return command.kind == CommandKind::kQuote ? Retell(entry) : Record(std::move(entry));
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

void NaiveLedger::ReleaseHeld(Entry& entry) {
  for (Share& share : entry.shares) {
    share.held = 0;
  }
  for (CounterUse& use : entry.uses) {
    use.held = 0;
  }
}

Answer NaiveLedger::Capture(const Command& command, TimestampNs now) {
  const CaptureRequest& request = command.capture;
  Entry entry;
  entry.command = command;
  Answer& answer = entry.answer;
  answer.kind = TransactionKind::kCapture;
  answer.decided_at = now;
  answer.list_price = answer.member_pays = request.has_amount ? request.amount : Fen{};
  Entry* original = FindOriginal(command, request.original, request.original_request_id);
  if (original == nullptr || original->answer.kind != TransactionKind::kAuthorization) {
    answer.reason = Reason::kOriginalNotFound;
    return Record(std::move(entry));
  }
  answer.original_id = original->answer.id;
  answer.original_found = true;
  const Fen rest = original->answer.list_price - original->captured;
  const Fen amount = request.has_amount ? request.amount : rest;
  switch (original->state) {
    case TransactionState::kDeclined:
      answer.reason = Reason::kOriginalDeclined;
      break;
    case TransactionState::kReversed:
      answer.reason = Reason::kPreviouslyReversed;
      break;
    case TransactionState::kCaptured:
      answer.reason = Reason::kAlreadyCaptured;
      break;
    case TransactionState::kExpired:
      answer.reason = Reason::kHoldExpired;
      break;
    case TransactionState::kPending:
    case TransactionState::kPartiallyCaptured:
      answer.reason = now >= original->expires_at ? Reason::kHoldExpired
                      : amount > rest             ? Reason::kExceedsAuthorizedAmount
                                                  : Reason::kNone;
      break;
    case TransactionState::kCompleted:
      GH_CHECK(false, "an authorization is never completed");
  }
  if (answer.reason != Reason::kNone) {
    return Record(std::move(entry));
  }

  const Fen captured = original->captured + amount;
  int64_t increment = 0;
  if (original->benefit != nullptr) {
    const int64_t cumulative = std::min(TakenOff(original->benefit->spec.price, captured.value()),
                                        original->answer.subsidy.value());
    // The member never pays less than nothing: what is earned beyond this
    // capture's price waits for the next one.
    increment =
        std::clamp<int64_t>(cumulative - original->captured_subsidy.value(), 0, amount.value());
  }
  const bool is_last = request.final_capture || amount == rest;
  // Capturing nothing of a price hands nothing out and burns no use.
  const bool nothing_at_all = captured == Fen{} && original->answer.list_price > Fen{};
  // Money follows the increment, by what each funder still holds.
  std::vector<int64_t> weights;
  for (const Share& share : original->shares) {
    weights.push_back(share.money ? share.held : 0);
  }
  const std::vector<Fen> parts = Split(increment, weights);
  for (size_t i = 0; i < original->shares.size(); ++i) {
    Share& share = original->shares[i];
    const int64_t moved = share.money ? parts[i].value() : nothing_at_all ? 0 : share.held;
    share.held -= moved;
    share.spent += moved;
    if (moved != 0) {
      answer.shares.push_back({original->benefit->spec.code, share.fund, Fen{moved}});
    }
  }
  for (CounterUse& use : original->uses) {
    const int64_t moved = use.key.measure == LimitMeasure::kAmount ? increment
                          : nothing_at_all                         ? 0
                                                                   : use.held;
    use.held -= moved;
    use.used += moved;
  }
  original->captured = captured;
  original->captured_subsidy += Fen{increment};
  original->member_posted += amount - Fen{increment};
  if (!nothing_at_all) {
    ++original->capture_count;
    original->state = TransactionState::kPartiallyCaptured;
  }
  if (is_last) {
    ++original->capture_count;
    original->state = TransactionState::kCaptured;
    ReleaseHeld(*original);
  }
  answer.outcome = Outcome::kApproved;
  answer.list_price = amount;
  answer.subsidy = Fen{increment};
  answer.member_pays = amount - answer.subsidy;
  entry.state = TransactionState::kCompleted;
  return Record(std::move(entry));
}

Answer NaiveLedger::Reverse(const Command& command, TimestampNs now) {
  const ReverseRequest& request = command.reverse;
  Entry entry;
  entry.command = command;
  Answer& answer = entry.answer;
  answer.kind = TransactionKind::kReversal;
  answer.decided_at = now;
  Entry* original = FindOriginal(command, request.original, request.original_request_id);
  const bool by_request = request.original == TransactionId{};
  if (original == nullptr && !by_request) {
    answer.reason = Reason::kOriginalNotFound;
    return Record(std::move(entry));
  }
  if (original == nullptr) {
    // Approved, or a store-and-forward queue would send it for ever.  The
    // original, should it still come, finds the tombstone.
    by_request_.try_emplace({command.terminal, request.original_request_id}, TransactionId{});
    answer.outcome = Outcome::kApproved;
    entry.state = TransactionState::kCompleted;
    return Record(std::move(entry));
  }
  if (original->answer.kind != TransactionKind::kAuthorization) {
    answer.reason = Reason::kOriginalNotFound;
    return Record(std::move(entry));
  }
  answer.original_id = original->answer.id;
  answer.original_found = true;
  if (original->capture_count > 0) {
    answer.reason = Reason::kFurtherActivityPreventsReversal;
    return Record(std::move(entry));
  }
  answer.outcome = Outcome::kApproved;
  entry.state = TransactionState::kCompleted;
  if (original->state == TransactionState::kPending ||
      original->state == TransactionState::kCaptured) {
    answer.list_price = original->answer.list_price;
    answer.subsidy = original->answer.subsidy;
    answer.member_pays = original->answer.member_pays;
    answer.shares = original->answer.shares;
    for (Share& share : original->shares) {
      share.held = share.spent = 0;
    }
    for (CounterUse& use : original->uses) {
      use.held = use.used = 0;
    }
    original->captured = original->captured_subsidy = original->member_posted = Fen{};
    original->state = TransactionState::kReversed;
  }
  return Record(std::move(entry));
}

Answer NaiveLedger::Inquire(const Command& command) {
  const Entry* entry =
      FindOriginal(command, command.inquiry.transaction, command.inquiry.request_id);
  return entry == nullptr ? Only(Verdict::kNotFound) : Retell(*entry);
}

Answer NaiveLedger::ExpireHolds(TimestampNs now) {
  const TimestampNs first = next_expiry();
  if (first > now) {
    return Only(Verdict::kNotFound);
  }
  for (auto& [id, entry] : entries_) {
    if ((entry.state == TransactionState::kPending ||
         entry.state == TransactionState::kPartiallyCaptured) &&
        entry.expires_at == first) {
      ReleaseHeld(entry);
      entry.state = TransactionState::kExpired;
      ++seq_;
      break;
    }
  }
  return {};
}

// ---- Operators' commands -------------------------------------------------------------

Answer NaiveLedger::ApplyAdmin(const Command& command, TimestampNs /*now*/) {
  if (command.validate_only) {
    NaiveLedger copy = *this;
    Command again = command;
    again.validate_only = false;
    return copy.ApplyAdmin(again, TimestampNs{});
  }
  Answer answer;
  switch (command.kind) {
    case CommandKind::kDefineSegment: {
      const auto known = segments_.find(command.segment->code);
      if (known != segments_.end() && known->second == command.segment->name) {
        return Only(Verdict::kUnchanged);
      }
      segments_[command.segment->code] = command.segment->name;
      break;
    }
    case CommandKind::kSetUnionNode:
      answer = SetUnionNode(*command.union_node);
      break;
    case CommandKind::kSetMember:
      answer = SetMember(*command.member);
      break;
    case CommandKind::kSetCard:
      answer = SetCard(*command.card);
      break;
    case CommandKind::kSetMerchant:
      answer = SetMerchant(*command.merchant);
      break;
    case CommandKind::kSetTerminal:
      answer = SetTerminal(*command.terminal_setting);
      break;
    case CommandKind::kSetFund:
      answer = SetFund(*command.fund);
      break;
    case CommandKind::kApplyProgramme:
      answer = ApplyProgramme(*command.programme);
      break;
    case CommandKind::kSetMemberStatus:
      answer = SetMemberStatus(*command.member_status);
      break;
    case CommandKind::kSetCardStatus:
      answer = SetCardStatus(*command.card_status);
      break;
    case CommandKind::kReplaceCard:
      answer = ReplaceCard(*command.replace_card);
      break;
    case CommandKind::kRetireProgramme:
      answer = RetireProgramme(*command.retire_programme);
      break;
    default:
      GH_CHECK(false, "kind=", command.kind);
  }
  if (answer.verdict == Verdict::kDecided) {
    ++seq_;
  }
  return answer;
}

Answer NaiveLedger::SetUnionNode(const UnionNodeRequest& request) {
  uint32_t depth = 1;
  if (!request.parent.IsNone()) {
    if (!Has(unions_, request.parent)) {
      return Refused(
          request.parent == request.id ? AdminReason::kWouldCycle : AdminReason::kUnknownReference,
          Field::kParent);
    }
    for (UnionNodeId node = request.parent; !node.IsNone(); node = unions_.at(node).parent) {
      ++depth;
    }
  }
  if (depth > kUnionDepthMax) {
    return Refused(AdminReason::kTooDeep, Field::kParent);
  }
  const auto known = unions_.find(request.id);
  if (known != unions_.end()) {
    const UnionEntry& stored = known->second;
    if (stored.parent != request.parent) {
      return Refused(AdminReason::kImmutable, Field::kParent);
    }
    if (stored.level == request.level && stored.name == request.name) {
      return Only(Verdict::kUnchanged);
    }
  }
  unions_[request.id] = UnionEntry{request.parent, request.level, request.name};
  return {};
}

Answer NaiveLedger::SetMember(const MemberRequest& request) {
  if (!Has(unions_, request.union_node)) {
    return Refused(AdminReason::kUnknownReference, Field::kUnionNode);
  }
  for (uint32_t i = 0; i < request.span_count; ++i) {
    if (!Has(segments_, request.spans[i].segment)) {
      return Refused(AdminReason::kUnknownReference, Field::kSegment, i);
    }
  }
  const auto known = members_.find(request.id);
  if (known != members_.end()) {
    const MemberRequest& stored = known->second;
    const bool same_spans =
        stored.span_count == request.span_count &&
        std::equal(stored.spans.begin(),
                   stored.spans.begin() + stored.span_count,
                   request.spans.begin(),
                   [](const SegmentSpanRequest& a, const SegmentSpanRequest& b) {
                     return a.segment == b.segment && a.starts_at == b.starts_at &&
                            a.ends_at == b.ends_at;
                   });
    if (same_spans && stored.union_node == request.union_node && stored.status == request.status &&
        stored.real_name_verified == request.real_name_verified && stored.sex == request.sex) {
      return Only(Verdict::kUnchanged);
    }
    if (stored.status == MemberStatus::kClosed) {
      return Refused(AdminReason::kNotAllowedFromState, Field::kStatus);
    }
  }
  members_[request.id] = request;
  return {};
}

Answer NaiveLedger::SetCard(const CardRequest& request) {
  if (!request.member.IsNone() && !Has(members_, request.member)) {
    return Refused(AdminReason::kUnknownReference, Field::kMember);
  }
  if (request.status == CardStatus::kReplaced) {  // only ReplaceCard makes it so
    return Refused(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  const auto known = cards_.find(request.number);
  if (known != cards_.end()) {
    const CardRequest& stored = known->second;
    if (!stored.member.IsNone() && stored.member != request.member) {
      return Refused(AdminReason::kBelongsToAnother, Field::kMember);
    }
    if (stored.member == request.member && stored.status == request.status &&
        stored.kind == request.kind && stored.expires_day == request.expires_day) {
      return Only(Verdict::kUnchanged);
    }
    if (stored.status == CardStatus::kReplaced || stored.status == CardStatus::kClosed) {
      return Refused(AdminReason::kNotAllowedFromState, Field::kStatus);
    }
  }
  cards_[request.number] = request;
  return {};
}

Answer NaiveLedger::SetMerchant(const MerchantRequest& request) {
  if (!Has(unions_, request.union_node)) {
    return Refused(AdminReason::kUnknownReference, Field::kUnionNode);
  }
  const auto known = merchants_.find(request.id);
  if (known != merchants_.end()) {
    const MerchantRequest& stored = known->second;
    if (stored.union_node == request.union_node && stored.mcc == request.mcc &&
        stored.status == request.status && stored.name == request.name) {
      return Only(Verdict::kUnchanged);
    }
  }
  merchants_[request.id] = request;
  return {};
}

Answer NaiveLedger::SetTerminal(const TerminalRequest& request) {
  if (!Has(merchants_, request.merchant)) {
    return Refused(AdminReason::kUnknownReference, Field::kMerchant);
  }
  const auto known = terminals_.find(request.id);
  if (known != terminals_.end()) {
    const TerminalRequest& stored = known->second;
    if (stored.merchant != request.merchant) {
      return Refused(AdminReason::kBelongsToAnother, Field::kMerchant);
    }
    if (stored.kind == request.kind && stored.status == request.status) {
      return Only(Verdict::kUnchanged);
    }
  }
  terminals_[request.id] = request;
  return {};
}

Answer NaiveLedger::SetFund(const FundRequest& request) {
  if (!request.owner.IsNone() && !Has(unions_, request.owner)) {
    return Refused(AdminReason::kUnknownReference, Field::kOwner);
  }
  const auto known = funds_.find(request.code);
  if (known != funds_.end()) {
    const FundRequest& stored = known->second;
    if (stored.asset != request.asset) {
      return Refused(AdminReason::kImmutable, Field::kAsset);
    }
    if (stored.owner == request.owner && stored.budget == request.budget &&
        stored.opens_at == request.opens_at && stored.closes_at == request.closes_at &&
        stored.advice_may_overrun == request.advice_may_overrun && stored.name == request.name) {
      return Only(Verdict::kUnchanged);
    }
    const NaiveTotals totals = FundTotals().at(request.code);
    if (request.budget.value() < totals.held + totals.used) {
      return Refused(AdminReason::kBelowCommitted, Field::kBudget);
    }
  }
  funds_[request.code] = request;
  return {};
}

Answer NaiveLedger::ApplyProgramme(const ProgrammeImage& image) {
  const ProgrammeSpec& spec = image.programme;
  if (!spec.owner.IsNone() && !Has(unions_, spec.owner)) {
    return Refused(AdminReason::kUnknownReference, Field::kOwner);
  }
  for (size_t i = 0; i < image.segments.size(); ++i) {
    if (!Has(segments_, image.segments[i])) {
      return Refused(AdminReason::kUnknownReference, Field::kSegment, i);
    }
  }
  for (size_t i = 0; i < image.merchants.size(); ++i) {
    if (!Has(merchants_, image.merchants[i])) {
      return Refused(AdminReason::kUnknownReference, Field::kMerchant, i);
    }
  }
  for (size_t i = 0; i < image.funding.size(); ++i) {
    if (!Has(funds_, image.funding[i].fund)) {
      return Refused(AdminReason::kUnknownReference, Field::kFund, i);
    }
    if (funds_.at(image.funding[i].fund).asset != Asset::kMoney) {
      return Refused(AdminReason::kWrongAsset, Field::kFund, i);
    }
  }
  for (size_t i = 0; i < image.benefits.size(); ++i) {
    const BenefitSpec& benefit = image.benefits[i];
    if (!benefit.stock.IsNone() && !Has(funds_, benefit.stock)) {
      return Refused(AdminReason::kUnknownReference, Field::kStock, i);
    }
    if (!benefit.stock.IsNone() && funds_.at(benefit.stock).asset != Asset::kThing) {
      return Refused(AdminReason::kWrongAsset, Field::kStock, i);
    }
    if (!benefit.member_union.IsNone() && !Has(unions_, benefit.member_union)) {
      return Refused(AdminReason::kUnknownReference, Field::kMemberUnion, i);
    }
    if (!benefit.merchant_union.IsNone() && !Has(unions_, benefit.merchant_union)) {
      return Refused(AdminReason::kUnknownReference, Field::kMerchantUnion, i);
    }
  }
  auto entry = std::find_if(programmes_.begin(),
                            programmes_.end(),
                            [&spec](const ProgrammeEntry& e) { return e.code == spec.code; });
  if (entry == programmes_.end()) {
    programmes_.emplace_back();
    entry = programmes_.end() - 1;
    entry->code = spec.code;
  } else if (!entry->retired && spec.content_hash != 0 &&
             entry->content_hash == spec.content_hash) {
    Answer answer = Only(Verdict::kUnchanged);
    answer.programme_version = entry->version;
    return answer;
  }
  ++entry->version;
  entry->content_hash = spec.content_hash;
  entry->retired = false;
  entry->benefits.clear();
  for (const BenefitSpec& benefit : image.benefits) {
    BenefitEntry made;
    made.programme = spec.code;
    made.starts_at = benefit.starts_at;  // which lie within the programme's
    made.ends_at = benefit.ends_at;
    made.calendar = spec.calendar;
    made.spec = benefit;
    made.segments_any = Slice(image.segments, benefit.segments_any);
    made.segments_all = Slice(image.segments, benefit.segments_all);
    made.mccs = Slice(image.mccs, benefit.mccs);
    made.merchants = Slice(image.merchants, benefit.merchants);
    made.hours = Slice(image.hours, benefit.hours);
    for (const uint32_t index : Slice(image.limit_refs, benefit.limits)) {
      made.limits.push_back(image.limits[index]);
    }
    made.funding = Slice(image.funding, benefit.funding);
    entry->benefits.push_back(std::make_shared<const BenefitEntry>(std::move(made)));
  }
  Answer answer;
  answer.programme_version = entry->version;
  return answer;
}

Answer NaiveLedger::SetMemberStatus(const MemberStatusRequest& request) {
  const auto known = members_.find(request.member);
  if (known == members_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kMember);
  }
  if (known->second.status == request.status) {
    return Only(Verdict::kUnchanged);
  }
  if (known->second.status == MemberStatus::kClosed) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  known->second.status = request.status;
  return {};
}

Answer NaiveLedger::SetCardStatus(const CardStatusRequest& request) {
  const auto known = cards_.find(request.card);
  if (known == cards_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kCardNumber);
  }
  CardRequest& card = known->second;
  if (card.status == request.status) {
    return Only(Verdict::kUnchanged);
  }
  if (card.status == CardStatus::kReplaced || card.status == CardStatus::kClosed ||
      request.status == CardStatus::kReplaced) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  card.status = request.status;
  return {};
}

Answer NaiveLedger::ReplaceCard(const ReplaceCardRequest& request) {
  const auto known = cards_.find(request.old_card);
  if (known == cards_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kCardNumber);
  }
  CardRequest& old_card = known->second;
  const CardRequest& asked = request.new_card;
  if (Has(replaced_by_, old_card.number) && replaced_by_.at(old_card.number) == asked.number) {
    return Only(Verdict::kUnchanged);
  }
  if (old_card.status == CardStatus::kReplaced || old_card.status == CardStatus::kClosed) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  if (Has(cards_, asked.number)) {
    return Refused(AdminReason::kBelongsToAnother, Field::kCardNumber);
  }
  if (!asked.member.IsNone() && asked.member != old_card.member) {
    return Refused(AdminReason::kBelongsToAnother, Field::kMember);
  }
  if (asked.status == CardStatus::kReplaced || asked.status == CardStatus::kClosed) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kStatus);
  }
  old_card.status = CardStatus::kReplaced;
  replaced_by_[old_card.number] = asked.number;
  CardRequest new_card = asked;
  new_card.member = old_card.member;
  cards_[new_card.number] = new_card;
  return {};
}

Answer NaiveLedger::RetireProgramme(const RetireProgrammeRequest& request) {
  for (ProgrammeEntry& programme : programmes_) {
    if (programme.code == request.code) {
      if (programme.retired) {
        return Only(Verdict::kUnchanged);
      }
      programme.retired = true;
      return {};
    }
  }
  return Refused(AdminReason::kUnknownReference, Field::kProgramme);
}

}  // namespace gonghui
