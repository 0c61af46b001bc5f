// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/programme_changes.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>
#include <google/protobuf/util/time_util.h>

#include "engine/ledger/pricing.h"
#include "engine/server/price_words.h"
#include "engine/server/text_codec.h"

namespace gonghui {
namespace {

// Of one thing that both sides have, or only one.
class ChangeList {
 public:
  ChangeList(std::string subject, ChangeRows* rows) : subject_(std::move(subject)), rows_(rows) {}

  void Add(std::string_view property,
           const std::string& before,
           const std::string& after,
           bool reduces = false) {
    if (before == after) {
      return;
    }
    v1::ProgrammeChange* const change = rows_->Add();
    change->set_subject(subject_);
    change->set_property(std::string(property));
    change->set_before(before);
    change->set_after(after);
    change->set_reduces(reduces);
  }

  // Two lists, in words that differ when the lists do, though long ones are cut.
  void AddLists(std::string_view property,
                const Phrases& before,
                const Phrases& after,
                bool reduces) {
    std::string old = ListInWords(before);
    std::string fresh = ListInWords(after);
    if (old == fresh && before != after) {
      Phrases gone;
      Phrases come;
      std::set_difference(
          before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(gone));
      std::set_difference(
          after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(come));
      old = absl::StrCat("with ", gone.empty() ? "nothing else" : ListInWords(gone));
      fresh = absl::StrCat("with ", come.empty() ? "nothing else" : ListInWords(come));
    }
    Add(property, old, fresh, reduces);
  }

 private:
  const std::string subject_;
  ChangeRows* const rows_;
};

// A fund without that end.
bool IsOpen(TimestampNs at) {
  return at.value() <= 0 || at == kTimestampMax;
}

std::string TextOf(TimestampNs at) {
  if (IsOpen(at)) {
    return "";
  }
  google::protobuf::Timestamp time;
  ToProto(at, &time);
  return google::protobuf::util::TimeUtil::ToString(time);
}

std::string TextOf(const DisplayName& name) {
  return {name.data(), name.size()};
}

Words AmountWords(Asset asset, Fen amount) {
  const std::string number =
      asset == Asset::kMoney
          ? absl::StrFormat("%s.%02d", ThousandsOf(amount.value() / 100), amount.value() % 100)
          : ThousandsOf(amount.value());
  return asset == Asset::kMoney ? Say("$0 yuan", "$0元", number) : Say("$0 pieces", "$0件", number);
}

Words PayerWords(Payer payer) {
  switch (payer) {
    case Payer::kUnion:
      return {"the union", "工会"};
    case Payer::kMerchant:
      return {"the merchant", "商户"};
    case Payer::kSponsor:
      return {"a sponsor", "赞助方"};
  }
  return {};
}

Words OverrunWords(bool may) {
  return may ? Words("advices may", "可以") : Words("never", "不可以");
}

Words SameWords(const std::string& text) {
  return {text, text};
}

std::string OnReturnText(OnReturn on_return) {
  switch (on_return) {
    case OnReturn::kKeep:
      return "keep";
    case OnReturn::kClawBack:
      return "claw back";
    case OnReturn::kRefuse:
      return "refuse";
  }
  return "";
}

std::string RefundToText(RefundTo refund_to) {
  switch (refund_to) {
    case RefundTo::kOriginalWindow:
      return "original window";
    case RefundTo::kCurrentWindow:
      return "current window";
    case RefundTo::kNever:
      return "never";
  }
  return "";
}

std::string OverCaptureText(const std::vector<OverCapture>& entries) {
  return absl::StrJoin(entries, ", ", [](std::string* out, const OverCapture& entry) {
    absl::StrAppend(out,
                    entry.mccs.first,
                    entry.mccs.first == entry.mccs.last ? "" : absl::StrCat("-", entry.mccs.last),
                    " ",
                    PercentInWords(entry.rate));
  });
}

std::string LayerText(const BenefitOutline& benefit) {
  return benefit.layer == 0
             ? "alone"
             : absl::StrCat(
                   "layer ",
                   benefit.layer,
                   benefit.base == StackBase::kRest ? ", on the rest" : ", on the list price");
}

// A limit of another kind can not be compared: it may well allow less.
bool AllowsLess(const LimitSpec& before, const LimitSpec& after) {
  const bool comparable = before.measure == after.measure && before.window == after.window &&
                          before.subject == after.subject && before.span == after.span &&
                          before.union_level == after.union_level && before.scope == after.scope;
  return !comparable || after.max < before.max;
}

bool IsSubset(const Phrases& a, const Phrases& b) {
  return std::all_of(a.begin(), a.end(), [&b](const std::string& item) {
    return std::find(b.begin(), b.end(), item) != b.end();
  });
}

bool IsSortedSubset(const Phrases& a, const Phrases& b) {
  return std::includes(b.begin(), b.end(), a.begin(), a.end());
}

// Of "any of these", where none is all.
bool ListNarrows(const Phrases& before, const Phrases& after) {
  return !after.empty() && (before.empty() || !IsSortedSubset(before, after));
}

// A condition that was not there, or is another one, may shut somebody out.
bool ConditionsNarrow(const Phrases& before, const Phrases& after) {
  return !IsSubset(after, before);
}

bool WhoNarrows(const BenefitOutline& before, const BenefitOutline& after) {
  return ConditionsNarrow(before.who, after.who) ||
         ListNarrows(before.segments_any, after.segments_any) ||
         !IsSortedSubset(after.segments_all, before.segments_all) ||
         !IsSortedSubset(after.segments_none, before.segments_none) ||
         after.segment_days_min > before.segment_days_min;
}

bool ItemsNarrow(const BenefitOutline& before, const BenefitOutline& after) {
  return ListNarrows(before.items_any, after.items_any) ||
         !IsSortedSubset(after.items_none, before.items_none) ||
         (after.pieces_max != 0 &&
          (before.pieces_max == 0 || after.pieces_max < before.pieces_max));
}

// Something more is asked for, or it is harder to have.  A claim without a last day has none.
bool AsksNarrow(const BenefitOutline& before, const BenefitOutline& after) {
  const auto claim_days = [](const BenefitOutline& benefit) {
    return benefit.claim_days_max == 0 ? UINT32_MAX : uint32_t{benefit.claim_days_max};
  };
  const auto asks = [](const BenefitOutline& benefit) {
    return benefit.asks & ~static_cast<unsigned>(Asks::kEarlierPrices);
  };
  return (asks(after) & ~asks(before)) != 0 ||
         (AsksFor(after.asks, Asks::kVoucher) && after.voucher != before.voucher) ||
         (before.voucher_returns && !after.voucher_returns) || after.approvals > before.approvals ||
         claim_days(after) < claim_days(before) || after.slot_ahead_days < before.slot_ahead_days ||
         after.slot_grace_minutes < before.slot_grace_minutes;
}

// Prices at which a rule may turn: round ones, and those around its own steps.
std::vector<int64_t> TellingPrices(const BenefitOutline& benefit) {
  std::vector<int64_t> prices = {
      1, 100, 500, 1'000, 2'000, 5'000, 10'000, 20'000, 50'000, 100'000, 1'000'000, 10'000'000};
  const auto around = [&prices](Fen fen) {
    for (const int64_t price : {fen.value() - 1, fen.value(), fen.value() + 1}) {
      if (price > 0) {
        prices.push_back(price);
      }
    }
  };
  around(benefit.price.threshold);
  around(benefit.price.amount);
  for (const PriceStep& step : benefit.steps) {
    around(step.from);
  }
  return prices;
}

// At some price the member is given less.
bool GivesLess(const BenefitOutline& before, const BenefitOutline& after) {
  std::vector<int64_t> prices = TellingPrices(before);
  const std::vector<int64_t> others = TellingPrices(after);
  prices.insert(prices.end(), others.begin(), others.end());
  return std::any_of(prices.begin(), prices.end(), [&](int64_t price) {
    return SubsidyOf(after.price, after.steps, Fen{price}) <
           SubsidyOf(before.price, before.steps, Fen{price});
  });
}

// Calls visit(code, before, after), either of which may be null: what `after` has in its
// order, then what it does not have.  Of rows with one code (price_by) the first is paired
// with the first, and so on.
template <class Row, class CodeOf, class Visit>
void Pair(const std::vector<Row>& before,
          const std::vector<Row>& after,
          const CodeOf& code_of,
          const Visit& visit) {
  std::map<std::string, std::vector<const Row*>> old;
  for (const Row& row : before) {
    old[code_of(row)].push_back(&row);
  }
  std::map<std::string, size_t> taken;
  for (const Row& row : after) {
    const std::string code = code_of(row);
    const std::vector<const Row*>& same = old[code];
    const size_t i = taken[code]++;
    visit(code, i < same.size() ? same[i] : nullptr, &row);
  }
  std::map<std::string, size_t> seen;
  for (const Row& row : before) {
    const std::string code = code_of(row);
    if (seen[code]++ >= taken[code]) {
      visit(code, &row, static_cast<const Row*>(nullptr));
    }
  }
}

void AddLimit(const std::string& code,
              const LimitSpec* old,
              const LimitSpec* fresh,
              ChangeRows* rows) {
  ChangeList list("limit " + code, rows);
  if (old == nullptr || fresh == nullptr) {
    return list.Add("", old ? LimitInWords(*old) : "", fresh ? LimitInWords(*fresh) : "", false);
  }
  list.Add("max", LimitInWords(*old), LimitInWords(*fresh), AllowsLess(*old, *fresh));
  const auto exceeded = [](const LimitSpec& limit) {
    return std::string(limit.when_exceeded == WhenExceeded::kReduce ? "reduce" : "refuse");
  };
  list.Add("when exceeded",
           exceeded(*old),
           exceeded(*fresh),
           fresh->when_exceeded == WhenExceeded::kRefuse);
  list.Add("refund to",
           RefundToText(old->refund_to),
           RefundToText(fresh->refund_to),
           fresh->refund_to == RefundTo::kNever);
}

void AddBenefit(const std::string& code,
                const BenefitOutline* old,
                const BenefitOutline* fresh,
                ChangeRows* rows) {
  ChangeList list("benefit " + code, rows);
  if (old == nullptr || fresh == nullptr) {
    return list.Add(
        "", old ? PriceInWords(*old) : "", fresh ? PriceInWords(*fresh) : "", fresh == nullptr);
  }
  list.Add("name", old->name, fresh->name);
  // Bands that go on elsewhere can not be compared: they may well give less.
  list.Add("price",
           PriceInWords(*old),
           PriceInWords(*fresh),
           GivesLess(*old, *fresh) || old->counts_on != fresh->counts_on);
  const auto rounding = [](const BenefitOutline& benefit) {
    return std::string(benefit.price.rounding == Rounding::kUp     ? "up"
                       : benefit.price.rounding == Rounding::kDown ? "down"
                                                                   : "half up");
  };
  list.Add("rounding", rounding(*old), rounding(*fresh));
  list.Add("on return",
           OnReturnText(old->price.on_return),
           OnReturnText(fresh->price.on_return),
           fresh->price.on_return != OnReturn::kKeep);
  list.Add("who", WhoInWords(*old), WhoInWords(*fresh), WhoNarrows(*old, *fresh));
  list.AddLists("categories", old->mccs, fresh->mccs, ListNarrows(old->mccs, fresh->mccs));
  list.Add("where",
           absl::StrJoin(old->where, "; "),
           absl::StrJoin(fresh->where, "; "),
           ConditionsNarrow(old->where, fresh->where));
  list.AddLists(
      "merchants", old->merchants, fresh->merchants, ListNarrows(old->merchants, fresh->merchants));
  list.AddLists(
      "terminals", old->terminals, fresh->terminals, ListNarrows(old->terminals, fresh->terminals));
  const bool items_narrow = ItemsNarrow(*old, *fresh);
  if (ItemsInWords(*old) != ItemsInWords(*fresh)) {
    list.Add("items", ItemsInWords(*old), ItemsInWords(*fresh), items_narrow);
  } else {
    list.AddLists("items", old->items_any, fresh->items_any, items_narrow);
    list.AddLists("items but", old->items_none, fresh->items_none, items_narrow);
  }
  list.Add(
      "when", WhenInWords(*old), WhenInWords(*fresh), ConditionsNarrow(old->when, fresh->when));
  list.Add("funds", FundsInWords(*old), FundsInWords(*fresh));
  list.Add("limits",
           absl::StrJoin(old->limits, ", "),
           absl::StrJoin(fresh->limits, ", "),
           !IsSubset(fresh->limits, old->limits));
  list.Add("combines", LayerText(*old), LayerText(*fresh));
  const auto offline = [](const BenefitOutline& benefit) {
    return std::string(benefit.offline == OfflinePolicy::kRefuse ? "refuse" : "accept");
  };
  list.Add("offline", offline(*old), offline(*fresh), fresh->offline == OfflinePolicy::kRefuse);
  const auto hold = [](const BenefitOutline& benefit) {
    return absl::StrCat(ThousandsOf(benefit.hold_s), " seconds");
  };
  list.Add("hold", hold(*old), hold(*fresh), fresh->hold_s < old->hold_s);
  list.Add("asks for", AsksInWords(*old), AsksInWords(*fresh), AsksNarrow(*old, *fresh));
}

// What a programme that is not there yet says is not a change of it, but for its dates.
void AddFrame(const ProgrammeOutline& before,
              const ProgrammeOutline& after,
              const VersionWords& versions,
              ChangeRows* rows) {
  ChangeList list("programme " + after.code, rows);
  list.Add("version", versions.before, versions.after);
  list.Add("name", before.name, after.name);
  const bool known = !before.code.empty();
  list.Add("starts",
           TextOf(before.starts_at),
           TextOf(after.starts_at),
           known && after.starts_at > before.starts_at);
  list.Add("until",
           TextOf(before.ends_at),
           TextOf(after.ends_at),
           known && after.ends_at < before.ends_at);
  if (!known) {
    return;
  }
  list.Add("zone", before.zone, after.zone);
  const auto clock = [](int32_t seconds) {
    return absl::StrFormat("%02d:%02d", seconds / 3600, seconds / 60 % 60);
  };
  list.Add("day starts at", clock(before.day_starts_at_s), clock(after.day_starts_at_s));
  list.Add("owner", before.owner, after.owner);
  const auto late = [](const ProgrammeOutline& programme) {
    return std::string(programme.late_capture == LateCapture::kForcePost ? "force post" : "strict");
  };
  list.Add("late capture", late(before), late(after));
  list.Add(
      "over-capture", OverCaptureText(before.over_capture), OverCaptureText(after.over_capture));
  list.Add("special days", SpecialDaysInWords(before), SpecialDaysInWords(after));
}

}  // namespace

LiveFund ViewLiveFundOf(const Ledger& ledger, const FundRequest& asked) {
  const FundRow row = ledger.FindFund(asked.code);
  const auto id_of = [&ledger](UnionNodeRow node) { return ledger.union_nodes()[node].id; };
  // Who says no owner means the root, which is the first node.
  const UnionNodeRow root{ledger.union_nodes().size() > 0 ? 1u : 0u};
  return {ViewLiveFund(ledger, row), id_of(ledger.funds()[row].owner), id_of(root)};
}

std::vector<FundDifference> FundDifferences(
    const LiveFund& live,
    const FundRequest& asked,
    const std::function<std::string(TimestampNs)>& text_of_time) {
  const Fund& stored = live.view.fund;
  std::vector<FundDifference> differences;
  // Whether they differ is asked of the values: words may be the same for two of them.
  const auto add = [&](const char* key,
                       bool differs,
                       Words property,
                       Words before,
                       Words after,
                       bool reduces = false) {
    if (differs) {
      differences.push_back(
          {key, std::move(property), std::move(before), std::move(after), reduces});
    }
  };
  const auto time = [&](TimestampNs at) { return SameWords(IsOpen(at) ? "" : text_of_time(at)); };
  add("budget",
      stored.budget != asked.budget || stored.asset != asked.asset,
      {"budget", "预算"},
      AmountWords(stored.asset, stored.budget),
      AmountWords(asked.asset, asked.budget),
      asked.budget < stored.budget);
  add("opens",
      stored.opens_at != asked.opens_at,
      {"starts", "开始"},
      time(stored.opens_at),
      time(asked.opens_at),
      asked.opens_at > stored.opens_at);
  add("closes",
      stored.closes_at != asked.closes_at,
      {"until", "截止"},
      time(stored.closes_at),
      time(asked.closes_at),
      asked.closes_at < stored.closes_at);
  add("paid by",
      stored.payer != asked.payer,
      {"paid by", "出资方"},
      PayerWords(stored.payer),
      PayerWords(asked.payer));
  add("overruns",
      stored.advice_may_overrun != asked.advice_may_overrun,
      {"overruns", "离线上送可否超支"},
      OverrunWords(stored.advice_may_overrun),
      OverrunWords(asked.advice_may_overrun),
      !asked.advice_may_overrun);
  const UnionNodeId owner = asked.owner.IsNone() ? live.root : asked.owner;
  add("owner",
      live.owner != owner,
      {"owner", "所属工会"},
      SameWords(gonghui::TextOf(live.owner)),
      SameWords(gonghui::TextOf(owner)));
  const std::string name = TextOf(live.view.name);
  add("name",
      name != TextOf(asked.name),
      {"name", "名称"},
      SameWords(name),
      SameWords(TextOf(asked.name)));
  return differences;
}

LiveBeforeFile ViewLiveBefore(const Ledger& ledger, const CompiledFile& file) {
  LiveBeforeFile live;
  const ProgrammeHeadRow head = ledger.FindProgrammeHead(file.programme.code);
  live.active = ledger.programmes()[ledger.programme_heads()[head].active];
  live.newest = ledger.programmes()[ledger.programme_heads()[head].newest];
  for (const FundRequest& fund : file.funds) {
    live.funds.push_back(ViewLiveFundOf(ledger, fund));
  }
  for (const SegmentRequest& segment : file.segments) {
    const uint32_t bit = ledger.FindSegmentBit(segment.code);
    using SegmentRow = StrongId<struct SegmentRowTag, uint32_t>;
    live.segments.push_back(bit < kSegmentsMax ? ledger.segments()[SegmentRow{bit + 1}]
                                               : Segment{});
  }
  return live;
}

void AddProgrammeChanges(const ProgrammeOutline& before,
                         const ProgrammeOutline& after,
                         const VersionWords& versions,
                         ChangeRows* changes) {
  AddFrame(before, after, versions, changes);
  Pair(
      before.limits,
      after.limits,
      [](const LimitSpec& limit) { return gonghui::TextOf(limit.code); },
      [&](const std::string& code, const LimitSpec* old, const LimitSpec* fresh) {
        AddLimit(code, old, fresh, changes);
      });
  Pair(
      before.benefits,
      after.benefits,
      [](const BenefitOutline& benefit) { return benefit.code; },
      [&](const std::string& code, const BenefitOutline* old, const BenefitOutline* fresh) {
        AddBenefit(code, old, fresh, changes);
      });
}

void AddDeclaredChanges(const LiveBeforeFile& live, const CompiledFile& file, ChangeRows* changes) {
  for (size_t i = 0; i < file.funds.size(); ++i) {
    const FundRequest& asked = file.funds[i];
    ChangeList list("fund " + gonghui::TextOf(asked.code), changes);
    if (live.funds[i].view.fund.code != asked.code) {
      list.Add("", "", "budget " + AmountWords(asked.asset, asked.budget).en);
      continue;
    }
    const auto text_of_time = [](TimestampNs at) { return TextOf(at); };
    for (const FundDifference& difference : FundDifferences(live.funds[i], asked, text_of_time)) {
      list.Add(difference.key, difference.before.en, difference.after.en, difference.reduces);
    }
  }
  for (size_t i = 0; i < file.segments.size(); ++i) {
    ChangeList list("segment " + gonghui::TextOf(file.segments[i].code), changes);
    const bool known = live.segments[i].code == file.segments[i].code;
    list.Add(known ? "name" : "", TextOf(live.segments[i].name), TextOf(file.segments[i].name));
  }
}

}  // namespace gonghui
