// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/bulkload/made_up.h"

#include "engine/base/hash.h"
#include "engine/base/prng.h"

namespace gonghui::bulkload {

absl::Status MadeUp::Check() const {
  if (ledger_.terminals().size() == 0) {
    return absl::FailedPreconditionError(
        "there are no terminals to make transactions of: import merchants and terminals first");
  }
  if (ledger_.cards().size() == 0) {
    return absl::FailedPreconditionError(
        "there are no cards to make transactions of: import members and cards first");
  }
  return absl::OkStatus();
}

void MadeUp::Fill(CommandSeq seq, TimestampNs at, ArchivedTransaction* out) const {
  // One generator each, so that a number alone says which id it has.
  Prng prng(Mix64(seed_) + seq.value());
  Transaction& transaction = out->transaction;
  transaction = Transaction{};
  // A random UUID: version 4, variant 1.
  transaction.request_id.high = (prng.Next() & ~uint64_t{0xf000}) | 0x4000;
  transaction.request_id.low = (prng.Next() & ~(uint64_t{3} << 62)) | uint64_t{2} << 62;
  transaction.seq = seq;
  transaction.decided_at = at;
  transaction.terminal =
      TerminalRow{static_cast<uint32_t>(prng.Below(ledger_.terminals().size())) + 1};
  transaction.merchant = ledger_.terminals()[transaction.terminal].merchant;
  const Card& card =
      ledger_.cards()[CardRow{static_cast<uint32_t>(prng.Below(ledger_.cards().size())) + 1}];
  transaction.card = card.number;
  transaction.member = card.member;
  transaction.list_price = Fen{prng.Between(100, 30'000)};
  transaction.state = TransactionState::kExpired;
  transaction.outcome = Outcome::kApproved;
  transaction.capture_at_once = true;
  transaction.entry_mode = PosEntryMode::kContactless;
  // As large as a real one, with one funder.
  if (ledger_.benefits().size() > 0 && ledger_.funds().size() > 0) {
    transaction.subsidy = Fen{transaction.list_price.value() / 10};
    transaction.applied_count = 1;
    out->applied[0] = Applied{BenefitRow{1}, FundRow{1}, transaction.subsidy, {}, {}, {}, {}};
  }
  transaction.member_pays = transaction.list_price - transaction.subsidy;
}

}  // namespace gonghui::bulkload
