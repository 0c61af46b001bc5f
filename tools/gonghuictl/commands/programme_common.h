// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the commands about programmes share.

#ifndef GONGHUI_TOOLS_GONGHUICTL_COMMANDS_PROGRAMME_COMMON_H_
#define GONGHUI_TOOLS_GONGHUICTL_COMMANDS_PROGRAMME_COMMON_H_

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>

#include <absl/status/statusor.h>
#include <google/protobuf/repeated_ptr_field.h>
#include <google/protobuf/timestamp.pb.h>

#include "gonghui/v1/programme_service.pb.h"
#include "tools/gonghuictl/context.h"
#include "tools/gonghuictl/units.h"

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

// An instant by day and time.
void AddAt(CLI::App* command, Context* context, std::string* at, const std::string& what);
[[nodiscard]] absl::StatusOr<google::protobuf::Timestamp> InstantOf(const Context& context,
                                                                    const std::string& at);

// Reads a programme file; prints what is wrong with it as a file.
[[nodiscard]] ExitCode ReadProgrammeFile(Context* context,
                                         const std::string& path,
                                         std::string* content);

void ShowProgramme(Context* context,
                   const google::protobuf::Message& response,
                   const v1::Programme& programme);

// On standard error, as "FILE:LINE:COLUMN: what is wrong".
void NoteDiagnostics(Context* context, const std::string& path, const Diagnostics& diagnostics);

// What is allowed and hardly meant, before anything is done: on standard error.
void NoteWarnings(Context* context, const std::string& what, const Diagnostics& warnings);

// "3 diagnostics".
[[nodiscard]] std::string CountDiagnostics(const Diagnostics& diagnostics);

// For people: instants, which the server words in UTC, in the programme's zone.
[[nodiscard]] ProgrammeChanges InZone(ProgrammeChanges changes, const std::string& zone);

// As a table, or as CSV.
void ShowChanges(Context* context, const ProgrammeChanges& changes, const std::string& zone);

// Shows old against new, and asks when somebody has less afterwards.  On standard
// error: the answer on standard output is about what was done.
[[nodiscard]] ExitCode AskAboutChanges(Context* context,
                                       const ProgrammeChanges& changes,
                                       const std::string& zone,
                                       bool yes);

inline constexpr const char* kAsksFirst =
    "without --dry-run it asks for a confirmation first (scripts: --yes)";

// Of a dry run, how AskAboutChanges() will ask; `yes`: the flag was given already.
[[nodiscard]] std::string AskedWithoutDryRun(const ProgrammeChanges& changes, bool yes);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_COMMANDS_PROGRAMME_COMMON_H_
