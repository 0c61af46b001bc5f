// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Appointments: which instants are slots, places, how long the hold is kept, and who did not
// come before.

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/domain/result.h"
#include "tests/unit/ledger/occasion_world.h"

namespace gonghui {
namespace {

// kNow is Monday, 2026-05-04, 10:00 in Shanghai.
class SlotsTest : public OccasionWorld {
 protected:
  void ApplySlots() {
    ApplySlots([](OwnedProgramme&, BenefitSpec&) {});
  }
  template <class Change>
  void ApplySlots(Change&& change) {
    Apply([&](OwnedProgramme& programme, BenefitSpec& benefit) {
      AskForSlot(&benefit);
      change(programme, benefit);
    });
  }
  static LimitSpec& AddPlaces(OwnedProgramme& programme, int64_t places) {
    LimitSpec& limit = AddLimit(programme, "b.places", places);
    limit.subject = LimitSubject::kMerchant;
    limit.window = WindowKind::kSlot;
    return limit;
  }
  static LimitSpec& AddNoShows(OwnedProgramme& programme, int64_t most) {
    LimitSpec& limit = AddLimit(programme, "b.no_shows", most);
    limit.scope = LimitScope::kNoShow;
    limit.window = WindowKind::kYear;
    return limit;
  }
  // A quote's answer: none = it is a slot.
  Reason ReasonOf(TimestampNs slot_at) {
    Run(WithSlot(Quote(1'000), slot_at));
    return result_.transaction.reason;
  }
  void ExpectSlot(TimestampNs slot_at) {
    EXPECT_EQ(ReasonOf(slot_at), Reason::kNone) << NameOf(result_.transaction.reason);
  }
  // Which mistake, by the tables alone.
  SlotFault FaultOf(TimestampNs slot_at) const {
    return ledger_->SlotFaultOf(
        ledger_->benefits()[BenefitRow{ledger_->benefits().size()}], slot_at, now_);
  }
  void ExpectNone(TimestampNs slot_at) {
    EXPECT_EQ(ReasonOf(slot_at), Reason::kSlotNotAvailable) << NameOf(result_.transaction.reason);
  }
  static constexpr TimestampNs Before(TimestampNs at) { return TimestampNs{at.value() - 1}; }
  static int32_t Hour(int32_t hour, int32_t minute = 0) { return (hour * 60 + minute) * 60; }
};

// ---- Which instants ---------------------------------------------------------------

TEST_F(SlotsTest, ASlotBeginsAfterNowAndNotTooFarAhead) {
  ApplySlots();
  ExpectNone(kNow);
  ExpectNone(AfterMinutes(-30));
  ExpectSlot(AfterMinutes(30));
  ExpectSlot(AfterDays(10));
  ExpectNone(TimestampNs{AfterDays(10).value() + 30 * kNsPerMinute});
  now_ = Before(AfterMinutes(30));
  ExpectSlot(AfterMinutes(30));
  now_ = AfterMinutes(30);
  ExpectNone(AfterMinutes(30));
}

TEST_F(SlotsTest, EachMistakeIsToldApart) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.hours = Append(programme.hours, {{Hour(9), Hour(12)}});
    benefit.closed_days = Append(programme.days, {{DayOf({2026, 5, 5}), DayOf({2026, 5, 5})}});
    benefit.ends_at = AfterDays(5);
  });
  EXPECT_EQ(FaultOf(TimestampNs{}), SlotFault::kNotNamed);
  EXPECT_EQ(FaultOf(AfterMinutes(30)), SlotFault::kNone);
  EXPECT_EQ(FaultOf(kNow), SlotFault::kBegun);
  EXPECT_EQ(FaultOf(AfterDays(-1)), SlotFault::kBegun);
  EXPECT_EQ(FaultOf(AfterMinutes(15)), SlotFault::kNoneBegins);
  EXPECT_EQ(FaultOf(After(4)), SlotFault::kNoneBegins);      // 14:00
  EXPECT_EQ(FaultOf(AfterDays(1)), SlotFault::kNoneBegins);  // closed
  EXPECT_EQ(FaultOf(AfterDays(5)), SlotFault::kNoneBegins);  // the offer is over then
  EXPECT_EQ(FaultOf(TimestampNs{AfterDays(10).value() + 1}), SlotFault::kTooFarAhead);
}

// From the one that was asked for on, if one may ask for it; else from now on.
TEST_F(SlotsTest, AMistakeIsToldWithTheNextSlotThatHasRoom) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.hours = Append(programme.hours, {{Hour(9), Hour(12)}});
    AddPlaces(programme, 1);
  });
  const TimestampNs tomorrow{AfterDays(1).value() - 60 * kNsPerMinute};  // 09:00
  const auto expect = [this](TimestampNs asked, TimestampNs next) {
    ExpectDeclined(Run(WithSlot(Quote(1'000), asked)), Reason::kSlotNotAvailable, next);
  };
  ExpectDeclined(Run(Own(Quote(1'000))), Reason::kSlotNotAvailable, AfterMinutes(30));
  expect(kNow, AfterMinutes(30));
  expect(AfterMinutes(45), AfterMinutes(60));
  expect(After(2), tomorrow);               // 12:00
  expect(AfterDays(30), AfterMinutes(30));  // too far ahead
  Run(WithSlot(Authorize(1, 1'000), AfterMinutes(30)));
  expect(kNow, AfterMinutes(60));
  expect(AfterMinutes(15), AfterMinutes(60));
  // A repeat tells what was told, however the places stand by then.
  ExpectDeclined(
      Run(WithSlot(Authorize(2, 1'000), kNow)), Reason::kSlotNotAvailable, AfterMinutes(60));
  Run(WithSlot(Authorize(3, 1'000), AfterMinutes(60)));
  ExpectDeclined(
      Run(WithSlot(Authorize(2, 1'000), kNow)), Reason::kSlotNotAvailable, AfterMinutes(60));
  EXPECT_TRUE(result_.replay);
}

TEST_F(SlotsTest, WithoutASlotThatHasRoomNoneIsTold) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.hours = Append(programme.hours, {{Hour(11), Hour(11, 30)}});
    benefit.slot_ahead_days = 1;
    AddPlaces(programme, 1);
  });
  ExpectDeclined(Run(Own(Quote(1'000))), Reason::kSlotNotAvailable, After(1));
  Run(WithSlot(Authorize(1, 1'000), After(1)));
  ExpectDeclined(Run(Own(Quote(1'000))), Reason::kSlotNotAvailable);
}

TEST_F(SlotsTest, WithoutHoursItIsAMultipleAfterMidnight) {
  ApplySlots();
  ExpectNone(AfterMinutes(15));
  ExpectNone(AfterMinutes(31));
  ExpectNone(TimestampNs{AfterMinutes(30).value() + 1});
  ExpectNone(TimestampNs{AfterMinutes(30).value() + kNsPerSecond});
  ExpectSlot(After(14));                   // midnight
  ExpectSlot(AfterMinutes(14 * 60 - 30));  // the last one of the day
  ApplySlots([](OwnedProgramme&, BenefitSpec& benefit) { benefit.slot_minutes = 50; });
  ExpectSlot(AfterMinutes(50));  // 10:50 = 13 x 50 minutes
  ExpectNone(AfterMinutes(60));
  ExpectSlot(After(14));
  ExpectNone(AfterMinutes(14 * 60 - 40));  // 23:20 would end after midnight
}

TEST_F(SlotsTest, ItLiesInARangeOfHoursWhole) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.hours =
        Append(programme.hours, {{Hour(9, 10), Hour(11, 30)}, {Hour(14), Hour(15, 10)}});
  });
  ExpectNone(AfterMinutes(30));
  ExpectSlot(AfterMinutes(10));
  ExpectSlot(AfterMinutes(40));
  ExpectNone(AfterMinutes(70));   // 11:10 would end at 11:40
  ExpectNone(AfterMinutes(100));  // closed
  ExpectSlot(AfterMinutes(240));  // 14:00
  ExpectSlot(AfterMinutes(270));
  ExpectNone(AfterMinutes(300));  // 15:00 would end at 15:30
}

TEST_F(SlotsTest, DaysAndDatesAreAskedOfTheSlot) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.weekdays = 1 << 2;  // Wednesday
    benefit.closed_days = Append(programme.days, {{DayOf({2026, 5, 13}), DayOf({2026, 5, 13})}});
    benefit.starts_at = After(-1);
    benefit.ends_at = AfterDays(30);
  });
  // Booked on a Monday, on which it is closed.
  ExpectSlot(AfterDays(2));
  ExpectNone(AfterDays(1));
  ExpectNone(AfterDays(9));  // closed
  ApplySlots([](OwnedProgramme&, BenefitSpec& benefit) {
    benefit.starts_at = kNow;
    benefit.ends_at = After(2);
  });
  ExpectSlot(AfterMinutes(90));
  ExpectNone(After(2));
}

TEST_F(SlotsTest, TheDatesAreAskedOfTheBookingToo) {
  ApplySlots([](OwnedProgramme&, BenefitSpec& benefit) {
    benefit.starts_at = After(1);
    benefit.ends_at = After(5);
  });
  ExpectDeclined(Run(WithSlot(Quote(1'000), After(2))), Reason::kProgrammeNotStarted, After(1));
  now_ = After(5);
  ExpectDeclined(Run(WithSlot(Quote(1'000), After(6))), Reason::kProgrammeEnded);
}

TEST_F(SlotsTest, TheBusinessDayIsTheSlots) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    programme.spec.calendar = TestCalendar("Asia:Shanghai", Hour(4));
    AskForSlot(&benefit);
    benefit.weekdays = 1 << 1;  // Tuesday, which begins at 04:00
  });
  ExpectNone(After(14));       // 00:00 of Tuesday by the wall clock is Monday's
  ExpectSlot(After(18));       // 04:00
  ExpectSlot(After(14 + 24));  // 00:00 of Wednesday is Tuesday's
  ExpectNone(After(18 + 24));
}

// Also in the last minute before a day begins.
TEST_F(SlotsTest, TheFirstSlotOfADayIsToldUntilItBegins) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    programme.spec.calendar = TestCalendar("Asia:Shanghai", Hour(4));
    AskForSlot(&benefit);
    benefit.weekdays = 1 << 1;  // Tuesday, which begins at 04:00
  });
  const TimestampNs first = After(18);
  for (const int64_t seconds : {1, 22, 59, 60, 61, 3'600}) {
    SCOPED_TRACE(seconds);
    now_ = TimestampNs{first.value() - seconds * kNsPerSecond + 1};
    ExpectDeclined(Run(Own(Quote(1'000))), Reason::kSlotNotAvailable, first);
  }
  now_ = first;
  ExpectDeclined(Run(Own(Quote(1'000))), Reason::kSlotNotAvailable, AfterMinutes(18 * 60 + 30));
}

TEST_F(SlotsTest, WhereTheClockChangesTheWallClockCounts) {
  Apply([](OwnedProgramme& programme, BenefitSpec& benefit) {
    programme.spec.calendar = TestCalendar("Europe:Berlin");
    AskForSlot(&benefit);
    benefit.hours = Append(programme.hours, {{Hour(2), Hour(4)}});
  });
  // 2026-10-25: at 03:00 summer time the clock shows 02:00 again.
  const TimestampNs first{1'792'886'400 * kNsPerSecond};  // 02:00 summer time
  now_ = TimestampNs{first.value() - 3'600 * kNsPerSecond};
  ExpectSlot(first);
  ExpectSlot(TimestampNs{first.value() + 3'600 * kNsPerSecond});  // 02:00 again
  ExpectSlot(TimestampNs{first.value() + 9'000 * kNsPerSecond});  // 03:30
  ExpectNone(TimestampNs{first.value() + 10'800 * kNsPerSecond});
}

TEST_F(SlotsTest, ASlotMustBeNamedAndOnlyWhoHasSlotsIsAsked) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec&) {
    AddPercentOff(&programme, "plain", 9'000, "F");
  });
  ExpectGiven(Run(WithSlot(Quote(1'000), After(1))), 500);
  ExpectGiven(Run(Own(Quote(1'000))), 900);
  ApplySlots();
  ExpectDeclined(Run(Own(Quote(1'000))), Reason::kSlotNotAvailable, AfterMinutes(30));
  Apply([](OwnedProgramme&, BenefitSpec&) {});
  ExpectDeclined(Run(WithSlot(Quote(1'000), After(1))), Reason::kNoApplicableBenefit);
}

// ---- Places -----------------------------------------------------------------------

TEST_F(SlotsTest, PlacesAreCountedBySlotAndMerchant) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec&) { AddPlaces(programme, 2); });
  Run(WithSlot(Authorize(1, 1'000), After(1)));
  ASSERT_EQ(result_.limit_count, 1u);
  EXPECT_EQ(result_.limits[0].left, 1);
  EXPECT_EQ(result_.limits[0].resets_at.value(), After(1).value());
  ExpectGiven(Run(WithSlot(Sale(2, 1'000), After(1))), 500);
  ExpectDeclined(Run(WithSlot(Authorize(3, 1'000), After(1))),
                 Reason::kExceedsFrequencyLimit,
                 AfterMinutes(90));
  EXPECT_EQ(result_.limits[0].used, 1);
  EXPECT_EQ(result_.limits[0].held, 1);
  ExpectGiven(Run(WithSlot(Authorize(4, 1'000), AfterMinutes(90))), 500);
  const UseRow use = result_.transaction.first_use;
  EXPECT_EQ(ledger_->uses()[use].window, AfterMinutes(90).value() / kNsPerMinute);
  // A repeat tells the same.
  Run(WithSlot(Authorize(1, 1'000), After(1)));
  EXPECT_TRUE(result_.replay);
  EXPECT_EQ(result_.limits[0].resets_at.value(), After(1).value());
  // Who cancels makes room.
  Run(Own(About(CommandKind::kReverse, 5, 1)));
  ExpectGiven(Run(WithSlot(Authorize(6, 1'000), After(1))), 500);
}

TEST_F(SlotsTest, TheNextWithRoomIsLookedForSoFarAndNoFurther) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.slot_minutes = 1;
    AddPlaces(programme, 1);
  });
  for (uint32_t i = 0; i <= kSlotsLookedAtMax; ++i) {
    ASSERT_EQ(Run(WithSlot(Authorize(100 + i, 2), AfterMinutes(60 + i))).transaction.reason,
              Reason::kNone)
        << i;
  }
  // There would be room in the one after these.
  ExpectDeclined(Run(WithSlot(Quote(2), AfterMinutes(60))), Reason::kExceedsFrequencyLimit);
  EXPECT_EQ(result_.limits[0].resets_at, TimestampNs{});
  ExpectDeclined(Run(WithSlot(Quote(2), AfterMinutes(61))),
                 Reason::kExceedsFrequencyLimit,
                 AfterMinutes(61 + kSlotsLookedAtMax));
}

// A place is what is told; whether the fund will have something is not asked.
TEST_F(SlotsTest, TheNextWithRoomIsOneOfTheSameDates) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.weekdays = 1 << 0;  // Monday
    benefit.closed_days = Append(programme.days, {{DayOf({2026, 5, 11}), DayOf({2026, 5, 11})}});
    benefit.hours = Append(programme.hours, {{Hour(11), Hour(12)}});
    benefit.slot_ahead_days = 14;
    AddPlaces(programme, 1);
  });
  Run(WithSlot(Authorize(1, 2), After(1)));
  Run(WithSlot(Authorize(2, 2), AfterMinutes(90)));
  ExpectDeclined(Run(WithSlot(Quote(2), After(1))),
                 Reason::kExceedsFrequencyLimit);  // 14 days are too few
  now_ = After(1);
  ExpectDeclined(Run(WithSlot(Quote(2), AfterMinutes(90))),
                 Reason::kExceedsFrequencyLimit,
                 After(1 + 14 * 24));
}

// Random openings around the night in which the clock is set back, against asking for minute
// after minute.
TEST_F(SlotsTest, TheNextWithRoomIsTheFirstThatWouldBeGiven) {
  constexpr std::array<uint16_t, 6> kMinutes = {15, 20, 45, 60, 90, 360};
  uint32_t id = 1;
  for (uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(seed);
    Prng prng(seed);
    const TimestampNs changes{1'792'890'000 * kNsPerSecond};  // 03:00 becomes 02:00
    now_ = TimestampNs{changes.value() + (static_cast<int64_t>(seed) * 2 - 40) * 60 * kNsPerMinute +
                       prng.Between(0, kNsPerMinute - 1)};
    Apply([&](OwnedProgramme& programme, BenefitSpec& benefit) {
      programme.spec.calendar =
          TestCalendar("Europe:Berlin", Hour(static_cast<int32_t>(prng.Below(5))));
      AskForSlot(&benefit);
      benefit.slot_minutes = kMinutes[prng.Below(kMinutes.size())];
      benefit.slot_ahead_days = static_cast<uint32_t>(prng.Between(1, 2));
      benefit.weekdays = static_cast<uint8_t>(prng.Chance(1, 2) ? 0 : prng.Between(1, 127));
      std::vector<HoursRange> hours;
      for (int32_t from = Hour(static_cast<int32_t>(prng.Below(4)), 10);
           from < Hour(23) && prng.Chance(3, 4);
           from = hours.back().to_s + 600) {
        const auto length = static_cast<int32_t>(prng.Between(1, 6)) * benefit.slot_minutes * 60;
        hours.push_back({from, std::min(Hour(24), from + length)});
      }
      benefit.hours = Append(programme.hours, hours);
      AddPlaces(programme, 1);
    });
    std::vector<int64_t> free;
    std::vector<int64_t> full;
    const int64_t now_minutes = now_.value() / kNsPerMinute;
    for (int64_t minute = now_minutes; minute <= now_minutes + 2 * 1'440; ++minute) {
      const TimestampNs at{minute * kNsPerMinute};
      if (ReasonOf(at) == Reason::kNone && prng.Chance(2, 3)) {
        ASSERT_EQ(Run(WithSlot(Authorize(id++, 2), at)).transaction.reason, Reason::kNone);
      }
      const Reason reason = ReasonOf(at);
      if (reason != Reason::kSlotNotAvailable) {
        (reason == Reason::kNone ? free : full).push_back(minute);
      }
    }
    // None is named.
    ExpectDeclined(Run(Own(Quote(2))),
                   Reason::kSlotNotAvailable,
                   free.empty() ? TimestampNs{} : TimestampNs{free.front() * kNsPerMinute});
    for (const int64_t minute : full) {
      const auto next = std::upper_bound(free.begin(), free.end(), minute);
      ExpectDeclined(Run(WithSlot(Quote(2), TimestampNs{minute * kNsPerMinute})),
                     Reason::kExceedsFrequencyLimit,
                     next == free.end() ? TimestampNs{} : TimestampNs{*next * kNsPerMinute});
    }
  }
  EXPECT_GT(id, 100u);
}

TEST_F(SlotsTest, OtherLimitsCountInTheWindowOfTheBooking) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec&) { AddLimit(programme, "daily", 1); });
  ExpectGiven(Run(WithSlot(Authorize(1, 1'000), AfterDays(3))), 500);
  EXPECT_EQ(result_.limits[0].resets_at.value(), After(14).value());
  ExpectDeclined(
      Run(WithSlot(Authorize(2, 1'000), AfterDays(4))), Reason::kExceedsFrequencyLimit, After(14));
}

TEST_F(SlotsTest, TheHoldIsKeptUntilTheSlotIsOver) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.slot_grace_minutes = 15;
    AddPlaces(programme, 1);
  });
  Command hold = Authorize(1, 1'000);
  hold.authorize.hold_s = 60;
  Run(WithSlot(hold, After(1)));
  EXPECT_EQ(result_.transaction.expires_at.value(), AfterMinutes(60 + 30 + 15).value());
  now_ = AfterMinutes(105);
  Command expire;
  expire.kind = CommandKind::kExpireHolds;
  Run(Own(expire));
  EXPECT_EQ(FundOf("F").held, Fen{0});
  now_ = After(2);
  // At full price it is a hold like any.
  hold = Authorize(2, 1'000);
  hold.authorize.if_no_benefit = IfNoBenefit::kFullPrice;
  hold.authorize.hold_s = 60;
  Run(WithSlot(hold, AfterMinutes(1)));
  EXPECT_EQ(result_.transaction.reason, Reason::kSlotNotAvailable);
  EXPECT_EQ(result_.transaction.expires_at.value(), now_.value() + 60 * kNsPerSecond);
}

// Whatever refused the benefit: of what is approved no later instant is told.
TEST_F(SlotsTest, AtFullPriceNoNextSlotIsTold) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec&) { AddPlaces(programme, 1); });
  Run(WithSlot(Authorize(1, 1'000), After(1)));
  for (const auto& [slot_at, reason] : {std::pair(After(1), Reason::kExceedsFrequencyLimit),
                                        std::pair(AfterMinutes(75), Reason::kSlotNotAvailable)}) {
    Command quote = Quote(1'000);
    quote.authorize.capture_at_once = true;
    ExpectDeclined(Run(WithSlot(quote, slot_at)), reason, AfterMinutes(90));
    quote.authorize.if_no_benefit = IfNoBenefit::kFullPrice;
    ExpectGiven(Run(WithSlot(quote, slot_at)), 0);
    EXPECT_EQ(result_.transaction.reason, reason);
    EXPECT_EQ(result_.transaction.expires_at, TimestampNs{});
    EXPECT_EQ(result_.limit_count, 0u);
  }
}

// ---- Who did not come before ------------------------------------------------------

TEST_F(SlotsTest, NoShowsAreHeldByAHoldAndAskedOfWhatIsUsed) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec&) {
    AddPlaces(programme, 9);
    AddNoShows(programme, 1);
  });
  for (uint64_t request = 1; request <= 3; ++request) {  // held ones do not count
    ExpectGiven(Run(WithSlot(Authorize(request, 1'000), After(1))), 500);
    ASSERT_EQ(result_.limit_count, 2u);
    EXPECT_EQ(result_.limits[1].used, 0);
    EXPECT_EQ(result_.limits[1].held, static_cast<int64_t>(request));
    EXPECT_EQ(result_.limits[1].left, 1 - static_cast<int64_t>(request));
  }
  // A sale takes none.
  ExpectGiven(Run(WithSlot(Sale(4, 1'000), After(1))), 500);
  EXPECT_EQ(result_.limit_count, 1u);
  now_ = AfterMinutes(90);
  Command expire;
  expire.kind = CommandKind::kExpireHolds;
  Run(Own(expire));
  const TimestampNs new_year{1'798'732'800 * kNsPerSecond};  // 2027-01-01 in Shanghai
  for (const Command& command : {Authorize(5, 1'000), Sale(6, 1'000)}) {
    ExpectDeclined(Run(WithSlot(command, After(4))), Reason::kTooManyNoShows, new_year);
    ASSERT_EQ(result_.limit_count, 1u);
    EXPECT_EQ(result_.limits[0].used, 1);
    EXPECT_EQ(result_.limits[0].held, 2);
    EXPECT_EQ(result_.limits[0].left, -2);
  }
}

// ---- Answers that explain -----------------------------------------------------------

TEST_F(SlotsTest, SlotsAreExplained) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.weekdays = 1 << 2;  // not today
    AddPlaces(programme, 1);
    AddNoShows(programme, 2);
  });
  ChecksOf(OwnExplained(Quote(1'000)));
  EXPECT_TRUE(CheckOf(Reason::kOutsideTimeWindow)->passed);
  ASSERT_NE(CheckOf(Reason::kSlotNotAvailable), nullptr);
  EXPECT_FALSE(CheckOf(Reason::kSlotNotAvailable)->passed);
  EXPECT_EQ(CheckOf(Reason::kExceedsFrequencyLimit), nullptr);  // of which slot?
  EXPECT_TRUE(CheckOf(Reason::kTooManyNoShows)->passed);
  Run(WithSlot(Authorize(1, 1'000), AfterDays(2)));
  Run(Explained(WithSlot(Quote(1'000), AfterDays(2))));
  EXPECT_TRUE(CheckOf(Reason::kSlotNotAvailable)->passed);
  const CheckResult* const places = CheckOf(Reason::kExceedsFrequencyLimit);
  ASSERT_NE(places, nullptr);
  EXPECT_FALSE(places->passed);
  EXPECT_EQ(places->limit.held, 1);
  EXPECT_EQ(places->limit.resets_at.value(), AfterDays(2).value());
  EXPECT_EQ(CheckOf(Reason::kTooManyNoShows)->limit.held, 1);
}

TEST_F(SlotsTest, EntitlementsTellNoPlaces) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec& benefit) {
    benefit.weekdays = 1 << 2;
    AddPlaces(programme, 1);
    AddNoShows(programme, 1);
  });
  const EntitlementList& list = Entitlements();
  ASSERT_EQ(list.count, 1u);
  EXPECT_EQ(list.items[0].reason, Reason::kNone);
  EXPECT_EQ(list.items[0].limit_count, 1u);
  Run(WithSlot(Authorize(1, 1'000), AfterDays(2)));
  EXPECT_EQ(Entitlements().items[0].reason, Reason::kNone);  // held, not used
  now_ = AfterDays(3);
  Command expire;
  expire.kind = CommandKind::kExpireHolds;
  Run(Own(expire));
  EXPECT_EQ(Entitlements().items[0].reason, Reason::kTooManyNoShows);
}

TEST_F(SlotsTest, AVoucherAndASlotTogether) {
  ApplySlots([](OwnedProgramme& programme, BenefitSpec& benefit) {
    AskForVoucher(&benefit);
    AddPlaces(programme, 1);
  });
  Issue({1}, nullptr);
  ExpectDeclined(
      Run(WithCode(Authorize(1, 1'000), 1)), Reason::kSlotNotAvailable, AfterMinutes(30));
  ExpectDeclined(Run(WithSlot(Authorize(2, 1'000), After(1))), Reason::kNoVoucher);
  OccasionRequest both;
  both.voucher = Key(1);
  both.slot_at = After(1);
  ExpectGiven(Run(With(Authorize(3, 1'000), both)), 500);
  EXPECT_EQ(VoucherOf(1).state, VoucherState::kReserved);
}

}  // namespace
}  // namespace gonghui
