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
[[nodiscard]] View<v1::Prize> PrizeView();
[[nodiscard]] View<Winner> WinnerView();
[[nodiscard]] View<v1::DrawWinner> DrawWinnerView();
[[nodiscard]] View<PoolDraw> PoolDrawView();

// For people: a draw with its prizes.  As CSV the draw alone.
void ShowDraw(const v1::Draw& draw, View<v1::Draw> view, Output* out);

// All that a commitment would fix, before it is one, with what each row of prizes stands for:
// the ranks of a draw, the chance of a pool's.
void ShowDrawToCommit(const v1::Draw& draw, Output* out);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_VIEWS_VOUCHERS_H_
