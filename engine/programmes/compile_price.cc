// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <iterator>

#include "engine/programmes/file_compiler.h"

namespace gonghui {
namespace {

constexpr Word<Rounding> kRoundings[] = {
    {"half_up", Rounding::kHalfUp},
    {"down", Rounding::kDown},
    {"up", Rounding::kUp},
};

constexpr Word<OnReturn> kOnReturn[] = {
    {"keep", OnReturn::kKeep},
    {"claw_back", OnReturn::kClawBack},
    {"refuse", OnReturn::kRefuse},
};

// One way to say a price, and what may stand beside it.
struct PriceForm {
  std::string_view key;
  PriceKind kind;
  std::vector<std::string_view> companions;
};

constexpr std::string_view kPriceCompanions[] = {
    "off", "rounding", "at_most", "minimum", "member_pays_at_least", "on_return"};

const std::vector<PriceForm>& PriceForms() {
  static const std::vector<PriceForm> forms = {
      {"member_pays", PriceKind::kFixedPrice, {"at_most", "minimum", "on_return"}},
      {"percent_off",
       PriceKind::kPercentOff,
       {"rounding", "at_most", "minimum", "member_pays_at_least", "on_return"}},
      {"every", PriceKind::kThreshold, {"off", "at_most", "member_pays_at_least", "on_return"}},
      {"from", PriceKind::kThreshold, {"off", "member_pays_at_least", "on_return"}},
      {"free", PriceKind::kFree, {"at_most", "minimum", "on_return"}},
  };
  return forms;
}

// The one way in which a price is said, and nothing beside it that does not go
// with it.
const PriceForm* FindPriceForm(const MapReader& map, DiagnosticList* out) {
  const PriceForm* form = nullptr;
  for (const PriceForm& candidate : PriceForms()) {
    if (!map.Has(candidate.key)) {
      continue;
    }
    if (form != nullptr) {
      AddAt(map.Key(candidate.key),
            fmt::format("'{}' does not go with '{}'", candidate.key, form->key),
            "a benefit has one price; make two benefits of it",
            out);
      continue;
    }
    form = &candidate;
  }
  if (form == nullptr) {
    AddAt(map.map(),
          "the price is missing",
          "one of member_pays, percent_off, every, from, free",
          out);
    return nullptr;
  }
  for (const std::string_view key : kPriceCompanions) {
    const bool goes =
        std::find(form->companions.begin(), form->companions.end(), key) != form->companions.end();
    if (map.Has(key) && !goes) {
      AddAt(map.Key(key),
            fmt::format("'{}' does not go with '{}'", key, form->key),
            fmt::format("beside it: {}", Joined(form->companions)),
            out);
    }
  }
  return form;
}

}  // namespace

void FileCompiler::ReadPrice(const Value& value, PriceRule* price) {
  std::vector<std::string_view> keys;
  for (const PriceForm& form : PriceForms()) {
    keys.push_back(form.key);
  }
  keys.insert(keys.end(), std::begin(kPriceCompanions), std::end(kPriceCompanions));
  const MapReader map(value, std::move(keys), out_);
  const PriceForm* const form = map.valid() ? FindPriceForm(map, out_) : nullptr;
  if (form == nullptr) {
    return;
  }
  price->kind = form->kind;
  ReadPriceModifiers(map, price);

  const Value main = map.Find(form->key);
  if (!main) {
    return;
  }
  switch (form->kind) {
    case PriceKind::kFixedPrice:
      price->amount = ReadMoney(main).value_or(Fen{1});
      break;
    case PriceKind::kPercentOff:
      price->rate = ReadScalar(main, "a percentage", out_, ParsePercent).value_or(Bps{1});
      if (price->rate == Bps{0}) {
        AddAt(main, "0% off is no benefit", "", out_);
      }
      break;
    case PriceKind::kThreshold:
      ReadThreshold(map, price);
      break;
    case PriceKind::kFree:
      if (ReadBool(main, out_) == false) {
        AddAt(main, "'free' is true or not there", "", out_);
      }
      break;
  }
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
            "there is no threshold that a return could break",
            "'refuse' goes with every, from or minimum",
            out_);
    }
  }
}

void FileCompiler::ReadThreshold(const MapReader& map, PriceRule* price) {
  price->repeat = map.Has("every");
  const std::string_view key = price->repeat ? "every" : "from";
  const std::optional<Fen> threshold = ReadMoney(map.Find(key));
  const Value off = map.Need("off", "what is taken off, such as 20 yuan");
  std::optional<Fen> amount;
  if (off) {
    amount = ReadMoney(off);
  }
  price->threshold = threshold.value_or(Fen{1});
  price->amount = amount.value_or(Fen{1});
  if (threshold.has_value() && amount.has_value() && *amount > *threshold) {
    AddAt(off,
          fmt::format("{} off is more than '{}' {}",
                      FormatAmount({Asset::kMoney, *amount}),
                      key,
                      FormatAmount({Asset::kMoney, *threshold})),
          "",
          out_);
  }
}

}  // namespace gonghui
