// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads an answer and says whether it is right.  No run of the load generator
// goes without: a fast server that answers wrongly must not look fast.

#ifndef GONGHUI_TOOLS_LOAD_ANSWER_H_
#define GONGHUI_TOOLS_LOAD_ANSWER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/load/request.h"
#include "tools/load/workload.h"

namespace gonghui::load {

// What the check looks at in an AuthorizeResponse, or in the response to a follow-up, which
// has the same fields.  The texts point into the bytes that were read.
struct Answer {
  std::string_view transaction;
  std::string_view transaction_id;
  std::string_view request_id;
  std::string_view terminal_id;
  std::string_view merchant_id;
  std::string_view approval_code;
  std::string_view original_transaction_id;
  uint32_t kind = 0;
  uint32_t outcome = 0;
  uint32_t reason = 0;
  uint32_t state = 0;
  uint32_t stan = 0;
  bool decided_at = false;
  bool original_found = false;
  bool idempotent_replay = false;
  bool limits_add_up = true;  // each has max = used + held + left
  int64_t list_price_fen = 0;
  int64_t member_pays_fen = 0;
  int64_t subsidy_fen = 0;
  int64_t applied_fen = 0;  // sum of applied_benefits
  uint32_t applied_count = 0;
  int64_t captured_fen = 0;
};

// False when the bytes are not a message.
bool ReadAnswer(std::string_view response, Answer* answer);

// What is wrong with an answer; empty when nothing is.
std::string_view WrongWith(const Answer& answer, const Sent& sent, const Workload& workload);

// One result of an AuthorizeStreamResponse.
struct StreamResult {
  std::string_view response;  // AuthorizeResponse; empty with an error
  bool has_response = false;
  bool has_error = false;
  uint32_t error_code = 0;  // gRPC code
};

// Splits a message into its results; false when the bytes are not a message.
bool ReadStreamResults(std::string_view message, std::vector<StreamResult>* results);

// For people: the request and the answer as text, `problem` above.
std::string DescribeWrong(std::string_view problem,
                          const Sent& sent,
                          const Workload& workload,
                          std::string_view response);

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_ANSWER_H_
