// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The world of random commands: what operators set, at first and later.

#include <algorithm>
#include <iterator>

#include "tests/model/random_commands.h"
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
  request.advice_may_overrun = prng_.Chance(1, 2);
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
    edges_.push_back(price.threshold + price.threshold);
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
    holders_[request.number] = request.member;
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

OwnedCommand RandomCommands::AdminCommand() {
  // What only imports have is drawn apart, so that the rest of a seed's story stays.
  const auto once_in = [this](uint64_t count) { return import_prng_.Chance(1, count); };
  switch (Pick(10)) {
    case 0: {
      MemberStatusRequest request;
      request.member = Any(members_);
      const bool of_blocked = !blocked_.empty() && prng_.Chance(1, 2);
      if (of_blocked) {
        request.member = holders_[blocked_.back()];
      }
      request.status = prng_.Chance(of_blocked ? 1 : 5, of_blocked ? 2 : 6)
                           ? MemberStatus::kActive
                           : static_cast<MemberStatus>(2 + Pick(2));
      if (request.status != MemberStatus::kActive) {
        suspended_ = request.member;
      }
      return Own(request);
    }
    case 1: {
      CardStatusRequest request;
      request.card = Any(cards_);
      request.status = prng_.Chance(4, 5)
                           ? CardStatus::kActive
                           : static_cast<CardStatus>(1 + Pick(prng_.Chance(1, 9) ? 8 : 6));
      if (prng_.Chance(1, 5)) {  // and the card of a member who has lost it
        const auto theirs = std::find_if(cards_.begin(), cards_.end(), [this](CardNumber card) {
          return holders_[card] == suspended_;
        });
        request.card = theirs == cards_.end() ? request.card : *theirs;
        request.status = CardStatus::kLost;
      }
      blocked_.push_back(request.card);
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
      blocked_.push_back(request.old_card);
      request.new_card.number =
          prng_.Chance(1, 4) ? Any(cards_) : CardNumber{6'200'000'000 + ++last_card_};
      if (std::find(cards_.begin(), cards_.end(), request.new_card.number) == cards_.end()) {
        // The old one is still tried now and then.
        if (prng_.Chance(1, 8)) {
          cards_.push_back(request.old_card);
        }
        *std::find(cards_.begin(), cards_.end(), request.old_card) = request.new_card.number;
        holders_[request.new_card.number] = holders_[request.old_card];
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
    case 5:
    case 8:
    case 9: {
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

}  // namespace gonghui
