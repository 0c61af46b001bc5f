// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The places that a lane has for streams, and whose stream gives way when all are taken.
//
// A stream on which nothing is said costs its client nothing and holds a place here, so one
// terminal could hold them all and keep everybody else out.  None has a limit of its own: one
// certificate may stand for the gates of a whole station, and while there is room they are welcome.
// When there is none, whoever has the most gives one up to who would still have fewer.  That
// comes to equal shares and stays there: between equals nobody gives way.

#ifndef GONGHUI_ENGINE_SERVER_STREAM_PLACES_H_
#define GONGHUI_ENGINE_SERVER_STREAM_PLACES_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "engine/domain/ids.h"

namespace gonghui {

// One thread.  Owns nothing.  A Stream has terminal(), which stays the same; CanGiveWay(), whether
// it may be ended for another's sake; and answer_age(), which is lower the longer it is silent.
template <class Stream>
class StreamPlaces {
 public:
  explicit StreamPlaces(size_t places_max) : places_max_(places_max) {}

  [[nodiscard]] bool AllTaken() const { return streams_.size() >= places_max_; }
  // In no order.
  [[nodiscard]] const std::vector<Stream*>& streams() const { return streams_; }
  [[nodiscard]] int64_t CountOf(const TerminalId& terminal) const {
    const auto found = counts_.find(terminal.words);
    return found == counts_.end() ? 0 : found->second;
  }

  // One more than there are is for who decides which of them is to go.
  void Take(Stream* stream) {
    streams_.push_back(stream);
    ++counts_[stream->terminal().words];
  }

  // Without effect on one that has no place.
  void Leave(Stream* stream) {
    const auto place = std::find(streams_.begin(), streams_.end(), stream);
    if (place == streams_.end()) {
      return;
    }
    *place = streams_.back();
    streams_.pop_back();
    const auto count = counts_.find(stream->terminal().words);
    if (--count->second == 0) {
      counts_.erase(count);
    }
  }

  // For a stream more of that terminal: of who has the most of those that can give way, the one
  // that has been silent for the longest.  None when nobody has more than it would.
  [[nodiscard]] Stream* WhoGivesWayTo(const TerminalId& terminal) const {
    int64_t most = CountOf(terminal) + 1;
    Stream* found = nullptr;
    // Where all have their share, which is soon, it is not looked for among all streams each time.
    if (std::none_of(counts_.begin(), counts_.end(), [most](const auto& each) {
          return each.second > most;
        })) {
      return nullptr;
    }
    for (Stream* const stream : streams_) {
      const int64_t count = CountOf(stream->terminal());
      const bool silent_longer =
          found != nullptr && count == most && stream->answer_age() < found->answer_age();
      if ((count > most || silent_longer) && stream->CanGiveWay()) {
        most = count;
        found = stream;
      }
    }
    return found;
  }

 private:
  // Fixed at construction.
  const size_t places_max_;

  std::vector<Stream*> streams_;
  absl::flat_hash_map<std::array<uint64_t, 2>, int64_t> counts_;  // by terminal; none is zero
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_STREAM_PLACES_H_
