// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The world of random commands: what operators set, at first and later.

#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/model/random_commands.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

constexpr size_t kUnionCount = 10;
constexpr size_t kSegmentCount = 4;
constexpr size_t kMemberCount = 7;
constexpr size_t kCardCount = 12;
constexpr size_t kMerchantCount = 5;
constexpr size_t kTerminalCount = 9;
constexpr size_t kFundCount = 4;
constexpr size_t kStockCount = 2;
constexpr size_t kProgrammeCount = 4;
constexpr size_t kSeriesCount = 3;

constexpr Mcc kMccs[] = {4111, 5411, 5812, 7011};
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
  request.payer = static_cast<Payer>(1 + Pick(3));
  if (prng_.Chance(1, 4)) {
    request.closes_at = TimestampNs{EdgyTime().value() + prng_.Between(2, 8) * 50 * kHourNs};
  }
  return request;
}

// A tree of four levels; some nodes have none of their own.
UnionNodeRequest RandomCommands::MakeUnionNode(size_t which) {
  UnionNodeRequest request;
  request.id = unions_.at(which);
  request.parent = which == 0 ? UnionNodeId{} : unions_.at((which - 1) / 2);
  constexpr UnionLevel kLevels[] = {
      UnionLevel::kNational, UnionLevel::kCity, UnionLevel::kDistrict, UnionLevel::kEnterprise};
  const size_t depth = which == 0 ? 0 : which < 3 ? 1 : which < 7 ? 2 : 3;
  request.level = which > 0 && prng_.Chance(1, 4) ? UnionLevel::kOther : kLevels[depth];
  return request;
}

MemberRequest RandomCommands::MakeMember(size_t which) {
  MemberRequest request;
  request.id = members_.at(which);
  request.union_node = Any(unions_);
  request.status = Hinders(20) ? MemberStatus::kSuspended : MemberStatus::kActive;
  request.real_name_verified = !Hinders(6);
  request.sex = static_cast<Sex>(Pick(3));
  if (!Hinders(6)) {
    const CivilDay today = FloorDay(now_.value() / kNsPerSecond);
    const CivilDay joined = today - static_cast<CivilDay>(prng_.Between(-1, 12));
    request.joined_day = static_cast<JoinedDay>(joined - kJoinedDayZero);
  }
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

std::vector<OwnedCommand> RandomCommands::Setup() {
  std::vector<OwnedCommand> commands;
  for (size_t i = 0; i < kUnionCount; ++i) {
    unions_.push_back(Numbered<UnionNodeId>("U", i));
    commands.push_back(Own(MakeUnionNode(i)));
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
  for (size_t i = 0; i < kSeriesCount; ++i) {
    series_.push_back(Numbered<SeriesCode>("V", i));
  }
  hashes_.resize(kProgrammeCount);
  versions_.resize(kProgrammeCount);
  for (size_t i = 0; i < kProgrammeCount - 1; ++i) {  // the last one comes later
    OwnedProgramme programme = MakeProgramme(i);
    programme.stage = Stage::kActive;
    commands.push_back(Own(std::move(programme)));
  }
  scheduled_ = ProgrammeCode{};
  return commands;
}

OwnedCommand RandomCommands::AdminCommand() {
  // What only imports have is drawn apart, so that the rest of a seed's story stays.
  const auto once_in = [this](uint64_t count) { return import_prng_.Chance(1, count); };
  // What was scheduled is now and then not to come.
  if (const ProgrammeCode code = std::exchange(scheduled_, {});
      !code.IsNone() && prng_.Chance(1, 3)) {
    RetireProgrammeRequest request;
    request.code = code;
    return Own(request);
  }
  switch (Pick(12)) {
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
      if (prng_.Chance(1, 5)) {  // counts for another node from then on
        return Own(MakeUnionNode(Pick(kUnionCount)));
      }
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
      const bool about_suspense = prng_.Chance(1, 2);
      if (about_suspense) {
        const int64_t most = request.asset == Asset::kThing ? 4 : prng_.Chance(1, 2) ? 150 : 1000;
        request.budget = Fen{prng_.Between(0, most)};
      }
      if (prng_.Chance(1, 4)) {  // about now, with much of it spent
        request.opens_at = TimestampNs{kTimestampNsMin};
        request.closes_at = TimestampNs{now_.value() + prng_.Between(-1, 1)};
      }
      if (!about_suspense && once_in(2)) {  // as an import that names some columns
        request.keep = {once_in(2),
                        once_in(2),
                        once_in(2),
                        once_in(2),
                        once_in(2),
                        once_in(2),
                        once_in(2),
                        once_in(2)};
      }
      return Own(request);
    }
    case 6:
    case 10:
    case 11:
      return ProgrammeCommand();
    default: {
      MemberRequest request = MakeMember(Pick(kMemberCount));
      request.keep = {once_in(4), once_in(4), once_in(4), once_in(4), once_in(4), once_in(4)};
      if (request.keep.union_node && once_in(2)) {
        request.union_node = UnionNodeId{};
      }
      request.reactivate = !once_in(4);
      return Own(request);
    }
  }
}

}  // namespace gonghui
