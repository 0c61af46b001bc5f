// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Hashes of the ledger's keys.  Not stored: indexes are rebuilt from the rows.

#ifndef GONGHUI_ENGINE_LEDGER_KEYS_H_
#define GONGHUI_ENGINE_LEDGER_KEYS_H_

#include <cstdint>

#include "engine/base/hash.h"
#include "engine/domain/ids.h"
#include "engine/ledger/ledger.h"

namespace gonghui {

template <class Tag, size_t kWords>
uint64_t HashOf(const Code<Tag, kWords>& code) {
  uint64_t hash = 0x9e3779b97f4a7c15;
  for (const uint64_t word : code.words) {
    hash = FoldedMultiply(hash ^ word, 0xd6e8feb86659fd93);
  }
  return Mix64(hash);
}

inline uint64_t HashOf(CardNumber number) {
  return Mix64(number.value());
}

// The terminal is left out, so that the slot can be fetched before the terminal is
// known: ids are random, two terminals hardly ever share one.
inline uint64_t HashOf(const RequestId& id) {
  return Mix64(id.high ^ FoldedMultiply(id.low, 0xa0761d6478bd642f));
}

inline uint64_t HashOf(CommandSeq seq) {
  return Mix64(seq.value());
}

inline uint64_t HashOf(CounterSeriesRow series, uint32_t subject, WindowNumber window) {
  return Mix64(FoldedMultiply(uint64_t{series.value()} << 32 | subject, 0x9e3779b97f4a7c15) ^
               static_cast<uint32_t>(window));
}

inline uint64_t HashOf(CardRow card, CodePurpose purpose) {
  return Mix64(FoldedMultiply(uint64_t{card.value()} << 8 | static_cast<uint8_t>(purpose),
                              0x9e3779b97f4a7c15));
}

// Keys are uniform, but for those that tests make up.
inline uint64_t HashOf(const VoucherKey& key) {
  return Mix64(key.high ^ FoldedMultiply(key.low, 0xa0761d6478bd642f));
}

inline uint64_t HashOf(MemberRow member, VoucherSeriesRow series) {
  return Mix64(FoldedMultiply(uint64_t{member.value()} << 32 | series.value(), 0x9e3779b97f4a7c15));
}

inline uint64_t HashOf(FundRow fund, const ReceiptCode& receipt) {
  return Mix64(HashOf(receipt) + fund.value());
}

inline uint64_t HashOf(const CounterSeries& series) {
  return Mix64(HashOf(series.programme) + 3 * HashOf(series.limit) +
               (uint64_t{static_cast<uint8_t>(series.measure)} << 16 |
                uint64_t{static_cast<uint8_t>(series.subject)} << 8 |
                static_cast<uint8_t>(series.window)));
}

// What tells an advice that comes again under a new request id
// (docs/decisions/0003-lines-advices-batches.md).
struct AdviceKey {
  TerminalRow terminal;
  uint32_t sequence = 0;
  CivilDay business_day = 0;
  TransactionKind kind = TransactionKind::kAuthorization;
  Fen amount;       // a sale's list price, a capture's asked amount or 0
  CardNumber card;  // of a sale
  // A capture's, as it names them.
  TransactionId original;
  RequestId original_request_id;

  friend bool operator==(const AdviceKey&, const AdviceKey&) = default;
};

inline uint64_t HashOf(const AdviceKey& key) {
  const uint64_t day = static_cast<uint32_t>(key.business_day);
  uint64_t hash = FoldedMultiply(uint64_t{key.terminal.value()} << 32 | key.sequence,
                                 0x9e3779b97f4a7c15 ^ (day << 8 | static_cast<uint8_t>(key.kind)));
  hash ^= FoldedMultiply(static_cast<uint64_t>(key.amount.value()) ^ 0xa0761d6478bd642f,
                         key.card.value() ^ 0xd6e8feb86659fd93);
  hash ^= FoldedMultiply(key.original.value() ^ key.original_request_id.high ^ 0x8ebc6af09c88c6e3,
                         key.original_request_id.low ^ 0xe7037ed1a0b428db);
  return Mix64(hash);
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_KEYS_H_
