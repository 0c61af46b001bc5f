// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/transaction_deltas.h"

#include "engine/base/check.h"
#include "engine/durability/record_parts.h"

namespace gonghui::codec {
namespace {

// ---- Numbers on the disk: do not change -------------------------------------

// First varint of an original's change, behind its row: bits 0..3 are the state.
// A capture's and an expiry's are one byte.
enum OriginalFlag : uint32_t {
  kCapturedDelta = 1 << 4,
  kCapturedSubsidyDelta = 1 << 5,
  kRefundedDelta = 1 << 6,
  kRefundedSubsidyDelta = 1 << 7,
  kListPriceDelta = 1 << 8,
  kSubsidyDelta = 1 << 9,
  kExpiresAtDelta = 1 << 10,
  kRestates = 1 << 11,
};
constexpr uint32_t kOriginalFlagsAll = (1 << 12) - 1;

enum ShareFlag : uint8_t {
  kShareBenefit = 1 << 0,  // else that of the share before, at first none
  kShareHeld = 1 << 1,
  kShareSpent = 1 << 2,
  kShareOverrun = 1 << 3,
  kShareSuspense = 1 << 4,
};
constexpr uint8_t kShareFlagsAll = (1 << 5) - 1;

enum UseFlag : uint8_t {
  kUseBenefit = 1 << 0,  // else that of the use before, at first the first share's
  kUseSubject = 1 << 1,  // else that of the use before, at first the member's row
  kUseWindow = 1 << 2,   // else that of the use before, at first 0
  kUseHeld = 1 << 3,
  kUseUsed = 1 << 4,
  kUseUsedAfter = 1 << 5,
};
constexpr uint8_t kUseFlagsAll = (1 << 6) - 1;

// Share count in the low four bits, use count above.
constexpr int kUseCountShift = 4;
static_assert(kSharesPerTransactionMax < 1u << kUseCountShift);

// A new field needs a place above, and a new version; a hint does not.
static_assert(sizeof(UseDelta) == 56 && sizeof(ShareDelta) == 40 && sizeof(OriginalChange) == 64);

}  // namespace

// ---- Original -----------------------------------------------------------------

uint8_t* WriteOriginal(uint8_t* out, const OriginalChange& change) {
  GH_DCHECK(
      change.state >= TransactionState::kDeclined && change.state <= TransactionState::kRefunded,
      "state=",
      change.state);
  ByteWriter w(out);
  w.Row(change.row);
  const auto flag = [](auto value, uint32_t bit) { return value != decltype(value){} ? bit : 0u; };
  w.Varint(static_cast<uint32_t>(change.state) | flag(change.captured_delta, kCapturedDelta) |
           flag(change.captured_subsidy_delta, kCapturedSubsidyDelta) |
           flag(change.refunded_delta, kRefundedDelta) |
           flag(change.refunded_subsidy_delta, kRefundedSubsidyDelta) |
           flag(change.list_price_delta, kListPriceDelta) |
           flag(change.subsidy_delta, kSubsidyDelta) |
           flag(change.expires_at_delta_ns, kExpiresAtDelta) | flag(change.restates, kRestates));
  for (const Fen delta : {change.captured_delta,
                          change.captured_subsidy_delta,
                          change.refunded_delta,
                          change.refunded_subsidy_delta,
                          change.list_price_delta,
                          change.subsidy_delta}) {
    if (delta != Fen{0}) {
      w.Amount(delta);
    }
  }
  if (change.expires_at_delta_ns != 0) {
    w.Signed(change.expires_at_delta_ns);
  }
  return w.at();
}

void ReadOriginal(ByteReader& r, OriginalChange& change) {
  r.Row(change.row, kTransactionsMax);
  const uint32_t flags =
      static_cast<uint32_t>(r.Varint(kOriginalFlagsAll, "unknown flag of an original's change"));
  change.state = r.EnumOf(static_cast<uint8_t>(flags & kStateMask), TransactionState::kRefunded);
  change.restates = (flags & kRestates) != 0;
  const auto amount = [&r, flags](uint32_t flag, Fen& delta) {
    if (flags & flag) {
      r.Amount(delta);
    }
  };
  amount(kCapturedDelta, change.captured_delta);
  amount(kCapturedSubsidyDelta, change.captured_subsidy_delta);
  amount(kRefundedDelta, change.refunded_delta);
  amount(kRefundedSubsidyDelta, change.refunded_subsidy_delta);
  amount(kListPriceDelta, change.list_price_delta);
  amount(kSubsidyDelta, change.subsidy_delta);
  if (flags & kExpiresAtDelta) {
    change.expires_at_delta_ns = r.Signed();
  }
}

// ---- Shares and uses ------------------------------------------------------------

uint8_t* WriteCounts(uint8_t* out, const Event& event) {
  ByteWriter w(out);
  w.Varint(event.share_count | event.use_count << kUseCountShift);
  return w.at();
}

void ReadCounts(ByteReader& r, Event& event) {
  const uint64_t counts = r.Varint(UINT32_MAX, "unknown counts");
  event.share_count = static_cast<uint32_t>(counts & ((1u << kUseCountShift) - 1));
  event.use_count = static_cast<uint32_t>(counts >> kUseCountShift);
  if (event.share_count > kSharesPerTransactionMax || event.use_count > kUsesPerTransactionMax)
      [[unlikely]] {
    r.Fail("more shares or uses than limits.h allows");
    event.share_count = 0;
    event.use_count = 0;
  }
}

uint8_t* WriteDeltas(uint8_t* out, const Event& event) {
  ByteWriter w(out);
  BenefitRow benefit;
  for (uint32_t i = 0; i < event.share_count; ++i) {
    const ShareDelta& share = event.shares[i];
    const bool other_benefit = share.benefit != benefit;
    w.Byte(static_cast<uint8_t>((other_benefit ? kShareBenefit : 0) |
                                (share.held_delta != Fen{0} ? kShareHeld : 0) |
                                (share.spent_delta != Fen{0} ? kShareSpent : 0) |
                                (share.overrun_delta != Fen{0} ? kShareOverrun : 0) |
                                (share.suspense_delta != Fen{0} ? kShareSuspense : 0)));
    if (other_benefit) {
      w.Row(share.benefit);
    }
    w.Row(share.fund);
    if (share.held_delta != Fen{0}) {
      w.Amount(share.held_delta);
    }
    if (share.spent_delta != Fen{0}) {
      w.Amount(share.spent_delta);
    }
    if (share.overrun_delta != Fen{0}) {
      w.Amount(share.overrun_delta);
    }
    if (share.suspense_delta != Fen{0}) {
      w.Amount(share.suspense_delta);
    }
    benefit = share.benefit;
  }
  benefit = event.share_count > 0 ? event.shares[0].benefit : BenefitRow{};
  uint32_t subject = IsTransaction(event.kind) ? event.transaction.member.value() : 0;
  WindowNumber window = 0;
  for (uint32_t i = 0; i < event.use_count; ++i) {
    const UseDelta& use = event.uses[i];
    const bool other_benefit = use.benefit != benefit;
    const bool other_subject = use.subject != subject;
    const bool other_window = use.window != window;
    w.Byte(static_cast<uint8_t>(
        (other_benefit ? kUseBenefit : 0) | (other_subject ? kUseSubject : 0) |
        (other_window ? kUseWindow : 0) | (use.held_delta != 0 ? kUseHeld : 0) |
        (use.used_delta != 0 ? kUseUsed : 0) | (use.used_after != 0 ? kUseUsedAfter : 0)));
    w.Row(use.limit);
    if (other_benefit) {
      w.Row(use.benefit);
    }
    if (other_subject) {
      w.Varint(use.subject);
    }
    if (other_window) {
      w.Signed(use.window);
    }
    if (use.held_delta != 0) {
      w.Signed(use.held_delta);
    }
    if (use.used_delta != 0) {
      w.Signed(use.used_delta);
    }
    if (use.used_after != 0) {
      w.Signed(use.used_after);
    }
    w.Signed(use.left_after);
    benefit = use.benefit;
    subject = use.subject;
    window = use.window;
  }
  return w.at();
}

void ReadDeltas(ByteReader& r, Event& event) {
  BenefitRow benefit;
  for (uint32_t i = 0; i < event.share_count; ++i) {
    ShareDelta& share = event.shares[i];
    const uint8_t flags = r.Byte();
    if (flags > kShareFlagsAll) [[unlikely]] {
      r.Fail("unknown flag of a share");
    }
    if (flags & kShareBenefit) {
      r.Row(benefit, kBenefitsMax);
    }
    share.benefit = benefit;
    r.Row(share.fund, kFundsMax);
    if (flags & kShareHeld) {
      r.Amount(share.held_delta);
    }
    if (flags & kShareSpent) {
      r.Amount(share.spent_delta);
    }
    if (flags & kShareOverrun) {
      r.Amount(share.overrun_delta);
    }
    if (flags & kShareSuspense) {
      r.Amount(share.suspense_delta);
    }
  }
  benefit = event.share_count > 0 ? event.shares[0].benefit : BenefitRow{};
  uint32_t subject = event.transaction.member.value();
  WindowNumber window = 0;
  for (uint32_t i = 0; i < event.use_count; ++i) {
    UseDelta& use = event.uses[i];
    const uint8_t flags = r.Byte();
    if (flags > kUseFlagsAll) [[unlikely]] {
      r.Fail("unknown flag of a use");
    }
    r.Row(use.limit, kLimitsMax);
    if (flags & kUseBenefit) {
      r.Row(benefit, kBenefitsMax);
    }
    if (flags & kUseSubject) {
      r.Number(subject);
    }
    if (flags & kUseWindow) {
      r.Number(window);
    }
    use.benefit = benefit;
    use.subject = subject;
    use.window = window;
    if (flags & kUseHeld) {
      use.held_delta = r.Signed();
    }
    if (flags & kUseUsed) {
      use.used_delta = r.Signed();
    }
    if (flags & kUseUsedAfter) {
      use.used_after = r.Signed();
    }
    use.left_after = r.Signed();
  }
}

// ---- Member ---------------------------------------------------------------------

MemberDeltas PredictMemberDeltas(const Event& event) {
  const Transaction& t = event.transaction;
  if (event.share_count == 0) {
    return {};
  }
  if (event.kind == EventKind::kAuthorized) {
    return {t.state == TransactionState::kPending ? t.member_pays : Fen{0},
            t.state == TransactionState::kCaptured ? t.member_pays : Fen{0}};
  }
  if (!IsTransaction(event.kind) || t.state != TransactionState::kCompleted) {
    return {};
  }
  if (event.kind == EventKind::kCaptured) {
    return {Negative(t.member_pays), t.member_pays};
  }
  if (event.kind == EventKind::kIncremented) {
    return {t.member_pays, Fen{0}};
  }
  // A reversal undoes a hold, or else a sale.
  const bool posted = event.kind == EventKind::kRefunded || event.shares[0].held_delta == Fen{0};
  return {posted ? Fen{0} : Negative(t.member_pays), posted ? Negative(t.member_pays) : Fen{0}};
}

}  // namespace gonghui::codec
