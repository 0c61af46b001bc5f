// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <set>

#include "engine/domain/limits.h"
#include "engine/programmes/file_compiler.h"

namespace gonghui {
namespace {

// How much of a subsidy a fund's share covers is searched for in steps of one share's
// fen; a tiny share would make them many.
constexpr int32_t kShareBpsMin = 100;

Words FundThatPays() {
  return Say("code of the fund that pays", "出钱的资金的代码");
}

}  // namespace

// Who pays for what is given, how often, and what it goes together with.
void FileCompiler::ReadTerms(const MapReader& map, Draft* draft) {
  BenefitSpec& benefit = draft->spec;
  ReadPayers(map, draft);
  ReadAsks(map, draft);
  ReadOffline(map, draft);
  if (const Value combine = map.Find("combine")) {
    ReadCombine(combine, draft);
  }
  const size_t found = out_->found();
  const size_t first = file_.limit_refs.size();
  size_t named = 0;
  if (const Value limits = map.Find("limits")) {
    named = ReadLimitRefs(limits, *draft);
  }
  NoteRefs(found, &limit_refs_complete_);
  AddSlotLimitRefs(map, named, *draft);
  benefit.limits = RangeFrom(first, file_.limit_refs);
  ResolveCountsOn(draft);
  ReadHold(map, &benefit);
}

void FileCompiler::ReadPayers(const MapReader& map, Draft* draft) {
  // Something that costs nothing needs nobody to pay for it; every other price leaves a
  // part to be paid.
  const bool costs =
      std::any_of(draft->cases.begin(), draft->cases.end(), [](const PriceCase& price_case) {
        return price_case.price.kind != PriceKind::kFree;
      });
  if (costs && !map.Has("funding")) {
    AddAt(map.map(),
          Say("'funding' is missing", "缺少 'funding'"),
          Say("who pays what the member does not: {fund: CODE}",
              "会员不付的部分由谁出：{fund: 代码}"),
          out_);
    fund_refs_complete_ = false;
  }
  const size_t found = out_->found();
  if (const Value funding = map.Find("funding")) {
    ReadFunding(funding, draft);
  }
  if (const Value stock = map.Find("stock")) {
    ReadStock(stock, draft);
  }
  NoteRefs(found, &fund_refs_complete_);
  if (const Value split = map.Find("split")) {
    static_cast<void>(ReadWord(split, kShareSplits, out_));
    if (map.valid() && !map.Has("funding")) {
      AddAt(map.Key("split"),
            Say("there is nothing to split", "没有要分摊的"),
            Say("'split' goes with funding", "'split' 要与 funding 同用"),
            out_);
    }
  }
}

std::optional<FundCode> FileCompiler::ReadFundCode(const Value& value,
                                                   Asset asset,
                                                   const Draft& draft) {
  const std::optional<FundCode> code = ReadCode<FundCode>(value, out_);
  if (!code.has_value()) {
    return std::nullopt;
  }
  // A fund that the file does not declare is looked up when the file is applied.
  const auto declared = funds_.find(*code);
  if (declared == funds_.end()) {
    return code;
  }
  declared->second.used = true;
  const std::optional<Asset>& held = fund_assets_[declared->second.index];
  if (held.has_value() && *held != asset) {
    const bool money = asset == Asset::kMoney;
    AddAt(value,
          money ? HoldsPieces(*code) : HoldsMoney(*code),
          money ? Say("'stock' hands out pieces", "发物资用 'stock'")
                : Say("'funding' pays money", "付钱用 'funding'"),
          out_);
  }
  const Period& open = fund_periods_[declared->second.index];
  const bool before =
      open.end.has_value() && draft.days.first.has_value() && *open.end <= *draft.days.first;
  const bool after =
      open.first.has_value() && draft.days.end.has_value() && *open.first >= *draft.days.end;
  if (before || after) {
    AddAt(value,
          Say("the fund $0 is closed on all days of the benefit",
              "在优惠的所有日期，资金 $0 都不开放",
              Quoted(CodeString(*code))),
          before ? Say("it is open until $0", "它只开放到 $0 之前", FormatDate(*open.end))
                 : Say("it opens on $0", "它从 $0 起才开放", FormatDate(*open.first)),
          out_);
  }
  return code;
}

void FileCompiler::ReadFunding(const Value& value, Draft* draft) {
  const size_t first = file_.funding.size();
  if (value.node->kind == YamlNode::Kind::kMap) {
    const MapReader map(value, kFundingKeys, out_);
    if (const Value fund = map.Need("fund", FundThatPays())) {
      if (const auto code = ReadFundCode(fund, Asset::kMoney, *draft)) {
        file_.funding.push_back({*code, Bps{kBpsPerOne}, 0});
        file_.places.funding.push_back(PlaceOf(fund));
      }
    }
  } else if (value.node->kind == YamlNode::Kind::kList) {
    ReadFundingShares(value, draft);
  } else {
    AddAt(value,
          Say("expected a fund, or a list of funds and shares, found text",
              "应为：一笔资金，或资金与比例的列表；实际是：文字"),
          Say("{fund: CODE}, or [{fund: CODE, share: 70%}, ...]",
              "{fund: 代码}，或 [{fund: 代码, share: 70%}, ...]"),
          out_);
  }
  draft->spec.funding = RangeFrom(first, file_.funding);
}

void FileCompiler::ReadFundingShares(const Value& value, Draft* draft) {
  std::set<FundCode> seen;
  int64_t sum_bps = 0;
  const std::vector<Value> items =
      ReadList(value, Say("funds and shares", "资金与比例"), kFundingSharesPerBenefitMax, out_);
  bool complete = !items.empty();
  for (const Value& item : items) {
    const MapReader map(item, kFundingShareKeys, out_);
    std::optional<FundCode> code;
    const Value fund = map.Need("fund", FundThatPays());
    if (fund) {
      code = ReadFundCode(fund, Asset::kMoney, *draft);
    }
    std::optional<Bps> share;
    if (const Value place = map.Need(
            "share", Say("such as 70%; the shares add up to 100%", "例如 70%；各项比例合计100%"))) {
      share = ReadPercent(place, out_);
      if (share == Bps{0}) {
        AddAt(place, Say("a share of 0% pays nothing", "比例是0%，等于不出钱"), out_);
      } else if (share.has_value() && share->value() < kShareBpsMin) {
        AddAt(place,
              Say("a share of $0 is too small", "比例$0太小", FormatPercent(share->value())),
              Say("at least $0", "至少$0", FormatPercent(kShareBpsMin)),
              out_);
      }
    }
    if (!code.has_value() || !share.has_value()) {
      complete = false;
      continue;
    }
    if (!seen.insert(*code).second) {
      ReportListedTwice(fund);
    }
    sum_bps += share->value();
    file_.funding.push_back({*code, *share, 0});
    file_.places.funding.push_back(PlaceOf(fund));
  }
  if (complete && sum_bps != kBpsPerOne) {
    AddAt(value,
          Say("the shares add up to $0", "各项比例合计$0", FormatPercent(sum_bps)),
          Say("they must add up to 100%", "合计应为100%"),
          out_);
  }
}

void FileCompiler::ReadStock(const Value& value, Draft* draft) {
  const MapReader map(value, kStockKeys, out_);
  if (const Value fund = map.Need(
          "fund",
          Say("code of the fund whose pieces are handed out", "发放的物资所属资金的代码"))) {
    draft->stock = PlaceOf(fund);
    draft->spec.stock = ReadFundCode(fund, Asset::kThing, *draft).value_or(FundCode{});
  }
  draft->spec.stock_units = 1;
  if (const Value units = map.Find("units")) {
    draft->spec.stock_units =
        static_cast<int32_t>(ReadWhole(units, 1, INT32_MAX, out_).value_or(1));
    CheckStock(units, *draft);
  }
}

// A stock that the file itself fills has enough for one use.
void FileCompiler::CheckStock(const Value& units, const Draft& draft) {
  const auto declared = funds_.find(draft.spec.stock);
  if (declared == funds_.end() || fund_assets_[declared->second.index] != Asset::kThing) {
    return;
  }
  const Fen budget = file_.funds[declared->second.index].budget;
  if (draft.spec.stock_units > budget.value()) {
    AddAt(units,
          Say("the fund $0 holds $1, fewer than are handed out at once",
              "资金 $0 只有$1，还不够发一次",
              Quoted(CodeString(draft.spec.stock)),
              SayAmount({Asset::kThing, budget})),
          out_);
  }
}

void FileCompiler::ReadCombine(const Value& value, Draft* draft) {
  BenefitSpec* const benefit = &draft->spec;
  const bool counts_on =
      std::any_of(draft->cases.begin(), draft->cases.end(), [](const PriceCase& price_case) {
        return static_cast<bool>(price_case.counts_on);
      });
  if (counts_on || !draft->asks_by.empty()) {
    AddAt(value,
          DoesNotGoWith("combine", draft->asks_by.empty() ? "counts_on" : draft->asks_by),
          Say("what asks for something is given by itself", "有这类要求的优惠只能单独给，不能叠加"),
          out_);
  }
  const MapReader map(value, kCombineKeys, out_);
  if (const Value layer =
          map.Need("layer", Say("1 to 8; lower ones are reckoned first", "1到8，小的先算"))) {
    benefit->layer = static_cast<uint8_t>(ReadWhole(layer, 1, kLayersMax, out_).value_or(1));
  }
  if (const Value base = map.Find("base")) {
    benefit->base = ReadWord(base, kStackBases, out_).value_or(benefit->base);
  }
}

size_t FileCompiler::ReadLimitRefs(const Value& value, const Draft& draft) {
  const size_t first = file_.limit_refs.size();
  for (const Value& item : ReadList(value, Say("limits", "限额"), kLimitsPerBenefitMax, out_)) {
    const std::optional<uint32_t> index = ReadDeclared(item, &limits_);
    if (!index.has_value()) {
      continue;
    }
    const auto begin = file_.limit_refs.begin() + static_cast<ptrdiff_t>(first);
    if (std::find(begin, file_.limit_refs.end(), *index) != file_.limit_refs.end()) {
      ReportListedTwice(item);
    }
    if (limits_good_[*index]) {
      CheckLimitRef(item, file_.limits[*index], draft);
    }
    file_.limit_refs.push_back(*index);
  }
  return value.node->items.size();
}

// What the limit allows goes together with what the benefit does.
void FileCompiler::CheckLimitRef(const Value& place, const LimitSpec& limit, const Draft& draft) {
  if (limit.measure == LimitMeasure::kPrice) {
    CheckPriceLimit(place, limit, draft);
    return;
  }
  if (limit.scope == LimitScope::kOffline) {
    if (!draft.asks_by.empty()) {
      AddAt(place,
            Say("$0 counts what is done offline, where nothing with '$1' is given",
                "$0 只计离线的交易，而写了 '$1' 的优惠离线时不给",
                Quoted(place.node->text),
                draft.asks_by),
            Say("leave the limit out", "请删去这个限额"),
            out_);
    } else if (draft.spec.offline == OfflinePolicy::kRefuse) {
      AddAt(place,
            Say("$0 counts what is done offline, which the benefit refuses",
                "$0 只计离线的交易，而这项优惠不允许离线",
                Quoted(place.node->text)),
            Say("write offline: accept, or leave the limit out",
                "请写 offline: accept，或删去这个限额"),
            out_);
    }
    return;
  }
  // What is left to pay after other layers may be anything.
  if (limit.measure != LimitMeasure::kAmount || limit.when_exceeded != WhenExceeded::kRefuse ||
      draft.spec.layer != 0) {
    return;
  }
  for (const PriceCase& price_case : draft.cases) {
    if (!price_case.good) {
      continue;
    }
    const Fen least = LeastSubsidy(price_case.price);
    if (limit.max < least.value()) {
      AddAt(
          place,
          Say("$0 allows $1, but the benefit gives at least $2",
              "$0 只允许$1，而这项优惠每次至少给$2",
              Quoted(place.node->text),
              SayAmount({Asset::kMoney, Fen{limit.max}}),
              SayAmount({Asset::kMoney, least})),
          Say("when_exceeded: reduce gives what is left", "写 when_exceeded: reduce 则给剩余部分"),
          out_);
      return;
    }
  }
}

// A limit of `price` has room for a price at which the benefit gives something.
void FileCompiler::CheckPriceLimit(const Value& place, const LimitSpec& limit, const Draft& draft) {
  if (draft.spec.layer != 0) {
    AddAt(place,
          Say("$0 counts prices, which does not go with 'combine'",
              "$0 按价款累计，不能与 'combine' 同用",
              Quoted(place.node->text)),
          Say("a benefit with a limit of 'price' is given by itself",
              "有 'price' 限额的优惠只能单独给，不能叠加"),
          out_);
    return;
  }
  for (const PriceCase& price_case : draft.cases) {
    // Where the bands go on from another limit's sum, any price may be enough.
    const Value& counts_on = price_case.counts_on;
    if (!price_case.good || (counts_on && counts_on.node->text != place.node->text)) {
      continue;
    }
    const Fen least = LeastPrice(price_case.price);
    if (limit.max < least.value()) {
      AddAt(place,
            Say("$0 allows $1, but the benefit gives nothing below $2",
                "$0 只允许$1，而价款不到$2时这项优惠什么也不给",
                Quoted(place.node->text),
                SayAmount({Asset::kMoney, Fen{limit.max}}),
                SayAmount({Asset::kMoney, least})),
            out_);
      return;
    }
  }
}

}  // namespace gonghui
