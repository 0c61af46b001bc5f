// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef GONGHUI_ENGINE_DOMAIN_RULES_VERSION_H_
#define GONGHUI_ENGINE_DOMAIN_RULES_VERSION_H_

#include <cstdint>

namespace gonghui {

// Raised whenever Decide() may answer differently; journalled with every block.
inline constexpr uint32_t kRulesVersion = 8;

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_RULES_VERSION_H_
