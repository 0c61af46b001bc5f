// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/csv_reader.h"

#include <cstdio>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gonghui::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Result {
  std::vector<std::vector<std::string>> rows;
  std::vector<uint64_t> lines;
  std::optional<CsvError> error;
};

Result ReadAll(const std::string& text) {
  std::FILE* file = std::tmpfile();
  std::fwrite(text.data(), 1, text.size(), file);
  std::rewind(file);
  Result result;
  {
    CsvReader reader(file);
    CsvRecord record;
    while (reader.Next(&record)) {
      result.rows.push_back(record.fields);
      result.lines.push_back(record.line);
    }
    result.error = reader.error();
  }
  std::fclose(file);
  return result;
}

void ExpectError(const std::string& text, uint64_t line, uint64_t column, const char* message) {
  const Result result = ReadAll(text);
  ASSERT_TRUE(result.error) << text;
  EXPECT_EQ(result.error->line, line) << result.error->message;
  EXPECT_EQ(result.error->column, column) << result.error->message;
  EXPECT_THAT(result.error->message, HasSubstr(message));
}

TEST(CsvReaderTest, PlainRows) {
  const Result result = ReadAll("a,b\n1,2\n3,\n");
  EXPECT_FALSE(result.error);
  EXPECT_THAT(result.rows,
              ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "2"), ElementsAre("3", "")));
  EXPECT_THAT(result.lines, ElementsAre(1, 2, 3));
}

TEST(CsvReaderTest, LastLineBreakMayLack) {
  EXPECT_THAT(ReadAll("a,b\n1,2").rows, ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "2")));
}

TEST(CsvReaderTest, CarriageReturns) {
  const Result result = ReadAll("a,b\r\n1,2\r\n\r\n3,4\r\n");
  EXPECT_THAT(result.rows,
              ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "2"), ElementsAre("3", "4")));
  EXPECT_THAT(result.lines, ElementsAre(1, 2, 4));
}

TEST(CsvReaderTest, Quotes) {
  const Result result = ReadAll("a,b\n\"x,y\",\"he said \"\"no\"\"\"\n\"\",z\n");
  EXPECT_FALSE(result.error);
  EXPECT_THAT(result.rows[1], ElementsAre("x,y", "he said \"no\""));
  EXPECT_THAT(result.rows[2], ElementsAre("", "z"));
}

TEST(CsvReaderTest, LineBreaksInQuotesAndTheLinesAfterThem) {
  const Result result = ReadAll("a,b\n\"one\ntwo\r\nthree\",x\n4,5\n");
  EXPECT_THAT(result.rows[1], ElementsAre("one\ntwo\r\nthree", "x"));
  EXPECT_THAT(result.lines, ElementsAre(1, 2, 5));
}

TEST(CsvReaderTest, BlanksBelongToTheField) {
  EXPECT_THAT(ReadAll("a,b\n x , y\t\n").rows[1], ElementsAre(" x ", " y\t"));
}

TEST(CsvReaderTest, ByteOrderMark) {
  EXPECT_THAT(ReadAll("\xEF\xBB\xBF"
                      "a,b\n1,2\n")
                  .rows[0],
              ElementsAre("a", "b"));
  EXPECT_THAT(ReadAll("\xEF\xBB\xBF"
                      "\"a\",b\n1,2\n")
                  .rows[0],
              ElementsAre("a", "b"));
}

TEST(CsvReaderTest, Chinese) {
  EXPECT_THAT(ReadAll("名,b\n欧阳修,𠮷\n").rows[1], ElementsAre("欧阳修", "𠮷"));
}

TEST(CsvReaderTest, EmptyFile) {
  EXPECT_THAT(ReadAll("").rows, IsEmpty());
  EXPECT_FALSE(ReadAll("").error);
  EXPECT_THAT(ReadAll("\n\n").rows, IsEmpty());
}

TEST(CsvReaderTest, UnterminatedQuote) {
  ExpectError("a,b\n1,2\n云,\"南\n3,4\n5,6\n", 3, 3, "never closed");
  ExpectError("a,b\n\"x\ny\",\"z", 3, 4, "never closed");
}

TEST(CsvReaderTest, QuoteInsideAField) {
  ExpectError("a,b\n1,say \"no\"\n", 2, 7, "quote inside a field");
  ExpectError("a,b\n1,\"no\" way\n", 2, 7, "quote inside a field");
}

TEST(CsvReaderTest, WrongFieldCount) {
  ExpectError("a,b\n1,2\n1,2,3\n", 3, 1, "3 fields, but the header has 2");
  ExpectError("a,b\n1\n", 2, 1, "1 field, but the header has 2");
}

TEST(CsvReaderTest, RowsBeforeTheErrorAreRead) {
  const Result result = ReadAll("a,b\n1,2\n1,\"x\n3,4\n");
  EXPECT_THAT(result.rows, ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "2")));
}

TEST(CsvReaderTest, RowsWithOtherFieldCountsAreToldTogether) {
  std::string text = "a,b\n1\n2,2\n3,3,3\n";
  Result result = ReadAll(text);
  EXPECT_THAT(result.rows, ElementsAre(ElementsAre("a", "b"), ElementsAre("2", "2")));
  EXPECT_EQ(result.error->line, 2U);
  for (int i = 0; i < 7; ++i) {
    text += "4\n";
  }
  std::FILE* file = std::tmpfile();
  std::fputs((text + "5,\"x").c_str(), file);
  std::rewind(file);
  CsvReader reader(file);
  CsvRecord record;
  while (reader.Next(&record)) {
    EXPECT_EQ(record.fields.size(), 2U);
  }
  std::fclose(file);
  ASSERT_EQ(reader.errors().size(), kCsvErrorsMax);
  EXPECT_EQ(reader.errors()[1].line, 4U);
  EXPECT_EQ(reader.errors()[1].message, "3 fields, but the header has 2");
  EXPECT_EQ(reader.error_count(), 10U) << "nine rows and a quote";
}

TEST(CsvReaderTest, BadUtf8) {
  ExpectError("a,b\n云南,\xC0\xAF\n", 2, 4, "byte 0xC0 is not UTF-8");  // overlong
  ExpectError("a,b\n1,\xED\xA0\x80\n", 2, 3, "not UTF-8");              // surrogate
  ExpectError("a,b\n1,\xF5\x80\x80\x80\n", 2, 3, "not UTF-8");          // beyond Unicode
  ExpectError("a,b\n1,\xE4\xBA", 2, 3, "not UTF-8");                    // cut off
  ExpectError("a,b\n1,\xD6\xD0\xCE\xC4\n", 2, 3, "iconv -f GB18030");   // GBK
}

TEST(CsvReaderTest, ZeroByte) {
  ExpectError(std::string("a,b\n1,x\0y\n", 10), 2, 4, "zero byte");
}

// Of several things in one line the first is told, wherever a chunk of the reader ends in it.
TEST(CsvReaderTest, TheFirstThingThatIsWrong) {
  const std::string zero_first("a,b\n1,\0\xD6\n", 9);
  ExpectError(zero_first, 2, 3, "zero byte");
  ExpectError(std::string(64 * 1024 - 8, '\r') + zero_first, 2, 3, "zero byte");
  ExpectError(std::string("a,b\n1,\xD6\0\n", 9), 2, 3, "not UTF-8");
  ExpectError("a,b\n1,\"x\"y\xD6\n", 2, 6, "quote inside a field");
}

TEST(CsvReaderTest, OverlongField) {
  const std::string longest(kCsvFieldBytesMax, 'x');
  EXPECT_FALSE(ReadAll("a,b\n1," + longest + "\n").error);
  EXPECT_TRUE(ReadAll("a,b\n1,x" + longest + "\n").error);
  ExpectError("a,b\n1,\"" + longest + "\n" + longest + "\n", 2, 3, "closing quote missing");
}

TEST(CsvReaderTest, TooManyFields) {
  ExpectError(std::string(kCsvFieldsMax, ',') + "\n", 1, 1, "more than 256 fields");
}

// Whatever a chunk's border cuts in two: a character, a quote, a line break.
TEST(CsvReaderTest, ChunkBorders) {
  const std::string row = "\"云,\"\"南\"\"\",x\r\n";
  std::string text = "a,b\n";
  for (size_t i = 0; i < 20'000; ++i) {
    text += row;
  }
  for (const size_t shift : {0U, 1U, 2U, 3U, 4U, 5U}) {
    const Result result = ReadAll(std::string(shift, 'z') + text);
    ASSERT_FALSE(result.error) << result.error->message;
    ASSERT_EQ(result.rows.size(), 20'001U);
    for (size_t i = 1; i < result.rows.size(); ++i) {
      ASSERT_THAT(result.rows[i], ElementsAre("云,\"南\"", "x"));
      ASSERT_EQ(result.lines[i], i + 1);
    }
  }
}

// A blank line is no record, but a field without text is one.
TEST(CsvLineTest, OneEmptyField) {
  EXPECT_EQ(CsvLine({""}), "\"\"\n");
  EXPECT_THAT(ReadAll(CsvLine({"a"}) + CsvLine({""})).rows,
              ElementsAre(ElementsAre("a"), ElementsAre("")));
}

TEST(CsvLineTest, RoundTrip) {
  const std::vector<std::string> fields = {"", "a b", "x,y", "\"", "one\r\ntwo", "云南"};
  EXPECT_EQ(CsvLine(fields), ",a b,\"x,y\",\"\"\"\",\"one\r\ntwo\",云南\n");
  EXPECT_EQ(ReadAll(CsvLine(fields)).rows[0], fields);
}

}  // namespace
}  // namespace gonghui::ctl
