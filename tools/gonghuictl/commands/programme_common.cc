// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "tools/gonghuictl/commands/programme_common.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>

#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/suggest.h"
#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/units.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

constexpr size_t kProgrammeBytesMax = 1 << 20;  // by the contract

// "metro.yaml:12:7: benefits[0].price: what is wrong (how to mend it)", and below it the same in
// Chinese; without a line of what is no file.
std::string FormatDiagnostic(const std::string& path, const v1::Diagnostic& diagnostic) {
  std::string line = diagnostic.line() == 0
                         ? path + ": "
                         : fmt::format("{}:{}:{}: ", path, diagnostic.line(), diagnostic.column());
  if (!diagnostic.path().empty()) {
    line += Printable(diagnostic.path()) + ": ";
  }
  line += Printable(diagnostic.message());
  if (!diagnostic.hint().empty()) {
    line += " (" + Printable(diagnostic.hint()) + ")";
  }
  if (!diagnostic.message_zh().empty()) {  // as older servers leave it
    line += "\n  ";
    if (!diagnostic.path().empty()) {
      line += Printable(diagnostic.path()) + "：";
    }
    line += Printable(diagnostic.message_zh());
    if (!diagnostic.hint_zh().empty()) {
      line += "（" + Printable(diagnostic.hint_zh()) + "）";
    }
  }
  return line;
}

// "limit day, max: 3 uses -> 2 uses (less)"
std::string FormatChange(const v1::ProgrammeChange& change) {
  const auto side = [](const std::string& text) {
    return text.empty() ? std::string("(none)") : Printable(text);
  };
  return fmt::format("{}{}{}: {} -> {}{}",
                     Printable(change.subject()),
                     change.property().empty() ? "" : ", ",
                     Printable(change.property()),
                     side(change.before()),
                     side(change.after()),
                     change.reduces() ? " (less)" : "");
}

// "2026-05-02T16:00:00Z", if that is all of it.
void InZone(const std::string& zone, std::string* text) {
  if (!text->ends_with('Z')) {
    return;
  }
  const absl::StatusOr<Instant> instant = ParseInstant(*text, "UTC");
  if (instant.ok()) {
    *text = FormatLocalTime(*instant, zone);
  }
}

size_t CountReductions(const ProgrammeChanges& changes) {
  return static_cast<size_t>(
      std::count_if(changes.begin(), changes.end(), [](const v1::ProgrammeChange& change) {
        return change.reduces();
      }));
}

// The names of all pages, as far as they can be had: they are for a hint only, and what is
// wrong has been told already.
template <typename Response, typename Request, typename Collect>
std::vector<std::string> ListNames(Context* context,
                                   std::string_view method,
                                   Request request,
                                   const Collect& collect) {
  std::vector<std::string> names;
  request.set_page_size(kPageRowsMax);
  do {
    Response response;
    if (!context->CallQuietly(Listener::kOperator, method, request, &response).ok()) {
      break;
    }
    collect(response, &names);
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return names;
}

void NoteNear(const Context& context,
              const std::string& name,
              const std::vector<std::string>& names,
              const std::string& how_to_list) {
  if (std::find(names.begin(), names.end(), name) != names.end()) {
    return;
  }
  const std::string nearest = Nearest(name, names);
  context.Note(nearest.empty()
                   ? how_to_list
                   : fmt::format("did you mean \"{}\"? (是否指 {}？)", nearest, nearest));
}

// The name of the user's account; empty when it has none.
std::string UserName() {
  const passwd* const account = ::getpwuid(::geteuid());
  return account == nullptr ? std::string() : std::string(account->pw_name);
}

}  // namespace

void AddWhoAndWhy(CLI::App* command, WhoAndWhy* who) {
  who->author = UserName();
  command->add_option("--by", who->author, "Who does it, for the record")
      ->envname("GONGHUI_OPERATOR")
      ->capture_default_str();
  command->add_option("--note", who->note, "Why, for the record; at most 256 bytes");
}

void AddAt(CLI::App* command, Context* context, std::string* at, const std::string& what) {
  command->add_option("--at",
                      *at,
                      what +
                          ", as 2026-10-01 08:00, with or\n"
                          "without seconds; of a day its 00:00, in the zone of --zone, whatever\n"
                          "hour the programme's own days begin at");
  AddZone(command, context);
}

void NoteNearProgramme(Context* context, ExitCode exit, const std::string& code) {
  if (exit != ExitCode::kNotFound) {
    return;
  }
  v1::ListProgrammesRequest request;
  request.set_include_inactive(true);
  NoteNear(*context,
           code,
           ListNames<v1::ListProgrammesResponse>(
               context,
               "gonghui.v1.ProgrammeService.ListProgrammes",
               std::move(request),
               [](const v1::ListProgrammesResponse& page, std::vector<std::string>* codes) {
                 for (const v1::Programme& programme : page.programmes()) {
                   codes->push_back(programme.programme_code());
                 }
               }),
           "gonghuictl programme list --all lists the programmes (列出所有项目)");
}

void NoteNearDraft(Context* context, ExitCode exit, const std::string& name) {
  if (exit != ExitCode::kNotFound) {
    return;
  }
  NoteNear(*context,
           name,
           ListNames<v1::ListDraftsResponse>(
               context,
               "gonghui.v1.ProgrammeService.ListDrafts",
               v1::ListDraftsRequest(),
               [](const v1::ListDraftsResponse& page, std::vector<std::string>* names) {
                 for (const v1::Draft& draft : page.drafts()) {
                   names->push_back(draft.draft_name());
                 }
               }),
           "gonghuictl programme draft list lists the drafts (列出所有草稿)");
}

ExitCode ReadProgrammeFile(Context* context, const std::string& path, std::string* content) {
  absl::StatusOr<std::string> read = ReadFile(path, kProgrammeBytesMax);
  if (!read.ok()) {
    return context->Fail(read.status().code() == absl::StatusCode::kInvalidArgument
                             ? ExitCode::kRefused
                             : ExitCode::kError,
                         std::string(read.status().message()));
  }
  if (const size_t bad = FindBadUtf8(*read); bad != std::string::npos) {
    // The message's field is a string; gRPC would refuse it without saying where.
    const std::string_view before = std::string_view(*read).substr(0, bad);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t column = bad - (before.rfind('\n') + 1) + 1;
    context->Note(fmt::format("{}:{}:{}: not UTF-8", path, line, column));
    return ExitCode::kRefused;
  }
  *content = *std::move(read);
  return ExitCode::kOk;
}

void ShowProgramme(Context* context,
                   const google::protobuf::Message& response,
                   const v1::Programme& programme) {
  ShowOne(context, response, programme, ProgrammeView());
  Output& out = context->out();
  if (out.format() != OutputFormat::kTable) {
    return;
  }
  if (!programme.benefits().empty()) {
    out.Heading("Benefits");
    out.TableOf<v1::Benefit>(programme.benefits(), BenefitView());
    out.Heading("Conditions");
    out.TableOf<v1::Benefit>(programme.benefits(), BenefitConditionsView());
  }
  if (!programme.limits().empty()) {
    out.Heading("Limits");
    out.TableOf<v1::Limit>(programme.limits(), LimitView());
  }
}

void NoteDiagnostics(Context* context, const std::string& path, const Diagnostics& diagnostics) {
  for (const v1::Diagnostic& diagnostic : diagnostics) {
    context->Note(FormatDiagnostic(path, diagnostic));
  }
}

void NoteWarnings(Context* context, const std::string& what, const Diagnostics& warnings) {
  for (const v1::Diagnostic& warning : warnings) {
    context->Note("warning (提示): " + FormatDiagnostic(what, warning));
  }
}

std::string CountDiagnostics(const Diagnostics& diagnostics) {
  return fmt::format("{} diagnostic{}", diagnostics.size(), diagnostics.size() == 1 ? "" : "s");
}

ProgrammeChanges InZone(ProgrammeChanges changes, const std::string& zone) {
  for (v1::ProgrammeChange& change : changes) {
    InZone(zone, change.mutable_before());
    InZone(zone, change.mutable_after());
  }
  return changes;
}

void ShowChanges(Context* context, const ProgrammeChanges& changes, const std::string& zone) {
  Output& out = context->out();
  out.TableOf<v1::ProgrammeChange>(
      out.format() == OutputFormat::kTable ? InZone(changes, zone) : changes,
      ProgrammeChangeView());
}

std::string AskedWithoutDryRun(const ProgrammeChanges& changes, v1::Stage stage, bool yes) {
  const size_t reductions = CountReductions(changes);
  if (reductions == 0) {
    return "without --dry-run it is done at once: nothing of this needs a confirmation "
           "(去掉 --dry-run 即直接执行，无需确认)";
  }
  if (!TakesEffect(stage)) {
    return "without --dry-run it is done at once: nothing of this takes effect before the version "
           "becomes active (去掉 --dry-run 即直接执行；版本转为现行前不生效)";
  }
  return fmt::format(
      "without --dry-run it {}, because {} of these take{} something away "
      "(其中{}项会减少权益，{})",
      yes ? "is done at once, since --yes was said"
          : "asks for a confirmation first (scripts: --yes)",
      reductions,
      reductions == 1 ? "s" : "",
      reductions,
      yes ? "因已加 --yes，去掉 --dry-run 即直接执行"
          : "去掉 --dry-run 后会先请您确认；脚本请加 --yes");
}

ExitCode AskAboutChanges(Context* context,
                         const ProgrammeChanges& changes,
                         const std::string& zone,
                         v1::Stage stage,
                         bool yes) {
  for (const v1::ProgrammeChange& change : InZone(changes, zone)) {
    context->Note(FormatChange(change));
  }
  const size_t reductions = CountReductions(changes);
  if (reductions == 0 || !TakesEffect(stage)) {
    return ExitCode::kOk;
  }
  return context->Confirm(
      fmt::format("{} of these take{} something away. Apply (其中{}项会减少权益，是否执行)?",
                  reductions,
                  reductions == 1 ? "s" : "",
                  reductions),
      yes);
}

}  // namespace gonghui::ctl
