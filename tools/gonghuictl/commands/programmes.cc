// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// programme: files, and what is live

#include <fmt/format.h>

#include <memory>
#include <string>

#include "gonghui/v1/programme_service.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/commands/programme_common.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

struct ApplyFlags {
  std::string path;
  std::string draft;
  std::string stage = "active";
  std::string at;
  WhoAndWhy who;
  bool dry_run = false;
  bool yes = false;
};

// What the request says beside the text; its usage errors.
ExitCode ReadApplyFlags(Context* context,
                        const ApplyFlags& flags,
                        v1::ApplyProgrammeRequest* request) {
  if (flags.path.empty() == flags.draft.empty()) {
    return context->Fail(ExitCode::kUsage, "either FILE or --draft is required");
  }
  request->set_stage(static_cast<v1::Stage>(*EnumNumber(v1::Stage_descriptor(), flags.stage)));
  const bool scheduled = request->stage() == v1::STAGE_SCHEDULED;
  if (scheduled != !flags.at.empty()) {
    return context->Fail(
        ExitCode::kUsage,
        scheduled ? "--stage scheduled needs --at" : "--at goes with --stage scheduled only");
  }
  if (scheduled) {
    const absl::StatusOr<google::protobuf::Timestamp> at =
        TimeOf("--at", flags.at, context->input_zone());
    if (!at.ok()) {
      return context->Fail(ExitCode::kUsage, std::string(at.status().message()));
    }
    *request->mutable_activates_at() = *at;
  }
  request->set_author(flags.who.author);
  request->set_note(flags.who.note);
  request->set_draft_name(flags.draft);
  if (flags.path.empty()) {
    return ExitCode::kOk;
  }
  request->set_file_name(flags.path);
  return ReadProgrammeFile(context, flags.path, request->mutable_content());
}

// What a dry run or a refusal leaves to be said.
ExitCode ShowApplied(Context* context,
                     const ApplyFlags& flags,
                     v1::Stage stage,
                     const v1::ApplyProgrammeResponse& response) {
  const std::string& what = flags.path.empty() ? flags.draft : flags.path;
  NoteDiagnostics(context, what, response.diagnostics());
  const bool refused = !response.diagnostics().empty();
  if (context->out().is_json()) {
    context->out().Json(response);
  } else if (!refused && flags.dry_run && !response.changes().empty()) {
    ShowChanges(context, response.changes(), response.time_zone());
  } else if (!refused && response.has_programme()) {
    ShowProgramme(context, response, response.programme());
  }
  if (refused) {
    return context->Fail(ExitCode::kRefused,
                         CountDiagnostics(response.diagnostics()) + "; nothing was changed");
  }
  if (response.unchanged()) {
    context->Note(stage == v1::STAGE_ACTIVE
                      ? "the live version already says the same; nothing was changed "
                        "(与现行版本相同，未作任何变动)"
                      : "a version that says the same is there already; nothing was changed "
                        "(已有相同内容的版本，未作任何变动)");
  } else if (flags.dry_run) {
    context->out().Flush();
    context->Note(fmt::format(
        "dry run: {} is right; nothing was changed (试运行：文件无误，未作任何变动); {}",
        what,
        AskedWithoutDryRun(response.changes(), stage, flags.yes)));
  }
  return ExitCode::kOk;
}

ExitCode Apply(Context* context, const ApplyFlags& flags) {
  v1::ApplyProgrammeRequest request;
  ExitCode exit = ReadApplyFlags(context, flags, &request);
  if (exit != ExitCode::kOk) {
    return exit;
  }
  // What would change is asked first, since it may be less than people expect to have.
  request.set_validate_only(true);
  v1::ApplyProgrammeResponse response;
  const auto call = [&] {
    response.Clear();
    return context->Call(
        Listener::kOperator, "gonghui.v1.ProgrammeService.ApplyProgramme", request, &response);
  };
  exit = call();
  NoteWarnings(context, flags.path.empty() ? flags.draft : flags.path, response.warnings());
  if (exit == ExitCode::kOk && response.diagnostics().empty() && !flags.dry_run) {
    if (!response.unchanged()) {
      exit = AskAboutChanges(
          context, response.changes(), response.time_zone(), request.stage(), flags.yes);
    }
    if (exit == ExitCode::kOk) {
      request.set_validate_only(false);
      exit = call();
    }
  }
  if (!flags.draft.empty()) {
    NoteNearDraft(context, exit, flags.draft);
  }
  return exit == ExitCode::kOk ? ShowApplied(context, flags, request.stage(), response) : exit;
}

struct ShowFlags {
  std::string code;
  uint32_t version = 0;
  bool source = false;
};

ExitCode ShowSource(Context* context, const ShowFlags& flags) {
  v1::GetProgrammeSourceRequest request;
  request.set_programme_code(flags.code);
  request.set_version(flags.version);
  v1::GetProgrammeSourceResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.ProgrammeService.GetProgrammeSource", request, &response);
  if (exit != ExitCode::kOk) {
    NoteNearProgramme(context, exit, flags.code);
    return exit;
  }
  if (context->out().is_json()) {
    context->out().Json(response);
  } else {
    context->out().Text(response.content());
  }
  return ExitCode::kOk;
}

ExitCode Show(Context* context, const ShowFlags& flags) {
  if (flags.source) {
    return ShowSource(context, flags);
  }
  v1::GetProgrammeRequest request;
  request.set_programme_code(flags.code);
  request.set_version(flags.version);
  v1::GetProgrammeResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.ProgrammeService.GetProgramme", request, &response);
  NoteNearProgramme(context, exit, flags.code);
  if (exit == ExitCode::kOk) {
    ShowProgramme(context, response, response.programme());
  }
  return exit;
}

struct RetireFlags {
  std::string code;
  bool dry_run = false;
  bool yes = false;
};

ExitCode Retire(Context* context, const RetireFlags& flags) {
  v1::RetireProgrammeRequest request;
  request.set_programme_code(flags.code);
  request.set_validate_only(true);
  v1::RetireProgrammeResponse response;
  const auto call = [&] {
    response.Clear();
    return context->Call(
        Listener::kOperator, "gonghui.v1.ProgrammeService.RetireProgramme", request, &response);
  };
  // What it leaves behind is known before anybody is asked.
  ExitCode exit = call();
  NoteWarnings(context, "programme " + flags.code, response.warnings());
  if (exit == ExitCode::kOk && !flags.dry_run) {
    exit = context->Confirm("End programme " + flags.code + " now (停用项目)?", flags.yes);
    if (exit == ExitCode::kOk) {
      request.set_validate_only(false);
      exit = call();
    }
  }
  NoteNearProgramme(context, exit, flags.code);
  if (exit == ExitCode::kOk) {
    ShowProgramme(context, response, response.programme());
    if (flags.dry_run) {
      NoteDryRun(*context);
      if (!flags.yes) {
        context->Note(kAsksFirst);
      }
    }
  }
  return exit;
}

void AddApply(CLI::App* group, Context* context) {
  const auto flags = std::make_shared<ApplyFlags>();
  CLI::App* apply =
      AddCommand(group,
                 context,
                 "apply",
                 "Makes a version of a programme file; with one diagnostic nothing changes",
                 {"programme apply metro.yaml --dry-run",
                  "programme apply metro.yaml",
                  "programme apply metro.yaml --yes     (though a limit or budget falls)",
                  "programme apply metro.yaml --stage shadow --note \"3 rides a day\"",
                  "programme apply metro.yaml --stage scheduled --at 2026-10-01",
                  "programme apply --draft metro-winter --stage validated"},
                 [context, flags] { return Apply(context, *flags); });
  apply->add_option("FILE", flags->path, "YAML, at most 1 MiB");
  apply->add_option("--draft", flags->draft, "A draft in place of a file");
  apply->add_option("--stage", flags->stage, "What the version becomes")
      ->check(CLI::IsMember({"validated", "shadow", "scheduled", "active"}))
      ->capture_default_str();
  AddAt(apply, context, &flags->at, "With --stage scheduled: from when on it is active");
  AddWhoAndWhy(apply, &flags->who);
  AddDryRun(apply, &flags->dry_run);
  AddYes(apply, &flags->yes);
}

void AddList(CLI::App* group, Context* context) {
  const auto page = std::make_shared<PageOptions>();
  const auto all = std::make_shared<bool>(false);
  CLI::App* list =
      AddCommand(group,
                 context,
                 "list",
                 "Lists live programmes in order of precedence",
                 {"programme list", "programme list --all", "programme list -o jsonl"},
                 [context, page, all] {
                   v1::ListProgrammesRequest request;
                   request.set_include_inactive(*all);
                   return ListRows<v1::Programme>(context,
                                                  "gonghui.v1.ProgrammeService.ListProgrammes",
                                                  request,
                                                  &v1::ListProgrammesResponse::mutable_programmes,
                                                  ProgrammeView(),
                                                  *page);
                 });
  list->add_flag("--all", *all, "Also those without an active version");
  AddPageOptions(list, page.get());
}

}  // namespace

void AddProgrammeCommands(CLI::App* app, Context* context) {
  CLI::App* group = AddGroup(app,
                             "programme",
                             "Programmes and their benefits (优惠项目)",
                             "Programmes",
                             {"programme apply metro.yaml --dry-run",
                              "programme apply metro.yaml",
                              "programme show metro",
                              "programme versions metro"});
  AddApply(group, context);

  const auto show_flags = std::make_shared<ShowFlags>();
  CLI::App* show = AddCommand(group,
                              context,
                              "show",
                              "Shows a version of a programme, or the file that it was made from",
                              {"programme show metro",
                               "programme show metro -o json",
                               "programme show metro --version 2",
                               "programme show metro --source > metro.yaml"},
                              [context, show_flags] { return Show(context, *show_flags); });
  show->add_option("PROGRAMME", show_flags->code, "Programme code")->required();
  show->add_option("--version",
                   show_flags->version,
                   "Which version; default: the active one or, if there is\n"
                   "none, the newest")
      ->check(CLI::Range(uint32_t{1}, UINT32_MAX));
  show->add_flag("--source", show_flags->source, "The file's text");

  AddList(group, context);

  const auto retire_flags = std::make_shared<RetireFlags>();
  CLI::App* retire = AddCommand(group,
                                context,
                                "retire",
                                "Ends a programme now; what it granted goes on",
                                {"programme retire metro",
                                 "programme retire metro --dry-run",
                                 "programme retire metro --yes"},
                                [context, retire_flags] { return Retire(context, *retire_flags); });
  retire->add_option("PROGRAMME", retire_flags->code, "Programme code")->required();
  AddDryRun(retire, &retire_flags->dry_run);
  AddYes(retire, &retire_flags->yes);

  AddProgrammeVersionCommands(group, context);
  AddProgrammeDraftCommands(group, context);
  AddBacktestCommands(group, context);
}

}  // namespace gonghui::ctl
