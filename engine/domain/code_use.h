// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Codes that a digital card shows (QR): fresh for a while, and accepted once for each
// purpose (docs/decisions/0005-codes.md).

#ifndef GONGHUI_ENGINE_DOMAIN_CODE_USE_H_
#define GONGHUI_ENGINE_DOMAIN_CODE_USE_H_

#include <array>
#include <cstdint>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"

namespace gonghui {

// What a code was shown for.  The same code opens the way in and the way out.
enum class CodePurpose : uint8_t {  // stored: do not change values
  kPayment = 1,
  kEntry = 2,
  kExit = 3,
};

// A row: the codes of a card that were accepted last for one purpose.
struct CodeUse {
  static constexpr uint32_t kRemembered = 4;

  CardRow card;
  CodePurpose purpose = CodePurpose::kPayment;
  std::array<uint8_t, 3> reserved{};
  // When they were issued, the latest first; 0 = none.
  std::array<TimestampNs, kRemembered> issued_at;
};
static_assert(sizeof(CodeUse) == 40);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_CODE_USE_H_
