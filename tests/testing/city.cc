// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/testing/city.h"

#include <array>
#include <charconv>
#include <string>

#include "engine/base/check.h"

namespace gonghui {
namespace {

constexpr std::array<Mcc, 6> kCategories = {4111, 5411, 5812, 7011, 5311, 5499};

// prefix and number as a code, without a stream: benchmarks make millions.
template <class Code>
Code Numbered(char prefix, uint32_t number) {
  std::array<char, Code::kBytes> text{prefix};
  const auto end = std::to_chars(text.data() + 1, text.data() + text.size(), number).ptr;
  const auto code = Code::Parse({text.data(), static_cast<size_t>(end - text.data())});
  GH_CHECK(code.has_value(), "number=", number);
  return *code;
}

template <class Code>
Code Named(const std::string& text) {
  const auto code = Code::Parse(text);
  GH_CHECK(code.has_value(), "code=", text);
  return *code;
}

OwnedProgramme MakeProgramme(const CityOptions& options) {
  OwnedProgramme programme;
  programme.spec.code = Named<ProgrammeCode>("city");
  programme.spec.calendar = TestCalendar("Asia:Shanghai");
  programme.spec.starts_at = TimestampNs{kTimestampNsMin};
  programme.spec.ends_at = TimestampNs{kTimestampNsMax};
  LimitSpec per_day;
  per_day.code = Named<LimitCode>("per-day");
  per_day.max = options.uses_per_day;
  LimitSpec per_month;
  per_month.code = Named<LimitCode>("per-month");
  per_month.measure = LimitMeasure::kAmount;
  per_month.window = WindowKind::kMonth;
  per_month.max = kTransactionFenMax;
  programme.limits = {per_day, per_month};
  uint32_t number = 0;
  for (uint32_t category = 0; category < kCategories.size(); ++category) {
    for (uint32_t i = 0; i < options.benefits_per_category; ++i) {
      BenefitSpec benefit;
      benefit.code = Numbered<BenefitCode>('b', ++number);
      benefit.price.kind = PriceKind::kPercentOff;
      benefit.price.rate = Bps{static_cast<int32_t>(1000 + 500 * i)};
      benefit.price.discount_max = Fen{5000};
      benefit.mccs =
          Append(programme.mccs, {MccRange{kCategories[category], kCategories[category]}});
      benefit.limits = Append<uint32_t>(programme.limit_refs, {0, 1});
      benefit.funding =
          Append(programme.funding,
                 {FundingShareSpec{FundOf(1 + number % options.funds), Bps{kBpsPerOne}}});
      benefit.starts_at = programme.spec.starts_at;
      benefit.ends_at = programme.spec.ends_at;
      programme.benefits.push_back(benefit);
    }
  }
  return programme;
}

}  // namespace

CardNumber CardOf(uint32_t member) {
  return CardNumber{6'221'530'100'000'000U + member};
}
MerchantId MerchantOf(uint32_t merchant) {
  return Numbered<MerchantId>('S', merchant);
}
TerminalId TerminalOf(uint32_t merchant) {
  return Numbered<TerminalId>('T', merchant);
}
FundCode FundOf(uint32_t fund) {
  return Numbered<FundCode>('F', fund);
}

void BuildCity(const CityOptions& options, const std::function<void(const Command&)>& run) {
  const UnionNodeId city = Named<UnionNodeId>("city");
  Command command;

  UnionNodeRequest node;
  node.id = city;
  node.level = UnionLevel::kCity;
  command.kind = CommandKind::kSetUnionNode;
  command.union_node = &node;
  run(command);

  MemberRequest member;
  member.union_node = city;
  member.real_name_verified = true;
  CardRequest card;
  for (uint32_t i = 1; i <= options.members; ++i) {
    member.id = Numbered<MemberId>('M', i);
    command.kind = CommandKind::kSetMember;
    command.member = &member;
    run(command);
    card.number = CardOf(i);
    card.member = member.id;
    command.kind = CommandKind::kSetCard;
    command.card = &card;
    run(command);
  }

  MerchantRequest merchant;
  merchant.union_node = city;
  TerminalRequest terminal;
  for (uint32_t i = 1; i <= options.merchants; ++i) {
    merchant.id = MerchantOf(i);
    merchant.mcc = kCategories[i % kCategories.size()];
    command.kind = CommandKind::kSetMerchant;
    command.merchant = &merchant;
    run(command);
    terminal.id = TerminalOf(i);
    terminal.merchant = merchant.id;
    command.kind = CommandKind::kSetTerminal;
    command.terminal_setting = &terminal;
    run(command);
  }

  FundRequest fund;
  fund.budget = Fen{options.fund_budget_fen};
  for (uint32_t i = 1; i <= options.funds; ++i) {
    fund.code = FundOf(i);
    command.kind = CommandKind::kSetFund;
    command.fund = &fund;
    run(command);
  }

  const OwnedProgramme programme = MakeProgramme(options);
  const ProgrammeImage image = programme.Image();
  command.kind = CommandKind::kApplyProgramme;
  command.programme = &image;
  run(command);
}

Command RandomSale(const CityOptions& options, Prng& prng) {
  Command command;
  command.kind = CommandKind::kAuthorize;
  command.terminal = TerminalOf(static_cast<uint32_t>(1 + prng.Below(options.merchants)));
  command.request_id = RequestId{prng.Next(), prng.Next()};
  command.authorize.card = CardOf(static_cast<uint32_t>(1 + prng.Below(options.members)));
  command.authorize.list_price = Fen{prng.Between(100, 10'000)};
  command.authorize.capture_at_once = true;
  return command;
}

}  // namespace gonghui
