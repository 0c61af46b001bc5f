// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/domain/reason.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "tests/testing/names.h"

namespace gonghui {
namespace {

// Frozen: the journal and the wire hold these numbers.  Add; change none.
TEST(ReasonTest, NumbersNeverChange) {
  const std::map<std::string, int> frozen = {{"none", 0},
                                             {"invalid_terminal", 201},
                                             {"security_violation", 211},
                                             {"credential_expired", 212},
                                             {"original_not_found", 221},
                                             {"previously_reversed", 222},
                                             {"already_captured", 223},
                                             {"hold_expired", 224},
                                             {"original_declined", 225},
                                             {"exceeds_authorized_amount", 226},
                                             {"further_activity_prevents_reversal", 227},
                                             {"exceeds_captured_amount", 228},
                                             {"approval_missing", 229},
                                             {"advice_too_old", 231},
                                             {"event_not_yet", 235},
                                             {"terminal_inactive", 241},
                                             {"merchant_inactive", 242},
                                             {"voucher_not_found", 251},
                                             {"voucher_void", 252},
                                             {"voucher_redeemed", 253},
                                             {"voucher_reserved", 254},
                                             {"voucher_not_yet_valid", 255},
                                             {"voucher_expired", 256},
                                             {"invalid_card", 301},
                                             {"card_not_active", 302},
                                             {"card_expired", 303},
                                             {"card_paused", 304},
                                             {"card_lost_or_stolen", 305},
                                             {"card_closed", 306},
                                             {"member_not_found", 401},
                                             {"member_suspended", 402},
                                             {"membership_expired", 403},
                                             {"member_closed", 404},
                                             {"voucher_of_another", 411},
                                             {"programme_not_found", 501},
                                             {"no_applicable_benefit", 502},
                                             {"merchant_not_in_programme", 503},
                                             {"not_permitted_to_terminal", 504},
                                             {"programme_not_started", 505},
                                             {"programme_ended", 506},
                                             {"outside_time_window", 507},
                                             {"member_not_verified", 508},
                                             {"not_permitted_to_member", 509},
                                             {"below_minimum_amount", 510},
                                             {"no_effect", 511},
                                             {"no_eligible_item", 512},
                                             {"waiting_period", 513},
                                             {"offline_not_permitted", 514},
                                             {"no_voucher", 515},
                                             {"slot_not_available", 516},
                                             {"claim_too_late", 517},
                                             {"exceeds_frequency_limit", 701},
                                             {"exceeds_amount_limit", 702},
                                             {"too_many_no_shows", 703},
                                             {"fund_not_open", 801},
                                             {"quota_exhausted", 802},
                                             {"budget_exhausted", 803}};
  for (const Reason reason : AllOf<Reason>()) {
    const auto found = frozen.find(NameOf(reason));
    ASSERT_NE(found, frozen.end()) << NameOf(reason) << " is new: freeze it here";
    EXPECT_EQ(static_cast<int>(reason), found->second) << NameOf(reason);
  }
  EXPECT_EQ(AllOf<Reason>().size(), frozen.size());
}

}  // namespace
}  // namespace gonghui
