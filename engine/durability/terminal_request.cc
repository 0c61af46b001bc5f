// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/terminal_request.h"

#include "engine/base/check.h"
#include "engine/durability/record_parts.h"

namespace gonghui::codec {
namespace {

// ---- Numbers on the disk: do not change -------------------------------------

// First varint of an authorize command; bits 2..4 are the entry mode.  A flag that
// no field follows stands before those that one does, and so never costs the second
// byte.
enum AuthorizeFlag : uint32_t {
  kCaptureAtOnce = 1 << 0,
  kFullPriceIfNone = 1 << 1,
  kAllowPartial = 1 << 5,
  kNamesMerchant = 1 << 6,
  kNamesProgramme = 1 << 7,
  kNamesHold = 1 << 8,
};
constexpr uint32_t kAuthorizeFlagsAll = (1 << 9) - 1;
constexpr int kEntryModeShift = 2;

// First byte of a command about an original.  Of a reverse command bits 5..7 are
// the reason.  Which flag says that a stan follows depends on the kind, for no one bit is
// free in all of them.
enum FollowUpFlag : uint8_t {
  kHasAmount = 1 << 0,
  kFinalCapture = 1 << 1,  // of a capture
  kNamesStan = 1 << 1,     // of the others
  kByTransaction = 1 << 2,
  kByRequest = 1 << 3,
  kNamesAmount = 1 << 4,
  kNamesNewHold = 1 << 5,        // of an increment
  kNamesStanOfCapture = 1 << 5,  // of a capture
};
constexpr int kReversalReasonShift = 5;
constexpr uint8_t kReversalReasonBits = 7 << kReversalReasonShift;
constexpr uint8_t kReferenceFlags = kByTransaction | kByRequest | kNamesAmount;
constexpr uint8_t kCaptureFlags =
    kReferenceFlags | kHasAmount | kFinalCapture | kNamesStanOfCapture;
constexpr uint8_t kReverseFlags = kReferenceFlags | kHasAmount | kNamesStan | kReversalReasonBits;
constexpr uint8_t kIncrementFlags = kReferenceFlags | kNamesStan | kNamesNewHold;
constexpr uint8_t kRefundFlags = kReferenceFlags | kHasAmount | kNamesStan;

// The flags, both references, the amount, hold_s and stan.
static_assert(1 + kId64Bytes + kRequestIdBytes + kVarintBytesMax + 2 * kRowBytesMax <=
              kTerminalRequestBytesMax);
static_assert(kTotalsBytesMax <= kTerminalRequestBytesMax);

// What the commands about an original have in common: the first byte, `of_its_kind`
// among its flags, and the fields that it tells of.  The stan comes last of all fields.
template <class Request>
void WriteReference(ByteWriter& w, const Request& r, int of_its_kind) {
  w.Byte(static_cast<uint8_t>(of_its_kind | (r.original == TransactionId{} ? 0 : kByTransaction) |
                              (r.original_request_id.IsNone() ? 0 : kByRequest) |
                              (r.amount == Fen{0} ? 0 : kNamesAmount)));
  if (r.original != TransactionId{}) {
    w.Id64(r.original);
  }
  if (!r.original_request_id.IsNone()) {
    w.Request(r.original_request_id);
  }
  if (r.amount != Fen{0}) {
    w.Amount(r.amount);
  }
}

template <class Request>
uint8_t ReadReference(ByteReader& r, uint8_t all, const char* what, Request& request) {
  const uint8_t* const where = r.at();
  const uint8_t flags = r.Byte();
  if ((flags & ~all) != 0) {
    r.FailAt(what, where);
  }
  if (flags & kByTransaction) {
    r.Id64(request.original);
  }
  if (flags & kByRequest) {
    r.Request(request.original_request_id);
  }
  if (flags & kNamesAmount) {
    r.Amount(request.amount);
  }
  return flags;
}

template <class Request>
int StanFlag(const Request& r, FollowUpFlag flag = kNamesStan) {
  return r.stan == 0 ? 0 : flag;
}

template <class Request>
void WriteStan(ByteWriter& w, const Request& r) {
  if (r.stan != 0) {
    w.Varint(r.stan);
  }
}

template <class Request>
void ReadStan(ByteReader& r, bool follows, Request& request) {
  if (follows) {
    r.Number(request.stan);
  }
}

}  // namespace

uint8_t* WriteRequest(uint8_t* out, const AuthorizeRequest& r) {
  GH_DCHECK(r.entry_mode <= PosEntryMode::kManual, "entry_mode=", r.entry_mode);
  ByteWriter w(out);
  w.Varint((r.capture_at_once ? kCaptureAtOnce : 0u) |
           (r.if_no_benefit == IfNoBenefit::kFullPrice ? kFullPriceIfNone : 0u) |
           (static_cast<uint32_t>(r.entry_mode) << kEntryModeShift) |
           (r.allow_partial ? kAllowPartial : 0u) | (IsNone(r.merchant) ? 0u : kNamesMerchant) |
           (IsNone(r.programme) ? 0u : kNamesProgramme) | (r.hold_s == 0 ? 0u : kNamesHold));
  w.Id64(r.card);
  w.Amount(r.list_price);
  w.Varint(r.stan);
  if (!IsNone(r.merchant)) {
    w.CodeField(r.merchant);
  }
  if (!IsNone(r.programme)) {
    w.CodeField(r.programme);
  }
  if (r.hold_s != 0) {
    w.Varint(r.hold_s);
  }
  return w.at();
}

void ReadRequest(ByteReader& r, AuthorizeRequest& request) {
  const uint32_t flags =
      static_cast<uint32_t>(r.Varint(kAuthorizeFlagsAll, "unknown flag of an authorization"));
  request.capture_at_once = (flags & kCaptureAtOnce) != 0;
  request.if_no_benefit =
      (flags & kFullPriceIfNone) != 0 ? IfNoBenefit::kFullPrice : IfNoBenefit::kDecline;
  request.entry_mode = r.EnumOf(static_cast<uint8_t>(flags >> kEntryModeShift & 7),
                                PosEntryMode::kManual,
                                PosEntryMode::kUnspecified);
  request.allow_partial = (flags & kAllowPartial) != 0;
  r.Id64(request.card);
  r.Amount(request.list_price);
  r.Number(request.stan);
  if (flags & kNamesMerchant) {
    r.CodeField(request.merchant);
  }
  if (flags & kNamesProgramme) {
    r.CodeField(request.programme);
  }
  if (flags & kNamesHold) {
    r.Number(request.hold_s);
  }
}

uint8_t* WriteRequest(uint8_t* out, const CaptureRequest& r) {
  ByteWriter w(out);
  WriteReference(w,
                 r,
                 (r.has_amount ? kHasAmount : 0) | (r.final_capture ? kFinalCapture : 0) |
                     StanFlag(r, kNamesStanOfCapture));
  WriteStan(w, r);
  return w.at();
}

void ReadRequest(ByteReader& r, CaptureRequest& request) {
  const uint8_t flags = ReadReference(r, kCaptureFlags, "unknown flag of a capture", request);
  request.has_amount = (flags & kHasAmount) != 0;
  request.final_capture = (flags & kFinalCapture) != 0;
  ReadStan(r, (flags & kNamesStanOfCapture) != 0, request);
}

uint8_t* WriteRequest(uint8_t* out, const ReverseRequest& r) {
  GH_DCHECK(r.reason <= ReversalReason::kDeviceUnable, "reason=", r.reason);
  ByteWriter w(out);
  WriteReference(w,
                 r,
                 (r.has_amount ? kHasAmount : 0) | StanFlag(r) |
                     (static_cast<int>(r.reason) << kReversalReasonShift));
  WriteStan(w, r);
  return w.at();
}

void ReadRequest(ByteReader& r, ReverseRequest& request) {
  const uint8_t flags = ReadReference(r, kReverseFlags, "unknown flag of a reversal", request);
  request.has_amount = (flags & kHasAmount) != 0;
  request.reason =
      r.EnumOf(static_cast<uint8_t>(flags >> kReversalReasonShift), ReversalReason::kDeviceUnable);
  ReadStan(r, (flags & kNamesStan) != 0, request);
}

uint8_t* WriteRequest(uint8_t* out, const IncrementRequest& r) {
  ByteWriter w(out);
  WriteReference(w, r, (r.hold_s == 0 ? 0 : kNamesNewHold) | StanFlag(r));
  if (r.hold_s != 0) {
    w.Varint(r.hold_s);
  }
  WriteStan(w, r);
  return w.at();
}

void ReadRequest(ByteReader& r, IncrementRequest& request) {
  const uint8_t flags = ReadReference(r, kIncrementFlags, "unknown flag of an increment", request);
  if (flags & kNamesNewHold) {
    r.Number(request.hold_s);
  }
  ReadStan(r, (flags & kNamesStan) != 0, request);
}

uint8_t* WriteRequest(uint8_t* out, const RefundRequest& r) {
  ByteWriter w(out);
  WriteReference(w, r, (r.has_amount ? kHasAmount : 0) | StanFlag(r));
  WriteStan(w, r);
  return w.at();
}

void ReadRequest(ByteReader& r, RefundRequest& request) {
  const uint8_t flags = ReadReference(r, kRefundFlags, "unknown flag of a refund", request);
  request.has_amount = (flags & kHasAmount) != 0;
  ReadStan(r, (flags & kNamesStan) != 0, request);
}

uint8_t* WriteRequest(uint8_t* out, const CloseBatchRequest& r) {
  ByteWriter w(out);
  Content(w, r.theirs);
  return w.at();
}

void ReadRequest(ByteReader& r, CloseBatchRequest& request) {
  Content(r, request.theirs);
}

}  // namespace gonghui::codec
