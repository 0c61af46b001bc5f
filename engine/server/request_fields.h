// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The fields that requests of terminals have in common: each is read here, by one rule,
// whichever call it comes with.  Internal to translate_*.cc.

#ifndef GONGHUI_ENGINE_SERVER_REQUEST_FIELDS_H_
#define GONGHUI_ENGINE_SERVER_REQUEST_FIELDS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/limits.h"
#include "engine/server/refusal.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"
#include "engine/server/wire.h"
#include "gonghui/v1/authorization_service.pb.h"

namespace gonghui {

// Collects what is wrong with a request.  Costs nothing while nothing is.
class Violations {
 public:
  // As many as a status has room for: gRPC's clients take 8 KiB of trailers.
  static constexpr size_t kToldMax = 16;

  explicit Violations(std::string_view path) : path_(path) {}

  [[nodiscard]] bool none() const { return found_.empty(); }

  // What stands before the names from here on, as "authorize.".
  void Enter(std::string_view path) { path_ = path; }

  [[gnu::cold]] void Add(std::string_view field, std::string_view description) {
    if (found_.size() < kToldMax) {
      found_.push_back({std::string(path_) + std::string(field), std::string(description)});
    } else {
      ++untold_;
    }
  }

  Refusal ToRefusal() { return InvalidArgument(std::move(found_), untold_); }

 private:
  std::string_view path_;
  std::vector<FieldViolation> found_;
  size_t untold_ = 0;
};

inline constexpr std::string_view kIdRule = "must be 1 to 16 characters of [A-Za-z0-9._:-]";
inline constexpr std::string_view kCodeRule = "must be 1 to 32 characters of [A-Za-z0-9._:-]";
inline constexpr std::string_view kUuidRule =
    "must be a UUID, 8-4-4-4-12 hexadecimal digits, not all of them 0";
inline constexpr std::string_view kInstantRule = "must be an instant from 2000 to 2199";

inline void ReadRequestId(std::string_view text,
                          std::string_view field,
                          Violations* violations,
                          RequestId* id) {
  const std::optional<RequestId> parsed = ParseUuid(text);
  if (parsed.has_value()) [[likely]] {
    *id = *parsed;
  } else {
    violations->Add(field, text.empty() ? "is required: a UUID made by the caller" : kUuidRule);
  }
}

inline void ReadCard(std::string_view text, Violations* violations, CardNumber* card) {
  const std::optional<CardNumber> parsed = ParseCardNumber(text);
  if (parsed.has_value()) [[likely]] {
    *card = *parsed;
  } else {
    violations->Add("card_number", "must be 8 to 19 digits, the first not 0");
  }
}

// Who files, approves or rejects a claim is compared, so it is an account and no person's name.
inline constexpr std::string_view kOperatorNameRule =
    "must be an account name such as li.na: 1 to 32 characters of [A-Za-z0-9._:-] "
    "(用账号，如 li.na，不是姓名)";

// A person is one, however the name is written: in small letters.
inline std::optional<OperatorName> ParseOperatorName(std::string_view text) {
  std::string small(text);
  for (char& c : small) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return ParseCode<OperatorName>(small);
}

inline void CheckStan(uint32_t stan, Violations* violations) {
  if (stan > kStanMax) [[unlikely]] {
    violations->Add("stan", "must be 0 to 999999");
  }
}

// What a terminal may ask for; a benefit's own hold may be longer, for a claim's review.
inline constexpr uint32_t kRequestHoldSecondsMax = 31 * 86'400;

inline void ReadHold(uint32_t seconds, Violations* violations, uint32_t* hold_s) {
  if (seconds <= kRequestHoldSecondsMax) [[likely]] {
    *hold_s = seconds;
  } else {
    violations->Add("hold_seconds", "must be at most 2678400 seconds (31 days)");
  }
}

inline void CheckTransportData(size_t bytes, Violations* violations) {
  if (bytes > kTransportDataBytesMax) [[unlikely]] {
    violations->Add("transport_data", "must be at most 64 bytes");
  }
}

inline bool IsInstant(int64_t seconds, int64_t nanos) {
  return seconds >= kTimestampNsMin / kNsPerSecond && seconds < kTimestampNsMax / kNsPerSecond &&
         nanos >= 0 && nanos < kNsPerSecond;
}

inline void CheckTime(
    bool set, int64_t seconds, int64_t nanos, std::string_view field, Violations* violations) {
  if (set && !IsInstant(seconds, nanos)) [[unlikely]] {
    violations->Add(field, kInstantRule);
  }
}

// The terminal that the call is made for.  False: it is not the caller's; that
// is no violation of form and stands apart.
inline bool ReadTerminal(std::string_view text,
                         const Caller& caller,
                         Violations* violations,
                         TerminalId* terminal) {
  if (text.empty()) {
    if (caller.terminal.IsNone()) {
      violations->Add("terminal_id",
                      "is required: there is no certificate that names the terminal");
    }
    *terminal = caller.terminal;
    return true;
  }
  const std::optional<TerminalId> parsed = ParseCode<TerminalId>(text);
  if (!parsed.has_value()) [[unlikely]] {
    violations->Add("terminal_id", kIdRule);
    return true;
  }
  *terminal = *parsed;
  return caller.terminal.IsNone() || caller.terminal == *parsed;
}

Refusal AnotherTerminal(std::string_view path);
Refusal Malformed(std::string_view message_name);

constexpr uint32_t BytesTag(int field) {
  return WireTag(field, WireType::kBytes);
}
constexpr uint32_t VarintTag(int field) {
  return WireTag(field, WireType::kVarint);
}

// A google.protobuf.Timestamp in place.  False: it is none.
bool ReadTime(std::string_view message, AuthorizeFields::Time* time);

// REQUIRES: the time is set.
inline void ReadInstant(const AuthorizeFields::Time& time,
                        std::string_view field,
                        Violations* violations,
                        TimestampNs* at) {
  if (IsInstant(time.seconds, time.nanos)) {
    *at = TimestampNs{time.seconds * kNsPerSecond + time.nanos};
  } else {
    violations->Add(field, kInstantRule);
  }
}

// The last of the fields with this number; it keeps its place in the message: the reply
// echoes it from there.
std::string_view FindBytes(std::string_view message, int field);

// Requests into *command, what is wrong with them into *violations.  They leave the
// terminal alone, but for the first, which answers as ReadTerminal() does.
bool ReadAuthorize(const AuthorizeFields& fields,
                   const Caller& caller,
                   CommandKind kind,  // kAuthorize or kQuote
                   Violations* violations,
                   Command* command,
                   std::unique_ptr<Attachment>* attachment,
                   // Where the checks go; none = nowhere, and `explain` is refused.
                   Explanation* explanation);
void ReadCapture(const v1::CaptureRequest& request, Violations* violations, Command* command);
void ReadReverse(const v1::ReverseRequest& request, Violations* violations, Command* command);
void ReadRefund(const v1::RefundRequest& request,
                Violations* violations,
                Command* command,
                std::unique_ptr<Attachment>* attachment);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_REQUEST_FIELDS_H_
