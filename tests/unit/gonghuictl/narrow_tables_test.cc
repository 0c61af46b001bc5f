// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Every list on a terminal of 80 and of 120 columns, with all fields of its rows filled, names
// and notes in Chinese: no line wraps, and no column goes without a word.

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <google/protobuf/timestamp.pb.h>
#include <gtest/gtest.h>

#include "tools/gonghuictl/output.h"
#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/units.h"
#include "tools/gonghuictl/views.h"
#include "tools/gonghuictl/views_aid.h"
#include "tools/gonghuictl/views_backtest.h"
#include "tools/gonghuictl/views_vouchers.h"

namespace gonghui::ctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kChinese = "云南省昆明市五华区总工会职工服务中心便民超市第三分店";
constexpr const char* kCode = "kunming-2026-000";
constexpr int kDepthMax = 3;

// Whether people write it, rather than programs.
bool IsProse(const std::string& field) {
  for (const char* word : {"display_name", "merchant_name", "note", "message"}) {
    if (field.find(word) != std::string::npos) {
      return true;
    }
  }
  return false;
}

// Gives every field a value that takes as much room as one may expect.
void Fill(Message* message, int depth = 0) {
  if (auto* time = dynamic_cast<google::protobuf::Timestamp*>(message)) {
    time->set_seconds(1'777'777'200);
    return;
  }
  const google::protobuf::Reflection& reflection = *message->GetReflection();
  const google::protobuf::Descriptor& type = *message->GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (field->is_map() || depth == kDepthMax) {
        continue;
      }
      Fill(field->is_repeated() ? reflection.AddMessage(message, field)
                                : reflection.MutableMessage(message, field),
           depth + 1);
      continue;
    }
    if (field->is_repeated()) {
      continue;
    }
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        reflection.SetString(message, field, IsProse(field->name()) ? kChinese : kCode);
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection.SetEnumValue(message, field, field->enum_type()->value(1)->number());
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        reflection.SetInt64(message, field, 1'234'567'890);
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        reflection.SetUInt64(message, field, 1'234'567);
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        reflection.SetInt32(message, field, 1'234);
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        reflection.SetUInt32(message, field, 1'234);
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        reflection.SetBool(message, field, true);
        break;
      default:
        ADD_FAILURE() << field->full_name() << " has a type that no contract had so far";
    }
  }
}

template <typename Show>
std::string Capture(OutputFormat format, size_t width, Show show) {
  char* text = nullptr;
  size_t size = 0;
  std::FILE* file = open_memstream(&text, &size);
  Output out(format, false, file, width);
  show(&out);
  std::fclose(file);
  std::string result(text, size);
  std::free(text);
  return result;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

// What tells of the rest may wrap: it is read, not scanned.
bool IsNote(const std::string& line) {
  return line.find("-o wide shows all (宽度不足，未全部显示)") != std::string::npos;
}

class NarrowTablesTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    UseUtf8Locale();
    SetDisplayZone("Asia/Shanghai");
  }

  template <typename Row>
  static std::string TableOf(View<Row> view, OutputFormat format, size_t width) {
    std::vector<Row> rows(2);
    Fill(&rows[0]);
    Fill(&rows[1]);
    return Capture(format, width, [&](Output* out) { out->TableOf<Row>(rows, view); });
  }

  static void ExpectFits(const std::string& text, size_t width) {
    for (const std::string& line : Lines(text)) {
      EXPECT_TRUE(IsNote(line) || DisplayWidth(line) <= width)
          << DisplayWidth(line) << " of " << width << " columns: " << line;
      EXPECT_EQ(FindBadUtf8(line), std::string::npos) << line;
    }
  }

  // The headers that stand above the rows at that width.
  template <typename Row>
  static std::string Headers(View<Row> view, size_t width) {
    return Lines(TableOf(view, OutputFormat::kTable, width))[0];
  }

  template <typename Row>
  static void Check(View<Row> view) {
    SCOPED_TRACE(Row::descriptor()->name());
    for (const size_t width : {size_t{80}, size_t{120}}) {
      const std::string text = TableOf(view, OutputFormat::kTable, width);
      ExpectFits(text, width);
      for (const ViewColumn<Row>& column : view) {
        std::string header(column.label);
        for (char& c : header) {
          c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        }
        EXPECT_TRUE(Lines(text)[0].find(header) != std::string::npos ||
                    Lines(text).back().find(header) != std::string::npos)
            << header << " went without a word at " << width;
      }
      // Programs get all of it, whatever the terminal is.
      EXPECT_EQ(TableOf(view, OutputFormat::kCsv, width), TableOf(view, OutputFormat::kCsv, 0));
    }
  }
};

TEST_F(NarrowTablesTest, NoListIsWiderThanTheTerminal) {
  Check(UnionNodeView());
  Check(SegmentView());
  Check(MemberView());
  Check(CardView());
  Check(MerchantView());
  Check(TerminalView());
  Check(FundView());
  Check(ProgrammeView());
  Check(BenefitView());
  Check(BenefitConditionsView());
  Check(LimitView());
  Check(ProgrammeChangeView());
  Check(ProgrammeVersionView());
  Check(ShadowReportView());
  Check(DraftView());
  Check(AppliedBenefitView());
  Check(TransactionLineView());
  Check(LimitStateView());
  Check(CheckView());
  Check(EntitlementView());
  Check(VoucherView());
  Check(VoucherSeriesView());
  Check(DrawView());
  Check(PrizeView());
  Check(DrawWinnerView());
  Check(ClaimView());
  Check(ContributionView());
}

TEST_F(NarrowTablesTest, NoReportIsWiderThanTheTerminal) {
  v1::BacktestReport report;
  Fill(&report);
  for (const size_t width : {size_t{80}, size_t{120}}) {
    const std::string text =
        Capture(OutputFormat::kTable, width, [&](Output* out) { ShowBacktest(report, out); });
    ExpectFits(text.substr(text.find("By day")), width);  // below the record
    EXPECT_THAT(text, HasSubstr("Funds and stocks"));
    EXPECT_THAT(text, HasSubstr("PAID BEFORE"));
    EXPECT_THAT(text, HasSubstr("SUBSIDY AFTER"));
  }
}

// What one looks for first is there where there is little room.
TEST_F(NarrowTablesTest, WhatMattersStaysIn80Columns) {
  EXPECT_THAT(Headers(MemberView(), 80),
              AllOf(HasSubstr("MEMBER"), HasSubstr("NAME"), HasSubstr("STATUS")));
  EXPECT_THAT(Headers(MerchantView(), 80),
              AllOf(HasSubstr("MERCHANT"), HasSubstr("NAME"), HasSubstr("RECEIVABLE")));
  EXPECT_THAT(Headers(ProgrammeVersionView(), 80),
              AllOf(HasSubstr("VERSION"), HasSubstr("STAGE"), HasSubstr("SINCE")));
  EXPECT_THAT(Headers(FundView(), 80),
              AllOf(HasSubstr("FUND"), HasSubstr("BUDGET"), HasSubstr("AVAILABLE")));
  EXPECT_THAT(
      Headers(ClaimView(), 80),
      AllOf(HasSubstr("CLAIM"), HasSubstr("STATE"), HasSubstr("  AID"), HasSubstr("APPROVED")));
  EXPECT_THAT(Headers(VoucherView(), 120), AllOf(HasSubstr("VOUCHER"), HasSubstr("STATE")));
  EXPECT_THAT(Headers(DraftView(), 80), AllOf(HasSubstr("DRAFT"), HasSubstr("NOTE")));
}

// What can not be changed afterwards is told whole before it is done.
TEST_F(NarrowTablesTest, ACommitmentIsShownWholeIn80Columns) {
  v1::Draw draw;
  Fill(&draw);
  for (const v1::DrawKind kind : {v1::DRAW_KIND_DRAW, v1::DRAW_KIND_POOL}) {
    draw.set_kind(kind);
    const std::string text =
        Capture(OutputFormat::kTable, 80, [&](Output* out) { ShowDrawToCommit(draw, out); });
    ExpectFits(text, 80);
    EXPECT_THAT(text, HasSubstr("EXPIRES AT"));
    EXPECT_THAT(text, testing::Not(HasSubstr("-o wide")));
  }
}

// A record has a line for each value: nothing is left out of what one asked for by its id.
TEST_F(NarrowTablesTest, ARecordHasAllOfItAtAnyWidth) {
  v1::Member member;
  Fill(&member);
  const auto show = [&](Output* out) { out->RecordOf<v1::Member>(member, MemberView()); };
  EXPECT_EQ(Capture(OutputFormat::kTable, 80, show), Capture(OutputFormat::kTable, 0, show));
}

}  // namespace
}  // namespace gonghui::ctl
