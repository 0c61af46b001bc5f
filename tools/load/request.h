// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Makes requests as bytes, and remembers of each what its answer must agree with.

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
#include "tools/load/card_picker.h"
#include "tools/load/workload.h"

namespace gonghui::load {

struct Earlier;
class LifeBook;

// What is done.  The first three are authorizations; the rest follow one up that was held.
enum class Step : uint8_t {
  kSale,
  kTap,  // a sale at a gate of local transport
  kHold,
  kCapture,
  kReversal,
  kRefund
};
inline constexpr size_t kStepCount = 6;

inline constexpr size_t kTransactionIdBytes = 12;

// The hold that a follow-up is about, as far as its answers told.
struct Original {
  std::array<char, 36> request_id{};
  std::array<char, kTransactionIdBytes> transaction_id{};
  // What is held; once it is captured, what was.
  int64_t list_price_fen = 0;
  int64_t subsidy_fen = 0;

  [[nodiscard]] std::string_view request_id_text() const {
    return {request_id.data(), request_id.size()};
  }
  [[nodiscard]] std::string_view transaction_id_text() const {
    return {transaction_id.data(), transaction_id.size()};
  }
};

// One request that was sent, or is about to be.
struct Sent {
  std::array<char, 36> request_id{};  // a UUID in text
  uint32_t terminal = 0;              // index into the workload
  uint32_t card = 0;                  // likewise; of an authorization
  uint32_t stan = 0;
  Step step = Step::kSale;
  int64_t list_price_fen = 0;  // of a follow-up: of the original, as much as it is about
  // Set when this request was sent before: then the answer must be that one.
  std::shared_ptr<const Earlier> earlier;
  // Set in a follow-up, and only there.
  std::shared_ptr<const Original> original;

  // A sale or a hold?
  [[nodiscard]] bool capture() const { return step == Step::kSale || step == Step::kTap; }
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

// A request may ask for no more: 31 days.
inline constexpr uint32_t kRequestHoldSecondsMax = 31 * 86'400;

// What is asked for; see --help.
struct RequestMix {
  // Of new authorizations.
  uint32_t gate_percent = 0;       // taps; when there are, the others are elsewhere
  uint32_t lifecycle_percent = 0;  // holds that are followed up: life.h
  uint32_t holds_percent = 0;      // of the rest
  uint32_t repeat_percent = 0;
  uint32_t hold_seconds = 0;  // of every hold; 0 = the benefit's own
  bool full_price_if_no_benefit = false;
  PriceRange prices;                // 0,0 = what is usual for the terminal's merchant
  std::shared_ptr<OldIds> old_ids;  // when there are, nothing else is sent
};

// Whether the workload has what the mix asks for.
absl::Status CheckMix(const RequestMix& mix, const Workload& workload);

// No request takes more bytes than this.
inline constexpr size_t kRequestBytesMax = 192;

// Of these, the fields that say when it was sent.
inline constexpr size_t kTimesBytesMax = 40;

// Writes those fields at `out`; returns their end.
char* EncodeTimes(int64_t now_ns, char* out);

// Writes `sent`, an authorization, as a serialised AuthorizeRequest at `out`; returns its end.
char* EncodeRequest(const Workload& workload,
                    const RequestMix& mix,
                    const Sent& sent,
                    std::string_view times,
                    char* out);

// Writes `sent`, a follow-up, as the request of its method.
char* EncodeFollowUp(const Workload& workload, const Sent& sent, int64_t now_ns, char* out);

// Thread safety: none; one thread makes requests.
class RequestMaker {
 public:
  // Makers with different (seed, stream) make different requests.  `lives`: of those that
  // go on, when there are any.
  RequestMaker(const Workload& workload,
               const CardPicker& picker,
               const RequestMix& mix,
               const RepeatBook* book,
               uint64_t seed,
               uint64_t stream,
               LifeBook* lives = nullptr)
      : workload_(workload),
        picker_(picker),
        mix_(mix),
        book_(book),
        lives_(lives),
        prng_(Mix64(seed) + stream) {}

  // Chooses the next request.
  void Choose(Sent* sent);

  char* Encode(const Sent& sent, int64_t now_ns, char* out) {
    if (sent.original != nullptr) {
      return EncodeFollowUp(workload_, sent, now_ns, out);
    }
    if (now_ns != times_ns_) {
      times_ns_ = now_ns;
      times_size_ = static_cast<size_t>(EncodeTimes(now_ns, times_) - times_);
    }
    return EncodeRequest(workload_, mix_, sent, {times_, times_size_}, out);
  }

 private:
  bool ChooseEarlier(Sent* sent);
  bool ChooseFollowUp(Sent* sent);
  void ChooseStepAndTerminal(Sent* sent);
  void Name(Sent* sent);

  const Workload& workload_;
  const CardPicker& picker_;
  const RequestMix mix_;
  const RepeatBook* const book_;
  LifeBook* const lives_;
  Prng prng_;
  uint32_t stan_ = 0;
  // Encoded once for all requests of a message.
  int64_t times_ns_ = -1;
  size_t times_size_ = 0;
  char times_[kTimesBytesMax] = {};
};

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_REQUEST_H_
