// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The fields of operators' commands about vouchers, draws, claims and contributions, in the
// order in which a record holds them.  The order is stored: DO NOT CHANGE it; a new field
// makes a new record version.
//
// Part of record_format.cc; nobody else includes it.

#ifndef GONGHUI_ENGINE_DURABILITY_VOUCHER_CONTENT_H_
#define GONGHUI_ENGINE_DURABILITY_VOUCHER_CONTENT_H_

#include <cstddef>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/limits.h"
#include "engine/durability/byte_codec.h"

namespace gonghui::codec {

// Where the decoder keeps what these commands point to.
struct VoucherPlaces {
  // By the command's kind, one of:
  IssueVouchersRequest issue_vouchers;
  VoidVouchersRequest void_vouchers;
  CommitDrawRequest commit_draw;
  CloseDrawRequest close_draw;
  SettleDrawRequest settle_draw;
  DrawPrizeRequest draw_prize;
  ContributeRequest contribute;
  RevokeContributionRequest revoke_contribution;
  JudgeClaimRequest judge_claim;
  std::vector<VoucherToIssue> vouchers;
  std::vector<VoucherKey> keys;
  std::vector<PrizeSpec> prizes;
};

// What the ledger relies on, beside the types.  Null, or what is wrong, as text of static
// storage.
[[nodiscard]] const char* WhatIsWrong(const IssueVouchersRequest& request);
[[nodiscard]] const char* WhatIsWrong(const VoidVouchersRequest& request);
[[nodiscard]] const char* WhatIsWrong(const CommitDrawRequest& request);
[[nodiscard]] const char* WhatIsWrong(const CloseDrawRequest& request);
[[nodiscard]] const char* WhatIsWrong(const SettleDrawRequest& request);
[[nodiscard]] const char* WhatIsWrong(const DrawPrizeRequest& request);
[[nodiscard]] const char* WhatIsWrong(const ContributeRequest& request);
[[nodiscard]] const char* WhatIsWrong(const RevokeContributionRequest& request);
[[nodiscard]] const char* WhatIsWrong(const JudgeClaimRequest& request);

// REQUIRES of both: a command of a kind from kIssueVouchers to kRejectClaim.
// REQUIRES: nothing is wrong with its content.
void WriteVoucherContent(ByteWriter& w, const Command& command);
void ReadVoucherContent(ByteReader& r, VoucherPlaces& places, Command& command);

// ---- Upper bounds -----------------------------------------------------------

inline constexpr size_t kVoucherKeyBytes = 16;
inline constexpr size_t kDigestBytes = 32;
// Without lists: more than any of them has.
inline constexpr size_t kVoucherContentBytesMax =
    3 * kCode4BytesMax + kCode2BytesMax + kTextBytesMax + kDigestBytes + 3 * kVarintBytesMax;
inline constexpr size_t kVoucherToIssueBytesMax = kVoucherKeyBytes + kCode2BytesMax;
inline constexpr size_t kPrizeBytesMax = kCode4BytesMax + 2 * kInt32BytesMax + 2 * kVarintBytesMax;

size_t VoucherContentBytesMax(const Command& command);

}  // namespace gonghui::codec

#endif  // GONGHUI_ENGINE_DURABILITY_VOUCHER_CONTENT_H_
