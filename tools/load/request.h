// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Makes AuthorizeRequests as bytes, and remembers of each what its answer must
// agree with.

#ifndef GONGHUI_TOOLS_LOAD_REQUEST_H_
#define GONGHUI_TOOLS_LOAD_REQUEST_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "engine/base/prng.h"
#include "tools/load/workload.h"

namespace gonghui::load {

struct Earlier;

// One request that was sent, or is about to be.
struct Sent {
  std::array<char, 36> request_id{};  // a UUID in text
  uint32_t terminal = 0;              // index into the workload
  uint32_t card = 0;                  // likewise
  uint32_t stan = 0;
  bool capture = true;
  int64_t list_price_fen = 0;
  // Set when this request was sent before: then the answer must be that one.
  std::shared_ptr<const Earlier> earlier;

  [[nodiscard]] std::string_view request_id_text() const {
    return {request_id.data(), request_id.size()};
  }
};

// A request with its first answer.
struct Earlier {
  Sent sent;
  // The bytes of AuthorizeResponse.transaction; empty: it was answered before our time.
  std::string transaction;
};

// Answered requests to send again: a bounded sample of the recent ones.
// Thread safety: any thread may call anything (with an open loop one thread sends
// and another receives).
class RepeatBook {
 public:
  explicit RepeatBook(size_t entries_max) : entries_max_(entries_max) {}

  void Add(std::shared_ptr<const Earlier> entry);
  // Any of them; null while there is none.
  std::shared_ptr<const Earlier> Pick(uint64_t random) const;

 private:
  const size_t entries_max_;
  mutable std::mutex mutex_;
  size_t next_ = 0;                                      // mutex_
  std::vector<std::shared_ptr<const Earlier>> entries_;  // mutex_
};

// Requests that the server answered long before this run (gonghui-bulkload --ids-file), one
// after the other, and from the beginning when all were sent.
// Thread safety: any thread.
class OldIds {
 public:
  // From a CSV file with terminal_id, request_id, card_number and amount_fen, all of them
  // sales without a trace number, of cards and terminals of the workload.
  static absl::StatusOr<std::shared_ptr<OldIds>> Load(const std::string& file,
                                                      const Workload& workload);

  std::shared_ptr<const Earlier> Next() {
    return entries_[next_.fetch_add(1, std::memory_order_relaxed) % entries_.size()];
  }
  [[nodiscard]] size_t size() const { return entries_.size(); }

 private:
  std::vector<std::shared_ptr<const Earlier>> entries_;
  std::atomic<size_t> next_{0};
};

// What is asked for; see --help.
struct RequestMix {
  uint32_t holds_percent = 0;
  uint32_t repeat_percent = 0;
  bool full_price_if_no_benefit = false;
  PriceRange prices;                // 0,0 = what is usual for the terminal's merchant
  std::shared_ptr<OldIds> old_ids;  // when there are, nothing else is sent
};

// No request takes more bytes than this.
inline constexpr size_t kRequestBytesMax = 192;

// Of these, the fields that say when it was sent.
inline constexpr size_t kTimesBytesMax = 40;

// Writes those fields at `out`; returns their end.
char* EncodeTimes(int64_t now_ns, char* out);

// Writes `sent` as a serialised AuthorizeRequest at `out`; returns its end.
char* EncodeRequest(const Workload& workload,
                    const RequestMix& mix,
                    const Sent& sent,
                    std::string_view times,
                    char* out);

// Thread safety: none; one thread makes requests.
class RequestMaker {
 public:
  // Makers with different (seed, stream) make different requests.
  RequestMaker(const Workload& workload,
               const CardPicker& picker,
               const RequestMix& mix,
               const RepeatBook* book,
               uint64_t seed,
               uint64_t stream)
      : workload_(workload), picker_(picker), mix_(mix), book_(book), prng_(Mix64(seed) + stream) {}

  // Chooses the next request.
  void Choose(Sent* sent);

  char* Encode(const Sent& sent, int64_t now_ns, char* out) {
    if (now_ns != times_ns_) {
      times_ns_ = now_ns;
      times_size_ = static_cast<size_t>(EncodeTimes(now_ns, times_) - times_);
    }
    return EncodeRequest(workload_, mix_, sent, {times_, times_size_}, out);
  }

 private:
  const Workload& workload_;
  const CardPicker& picker_;
  const RequestMix mix_;
  const RepeatBook* const book_;
  Prng prng_;
  uint32_t stan_ = 0;
  // Encoded once for all requests of a message.
  int64_t times_ns_ = -1;
  size_t times_size_ = 0;
  char times_[kTimesBytesMax] = {};
};

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_REQUEST_H_
