// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Optimal string alignment, three rows of the matrix at a time.

#include "tools/gonghuictl/suggest.h"

#include <algorithm>

namespace gonghui::ctl {
namespace {

// Words of other systems, and of what people say, that are no names here.
struct Elsewhere {
  std::string_view command;
  std::string_view word;
  std::string_view name;
};

constexpr Elsewhere kElsewhere[] = {
    {"card", "pause", "card block CARD --reason pause"},
    {"card", "suspend", "card block CARD --reason pause"},
    {"card", "freeze", "card block CARD --reason pause"},
    {"card", "lose", "card block CARD --reason lost"},
    {"card", "lost", "card block CARD --reason lost"},
    {"card", "report", "card block CARD --reason lost"},
    {"card", "stolen", "card block CARD --reason stolen"},
    {"card", "close", "card replace OLD NEW, or import cards FILE.csv with status closed"},
    {"card", "cancel", "card replace OLD NEW, or import cards FILE.csv with status closed"},
    {"card", "resume", "card activate CARD"},
    {"card", "reinstate", "card activate CARD"},
    {"card", "unblock", "card activate CARD"},
    {"card", "unpause", "card activate CARD"},
    {"card", "create", "import cards FILE.csv"},
    {"card", "add", "import cards FILE.csv"},
    {"card", "issue", "import cards FILE.csv"},
    {"card", "import", "import cards FILE.csv"},
    {"member", "block", "member suspend MEMBER"},
    {"member", "pause", "member suspend MEMBER"},
    {"member", "close", "import members FILE.csv with status closed"},
    {"member", "activate", "member reinstate MEMBER"},
    {"member", "resume", "member reinstate MEMBER"},
    {"member", "unsuspend", "member reinstate MEMBER"},
    {"member", "create", "import members FILE.csv"},
    {"member", "add", "import members FILE.csv"},
    {"member", "import", "import members FILE.csv"},
    {"merchant", "create", "import merchants FILE.csv"},
    {"merchant", "add", "import merchants FILE.csv"},
    {"merchant", "import", "import merchants FILE.csv"},
    {"fund", "create", "import funds FILE.csv"},
    {"fund", "add", "import funds FILE.csv"},
    {"fund", "import", "import funds FILE.csv"},
    {"programme", "check", "programme apply FILE --dry-run"},
    {"programme", "validate", "programme apply FILE --dry-run"},
    {"programme", "test", "programme backtest FILE --days DAYS, or programme simulate FILE"},
    {"draw", "create", "draw commit DRAW PRIZES"},
    {"draw", "run", "draw settle DRAW"},
    {"pool", "create", "pool commit POOL PRIZES"},
};

}  // namespace

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_previous(b.size() + 1);
  std::vector<size_t> previous(b.size() + 1);
  std::vector<size_t> current(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) {
    previous[j] = j;
  }
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        current[j] = std::min(current[j], before_previous[j - 2] + 1);
      }
    }
    std::swap(before_previous, previous);
    std::swap(previous, current);
  }
  return previous[b.size()];
}

std::string Nearest(std::string_view word, const std::vector<std::string>& candidates) {
  // A third of the word may be wrong, but a beginning of one is always near.
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  std::string nearest;
  for (const std::string& candidate : candidates) {
    size_t distance = EditDistance(word, candidate);
    if (word.size() >= 3 && std::string_view(candidate).substr(0, word.size()) == word) {
      distance = std::min<size_t>(distance, 1);
    }
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string_view OtherName(std::string_view command, std::string_view word) {
  for (const Elsewhere& elsewhere : kElsewhere) {
    if (elsewhere.command == command && elsewhere.word == word) {
      return elsewhere.name;
    }
  }
  return "";
}

}  // namespace gonghui::ctl
