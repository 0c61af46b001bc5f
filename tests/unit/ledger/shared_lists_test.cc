// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Lists that benefits of one file share, and what a change of the registry leaves of the
// lists of candidates.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ledger/ledger.h"
#include "engine/ledger/shared_ranges.h"
#include "tests/testing/names.h"
#include "tests/unit/ledger/ledger_world.h"

namespace gonghui {
namespace {

// ---- SharedRanges -------------------------------------------------------------------

TEST(SharedRangesTest, ARangeIsAppendedOncePerPoolAndImage) {
  SharedRanges shared;
  uint32_t appended = 0;
  const auto find = [&](SharedRanges::Pool pool, PoolRange range) {
    const PoolRange found = shared.Find(pool, range, [&] {
      return PoolRange{++appended * 100, range.count};
    });
    EXPECT_EQ(found.count, range.count);
    return found.first;
  };
  for (uint32_t image = 0; image < 3; ++image) {
    shared.Begin();
    appended = 0;
    EXPECT_EQ(find(SharedRanges::kMccs, {0, 3}), 100U);
    EXPECT_EQ(find(SharedRanges::kMerchants, {0, 3}), 200U);
    EXPECT_EQ(find(SharedRanges::kMccs, {0, 3}), 100U);
    EXPECT_EQ(find(SharedRanges::kMccs, {1, 2}), 300U);
    EXPECT_EQ(find(SharedRanges::kHours, {kPoolItemsPerProgrammeMax - 1, 1}), 400U);
    EXPECT_EQ(find(SharedRanges::kHours, {kPoolItemsPerProgrammeMax - 1, 1}), 400U);
    // An empty one is none, wherever it lies, and takes no other one's place.
    EXPECT_EQ(find(SharedRanges::kMccs, {0, 0}), 0U);
    EXPECT_EQ(find(SharedRanges::kMccs, {UINT32_MAX, 0}), 0U);
    EXPECT_EQ(find(SharedRanges::kMccs, {0, 3}), 100U);
    // As many of them are another list.
    EXPECT_EQ(find(SharedRanges::kMccs, {0, 2}), 500U);
    EXPECT_EQ(find(SharedRanges::kMccs, {0, 2}), 500U);
    // Beyond what a file may have each is its own.
    EXPECT_EQ(find(SharedRanges::kMccs, {kPoolItemsPerProgrammeMax, 1}), 600U);
    EXPECT_EQ(find(SharedRanges::kMccs, {kPoolItemsPerProgrammeMax, 1}), 700U);
    EXPECT_EQ(find(SharedRanges::kMerchants, {0, 3}), 200U);
  }
}

// ---- Rows of a version ----------------------------------------------------------------

class SharedListsTest : public LedgerWorld {
 protected:
  static OwnedProgramme Version(uint64_t hash) {
    OwnedProgramme programme = Programme("p");
    programme.spec.content_hash = hash;
    return programme;
  }
  const Result& SetMerchant(const char* id, Mcc mcc, const char* node = "U") {
    MerchantRequest merchant;
    merchant.id = CodeOf<MerchantId>(id);
    merchant.union_node = CodeOf<UnionNodeId>(node);
    merchant.mcc = mcc;
    return Run(Own(merchant));
  }
  const Result& SetTerminal(const char* id, const char* merchant) {
    TerminalRequest terminal;
    terminal.id = CodeOf<TerminalId>(id);
    terminal.merchant = CodeOf<MerchantId>(merchant);
    return Run(Own(terminal));
  }
  const Result& SetUnionNode(const char* id, const char* name, UnionLevel level) {
    UnionNodeRequest node;
    node.id = CodeOf<UnionNodeId>(id);
    node.name = *DisplayName::From(std::string_view(name));
    node.level = level;
    return Run(Own(node));
  }
  // `count` merchants more.
  std::vector<MerchantId> AddMerchants(int count) {
    std::vector<MerchantId> ids;
    for (int i = 0; i < count; ++i) {
      const std::string id = "L" + std::to_string(i);
      SetMerchant(id.c_str(), 5411);
      ids.insert(ids.begin(), CodeOf<MerchantId>(id));
    }
    return ids;
  }
  [[nodiscard]] uint32_t RowsOf(TableId table) const {
    return ledger_->tables()[static_cast<size_t>(table) - 1]->size();
  }
  [[nodiscard]] std::array<uint32_t, 7> PoolRows() const {
    return {RowsOf(TableId::kMccPool),
            RowsOf(TableId::kMerchantPool),
            RowsOf(TableId::kTerminalPool),
            RowsOf(TableId::kItemPool),
            RowsOf(TableId::kStepPool),
            RowsOf(TableId::kHoursPool),
            RowsOf(TableId::kDayPool)};
  }
  [[nodiscard]] const Benefit& BenefitAt(uint32_t index) const {
    const auto& version = ledger_->programmes()[ProgrammeRow{result_.row}];
    return ledger_->benefits()[BenefitRow{version.first_benefit.value() + index}];
  }
  [[nodiscard]] std::vector<uint32_t> MerchantsOf(const Benefit& benefit) const {
    std::vector<uint32_t> rows;
    ledger_->ForEachMerchant(benefit.merchants,
                             [&rows](MerchantRow row) { rows.push_back(row.value()); });
    return rows;
  }
};

TEST_F(SharedListsTest, BenefitsOfTheSameRangesHaveTheSameRows) {
  const std::vector<MerchantId> more = AddMerchants(3);  // rows 2 .. 4
  SetTerminal("T2", "S1");
  OwnedProgramme programme = Version(2);
  programme.spec.special_days =
      Append<DayRange>(programme.days, {{20'000, 20'006, DayKind::kHoliday, {}}});
  BenefitSpec& first = AddPercentOff(&programme, "b", 2'000, "F");
  first.mccs = Append<MccRange>(programme.mccs, {{5411, 5411}, {5500, 5599}});
  first.merchants =
      Append(programme.merchants, {more[0], more[1], more[2], CodeOf<MerchantId>("S1")});
  first.terminals =
      Append(programme.terminals, {CodeOf<TerminalId>("T2"), CodeOf<TerminalId>("T1")});
  first.items_any = Append(programme.items, {CodeOf<ItemCode>("A"), CodeOf<ItemCode>("B")});
  first.items_none = Append(programme.items, {CodeOf<ItemCode>("C")});
  first.price.steps = Append<PriceStep>(programme.steps, {{Fen{0}, Fen{}, Bps{1'000}, 0}});
  first.hours = Append<HoursRange>(programme.hours, {{0, 40'000}, {50'000, 86'400}});
  first.closed_days = Append<DayRange>(programme.days, {{20'010, 20'010, DayKind::kHoliday, {}}});
  const auto add = [&programme](const char* code) -> BenefitSpec& {
    const BenefitSpec like = programme.benefits[0];
    programme.benefits.push_back(like);
    programme.benefits.back().code = CodeOf<BenefitCode>(code);
    return programme.benefits.back();
  };
  const PoolRange both_items = first.items_any;  // `first` moves when another is added
  add("c");
  add("d").items_none = both_items;
  // The first three of the list are another list; without merchants, it is for all of them.
  add("e").merchants.count = 3;
  add("f").merchants.count = 0;
  const std::array<uint32_t, 7> before = PoolRows();
  Run(Own(programme));
  ASSERT_EQ(result_.verdict, Verdict::kDecided) << NameOf(result_.field);

  const std::array<uint32_t, 7> after = PoolRows();
  const std::array<uint32_t, 7> expected{2, 4 + 3, 2, 2 + 1, 1, 2, 1 + 1};
  for (size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i] - before[i], expected[i]) << i;
  }
  EXPECT_EQ(BenefitAt(0).merchants.first, BenefitAt(1).merchants.first);
  EXPECT_EQ(MerchantsOf(BenefitAt(1)), (std::vector<uint32_t>{1, 2, 3, 4}));
  EXPECT_EQ(MerchantsOf(BenefitAt(2)), (std::vector<uint32_t>{1, 2, 3, 4}));
  EXPECT_EQ(MerchantsOf(BenefitAt(3)), (std::vector<uint32_t>{2, 3, 4}));
  EXPECT_TRUE(MerchantsOf(BenefitAt(4)).empty());
  for (uint32_t i = 0; i < 5; ++i) {
    const Benefit& benefit = BenefitAt(i);
    EXPECT_EQ(ledger_->MccsOf(benefit.mccs).size(), 2U);
    EXPECT_EQ(ledger_->HoursOf(benefit.hours)[1].from_s, 50'000);
    EXPECT_EQ(ledger_->DaysOf(benefit.closed_days)[0].first, 20'010);
    EXPECT_EQ(ledger_->ItemsOf(benefit.items_any).size(), 2U);
    EXPECT_EQ(ledger_->ItemsOf(benefit.items_none).size(), i == 2 ? 2U : 1U);
    EXPECT_EQ(ledger_->StepsOf(benefit.price)[0].rate, Bps{1'000});
    std::vector<uint32_t> terminals;
    ledger_->ForEachTerminal(benefit.terminals,
                             [&](TerminalRow row) { terminals.push_back(row.value()); });
    EXPECT_EQ(terminals, (std::vector<uint32_t>{1, 2}));
  }
}

// A group that thirty benefits name, in a file that is applied again and again: each version
// has it once, and each of its benefits is given where it says.
TEST_F(SharedListsTest, AVersionHasAListOnceHoweverManyBenefitsNameIt) {
  constexpr uint32_t kListed = 2'000;
  constexpr uint32_t kBenefits = 30;
  constexpr uint32_t kVersions = 40;
  std::vector<MerchantId> listed = AddMerchants(kListed - 1);
  listed.push_back(CodeOf<MerchantId>("S1"));
  OwnedProgramme programme = Version(1);
  const PoolRange range = Append(programme.merchants, listed);
  for (uint32_t i = 0; i < kBenefits; ++i) {
    // The last is the best.
    const std::string code = "b" + std::to_string(i);
    AddPercentOff(&programme, code.c_str(), static_cast<int32_t>(100 * (i + 1)), "F").merchants =
        range;
  }
  for (uint32_t version = 0; version < kVersions; ++version) {
    programme.spec.content_hash = version + 1;
    Run(Own(programme));
    ASSERT_EQ(result_.verdict, Verdict::kDecided) << NameOf(result_.field);
    EXPECT_EQ(RowsOf(TableId::kMerchantPool), kListed * (version + 1));
  }
  EXPECT_EQ(Run(Own(Sale(1, 1'000))).transaction.subsidy, Fen{300});
}

// Room is asked for what will be stored: 300 benefits with one list of 65,536 merchants take
// that many rows, and 300 lists of 60,000 are more than the pool has.
TEST_F(SharedListsTest, ASharedListNeedsRoomOnce) {
  constexpr uint32_t kBenefits = 300;
  OwnedProgramme programme = Version(1);
  const PoolRange all =
      Append(programme.merchants,
             std::vector<MerchantId>(kPoolItemsPerProgrammeMax, CodeOf<MerchantId>("S1")));
  for (uint32_t i = 0; i < kBenefits; ++i) {
    const std::string code = "b" + std::to_string(i);
    AddPercentOff(&programme, code.c_str(), 100, "F").merchants = all;
  }
  const auto validate = [this](const OwnedProgramme& file) {
    OwnedCommand command = Own(file);
    command.command.validate_only = true;
    return Run(command).verdict;
  };
  EXPECT_EQ(validate(programme), Verdict::kDecided);
  for (uint32_t i = 0; i < kBenefits; ++i) {
    programme.benefits[i].merchants = PoolRange{i, 60'000};
  }
  EXPECT_EQ(validate(programme), Verdict::kFull);
  EXPECT_EQ(result_.field, Field::kProgrammes);
}

// ---- What the registry changes ----------------------------------------------------------

class RegistryChangesTest : public SharedListsTest {
 protected:
  // What Prefetch() sees of a sale.
  Ledger::Trail TrailOf(const Command& command) {
    const std::array<const Command*, 1> commands{&command};
    std::array<Ledger::Trail, 1> trails;
    ledger_->Prefetch(commands, now_, trails);
    return trails[0];
  }
  // What a sale of 10 yuan is given by a trail.
  int64_t Given(const Ledger::Trail& trail) {
    OwnedCommand command = Own(Sale(1, 1'000));
    auto event = std::make_unique<Event>();
    auto result = std::make_unique<Result>();
    ledger_->Decide(command.command, now_, trail, event.get(), result.get());
    return result->transaction.subsidy.value();
  }
  // Lists of all kinds are made and looked at.
  Ledger::Trail Warm() {
    Given(Ledger::Trail{});
    const Ledger::Trail trail = TrailOf(Sale(1, 1'000));
    EXPECT_NE(trail.candidates.count, 0U);
    return trail;
  }
  void ApplyByPlace() {
    SetUnionNode("V", "other", UnionLevel::kOther);
    SetMerchant("S2", 5411, "V");
    OwnedProgramme programme = Version(2);
    BenefitSpec& in_u = AddPercentOff(&programme, "u", 2'000, "F");
    in_u.merchant_union = CodeOf<UnionNodeId>("U");
    BenefitSpec& in_v = AddPercentOff(&programme, "v", 3'000, "F");
    in_v.merchant_union = CodeOf<UnionNodeId>("V");
    BenefitSpec& fuel = AddPercentOff(&programme, "fuel", 4'000, "F");
    fuel.mccs = Append<MccRange>(programme.mccs, {{5541, 5541}});
    BenefitSpec& listed = AddPercentOff(&programme, "listed", 1'000, "F");
    listed.merchants = Append(programme.merchants, {CodeOf<MerchantId>("S1")});
    Run(Own(programme));
  }
};

TEST_F(RegistryChangesTest, AnImportLeavesTheListsAsTheyAre) {
  ApplyByPlace();
  const Ledger::Trail before = Warm();
  EXPECT_EQ(Given(before), 200);
  AddMerchants(50);
  SetMerchant("S9", 5541, "V");
  SetTerminal("T9", "S9");
  SetUnionNode("W", "third", UnionLevel::kOther);
  EXPECT_EQ(SetUnionNode("U", "renamed", UnionLevel::kOther).verdict, Verdict::kDecided);
  MerchantRequest renamed;
  renamed.id = CodeOf<MerchantId>("S1");
  renamed.union_node = CodeOf<UnionNodeId>("U");
  renamed.mcc = 5411;
  renamed.name = *DisplayName::From(std::string_view("Another"));
  EXPECT_EQ(Run(Own(renamed)).verdict, Verdict::kDecided);
  const Ledger::Trail after = TrailOf(Sale(1, 1'000));
  EXPECT_EQ(after.candidates.count, before.candidates.count);
  EXPECT_EQ(after.candidates.generation, before.candidates.generation);
  EXPECT_EQ(Given(before), 200);
  EXPECT_EQ(Given(Ledger::Trail{}), 200);

  // The new ones are offered what is offered where they are.
  Command command = Sale(1, 1'000);
  command.terminal = CodeOf<TerminalId>("T9");
  EXPECT_EQ(Run(Own(command)).transaction.subsidy, Fen{400});
}

// Drafts, and what is only to come, cost the live decisions nothing.
TEST_F(RegistryChangesTest, OnlyWhatIsActiveOrInShadowMakesListsVoid) {
  ApplyByPlace();
  Warm();
  const auto changes = [this](const OwnedCommand& command) {
    Warm();
    const uint32_t before = TrailOf(Sale(1, 1'000)).candidates.generation;
    EXPECT_EQ(Run(command).verdict, Verdict::kDecided) << NameOf(result_.admin_reason);
    Given(Ledger::Trail{});
    return TrailOf(Sale(1, 1'000)).candidates.generation != before;
  };
  const auto version = [](const char* code, uint64_t hash, Stage stage, TimestampNs at = {}) {
    OwnedProgramme programme = Programme(code);
    programme.spec.content_hash = hash;
    // It names whom no list has named.
    AddPercentOff(&programme, "b", 9'000, "F").merchants =
        Append(programme.merchants, {CodeOf<MerchantId>("S2"), CodeOf<MerchantId>("S1")});
    programme.stage = stage;
    programme.activates_at = at;
    return Own(programme);
  };
  const auto stage = [](uint32_t number, Stage asked, TimestampNs at = {}) {
    return Own(StageProgrammeRequest{CodeOf<ProgrammeCode>("q"), number, asked, at});
  };
  EXPECT_FALSE(changes(version("q", 1, Stage::kValidated)));
  EXPECT_FALSE(changes(version("q", 2, Stage::kScheduled, After(2))));
  EXPECT_FALSE(changes(stage(1, Stage::kScheduled, After(1))));
  EXPECT_FALSE(changes(stage(2, Stage::kWithdrawn)));
  EXPECT_FALSE(changes(Own(RetireProgrammeRequest{CodeOf<ProgrammeCode>("q")})));
  EXPECT_EQ(Given(Ledger::Trail{}), 200);
  const Ledger::Trail seen = Warm();
  EXPECT_TRUE(changes(version("q", 3, Stage::kShadow)));
  EXPECT_TRUE(ledger_->IsShadowed(Sale(1, 1'000)));
  EXPECT_TRUE(changes(version("q", 4, Stage::kShadow)));  // in its place
  EXPECT_TRUE(changes(stage(4, Stage::kValidated)));
  EXPECT_FALSE(ledger_->IsShadowed(Sale(1, 1'000)));
  EXPECT_TRUE(changes(stage(4, Stage::kActive)));
  EXPECT_EQ(Given(seen), 900);
  EXPECT_TRUE(changes(Own(RetireProgrammeRequest{CodeOf<ProgrammeCode>("q")})));
  EXPECT_EQ(Given(seen), 200);
}

// Between the look at several commands and the decision of the last of them, an operator's
// command may be one of them.
TEST_F(RegistryChangesTest, ATrailEndsWhereAMerchantMoves) {
  ApplyByPlace();
  Ledger::Trail seen = Warm();
  EXPECT_EQ(Given(seen), 200);
  SetMerchant("S1", 5541);
  EXPECT_EQ(Given(seen), 400);
  seen = Warm();
  EXPECT_EQ(Given(seen), 400);
  SetMerchant("S1", 5411, "V");
  EXPECT_EQ(Given(seen), 300);
  SetMerchant("S1", 5411, "U");
  seen = Warm();
  EXPECT_EQ(Given(seen), 200);
  EXPECT_EQ(SetTerminal("T1", "S2").verdict, Verdict::kRefused);
  EXPECT_EQ(Given(seen), 200);
}

}  // namespace
}  // namespace gonghui
