// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Both sides are brought into the same outline, a v1::Programme, and then compared.

#include "engine/server/programme_changes.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <google/protobuf/util/time_util.h>

#include "engine/server/text_codec.h"

namespace gonghui {
namespace {

// Of one thing that both sides have, or only one.
class ChangeList {
 public:
  ChangeList(std::string subject, v1::ApplyProgrammeResponse* response)
      : subject_(std::move(subject)), response_(response) {}

  void Add(std::string_view property,
           const std::string& before,
           const std::string& after,
           bool reduces = false) {
    if (before == after) {
      return;
    }
    v1::ProgrammeChange* const change = response_->add_changes();
    change->set_subject(subject_);
    change->set_property(std::string(property));
    change->set_before(before);
    change->set_after(after);
    change->set_reduces(reduces);
  }

 private:
  const std::string subject_;
  v1::ApplyProgrammeResponse* const response_;
};

// "day" for LIMIT_WINDOW_DAY.
std::string Word(const std::string& name, std::string_view prefix) {
  return absl::AsciiStrToLower(name.substr(std::min(name.size(), prefix.size())));
}

std::string TextOf(bool set, const google::protobuf::Timestamp& time) {
  return set ? google::protobuf::util::TimeUtil::ToString(time) : std::string();
}

std::string TextOf(TimestampNs at) {
  google::protobuf::Timestamp time;
  ToProto(at, &time);
  return TextOf(at.value() > 0 && at != kTimestampMax, time);
}

std::string AmountText(Asset asset, Fen amount) {
  return asset == Asset::kMoney ? YuanInWords(amount)
                                : absl::StrCat(ThousandsOf(amount.value()), " pieces");
}

// "3 uses a day by person".
std::string LimitInWords(const v1::Limit& limit) {
  const std::string max = limit.measure() == v1::LIMIT_MEASURE_AMOUNT_FEN
                              ? YuanInWords(Fen{limit.max()})
                              : absl::StrCat(ThousandsOf(limit.max()), " uses");
  return absl::StrCat(max,
                      ", window ",
                      Word(v1::LimitWindow_Name(limit.window()), "LIMIT_WINDOW_"),
                      ", by ",
                      Word(v1::LimitSubject_Name(limit.subject()), "LIMIT_SUBJECT_"));
}

// A limit of another kind can not be compared: it may well allow less.
bool AllowsLess(const v1::Limit& before, const v1::Limit& after) {
  const bool comparable = before.measure() == after.measure() &&
                          before.window() == after.window() && before.subject() == after.subject();
  return !comparable || after.max() < before.max();
}

v1::Programme OutlineOf(const CompiledFile& file) {
  v1::Programme out;
  out.set_display_name(std::string(file.programme.name.data(), file.programme.name.size()));
  if (file.programme.starts_at.value() > 0) {
    ToProto(file.programme.starts_at, out.mutable_starts_at());
  }
  if (file.programme.ends_at != kTimestampMax) {
    ToProto(file.programme.ends_at, out.mutable_ends_at());
  }
  for (const BenefitSpec& benefit : file.benefits) {
    v1::Benefit* const added = out.add_benefits();
    added->set_benefit_code(gonghui::TextOf(benefit.code));
    added->set_price(PriceInWords(benefit.price));
    for (uint32_t i = 0; i < benefit.funding.count; ++i) {
      added->add_fund_codes(gonghui::TextOf(file.funding[benefit.funding.first + i].fund));
    }
    if (!benefit.stock.IsNone()) {
      added->add_fund_codes(gonghui::TextOf(benefit.stock));
    }
    for (uint32_t i = 0; i < benefit.limits.count; ++i) {
      const uint32_t limit = file.limit_refs[benefit.limits.first + i];
      added->add_limit_codes(gonghui::TextOf(file.limits[limit].code));
    }
  }
  for (const LimitSpec& limit : file.limits) {
    v1::Limit* const added = out.add_limits();
    added->set_limit_code(gonghui::TextOf(limit.code));
    added->set_measure(static_cast<v1::LimitMeasure>(limit.measure));
    added->set_subject(static_cast<v1::LimitSubject>(limit.subject));
    added->set_window(static_cast<v1::LimitWindow>(limit.window));
    added->set_max(limit.max);
  }
  return out;
}

// Calls visit(code, before, after), either of which may be null: what the file has in
// its order, then what it no longer has.
template <class Rows, class CodeOf, class Visit>
void Pair(const Rows& before, const Rows& after, const CodeOf& code_of, const Visit& visit) {
  const auto find = [&code_of](const Rows& rows, const std::string& code) {
    const auto found = std::find_if(
        rows.begin(), rows.end(), [&](const auto& row) { return code_of(row) == code; });
    return found == rows.end() ? nullptr : &*found;
  };
  for (const auto& row : after) {
    visit(code_of(row), find(before, code_of(row)), &row);
  }
  for (const auto& row : before) {
    if (find(after, code_of(row)) == nullptr) {
      visit(code_of(row), &row, static_cast<decltype(&row)>(nullptr));
    }
  }
}

void AddProgramme(const v1::Programme& before,
                  const v1::Programme& after,
                  v1::ApplyProgrammeResponse* response) {
  Pair(
      before.limits(),
      after.limits(),
      [](const v1::Limit& limit) { return limit.limit_code(); },
      [response](const std::string& code, const v1::Limit* old, const v1::Limit* fresh) {
        ChangeList list("limit " + code, response);
        if (old == nullptr || fresh == nullptr) {
          return list.Add(
              "", old ? LimitInWords(*old) : "", fresh ? LimitInWords(*fresh) : "", false);
        }
        list.Add("max", LimitInWords(*old), LimitInWords(*fresh), AllowsLess(*old, *fresh));
      });
  Pair(
      before.benefits(),
      after.benefits(),
      [](const v1::Benefit& benefit) { return benefit.benefit_code(); },
      [response](const std::string& code, const v1::Benefit* old, const v1::Benefit* fresh) {
        ChangeList list("benefit " + code, response);
        if (old == nullptr || fresh == nullptr) {
          return list.Add(
              "", old ? old->price() : "", fresh ? fresh->price() : "", fresh == nullptr);
        }
        list.Add("price", old->price(), fresh->price());
        list.Add("funds",
                 absl::StrJoin(old->fund_codes(), ", "),
                 absl::StrJoin(fresh->fund_codes(), ", "));
        list.Add("limits",
                 absl::StrJoin(old->limit_codes(), ", "),
                 absl::StrJoin(fresh->limit_codes(), ", "));
      });
}

}  // namespace

LiveBeforeFile ViewLiveBefore(const Ledger& ledger, const CompiledFile& file) {
  LiveBeforeFile live;
  live.programme = ledger.programmes()[ledger.FindProgramme(file.programme.code)];
  for (const FundRequest& fund : file.funds) {
    live.funds.push_back(ViewLiveFund(ledger, ledger.FindFund(fund.code)));
  }
  for (const SegmentRequest& segment : file.segments) {
    const uint32_t bit = ledger.FindSegmentBit(segment.code);
    using SegmentRow = StrongId<struct SegmentRowTag, uint32_t>;
    live.segments.push_back(bit < kSegmentsMax ? ledger.segments()[SegmentRow{bit + 1}]
                                               : Segment{});
  }
  return live;
}

void AddChanges(const Ledger& names,
                const LiveBeforeFile& live,
                const CompiledFile& file,
                bool new_version,
                v1::ApplyProgrammeResponse* response) {
  if (new_version) {
    v1::Programme before;
    const bool known = live.programme.code == file.programme.code;
    if (known && !live.programme.IsRetired()) {
      ToProto(names, live.programme, &before);
    }
    const v1::Programme after = OutlineOf(file);
    ChangeList list("programme " + gonghui::TextOf(file.programme.code), response);
    list.Add(
        "version",
        known ? absl::StrCat(live.programme.version, live.programme.IsRetired() ? " (retired)" : "")
              : "",
        absl::StrCat(known ? live.programme.version + 1 : 1));
    list.Add("name", before.display_name(), after.display_name());
    list.Add("starts",
             TextOf(before.has_starts_at(), before.starts_at()),
             TextOf(after.has_starts_at(), after.starts_at()));
    list.Add("until",
             TextOf(before.has_ends_at(), before.ends_at()),
             TextOf(after.has_ends_at(), after.ends_at()));
    AddProgramme(before, after, response);
  }
  for (size_t i = 0; i < file.funds.size(); ++i) {
    const FundRequest& asked = file.funds[i];
    const Fund& stored = live.funds[i].fund;
    ChangeList list("fund " + gonghui::TextOf(asked.code), response);
    const std::string budget = AmountText(asked.asset, asked.budget);
    if (stored.code != asked.code) {
      list.Add("", "", "budget " + budget);
      continue;
    }
    list.Add(
        "budget", AmountText(stored.asset, stored.budget), budget, asked.budget < stored.budget);
    list.Add("opens", TextOf(stored.opens_at), TextOf(asked.opens_at));
    list.Add("closes", TextOf(stored.closes_at), TextOf(asked.closes_at));
  }
  for (size_t i = 0; i < file.segments.size(); ++i) {
    const auto name = [](const DisplayName& text) { return std::string(text.data(), text.size()); };
    ChangeList list("segment " + gonghui::TextOf(file.segments[i].code), response);
    const bool known = live.segments[i].code == file.segments[i].code;
    list.Add(known ? "name" : "", name(live.segments[i].name), name(file.segments[i].name));
  }
}

}  // namespace gonghui
