// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Vouchers and draws, as operators say and hear them: proto <-> domain.  Beside
// translate_rows.h.

#ifndef GONGHUI_ENGINE_SERVER_TRANSLATE_VOUCHERS_H_
#define GONGHUI_ENGINE_SERVER_TRANSLATE_VOUCHERS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/draw.h"
#include "engine/domain/voucher.h"
#include "engine/ledger/ledger.h"
#include "engine/server/translate_rows.h"
#include "gonghui/v1/draw_service.pb.h"
#include "gonghui/v1/voucher_service.pb.h"

namespace gonghui {

// 32 hexadecimal digits; small letters are written.
std::string VoucherKeyText(const VoucherKey& key);
std::optional<VoucherKey> ParseVoucherKey(std::string_view text);  // nothing for 0, too
std::string DigestText(const Digest& digest);                      // empty for none

// In.  False: *error says what is wrong.

// What a request points to; it keeps to all that the ledger relies on but for keys.
struct VouchersToIssue {
  IssueVouchersRequest request;
  std::vector<VoucherToIssue> vouchers;
};
// Keys are left to be made: as many vouchers as codes are asked for.
bool FromProto(const v1::IssueCodesRequest& request, VouchersToIssue* made, RowError* error);
bool FromProto(const v1::GrantVouchersRequest& request, VouchersToIssue* made, RowError* error);
bool FromProto(const v1::VoidVouchersRequest& request,
               std::vector<VoucherKey>* keys,
               RowError* error);
// By key, code or event.
bool FromProto(const v1::GetVoucherRequest& request, VoucherKey* key, RowError* error);

struct DrawToCommit {
  CommitDrawRequest request;
  std::vector<PrizeSpec> prizes;
};
// But for the hash of the seed.
bool FromProto(const v1::Draw& draw, DrawToCommit* made, RowError* error);

struct EventToDraw {
  DrawPrizeRequest request;  // but for the number
  std::string source;
  std::string event_id;
};
bool FromProto(const v1::DrawPrizeRequest& request, EventToDraw* made, RowError* error);

// Out.  Copies that were taken on the ledger thread; `names` as with translate_rows.h.

struct DrawView {
  DrawRow row;  // none = there is no such draw
  Draw draw;
  std::vector<Prize> prizes;
};
// On the ledger thread.
DrawView ViewLiveDraw(const Ledger& ledger, DrawRow row);

void ToProto(const Ledger& names, const Voucher& voucher, v1::Voucher* out);
void ToProto(const VoucherSeries& series, v1::VoucherSeries* out);
void ToProto(const Ledger& names, const DrawView& view, v1::Draw* out);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_TRANSLATE_VOUCHERS_H_
