// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The double entry of a transaction event, derived from its numbers alone.
//
// Two layers: pending (held) and posted (captured).  Money: what a fund gives,
// the merchant is to receive; what the member pays, the merchant collects.
// Things: what a stock gives, members receive.  For every event and layer the
// amounts sum to zero within each asset.
//
//   account                     balance in the rows
//   kFund (money)               -held            -spent - suspense
//   kOverrun                                     -overrun
//   kSuspense                                    +suspense
//   kMerchantReceivable         +receivable_pending  +receivable_posted
//   kMembersPayable             -members_payable_*   (what members owe and paid)
//   kMerchantCollected          +collected_*
//   kFund (a stock) / kHandedOut  -held, -spent / + the same

#ifndef GONGHUI_ENGINE_LEDGER_POSTINGS_H_
#define GONGHUI_ENGINE_LEDGER_POSTINGS_H_

#include <cstdint>

#include "engine/domain/event.h"
#include "engine/ledger/ledger.h"

namespace gonghui {

enum class AccountKind : uint8_t {
  kFund = 1,                // of money or things
  kMerchantReceivable = 2,  // fen
  kMerchantCollected = 3,   // fen
  kMembersPayable = 4,      // fen; one for all
  kHandedOut = 5,           // things, by stock
  kOverrun = 6,             // of money or things, by fund: what it paid beyond its budget
  kSuspense = 7,            // by fund: what came back after it had closed
};

enum class Layer : uint8_t {
  kPending = 1,
  kPosted = 2,
};

struct Posting {
  AccountKind account;
  Layer layer;
  uint32_t row;   // of the fund or merchant; 0 for kMembersPayable
  FundRow asset;  // none = fen, else the stock whose things these are
  Fen amount;     // signed
};

// Calls post(Posting) for each posting of a transaction event.  REQUIRES: the
// event has been evolved into `ledger` (for the merchant of a hold that
// expires or is rejected).
template <class Post>
void ForEachPosting(const Ledger& ledger, const Event& event, Post&& post) {
  const bool has_own =
      event.kind != EventKind::kHoldExpired && event.kind != EventKind::kClaimRejected;
  const MerchantRow merchant =
      has_own ? event.transaction.merchant : ledger.transactions()[event.original.row].merchant;
  const auto pair = [&post](AccountKind from,
                            uint32_t from_row,
                            AccountKind to,
                            uint32_t to_row,
                            FundRow asset,
                            Layer layer,
                            Fen amount) {
    if (amount != Fen{0}) {
      post(Posting{from, layer, from_row, asset, -amount});
      post(Posting{to, layer, to_row, asset, amount});
    }
  };
  for (uint32_t i = 0; i < event.share_count; ++i) {
    const ShareDelta& share = event.shares[i];
    const bool money = ledger.funds()[share.fund].asset == Asset::kMoney;
    const AccountKind to = money ? AccountKind::kMerchantReceivable : AccountKind::kHandedOut;
    const uint32_t to_row = money ? merchant.value() : share.fund.value();
    const FundRow asset = money ? FundRow{} : share.fund;
    pair(AccountKind::kFund,
         share.fund.value(),
         to,
         to_row,
         asset,
         Layer::kPending,
         share.held_delta);
    pair(AccountKind::kFund,
         share.fund.value(),
         to,
         to_row,
         asset,
         Layer::kPosted,
         share.spent_delta);
    pair(AccountKind::kOverrun,
         share.fund.value(),
         to,
         to_row,
         asset,
         Layer::kPosted,
         share.overrun_delta);
    pair(AccountKind::kFund,
         share.fund.value(),
         AccountKind::kSuspense,
         share.fund.value(),
         asset,
         Layer::kPosted,
         share.suspense_delta);
  }
  pair(AccountKind::kMembersPayable,
       0,
       AccountKind::kMerchantCollected,
       merchant.value(),
       {},
       Layer::kPending,
       event.member_pending_delta);
  pair(AccountKind::kMembersPayable,
       0,
       AccountKind::kMerchantCollected,
       merchant.value(),
       {},
       Layer::kPosted,
       event.member_posted_delta);
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_POSTINGS_H_
