// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// One JSON object on one line, put together field by field.

#ifndef GONGHUI_TOOLS_INSPECT_JSON_LINE_H_
#define GONGHUI_TOOLS_INSPECT_JSON_LINE_H_

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>

namespace gonghui {

class JsonLine {
 public:
  JsonLine() { Open('{'); }

  template <std::integral Int>
  JsonLine& Number(std::string_view name, Int value) {
    Name(name);
    fmt::format_to(std::back_inserter(text_), "{}", value);
    return *this;
  }
  JsonLine& Text(std::string_view name, std::string_view value) {
    Name(name);
    Quote(value);
    return *this;
  }
  JsonLine& Flag(std::string_view name, bool value) {
    Name(name);
    text_ += value ? "true" : "false";
    return *this;
  }
  // Fields or items of these follow until the matching Close.
  JsonLine& OpenObject(std::string_view name) {
    Name(name);
    return Open('{');
  }
  JsonLine& OpenArray(std::string_view name) {
    Name(name);
    return Open('[');
  }
  JsonLine& OpenItem() {
    Comma();
    return Open('{');
  }
  JsonLine& CloseObject() { return Close('}'); }
  JsonLine& CloseArray() { return Close(']'); }

  // Closes the line's object; ends with a line feed.
  std::string Finish() {
    Close('}');
    text_ += '\n';
    return std::move(text_);
  }

 private:
  JsonLine& Open(char bracket) {
    text_ += bracket;
    first_ = true;
    return *this;
  }
  JsonLine& Close(char bracket) {
    text_ += bracket;
    first_ = false;
    return *this;
  }
  void Comma() {
    if (!first_) {
      text_ += ',';
    }
    first_ = false;
  }
  void Name(std::string_view name) {
    Comma();
    Quote(name);
    text_ += ':';
  }
  // What came in is UTF-8 by contract; a damaged byte is passed on as it is.
  void Quote(std::string_view value) {
    text_ += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') {
        text_ += '\\';
        text_ += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        fmt::format_to(std::back_inserter(text_), "\\u{:04x}", static_cast<unsigned int>(c));
      } else {
        text_ += c;
      }
    }
    text_ += '"';
  }

  std::string text_;
  bool first_ = true;
};

}  // namespace gonghui

#endif  // GONGHUI_TOOLS_INSPECT_JSON_LINE_H_
