// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/backtest_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "tools/gonghuictl/backtest_words.h"
#include "tools/gonghuictl/svg_plot.h"
#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

constexpr int kFundPlotsMax = 12;
constexpr int kRowsMax = 1'000;  // of one table

// Printed, it is on white paper whatever the screen is like, and nothing can be scrolled.
constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --soft: #57606a;
  --line: #d0d7de; --before: #8c959f; --after: #0969da; --gained: #1a7f37; --lost: #cf222e; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9198a1; --line: #30363d;
    --before: #6e7681; --after: #58a6ff; --gained: #3fb950; --lost: #f85149; } }
body { margin: 0 auto; padding: 1.5rem; max-width: 66rem; background: var(--paper);
  color: var(--ink); overflow-wrap: break-word;
  font: 15px/1.5 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
h3 { font-size: 1rem; margin-top: 1.5rem; } p, li { max-width: 48rem; }
li { margin-bottom: .5rem; } .soft { color: var(--soft); }
.zh { display: block; color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .75rem; }
dl div { border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; }
dt { color: var(--soft); font-size: .85rem; } dt span { display: inline-block; } dd { margin: 0; font-size: 1.05rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: right;
  vertical-align: top; white-space: nowrap; }
th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
.text { text-align: left; white-space: normal; min-width: 6.5rem; }
.time { white-space: normal; min-width: 6rem; }
.scroll { overflow-x: auto; } figure { margin: 1rem 0; break-inside: avoid; }
figcaption { font-weight: 600; } svg { display: block; width: 100%; min-width: 34rem; height: auto; }
.grid { stroke: var(--line); } .zero { stroke: var(--soft); }
.tick, .key { fill: var(--soft); font-size: 12px; }
rect.before, circle.before { fill: var(--before); }
rect.after, circle.after { fill: var(--after); }
rect.gained { fill: var(--gained); } rect.lost { fill: var(--lost); }
.stroke { fill: none; stroke-width: 2; } polyline.before { stroke: var(--before);
  stroke-dasharray: 5 3; } polyline.after { stroke: var(--after); }
@media print { :root { color-scheme: light; } body { max-width: none; padding: 0; font-size: 11px; }
  .scroll { overflow: visible; } svg { min-width: 0; } h2, h3, figcaption { break-after: avoid; }
  tr, li, dl div { break-inside: avoid; } th, td { padding: .15rem .35rem; }
  rect, circle, polyline { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
)";

std::string Count(uint64_t count) {
  return FormatCount(count);
}

std::string AxisYuan(int64_t fen) {
  return fen % 100 == 0 ? (fen < 0 ? "-" : "") +
                              FormatCount(static_cast<uint64_t>((fen < 0 ? -fen : fen) / 100))
                        : FormatYuanBare(fen);
}

std::string AxisCount(int64_t count) {
  return (count < 0 ? "-" : "") + FormatCount(static_cast<uint64_t>(count < 0 ? -count : count));
}

// "2026-05-02" -> "05-02"
std::string ShortDay(const std::string& day) {
  return day.size() == 10 ? day.substr(5) : day;
}

// Numbers stand on the right and never break; text and times may, so that a table fits a page.
enum class Kind : uint8_t { kNumber, kText, kTime };

struct Column {
  std::string_view english;
  std::string_view chinese;
  Kind kind = Kind::kNumber;
};

std::string_view ClassOf(Kind kind) {
  return kind == Kind::kText ? " class=\"text\"" : kind == Kind::kTime ? " class=\"time\"" : "";
}

// With a capital: on a terminal notes begin small, as they follow a program's name elsewhere.
std::string Sentence(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') {
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  }
  return text;
}

class Page {
 public:
  void Raw(std::string_view text) { text_ += text; }
  void Heading(std::string_view english, std::string_view chinese) {
    text_ +=
        fmt::format("<h2>{} <span class=\"soft\" lang=\"zh\">{}</span></h2>\n", english, chinese);
  }
  void Say(const Words& words, std::string_view element = "p") {
    text_ += fmt::format("<{}>{}. <span class=\"zh\" lang=\"zh\">{}。</span></{}>\n",
                         element,
                         EscapeHtml(Sentence(words.en)),
                         EscapeHtml(words.zh),
                         element);
  }
  void List(const std::vector<Words>& notes) {
    text_ += "<ul>\n";
    for (const Words& note : notes) {
      Say(note, "li");
    }
    text_ += "</ul>\n";
  }
  // What it shows stands above it: the title within is for who can not see it.
  void Figure(const Plot& plot) {
    text_ += "<figure><figcaption>" + EscapeHtml(plot.title) +
             "</figcaption><div class=\"scroll\">\n" + RenderSvg(plot) + "</div></figure>\n";
  }
  void Fact(std::string_view english, std::string_view chinese, const std::string& value) {
    text_ += fmt::format("<div><dt>{} <span lang=\"zh\">{}</span></dt><dd>{}</dd></div>\n",
                         english,
                         chinese,
                         EscapeHtml(value));
  }
  void BeginTable(const std::vector<Column>& columns) {
    columns_ = columns;
    rows_ = 0;
    text_ += "<div class=\"scroll\"><table><thead><tr>";
    for (const Column& column : columns_) {
      text_ += fmt::format("<th scope=\"col\"{}>{}<br/><span lang=\"zh\">{}</span></th>",
                           ClassOf(column.kind),
                           column.english,
                           column.chinese);
    }
    text_ += "</tr></thead><tbody>\n";
  }
  // False: the table has enough.  REQUIRES: as many cells as columns.
  bool Row(const std::vector<std::string>& cells) {
    if (++rows_ > kRowsMax) {
      return false;
    }
    text_ += "<tr>";
    for (size_t i = 0; i < cells.size(); ++i) {
      text_ += fmt::format("<td{}>{}</td>", ClassOf(columns_[i].kind), EscapeHtml(cells[i]));
    }
    text_ += "</tr>\n";
    return true;
  }
  void EndTable() {
    text_ += "</tbody></table></div>\n";
    if (rows_ > kRowsMax) {
      text_ += fmt::format(
          "<p class=\"soft\">The first {} rows; -o json has all. "
          "<span lang=\"zh\">仅列前{}行。</span></p>\n",
          kRowsMax,
          kRowsMax);
    }
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
  // Of the table that was begun.
  std::vector<Column> columns_;
  int rows_ = 0;
};

std::vector<std::string> CountCells(const std::string& name, const v1::DecisionCounts& counts) {
  return {name,
          Count(counts.decision_count()),
          Count(counts.gained_count()),
          Count(counts.lost_count()),
          Count(counts.more_count()),
          Count(counts.less_count()),
          FormatYuan(counts.subsidy_before_fen()),
          FormatYuan(counts.subsidy_after_fen())};
}

std::vector<Column> CountColumns(std::string_view english, std::string_view chinese) {
  return {{english, chinese, Kind::kText},
          {"decisions", "决定"},
          {"gained", "新获批"},
          {"lost", "不再获批"},
          {"more", "补贴增加"},
          {"less", "补贴减少"},
          {"subsidy before", "原补贴"},
          {"subsidy after", "新补贴"}};
}

void AddSummary(const v1::BacktestReport& report, Page* page) {
  const v1::DecisionCounts& all = report.all();
  page->Raw("<dl>\n");
  page->Fact("decisions", "决定", Count(all.decision_count()));
  page->Fact("same", "不变", Count(all.same_count()));
  page->Fact("gained", "新获批", Count(all.gained_count()));
  page->Fact("lost", "不再获批", Count(all.lost_count()));
  page->Fact("more subsidy", "补贴增加", Count(all.more_count()));
  page->Fact("less subsidy", "补贴减少", Count(all.less_count()));
  page->Fact("subsidy before", "原补贴", FormatYuan(all.subsidy_before_fen()));
  page->Fact("subsidy after", "新补贴", FormatYuan(all.subsidy_after_fen()));
  page->Fact("members who gained", "受益会员", Count(report.members_gained_count()));
  page->Fact("members who lost", "受损会员", Count(report.members_lost_count()));
  page->Raw("</dl>\n");
  page->Say(SubsidyWords());
  const std::vector<Words> notes = BacktestNotes(report);
  if (!notes.empty()) {
    page->Heading("What to know about these figures", "说明");
    page->List(notes);
  }
}

void AddDays(const v1::BacktestReport& report, Page* page) {
  Plot changed;
  changed.title = "Decisions gained and lost by day 每日新获批与不再获批";
  changed.format = AxisCount;
  PlotSeries gained{"gained 新获批", "gained", {}};
  PlotSeries lost{"lost 不再获批", "lost", {}};
  Plot subsidy;
  subsidy.title = "Subsidy by day, yuan 每日补贴(元)";
  subsidy.format = AxisYuan;
  PlotSeries before{"before 原", "before", {}};
  PlotSeries after{"after 新", "after", {}};
  for (const v1::BacktestDay& day : report.days()) {
    changed.labels.push_back(ShortDay(day.day()));
    gained.values.push_back(static_cast<int64_t>(day.counts().gained_count()));
    lost.values.push_back(-static_cast<int64_t>(day.counts().lost_count()));
    before.values.push_back(day.counts().subsidy_before_fen());
    after.values.push_back(day.counts().subsidy_after_fen());
  }
  subsidy.labels = changed.labels;
  changed.series = {std::move(gained), std::move(lost)};
  subsidy.series = {std::move(before), std::move(after)};
  page->Heading("By day", "按日");
  if (report.days().empty()) {
    page->Say({"There is no day to show", "没有可显示的日期"});
    return;
  }
  if (report.all().gained_count() == 0 && report.all().lost_count() == 0) {
    page->Say({"No decision was gained or lost", "没有新获批的交易，也没有不再获批的交易"});
  } else {
    page->Figure(changed);
  }
  page->Figure(subsidy);
  page->BeginTable(CountColumns("day", "日期"));
  for (const v1::BacktestDay& day : report.days()) {
    if (!page->Row(CountCells(day.day(), day.counts()))) {
      break;
    }
  }
  page->EndTable();
}

void AddFundPlots(const v1::BacktestReport& report, const v1::BacktestFund& fund, Page* page) {
  const bool things = fund.asset() == v1::ASSET_THING;
  Plot paid;
  paid.title = fmt::format(
      "{}: paid by day{}", fund.fund_code(), things ? " 每日发放" : ", yuan 每日支付(元)");
  paid.format = things ? AxisCount : AxisYuan;
  Plot left;
  left.title = fmt::format(
      "{}: left at the day's end{}", fund.fund_code(), things ? " 剩余" : ", yuan 余额(元)");
  left.format = paid.format;
  left.lines = true;
  PlotSeries paid_before{"before 原", "before", {}};
  PlotSeries paid_after{"after 新", "after", {}};
  PlotSeries left_before = paid_before;
  PlotSeries left_after = paid_after;
  for (const v1::BacktestFundDay& day : report.fund_days()) {
    if (day.fund_code() != fund.fund_code()) {
      continue;
    }
    paid.labels.push_back(ShortDay(day.day()));
    paid_before.values.push_back(day.paid_before());
    paid_after.values.push_back(day.paid_after());
    left_before.values.push_back(day.left_before());
    left_after.values.push_back(day.left_after());
  }
  if (paid.labels.empty()) {
    return;
  }
  left.labels = paid.labels;
  paid.series = {std::move(paid_before), std::move(paid_after)};
  left.series = {std::move(left_before), std::move(left_after)};
  page->Raw("<h3>" + EscapeHtml(fund.fund_code()) + "</h3>\n");
  page->Figure(paid);
  page->Figure(left);
}

void AddFunds(const v1::BacktestReport& report, Page* page) {
  if (report.funds().empty()) {
    return;
  }
  page->Heading("Funds and stocks", "资金与物资");
  page->Say(PaidWords());
  page->BeginTable({{"fund", "资金", Kind::kText},
                    {"paid before", "原支付"},
                    {"paid after", "新支付"},
                    {"left before", "原余额"},
                    {"left after", "新余额"},
                    {"ran out before", "原用尽时间", Kind::kTime},
                    {"ran out after", "新用尽时间", Kind::kTime}});
  for (const v1::BacktestFund& fund : report.funds()) {
    const bool things = fund.asset() == v1::ASSET_THING;
    const auto amount = [things](int64_t value) {
      return things ? AxisCount(value) : FormatYuan(value);
    };
    if (!page->Row({fund.fund_code(),
                    amount(fund.paid_before()),
                    amount(fund.paid_after()),
                    amount(fund.left_before()),
                    amount(fund.left_after()),
                    RanOut(fund.has_ran_out_before(), fund.ran_out_before(), report.zone()),
                    RanOut(fund.has_ran_out_after(), fund.ran_out_after(), report.zone())})) {
      break;
    }
  }
  page->EndTable();
  // Those first in which the draft changes most.
  std::vector<const v1::BacktestFund*> funds;
  for (const v1::BacktestFund& fund : report.funds()) {
    funds.push_back(&fund);
  }
  const auto change = [](const v1::BacktestFund* fund) {
    const int64_t difference = fund->paid_after() - fund->paid_before();
    return difference < 0 ? -difference : difference;
  };
  std::stable_sort(funds.begin(), funds.end(), [&](const auto* a, const auto* b) {
    return change(a) > change(b);
  });
  funds.resize(std::min<size_t>(funds.size(), kFundPlotsMax));
  for (const v1::BacktestFund* fund : funds) {
    AddFundPlots(report, *fund, page);
  }
}

// "exceeds_frequency_limit (701) 优惠次数已用完".
std::string AnswerInBoth(v1::Reason reason) {
  const std::string_view chinese = AnswerWordInChinese(reason);
  return AnswerWord(reason) + (chinese.empty() ? "" : " ") + std::string(chinese);
}

void AddReasons(const v1::BacktestReport& report, Page* page) {
  // How often each answer was given, before and after.
  std::map<int, std::pair<int64_t, int64_t>> by_reason;
  for (const v1::BacktestReason& row : report.reasons()) {
    by_reason[row.before()].first += static_cast<int64_t>(row.decision_count());
    by_reason[row.after()].second += static_cast<int64_t>(row.decision_count());
  }
  Plot plot;
  plot.title = "Declined by reason, whose numbers stand in the table 按拒绝原因（编号见下表）";
  plot.format = AxisCount;
  PlotSeries before{"before 原", "before", {}};
  PlotSeries after{"after 新", "after", {}};
  for (const auto& [reason, counts] : by_reason) {
    if (reason != v1::REASON_UNSPECIFIED) {
      plot.labels.push_back(std::to_string(reason));
      before.values.push_back(counts.first);
      after.values.push_back(counts.second);
    }
  }
  page->Heading("By answer", "按结果");
  if (report.reasons().empty()) {
    page->Say({"Nothing was decided", "没有任何决定"});
    return;
  }
  if (!plot.labels.empty()) {
    plot.series = {std::move(before), std::move(after)};
    page->Figure(plot);
  }
  page->BeginTable(
      {{"before", "原", Kind::kText}, {"after", "新", Kind::kText}, {"decisions", "决定"}});
  for (const v1::BacktestReason& row : report.reasons()) {
    page->Row({AnswerInBoth(row.before()), AnswerInBoth(row.after()), Count(row.decision_count())});
  }
  page->EndTable();
}

void AddBenefitsAndLimits(const v1::BacktestReport& report, Page* page) {
  if (!report.benefits().empty()) {
    page->Heading("By benefit", "按优惠");
    page->BeginTable({{"benefit", "优惠", Kind::kText},
                      {"given before", "原次数"},
                      {"given after", "新次数"},
                      {"subsidy before", "原补贴"},
                      {"subsidy after", "新补贴"}});
    for (const v1::BacktestBenefit& row : report.benefits()) {
      if (!page->Row({row.programme_code() + " / " + row.benefit_code(),
                      Count(row.given_before_count()),
                      Count(row.given_after_count()),
                      FormatYuan(row.subsidy_before_fen()),
                      FormatYuan(row.subsidy_after_fen())})) {
        break;
      }
    }
    page->EndTable();
  }
  if (!report.limits().empty()) {
    page->Heading("Limits that refused", "触及限额");
    page->BeginTable({{"limit", "限额", Kind::kText},
                      {"refused before", "原拒绝"},
                      {"refused after", "新拒绝"}});
    for (const v1::BacktestLimit& row : report.limits()) {
      if (!page->Row({row.programme_code() + " / " + row.limit_code(),
                      Count(row.refused_before_count()),
                      Count(row.refused_after_count())})) {
        break;
      }
    }
    page->EndTable();
  }
}

void AddMerchants(const v1::BacktestReport& report, Page* page) {
  if (report.merchants().empty()) {
    return;
  }
  page->Heading("By merchant", "按商户");
  std::vector<const v1::BacktestMerchant*> rows;
  for (const v1::BacktestMerchant& row : report.merchants()) {
    rows.push_back(&row);
  }
  const auto changed = [](const v1::BacktestMerchant* row) {
    return row->counts().decision_count() - row->counts().same_count();
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const auto* a, const auto* b) {
    return changed(a) > changed(b);
  });
  page->BeginTable(CountColumns("merchant", "商户"));
  for (const v1::BacktestMerchant* row : rows) {
    const std::string name =
        row->merchant_name().empty() ? "" : " " + Printable(row->merchant_name());
    if (!page->Row(CountCells(row->merchant_id() + name, row->counts()))) {
      break;
    }
  }
  page->EndTable();
}

}  // namespace

std::string EscapeHtml(std::string_view text) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') {
          out += kReplacement;
        } else {
          out += c;
        }
    }
  }
  return out;
}

std::string BacktestHtml(const v1::BacktestReport& report, const BacktestHtmlOptions& options) {
  Page page;
  const std::string_view english = options.simulated ? "Simulation" : "Backtest";
  const std::string_view chinese = options.simulated ? "模拟" : "回测";
  const std::string code = EscapeHtml(report.programme_code());
  page.Raw(
      "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
      "<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
  page.Raw(fmt::format(
      "<title>{} {}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n", english, code, kStyle));
  page.Raw(fmt::format("<h1>{} <span lang=\"zh\">{}</span>: {}</h1>\n", english, chinese, code));
  const Words period = PeriodWords(report);
  page.Raw(fmt::format("<p class=\"soft\">{}{} <span class=\"zh\" lang=\"zh\">{}</span></p>\n",
                       EscapeHtml(period.en),
                       options.file_name.empty() ? "" : "; " + EscapeHtml(options.file_name),
                       EscapeHtml(period.zh)));
  page.Say(BeforeAndAfterWords(options.simulated));
  AddSummary(report, &page);
  AddDays(report, &page);
  AddFunds(report, &page);
  AddReasons(report, &page);
  AddBenefitsAndLimits(report, &page);
  AddMerchants(report, &page);
  page.Raw("</main>\n</body>\n</html>\n");
  return page.Take();
}

}  // namespace gonghui::ctl
