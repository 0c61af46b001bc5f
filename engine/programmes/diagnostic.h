// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a programme file, and where.  A file is judged as a whole:
// every finding is collected, none stops the others from being found.

#ifndef GONGHUI_ENGINE_PROGRAMMES_DIAGNOSTIC_H_
#define GONGHUI_ENGINE_PROGRAMMES_DIAGNOSTIC_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/programmes/words.h"

namespace gonghui {

// Both from 1; columns count characters, not bytes, as editors do.
struct SourcePosition {
  uint32_t line = 1;
  uint32_t column = 1;
};

struct Diagnostic {
  uint32_t line = 1;
  uint32_t column = 1;
  std::string path;  // e.g. benefits[2].price.percent_off; empty = the file
  Words message;     // what is wrong
  Words hint;        // how to mend it; may be empty
};

// In English: "FILE:LINE:COL: path: message (hint)", without the parts that are empty.
[[nodiscard]] std::string Render(const Diagnostic& diagnostic, std::string_view file_name);

// The same in Chinese without the place, for the line below: "path：message（hint）".
[[nodiscard]] std::string RenderZh(const Diagnostic& diagnostic);

// Text of the file as it is shown in a message: cut when long, control characters replaced.
// REQUIRES: `text` is UTF-8.
[[nodiscard]] std::string Shown(std::string_view text);
// In quotes.
[[nodiscard]] std::string Quoted(std::string_view text);

// Collects findings.  Thread safety: none.
class DiagnosticList {
 public:
  // Past `findings_max` findings are only counted: the last one that is shown
  // tells how many.  REQUIRES: findings_max > 0.
  explicit DiagnosticList(size_t findings_max) : findings_max_(findings_max) {}

  void Add(SourcePosition at, std::string path, Words message, Words hint = {});

  [[nodiscard]] bool empty() const { return found_ == 0; }

  [[nodiscard]] size_t found() const { return found_; }

  // Whoever reads so many findings needs no more hints that are dear to make.
  [[nodiscard]] bool many() const { return found_ >= 100; }

  // In the order of the file.
  [[nodiscard]] std::vector<Diagnostic> Take();

 private:
  const size_t findings_max_;
  size_t found_ = 0;
  std::vector<Diagnostic> kept_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PROGRAMMES_DIAGNOSTIC_H_
