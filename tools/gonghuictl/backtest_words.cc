// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/backtest_words.h"

#include <fmt/format.h>

#include "gonghui/v1/reason.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

std::string TimeWords(const google::protobuf::Timestamp& at) {
  return FormatLocalTime(Instant{at.seconds(), at.nanos()});
}

}  // namespace

std::string AnswerWord(v1::Reason reason) {
  if (reason == v1::REASON_UNSPECIFIED) {
    return "approved";
  }
  const std::string word = EnumWord(v1::Reason_descriptor(), reason);
  return fmt::format("{} ({})", word.empty() ? "unknown" : word, static_cast<int>(reason));
}

std::string RanOut(bool did, const google::protobuf::Timestamp& at) {
  return did ? TimeWords(at) : "-";
}

std::string PeriodWords(const v1::BacktestReport& report) {
  std::string words = report.days().empty()
                          ? std::string("no day")
                          : report.days().begin()->day() + " to " + report.days().rbegin()->day();
  words += fmt::format(" ({})", report.zone());
  if (report.has_last_decided_at()) {
    words += ", last decision at " + TimeWords(report.last_decided_at());
  }
  return words;
}

std::vector<std::string> BacktestNotes(const v1::BacktestReport& report) {
  const v1::BacktestCaveats& caveats = report.caveats();
  std::vector<std::string> notes;
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
