// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Assertions.  A failed GH_CHECK means that gonghui itself is wrong: it prints
// file, line, condition and values to standard error and aborts, in release
// builds too.  Recovery then replays from what is durable.  A business "no" is
// a Reason and a failing world is an absl::Status; neither belongs here.
//
//   GH_CHECK(next == applied + 1, "next=", next, " applied=", applied);
//   GH_CHECK_EQ(block.seq, want_seq, "block of shard ", shard);
//   GH_DCHECK(row < size_, "row=", row, " size=", size_);
//
// After the condition come any number of pieces, printed one after another:
// integers, bool, char, enums (their number), text (char*, std::string,
// std::string_view), pointers, double, and anything with value() (StrongId,
// Fen).  They are evaluated only on failure.  One condition per check.
//
// The header includes almost nothing and a passing check is one predicted
// branch, so that the ledger can use it freely.

#ifndef GONGHUI_ENGINE_BASE_CHECK_H_
#define GONGHUI_ENGINE_BASE_CHECK_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace gonghui::check_internal {

// One printable value; plain memory, so that a failure allocates nothing.
struct Piece {
  enum class Kind : uint8_t { kText, kSigned, kUnsigned, kDouble, kPointer };

  Kind kind = Kind::kText;
  size_t size = 0;  // of the text
  union {
    const char* text = nullptr;
    int64_t signed_value;
    uint64_t unsigned_value;
    double double_value;
    const void* pointer;
  };
};

Piece TextPiece(const char* text);  // "(null)" for a null pointer

template <typename T>
Piece ToPiece(const T& value) {
  using D = std::decay_t<T>;
  Piece piece;
  if constexpr (std::is_same_v<D, bool>) {
    piece = TextPiece(value ? "true" : "false");
  } else if constexpr (std::is_same_v<D, char>) {
    piece.size = 1;
    piece.text = &value;
  } else if constexpr (std::is_same_v<D, char*> || std::is_same_v<D, const char*>) {
    piece = TextPiece(value);
  } else if constexpr (std::is_enum_v<D>) {
    return ToPiece(static_cast<int64_t>(value));
  } else if constexpr (std::is_signed_v<D> && std::is_integral_v<D>) {
    piece.kind = Piece::Kind::kSigned;
    piece.signed_value = value;
  } else if constexpr (std::is_integral_v<D>) {
    piece.kind = Piece::Kind::kUnsigned;
    piece.unsigned_value = value;
  } else if constexpr (std::is_floating_point_v<D>) {
    piece.kind = Piece::Kind::kDouble;
    piece.double_value = static_cast<double>(value);
  } else if constexpr (std::is_pointer_v<D> || std::is_null_pointer_v<D>) {
    piece.kind = Piece::Kind::kPointer;
    piece.pointer = value;
  } else if constexpr (requires {
                         { value.data() } -> std::convertible_to<const char*>;
                         { value.size() } -> std::convertible_to<size_t>;
                       }) {
    piece.size = value.size();
    piece.text = value.data();
  } else {
    static_assert(
        requires { value.value(); }, "GH_CHECK cannot print this type; pass a number");
    static_assert(std::is_arithmetic_v<std::decay_t<decltype(value.value())>>,
                  "GH_CHECK prints value() only when it is a number");
    return ToPiece(value.value());
  }
  return piece;
}

[[noreturn, gnu::cold]] void Fail(
    const char* file, int line, const char* condition, const Piece* pieces, size_t count);

template <typename... Values>
[[noreturn, gnu::cold, gnu::noinline]] void FailWith(const char* file,
                                                     int line,
                                                     const char* condition,
                                                     const Values&... values) {
  const Piece pieces[] = {ToPiece(values)..., Piece{}};
  Fail(file, line, condition, pieces, sizeof...(values));
}

}  // namespace gonghui::check_internal

#define GH_CHECK(condition, ...)                                      \
  do {                                                                \
    if (!(condition)) [[unlikely]] {                                  \
      ::gonghui::check_internal::FailWith(                            \
          __FILE__, __LINE__, #condition __VA_OPT__(, ) __VA_ARGS__); \
    }                                                                 \
  } while (false)

#define GH_CHECK_OP_(op, a, b, ...)                                                     \
  do {                                                                                  \
    const auto& gh_check_a = (a);                                                       \
    const auto& gh_check_b = (b);                                                       \
    if (!(gh_check_a op gh_check_b)) [[unlikely]] {                                     \
      ::gonghui::check_internal::FailWith(__FILE__,                                     \
                                          __LINE__,                                     \
                                          #a " " #op " " #b,                            \
                                          gh_check_a,                                   \
                                          " against ",                                  \
                                          gh_check_b __VA_OPT__(, "; ", ) __VA_ARGS__); \
    }                                                                                   \
  } while (false)

// As GH_CHECK(a op b), printing both sides.  Each side is evaluated once.
#define GH_CHECK_EQ(a, b, ...) GH_CHECK_OP_(==, a, b __VA_OPT__(, ) __VA_ARGS__)
#define GH_CHECK_NE(a, b, ...) GH_CHECK_OP_(!=, a, b __VA_OPT__(, ) __VA_ARGS__)
#define GH_CHECK_LT(a, b, ...) GH_CHECK_OP_(<, a, b __VA_OPT__(, ) __VA_ARGS__)
#define GH_CHECK_LE(a, b, ...) GH_CHECK_OP_(<=, a, b __VA_OPT__(, ) __VA_ARGS__)
#define GH_CHECK_GT(a, b, ...) GH_CHECK_OP_(>, a, b __VA_OPT__(, ) __VA_ARGS__)
#define GH_CHECK_GE(a, b, ...) GH_CHECK_OP_(>=, a, b __VA_OPT__(, ) __VA_ARGS__)

// Checks too dear for production: on in the dev, asan and tsan presets.  When
// off the condition is still compiled, never evaluated.
#ifdef GONGHUI_DCHECK
#define GH_DCHECK(condition, ...) GH_CHECK(condition __VA_OPT__(, ) __VA_ARGS__)
#else
#define GH_DCHECK(condition, ...)                     \
  do {                                                \
    if (false) {                                      \
      GH_CHECK(condition __VA_OPT__(, ) __VA_ARGS__); \
    }                                                 \
  } while (false)
#endif

#endif  // GONGHUI_ENGINE_BASE_CHECK_H_
