// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/base/check.h"

namespace gonghui {
namespace {

constexpr size_t kShownCharactersMax = 48;

}  // namespace

std::string Render(const Diagnostic& diagnostic, std::string_view file_name) {
  std::string text = fmt::format("{}:{}:{}: ", file_name, diagnostic.line, diagnostic.column);
  if (!diagnostic.path.empty()) {
    text += diagnostic.path;
    text += ": ";
  }
  text += diagnostic.message.en;
  if (!diagnostic.hint.empty()) {
    text += " (" + diagnostic.hint.en + ")";
  }
  return text;
}

std::string RenderZh(const Diagnostic& diagnostic) {
  std::string text;
  if (!diagnostic.path.empty()) {
    text = diagnostic.path + "：";
  }
  text += diagnostic.message.zh;
  if (!diagnostic.hint.empty()) {
    text += "（" + diagnostic.hint.zh + "）";
  }
  return text;
}

std::string Shown(std::string_view text) {
  std::string shown;
  size_t characters = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    const bool continues = (byte & 0xc0) == 0x80;
    if (!continues && ++characters > kShownCharactersMax) {
      shown += "...";
      break;
    }
    // U+0080 to U+009F are written c2 80 to c2 9f; a terminal takes one of them for an escape.
    const bool c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<uint8_t>(text[i + 1]) < 0xa0;
    shown += c1 || byte < 0x20 || byte == 0x7f ? '?' : text[i];
    i += c1 ? 1 : 0;
  }
  return shown;
}

std::string Quoted(std::string_view text) {
  return "'" + Shown(text) + "'";
}

void DiagnosticList::Add(SourcePosition at, std::string path, Words message, Words hint) {
  GH_CHECK(findings_max_ > 0);
  ++found_;
  if (kept_.size() < findings_max_) {
    kept_.push_back({at.line, at.column, std::move(path), std::move(message), std::move(hint)});
  }
}

std::vector<Diagnostic> DiagnosticList::Take() {
  std::stable_sort(kept_.begin(), kept_.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  if (found_ > kept_.size()) {
    const Diagnostic& last = kept_.back();
    kept_.push_back(
        {last.line,
         last.column,
         "",
         Say("$0 more errors are not shown", "另有$0处错误未显示", found_ - kept_.size()),
         {}});
  }
  found_ = 0;
  return std::exchange(kept_, {});
}

}  // namespace gonghui
