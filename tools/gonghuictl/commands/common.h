// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the command files share.

#ifndef GONGHUI_TOOLS_GONGHUICTL_COMMANDS_COMMON_H_
#define GONGHUI_TOOLS_GONGHUICTL_COMMANDS_COMMON_H_

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <google/protobuf/timestamp.pb.h>

#include "tools/gonghuictl/context.h"
#include "tools/gonghuictl/output.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {

// A subcommand with its examples, written without "gonghuictl" in front.
// `run` is called after the whole command line has been parsed.
CLI::App* AddCommand(CLI::App* parent,
                     Context* context,
                     const std::string& name,
                     const std::string& description,
                     std::initializer_list<std::string_view> examples,
                     std::function<ExitCode()> run);

// A subcommand that only holds others.
CLI::App* AddGroup(CLI::App* parent,
                   const std::string& name,
                   const std::string& description,
                   const std::string& help_group,
                   std::initializer_list<std::string_view> examples = {});

CLI::Option* AddDryRun(CLI::App* command, bool* flag);
CLI::Option* AddYes(CLI::App* command, bool* flag);

// Who files or judges a claim: an account, which is compared, and no person's name.  It is checked
// when the command runs: what the environment says of it must hinder no other command.
CLI::Option* AddAccount(CLI::App* command,
                        const std::string& name,
                        const std::string& what,
                        std::string* account);
[[nodiscard]] absl::Status CheckAccount(std::string_view option, const std::string& account);

// Says on standard error that nothing was changed.
void NoteDryRun(const Context& context);

// 12.34 yuan or 1234 fen, as two options of which one may be given.
struct AmountFlags {
  std::string yuan;
  std::optional<int64_t> fen;
};
void AddAmount(CLI::App* command,
               const std::string& name,
               const std::string& what,
               AmountFlags* flags);
// Nothing when neither was given.
[[nodiscard]] absl::StatusOr<std::optional<int64_t>> Fen(const AmountFlags& flags);

// The option --zone that all commands share, told by one that reads days or times.
void AddZone(CLI::App* command, Context* context);

// Of a day, which is its first instant, or an instant; `option`, e.g. "--from", is for the error.
// REQUIRES: IsKnownZone(zone).
[[nodiscard]] absl::StatusOr<google::protobuf::Timestamp> TimeOf(std::string_view option,
                                                                 const std::string& text,
                                                                 const std::string& zone);

// From one instant until before another, both needed.
struct SpanFlags {
  std::string from;
  std::string until;
};
void AddSpan(CLI::App* command, Context* context, SpanFlags* flags);
[[nodiscard]] absl::Status FillSpan(const Context& context,
                                    const SpanFlags& flags,
                                    google::protobuf::Timestamp* from,
                                    google::protobuf::Timestamp* until);

// Without an answer nobody knows whether the request took effect, but the same
// id will always get the same answer.
void NoteUnknownOutcome(const Context& context, ExitCode exit, const std::string& request_id);

// A page size and where to go on.
struct PageOptions {
  uint64_t limit = 100;
  std::string page_token;
};
void AddPageOptions(CLI::App* command, PageOptions* page);

inline constexpr int kPageRowsMax = 1000;

// Fetches pages until `limit` rows (0 = all) and prints them.  `rows` is the
// response's mutable accessor of its repeated field.
template <typename Row, typename Response, typename Request>
ExitCode ListRows(Context* context,
                  std::string_view method,
                  Request request,
                  google::protobuf::RepeatedPtrField<Row>* (Response::*rows)(),
                  View<Row> view,
                  const PageOptions& page) {
  Output& out = context->out();
  // One answer for formats that need all of it; the others print page by page.
  const bool whole = out.format() == OutputFormat::kTable || out.format() == OutputFormat::kJson;
  Response all;
  uint64_t count = 0;
  request.set_page_token(page.page_token);
  bool later_page = false;
  std::string more;  // where to go on
  while (true) {
    const uint64_t wanted = page.limit == 0 ? kPageRowsMax : page.limit - count;
    request.set_page_size(static_cast<int32_t>(std::min<uint64_t>(wanted, kPageRowsMax)));
    Response response;
    const ExitCode called = context->Call(Listener::kOperator, method, request, &response);
    if (called != ExitCode::kOk) {
      return called;
    }
    const auto& got = *(response.*rows)();
    count += static_cast<uint64_t>(got.size());
    const std::string next = response.next_page_token();
    if (whole) {
      all.MergeFrom(response);
      all.set_next_page_token(next);
    } else if (out.format() == OutputFormat::kJsonl) {
      for (const Row& row : got) {
        out.Json(row);
      }
    } else {
      out.TableOf<Row>(got, view, later_page);
    }
    later_page = true;
    if (next.empty()) {
      break;
    }
    if (page.limit != 0 && count >= page.limit) {
      more = next;
      break;
    }
    request.set_page_token(next);
  }
  if (out.format() == OutputFormat::kJson) {
    out.Json(all);
  } else if (whole) {
    out.TableOf<Row>(*(all.*rows)(), view);
  }
  if (!more.empty()) {
    out.Flush();  // below the table, where both go to one screen
    context->Note("there are more rows: --limit 0 lists all, --page-token " + more +
                  " goes on from here");
  }
  return ExitCode::kOk;
}

// Prints one message: the response as JSON, or its main part as a record; of an
// empty main part, which a dry run may leave, nothing.
template <typename Row>
void ShowOne(Context* context,
             const google::protobuf::Message& response,
             const Row& row,
             View<Row> view) {
  if (context->out().is_json()) {
    context->out().Json(response);
  } else if (row.ByteSizeLong() > 0) {
    context->out().RecordOf<Row>(row, view);
  }
}

// The combined exit code of the same command done to several things.
class ExitCodes {
 public:
  void Add(ExitCode exit) {
    any_ok_ = any_ok_ || exit == ExitCode::kOk;
    if (exit != ExitCode::kOk && first_bad_ == ExitCode::kOk) {
      first_bad_ = exit;
    }
  }
  [[nodiscard]] ExitCode Combined() const {
    const bool mixed = any_ok_ && first_bad_ != ExitCode::kOk;
    return mixed && first_bad_ != ExitCode::kInterrupted ? ExitCode::kPartlyDone : first_bad_;
  }

 private:
  bool any_ok_ = false;
  ExitCode first_bad_ = ExitCode::kOk;
};

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_COMMANDS_COMMON_H_
