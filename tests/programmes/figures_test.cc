// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The reports' figures in full: as many members, stations, checks and uses as the union
// told, against the ledger, and every sum re-added by hand.

#include <array>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/check.h"
#include "engine/base/prng.h"
#include "engine/ledger/ledger.h"
#include "engine/programmes/draw.h"
#include "engine/programmes/voucher_code.h"
#include "tests/model/compare_ledgers.h"
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
    return HoldFor(shop, member, price, nullptr);
  }
  const Transaction& Hold(const std::string& shop, int member, int64_t price, TimestampNs slot_at) {
    OccasionRequest occasion;
    occasion.slot_at = slot_at;
    return HoldFor(shop, member, price, &occasion);
  }
  // A claim about what happened then.
  const Transaction& Claim(const std::string& shop,
                           int member,
                           int64_t price,
                           TimestampNs event_at) {
    OccasionRequest occasion;
    occasion.event_at = event_at;
    const Transaction& claim = HoldFor(shop, member, price, &occasion);
    claim_ = result_.transaction_id;
    return claim;
  }
  // The last claim.
  void Approve(const std::string& by) {
    JudgeClaimRequest request;
    request.claim = claim_;
    request.by = Coded<OperatorName>(by);
    Run(Own(CommandKind::kApproveClaim, request).command);
  }
  void Contribute(int member,
                  const std::string& fund,
                  const std::string& segment,
                  int64_t amount,
                  TimestampNs covers_from,
                  TimestampNs covers_until) {
    ContributeRequest request;
    request.receipt = Coded<ReceiptCode>("R" + std::to_string(member));
    request.fund = Coded<FundCode>(fund);
    request.member = Coded<MemberId>("M" + std::to_string(member));
    request.segment = Coded<SegmentCode>(segment);
    request.amount = Fen{amount};
    request.covers_from = covers_from;
    request.covers_until = covers_until;
    Run(Own(request).command);
  }
  const Transaction& Capture(const std::string& shop, RequestId hold) {
    Command command = Asked(CommandKind::kCapture, shop);
    command.capture = CaptureRequest{};
    command.capture.original_request_id = hold;
    return Submit(command);
  }

  void CommitDraw(const std::string& code, const Seed& seed, uint32_t count) {
    PrizeSpec prize;
    prize.series = Coded<SeriesCode>("cooling-pack-won");
    prize.count = count;
    prize.valid_from = TimeOf("2026-08-10T00:00:00+08:00");
    prize.expires_at = TimeOf("2026-08-24T00:00:00+08:00");
    CommitDrawRequest request;
    request.code = Coded<DrawCode>(code);
    request.seed_hash = SeedHashOf(seed);
    request.programme = Coded<ProgrammeCode>("suzhou-packs-draw");
    request.limit = Coded<LimitCode>("entry");
    request.closes_at = prize.valid_from;
    request.prizes = {&prize, 1};
    Run(Own(request).command);
  }
  // Who has used a limit, in the order in which they first did.
  [[nodiscard]] std::vector<MemberRow> EntriesOf(const std::string& limit) const {
    std::vector<MemberRow> entries;
    for (uint32_t row = 1; row <= ledger_->counters().size(); ++row) {
      const Counter& counter = ledger_->counters()[CounterRow{row}];
      if (ledger_->counter_series()[counter.series].limit == Coded<LimitCode>(limit) &&
          counter.used + counter.held > 0) {
        entries.push_back(MemberRow{counter.subject});
      }
    }
    return entries;
  }
  void CloseAndSettle(const std::string& code,
                      const Seed& seed,
                      const std::vector<MemberRow>& entries,
                      const std::vector<uint32_t>& winners) {
    EntriesHash hash;
    for (const MemberRow entry : entries) {
      hash.Add(ledger_->members()[entry].id);
    }
    CloseDrawRequest close;
    close.code = Coded<DrawCode>(code);
    close.entry_count = hash.count();
    close.entries_hash = hash.Finish();
    Run(Own(close).command);
    std::vector<VoucherToIssue> vouchers;
    for (size_t i = 0; i < winners.size(); ++i) {
      vouchers.push_back({DrawKey(close.code, static_cast<uint32_t>(i + 1)),
                          ledger_->members()[entries[winners[i]]].id});
      if (vouchers.size() == kVouchersPerCommandMax || i + 1 == winners.size()) {
        IssueVouchersRequest issue;
        issue.series = Coded<SeriesCode>("cooling-pack-won");
        issue.valid_from = TimeOf("2026-08-10T00:00:00+08:00");
        issue.expires_at = TimeOf("2026-08-24T00:00:00+08:00");
        issue.draw = close.code;
        issue.vouchers = vouchers;
        Run(Own(issue).command);
        vouchers.clear();
      }
    }
    SettleDrawRequest settle;
    settle.code = close.code;
    settle.seed = seed;
    Run(Own(settle).command);
  }
  [[nodiscard]] const Draw& DrawOf(const std::string& code) const {
    return ledger_->draws()[ledger_->FindDraw(Coded<DrawCode>(code))];
  }
  [[nodiscard]] std::string IdOf(MemberRow member) const {
    const auto text = ledger_->members()[member].id.Text();
    return {text.data(), text.size};
  }

  void WaitDays(int64_t days) { now_ = TimestampNs{now_.value() + days * kNsPerDay}; }
  void MoveTo(TimestampNs at) { now_ = at; }
  [[nodiscard]] TimestampNs clock() const { return now_; }

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
  const Transaction& HoldFor(const std::string& shop,
                             int member,
                             int64_t price,
                             const OccasionRequest* occasion) {
    Command command = Asked(CommandKind::kAuthorize, shop);
    command.authorize.card = Card(member);
    command.authorize.list_price = Fen{price};
    command.authorize.occasion = occasion;
    return Submit(command);
  }
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
  TransactionId claim_;
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

// The other fair way: all enter, then 15,000 are drawn from a seed that was committed.
TEST(FiguresTest, SuzhouFifteenThousandPacksDrawnFromACommittedSeed) {
  constexpr int kMembers = 99'800;
  constexpr uint32_t kPacks = 15'000;
  Office office("03-suzhou-cooling-packs-draw.yaml", "2026-08-07T09:00:00+08:00");
  office.ApplyFile();
  office.SetShop("APP", 8398, TerminalKind::kOnline);
  office.SetShop("HALL", 8398, TerminalKind::kPos);
  for (int i = 1; i <= kMembers; ++i) {
    office.SetMember(i, Sex::kUnknown, "", "ALL");
  }
  Seed seed;
  std::iota(seed.begin(), seed.end(), uint8_t{1});
  office.CommitDraw("packs", seed, kPacks);
  // In another order than they became members.
  office.MoveTo(TimeOf("2026-08-08T09:00:00+08:00"));
  for (int i = kMembers; i >= 1; --i) {
    ASSERT_EQ(office.Sell("APP", i, 0).reason, Reason::kNone);
  }
  office.MoveTo(TimeOf("2026-08-10T00:00:00+08:00"));
  const std::vector<MemberRow> entries = office.EntriesOf("entry");
  ASSERT_EQ(entries.size(), static_cast<size_t>(kMembers));
  EXPECT_EQ(office.IdOf(entries.front()), "M" + std::to_string(kMembers));
  const std::vector<uint32_t> winners =
      WinnersOf(seed, "packs", static_cast<uint32_t>(entries.size()), kPacks);
  office.CloseAndSettle("packs", seed, entries, winners);
  // Who has won fetches a pack, once; nobody else does.
  std::set<uint32_t> won(winners.begin(), winners.end());
  ASSERT_EQ(won.size(), kPacks);
  int fetched = 0;
  for (size_t place = 0; place < entries.size(); ++place) {
    const int member = std::stoi(office.IdOf(entries[place]).substr(1));
    const bool has_won = won.contains(static_cast<uint32_t>(place));
    const Transaction& answer = office.Sell("HALL", member, 0);
    ASSERT_EQ(answer.reason, has_won ? Reason::kNone : Reason::kNoVoucher) << member;
    fetched += has_won ? 1 : 0;
    if (has_won && fetched % 1'000 == 0) {
      ASSERT_EQ(office.Sell("HALL", member, 0).reason, Reason::kNoVoucher);
    }
  }
  EXPECT_EQ(fetched, static_cast<int>(kPacks));
  EXPECT_EQ(office.FundOf("draw-packs-2026").left(), Fen{0});
  // Whoever has the seed, its hash and the list finds the same winners.
  EXPECT_EQ(office.DrawOf("packs").seed_hash, SeedHashOf(office.DrawOf("packs").seed));
  EXPECT_EQ(WinnersOf(office.DrawOf("packs").seed, "packs", kMembers, kPacks), winners);
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

// 20,589 checks by 30 June of 40,000: 450 yuan a man, 600 yuan a woman, each by appointment.
TEST(FiguresTest, TianjinHealthChecksReAddToTheFen) {
  constexpr int kChecks = 20'589;
  constexpr int kWomen = 8'589;
  constexpr int kPlaces = 20;
  constexpr int kSlotsADay = 6;
  constexpr std::array<const char*, 3> kSegments = {
      "migrant-worker", "troubled-enterprise", "hardship"};
  constexpr std::array<const char*, 2> kHospitals = {"HOSPITAL-1", "HOSPITAL-2"};
  Office office("08-tianjin-health-checks.yaml", "2026-01-05T20:00:00+08:00");
  office.ApplyFile();
  for (const char* const hospital : kHospitals) {
    office.SetShop(hospital, 8062, TerminalKind::kPos);
  }
  const auto price_of = [](int i) { return (i <= kWomen ? 600 : 450) * kYuan; };
  const auto hospital_of = [&](int i) { return static_cast<size_t>(i % 2); };
  std::array<int64_t, 2> owed{};
  int booked = 0;
  // The evening before, all of the next day's slots; then each slot's members come.
  for (TimestampNs day = TimeOf("2026-01-06T00:00:00+08:00"); booked < kChecks;
       day = TimestampNs{day.value() + kNsPerDay}) {
    const CivilDay local_day = FloorDay(day.value() / kNsPerSecond + 8 * 3600);
    if (WeekdayOf(local_day) == 6) {
      continue;  // Sunday
    }
    std::array<std::vector<std::pair<int, RequestId>>, kSlotsADay> holds;
    office.MoveTo(TimestampNs{day.value() - 4 * 3600 * kNsPerSecond});
    const auto slot_at = [&](int slot) {
      return TimestampNs{day.value() + (450 + 30 * slot) * kNsPerMinute};  // from 07:30
    };
    for (int slot = 0; slot < kSlotsADay; ++slot) {
      for (int place = 0; place < 2 * kPlaces && booked < kChecks; ++place) {
        const int i = ++booked;
        const std::string& segment = kSegments[static_cast<size_t>(i % 3)];
        office.SetMember(i, i <= kWomen ? Sex::kFemale : Sex::kMale, segment, "ALL");
        const Transaction& hold =
            office.Hold(kHospitals[hospital_of(i)], i, price_of(i), slot_at(slot));
        ASSERT_EQ(hold.reason, Reason::kNone);
        holds[static_cast<size_t>(slot)].emplace_back(i, hold.request_id);
      }
    }
    for (int slot = 0; slot < kSlotsADay; ++slot) {
      office.MoveTo(slot_at(slot));
      for (const auto& [i, hold] : holds[static_cast<size_t>(slot)]) {
        ASSERT_EQ(office.Capture(kHospitals[hospital_of(i)], hold).subsidy, Fen{price_of(i)});
        owed[hospital_of(i)] += price_of(i);
      }
    }
  }
  EXPECT_LT(office.clock(), TimeOf("2026-07-01T00:00:00+08:00"));
  EXPECT_EQ(owed[0] + owed[1], (int64_t{kWomen} * 600 + int64_t{kChecks - kWomen} * 450) * kYuan);
  for (size_t i = 0; i < kHospitals.size(); ++i) {
    EXPECT_EQ(office.ShopOf(kHospitals[i]).receivable_posted, Fen{owed[i]});
    EXPECT_EQ(office.ShopOf(kHospitals[i]).collected_posted, Fen{0});
  }
  EXPECT_EQ(office.FundOf("health-2026").spent, Fen{owed[0] + owed[1]});
  EXPECT_EQ(office.FundOf("checks-2026").spent, Fen{kChecks});
  EXPECT_EQ(office.FundOf("checks-2026").left(), Fen{40'000 - kChecks});
  EXPECT_EQ(office.UsedOf("one-a-year"), kChecks);
  EXPECT_EQ(office.UsedOf("health-check.places"), kChecks);
  EXPECT_EQ(office.UsedOf("health-check.no_shows"), 0);
  EXPECT_EQ(BrokenInvariant(office.ledger()), "");
}

// 900 people, 31.86 million yuan in half a year: reviewed by two, paid.
TEST(FiguresTest, TianjinSeriousIllnessAidOfNineHundredPeople) {
  constexpr int kPeople = 900;
  constexpr int64_t kTotal = 31'860'000 * kYuan;
  Office office("09-tianjin-serious-illness.yaml", "2026-01-05T09:00:00+08:00");
  office.ApplyFile();
  office.SetShop("OFFICE", 8398, TerminalKind::kOffice);
  int64_t paid = 0;
  for (int i = 1; i <= kPeople; ++i) {
    office.SetMember(i, Sex::kUnknown, "", "ALL");
    // By the bands 195,000 yuan earn the most there is, and 122,000 yuan earn 20,800; the
    // second half comes with two bills.
    const bool most = i <= kPeople / 2;
    const int64_t cost = (most ? 195'000 : 122'000) * kYuan;
    const int64_t first = most ? cost : 70'000 * kYuan;
    for (int64_t bill = first, left = cost; left > 0; left -= bill, bill = left) {
      const Transaction claim = office.Claim(
          "OFFICE", i, bill, TimestampNs{office.clock().value() - 3'600 * kNsPerSecond});
      ASSERT_EQ(claim.reason, Reason::kNone);
      office.Approve("wang");
      office.Approve("zhao");
      ASSERT_EQ(office.Capture("OFFICE", claim.request_id).subsidy, claim.subsidy);
      paid += claim.subsidy.value();
    }
    if (i % 5 == 0) {
      office.WaitDays(1);
    }
  }
  EXPECT_LT(office.clock(), TimeOf("2026-07-06T00:00:00+08:00"));
  EXPECT_EQ(paid, kTotal);
  const Fund& fund = office.FundOf("illness-2026");
  EXPECT_EQ(fund.spent, Fen{kTotal});
  EXPECT_EQ(fund.held, Fen{0});
  EXPECT_EQ(fund.claims_paid, uint32_t{kPeople + kPeople / 2});
  EXPECT_EQ(office.UsedOf("ceiling"), kTotal);
  EXPECT_EQ(BrokenInvariant(office.ledger()), "");
}

// 352,300 members; in 2021 29,617 pay-outs of 34.7859 million yuan, 103.51 % of what was
// paid in.
TEST(FiguresTest, QinghaiMutualAidPaysMoreThanWasPaidIn) {
  constexpr int kMembers = 352'300;
  constexpr int kUnits = 5'314;
  // At 100 yuan each, so many have paid in within the period; the others are covered by what
  // they paid the year before.
  constexpr int kPaidIn = 336'063;
  constexpr int kPayOuts = 29'617;
  constexpr int64_t kTotal = 34'785'900 * kYuan;
  Office office("10-qinghai-mutual-aid.yaml", "2021-01-04T09:00:00+08:00");
  office.ApplyFile();
  office.SetShop("OFFICE", 8398, TerminalKind::kOffice);
  for (int unit = 1; unit <= kUnits; ++unit) {
    office.SetUnion("U" + std::to_string(unit), "ALL");
  }
  const TimestampNs from = TimeOf("2021-01-04T00:00:00+08:00");
  const TimestampNs until = TimeOf("2022-01-04T00:00:00+08:00");
  for (int i = 1; i <= kMembers; ++i) {
    const bool pays = i <= kPaidIn;
    office.SetMember(
        i, Sex::kUnknown, pays ? "" : "mutual-aid", "U" + std::to_string(1 + i % kUnits));
    if (pays) {
      office.Contribute(i, "mutual-2021", "mutual-aid", 100 * kYuan, from, until);
    }
  }
  EXPECT_EQ(office.FundOf("mutual-2021").contributed, Fen{int64_t{kPaidIn} * 100 * kYuan});
  office.WaitDays(60);
  int64_t paid = 0;
  for (int i = 1; i <= kPayOuts; ++i) {
    // The same to each, and the rest, a hard case, to the last one.
    const int64_t each = 1'174 * kYuan;
    const int64_t loss = i < kPayOuts ? each : kTotal - each * (kPayOuts - 1);
    const Transaction claim =
        office.Claim("OFFICE", i * 11, loss, TimestampNs{office.clock().value() - kNsPerDay});
    ASSERT_EQ(claim.reason, Reason::kNone) << i;
    office.Approve("wang");
    office.Approve("zhao");
    ASSERT_EQ(office.Capture("OFFICE", claim.request_id).subsidy, Fen{loss});
    paid += loss;
    if (i % 100 == 0) {
      office.WaitDays(1);
    }
  }
  EXPECT_LT(office.clock(), TimeOf("2022-01-01T00:00:00+08:00"));
  EXPECT_EQ(paid, kTotal);
  const Fund& fund = office.FundOf("mutual-2021");
  EXPECT_EQ(fund.spent, Fen{kTotal});
  EXPECT_EQ(fund.claims_paid, uint32_t{kPayOuts});
  // 103.51 %, in hundredths of a percent, half up.
  const int64_t contributed = fund.contributed.value();
  EXPECT_EQ((fund.spent.value() * 10'000 + contributed / 2) / contributed, 10'351);
  EXPECT_EQ(fund.left(), fund.budget + fund.contributed - Fen{kTotal});
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
