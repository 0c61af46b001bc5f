// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The specification: what one server, asked one thing after another, says of a few
// members and one fund.  Written from docs/decisions/0001-lifecycle.md, and from
// nothing in engine/.
//
// Everything is public: the planted bugs (simulated_server.h) reach into it.

#ifndef GONGHUI_TESTS_LINEARIZABILITY_MODEL_H_
#define GONGHUI_TESTS_LINEARIZABILITY_MODEL_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "tests/linearizability/history.h"

namespace gonghui::lin {

// What is known of one request id.
struct Record {
  Answer first;  // as it was decided
  // An authorization as it stands.
  int32_t list_fen = 0;
  int32_t subsidy_fen = 0;
  int32_t captured_fen = 0;
  int32_t captured_subsidy_fen = 0;
  Standing standing = Standing::kNone;
  bool decided = false;
  bool tombstone = false;  // reversed before it came
  bool is_authorization = false;
  bool sale = false;
  uint8_t reserved = 0;  // no padding
  uint16_t member = 0;
};
static_assert(std::has_unique_object_representations_v<Record>);

// A member's uses today.
struct Uses {
  int32_t used = 0;
  int32_t held = 0;
};

struct Model {
  explicit Model(const World& at_first);

  // Decides, and answers.
  Answer Apply(const Request& request);

  // Of the whole state; two that are equal are taken for the same state.
  [[nodiscard]] std::pair<uint64_t, uint64_t> Digest() const;

  World world;  // the fund's numbers as they stand
  std::vector<Record> records;
  std::vector<Uses> uses;

 private:
  Answer Authorize(const Request& request);
  Answer Capture(const Request& request);
  Answer Reverse(const Request& request);
  [[nodiscard]] Answer Inquire(const Request& request) const;
  [[nodiscard]] Answer LookAtMember(const Request& request) const;
  [[nodiscard]] int32_t available_fen() const;
};

}  // namespace gonghui::lin

#endif  // GONGHUI_TESTS_LINEARIZABILITY_MODEL_H_
