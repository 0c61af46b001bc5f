// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/translate_vouchers.h"

#include <array>
#include <set>
#include <span>

#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "engine/domain/limits.h"
#include "engine/programmes/voucher_code.h"
#include "engine/server/row_reader.h"
#include "engine/server/text_codec.h"

namespace gonghui {
namespace {

static_assert(static_cast<int>(VoucherState::kBlank) == v1::VOUCHER_STATE_BLANK);
static_assert(static_cast<int>(DrawKind::kPool) == v1::DRAW_KIND_POOL);
static_assert(static_cast<int>(DrawState::kSettled) == v1::DRAW_STATE_SETTLED);

constexpr size_t kEventIdBytesMax = 64;
constexpr size_t kKeyDigits = 32;

// A name that stands before a colon, and so has none.
void ReadSource(RowReader* reader, const std::string& text, std::string* source) {
  if (!ParseCode<SeriesCode>(text).has_value() || text.find(':') != std::string::npos) {
    reader->Fail("source", "must be 1 to 32 characters of [A-Za-z0-9._-]");
  }
  *source = text;
}

void ReadEventId(RowReader* reader,
                 const std::string& text,
                 std::string_view field,
                 std::string* event_id) {
  if (text.empty() || text.size() > kEventIdBytesMax || !IsPrintableUtf8(text)) {
    reader->Fail(field, "must be 1 to 64 bytes of UTF-8 without control characters");
  }
  *event_id = text;
}

// Both are required; `path` stands before the names.
template <class Row>
void ReadTimes(RowReader* reader,
               const Row& row,
               const std::string& path,
               TimestampNs* valid_from,
               TimestampNs* expires_at) {
  if (!row.has_valid_from()) {
    reader->Fail(path + "valid_from", "is required");
  }
  if (!row.has_expires_at()) {
    reader->Fail(path + "expires_at", "is required");
  }
  reader->ReadTime(true, row.valid_from(), path + "valid_from", valid_from);
  reader->ReadTime(true, row.expires_at(), path + "expires_at", expires_at);
  if (*valid_from >= *expires_at) {
    reader->Fail(path + "expires_at", "must be later than valid_from");
  }
}

}  // namespace

std::string VoucherKeyText(const VoucherKey& key) {
  return absl::StrFormat("%016x%016x", key.high, key.low);
}

std::optional<VoucherKey> ParseVoucherKey(std::string_view text) {
  VoucherKey key;
  const std::string digits(text);
  if (digits.size() != kKeyDigits ||
      digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos ||
      !absl::SimpleHexAtoi(digits.substr(0, kKeyDigits / 2), &key.high) ||
      !absl::SimpleHexAtoi(digits.substr(kKeyDigits / 2), &key.low) || key.IsNone()) {
    return std::nullopt;
  }
  return key;
}

std::string DigestText(const Digest& digest) {
  if (digest == Digest{}) {
    return "";
  }
  std::string text;
  for (const uint8_t byte : digest) {
    absl::StrAppendFormat(&text, "%02x", byte);
  }
  return text;
}

// ---- In ------------------------------------------------------------------------

bool FromProto(const v1::IssueCodesRequest& request, VouchersToIssue* made, RowError* error) {
  RowReader reader(error);
  reader.ReadCode(request.series_code(), "series_code", &made->request.series);
  ReadTimes(&reader, request, "", &made->request.valid_from, &made->request.expires_at);
  const int members = request.member_ids_size();
  if ((request.count() == 0) == (members == 0)) {
    reader.Fail("count", "exactly one of count and member_ids must be given");
  }
  if (request.count() > kVouchersPerCommandMax) {
    reader.Fail("count", "must be at most 1000");
  }
  if (members > static_cast<int>(kVouchersPerCommandMax)) {
    reader.Fail("member_ids", "must be at most 1000");
  }
  if (!reader.good()) {
    return false;
  }
  made->vouchers.resize(members > 0 ? static_cast<size_t>(members) : request.count());
  for (int i = 0; i < members; ++i) {
    reader.ReadCode(request.member_ids(i),
                    absl::StrCat("member_ids[", i, "]"),
                    &made->vouchers[static_cast<size_t>(i)].member);
  }
  made->request.vouchers = made->vouchers;
  return reader.good();
}

bool FromProto(const v1::GrantVouchersRequest& request, VouchersToIssue* made, RowError* error) {
  RowReader reader(error);
  std::string source;
  ReadSource(&reader, request.source(), &source);
  reader.ReadCode(request.series_code(), "series_code", &made->request.series);
  ReadTimes(&reader, request, "", &made->request.valid_from, &made->request.expires_at);
  if (request.grants_size() < 1 ||
      request.grants_size() > static_cast<int>(kVouchersPerCommandMax)) {
    reader.Fail("grants", "must be 1 to 1000");
  }
  if (!reader.good()) {
    return false;
  }
  std::set<std::string> events;
  for (int i = 0; i < request.grants_size(); ++i) {
    const v1::Grant& grant = request.grants(i);
    const std::string path = absl::StrCat("grants[", i, "].");
    VoucherToIssue voucher;
    std::string event_id;
    ReadEventId(&reader, grant.event_id(), path + "event_id", &event_id);
    reader.ReadCode(grant.member_id(), path + "member_id", &voucher.member);
    if (!events.insert(event_id).second) {
      reader.Fail(path + "event_id", "must be of another event than those before it");
    }
    voucher.key = GrantKey(source, event_id);
    made->vouchers.push_back(voucher);
  }
  made->request.vouchers = made->vouchers;
  return reader.good();
}

bool FromProto(const v1::VoidVouchersRequest& request,
               std::vector<VoucherKey>* keys,
               RowError* error) {
  RowReader reader(error);
  if (request.voucher_keys_size() < 1 ||
      request.voucher_keys_size() > static_cast<int>(kVouchersPerCommandMax)) {
    reader.Fail("voucher_keys", "must be 1 to 1000");
    return false;
  }
  std::set<VoucherKey> seen;
  for (int i = 0; i < request.voucher_keys_size(); ++i) {
    const std::optional<VoucherKey> key = ParseVoucherKey(request.voucher_keys(i));
    const std::string field = absl::StrCat("voucher_keys[", i, "]");
    if (!key.has_value()) {
      reader.Fail(field, "must be 32 hexadecimal digits, as the engine gave them");
    } else if (!seen.insert(*key).second) {
      reader.Fail(field, "must be another key than those before it");
    } else {
      keys->push_back(*key);
    }
  }
  return reader.good();
}

bool FromProto(const v1::GetVoucherRequest& request, VoucherKey* key, RowError* error) {
  RowReader reader(error);
  const bool by_event = !request.source().empty() || !request.event_id().empty();
  const int names = (request.voucher_key().empty() ? 0 : 1) +
                    (request.voucher_code().empty() ? 0 : 1) + (by_event ? 1 : 0);
  if (names != 1) {
    reader.Fail("voucher_key",
                "exactly one of voucher_key, voucher_code, and source with event_id must be given");
    return false;
  }
  if (by_event) {
    std::string source;
    std::string event_id;
    ReadSource(&reader, request.source(), &source);
    ReadEventId(&reader, request.event_id(), "event_id", &event_id);
    *key = reader.good() ? GrantKey(source, event_id) : VoucherKey{};
    return reader.good();
  }
  const bool by_key = !request.voucher_key().empty();
  const std::optional<VoucherKey> parsed =
      by_key ? ParseVoucherKey(request.voucher_key()) : ParseVoucherCode(request.voucher_code());
  if (parsed.has_value()) {
    *key = *parsed;
  } else if (by_key) {
    reader.Fail("voucher_key", "must be 32 hexadecimal digits, as the engine gave them");
  } else {
    reader.Fail("voucher_code", WhyNoVoucherCode(request.voucher_code()));
  }
  return reader.good();
}

namespace {

void ReadPrize(RowReader* reader,
               const v1::Prize& row,
               DrawKind kind,
               const std::string& path,
               PrizeSpec* prize) {
  reader->ReadOptionalCode(row.series_code(), path + "series_code", &prize->series);
  prize->count = row.count();
  prize->weight = row.weight();
  if (kind == DrawKind::kPool) {
    if (row.weight() == 0) {
      reader->Fail(path + "weight", "must be 1 or more: its part of each event's chance");
    }
  } else {
    if (row.series_code().empty()) {
      reader->Fail(path + "series_code", "is required: only a pool has blanks");
    }
    if (row.count() == 0) {
      reader->Fail(path + "count", "must be 1 or more");
    }
    if (row.weight() != 0) {
      reader->Fail(path + "weight", "must be 0: only the prizes of a pool have weights");
    }
  }
  if (!row.series_code().empty()) {
    ReadTimes(reader, row, path, &prize->valid_from, &prize->expires_at);
  } else if (row.has_valid_from() || row.has_expires_at()) {
    reader->Fail(path + "valid_from", "must be unset, as expires_at: a blank is no voucher");
  }
}

}  // namespace

bool FromProto(const v1::Draw& draw, DrawToCommit* made, RowError* error) {
  RowReader reader(error);
  CommitDrawRequest& request = made->request;
  reader.ReadCode(draw.draw_code(), "draw.draw_code", &request.code);
  if (draw.kind() == v1::DRAW_KIND_UNSPECIFIED) {
    reader.Fail("draw.kind", "is required: a draw or a pool");
  }
  reader.ReadEnum(
      draw.kind(), v1::DrawKind_IsValid(draw.kind()), DrawKind::kDraw, "draw.kind", &request.kind);
  if (request.kind == DrawKind::kDraw) {
    reader.ReadCode(draw.programme_code(), "draw.programme_code", &request.programme);
    reader.ReadCode(draw.limit_code(), "draw.limit_code", &request.limit);
  } else if (!draw.programme_code().empty() || !draw.limit_code().empty()) {
    reader.Fail("draw.programme_code",
                "must be empty, as limit_code: events draw from a pool, nobody enters");
  }
  if (!draw.has_closes_at()) {
    reader.Fail("draw.closes_at", "is required");
  }
  reader.ReadTime(draw.has_closes_at(), draw.closes_at(), "draw.closes_at", &request.closes_at);
  if (draw.prizes_size() < 1 || draw.prizes_size() > static_cast<int>(kPrizesPerDrawMax)) {
    reader.Fail("draw.prizes", "must be 1 to 64");
  }
  if (!reader.good()) {
    return false;
  }
  made->prizes.resize(static_cast<size_t>(draw.prizes_size()));
  for (int i = 0; i < draw.prizes_size(); ++i) {
    ReadPrize(&reader,
              draw.prizes(i),
              request.kind,
              absl::StrCat("draw.prizes[", i, "]."),
              &made->prizes[static_cast<size_t>(i)]);
  }
  request.prizes = made->prizes;
  return reader.good();
}

bool FromProto(const v1::DrawPrizeRequest& request, EventToDraw* made, RowError* error) {
  RowReader reader(error);
  reader.ReadCode(request.draw_code(), "draw_code", &made->request.pool);
  ReadSource(&reader, request.source(), &made->source);
  ReadEventId(&reader, request.event_id(), "event_id", &made->event_id);
  reader.ReadCode(request.member_id(), "member_id", &made->request.member);
  if (reader.good()) {
    made->request.key = GrantKey(made->source, made->event_id);
  }
  return reader.good();
}

// ---- Out -----------------------------------------------------------------------

DrawView ViewLiveDraw(const Ledger& ledger, DrawRow row) {
  DrawView view;
  view.row = row;
  view.draw = ledger.draws()[row];
  const std::span<const Prize> prizes = ledger.PrizesOf(view.draw);
  view.prizes.assign(prizes.begin(), prizes.end());
  return view;
}

void ToProto(const Ledger& names, const Voucher& voucher, v1::Voucher* out) {
  out->set_voucher_key(VoucherKeyText(voucher.key));
  if (voucher.series != VoucherSeriesRow{}) {
    out->set_series_code(TextOf(names.voucher_series()[voucher.series].code));
    ToProto(voucher.valid_from, out->mutable_valid_from());
    ToProto(voucher.expires_at, out->mutable_expires_at());
  }
  if (voucher.member != MemberRow{}) {
    out->set_member_id(TextOf(names.members()[voucher.member].id));
  }
  out->set_state(static_cast<v1::VoucherState>(voucher.state));
  const bool is_taken =
      voucher.state == VoucherState::kReserved || voucher.state == VoucherState::kRedeemed;
  if (is_taken) {
    std::array<char, kTransactionIdTextBytes> id{};
    WriteTransactionId(MakeTransactionId(names.shard(), voucher.authorization), id.data());
    out->set_transaction_id(id.data(), id.size());
  }
  if (voucher.draw != DrawRow{}) {
    out->set_draw_code(TextOf(names.draws()[voucher.draw].code));
  }
}

void ToProto(const VoucherSeries& series, v1::VoucherSeries* out) {
  out->set_series_code(TextOf(series.code));
  out->set_issued_count(series.issued);
  out->set_reserved_count(series.reserved);
  out->set_redeemed_count(series.redeemed);
  out->set_voided_count(series.taken_back);
}

void ToProto(const Ledger& names, const DrawView& view, v1::Draw* out) {
  const Draw& draw = view.draw;
  out->set_draw_code(TextOf(draw.code));
  out->set_kind(static_cast<v1::DrawKind>(draw.kind));
  if (draw.kind == DrawKind::kDraw) {
    out->set_programme_code(TextOf(draw.programme));
    out->set_limit_code(TextOf(draw.limit));
  }
  ToProto(draw.closes_at, out->mutable_closes_at());
  for (const Prize& prize : view.prizes) {
    v1::Prize* const added = out->add_prizes();
    if (prize.series != VoucherSeriesRow{}) {
      added->set_series_code(TextOf(names.voucher_series()[prize.series].code));
      ToProto(prize.valid_from, added->mutable_valid_from());
      ToProto(prize.expires_at, added->mutable_expires_at());
    }
    added->set_count(prize.count);
    added->set_weight(prize.weight);
    added->set_won_count(prize.won);
  }
  out->set_state(static_cast<v1::DrawState>(draw.state));
  out->set_seed_hash(DigestText(draw.seed_hash));
  out->set_seed(DigestText(draw.seed));
  out->set_entries_hash(DigestText(draw.entries_hash));
  out->set_entry_count(draw.entry_count);
  out->set_won_count(draw.won_count);
  ToProto(draw.committed_at, out->mutable_committed_at());
  if (draw.state == DrawState::kSettled) {
    ToProto(draw.settled_at, out->mutable_settled_at());
  }
}

}  // namespace gonghui
