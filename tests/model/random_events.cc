// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Random vouchers, draws, appointments, claims and contributions: what benefits ask for,
// what sales are asked with, and what operators do about it.

#include <algorithm>
#include <array>
#include <iterator>

#include "tests/model/random_commands.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

constexpr int64_t kHourNs = 3600 * kNsPerSecond;
constexpr int64_t kDayNs = 24 * kHourNs;
constexpr size_t kOperatorCount = 5;

// Of those that were made lately, mostly.
template <class Item>
const Item& Recent(const std::vector<Item>& items, Prng& prng) {
  const size_t back = prng.Chance(1, 6) ? items.size() : std::min<size_t>(items.size(), 6);
  return items[items.size() - 1 - static_cast<size_t>(prng.Below(back))];
}

template <class CodeType>
CodeType Numbered(const char* prefix, uint64_t number) {
  return CodeOf<CodeType>(prefix + std::to_string(number));
}

}  // namespace

// ---- What benefits ask for ----------------------------------------------------------

void RandomCommands::MakeEventLimits(OwnedProgramme* programme) {
  if (!has_vouchers_ && !has_slots_ && !has_claims_) {
    return;
  }
  LimitSpec entries;  // what a draw is among
  entries.code = CodeOf<LimitCode>("entries");
  entries.window = WindowKind::kProgramme;
  entries.max = event_prng_.Between(1, 20);
  programme->limits.push_back(entries);
  for (uint32_t i = 0; i < 2; ++i) {
    LimitSpec limit;
    limit.code = Numbered<LimitCode>("prices", i);
    limit.measure = LimitMeasure::kPrice;
    limit.subject = static_cast<LimitSubject>(1 + event_prng_.Below(6));
    limit.subject = event_prng_.Chance(1, 2) ? LimitSubject::kPerson : limit.subject;
    limit.window = static_cast<WindowKind>(1 + event_prng_.Below(5));
    limit.window = event_prng_.Chance(1, 2) ? WindowKind::kYear : limit.window;
    limit.refund_to = static_cast<RefundTo>(1 + event_prng_.Below(3));
    limit.max = event_prng_.Chance(1, 2) ? kLimitUnlimited : event_prng_.Between(0, 4'000);
    if (limit.window != WindowKind::kProgramme && event_prng_.Chance(1, 4)) {
      limit.span = static_cast<uint8_t>(event_prng_.Between(2, 4));
    }
    programme->limits.push_back(limit);
  }
}

void RandomCommands::AskForSlot(OwnedProgramme* programme,
                                BenefitSpec* benefit,
                                std::vector<uint32_t>* limits) {
  constexpr std::array<uint16_t, 7> kMinutes = {1, 15, 20, 30, 60, 90, 1440};
  benefit->asks |= static_cast<uint8_t>(Asks::kSlot);
  benefit->slot_minutes = kMinutes[event_prng_.Below(kMinutes.size())];
  benefit->slot_ahead_days = static_cast<uint32_t>(event_prng_.Between(1, 3));
  const bool has_few = rush_prng_.Chance(1, 3);  // so that all may be full
  if (has_few) {
    benefit->slot_minutes = 720;
    benefit->slot_ahead_days = 1;
  }
  benefit->slot_grace_minutes =
      event_prng_.Chance(1, 3) ? 0 : static_cast<uint32_t>(event_prng_.Between(1, 60));
  // Ranges that rise and do not touch, of a few slots and perhaps a minute; of the last one the
  // end may be the day's.
  std::vector<HoursRange> hours;
  int32_t from_s = static_cast<int32_t>(event_prng_.Below(12)) * 1800;
  while (!has_few && from_s < kSecondsPerDay && event_prng_.Chance(2, 3)) {
    const int32_t length_s =
        static_cast<int32_t>(event_prng_.Between(1, 6)) * benefit->slot_minutes * 60 +
        (event_prng_.Chance(1, 4) ? 60 : 0);
    const int32_t to_s = std::min<int32_t>(kSecondsPerDay, from_s + length_s);
    hours.push_back({from_s, to_s});
    from_s = to_s + static_cast<int32_t>(event_prng_.Between(1, 8)) * 1800;
  }
  benefit->hours = Append(programme->hours, hours);
  if (event_prng_.Chance(1, 2)) {
    benefit->weekdays = benefit->day_kinds = 0;
  }
  const Calendar& calendar = programme->spec.calendar;
  openings_.push_back(
      {calendar, hours.empty() ? 0 : hours.front().from_s, benefit->slot_minutes * 60});
  LimitSpec places;
  places.code = CodeOf<LimitCode>(TextOf(benefit->code) + ".places");
  places.subject = LimitSubject::kMerchant;
  places.window = WindowKind::kSlot;
  places.max = event_prng_.Chance(1, 3) ? 2 : 1;
  LimitSpec no_shows;
  no_shows.code = CodeOf<LimitCode>(TextOf(benefit->code) + ".no_shows");
  no_shows.scope = LimitScope::kNoShow;
  no_shows.window = event_prng_.Chance(2, 3) ? WindowKind::kYear
                                             : static_cast<WindowKind>(1 + event_prng_.Below(5));
  no_shows.max = event_prng_.Chance(1, 4) ? 2 : 1;
  if (no_shows.window != WindowKind::kProgramme && event_prng_.Chance(1, 3)) {
    no_shows.span = static_cast<uint8_t>(event_prng_.Between(2, 4));
  }
  for (const LimitSpec& limit : {places, no_shows}) {
    const bool wanted = limit.scope != LimitScope::kNoShow || event_prng_.Chance(2, 3);
    if (wanted && limits->size() < kLimitsPerBenefitMax) {
      limits->push_back(static_cast<uint32_t>(programme->limits.size()));
      programme->limits.push_back(limit);
    }
  }
}

// For everybody, everywhere, and of some effect.
void RandomCommands::OpenToAll(const ProgrammeSpec& programme,
                               bool keeps_price,
                               BenefitSpec* benefit) {
  const PriceRule price = benefit->price;
  BenefitSpec open;
  open.code = benefit->code;
  open.require_real_name = false;
  open.starts_at = programme.starts_at;
  open.ends_at = programme.ends_at;
  open.price = price;
  if (!keeps_price) {
    open.price = PriceRule{};
    open.price.kind = PriceKind::kPercentOff;
    open.price.rate = Bps{static_cast<int32_t>(event_prng_.Between(1'000, 10'000))};
    open.price.on_return = price.on_return;
  }
  if (benefit->slot_minutes > 0) {
    open.hours = benefit->hours;
  }
  open.funding = benefit->funding;
  open.stock = benefit->stock;
  open.stock_units = benefit->stock_units;
  open.hold_s = benefit->hold_s;
  open.offline = benefit->offline;
  open.asks = benefit->asks;
  open.voucher_returns = benefit->voucher_returns;
  open.approvals = benefit->approvals;
  open.claim_days_max = benefit->claim_days_max;
  open.slot_minutes = benefit->slot_minutes;
  open.slot_ahead_days = benefit->slot_ahead_days;
  open.slot_grace_minutes = benefit->slot_grace_minutes;
  open.earlier_prices = benefit->earlier_prices;
  open.voucher = benefit->voucher;
  *benefit = open;
}

void RandomCommands::MakeAsks(OwnedProgramme* programme,
                              BenefitSpec* benefit,
                              std::vector<uint32_t>* limits) {
  const auto find = [programme](std::string_view code) {
    const auto found = std::find_if(
        programme->limits.begin(), programme->limits.end(), [code](const LimitSpec& limit) {
          return TextOf(limit.code) == code;
        });
    return static_cast<uint32_t>(found - programme->limits.begin());
  };
  if (!has_vouchers_ && !has_slots_ && !has_claims_) {
    return;
  }
  const bool by_voucher = has_vouchers_ && event_prng_.Chance(1, 2);
  const bool by_slot = has_slots_ && event_prng_.Chance(2, 5);
  const bool of_claim = has_claims_ && event_prng_.Chance(1, 2);
  const bool counts_on = event_prng_.Chance(1, 3);
  const bool of_prices = counts_on || event_prng_.Chance(1, 5);
  limits->resize(std::min<size_t>(limits->size(), 3));
  if (by_voucher || by_slot || of_claim || of_prices) {
    benefit->layer = 0;
    benefit->base = StackBase::kListPrice;
  }
  const uint32_t entries = find("entries");
  const bool has_entries = std::find(limits->begin(), limits->end(), entries) != limits->end();
  if (!has_entries && event_prng_.Chance(1, 4)) {
    limits->push_back(entries);
  }
  if (of_prices) {
    const uint32_t which = find(event_prng_.Chance(1, 2) ? "prices0" : "prices1");
    limits->push_back(which);
    if (counts_on) {
      benefit->asks |= static_cast<uint8_t>(Asks::kEarlierPrices);
      benefit->earlier_prices = which;
      benefit->price.kind = PriceKind::kBands;
      std::vector<PriceStep> steps;
      int64_t from = event_prng_.Chance(1, 2) ? 0 : event_prng_.Between(1, 400);
      for (int64_t rate = event_prng_.Between(1, 3'000); rate < 10'000 && steps.size() < 4;
           rate += event_prng_.Between(1, 4'000)) {
        steps.push_back({Fen{from}, Fen{}, Bps{static_cast<int32_t>(rate)}});
        edges_.push_back(Fen{from});
        from += event_prng_.Between(1, 500);
      }
      benefit->price.steps = Append(programme->steps, steps);
    }
  }
  if (by_voucher) {
    benefit->asks |= static_cast<uint8_t>(Asks::kVoucher);
    benefit->voucher = series_[event_prng_.Below(series_.size())];
    benefit->voucher_returns = event_prng_.Chance(1, 2);
  }
  if (by_slot) {
    AskForSlot(programme, benefit, limits);
  }
  if (of_claim) {
    benefit->asks |= static_cast<uint8_t>(Asks::kClaim);
    benefit->approvals = static_cast<uint8_t>(event_prng_.Below(3));
    benefit->claim_days_max =
        static_cast<uint16_t>(event_prng_.Between(1, event_prng_.Chance(1, 3) ? 5 : 30));
  }
  if (by_voucher || by_slot || of_claim) {
    benefit->offline = OfflinePolicy::kRefuse;
    if (event_prng_.Chance(3, 4)) {  // else few ever come to what is asked for
      OpenToAll(programme->spec, counts_on, benefit);
      if (by_voucher && event_prng_.Chance(1, 2)) {  // a bearer counts on none of them
        limits->erase(std::remove_if(limits->begin(),
                                     limits->end(),
                                     [programme](uint32_t which) {
                                       const LimitSpec& limit = programme->limits[which];
                                       return limit.measure != LimitMeasure::kPrice &&
                                              limit.window != WindowKind::kSlot;
                                     }),
                      limits->end());
      }
      limits->erase(std::remove_if(limits->begin(),
                                   limits->end(),
                                   [programme](uint32_t which) {
                                     const LimitSpec& limit = programme->limits[which];
                                     return limit.max == 0 && limit.measure != LimitMeasure::kPrice;
                                   }),
                    limits->end());
    }
    if (!counts_on && event_prng_.Chance(1, 3)) {  // a thing that is fetched
      benefit->price = PriceRule{};
      benefit->price.kind = PriceKind::kFree;
    }
  }
}

// ---- What sales are asked with --------------------------------------------------------

OperatorName RandomCommands::AnyOperator() {
  return Numbered<OperatorName>("op", event_prng_.Below(kOperatorCount));
}

void RandomCommands::ShowVoucher(AuthorizeRequest* request) {
  if (issued_.empty() || event_prng_.Chance(1, 60)) {
    occasion_.voucher = VoucherKey{0xbad, event_prng_.Below(1'000)};
    return;
  }
  const IssuedVoucher& voucher = Recent(issued_, event_prng_);
  occasion_.voucher = voucher.key;
  if (voucher.member.IsNone() && event_prng_.Chance(2, 3)) {
    request->card = CardNumber{};
    return;
  }
  const auto theirs = std::find_if(cards_.begin(), cards_.end(), [&](CardNumber card) {
    return holders_[card] == voucher.member;
  });
  switch (event_prng_.Below(6)) {
    case 0:
    case 1:
      request->card = CardNumber{};
      break;
    case 2:  // whoever has asked
      break;
    default:
      request->card = theirs == cards_.end() ? request->card : *theirs;
      break;
  }
}

// Where a slot begins, or beside it.
TimestampNs RandomCommands::AnySlot() {
  if (!slots_.empty() && event_prng_.Chance(1, 3)) {
    return Recent(slots_, event_prng_).at;
  }
  const bool as_before = !taken_openings_.empty() && event_prng_.Chance(2, 3);
  last_opening_ = Recent(as_before ? taken_openings_ : openings_, event_prng_);
  const Opening& opening = last_opening_;
  const int64_t now_s = LocalSecondsOf(opening.calendar, now_);
  const int64_t count = event_prng_.Between(0, event_prng_.Chance(1, 4) ? 6 : 2);
  int64_t local_s =
      now_s - now_s % kSecondsPerDay + opening.from_s + count * int64_t{opening.length_s};
  if (local_s <= now_s && event_prng_.Chance(7, 8)) {
    local_s += kSecondsPerDay;
  }
  local_s += event_prng_.Chance(1, 5) ? event_prng_.Between(0, 3) * kSecondsPerDay : 0;
  int64_t at = InstantOf(opening.calendar, local_s).value();
  switch (event_prng_.Below(16)) {
    case 0:
      at += kNsPerMinute;
      break;
    case 1:
      at += event_prng_.Between(-1, 1);
      break;
    case 2:
      at += kHourNs;  // where the wall clock may show another hour
      break;
    case 3: {  // as early as it may be, and a minute more
      const int64_t earliest = now_.value() + event_prng_.Between(1, 3) * kDayNs;
      at = earliest - earliest % kNsPerMinute + kNsPerMinute * event_prng_.Between(0, 1);
      break;
    }
    default:
      break;
  }
  moments_.push_back(TimestampNs{at});
  return moments_.back();
}

// Lately; where something became otherwise; at the edge of too late; not yet.
TimestampNs RandomCommands::EventTime() {
  int64_t at = now_.value();
  switch (event_prng_.Below(10)) {
    case 0:
      break;
    case 5:  // perhaps before a programme came
      at -= event_prng_.Between(3, 29) * kDayNs;
      break;
    case 1:
      at += event_prng_.Chance(1, 2) ? 1 : event_prng_.Between(1, 40) * kHourNs;
      break;
    case 2:
      at -= event_prng_.Between(1, 5) * kDayNs + event_prng_.Between(-1, 1);
      break;
    case 3:
    case 4:
      if (!turns_.empty()) {
        at = std::min(at, Recent(turns_, event_prng_).value() + event_prng_.Between(-1, 1));
      }
      break;
    default:
      at -= event_prng_.Between(0, 70) * kHourNs;
      break;
  }
  return TimestampNs{std::clamp(at, kTimestampNsMin + 1, kTimestampNsMax)};
}

void RandomCommands::AddOccasion(AuthorizeRequest* request) {
  occasion_ = OccasionRequest{};
  request->occasion = nullptr;
  if (event_prng_.Chance(1, 3)) {
    return;
  }
  if (has_vouchers_ && event_prng_.Chance(1, 4)) {
    ShowVoucher(request);
  }
  if (has_slots_ && !openings_.empty() && event_prng_.Chance(1, 4)) {
    occasion_.slot_at = AnySlot();
    if (event_prng_.Chance(1, 2) && request->card != CardNumber{}) {
      request->card = cards_.front();  // who stays away now and then
    }
  }
  if (has_claims_ && event_prng_.Chance(1, 4)) {
    occasion_.event_at = EventTime();
    occasion_.filed_by = event_prng_.Chance(1, 4) ? OperatorName{} : AnyOperator();
    request->capture_at_once = request->capture_at_once && event_prng_.Chance(1, 2);
  }
  const bool asks = !occasion_.voucher.IsNone() || occasion_.slot_at != TimestampNs{} ||
                    occasion_.event_at != TimestampNs{};
  request->occasion = asks ? &occasion_ : nullptr;
  if (asks && event_prng_.Chance(1, 2)) {
    request->programme = ProgrammeCode{};
    request->merchant = MerchantId{};
  }
}

// All want the same slot of one merchant, then those after it: its places are taken.
OwnedCommand RandomCommands::RushCommand() {
  --rush_to_come_;
  Command command;
  command.kind = rush_prng_.Chance(1, 10) ? CommandKind::kQuote : CommandKind::kAuthorize;
  command.terminal = rush_slot_.terminal;
  command.request_id = FreshRequestId();
  command.authorize = AuthorizeRequest{};
  AuthorizeRequest& request = command.authorize;
  request.card = cards_[rush_prng_.Below(cards_.size())];
  request.list_price = Fen{rush_prng_.Between(0, 30)};
  request.capture_at_once = rush_prng_.Chance(1, 6);
  occasion_ = OccasionRequest{};
  occasion_.slot_at = rush_slot_.at;
  request.occasion = &occasion_;
  if (rush_prng_.Chance(1, 3)) {
    rush_slot_.at = TimestampNs{rush_slot_.at.value() + rush_slot_.length_ns};
  }
  return rush_prng_.Chance(1, 4) ? OwnExplained(command) : Own(command);
}

void RandomCommands::ChangeOccasion(AuthorizeRequest* request) {
  occasion_ = request->occasion == nullptr ? OccasionRequest{} : *request->occasion;
  request->occasion = &occasion_;
  switch (event_prng_.Below(5)) {
    case 0:
      occasion_.voucher = VoucherKey{0xbad, 1 + event_prng_.Below(2)};
      break;
    case 1:
      occasion_.slot_at = TimestampNs{occasion_.slot_at.value() + kNsPerMinute};
      break;
    case 2:
      occasion_.event_at = TimestampNs{
          occasion_.event_at == TimestampNs{} ? now_.value() : occasion_.event_at.value() - 1};
      break;
    case 3:
      occasion_.filed_by = AnyOperator();
      occasion_.event_at = occasion_.event_at == TimestampNs{} ? now_ : occasion_.event_at;
      break;
    default:
      request->occasion = nullptr;
      break;
  }
}

void RandomCommands::PassTimeToEvent() {
  if (moments_.empty() || !event_prng_.Chance(1, 25)) {
    return;
  }
  TimestampNs next = kTimestampMax;
  for (const TimestampNs moment : moments_) {
    next = moment > now_ ? std::min(next, moment) : next;
  }
  if (next.value() - now_.value() < 30 * kHourNs) {
    now_ = TimestampNs{std::max(now_.value(), next.value() + event_prng_.Between(-1, 1))};
  }
}

// ---- What operators do ------------------------------------------------------------------

OwnedCommand RandomCommands::EventCommand() {
  if (has_claims_ && (!has_vouchers_ || event_prng_.Chance(2, 5))) {
    return claims_.empty() || event_prng_.Chance(1, 3) ? ContributionCommand() : JudgeCommand();
  }
  const auto dice = event_prng_.Below(12);
  if (dice < 4) {
    return IssueCommand();
  }
  return dice < 5 ? VoidCommand() : DrawCommand();
}

OwnedCommand RandomCommands::IssueCommand() {
  if (!issues_.empty() && event_prng_.Chance(1, 10)) {  // once more, with one that is new
    const Command& before = Recent(issues_, event_prng_).command;
    IssueVouchersRequest request = *before.issue_vouchers;
    std::vector<VoucherToIssue> vouchers(request.vouchers.begin(), request.vouchers.end());
    vouchers.push_back({VoucherKey{0xabc, ++last_voucher_}, MemberId{}});
    request.vouchers = vouchers;
    return Own(request);
  }
  IssueVouchersRequest request;
  request.series = series_[event_prng_.Below(series_.size())];
  const auto time = [this](int64_t hours) {
    return TimestampNs{now_.value() + event_prng_.Between(-1, 1) +
                       event_prng_.Between(0, hours) * kHourNs};
  };
  request.valid_from = event_prng_.Chance(3, 4) ? TimestampNs{kTimestampNsMin} : time(3);
  request.expires_at =
      event_prng_.Chance(2, 3) ? kTimestampMax : time(event_prng_.Chance(1, 2) ? 4 : 90);
  request.expires_at = std::max(request.expires_at, TimestampNs{request.valid_from.value() + 1});
  moments_.push_back(request.valid_from);
  moments_.push_back(request.expires_at);
  std::vector<VoucherToIssue> vouchers;
  const bool again = !issued_.empty() && event_prng_.Chance(1, 6);
  for (uint64_t i = 0; i < 1 + event_prng_.Below(5); ++i) {
    const MemberId member =
        event_prng_.Chance(1, 4) ? MemberId{} : members_[event_prng_.Below(members_.size())];
    vouchers.push_back({VoucherKey{0xabc, ++last_voucher_}, member});
  }
  if (again) {  // one that may be there, with another content mostly
    vouchers.front().key = VoucherKey{0xabc, 1 + event_prng_.Below(last_voucher_)};
    if (vouchers.front().key == vouchers.back().key) {
      vouchers.resize(1);
    }
  }
  if (event_prng_.Chance(1, 40)) {
    vouchers.back().member = CodeOf<MemberId>("M-unknown");
  }
  if (!draws_.empty() && event_prng_.Chance(1, 8)) {
    request.draw = Recent(draws_, event_prng_).request.code;
  }
  std::sort(
      vouchers.begin(), vouchers.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  vouchers.erase(std::unique(vouchers.begin(),
                             vouchers.end(),
                             [](const auto& a, const auto& b) { return a.key == b.key; }),
                 vouchers.end());
  request.vouchers = vouchers;
  return Own(request);
}

OwnedCommand RandomCommands::VoidCommand() {
  std::vector<VoucherKey> keys;
  for (uint64_t i = 0; i < 1 + event_prng_.Below(3) && !issued_.empty(); ++i) {
    const VoucherKey key = Recent(issued_, event_prng_).key;
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      keys.push_back(key);
    }
  }
  if (keys.empty() || event_prng_.Chance(1, 12)) {
    keys.push_back(VoucherKey{0xbad, 1});
  }
  VoidVouchersRequest request;
  request.keys = keys;
  return Own(request);
}

OwnedCommand RandomCommands::DrawCommand() {
  if (draws_.size() < 2 || event_prng_.Chance(1, 10)) {
    CommittedDraw draw;
    draw.request.code = Numbered<DrawCode>("draw", draws_.size());
    draw.request.kind = event_prng_.Chance(1, 2) ? DrawKind::kDraw : DrawKind::kPool;
    draw.request.seed_hash[0] = static_cast<uint8_t>(event_prng_.Between(1, 255));
    const bool pool = draw.request.kind == DrawKind::kPool;
    if (!pool) {
      draw.request.programme = programmes_[event_prng_.Below(programmes_.size())];
      draw.request.limit = CodeOf<LimitCode>(event_prng_.Chance(1, 20) ? "prices0" : "entries");
    }
    draw.request.closes_at = TimestampNs{now_.value() + event_prng_.Between(-1, 200) * kHourNs / 2};
    moments_.push_back(draw.request.closes_at);
    for (uint64_t i = 0; i < 1 + event_prng_.Below(3); ++i) {
      PrizeSpec prize;
      prize.count = static_cast<uint32_t>(event_prng_.Between(pool ? 0 : 1, pool ? 2 : 3));
      prize.weight = pool ? static_cast<uint32_t>(event_prng_.Between(1, 5)) : 0;
      if (!pool || event_prng_.Chance(2, 3)) {
        prize.series = series_[event_prng_.Below(series_.size())];
        prize.valid_from = TimestampNs{kTimestampNsMin};
        prize.expires_at = TimestampNs{now_.value() + event_prng_.Between(1, 60) * kHourNs};
      }
      draw.prizes.push_back(prize);
    }
    draw.entries = static_cast<uint32_t>(event_prng_.Below(6));
    draws_.push_back(draw);
    CommitDrawRequest request = draw.request;
    request.prizes = draws_.back().prizes;
    return Own(request);
  }
  const size_t back = event_prng_.Below(std::min<size_t>(draws_.size(), 3));
  const CommittedDraw& draw = draws_[draws_.size() - 1 - back];
  const bool pool = draw.request.kind == DrawKind::kPool;
  const auto dice = event_prng_.Below(12);
  if (dice == 0) {  // once more, or otherwise
    CommitDrawRequest request = draw.request;
    request.prizes = draw.prizes;
    request.seed_hash[1] = static_cast<uint8_t>(event_prng_.Below(2));
    request.closes_at = TimestampNs{request.closes_at.value() + event_prng_.Between(0, 1)};
    return Own(request);
  }
  if (dice == 1 || (!pool && dice < 4)) {
    CloseDrawRequest request;
    request.code = event_prng_.Chance(1, 30) ? CodeOf<DrawCode>("draw-unknown") : draw.request.code;
    request.entries_hash[0] = static_cast<uint8_t>(1 + event_prng_.Below(8) / 7);
    request.entry_count = draw.entries;
    return Own(request);
  }
  if (dice == 2 || (!pool && dice < 6)) {
    SettleDrawRequest request;
    request.code = draw.request.code;
    request.seed[0] = static_cast<uint8_t>(1 + event_prng_.Below(8) / 7);
    return Own(request);
  }
  if (!pool && dice < 11) {  // what was won
    const PrizeSpec& prize = draw.prizes[event_prng_.Below(draw.prizes.size())];
    IssueVouchersRequest request;
    request.draw = draw.request.code;
    request.series = prize.series;
    request.valid_from = prize.valid_from;
    request.expires_at = prize.expires_at;
    std::vector<VoucherToIssue> vouchers;
    for (uint64_t i = 0; i < 1 + event_prng_.Below(3); ++i) {
      const MemberId member = members_[event_prng_.Below(members_.size())];
      vouchers.push_back({VoucherKey{0xdef, ++last_voucher_}, member});
    }
    request.vouchers = vouchers;
    return Own(request);
  }
  DrawPrizeRequest request;
  request.pool = draw.request.code;
  request.key = VoucherKey{0xeee, ++last_voucher_};
  request.member = members_[event_prng_.Below(members_.size())];
  request.number =
      event_prng_.Chance(1, 4) ? (event_prng_.Chance(1, 2) ? 0 : UINT64_MAX) : event_prng_.Next();
  if (!issued_.empty() && event_prng_.Chance(1, 4)) {
    const IssuedVoucher& before = Recent(issued_, event_prng_);
    request.key = before.key;
    request.member =
        before.member.IsNone() || event_prng_.Chance(1, 4) ? request.member : before.member;
  }
  return Own(request);
}

// Where there was a place, others come.
void RandomCommands::RememberSlot(const OwnedCommand& command, const Answer& answer) {
  const bool has_place =
      std::any_of(answer.limits.begin(), answer.limits.end(), [](const AnswerLimit& limit) {
        return TextOf(limit.limit).ends_with(".places");
      });
  if (command.command.authorize.occasion != nullptr && has_place &&
      answer.outcome != Outcome::kDeclined) {
    slots_.push_back({command.command.authorize.occasion->slot_at,
                      command.command.terminal,
                      last_opening_.length_s * kNsPerSecond});
    taken_openings_.push_back(last_opening_);
  }
}

// What was issued, and drawn.
void RandomCommands::RememberVouchers(const OwnedCommand& command, const Answer& answer) {
  if (answer.verdict != Verdict::kDecided || command.command.validate_only) {
    return;
  }
  if (command.command.kind == CommandKind::kIssueVouchers) {
    issues_.push_back(command);
    for (const VoucherToIssue& voucher : command.command.issue_vouchers->vouchers) {
      issued_.push_back({voucher.key, voucher.member});
    }
  }
  if (command.command.kind == CommandKind::kDrawPrize) {
    issued_.push_back({command.command.draw_prize->key, command.command.draw_prize->member});
  }
}

// A few receipts of a few contents each: booked, revoked, put right, and told again.
OwnedCommand RandomCommands::ReceiptCommand() {
  if (receipts_.size() < 2 || rush_prng_.Chance(1, 12)) {
    ContributeRequest request;
    request.receipt = Numbered<ReceiptCode>("again", ++last_receipt_);
    request.fund = funds_.front();
    request.member = members_[rush_prng_.Below(members_.size())];
    request.segment = segments_[rush_prng_.Below(segments_.size())];
    request.covers_from = TimestampNs{now_.value() + rush_prng_.Between(-150, 60) * kHourNs};
    request.covers_until = TimestampNs{request.covers_from.value() + 20 * kHourNs};
    receipts_.push_back(request);
  }
  ContributeRequest request =
      receipts_[receipts_.size() - 1 - rush_prng_.Below(std::min<size_t>(receipts_.size(), 2))];
  if (rush_prng_.Chance(2, 5)) {
    RevokeContributionRequest revoke;
    revoke.receipt = request.receipt;
    revoke.fund = request.fund;
    return Own(revoke);
  }
  request.amount = Fen{rush_prng_.Between(1, rush_prng_.Chance(1, 4) ? 4 : 2)};
  turns_.push_back(std::min(request.covers_from, now_));
  return Own(request);
}

OwnedCommand RandomCommands::ContributionCommand() {
  if (rush_prng_.Chance(1, 2)) {
    return ReceiptCommand();
  }
  if (!contributions_.empty() && event_prng_.Chance(1, 4)) {
    const ContributeRequest& before = Recent(contributions_, event_prng_);
    RevokeContributionRequest request;
    request.receipt = event_prng_.Chance(1, 30) ? CodeOf<ReceiptCode>("r-unknown") : before.receipt;
    request.fund = before.fund;
    return Own(request);
  }
  ContributeRequest request;
  if (!contributions_.empty() && event_prng_.Chance(1, 8)) {  // once more, or otherwise
    request = Recent(contributions_, event_prng_);
    request.amount += Fen{event_prng_.Between(0, 1)};
    return Own(request);
  }
  request.receipt = Numbered<ReceiptCode>("r", ++last_receipt_);
  request.fund =
      event_prng_.Chance(1, 30) ? stocks_.front() : funds_[event_prng_.Below(funds_.size())];
  request.member = event_prng_.Chance(1, 40) ? CodeOf<MemberId>("M-unknown")
                                             : members_[event_prng_.Below(members_.size())];
  request.segment = event_prng_.Chance(1, 40) ? CodeOf<SegmentCode>("seg-unknown")
                                              : segments_[event_prng_.Below(segments_.size())];
  request.amount = Fen{event_prng_.Chance(1, 30) ? kFundFenMax - event_prng_.Between(0, 2'000)
                                                 : event_prng_.Between(1, 500)};
  if (event_prng_.Chance(1, 2)) {  // one of them comes to have as many spans as there may be
    request.member = members_.front();
  }
  const int64_t hours = event_prng_.Between(-150, 60);
  request.covers_from = TimestampNs{now_.value() + hours * kHourNs};
  if (!contributions_.empty() && event_prng_.Chance(1, 2)) {  // renewed, or nearly
    const ContributeRequest& before = Recent(contributions_, event_prng_);
    request.member = before.member;
    request.segment = before.segment;
    request.covers_from = TimestampNs{before.covers_until.value() + event_prng_.Between(-1, 1)};
  }
  request.covers_until =
      TimestampNs{request.covers_from.value() + event_prng_.Between(1, 20) * kHourNs};
  turns_.push_back(std::min(request.covers_from, now_));
  contributions_.push_back(request);
  return Own(request);
}

OwnedCommand RandomCommands::JudgeCommand() {
  JudgeClaimRequest request;
  const std::vector<Told>& from =
      event_prng_.Chance(1, 15) && !approved_.empty() ? approved_ : claims_;
  request.claim = Recent(from, event_prng_).id;
  if (event_prng_.Chance(1, 30)) {
    request.claim = MakeTransactionId(7, CommandSeq{event_prng_.Below(100'000) + 1});
  }
  request.by = AnyOperator();
  request.note.bytes[0] = event_prng_.Chance(1, 2) ? 'n' : '\0';
  return Own(event_prng_.Chance(1, 6) ? CommandKind::kRejectClaim : CommandKind::kApproveClaim,
             request);
}

}  // namespace gonghui
