// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The reports' figures in full: as many members, stations, checks and uses as the union
// told, against the ledger, and every sum re-added by hand.

#include <array>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/check.h"
#include "engine/base/prng.h"
#include "engine/ledger/ledger.h"
#include "tests/model/ledger_pair.h"
#include "tests/tables/table_file.h"
#include "tests/tables/table_words.h"

namespace gonghui {
namespace {

constexpr int64_t kYuan = 100;
constexpr int64_t kNsPerDay = kSecondsPerDay * kNsPerSecond;

// A union's office with a ledger of its own.
class Office {
 public:
  Office(const std::string& programme, const std::string& begin)
      : ledger_(std::make_unique<Ledger>()), now_(TimeOf(begin)) {
    SetUnion("ALL", "");
    files_ = ReadProgrammeFile(std::string(GONGHUI_PROGRAMMES_DIR) + "/" + programme);
  }

  // When what it names is there.
  void ApplyFile() {
    for (const OwnedCommand& command : files_) {
      Run(command.command);
    }
  }

  void SetUnion(const std::string& id, const std::string& parent) {
    UnionNodeRequest request;
    request.id = Coded<UnionNodeId>(id);
    if (!parent.empty()) {
      request.parent = Coded<UnionNodeId>(parent);
    }
    Run(Own(request).command);
  }

  void SetMember(int member, Sex sex, const std::string& segment, const std::string& node) {
    MemberRequest request;
    request.id = Coded<MemberId>("M" + std::to_string(member));
    request.union_node = Coded<UnionNodeId>(node);
    request.real_name_verified = true;
    request.sex = sex;
    if (!segment.empty()) {
      request.span_count = 1;
      request.spans[0].segment = Coded<SegmentCode>(segment);
      request.spans[0].starts_at = TimestampNs{kTimestampNsMin};
    }
    Run(Own(request).command);
    CardRequest card;
    card.number = Card(member);
    card.member = request.id;
    Run(Own(card).command);
  }

  void SetShop(const std::string& id, Mcc mcc, TerminalKind kind) {
    MerchantRequest merchant;
    merchant.id = Coded<MerchantId>(id);
    merchant.union_node = Coded<UnionNodeId>("ALL");
    merchant.mcc = mcc;
    Run(Own(merchant).command);
    TerminalRequest terminal;
    terminal.id = Coded<TerminalId>(id);
    terminal.merchant = merchant.id;
    terminal.kind = kind;
    Run(Own(terminal).command);
  }

  // The answer to a sale at the shop's terminal.
  const Transaction& Sell(const std::string& shop,
                          int member,
                          int64_t price,
                          const std::vector<LineItem>& lines = {}) {
    Command command = Asked(CommandKind::kAuthorize, shop);
    command.authorize.card = Card(member);
    command.authorize.list_price = Fen{price};
    command.authorize.capture_at_once = true;
    command.authorize.lines = lines.data();
    command.authorize.line_count = static_cast<uint32_t>(lines.size());
    return Submit(command);
  }
  const Transaction& Hold(const std::string& shop, int member, int64_t price) {
    Command command = Asked(CommandKind::kAuthorize, shop);
    command.authorize.card = Card(member);
    command.authorize.list_price = Fen{price};
    return Submit(command);
  }
  const Transaction& Capture(const std::string& shop, RequestId hold) {
    Command command = Asked(CommandKind::kCapture, shop);
    command.capture = CaptureRequest{};
    command.capture.original_request_id = hold;
    return Submit(command);
  }

  void WaitDays(int64_t days) { now_ = TimestampNs{now_.value() + days * kNsPerDay}; }

  [[nodiscard]] const Fund& FundOf(const std::string& code) const {
    return ledger_->funds()[ledger_->FindFund(Coded<FundCode>(code))];
  }
  [[nodiscard]] const Merchant& ShopOf(const std::string& id) const {
    return ledger_->merchants()[ledger_->FindMerchant(Coded<MerchantId>(id))];
  }
  [[nodiscard]] const Ledger& ledger() const { return *ledger_; }

  // Used of all counters of a limit together.
  [[nodiscard]] int64_t UsedOf(const std::string& limit) const {
    int64_t used = 0;
    for (uint32_t row = 1; row <= ledger_->counters().size(); ++row) {
      const Counter& counter = ledger_->counters()[CounterRow{row}];
      if (ledger_->counter_series()[counter.series].limit == Coded<LimitCode>(limit)) {
        used += counter.used;
      }
    }
    return used;
  }

 private:
  static CardNumber Card(int member) {
    return CardNumber{6'253'013'000'000'000U + static_cast<uint64_t>(member)};
  }
  Command Asked(CommandKind kind, const std::string& shop) {
    Command command;
    command.kind = kind;
    command.terminal = Coded<TerminalId>(shop);
    command.request_id = RequestId{1, ++requests_};
    return command;
  }
  const Transaction& Submit(const Command& command) {
    ledger_->Decide(command, now_, &event_, &result_);
    GH_CHECK(result_.verdict == Verdict::kDecided, "verdict=", result_.verdict);
    ledger_->Evolve(event_);
    return result_.transaction;
  }
  void Run(const Command& command) {
    ledger_->Decide(command, now_, &event_, &result_);
    GH_CHECK(event_.kind != EventKind::kNone,
             "kind=",
             command.kind,
             " reason=",
             result_.admin_reason,
             " field=",
             result_.field);
    ledger_->Evolve(event_);
  }

  std::unique_ptr<Ledger> ledger_;
  TimestampNs now_;
  std::vector<OwnedCommand> files_;
  uint64_t requests_ = 0;
  Event event_;
  Result result_;
};

TEST(FiguresTest, SuzhouFifteenThousandPacksAmongNearlyAHundredThousandMembers) {
  constexpr int kMembers = 99'800;
  Office office("03-suzhou-cooling-packs.yaml", "2026-08-08T09:00:00+08:00");
  office.ApplyFile();
  office.SetShop("APP", 8398, TerminalKind::kOnline);
  for (int i = 1; i <= kMembers; ++i) {
    office.SetMember(i, Sex::kUnknown, "", "ALL");
  }
  int approved = 0;
  for (int i = 1; i <= kMembers; ++i) {
    const Transaction& answer = office.Hold("APP", i, 0);
    approved += answer.outcome == Outcome::kApproved ? 1 : 0;
    EXPECT_EQ(answer.reason, i <= 15'000 ? Reason::kNone : Reason::kQuotaExhausted);
  }
  EXPECT_EQ(approved, 15'000);
  EXPECT_EQ(office.FundOf("cooling-packs-2026").held, Fen{15'000});
  EXPECT_EQ(office.FundOf("cooling-packs-2026").left(), Fen{0});
  EXPECT_EQ(BrokenInvariant(office.ledger()), "");
}

// 330,000 uses from January to June, of all kinds, as far as each member's limits let.
TEST(FiguresTest, TianjinThreeHundredAndThirtyThousandUses) {
  constexpr int kMembers = 30'000;
  constexpr int kUses = 330'000;
  constexpr uint64_t kSeed = 330'000;
  Office office("07-tianjin-platform.yaml", "2026-01-01T08:00:00+08:00");
  office.ApplyFile();
  office.SetShop("MARKET", 5411, TerminalKind::kOnline);
  office.SetShop("CINEMA", 7832, TerminalKind::kPos);
  office.SetShop("KITCHEN", 5812, TerminalKind::kOnline);
  for (int i = 1; i <= kMembers; ++i) {
    office.SetMember(i, Sex::kUnknown, "", "ALL");
  }
  Prng prng{kSeed};
  std::map<std::string, int64_t> uses;
  std::map<std::string, int64_t> subsidy;
  int64_t collected = 0;
  int given = 0;
  int refused = 0;
  for (int day = 0; day < 181; ++day) {
    // The same number of uses each day, the rest on the last one.
    const int until = day == 180 ? kUses : kUses / 181 * (day + 1);
    while (given < until) {
      const int member = static_cast<int>(1 + prng.Below(kMembers));
      const uint64_t kind = prng.Below(3);
      const char* const shop = kind == 0 ? "MARKET" : kind == 1 ? "CINEMA" : "KITCHEN";
      int64_t price = kind == 1 ? prng.Between(2'500, 4'500) : prng.Between(2'500, 6'000);
      std::vector<LineItem> lines;
      if (kind == 0) {
        lines.push_back(LineItem{Coded<ItemCode>("rice-5kg"), Fen{price}, 1});
        lines.push_back(LineItem{Coded<ItemCode>("chocolate"), Fen{700}, 1});
        price += 700;
      }
      const Transaction& answer = office.Sell(shop, member, price, lines);
      if (answer.outcome != Outcome::kApproved) {
        EXPECT_EQ(answer.reason, Reason::kExceedsFrequencyLimit);
        ++refused;
        continue;
      }
      ++given;
      ++uses[shop];
      subsidy[shop] += answer.subsidy.value();
      collected += answer.member_pays.value();
    }
    office.WaitDays(1);
  }
  EXPECT_EQ(uses["MARKET"] + uses["CINEMA"] + uses["KITCHEN"], kUses);
  EXPECT_EQ(office.UsedOf("baskets-per-month"), uses["MARKET"]);
  EXPECT_EQ(office.UsedOf("film-per-month"), uses["CINEMA"]);
  EXPECT_EQ(office.UsedOf("meals-per-week"), uses["KITCHEN"]);
  EXPECT_EQ(office.FundOf("film-tickets-2026").spent, Fen{uses["CINEMA"]});
  EXPECT_EQ(office.FundOf("necessities-2026").spent, Fen{subsidy["MARKET"] + subsidy["CINEMA"]});
  // 8 yuan a meal, three quarters the union's.
  EXPECT_EQ(office.FundOf("meals-2026").spent, Fen{uses["KITCHEN"] * 6 * kYuan});
  EXPECT_EQ(office.FundOf("kitchens-2026").spent, Fen{uses["KITCHEN"] * 2 * kYuan});
  int64_t all_collected = 0;
  for (const auto& [shop, amount] : subsidy) {
    EXPECT_EQ(office.ShopOf(shop).receivable_posted, Fen{amount}) << shop;
    all_collected += office.ShopOf(shop).collected_posted.value();
  }
  EXPECT_EQ(all_collected, collected);
  EXPECT_EQ(BrokenInvariant(office.ledger()), "");
  std::cout << kUses << " uses: " << uses["MARKET"] << " baskets, " << uses["CINEMA"] << " films, "
            << uses["KITCHEN"] << " meals; " << refused << " refused by a limit (seed " << kSeed
            << ")\n";
}

// 20,589 checks by 30 June of 40,000: 450 yuan a man, 600 yuan a woman.
TEST(FiguresTest, TianjinHealthChecksReAddToTheFen) {
  constexpr int kChecks = 20'589;
  constexpr int kWomen = 8'589;
  constexpr std::array<const char*, 3> kSegments = {
      "migrant-worker", "troubled-enterprise", "hardship"};
  Office office("08-tianjin-health-checks.yaml", "2026-01-05T08:00:00+08:00");
  office.ApplyFile();
  constexpr std::array<const char*, 2> kHospitals = {"HOSPITAL-1", "HOSPITAL-2"};
  for (const char* const hospital : kHospitals) {
    office.SetShop(hospital, 8062, TerminalKind::kPos);
  }
  std::array<int64_t, 2> owed{};
  for (int i = 1; i <= kChecks; ++i) {
    const bool woman = i <= kWomen;
    office.SetMember(
        i, woman ? Sex::kFemale : Sex::kMale, kSegments[static_cast<size_t>(i % 3)], "ALL");
    const auto hospital = static_cast<size_t>(i % 2);
    const int64_t price = (woman ? 600 : 450) * kYuan;
    const Transaction& hold = office.Hold(kHospitals[hospital], i, price);
    ASSERT_EQ(hold.reason, Reason::kNone);
    const RequestId id = hold.request_id;
    if (i % 120 == 0) {
      office.WaitDays(1);
    }
    ASSERT_EQ(office.Capture(kHospitals[hospital], id).subsidy, Fen{price});
    owed[hospital] += price;
  }
  EXPECT_EQ(owed[0] + owed[1], (int64_t{kWomen} * 600 + int64_t{kChecks - kWomen} * 450) * kYuan);
  for (size_t i = 0; i < kHospitals.size(); ++i) {
    EXPECT_EQ(office.ShopOf(kHospitals[i]).receivable_posted, Fen{owed[i]});
    EXPECT_EQ(office.ShopOf(kHospitals[i]).collected_posted, Fen{0});
  }
  EXPECT_EQ(office.FundOf("health-2026").spent, Fen{owed[0] + owed[1]});
  EXPECT_EQ(office.FundOf("checks-2026").spent, Fen{kChecks});
  EXPECT_EQ(office.FundOf("checks-2026").left(), Fen{40'000 - kChecks});
  EXPECT_EQ(office.UsedOf("one-a-year"), kChecks);
  EXPECT_EQ(BrokenInvariant(office.ledger()), "");
}

TEST(FiguresTest, SuzhouThousandAndTwelveStations) {
  constexpr int kStations = 1'012;
  constexpr int kWorkers = 2'000;
  Office office("12-suzhou-rest-stations.yaml", "2026-07-01T08:00:00+08:00");
  office.ApplyFile();
  for (int i = 1; i <= kStations; ++i) {
    office.SetShop("STATION-" + std::to_string(i), 8398, TerminalKind::kPos);
  }
  for (int i = 1; i <= kWorkers; ++i) {
    office.SetMember(i, Sex::kUnknown, "", "ALL");
  }
  // Three days; station s is visited s % 50 times on each.
  int64_t visits = 0;
  for (int day = 0; day < 3; ++day) {
    for (int station = 1; station <= kStations; ++station) {
      for (int visit = 0; visit < station % 50; ++visit) {
        const Transaction& answer =
            office.Sell("STATION-" + std::to_string(station), 1 + (station + visit) % kWorkers, 0);
        ASSERT_EQ(answer.reason, Reason::kNone);
        ++visits;
      }
    }
    office.WaitDays(1);
  }
  EXPECT_EQ(office.UsedOf("by-station-and-day"), visits);
  EXPECT_EQ(office.UsedOf("by-day"), visits);
  // By station and day: a counter each, where there was a visit.
  std::map<uint32_t, int64_t> by_station;
  for (uint32_t row = 1; row <= office.ledger().counters().size(); ++row) {
    const Counter& counter = office.ledger().counters()[CounterRow{row}];
    if (office.ledger().counter_series()[counter.series].subject == LimitSubject::kMerchant) {
      EXPECT_EQ(counter.used, counter.subject % 50);
      by_station[counter.subject] += counter.used;
    }
  }
  EXPECT_EQ(by_station.size(), static_cast<size_t>(kStations - kStations / 50));
  EXPECT_EQ(BrokenInvariant(office.ledger()), "");
}

TEST(FiguresTest, YulongThousandWorkersAndNearlyTwentyTests) {
  constexpr int kWorkers = 1'000;
  constexpr std::array<const char*, 19> kTests = {"blood-pressure",
                                                  "blood-oxygen",
                                                  "ecg",
                                                  "height",
                                                  "weight",
                                                  "temperature",
                                                  "grip",
                                                  "lung",
                                                  "body-fat",
                                                  "bone",
                                                  "vision",
                                                  "hearing",
                                                  "colour",
                                                  "blood-sugar",
                                                  "cholesterol",
                                                  "uric-acid",
                                                  "haemoglobin",
                                                  "urine",
                                                  "sleep"};
  Office office("13-yulong-health-hut.yaml", "2026-07-01T08:00:00+08:00");
  office.SetUnion("yulong-mine", "ALL");
  office.SetShop("yulong-hut", 8099, TerminalKind::kPos);
  office.ApplyFile();
  for (int i = 1; i <= kWorkers; ++i) {
    office.SetMember(i, Sex::kUnknown, "", "yulong-mine");
    for (const char* const test : kTests) {
      const LineItem line{Coded<ItemCode>(test), Fen{0}, 1};
      const Transaction& answer = office.Sell("yulong-hut", i, 0, {line});
      ASSERT_EQ(answer.reason, Reason::kNone) << test;
      ASSERT_EQ(answer.member_pays, Fen{0});
    }
  }
  EXPECT_EQ(office.UsedOf("tests"), int64_t{kWorkers} * static_cast<int64_t>(kTests.size()));
  EXPECT_EQ(office.UsedOf("ecg"), kWorkers);
  EXPECT_EQ(BrokenInvariant(office.ledger()), "");
}

}  // namespace
}  // namespace gonghui
