// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What terminals say and hear: proto <-> domain.  With translate_advice.h and
// translate_rows.h, the only place that knows both.
//
// Into the engine: a request becomes a Command, or is refused with every wrong
// field named.  Validation is total: a Command that comes out of here breaks no
// precondition of the ledger, whatever bytes went in.
//
// Out of the engine: a Result becomes the bytes of a reply, written straight from
// the ledger's rows (wire.h), or a Refusal when no decision was made.
//
// Thread safety: everything here is a function of its arguments; the names that
// are read from the ledger never change (pipeline/engine.h, names()).

#ifndef GONGHUI_ENGINE_SERVER_TRANSLATE_H_
#define GONGHUI_ENGINE_SERVER_TRANSLATE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/domain/advice.h"
#include "engine/domain/command.h"
#include "engine/domain/details.h"
#include "engine/domain/explanation.h"
#include "engine/domain/line.h"
#include "engine/domain/occasion.h"
#include "engine/domain/result.h"
#include "engine/ledger/ledger.h"
#include "engine/server/refusal.h"
#include "engine/server/wire.h"

namespace gonghui {

inline constexpr size_t kTransportDataBytesMax = 64;
inline constexpr uint32_t kStanMax = 999'999;

// Who speaks, as the listener established it.
struct Caller {
  // From the certificate.  None: --insecure-dev, the request's own words count.
  TerminalId terminal;
};

// AuthorizeRequest as it came, in place: the texts point into the message.
struct AuthorizeFields {
  struct Time {
    bool set = false;
    int64_t seconds = 0;
    int32_t nanos = 0;
  };
  struct Code {
    bool set = false;
    Time issued_at;
    uint32_t valid_seconds = 0;
    int32_t purpose = 0;
  };
  std::string_view request_id;
  std::string_view terminal_id;
  std::string_view merchant_id;
  std::string_view card_number;
  std::string_view programme_code;
  std::string_view transport_data;
  int64_t list_price_fen = 0;
  int32_t if_no_benefit = 0;
  int32_t pos_entry_mode = 0;
  uint32_t hold_seconds = 0;
  uint32_t stan = 0;
  bool capture = false;
  bool allow_partial_approval = false;
  bool explain = false;
  Time transmission_time;
  Time occurred_at;
  Code qr_code;
  // Lines, and what makes it more than an ordinary sale, are read from here when there are
  // any.
  std::string_view message;
  uint32_t line_count = 0;
  bool has_occasion = false;  // one of voucher_code, slot_at, event_at and filed_by was seen
};

// False: `message` is not an AuthorizeRequest.
bool ParseAuthorizeRequest(std::string_view message, AuthorizeFields* fields);

// What a command of lines, an occasion, an advice, a close or an inquiry points to: what was
// asked, and room for what the answer tells beside the transaction.
struct Attachment {
  AdviceRequest advice;
  OccasionRequest occasion;
  std::vector<LineItem> lines;
  std::vector<ReturnedLine> returned_lines;
  Details details;
};

// What a request becomes.  `transport_data` points into what was parsed.
struct TerminalCall {
  Command command;
  std::string_view transport_data;
  // Where the command points to, when it has or asks for what they hold.  They are large
  // (an attachment 4 KB), so a call has them only then.
  std::unique_ptr<Explanation> explanation;
  std::unique_ptr<EntitlementList> entitlements;
  std::unique_ptr<Attachment> attachment;
};

// False: *refusal says why.  `path` stands before the names of fields, as
// "authorize.".  Sets everything but the deadline.
bool ToCommand(const AuthorizeFields& fields,
               const Caller& caller,
               std::string_view path,
               CommandKind kind,  // kAuthorize or kQuote
               Command* command,
               Refusal* refusal,
               std::unique_ptr<Attachment>* attachment,  // made when the command points to it
               // Where the checks go; none = nowhere, and `explain` is refused.
               Explanation* explanation = nullptr);

// The unary calls, from the bytes of their request message, which outlive the call.
bool ToCommand(CommandKind kind,
               std::string_view message,
               const Caller& caller,
               TerminalCall* call,
               Refusal* refusal);

// True: no decision was made, *refusal says why.
bool IsRefused(const Command& command, const Result& result, Refusal* refusal);

// Most bytes that any of the replies below takes, without checks and entitlements, which
// see to their own room.
inline constexpr size_t kReplyBytesMax = 16'384;

// Appends the fields of a gonghui.v1.Transaction.  REQUIRES: kReplyBytesMax of
// room, a decision.
void AppendTransaction(const Ledger& names,
                       const Command& command,
                       const Result& result,
                       WireWriter* writer);

// Appends the fields of the reply to the unary call `command` (for kAuthorize, of
// AuthorizeResponse).  REQUIRES: as AppendTransaction().
void AppendReply(const Ledger& names,
                 const Command& command,
                 const Result& result,
                 std::string_view transport_data,
                 WireWriter* out);

// Appends the fields of gonghui.v1.GetEntitlementsResponse, which are also those of
// GetMemberEntitlementsResponse.  REQUIRES: a decision about entitlements.
void AppendEntitlements(const Ledger& names,
                        const Command& command,
                        const Result& result,
                        WireWriter* out);

// The request field that a verdict is about, as it is called in the proto.
std::string_view FieldName(Field field);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_TRANSLATE_H_
