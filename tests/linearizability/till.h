// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// One client of a real server: a request of a round becomes a call, its reply an
// answer.

#ifndef GONGHUI_TESTS_LINEARIZABILITY_TILL_H_
#define GONGHUI_TESTS_LINEARIZABILITY_TILL_H_

#include <cstdint>
#include <memory>
#include <string>

#include "tests/linearizability/city.h"
#include "tests/linearizability/history.h"
#include "tests/recovery/server_process.h"

namespace gonghui::lin {

enum class Heard : uint8_t {
  kAnswer,
  kRefusal,       // RESOURCE_EXHAUSTED: nothing was decided
  kTooLate,       // the client stopped waiting
  kNoConnection,  // it broke, or there is no server any more
  kNonsense,      // what no server may say
};

struct Reply {
  Heard heard = Heard::kNonsense;
  Answer answer;
  uint64_t seq = 0;
  std::string words;  // of a call without an answer
};

// Thread safety: none.
class Till {
 public:
  // REQUIRES: the server runs.
  explicit Till(const ServerProcess& server);
  ~Till();
  Till(const Till&) = delete;
  Till& operator=(const Till&) = delete;

  // Waits for at most `patience_us`.
  Reply Ask(const RoundNames& names, const Request& request, int64_t patience_us);

 private:
  struct Stubs;
  const std::unique_ptr<Stubs> stubs_;
};

}  // namespace gonghui::lin

#endif  // GONGHUI_TESTS_LINEARIZABILITY_TILL_H_
