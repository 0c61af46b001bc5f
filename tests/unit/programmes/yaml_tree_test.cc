// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/yaml_tree.h"

#include <string>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

using Kind = YamlNode::Kind;

std::string FirstProblem(std::string_view text) {
  DiagnosticList list(10);
  if (ParseYaml(text, &list).has_value()) {
    return "";
  }
  return Render(list.Take().at(0), "f");
}

std::string FirstProblemZh(std::string_view text) {
  DiagnosticList list(10);
  return ParseYaml(text, &list).has_value() ? "" : RenderZh(list.Take().at(0));
}

std::string Repeated(std::string_view piece, size_t bytes) {
  std::string text;
  while (text.size() + piece.size() <= bytes) {
    text += piece;
  }
  return text;
}

TEST(YamlTree, EveryNodeKnowsItsPlace) {
  DiagnosticList list(10);
  const std::optional<YamlNode> root =
      ParseYaml("# 注释\r\n名字: {昆明: 地铁, b: [x, \"y\"]}\r\nempty:\r\nlast: 1\r\n", &list);
  ASSERT_TRUE(root.has_value());
  ASSERT_EQ(root->kind, Kind::kMap);
  ASSERT_EQ(root->keys.size(), 3U);
  EXPECT_EQ(root->keys[0].text, "名字");
  const YamlNode& inner = root->items[0];
  EXPECT_EQ(inner.at.line, 2U);
  EXPECT_EQ(inner.at.column, 5U);
  EXPECT_EQ(inner.items[0].text, "地铁");
  EXPECT_EQ(inner.items[0].at.column, 10U);
  ASSERT_EQ(inner.items[1].kind, Kind::kList);
  EXPECT_FALSE(inner.items[1].items[0].quoted);
  EXPECT_TRUE(inner.items[1].items[1].quoted);
  EXPECT_EQ(inner.items[1].items[1].at.column, 21U);
  EXPECT_EQ(root->items[1].kind, Kind::kNull);
  EXPECT_EQ(root->items[1].at.line, 3U);  // where the key stands
  EXPECT_EQ(root->items[2].at.line, 4U);
}

TEST(YamlTree, ByteOrderMarkIsSkipped) {
  DiagnosticList list(10);
  const std::optional<YamlNode> root = ParseYaml(
      "\xef\xbb\xbf"
      "a: 1\n",
      &list);
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(root->keys[0].text, "a");
  EXPECT_EQ(root->items[0].at.column, 4U);
}

TEST(YamlTree, Utf8) {
  size_t bad = 99;
  EXPECT_TRUE(IsUtf8("a工会\xf0\x9f\x9a\x87", &bad));
  for (const std::string_view text : {"a\x80",
                                      "a\xc0\x80",
                                      "a\xe5\xb7",
                                      "a\xed\xa0\x80",
                                      "a\xe0\x9f\x80",
                                      "a\xf0\x8f\x80\x80",
                                      "a\xf4\x90\x80\x80",
                                      "a\xf5\x80\x80\x80",
                                      "a\xff"}) {
    EXPECT_FALSE(IsUtf8(text, &bad));
    EXPECT_EQ(bad, 1U);
  }
}

TEST(YamlTree, SizeIsBounded) {
  EXPECT_EQ(FirstProblem(std::string(kYamlBytesMax + 1, ' ')),
            "f:1:1: the file is 1048577 bytes long (at most 1048576)");
  EXPECT_EQ(FirstProblem("[" + Repeated("a,", kYamlBytesMax - 2) + "]"),
            "f:1:524290: too many values (at most 262144 a file)");
}

TEST(YamlTree, DepthIsBounded) {
  EXPECT_EQ(FirstProblem(Repeated("[", 100) + Repeated("]", 100)),
            "f:1:17: nested too deeply (at most 16 levels)");
  EXPECT_EQ(FirstProblem(Repeated("[", 16) + Repeated("]", 16)), "");
  // Open to the end of the file, a bracket counts twice: it may yet become a key.
  EXPECT_EQ(FirstProblem(Repeated("[", kYamlBytesMax)),
            "f:1:9: nested too deeply (at most 16 levels)");
}

TEST(YamlTree, RefusesBombs) {
  EXPECT_EQ(FirstProblem("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"),
            "f:1:4: an anchor (&) is not allowed (write the value where it is needed)");
}

// Whatever the text: an answer, and in time.
TEST(YamlTree, SurvivesPathologicalTexts) {
  for (const std::string_view piece :
       {"{",   "- ",    "? ",    "a: ", "[a,", "{a: ", "&a ",   "!",    "'",   "\"\\n",
        "a,",  "[]",    "# ",    "a\n", "-\n", "a:\n", "? a\n", "[[],", " \n", "\"a\":",
        "%a ", "---\n", "|\n\n", "*a ", "{a",  "[a:",  "...\n", ">\n",  "\r",  "'''"}) {
    DiagnosticList list(10);
    const std::optional<YamlNode> root = ParseYaml(Repeated(piece, size_t{1} << 16), &list);
    EXPECT_EQ(root.has_value(), list.empty()) << piece;
  }
}

TEST(YamlTree, SlipsAreToldInChinese) {
  EXPECT_EQ(FirstProblemZh("a: 1: 2\n"),
            "不是 YAML：这里不该有冒号（请检查缩进；含 ': ' 的文字要加引号）");
  EXPECT_EQ(FirstProblemZh("a: [1, 2\n"),
            "不是 YAML：方括号里的列表没有结束（'[' 缺少配对的 ']'）");
  EXPECT_EQ(FirstProblemZh("a: @x\n"),
            "不是 YAML：不认识的符号（以 @、%、` 或 | 开头的文字要加引号）");
  EXPECT_EQ(FirstProblemZh("a: \"\\q\"\n"), "不是 YAML：unknown escape character: q");
  EXPECT_EQ(FirstProblemZh("a: \"\\\r\"\n"), "不是 YAML：unknown escape character: ?");
  EXPECT_EQ(FirstProblemZh("a: \xff\n"),
            "字节 0xff 不是 UTF-8（请把文件存成 UTF-8；GBK 和 UTF-16 无法读取）");
  EXPECT_EQ(FirstProblemZh("a:\n\tb: 1\n"), "缩进里有制表符（请用空格缩进）");
  EXPECT_EQ(FirstProblemZh("a: \"x\n"), "引号没有配对");
}

}  // namespace
}  // namespace gonghui
