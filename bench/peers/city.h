// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The city that the peers are asked about, and what each answer must be.  It is told three
// times, in SQL (authorize.sql), in Lua (city.lua) and here; they check each other.

#ifndef GONGHUI_BENCH_PEERS_CITY_H_
#define GONGHUI_BENCH_PEERS_CITY_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/prng.h"

namespace gonghui::peers {

inline constexpr uint32_t kFundCount = 8;

// Of an answer; on the wire of both peers.
inline constexpr int32_t kApproved = 0;
inline constexpr int32_t kInvalidMerchant = 3;
inline constexpr int32_t kInvalidCard = 14;
inline constexpr int32_t kFundExhausted = 51;
inline constexpr int32_t kLimitReached = 65;
inline constexpr int32_t kOtherContent = 94;

struct Request {
  std::array<char, 36> id{};  // a UUID in text
  uint32_t card = 0;          // from 1; the member's number as well
  uint32_t merchant = 0;      // from 1
  int64_t amount_fen = 0;

  [[nodiscard]] std::string_view id_text() const { return {id.data(), id.size()}; }
};

struct Answer {
  int32_t code = kApproved;
  int64_t member_pays_fen = 0;
  int64_t subsidy_fen = 0;
  bool replay = false;

  friend bool operator==(const Answer&, const Answer&) = default;
};

// "6221530000000042".
std::string CardNumber(uint32_t card);

// The fund that pays at a merchant, from 1.
constexpr uint32_t FundOf(uint32_t merchant) {
  return merchant % kFundCount + 1;
}

// The first answer to a request while no limit and no fund runs out.
Answer Expected(const Request& request);

// What is wrong with the first answer to `request`; empty when nothing is.
// `may_run_out`: a limit or a fund may refuse what would be approved.
std::string_view WrongWith(const Answer& answer, const Request& request, bool may_run_out);

// Makes requests: cards, merchants and prices uniformly at random.
// Thread safety: none.
class RequestMaker {
 public:
  // Makers with different (seed, stream) make different requests.
  RequestMaker(uint32_t members, uint32_t merchants, uint64_t seed, uint64_t stream)
      : members_(members), merchants_(merchants), prng_(Mix64(seed) + stream) {}

  // The id is a UUID of version 7: it begins with the time, as whoever chooses ids for a
  // B-tree would choose them.
  void Make(int64_t now_ns, Request* request);

 private:
  const uint32_t members_;
  const uint32_t merchants_;
  Prng prng_;
};

}  // namespace gonghui::peers

#endif  // GONGHUI_BENCH_PEERS_CITY_H_
