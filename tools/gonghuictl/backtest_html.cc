// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/backtest_html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
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

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --soft: #57606a;
  --line: #d0d7de; --before: #8c959f; --after: #0969da; --gained: #1a7f37; --lost: #cf222e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9198a1; --line: #30363d;
    --before: #6e7681; --after: #58a6ff; --gained: #3fb950; --lost: #f85149; } }
body { margin: 0 auto; padding: 1.5rem; max-width: 62rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
h3 { font-size: 1rem; } p, li { max-width: 48rem; } .soft { color: var(--soft); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; }
dl div { border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; }
dt { color: var(--soft); font-size: .85rem; } dd { margin: 0; font-size: 1.2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid var(--line); text-align: right; }
th { color: var(--soft); font-weight: 600; }
th:first-child, td:first-child, .left { text-align: left; }
.scroll { overflow-x: auto; } svg { width: 100%; height: auto; }
.grid { stroke: var(--line); } .zero { stroke: var(--soft); }
.tick, .key { fill: var(--soft); font-size: 12px; }
rect.before { fill: var(--before); } rect.after { fill: var(--after); }
rect.gained { fill: var(--gained); } rect.lost { fill: var(--lost); }
.stroke { fill: none; stroke-width: 2; } polyline.before { stroke: var(--before);
  stroke-dasharray: 5 3; } polyline.after { stroke: var(--after); }
@media print { body { max-width: none; } }
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

class Page {
 public:
  void Raw(std::string_view text) { text_ += text; }
  void Heading(std::string_view english, std::string_view chinese) {
    text_ +=
        fmt::format("<h2>{} <span class=\"soft\" lang=\"zh\">{}</span></h2>\n", english, chinese);
  }
  void Fact(std::string_view english, std::string_view chinese, const std::string& value) {
    text_ += fmt::format("<div><dt>{} <span lang=\"zh\">{}</span></dt><dd>{}</dd></div>\n",
                         english,
                         chinese,
                         EscapeHtml(value));
  }
  void BeginTable(const std::vector<std::pair<std::string_view, std::string_view>>& columns) {
    text_ += "<div class=\"scroll\"><table><thead><tr>";
    for (const auto& [english, chinese] : columns) {
      text_ += fmt::format(
          "<th scope=\"col\">{}<br/><span lang=\"zh\">{}</span></th>", english, chinese);
    }
    text_ += "</tr></thead><tbody>\n";
    rows_ = 0;
  }
  // False: the table has enough.
  bool Row(const std::vector<std::string>& cells) {
    if (++rows_ > kRowsMax) {
      return false;
    }
    text_ += "<tr>";
    for (const std::string& cell : cells) {
      text_ += "<td>" + EscapeHtml(cell) + "</td>";
    }
    text_ += "</tr>\n";
    return true;
  }
  void EndTable() {
    text_ += "</tbody></table></div>\n";
    if (rows_ > kRowsMax) {
      text_ += fmt::format(
          "<p class=\"soft\">The first {} rows; -o json has all. "
          "<span lang=\"zh\">仅列前 {} 行。</span></p>\n",
          kRowsMax,
          kRowsMax);
    }
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
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

std::vector<std::pair<std::string_view, std::string_view>> CountColumns(std::string_view english,
                                                                        std::string_view chinese) {
  return {{english, chinese},
          {"decisions", "决定"},
          {"gained", "新获批"},
          {"lost", "被拒绝"},
          {"more", "增加"},
          {"less", "减少"},
          {"subsidy before", "原补贴"},
          {"subsidy after", "新补贴"}};
}

void AddSummary(const v1::BacktestReport& report, Page* page) {
  const v1::DecisionCounts& all = report.all();
  page->Raw("<dl>\n");
  page->Fact("decisions", "决定", Count(all.decision_count()));
  page->Fact("same", "不变", Count(all.same_count()));
  page->Fact("gained", "新获批", Count(all.gained_count()));
  page->Fact("lost", "被拒绝", Count(all.lost_count()));
  page->Fact("more subsidy", "补贴增加", Count(all.more_count()));
  page->Fact("less subsidy", "补贴减少", Count(all.less_count()));
  page->Fact("subsidy before", "原补贴", FormatYuan(all.subsidy_before_fen()));
  page->Fact("subsidy after", "新补贴", FormatYuan(all.subsidy_after_fen()));
  page->Fact("members who gained", "受益会员", Count(report.members_gained_count()));
  page->Fact("members who lost", "受损会员", Count(report.members_lost_count()));
  page->Raw("</dl>\n");
  const std::vector<std::string> notes = BacktestNotes(report);
  if (!notes.empty()) {
    page->Heading("What to know about these figures", "说明");
    page->Raw("<ul>\n");
    for (const std::string& note : notes) {
      page->Raw("<li>" + EscapeHtml(note) + "</li>\n");
    }
    page->Raw("</ul>\n");
  }
}

void AddDays(const v1::BacktestReport& report, Page* page) {
  Plot changed;
  changed.title = "Decisions gained and lost by day 每日新获批与被拒绝";
  changed.format = AxisCount;
  PlotSeries gained{"gained 新获批", "gained", {}};
  PlotSeries lost{"lost 被拒绝", "lost", {}};
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
  page->Raw(RenderSvg(changed));
  page->Raw(RenderSvg(subsidy));
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
  page->Raw(RenderSvg(paid));
  page->Raw(RenderSvg(left));
}

void AddFunds(const v1::BacktestReport& report, Page* page) {
  if (report.funds().empty()) {
    return;
  }
  page->Heading("Funds and stocks", "资金与物资");
  page->BeginTable({{"fund", "资金"},
                    {"paid before", "原支付"},
                    {"paid after", "新支付"},
                    {"left before", "原余额"},
                    {"left after", "新余额"},
                    {"ran out before", "原用尽"},
                    {"ran out after", "新用尽"}});
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

void AddReasons(const v1::BacktestReport& report, Page* page) {
  // How often each answer was given, before and after.
  std::map<int, std::pair<int64_t, int64_t>> by_reason;
  for (const v1::BacktestReason& row : report.reasons()) {
    by_reason[row.before()].first += static_cast<int64_t>(row.decision_count());
    by_reason[row.after()].second += static_cast<int64_t>(row.decision_count());
  }
  Plot plot;
  plot.title = "Declined by reason 按拒绝原因";
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
  if (!plot.labels.empty()) {
    plot.series = {std::move(before), std::move(after)};
    page->Raw(RenderSvg(plot));
  }
  page->BeginTable({{"before", "原"}, {"after", "新"}, {"decisions", "决定"}});
  for (const v1::BacktestReason& row : report.reasons()) {
    page->Row({AnswerWord(row.before()), AnswerWord(row.after()), Count(row.decision_count())});
  }
  page->EndTable();
}

void AddBenefitsAndLimits(const v1::BacktestReport& report, Page* page) {
  if (!report.benefits().empty()) {
    page->Heading("By benefit", "按待遇");
    page->BeginTable({{"benefit", "待遇"},
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
    page->BeginTable({{"limit", "限额"}, {"before", "原"}, {"after", "新"}});
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
  page.Raw(fmt::format("<p class=\"soft\">{}{}</p>\n",
                       EscapeHtml(PeriodWords(report)),
                       options.file_name.empty() ? "" : "; " + EscapeHtml(options.file_name)));
  page.Raw(options.simulated
               ? "<p>“Before” is what the programmes as they are would decide, “after” is with the "
                 "draft. <span lang=\"zh\">“原”为现行项目的结果,“新”为草案的结果。</span></p>\n"
               : "<p>“Before” is what was recorded, “after” is with the draft. "
                 "<span lang=\"zh\">“原”为实际记录,“新”为草案的结果。</span></p>\n");
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
