// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// voucher issue: pick-up codes (取货码)
//
// Codes are known to the file that they are written to and to nobody else: they are printed
// nowhere, and a file that is there is never written over.

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_set.h>

#include "gonghui/v1/voucher_service.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/commands/batch_calls.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/commands/programme_common.h"
#include "tools/gonghuictl/csv_reader.h"
#include "tools/gonghuictl/private_file.h"
#include "tools/gonghuictl/row_file.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

using google::protobuf::Message;
using google::protobuf::Timestamp;

constexpr uint64_t kCodesPerIssueMax = 1'000'000;

struct IssueFlags {
  std::string series_code;
  uint64_t count = 0;
  std::string members_path;
  SpanFlags span;
  std::string output_path;
  bool resume = false;
  bool again = false;
  bool dry_run = false;
  bool quiet = false;
};

class Issue {
 public:
  Issue(Context* context, const IssueFlags& flags) : context_(context), flags_(flags) {}

  ExitCode Run() {
    for (ExitCode (Issue::*step)() :
         {&Issue::CheckFlags, &Issue::LoadMembers, &Issue::OpenOutput}) {
      if (const ExitCode exit = (this->*step)(); exit != ExitCode::kOk) {
        return exit;
      }
    }
    v1::IssueCodesRequest request;
    v1::IssueCodesResponse response;
    const BatchCalls calls = Calls();
    const BatchResult result = RunBatchCalls(context_, calls, &request, &response);
    Conclude(result, calls.row_count);
    return result.exit;
  }

 private:
  ExitCode CheckFlags() {
    if ((flags_.count == 0) == flags_.members_path.empty()) {
      return context_->Fail(ExitCode::kUsage, "give --count or --members, one of them");
    }
    if (flags_.output_path.empty() && !flags_.dry_run) {
      return context_->Fail(ExitCode::kUsage,
                            "--output is needed: codes are told once and printed nowhere else");
    }
    const absl::Status filled =
        FillSpan(*context_, flags_.span, head_.mutable_valid_from(), head_.mutable_expires_at());
    if (!filled.ok()) {
      return context_->Fail(ExitCode::kUsage, std::string(filled.message()));
    }
    head_.set_series_code(flags_.series_code);
    head_.set_again(flags_.again);
    head_.set_validate_only(flags_.dry_run);
    return ExitCode::kOk;
  }

  ExitCode LoadMembers() {
    if (flags_.members_path.empty()) {
      return ExitCode::kOk;
    }
    RowFileOptions options;
    options.path = flags_.members_path;
    options.rows = context_->row_options();
    options.pass_over_others = true;
    return LoadRowsOf<v1::Grant>(options, MemberListKind(), stderr, &members_);
  }

  ExitCode OpenOutput() {
    if (flags_.dry_run) {
      return ExitCode::kOk;
    }
    if (flags_.resume) {
      if (const ExitCode exit = LoadWritten(); exit != ExitCode::kOk) {
        return exit;
      }
    }
    const std::string head = CsvLine(
        {"voucher_code", "member_id", "voucher_key", "series_code", "valid_from", "expires_at"});
    absl::StatusOr<std::unique_ptr<PrivateFile>> file =
        flags_.resume ? PrivateFile::Open(flags_.output_path, head)
                      : PrivateFile::Create(flags_.output_path);
    if (!file.ok()) {
      return context_->Fail(ExitCode::kError, std::string(file.status().message()));
    }
    file_ = *std::move(file);
    if (!flags_.resume) {
      const absl::Status written = file_->AppendBlocking(head);
      if (!written.ok()) {
        file_->Remove();
        return context_->Fail(ExitCode::kError, std::string(written.message()));
      }
    }
    return ExitCode::kOk;
  }

  // What an earlier run has left: members who have a code are passed over, and of bearers' codes
  // as many fewer are made.
  ExitCode LoadWritten() {
    RowFileOptions options;
    options.path = flags_.output_path;
    options.rows = context_->row_options();
    options.pass_over_others = true;
    std::vector<FileRow<v1::Voucher>> written;
    const ExitCode exit = LoadRowsOf<v1::Voucher>(options, VoucherListKind(), stderr, &written);
    if (exit != ExitCode::kOk) {
      return exit;
    }
    absl::flat_hash_set<std::string> served;
    for (const auto& [line, voucher] : written) {
      const bool bearers = voucher.member_id().empty();
      if (voucher.series_code() != head_.series_code() ||
          !IsSame(voucher.valid_from(), head_.valid_from()) ||
          !IsSame(voucher.expires_at(), head_.expires_at()) || bearers != members_.empty()) {
        return context_->Fail(ExitCode::kUsage,
                              fmt::format("{}:{} is of another issue; it can not be resumed by "
                                          "this one",
                                          flags_.output_path,
                                          line));
      }
      served.insert(voucher.member_id());
    }
    written_before_ = written.size();
    std::erase_if(members_,
                  [&](const auto& row) { return served.contains(row.message.member_id()); });
    return ExitCode::kOk;
  }

  static bool IsSame(const Timestamp& a, const Timestamp& b) {
    return a.seconds() == b.seconds() && a.nanos() == b.nanos();
  }

  BatchCalls Calls() {
    BatchCalls calls;
    calls.method = "gonghui.v1.VoucherService.IssueCodes";
    calls.field = "member_ids";
    calls.noun = "codes";
    calls.quiet = flags_.quiet;
    calls.row_count = flags_.members_path.empty()
                          ? static_cast<size_t>(flags_.count) -
                                std::min(written_before_, static_cast<size_t>(flags_.count))
                          : members_.size();
    if (!flags_.members_path.empty()) {
      calls.where = LinesOf(flags_.members_path, members_);
    }
    calls.fill = [this](std::span<const size_t> rows, Message* message) {
      auto& request = RowAs<v1::IssueCodesRequest>(message);
      request = head_;
      if (flags_.members_path.empty()) {
        request.set_count(static_cast<uint32_t>(rows.size()));
        return;
      }
      for (const size_t row : rows) {
        request.add_member_ids(members_[row].message.member_id());
      }
    };
    calls.take = [this](std::span<const size_t> rows, const Message& message) {
      const auto& response = static_cast<const v1::IssueCodesResponse&>(message);
      Warn(response);
      return flags_.dry_run ? ExitCode::kOk : Write(rows, response);
    };
    return calls;
  }

  // Each call tells the same.
  void Warn(const v1::IssueCodesResponse& response) {
    if (!std::exchange(warned_, true)) {
      NoteWarnings(context_, "series " + head_.series_code(), response.warnings());
    }
  }

  ExitCode Write(std::span<const size_t> rows, const v1::IssueCodesResponse& response) {
    std::string text;
    const Instant from{head_.valid_from().seconds(), head_.valid_from().nanos()};
    const Instant until{head_.expires_at().seconds(), head_.expires_at().nanos()};
    for (const v1::IssuedCode& code : response.codes()) {
      text += CsvLine({code.voucher_code(),
                       code.member_id(),
                       code.voucher_key(),
                       head_.series_code(),
                       FormatIso8601(from, context_->input_zone()),
                       FormatIso8601(until, context_->input_zone())});
    }
    if (const absl::Status written = file_->AppendBlocking(text); !written.ok()) {
      TakeBack(response);
      return context_->Fail(ExitCode::kError, std::string(written.message()));
    }
    written_count_ += static_cast<size_t>(response.codes_size());
    if (static_cast<size_t>(response.codes_size()) != rows.size()) {
      return context_->Fail(
          ExitCode::kError,
          fmt::format("the server made {} codes of {}", response.codes_size(), rows.size()));
    }
    return ExitCode::kOk;
  }

  // Nobody knows codes that could not be written; a member's voucher is also given without.
  void TakeBack(const v1::IssueCodesResponse& response) {
    v1::VoidVouchersRequest request;
    for (const v1::IssuedCode& code : response.codes()) {
      request.add_voucher_keys(code.voucher_key());
    }
    v1::VoidVouchersResponse answer;
    const RpcStatus status = context_->CallQuietly(
        Listener::kOperator, "gonghui.v1.VoucherService.VoidVouchers", request, &answer);
    context_->Note(status.ok()
                       ? fmt::format("{} codes that could not be written were taken back",
                                     FormatCount(static_cast<uint64_t>(response.codes_size())))
                       : fmt::format("{} codes could not be written, nor taken back: {}",
                                     FormatCount(static_cast<uint64_t>(response.codes_size())),
                                     Unknown()));
  }

  // What codes mean that were made and are in no file.
  std::string Unknown() const {
    return flags_.members_path.empty()
               ? "nobody knows them, and bearers' codes that nobody knows hurt nobody"
               : fmt::format(
                     "a member's voucher is given by the card alone, so take them back "
                     "(voucher list --series {} --state issued, voucher void)",
                     flags_.series_code);
  }

  void Conclude(const BatchResult& result, size_t row_count) {
    if (flags_.dry_run) {
      ShowSums(context_,
               {{"would issue", "issued_count", result.done_count},
                {"would refuse", "refused_count", result.refused_count}},
               "");
      NoteDryRun(*context_);
      return;
    }
    if (written_count_ == 0 && !flags_.resume) {
      file_->Remove();
    } else {
      ShowSums(context_,
               {{"issued", "issued_count", written_count_},
                {"in the file before", "before_count", written_before_},
                {"refused", "refused_count", result.refused_count}},
               flags_.output_path);
    }
    context_->out().Flush();
    if (result.outcome_unknown) {
      context_->Note(fmt::format(
          "up to {} codes more may have been made: {}", FormatCount(kRowsPerCallMax), Unknown()));
    }
    if (result.already_there_count > 0 && !flags_.again) {
      context_->Note(
          "whoever is refused for a voucher of this series and time: take that back first, or "
          "say --again (因已有此券被拒的，请先作废原券，或加 --again)");
    }
    const size_t missing = row_count - std::min(row_count, written_count_ + result.refused_count);
    if (missing > 0 && written_count_ + written_before_ > 0) {
      context_->Note(
          fmt::format("{} of {} codes are missing; the same command with --resume makes "
                      "them",
                      FormatCount(missing),
                      FormatCount(row_count + written_before_)));
    }
  }

  Context* const context_;
  const IssueFlags& flags_;
  v1::IssueCodesRequest head_;  // without members and count
  std::vector<FileRow<v1::Grant>> members_;
  std::unique_ptr<PrivateFile> file_;
  bool warned_ = false;
  size_t written_before_ = 0;
  size_t written_count_ = 0;
};

}  // namespace

void AddVoucherIssueCommand(CLI::App* group, Context* context) {
  const auto flags = std::make_shared<IssueFlags>();
  CLI::App* issue = AddCommand(
      group,
      context,
      "issue",
      "Makes pick-up codes (取货码) and writes them to a file",
      {"voucher issue --series cake-2026 --count 500 --from 2026-06-01 --until 2026-07-01 "
       "--output codes.csv",
       "voucher issue --series gift-2026 --members winners.csv --from 2026-06-01 --until "
       "2026-07-01 --output codes.csv",
       "voucher issue --series gift-2026 --members winners.csv --from 2026-06-01 --until "
       "2026-07-01 --output codes.csv --resume"},
      [context, flags] { return Issue(context, *flags).Run(); });
  issue->add_option("--series", flags->series_code, "Of these; made when there is none")
      ->required();
  CLI::Option* count = issue->add_option("--count", flags->count, "Bearers' codes, so many")
                           ->check(CLI::Range(uint64_t{1}, kCodesPerIssueMax));
  issue
      ->add_option("--members",
                   flags->members_path,
                   "CSV with a column member_id (others are passed over): a code for each")
      ->excludes(count);
  AddSpan(issue, context, &flags->span);
  issue->add_option("--output",
                    flags->output_path,
                    "CSV that is made, for its owner's eyes only; never written over");
  issue->add_flag("--resume", flags->resume, "Make what an earlier run has left undone");
  issue->add_flag("--again",
                  flags->again,
                  "Also for members who have a voucher of this series and time already");
  AddDryRun(issue, &flags->dry_run);
  issue->add_flag("-q,--quiet", flags->quiet, "No progress");
  issue->footer(
      "Codes are made 1,000 at a time, and each thousand is on the disk before the next is made.\n"
      "When a call fails, what was written stays and is told.  The server does not keep codes.\n"
      "Who loses a file takes its vouchers back (voucher list --series, voucher void) and makes\n"
      "others: a member's voucher is also given by the card alone.  So who has one of this series\n"
      "and time already is refused, also when the answer of an earlier call was lost.  Columns of\n"
      "the file: voucher_code, member_id, voucher_key, series_code, valid_from, expires_at (times\n"
      "with the offset of --zone, as 2026-06-01T00:00:00+08:00).\n\n" +
      issue->get_footer());
}

}  // namespace gonghui::ctl
