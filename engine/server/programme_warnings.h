// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What an operator may do and hardly means: make a programme active that is over, offer a
// benefit everywhere, issue codes, grant vouchers or commit prizes that no benefit asks for, commit
// prizes that expire before the draw, retire a programme
// whose draws are open.  It is told, in both languages, and done all the same
// (docs/decisions/0007-programme-versions.md, 0008-vouchers-draws-appointments.md).
//
// Thread safety: any thread; a version's rows never change but for its stage.

#ifndef GONGHUI_ENGINE_SERVER_PROGRAMME_WARNINGS_H_
#define GONGHUI_ENGINE_SERVER_PROGRAMME_WARNINGS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <google/protobuf/repeated_ptr_field.h>
#include <grpcpp/support/status.h>

#include "engine/domain/draw.h"
#include "engine/domain/programme.h"
#include "engine/domain/voucher.h"
#include "engine/ledger/ledger.h"
#include "engine/pipeline/engine.h"
#include "engine/programmes/compiler.h"
#include "engine/server/translate_vouchers.h"
#include "gonghui/v1/draw_service.pb.h"
#include "gonghui/v1/programme_service.pb.h"

namespace gonghui {

using WarningRows = google::protobuf::RepeatedPtrField<v1::Diagnostic>;
using DrawWarningRows = google::protobuf::RepeatedPtrField<v1::DrawWarning>;

// All versions that are active or scheduled, and all draws and pools that are not settled.
// Some pages of the ledger thread's time each.
grpc::Status CopyLiveVersions(Engine* engine, std::vector<Programme>* versions);
grpc::Status CopyOpenDraws(Engine* engine, std::vector<DrawView>* draws);

// Of a version of this file.  `from`: it is to be active from then on; none = in its stage it
// decides nothing, and can not be over.
void AddWarnings(const CompiledFile& file, std::optional<TimestampNs> from, WarningRows* warnings);
// Of a version that is to be active from an instant on.
void AddWarnings(const Ledger& names,
                 const Programme& version,
                 TimestampNs from,
                 WarningRows* warnings);

// `versions` of all that follow: as CopyLiveVersions() found them.

// As people call what is issued: a code is what they are given, a grant is the voucher itself.
enum class VoucherForm : uint8_t { kCode, kGrant };

// Of codes that are to be issued, or vouchers that are to be granted.
void AddWarnings(const Ledger& names,
                 VoucherForm form,
                 const IssueVouchersRequest& request,
                 std::span<const Programme> versions,
                 TimestampNs now,
                 WarningRows* warnings);

// Of a draw or a pool that is to be committed.
void AddWarnings(const Ledger& names,
                 const CommitDrawRequest& request,
                 std::span<const Programme> versions,
                 DrawWarningRows* warnings);

// Of a programme that is to be retired, whose versions are among `versions`.  `draws`: as
// CopyOpenDraws() found them.
void AddWarnings(const Ledger& names,
                 const RetireProgrammeRequest& request,
                 std::span<const Programme> versions,
                 std::span<const DrawView> draws,
                 TimestampNs now,
                 WarningRows* warnings);
// Of one that is retired though there is nothing of it to end.
void AddEndedBefore(WarningRows* warnings);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_PROGRAMME_WARNINGS_H_
