// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/programme_warnings.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "engine/programmes/diagnostic.h"
#include "engine/programmes/scalars.h"
#include "engine/server/operator_call.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate_rows.h"

namespace gonghui {
namespace {

void Add(const SourcePlace& place, Words message, Words hint, WarningRows* warnings) {
  ToProto(
      Diagnostic{place.at.line, place.at.column, place.path, std::move(message), std::move(hint)},
      warnings->Add());
}

// About no file: `field` is one of the request's, or a part of the version.
void Add(std::string field, Words message, Words hint, WarningRows* warnings) {
  Add(SourcePlace{{0, 0}, std::move(field)}, std::move(message), std::move(hint), warnings);
}

// The first day on which it no longer holds.
std::string UntilInWords(const Calendar& calendar, TimestampNs ends_at) {
  return FormatDate(BusinessDayOf(calendar, ends_at));
}

// ---- Versions --------------------------------------------------------------------

void AddOver(const SourcePlace& place,
             const Calendar& calendar,
             TimestampNs ends_at,
             WarningRows* warnings) {
  Add(place,
      Say("the programme is over when it becomes active: it ends with 'until' $0",
          "项目生效时已经结束：'until' 是 $0",
          UntilInWords(calendar, ends_at)),
      Say("it decides nothing any more; move 'until', or retire the programme",
          "它已不起任何作用，请推迟 'until'，或停用项目"),
      warnings);
}

void AddOver(const SourcePlace& place,
             const BenefitCode& benefit,
             const Calendar& calendar,
             TimestampNs ends_at,
             WarningRows* warnings) {
  Add(place,
      Say("the benefit $0 is over when the programme becomes active: it ends with 'until' $1",
          "项目生效时，优惠 $0 已经结束：它的 'until' 是 $1",
          Quoted(TextOf(benefit)),
          UntilInWords(calendar, ends_at)),
      Say("nobody can use it any more; move its 'until', or delete it",
          "已没有人能用它，请推迟它的 'until'，或删去"),
      warnings);
}

// Whatever is sold in the city is then decided by it as well: it is used up where nobody meant
// it, or it is what the till is told when it refuses a sale that has nothing to do with it.  One
// place or kind of place is enough, be it all kinds of terminal: whoever wrote it has thought of
// it.  What does not make the place plain:
// - goods, because other goods are then told that they are none of these;
// - a voucher or a slot, because a sale without one is told that it lacks it, and a member's
//   voucher is found by the card, wherever it is shown;
// - who it is for, because members buy everywhere.
// A claim is an occasion of its own, which no sale ever meets.
template <class BenefitOrSpec, class UnionNode>
bool IsEverywhere(const BenefitOrSpec& benefit, const UnionNode& merchant_union) {
  return benefit.mccs.count == 0 && benefit.merchants.count == 0 && benefit.terminals.count == 0 &&
         benefit.terminal_kinds == 0 && merchant_union == UnionNode{} &&
         !AsksFor(benefit.asks, Asks::kClaim);
}

void AddEverywhere(const SourcePlace& place, const BenefitCode& benefit, WarningRows* warnings) {
  Add(place,
      Say("the benefit $0 is offered at every merchant: a sale that has nothing to do with it may "
          "use it up, or be refused because of it",
          "优惠 $0 没有写在哪里，对所有商户都有效：无关的交易可能用掉它，或因它被拒绝",
          Quoted(TextOf(benefit))),
      Say("say where with 'at'; if every place is meant, list all kinds of terminal there",
          "请用 'at' 写明在哪里；确实处处有效的，请在其中列出所有终端种类"),
      warnings);
}

// What both a file and a version that is there are told about one of their benefits.
template <class BenefitOrSpec, class UnionNode>
void AddOfBenefit(const SourcePlace& place,
                  const BenefitOrSpec& benefit,
                  const UnionNode& merchant_union,
                  const Calendar& calendar,
                  std::optional<TimestampNs> from,
                  WarningRows* warnings) {
  if (from.has_value() && benefit.ends_at <= *from) {
    AddOver(place, benefit.code, calendar, benefit.ends_at, warnings);
  } else if (IsEverywhere(benefit, merchant_union)) {
    AddEverywhere(place, benefit.code, warnings);
  }
}

// ---- Vouchers --------------------------------------------------------------------

struct LiveBenefit {
  const Programme* programme = nullptr;
  const Benefit* benefit = nullptr;
};

template <class Is>
std::vector<LiveBenefit> BenefitsThat(const Ledger& names,
                                      std::span<const Programme> versions,
                                      Is&& is) {
  std::vector<LiveBenefit> found;
  for (const Programme& version : versions) {
    for (uint32_t i = 0; i < version.benefit_count; ++i) {
      const Benefit& benefit = names.benefits()[BenefitRow{version.first_benefit.value() + i}];
      if (is(version, benefit)) {
        found.push_back({&version, &benefit});
      }
    }
  }
  return found;
}

bool AsksForSeries(const Ledger& names, const Benefit& benefit, const SeriesCode& series) {
  return AsksFor(benefit.asks, Asks::kVoucher) &&
         names.voucher_series()[names.benefit_terms()[benefit.terms].series].code == series;
}

bool CountsOn(const Ledger& names, const Benefit& benefit, const LimitCode& limit) {
  for (uint32_t i = 0; i < benefit.limit_count; ++i) {
    if (names.limits()[benefit.limit(i)].code == limit) {
      return true;
    }
  }
  return false;
}

Words NameInWords(const LiveBenefit& live) {
  return Say("$0 of programme $1",
             "$0（项目 $1）",
             Quoted(TextOf(live.benefit->code)),
             Quoted(TextOf(live.programme->code)));
}

std::string UntilInWords(const Ledger& names, const LiveBenefit& live) {
  return UntilInWords(names.calendars()[live.benefit->calendar], live.benefit->ends_at);
}

// Where vouchers can be used.
enum class Usable : uint8_t {
  kToTheEnd,
  kNowhere,        // no benefit asks for them
  kBeginsTooLate,  // the benefit
  kOverBefore,     // ... before they are valid
  kOverEarlier,    // ... than they expire
};

struct Usability {
  Usable usable = Usable::kToTheEnd;
  LiveBenefit live;  // that it is about, unless kNowhere or kToTheEnd
};

Usability UsabilityOf(const Ledger& names,
                      std::span<const Programme> versions,
                      const SeriesCode& series,
                      TimestampNs valid_from,
                      TimestampNs expires_at) {
  const std::vector<LiveBenefit> asking =
      BenefitsThat(names, versions, [&](const Programme&, const Benefit& benefit) {
        return AsksForSeries(names, benefit, series);
      });
  if (asking.empty()) {
    return {Usable::kNowhere, {}};
  }
  if (std::all_of(asking.begin(), asking.end(), [&](const LiveBenefit& live) {
        return live.benefit->starts_at >= expires_at;
      })) {
    return {Usable::kBeginsTooLate, asking.front()};
  }
  const LiveBenefit& last = *std::max_element(
      asking.begin(), asking.end(), [](const LiveBenefit& a, const LiveBenefit& b) {
        return a.benefit->ends_at < b.benefit->ends_at;
      });
  if (last.benefit->ends_at >= expires_at) {
    return {Usable::kToTheEnd, {}};
  }
  return {last.benefit->ends_at <= valid_from ? Usable::kOverBefore : Usable::kOverEarlier, last};
}

// A code's time ends at an instant, and no zone comes with it: by the clocks of what is live.
std::string InstantInWords(const Ledger& names,
                           std::span<const Programme> versions,
                           TimestampNs at) {
  const Calendar utc{};
  const bool is_utc = versions.empty();
  const Calendar& calendar = is_utc ? utc : names.calendars()[versions.front().calendar];
  const int64_t local_s = LocalSecondsOf(calendar, at);
  const CivilDay day = FloorDay(local_s);
  const int64_t minute = (local_s - int64_t{day} * kSecondsPerDay) / 60;
  return absl::StrFormat(
      "%s %02d:%02d%s", FormatDate(day), minute / 60, minute % 60, is_utc ? " UTC" : "");
}

// ---- Draws -----------------------------------------------------------------------

void Add(std::string field, std::string message, std::string hint, DrawWarningRows* warnings) {
  v1::DrawWarning* const warning = warnings->Add();
  warning->set_field(std::move(field));
  warning->set_message(std::move(message));
  warning->set_hint(std::move(hint));
}

void AddOfPrize(const Ledger& names,
                const PrizeSpec& prize,
                const std::string& field,
                std::span<const Programme> versions,
                DrawWarningRows* warnings) {
  const std::string series = TextOf(prize.series);
  const Usability use =
      UsabilityOf(names, versions, prize.series, prize.valid_from, prize.expires_at);
  switch (use.usable) {
    case Usable::kToTheEnd:
      break;
    case Usable::kNowhere:
      Add(absl::StrCat(field, ".series_code"),
          absl::StrCat("no benefit that is active or scheduled asks for a voucher of '",
                       series,
                       "': who wins it can use it nowhere (没有生效或已排期的优惠使用该券种)"),
          absl::StrCat("apply a programme with 'voucher: ", series, "' before the prize is valid"),
          warnings);
      break;
    case Usable::kBeginsTooLate:
      Add(absl::StrCat(field, ".expires_at"),
          absl::StrCat("the benefit ",
                       NameInWords(use.live).en,
                       " begins only when the prize has expired (优惠开始时奖品已过期)"),
          "let the prize expire later, or move the benefit's 'starts'",
          warnings);
      break;
    case Usable::kOverBefore:
    case Usable::kOverEarlier: {
      const bool never = use.usable == Usable::kOverBefore;
      Add(absl::StrCat(field, never ? ".valid_from" : ".expires_at"),
          absl::StrCat("the benefit ",
                       NameInWords(use.live).en,
                       " ends with 'until' ",
                       UntilInWords(names, use.live),
                       never ? ", before the prize may be used (奖品可用前优惠已结束)"
                             : ", before the prize expires (奖品到期前优惠已结束)"),
          "move its 'until', or let the prize expire earlier",
          warnings);
      break;
    }
  }
}

// Whoever wins such a prize has won nothing.  A draw's prizes are given when it has closed, a
// pool's until it does.
bool AddOfExpiry(const Ledger& names,
                 const CommitDrawRequest& request,
                 const PrizeSpec& prize,
                 const std::string& field,
                 std::span<const Programme> versions,
                 DrawWarningRows* warnings) {
  const bool pool = request.kind == DrawKind::kPool;
  if (pool ? prize.expires_at >= request.closes_at : prize.expires_at > request.closes_at) {
    return false;
  }
  Add(absl::StrCat(field, ".expires_at"),
      absl::StrCat("the prize expires at ",
                   InstantInWords(names, versions, prize.expires_at),
                   pool ? ", before the pool ends at " : ", before the draw closes at ",
                   InstantInWords(names, versions, request.closes_at),
                   pool
                       ? ": who wins it from then on can use it nowhere "
                         "(奖池截止前奖品已过期，此后抽中者无法使用)"
                       : ": who wins it can use it nowhere (抽签截止时奖品已过期，中签者无法使用)"),
      pool ? "let the prize expire later, or end the pool earlier "
             "(请推迟奖品的到期日，或提前奖池的截止时间)"
           : "let the prize expire later, or close the draw earlier "
             "(请推迟奖品的到期日，或提前抽签的截止时间)",
      warnings);
  return true;
}

void AddOfEntries(const Ledger& names,
                  const CommitDrawRequest& request,
                  std::span<const Programme> versions,
                  DrawWarningRows* warnings) {
  const std::vector<LiveBenefit> entered_by =
      BenefitsThat(names, versions, [&](const Programme& version, const Benefit& benefit) {
        return version.code == request.programme && CountsOn(names, benefit, request.limit);
      });
  if (entered_by.empty()) {
    Add("draw.limit_code",
        absl::StrCat("no benefit that is active or scheduled counts on the limit '",
                     TextOf(request.limit),
                     "': nobody can enter (没有优惠计入该限额，无人可以报名)"),
        "apply a version with such a benefit",
        warnings);
    return;
  }
  const auto goes_on =
      std::find_if(entered_by.begin(), entered_by.end(), [&](const LiveBenefit& live) {
        return live.benefit->ends_at > request.closes_at;
      });
  if (goes_on != entered_by.end()) {
    Add("draw.closes_at",
        absl::StrCat("the benefit ",
                     NameInWords(*goes_on).en,
                     " goes on when the draw has closed: who uses it from then on takes no part "
                     "(截止后使用该优惠者不参加抽签)"),
        "end it with its 'until' where it is there for the draw alone",
        warnings);
  }
}

// ---- What a programme that is retired leaves behind --------------------------------

Words NameInWords(const Draw& draw) {
  return draw.kind == DrawKind::kPool
             ? Say("the prize pool $0", "奖池 $0", Quoted(TextOf(draw.code)))
             : Say("the draw $0", "抽签 $0", Quoted(TextOf(draw.code)));
}

void AddLeftDraw(const Draw& draw, TimestampNs now, WarningRows* warnings) {
  const std::string code = TextOf(draw.code);
  if (draw.closes_at > now) {
    Add("",
        Say("$0 is still open for entries, and nobody can enter any more",
            "$0 仍在报名，停用后没有人能再报名",
            NameInWords(draw)),
        Say("who has entered takes part: settle it when it has closed, with: gonghuictl draw "
            "settle $0",
            "已报名的照常参加：截止后用 gonghuictl draw settle $0 开奖",
            code),
        warnings);
  } else {
    Add("",
        Say("$0 is closed and not settled", "$0 已截止，尚未开奖", NameInWords(draw)),
        Say("settle it with: gonghuictl draw settle $0",
            "请用 gonghuictl draw settle $0 开奖",
            code),
        warnings);
  }
}

void AddLeftPrize(const Draw& draw, const SeriesCode& series, WarningRows* warnings) {
  Add("",
      Say("no other benefit asks for a voucher of $0, which $1 still gives: who wins it can use it "
          "nowhere",
          "没有别的优惠使用 $0 系列的兑换券，而$1 还会发出它：中了的人没有地方可用",
          Quoted(TextOf(series)),
          NameInWords(draw)),
      Say("retire the programme when the prizes have been fetched, or apply another one with "
          "'voucher: $0'",
          "请等奖品领完再停用项目，或让另一个写有 'voucher: $0' 的项目生效",
          TextOf(series)),
      warnings);
}

void AddLeftPrizes(const Ledger& names,
                   const ProgrammeCode& programme,
                   const DrawView& view,
                   std::span<const Programme> versions,
                   TimestampNs now,
                   WarningRows* warnings) {
  // A draw gives its prizes when it is settled, after it has closed; a pool until it closes.
  if (view.draw.kind == DrawKind::kPool && view.draw.closes_at <= now) {
    return;
  }
  std::vector<SeriesCode> told;  // a series may be several prizes
  for (const Prize& prize : view.prizes) {
    const bool nothing = prize.series == VoucherSeriesRow{};
    const bool all_won = prize.count != 0 && prize.won == prize.count;  // 0 = without end
    const SeriesCode series = names.voucher_series()[prize.series].code;
    if (nothing || all_won || std::find(told.begin(), told.end(), series) != told.end()) {
      continue;
    }
    told.push_back(series);
    const std::vector<LiveBenefit> asking =
        BenefitsThat(names, versions, [&](const Programme&, const Benefit& benefit) {
          return AsksForSeries(names, benefit, series);
        });
    // Of a series that nobody asks for as it is, another warning tells, when it is committed.
    if (!asking.empty() && std::all_of(asking.begin(), asking.end(), [&](const LiveBenefit& live) {
          return live.programme->code == programme;
        })) {
      AddLeftPrize(view.draw, series, warnings);
    }
  }
}

// The rows of a table, a page of the ledger thread's time after another.
template <class RowsOf, class Take>
grpc::Status ForEachRow(Engine* engine, RowsOf&& rows_of, Take&& take) {
  Page page;
  page.rows_max = kPageRowsMax;
  std::string next;
  do {
    const grpc::Status status = Inspect(engine, [&](const Ledger& ledger) {
      next = CopyPage(rows_of(ledger), page, [&](auto row, const auto& content) {
        take(ledger, row, content);
        return true;
      });
    });
    if (!status.ok()) {
      return status;
    }
    page.first += kPageRowsMax;
  } while (!next.empty());
  return grpc::Status::OK;
}

}  // namespace

grpc::Status CopyLiveVersions(Engine* engine, std::vector<Programme>* versions) {
  return ForEachRow(
      engine,
      [](const Ledger& ledger) -> const auto& { return ledger.programme_heads(); },
      [versions](const Ledger& ledger, ProgrammeHeadRow /*row*/, const ProgrammeHead& head) {
        for (const ProgrammeRow row : {head.active, head.scheduled}) {
          if (row != ProgrammeRow{}) {
            versions->push_back(ledger.programmes()[row]);
          }
        }
      });
}

grpc::Status CopyOpenDraws(Engine* engine, std::vector<DrawView>* draws) {
  return ForEachRow(
      engine,
      [](const Ledger& ledger) -> const auto& { return ledger.draws(); },
      [draws](const Ledger& ledger, DrawRow row, const Draw& draw) {
        if (draw.state != DrawState::kSettled) {
          draws->push_back(ViewLiveDraw(ledger, row));
        }
      });
}

void AddWarnings(const CompiledFile& file, std::optional<TimestampNs> from, WarningRows* warnings) {
  const Calendar& calendar = file.programme.calendar;
  if (from.has_value() && file.programme.ends_at <= *from) {
    return AddOver(file.places.until, calendar, file.programme.ends_at, warnings);
  }
  BenefitCode told;  // the cases of a price follow each other, and are one benefit
  for (size_t i = 0; i < file.benefits.size(); ++i) {
    const BenefitSpec& benefit = file.benefits[i];
    if (benefit.code != told) {
      AddOfBenefit(
          file.places.benefits[i], benefit, benefit.merchant_union, calendar, from, warnings);
    }
    told = benefit.code;
  }
}

void AddWarnings(const Ledger& names,
                 const Programme& version,
                 TimestampNs from,
                 WarningRows* warnings) {
  const auto at = [](std::string path) { return SourcePlace{{0, 0}, std::move(path)}; };
  const Calendar& calendar = names.calendars()[version.calendar];
  if (version.ends_at <= from) {
    return AddOver(at("programme.until"), calendar, version.ends_at, warnings);
  }
  BenefitCode told;
  for (uint32_t i = 0; i < version.benefit_count; ++i) {
    const Benefit& benefit = names.benefits()[BenefitRow{version.first_benefit.value() + i}];
    if (benefit.code != told) {
      AddOfBenefit(at("benefits"), benefit, benefit.merchant_union, calendar, from, warnings);
    }
    told = benefit.code;
  }
}

void AddWarnings(const Ledger& names,
                 VoucherForm form,
                 const IssueVouchersRequest& request,
                 std::span<const Programme> versions,
                 TimestampNs now,
                 WarningRows* warnings) {
  const Words them = form == VoucherForm::kCode ? Say("codes", "码") : Say("vouchers", "券");
  if (request.expires_at <= now) {
    // Where they could have been used does not matter any more.
    return Add("expires_at",
               Say("the $0 have expired already: valid until $1",
                   "这些$0已经过期：有效期至 $1",
                   them,
                   InstantInWords(names, versions, request.expires_at)),
               Say("nobody can use them: issue $0 that expire later",
                   "没有人能用，请发到期日更晚的$0",
                   them),
               warnings);
  }
  const std::string series = TextOf(request.series);
  const Usability use =
      UsabilityOf(names, versions, request.series, request.valid_from, request.expires_at);
  switch (use.usable) {
    case Usable::kToTheEnd:
      break;
    case Usable::kNowhere:
      Add("series_code",
          Say("no benefit that is active or scheduled asks for a voucher of $0: the $1 can be "
              "used nowhere",
              "没有生效或已排期的优惠使用 $0 系列：这些$1没有地方可用",
              Quoted(series),
              them),
          Say("apply a programme with 'voucher: $0' before they are valid",
              "请在它们有效之前，让写有 'voucher: $0' 的项目生效",
              series),
          warnings);
      break;
    case Usable::kBeginsTooLate:
      Add("expires_at",
          Say("the benefit $0 begins only when the $1 have expired",
              "优惠 $0开始时，这些$1已经过期",
              NameInWords(use.live),
              them),
          Say("let the $0 expire later, or move the benefit's 'starts'",
              "请推迟$0的到期日，或提前该优惠的 'starts'",
              them),
          warnings);
      break;
    case Usable::kOverBefore:
    case Usable::kOverEarlier: {
      const bool never = use.usable == Usable::kOverBefore;
      const Words name = NameInWords(use.live);
      const std::string until = UntilInWords(names, use.live);
      Add(never ? "valid_from" : "expires_at",
          never ? Say("the benefit $0 ends with 'until' $1, before the $2 may be used",
                      "优惠 $0的 'until' 是 $1，$2还没到可用的日子，它就已经结束",
                      name,
                      until,
                      them)
                : Say("the benefit $0 ends with 'until' $1, before the $2 expire",
                      "优惠 $0的 'until' 是 $1，$2还没到期，它就已经结束",
                      name,
                      until,
                      them),
          Say("move its 'until', or let the $0 expire earlier",
              "请推迟它的 'until'，或提前$0的到期日",
              them),
          warnings);
      break;
    }
  }
}

void AddWarnings(const Ledger& names,
                 const CommitDrawRequest& request,
                 std::span<const Programme> versions,
                 DrawWarningRows* warnings) {
  if (request.kind == DrawKind::kDraw) {
    AddOfEntries(names, request, versions, warnings);
  }
  for (size_t i = 0; i < request.prizes.size(); ++i) {
    const PrizeSpec& prize = request.prizes[i];
    if (prize.series.IsNone()) {
      continue;
    }
    const std::string field = absl::StrCat("draw.prizes[", i, "]");
    const bool expires_early = AddOfExpiry(names, request, prize, field, versions, warnings);
    // Where a draw's could have been used does not matter any more; a pool's are used until then.
    if (!expires_early || request.kind == DrawKind::kPool) {
      AddOfPrize(names, prize, field, versions, warnings);
    }
  }
}

void AddWarnings(const Ledger& names,
                 const RetireProgrammeRequest& request,
                 std::span<const Programme> versions,
                 std::span<const DrawView> draws,
                 TimestampNs now,
                 WarningRows* warnings) {
  for (const DrawView& view : draws) {
    if (view.draw.kind == DrawKind::kDraw && view.draw.programme == request.code) {
      AddLeftDraw(view.draw, now, warnings);
    }
    AddLeftPrizes(names, request.code, view, versions, now, warnings);
  }
}

void AddEndedBefore(WarningRows* warnings) {
  Add("",
      Say("it was ended before, or never began: nothing changed", "此前已结束或从未开始，未作更改"),
      Say("it has no version that is active, in shadow or scheduled",
          "没有生效、影子或已排期的版本"),
      warnings);
}

}  // namespace gonghui
