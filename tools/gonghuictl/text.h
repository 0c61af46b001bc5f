// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Text on a terminal: columns are counted with wcwidth(), never in bytes, and
// control characters from data never reach the screen.

#ifndef GONGHUI_TOOLS_GONGHUICTL_TEXT_H_
#define GONGHUI_TOOLS_GONGHUICTL_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gonghui::ctl {

// Selects C.UTF-8 for wcwidth().  Once, at the start of main().
void UseUtf8Locale();

// Columns that the text takes.  REQUIRES: UseUtf8Locale() was called.
[[nodiscard]] size_t DisplayWidth(std::string_view text);

// Control characters and bytes that are not UTF-8 become U+FFFD: a display name
// must not be able to move the cursor or colour the operator's screen.
[[nodiscard]] std::string Printable(std::string_view text);

// Padded to `width` columns; longer text stays as it is.
[[nodiscard]] std::string PadRight(std::string_view text, size_t width);
[[nodiscard]] std::string PadLeft(std::string_view text, size_t width);

// As much of the beginning as takes at most `width` columns, with "…" in place of the rest; a
// text that fits stays as it is.  A wide character is never halved.  REQUIRES: width > 0.
[[nodiscard]] std::string Shortened(std::string_view text, size_t width);

// In lines of at most `width` columns: between words and behind their hyphens, beside wide
// characters but not before what ends a phrase, and within a word where there is no better place.
// REQUIRES: width > 1.
[[nodiscard]] std::vector<std::string> Wrapped(std::string_view text, size_t width);

// Columns of the terminal that `fd` is: what it says itself, else what `columns`, which is the
// environment's COLUMNS, says; 0 when neither does, and when `fd` is no terminal, whatever the
// environment says: a script that is run in a narrow window must get all of its data.
[[nodiscard]] size_t TerminalWidth(int fd, const char* columns);

// Offset of the first byte that is not well-formed UTF-8, or npos.
[[nodiscard]] size_t FindBadUtf8(std::string_view text);

// The length of the well-formed UTF-8 sequence at the beginning of `text`; 0
// when there is none.  `*incomplete` tells whether more bytes could mend it.
[[nodiscard]] size_t Utf8SequenceSize(std::string_view text, bool* incomplete);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_TEXT_H_
