// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What members do on simulated days: made up by a profile, or as on a day that was recorded.
// The same registry and seed give the same visits on every machine.

#ifndef GONGHUI_ENGINE_BACKTEST_VISITS_H_
#define GONGHUI_ENGINE_BACKTEST_VISITS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <absl/status/status.h>

#include "engine/base/prng.h"
#include "engine/domain/calendar.h"
#include "engine/domain/event.h"
#include "engine/domain/ids.h"
#include "engine/domain/line.h"
#include "engine/domain/money.h"
#include "engine/domain/programme.h"
#include "engine/ledger/ledger.h"

namespace gonghui {

inline constexpr uint64_t kVisitsMax = 20'000'000;  // of one simulation
inline constexpr uint32_t kSimulatedDaysMax = 366;
inline constexpr uint32_t kVisitsPerThousandMax = 100'000;

struct SimulationProfile {
  // Of a kind of merchant: a uniform price, and how often it is chosen beside the others.
  struct Place {
    MccRange mccs;
    uint32_t parts = 1;
    Fen price_min;
    Fen price_max;
  };

  uint64_t seed = 1;
  uint32_t visits_per_thousand = 1'000;  // members and day
  // Empty: every terminal alike, at 1 to 50 yuan.
  std::vector<Place> places;
  // How busy each hour of the calendar's clock is, beside the others; all zero = 6 to 22
  // o'clock alike.
  std::array<uint32_t, 24> hours{};
};

struct Visit {
  TimestampNs at;
  CardNumber card;
  TerminalRow terminal;
  Fen price;
  bool hold = false;  // held and then captured, as far as it was; else captured at once
  Fen captured;
  std::span<const LineItem> lines;
};

// Visits of a profile, in order of time.
class ProfileVisits {
 public:
  ProfileVisits(const SimulationProfile& profile, const Calendar& calendar);

  // Looks at who has a card and where there are terminals.  INVALID_ARGUMENT says what is
  // missing.
  absl::Status Begin(const Ledger& ledger, CivilDay first_day, uint32_t days);
  [[nodiscard]] uint64_t total() const { return per_day_ * days_; }
  // False: that was the last.
  [[nodiscard]] bool Next(Visit* visit);
  // The same once more.
  void Restart();

 private:
  struct Place {
    Fen price_min;
    Fen price_max;
    uint64_t parts_until = 0;  // this place and those before it
    std::vector<TerminalRow> terminals;
  };

  absl::Status FindPlaces(const Ledger& ledger);
  void FindCards(const Ledger& ledger);
  void EnterHour();

  const SimulationProfile profile_;
  const Calendar calendar_;
  Prng prng_;
  std::vector<Place> places_;
  std::vector<CardNumber> cards_;
  CivilDay first_day_ = 0;
  uint32_t days_ = 0;
  uint64_t per_day_ = 0;
  std::array<uint64_t, 24> by_hour_{};
  uint32_t day_index_ = 0;
  uint32_t hour_ = 0;
  uint64_t in_hour_ = 0;  // done of this hour
  int64_t hour_starts_ns_ = 0;
  int64_t last_ns_ = 0;
};

// A recorded day's sales and holds, repeated day by day at the same time of the day; those
// with an occasion (codes, appointments, claims) are left out.
class RecordedVisits {
 public:
  RecordedVisits(const Calendar& calendar, CivilDay day);

  // Every event of the journal, in order.
  void Record(const Event& event);
  absl::Status Begin(CivilDay first_day, uint32_t days);
  [[nodiscard]] uint64_t total() const { return samples_.size() * days_; }
  // Authorizations of the day with a shown code, an appointment or a claim: left out.
  [[nodiscard]] uint64_t unplayed() const { return unplayed_; }
  [[nodiscard]] bool Next(Visit* visit);
  void Restart();

 private:
  struct Sample {
    int64_t offset_ns = 0;  // from the day's start
    uint64_t seq = 0;
    CardNumber card;
    Fen price;
    Fen captured;
    TerminalRow terminal;
    uint32_t first_line = 0;
    uint8_t line_count = 0;
    bool hold = false;
  };

  [[nodiscard]] Sample* Find(uint64_t seq);
  void Add(const Event& event);

  const Calendar calendar_;
  const TimestampNs from_;
  const TimestampNs to_;
  bool too_many_ = false;
  uint64_t unplayed_ = 0;
  std::vector<Sample> samples_;
  std::vector<LineItem> lines_;
  CivilDay first_day_ = 0;
  uint32_t days_ = 0;
  uint32_t day_index_ = 0;
  size_t next_ = 0;
  int64_t last_ns_ = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BACKTEST_VISITS_H_
