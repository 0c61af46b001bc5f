// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Works a draw (抽签) out again from what was made known, without a server: whether the seed is
// the one that was committed, whether the list of entries is the one that was fixed, and who
// has won.

#ifndef GONGHUI_TOOLS_GONGHUICTL_DRAW_CHECK_H_
#define GONGHUI_TOOLS_GONGHUICTL_DRAW_CHECK_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <google/protobuf/repeated_ptr_field.h>

#include "gonghui/v1/draw_service.pb.h"

namespace gonghui::ctl {

// Of a place in the list of entries, and of a prize.
inline constexpr size_t kEntriesBytesMax = size_t{512} << 20;

struct Winner {
  uint32_t rank = 0;  // from 1
  std::string member_id;
  std::string series_code;
  std::string voucher_key{};  // 32 hexadecimal digits
};

struct PublishedDraw {
  std::string code;
  std::string seed;          // 64 hexadecimal digits, as all of these
  std::string seed_hash;     // made known before the draw
  std::string entries_hash;  // empty = not told
  std::vector<std::string> entries;
  std::vector<v1::Prize> prizes;
  // As they were made known, in any order; empty = not told.  What is empty of one is not
  // compared.
  std::vector<Winner> winners;
};

struct DrawCheck {
  // What does not fit, for people; empty = the draw was fair.
  std::vector<std::string> problems;
  std::vector<Winner> winners;  // as they must be; empty when the seed or the list does not fit
  std::string entries_hash;     // of the list
};

// REQUIRES: the hexadecimal texts are such.
[[nodiscard]] DrawCheck CheckDraw(const PublishedDraw& draw);

struct PublishedPool {
  std::string code;
  std::string seed;
  std::string seed_hash;
  std::vector<v1::Prize> prizes;
  std::vector<v1::PoolEvent> events;  // in the order in which they drew
};

// What an event has drawn.
struct PoolDraw {
  std::string source;
  std::string event_id;
  std::string series_code;  // empty = nothing
  std::string voucher_key;
};

struct PoolCheck {
  std::vector<std::string> problems;  // as of a draw
  std::vector<PoolDraw> draws;        // as they must be; empty when the seed does not fit
  size_t won_count = 0;
};

// REQUIRES: the hexadecimal texts are such.
[[nodiscard]] PoolCheck CheckPool(const PublishedPool& pool);

// SHA-256 of the list, as sha256sum tells it of the file that EntriesText() makes.
[[nodiscard]] std::string EntriesHashOf(const std::vector<std::string>& entries);

// A member's id a line.  An error says which line is none.
[[nodiscard]] absl::StatusOr<std::vector<std::string>> ParseEntries(const std::string& path,
                                                                    std::string_view text);

// What a file of winners says.  Where it has no ranks, the rows are in order of rank.
[[nodiscard]] std::vector<Winner> WinnersAsTold(const std::vector<v1::DrawWinner>& rows);

// The first ranks with what each has won.  The member ids are in order of rank.
[[nodiscard]] std::vector<Winner> WithPrizes(
    const google::protobuf::RepeatedPtrField<std::string>& member_ids,
    const google::protobuf::RepeatedPtrField<v1::Prize>& prizes);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_DRAW_CHECK_H_
