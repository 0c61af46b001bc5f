// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the commands about programmes share.

#ifndef GONGHUI_TOOLS_GONGHUICTL_COMMANDS_PROGRAMME_COMMON_H_
#define GONGHUI_TOOLS_GONGHUICTL_COMMANDS_PROGRAMME_COMMON_H_

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>

#include <google/protobuf/repeated_ptr_field.h>

#include "gonghui/v1/programme_service.pb.h"
#include "tools/gonghuictl/context.h"

namespace gonghui::ctl {

using ProgrammeChanges = google::protobuf::RepeatedPtrField<v1::ProgrammeChange>;
using Diagnostics = google::protobuf::RepeatedPtrField<v1::Diagnostic>;

// Who does it and why, for those who look at the versions later.
struct WhoAndWhy {
  std::string author;
  std::string note;
};
// The author is the user's name unless GONGHUI_OPERATOR or --by says another.
void AddWhoAndWhy(CLI::App* command, WhoAndWhy* who);

// The option --at, which TimeOf() reads.
void AddAt(CLI::App* command, Context* context, std::string* at, const std::string& what);

// After a call about a programme, or a draft, that has failed: when there is none of that name,
// which one may be meant, or how to list them.  Nothing when it is there, and something else is
// not.
void NoteNearProgramme(Context* context, ExitCode exit, const std::string& code);
void NoteNearDraft(Context* context, ExitCode exit, const std::string& name);

// Reads a programme file; prints what is wrong with it as a file.
[[nodiscard]] ExitCode ReadProgrammeFile(Context* context,
                                         const std::string& path,
                                         std::string* content);

void ShowProgramme(Context* context,
                   const google::protobuf::Message& response,
                   const v1::Programme& programme);

// On standard error, as "FILE:LINE:COLUMN: what is wrong", each in Chinese below.
void NoteDiagnostics(Context* context, const std::string& path, const Diagnostics& diagnostics);

// What is allowed and hardly meant, before anything is done: on standard error, likewise.
void NoteWarnings(Context* context, const std::string& what, const Diagnostics& warnings);

// "3 diagnostics".
[[nodiscard]] std::string CountDiagnostics(const Diagnostics& diagnostics);

// For people: instants, which the server words in UTC, in the programme's zone.
[[nodiscard]] ProgrammeChanges InZone(ProgrammeChanges changes, const std::string& zone);

// As a table, or as CSV.
void ShowChanges(Context* context, const ProgrammeChanges& changes, const std::string& zone);

// Whether what a version says will be so: now, or at its instant.
[[nodiscard]] inline bool TakesEffect(v1::Stage stage) {
  return stage == v1::STAGE_ACTIVE || stage == v1::STAGE_SCHEDULED;
}

// Shows old against new, and asks when somebody has less afterwards.  On standard
// error: the answer on standard output is about what was done.
[[nodiscard]] ExitCode AskAboutChanges(Context* context,
                                       const ProgrammeChanges& changes,
                                       const std::string& zone,
                                       v1::Stage stage,
                                       bool yes);

inline constexpr const char* kAsksFirst =
    "without --dry-run it asks for a confirmation first (scripts: --yes) "
    "(去掉 --dry-run 后会先请您确认；脚本请加 --yes)";

// Of a dry run, how AskAboutChanges() will ask; `yes`: the flag was given already.
[[nodiscard]] std::string AskedWithoutDryRun(const ProgrammeChanges& changes,
                                             v1::Stage stage,
                                             bool yes);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_COMMANDS_PROGRAMME_COMMON_H_
