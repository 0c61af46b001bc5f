// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// programme versions, stage, rollback, shadow, diff

#include <fmt/format.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gonghui/v1/programme_service.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/commands/programme_common.h"
#include "tools/gonghuictl/units.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

constexpr size_t kProgrammeCodeBytesMax = 32;  // by the contract

// Asks what would change, then the user if somebody has less by it, then does it.
// `stage`: what the version becomes.
// `asked_before`: the user was asked already whatever it changes, or would be without dry_run.
// `settle`: makes the request that was tried the one that is done.
template <typename Request, typename Response, typename Settle>
ExitCode MoveAfterAsking(Context* context,
                         const char* method,
                         Request request,
                         const Settle& settle,
                         v1::Stage stage,
                         bool asked_before,
                         bool dry_run,
                         bool yes) {
  request.set_validate_only(true);
  Response response;
  ExitCode exit = context->Call(Listener::kOperator, method, request, &response);
  NoteWarnings(context, "programme " + request.programme_code(), response.warnings());
  if (exit == ExitCode::kOk && !dry_run) {
    if (!response.unchanged()) {
      exit = AskAboutChanges(
          context, response.changes(), response.programme().time_zone(), stage, yes);
    }
    if (exit == ExitCode::kOk) {
      settle(response, &request);
      request.set_validate_only(false);
      response.Clear();
      exit = context->Call(Listener::kOperator, method, request, &response);
    }
  }
  if (exit != ExitCode::kOk) {
    NoteNearProgramme(context, exit, request.programme_code());
    return exit;
  }
  if (dry_run && !context->out().is_json()) {
    ShowChanges(context, response.changes(), response.programme().time_zone());
  } else {
    ShowProgramme(context, response, response.programme());
  }
  context->out().Flush();
  if (response.unchanged()) {
    context->Note("it is so already; nothing was changed (已是如此，未作任何变动)");
  } else if (dry_run) {
    NoteDryRun(*context);
    context->Note(asked_before && !yes ? kAsksFirst
                                       : AskedWithoutDryRun(response.changes(), stage, yes));
  }
  return ExitCode::kOk;
}

struct StageFlags {
  std::string code;
  uint32_t version = 0;
  std::string stage;
  std::string at;
  WhoAndWhy who;
  bool dry_run = false;
  bool yes = false;
};

ExitCode Stage(Context* context, const StageFlags& flags) {
  v1::StageProgrammeRequest request;
  request.set_programme_code(flags.code);
  request.set_version(flags.version);
  request.set_stage(static_cast<v1::Stage>(*EnumNumber(v1::Stage_descriptor(), flags.stage)));
  request.set_author(flags.who.author);
  request.set_note(flags.who.note);
  const bool scheduled = request.stage() == v1::STAGE_SCHEDULED;
  if (scheduled != !flags.at.empty()) {
    return context->Fail(
        ExitCode::kUsage,
        scheduled ? "scheduled needs --at" : "--at goes with the stage scheduled only");
  }
  if (scheduled) {
    const absl::StatusOr<google::protobuf::Timestamp> at =
        TimeOf("--at", flags.at, context->input_zone());
    if (!at.ok()) {
      return context->Fail(ExitCode::kUsage, std::string(at.status().message()));
    }
    *request.mutable_activates_at() = *at;
  }
  if (request.stage() == v1::STAGE_WITHDRAWN && !flags.dry_run) {
    const ExitCode asked = context->Confirm(
        fmt::format(
            "Withdraw version {} of {} for good (撤回后不可恢复)?", flags.version, flags.code),
        flags.yes);
    if (asked != ExitCode::kOk) {
      return asked;
    }
  }
  return MoveAfterAsking<v1::StageProgrammeRequest, v1::StageProgrammeResponse>(
      context,
      "gonghui.v1.ProgrammeService.StageProgramme",
      request,
      [](const v1::StageProgrammeResponse&, v1::StageProgrammeRequest*) {},
      request.stage(),
      request.stage() == v1::STAGE_WITHDRAWN,
      flags.dry_run,
      flags.yes);
}

struct RollbackFlags {
  std::string code;
  uint32_t to_version = 0;
  WhoAndWhy who;
  bool dry_run = false;
  bool yes = false;
};

ExitCode Rollback(Context* context, const RollbackFlags& flags) {
  v1::RollbackProgrammeRequest request;
  request.set_programme_code(flags.code);
  request.set_to_version(flags.to_version);
  request.set_author(flags.who.author);
  request.set_note(flags.who.note);
  return MoveAfterAsking<v1::RollbackProgrammeRequest, v1::RollbackProgrammeResponse>(
      context,
      "gonghui.v1.ProgrammeService.RollbackProgramme",
      std::move(request),
      // Whoever else rolls back meanwhile must not make this one go further than was shown.
      [](const v1::RollbackProgrammeResponse& tried, v1::RollbackProgrammeRequest* settled) {
        settled->set_to_version(tried.programme().version());
      },
      v1::STAGE_ACTIVE,
      /*asked_before=*/false,
      flags.dry_run,
      flags.yes);
}

ExitCode ShowShadows(Context* context, const std::string& code) {
  v1::GetShadowReportRequest request;
  request.set_programme_code(code);
  v1::GetShadowReportResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.ProgrammeService.GetShadowReport", request, &response);
  if (exit != ExitCode::kOk) {
    NoteNearProgramme(context, exit, code);
    return exit;
  }
  Output& out = context->out();
  if (out.is_json()) {
    out.Json(response);
  } else if (out.format() == OutputFormat::kTable && !code.empty()) {
    for (const v1::ShadowReport& report : response.reports()) {
      out.RecordOf<v1::ShadowReport>(report, ShadowReportView());
    }
  } else {
    out.TableOf<v1::ShadowReport>(response.reports(), ShadowReportView());
  }
  return ExitCode::kOk;
}

// A file or draft against what is live, as apply --dry-run would have it; or versions.
struct DiffFlags {
  std::string target;
  std::string draft;
  std::optional<uint32_t> first;
  std::optional<uint32_t> second;
};

template <typename Response>
void ShowDifference(Context* context, const Response& response) {
  if (context->out().is_json()) {
    context->out().Json(response);
    return;
  }
  if (!response.changes().empty() || context->out().format() == OutputFormat::kCsv) {
    ShowChanges(context, response.changes(), response.time_zone());
  }
  if (response.changes().empty()) {
    context->Note("no difference");
  }
}

ExitCode DiffVersions(Context* context, const DiffFlags& flags) {
  v1::CompareProgrammeVersionsRequest request;
  request.set_programme_code(flags.target);
  request.set_before_version(flags.second ? *flags.first : 0);
  request.set_after_version(flags.second ? *flags.second : *flags.first);
  v1::CompareProgrammeVersionsResponse response;
  const ExitCode exit = context->Call(Listener::kOperator,
                                      "gonghui.v1.ProgrammeService.CompareProgrammeVersions",
                                      request,
                                      &response);
  NoteNearProgramme(context, exit, flags.target);
  if (exit == ExitCode::kOk) {
    ShowDifference(context, response);
  }
  return exit;
}

ExitCode Diff(Context* context, const DiffFlags& flags) {
  if (flags.target.empty() == flags.draft.empty()) {
    return context->Fail(ExitCode::kUsage, "either FILE, PROGRAMME VERSION or --draft is required");
  }
  if (flags.first) {
    return flags.draft.empty()
               ? DiffVersions(context, flags)
               : context->Fail(ExitCode::kUsage, "a draft is compared with what is live only");
  }
  v1::ApplyProgrammeRequest request;
  request.set_validate_only(true);
  request.set_draft_name(flags.draft);
  if (!flags.target.empty()) {
    request.set_file_name(flags.target);
    const ExitCode read = ReadProgrammeFile(context, flags.target, request.mutable_content());
    if (read != ExitCode::kOk) {
      if (IsCode(flags.target, kProgrammeCodeBytesMax)) {
        context->Note(
            fmt::format("of a programme a version is compared: gonghuictl programme diff {} "
                        "VERSION (项目须写明版本号)",
                        flags.target));
      }
      return read;
    }
  }
  v1::ApplyProgrammeResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.ProgrammeService.ApplyProgramme", request, &response);
  if (exit != ExitCode::kOk) {
    if (!flags.draft.empty()) {
      NoteNearDraft(context, exit, flags.draft);
    }
    return exit;
  }
  if (!response.diagnostics().empty()) {
    NoteDiagnostics(
        context, flags.target.empty() ? flags.draft : flags.target, response.diagnostics());
    if (context->out().is_json()) {
      context->out().Json(response);
    }
    return context->Fail(ExitCode::kRefused, CountDiagnostics(response.diagnostics()));
  }
  ShowDifference(context, response);
  return ExitCode::kOk;
}

void AddVersions(CLI::App* group, Context* context) {
  const auto code = std::make_shared<std::string>();
  const auto page = std::make_shared<PageOptions>();
  CLI::App* versions =
      AddCommand(group,
                 context,
                 "versions",
                 "Lists a programme's versions, newest first: stage, since when, by whom and why",
                 {"programme versions metro", "programme versions metro -o csv"},
                 [context, code, page] {
                   v1::ListProgrammeVersionsRequest request;
                   request.set_programme_code(*code);
                   const ExitCode exit = ListRows<v1::ProgrammeVersion>(
                       context,
                       "gonghui.v1.ProgrammeService.ListProgrammeVersions",
                       request,
                       &v1::ListProgrammeVersionsResponse::mutable_versions,
                       ProgrammeVersionView(),
                       *page);
                   NoteNearProgramme(context, exit, *code);
                   return exit;
                 });
  versions->add_option("PROGRAMME", *code, "Programme code")->required();
  AddPageOptions(versions, page.get());
}

void AddStage(CLI::App* group, Context* context) {
  const auto flags = std::make_shared<StageFlags>();
  CLI::App* stage = AddCommand(group,
                               context,
                               "stage",
                               "Moves a version: validated, shadow, scheduled, active or withdrawn",
                               {"programme stage metro 4 shadow",
                                "programme stage metro 4 scheduled --at \"2026-10-01 08:00\"",
                                "programme stage metro 4 active --dry-run",
                                "programme stage metro 4 withdrawn --yes --note \"no budget\""},
                               [context, flags] { return Stage(context, *flags); });
  stage->add_option("PROGRAMME", flags->code, "Programme code")->required();
  stage->add_option("VERSION", flags->version, "Version, from 1")
      ->required()
      ->check(CLI::Range(uint32_t{1}, UINT32_MAX));
  stage->add_option("STAGE", flags->stage, "Where to")
      ->required()
      ->check(CLI::IsMember({"validated", "shadow", "scheduled", "active", "withdrawn"}));
  AddAt(stage, context, &flags->at, "With scheduled: from when on it is active");
  AddWhoAndWhy(stage, &flags->who);
  AddDryRun(stage, &flags->dry_run);
  AddYes(stage, &flags->yes);
}

void AddRollback(CLI::App* group, Context* context) {
  const auto flags = std::make_shared<RollbackFlags>();
  CLI::App* rollback =
      AddCommand(group,
                 context,
                 "rollback",
                 "Makes the version active that was so before, and again the one before it;\n"
                 "nothing decided changes",
                 {"programme rollback metro",
                  "programme rollback metro --to 2 --note \"the new cap was wrong\"",
                  "programme rollback metro --dry-run"},
                 [context, flags] { return Rollback(context, *flags); });
  rollback->add_option("PROGRAMME", flags->code, "Programme code")->required();
  rollback
      ->add_option("--to",
                   flags->to_version,
                   "Which version that was active; default: the last one before, leaving out\n"
                   "what was rolled back from")
      ->check(CLI::Range(uint32_t{1}, UINT32_MAX));
  AddWhoAndWhy(rollback, &flags->who);
  AddDryRun(rollback, &flags->dry_run);
  AddYes(rollback, &flags->yes);
}

void AddShadow(CLI::App* group, Context* context) {
  const auto code = std::make_shared<std::string>();
  CLI::App* shadow = AddCommand(
      group,
      context,
      "shadow",
      "Shows what a version in shadow would have decided otherwise",
      {"programme shadow metro", "programme shadow -o csv", "programme shadow metro -o json"},
      [context, code] { return ShowShadows(context, *code); });
  shadow->add_option("PROGRAMME", *code, "Programme code; default: all with a version in shadow");
}

void AddDiff(CLI::App* group, Context* context) {
  const auto flags = std::make_shared<DiffFlags>();
  CLI::App* diff =
      AddCommand(group,
                 context,
                 "diff",
                 "Says in words what a file or a version would change",
                 {"programme diff metro.yaml          (against what is live)",
                  "programme diff metro 4             (version 4 against what is live)",
                  "programme diff metro 3 4 -o json   (version 4 against version 3)",
                  "programme diff --draft metro-winter"},
                 [context, flags] { return Diff(context, *flags); });
  diff->add_option("TARGET", flags->target, "A file, or with VERSION a programme code");
  diff->add_option("VERSION", flags->first, "A version, from 1")
      ->check(CLI::Range(uint32_t{1}, UINT32_MAX));
  diff->add_option("OTHER", flags->second, "The version that is compared with it, from 1")
      ->check(CLI::Range(uint32_t{1}, UINT32_MAX));
  diff->add_option("--draft", flags->draft, "A draft in place of a file");
}

}  // namespace

void AddProgrammeVersionCommands(CLI::App* group, Context* context) {
  AddVersions(group, context);
  AddStage(group, context);
  AddRollback(group, context);
  AddShadow(group, context);
  AddDiff(group, context);
}

}  // namespace gonghui::ctl
