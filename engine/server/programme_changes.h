// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a programme file would change, for the operator who is about to apply it: old
// against new, in words, and whether anybody has less afterwards.

#ifndef GONGHUI_ENGINE_SERVER_PROGRAMME_CHANGES_H_
#define GONGHUI_ENGINE_SERVER_PROGRAMME_CHANGES_H_

#include <vector>

#include "engine/ledger/ledger.h"
#include "engine/programmes/compiler.h"
#include "engine/server/translate_rows.h"
#include "gonghui/v1/programme_service.pb.h"

namespace gonghui {

// What is live of what a file is about; code none = not there.
struct LiveBeforeFile {
  Programme programme;
  std::vector<FundView> funds;    // by the file's funds
  std::vector<Segment> segments;  // by the file's segments
};

// On the ledger thread.
LiveBeforeFile ViewLiveBefore(const Ledger& ledger, const CompiledFile& file);

// `new_version`: the programme itself is not as it is live.
void AddChanges(const Ledger& names,
                const LiveBeforeFile& live,
                const CompiledFile& file,
                bool new_version,
                v1::ApplyProgrammeResponse* response);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_PROGRAMME_CHANGES_H_
