// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Enumerators of events as words: the snake_case of the enumerator.  What a dump
// prints and --kind takes; do not change.

#ifndef GONGHUI_TOOLS_INSPECT_EVENT_NAMES_H_
#define GONGHUI_TOOLS_INSPECT_EVENT_NAMES_H_

#include <optional>
#include <span>
#include <string_view>

#include "engine/domain/command.h"
#include "engine/domain/event.h"

namespace gonghui {

// In the order of their numbers.
std::span<const EventKind> AllEventKinds();
std::optional<EventKind> EventKindOf(std::string_view name);

std::string_view NameOf(EventKind value);
std::string_view NameOf(Reason value);
std::string_view NameOf(TransactionState value);
std::string_view NameOf(Outcome value);
std::string_view NameOf(ReversalReason value);
std::string_view NameOf(PosEntryMode value);
std::string_view NameOf(CodePurpose value);
std::string_view NameOf(TransactionKind value);
std::string_view NameOf(Liability value);
std::string_view NameOf(MemberStatus value);
std::string_view NameOf(CardStatus value);
std::string_view NameOf(CardKind value);
std::string_view NameOf(MerchantStatus value);
std::string_view NameOf(TerminalKind value);
std::string_view NameOf(TerminalStatus value);
std::string_view NameOf(UnionLevel value);
std::string_view NameOf(Asset value);
std::string_view NameOf(Payer value);
std::string_view NameOf(LateCapture value);
std::string_view NameOf(Stage value);
std::string_view NameOf(PriceKind value);
std::string_view NameOf(VoucherState value);
std::string_view NameOf(DrawKind value);

}  // namespace gonghui

#endif  // GONGHUI_TOOLS_INSPECT_EVENT_NAMES_H_
