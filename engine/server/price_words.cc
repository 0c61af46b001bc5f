// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/price_words.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

namespace gonghui {
namespace {

std::string Amount(Fen fen) {
  return fen.value() < 100 ? absl::StrCat(fen.value(), " fen") : YuanInWords(fen);
}

// Of kTiers "10% off from 50.00 yuan", of kBands "10% off the part from 50.00 yuan".
std::string StepsInWords(PriceKind kind, std::span<const PriceStep> steps) {
  std::string words;
  for (const PriceStep& step : steps) {
    const bool of_rate = kind == PriceKind::kBands || step.rate > Bps{0};
    absl::StrAppend(&words,
                    words.empty() ? "" : ", ",
                    of_rate ? PercentInWords(step.rate) : Amount(step.off),
                    kind == PriceKind::kBands ? " off the part from " : " off from ",
                    Amount(step.from));
  }
  return words;
}

}  // namespace

std::string ThousandsOf(int64_t number) {
  std::string digits = std::to_string(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string YuanInWords(Fen fen) {  // >= 0
  return absl::StrFormat("%s.%02d yuan", ThousandsOf(fen.value() / 100), fen.value() % 100);
}

std::string PercentInWords(Bps rate) {
  const int32_t hundredths = rate.value() % 100;
  return hundredths == 0 ? absl::StrCat(rate.value() / 100, "%")
                         : absl::StrFormat("%d.%02d%%", rate.value() / 100, hundredths);
}

std::string CountedOnInWords(std::string_view limit) {
  return absl::StrCat(", counted on from limit ", std::string(limit));
}

std::string PriceInWords(const PriceRule& price, std::span<const PriceStep> steps) {
  const bool has_steps = price.kind == PriceKind::kTiers || price.kind == PriceKind::kBands;
  std::string words;
  switch (price.kind) {
    case PriceKind::kFixedPrice:
      words = absl::StrCat("member pays ", Amount(price.amount));
      break;
    case PriceKind::kPercentOff:
      words = absl::StrCat(PercentInWords(price.rate), " off");
      break;
    case PriceKind::kThreshold:
      words = absl::StrCat(Amount(price.amount),
                           " off ",
                           price.repeat ? "each full " : "from ",
                           Amount(price.threshold));
      break;
    case PriceKind::kFree:
      words = "free";
      break;
    case PriceKind::kTiers:
    case PriceKind::kBands:
      words = StepsInWords(price.kind, steps);
      break;
  }
  if (price.kind != PriceKind::kThreshold && price.threshold > Fen{0}) {
    absl::StrAppend(&words, has_steps ? ", not below " : ", from ", Amount(price.threshold));
  }
  if (price.discount_max > Fen{0}) {
    absl::StrAppend(&words, ", at most ", YuanInWords(price.discount_max));
  }
  if (price.member_pays_min > Fen{0}) {
    absl::StrAppend(&words, ", member pays at least ", Amount(price.member_pays_min));
  }
  return words;
}

}  // namespace gonghui
