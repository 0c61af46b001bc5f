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
#include <string>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/event.h"
#include "engine/domain/result.h"
#include "engine/ledger/ledger.h"
#include "tests/testing/city.h"

namespace gonghui {

enum class DeedKind : uint8_t { kSale, kHold, kCapture, kReversal };

// What a terminal asks for once, and perhaps again.  Its number is its request id.  There are
// millions, so it is small.
struct Deed {
  DeedKind kind = DeedKind::kSale;
  bool decided : 1 = false;
  bool approved : 1 = false;
  bool acknowledged : 1 = false;
  // Of a sale or hold: what became of it since.
  bool captured : 1 = false;
  bool reversed : 1 = false;  // also before it came: then it is declined
  uint16_t merchant = 0;
  uint16_t member = 0;
  uint16_t price_fen = 0;
  int32_t day = 0;        // of the member's limit, in the city's zone
  uint32_t original = 0;  // of a capture or reversal
  uint32_t seq = 0;       // of the event that decided it

  [[nodiscard]] bool is_authorization() const {
    return kind == DeedKind::kSale || kind == DeedKind::kHold;
  }
  // Something of a fund and a use of the member's are taken.
  [[nodiscard]] bool stands() const {
    return is_authorization() && decided && approved && !reversed;
  }
};

class RushBook {
 public:
  RushBook(const CityOptions& city, uint16_t shard);

  [[nodiscard]] uint32_t size() const { return static_cast<uint32_t>(deeds_.size()); }
  [[nodiscard]] const Deed& deed(uint32_t number) const { return deeds_[number]; }
  uint32_t Add(const Deed& deed);
  // The command that asks for it; an inquiry for it.
  [[nodiscard]] Command CommandOf(uint32_t number) const;
  [[nodiscard]] Command InquiryFor(uint32_t number) const;

  // The engine decided it: does what it should, and says what is otherwise.
  void OnDecision(uint32_t number, TimestampNs now, const Event& event, const Result& result);
  void OnInquiry(uint32_t number, const Event& event, const Result& result);
  void Acknowledge(uint32_t number) { deeds_[number].acknowledged = true; }
  // What came after this event never was.  Those that it takes back are in `undone`.
  void GoBackTo(uint64_t seq, std::vector<uint32_t>* undone);
  // What is durable can not be taken back any more.
  void ForgetChangesUpTo(uint64_t seq);
  // Its sums against the ledger's.
  void Compare(const Ledger& ledger, const char* when);
  // Its sums against its deeds, of which they are kept.
  void CheckItself();

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
  struct Sums {
    std::vector<Fund> funds;     // by number - 1
    std::vector<uint16_t> uses;  // by member, on day_
    friend bool operator==(const Sums&, const Sums&) = default;
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
  void CompareTold(uint32_t number, const Result& result);
  // What the deed takes, as it stands: times 1 or -1.
  void Count(const Deed& deed, int times, Sums* sums) const;
  [[nodiscard]] size_t FundFor(const Deed& deed) const;
  [[nodiscard]] static int64_t SubsidyOf(const Deed& deed) { return deed.price_fen / 10; }
  void Differs(uint32_t number, const char* what, const Result& result);

  const CityOptions city_;
  const uint16_t shard_;
  std::vector<TerminalId> terminals_;  // by merchant
  std::vector<Deed> deeds_;
  Sums sums_;
  int32_t day_ = 0;
  // Those from first_change_ on are not durable yet, in order.
  std::vector<Change> changes_;
  size_t first_change_ = 0;
  std::string problem_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_SIMULATION_RUSH_BOOK_H_
