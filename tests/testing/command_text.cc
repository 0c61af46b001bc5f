// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/testing/command_text.h"

#include "tests/testing/answer.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

template <class Request>
std::string ReferenceText(const Request& request) {
  return request.original != TransactionId{}
             ? " of=#" + std::to_string(request.original.value())
             : " of=" + std::to_string(request.original_request_id.low);
}

template <class Request>
std::string Part(const Request& request) {
  return request.has_amount ? " amount=" + std::to_string(request.amount.value()) : "";
}

std::string Hold(uint32_t hold_s) {
  return hold_s == 0 ? "" : " hold=" + std::to_string(hold_s);
}

// 3*cola:450,1*rice:99
std::string LinesText(const AuthorizeRequest& request) {
  std::string text;
  for (uint32_t i = 0; i < request.line_count; ++i) {
    const LineItem& line = request.lines[i];
    text += (i == 0 ? " lines=" : ",") + std::to_string(line.quantity) + "*" + TextOf(line.item) +
            ":" + std::to_string(line.price.value());
  }
  return text;
}

// 1:2,3:1
std::string LinesText(const RefundRequest& request) {
  std::string text;
  for (uint32_t i = 0; i < request.line_count; ++i) {
    const ReturnedLine& line = request.lines[i];
    text += (i == 0 ? " lines=" : ",") + std::to_string(line.number) + ":" +
            std::to_string(line.quantity);
  }
  return text;
}

std::string AdviceText(const AdviceRequest& advice) {
  return " advice occurred=" + TextOf(advice.occurred_at) +
         " deny_list=" + TextOf(advice.deny_list_at) +
         " sequence=" + std::to_string(advice.sequence) +
         " day=" + std::to_string(advice.business_day) +
         " paid=" + std::to_string(advice.member_paid.value()) +
         (advice.queue_empty ? " queue-empty" : "");
}

std::string CodeText(const AuthorizeRequest& request) {
  return request.code_issued_at == TimestampNs{}
             ? ""
             : " code=" + TextOf(request.code_issued_at) +
                   " valid=" + std::to_string(request.code_valid_s) + "s " +
                   NameOf(request.code_purpose);
}

std::string OccasionText(const OccasionRequest& occasion) {
  std::string text = " occasion";
  text += occasion.voucher.IsNone() ? "" : " voucher=" + TextOf(occasion.voucher);
  text += occasion.slot_at == TimestampNs{} ? "" : " slot=" + TextOf(occasion.slot_at);
  text += occasion.event_at == TimestampNs{} ? "" : " event=" + TextOf(occasion.event_at);
  text += occasion.filed_by.IsNone() ? "" : " filed-by=" + TextOf(occasion.filed_by);
  return text;
}

std::string AuthorizeText(const AuthorizeRequest& request) {
  std::string text = " card=" + std::to_string(request.card.value()) +
                     " price=" + std::to_string(request.list_price.value());
  if (!request.programme.IsNone()) {
    text += " programme=" + TextOf(request.programme);
  }
  if (!request.merchant.IsNone()) {
    text += " merchant=" + TextOf(request.merchant);
  }
  text += request.capture_at_once ? " sale" : "";
  text += request.if_no_benefit == IfNoBenefit::kFullPrice ? " full-price" : "";
  text += request.allow_partial ? " partial" : "";
  text += request.explanation != nullptr ? " explain" : "";
  return text + Hold(request.hold_s) + CodeText(request) +
         (request.occasion == nullptr ? "" : OccasionText(*request.occasion)) + LinesText(request);
}

std::string StageText(Stage stage, TimestampNs activates_at) {
  return std::string(" ") + NameOf(stage) +
         (stage == Stage::kScheduled ? " at=" + TextOf(activates_at) : "");
}

std::string TimesText(TimestampNs from, TimestampNs until) {
  return " " + TextOf(from) + ".." + TextOf(until);
}

std::string CommitText(const CommitDrawRequest& request) {
  std::string text = " " + TextOf(request.code) + " " + NameOf(request.kind);
  if (request.kind == DrawKind::kDraw) {
    text += " entries=" + TextOf(request.programme) + "/" + TextOf(request.limit);
  }
  text += " closes=" + TextOf(request.closes_at);
  for (const PrizeSpec& prize : request.prizes) {
    text += " " + (prize.series.IsNone() ? "nothing" : TextOf(prize.series)) + "*" +
            std::to_string(prize.count) + ":" + std::to_string(prize.weight) +
            TimesText(prize.valid_from, prize.expires_at);
  }
  return text;
}

// Of vouchers, draws, claims and contributions.
std::string EventText(const Command& command) {
  switch (command.kind) {
    case CommandKind::kIssueVouchers: {
      const IssueVouchersRequest& request = *command.issue_vouchers;
      std::string text =
          " " + TextOf(request.series) + TimesText(request.valid_from, request.expires_at);
      text += request.draw.IsNone() ? "" : " draw=" + TextOf(request.draw);
      for (const VoucherToIssue& voucher : request.vouchers) {
        text += " " + TextOf(voucher.key) + ":" +
                (voucher.member.IsNone() ? "bearer" : TextOf(voucher.member));
      }
      return text;
    }
    case CommandKind::kVoidVouchers: {
      std::string text;
      for (const VoucherKey& key : command.void_vouchers->keys) {
        text += " " + TextOf(key);
      }
      return text;
    }
    case CommandKind::kCommitDraw:
      return CommitText(*command.commit_draw);
    case CommandKind::kCloseDraw:
      return " " + TextOf(command.close_draw->code) +
             " entries=" + std::to_string(command.close_draw->entry_count) +
             " hash=" + std::to_string(command.close_draw->entries_hash[0]);
    case CommandKind::kSettleDraw:
      return " " + TextOf(command.settle_draw->code) +
             " seed=" + std::to_string(command.settle_draw->seed[0]);
    case CommandKind::kDrawPrize:
      return " " + TextOf(command.draw_prize->pool) + " " + TextOf(command.draw_prize->key) + ":" +
             TextOf(command.draw_prize->member) +
             " number=" + std::to_string(command.draw_prize->number);
    case CommandKind::kContribute: {
      const ContributeRequest& request = *command.contribute;
      return " " + TextOf(request.receipt) + " fund=" + TextOf(request.fund) +
             " member=" + TextOf(request.member) + " segment=" + TextOf(request.segment) +
             " amount=" + std::to_string(request.amount.value()) +
             TimesText(request.covers_from, request.covers_until);
    }
    case CommandKind::kRevokeContribution:
      return " " + TextOf(command.revoke_contribution->receipt) +
             " fund=" + TextOf(command.revoke_contribution->fund);
    case CommandKind::kApproveClaim:
    case CommandKind::kRejectClaim:
      return " #" + std::to_string(command.judge_claim->claim.value()) +
             " by=" + TextOf(command.judge_claim->by);
    default:
      return "";
  }
}

std::string OperatorText(const Command& command) {
  switch (command.kind) {
    case CommandKind::kSetMember:
      return " " + TextOf(command.member->id);
    case CommandKind::kSetCard:
      return " " + std::to_string(command.card->number.value());
    case CommandKind::kSetFund:
      return " " + TextOf(command.fund->code) +
             " budget=" + std::to_string(command.fund->budget.value()) +
             " opens=" + TextOf(command.fund->opens_at) +
             " closes=" + TextOf(command.fund->closes_at);
    case CommandKind::kSetTerminal:
      return " " + TextOf(command.terminal_setting->id) +
             " merchant=" + TextOf(command.terminal_setting->merchant);
    case CommandKind::kSetMerchant:
      return " " + TextOf(command.merchant->id);
    case CommandKind::kApplyProgramme:
      return " " + TextOf(command.programme->programme.code) +
             " hash=" + std::to_string(command.programme->programme.content_hash) +
             StageText(command.programme->stage, command.programme->activates_at);
    case CommandKind::kSetMemberStatus:
      return " " + TextOf(command.member_status->member) + " " +
             NameOf(command.member_status->status);
    case CommandKind::kSetCardStatus:
      return " " + std::to_string(command.card_status->card.value()) + " " +
             NameOf(command.card_status->status);
    case CommandKind::kReplaceCard:
      return " " + std::to_string(command.replace_card->old_card.value()) +
             " by=" + std::to_string(command.replace_card->new_card.number.value());
    case CommandKind::kRetireProgramme:
      return " " + TextOf(command.retire_programme->code);
    case CommandKind::kStageProgramme:
      return " " + TextOf(command.stage_programme->code) +
             " version=" + std::to_string(command.stage_programme->version) +
             StageText(command.stage_programme->stage, command.stage_programme->activates_at);
    default:
      return EventText(command);
  }
}

}  // namespace

std::string CommandText(const Command& command) {
  const char* const name = NameOf(command.kind);
  std::string text = name == nullptr ? "?" : name;
  if (IsAdmin(command.kind)) {
    return text + OperatorText(command) + (command.validate_only ? " dry-run" : "");
  }
  if (command.kind == CommandKind::kExpireHolds || command.kind == CommandKind::kActivateDue) {
    return text;
  }
  if (command.kind == CommandKind::kArchive) {
    return text + " before row " + std::to_string(command.archive->transactions.value());
  }
  if (command.kind == CommandKind::kThaw) {
    const Transaction& transaction = command.thaw->transaction;
    return text + " " + std::to_string(transaction.seq.value()) +
           (transaction.tombstone ? " tombstone" : "");
  }
  text += " " + TextOf(command.terminal) + " id=" + std::to_string(command.request_id.low);
  switch (command.kind) {
    case CommandKind::kAuthorize:
    case CommandKind::kQuote:
      text += AuthorizeText(command.authorize);
      break;
    case CommandKind::kIncrement:
      text += ReferenceText(command.increment) +
              " amount=" + std::to_string(command.increment.amount.value()) +
              Hold(command.increment.hold_s);
      break;
    case CommandKind::kCapture:
      text += ReferenceText(command.capture) + Part(command.capture) +
              (command.capture.final_capture ? "" : " more");
      break;
    case CommandKind::kReverse:
      text += ReferenceText(command.reverse) + Part(command.reverse);
      break;
    case CommandKind::kRefund:
      text += ReferenceText(command.refund) + Part(command.refund) + LinesText(command.refund);
      break;
    case CommandKind::kCloseBatch:
      text += " totals=" + TextOf(command.close_batch.theirs);
      break;
    case CommandKind::kGetEntitlements:
      text += command.entitlements.member.IsNone()
                  ? " card=" + std::to_string(command.entitlements.card.value())
                  : " member=" + TextOf(command.entitlements.member);
      text += command.entitlements.here ? " here" : "";
      break;
    case CommandKind::kGetTransaction:
      text += command.inquiry.transaction != TransactionId{}
                  ? " of=#" + std::to_string(command.inquiry.transaction.value())
                  : " of=" + std::to_string(command.inquiry.request_id.low);
      break;
    default:
      break;
  }
  text += command.advice != nullptr ? AdviceText(*command.advice) : "";
  return command.deadline == kTimestampMax ? text : text + " deadline=" + TextOf(command.deadline);
}

}  // namespace gonghui
