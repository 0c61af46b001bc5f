// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/backtest_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gonghui/v1/reason.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

std::string TimeWords(const google::protobuf::Timestamp& at, const std::string& zone) {
  return FormatLocalTime(Instant{at.seconds(), at.nanos()}, zone);
}

// "3 sales", "1 sale".
std::string Sales(uint64_t count) {
  return FormatCount(count) + (count == 1 ? " sale" : " sales");
}

using Counted = std::pair<uint64_t, std::string>;

// The most frequent, so that a line stays a line.
constexpr size_t kNamesMax = 5;

// "metro/ride 200 times, shops/tea 1 time".
std::string NamesOf(std::vector<Counted> counted, bool in_times) {
  std::stable_sort(counted.begin(), counted.end(), [](const Counted& a, const Counted& b) {
    return a.first > b.first;
  });
  std::string names;
  for (size_t i = 0; i < counted.size() && i < kNamesMax; ++i) {
    const auto& [count, name] = counted[i];
    names += fmt::format("{}{} {}", i == 0 ? "" : ", ", name, FormatCount(count));
    if (in_times) {
      names += count == 1 ? " time" : " times";
    }
  }
  return counted.size() > kNamesMax ? names + ", and others" : names;
}

// Decisions that were approved with the draft; of the others why they were not, each answer once.
uint64_t CountAnswers(const v1::BacktestReport& report, std::vector<Counted>* declined) {
  uint64_t approved = 0;
  for (const v1::BacktestReason& reason : report.reasons()) {
    if (reason.after() == v1::REASON_UNSPECIFIED) {
      approved += reason.decision_count();
      continue;
    }
    const std::string word = AnswerWord(reason.after());
    const auto same = std::find_if(
        declined->begin(), declined->end(), [&](const Counted& c) { return c.second == word; });
    if (same == declined->end()) {
      declined->emplace_back(reason.decision_count(), word);
    } else {
      same->first += reason.decision_count();
    }
  }
  return approved;
}

// Codes, appointments and claims, by the names that people know.
std::string UnplayedWords(const v1::BacktestCaveats& caveats) {
  std::string words;
  for (int i = 0; i < caveats.unplayed_size(); ++i) {
    std::string_view word;
    switch (caveats.unplayed(i)) {
      case v1::UNPLAYED_CODE:
        word = "shown pick-up codes (取货码)";
        break;
      case v1::UNPLAYED_APPOINTMENT:
        word = "appointments (预约)";
        break;
      case v1::UNPLAYED_CLAIM:
        word = "claims (申请)";
        break;
      default:
        word = "something of a newer server";
        break;
    }
    words += fmt::format("{}{}",
                         i == 0                             ? ""
                         : i + 1 == caveats.unplayed_size() ? " and "
                                                            : ", ",
                         word);
  }
  return words;
}

}  // namespace

std::string AnswerWord(v1::Reason reason) {
  if (reason == v1::REASON_UNSPECIFIED) {
    return "approved";
  }
  const std::string word = EnumWord(v1::Reason_descriptor(), reason);
  return fmt::format("{} ({})", word.empty() ? "unknown" : word, static_cast<int>(reason));
}

std::string RanOut(bool did, const google::protobuf::Timestamp& at, const std::string& zone) {
  return did ? TimeWords(at, zone) : "-";
}

std::string PeriodWords(const v1::BacktestReport& report) {
  std::string words = report.days().empty()
                          ? std::string("no day")
                          : report.days().begin()->day() + " to " + report.days().rbegin()->day();
  words += fmt::format(" ({})", report.zone());
  if (report.has_last_decided_at()) {
    words += ", last decision at " + TimeWords(report.last_decided_at(), report.zone());
  }
  return words;
}

std::vector<std::string> NothingGivenNotes(const v1::BacktestReport& report) {
  const uint64_t all = report.all().decision_count();
  std::vector<Counted> others;
  uint64_t own_count = 0;
  for (const v1::BacktestBenefit& benefit : report.benefits()) {
    if (benefit.programme_code() == report.programme_code()) {
      own_count += benefit.given_after_count();
    } else if (benefit.given_after_count() != 0) {
      others.emplace_back(benefit.given_after_count(),
                          benefit.programme_code() + "/" + benefit.benefit_code());
    }
  }
  if (all == 0 || own_count != 0) {
    return {};
  }
  std::vector<std::string> notes = {
      fmt::format("nothing of this draft was given, in {} (草案未给出任何优惠)", Sales(all))};
  std::vector<Counted> declined;
  const uint64_t approved = CountAnswers(report, &declined);
  if (approved != 0 && !others.empty()) {
    notes.push_back(fmt::format(
        "{} of {} got a benefit of another programme first, or were approved at full price: {}; of "
        "benefits that do not combine a sale gets the one that gives most, of equals the first in "
        "order (gonghuictl programme list)",
        FormatCount(approved),
        Sales(all),
        NamesOf(std::move(others), /*in_times=*/true)));
  } else if (approved != 0) {
    notes.push_back(fmt::format("{} of {} were approved at full price, without any benefit",
                                FormatCount(approved),
                                Sales(all)));
  }
  if (!declined.empty()) {
    notes.push_back(
        fmt::format("{} of {} were declined: {}; each answer is about the benefit that came "
                    "furthest, of this draft or another programme",
                    FormatCount(all - approved),
                    Sales(all),
                    NamesOf(std::move(declined), /*in_times=*/false)));
  }
  std::vector<Counted> limits;
  for (const v1::BacktestLimit& limit : report.limits()) {
    if (limit.programme_code() == report.programme_code() && limit.refused_after_count() != 0) {
      limits.emplace_back(limit.refused_after_count(), limit.limit_code());
    }
  }
  if (!limits.empty()) {
    notes.push_back("limits of the draft that refused: " +
                    NamesOf(std::move(limits), /*in_times=*/true));
  }
  notes.emplace_back(
      "to see every check of one sale, apply the draft on a server for trials, and ask: gonghuictl "
      "quote --terminal T --card N --price YUAN --explain; here it tells those of what is live");
  return notes;
}

std::vector<std::string> BacktestNotes(const v1::BacktestReport& report) {
  const v1::BacktestCaveats& caveats = report.caveats();
  std::vector<std::string> notes = NothingGivenNotes(report);
  if (caveats.unplayed_size() != 0) {
    notes.push_back(
        fmt::format("a simulated day has no {}: programmes that ask for one are tried "
                    "with programme backtest",
                    UnplayedWords(caveats)));
  }
  const auto add = [&notes](uint64_t count, std::string_view text) {
    if (count != 0) {
      notes.push_back(fmt::format("{} {}", FormatCount(count), text));
    }
  };
  if (caveats.draft_is_live()) {
    notes.emplace_back("the draft is what was live already");
  }
  if (caveats.dates_widened()) {
    notes.emplace_back(
        "the draft's dates were widened to cover the period; --keep-dates takes them as they are");
  }
  add(caveats.unplayed_count(),
      "authorizations of the recorded day had one of these, and were left out");
  add(caveats.hold_assumed_captured_count(),
      "holds were gained, and count as captured in full, since nobody captured them");
  add(caveats.followup_refused_count(),
      "captures, reversals or refunds had nothing to belong to and were declined");
  add(caveats.original_gone_count(),
      "captures, reversals or refunds were left out: their originals are out of reach");
  add(caveats.change_replaced_count(),
      "changes of the draft's own programme and funds were left out: the draft stands for them");
  add(caveats.change_refused_count(), "operators' changes could not be made with the draft");
  add(caveats.undecided_count(), "authorizations could not be decided: a table is full");
  add(caveats.other_rules_count(),
      "events were decided by a release with other rules, and may differ for that alone");
  if (caveats.merchant_days_cut()) {
    notes.emplace_back("the list by merchant and day was too long and ends early");
  }
  return notes;
}

}  // namespace gonghui::ctl
