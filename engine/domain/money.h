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

// By value: std::min() of an amount goes through memory.
constexpr Fen Smaller(Fen a, Fen b) {
  return a < b ? a : b;
}
constexpr Fen Larger(Fen a, Fen b) {
  return a < b ? b : a;
}

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

// (amount x rate + bias) / 10,000.  Through 128 bits where 64 could overflow, which
// no transaction's amount does: a division of 128 bits is a call of forty steps.
constexpr Fen MulBpsBiased(Fen amount, Bps rate, int32_t bias) {
  if (amount.value() < INT64_MAX / kBpsPerOne) {
    return Fen{(amount.value() * rate.value() + bias) / kBpsPerOne};
  }
  const Int128 product = static_cast<Int128>(amount.value()) * rate.value();
  return Fen{static_cast<int64_t>((product + bias) / kBpsPerOne)};
}

// REQUIRES for all three: amount >= 0, 0 <= rate <= kBpsPerOne.  No product
// overflows; the quotient is at most `amount`.
constexpr Fen MulBpsRoundDown(Fen amount, Bps rate) {
  return MulBpsBiased(amount, rate, 0);
}
constexpr Fen MulBpsRoundUp(Fen amount, Bps rate) {
  return MulBpsBiased(amount, rate, kBpsPerOne - 1);
}
constexpr Fen MulBpsRoundHalfUp(Fen amount, Bps rate) {
  return MulBpsBiased(amount, rate, kBpsPerOne / 2);
}

static_assert(MulBpsRoundDown(Fen{399}, Bps{500}) == Fen{19});
static_assert(MulBpsRoundUp(Fen{399}, Bps{500}) == Fen{20});
static_assert(MulBpsRoundHalfUp(Fen{1999}, Bps{2500}) == Fen{500});
static_assert(MulBpsRoundHalfUp(Fen{10}, Bps{500}) == Fen{1});
static_assert(MulBpsRoundUp(Fen{INT64_MAX}, Bps{kBpsPerOne}) == Fen{INT64_MAX});
static_assert(MulBpsRoundDown(Fen{INT64_MAX}, Bps{5000}) == Fen{INT64_MAX / 2});
static_assert(MulBpsRoundUp(Fen{INT64_MAX / kBpsPerOne - 1}, Bps{kBpsPerOne}) ==
              Fen{INT64_MAX / kBpsPerOne - 1});

// amount x part / whole, half up.  REQUIRES: 0 <= part <= whole, whole > 0, amount >= 0.
constexpr Fen MulDivRoundHalfUp(Fen amount, Fen part, Fen whole) {
  const Int128 product = static_cast<Int128>(amount.value()) * part.value();
  return Fen{static_cast<int64_t>((2 * product + whole.value()) / (2 * Int128{whole.value()}))};
}
static_assert(MulDivRoundHalfUp(Fen{5}, Fen{1}, Fen{10}) == Fen{1});
static_assert(MulDivRoundHalfUp(Fen{5}, Fen{9}, Fen{100}) == Fen{0});
static_assert(MulDivRoundHalfUp(Fen{INT64_MAX}, Fen{7}, Fen{7}) == Fen{INT64_MAX});

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
