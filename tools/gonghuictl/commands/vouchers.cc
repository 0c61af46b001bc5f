// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// voucher: grants of outside events, taking back, and how vouchers stand; `voucher issue` is in
// voucher_issue.cc

#include <fmt/format.h>

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gonghui/v1/voucher_service.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/commands/batch_calls.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/commands/programme_common.h"
#include "tools/gonghuictl/row_file.h"
#include "tools/gonghuictl/units.h"
#include "tools/gonghuictl/views_vouchers.h"

namespace gonghui::ctl {
namespace {

using google::protobuf::Message;

// --- grant ---

struct GrantFlags {
  std::string path;
  std::string source;
  std::string series_code;
  SpanFlags span;
  bool dry_run = false;
  bool quiet = false;
};

ExitCode GrantVouchers(Context* context, const GrantFlags& flags) {
  v1::GrantVouchersRequest head;
  head.set_source(flags.source);
  head.set_series_code(flags.series_code);
  head.set_validate_only(flags.dry_run);
  const absl::Status filled =
      FillSpan(*context, flags.span, head.mutable_valid_from(), head.mutable_expires_at());
  if (!filled.ok()) {
    return context->Fail(ExitCode::kUsage, std::string(filled.message()));
  }
  RowFileOptions options;
  options.path = flags.path;
  options.rows = context->row_options();
  std::vector<FileRow<v1::Grant>> rows;
  const ExitCode loaded = LoadRowsOf<v1::Grant>(options, GrantKind(), stderr, &rows);
  if (loaded != ExitCode::kOk) {
    return loaded;
  }
  uint64_t created = 0;
  bool warned = false;
  BatchCalls calls;
  calls.method = "gonghui.v1.VoucherService.GrantVouchers";
  calls.field = "grants";
  calls.noun = "grants";
  calls.quiet = flags.quiet;
  calls.row_count = rows.size();
  calls.where = LinesOf(flags.path, rows);
  calls.fill = [&](std::span<const size_t> chosen, Message* message) {
    auto& request = RowAs<v1::GrantVouchersRequest>(message);
    request = head;
    for (const size_t row : chosen) {
      *request.add_grants() = rows[row].message;
    }
  };
  calls.take = [&](std::span<const size_t>, const Message& message) {
    const auto& response = static_cast<const v1::GrantVouchersResponse&>(message);
    created += response.created_count();
    // Each call that makes vouchers tells the same.
    if (response.warnings_size() != 0 && !std::exchange(warned, true)) {
      NoteWarnings(context, "series " + flags.series_code, response.warnings());
    }
    return ExitCode::kOk;
  };
  v1::GrantVouchersRequest request;
  v1::GrantVouchersResponse response;
  const BatchResult result = RunBatchCalls(context, calls, &request, &response);
  ShowSums(context,
           {{flags.dry_run ? "would grant" : "granted", "created_count", created},
            {"granted before", "unchanged_count", result.done_count - created},
            {flags.dry_run ? "would refuse" : "refused", "refused_count", result.refused_count}},
           flags.path);
  context->out().Flush();
  if (flags.dry_run) {
    NoteDryRun(*context);
  } else if (result.done_count + result.refused_count < rows.size()) {
    context->Note("the same command again goes on: an event grants once");
  }
  return result.exit;
}

void AddGrant(CLI::App* group, Context* context) {
  const auto flags = std::make_shared<GrantFlags>();
  CLI::App* grant = AddCommand(
      group,
      context,
      "grant",
      "Gives members the vouchers that outside events earned them",
      {"voucher grant passed.csv --source quiz-2026 --series gift-2026 --from 2026-06-01 "
       "--until 2026-07-01",
       "voucher grant passed.csv --source quiz-2026 --series gift-2026 --from 2026-06-01 "
       "--until 2026-07-01 --dry-run"},
      [context, flags] { return GrantVouchers(context, *flags); });
  grant->add_option("FILE", flags->path, "RFC 4180 CSV, UTF-8")->required();
  grant->add_option("--source", flags->source, "The system that the events are of")->required();
  grant->add_option("--series", flags->series_code, "Of these; made when there is none")
      ->required();
  AddSpan(grant, context, &flags->span);
  AddDryRun(grant, &flags->dry_run);
  grant->add_flag("-q,--quiet", flags->quiet, "No progress");
  grant->footer(
      ColumnsHelp(GrantKind()) +
      "All of the file is checked before anything is sent.  Rows that the server refuses\n"
      "are told by line, the others are granted.  The same file may be sent again.\n\n" +
      grant->get_footer());
}

// --- void ---

struct VoidFlags {
  std::string path;
  std::vector<std::string> keys;
  bool dry_run = false;
  bool yes = false;
  bool quiet = false;
};

// From the file or from the command line.
ExitCode LoadKeys(Context* context,
                  const VoidFlags& flags,
                  std::vector<FileRow<v1::Voucher>>* rows) {
  if (flags.path.empty() == flags.keys.empty()) {
    return context->Fail(ExitCode::kUsage, "give a FILE or --key, one of them");
  }
  if (!flags.path.empty()) {
    RowFileOptions options;
    options.path = flags.path;
    options.rows.zone = kDefaultZone;
    options.pass_over_others = true;
    return LoadRowsOf<v1::Voucher>(options, VoucherListKind(), stderr, rows);
  }
  for (const std::string& key : flags.keys) {
    if (!IsVoucherKey(key)) {
      return context->Fail(ExitCode::kUsage,
                           fmt::format("--key: \"{}\" is not 32 hexadecimal digits", key));
    }
    rows->emplace_back().message.set_voucher_key(key);
  }
  return ExitCode::kOk;
}

ExitCode VoidVouchers(Context* context, const VoidFlags& flags) {
  std::vector<FileRow<v1::Voucher>> rows;
  if (const ExitCode loaded = LoadKeys(context, flags, &rows); loaded != ExitCode::kOk) {
    return loaded;
  }
  if (!flags.dry_run) {
    const ExitCode asked = context->Confirm(
        rows.size() == 1 ? "Take back 1 voucher for good? (作废后不可恢复)"
                         : fmt::format("Take back {} vouchers for good? (作废后不可恢复)",
                                       FormatCount(rows.size())),
        flags.yes);
    if (asked != ExitCode::kOk) {
      return asked;
    }
  }
  uint64_t voided = 0;
  BatchCalls calls;
  calls.method = "gonghui.v1.VoucherService.VoidVouchers";
  calls.field = "voucher_keys";
  calls.noun = "vouchers";
  calls.quiet = flags.quiet;
  calls.row_count = rows.size();
  calls.where = [&](size_t row) {
    return flags.path.empty() ? "voucher " + rows[row].message.voucher_key()
                              : fmt::format("{}:{}", flags.path, rows[row].line);
  };
  calls.fill = [&](std::span<const size_t> chosen, Message* message) {
    auto& request = RowAs<v1::VoidVouchersRequest>(message);
    request.set_validate_only(flags.dry_run);
    for (const size_t row : chosen) {
      request.add_voucher_keys(rows[row].message.voucher_key());
    }
  };
  calls.take = [&](std::span<const size_t>, const Message& message) {
    voided += static_cast<const v1::VoidVouchersResponse&>(message).voided_count();
    return ExitCode::kOk;
  };
  v1::VoidVouchersRequest request;
  v1::VoidVouchersResponse response;
  const BatchResult result = RunBatchCalls(context, calls, &request, &response);
  ShowSums(context,
           {{flags.dry_run ? "would take back" : "taken back", "voided_count", voided},
            {"taken back before", "unchanged_count", result.done_count - voided},
            {flags.dry_run ? "would refuse" : "refused", "refused_count", result.refused_count}},
           flags.path);
  context->out().Flush();
  if (flags.dry_run) {
    NoteDryRun(*context);
  }
  return result.exit;
}

void AddVoid(CLI::App* group, Context* context) {
  const auto flags = std::make_shared<VoidFlags>();
  CLI::App* command =
      AddCommand(group,
                 context,
                 "void",
                 "Takes vouchers back for good that are not in use, and were not won (作废)",
                 {"voucher void codes.csv",
                  "voucher void --key 0123456789abcdef0123456789abcdef --yes",
                  "voucher void codes.csv --dry-run"},
                 [context, flags] { return VoidVouchers(context, *flags); });
  command->add_option(
      "FILE", flags->path, "CSV with a column voucher_key, as voucher issue and list write it");
  command->add_option("--key", flags->keys, "A voucher's key; may be repeated")
      ->allow_extra_args(false);
  AddDryRun(command, &flags->dry_run);
  AddYes(command, &flags->yes);
  command->add_flag("-q,--quiet", flags->quiet, "No progress");
}

// --- show, list, series ---

struct ShowFlags {
  std::string code;
  std::string key;
  std::string source;
  std::string event_id;
};

ExitCode ShowVoucher(Context* context, const ShowFlags& flags) {
  const int given =
      (flags.code.empty() ? 0 : 1) + (flags.key.empty() ? 0 : 1) + (flags.source.empty() ? 0 : 1);
  if (given != 1) {
    return context->Fail(ExitCode::kUsage,
                         "give --code, --key, or --source with --event, one of them");
  }
  v1::GetVoucherRequest request;
  request.set_voucher_code(flags.code);
  request.set_voucher_key(flags.key);
  request.set_source(flags.source);
  request.set_event_id(flags.event_id);
  v1::GetVoucherResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.VoucherService.GetVoucher", request, &response);
  if (exit == ExitCode::kOk) {
    ShowOne(context, response, response.voucher(), VoucherView());
  }
  return exit;
}

struct ListFlags {
  std::string member_id;
  std::string series_code;
  std::string state;
  PageOptions page;
};

ExitCode ListOfMember(Context* context, const ListFlags& flags) {
  v1::ListMemberVouchersRequest request;
  request.set_member_id(flags.member_id);
  request.set_series_code(flags.series_code);
  v1::ListMemberVouchersResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.VoucherService.ListMemberVouchers", request, &response);
  if (exit != ExitCode::kOk) {
    return exit;
  }
  Output& out = context->out();
  if (out.format() == OutputFormat::kJson) {
    out.Json(response);
  } else if (out.format() == OutputFormat::kJsonl) {
    for (const v1::Voucher& voucher : response.vouchers()) {
      out.Json(voucher);
    }
  } else {
    out.TableOf<v1::Voucher>(response.vouchers(), VoucherView());
  }
  if (response.truncated()) {
    out.Flush();
    context->Note("there are more vouchers than one answer holds; --series asks for fewer");
  }
  return exit;
}

ExitCode ListVouchers(Context* context, const ListFlags& flags) {
  if (flags.member_id.empty() && flags.series_code.empty()) {
    return context->Fail(ExitCode::kUsage, "give --member or --series, or both");
  }
  if (!flags.member_id.empty()) {
    return flags.state.empty() ? ListOfMember(context, flags)
                               : context->Fail(ExitCode::kUsage, "--state goes without --member");
  }
  v1::ListVouchersRequest request;
  request.set_series_code(flags.series_code);
  request.set_state(static_cast<v1::VoucherState>(
      EnumNumber(v1::VoucherState_descriptor(), flags.state).value_or(0)));
  return ListRows<v1::Voucher>(context,
                               "gonghui.v1.VoucherService.ListVouchers",
                               request,
                               &v1::ListVouchersResponse::mutable_vouchers,
                               VoucherView(),
                               flags.page);
}

void AddShowAndLists(CLI::App* group, Context* context) {
  const auto show_flags = std::make_shared<ShowFlags>();
  CLI::App* show = AddCommand(group,
                              context,
                              "show",
                              "Shows a voucher: how it stands, whose it is, what has used it",
                              {"voucher show --code 7K3M-9QXA-2HNB-V4TW",
                               "voucher show --key 0123456789abcdef0123456789abcdef",
                               "voucher show --source quiz-2026 --event passed-17"},
                              [context, show_flags] { return ShowVoucher(context, *show_flags); });
  show->add_option("--code", show_flags->code, "The pick-up code");
  show->add_option("--key", show_flags->key, "The key, 32 hexadecimal digits");
  CLI::Option* source = show->add_option("--source", show_flags->source, "The event's system");
  CLI::Option* event =
      show->add_option("--event", show_flags->event_id, "The event that granted or won it");
  source->needs(event);
  event->needs(source);

  const auto list_flags = std::make_shared<ListFlags>();
  CLI::App* list = AddCommand(group,
                              context,
                              "list",
                              "Lists the vouchers of a member, or of a series",
                              {"voucher list --member M0000001",
                               "voucher list --member M0000001 --series gift-2026 -o csv",
                               "voucher list --series gift-2026 --state issued --limit 0 -o csv"},
                              [context, list_flags] { return ListVouchers(context, *list_flags); });
  list->add_option("--member", list_flags->member_id, "Of this member, at most 1,000");
  list->add_option("--series", list_flags->series_code, "Of this series");
  list->add_option("--state", list_flags->state, "Those alone that stand so; with --series alone")
      ->check(CLI::IsMember({"issued", "reserved", "redeemed", "void", "blank"}));
  AddPageOptions(list, &list_flags->page);

  const auto page = std::make_shared<PageOptions>();
  CLI::App* series = AddCommand(group,
                                context,
                                "series",
                                "Lists series, with how many of their vouchers stand how",
                                {"voucher series", "voucher series --limit 0 -o csv"},
                                [context, page] {
                                  return ListRows<v1::VoucherSeries>(
                                      context,
                                      "gonghui.v1.VoucherService.ListVoucherSeries",
                                      v1::ListVoucherSeriesRequest(),
                                      &v1::ListVoucherSeriesResponse::mutable_series,
                                      VoucherSeriesView(),
                                      *page);
                                });
  AddPageOptions(series, page.get());
}

}  // namespace

void AddVoucherCommands(CLI::App* app, Context* context) {
  CLI::App* group = AddGroup(app,
                             "voucher",
                             "Vouchers, pick-up codes and grants (兑换券、取货码)",
                             "Programmes",
                             {"voucher issue --series cake-2026 --count 500 --from 2026-06-01 "
                              "--until 2026-07-01 --output codes.csv",
                              "voucher show --code 7K3M-9QXA-2HNB-V4TW",
                              "voucher series"});
  AddVoucherIssueCommand(group, context);
  AddGrant(group, context);
  AddVoid(group, context);
  AddShowAndLists(group, context);
}

}  // namespace gonghui::ctl
