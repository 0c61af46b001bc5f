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
#include "engine/programmes/voucher_code.h"
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

std::string KeyText(const VoucherKey& key) {
  return fmt::format("{:016x}{:016x}", key.high, key.low);
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

// What fits each other says the same of small letters and capitals.
bool IsSameHex(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return DigitOf(x) == DigitOf(y);
  });
}

std::string InWords(std::string_view member_id, std::string_view series_code) {
  return series_code.empty() ? Printable(member_id)
                             : Printable(member_id) + " (" + Printable(series_code) + ")";
}

// The first so many are told, of the others how many there are.
class FirstProblems {
 public:
  explicit FirstProblems(std::vector<std::string>* problems) : problems_(problems) {}

  void Add(std::string problem) {
    if (++found_ <= kProblemsMax) {
      problems_->push_back(std::move(problem));
    }
  }
  void Finish() {
    if (found_ > kProblemsMax) {
      problems_->push_back(
          fmt::format("and {} more that do not fit", FormatCount(found_ - kProblemsMax)));
    }
  }

 private:
  std::vector<std::string>* const problems_;
  size_t found_ = 0;
};

// Each rank stands in the list once, with who has won it and what.
void CheckWinners(const PublishedDraw& draw, DrawCheck* check) {
  if (draw.winners.empty()) {
    return;
  }
  if (draw.winners.size() != check->winners.size()) {
    check->problems.push_back(fmt::format("{} winners were made known, {} have won",
                                          FormatCount(draw.winners.size()),
                                          FormatCount(check->winners.size())));
  }
  FirstProblems problems(&check->problems);
  std::vector<bool> told(check->winners.size());
  for (const Winner& row : draw.winners) {
    if (row.rank < 1 || row.rank > check->winners.size()) {
      problems.Add(fmt::format("there is no rank {}, which is told of {}",
                               FormatCount(row.rank),
                               InWords(row.member_id, row.series_code)));
      continue;
    }
    const Winner& winner = check->winners[row.rank - 1];
    if (told[row.rank - 1]) {
      problems.Add(fmt::format("rank {} is told once more, of {}",
                               FormatCount(row.rank),
                               InWords(row.member_id, row.series_code)));
      continue;
    }
    told[row.rank - 1] = true;
    if (row.member_id != winner.member_id ||
        (!row.series_code.empty() && row.series_code != winner.series_code)) {
      problems.Add(fmt::format("rank {} is {}, not {}",
                               FormatCount(winner.rank),
                               InWords(winner.member_id, winner.series_code),
                               InWords(row.member_id, row.series_code)));
    } else if (!row.voucher_key.empty() && !IsSameHex(row.voucher_key, winner.voucher_key)) {
      problems.Add(fmt::format("the voucher of rank {} has the key {}, not {}",
                               FormatCount(winner.rank),
                               winner.voucher_key,
                               row.voucher_key));
    }
  }
  for (size_t i = 0; i < told.size(); ++i) {
    if (!told[i]) {
      const Winner& winner = check->winners[i];
      problems.Add(fmt::format("rank {} is not told: {}",
                               FormatCount(winner.rank),
                               InWords(winner.member_id, winner.series_code)));
    }
  }
  problems.Finish();
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
  const auto code = DrawCode::Parse(draw.code);
  if (!code.has_value()) {
    check.problems.push_back("the code is none that a draw can have");
    return check;
  }
  const std::vector<uint32_t> counts = CountsOf(draw.prizes);
  const auto entry_count = static_cast<uint32_t>(draw.entries.size());
  const std::vector<uint32_t> places =
      WinnersOf(seed, draw.code, entry_count, WinnerCountOf(counts, entry_count));
  for (size_t i = 0; i < places.size(); ++i) {
    const auto rank = static_cast<uint32_t>(i + 1);
    check.winners.push_back({rank,
                             draw.entries[places[i]],
                             draw.prizes[PrizeOfRank(counts, rank)].series_code(),
                             KeyText(DrawKey(*code, rank))});
  }
  CheckWinners(draw, &check);
  return check;
}

PoolCheck CheckPool(const PublishedPool& pool) {
  PoolCheck check;
  const Seed seed = FromHex(pool.seed);
  if (SeedHashOf(seed) != FromHex(pool.seed_hash)) {
    check.problems.push_back(fmt::format(
        "the seed is not the one that was committed: its SHA-256 is {}", ToHex(SeedHashOf(seed))));
    return check;
  }
  FirstProblems problems(&check.problems);
  std::vector<uint32_t> weights;
  std::vector<uint32_t> won(pool.prizes.size());
  for (const v1::Prize& prize : pool.prizes) {
    weights.push_back(prize.weight());
  }
  absl::flat_hash_map<std::string, size_t> places;
  for (size_t i = 0; i < pool.events.size(); ++i) {
    const v1::PoolEvent& event = pool.events[i];
    const std::string name = fmt::format("event {} ({} {})",
                                         FormatCount(i + 1),
                                         Printable(event.source()),
                                         Printable(event.event_id()));
    const auto [first, is_new] =
        places.try_emplace(absl::StrCat(event.source(), ":", event.event_id()), i + 1);
    if (!is_new) {
      problems.Add(fmt::format(
          "{} is event {} again, and an event draws once", name, FormatCount(first->second)));
      continue;
    }
    const size_t place =
        PrizeOfNumber(weights, PoolNumber(seed, pool.code, event.source(), event.event_id()));
    PoolDraw draw;
    draw.source = event.source();
    draw.event_id = event.event_id();
    draw.voucher_key = KeyText(GrantKey(event.source(), event.event_id()));
    if (place < pool.prizes.size()) {
      const v1::Prize& prize = pool.prizes[place];
      draw.series_code = prize.series_code();
      if (prize.count() != 0 && ++won[place] == prize.count()) {
        weights[place] = 0;  // that was the last of them
      }
    }
    check.won_count += draw.series_code.empty() ? 0U : 1U;
    const auto in_words = [](const std::string& series) {
      return series.empty() ? "nothing" : Printable(series);
    };
    if (event.has_series_code() && event.series_code() != draw.series_code) {
      problems.Add(fmt::format("{} has drawn {}, not {}",
                               name,
                               in_words(draw.series_code),
                               in_words(event.series_code())));
    } else if (!event.voucher_key().empty() && !IsSameHex(event.voucher_key(), draw.voucher_key)) {
      problems.Add(fmt::format(
          "the voucher of {} has the key {}, not {}", name, draw.voucher_key, event.voucher_key()));
    }
    check.draws.push_back(std::move(draw));
  }
  problems.Finish();
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

std::vector<Winner> WinnersAsTold(const std::vector<v1::DrawWinner>& rows) {
  std::vector<Winner> winners;
  for (const v1::DrawWinner& row : rows) {
    const auto place = static_cast<uint32_t>(winners.size() + 1);
    winners.push_back({row.rank() != 0 ? row.rank() : place,
                       row.member_id(),
                       row.series_code(),
                       row.voucher_key()});
  }
  return winners;
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
