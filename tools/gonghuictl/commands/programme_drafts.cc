// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// programme draft

#include <fmt/format.h>

#include <memory>
#include <string>

#include "gonghui/v1/programme_service.pb.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/commands/programme_common.h"
#include "tools/gonghuictl/units.h"
#include "tools/gonghuictl/views.h"

namespace gonghui::ctl {
namespace {

constexpr size_t kDraftNameBytesMax = 32;  // by the contract

// "metro" for "city/metro.yaml".
std::string StemOf(const std::string& path) {
  const std::string name = path.substr(path.find_last_of('/') + 1);
  const size_t dot = name.find_last_of('.');
  return dot == 0 || dot == std::string::npos ? name : name.substr(0, dot);
}

struct SaveFlags {
  std::string path;
  std::string name;
  WhoAndWhy who;
  bool dry_run = false;
};

ExitCode Save(Context* context, const SaveFlags& flags) {
  v1::SaveDraftRequest request;
  v1::Draft& draft = *request.mutable_draft();
  draft.set_draft_name(flags.name.empty() ? StemOf(flags.path) : flags.name);
  if (!IsCode(draft.draft_name(), kDraftNameBytesMax)) {
    return context->Fail(
        ExitCode::kUsage,
        fmt::format("\"{}\" can not be a draft's name, which is 1 to {} characters "
                    "of [A-Za-z0-9._:-]; say another with --name",
                    draft.draft_name(),
                    kDraftNameBytesMax));
  }
  draft.set_file_name(flags.path.substr(flags.path.find_last_of('/') + 1));
  draft.set_author(flags.who.author);
  draft.set_note(flags.who.note);
  request.set_validate_only(flags.dry_run);
  const ExitCode read = ReadProgrammeFile(context, flags.path, draft.mutable_content());
  if (read != ExitCode::kOk) {
    return read;
  }
  v1::SaveDraftResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.ProgrammeService.SaveDraft", request, &response);
  if (exit != ExitCode::kOk) {
    return exit;
  }
  NoteDiagnostics(context, flags.path, response.diagnostics());
  ShowOne(context, response, response.draft(), DraftView());
  context->out().Flush();
  if (flags.dry_run) {
    NoteDryRun(*context);
  } else {
    context->Note(response.diagnostics().empty()
                      ? "saved; it can be applied"
                      : fmt::format("saved with {}", CountDiagnostics(response.diagnostics())));
  }
  return ExitCode::kOk;
}

struct ShowDraftFlags {
  std::string name;
  bool source = false;
};

ExitCode ShowDraft(Context* context, const ShowDraftFlags& flags) {
  v1::GetDraftRequest request;
  request.set_draft_name(flags.name);
  v1::GetDraftResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.ProgrammeService.GetDraft", request, &response);
  if (exit != ExitCode::kOk) {
    NoteNearDraft(context, exit, flags.name);
    return exit;
  }
  if (flags.source && !context->out().is_json()) {
    context->out().Text(response.draft().content());
    return ExitCode::kOk;
  }
  ShowOne(context, response, response.draft(), DraftView());
  context->out().Flush();
  NoteDiagnostics(context,
                  response.draft().file_name().empty() ? flags.name : response.draft().file_name(),
                  response.diagnostics());
  return ExitCode::kOk;
}

struct DeleteFlags {
  std::string name;
  bool dry_run = false;
  bool yes = false;
};

ExitCode Delete(Context* context, const DeleteFlags& flags) {
  if (!flags.dry_run) {
    const ExitCode asked =
        context->Confirm("Throw the draft " + flags.name + " away (删除草稿)?", flags.yes);
    if (asked != ExitCode::kOk) {
      return asked;
    }
  }
  v1::DeleteDraftRequest request;
  request.set_draft_name(flags.name);
  request.set_validate_only(flags.dry_run);
  v1::DeleteDraftResponse response;
  const ExitCode exit = context->Call(
      Listener::kOperator, "gonghui.v1.ProgrammeService.DeleteDraft", request, &response);
  NoteNearDraft(context, exit, flags.name);
  if (exit == ExitCode::kOk) {
    ShowOne(context, response, response.draft(), DraftView());
    context->out().Flush();
    if (flags.dry_run) {
      NoteDryRun(*context);
    }
  }
  return exit;
}

void AddSave(CLI::App* group, Context* context) {
  const auto flags = std::make_shared<SaveFlags>();
  CLI::App* save =
      AddCommand(group,
                 context,
                 "save",
                 "Keeps a file with the server, though it may still be wrong",
                 {"programme draft save metro-winter.yaml",
                  "programme draft save metro.yaml --name metro-winter --note \"for the board\""},
                 [context, flags] { return Save(context, *flags); });
  save->add_option("FILE", flags->path, "YAML, at most 1 MiB")->required();
  save->add_option("--name", flags->name, "The draft's name; default: the file's");
  AddWhoAndWhy(save, &flags->who);
  AddDryRun(save, &flags->dry_run);
}

void AddShow(CLI::App* group, Context* context) {
  const auto flags = std::make_shared<ShowDraftFlags>();
  CLI::App* show = AddCommand(group,
                              context,
                              "show",
                              "Shows a draft, and what is wrong with it now",
                              {"programme draft show metro-winter",
                               "programme draft show metro-winter --source > metro-winter.yaml"},
                              [context, flags] { return ShowDraft(context, *flags); });
  show->add_option("DRAFT", flags->name, "Name")->required();
  show->add_flag("--source", flags->source, "The text alone");
}

void AddList(CLI::App* group, Context* context) {
  const auto page = std::make_shared<PageOptions>();
  CLI::App* list = AddCommand(group,
                              context,
                              "list",
                              "Lists drafts by name",
                              {"programme draft list", "programme draft list -o csv"},
                              [context, page] {
                                return ListRows<v1::Draft>(context,
                                                           "gonghui.v1.ProgrammeService.ListDrafts",
                                                           v1::ListDraftsRequest(),
                                                           &v1::ListDraftsResponse::mutable_drafts,
                                                           DraftView(),
                                                           *page);
                              });
  AddPageOptions(list, page.get());
}

void AddDelete(CLI::App* group, Context* context) {
  const auto flags = std::make_shared<DeleteFlags>();
  CLI::App* remove = AddCommand(
      group,
      context,
      "delete",
      "Throws a draft away; versions that were made of it stay",
      {"programme draft delete metro-winter", "programme draft delete metro-winter --yes"},
      [context, flags] { return Delete(context, *flags); });
  remove->add_option("DRAFT", flags->name, "Name")->required();
  AddDryRun(remove, &flags->dry_run);
  AddYes(remove, &flags->yes);
}

}  // namespace

void AddProgrammeDraftCommands(CLI::App* group, Context* context) {
  CLI::App* draft = AddGroup(group,
                             "draft",
                             "Files that may still be wrong, kept with the server (草稿)",
                             "Commands",
                             {"programme draft save metro-winter.yaml",
                              "programme draft show metro-winter",
                              "programme apply --draft metro-winter --stage validated"});
  AddSave(draft, context);
  AddShow(draft, context);
  AddList(draft, context);
  AddDelete(draft, context);
}

}  // namespace gonghui::ctl
