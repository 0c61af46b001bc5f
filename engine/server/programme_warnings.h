// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What an operator may do and hardly means: make a programme active that is over, commit prizes
// that no benefit asks for.  It is told, and done all the same
// (docs/decisions/0007-programme-versions.md, 0008-vouchers-draws-appointments.md).
//
// Thread safety: any thread; a version's rows never change but for its stage.

#ifndef GONGHUI_ENGINE_SERVER_PROGRAMME_WARNINGS_H_
#define GONGHUI_ENGINE_SERVER_PROGRAMME_WARNINGS_H_

#include <span>

#include <google/protobuf/repeated_ptr_field.h>

#include "engine/domain/draw.h"
#include "engine/domain/programme.h"
#include "engine/ledger/ledger.h"
#include "engine/programmes/compiler.h"
#include "gonghui/v1/draw_service.pb.h"
#include "gonghui/v1/programme_service.pb.h"

namespace gonghui {

using WarningRows = google::protobuf::RepeatedPtrField<v1::Diagnostic>;
using DrawWarningRows = google::protobuf::RepeatedPtrField<v1::DrawWarning>;

// Of a version that is to be active from an instant on.
void AddWarnings(const CompiledFile& file, TimestampNs from, WarningRows* warnings);
void AddWarnings(const Ledger& names,
                 const Programme& version,
                 TimestampNs from,
                 WarningRows* warnings);

// Of a draw or a pool that is to be committed.  `versions`: all that are active or scheduled.
void AddWarnings(const Ledger& names,
                 const CommitDrawRequest& request,
                 std::span<const Programme> versions,
                 DrawWarningRows* warnings);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_PROGRAMME_WARNINGS_H_
