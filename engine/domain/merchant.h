// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Merchants and their terminals, as rows of the ledger.

#ifndef GONGHUI_ENGINE_DOMAIN_MERCHANT_H_
#define GONGHUI_ENGINE_DOMAIN_MERCHANT_H_

#include <array>
#include <cstdint>

#include "engine/domain/ids.h"
#include "engine/domain/money.h"

namespace gonghui {

// All enums of this file are stored: do not change values.

enum class MerchantStatus : uint8_t {
  kActive = 1,
  kSuspended = 2,
  kClosed = 3,
};

// ISO 18245 merchant category code, 1..9999.
using Mcc = uint16_t;
inline constexpr Mcc kMccMax = 9999;

struct Merchant {
  MerchantId id;
  UnionNodeRow union_node;
  Mcc mcc = 0;
  MerchantStatus status = MerchantStatus::kActive;
  uint8_t reserved = 0;
  StatusChangeRow last_change;  // chain of status changes, newest first
  uint32_t reserved_2 = 0;
  // The merchant's accounts, in fen.  Receivable: what union funds owe it.
  // Collected: what members paid it themselves.  Pending = held, not captured.
  // Layer by layer, because they change together (Table::AddPair).
  Fen receivable_pending;
  Fen collected_pending;
  Fen receivable_posted;
  Fen collected_posted;
};
static_assert(sizeof(Merchant) == 64);  // one cache line; names are a table of their own

enum class TerminalKind : uint8_t {
  kPos = 1,
  kGate = 2,
  kVending = 3,
  kOnline = 4,
  kOffice = 5,  // of a union: claims, reviews
};

constexpr uint8_t MaskOf(TerminalKind kind) {
  return static_cast<uint8_t>(1u << static_cast<uint8_t>(kind));
}

enum class TerminalStatus : uint8_t {
  kActive = 1,
  kInactive = 2,
};

struct Terminal {
  TerminalId id;
  MerchantRow merchant;
  TerminalKind kind = TerminalKind::kPos;
  TerminalStatus status = TerminalStatus::kActive;
  std::array<uint8_t, 2> reserved{};
  StatusChangeRow last_change;  // chain of status changes, newest first
  uint32_t reserved_2 = 0;
};
static_assert(sizeof(Terminal) == 32);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_MERCHANT_H_
