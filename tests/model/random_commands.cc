// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/model/random_commands.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "tests/testing/names.h"

namespace gonghui {
namespace {

constexpr size_t kUnionCount = 6;
constexpr size_t kSegmentCount = 4;
constexpr size_t kMemberCount = 7;
constexpr size_t kCardCount = 12;
constexpr size_t kMerchantCount = 5;
constexpr size_t kTerminalCount = 9;
constexpr size_t kFundCount = 4;
constexpr size_t kStockCount = 2;
constexpr size_t kProgrammeCount = 4;

constexpr Mcc kMccs[] = {4111, 5411, 5812, 7011};
constexpr const char* kZones[] = {
    "Asia:Shanghai", "UTC", "America:New_York", "Europe:Berlin", "Asia:Kathmandu"};
constexpr int64_t kHourNs = 3600 * kNsPerSecond;

template <class CodeType>
CodeType Numbered(const char* prefix, size_t number) {
  return CodeOf<CodeType>(prefix + std::to_string(number));
}

}  // namespace

RandomCommands::RandomCommands(uint64_t seed)
    : prng_(seed), import_prng_(~seed), easy_(prng_.Chance(1, 2)) {
  // Near what calendars turn on: midnight, ends of months and years, changes of
  // the wall clock.
  constexpr const char* kStarts[] = {"2026-05-03T08:00:00+08:00",
                                     "2026-02-27T23:00:00+08:00",
                                     "2026-12-30T12:00:00Z",
                                     "2026-03-07T12:00:00-05:00",
                                     "2026-10-24T12:00:00+02:00"};
  now_ = *ParseTimestamp(kStarts[Pick(std::size(kStarts))]);
  edges_ = {Fen{0}, Fen{1}, Fen{2}, Fen{kTransactionFenMax}, Fen{kTransactionFenMax - 1}};
}

Fen RandomCommands::EdgyAmount() {
  if (prng_.Chance(1, 2)) {
    const Fen edge = Any(edges_);
    const int64_t amount = edge.value() + prng_.Between(-1, 1);
    return Fen{std::clamp<int64_t>(amount, 0, kTransactionFenMax)};
  }
  return Fen{prng_.Between(0, prng_.Chance(1, 4) ? 50'000 : 500)};
}

// What may be captured, reversed or refunded of a price: all of it and what lies
// beside, a half, more than there is.
Fen RandomCommands::PartOf(Fen list_price) {
  const int64_t all = list_price.value();
  switch (Pick(12)) {
    case 0:
      return Fen{std::clamp<int64_t>(all + prng_.Between(-1, 1), 0, kTransactionFenMax)};
    case 1:
      return Fen{all / 2};
    case 2:
    case 3:
      return Fen{std::min(all + all / 10 * prng_.Between(0, 6), kTransactionFenMax)};
    case 4:
      return EdgyAmount();
    case 5:
    case 6:
    case 7:
      return Fen{prng_.Between(1, 3)};
    default:
      return Fen{prng_.Between(0, all)};
  }
}

TimestampNs RandomCommands::EdgyTime() {
  return TimestampNs{now_.value() + prng_.Between(-40, 40) * kHourNs + prng_.Between(-1, 1)};
}

RequestId RandomCommands::FreshRequestId() {
  return RequestId{0x1'0000'0000 + last_request_ / 3, ++last_request_};
}

FundRequest RandomCommands::MakeFund(size_t which) {
  const bool thing = which >= kFundCount;
  FundRequest request;
  request.code = thing ? stocks_.at(which - kFundCount) : funds_.at(which);
  request.asset = thing ? Asset::kThing : Asset::kMoney;
  request.budget = Fen{prng_.Chance(1, 3) ? prng_.Between(0, thing ? 8 : 2'000)
                                          : prng_.Between(10, thing ? 60 : 100'000)};
  if (prng_.Chance(1, 10)) {
    request.budget = Fen{thing ? 1'000'000 : kFundFenMax};
  }
  request.opens_at = TimestampNs{kTimestampNsMin};
  if (Hinders(10)) {
    request.opens_at = EdgyTime();
  }
  if (prng_.Chance(1, 4)) {
    request.closes_at = TimestampNs{EdgyTime().value() + prng_.Between(2, 8) * 50 * kHourNs};
  }
  return request;
}

MemberRequest RandomCommands::MakeMember(size_t which) {
  MemberRequest request;
  request.id = members_.at(which);
  request.union_node = Any(unions_);
  request.status = Hinders(20) ? MemberStatus::kSuspended : MemberStatus::kActive;
  request.real_name_verified = !Hinders(6);
  request.span_count = static_cast<uint32_t>(prng_.Below(4));
  for (uint32_t i = 0; i < request.span_count; ++i) {
    request.spans[i].segment = Any(segments_);
    request.spans[i].starts_at = prng_.Chance(1, 2) ? TimestampNs{kTimestampNsMin} : EdgyTime();
    request.spans[i].ends_at =
        prng_.Chance(1, 2)
            ? kTimestampMax
            : TimestampNs{std::max(request.spans[i].starts_at.value() + 1, EdgyTime().value())};
  }
  return request;
}

BenefitSpec RandomCommands::MakeBenefit(OwnedProgramme* programme, size_t which) {
  BenefitSpec benefit;
  benefit.code = Numbered<BenefitCode>("b", which);
  PriceRule& price = benefit.price;
  price.kind = prng_.Chance(1, 5) ? PriceKind::kThreshold : static_cast<PriceKind>(1 + Pick(4));
  price.rounding = static_cast<Rounding>(1 + Pick(3));
  price.repeat = prng_.Chance(1, 2);
  price.on_return = static_cast<OnReturn>(1 + Pick(3));
  constexpr int32_t kRates[] = {0, 1, 500, 2500, 3333, 5000, 6000, 9999, 10'000};
  price.rate = Bps{kRates[Pick(std::size(kRates))]};
  price.amount = Fen{prng_.Chance(1, 3) ? 1 : prng_.Between(0, 200)};
  if (price.kind == PriceKind::kThreshold) {
    price.threshold = Fen{prng_.Between(1, 300)};
  } else if (prng_.Chance(1, 4)) {
    price.threshold = Fen{prng_.Between(1, 300)};
  }
  if (prng_.Chance(1, 3)) {
    price.discount_max = Fen{prng_.Between(1, 200)};
  }
  if (prng_.Chance(1, 4)) {
    price.member_pays_min = Fen{prng_.Between(1, 50)};
  }
  if (price.threshold > Fen{}) {
    thresholds_.push_back(price.threshold);
    thresholds_.push_back(price.threshold + price.threshold);
  }
  for (const Fen edge : {price.amount, price.threshold, price.discount_max}) {
    if (edge > Fen{}) {
      edges_.push_back(edge);
      edges_.push_back(edge + edge);
    }
  }

  const auto some = [this](const std::vector<SegmentCode>& all) {
    std::vector<SegmentCode> chosen;
    for (const SegmentCode& code : all) {
      if (prng_.Chance(1, 3)) {
        chosen.push_back(code);
      }
    }
    return chosen;
  };
  if (Hinders(5)) {
    benefit.segments_any = Append(programme->segments, some(segments_));
  }
  if (Hinders(8)) {
    benefit.segments_all = Append(programme->segments, {Any(segments_)});
  }
  if (Hinders(3)) {
    std::vector<MccRange> mccs;
    for (const Mcc mcc : kMccs) {
      if (prng_.Chance(1, 2)) {
        mccs.push_back({static_cast<Mcc>(mcc - Pick(2)), static_cast<Mcc>(mcc + Pick(2))});
      }
    }
    benefit.mccs = Append(programme->mccs, mccs);
  }
  if (Hinders(5)) {
    std::vector<MerchantId> merchants;
    for (const MerchantId& merchant : merchants_) {
      if (prng_.Chance(1, 2)) {
        merchants.push_back(merchant);
      }
    }
    std::reverse(merchants.begin(), merchants.end());
    benefit.merchants = Append(programme->merchants, merchants);
  }
  if (Hinders(6)) {
    std::vector<HoursRange> hours;
    const int32_t from_s = static_cast<int32_t>(prng_.Below(24)) * 3600;
    hours.push_back({from_s, std::min(86'400, from_s + 3600 * (1 + static_cast<int>(Pick(8))))});
    if (prng_.Chance(1, 2)) {
      hours.push_back({0, 1 + static_cast<int32_t>(prng_.Below(7200))});
    }
    benefit.hours = Append(programme->hours, hours);
  }
  if (Hinders(6)) {
    benefit.weekdays = static_cast<uint8_t>(prng_.Between(1, 127));
  }
  if (Hinders(5)) {
    benefit.terminal_kinds = static_cast<uint8_t>(MaskOf(static_cast<TerminalKind>(1 + Pick(4))) |
                                                  MaskOf(static_cast<TerminalKind>(1 + Pick(4))));
  }
  benefit.require_real_name = prng_.Chance(1, 4);
  if (Hinders(6)) {
    benefit.member_union = Any(unions_);
  }
  if (Hinders(6)) {
    benefit.merchant_union = Any(unions_);
  }

  std::vector<uint32_t> limits;
  for (uint32_t i = 0; i < programme->limits.size(); ++i) {
    if (easy_ ? prng_.Chance(1, 4) : prng_.Chance(2, 5)) {
      limits.push_back(i);
    }
  }
  benefit.limits = Append(programme->limit_refs, limits);
  std::vector<FundingShareSpec> funding;
  const size_t first = Pick(kFundCount);
  constexpr int32_t kSplits[][3] = {
      {10'000, 0, 0}, {5000, 5000, 0}, {3333, 3333, 3334}, {9999, 1, 0}, {6000, 3000, 1000}};
  for (size_t i = 0; const int32_t share : kSplits[Pick(std::size(kSplits))]) {
    if (share != 0) {
      funding.push_back({funds_.at((first + i) % kFundCount), Bps{share}, 0});
    }
    ++i;
  }
  benefit.funding = Append(programme->funding, funding);
  if (prng_.Chance(1, 3)) {
    benefit.stock = Any(stocks_);
    benefit.stock_units = static_cast<int32_t>(prng_.Between(1, 3));
  }
  benefit.starts_at = Hinders(6) ? EdgyTime() : programme->spec.starts_at;
  benefit.ends_at =
      Hinders(6) ? TimestampNs{EdgyTime().value() + 200 * kHourNs} : programme->spec.ends_at;
  benefit.hold_s = prng_.Chance(1, easy_ ? 5 : 2) ? prng_.Between(1, 7200) : kHoldSecondsDefault;
  return benefit;
}

OwnedProgramme RandomCommands::MakeProgramme(size_t which) {
  OwnedProgramme programme;
  ProgrammeSpec& spec = programme.spec;
  spec.code = programmes_.at(which);
  constexpr int32_t kCutovers[] = {0, 0, 4 * 3600, 3 * 3600 + 1};
  // Of the code, not of the version: its limits count on.
  spec.calendar =
      TestCalendar(kZones[which % std::size(kZones)], kCutovers[which % std::size(kCutovers)]);
  spec.starts_at = Hinders(6) ? EdgyTime() : TimestampNs{kTimestampNsMin};
  spec.ends_at =
      Hinders(6)
          ? TimestampNs{std::max(spec.starts_at.value() + 1, EdgyTime().value() + 200 * kHourNs)}
          : TimestampNs{kTimestampNsMax};
  spec.content_hash = prng_.Chance(1, 8) ? last_hash_ : ++last_hash_;
  spec.late_capture = prng_.Chance(2, 3) ? LateCapture::kForcePost : LateCapture::kStrict;
  for (const Mcc mcc : kMccs) {
    if (prng_.Chance(1, 2)) {
      constexpr int32_t kOverRates[] = {1, 1000, 1500, kOverCaptureBpsMax};
      programme.over_capture.push_back(
          {{static_cast<Mcc>(mcc - Pick(2)), static_cast<Mcc>(mcc + Pick(2))},
           Bps{kOverRates[Pick(std::size(kOverRates))]}});
    }
  }
  for (uint32_t i = 0; i < 6; ++i) {
    LimitSpec limit;
    limit.code = Numbered<LimitCode>("l", i);
    limit.measure = static_cast<LimitMeasure>(1 + Pick(2));
    limit.subject = static_cast<LimitSubject>(1 + Pick(5));
    limit.window = static_cast<WindowKind>(1 + Pick(5));
    limit.when_exceeded = static_cast<WhenExceeded>(1 + Pick(2));
    limit.refund_to = static_cast<RefundTo>(1 + Pick(3));
    limit.max = limit.measure == LimitMeasure::kCount
                    ? prng_.Between(prng_.Chance(1, 8) ? 0 : 1, easy_ ? 30 : 8)
                    : prng_.Between(0, 3'000);
    programme.limits.push_back(limit);
  }
  const size_t count = 1 + Pick(4);
  for (size_t i = 0; i < count; ++i) {
    const BenefitSpec benefit = MakeBenefit(&programme, i);
    programme.benefits.push_back(benefit);
  }
  return programme;
}

std::vector<OwnedCommand> RandomCommands::Setup() {
  std::vector<OwnedCommand> commands;
  for (size_t i = 0; i < kUnionCount; ++i) {
    UnionNodeRequest request;
    request.id = Numbered<UnionNodeId>("U", i);
    request.parent = i == 0 ? UnionNodeId{} : unions_.at((i - 1) / 2);
    unions_.push_back(request.id);
    commands.push_back(Own(request));
  }
  for (size_t i = 0; i < kSegmentCount; ++i) {
    SegmentRequest request;
    request.code = Numbered<SegmentCode>("seg", i);
    segments_.push_back(request.code);
    commands.push_back(Own(request));
  }
  for (size_t i = 0; i < kMemberCount; ++i) {
    members_.push_back(Numbered<MemberId>("M", i));
    commands.push_back(Own(MakeMember(i)));
  }
  for (size_t i = 0; i < kCardCount; ++i) {
    CardRequest request;
    request.number = CardNumber{6'200'000'000 + ++last_card_};
    request.member = members_.at(i % kMemberCount);
    request.status = Hinders(15) ? static_cast<CardStatus>(1 + Pick(6)) : CardStatus::kActive;
    request.expires_day = Hinders(6) ? FloorDay(now_.value() / kNsPerSecond) +
                                           static_cast<int32_t>(prng_.Between(0, 40))
                                     : 0;
    cards_.push_back(request.number);
    commands.push_back(Own(request));
  }
  for (size_t i = 0; i < kMerchantCount; ++i) {
    MerchantRequest request;
    request.id = Numbered<MerchantId>("S", i);
    request.union_node = Any(unions_);
    request.mcc = kMccs[i % std::size(kMccs)];
    merchants_.push_back(request.id);
    commands.push_back(Own(request));
  }
  for (size_t i = 0; i < kTerminalCount; ++i) {
    TerminalRequest request;
    request.id = Numbered<TerminalId>("T", i);
    request.merchant = merchants_.at(i % kMerchantCount);
    request.kind = static_cast<TerminalKind>(1 + Pick(4));
    terminals_.push_back(request);
    commands.push_back(Own(request));
  }
  for (size_t i = 0; i < kFundCount; ++i) {
    funds_.push_back(Numbered<FundCode>("fund", i));
  }
  for (size_t i = 0; i < kStockCount; ++i) {
    stocks_.push_back(Numbered<FundCode>("stock", i));
  }
  for (size_t i = 0; i < kFundCount + kStockCount; ++i) {
    commands.push_back(Own(MakeFund(i)));
  }
  for (size_t i = 0; i < kProgrammeCount; ++i) {
    programmes_.push_back(Numbered<ProgrammeCode>("p", i));
  }
  for (size_t i = 0; i < kProgrammeCount - 1; ++i) {  // the last one comes later
    commands.push_back(Own(MakeProgramme(i)));
  }
  return commands;
}

void RandomCommands::PassTime(TimestampNs next_expiry) {
  int64_t to = now_.value();
  switch (Pick(16)) {
    case 0:
      to += prng_.Between(1, 1000);
      break;
    case 1:
    case 2:
      to += prng_.Between(1, 600) * kNsPerSecond;
      break;
    case 3:
      to += prng_.Between(1, prng_.Chance(1, 6) ? 40 : 3) * kHourNs;
      break;
    case 4:  // an hour's edge, where days begin
      to += kHourNs - to % kHourNs + prng_.Between(-1, 1);
      break;
    case 5:  // around the next expiry, or to the edge of a day
      if (next_expiry != kTimestampMax && next_expiry.value() - to < 20 * kHourNs) {
        to = next_expiry.value() + prng_.Between(-1, 1);
      } else if (prng_.Chance(1, 3)) {
        to += 24 * kHourNs - to % (24 * kHourNs) + prng_.Between(-1, 1);
      }
      break;
    default:  // the same instant
      break;
  }
  now_ = TimestampNs{std::max(to, now_.value())};
}

Command RandomCommands::Header(CommandKind kind) {
  Command command;
  command.kind = kind;
  command.terminal = prng_.Chance(1, 60) ? CodeOf<TerminalId>("T-unknown") : Any(terminals_).id;
  command.request_id = FreshRequestId();
  if (prng_.Chance(1, 80)) {
    command.deadline = TimestampNs{now_.value() + prng_.Between(-1, 1)};
  }
  return command;
}

Command RandomCommands::AuthorizeCommand(CommandKind kind) {
  Command command = Header(kind);
  command.authorize = AuthorizeRequest{};
  AuthorizeRequest& request = command.authorize;
  request.card = prng_.Chance(1, 60) ? CardNumber{123'456'789} : Any(cards_);
  request.list_price = EdgyAmount();
  if (!thresholds_.empty() && prng_.Chance(1, 4)) {
    request.list_price = Any(thresholds_) + Fen{prng_.Between(-1, 2)};
  }
  if (Hinders(5)) {
    request.programme = prng_.Chance(1, 8) ? CodeOf<ProgrammeCode>("p-unknown") : Any(programmes_);
  }
  if (Hinders(12)) {
    request.merchant = Any(merchants_);
  }
  request.stan = static_cast<uint32_t>(prng_.Below(1'000'000));
  if (prng_.Chance(1, 6)) {
    request.hold_s = static_cast<uint32_t>(prng_.Between(1, 7200));
  }
  request.capture_at_once = prng_.Chance(1, 3);
  request.allow_partial = prng_.Chance(1, 4);
  if (prng_.Chance(1, 6)) {
    request.if_no_benefit = IfNoBenefit::kFullPrice;
  }
  request.entry_mode = static_cast<PosEntryMode>(Pick(6));
  return command;
}

// Makes the command about something earlier: mostly recent, mostly as its own
// terminal would say it.  Returns what is known of it.
RandomCommands::Told RandomCommands::Refer(const std::vector<Told>& preferred,
                                           TransactionId* id,
                                           RequestId* request_id,
                                           Command* command) {
  if (told_.empty() || prng_.Chance(1, 25)) {
    if (prng_.Chance(1, 2)) {
      *id = MakeTransactionId(7, CommandSeq{prng_.Below(100'000) + 1});
    } else {
      *request_id = FreshRequestId();
    }
    return Told{{}, {}, EdgyAmount(), {}};
  }
  const std::vector<Told>& from = !preferred.empty() && prng_.Chance(3, 4)   ? preferred
                                  : !approved_.empty() && prng_.Chance(2, 3) ? approved_
                                                                             : told_;
  constexpr size_t kBack[] = {4, 4, 4, 8, 8, 20, 60};
  const size_t back =
      std::min(prng_.Chance(15, 16) ? kBack[Pick(std::size(kBack))] : from.size(), from.size());
  const Told& told = from.at(from.size() - 1 - Pick(back));
  if (!prng_.Chance(1, 12)) {
    command->terminal = told.command.command.terminal;
  }
  if (prng_.Chance(1, 2)) {
    *id = told.id;
  } else {
    *request_id = told.command.command.request_id;
  }
  return told;
}

Command RandomCommands::IncrementCommand() {
  Command command = Header(CommandKind::kIncrement);
  command.increment = IncrementRequest{};
  IncrementRequest& request = command.increment;
  const Told told = Refer(open_, &request.original, &request.original_request_id, &command);
  request.amount = std::max(Fen{1}, prng_.Chance(1, 2) ? PartOf(told.list_price) : EdgyAmount());
  if (prng_.Chance(1, 3)) {
    request.hold_s =
        static_cast<uint32_t>(prng_.Between(1, prng_.Chance(1, 2) ? 90'000 : 1'500'000));
  }
  return command;
}

Command RandomCommands::CaptureCommand() {
  Command command = Header(CommandKind::kCapture);
  command.capture = CaptureRequest{};
  CaptureRequest& request = command.capture;
  const Told told = Refer(open_, &request.original, &request.original_request_id, &command);
  request.has_amount = prng_.Chance(2, 3);
  if (request.has_amount) {
    request.amount = PartOf(told.list_price - told.captured);
  }
  request.final_capture = prng_.Chance(1, 2);
  if (told.list_price > Fen{kTransactionFenMax / 4 * 3} && prng_.Chance(1, 2)) {
    // Something first, then up to the most of all or a fen beyond.
    request.has_amount = true;
    request.final_capture = false;
    request.amount = told.captured == Fen{}
                         ? Fen{prng_.Between(1, 3)}
                         : Fen{kTransactionFenMax} - told.captured + Fen{prng_.Between(0, 1)};
  }
  if (!refunded_.empty() && prng_.Chance(1, 12)) {  // what is left is not wanted any more
    command.terminal = refunded_.back().command.command.terminal;
    request = CaptureRequest{};
    request.original = refunded_.back().id;
    request.has_amount = true;
  }
  return command;
}

Command RandomCommands::ReverseCommand() {
  Command command = Header(CommandKind::kReverse);
  command.reverse = ReverseRequest{};
  ReverseRequest& request = command.reverse;
  const Told told = Refer(prng_.Chance(1, 3) ? open_ : approved_,
                          &request.original,
                          &request.original_request_id,
                          &command);
  request.has_amount = prng_.Chance(1, 2);
  if (request.has_amount) {
    const Fen rest = told.list_price - told.captured;
    request.amount = prng_.Chance(1, 3)                            ? Fen{prng_.Between(1, 2)}
                     : told.captured > Fen{} && prng_.Chance(1, 2) ? rest
                                                                   : PartOf(rest);
  }
  request.reason = static_cast<ReversalReason>(1 + Pick(4));
  if (prng_.Chance(1, 8)) {  // of what has not come yet
    request.original = TransactionId{};
    request.original_request_id = FreshRequestId();
    not_come_.push_back({command.terminal, request.original_request_id});
  } else if (prng_.Chance(1, 60)) {  // of itself
    request.original = TransactionId{};
    request.original_request_id = command.request_id;
  }
  return command;
}

Command RandomCommands::RefundCommand() {
  Command command = Header(CommandKind::kRefund);
  command.refund = RefundRequest{};
  RefundRequest& request = command.refund;
  const Told told = Refer(prng_.Chance(1, 6) ? open_ : captured_,
                          &request.original,
                          &request.original_request_id,
                          &command);
  request.has_amount = prng_.Chance(2, 3);
  if (request.has_amount) {
    request.amount = PartOf(told.captured > Fen{} ? told.captured : told.list_price);
  }
  if (!refunded_.empty() && prng_.Chance(1, 12)) {
    const Told& held = Any(refunded_);
    command.terminal = held.command.command.terminal;
    request = RefundRequest{};
    request.original = held.id;
  }
  return command;
}

Command RandomCommands::InquiryCommand() {
  Command command = Header(CommandKind::kGetTransaction);
  command.inquiry = InquiryRequest{};
  Refer(approved_, &command.inquiry.transaction, &command.inquiry.request_id, &command);
  return command;
}

// A terminal asks by card, an operator by card or member.
Command RandomCommands::EntitlementsCommand() {
  Command command = Header(CommandKind::kGetEntitlements);
  command.entitlements = EntitlementsRequest{};
  EntitlementsRequest& request = command.entitlements;
  const bool by_operator = prng_.Chance(1, 3);
  if (by_operator) {
    command.terminal = TerminalId{};
  }
  if (by_operator && prng_.Chance(2, 3)) {
    request.member = prng_.Chance(1, 20) ? CodeOf<MemberId>("M-unknown") : Any(members_);
  } else {
    request.card = prng_.Chance(1, 30) ? CardNumber{123'456'789} : Any(cards_);
  }
  request.here = !by_operator && prng_.Chance(1, 2);
  return command;
}

// About an id that was reversed before it came: mostly it comes now.
Command RandomCommands::LateCommand() {
  const auto [terminal, id] = Any(not_come_);  // a copy: a reversal adds to the list
  Command command;
  switch (Pick(10)) {
    case 0:
      command = InquiryCommand();
      command.inquiry = InquiryRequest{};
      command.inquiry.request_id = id;
      break;
    case 1:
      command = CaptureCommand();
      command.capture.original = TransactionId{};
      command.capture.original_request_id = id;
      break;
    case 2:
      command = CaptureCommand();
      command.request_id = id;
      break;
    case 3:
      command = ReverseCommand();
      command.reverse.original = TransactionId{};
      command.reverse.original_request_id = id;
      break;
    case 4:
      command = IncrementCommand();
      command.increment.original = TransactionId{};
      command.increment.original_request_id = id;
      break;
    case 5:
      command = RefundCommand();
      command.request_id = id;
      break;
    default:
      command = AuthorizeCommand(CommandKind::kAuthorize);
      command.request_id = id;
      break;
  }
  command.terminal = terminal;
  return command;
}

// The same once more, or the same id with one thing changed.
OwnedCommand RandomCommands::RepeatedCommand() {
  OwnedCommand repeated = Any(told_).command;
  Command& command = repeated.command;
  command.deadline = kTimestampMax;
  if (prng_.Chance(1, 2)) {
    return repeated;
  }
  const auto refer_again = [&](auto& request) {
    request.original = TransactionId{};
    request.original_request_id = RequestId{};
    Refer(approved_, &request.original, &request.original_request_id, &command);
  };
  const auto change_amount = [&](auto& request) {
    if (prng_.Chance(1, 2)) {
      request.has_amount = !request.has_amount;
    }
    request.amount = request.has_amount ? EdgyAmount() : Fen{};
  };
  switch (command.kind) {
    case CommandKind::kAuthorize: {
      AuthorizeRequest& request = command.authorize;
      switch (Pick(10)) {
        case 0:
          request.card = Any(cards_);
          break;
        case 1:
          request.list_price = EdgyAmount();
          break;
        case 2:
          request.programme = Any(programmes_);
          break;
        case 3:
          request.capture_at_once = !request.capture_at_once;
          break;
        case 4:
          request.if_no_benefit = IfNoBenefit::kFullPrice;
          break;
        case 5:
          request.hold_s += 1;
          break;
        case 6:
          request.entry_mode = static_cast<PosEntryMode>(Pick(6));
          break;
        case 7:
          request.stan += 1;  // not content
          break;
        case 8:
          request.allow_partial = !request.allow_partial;
          break;
        default:
          request.merchant = Any(merchants_);
          break;
      }
      break;
    }
    case CommandKind::kIncrement: {
      IncrementRequest& request = command.increment;
      switch (Pick(3)) {
        case 0:
          request.amount += Fen{1};
          break;
        case 1:
          request.hold_s += 1;
          break;
        default:
          refer_again(request);
          break;
      }
      break;
    }
    case CommandKind::kCapture: {
      CaptureRequest& request = command.capture;
      switch (Pick(4)) {
        case 0:
          request.final_capture = !request.final_capture;
          break;
        case 1:
        case 2:
          change_amount(request);
          break;
        default:
          refer_again(request);
          break;
      }
      break;
    }
    case CommandKind::kReverse: {
      ReverseRequest& request = command.reverse;
      switch (Pick(4)) {
        case 0:
          request.reason = static_cast<ReversalReason>(1 + Pick(4));
          break;
        case 1:
        case 2:
          change_amount(request);
          break;
        default:
          refer_again(request);
          break;
      }
      break;
    }
    default: {
      RefundRequest& request = command.refund;
      if (prng_.Chance(2, 3)) {
        change_amount(request);
      } else {
        refer_again(request);
      }
      break;
    }
  }
  return repeated;
}

OwnedCommand RandomCommands::TerminalCommand() {
  const size_t dice = Pick(104);
  if (dice < 12 && !told_.empty()) {
    return RepeatedCommand();
  }
  if (dice < 15 && !not_come_.empty()) {
    return MaybeExplained(LateCommand());
  }
  if (dice < 45) {
    return MaybeExplained(AuthorizeCommand(CommandKind::kAuthorize));
  }
  if (dice < 54) {
    return Own(IncrementCommand());
  }
  if (dice < 71) {
    return Own(CaptureCommand());
  }
  if (dice < 81) {
    return Own(ReverseCommand());
  }
  if (dice < 93) {
    return Own(RefundCommand());
  }
  if (dice < 97) {
    return MaybeExplained(AuthorizeCommand(CommandKind::kQuote));
  }
  return Own(dice < 100 ? InquiryCommand() : EntitlementsCommand());
}

OwnedCommand RandomCommands::MaybeExplained(const Command& command) {
  const bool can_be =
      command.kind == CommandKind::kAuthorize || command.kind == CommandKind::kQuote;
  return can_be && prng_.Chance(1, 3) ? OwnExplained(command) : Own(command);
}

OwnedCommand RandomCommands::AdminCommand() {
  // What only imports have is drawn apart, so that the rest of a seed's story stays.
  const auto once_in = [this](uint64_t count) { return import_prng_.Chance(1, count); };
  switch (Pick(8)) {
    case 0: {
      MemberStatusRequest request;
      request.member = Any(members_);
      request.status =
          prng_.Chance(5, 6) ? MemberStatus::kActive : static_cast<MemberStatus>(2 + Pick(2));
      return Own(request);
    }
    case 1: {
      CardStatusRequest request;
      request.card = Any(cards_);
      request.status = prng_.Chance(4, 5)
                           ? CardStatus::kActive
                           : static_cast<CardStatus>(1 + Pick(prng_.Chance(1, 9) ? 8 : 6));
      if (once_in(3)) {
        CardRequest import;
        import.number = request.card;
        const auto which = std::find(cards_.begin(), cards_.end(), request.card) - cards_.begin();
        import.member = members_.at(static_cast<size_t>(which) % kMemberCount);
        import.status = request.status;
        import.kind = once_in(2) ? CardKind::kDigital : CardKind::kPhysical;
        import.keep = {once_in(4), once_in(2), !once_in(4)};
        import.reactivate = once_in(2);
        return Own(import);
      }
      return Own(request);
    }
    case 2: {
      ReplaceCardRequest request;
      request.old_card = Any(cards_);
      request.new_card.number =
          prng_.Chance(1, 4) ? Any(cards_) : CardNumber{6'200'000'000 + ++last_card_};
      if (std::find(cards_.begin(), cards_.end(), request.new_card.number) == cards_.end()) {
        // The old one is still tried now and then.
        if (prng_.Chance(1, 8)) {
          cards_.push_back(request.old_card);
        }
        *std::find(cards_.begin(), cards_.end(), request.old_card) = request.new_card.number;
      }
      return Own(request);
    }
    case 3: {
      MerchantRequest request;
      const size_t which = Pick(kMerchantCount);
      request.id = merchants_.at(which);
      request.union_node = Any(unions_);
      request.mcc = kMccs[which % std::size(kMccs)];
      request.status = prng_.Chance(1, 15) ? MerchantStatus::kSuspended : MerchantStatus::kActive;
      return Own(request);
    }
    case 4: {
      TerminalRequest request = Any(terminals_);
      request.status = prng_.Chance(1, 10) ? TerminalStatus::kInactive : TerminalStatus::kActive;
      return Own(request);
    }
    case 5: {
      FundRequest request = MakeFund(Pick(kFundCount + kStockCount));
      if (prng_.Chance(1, 2)) {  // about what stands in suspense
        const int64_t most = request.asset == Asset::kThing ? 4 : prng_.Chance(1, 2) ? 150 : 1000;
        request.budget = Fen{prng_.Between(0, most)};
      }
      if (prng_.Chance(1, 4)) {  // about now, with much of it spent
        request.opens_at = TimestampNs{kTimestampNsMin};
        request.closes_at = TimestampNs{now_.value() + prng_.Between(-1, 1)};
      }
      return Own(request);
    }
    case 6:
      if (prng_.Chance(1, 4)) {
        RetireProgrammeRequest request;
        request.code = Any(programmes_);
        return Own(request);
      }
      return Own(MakeProgramme(Pick(kProgrammeCount)));
    default: {
      MemberRequest request = MakeMember(Pick(kMemberCount));
      request.keep = {once_in(4), once_in(4), once_in(4), once_in(4), once_in(4)};
      if (request.keep.union_node && once_in(2)) {
        request.union_node = UnionNodeId{};
      }
      request.reactivate = !once_in(4);
      return Own(request);
    }
  }
}

OwnedCommand RandomCommands::Next(TimestampNs next_expiry, TimestampNs* now) {
  PassTime(next_expiry);
  *now = now_;
  if ((next_expiry <= now_ && prng_.Chance(1, 3)) || prng_.Chance(1, 100)) {
    Command command;
    command.kind = CommandKind::kExpireHolds;
    return Own(command);
  }
  if (prng_.Chance(1, easy_ ? 60 : 25)) {
    OwnedCommand admin = AdminCommand();
    admin.command.validate_only = prng_.Chance(1, 10);
    return admin;
  }
  return TerminalCommand();
}

void RandomCommands::Remember(const OwnedCommand& command, const Answer& answer) {
  if (answer.id == TransactionId{} || command.command.kind == CommandKind::kGetTransaction) {
    return;
  }
  told_.push_back({command, answer.id, answer.list_price, {}});
  if (answer.outcome == Outcome::kDeclined) {
    return;
  }
  if (answer.kind == TransactionKind::kAuthorization) {
    approved_.push_back(told_.back());
    (answer.state == TransactionState::kPending ? open_ : captured_).push_back(told_.back());
    return;
  }
  const auto is_original = [&answer](const Told& told) { return told.id == answer.original_id; };
  const auto is_in = [&is_original](const std::vector<Told>& all) {
    return std::any_of(all.begin(), all.end(), is_original);
  };
  const auto take = [&is_original](std::vector<Told>* from) {
    const auto found = std::find_if(from->begin(), from->end(), is_original);
    std::optional<Told> taken;
    if (found != from->end()) {
      taken = *found;
      from->erase(found);
    }
    return taken;
  };
  // Roughly: it is only about which are referred to more often, and how.
  switch (command.command.kind) {
    case CommandKind::kIncrement:
      if (std::optional<Told> taken = take(&open_)) {
        taken->list_price += answer.list_price;
        open_.push_back(*taken);
      }
      break;
    case CommandKind::kCapture:
      if (std::optional<Told> taken = take(&open_)) {
        taken->captured += answer.list_price;
        if (!command.command.capture.final_capture && taken->captured < taken->list_price) {
          open_.push_back(*taken);
        }
        take(&captured_);
        captured_.push_back(*taken);
      }
      break;
    case CommandKind::kReverse:
      if (!command.command.reverse.has_amount) {
        take(&open_);
        take(&captured_);
      } else if (std::optional<Told> taken = take(&open_)) {
        taken->list_price -= answer.list_price;
        open_.push_back(*taken);
      }
      break;
    case CommandKind::kRefund:
      if (command.command.refund.has_amount) {
        break;
      }
      if (is_in(open_)) {
        refunded_.push_back(*std::find_if(open_.begin(), open_.end(), is_original));
      } else {
        take(&captured_);
        take(&refunded_);
      }
      break;
    default:
      break;
  }
}

}  // namespace gonghui
