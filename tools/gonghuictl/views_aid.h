// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How claims, contributions and the solvency of a fund look.

#ifndef GONGHUI_TOOLS_GONGHUICTL_VIEWS_AID_H_
#define GONGHUI_TOOLS_GONGHUICTL_VIEWS_AID_H_

#include "gonghui/v1/aid_service.pb.h"
#include "tools/gonghuictl/output.h"

namespace gonghui::ctl {

[[nodiscard]] View<v1::Claim> ClaimView();
[[nodiscard]] View<v1::ClaimJudgement> JudgementView();
[[nodiscard]] View<v1::Contribution> ContributionView();

// What was asked, and how the fund stands.
struct Solvency {
  v1::GetSolvencyRequest asked;
  v1::GetSolvencyResponse answer;
};
[[nodiscard]] View<Solvency> SolvencyView();

// "83.25%"; nothing for -1.
[[nodiscard]] std::string FormatHundredths(int64_t bps);

// For people: a claim, what was said of it, and the authorization that it is.  As CSV the claim
// alone.
void ShowClaim(const v1::Claim& claim, Output* out);

// For people: that a claim was filed is no approval of it.  `claim` says how many have agreed;
// null = not known.  Whatever is not a claim that is held stays as it is.
[[nodiscard]] v1::Transaction AsFiled(v1::Transaction transaction, const v1::Claim* claim);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_VIEWS_AID_H_
