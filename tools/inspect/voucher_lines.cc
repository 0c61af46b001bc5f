// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/inspect/voucher_lines.h"

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>

#include "tools/inspect/dump.h"
#include "tools/inspect/event_names.h"
#include "tools/inspect/json_fields.h"

namespace gonghui {
namespace {

void PutDigest(JsonLine& line, std::string_view name, const Digest& digest) {
  std::string text;
  for (const uint8_t byte : digest) {
    fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  }
  line.Text(name, text);
}

void PutIssue(JsonLine& line, const IssueVouchersRequest& r) {
  PutCode(line, "series", r.series);
  line.Text("valid_from", TimeText(r.valid_from));
  line.Text("expires_at", TimeText(r.expires_at));
  PutCode(line, "draw", r.draw);
  line.OpenArray("vouchers");
  for (const VoucherToIssue& voucher : r.vouchers) {
    line.OpenItem();
    PutVoucherKey(line, "voucher_key", voucher.key);
    PutCode(line, "member_id", voucher.member);
    line.CloseObject();
  }
  line.CloseArray();
}

void PutVoid(JsonLine& line, const VoidVouchersRequest& r) {
  line.OpenArray("vouchers");
  for (const VoucherKey& key : r.keys) {
    line.OpenItem();
    PutVoucherKey(line, "voucher_key", key);
    line.CloseObject();
  }
  line.CloseArray();
}

void PutCommitment(JsonLine& line, const CommitDrawRequest& r) {
  PutCode(line, "draw", r.code);
  line.Text("draw_kind", NameOf(r.kind));
  PutDigest(line, "seed_hash", r.seed_hash);
  PutCode(line, "programme", r.programme);
  PutCode(line, "limit", r.limit);
  line.Text("closes_at", TimeText(r.closes_at));
  line.OpenArray("prizes");
  for (const PrizeSpec& prize : r.prizes) {
    line.OpenItem();
    PutCode(line, "series", prize.series);
    line.Number("count", prize.count);
    if (r.kind == DrawKind::kPool) {
      line.Number("weight", prize.weight);
    }
    if (!prize.series.IsNone()) {
      line.Text("valid_from", TimeText(prize.valid_from));
      line.Text("expires_at", TimeText(prize.expires_at));
    }
    line.CloseObject();
  }
  line.CloseArray();
}

void PutContribution(JsonLine& line, const ContributeRequest& r) {
  PutCode(line, "receipt", r.receipt);
  PutCode(line, "fund", r.fund);
  PutCode(line, "member_id", r.member);
  PutCode(line, "segment", r.segment);
  line.Number("amount_fen", r.amount.value());
  line.Text("covers_from", TimeText(r.covers_from));
  line.Text("covers_until", TimeText(r.covers_until));
}

void PutJudgement(JsonLine& line, const JudgeClaimRequest& r) {
  line.Number("claim_transaction_id", r.claim.value());
  PutCode(line, "by", r.by);
  PutName(line, "note", r.note);
}

}  // namespace

void PutVoucherCommand(JsonLine& line, const Command& command) {
  switch (command.kind) {
    case CommandKind::kIssueVouchers:
      return PutIssue(line, *command.issue_vouchers);
    case CommandKind::kVoidVouchers:
      return PutVoid(line, *command.void_vouchers);
    case CommandKind::kCommitDraw:
      return PutCommitment(line, *command.commit_draw);
    case CommandKind::kCloseDraw:
      PutCode(line, "draw", command.close_draw->code);
      PutDigest(line, "entries_hash", command.close_draw->entries_hash);
      line.Number("entry_count", command.close_draw->entry_count);
      return;
    case CommandKind::kSettleDraw:
      PutCode(line, "draw", command.settle_draw->code);
      PutDigest(line, "seed", command.settle_draw->seed);
      return;
    case CommandKind::kDrawPrize:
      PutCode(line, "pool", command.draw_prize->pool);
      PutVoucherKey(line, "voucher_key", command.draw_prize->key);
      PutCode(line, "member_id", command.draw_prize->member);
      line.Text("number", fmt::format("{:016x}", command.draw_prize->number));
      return;
    case CommandKind::kContribute:
      return PutContribution(line, *command.contribute);
    case CommandKind::kRevokeContribution:
      PutCode(line, "receipt", command.revoke_contribution->receipt);
      PutCode(line, "fund", command.revoke_contribution->fund);
      return;
    case CommandKind::kApproveClaim:
    case CommandKind::kRejectClaim:
      return PutJudgement(line, *command.judge_claim);
    default:
      return;
  }
}

void PutTerms(JsonLine& line, const BenefitSpec& benefit) {
  PutCode(line, "voucher_series", benefit.voucher);
  if (benefit.voucher_returns) {
    line.Flag("voucher_returns", true);
  }
  if (AsksFor(benefit.asks, Asks::kSlot)) {
    line.OpenObject("slots");
    line.Number("minutes", benefit.slot_minutes);
    line.Number("ahead_days", benefit.slot_ahead_days);
    line.Number("grace_minutes", benefit.slot_grace_minutes);
    line.CloseObject();
  }
  if (AsksFor(benefit.asks, Asks::kClaim)) {
    line.OpenObject("claim");
    line.Number("within_days", benefit.claim_days_max);
    line.Number("approvals", benefit.approvals);
    line.CloseObject();
  }
  if (AsksFor(benefit.asks, Asks::kEarlierPrices)) {
    line.Number("counts_on_limit", benefit.earlier_prices);
  }
}

}  // namespace gonghui
