// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// See Unicode 14 table 3-7 for the well-formed sequences.

#include "tools/gonghuictl/text.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <charconv>
#include <clocale>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <system_error>

namespace gonghui::ctl {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "…";

// Code point of a well-formed sequence.
wchar_t Decode(std::string_view sequence) {
  const auto byte = [&](size_t i) {
    return static_cast<uint32_t>(static_cast<uint8_t>(sequence[i]));
  };
  uint32_t point = byte(0);
  if (sequence.size() == 2) {
    point = (byte(0) & 0x1f) << 6 | (byte(1) & 0x3f);
  } else if (sequence.size() == 3) {
    point = (byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
  } else if (sequence.size() == 4) {
    point =
        (byte(0) & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f);
  }
  return static_cast<wchar_t>(point);
}

// What stands at the beginning of a text.
struct Glyph {
  size_t bytes = 1;
  size_t columns = 1;  // of a byte that is not UTF-8, or that wcwidth() does not know, too
};

// REQUIRES: !text.empty().
Glyph FirstGlyph(std::string_view text) {
  bool incomplete = false;
  const size_t size = Utf8SequenceSize(text, &incomplete);
  if (size == 0) {
    return {};
  }
  const int columns = wcwidth(Decode(text.substr(0, size)));
  return {size, columns < 0 ? 1 : static_cast<size_t>(columns)};
}

// What must not begin a line, as Chinese is set.
bool EndsAPhrase(std::string_view glyph) {
  constexpr std::string_view kEnds[] = {"，", "。", "、", "；", "：", "！", "？", "）", "》", "”"};
  return std::find(std::begin(kEnds), std::end(kEnds), glyph) != std::end(kEnds);
}

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Whether a line may end behind this character, as in "rides-per-|month" and "4/|20"; a day and a
// range of numbers stay together.
bool JoinsWords(std::string_view text, size_t at) {
  return text[at] == '/' || (text[at] == '-' && at + 1 < text.size() && IsLetter(text[at + 1]));
}

}  // namespace

void UseUtf8Locale() {
  if (std::setlocale(LC_CTYPE, "C.UTF-8") == nullptr) {
    std::setlocale(LC_CTYPE, "");
  }
}

size_t Utf8SequenceSize(std::string_view text, bool* incomplete) {
  *incomplete = false;
  if (text.empty()) {
    *incomplete = true;
    return 0;
  }
  const auto first = static_cast<uint8_t>(text[0]);
  if (first < 0x80) {
    return 1;
  }
  size_t size = 0;
  uint8_t low = 0x80;
  uint8_t high = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    size = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    size = 3;
    low = first == 0xe0 ? 0xa0 : 0x80;   // no overlong forms
    high = first == 0xed ? 0x9f : 0xbf;  // no surrogates
  } else if (first >= 0xf0 && first <= 0xf4) {
    size = 4;
    low = first == 0xf0 ? 0x90 : 0x80;
    high = first == 0xf4 ? 0x8f : 0xbf;  // at most U+10FFFF
  } else {
    return 0;
  }
  for (size_t i = 1; i < size; ++i) {
    if (i == text.size()) {
      *incomplete = true;
      return 0;
    }
    const auto next = static_cast<uint8_t>(text[i]);
    if (next < low || next > high) {
      return 0;
    }
    low = 0x80;
    high = 0xbf;
  }
  return size;
}

size_t FindBadUtf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    bool incomplete = false;
    const size_t size = Utf8SequenceSize(text.substr(i), &incomplete);
    if (size == 0) {
      return i;
    }
    i += size;
  }
  return std::string_view::npos;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const Glyph glyph = FirstGlyph(text);
    width += glyph.columns;
    text.remove_prefix(glyph.bytes);
  }
  return width;
}

std::string Shortened(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) {
    return std::string(text);
  }
  size_t kept = 0;
  size_t columns = 1;  // of the ellipsis
  while (true) {
    // Accents take no column: they stay with the letter that is before them.
    const Glyph glyph = FirstGlyph(text.substr(kept));
    if (columns + glyph.columns > width) {
      break;
    }
    columns += glyph.columns;
    kept += glyph.bytes;
  }
  while (kept > 0 && text[kept - 1] == ' ') {
    --kept;
  }
  return std::string(text.substr(0, kept)) + std::string(kEllipsis);
}

std::vector<std::string> Wrapped(std::string_view text, size_t width) {
  std::vector<std::string> lines;
  while (DisplayWidth(text) > width) {
    size_t at = 0;    // what is looked at
    size_t end = 0;   // of the line, at the last place where it may end; 0 = there was none
    size_t next = 0;  // what comes after it
    size_t columns = 0;
    bool after_wide = false;
    while (true) {
      const Glyph glyph = FirstGlyph(text.substr(at));
      const bool beside_wide = (glyph.columns == 2 || after_wide) && glyph.columns != 0;
      if (at != 0 && text[at] == ' ') {
        end = at;
        next = at + 1;
      } else if (at != 0 && ((beside_wide && !EndsAPhrase(text.substr(at, glyph.bytes))) ||
                             JoinsWords(text, at - 1))) {
        end = next = at;
      }
      if (at != 0 && columns + glyph.columns > width) {
        break;
      }
      columns += glyph.columns;
      at += glyph.bytes;
      after_wide = glyph.columns == 2;
    }
    if (end == 0) {
      end = next = at;
    }
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(next);
  }
  lines.emplace_back(text);
  return lines;
}

size_t TerminalWidth(int fd, const char* columns) {
  if (isatty(fd) == 0) {
    return 0;
  }
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col != 0) {
    return size.ws_col;
  }
  size_t width = 0;
  if (columns != nullptr) {
    const char* const end = columns + std::strlen(columns);
    const auto [stopped, error] = std::from_chars(columns, end, width);
    width = error == std::errc() && stopped == end ? width : 0;
  }
  return width;
}

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  size_t i = 0;
  while (i < text.size()) {
    bool incomplete = false;
    const size_t size = Utf8SequenceSize(text.substr(i), &incomplete);
    if (size == 0) {
      out += kReplacement;
      ++i;
      continue;
    }
    const wchar_t point = Decode(text.substr(i, size));
    const bool control =
        point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0x200e && point <= 0x200f) ||
        (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
    out += control ? kReplacement : text.substr(i, size);
    i += size;
  }
  return out;
}

std::string PadRight(std::string_view text, size_t width) {
  std::string out(text);
  const size_t taken = DisplayWidth(text);
  if (taken < width) {
    out.append(width - taken, ' ');
  }
  return out;
}

std::string PadLeft(std::string_view text, size_t width) {
  const size_t taken = DisplayWidth(text);
  std::string out;
  if (taken < width) {
    out.append(width - taken, ' ');
  }
  out += text;
  return out;
}

}  // namespace gonghui::ctl
