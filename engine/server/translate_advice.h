// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What terminals did while they could not ask: gonghui.v1.Advice <-> domain.  A part of
// translate.h, of which it has the rules.
//
// A sale or capture becomes a command with evidence; a reversal or refund the command
// that it is online.  What only a question can ask for (a hold, an explanation, a partial
// approval) is refused by its name: it is over.

#ifndef GONGHUI_ENGINE_SERVER_TRANSLATE_ADVICE_H_
#define GONGHUI_ENGINE_SERVER_TRANSLATE_ADVICE_H_

#include <memory>
#include <string_view>

#include "engine/domain/command.h"
#include "engine/domain/ids.h"
#include "engine/domain/result.h"
#include "engine/ledger/ledger.h"
#include "engine/server/refusal.h"
#include "engine/server/translate.h"
#include "engine/server/wire.h"

namespace gonghui {

// The terminal whose advices a message holds.  False: it is not the caller's, or none.
bool ReadSender(std::string_view terminal_id,
                const Caller& caller,
                TerminalId* sender,
                Refusal* refusal);

// What an Advice, of whomever, wants to be answered with; empty when that can not be read.
std::string_view TransportDataOf(std::string_view advice);

// One Advice, from its bytes, which outlive the call.  False: *refusal says why; names of
// fields begin in the Advice, as "sale.card_number".  Sets everything but the deadline, and
// *transport_data as soon as it is known.
bool ToCommand(std::string_view advice,
               TerminalId sender,
               Command* command,
               std::string_view* transport_data,
               std::unique_ptr<Attachment>* attachment,
               Refusal* refusal);

// Whether the terminal may forget it.  REQUIRES: a decision.
bool IsAccepted(const Result& result);

// Appends the fields of a gonghui.v1.AdviceResult.  REQUIRES: kReplyBytesMax of room, a
// decision.
void AppendAdviceResult(const Ledger& names,
                        const Command& command,
                        const Result& result,
                        std::string_view transport_data,
                        WireWriter* out);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_TRANSLATE_ADVICE_H_
