// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Programme files with bytes that no text file should hold; the other broken files
// are in tests/programmes/broken.

#include <string>

#include <gtest/gtest.h>

#include "engine/programmes/compiler.h"

namespace gonghui {
namespace {

std::string FindingOf(const std::string& code_and_name) {
  const CompileOutcome outcome =
      Compile("gonghui: 1\nprogramme:\n" + code_and_name +
              "  zone: UTC\n  starts: 2026-01-01\n  until: 2027-01-01\n"
              "benefits:\n  - {code: x, name: X, price: {free: true}}\n");
  return outcome.diagnostics.size() == 1 ? Render(outcome.diagnostics[0], "f") : "";
}

TEST(BrokenBytes, SayWhatIsWrong) {
  EXPECT_EQ(FindingOf("  code: p\n  name: \xca\xbe\xb7\xb6\n"),
            "f:4:9: byte 0xb7 is not UTF-8 (save the file as UTF-8; GBK and UTF-16 can not be "
            "read)");
  EXPECT_EQ(FindingOf("  code: p\n  name: a\001b\n"), "f:4:10: control character 0x01 (delete it)");
  EXPECT_EQ(FindingOf("\tcode: p\n  name: P\n"),
            "f:3:1: a tab in the indentation (indent with spaces)");
}

// What the file itself may not hold an escape can write; it is not shown either.
TEST(BrokenBytes, EscapesAreNotShown) {
  EXPECT_EQ(FindingOf("  code: \"\\e[2J\\x9b\"\n  name: P\n"),
            "f:3:9: programme.code: '?[2J?' is not a code (1 to 32 of A-Z a-z 0-9 . _ : -)");
  EXPECT_EQ(FindingOf("  code: p\n  name: P\n  holidays: \"\\e[2J\"\n"),
            "f:5:13: programme.holidays: expected a list of dates, found text");
}

TEST(BrokenBytes, TheFileAroundThemIsGood) {
  EXPECT_TRUE(Compile("gonghui: 1\nprogramme: {code: p, name: P, zone: UTC, starts: 2026-01-01, "
                      "until: 2027-01-01}\nbenefits:\n  - {code: x, name: X, price: {free: "
                      "true}}\n")
                  .ok());
}

}  // namespace
}  // namespace gonghui
