// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What makes a voucher unique, and the pick-up code (取货码) as people read and type it
// (docs/decisions/0008-vouchers-draws-appointments.md).
//
// A code is 15 random characters of Crockford's base 32 and a check character (Luhn mod 32),
// printed in groups of four: 7ZK4-0WQ2-M9XD-31HQ.  Ledger and journal know a key alone, the
// beginning of a SHA-256, so whoever reads the disk can not redeem.
//
// Pure: random bytes come from the caller.

#ifndef GONGHUI_ENGINE_PROGRAMMES_VOUCHER_CODE_H_
#define GONGHUI_ENGINE_PROGRAMMES_VOUCHER_CODE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/domain/ids.h"
#include "engine/domain/voucher.h"

namespace gonghui {

inline constexpr size_t kVoucherCodeCharacters = 16;  // the last checks the others
// Of which 75 bits are used, the first ones.
inline constexpr size_t kVoucherCodeRandomBytes = 10;

struct VoucherCode {
  std::string text;  // in groups of four; told once, and kept nowhere
  VoucherKey key;
};

// REQUIRES: the bytes are of a source that nobody can guess.
[[nodiscard]] VoucherCode MakeVoucherCode(std::span<const uint8_t, kVoucherCodeRandomBytes> random);

// What is wrong with a text that is no code, for people; null = nothing.  Small letters are
// as capitals, O is 0, I and L are 1; hyphens and blanks mean nothing.
[[nodiscard]] const char* WhyNoVoucherCode(std::string_view text);

// Nothing when the text is no code.
[[nodiscard]] std::optional<VoucherKey> ParseVoucherCode(std::string_view text);

// Of an outside event: the same event has the same key.
// REQUIRES: `source` holds no ':', so that no two events are written alike.
[[nodiscard]] VoucherKey GrantKey(std::string_view source, std::string_view event_id);

// Of who comes at `rank` in a draw, from 1.
[[nodiscard]] VoucherKey DrawKey(const DrawCode& draw, uint32_t rank);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PROGRAMMES_VOUCHER_CODE_H_
