// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a programme file or a version would change, for the operator who is about to apply
// it: old against new, in words, and whether anybody has less afterwards.

#ifndef GONGHUI_ENGINE_SERVER_PROGRAMME_CHANGES_H_
#define GONGHUI_ENGINE_SERVER_PROGRAMME_CHANGES_H_

#include <cstdint>
#include <string>
#include <vector>

#include <google/protobuf/repeated_ptr_field.h>

#include "engine/ledger/ledger.h"
#include "engine/programmes/compiler.h"
#include "engine/server/programme_outline.h"
#include "engine/server/translate_rows.h"
#include "gonghui/v1/programme_service.pb.h"

namespace gonghui {

using ChangeRows = google::protobuf::RepeatedPtrField<v1::ProgrammeChange>;

// What is there of what a file is about; code none = not there.
struct LiveBeforeFile {
  Programme active;
  Programme newest;
  std::vector<FundView> funds;    // by the file's funds
  std::vector<Segment> segments;  // by the file's segments
};

// On the ledger thread.
LiveBeforeFile ViewLiveBefore(const Ledger& ledger, const CompiledFile& file);

// Which version against which, as people say it: "2", "1 (retired)", "".
struct VersionWords {
  std::string before;
  std::string after;
};

// Of the programme, its limits and its benefits.  `before` without a code = there is none.
// `takes_effect`: whoever has less by `after` will have less.
void AddProgrammeChanges(const ProgrammeOutline& before,
                         const ProgrammeOutline& after,
                         const VersionWords& versions,
                         bool takes_effect,
                         ChangeRows* changes);

// Of the funds and segments that a file declares.
void AddDeclaredChanges(const LiveBeforeFile& live, const CompiledFile& file, ChangeRows* changes);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_PROGRAMME_CHANGES_H_
