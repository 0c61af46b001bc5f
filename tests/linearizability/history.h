// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What clients of a server did and saw: each operation with the instants of its
// call and its return, and what it was answered.  Nothing here knows how a server
// works.
//
// The world is small so that a specification of it can be exact (model.h): one
// benefit, half of the price, paid by one fund; perhaps a limit of uses a day for
// each member.  All amounts are even.

#ifndef GONGHUI_TESTS_LINEARIZABILITY_HISTORY_H_
#define GONGHUI_TESTS_LINEARIZABILITY_HISTORY_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <vector>

namespace gonghui::lin {

enum class Kind : uint8_t {
  kAuthorize,
  kCapture,
  kReverse,
  kInquire,       // what became of a request
  kLookAtMember,  // how often the member had the benefit today
  kLookAtFund,
};

constexpr bool IsRead(Kind kind) {
  return kind >= Kind::kInquire;
}

// What is asked.  The same id always comes with the same content.
struct Request {
  Kind kind = Kind::kAuthorize;
  uint16_t id = 0;        // from 0; inquiry: the id that it asks for
  uint16_t original = 0;  // capture, reversal: the authorization's id
  uint16_t member = 0;    // from 0; capture, reversal, inquiry: the authorization's
  uint16_t terminal = 0;  // from 0; of an authorization and of all that names it
  bool sale = false;
  bool final = false;      // capture
  int32_t amount_fen = 0;  // authorization: its price; capture, reversal: the part, 0 = all

  friend bool operator==(const Request&, const Request&) = default;
};

// As gonghui.v1.TransactionState.
enum class Standing : uint8_t {
  kNone = 0,
  kDeclined = 1,
  kPending = 2,
  kPartiallyCaptured = 3,
  kCaptured = 4,
  kReversed = 5,
  kCompleted = 7,
};

// As gonghui.v1.Reason.
enum class Why : uint16_t {
  kNone = 0,
  kOriginalNotFound = 221,
  kPreviouslyReversed = 222,
  kAlreadyCaptured = 223,
  kOriginalDeclined = 225,
  kExceedsAuthorizedAmount = 226,
  kFurtherActivity = 227,
  kLimit = 701,
  kBudget = 803,
};

// What was answered.  kUntold = the answer does not say.
inline constexpr int32_t kUntold = -1;
struct Answer {
  int32_t list_fen = 0;
  int32_t subsidy_fen = 0;
  int32_t captured_fen = 0;
  int32_t captured_subsidy_fen = 0;
  int32_t limit_used = kUntold;  // after an approval; of a limit that refused; of a look
  int32_t limit_held = kUntold;
  int32_t fund_needed_fen = kUntold;  // of a fund that refused
  int32_t fund_available_fen = kUntold;
  int32_t fund_held_fen = kUntold;  // of a look
  int32_t fund_spent_fen = kUntold;
  Why why = Why::kNone;
  Standing standing = Standing::kNone;
  bool found = true;  // inquiry
  bool approved = false;
  bool replay = false;
  bool original_found = false;
  uint8_t reserved = 0;  // no padding: models are compared by their bytes

  friend bool operator==(const Answer&, const Answer&) = default;
};
static_assert(std::has_unique_object_representations_v<Answer>);

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

struct Operation {
  uint16_t client = 0;
  Request request;
  int64_t call_ns = 0;
  // Without an answer: it happened until then, if at all.
  int64_t return_ns = kNever;
  std::optional<Answer> answer;
  // Of the decision that the answer tells; the server's claim.  0 = none was told.
  uint64_t seq = 0;
};
using History = std::vector<Operation>;

// Where a history begins.
struct World {
  int32_t uses_max = 0;    // of a member a day; 0 = there is no limit
  int32_t budget_fen = 0;  // 0 = the fund never runs out
  int32_t fund_held_fen = 0;
  int32_t fund_spent_fen = 0;
  uint16_t members = 0;
  uint16_t requests = 0;  // ids are below it
};

}  // namespace gonghui::lin

#endif  // GONGHUI_TESTS_LINEARIZABILITY_HISTORY_H_
