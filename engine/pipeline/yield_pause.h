// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// When the ledger thread may give its core away before a small block is synced.
//
// Whoever waits for the core may be a lane that has more for the block: then groups are larger
// and syncs fewer.  But it may be anybody (an import, a merge, another program), who keeps it for
// some of the scheduler's slices, milliseconds, while every call waits.  After such a yield in
// vain there is a pause.  It is the longer the more of the time that went into yields was in
// vain: beside an import nearly all is, and yields become rare; where lanes take the core, one in
// vain now and then (a machine whose cores are slow for a moment is enough) costs little more than
// itself, and groups stay nearly as large.
//
// Thread safety: the ledger thread alone.

#ifndef GONGHUI_ENGINE_PIPELINE_YIELD_PAUSE_H_
#define GONGHUI_ENGINE_PIPELINE_YIELD_PAUSE_H_

#include <algorithm>
#include <cstdint>

namespace gonghui {

class YieldPause {
 public:
  // So long it takes to give way to somebody who does not read commands: a slice or more.
  static constexpr int64_t kLongNs = 3'000'000;
  // A lane that has the core reads one in less.
  static constexpr int64_t kCommandComesNs = 30'000;
  // Where all is in vain, the pause is so many times the yield, at most so long.
  static constexpr int64_t kFactor = 60;
  static constexpr int64_t kPauseNsMax = 5'000'000'000;
  // The share in vain is that of about so many yields, the last ones weighing most.
  static constexpr int64_t kYieldsLookedAt = 16;

  // Instants are of the monotonic clock.
  [[nodiscard]] bool MayYield(int64_t now_ns) const { return now_ns >= again_ns_; }

  // A yield that began then took so long, and so many live commands came in it.
  void Yielded(int64_t begin_ns, int64_t took_ns, int64_t commands) {
    const bool in_vain = took_ns >= kLongNs && commands * kCommandComesNs < took_ns;
    all_ns_ += took_ns - all_ns_ / kYieldsLookedAt;
    in_vain_ns_ += (in_vain ? took_ns : 0) - in_vain_ns_ / kYieldsLookedAt;
    if (in_vain) {
      // Squared, so that one among many is let off, and one of many like it is not.
      const double share = static_cast<double>(in_vain_ns_) / static_cast<double>(all_ns_);
      const double pause_ns = share * share * kFactor * static_cast<double>(took_ns);
      again_ns_ =
          begin_ns + static_cast<int64_t>(std::min(pause_ns, static_cast<double>(kPauseNsMax)));
    }
  }

 private:
  int64_t again_ns_ = 0;
  // Sums in which each yield counts for a sixteenth less with every later one.
  int64_t all_ns_ = 0;
  int64_t in_vain_ns_ = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PIPELINE_YIELD_PAUSE_H_
