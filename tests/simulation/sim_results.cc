// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/simulation/sim_results.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include <absl/strings/str_cat.h>

#include "engine/base/hash.h"

namespace gonghui {
namespace {

bool Same(const ResultShare& a, const ResultShare& b) {
  return a.benefit == b.benefit && a.fund == b.fund && a.amount == b.amount;
}

bool Same(const ResultLimit& a, const ResultLimit& b) {
  return a.limit == b.limit && a.used == b.used && a.held == b.held && a.left == b.left &&
         a.resets_at == b.resets_at;
}

template <class Items>
size_t CountOf(const Items& items, uint32_t count) {
  return std::min<size_t>(items.size(), count);
}

}  // namespace

std::string Difference(const Result& decided, const Result& told) {
  const char* what = "";
  const auto differs = [&what](const char* name, const auto& a, const auto& b) {
    what = a == b ? what : name;
    return !(a == b);
  };
  // Short-circuits at the first difference.
  const bool head =
      differs("verdict", decided.verdict, told.verdict) ||
      differs("field", decided.field, told.field) ||
      differs("admin_reason", decided.admin_reason, told.admin_reason) ||
      differs("replay", decided.replay, told.replay) ||
      differs("created", decided.created, told.created) ||
      differs("index", decided.index, told.index) || differs("row", decided.row, told.row) ||
      differs("programme_version", decided.programme_version, told.programme_version) ||
      differs("transaction_id", decided.transaction_id, told.transaction_id) ||
      differs("original_id", decided.original_id, told.original_id) ||
      differs("merchant", decided.merchant, told.merchant) ||
      differs("share_count", decided.share_count, told.share_count) ||
      differs("limit_count", decided.limit_count, told.limit_count);
  if (head) {
    return what;
  }
  if (std::memcmp(&decided.transaction, &told.transaction, sizeof(Transaction)) != 0) {
    return absl::StrCat("transaction (seq ",
                        decided.transaction.seq.value(),
                        " decided, seq ",
                        told.transaction.seq.value(),
                        " told)");
  }
  for (size_t i = 0; i < CountOf(decided.shares, decided.share_count); ++i) {
    if (!Same(decided.shares[i], told.shares[i])) {
      return absl::StrCat("share ", i);
    }
  }
  for (size_t i = 0; i < CountOf(decided.limits, decided.limit_count); ++i) {
    if (!Same(decided.limits[i], told.limits[i])) {
      return absl::StrCat("limit ", i);
    }
  }
  return "";
}

std::string Contradiction(const Answer& earlier, const Answer& later) {
  if (!earlier.has_transaction) {
    return "";
  }
  const bool for_a_moment = later.verdict == Verdict::kFull ||
                            later.verdict == Verdict::kArchiveUnreadable ||
                            later.verdict == Verdict::kDeadlineExceeded;
  const bool same = later.has_transaction && earlier.verdict == later.verdict &&
                    earlier.id == later.id && earlier.outcome == later.outcome &&
                    earlier.reason == later.reason && earlier.subsidy == later.subsidy &&
                    earlier.member_pays == later.member_pays;
  if (for_a_moment || same) {
    return "";
  }
  return absl::StrCat("\n  first: ", TextOf(earlier), "\n  again: ", TextOf(later));
}

uint64_t DigestOf(const Result& result) {
  // Word by word, because between the fields there may be bytes that say nothing.
  std::array<uint64_t, 8> head{
      HashBytes(&result.transaction, sizeof(Transaction)),
      static_cast<uint64_t>(result.verdict) | static_cast<uint64_t>(result.field) << 8 |
          static_cast<uint64_t>(result.admin_reason) << 16 | uint64_t{result.replay} << 24 |
          uint64_t{result.created} << 25 | uint64_t{result.index} << 32,
      uint64_t{result.row} << 32 | result.programme_version,
      result.transaction_id.value(),
      result.original_id.value(),
      result.merchant.words[0],
      result.merchant.words[1],
      uint64_t{result.share_count} << 32 | uint64_t{result.limit_count}};
  uint64_t digest = HashBytes(head.data(), sizeof(head));
  for (size_t i = 0; i < CountOf(result.shares, result.share_count); ++i) {
    const ResultShare& share = result.shares[i];
    const std::array<uint64_t, 2> words{uint64_t{share.benefit.value()} << 32 | share.fund.value(),
                                        static_cast<uint64_t>(share.amount.value())};
    digest = HashBytes(words.data(), sizeof(words), digest);
  }
  for (size_t i = 0; i < CountOf(result.limits, result.limit_count); ++i) {
    const ResultLimit& limit = result.limits[i];
    const std::array<uint64_t, 5> words{limit.limit.value(),
                                        static_cast<uint64_t>(limit.used),
                                        static_cast<uint64_t>(limit.held),
                                        static_cast<uint64_t>(limit.left),
                                        static_cast<uint64_t>(limit.resets_at.value())};
    digest = HashBytes(words.data(), sizeof(words), digest);
  }
  return digest;
}

}  // namespace gonghui
