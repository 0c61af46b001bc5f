// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Appointments that are kept, called off and missed:
// docs/decisions/0008-vouchers-draws-appointments.md, "Appointments".

#include <cstdint>

#include <gtest/gtest.h>

#include "tests/unit/ledger/occasion_world.h"

namespace gonghui {
namespace {

class NoShowTest : public OccasionWorld {
 protected:
  // Two no-shows a year, one place a slot, and a grace of half an hour.
  NoShowTest() {
    Apply([&](OwnedProgramme& programme, BenefitSpec&) {
      programme.spec.late_capture = LateCapture::kForcePost;
      LimitSpec& places = AddLimit(programme, "b.places", 1);
      places.subject = LimitSubject::kMerchant;
      places.window = WindowKind::kSlot;
      LimitSpec& no_shows = AddLimit(programme, "b.no_shows", 2);
      no_shows.scope = LimitScope::kNoShow;
      no_shows.window = WindowKind::kYear;
      AskForSlot(&programme.benefits[0]);
      programme.benefits[0].slot_grace_minutes = 30;
    });
  }

  // `hours` after the world's instant.
  void Book(uint64_t request, int64_t hours, int64_t price = 1'000) {
    ExpectGiven(Run(WithSlot(Authorize(request, price), After(hours))), price / 2);
  }
  void Sweep() {
    Command sweep;
    sweep.kind = CommandKind::kExpireHolds;
    Run(Own(sweep));
    ASSERT_EQ(event_.kind, EventKind::kHoldExpired);
  }
  // Books, and does not come.
  void Miss(uint64_t request, int64_t hours) {
    Book(request, hours);
    now_ = After(hours + 1);
    Sweep();
  }
  void ExpectCounted(const char* code, int64_t used, int64_t held) const {
    int64_t sum_used = 0;
    int64_t sum_held = 0;
    for (uint32_t i = 1; i <= ledger_->counters().size(); ++i) {
      const Counter& counter = ledger_->counters()[CounterRow{i}];
      if (ledger_->counter_series()[counter.series].limit == CodeOf<LimitCode>(code)) {
        sum_used += counter.used;
        sum_held += counter.held;
      }
    }
    EXPECT_EQ(sum_used, used) << code;
    EXPECT_EQ(sum_held, held) << code;
  }
  void ExpectNoShows(int64_t used, int64_t held) const { ExpectCounted("b.no_shows", used, held); }
  void ExpectPlaces(int64_t used, int64_t held) const { ExpectCounted("b.places", used, held); }
};

TEST_F(NoShowTest, WhoComesIsNoNoShow) {
  Book(10, 2);
  ExpectNoShows(0, 1);
  ExpectPlaces(0, 1);
  now_ = After(2);
  Run(Own(CapturePart(11, 10, 0)));
  ExpectNoShows(0, 1);
  Run(Own(CapturePart(12, 10, 300)));
  ExpectNoShows(0, 0);
  ExpectPlaces(1, 0);
  now_ = After(3);
  Sweep();
  ExpectNoShows(0, 0);
  ExpectPlaces(1, 0);
  Run(Own(About(CommandKind::kRefund, 13, 10)));
  ExpectNoShows(0, 0);
  ExpectPlaces(0, 0);
}

TEST_F(NoShowTest, WhoDoesNotComeIsOneAndThePlaceIsFree) {
  Miss(10, 2);
  ExpectNoShows(1, 0);
  ExpectPlaces(0, 0);
  EXPECT_EQ(FundOf("F").held, Fen{0});
}

TEST_F(NoShowTest, WhoCallsOffIsNone) {
  Book(10, 2);
  Run(Own(AboutPart(CommandKind::kReverse, 11, 10, 400)));
  ExpectNoShows(0, 1);
  ExpectPlaces(0, 1);
  Run(Own(About(CommandKind::kReverse, 12, 10)));
  ExpectNoShows(0, 0);
  ExpectPlaces(0, 0);
  // Late, but before anybody looked.
  Book(13, 4);
  now_ = After(9);
  Run(Own(About(CommandKind::kReverse, 14, 13)));
  ExpectNoShows(0, 0);
}

TEST_F(NoShowTest, AFinalCaptureOfNothingReleases) {
  Book(10, 2);
  Command capture = AboutPart(CommandKind::kCapture, 11, 10, 0);
  Run(Own(capture));
  ExpectNoShows(0, 0);
  ExpectPlaces(0, 0);
}

TEST_F(NoShowTest, ASaleIsHeldToTheLimitAndTakesNone) {
  ExpectGiven(Run(WithSlot(Sale(10, 1'000), After(2))), 500);
  ExpectNoShows(0, 0);
  ExpectPlaces(1, 0);
  Run(Own(AboutPart(CommandKind::kReverse, 11, 10, 400)));
  ExpectNoShows(0, 0);
  Run(Own(About(CommandKind::kReverse, 12, 10)));
  ExpectPlaces(0, 0);
  Miss(13, 3);
  Miss(14, 5);
  Run(WithSlot(Sale(15, 1'000), After(9)));
  EXPECT_EQ(result_.transaction.outcome, Outcome::kDeclined);
  EXPECT_EQ(result_.transaction.reason, Reason::kTooManyNoShows);
}

TEST_F(NoShowTest, AsManyAsTheLimitSaysAreForgiven) {
  Miss(10, 2);
  // What is held does not count.
  Book(11, 4);
  Book(12, 5);
  Book(13, 6);
  ExpectNoShows(1, 3);
  now_ = After(7);
  Sweep();
  ExpectNoShows(2, 2);
  Run(WithSlot(Authorize(14, 1'000), After(20)));
  EXPECT_EQ(result_.transaction.reason, Reason::kTooManyNoShows);
  Run(Own(About(CommandKind::kReverse, 15, 12)));
  Run(Own(About(CommandKind::kReverse, 16, 13)));
  ExpectNoShows(2, 0);
}

TEST_F(NoShowTest, ALateCaptureTakesItBack) {
  Miss(10, 2);
  ExpectNoShows(1, 0);
  Run(Own(CapturePart(11, 10, 0)));
  ExpectNoShows(1, 0);
  Run(Own(CapturePart(12, 10, 300)));
  EXPECT_EQ(result_.transaction.outcome, Outcome::kApproved);
  ExpectNoShows(0, 0);
  ExpectPlaces(1, 0);
  Run(Own(CapturePart(13, 10, 300)));
  ExpectNoShows(0, 0);
  ExpectPlaces(1, 0);
}

TEST_F(NoShowTest, ALateFinalCaptureOfNothingTakesItBack) {
  Miss(10, 2);
  Command capture = AboutPart(CommandKind::kCapture, 11, 10, 0);
  Run(Own(capture));
  EXPECT_EQ(result_.transaction.outcome, Outcome::kApproved);
  ExpectNoShows(0, 0);
  ExpectPlaces(0, 0);
}

TEST_F(NoShowTest, AReversalOfWhatHasExpiredTakesItBackOnce) {
  Miss(10, 2);
  Miss(11, 4);
  ExpectNoShows(2, 0);
  Run(Own(About(CommandKind::kReverse, 12, 10)));
  ExpectNoShows(1, 0);
  Run(Own(About(CommandKind::kReverse, 13, 10)));
  ExpectNoShows(1, 0);
  Run(Own(About(CommandKind::kCapture, 14, 10)));
  EXPECT_EQ(result_.transaction.reason, Reason::kPreviouslyReversed);
  Book(15, 8);
}

TEST_F(NoShowTest, AnIncrementRaisesThePriceAndNotTheTime) {
  Book(10, 2);
  const TimestampNs until = result_.transaction.expires_at;
  EXPECT_EQ(until.value(), After(3).value());
  Command increment = AboutPart(CommandKind::kIncrement, 11, 10, 200);
  increment.increment.hold_s = 86'400;
  ExpectGiven(Run(Own(increment)), 100);
  EXPECT_EQ(result_.transaction.expires_at.value(), until.value());
  ExpectNoShows(0, 1);
  ExpectPlaces(0, 1);
  now_ = After(3);
  Sweep();
  ExpectNoShows(1, 0);
  EXPECT_EQ(FundOf("F").held, Fen{0});
}

TEST_F(NoShowTest, OfAPriceOfNothingLikewise) {
  SetFund("F", 10'000);
  Apply([&](OwnedProgramme& programme, BenefitSpec&) {
    LimitSpec& places = AddLimit(programme, "b.places", 1);
    places.subject = LimitSubject::kMerchant;
    places.window = WindowKind::kSlot;
    LimitSpec& no_shows = AddLimit(programme, "b.no_shows", 2);
    no_shows.scope = LimitScope::kNoShow;
    no_shows.window = WindowKind::kYear;
    AskForSlot(&programme.benefits[0]);
    programme.benefits[0].price.kind = PriceKind::kFree;
  });
  Book(10, 2, 0);
  Book(11, 4, 0);
  now_ = After(3);
  Sweep();
  ExpectNoShows(1, 1);
  now_ = After(4);
  Run(Own(About(CommandKind::kCapture, 12, 11)));
  ExpectNoShows(1, 0);
  ExpectPlaces(1, 0);
}

}  // namespace
}  // namespace gonghui
