// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the fake services of vouchers, draws and aid were asked.

#ifndef GONGHUI_TESTS_E2E_CTL_OCCASION_CALLS_H_
#define GONGHUI_TESTS_E2E_CTL_OCCASION_CALLS_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "gonghui/v1/aid_service.pb.h"
#include "gonghui/v1/draw_service.pb.h"
#include "gonghui/v1/voucher_service.pb.h"

namespace gonghui::testing_e2e {

struct OccasionCalls {
  // Those that were done, in order; the one after so many of a kind ends with UNAVAILABLE.
  std::vector<v1::IssueCodesRequest> issues;
  std::vector<v1::GrantVouchersRequest> grants;
  std::vector<v1::VoidVouchersRequest> voids;
  size_t fail_after = SIZE_MAX;
  uint64_t code_count = 0;
  // Codes are made, and nobody is told.
  bool lose_answers = false;
  std::set<std::string> served;  // members who have a code
  v1::GetVoucherRequest get_voucher;
  v1::CommitDrawRequest commit;
  v1::DrawPrizeRequest prize;
  std::vector<v1::ClaimJudgement> judgements;
  std::vector<v1::Contribution> contributions;
  v1::GetSolvencyRequest solvency;
};

}  // namespace gonghui::testing_e2e

#endif  // GONGHUI_TESTS_E2E_CTL_OCCASION_CALLS_H_
