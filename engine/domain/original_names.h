// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How a command of a terminal names the transaction that it is about.

#ifndef GONGHUI_ENGINE_DOMAIN_ORIGINAL_NAMES_H_
#define GONGHUI_ENGINE_DOMAIN_ORIGINAL_NAMES_H_

#include <utility>

#include "engine/domain/command.h"

namespace gonghui {

// Where the command (of one that is const: const) has them; null = it is about none.
template <class AnyCommand>
struct OriginalNames {
  decltype(&std::declval<AnyCommand&>().capture.original) id = nullptr;
  decltype(&std::declval<AnyCommand&>().capture.original_request_id) request_id = nullptr;
};

template <class AnyCommand>
[[nodiscard]] OriginalNames<AnyCommand> OriginalNamesOf(AnyCommand& command) {
  const auto named = [](auto& request) {
    return OriginalNames<AnyCommand>{&request.original, &request.original_request_id};
  };
  switch (command.kind) {
    case CommandKind::kCapture:
      return named(command.capture);
    case CommandKind::kIncrement:
      return named(command.increment);
    case CommandKind::kReverse:
      return named(command.reverse);
    case CommandKind::kRefund:
      return named(command.refund);
    default:
      return {};
  }
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_ORIGINAL_NAMES_H_
