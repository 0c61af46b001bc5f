// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// record: events one after another, as a block holds them
//
// Bytes that may have been damaged or forged are refused, or they are events that can be
// written and read again.  Nothing is read outside them.
//
//   input := records

#include <cstddef>
#include <cstdint>
#include <span>

#include "tests/fuzz/stored_event.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gonghui;  // NOLINT
  (void)ReadEvents({data, size}, /*seq=*/1, /*count=*/UINT32_MAX, &CheckWritable);
  return 0;
}
