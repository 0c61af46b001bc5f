// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What operators say and hear: rows of proto <-> rows of the domain.  The other
// half of translate.h.

#ifndef GONGHUI_ENGINE_SERVER_TRANSLATE_ROWS_H_
#define GONGHUI_ENGINE_SERVER_TRANSLATE_ROWS_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/domain/command.h"
#include "engine/domain/fund.h"
#include "engine/domain/programme.h"
#include "engine/domain/result.h"
#include "engine/ledger/ledger.h"
#include "engine/programmes/diagnostic.h"
#include "engine/server/personal_data.h"
#include "gonghui/v1/import.pb.h"
#include "gonghui/v1/member_service.pb.h"
#include "gonghui/v1/merchant_service.pb.h"
#include "gonghui/v1/programme_service.pb.h"

namespace gonghui {

// Why a row is refused.
struct RowError {
  std::string field;        // within the row, e.g. "segments[1].segment_code"
  std::string reason;       // UPPER_SNAKE_CASE
  std::string description;  // what is wrong and what was expected
};

// Which fields the rows of an import say, beside those that identify them.
struct MemberFields {
  bool union_node_id = true;
  bool status = true;
  bool real_name_verified = true;
  bool sex = true;
  bool joined_on = true;
  bool segments = true;
  bool name = true;
  bool national_id = true;
  bool phone = true;
};
struct CardFields {
  bool status = true;
  bool kind = true;
  bool expires_on = true;
};
struct FundFields {
  bool display_name = true;
  bool asset = true;
  bool union_node_id = true;
  bool budget = true;
  bool opens_at = true;
  bool closes_at = true;
  bool advice_may_overrun = true;
  bool paid_by = true;
};
// From an update_mask.
bool FromProto(const google::protobuf::FieldMask& mask, MemberFields* fields, RowError* error);
bool FromProto(const google::protobuf::FieldMask& mask, CardFields* fields, RowError* error);
bool FromProto(const google::protobuf::FieldMask& mask, FundFields* fields, RowError* error);

// In.  False: *error says what is wrong.  Enums that are not said have the default
// of the proto ("Import: money").  Of members, cards and funds, what is not in `fields`, or
// is a status that is not said, is left to stand.
bool FromProto(const v1::UnionNode& row, UnionNodeRequest* request, RowError* error);
bool FromProto(const v1::Segment& row, SegmentRequest* request, RowError* error);
bool FromProto(const v1::Member& row,
               MemberRequest* request,
               RowError* error,
               const MemberFields& fields = {});
bool FromProto(const v1::Card& row,
               CardRequest* request,
               RowError* error,
               const CardFields& fields = {});
bool FromProto(const v1::Merchant& row, MerchantRequest* request, RowError* error);
bool FromProto(const v1::Terminal& row, TerminalRequest* request, RowError* error);
bool FromProto(const v1::Fund& row,
               FundRequest* request,
               RowError* error,
               const FundFields& fields = {});
bool FromProto(const v1::PersonalData& row, PersonalData* data, RowError* error);

// What the engine says about a row; false when it has accepted it (or found it so).  `kind`
// is that of the command: a member's row has a list of segments.
bool IsRejected(const Result& result, RowError* error, CommandKind kind = CommandKind::kSetMember);

// The result tells the first of a member's segments that is not there, by its place; whoever
// mends the row wants to know all of them, by name.
[[nodiscard]] bool NamesUnknownSegment(const Result& result);
// `known` are the ledger's, as they are by now.  REQUIRES: NamesUnknownSegment(result).
[[nodiscard]] std::string UnknownSegmentsInWords(const MemberRequest& member,
                                                 const Result& result,
                                                 std::span<const Segment> known);

// Out.  Rows are copies taken on the ledger thread (`ledger` is read only for what
// never changes, unless the name says Live).

struct MemberView {
  MemberRow row;
  Member member;
  uint32_t span_count = 0;
  std::array<SegmentSpan, kSegmentSpansPerMemberMax> spans{};
};
struct MerchantView {
  Merchant merchant;
  DisplayName name;
};
struct FundView {
  Fund fund;
  DisplayName name;
};
// On the ledger thread.
MemberView ViewLiveMember(const Ledger& ledger, MemberRow row);
MerchantView ViewLiveMerchant(const Ledger& ledger, MerchantRow row);
FundView ViewLiveFund(const Ledger& ledger, FundRow row);

void ToProto(const Ledger& names, const UnionNode& node, v1::UnionNode* out);
void ToProto(const Segment& segment, v1::Segment* out);
void ToProto(const Ledger& names, const MemberView& view, v1::Member* out);
void ToProto(const Ledger& names, const Card& card, v1::Card* out);
void ToProto(const Ledger& names, const MerchantView& view, v1::Merchant* out);
void ToProto(const Ledger& names, const Terminal& terminal, v1::Terminal* out);
void ToProto(const Ledger& names, const FundView& view, v1::Fund* out);
void ToProto(const Diagnostic& diagnostic, v1::Diagnostic* out);
void ToMaskedProto(const PersonalData& data, v1::PersonalData* out);

void ToProto(TimestampNs at, google::protobuf::Timestamp* out);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_TRANSLATE_ROWS_H_
