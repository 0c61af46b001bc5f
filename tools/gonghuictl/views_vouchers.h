// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// How vouchers, draws and prizes look.

#ifndef GONGHUI_TOOLS_GONGHUICTL_VIEWS_VOUCHERS_H_
#define GONGHUI_TOOLS_GONGHUICTL_VIEWS_VOUCHERS_H_

#include "gonghui/v1/draw_service.pb.h"
#include "gonghui/v1/voucher_service.pb.h"
#include "tools/gonghuictl/draw_check.h"
#include "tools/gonghuictl/output.h"

namespace gonghui::ctl {

[[nodiscard]] View<v1::Voucher> VoucherView();
[[nodiscard]] View<v1::VoucherSeries> VoucherSeriesView();
[[nodiscard]] View<v1::Draw> DrawView();
// Of what is to be committed: without what only the server knows.
[[nodiscard]] View<v1::Draw> DrawToCommitView();
[[nodiscard]] View<v1::Prize> PrizeView();
[[nodiscard]] View<Winner> WinnerView();
[[nodiscard]] View<v1::DrawWinner> DrawWinnerView();
[[nodiscard]] View<PoolDraw> PoolDrawView();

// For people: a draw with its prizes.  As CSV the draw alone.
void ShowDraw(const v1::Draw& draw, View<v1::Draw> view, Output* out);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_VIEWS_VOUCHERS_H_
