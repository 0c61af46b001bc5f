// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <iterator>

#include "engine/domain/limits.h"
#include "engine/programmes/file_compiler.h"

namespace gonghui {
namespace {

std::vector<std::string_view> FormKeys() {
  std::vector<std::string_view> keys;
  for (const PriceForm& form : kPriceForms) {
    keys.push_back(form.key);
  }
  return keys;
}

Words Money(Fen amount) {
  return SayAmount({Asset::kMoney, amount});
}

// REQUIRES: a step that could be read.
Value FromOf(const Value& step) {
  const auto key = std::find_if(step.node->keys.begin(),
                                step.node->keys.end(),
                                [](const YamlNode& node) { return node.text == "from"; });
  const auto index = static_cast<size_t>(key - step.node->keys.begin());
  return {&step.node->items[index], step.path + ".from"};
}

// The one way in which a price is said, and nothing beside it that does not go
// with it.
const PriceForm* FindPriceForm(const MapReader& map, DiagnosticList* out) {
  const PriceForm* form = nullptr;
  for (const PriceForm& candidate : kPriceForms) {
    if (!map.Has(candidate.key)) {
      continue;
    }
    if (form != nullptr) {
      AddAt(map.Key(candidate.key),
            DoesNotGoWith(candidate.key, form->key),
            Say("a benefit has one price; make two benefits of it",
                "一项优惠只有一个价格，请拆成两项优惠"),
            out);
      continue;
    }
    form = &candidate;
  }
  if (form == nullptr) {
    AddAt(map.map(), Say("the price is missing", "没有写价格"), OneOf(FormKeys()), out);
    return nullptr;
  }
  for (const std::string_view key : kPriceCompanions) {
    const bool goes =
        std::find(form->companions.begin(), form->companions.end(), key) != form->companions.end();
    if (map.Has(key) && !goes) {
      AddAt(map.Key(key),
            DoesNotGoWith(key, form->key),
            Say("beside it: $0",
                "可与它同用：$0",
                Joined({form->companions.begin(), form->companions.end()})),
            out);
    }
  }
  return form;
}

}  // namespace

// False when something was reported.
bool FileCompiler::ReadPrice(const Value& value, PriceCase* price_case) {
  PriceRule* const price = &price_case->price;
  const size_t found = out_->found();
  std::vector<std::string_view> keys = FormKeys();
  keys.insert(keys.end(), std::begin(kPriceCompanions), std::end(kPriceCompanions));
  const MapReader map(value, keys, out_);
  const PriceForm* const form = map.valid() ? FindPriceForm(map, out_) : nullptr;
  if (form == nullptr) {
    return false;
  }
  price->kind = form->kind;
  ReadPriceModifiers(map, price);
  if (form->kind == PriceKind::kBands) {
    price_case->counts_on = map.Find("counts_on");
  }

  const Value main = map.Find(form->key);
  if (!main) {
    return false;
  }
  switch (form->kind) {
    case PriceKind::kFixedPrice:
      price->amount = ReadMoney(main).value_or(Fen{1});
      break;
    case PriceKind::kPercentOff:
      price->rate = ReadPercent(main, out_).value_or(Bps{1});
      if (price->rate == Bps{0}) {
        AddAt(main, Say("0% off is no benefit", "减0%等于没有优惠"), out_);
      }
      break;
    case PriceKind::kThreshold:
      ReadThreshold(map, price);
      break;
    case PriceKind::kTiers:
    case PriceKind::kBands:
      ReadSteps(main, price);
      break;
    case PriceKind::kFree:
      if (ReadBool(main, out_) == false) {
        AddAt(main, Say("'free' is true or not there", "'free' 只能写 true，否则不写"), out_);
      }
      break;
  }
  return out_->found() == found;
}

void FileCompiler::ReadPriceModifiers(const MapReader& map, PriceRule* price) {
  if (const Value rounding = map.Find("rounding")) {
    price->rounding = ReadWord(rounding, kRoundings, out_).value_or(Rounding::kHalfUp);
  }
  if (const Value at_most = map.Find("at_most")) {
    price->discount_max = ReadMoney(at_most).value_or(Fen{0});
  }
  if (const Value minimum = map.Find("minimum")) {
    price->threshold = ReadMoney(minimum).value_or(Fen{0});
  }
  if (const Value least = map.Find("member_pays_at_least")) {
    price->member_pays_min = ReadMoney(least).value_or(Fen{0});
  }
  if (const Value on_return = map.Find("on_return")) {
    price->on_return = ReadWord(on_return, kOnReturn, out_).value_or(OnReturn::kKeep);
    if (price->on_return == OnReturn::kRefuse && !map.Has("every") && !map.Has("from") &&
        !map.Has("minimum")) {
      AddAt(on_return,
            Say("there is no threshold that a return could break", "没有会因退货而达不到的门槛"),
            Say("'refuse' goes with every, from or minimum",
                "'refuse' 要与 every、from 或 minimum 同用"),
            out_);
    }
  }
}

void FileCompiler::ReadThreshold(const MapReader& map, PriceRule* price) {
  price->repeat = map.Has("every");
  const std::string_view key = price->repeat ? "every" : "from";
  const std::optional<Fen> threshold = ReadMoney(map.Find(key));
  const Value off =
      map.Need("off", Say("what is taken off, such as 20 yuan", "减多少，例如 20 yuan"));
  std::optional<Fen> amount;
  if (off) {
    amount = ReadMoney(off);
  }
  price->threshold = threshold.value_or(Fen{1});
  price->amount = amount.value_or(Fen{1});
  if (threshold.has_value() && amount.has_value() && *amount > *threshold) {
    AddAt(off,
          Say("$0 off is more than '$1' $2",
              "减$0，比 '$1' 的$2还多",
              Money(*amount),
              key,
              Money(*threshold)),
          out_);
  }
}

// The steps of `tiers` or `bands`.
void FileCompiler::ReadSteps(const Value& list, PriceRule* price) {
  const size_t found = out_->found();
  const size_t first = file_.steps.size();
  std::optional<Fen> below;
  bool gives = false;
  for (const Value& item : ReadList(list, Say("steps", "价格档"), kPriceStepsPerBenefitMax, out_)) {
    const std::optional<PriceStep> step = ReadStep(item, price->kind);
    if (!step.has_value()) {
      continue;
    }
    if (below.has_value() && step->from <= *below) {
      AddAt(FromOf(item),
            Say("the step from $0 does not rise", "从$0起的一档没有比前一档高", Money(step->from)),
            Say("the one before begins at $0", "前一档从$0起", Money(*below)),
            out_);
    }
    below = step->from;
    gives = gives || step->rate > Bps{0} || step->off > Fen{0};
    file_.steps.push_back(*step);
  }
  price->steps = RangeFrom(first, file_.steps);
  if (out_->found() != found) {
    return;
  }
  if (!gives) {
    AddAt(list, Say("no step takes anything off", "没有一档减价"), out_);
    return;
  }
  CheckStepsHold(list, *price);
}

// One step; nothing when it can not be read.
std::optional<PriceStep> FileCompiler::ReadStep(const Value& value, PriceKind kind) {
  const bool tier = kind == PriceKind::kTiers;
  const size_t found = out_->found();
  const MapReader map(value,
                      tier ? std::span<const std::string_view>(kTierKeys)
                           : std::span<const std::string_view>(kBandKeys),
                      out_);
  PriceStep step;
  if (const Value from = map.Need("from",
                                  Say("the price at which the step begins, such as 0 yuan",
                                      "这一档从多少价款起，例如 0 yuan"))) {
    const std::optional<Amount> amount = ReadAmount(from, Fen{kTransactionFenMax}, out_);
    if (amount.has_value() && amount->asset != Asset::kMoney) {
      ReportPieces(from, Say("yuan or fen", "写 yuan 或 fen"), out_);
    }
    step.from = amount.has_value() ? amount->value : Fen{0};
  }
  if (map.valid() && !map.Has("percent_off") && !map.Has("off")) {
    AddAt(value,
          tier ? Say("neither 'percent_off' nor 'off' is given", "'percent_off' 和 'off' 都没有写")
               : Say("'percent_off' is missing", "缺少 'percent_off'"),
          tier ? Say("percent_off: 10%, or off: 20 yuan", "percent_off: 10%，或 off: 20 yuan")
               : Say("such as 10%; 0% gives nothing", "例如 10%；0%表示不优惠"),
          out_);
  }
  if (const Value rate = map.Find("percent_off")) {
    step.rate = ReadPercent(rate, out_).value_or(Bps{1});
  }
  if (tier && map.Has("off")) {
    const Value off = map.Find("off");
    if (map.Has("percent_off")) {
      AddAt(map.Key("off"),
            Say("a step has either 'percent_off' or 'off'",
                "一档里只能写 'percent_off' 或 'off' 之一"),
            Say("leave one out", "请删去一个"),
            out_);
    } else if (off) {
      step.off = ReadMoney(off).value_or(Fen{1});
      if (step.from > Fen{0} && step.off > step.from) {
        AddAt(off,
              Say("$0 off is more than 'from' $1",
                  "减$0，比 'from' 的$1还多",
                  Money(step.off),
                  Money(step.from)),
              out_);
      }
    }
  }
  return out_->found() == found ? std::optional<PriceStep>(step) : std::nullopt;
}

// Of `tiers` one step holds for all of the price: there must be prices at which it gives
// something.
void FileCompiler::CheckStepsHold(const Value& list, const PriceRule& price) {
  if (price.kind != PriceKind::kTiers) {
    return;
  }
  for (uint32_t i = 0; i + 1 < price.steps.count; ++i) {
    const PriceStep& step = file_.steps[price.steps.first + i];
    const Fen next = file_.steps[price.steps.first + i + 1].from;
    const Value place = ItemOf(list, i);
    if (next <= price.threshold) {
      AddAt(place,
            Say("the step never holds", "这一档永远达不到"),
            Say("it ends at $0, and 'minimum' is $1",
                "它到$0为止，而 'minimum' 是$1",
                Money(next),
                Money(price.threshold)),
            out_);
    } else if (next <= price.member_pays_min + Fen{1} &&
               (step.rate > Bps{0} || step.off > Fen{0})) {
      AddAt(place,
            Say("the step never gives anything", "这一档永远没有优惠"),
            Say("it ends at $0, and the member pays at least $1",
                "它到$0为止，而会员至少付$1",
                Money(next),
                Money(price.member_pays_min)),
            out_);
    }
  }
}

Fen FileCompiler::LeastSubsidy(const PriceRule& price) const {
  const int64_t threshold = price.threshold.value();
  const auto rate_of = [](int64_t base, Bps rate) {
    return MulBpsRoundDown(Fen{base}, rate).value();
  };
  // Every kind gives more, or as much, at a higher price; the least price is the threshold.
  int64_t base = threshold;
  int64_t least = 1;
  switch (price.kind) {
    case PriceKind::kFixedPrice:
      least = threshold - price.amount.value();
      break;
    case PriceKind::kPercentOff:
      least = rate_of(threshold, price.rate);
      break;
    case PriceKind::kThreshold:
      least = price.amount.value();
      break;
    case PriceKind::kFree:
      least = threshold;
      break;
    case PriceKind::kBands:
      break;
    case PriceKind::kTiers:
      // Step by step, because a later one may give less.
      least = INT64_MAX;
      base = INT64_MAX;
      for (const PriceStep& step :
           std::span(file_.steps).subspan(price.steps.first, price.steps.count)) {
        if (step.rate == Bps{0} && step.off == Fen{0}) {
          continue;
        }
        const int64_t from = std::max(step.from.value(), threshold);
        base = std::min(base, from);
        least = std::min(
            least, step.off > Fen{0} ? std::min(step.off.value(), from) : rate_of(from, step.rate));
      }
      break;
  }
  if (price.discount_max > Fen{0}) {
    least = std::min(least, price.discount_max.value());
  }
  if (price.member_pays_min > Fen{0}) {
    least = std::min(least, base - price.member_pays_min.value());
  }
  return Fen{std::max<int64_t>(least, 1)};
}

Fen FileCompiler::LeastPrice(const PriceRule& price) const {
  int64_t least = price.threshold.value();
  switch (price.kind) {
    case PriceKind::kFixedPrice:
      least = std::max(least, price.amount.value() + 1);
      break;
    case PriceKind::kTiers:
    case PriceKind::kBands: {
      // The part of a band begins above its `from`.
      const int64_t above = price.kind == PriceKind::kBands ? 1 : 0;
      int64_t first = INT64_MAX;
      for (const PriceStep& step :
           std::span(file_.steps).subspan(price.steps.first, price.steps.count)) {
        if (step.rate > Bps{0} || step.off > Fen{0}) {
          first = std::min(first, step.from.value() + above);
        }
      }
      least = std::max(least, first);
      break;
    }
    case PriceKind::kPercentOff:
    case PriceKind::kThreshold:
    case PriceKind::kFree:
      break;
  }
  if (price.member_pays_min > Fen{0}) {
    least = std::max(least, price.member_pays_min.value() + 1);
  }
  return Fen{least};
}

}  // namespace gonghui
