// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Appointments over gRPC: slots with few places, and what is not kept.

#include <string>

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "tests/e2e/server/office.h"

namespace gonghui {
namespace {

constexpr const char* kCheckYaml = R"(gonghui: 1
programme: {code: health, name: 职工体检, zone: Asia/Shanghai, starts: 2026-01-01, until: 2027-01-01}
funds:
  - {code: checks, name: 体检名额, budget: 100 pieces}
benefits:
  - code: check
    name: 体检
    for: {real_name: false}
    at: {mcc: [5411]}
    when: {hours: ["14:00-16:00"]}
    price: {free: true}
    stock: {fund: checks, units: 1}
    slots: {minutes: 30, places: 1, ahead: 14d, grace: 30m, no_shows: {most: 1, each: year}}
)";
constexpr int64_t kFirstSlot_s = kNoon_s + 2 * 3'600;  // 14:00 in Shanghai

class AppointmentsTest : public OfficeTest {
 protected:
  AppointmentsTest() { Apply(kCheckYaml); }

  static v1::AuthorizeRequest Book(int64_t slot_s, const std::string& card = kCard1) {
    v1::AuthorizeRequest request = Purchase(0);
    request.set_programme_code("health");
    request.set_card_number(card);
    request.mutable_slot_at()->set_seconds(slot_s);
    return request;
  }
};

TEST_F(AppointmentsTest, ASlotHasItsPlacesAndItsOwnHold) {
  const v1::AuthorizeRequest asked = Book(kFirstSlot_s);
  const v1::Transaction booked = Decide(asked);
  ASSERT_EQ(booked.outcome(), v1::OUTCOME_APPROVED) << booked.DebugString();
  EXPECT_EQ(booked.expires_at().seconds(), kFirstSlot_s + 3'600);
  EXPECT_EQ(booked.slot_at().seconds(), kFirstSlot_s);
  EXPECT_FALSE(booked.has_event_at());
  EXPECT_EQ(Now(booked).slot_at().seconds(), kFirstSlot_s);
  bool told = false;
  for (const v1::LimitState& limit : booked.limits()) {
    if (limit.window() == v1::LIMIT_WINDOW_SLOT) {
      told = true;
      EXPECT_EQ(limit.limit_code(), "check.places");
      EXPECT_EQ(limit.left(), 0);
      EXPECT_EQ(limit.resets_at().seconds(), kFirstSlot_s);
    } else {
      EXPECT_EQ(limit.limit_code(), "check.no_shows");
      EXPECT_TRUE(limit.no_shows());
      EXPECT_EQ(limit.held(), 1);
    }
  }
  EXPECT_TRUE(told) << booked.DebugString();
  ExpectRemembered<v1::AuthorizeRequest, v1::AuthorizeResponse>(
      &Stub::Authorize, asked, booked, "slot_at", [](v1::AuthorizeRequest* r) {
        r->mutable_slot_at()->set_seconds(kFirstSlot_s + 1'800);
      });
  const v1::Transaction full = Decide(Book(kFirstSlot_s, kCard2));
  ExpectDeclined(full, v1::REASON_EXCEEDS_FREQUENCY_LIMIT);
  EXPECT_EQ(full.display_message_zh(), "该时段已约满，请另选时段");
  EXPECT_EQ(full.failed_check().limit().window(), v1::LIMIT_WINDOW_SLOT);
  EXPECT_EQ(Decide(Book(kFirstSlot_s + 1'800, kCard2)).outcome(), v1::OUTCOME_APPROVED);
}

// Which mistake it was, and what may be had instead; asked again, and looked up, the same.
TEST_F(AppointmentsTest, WhatIsNoSlotIsNotToBeHad) {
  struct Case {
    int64_t slot_s;  // 0 = none
    const char* english;
    int64_t next_s;
  };
  const Case cases[] = {
      {0, "No appointment was chosen, choose a time", kFirstSlot_s},
      {kFirstSlot_s + 60, "No slot begins then, choose another time", kFirstSlot_s + 1'800},
      {kFirstSlot_s + 2 * 3'600,  // after hours
       "No slot begins then, choose another time",
       kFirstSlot_s + int64_t{kDay_s}},
      {kFirstSlot_s - int64_t{kDay_s},
       "Slot has begun or is over, choose a later one",
       kFirstSlot_s},
      {kFirstSlot_s + 15 * int64_t{kDay_s}, "Too far ahead, choose an earlier time", kFirstSlot_s}};
  for (const Case& c : cases) {
    v1::AuthorizeRequest asked = Book(c.slot_s);
    asked.set_explain(true);
    if (c.slot_s == 0) {
      asked.clear_slot_at();
    }
    v1::AuthorizeResponse response;
    grpc::ClientContext context;
    ASSERT_TRUE(stub_->Authorize(&context, asked, &response).ok());
    const v1::Transaction& told = response.transaction();
    ExpectDeclined(told, v1::REASON_SLOT_NOT_AVAILABLE);
    EXPECT_EQ(told.display_message(), c.english);
    EXPECT_FALSE(told.display_message_zh().empty());
    EXPECT_EQ(told.next_eligible_at().seconds(), c.next_s) << c.english;
    bool explained = false;
    for (const v1::CheckOutcome& check : response.checks()) {
      if (check.check() == v1::REASON_SLOT_NOT_AVAILABLE) {
        explained = true;
        EXPECT_FALSE(check.passed());
        EXPECT_EQ(check.display_message(), c.english);
      }
    }
    EXPECT_TRUE(explained);
    // Later the slot may be another mistake; what was answered stands.
    clock_.Advance(1);
    v1::AuthorizeResponse again;
    grpc::ClientContext again_context;
    ASSERT_TRUE(stub_->Authorize(&again_context, asked, &again).ok());
    EXPECT_TRUE(again.idempotent_replay());
    EXPECT_EQ(again.transaction().SerializeAsString(), told.SerializeAsString());
  }
}

TEST_F(AppointmentsTest, WhoDoesNotComeMayNotBookForAWhile) {
  const v1::Transaction booked = Decide(Book(kFirstSlot_s));
  EXPECT_EQ(booked.outcome(), v1::OUTCOME_APPROVED);
  clock_.Advance(kFirstSlot_s + 3'600 - kNoon_s);
  WaitUntilExpired(booked);
  const v1::Transaction refused = Decide(Book(kFirstSlot_s + int64_t{kDay_s}));
  ExpectDeclined(refused, v1::REASON_TOO_MANY_NO_SHOWS);
  EXPECT_TRUE(refused.failed_check().limit().no_shows());
  EXPECT_EQ(refused.failed_check().limit().used(), 1);
  // The place is another's.
  EXPECT_EQ(Decide(Book(kFirstSlot_s + int64_t{kDay_s}, kCard2)).outcome(), v1::OUTCOME_APPROVED);
}

// A version says of these what its file says.
TEST_F(AppointmentsTest, WhatABenefitAsksForIsTold) {
  const std::string yaml = R"(gonghui: 1
programme: {code: asking, name: 要, zone: Asia/Shanghai, starts: 2026-01-01, until: 2027-01-01}
limits:
  - {code: cost, per: person, each: year, price: unlimited}
benefits:
  - code: pack
    name: 领礼包
    at: {mcc: [5411]}
    price: {free: true}
    stock: {fund: checks, units: 1}
    voucher: packs-2026
    voucher_returns: true
  - code: check-up
    name: 体检
    at: {mcc: [8099]}
    when: {hours: ["08:00-12:00"]}
    price: {free: true}
    stock: {fund: checks, units: 1}
    slots: {minutes: 30, places: 20, ahead: 14d, grace: 15m, no_shows: {most: 2, each: year}}
  - code: illness
    name: 大病
    at: {terminals: [office]}
    claim: {approvals: 2, within: 180d}
    price: {bands: [{from: 100 yuan, percent_off: 50}], counts_on: cost}
    funding: {fund: shop-fund}
    limits: [cost]
)";
  v1::ApplyProgrammeRequest request;
  request.set_content(yaml);
  const v1::Programme told = Ok(&v1::ProgrammeService::Stub::ApplyProgramme, request).programme();
  ASSERT_EQ(told.benefits_size(), 3) << told.DebugString();
  EXPECT_EQ(told.benefits(0).asks(), "a voucher of packs-2026, which a refund of all gives back");
  EXPECT_EQ(told.benefits(1).asks(),
            "an appointment: 30 minutes, at most 14 days ahead, kept 15 minutes longer");
  EXPECT_EQ(told.benefits(2).asks(), "a claim within 180 days of the event, approved by 2");
  EXPECT_EQ(told.benefits(2).where(), "at offices");
  EXPECT_EQ(told.benefits(2).price(),
            "50% off the part from 100.00 yuan, counted on from limit cost");
  ASSERT_EQ(told.limits_size(), 3);
  EXPECT_EQ(told.limits(0).measure(), v1::LIMIT_MEASURE_PRICE_FEN);
  EXPECT_EQ(told.limits(1).window(), v1::LIMIT_WINDOW_SLOT);
  EXPECT_TRUE(told.limits(2).no_shows());
  // Another name and nothing else.
  std::string other = yaml;
  other.replace(other.find("大病"), 6, "重病");
  request.set_content(other);
  request.set_validate_only(true);
  const auto tried = Ok(&v1::ProgrammeService::Stub::ApplyProgramme, request);
  ASSERT_EQ(tried.changes_size(), 2) << tried.DebugString();
  EXPECT_EQ(tried.changes(1).property(), "name");
}

}  // namespace
}  // namespace gonghui
