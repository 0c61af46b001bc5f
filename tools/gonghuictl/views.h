// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How the contract's messages look in tables, records and CSV.

#ifndef GONGHUI_TOOLS_GONGHUICTL_VIEWS_H_
#define GONGHUI_TOOLS_GONGHUICTL_VIEWS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gonghui/v1/authorization_service.pb.h"
#include "gonghui/v1/member_service.pb.h"
#include "gonghui/v1/merchant_service.pb.h"
#include "gonghui/v1/operations_service.pb.h"
#include "gonghui/v1/programme_service.pb.h"
#include "gonghui/v1/transaction.pb.h"
#include "tools/gonghuictl/advice_run.h"
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
[[nodiscard]] View<v1::Benefit> BenefitConditionsView();
[[nodiscard]] View<v1::Limit> LimitView();
[[nodiscard]] View<v1::ProgrammeChange> ProgrammeChangeView();
[[nodiscard]] View<v1::ProgrammeVersion> ProgrammeVersionView();
[[nodiscard]] View<v1::ShadowReport> ShadowReportView();
[[nodiscard]] View<v1::Draft> DraftView();
[[nodiscard]] View<v1::Transaction> TransactionView();
[[nodiscard]] View<v1::AppliedBenefit> AppliedBenefitView();
[[nodiscard]] View<v1::TransactionLine> TransactionLineView();
[[nodiscard]] View<v1::LimitState> LimitStateView();
[[nodiscard]] View<v1::CheckOutcome> CheckView();
[[nodiscard]] View<v1::Entitlement> EntitlementView();
[[nodiscard]] View<v1::GetStatusResponse> StatusView();
[[nodiscard]] View<v1::TableStatus> TableStatusView();

// Advices before they are sent, and with their answers.
[[nodiscard]] View<StoredAdvice> PendingAdviceView();
[[nodiscard]] View<StoredAdvice> AdviceResultView();

// One of the numbers that terminal and ledger compare.
struct BatchTotal {
  std::string_view label;     // "captured"
  std::string_view label_zh;  // "消费金额"
  std::string_view name;      // "captured_fen"
  bool is_money = false;
  int64_t terminal = 0;
  int64_t ledger = 0;
};
[[nodiscard]] std::vector<BatchTotal> BothSides(const v1::CloseBatchResponse& response);
[[nodiscard]] View<BatchTotal> BatchTotalView();
[[nodiscard]] View<v1::CloseBatchResponse> CloseBatchView();

// A closed batch with the numbers of both sides; as CSV the numbers alone.
void ShowBatch(const v1::CloseBatchResponse& response, Output* out);

// A transaction with its lines, benefits, limits and failed check.
void ShowTransaction(const v1::Transaction& transaction, Output* out);

// Below a transaction, for people: what led to the decision.
void ShowChecks(const google::protobuf::RepeatedPtrField<v1::CheckOutcome>& checks, Output* out);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_VIEWS_H_
