// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/inspect/dump.h"

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/domain/limits.h"
#include "engine/durability/record_format.h"
#include "tools/inspect/event_names.h"
#include "tools/inspect/json_fields.h"
#include "tools/inspect/json_line.h"
#include "tools/inspect/voucher_lines.h"

namespace gonghui {
namespace {

// As a terminal writes its business date: 2026-11-24.
std::string DayText(CivilDay day) {
  const CivilDate date = DateOf(day);
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

void PutTotals(JsonLine& line, std::string_view name, const Totals& totals) {
  line.OpenObject(name);
  line.Number("captures", totals.captures);
  line.Number("captured_fen", totals.captured.value());
  line.Number("refunds", totals.refunds);
  line.Number("refunded_fen", totals.refunded.value());
  line.Number("reversals", totals.reversals);
  line.Number("reversed_fen", totals.reversed.value());
  line.Number("subsidy_fen", totals.subsidy.value());
  line.CloseObject();
}

// The writer of one event's line; knows what may be shown.
class Liner {
 public:
  Liner(const Event& event, uint16_t shard, bool full_cards)
      : event_(event), command_(*event.command), shard_(shard), full_cards_(full_cards) {}

  std::string Line() {
    line_.Number("seq", event_.seq.value());
    line_.Text("at", TimeText(event_.at));
    line_.Text("kind", NameOf(event_.kind));
    PutCode(line_, "terminal_id", command_.terminal);
    PutRequestId(line_, "request_id", command_.request_id);
    line_.OpenObject("command");
    PutCommand();
    if (command_.advice != nullptr) {
      PutEvidence(*command_.advice);
    }
    line_.CloseObject();
    line_.OpenObject("effect");
    if (IsAdmin(command_.kind) || command_.kind == CommandKind::kActivateDue) {
      PutOperatorEffect();
      if (event_.kind == EventKind::kClaimRejected) {
        PutTransactionEffect();
      }
    } else if (command_.kind == CommandKind::kArchive || command_.kind == CommandKind::kThaw) {
      PutRow(line_, "transaction_row", event_.transaction_row);
    } else {
      PutTransactionEffect();
    }
    line_.CloseObject();
    return line_.Finish();
  }

 private:
  void PutCard(std::string_view name, CardNumber number) {
    if (number == CardNumber{}) {
      return;
    }
    std::string digits = fmt::format("{}", number.value());
    for (size_t i = 6; !full_cards_ && i + 4 < digits.size(); ++i) {
      digits[i] = '*';
    }
    line_.Text(name, digits);
  }

  void PutTransactionId(std::string_view name, CommandSeq seq) {
    line_.Number(name, MakeTransactionId(shard_, seq).value());
  }

  void PutAuthorize(const AuthorizeRequest& r) {
    PutCode(line_, "merchant_id", r.merchant);
    PutCard("card_number", r.card);
    line_.Number("list_price_fen", r.list_price.value());
    PutCode(line_, "programme", r.programme);
    line_.Number("stan", r.stan);
    if (r.hold_s != 0) {
      line_.Number("hold_s", r.hold_s);
    }
    line_.Flag("capture_at_once", r.capture_at_once);
    line_.Flag("allow_partial", r.allow_partial);
    line_.Text("if_no_benefit",
               r.if_no_benefit == IfNoBenefit::kFullPrice ? "full_price" : "decline");
    line_.Text("entry_mode", NameOf(r.entry_mode));
    if (r.code_issued_at != TimestampNs{}) {
      line_.OpenObject("code");
      line_.Text("issued_at", TimeText(r.code_issued_at));
      line_.Number("valid_s", r.code_valid_s);
      line_.Text("purpose", NameOf(r.code_purpose));
      line_.CloseObject();
    }
    if (r.occasion != nullptr) {
      PutOccasion(*r.occasion);
    }
    if (r.line_count == 0) {
      return;
    }
    line_.OpenArray("lines");
    for (uint32_t i = 0; i < r.line_count; ++i) {
      line_.OpenItem();
      PutCode(line_, "item_code", r.lines[i].item);
      line_.Number("quantity", r.lines[i].quantity);
      line_.Number("price_fen", r.lines[i].price.value());
      line_.CloseObject();
    }
    line_.CloseArray();
  }

  void PutOccasion(const OccasionRequest& r) {
    line_.OpenObject("occasion");
    PutVoucherKey(line_, "voucher_key", r.voucher);
    if (r.slot_at != TimestampNs{}) {
      line_.Text("slot_at", TimeText(r.slot_at));
    }
    if (r.event_at != TimestampNs{}) {
      line_.Text("event_at", TimeText(r.event_at));
    }
    PutCode(line_, "filed_by", r.filed_by);
    line_.CloseObject();
  }

  // Rows before these have left memory.
  void PutMark(const ArchiveMark& r) {
    line_.Number("first_transaction_row", r.transactions.value());
    line_.Number("first_applied_row", r.applied.value());
    line_.Number("first_use_row", r.uses.value());
    line_.Number("first_line_row", r.lines.value());
    line_.Number("first_advice_row", r.advices.value());
  }

  void PutArchived(const ArchivedTransaction& r) {
    const Transaction& t = r.transaction;
    PutTransactionId("transaction_id", t.seq);
    PutRequestId(line_, "request_id", t.request_id);
    line_.Text("transaction_kind", NameOf(t.kind));
    line_.Text("decided_at", TimeText(t.decided_at));
    if (t.tombstone) {
      line_.Flag("tombstone", true);
    }
    PutCard("card_number", t.card);
    if (!t.IsAuthorization() && t.original_seq != CommandSeq{}) {
      PutTransactionId("original_transaction_id", t.original_seq);
    }
    PutDecision(t);
    PutFen(line_, "refunded_fen", t.IsAuthorization() ? t.progress.refunded : Fen{0});
    line_.Number("share_count", t.applied_count);
    line_.Number("use_count", t.use_count);
    line_.Number("line_count", t.line_count());
    line_.Flag("is_advice", t.advice() != AdviceRow{});
  }

  void PutReturnedLines(const RefundRequest& r) {
    if (r.line_count == 0) {
      return;
    }
    line_.OpenArray("lines");
    for (uint32_t i = 0; i < r.line_count; ++i) {
      line_.OpenItem();
      line_.Number("line_number", r.lines[i].number);
      line_.Number("quantity", r.lines[i].quantity);
      line_.CloseObject();
    }
    line_.CloseArray();
  }

  void PutEvidence(const AdviceRequest& r) {
    line_.OpenObject("advice");
    line_.Text("occurred_at", TimeText(r.occurred_at));
    line_.Number("terminal_sequence", r.sequence);
    line_.Text("business_date", DayText(r.business_day));
    PutFen(line_, "member_paid_fen", r.member_paid);
    if (r.deny_list_at != TimestampNs{}) {
      line_.Text("deny_list_at", TimeText(r.deny_list_at));
    }
    line_.Flag("queue_empty", r.queue_empty);
    line_.CloseObject();
  }

  // What a command about an original says of it.
  template <class Request>
  void PutReference(const Request& r, bool has_amount) {
    if (r.original != TransactionId{}) {
      line_.Number("original_transaction_id", r.original.value());
    }
    PutRequestId(line_, "original_request_id", r.original_request_id);
    if (has_amount) {
      line_.Number("amount_fen", r.amount.value());
    }
    if (r.stan != 0) {
      line_.Number("stan", r.stan);
    }
  }

  void PutCardRequest(const CardRequest& r) {
    PutCard("card_number", r.number);
    PutCode(line_, "member_id", r.member);
    line_.Text("status", NameOf(r.status));
    line_.Text("card_kind", NameOf(r.kind));
    if (r.expires_day != 0) {
      line_.Number("expires_day", r.expires_day);
    }
    PutKeeps({{"status", r.keep.status},
              {"card_kind", r.keep.kind},
              {"expires_day", r.keep.expires_day}});
  }

  // Fields whose value above is for a new row only: of an old one, what stood stays.
  void PutKeeps(std::initializer_list<std::pair<std::string_view, bool>> fields) {
    std::string names;
    for (const auto& [name, kept] : fields) {
      names += kept ? (names.empty() ? "" : ",") + std::string(name) : "";
    }
    if (!names.empty()) {
      line_.Text("keeps", names);
    }
  }

  void PutMember(const MemberRequest& r) {
    PutCode(line_, "member_id", r.id);
    PutCode(line_, "union_node_id", r.union_node);
    line_.Text("status", NameOf(r.status));
    line_.Flag("real_name_verified", r.real_name_verified);
    if (r.joined_day != 0) {
      line_.Text("joined_on", DayText(kJoinedDayZero + r.joined_day));
    }
    line_.OpenArray("segments");
    for (uint32_t i = 0; i < r.span_count; ++i) {
      line_.OpenItem();
      PutCode(line_, "segment", r.spans[i].segment);
      line_.Text("starts_at", TimeText(r.spans[i].starts_at));
      line_.Text("ends_at", TimeText(r.spans[i].ends_at));
      line_.CloseObject();
    }
    line_.CloseArray();
    PutKeeps({{"union_node_id", r.keep.union_node},
              {"status", r.keep.status},
              {"real_name_verified", r.keep.real_name_verified},
              {"sex", r.keep.sex},
              {"joined_on", r.keep.joined_day},
              {"segments", r.keep.segments}});
  }

  void PutFund(const FundRequest& r) {
    PutCode(line_, "fund", r.code);
    PutCode(line_, "owner_union_node_id", r.owner);
    line_.Text("asset", NameOf(r.asset));
    line_.Number("budget_fen", r.budget.value());
    line_.Text("opens_at", TimeText(r.opens_at));
    line_.Text("closes_at", TimeText(r.closes_at));
    line_.Flag("advice_may_overrun", r.advice_may_overrun);
    line_.Text("paid_by", NameOf(r.payer));
    PutName(line_, "name", r.name);
    PutKeeps({{"owner_union_node_id", r.keep.owner},
              {"asset", r.keep.asset},
              {"budget_fen", r.keep.budget},
              {"opens_at", r.keep.opens_at},
              {"closes_at", r.keep.closes_at},
              {"advice_may_overrun", r.keep.advice_may_overrun},
              {"paid_by", r.keep.payer},
              {"name", r.keep.name}});
  }

  void PutProgramme(const ProgrammeImage& r) {
    PutCode(line_, "programme", r.programme.code);
    PutName(line_, "name", r.programme.name);
    PutCode(line_, "zone", r.programme.calendar.zone);
    PutCode(line_, "owner_union_node_id", r.programme.owner);
    line_.Text("starts_at", TimeText(r.programme.starts_at));
    line_.Text("ends_at", TimeText(r.programme.ends_at));
    line_.Text("content_hash", fmt::format("{:016x}", r.programme.content_hash));
    line_.Text("stage", NameOf(r.stage));
    if (r.stage == Stage::kScheduled) {
      line_.Text("activates_at", TimeText(r.activates_at));
    }
    line_.Text("late_capture", NameOf(r.programme.late_capture));
    line_.OpenArray("over_capture");
    for (const OverCapture& over : r.over_capture) {
      line_.OpenItem();
      line_.Number("mcc_first", over.mccs.first);
      line_.Number("mcc_last", over.mccs.last);
      line_.Number("rate_bps", over.rate.value());
      line_.CloseObject();
    }
    line_.CloseArray();
    line_.OpenArray("benefits");
    for (const BenefitSpec& benefit : r.benefits) {
      line_.OpenItem();
      PutCode(line_, "benefit", benefit.code);
      PutName(line_, "name", benefit.name);
      line_.Number("limit_count", benefit.limits.count);
      line_.Number("merchant_count", benefit.merchants.count);
      line_.Text("price", NameOf(benefit.price.kind));
      if (benefit.layer != 0) {
        line_.Number("layer", benefit.layer);
      }
      PutTerms(line_, benefit);
      line_.CloseObject();
    }
    line_.CloseArray();
    line_.Number("limit_count", r.limits.size());
  }

  void PutCommand() {
    switch (command_.kind) {
      case CommandKind::kAuthorize:
        return PutAuthorize(command_.authorize);
      case CommandKind::kCapture:
        PutReference(command_.capture, command_.capture.has_amount);
        line_.Flag("final_capture", command_.capture.final_capture);
        return;
      case CommandKind::kReverse:
        PutReference(command_.reverse, command_.reverse.has_amount);
        line_.Text("reversal_reason", NameOf(command_.reverse.reason));
        return;
      case CommandKind::kIncrement:
        PutReference(command_.increment, /*has_amount=*/true);
        if (command_.increment.hold_s != 0) {
          line_.Number("hold_s", command_.increment.hold_s);
        }
        return;
      case CommandKind::kRefund:
        PutReference(command_.refund, command_.refund.has_amount);
        return PutReturnedLines(command_.refund);
      case CommandKind::kCloseBatch:
        return PutTotals(line_, "totals", command_.close_batch.theirs);
      case CommandKind::kArchive:
        return PutMark(*command_.archive);
      case CommandKind::kThaw:
        return PutArchived(*command_.thaw);
      case CommandKind::kQuote:
      case CommandKind::kGetTransaction:
      case CommandKind::kGetEntitlements:
      case CommandKind::kExpireHolds:
      case CommandKind::kActivateDue:
        return;
      case CommandKind::kDefineSegment:
        PutCode(line_, "segment", command_.segment->code);
        PutName(line_, "name", command_.segment->name);
        return;
      case CommandKind::kSetUnionNode:
        PutCode(line_, "union_node_id", command_.union_node->id);
        PutCode(line_, "parent_union_node_id", command_.union_node->parent);
        line_.Text("level", NameOf(command_.union_node->level));
        PutName(line_, "name", command_.union_node->name);
        return;
      case CommandKind::kSetMember:
        return PutMember(*command_.member);
      case CommandKind::kSetCard:
        return PutCardRequest(*command_.card);
      case CommandKind::kSetMerchant:
        PutCode(line_, "merchant_id", command_.merchant->id);
        PutCode(line_, "union_node_id", command_.merchant->union_node);
        line_.Number("mcc", command_.merchant->mcc);
        line_.Text("status", NameOf(command_.merchant->status));
        PutName(line_, "name", command_.merchant->name);
        return;
      case CommandKind::kSetTerminal:
        PutCode(line_, "terminal_id", command_.terminal_setting->id);
        PutCode(line_, "merchant_id", command_.terminal_setting->merchant);
        line_.Text("terminal_kind", NameOf(command_.terminal_setting->kind));
        line_.Text("status", NameOf(command_.terminal_setting->status));
        return;
      case CommandKind::kSetFund:
        return PutFund(*command_.fund);
      case CommandKind::kApplyProgramme:
        return PutProgramme(*command_.programme);
      case CommandKind::kSetMemberStatus:
        PutCode(line_, "member_id", command_.member_status->member);
        line_.Text("status", NameOf(command_.member_status->status));
        return;
      case CommandKind::kSetCardStatus:
        PutCard("card_number", command_.card_status->card);
        line_.Text("status", NameOf(command_.card_status->status));
        return;
      case CommandKind::kReplaceCard:
        PutCard("old_card_number", command_.replace_card->old_card);
        return PutCardRequest(command_.replace_card->new_card);
      case CommandKind::kRetireProgramme:
        PutCode(line_, "programme", command_.retire_programme->code);
        return;
      case CommandKind::kStageProgramme:
        PutCode(line_, "programme", command_.stage_programme->code);
        line_.Number("version", command_.stage_programme->version);
        line_.Text("stage", NameOf(command_.stage_programme->stage));
        if (command_.stage_programme->stage == Stage::kScheduled) {
          line_.Text("activates_at", TimeText(command_.stage_programme->activates_at));
        }
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
        return PutVoucherCommand(line_, command_);
    }
  }

  void PutOperatorEffect() {
    PutRow(line_, "row", StrongId<struct AnyRowTag, uint32_t>{event_.row});
    PutRow(line_, "row_2", StrongId<struct AnyRowTag, uint32_t>{event_.row_2});
  }

  void PutTransaction(const Transaction& t) {
    PutTransactionId("transaction_id", event_.seq);
    PutRow(line_, "transaction_row", event_.transaction_row);
    PutDecision(t);
  }

  void PutDecision(const Transaction& t) {
    line_.Text("outcome", NameOf(t.outcome));
    line_.Text("state", NameOf(t.state));
    if (t.reason != Reason::kNone) {
      line_.Text("reason", NameOf(t.reason));
    }
    line_.Number("list_price_fen", t.list_price.value());
    line_.Number("member_pays_fen", t.member_pays.value());
    line_.Number("subsidy_fen", t.subsidy.value());
    if (t.outcome == Outcome::kDeclined) {
      PutWhatRefused(t);
    } else {
      PutFen(line_, "captured_fen", t.captured);
      PutFen(line_, "captured_subsidy_fen", t.captured_subsidy);
    }
    if (t.expires_at != TimestampNs{}) {
      line_.Text(t.outcome == Outcome::kDeclined ? "next_eligible_at" : "expires_at",
                 TimeText(t.expires_at));
    }
    if (t.overrun) {
      line_.Flag("overrun", true);
    }
    PutRow(line_, "terminal_row", t.terminal);
    PutRow(line_, "merchant_row", t.merchant);
    PutRow(line_, "member_row", t.member);
    PutRow(line_, "benefit_row", t.benefit);
    PutRow(line_, "failed_limit_row", t.failed_limit());
    PutRow(line_, "failed_fund_row", t.failed_fund());
  }

  // What a decline keeps in place of what is captured.  Fen, pieces or times, as the fund or
  // limit counts.
  void PutWhatRefused(const Transaction& t) {
    if (t.failed_limit() != LimitRow{}) {
      line_.Number("used", t.captured.value());
      line_.Number("held", t.captured_subsidy.value());
    } else if (t.failed_fund() != FundRow{}) {
      line_.Number("available", t.captured.value());
      line_.Number("needed", t.captured_subsidy.value());
    }
  }

  void PutOriginalChange(const OriginalChange& change) {
    line_.OpenObject("original");
    PutRow(line_, "transaction_row", change.row);
    line_.Text("state", NameOf(change.state));
    if (change.restates) {
      line_.Flag("restates", true);
    }
    PutFen(line_, "list_price_delta_fen", change.list_price_delta);
    PutFen(line_, "subsidy_delta_fen", change.subsidy_delta);
    PutFen(line_, "captured_delta_fen", change.captured_delta);
    PutFen(line_, "captured_subsidy_delta_fen", change.captured_subsidy_delta);
    PutFen(line_, "refunded_delta_fen", change.refunded_delta);
    PutFen(line_, "refunded_subsidy_delta_fen", change.refunded_subsidy_delta);
    if (change.expires_at_delta_ns != 0) {
      line_.Number("expires_at_delta_ns", change.expires_at_delta_ns);
    }
    line_.CloseObject();
  }

  void PutLines() {
    line_.OpenArray("lines");
    for (uint32_t i = 0; i < event_.line_count; ++i) {
      const LineDelta& line = event_.lines[i];
      line_.OpenItem();
      line_.Number("line_number", line.number);
      line_.Number("quantity", line.quantity);
      line_.Number("price_fen", line.price.value());
      line_.Number("subsidy_fen", line.subsidy.value());
      line_.CloseObject();
    }
    line_.CloseArray();
  }

  // What was made of the evidence, which stands with the command.
  void PutVerdict(const Advice& advice) {
    line_.OpenObject("advice");
    PutRow(line_, "advice_row", event_.transaction.advice());
    line_.Text("judged_at", TimeText(advice.judged_at));
    line_.Flag("clock_adjusted", advice.clock_adjusted);
    line_.Text("liability", NameOf(advice.liability));
    line_.Number("acquirer_bears_fen", advice.acquirer_bears.value());
    line_.CloseObject();
  }

  void PutBatch(const Batch& batch) {
    line_.OpenObject("batch");
    PutRow(line_, "batch_row", event_.transaction.reference.batch);
    line_.Number("number", batch.number);
    line_.Flag("in_balance", batch.ours == batch.theirs);
    PutTotals(line_, "totals", batch.ours);
    if (batch.opened_at != TimestampNs{}) {
      line_.Text("opened_at", TimeText(batch.opened_at));
    }
    line_.CloseObject();
  }

  void PutTransactionEffect() {
    if (event_.kind != EventKind::kHoldExpired && event_.kind != EventKind::kClaimRejected) {
      PutTransaction(event_.transaction);
    }
    if (event_.original.row != TransactionRow{}) {
      PutOriginalChange(event_.original);
    }
    PutRow(line_, "tombstone_row", event_.tombstone_row);
    PutRow(line_, "code_use_row", event_.code_use_row);
    if (event_.kind == EventKind::kAuthorized) {
      PutRow(line_, "occasion_row", event_.transaction.progress.occasion);
    }
    if (event_.voucher_row != VoucherRow{}) {
      line_.OpenObject("voucher");
      PutRow(line_, "voucher_row", event_.voucher_row);
      line_.Text("state", NameOf(event_.voucher_state));
      line_.CloseObject();
    }
    if (event_.line_count != 0) {
      PutLines();
    }
    if (event_.is_advice) {
      PutVerdict(event_.advice);
    }
    if (event_.kind == EventKind::kBatchClosed) {
      PutBatch(event_.batch);
    }
    PutFen(line_, "member_pending_delta_fen", event_.member_pending_delta);
    PutFen(line_, "member_posted_delta_fen", event_.member_posted_delta);
    line_.OpenArray("shares");
    for (uint32_t i = 0; i < event_.share_count; ++i) {
      const ShareDelta& share = event_.shares[i];
      line_.OpenItem();
      PutRow(line_, "benefit_row", share.benefit);
      PutRow(line_, "fund_row", share.fund);
      PutFen(line_, "held_delta", share.held_delta);
      PutFen(line_, "spent_delta", share.spent_delta);
      PutFen(line_, "overrun_delta", share.overrun_delta);
      PutFen(line_, "suspense_delta", share.suspense_delta);
      line_.CloseObject();
    }
    line_.CloseArray();
    line_.OpenArray("uses");
    for (uint32_t i = 0; i < event_.use_count; ++i) {
      const UseDelta& use = event_.uses[i];
      line_.OpenItem();
      PutRow(line_, "limit_row", use.limit);
      line_.Number("subject_row", use.subject);
      line_.Number("window", use.window);
      line_.Number("held_delta", use.held_delta);
      line_.Number("used_delta", use.used_delta);
      line_.Number("left_after", use.left_after);
      line_.CloseObject();
    }
    line_.CloseArray();
  }

  const Event& event_;
  const Command& command_;
  const uint16_t shard_;
  const bool full_cards_;
  JsonLine line_;
};

}  // namespace

std::string TimeText(TimestampNs at) {
  if (at == kTimestampMax) {
    return "never";
  }
  int64_t seconds = at.value() / kNsPerSecond;
  int64_t ns = at.value() % kNsPerSecond;
  if (ns < 0) {
    ns += kNsPerSecond;
    --seconds;
  }
  const CivilDate date = DateOf(FloorDay(seconds));
  const int64_t of_day = seconds - int64_t{FloorDay(seconds)} * kSecondsPerDay;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z",
                     date.year,
                     date.month,
                     date.day,
                     of_day / 3'600,
                     of_day / 60 % 60,
                     of_day % 60,
                     ns);
}

std::string LineOf(const Event& event, uint16_t shard, bool full_cards) {
  return Liner(event, shard, full_cards).Line();
}

absl::Status DumpBlocking(Journal& journal,
                          const DumpOptions& options,
                          const std::function<void(std::string_view line)>& write) {
  if (options.from_seq > 1) {
    // A tail that is damaged is told below, after the lines before it.
    const absl::StatusOr<JournalTail> tail = journal.TailBlocking(options.shard);
    if (tail.ok() && options.from_seq >= tail->next_seq) {
      return absl::OutOfRangeError(fmt::format("the journal of shard {} ends at seq {}, before {}",
                                               options.shard,
                                               tail->next_seq - 1,
                                               options.from_seq));
    }
  }
  RecordDecoder decoder;
  const absl::Status read = journal.ReadBlocking(
      options.shard, options.from_seq, [&](const BlockView& block) -> absl::Status {
        std::span<const uint8_t> payload = block.payload;
        TimestampNs previous_at;
        for (uint32_t i = 0; i < block.header.event_count; ++i) {
          const uint64_t seq = block.header.first_seq + i;
          if (seq > options.to_seq) {
            return absl::CancelledError("the end that was asked for");
          }
          GH_ASSIGN_OR_RETURN(const Event* const event, decoder.Next(&payload, seq, previous_at));
          previous_at = event->at;
          if (seq >= options.from_seq && (!options.kind || event->kind == *options.kind)) {
            write(LineOf(*event, options.shard, options.full_cards));
          }
        }
        return absl::OkStatus();
      });
  return absl::IsCancelled(read) ? absl::OkStatus() : read;
}

}  // namespace gonghui
