// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// LedgerWorld with programme "p" applied anew as a test needs it: benefit "b", 50 % off, paid
// by fund F, and what the test changes of it.

#ifndef GONGHUI_TESTS_UNIT_LEDGER_RULE_WORLD_H_
#define GONGHUI_TESTS_UNIT_LEDGER_RULE_WORLD_H_

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "engine/domain/explanation.h"
#include "engine/ledger/ledger.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/ledger_world.h"

namespace gonghui {

class RuleWorld : public LedgerWorld {
 protected:
  explicit RuleWorld(const LedgerLimits& limits = SmallLimits()) : LedgerWorld(limits) {}

  static constexpr TimestampNs AfterDays(int64_t days) { return After(24 * days); }
  static LineItem Item(const char* code, int64_t price, uint32_t quantity = 1) {
    return LineItem{CodeOf<ItemCode>(code), Fen{price}, quantity, 0};
  }

  // Calls change(programme, its benefit) and applies what comes of it.
  template <class Change>
  void Apply(Change&& change) {
    OwnedProgramme programme = Programme("p");
    AddPercentOff(&programme, "b", 5'000, "F");
    change(programme, programme.benefits[0]);
    ASSERT_EQ(Run(Own(programme)).verdict, Verdict::kDecided)
        << "reason=" << NameOf(result_.admin_reason) << " field=" << NameOf(result_.field);
  }
  // Of the first benefit; one a person and day, unless changed.
  static LimitSpec& AddLimit(OwnedProgramme& programme, const char* code, int64_t max) {
    LimitSpec limit;
    limit.code = CodeOf<LimitCode>(code);
    limit.max = max;
    programme.limits.push_back(limit);
    std::vector<uint32_t> all;
    for (uint32_t i = 0; i < programme.limits.size(); ++i) {
      all.push_back(i);
    }
    programme.benefits[0].limits = Append<uint32_t>(programme.limit_refs, all);
    return programme.limits.back();
  }
  // What is changed of member M1.
  template <class Change>
  void ChangeMember(Change&& change) {
    MemberRequest member;
    member.id = CodeOf<MemberId>("M1");
    member.union_node = CodeOf<UnionNodeId>("U");
    member.real_name_verified = true;
    change(member);
    Run(Own(member));
    EXPECT_EQ(result_.verdict, Verdict::kDecided);
  }
  static void AddSpan(MemberRequest* member,
                      const char* segment,
                      TimestampNs from,
                      TimestampNs until = kTimestampMax) {
    member->spans[member->span_count++] =
        SegmentSpanRequest{CodeOf<SegmentCode>(segment), from, until};
  }
  void DefineSegment(const char* code) {
    SegmentRequest segment;
    segment.code = CodeOf<SegmentCode>(code);
    Run(Own(segment));
  }

  // A sale that is declined for this reason, and when it may be tried again.
  void ExpectDeclined(const Result& result,
                      Reason reason,
                      TimestampNs next_eligible_at = TimestampNs{}) const {
    EXPECT_EQ(result.transaction.outcome, Outcome::kDeclined);
    EXPECT_EQ(result.transaction.reason, reason) << NameOf(result.transaction.reason);
    EXPECT_EQ(result.transaction.expires_at.value(), next_eligible_at.value());
  }
  void ExpectGiven(const Result& result, int64_t subsidy) const {
    EXPECT_EQ(result.transaction.outcome, Outcome::kApproved) << NameOf(result.transaction.reason);
    EXPECT_EQ(result.transaction.subsidy, Fen{subsidy});
  }
  // The checks of the benefit that an explained quote lists, in order.
  std::vector<Reason> ChecksOf(const OwnedCommand& quote) {
    Run(quote);
    std::vector<Reason> checks;
    const Explanation& explanation = *commands_.back().command.authorize.explanation;
    for (uint32_t i = 0; i < explanation.count; ++i) {
      if (explanation.checks[i].benefit != BenefitRow{}) {
        checks.push_back(explanation.checks[i].check);
      }
    }
    return checks;
  }
  // The check of the benefit that the last explanation lists; the last of that name.
  [[nodiscard]] const CheckResult* CheckOf(Reason check) const {
    const Explanation& explanation = *commands_.back().command.authorize.explanation;
    const CheckResult* found = nullptr;
    for (uint32_t i = 0; i < explanation.count; ++i) {
      const CheckResult& result = explanation.checks[i];
      found = result.benefit != BenefitRow{} && result.check == check ? &result : found;
    }
    return found;
  }
  static Command Quote(int64_t price) {
    Command quote = Authorize(0, price);
    quote.kind = CommandKind::kQuote;
    return quote;
  }
  // All that the member may use.
  const EntitlementList& Entitlements() {
    Command command;
    command.kind = CommandKind::kGetEntitlements;
    command.terminal = CodeOf<TerminalId>("T1");
    command.entitlements = EntitlementsRequest{};
    command.entitlements.card = kCard;
    Run(Own(command));
    return *commands_.back().command.entitlements.list;
  }
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_LEDGER_RULE_WORLD_H_
