// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Every request that the ledger accepts.  Trivially copyable; syntax has been
// checked (server/translate.h) before a command is made: amounts are within
// limits.h, enums are known values, the caller is the terminal that is named.
//
// Commands of operators and of the pipeline, and lines and evidence of terminals', are
// content by pointer; it belongs to whoever submits and outlives the submission.

#ifndef GONGHUI_ENGINE_DOMAIN_COMMAND_H_
#define GONGHUI_ENGINE_DOMAIN_COMMAND_H_

#include <array>
#include <cstdint>
#include <type_traits>

#include "engine/base/cache_line.h"
#include "engine/domain/advice.h"
#include "engine/domain/archive.h"
#include "engine/domain/batch.h"
#include "engine/domain/code_use.h"
#include "engine/domain/contribution.h"
#include "engine/domain/draw.h"
#include "engine/domain/fund.h"
#include "engine/domain/ids.h"
#include "engine/domain/line.h"
#include "engine/domain/member.h"
#include "engine/domain/merchant.h"
#include "engine/domain/occasion.h"
#include "engine/domain/programme.h"
#include "engine/domain/transaction.h"
#include "engine/domain/voucher.h"

namespace gonghui {

enum class CommandKind : uint8_t {  // stored: do not change values
  kAuthorize = 1,
  kCapture = 2,
  kReverse = 3,
  kQuote = 4,           // an Authorize that changes nothing
  kGetTransaction = 5,  // changes nothing
  kExpireHolds = 6,     // from the pipeline's timer, never from outside
  kIncrement = 7,
  kRefund = 8,
  kCloseBatch = 9,
  kGetEntitlements = 10,  // changes nothing
  kArchive = 11,          // from the pipeline, never from outside: rows leave memory
  kThaw = 12,             // likewise: a transaction comes back
  kActivateDue = 13,      // from the pipeline's timer: a scheduled version becomes active

  kDefineSegment = 20,
  kSetUnionNode = 21,
  kSetMember = 22,
  kSetCard = 23,
  kSetMerchant = 24,
  kSetTerminal = 25,
  kSetFund = 26,
  kApplyProgramme = 27,
  kSetMemberStatus = 28,
  kSetCardStatus = 29,
  kReplaceCard = 30,
  kRetireProgramme = 31,
  kStageProgramme = 32,
  kIssueVouchers = 33,
  kVoidVouchers = 34,
  kCommitDraw = 35,
  kCloseDraw = 36,
  kSettleDraw = 37,
  kDrawPrize = 38,
  kContribute = 39,
  kRevokeContribution = 40,
  kApproveClaim = 41,
  kRejectClaim = 42,
};

constexpr bool IsAdmin(CommandKind kind) {
  return static_cast<uint8_t>(kind) >= static_cast<uint8_t>(CommandKind::kDefineSegment);
}

struct Details;
struct Explanation;
struct EntitlementList;

struct AuthorizeRequest {
  MerchantId merchant;      // none = the terminal's own; another one is refused
  CardNumber card;          // none: with a voucher alone
  Fen list_price;           // >= 0
  ProgrammeCode programme;  // none = any
  uint32_t stan = 0;
  uint32_t hold_s = 0;  // 0 = the benefit's own
  bool capture_at_once = false;
  // Rather a smaller subsidy than none where a limit or fund has too little left: the
  // rest of the price is the member's.
  bool allow_partial = false;
  IfNoBenefit if_no_benefit = IfNoBenefit::kDecline;
  PosEntryMode entry_mode = PosEntryMode::kUnspecified;
  // What was bought; the prices add up to list_price.  Empty = not told.
  uint32_t line_count = 0;
  const LineItem* lines = nullptr;
  // When given, filled with every check of every candidate, unless the answer is that to
  // a repeat.  Not journalled.
  Explanation* explanation = nullptr;
  // entry_mode kQrCode: when the code that was shown was issued; 0 = not told, the
  // terminal answers for it.  Not compared when the request is repeated.
  TimestampNs code_issued_at;
  uint32_t code_valid_s = 0;  // from then on; 1 .. kCodeValidSMax
  CodePurpose code_purpose = CodePurpose::kPayment;
  // None = it is an ordinary sale.  Never of an advice.
  const OccasionRequest* occasion = nullptr;
};

// Exactly one of the two references is set.  By request id, it is one of the
// calling terminal's own.
struct CaptureRequest {
  TransactionId original;
  RequestId original_request_id;
  Fen amount;  // of the list price, >= 0; the whole uncaptured rest when has_amount is false
  bool has_amount = false;
  bool final_capture = true;  // release what remains held
  uint32_t stan = 0;
};

struct ReverseRequest {
  TransactionId original;
  RequestId original_request_id;
  Fen amount;  // of the list price, >= 0; all of it when has_amount is false
  bool has_amount = false;
  ReversalReason reason = ReversalReason::kCustomerCancellation;
  uint32_t stan = 0;
};

// Raises a hold.  References as above.
struct IncrementRequest {
  TransactionId original;
  RequestId original_request_id;
  Fen amount;           // on top of the list price, > 0
  uint32_t hold_s = 0;  // the hold lasts at least so long from now; 0 = as it did
  uint32_t stan = 0;
};

// Gives back what was captured.  The original is the authorization.  References as above.
struct RefundRequest {
  TransactionId original;
  RequestId original_request_id;
  Fen amount;  // of the list price, >= 0; all that is not refunded when has_amount is false
  bool has_amount = false;
  uint8_t line_count = 0;
  const ReturnedLine* lines = nullptr;  // instead of an amount, in order of their numbers
  uint32_t stan = 0;
};

// Compares the calling terminal's open batch with its own numbers, and closes it.
struct CloseBatchRequest {
  Totals theirs;
};

// Exactly one of the two references is set.
struct InquiryRequest {
  TransactionId transaction;
  RequestId request_id;  // of the terminal in the command's header
};

// What may a member use now?  Exactly one of card and member is set.  A terminal asks by
// card.
struct EntitlementsRequest {
  CardNumber card;
  MemberId member;
  bool here = false;  // only what the calling terminal offers
  EntitlementList* list = nullptr;
};

struct SegmentRequest {
  SegmentCode code;
  DisplayName name;
};

struct UnionNodeRequest {
  UnionNodeId id;
  UnionNodeId parent;  // none = a root
  UnionLevel level = UnionLevel::kOther;
  DisplayName name;
};

struct SegmentSpanRequest {
  SegmentCode segment;
  TimestampNs starts_at;
  TimestampNs ends_at = kTimestampMax;
};

// What a request does not say, and what therefore stays as it stands; in a row that is
// new the request's own value is the default.  The ledger resolves it, because what
// stands is known only there: read first and written later, a card that is reported
// lost in between would be active again.
struct MemberKeeps {
  bool union_node = false;
  bool status = false;
  bool real_name_verified = false;
  bool sex = false;
  bool joined_day = false;
  bool segments = false;
};

struct MemberRequest {
  MemberId id;
  UnionNodeId union_node;
  MemberStatus status = MemberStatus::kActive;
  bool real_name_verified = false;
  Sex sex = Sex::kUnknown;
  JoinedDay joined_day = 0;
  uint32_t span_count = 0;
  std::array<SegmentSpanRequest, kSegmentSpansPerMemberMax> spans{};
  MemberKeeps keep;
  // May make a suspended member active.  A permission, not an effect: not journalled.
  bool reactivate = false;
};

struct CardKeeps {
  bool status = false;
  bool kind = false;
  bool expires_day = false;
};

struct CardRequest {
  CardNumber number;
  MemberId member;
  CardStatus status = CardStatus::kActive;
  CardKind kind = CardKind::kPhysical;
  int32_t expires_day = 0;
  CardKeeps keep;           // not of a replacement, whose card is new
  bool reactivate = false;  // a paused, lost or stolen card; not journalled
};

struct MerchantRequest {
  MerchantId id;
  UnionNodeId union_node;
  Mcc mcc = 0;
  MerchantStatus status = MerchantStatus::kActive;
  DisplayName name;
};

struct TerminalRequest {
  TerminalId id;
  MerchantId merchant;
  TerminalKind kind = TerminalKind::kPos;
  TerminalStatus status = TerminalStatus::kActive;
};

// As MemberKeeps.  A fund that is new is made with what it is and has: `asset` and `budget`
// must be said then.
struct FundKeeps {
  bool owner = false;
  bool asset = false;
  bool budget = false;
  bool opens_at = false;
  bool closes_at = false;
  bool advice_may_overrun = false;
  bool payer = false;
  bool name = false;
};

struct FundRequest {
  FundCode code;
  UnionNodeId owner;  // none = the root
  Asset asset = Asset::kMoney;
  Fen budget;
  TimestampNs opens_at;
  TimestampNs closes_at = kTimestampMax;
  bool advice_may_overrun = false;
  Payer payer = Payer::kUnion;
  DisplayName name;
  FundKeeps keep;  // nothing of what a programme's file declares
};

struct MemberStatusRequest {
  MemberId member;
  MemberStatus status = MemberStatus::kActive;
};

struct CardStatusRequest {
  CardNumber card;
  CardStatus status = CardStatus::kActive;
};

// The old card becomes kReplaced; the new one is the same member's.
struct ReplaceCardRequest {
  CardNumber old_card;
  CardRequest new_card;
};

struct RetireProgrammeRequest {
  ProgrammeCode code;
};

// Moves a version to another stage: kShadow, kScheduled, kActive (now; an older version is
// a rollback), kWithdrawn, or back to kValidated.
struct StageProgrammeRequest {
  ProgrammeCode code;
  uint32_t version = 0;
  Stage stage = Stage::kActive;
  TimestampNs activates_at;  // kScheduled
};

struct alignas(kCacheLineBytes) Command {
  constexpr Command() : authorize{} {}

  CommandKind kind = CommandKind::kAuthorize;
  // Operators' commands: decide and answer, change nothing.
  bool validate_only = false;
  // Terminals' commands:
  TerminalId terminal;  // the caller, as the listener established it
  RequestId request_id;
  // Past this instant nothing may change on the caller's behalf.
  TimestampNs deadline = kTimestampMax;
  // kAuthorize (capture_at_once), kCapture: it was done without asking, and this is the
  // evidence.  Belongs to whoever submits.
  const AdviceRequest* advice = nullptr;
  // When given, filled with what the transaction that is answered has of these.
  Details* details = nullptr;

  union {
    AuthorizeRequest authorize;  // kAuthorize, kQuote
    CaptureRequest capture;
    ReverseRequest reverse;
    IncrementRequest increment;
    RefundRequest refund;
    CloseBatchRequest close_batch;
    InquiryRequest inquiry;
    EntitlementsRequest entitlements;
    const ArchiveMark* archive;
    const ArchivedTransaction* thaw;
    const SegmentRequest* segment;
    const UnionNodeRequest* union_node;
    const MemberRequest* member;
    const CardRequest* card;
    const MerchantRequest* merchant;
    const TerminalRequest* terminal_setting;
    const FundRequest* fund;
    const ProgrammeImage* programme;
    const MemberStatusRequest* member_status;
    const CardStatusRequest* card_status;
    const ReplaceCardRequest* replace_card;
    const RetireProgrammeRequest* retire_programme;
    const StageProgrammeRequest* stage_programme;
    const IssueVouchersRequest* issue_vouchers;
    const VoidVouchersRequest* void_vouchers;
    const CommitDrawRequest* commit_draw;
    const CloseDrawRequest* close_draw;
    const SettleDrawRequest* settle_draw;
    const DrawPrizeRequest* draw_prize;
    const ContributeRequest* contribute;
    const RevokeContributionRequest* revoke_contribution;
    const JudgeClaimRequest* judge_claim;  // kApproveClaim, kRejectClaim
  };
};
static_assert(std::is_trivially_copyable_v<Command>);
static_assert(sizeof(Command) == 3 * kCacheLineBytes);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_COMMAND_H_
