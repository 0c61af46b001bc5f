// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the ledger tells, as bytes of replies or as a refusal.

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "engine/domain/details.h"
#include "engine/domain/explanation.h"
#include "engine/domain/limits.h"
#include "engine/server/price_words.h"
#include "engine/server/reason_text.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"
#include "engine/server/translate_rows.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "gonghui/v1/member_service.pb.h"

namespace gonghui {

std::string_view FieldName(Field field) {
  switch (field) {
    case Field::kNone:
      return "";
    case Field::kMethod:
      return "method";
    case Field::kTerminalId:
      return "terminal_id";
    case Field::kMerchantId:
    case Field::kMerchant:
      return "merchant_id";
    case Field::kCardNumber:
      return "card_number";
    case Field::kListPrice:
      return "list_price_fen";
    case Field::kProgramme:
      return "programme_code";
    case Field::kCapture:
      return "capture";
    case Field::kIfNoBenefit:
      return "if_no_benefit";
    case Field::kHoldSeconds:
      return "hold_seconds";
    case Field::kPosEntryMode:
      return "pos_entry_mode";
    case Field::kAllowPartial:
      return "allow_partial_approval";
    case Field::kOriginal:
      return "original_transaction_id";
    case Field::kAmount:
      return "amount_fen";
    case Field::kFinalCapture:
      return "final_capture";
    case Field::kLines:
      return "lines";
    case Field::kSequence:
      return "terminal_sequence";
    case Field::kBusinessDay:
      return "business_date";
    case Field::kMemberPaid:
      return "member_paid_fen";
    case Field::kTotals:
      return "totals";
    case Field::kReversalReason:
      return "reversal_reason";
    case Field::kUnionNode:
    case Field::kOwner:
      return "union_node_id";
    case Field::kParent:
      return "parent_id";
    case Field::kMember:
      return "member_id";
    case Field::kSegment:
      return "segment_code";
    case Field::kFund:
    case Field::kStock:
      return "fund_code";
    case Field::kMemberUnion:
      return "member_union";
    case Field::kMerchantUnion:
      return "merchant_union";
    case Field::kAsset:
      return "asset";
    case Field::kBudget:
      return "budget";
    case Field::kStatus:
      return "status";
    case Field::kTransactions:
      return "transactions";
    case Field::kMembers:
      return "members";
    case Field::kCards:
      return "cards";
    case Field::kMerchants:
      return "merchants";
    case Field::kTerminals:
      return "terminals";
    case Field::kFunds:
      return "funds";
    case Field::kProgrammes:
      return "programmes";
    case Field::kUnionNodes:
      return "union_nodes";
    case Field::kSegments:
      return "segments";
    case Field::kCodes:
      return "codes";
    case Field::kCounters:
      return "counters";
    case Field::kTerminal:
      return "terminal_id";
    case Field::kStage:
      return "stage";
    case Field::kActivatesAt:
      return "activates_at";
    case Field::kJoinedDay:
      return "joined_on";
    case Field::kPayer:
      return "paid_by";
    case Field::kVoucher:
      return "voucher_code";
    case Field::kSlotAt:
      return "slot_at";
    case Field::kEventAt:
      return "event_at";
    case Field::kFiledBy:
      return "filed_by";
    case Field::kVouchers:
      return "vouchers";
    case Field::kSeries:
      return "voucher_series";
    case Field::kOccasions:
      return "occasions";
    case Field::kApprovals:
      return "approvals";
    case Field::kDraw:
      return "draw_code";
    case Field::kDraws:
      return "draws";
    case Field::kPrize:
      return "prizes";
    case Field::kSeedHash:
      return "seed_hash";
    case Field::kEntries:
      return "entries";
    case Field::kClosesAt:
      return "closes_at";
    case Field::kReceipt:
      return "receipt_code";
    case Field::kContributions:
      return "contributions";
    case Field::kCover:
      return "covers_until";
    case Field::kClaim:
      return "transaction_id";
    case Field::kApprover:
      return "by";
  }
  return "";
}

bool IsRefused(const Command& command, const Result& result, Refusal* refusal) {
  if (result.verdict == Verdict::kDecided || result.verdict == Verdict::kUnchanged) [[likely]] {
    return false;
  }
  *refusal = Refusal{};
  refusal->field = std::string(FieldName(result.field));
  switch (result.verdict) {
    case Verdict::kDecided:
    case Verdict::kUnchanged:
      return false;
    case Verdict::kDuplicateMismatch:
      refusal->code = StatusCode::kAlreadyExists;
      refusal->reason = "DUPLICATE_MISMATCH";
      refusal->message = "the request_id was used before with another value of " + refusal->field;
      if (result.field == Field::kLines) {
        refusal->index = result.index;
      }
      return true;
    case Verdict::kPermissionDenied:
      refusal->code = StatusCode::kPermissionDenied;
      refusal->reason = "PERMISSION_DENIED";
      refusal->message = "the terminal may not act for another " +
                         std::string(result.field == Field::kMerchantId ? "merchant" : "terminal");
      return true;
    case Verdict::kNotFound:
      *refusal = NotFound("transaction of this terminal",
                          command.kind == CommandKind::kGetTransaction &&
                                  command.inquiry.transaction == TransactionId{}
                              ? "request_id"
                              : "transaction_id");
      return true;
    case Verdict::kDeadlineExceeded:
      refusal->code = StatusCode::kDeadlineExceeded;
      refusal->reason = "DEADLINE_EXCEEDED";
      refusal->message = "the call's deadline passed before the decision; nothing was changed";
      return true;
    case Verdict::kFull:
      refusal->code = StatusCode::kResourceExhausted;
      refusal->retry_delay_ms = 60'000;
      if (result.field == Field::kTotals) {
        refusal->reason = "BATCH_FULL";
        refusal->message = "the terminal's open batch can add up no more: close it first";
        return true;
      }
      refusal->reason = "TABLE_FULL";
      refusal->message = "the ledger's table of " + refusal->field + " is full";
      return true;
    case Verdict::kRefused:
      refusal->code = StatusCode::kFailedPrecondition;
      refusal->reason = "REFUSED";
      refusal->message = "refused because of " + refusal->field;
      return true;
    case Verdict::kOutOfRange:
      *refusal =
          InvalidArgument(FieldName(result.field), "would take the whole past 1000000000000 fen");
      return true;
    case Verdict::kArchiveUnreadable:
      refusal->code = StatusCode::kDataLoss;
      refusal->reason = "ARCHIVE_DAMAGED";
      refusal->message =
          "what the request names can not be read back from the archive, so nothing was decided: "
          "the operator must look at it";
      return true;
  }
  return false;
}

namespace {

using WireTransaction = v1::Transaction;
using WireShare = v1::AppliedBenefit;
using WireLimit = v1::LimitState;
using WireCheck = v1::FailedCheck;
using WireFund = v1::FailedFund;
using WireLine = v1::TransactionLine;

static_assert(static_cast<int>(Outcome::kDeclined) == v1::OUTCOME_DECLINED);
static_assert(static_cast<int>(TransactionKind::kReversal) == v1::TRANSACTION_KIND_REVERSAL);
static_assert(static_cast<int>(TransactionKind::kIncrement) == v1::TRANSACTION_KIND_INCREMENT);
static_assert(static_cast<int>(TransactionKind::kRefund) == v1::TRANSACTION_KIND_REFUND);
static_assert(static_cast<int>(TransactionKind::kBatchClose) == v1::TRANSACTION_KIND_BATCH_CLOSE);
static_assert(static_cast<int>(Liability::kNone) == v1::LIABILITY_UNSPECIFIED);
static_assert(static_cast<int>(Liability::kProgramme) == v1::LIABILITY_PROGRAMME);
static_assert(static_cast<int>(Liability::kAcquirer) == v1::LIABILITY_ACQUIRER);
static_assert(static_cast<int>(Liability::kManual) == v1::LIABILITY_MANUAL);
static_assert(static_cast<int>(TransactionState::kCompleted) == v1::TRANSACTION_STATE_COMPLETED);
static_assert(static_cast<int>(TransactionState::kRefunded) == v1::TRANSACTION_STATE_REFUNDED);
static_assert(static_cast<int>(Retry::kNewIdLater) == v1::RETRY_NEW_ID_LATER);
static_assert(static_cast<int>(LimitMeasure::kPrice) == v1::LIMIT_MEASURE_PRICE_FEN);
static_assert(static_cast<int>(LimitSubject::kTerminal) == v1::LIMIT_SUBJECT_TERMINAL);
static_assert(static_cast<int>(WindowKind::kSlot) == v1::LIMIT_WINDOW_SLOT);

// Lengths: every field of Transaction at its longest, checked by a test.
static_assert(kSharesPerTransactionMax * 160 + kUsesPerTransactionMax * 200 +
                  kLinesPerTransactionMax * 96 + 1'024 <
              kReplyBytesMax);

template <class E>
int64_t Number(E value) {
  return static_cast<int64_t>(value);
}

// Of an AppliedBenefit, which of them it is.
WireCursor AppendBenefit(const Ledger& names, BenefitRow row, WireCursor out) {
  const Benefit& benefit = names.benefits()[row];
  const Programme& programme = names.programmes()[benefit.programme];
  out.Text<WireShare::kProgrammeCodeFieldNumber>(programme.code);
  out.Int<WireShare::kProgrammeVersionFieldNumber>(programme.version);
  out.Text<WireShare::kBenefitCodeFieldNumber>(benefit.code);
  return out;
}

// One that nothing is paid or handed out by.
WireCursor AppendBenefitAlone(const Ledger& names, BenefitRow row, WireCursor out) {
  const auto start = out.BeginShort<WireTransaction::kAppliedBenefitsFieldNumber>();
  out = AppendBenefit(names, row, out);
  out.End(start);
  return out;
}

WireCursor AppendShare(const Ledger& names, const ResultShare& share, WireCursor out) {
  const Fund& fund = names.funds()[share.fund];
  const auto start = out.BeginShort<WireTransaction::kAppliedBenefitsFieldNumber>();
  out = AppendBenefit(names, share.benefit, out);
  out.Text<WireShare::kFundCodeFieldNumber>(fund.code);
  if (fund.asset == Asset::kMoney) {
    out.Int<WireShare::kAmountFenFieldNumber>(share.amount.value());
  } else {
    out.Int<WireShare::kPiecesFieldNumber>(share.amount.value());
  }
  out.End(start);
  return out;
}

WireCursor AppendLimit(const Ledger& names, const ResultLimit& state, WireCursor out) {
  const Limit& limit = names.limits()[state.limit];
  out.Text<WireLimit::kProgrammeCodeFieldNumber>(names.programmes()[limit.programme].code);
  out.Text<WireLimit::kLimitCodeFieldNumber>(limit.code);
  out.Int<WireLimit::kMeasureFieldNumber>(Number(limit.measure));
  out.Int<WireLimit::kSubjectFieldNumber>(Number(limit.subject));
  out.Int<WireLimit::kWindowFieldNumber>(Number(limit.window));
  const bool unlimited = limit.max == kLimitUnlimited;
  out.Int<WireLimit::kMaxFieldNumber>(unlimited ? 0 : limit.max);
  out.Int<WireLimit::kUsedFieldNumber>(state.used);
  out.Int<WireLimit::kHeldFieldNumber>(state.held);
  out.Int<WireLimit::kLeftFieldNumber>(unlimited ? 0 : state.left);
  out.Time<WireLimit::kResetsAtFieldNumber>(state.resets_at);
  out.Bool<WireLimit::kUnlimitedFieldNumber>(unlimited);
  out.Int<WireLimit::kWindowSpanFieldNumber>(limit.span > 1 ? limit.span : 0);
  out.Bool<WireLimit::kNoShowsFieldNumber>(limit.scope == LimitScope::kNoShow);
  return out;
}

template <int kField>
WireCursor AppendFailedFund(
    const Ledger& names, FundRow row, Fen needed, Fen available, WireCursor out) {
  const Fund& fund = names.funds()[row];
  const auto start = out.BeginShort<kField>();
  out.Text<WireFund::kFundCodeFieldNumber>(fund.code);
  if (fund.asset == Asset::kMoney) {
    out.Int<WireFund::kNeededFenFieldNumber>(needed.value());
    out.Int<WireFund::kAvailableFenFieldNumber>(available.value());
  } else {
    out.Int<WireFund::kNeededPiecesFieldNumber>(needed.value());
    out.Int<WireFund::kAvailablePiecesFieldNumber>(available.value());
  }
  out.End(start);
  return out;
}

WireCursor AppendFailedCheck(const Ledger& names, const Result& result, WireCursor out) {
  const Transaction& transaction = result.transaction;
  const auto start = out.Begin<WireTransaction::kFailedCheckFieldNumber>();
  const Benefit& benefit = names.benefits()[transaction.benefit];
  const Programme& programme = names.programmes()[benefit.programme];
  out.Text<WireCheck::kProgrammeCodeFieldNumber>(programme.code);
  out.Int<WireCheck::kProgrammeVersionFieldNumber>(programme.version);
  out.Text<WireCheck::kBenefitCodeFieldNumber>(benefit.code);
  if (transaction.reason == Reason::kBelowMinimumAmount) {
    out.Int<WireCheck::kMinimumFenFieldNumber>(benefit.price.threshold.value());
  }
  for (uint32_t i = 0; i < result.limit_count; ++i) {
    if (transaction.failed_limit() != LimitRow{} &&
        result.limits[i].limit == transaction.failed_limit()) {
      const auto limit = out.BeginShort<WireCheck::kLimitFieldNumber>();
      out = AppendLimit(names, result.limits[i], out);
      out.End(limit);
      break;
    }
  }
  if (transaction.failed_fund() != FundRow{}) {
    out = AppendFailedFund<WireCheck::kFundFieldNumber>(
        names, transaction.failed_fund(), transaction.captured_subsidy, transaction.captured, out);
  }
  out.End(start);
  return out;
}

WireCursor AppendLine(const Line& line, WireCursor out) {
  const auto start = out.BeginShort<WireTransaction::kLinesFieldNumber>();
  out.Int<WireLine::kLineNumberFieldNumber>(line.number);
  out.Text<WireLine::kItemCodeFieldNumber>(line.item);
  out.Int<WireLine::kQuantityFieldNumber>(line.quantity);
  out.Int<WireLine::kPriceFenFieldNumber>(line.price.value());
  out.Int<WireLine::kMemberPaysFenFieldNumber>((line.price - line.subsidy).value());
  out.Int<WireLine::kSubsidyFenFieldNumber>(line.subsidy.value());
  out.Int<WireLine::kReturnedQuantityFieldNumber>(line.returned);
  out.End(start);
  return out;
}

// Of the transaction: its lines, and what an advice has.
WireCursor AppendDetails(const Details& details, WireCursor out) {
  using T = WireTransaction;
  for (uint32_t i = 0; i < details.line_count; ++i) {
    out = AppendLine(details.lines[i], out);
  }
  if (details.is_advice) {
    const Advice& advice = details.advice;
    out.Time<T::kOccurredAtFieldNumber>(advice.occurred_at);
    out.Time<T::kJudgedAtFieldNumber>(advice.judged_at);
    out.Bool<T::kClockAdjustedFieldNumber>(advice.clock_adjusted);
    out.Int<T::kLiabilityFieldNumber>(Number(advice.liability));
    out.Int<T::kAcquirerBearsFenFieldNumber>(advice.acquirer_bears.value());
  }
  return out;
}

template <int kField>
WireCursor AppendTotals(const Totals& totals, WireCursor out) {
  using B = v1::BatchTotals;
  const auto start = out.BeginShort<kField>();
  out.Int<B::kCaptureCountFieldNumber>(totals.captures);
  out.Int<B::kCapturedFenFieldNumber>(totals.captured.value());
  out.Int<B::kRefundCountFieldNumber>(totals.refunds);
  out.Int<B::kRefundedFenFieldNumber>(totals.refunded.value());
  out.Int<B::kReversalCountFieldNumber>(totals.reversals);
  out.Int<B::kReversedFenFieldNumber>(totals.reversed.value());
  out.Int<B::kSubsidyFenFieldNumber>(totals.subsidy.value());
  out.End(start);
  return out;
}

// The rest of CloseBatchResponse.
WireCursor AppendBatch(const Batch& batch, WireCursor out) {
  using R = v1::CloseBatchResponse;
  out.Int<R::kOutcomeFieldNumber>(batch.ours == batch.theirs ? v1::BATCH_OUTCOME_IN_BALANCE
                                                             : v1::BATCH_OUTCOME_OUT_OF_BALANCE);
  out.Int<R::kBatchNumberFieldNumber>(batch.number);
  out.Time<R::kOpenedAtFieldNumber>(batch.opened_at);
  out.Time<R::kClosedAtFieldNumber>(batch.closed_at);
  out = AppendTotals<R::kEngineTotalsFieldNumber>(batch.ours, out);
  out = AppendTotals<R::kTerminalTotalsFieldNumber>(batch.theirs, out);
  return out;
}

// Numbers of fields, of several messages.
template <class... E>
constexpr bool AreSame(E... numbers) {
  const std::array<int, sizeof...(numbers)> all = {static_cast<int>(numbers)...};
  for (const int number : all) {
    if (number != all[0]) {
      return false;
    }
  }
  return true;
}

// Lengths: the fields of each at their longest, checked by a test.
constexpr size_t kCheckBytesMax = 512;
constexpr size_t kEntitlementBytesMax = 2'560;

// An answer is of the instant at which it was decided, and so is what was wrong with its slot:
// a repeat tells the same.
DisplayMessage SlotMessageOf(const Ledger& names,
                             BenefitRow benefit,
                             const Command& command,
                             TimestampNs decided_at) {
  const bool may_ask =
      command.kind == CommandKind::kAuthorize || command.kind == CommandKind::kQuote;
  TimestampNs slot_at;
  if (command.details != nullptr) {
    slot_at = command.details->slot_at;
  } else if (may_ask && command.authorize.occasion != nullptr) {
    slot_at = command.authorize.occasion->slot_at;
  }
  return SlotMessageOf(names.SlotFaultOf(names.benefits()[benefit], slot_at, decided_at));
}

void AppendCheck(const Ledger& names,
                 const Command& command,
                 const CheckResult& check,
                 TimestampNs decided_at,
                 WireWriter* out) {
  using C = v1::CheckOutcome;
  out->Reserve(kCheckBytesMax);
  const auto start = out->Begin<v1::AuthorizeResponse::kChecksFieldNumber>();
  if (check.benefit != BenefitRow{}) {
    const Benefit& benefit = names.benefits()[check.benefit];
    const Programme& programme = names.programmes()[benefit.programme];
    out->Text<C::kProgrammeCodeFieldNumber>(programme.code);
    out->Int<C::kProgrammeVersionFieldNumber>(programme.version);
    out->Text<C::kBenefitCodeFieldNumber>(benefit.code);
  }
  out->Int<C::kCheckFieldNumber>(Number(check.check));
  out->Bool<C::kPassedFieldNumber>(check.passed);
  if (check.about_limit) {
    const auto limit = out->BeginShort<C::kLimitFieldNumber>();
    out->GoOn(AppendLimit(names, check.limit, out->cursor()));
    out->End(limit);
  }
  const DisplayMessage display = check.check == Reason::kSlotNotAvailable && !check.passed
                                     ? SlotMessageOf(names, check.benefit, command, decided_at)
                                     : CheckMessageOf(check.check, check.passed);
  out->Bytes<C::kDisplayMessageFieldNumber>(display.english);
  out->Bytes<C::kDisplayMessageZhFieldNumber>(display.chinese);
  if (check.check == Reason::kBelowMinimumAmount && check.benefit != BenefitRow{}) {
    const Benefit& benefit = names.benefits()[check.benefit];
    out->Int<C::kMinimumFenFieldNumber>(benefit.price.threshold.value());
  }
  if (check.fund != FundRow{}) {
    out->GoOn(AppendFailedFund<C::kFundFieldNumber>(
        names, check.fund, check.needed, check.available, out->cursor()));
  }
  out->End(start);
}

void AppendChecks(const Ledger& names,
                  const Command& command,
                  TimestampNs decided_at,
                  WireWriter* out) {
  using R = v1::AuthorizeResponse;
  using Q = v1::QuoteResponse;
  static_assert(AreSame(R::kChecksFieldNumber, Q::kChecksFieldNumber));
  static_assert(AreSame(R::kChecksTruncatedFieldNumber, Q::kChecksTruncatedFieldNumber));
  const Explanation& explanation = *command.authorize.explanation;
  for (uint32_t i = 0; i < explanation.count; ++i) {
    AppendCheck(names, command, explanation.checks[i], decided_at, out);
  }
  out->Reserve(kCheckBytesMax);
  out->Bool<R::kChecksTruncatedFieldNumber>(explanation.truncated);
}

// A benefit's row never changes, so its name and price may be read like its code.
void AppendEntitlement(const Ledger& names, const Entitlement& item, WireWriter* out) {
  using E = v1::Entitlement;
  const Benefit& benefit = names.benefits()[item.benefit];
  const Programme& programme = names.programmes()[benefit.programme];
  std::string price = PriceInWords(benefit.price, names.StepsOf(benefit.price));
  if (AsksFor(benefit.asks, Asks::kEarlierPrices)) {
    const LimitRow counts_on = names.benefit_terms()[benefit.terms].earlier_prices;
    price += CountedOnInWords(TextOf(names.limits()[counts_on].code));
  }
  out->Reserve(kEntitlementBytesMax + price.size());
  const auto start = out->Begin<v1::GetEntitlementsResponse::kEntitlementsFieldNumber>();
  out->Text<E::kProgrammeCodeFieldNumber>(programme.code);
  out->Int<E::kProgrammeVersionFieldNumber>(programme.version);
  out->Text<E::kBenefitCodeFieldNumber>(benefit.code);
  out->Bytes<E::kDisplayNameFieldNumber>({benefit.name.data(), benefit.name.size()});
  out->Bytes<E::kPriceFieldNumber>(price);
  out->Int<E::kReasonFieldNumber>(Number(item.reason));
  out->Time<E::kNextEligibleAtFieldNumber>(item.next_eligible_at);
  for (uint32_t i = 0; i < item.limit_count; ++i) {
    const auto limit = out->BeginShort<E::kLimitsFieldNumber>();
    out->GoOn(AppendLimit(names, item.limits[i], out->cursor()));
    out->End(limit);
  }
  const DisplayMessage display = EntitlementMessageOf(item.reason);
  out->Bytes<E::kDisplayMessageFieldNumber>(display.english);
  out->Bytes<E::kDisplayMessageZhFieldNumber>(display.chinese);
  out->End(start);
}

// A slot that is full is no use that was used up.
bool IsOfFullSlot(const Ledger& names, const Transaction& transaction) {
  return transaction.reason == Reason::kExceedsFrequencyLimit &&
         names.limits()[transaction.failed_limit()].window == WindowKind::kSlot;
}

// The transaction tells, but for an unknown terminal there is none.
TransactionKind KindOf(const Command& command, const Result& result) {
  if (result.transaction_id != TransactionId{}) {
    return result.transaction.kind;
  }
  switch (command.kind) {
    case CommandKind::kCapture:
      return TransactionKind::kCapture;
    case CommandKind::kReverse:
      return TransactionKind::kReversal;
    case CommandKind::kIncrement:
      return TransactionKind::kIncrement;
    case CommandKind::kRefund:
      return TransactionKind::kRefund;
    case CommandKind::kCloseBatch:
      return TransactionKind::kBatchClose;
    default:
      return TransactionKind::kAuthorization;
  }
}

// Whose transaction it is: the caller's, a repeat's as well, but that an operator, or another
// terminal of the merchant, may inquire about it.
const TerminalId& TerminalOf(const Ledger& names, const Command& command, const Result& result) {
  return command.kind == CommandKind::kGetTransaction
             ? names.terminals()[result.transaction.terminal].id
             : command.terminal;
}

}  // namespace

void AppendTransaction(const Ledger& names,
                       const Command& command,
                       const Result& result,
                       WireWriter* writer) {
  using T = WireTransaction;
  WireCursor out = writer->cursor();
  const Transaction& transaction = result.transaction;
  const bool recorded = result.transaction_id != TransactionId{};
  const bool declined = transaction.outcome == Outcome::kDeclined;
  const bool is_advice = command.details != nullptr && command.details->is_advice;
  const TransactionKind kind = KindOf(command, result);
  const bool authorization = kind == TransactionKind::kAuthorization;
  std::array<char, kTransactionIdTextBytes> id{};
  if (recorded) {
    WriteTransactionId(result.transaction_id, id.data());
    std::memcpy(out.Fixed<T::kTransactionIdFieldNumber, kTransactionIdTextBytes>(),
                id.data(),
                kTransactionIdTextBytes);
  }
  out.Int<T::kKindFieldNumber>(Number(kind));
  out.Int<T::kOutcomeFieldNumber>(Number(transaction.outcome));
  out.Int<T::kReasonFieldNumber>(Number(transaction.reason));
  if (declined) {
    // What an advice tells has happened: there is nothing to try again.
    out.Int<T::kRetryFieldNumber>(Number(is_advice ? Retry::kNever : RetryOf(transaction.reason)));
  }
  if (recorded) {
    out.Int<T::kStateFieldNumber>(Number(transaction.state));
  }
  const RequestId& request_id =
      transaction.request_id.IsNone() ? command.request_id : transaction.request_id;
  if (!request_id.IsNone()) {
    WriteUuid(request_id, out.Fixed<T::kRequestIdFieldNumber, kUuidTextBytes>());
  }
  out.Text<T::kTerminalIdFieldNumber>(TerminalOf(names, command, result));
  out.Text<T::kMerchantIdFieldNumber>(result.merchant);
  if (recorded && !declined) {
    // The last six characters: the transaction's number within 2^30.
    std::memcpy(out.Fixed<T::kApprovalCodeFieldNumber, kApprovalCodeBytes>(),
                id.data() + kTransactionIdTextBytes - kApprovalCodeBytes,
                kApprovalCodeBytes);
  }
  out.Time<T::kDecidedAtFieldNumber>(transaction.decided_at);
  out.Int<T::kListPriceFenFieldNumber>(transaction.list_price.value());
  out.Int<T::kMemberPaysFenFieldNumber>(transaction.member_pays.value());
  out.Int<T::kSubsidyFenFieldNumber>(transaction.subsidy.value());
  if (const BenefitRow alone = transaction.benefit_without_share(); alone != BenefitRow{})
      [[unlikely]] {
    out = AppendBenefitAlone(names, alone, out);
  }
  for (uint32_t i = 0; i < result.share_count; ++i) {
    out = AppendShare(names, result.shares[i], out);
  }
  if (declined) {
    if (transaction.benefit != BenefitRow{}) {
      out = AppendFailedCheck(names, result, out);
    }
    if (!is_advice) {
      out.Time<T::kNextEligibleAtFieldNumber>(transaction.expires_at);
    }
  } else {
    for (uint32_t i = 0; i < result.limit_count; ++i) {
      const auto start = out.BeginShort<T::kLimitsFieldNumber>();
      out = AppendLimit(names, result.limits[i], out);
      out.End(start);
    }
    if (authorization) {
      if (!transaction.capture_at_once) {
        out.Time<T::kExpiresAtFieldNumber>(transaction.expires_at);
      }
      out.Int<T::kCapturedFenFieldNumber>(transaction.captured.value());
    } else if (kind == TransactionKind::kIncrement) {
      out.Time<T::kExpiresAtFieldNumber>(transaction.expires_at);
    }
  }
  if (result.original_id != TransactionId{}) {
    WriteTransactionId(result.original_id,
                       out.Fixed<T::kOriginalTransactionIdFieldNumber, kTransactionIdTextBytes>());
  }
  if (kind == TransactionKind::kReversal) {
    out.Bool<T::kOriginalFoundFieldNumber>(transaction.original_found);
  }
  const Details* const details = command.details;
  const DisplayMessage display =
      details != nullptr && details->is_batch        ? BatchMessageOf(details->batch)
      : declined && IsOfFullSlot(names, transaction) ? FullSlotMessage()
      : declined && transaction.reason == Reason::kSlotNotAvailable
          ? SlotMessageOf(names, transaction.benefit, command, transaction.decided_at)
          : DisplayMessageOf(transaction);
  out.Bytes<T::kDisplayMessageFieldNumber>(display.english);
  out.Bytes<T::kDisplayMessageZhFieldNumber>(display.chinese);
  out.Int<T::kStanFieldNumber>(transaction.stan);
  // Of a decline these tell something else: see Transaction.
  if (authorization && !declined) {
    out.Int<T::kCapturedSubsidyFenFieldNumber>(transaction.captured_subsidy.value());
    out.Int<T::kRefundedFenFieldNumber>(transaction.progress.refunded.value());
    out.Int<T::kRefundedSubsidyFenFieldNumber>(transaction.progress.refunded_subsidy.value());
  }
  out.Bool<T::kOverrunFieldNumber>(transaction.overrun);
  if (details != nullptr) [[unlikely]] {
    out = AppendDetails(*details, out);
  }
  if (authorization && !declined) {
    out.Int<T::kRestatedFenFieldNumber>(transaction.progress.restated.value());
    out.Int<T::kRestatedSubsidyFenFieldNumber>(transaction.progress.restated_subsidy.value());
  }
  if (details != nullptr) [[unlikely]] {
    out.Time<T::kSlotAtFieldNumber>(details->slot_at);
    out.Time<T::kEventAtFieldNumber>(details->event_at);
  }
  writer->GoOn(out);
}

void AppendReply(const Ledger& names,
                 const Command& command,
                 const Result& result,
                 std::string_view transport_data,
                 WireWriter* out) {
  // The replies agree on their numbers; Quote and GetTransaction have the
  // first only.
  using R = v1::AuthorizeResponse;
  static_assert(AreSame(R::kTransactionFieldNumber,
                        v1::CaptureResponse::kTransactionFieldNumber,
                        v1::ReverseResponse::kTransactionFieldNumber,
                        v1::IncrementAuthorizationResponse::kTransactionFieldNumber,
                        v1::RefundResponse::kTransactionFieldNumber,
                        v1::CloseBatchResponse::kTransactionFieldNumber,
                        v1::QuoteResponse::kTransactionFieldNumber,
                        v1::GetTransactionResponse::kTransactionFieldNumber));
  static_assert(AreSame(R::kIdempotentReplayFieldNumber,
                        v1::CaptureResponse::kIdempotentReplayFieldNumber,
                        v1::ReverseResponse::kIdempotentReplayFieldNumber,
                        v1::IncrementAuthorizationResponse::kIdempotentReplayFieldNumber,
                        v1::RefundResponse::kIdempotentReplayFieldNumber,
                        v1::CloseBatchResponse::kIdempotentReplayFieldNumber));
  static_assert(AreSame(R::kTransportDataFieldNumber,
                        v1::CaptureResponse::kTransportDataFieldNumber,
                        v1::ReverseResponse::kTransportDataFieldNumber,
                        v1::IncrementAuthorizationResponse::kTransportDataFieldNumber,
                        v1::RefundResponse::kTransportDataFieldNumber,
                        v1::CloseBatchResponse::kTransportDataFieldNumber));
  if (command.kind == CommandKind::kGetEntitlements) [[unlikely]] {
    return AppendEntitlements(names, command, result, out);
  }
  const auto start = out->Begin<R::kTransactionFieldNumber>();
  AppendTransaction(names, command, result, out);
  out->End(start);
  if (command.kind != CommandKind::kQuote && command.kind != CommandKind::kGetTransaction) {
    out->Bool<R::kIdempotentReplayFieldNumber>(result.replay);
    out->Bytes<R::kTransportDataFieldNumber>(transport_data);
  }
  const bool may_explain =
      command.kind == CommandKind::kAuthorize || command.kind == CommandKind::kQuote;
  if (may_explain && command.authorize.explanation != nullptr) [[unlikely]] {
    AppendChecks(names, command, result.transaction.decided_at, out);
  }
  if (command.kind == CommandKind::kCloseBatch && command.details->is_batch) [[unlikely]] {
    out->GoOn(AppendBatch(command.details->batch, out->cursor()));
  }
}

void AppendEntitlements(const Ledger& names,
                        const Command& command,
                        const Result& result,
                        WireWriter* out) {
  using R = v1::GetEntitlementsResponse;
  using M = v1::GetMemberEntitlementsResponse;
  static_assert(AreSame(R::kOutcomeFieldNumber, M::kOutcomeFieldNumber));
  static_assert(AreSame(R::kReasonFieldNumber, M::kReasonFieldNumber));
  static_assert(AreSame(R::kDisplayMessageFieldNumber, M::kDisplayMessageFieldNumber));
  static_assert(AreSame(R::kDisplayMessageZhFieldNumber, M::kDisplayMessageZhFieldNumber));
  static_assert(AreSame(R::kEntitlementsFieldNumber, M::kEntitlementsFieldNumber));
  static_assert(AreSame(R::kTruncatedFieldNumber, M::kTruncatedFieldNumber));
  static_assert(AreSame(R::kAsOfFieldNumber, M::kAsOfFieldNumber));
  const EntitlementList& list = *command.entitlements.list;
  const Transaction& answer = result.transaction;
  const DisplayMessage display = EntitlementsMessageOf(answer, list.count);
  out->Reserve(kReplyBytesMax);
  out->Int<R::kOutcomeFieldNumber>(Number(answer.outcome));
  out->Int<R::kReasonFieldNumber>(Number(answer.reason));
  out->Bytes<R::kDisplayMessageFieldNumber>(display.english);
  out->Bytes<R::kDisplayMessageZhFieldNumber>(display.chinese);
  for (uint32_t i = 0; i < list.count; ++i) {
    AppendEntitlement(names, list.items[i], out);
  }
  out->Reserve(kReplyBytesMax);
  out->Bool<R::kTruncatedFieldNumber>(list.truncated);
  out->Time<R::kAsOfFieldNumber>(answer.decided_at);
}

}  // namespace gonghui
