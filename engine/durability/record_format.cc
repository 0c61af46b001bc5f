// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/record_format.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/domain/limits.h"
#include "engine/durability/archived_codec.h"
#include "engine/durability/block_format.h"
#include "engine/durability/byte_codec.h"
#include "engine/durability/operator_content.h"
#include "engine/durability/programme_content.h"
#include "engine/durability/record_details.h"
#include "engine/durability/record_parts.h"
#include "engine/durability/terminal_request.h"
#include "engine/durability/transaction_deltas.h"
#include "engine/durability/transaction_row.h"
#include "engine/durability/voucher_content.h"

namespace gonghui {
namespace {

using codec::ByteReader;
using codec::ByteWriter;
using codec::kVarintBytesMax;
using codec::WrappingAdd;
using codec::WrappingSubtract;

// ---- Numbers on the disk: do not change -------------------------------------

// A record is of the first version that can hold it.
constexpr uint8_t kPlainVersion = 1;
constexpr uint8_t kDetailsVersion = 2;  // as 1, with details; not of operators

// Byte after the version.
enum RecordFlag : uint8_t {
  kHasCaller = 1 << 0,         // terminal id, request id
  kHasOriginal = 1 << 1,       // the original's change
  kHasTombstone = 1 << 2,      // the tombstone's row
  kHasDeltas = 1 << 3,         // shares and uses
  kHasMemberPending = 1 << 4,  // member_pending_delta is not as predicted
  kHasMemberPosted = 1 << 5,   // member_posted_delta is not as predicted
  kHasSpans = 1 << 6,          // resolved spans of a member
  kHasVoucher = 1 << 7,        // what becomes of a voucher
};
constexpr uint8_t kTransactionFlags = kHasCaller | kHasOriginal | kHasTombstone | kHasDeltas |
                                      kHasMemberPending | kHasMemberPosted | kHasVoucher;
constexpr uint8_t kOperatorFlags = kHasCaller | kHasSpans;
constexpr uint8_t kTimerFlags = kHasCaller;  // the archive's, and what had been scheduled

// Byte of a resolved span: the segment's bit; the times, if they are not those of
// the command's span of the same index.
constexpr uint8_t kSpanTimes = 1 << 7;

bool IsKnown(EventKind kind) {
  switch (kind) {
    case EventKind::kNone:
      return false;  // never journalled
    case EventKind::kAuthorized:
    case EventKind::kCaptured:
    case EventKind::kReversed:
    case EventKind::kHoldExpired:
    case EventKind::kIncremented:
    case EventKind::kRefunded:
    case EventKind::kBatchClosed:
    case EventKind::kArchived:
    case EventKind::kThawed:
    case EventKind::kProgrammeActivated:
    case EventKind::kSegmentDefined:
    case EventKind::kUnionNodeSet:
    case EventKind::kMemberSet:
    case EventKind::kCardSet:
    case EventKind::kMerchantSet:
    case EventKind::kTerminalSet:
    case EventKind::kFundSet:
    case EventKind::kProgrammeApplied:
    case EventKind::kMemberStatusSet:
    case EventKind::kCardStatusSet:
    case EventKind::kCardReplaced:
    case EventKind::kProgrammeRetired:
    case EventKind::kProgrammeStaged:
    case EventKind::kVouchersIssued:
    case EventKind::kVouchersVoided:
    case EventKind::kDrawCommitted:
    case EventKind::kDrawClosed:
    case EventKind::kDrawSettled:
    case EventKind::kPrizeDrawn:
    case EventKind::kContributed:
    case EventKind::kContributionRevoked:
    case EventKind::kClaimApproved:
    case EventKind::kClaimRejected:
      return true;
  }
  return false;
}

// Which flags a record of this kind may have.
uint8_t KnownFlags(EventKind kind) {
  if (codec::ReleasesClaim(kind)) {
    return kTransactionFlags & ~kHasTombstone;
  }
  if (codec::IsOperators(kind)) {
    return kOperatorFlags;
  }
  return codec::IsArchives(kind) || codec::SetsRows(kind) ? kTimerFlags : kTransactionFlags;
}

// Hold expiries never have anything to add, nor has what is not a terminal's.
constexpr bool IsVersionOf(EventKind kind, uint8_t version) {
  return version == kDetailsVersion ? codec::IsTransaction(kind)
                                    : version == kPlainVersion && kind != EventKind::kBatchClosed;
}

// ---- Writing ------------------------------------------------------------------

uint8_t* WriteCommand(uint8_t* out, const Command& command) {
  using codec::Content;
  using codec::WriteRequest;
  ByteWriter w(out);
  switch (command.kind) {
    case CommandKind::kArchive:
      GH_CHECK(command.archive->reserved == 0, "reserved=", command.archive->reserved);
      codec::MarkContent(w, *command.archive);
      break;
    case CommandKind::kThaw:
      return codec::WriteArchived(out, *command.thaw);
    case CommandKind::kAuthorize:
      return WriteRequest(out, command.authorize);
    case CommandKind::kCapture:
      return WriteRequest(out, command.capture);
    case CommandKind::kReverse:
      return WriteRequest(out, command.reverse);
    case CommandKind::kIncrement:
      return WriteRequest(out, command.increment);
    case CommandKind::kRefund:
      return WriteRequest(out, command.refund);
    case CommandKind::kCloseBatch:
      return WriteRequest(out, command.close_batch);
    case CommandKind::kQuote:
    case CommandKind::kGetTransaction:
    case CommandKind::kGetEntitlements:
    case CommandKind::kExpireHolds:
    case CommandKind::kActivateDue:
      break;
    case CommandKind::kDefineSegment:
      Content(w, *command.segment);
      break;
    case CommandKind::kSetUnionNode:
      Content(w, *command.union_node);
      break;
    case CommandKind::kSetMember:
      Content(w, *command.member);
      break;
    case CommandKind::kSetCard:
      Content(w, *command.card);
      break;
    case CommandKind::kSetMerchant:
      Content(w, *command.merchant);
      break;
    case CommandKind::kSetTerminal:
      Content(w, *command.terminal_setting);
      break;
    case CommandKind::kSetFund:
      Content(w, *command.fund);
      break;
    case CommandKind::kApplyProgramme:
      codec::WriteImage(w, *command.programme);
      break;
    case CommandKind::kSetMemberStatus:
      Content(w, *command.member_status);
      break;
    case CommandKind::kSetCardStatus:
      Content(w, *command.card_status);
      break;
    case CommandKind::kReplaceCard:
      Content(w, *command.replace_card);
      break;
    case CommandKind::kRetireProgramme:
      Content(w, *command.retire_programme);
      break;
    case CommandKind::kStageProgramme:
      Content(w, *command.stage_programme);
      break;
    case CommandKind::kIssueVouchers:
    case CommandKind::kVoidVouchers:
    case CommandKind::kCommitDraw:
    case CommandKind::kCloseDraw:
    case CommandKind::kSettleDraw:
    case CommandKind::kDrawPrize:
    case CommandKind::kContribute:
    case CommandKind::kRevokeContribution:
    case CommandKind::kApproveClaim:
    case CommandKind::kRejectClaim:
      codec::WriteVoucherContent(w, command);
      break;
  }
  return w.at();
}

uint8_t* WriteTransactionEffect(uint8_t* at,
                                const Event& event,
                                const Command& command,
                                int flags) {
  if (flags & kHasOriginal) {
    at = codec::WriteOriginal(at, event.original);
  }
  if (flags & kHasDeltas) {
    at = codec::WriteCounts(at, event);
  }
  if (codec::IsTransaction(event.kind)) {
    at = codec::WriteTransaction(at, event, command);
  }
  ByteWriter tombstone(at);
  if (flags & kHasTombstone) {
    tombstone.Row(event.tombstone_row);
  }
  at = tombstone.at();
  if (flags & kHasDeltas) {
    at = codec::WriteDeltas(at, event);
  }
  ByteWriter member(at);
  if (flags & kHasMemberPending) {
    member.Amount(event.member_pending_delta);
  }
  if (flags & kHasMemberPosted) {
    member.Amount(event.member_posted_delta);
  }
  if (flags & kHasVoucher) {
    member.Row(event.voucher_row);
    member.EnumByte(event.voucher_state, VoucherState::kBlank);
  }
  return member.at();
}

uint8_t* WriteArchiveEffect(uint8_t* out, const Event& event) {
  ByteWriter w(out);
  if (event.kind == EventKind::kThawed) {
    w.Row(event.transaction_row);
  }
  return w.at();
}

// The times that a resolved span has, unless it says otherwise.
ResolvedSpan PredictSpan(const Command& command, uint32_t i) {
  ResolvedSpan span;
  if (command.kind == CommandKind::kSetMember && i < command.member->span_count) {
    span.starts_at = command.member->spans[i].starts_at;
    span.ends_at = command.member->spans[i].ends_at;
  }
  return span;
}

uint8_t* WriteRows(uint8_t* out, const Event& event, const Command& command) {
  ByteWriter w(out);
  w.Varint(event.row);
  w.Varint(event.row_2);
  if (event.span_count == 0) {
    return w.at();
  }
  w.Count(event.span_count, kSegmentSpansPerMemberMax);
  for (uint32_t i = 0; i < event.span_count; ++i) {
    const ResolvedSpan& span = event.spans[i];
    const ResolvedSpan predicted = PredictSpan(command, i);
    const bool other_times =
        span.starts_at != predicted.starts_at || span.ends_at != predicted.ends_at;
    GH_CHECK(span.segment < kSegmentsMax, "segment=", span.segment);
    w.Byte(static_cast<uint8_t>(span.segment | (other_times ? kSpanTimes : 0)));
    if (other_times) {
      w.Time(span.starts_at);
      w.Time(span.ends_at);
    }
  }
  return w.at();
}

// Of a record whose body ends at `end`, and begins one byte behind `out`: that is left for
// the length, and a longer record is moved up.  Answers the bytes of both.
size_t PutLength(uint8_t* out, const uint8_t* end) {
  uint8_t* const body = out + 1;
  const size_t length = static_cast<size_t>(end - body);
  if (length < 0x80) [[likely]] {
    *out = static_cast<uint8_t>(length);
    return length + 1;
  }
  uint8_t prefix[kVarintBytesMax];
  ByteWriter p(prefix);
  p.Varint(length);
  const size_t prefix_bytes = static_cast<size_t>(p.at() - prefix);
  std::memmove(out + prefix_bytes, body, length);
  std::memcpy(out, prefix, prefix_bytes);
  return prefix_bytes + length;
}

// ---- Upper bounds -----------------------------------------------------------

static_assert(codec::kRecordHeadBytesMax + codec::kTerminalRequestBytesMax +
                  codec::kAskedDetailsBytesMax + codec::kOriginalBytesMax +
                  codec::kTransactionRowBytesMax + codec::kRowBytesMax + codec::kDeltasBytesMax +
                  2 * kVarintBytesMax + codec::kRowBytesMax + 1 + codec::kDetailsBytesMax +
                  ByteWriter::kSlackBytes <=
              kTransactionRecordBytesMax);
static_assert(kBlockHeaderBytes + kTransactionRecordBytesMax <= kBlockBytesMax);

constexpr size_t kArchiveRecordBytesMax = codec::kRecordHeadBytesMax + ByteWriter::kSlackBytes +
                                          codec::kRowBytesMax +
                                          std::max(codec::kMarkBytesMax, codec::kArchivedBytesMax);
static_assert(kArchiveRecordBytesMax <= kTransactionRecordBytesMax);

constexpr size_t kOperatorEffectBytesMax =
    2 * codec::kRowBytesMax + 1 + kSegmentSpansPerMemberMax * (1 + 2 * kVarintBytesMax);
// A rejection, which changes what a reversal does.
static_assert(codec::kRecordHeadBytesMax + codec::kVoucherContentBytesMax +
                  kOperatorEffectBytesMax + codec::kOriginalBytesMax + codec::kDeltasBytesMax +
                  2 * kVarintBytesMax + codec::kRowBytesMax + 1 + ByteWriter::kSlackBytes <=
              kTransactionRecordBytesMax);

// The largest programme fits a block of its own.
static_assert(kBlockHeaderBytes + codec::kRecordHeadBytesMax + kOperatorEffectBytesMax +
                  ByteWriter::kSlackBytes + codec::kLargestImageBytesMax <=
              kBlockBytesMax);

}  // namespace

size_t RecordBytesMax(const Command& command) {
  if (!IsAdmin(command.kind) || command.kind == CommandKind::kRejectClaim) {
    return kTransactionRecordBytesMax;
  }
  size_t content = codec::kOperatorContentBytesMax;
  if (command.kind == CommandKind::kApplyProgramme) {
    content = codec::ImageBytesMax(*command.programme);
  } else if (command.kind >= CommandKind::kIssueVouchers) {
    content = codec::VoucherContentBytesMax(command);
  }
  return codec::kRecordHeadBytesMax + content + kOperatorEffectBytesMax + ByteWriter::kSlackBytes;
}

size_t EncodeRecord(const Event& event, TimestampNs previous_at, uint8_t* out) {
  GH_CHECK(event.command != nullptr, "kind=", event.kind);
  const Command& command = *event.command;
  GH_CHECK(IsKnown(event.kind), "kind=", event.kind);
  GH_CHECK(
      command.kind == codec::CauseOf(event.kind), "event=", event.kind, " command=", command.kind);
  GH_CHECK(event.share_count <= kSharesPerTransactionMax, "share_count=", event.share_count);
  GH_CHECK(event.use_count <= kUsesPerTransactionMax, "use_count=", event.use_count);
  GH_CHECK(event.line_count <= kLinesPerTransactionMax, "line_count=", event.line_count);

  const bool sets_rows = codec::SetsRows(event.kind);
  const bool is_archives = codec::IsArchives(event.kind);
  const bool moves_money = !is_archives && (!sets_rows || codec::ReleasesClaim(event.kind));
  const bool has_caller = !codec::IsNone(command.terminal) || !command.request_id.IsNone();
  const bool has_deltas = event.share_count != 0 || event.use_count != 0;
  const bool has_details = codec::HasDetails(event, command);
  const codec::MemberDeltas predicted = codec::PredictMemberDeltas(event);
  const bool has_pending = event.member_pending_delta != predicted.pending;
  const bool has_posted = event.member_posted_delta != predicted.posted;
  const int flags =
      (has_caller ? kHasCaller : 0) |
      (moves_money ? (event.original.row != TransactionRow{} ? kHasOriginal : 0) |
                         (event.tombstone_row != TransactionRow{} ? kHasTombstone : 0) |
                         (has_deltas ? kHasDeltas : 0) | (has_pending ? kHasMemberPending : 0) |
                         (has_posted ? kHasMemberPosted : 0) |
                         (event.voucher_row != VoucherRow{} ? kHasVoucher : 0)
       : sets_rows && event.span_count != 0 ? kHasSpans
                                            : 0);
  GH_CHECK((flags & ~KnownFlags(event.kind)) == 0, "kind=", event.kind, " flags=", flags);

  ByteWriter head(out + 1);  // see PutLength()
  head.Byte(static_cast<uint8_t>(event.kind));
  head.Byte(has_details ? kDetailsVersion : kPlainVersion);
  head.Byte(static_cast<uint8_t>(flags));
  head.Signed(WrappingSubtract(event.at.value(), previous_at.value()));
  if (has_caller) {
    head.CodeField(command.terminal);
    head.Request(command.request_id);
  }
  uint8_t* at = WriteCommand(head.at(), command);
  if (has_details) {
    at = codec::WriteAskedDetails(at, command, event.at);
  }
  if (is_archives) {
    at = WriteArchiveEffect(at, event);
  }
  if (sets_rows) {
    at = WriteRows(at, event, command);
  }
  if (moves_money) {
    at = WriteTransactionEffect(at, event, command, flags);
  }
  if (has_details) {
    at = codec::WriteDetails(at, event, command);
  }

  return PutLength(out, at);
}

// ---- Reading ------------------------------------------------------------------

// Everything that a decoded event points to.
struct RecordDecoder::Storage {
  Event event;
  Command command;
  // By the command's kind, one of:
  SegmentRequest segment;
  UnionNodeRequest union_node;
  MemberRequest member;
  CardRequest card;
  MerchantRequest merchant;
  TerminalRequest terminal;
  FundRequest fund;
  MemberStatusRequest member_status;
  CardStatusRequest card_status;
  ReplaceCardRequest replace_card;
  RetireProgrammeRequest retire_programme;
  StageProgrammeRequest stage_programme;
  ProgrammeImage image;
  codec::ProgrammePools pools;
  codec::VoucherPlaces vouchers;
  codec::AskedDetails asked;
  ArchiveMark archive;
  ArchivedTransaction thaw;
};

namespace {

template <class T>
const T* ReadContent(ByteReader& r, T& place) {
  place = T{};
  codec::Content(r, place);
  return &place;
}

void ReadRows(ByteReader& r, uint8_t flags, const Command& command, Event& event) {
  r.Number(event.row);
  r.Number(event.row_2);
  if ((flags & kHasSpans) == 0) {
    return;
  }
  r.Count(event.span_count, kSegmentSpansPerMemberMax);
  for (uint32_t i = 0; i < event.span_count && r.ok(); ++i) {
    ResolvedSpan& span = event.spans[i];
    span = PredictSpan(command, i);
    const uint8_t segment = r.Byte();
    span.segment = static_cast<SegmentBit>(segment & ~kSpanTimes);
    if (span.segment >= kSegmentsMax) {
      r.Fail("segment beyond its table");
      span.segment = 0;
    }
    if (segment & kSpanTimes) {
      r.Time(span.starts_at);
      r.Time(span.ends_at);
    }
  }
}

void ReadTransactionEffect(ByteReader& r, uint8_t flags, const Command& command, Event& event) {
  if (flags & kHasOriginal) {
    codec::ReadOriginal(r, event.original);
  }
  if (flags & kHasDeltas) {
    codec::ReadCounts(r, event);
  }
  if (codec::IsTransaction(event.kind)) {
    codec::ReadTransaction(r, command, event);
  }
  if (flags & kHasTombstone) {
    r.Row(event.tombstone_row, kTransactionsMax);
  }
  codec::ReadDeltas(r, event);
  const codec::MemberDeltas predicted = codec::PredictMemberDeltas(event);
  event.member_pending_delta = predicted.pending;
  if (flags & kHasMemberPending) {
    r.Amount(event.member_pending_delta);
  }
  event.member_posted_delta = predicted.posted;
  if (flags & kHasMemberPosted) {
    r.Amount(event.member_posted_delta);
  }
  if (flags & kHasVoucher) {
    const uint8_t* const where = r.at();
    r.Row(event.voucher_row, kVouchersMax);
    r.EnumByte(event.voucher_state, VoucherState::kBlank);
    if (r.ok() && event.voucher_row == VoucherRow{}) {
      r.FailAt("a change of no voucher", where);
    }
  }
}

// Makes it as new.  Most of an event is room for shares, uses, lines and what few kinds have,
// and where the event before had none it still is as new.
void Renew(Event& event) {
  static_assert(std::is_trivially_copyable_v<Event> && std::is_standard_layout_v<Event>);
  static const Event kNew;
  auto* const to = reinterpret_cast<uint8_t*>(&event);
  const auto* const from = reinterpret_cast<const uint8_t*>(&kNew);
  const auto copy = [&](size_t begin, size_t end) {
    std::memcpy(to + begin, from + begin, end - begin);
  };
  const auto used = [](auto count, const auto& rows) {
    return std::min<size_t>(count, rows.size()) * sizeof(rows[0]);
  };
  const size_t shares = offsetof(Event, shares);
  const size_t uses = offsetof(Event, uses);
  const size_t lines = offsetof(Event, lines);
  const size_t advice = offsetof(Event, advice);
  const size_t batch = offsetof(Event, batch);
  const size_t spans = offsetof(Event, spans);
  // All of it before the first of it is as new.
  const size_t shares_used = used(event.share_count, event.shares);
  const size_t uses_used = used(event.use_count, event.uses);
  const size_t lines_used = used(event.line_count, event.lines);
  const size_t advice_used = event.is_advice ? sizeof(event.advice) : 0;
  const size_t batch_used = event.kind == EventKind::kBatchClosed ? sizeof(event.batch) : 0;
  const size_t spans_used = used(event.span_count, event.spans);
  copy(0, shares + shares_used);
  copy(uses, uses + uses_used);
  copy(uses + sizeof(event.uses), lines + lines_used);
  copy(lines + sizeof(event.lines), advice + advice_used);
  copy(batch, batch + batch_used);
  copy(batch + sizeof(event.batch), spans + spans_used);
  copy(spans + sizeof(event.spans), sizeof(Event));
}

absl::Status Damaged(uint64_t seq, const char* what, size_t offset) {
  return absl::DataLossError(absl::StrCat("record of event ", seq, ", byte ", offset, ": ", what));
}

}  // namespace

RecordDecoder::RecordDecoder() : storage_(std::make_unique<Storage>()) {}
RecordDecoder::~RecordDecoder() = default;

void RecordDecoder::ReadCommand(codec::ByteReader& r) {
  Storage& s = *storage_;
  Command& command = s.command;
  switch (command.kind) {
    case CommandKind::kArchive:
      s.archive = ArchiveMark{};
      codec::MarkContent(r, s.archive);
      command.archive = &s.archive;
      return;
    case CommandKind::kThaw:
      codec::ReadArchived(r, s.thaw);
      command.thaw = &s.thaw;
      return;
    case CommandKind::kAuthorize:
      return codec::ReadRequest(r, command.authorize);
    case CommandKind::kCapture:
      command.capture = CaptureRequest{};
      return codec::ReadRequest(r, command.capture);
    case CommandKind::kReverse:
      command.reverse = ReverseRequest{};
      return codec::ReadRequest(r, command.reverse);
    case CommandKind::kIncrement:
      command.increment = IncrementRequest{};
      return codec::ReadRequest(r, command.increment);
    case CommandKind::kRefund:
      command.refund = RefundRequest{};
      return codec::ReadRequest(r, command.refund);
    case CommandKind::kCloseBatch:
      command.close_batch = CloseBatchRequest{};
      return codec::ReadRequest(r, command.close_batch);
    case CommandKind::kQuote:
    case CommandKind::kGetTransaction:
    case CommandKind::kGetEntitlements:
    case CommandKind::kExpireHolds:
    case CommandKind::kActivateDue:
      return;
    case CommandKind::kDefineSegment:
      command.segment = ReadContent(r, s.segment);
      return;
    case CommandKind::kSetUnionNode:
      command.union_node = ReadContent(r, s.union_node);
      return;
    case CommandKind::kSetMember:
      command.member = ReadContent(r, s.member);
      return;
    case CommandKind::kSetCard:
      command.card = ReadContent(r, s.card);
      return;
    case CommandKind::kSetMerchant:
      command.merchant = ReadContent(r, s.merchant);
      return;
    case CommandKind::kSetTerminal:
      command.terminal_setting = ReadContent(r, s.terminal);
      return;
    case CommandKind::kSetFund:
      command.fund = ReadContent(r, s.fund);
      return;
    case CommandKind::kApplyProgramme:
      s.image = ProgrammeImage{};
      codec::ReadImage(r, s.image, s.pools);
      command.programme = &s.image;
      return;
    case CommandKind::kSetMemberStatus:
      command.member_status = ReadContent(r, s.member_status);
      return;
    case CommandKind::kSetCardStatus:
      command.card_status = ReadContent(r, s.card_status);
      return;
    case CommandKind::kReplaceCard:
      command.replace_card = ReadContent(r, s.replace_card);
      return;
    case CommandKind::kRetireProgramme:
      command.retire_programme = ReadContent(r, s.retire_programme);
      return;
    case CommandKind::kStageProgramme:
      command.stage_programme = ReadContent(r, s.stage_programme);
      return;
    case CommandKind::kIssueVouchers:
    case CommandKind::kVoidVouchers:
    case CommandKind::kCommitDraw:
    case CommandKind::kCloseDraw:
    case CommandKind::kSettleDraw:
    case CommandKind::kDrawPrize:
    case CommandKind::kContribute:
    case CommandKind::kRevokeContribution:
    case CommandKind::kApproveClaim:
    case CommandKind::kRejectClaim:
      return codec::ReadVoucherContent(r, s.vouchers, command);
  }
}

absl::StatusOr<const Event*> RecordDecoder::Next(std::span<const uint8_t>* payload,
                                                 uint64_t seq,
                                                 TimestampNs previous_at) {
  const uint8_t* const origin = payload->data();
  ByteReader head(*payload, origin);
  const uint64_t length = head.Varint();
  if (head.ok() && length > head.left()) {
    head.Fail("ends early");
  }
  if (!head.ok()) {
    return Damaged(seq, head.what(), head.offset());
  }
  ByteReader r({head.at(), static_cast<size_t>(length)}, origin);

  Event& event = storage_->event;
  Command& command = storage_->command;
  Renew(event);
  std::construct_at(&command);
  event.command = &command;
  event.seq = CommandSeq{seq};
  event.kind = static_cast<EventKind>(r.Byte());
  if (!IsKnown(event.kind)) {
    r.Fail("unknown kind of event");
    return Damaged(seq, r.what(), r.offset() - 1);
  }
  command.kind = codec::CauseOf(event.kind);
  const uint8_t version = r.Byte();
  if (r.ok() && !IsVersionOf(event.kind, version)) {
    return Damaged(seq, "unknown version of a record", static_cast<size_t>(r.at() - origin) - 1);
  }
  const uint8_t flags = r.Byte();
  const bool is_archives = codec::IsArchives(event.kind);
  const bool sets_rows = codec::SetsRows(event.kind);
  if ((flags & ~KnownFlags(event.kind)) != 0) {
    r.Fail("unknown flag of a record");
  }
  event.at = TimestampNs{WrappingAdd(previous_at.value(), r.Signed())};
  if (flags & kHasCaller) {
    r.CodeField(command.terminal);
    r.Request(command.request_id);
  }
  ReadCommand(r);
  const bool has_details = version == kDetailsVersion;
  if (has_details) {
    codec::ReadAskedDetails(r, event.at, storage_->asked, command);
  }
  if (is_archives) {
    if (event.kind == EventKind::kThawed) {
      r.Row(event.transaction_row, kTransactionsMax);
    }
  }
  if (sets_rows) {
    ReadRows(r, flags, command, event);
  }
  if (!is_archives && (!sets_rows || codec::ReleasesClaim(event.kind))) {
    ReadTransactionEffect(r, flags, command, event);
  }
  if (has_details) {
    codec::ReadDetails(r, command, event);
  }
  if (r.ok() && r.left() != 0) {
    r.Fail("longer than its fields");
  }
  if (!r.ok()) {
    return Damaged(seq, r.what(), r.offset());
  }
  *payload = payload->subspan(static_cast<size_t>(r.at() - origin));
  return &event;
}

}  // namespace gonghui
