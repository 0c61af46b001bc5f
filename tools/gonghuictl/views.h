// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How the contract's messages look in tables, records and CSV.

#ifndef GONGHUI_TOOLS_GONGHUICTL_VIEWS_H_
#define GONGHUI_TOOLS_GONGHUICTL_VIEWS_H_

#include <string>

#include "gonghui/v1/member_service.pb.h"
#include "gonghui/v1/merchant_service.pb.h"
#include "gonghui/v1/operations_service.pb.h"
#include "gonghui/v1/programme_service.pb.h"
#include "gonghui/v1/transaction.pb.h"
#include "tools/gonghuictl/output.h"

namespace gonghui::ctl {

[[nodiscard]] View<v1::UnionNode> UnionNodeView();
[[nodiscard]] View<v1::Segment> SegmentView();
[[nodiscard]] View<v1::Member> MemberView();
[[nodiscard]] View<v1::Card> CardView();
[[nodiscard]] View<v1::Merchant> MerchantView();
[[nodiscard]] View<v1::Terminal> TerminalView();
[[nodiscard]] View<v1::Fund> FundView();
[[nodiscard]] View<v1::Programme> ProgrammeView();
[[nodiscard]] View<v1::Benefit> BenefitView();
[[nodiscard]] View<v1::Limit> LimitView();
[[nodiscard]] View<v1::ProgrammeChange> ProgrammeChangeView();
[[nodiscard]] View<v1::Transaction> TransactionView();
[[nodiscard]] View<v1::AppliedBenefit> AppliedBenefitView();
[[nodiscard]] View<v1::LimitState> LimitStateView();
[[nodiscard]] View<v1::CheckOutcome> CheckView();
[[nodiscard]] View<v1::Entitlement> EntitlementView();
[[nodiscard]] View<v1::GetStatusResponse> StatusView();
[[nodiscard]] View<v1::TableStatus> TableStatusView();

// A transaction with its benefits, limits and failed check.
void ShowTransaction(const v1::Transaction& transaction, Output* out);

// Below a transaction, for people: what led to the decision.
void ShowChecks(const google::protobuf::RepeatedPtrField<v1::CheckOutcome>& checks, Output* out);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_VIEWS_H_
