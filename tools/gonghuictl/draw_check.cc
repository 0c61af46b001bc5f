// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Who wins is the engine's own function; all else is here, so that this program needs nothing
// of the server's.

#include "tools/gonghuictl/draw_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/programmes/draw.h"
#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

constexpr size_t kMemberBytesMax = 16;
constexpr size_t kProblemsMax = 20;  // of one kind

int DigitOf(char c) {
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c - 'A' + 10;
}

Digest FromHex(std::string_view text) {
  GH_CHECK(IsHex(text, 2 * sizeof(Digest)), text.size());
  Digest digest{};
  for (size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<uint8_t>(DigitOf(text[2 * i]) * 16 + DigitOf(text[2 * i + 1]));
  }
  return digest;
}

std::string ToHex(const Digest& digest) {
  std::string text;
  for (const uint8_t byte : digest) {
    text += fmt::format("{:02x}", byte);
  }
  return text;
}

std::vector<uint32_t> CountsOf(const std::vector<v1::Prize>& prizes) {
  std::vector<uint32_t> counts;
  for (const v1::Prize& prize : prizes) {
    counts.push_back(prize.count());
  }
  return counts;
}

// Nobody enters twice: a list with one member in two places is another's.
void CheckEntries(const PublishedDraw& draw, DrawCheck* check) {
  absl::flat_hash_map<std::string_view, size_t> places;
  size_t repeated = 0;
  for (size_t i = 0; i < draw.entries.size(); ++i) {
    const auto [first, is_new] = places.try_emplace(draw.entries[i], i + 1);
    if (!is_new && ++repeated <= kProblemsMax) {
      check->problems.push_back(fmt::format("entry {} is {} again, who is entry {}",
                                            FormatCount(i + 1),
                                            draw.entries[i],
                                            FormatCount(first->second)));
    }
  }
  if (!draw.entries_hash.empty() && FromHex(draw.entries_hash) != FromHex(check->entries_hash)) {
    check->problems.push_back(
        fmt::format("the list of entries is not the one that was fixed: its SHA-256 is {}",
                    check->entries_hash));
  }
}

void CheckWinners(const PublishedDraw& draw, DrawCheck* check) {
  if (draw.winners.empty()) {
    return;
  }
  if (draw.winners.size() != check->winners.size()) {
    check->problems.push_back(fmt::format("{} winners were made known, {} have won",
                                          FormatCount(draw.winners.size()),
                                          FormatCount(check->winners.size())));
  }
  absl::flat_hash_map<uint32_t, const Winner*> by_rank;
  for (const Winner& winner : check->winners) {
    by_rank[winner.rank] = &winner;
  }
  size_t wrong = 0;
  for (const Winner& told : draw.winners) {
    const auto found = by_rank.find(told.rank);
    if (found == by_rank.end()) {
      continue;  // told by the number of them
    }
    const Winner& winner = *found->second;
    const bool series_fits = told.series_code.empty() || told.series_code == winner.series_code;
    if ((told.member_id != winner.member_id || !series_fits) && ++wrong <= kProblemsMax) {
      check->problems.push_back(fmt::format("rank {} is {} ({}), not {} ({})",
                                            FormatCount(winner.rank),
                                            winner.member_id,
                                            winner.series_code,
                                            Printable(told.member_id),
                                            Printable(told.series_code)));
    }
  }
  if (wrong > kProblemsMax) {
    check->problems.push_back(fmt::format("and {} ranks more", FormatCount(wrong - kProblemsMax)));
  }
}

}  // namespace

std::string EntriesHashOf(const std::vector<std::string>& entries) {
  EntriesHash hash;
  for (const std::string& entry : entries) {
    hash.Add(std::string_view(entry));
  }
  return ToHex(hash.Finish());
}

DrawCheck CheckDraw(const PublishedDraw& draw) {
  DrawCheck check;
  check.entries_hash = EntriesHashOf(draw.entries);
  const Seed seed = FromHex(draw.seed);
  if (SeedHashOf(seed) != FromHex(draw.seed_hash)) {
    check.problems.push_back(fmt::format(
        "the seed is not the one that was committed: its SHA-256 is {}", ToHex(SeedHashOf(seed))));
  }
  CheckEntries(draw, &check);
  if (!check.problems.empty()) {
    return check;
  }
  const std::vector<uint32_t> counts = CountsOf(draw.prizes);
  const auto entry_count = static_cast<uint32_t>(draw.entries.size());
  const std::vector<uint32_t> places =
      WinnersOf(seed, draw.code, entry_count, WinnerCountOf(counts, entry_count));
  for (size_t i = 0; i < places.size(); ++i) {
    const auto rank = static_cast<uint32_t>(i + 1);
    check.winners.push_back(
        {rank, draw.entries[places[i]], draw.prizes[PrizeOfRank(counts, rank)].series_code()});
  }
  CheckWinners(draw, &check);
  return check;
}

absl::StatusOr<std::vector<std::string>> ParseEntries(const std::string& path,
                                                      std::string_view text) {
  std::vector<std::string> entries;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line.remove_suffix(line.ends_with('\r') ? 1 : 0);
    if (!IsCode(line, kMemberBytesMax)) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", entries.size() + 1, ":1: not a member id, one a line"));
    }
    entries.emplace_back(line);
  }
  if (entries.size() > std::numeric_limits<uint32_t>::max()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": too many entries"));
  }
  return entries;
}

std::vector<Winner> WithPrizes(const google::protobuf::RepeatedPtrField<std::string>& member_ids,
                               const google::protobuf::RepeatedPtrField<v1::Prize>& prizes) {
  std::vector<uint32_t> counts;
  for (const v1::Prize& prize : prizes) {
    counts.push_back(prize.count());
  }
  std::vector<Winner> winners;
  for (const std::string& member_id : member_ids) {
    const auto rank = static_cast<uint32_t>(winners.size() + 1);
    const size_t prize = PrizeOfRank(counts, rank);
    winners.push_back({rank,
                       member_id,
                       prize < counts.size() ? prizes[static_cast<int>(prize)].series_code() : ""});
  }
  return winners;
}

}  // namespace gonghui::ctl
