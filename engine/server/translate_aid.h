// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Claims and contributions, as operators say and hear them: proto <-> domain.  Beside
// translate_rows.h.

#ifndef GONGHUI_ENGINE_SERVER_TRANSLATE_AID_H_
#define GONGHUI_ENGINE_SERVER_TRANSLATE_AID_H_

#include <string>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/contribution.h"
#include "engine/domain/occasion.h"
#include "engine/ledger/ledger.h"
#include "engine/server/translate_rows.h"
#include "gonghui/v1/aid_service.pb.h"

namespace gonghui {

// In.  False: *error says what is wrong.

bool FromProto(const v1::Contribution& row, ContributeRequest* request, RowError* error);
bool FromProto(const v1::RevokeContributionRequest& request,
               RevokeContributionRequest* made,
               RowError* error);
// Of an approval and of a rejection, which needs a note.
bool FromProto(const v1::ApproveClaimRequest& request, JudgeClaimRequest* made, RowError* error);
bool FromProto(const v1::RejectClaimRequest& request, JudgeClaimRequest* made, RowError* error);
// Exactly as the engine gave it.
bool ReadClaimId(const std::string& text, TransactionId* id, RowError* error);

// Out.  Copies that were taken on the ledger thread; `names` as with translate_rows.h.

struct ClaimView {
  OccasionRow row;  // none = there is no such claim
  Occasion occasion;
  std::vector<Approval> judgements;  // in order
};
// On the ledger thread.  None when the occasion is not of a claim.
ClaimView ViewLiveClaim(const Ledger& ledger, OccasionRow row);

// But for what the transaction tells.
void ToProto(const Ledger& names, const ClaimView& view, v1::Claim* out);
void ToProto(const Ledger& names, const Contribution& contribution, v1::Contribution* out);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_TRANSLATE_AID_H_
