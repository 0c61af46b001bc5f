// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/unit/backtest/recorded_history.h"

#include "engine/base/check.h"
#include "engine/durability/record_format.h"
#include "engine/ledger/archive_slice.h"

namespace gonghui {
namespace {

constexpr size_t kBlockBytes = 32 << 10;  // several blocks even of a small history

}  // namespace

TimestampNs May(int day, int64_t seconds) {
  // 2026-05-01 12:00 in Shanghai is 04:00 UTC.
  const int64_t utc_s = int64_t{DayOf({2026, 5, 1}) + day - 1} * kSecondsPerDay + 4 * 3'600;
  return TimestampNs{(utc_s + seconds) * kNsPerSecond};
}

CompiledFile Compiled(const std::string& text) {
  CompileOutcome outcome = Compile(text);
  GH_CHECK(outcome.ok(),
           outcome.diagnostics.empty() ? std::string("?") : outcome.diagnostics[0].message.en,
           " at line ",
           outcome.diagnostics.empty() ? 0 : outcome.diagnostics[0].line);
  return *std::move(outcome.file);
}

Draft DraftOf(const CompiledFile& file) {
  return {file.segments, file.funds, file.image()};
}

RecordedHistory::RecordedHistory(int members, int merchants) : committer_(journal_, BlockHash{}) {
  epoch_ = *journal_.Acquire(0);
  block_.Reset(1);
  const TimestampNs at = May(0);
  Command command;
  UnionNodeRequest city;
  city.id = CodeOf<UnionNodeId>("city");
  city.level = UnionLevel::kCity;
  command.kind = CommandKind::kSetUnionNode;
  command.union_node = &city;
  Run(command, at);
  for (int i = 1; i <= members; ++i) {
    MemberRequest member;
    member.id = CodeOf<MemberId>("M" + std::to_string(i));
    member.union_node = city.id;
    member.real_name_verified = true;
    command.kind = CommandKind::kSetMember;
    command.member = &member;
    Run(command, at);
    CardRequest card;
    card.number = CardNumber{62'000'000u + static_cast<uint64_t>(i)};
    card.member = member.id;
    command.kind = CommandKind::kSetCard;
    command.card = &card;
    Run(command, at);
  }
  for (int i = 1; i <= merchants; ++i) {
    MerchantRequest merchant;
    merchant.id = CodeOf<MerchantId>("S" + std::to_string(i));
    merchant.union_node = city.id;
    merchant.mcc = 5411;
    command.kind = CommandKind::kSetMerchant;
    command.merchant = &merchant;
    Run(command, at);
    TerminalRequest terminal;
    terminal.id = CodeOf<TerminalId>("T" + std::to_string(i));
    terminal.merchant = merchant.id;
    command.kind = CommandKind::kSetTerminal;
    command.terminal_setting = &terminal;
    Run(command, at);
  }
}

Result RecordedHistory::Run(const Command& command, TimestampNs at) {
  ledger_->Decide(command, at, &event_, &result_);
  GH_CHECK(!IsAdmin(command.kind) || result_.verdict == Verdict::kDecided,
           "kind=",
           command.kind,
           " verdict=",
           result_.verdict,
           " field=",
           result_.field,
           " reason=",
           result_.admin_reason);
  if (event_.kind != EventKind::kNone) {
    block_.Add(event_);
    ledger_->Evolve(event_);
    if (block_.size_bytes() > kBlockBytes) {
      Commit();
    }
  }
  return result_;
}

void RecordedHistory::Apply(const std::string& text, TimestampNs at) {
  const CompiledFile file = Compiled(text);
  Command command;
  for (const FundRequest& fund : file.funds) {
    command.kind = CommandKind::kSetFund;
    command.fund = &fund;
    Run(command, at);
  }
  const ProgrammeImage image = file.image();
  command.kind = CommandKind::kApplyProgramme;
  command.programme = &image;
  Run(command, at);
}

Command RecordedHistory::Ask(CommandKind kind, int merchant) {
  Command command;
  command.kind = kind;
  command.terminal = CodeOf<TerminalId>("T" + std::to_string(merchant));
  command.request_id = {1, next_request_++};
  return command;
}

Result RecordedHistory::Sale(int member, int merchant, int64_t fen, TimestampNs at, bool hold) {
  Command command = Ask(CommandKind::kAuthorize, merchant);
  command.authorize.card = CardNumber{62'000'000u + static_cast<uint64_t>(member)};
  command.authorize.list_price = Fen{fen};
  command.authorize.capture_at_once = !hold;
  return Run(command, at);
}

Result RecordedHistory::Capture(const Result& original, int merchant, int64_t fen, TimestampNs at) {
  Command command = Ask(CommandKind::kCapture, merchant);
  command.capture = CaptureRequest{};
  command.capture.original = original.transaction_id;
  command.capture.amount = Fen{fen};
  command.capture.has_amount = true;
  return Run(command, at);
}

Result RecordedHistory::Refund(const Result& original, int merchant, int64_t fen, TimestampNs at) {
  Command command = Ask(CommandKind::kRefund, merchant);
  command.refund = RefundRequest{};
  command.refund.original = original.transaction_id;
  command.refund.amount = Fen{fen};
  command.refund.has_amount = true;
  return Run(command, at);
}

Result RecordedHistory::Reverse(const Result& original, int merchant, TimestampNs at) {
  Command command = Ask(CommandKind::kReverse, merchant);
  command.reverse = ReverseRequest{};
  command.reverse.original = original.transaction_id;
  return Run(command, at);
}

void RecordedHistory::Archive(uint32_t rows) {
  const uint32_t there = ledger_->transactions().size() - ledger_->archived_rows();
  if (there <= rows) {
    return;
  }
  ArchiveSlice slice;
  ledger_->CopyForArchive(there - rows, &slice);
  for (const ArchiveMark& mark : slice.StepsOf(4096)) {
    Command command;
    command.kind = CommandKind::kArchive;
    command.archive = &mark;
    Run(command, ledger_->applied_at());
  }
}

void RecordedHistory::ExpireHolds(TimestampNs at) {
  while (ledger_->next_expiry() <= at) {
    Command command;
    command.kind = CommandKind::kExpireHolds;
    Run(command, at);
  }
}

void RecordedHistory::Commit() {
  if (!block_.has_events()) {
    return;
  }
  block_.Close(0, epoch_, ledger_->StateHash());
  std::string why;
  GH_CHECK(committer_.CommitBlocking(block_, &why), why);
  committer_.Chain(block_);
  block_.Reset(block_.next_seq());
}

MemoryJournal& RecordedHistory::Committed() {
  Commit();
  return journal_;
}

}  // namespace gonghui
