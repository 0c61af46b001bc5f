// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a city in its rush hour should be told, reckoned apart from the engine and from the naive
// model: one benefit a merchant, a tenth of the price off, so many a member and day, as long as
// its fund lasts.  So little that it is exact and costs less than the engine, for simulations
// of many operations.
//
// Thread safety: none; a simulation has one thread.

#ifndef GONGHUI_TESTS_SIMULATION_RUSH_BOOK_H_
#define GONGHUI_TESTS_SIMULATION_RUSH_BOOK_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/event.h"
#include "engine/domain/result.h"
#include "engine/ledger/ledger.h"
#include "tests/testing/city.h"

namespace gonghui {

enum class DeedKind : uint8_t { kSale, kHold, kCapture, kReversal };

// What a terminal asks for once, and perhaps again.  Its number is its request id.
struct Deed {
  DeedKind kind = DeedKind::kSale;
  bool decided = false;
  bool approved = false;
  bool acknowledged = false;
  // Of a sale or hold: what became of it since.
  bool captured = false;
  bool reversed = false;        // also before it came: then it is declined
  bool found_original = false;  // of a reversal
  uint16_t merchant = 0;
  uint32_t member = 0;
  uint32_t price_fen = 0;
  uint32_t original = 0;  // of a capture or reversal
  int32_t day = 0;        // of the member's limit, in the city's zone
};

class RushBook {
 public:
  explicit RushBook(const CityOptions& city);

  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(deeds_.size()); }
  [[nodiscard]] const Deed& deed(uint32_t number) const { return deeds_[number]; }
  uint32_t Add(const Deed& deed);
  // The command that asks for it; an inquiry for it.
  [[nodiscard]] Command CommandOf(uint32_t number) const;
  [[nodiscard]] Command InquiryFor(uint32_t number) const;

  // The engine decided it: does what it should, and says what is otherwise.
  void OnDecision(const Command& command,
                  TimestampNs now,
                  const Event& event,
                  const Result& result);
  void OnInquiry(uint32_t number, const Result& result);
  void Acknowledge(uint32_t number) { deeds_[number].acknowledged = true; }
  // What came after this event never was.  Those that it takes back are in `undone`.
  void GoBackTo(uint64_t seq, std::vector<uint32_t>* undone);
  // What is durable can not be taken back any more.
  void ForgetChangesUpTo(uint64_t seq);
  void Compare(const Ledger& ledger, const char* when);

  [[nodiscard]] const std::string& problem() const { return problem_; }
  void Report(std::string problem) {
    if (problem_.empty()) {
      problem_ = std::move(problem);
    }
  }

 private:
  struct Fund {
    int64_t held = 0;
    int64_t spent = 0;

    friend bool operator==(const Fund&, const Fund&) = default;
  };
  // What a decision changed, as it was before.
  struct Change {
    uint64_t seq = 0;
    uint32_t number = 0;
    Deed before;
  };

  void Remember(uint64_t seq, uint32_t number);
  void PassTo(TimestampNs now);
  void Authorize(uint32_t number, uint64_t seq, const Result& result);
  void Follow(uint32_t number, uint64_t seq, const Result& result);
  void CompareRepeat(uint32_t number, const Result& result);
  void Recount();
  [[nodiscard]] Fund& FundFor(const Deed& deed);
  [[nodiscard]] static int64_t SubsidyOf(const Deed& deed) { return deed.price_fen / 10; }
  void Differs(uint32_t number, const char* what, const Result& result);

  const CityOptions city_;
  std::vector<Deed> deeds_;
  std::vector<Fund> funds_;     // by number - 1
  std::vector<uint16_t> uses_;  // by member, on day_
  int32_t day_ = 0;
  std::deque<Change> changes_;  // that are not durable yet, in order
  std::string problem_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_SIMULATION_RUSH_BOOK_H_
