// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/card_picker.h"

#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"

namespace gonghui::load {
namespace {

constexpr double kZipfExponent = 0.99;

}  // namespace

CardPicker::CardPicker(CardOrder order, size_t card_count)
    : order_(order), card_count_(card_count) {
  if (order_ == CardOrder::kUniform) {
    return;
  }
  double zeta_two = 0;
  for (size_t rank = 1; rank <= card_count_; ++rank) {
    zeta_ += 1 / std::pow(static_cast<double>(rank), kZipfExponent);
    if (rank <= 2) {
      zeta_two = zeta_;
    }
  }
  alpha_ = 1 / (1 - kZipfExponent);
  eta_ = (1 - std::pow(2 / static_cast<double>(card_count_), 1 - kZipfExponent)) /
         (1 - zeta_two / zeta_);
}

size_t CardPicker::Pick(Prng* prng) const {
  if (order_ == CardOrder::kUniform || card_count_ <= 2) {
    return static_cast<size_t>(Scaled(prng->Next(), card_count_));
  }
  const double u = static_cast<double>(prng->Next() >> 11) * 0x1.0p-53;
  const double uz = u * zeta_;
  size_t rank = 0;
  if (uz >= 1 + std::pow(0.5, kZipfExponent)) {
    rank = static_cast<size_t>(static_cast<double>(card_count_) *
                               std::pow(eta_ * u - eta_ + 1, alpha_));
  } else if (uz >= 1) {
    rank = 1;
  }
  return static_cast<size_t>(Mix64(std::min(rank, card_count_ - 1) + 1) % card_count_);
}

}  // namespace gonghui::load
