// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/simulation/sim_faults.h"

#include <absl/strings/str_cat.h>

namespace gonghui {

const char* NameOf(SimFault fault) {
  switch (fault) {
    case SimFault::kLostRequest:
      return "lost_request";
    case SimFault::kLostReply:
      return "lost_reply";
    case SimFault::kDuplicate:
      return "duplicate";
    case SimFault::kReordering:
      return "reordering";
    case SimFault::kRetry:
      return "retry";
    case SimFault::kReversal:
      return "reversal";
    case SimFault::kOffline:
      return "offline";
    case SimFault::kOverload:
      return "overload";
    case SimFault::kPowerCut:
      return "power_cut";
    case SimFault::kCutInCall:
      return "cut_in_call";
    case SimFault::kCutInRecovery:
      return "cut_in_recovery";
    case SimFault::kOrderlyStop:
      return "orderly_stop";
    case SimFault::kClockJump:
      return "clock_jump";
    case SimFault::kFailedWrite:
      return "failed_write";
    case SimFault::kTornWrite:
      return "torn_write";
    case SimFault::kDiskFull:
      return "disk_full";
    case SimFault::kBlockRot:
      return "block_rot";
    case SimFault::kBlockMisplaced:
      return "block_misplaced";
    case SimFault::kBlockLost:
      return "block_lost";
    case SimFault::kPageRot:
      return "page_rot";
    case SimFault::kPageStale:
      return "page_stale";
    case SimFault::kArchiveRot:
      return "archive_rot";
    case SimFault::kTablesFull:
      return "tables_full";
  }
  return "?";
}

std::string TextOf(const FaultCounts& counts) {
  std::string text;
  for (size_t i = 0; i < kSimFaultCount; ++i) {
    absl::StrAppend(&text, " ", NameOf(static_cast<SimFault>(i)), "=", counts[i]);
  }
  return text;
}

}  // namespace gonghui
