// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// An integer that names one kind of thing and converts to no other.
//
//   using CardRow = StrongId<struct CardRowTag, uint32_t>;
//   CardRow row{7};             // explicit in ...
//   table[row.value()];         // ... and explicit out
//
// 0 is reserved: it means "none" and is what a default-constructed id holds.

#ifndef GONGHUI_ENGINE_BASE_STRONG_ID_H_
#define GONGHUI_ENGINE_BASE_STRONG_ID_H_

#include <compare>
#include <cstdint>
#include <iosfwd>
#include <type_traits>
#include <utility>

namespace gonghui {

template <typename Tag, typename Rep = uint64_t>
class StrongId {
  static_assert(std::is_unsigned_v<Rep>);

 public:
  using ValueType = Rep;

  // Converts to this id type alone.  (A static member of the class's own, still
  // incomplete, type is no constant expression for clang 14.)
  struct None {
    [[nodiscard]] constexpr Rep value() const { return 0; }
  };
  static constexpr None kNone{};

  constexpr StrongId() = default;
  constexpr StrongId(None) {}  // NOLINT(google-explicit-constructor)
  explicit constexpr StrongId(Rep value) : value_(value) {}

  [[nodiscard]] constexpr Rep value() const { return value_; }

  friend constexpr bool operator==(StrongId, StrongId) = default;
  friend constexpr std::strong_ordering operator<=>(StrongId, StrongId) = default;

  template <typename H>
  friend H AbslHashValue(H state, StrongId id) {
    return H::combine(std::move(state), id.value_);
  }

  // GoogleTest prints ids as their number.
  friend void PrintTo(StrongId id, std::ostream* stream) { *stream << +id.value_; }

 private:
  Rep value_ = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BASE_STRONG_ID_H_
