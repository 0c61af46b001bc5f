// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/voucher_content.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "engine/base/check.h"

namespace gonghui::codec {
namespace {

template <class C>
void Content(C& c, Ref<C, VoucherKey> r) {
  c.Fixed64(r.high);
  c.Fixed64(r.low);
}

template <class C>
void Content(C& c, Ref<C, Digest> r) {
  for (auto& byte : r) {
    c.Byte(byte);
  }
}

template <class C>
void Content(C& c, Ref<C, VoucherToIssue> r) {
  Content<C>(c, r.key);
  c.CodeField(r.member);
}

template <class C>
void Content(C& c, Ref<C, PrizeSpec> r) {
  c.CodeField(r.series);
  c.Number(r.count);
  c.Number(r.weight);
  c.Time(r.valid_from);
  c.Time(r.expires_at);
}

// Lists come last, and apart.
template <class C>
void Content(C& c, Ref<C, IssueVouchersRequest> r) {
  c.CodeField(r.series);
  c.Time(r.valid_from);
  c.Time(r.expires_at);
  c.CodeField(r.draw);
}

template <class C>
void Content(C& c, Ref<C, CommitDrawRequest> r) {
  c.CodeField(r.code);
  c.EnumByte(r.kind, DrawKind::kPool);
  Content<C>(c, r.seed_hash);
  c.CodeField(r.programme);
  c.CodeField(r.limit);
  c.Time(r.closes_at);
}

template <class C>
void Content(C& c, Ref<C, CloseDrawRequest> r) {
  c.CodeField(r.code);
  Content<C>(c, r.entries_hash);
  c.Number(r.entry_count);
}

template <class C>
void Content(C& c, Ref<C, SettleDrawRequest> r) {
  c.CodeField(r.code);
  Content<C>(c, r.seed);
}

template <class C>
void Content(C& c, Ref<C, DrawPrizeRequest> r) {
  c.CodeField(r.pool);
  Content<C>(c, r.key);
  c.CodeField(r.member);
  c.Fixed64(r.number);
}

template <class C>
void Content(C& c, Ref<C, ContributeRequest> r) {
  c.CodeField(r.receipt);
  c.CodeField(r.fund);
  c.CodeField(r.member);
  c.CodeField(r.segment);
  c.Amount(r.amount);
  c.Time(r.covers_from);
  c.Time(r.covers_until);
}

template <class C>
void Content(C& c, Ref<C, RevokeContributionRequest> r) {
  c.CodeField(r.receipt);
  c.CodeField(r.fund);
}

template <class C>
void Content(C& c, Ref<C, JudgeClaimRequest> r) {
  c.Id64(r.claim);
  c.CodeField(r.by);
  c.Text(r.note);
}

template <class T>
void WriteList(ByteWriter& w, std::span<const T> items, uint32_t max) {
  w.Count(static_cast<uint32_t>(items.size()), max);
  for (const T& item : items) {
    Content<ByteWriter>(w, item);
  }
}

template <class T>
std::span<const T> ReadList(ByteReader& r, std::vector<T>& items, uint32_t max) {
  uint32_t count = 0;
  r.Count(count, max);
  items.clear();
  for (uint32_t i = 0; i < count && r.ok(); ++i) {
    items.emplace_back();
    Content<ByteReader>(r, items.back());
  }
  return items;
}

bool IsNone(const Digest& digest) {
  return digest == Digest{};
}

const char* WhatIsWrongWithKeys(std::vector<VoucherKey> keys) {
  if (keys.empty() || keys.size() > kVouchersPerCommandMax) {
    return "no vouchers, or too many";
  }
  std::sort(keys.begin(), keys.end());
  if (keys.front().IsNone()) {
    return "voucher without a key";
  }
  return std::adjacent_find(keys.begin(), keys.end()) == keys.end() ? nullptr
                                                                    : "voucher that comes twice";
}

const char* WhatIsWrongWith(const PrizeSpec& prize, DrawKind kind) {
  const bool of_pool = kind == DrawKind::kPool;
  if (of_pool ? prize.weight == 0 : prize.weight != 0 || prize.count == 0) {
    return "prize that nobody can win, or with a weight";
  }
  if (prize.series.IsNone()) {
    return of_pool ? nullptr : "prize of no series";
  }
  return prize.valid_from < prize.expires_at ? nullptr : "prize whose vouchers are never valid";
}

}  // namespace

// ---- What a command must keep to ------------------------------------------------

const char* WhatIsWrong(const IssueVouchersRequest& r) {
  if (r.series.IsNone()) {
    return "vouchers of no series";
  }
  if (r.valid_from >= r.expires_at) {
    return "vouchers that are never valid";
  }
  std::vector<VoucherKey> keys;
  keys.reserve(r.vouchers.size());
  for (const VoucherToIssue& voucher : r.vouchers) {
    keys.push_back(voucher.key);
  }
  return WhatIsWrongWithKeys(std::move(keys));
}

const char* WhatIsWrong(const VoidVouchersRequest& r) {
  return WhatIsWrongWithKeys({r.keys.begin(), r.keys.end()});
}

const char* WhatIsWrong(const CommitDrawRequest& r) {
  if (r.code.IsNone() || IsNone(r.seed_hash)) {
    return "draw without a code or a hash";
  }
  if ((r.kind == DrawKind::kDraw) == (r.programme.IsNone() || r.limit.IsNone()) ||
      r.programme.IsNone() != r.limit.IsNone()) {
    return "draw without entries, or a pool with them";
  }
  if (r.prizes.empty() || r.prizes.size() > kPrizesPerDrawMax) {
    return "no prizes, or too many";
  }
  for (const PrizeSpec& prize : r.prizes) {
    if (const char* const what = WhatIsWrongWith(prize, r.kind)) {
      return what;
    }
  }
  return nullptr;
}

const char* WhatIsWrong(const CloseDrawRequest& r) {
  return r.code.IsNone() || IsNone(r.entries_hash) ? "draw without a code or a hash" : nullptr;
}

const char* WhatIsWrong(const SettleDrawRequest& r) {
  return r.code.IsNone() || IsNone(r.seed) ? "draw without a code or a seed" : nullptr;
}

const char* WhatIsWrong(const DrawPrizeRequest& r) {
  if (r.pool.IsNone() || r.member.IsNone()) {
    return "prize of no pool, or for nobody";
  }
  return r.key.IsNone() ? "voucher without a key" : nullptr;
}

const char* WhatIsWrong(const ContributeRequest& r) {
  if (r.receipt.IsNone() || r.fund.IsNone() || r.member.IsNone() || r.segment.IsNone()) {
    return "contribution without a receipt, fund, member or segment";
  }
  if (r.amount <= Fen{0} || r.amount > Fen{kFundFenMax}) {
    return "contribution of no amount, or of one beyond its limit";
  }
  return r.covers_from < r.covers_until ? nullptr : "contribution that covers nothing";
}

const char* WhatIsWrong(const RevokeContributionRequest& r) {
  return r.receipt.IsNone() || r.fund.IsNone() ? "contribution without a receipt or fund" : nullptr;
}

const char* WhatIsWrong(const JudgeClaimRequest& r) {
  return r.claim == TransactionId{} || r.by.IsNone() ? "judgement of no claim, or by nobody"
                                                     : nullptr;
}

// ---- Writing --------------------------------------------------------------------

namespace {

template <class Request>
void WriteChecked(ByteWriter& w, const Request& request) {
  const char* const what = WhatIsWrong(request);
  GH_CHECK(what == nullptr, what);
  if constexpr (!std::is_same_v<Request, VoidVouchersRequest>) {
    Content<ByteWriter>(w, request);
  }
}

}  // namespace

void WriteVoucherContent(ByteWriter& w, const Command& command) {
  switch (command.kind) {
    case CommandKind::kIssueVouchers:
      WriteChecked(w, *command.issue_vouchers);
      return WriteList(w, command.issue_vouchers->vouchers, kVouchersPerCommandMax);
    case CommandKind::kVoidVouchers:
      WriteChecked(w, *command.void_vouchers);
      return WriteList(w, command.void_vouchers->keys, kVouchersPerCommandMax);
    case CommandKind::kCommitDraw:
      WriteChecked(w, *command.commit_draw);
      return WriteList(w, command.commit_draw->prizes, kPrizesPerDrawMax);
    case CommandKind::kCloseDraw:
      return WriteChecked(w, *command.close_draw);
    case CommandKind::kSettleDraw:
      return WriteChecked(w, *command.settle_draw);
    case CommandKind::kDrawPrize:
      return WriteChecked(w, *command.draw_prize);
    case CommandKind::kContribute:
      return WriteChecked(w, *command.contribute);
    case CommandKind::kRevokeContribution:
      return WriteChecked(w, *command.revoke_contribution);
    case CommandKind::kApproveClaim:
    case CommandKind::kRejectClaim:
      return WriteChecked(w, *command.judge_claim);
    default:
      GH_CHECK(false, "kind=", command.kind);
  }
}

// ---- Reading --------------------------------------------------------------------

namespace {

template <class Request>
const Request* Checked(ByteReader& r, const Request& request) {
  if (const char* const what = r.ok() ? WhatIsWrong(request) : nullptr) {
    r.Fail(what);
  }
  return &request;
}

template <class Request>
Request& Read(ByteReader& r, Request& place) {
  place = Request{};
  Content<ByteReader>(r, place);
  return place;
}

}  // namespace

void ReadVoucherContent(ByteReader& r, VoucherPlaces& places, Command& command) {
  switch (command.kind) {
    case CommandKind::kIssueVouchers:
      Read(r, places.issue_vouchers);
      places.issue_vouchers.vouchers = ReadList(r, places.vouchers, kVouchersPerCommandMax);
      command.issue_vouchers = Checked(r, places.issue_vouchers);
      return;
    case CommandKind::kVoidVouchers:
      places.void_vouchers.keys = ReadList(r, places.keys, kVouchersPerCommandMax);
      command.void_vouchers = Checked(r, places.void_vouchers);
      return;
    case CommandKind::kCommitDraw:
      Read(r, places.commit_draw);
      places.commit_draw.prizes = ReadList(r, places.prizes, kPrizesPerDrawMax);
      command.commit_draw = Checked(r, places.commit_draw);
      return;
    case CommandKind::kCloseDraw:
      command.close_draw = Checked(r, Read(r, places.close_draw));
      return;
    case CommandKind::kSettleDraw:
      command.settle_draw = Checked(r, Read(r, places.settle_draw));
      return;
    case CommandKind::kDrawPrize:
      command.draw_prize = Checked(r, Read(r, places.draw_prize));
      return;
    case CommandKind::kContribute:
      command.contribute = Checked(r, Read(r, places.contribute));
      return;
    case CommandKind::kRevokeContribution:
      command.revoke_contribution = Checked(r, Read(r, places.revoke_contribution));
      return;
    case CommandKind::kApproveClaim:
    case CommandKind::kRejectClaim:
      command.judge_claim = Checked(r, Read(r, places.judge_claim));
      return;
    default:
      GH_CHECK(false, "kind=", command.kind);
  }
}

size_t VoucherContentBytesMax(const Command& command) {
  switch (command.kind) {
    case CommandKind::kIssueVouchers:
      return kVoucherContentBytesMax +
             command.issue_vouchers->vouchers.size() * kVoucherToIssueBytesMax;
    case CommandKind::kVoidVouchers:
      return kVoucherContentBytesMax + command.void_vouchers->keys.size() * kVoucherKeyBytes;
    case CommandKind::kCommitDraw:
      return kVoucherContentBytesMax + command.commit_draw->prizes.size() * kPrizeBytesMax;
    default:
      return kVoucherContentBytesMax;
  }
}

}  // namespace gonghui::codec
