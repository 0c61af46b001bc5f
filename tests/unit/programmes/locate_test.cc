// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>

#include <gtest/gtest.h>

#include "engine/programmes/compiler.h"
#include "tests/unit/programmes/both_languages.h"

namespace gonghui {
namespace {

constexpr std::string_view kFile = R"yaml(gonghui: 1
programme:
  code: demo
  name: 示范
  owner: kunming
  zone: Asia/Shanghai
  starts: 2026-01-01
  until: 2027-01-01
segments:
  - {code: model-worker, name: 劳动模范}
funds:
  - code: money
    name: 资金
    owner: wuhua
    budget: 1000 yuan
benefits:
  - code: first
    name: 一
    for: {segments_any: [model-worker, model-workers, hardship], union: guandu}
    at: {merchants: [M1, M2], union: panlong}
    price: {member_pays: 1 fen}
    funding: [{fund: money, share: 50%}, {fund: monye, share: 50%}]
  - code: second
    name: 二
    price: {free: true}
    stock: {fund: packs}
)yaml";

class LocateTest : public testing::Test {
 protected:
  LocateTest() : outcome_(Compile(kFile)) {}

  void SetUp() override { ASSERT_TRUE(outcome_.ok()); }

  [[nodiscard]] std::string Locate(Field field,
                                   uint32_t index,
                                   AdminReason reason = AdminReason::kUnknownReference) const {
    return Render(outcome_.file->Locate(field, reason, index), "f");
  }

  CompileOutcome outcome_;
};

TEST_F(LocateTest, NamesTheCodeAndThePlace) {
  EXPECT_EQ(Locate(Field::kSegment, 1),
            "f:19:40: benefits[0].for.segments_any[1]: there is no segment 'model-workers' "
            "(did you mean 'model-worker'?)");
  EXPECT_EQ(Locate(Field::kSegment, 2),
            "f:19:55: benefits[0].for.segments_any[2]: there is no segment 'hardship' "
            "(declare it under segments:)");
  EXPECT_EQ(Locate(Field::kMerchant, 1),
            "f:20:26: benefits[0].at.merchants[1]: there is no merchant 'M2' (import it first)");
  EXPECT_EQ(Locate(Field::kFund, 1),
            "f:22:49: benefits[0].funding[1].fund: there is no fund 'monye' "
            "(did you mean 'money'?)");
  EXPECT_EQ(Locate(Field::kStock, 1),
            "f:26:19: benefits[1].stock.fund: there is no fund 'packs' "
            "(declare it under funds:)");
  EXPECT_EQ(Locate(Field::kMemberUnion, 0),
            "f:19:73: benefits[0].for.union: there is no union node 'guandu' (import it first)");
  EXPECT_EQ(Locate(Field::kMerchantUnion, 0),
            "f:20:38: benefits[0].at.union: there is no union node 'panlong' (import it first)");
  EXPECT_EQ(Locate(Field::kOwner, 0),
            "f:5:10: programme.owner: there is no union node 'kunming' (import it first)");
}

TEST_F(LocateTest, TellsMoneyFromPieces) {
  EXPECT_EQ(Locate(Field::kFund, 1, AdminReason::kWrongAsset),
            "f:22:49: benefits[0].funding[1].fund: the fund 'monye' holds pieces, not money "
            "('funding' takes a fund whose budget is in yuan)");
  EXPECT_EQ(Locate(Field::kStock, 1, AdminReason::kWrongAsset),
            "f:26:19: benefits[1].stock.fund: the fund 'packs' holds money, not pieces "
            "('stock' takes a fund whose budget is in pieces)");
}

TEST_F(LocateTest, TellsOfStages) {
  EXPECT_EQ(Locate(Field::kActivatesAt, 0, AdminReason::kNotAllowedFromState),
            "f:3:9: programme.code: the instant at which it is to become active has passed (take "
            "a later one, or activate it at once)");
  EXPECT_EQ(Locate(Field::kStage, 0, AdminReason::kNotAllowedFromState),
            "f:3:9: programme.code: the version with this content can not come to that stage "
            "from where it stands (look at the programme's versions)");
}

TEST_F(LocateTest, KnowsTheFundsOfTheFile) {
  const CompiledFile& file = *outcome_.file;
  EXPECT_EQ(Render(file.LocateFund(Field::kOwner, AdminReason::kUnknownReference, 0), "f"),
            "f:14:12: funds[0].owner: there is no union node 'wuhua' (import it first)");
  EXPECT_EQ(Render(file.LocateFund(Field::kBudget, AdminReason::kBelowCommitted, 0), "f"),
            "f:15:13: funds[0].budget: the fund 'money' has already held and spent more than "
            "this budget");
  EXPECT_EQ(Render(file.LocateFund(Field::kAsset, AdminReason::kImmutable, 0), "f"),
            "f:15:13: funds[0].budget: the fund 'money' can not change between money and pieces "
            "(take another code)");
}

TEST_F(LocateTest, AnyIndexIsSafe) {
  const CompiledFile& file = *outcome_.file;
  for (int field = 0; field < 64; ++field) {
    for (int reason = 0; reason < 16; ++reason) {
      for (const uint32_t index : {0U, 1U, 2U, 7U, UINT32_MAX}) {
        const auto f = static_cast<Field>(field);
        const auto r = static_cast<AdminReason>(reason);
        for (const Diagnostic& found : {file.Locate(f, r, index),
                                        file.LocateFund(f, r, index),
                                        file.LocateSegment(f, r, index)}) {
          EXPECT_GT(found.line, 1U);
          EXPECT_FALSE(found.path.empty());
          EXPECT_TRUE(InBothLanguages(found));
        }
      }
    }
  }
}

}  // namespace
}  // namespace gonghui
