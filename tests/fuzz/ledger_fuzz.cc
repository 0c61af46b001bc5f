// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// ledger: any sequence of commands
//
// No invariant breaks, ledger and model agree, and what was journalled can be read back and
// replayed to the same state (no poison pill).
//
// GONGHUI_FUZZ_TRACE=1 tells each command and its answer.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>

#include "tests/fuzz/command_bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool trace = std::getenv("GONGHUI_FUZZ_TRACE") != nullptr;
  const std::span<const uint8_t> bytes(data, size);
  if (trace) {
    std::cerr << gonghui::RunCommandBytes(bytes, &std::cerr).problem << "\n";
    return 0;
  }
  const gonghui::CommandBytesOutcome outcome = gonghui::RunCommandBytes(bytes, nullptr);
  if (!outcome.problem.empty()) {
    gonghui::RunCommandBytes(bytes, &std::cerr);
    std::cerr << outcome.problem << std::endl;
    std::abort();
  }
  return 0;
}
