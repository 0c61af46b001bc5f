// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "bench/peers/city.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace gonghui::peers {
namespace {

// The rules are the same in each category.
struct Rule {
  uint32_t tag;
  int64_t pays_percent;
  int64_t cap_fen;
};
constexpr uint32_t kEverybody = 1;
constexpr uint32_t kModelWorker = 2;
constexpr uint32_t kNewEmployment = 4;
constexpr Rule kRules[] = {
    {kEverybody, 80, 2000}, {kModelWorker, 60, 3000}, {kNewEmployment, 50, 1500}};

uint32_t TagsOf(uint32_t member) {
  return kEverybody | (member % 10 == 3 ? kModelWorker : 0) |
         (member % 4 == 1 ? kNewEmployment : 0);
}

constexpr bool CardIsLost(uint32_t card) {
  return card % 100 == 50;
}
constexpr bool MemberIsSuspended(uint32_t member) {
  return member % 200 == 0;
}
constexpr bool MerchantIsClosed(uint32_t merchant) {
  return merchant % 100 == 99;
}

}  // namespace

std::string CardNumber(uint32_t card) {
  return fmt::format("6221530{:09}", card);
}

Answer Expected(const Request& request) {
  Answer answer;
  if (CardIsLost(request.card) || MemberIsSuspended(request.card)) {
    answer.code = kInvalidCard;
    return answer;
  }
  if (MerchantIsClosed(request.merchant)) {
    answer.code = kInvalidMerchant;
    return answer;
  }
  for (const Rule& rule : kRules) {
    if ((TagsOf(request.card) & rule.tag) != 0) {
      answer.subsidy_fen =
          std::max(answer.subsidy_fen,
                   std::min(request.amount_fen * (100 - rule.pays_percent) / 100, rule.cap_fen));
    }
  }
  answer.member_pays_fen = request.amount_fen - answer.subsidy_fen;
  return answer;
}

std::string_view WrongWith(const Answer& answer, const Request& request, bool may_run_out) {
  const Answer expected = Expected(request);
  if (answer.code == kApproved) {
    if (answer.member_pays_fen < 0 || answer.subsidy_fen < 0) {
      return "a negative share";
    }
    if (answer.member_pays_fen + answer.subsidy_fen != request.amount_fen) {
      return "the shares are not the price";
    }
  } else if (answer.member_pays_fen != 0 || answer.subsidy_fen != 0) {
    return "a refusal with shares";
  }
  const bool ran_out = answer.code == kLimitReached || answer.code == kFundExhausted;
  if (ran_out && may_run_out && expected.code == kApproved) {
    return {};
  }
  if (answer.code != expected.code) {
    return "another code than expected";
  }
  return answer.subsidy_fen == expected.subsidy_fen ? std::string_view()
                                                    : "another subsidy than the best rule's";
}

void RequestMaker::Make(int64_t now_ns, Request* request) {
  constexpr uint64_t kVersion7 = 7;
  constexpr uint64_t kVariant = 2;
  const uint64_t random = prng_.Next();
  const auto ms = static_cast<uint64_t>(now_ns / 1'000'000);
  const uint64_t high = ms << 16 | kVersion7 << 12 | random >> 52;
  const uint64_t low = kVariant << 62 | prng_.Next() >> 2;
  constexpr char kHex[] = "0123456789abcdef";
  size_t at = 0;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) {
      request->id[at++] = '-';
    }
    const uint64_t half = i < 16 ? high : low;
    request->id[at++] = kHex[half >> (60 - 4 * (i % 16)) & 0xf];
  }
  request->card = static_cast<uint32_t>(1 + prng_.Below(members_));
  request->merchant = static_cast<uint32_t>(1 + prng_.Below(merchants_));
  request->amount_fen = prng_.Between(100, 10'000);
}

}  // namespace gonghui::peers
