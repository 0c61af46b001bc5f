// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What may go wrong in a simulation, each of which can be left out.

#ifndef GONGHUI_TESTS_SIMULATION_SIM_FAULTS_H_
#define GONGHUI_TESTS_SIMULATION_SIM_FAULTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace gonghui {

enum class SimFault : uint8_t {
  // The network, and those who use it.
  kLostRequest,
  kLostReply,
  kDuplicate,   // a request comes twice
  kReordering,  // a message is overtaken
  kRetry,       // a terminal has waited long enough, and asks the same again
  kReversal,    // likewise, and takes back what it asked for
  kOffline,     // a terminal's messages wait for hours
  kOverload,    // the engine takes no more, for a moment
  // The machine.
  kPowerCut,   // between two calls of the disk
  kCutInCall,  // in the midst of one
  kCutInRecovery,
  kOrderlyStop,
  kClockJump,
  // The disk.
  kFailedWrite,  // of any port, done or not
  kTornWrite,    // of the archive: a part of it is there
  kDiskFull,
  kBlockRot,  // a bit of a journal's block
  kBlockMisplaced,
  kBlockLost,
  kPageRot,    // of a checkpoint; the store's checksum tells
  kPageStale,  // an older page where the newest should be; no checksum tells
  kArchiveRot,
  // The engine.
  kTablesFull,  // its limits are reached; what needs another row is refused
};
inline constexpr size_t kSimFaultCount = 23;

[[nodiscard]] const char* NameOf(SimFault fault);

// How often each has struck: what was armed and met nobody does not count.
using FaultCounts = std::array<uint64_t, kSimFaultCount>;
// " lost_request=3 lost_reply=0 ...": each has its place, also what never struck.
[[nodiscard]] std::string TextOf(const FaultCounts& counts);

// Which may strike.
class SimFaults {
 public:
  constexpr SimFaults() = default;
  [[nodiscard]] static constexpr SimFaults All() {
    SimFaults all;
    all.bits_ = (uint32_t{1} << kSimFaultCount) - 1;
    return all;
  }
  [[nodiscard]] constexpr bool Has(SimFault fault) const { return (bits_ & BitOf(fault)) != 0; }
  [[nodiscard]] constexpr SimFaults Without(SimFault fault) const {
    SimFaults fewer = *this;
    fewer.bits_ &= ~BitOf(fault);
    return fewer;
  }
  [[nodiscard]] constexpr uint32_t bits() const { return bits_; }
  [[nodiscard]] static constexpr SimFaults OfBits(uint32_t bits) {
    SimFaults faults;
    faults.bits_ = bits & All().bits_;
    return faults;
  }

 private:
  static constexpr uint32_t BitOf(SimFault fault) {
    return uint32_t{1} << static_cast<uint32_t>(fault);
  }
  uint32_t bits_ = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_SIMULATION_SIM_FAULTS_H_
