// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Money is int64 fen (1/100 yuan); rates are basis points (1/100 percent).
// There is no floating point and no silent wrap: amounts that enter the engine
// are bounded by limits.h, products go through 128 bits, and the rounding is in
// the function's name.
//
// A stock of things (packs, drinks, appointments) is counted with the same
// type: one unit is Fen{1} of that stock's asset.

#ifndef GONGHUI_ENGINE_DOMAIN_MONEY_H_
#define GONGHUI_ENGINE_DOMAIN_MONEY_H_

#include <compare>
#include <cstdint>

#include "engine/base/int128.h"

namespace gonghui {

class Fen {
 public:
  constexpr Fen() = default;
  explicit constexpr Fen(int64_t fen) : fen_(fen) {}

  [[nodiscard]] constexpr int64_t value() const { return fen_; }

  friend constexpr auto operator<=>(Fen, Fen) = default;
  friend constexpr Fen operator+(Fen a, Fen b) { return Fen{a.fen_ + b.fen_}; }
  friend constexpr Fen operator-(Fen a, Fen b) { return Fen{a.fen_ - b.fen_}; }
  constexpr Fen operator-() const { return Fen{-fen_}; }
  constexpr Fen& operator+=(Fen other) {
    fen_ += other.fen_;
    return *this;
  }
  constexpr Fen& operator-=(Fen other) {
    fen_ -= other.fen_;
    return *this;
  }

 private:
  int64_t fen_ = 0;
};

class Bps {
 public:
  constexpr Bps() = default;
  explicit constexpr Bps(int32_t bps) : bps_(bps) {}

  [[nodiscard]] constexpr int32_t value() const { return bps_; }

  friend constexpr auto operator<=>(Bps, Bps) = default;

 private:
  int32_t bps_ = 0;
};

inline constexpr int32_t kBpsPerOne = 10'000;

// REQUIRES for all three: amount >= 0, 0 <= rate <= kBpsPerOne.  The product
// passes through 128 bits, the quotient is at most `amount`.
constexpr Fen MulBpsRoundDown(Fen amount, Bps rate) {
  const Int128 product = static_cast<Int128>(amount.value()) * rate.value();
  return Fen{static_cast<int64_t>(product / kBpsPerOne)};
}
constexpr Fen MulBpsRoundUp(Fen amount, Bps rate) {
  const Int128 product = static_cast<Int128>(amount.value()) * rate.value();
  return Fen{static_cast<int64_t>((product + kBpsPerOne - 1) / kBpsPerOne)};
}
constexpr Fen MulBpsRoundHalfUp(Fen amount, Bps rate) {
  const Int128 product = static_cast<Int128>(amount.value()) * rate.value();
  return Fen{static_cast<int64_t>((product + kBpsPerOne / 2) / kBpsPerOne)};
}

static_assert(MulBpsRoundDown(Fen{399}, Bps{500}) == Fen{19});
static_assert(MulBpsRoundUp(Fen{399}, Bps{500}) == Fen{20});
static_assert(MulBpsRoundHalfUp(Fen{1999}, Bps{2500}) == Fen{500});
static_assert(MulBpsRoundHalfUp(Fen{10}, Bps{500}) == Fen{1});

enum class Rounding : uint8_t {  // stored: do not change values
  kHalfUp = 1,
  kDown = 2,
  kUp = 3,
};

constexpr Fen MulBps(Fen amount, Bps rate, Rounding rounding) {
  switch (rounding) {
    case Rounding::kHalfUp:
      return MulBpsRoundHalfUp(amount, rate);
    case Rounding::kDown:
      return MulBpsRoundDown(amount, rate);
    case Rounding::kUp:
      return MulBpsRoundUp(amount, rate);
  }
  return MulBpsRoundHalfUp(amount, rate);
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_MONEY_H_
