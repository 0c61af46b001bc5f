// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a programme file or a version would change, for the operator who is about to apply
// it: old against new, in words, and whether anybody has less afterwards.

#ifndef GONGHUI_ENGINE_SERVER_PROGRAMME_CHANGES_H_
#define GONGHUI_ENGINE_SERVER_PROGRAMME_CHANGES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <google/protobuf/repeated_ptr_field.h>

#include "engine/ledger/ledger.h"
#include "engine/programmes/compiler.h"
#include "engine/programmes/words.h"
#include "engine/server/programme_outline.h"
#include "engine/server/translate_rows.h"
#include "gonghui/v1/programme_service.pb.h"

namespace gonghui {

using ChangeRows = google::protobuf::RepeatedPtrField<v1::ProgrammeChange>;

// A fund as it stands, beside one that a file declares; code none = not there.
struct LiveFund {
  FundView view;
  UnionNodeId owner;
  UnionNodeId root;  // who owns what the file names no owner of
};

// On the ledger thread.
LiveFund ViewLiveFundOf(const Ledger& ledger, const FundRequest& asked);

// One property in which they differ.
struct FundDifference {
  // As ProgrammeChange.property has it, which programs read; do not change.
  const char* key = "";
  Words property;  // as a file has it
  Words before;    // empty = there is none
  Words after;
  bool reduces = false;  // it pays less, or for a shorter time
};

// `text_of_time` words an instant that is told, to its last nanosecond.  REQUIRES: the fund is
// there.
std::vector<FundDifference> FundDifferences(
    const LiveFund& live,
    const FundRequest& asked,
    const std::function<std::string(TimestampNs)>& text_of_time);

// What is there of what a file is about; code none = not there.
struct LiveBeforeFile {
  Programme active;
  Programme newest;
  std::vector<LiveFund> funds;    // by the file's funds
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
void AddProgrammeChanges(const ProgrammeOutline& before,
                         const ProgrammeOutline& after,
                         const VersionWords& versions,
                         ChangeRows* changes);

// Of the funds and segments that a file declares.
void AddDeclaredChanges(const LiveBeforeFile& live, const CompiledFile& file, ChangeRows* changes);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_PROGRAMME_CHANGES_H_
