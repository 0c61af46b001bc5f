// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/translate_rows.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include "engine/base/strings.h"
#include "engine/server/row_reader.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"

namespace gonghui {
namespace {

constexpr size_t kPersonalNumberBytesMax = 32;

static_assert(static_cast<int>(UnionLevel::kOther) == v1::UNION_LEVEL_OTHER);
static_assert(static_cast<int>(MemberStatus::kClosed) == v1::MEMBER_STATUS_CLOSED);
static_assert(static_cast<int>(Sex::kFemale) == v1::SEX_FEMALE);
static_assert(static_cast<int>(CardStatus::kClosed) == v1::CARD_STATUS_CLOSED);
static_assert(static_cast<int>(CardKind::kDigital) == v1::CARD_KIND_DIGITAL);
static_assert(static_cast<int>(MerchantStatus::kClosed) == v1::MERCHANT_STATUS_CLOSED);
static_assert(static_cast<int>(TerminalKind::kOffice) == v1::TERMINAL_KIND_OFFICE);
static_assert(static_cast<int>(TerminalStatus::kInactive) == v1::TERMINAL_STATUS_INACTIVE);
static_assert(static_cast<int>(Asset::kThing) == v1::ASSET_THING);
static_assert(static_cast<int>(Payer::kSponsor) == v1::PAYER_SPONSOR);
static_assert(static_cast<int>(OnReturn::kRefuse) == v1::ON_RETURN_REFUSE);
static_assert(static_cast<int>(RefundTo::kNever) == v1::REFUND_TO_NEVER);
static_assert(static_cast<int>(LateCapture::kForcePost) == v1::LATE_CAPTURE_FORCE_POST);

}  // namespace

namespace {

struct NamedFlag {
  std::string_view path;
  bool* flag;
};

// Sets the flags that `paths` names and clears the others.
bool ReadMask(const google::protobuf::FieldMask& mask,
              std::span<const std::string_view> always,
              std::span<const NamedFlag> flags,
              RowError* error) {
  for (const NamedFlag& named : flags) {
    *named.flag = false;
  }
  for (int i = 0; i < mask.paths_size(); ++i) {
    const std::string& path = mask.paths(i);
    bool known = std::find(always.begin(), always.end(), path) != always.end();
    for (const NamedFlag& named : flags) {
      const bool whole = named.path.size() > path.size() && named.path.starts_with(path) &&
                         named.path[path.size()] == '.';  // "personal_data"
      if (named.path == path || whole) {
        *named.flag = true;
        known = true;
      }
    }
    if (!known) {
      RowReader(error).Fail(absl::StrCat("update_mask.paths[", i, "]"),
                            "is not a field that an import sets");
      return false;
    }
  }
  return true;
}

}  // namespace

bool FromProto(const google::protobuf::FieldMask& mask, MemberFields* fields, RowError* error) {
  constexpr std::array<std::string_view, 1> kAlways = {"member_id"};
  const std::array flags = {NamedFlag{"union_node_id", &fields->union_node_id},
                            NamedFlag{"status", &fields->status},
                            NamedFlag{"real_name_verified", &fields->real_name_verified},
                            NamedFlag{"sex", &fields->sex},
                            NamedFlag{"joined_on", &fields->joined_on},
                            NamedFlag{"segments", &fields->segments},
                            NamedFlag{"personal_data.name", &fields->name},
                            NamedFlag{"personal_data.national_id", &fields->national_id},
                            NamedFlag{"personal_data.phone", &fields->phone}};
  return ReadMask(mask, kAlways, flags, error);
}

bool FromProto(const google::protobuf::FieldMask& mask, CardFields* fields, RowError* error) {
  constexpr std::array<std::string_view, 2> kAlways = {"card_number", "member_id"};
  const std::array flags = {NamedFlag{"status", &fields->status},
                            NamedFlag{"kind", &fields->kind},
                            NamedFlag{"expires_on", &fields->expires_on}};
  return ReadMask(mask, kAlways, flags, error);
}

bool FromProto(const google::protobuf::FieldMask& mask, FundFields* fields, RowError* error) {
  constexpr std::array<std::string_view, 1> kAlways = {"fund_code"};
  const std::array flags = {NamedFlag{"display_name", &fields->display_name},
                            NamedFlag{"asset", &fields->asset},
                            NamedFlag{"union_node_id", &fields->union_node_id},
                            NamedFlag{"budget", &fields->budget},
                            NamedFlag{"opens_at", &fields->opens_at},
                            NamedFlag{"closes_at", &fields->closes_at},
                            NamedFlag{"advice_may_overrun", &fields->advice_may_overrun},
                            NamedFlag{"paid_by", &fields->paid_by}};
  return ReadMask(mask, kAlways, flags, error);
}

bool FromProto(const v1::UnionNode& row, UnionNodeRequest* request, RowError* error) {
  RowReader reader(error);
  reader.ReadCode(row.union_node_id(), "union_node_id", &request->id);
  reader.ReadOptionalCode(row.parent_id(), "parent_id", &request->parent);
  if (row.level() == v1::UNION_LEVEL_UNSPECIFIED) {
    reader.Fail("level", "is required");
  }
  reader.ReadEnum(row.level(),
                  v1::UnionLevel_IsValid(row.level()),
                  UnionLevel::kOther,
                  "level",
                  &request->level);
  reader.ReadName(row.display_name(), "display_name", &request->name);
  return reader.good();
}

bool FromProto(const v1::Segment& row, SegmentRequest* request, RowError* error) {
  RowReader reader(error);
  reader.ReadCode(row.segment_code(), "segment_code", &request->code);
  reader.ReadName(row.display_name(), "display_name", &request->name);
  return reader.good();
}

bool FromProto(const v1::Member& row,
               MemberRequest* request,
               RowError* error,
               const MemberFields& fields) {
  RowReader reader(error);
  request->keep.union_node = !fields.union_node_id;
  request->keep.status = !fields.status || row.status() == v1::MEMBER_STATUS_UNSPECIFIED;
  request->keep.real_name_verified = !fields.real_name_verified;
  request->keep.sex = !fields.sex;
  request->keep.joined_day = !fields.joined_on;
  request->keep.segments = !fields.segments;
  reader.ReadCode(row.member_id(), "member_id", &request->id);
  if (fields.union_node_id) {
    reader.ReadCode(row.union_node_id(), "union_node_id", &request->union_node);
  }
  if (fields.status) {
    reader.ReadEnum(row.status(),
                    v1::MemberStatus_IsValid(row.status()),
                    MemberStatus::kActive,
                    "status",
                    &request->status);
  }
  request->real_name_verified = fields.real_name_verified && row.real_name_verified();
  if (fields.sex) {
    reader.ReadEnum(row.sex(), v1::Sex_IsValid(row.sex()), Sex::kUnknown, "sex", &request->sex);
  }
  if (fields.joined_on && !row.joined_on().empty()) {
    const std::optional<JoinedDay> day = ParseJoinedDay(row.joined_on());
    if (day.has_value()) {
      request->joined_day = *day;
    } else {
      reader.Fail("joined_on", "must be empty or a date, YYYY-MM-DD, from 1900 to 2178");
    }
  }
  if (!fields.segments) {
    return reader.good();
  }
  if (row.segments_size() > static_cast<int>(kSegmentSpansPerMemberMax)) {
    reader.Fail("segments", "must be at most 8");
    return false;
  }
  for (int i = 0; i < row.segments_size(); ++i) {
    const v1::MemberSegment& segment = row.segments(i);
    const std::string path = absl::StrCat("segments[", i, "].");
    SegmentSpanRequest& span = request->spans[request->span_count++];
    span = SegmentSpanRequest{};
    reader.ReadCode(segment.segment_code(), path + "segment_code", &span.segment);
    reader.ReadTime(
        segment.has_starts_at(), segment.starts_at(), path + "starts_at", &span.starts_at);
    reader.ReadTime(segment.has_ends_at(), segment.ends_at(), path + "ends_at", &span.ends_at);
    if (span.starts_at >= span.ends_at) {
      reader.Fail(path + "ends_at", "must be later than starts_at");
    }
  }
  return reader.good();
}

bool FromProto(const v1::PersonalData& row, PersonalData* data, RowError* error) {
  RowReader reader(error);
  // The text itself is never repeated in a message.
  const auto read = [&reader](const std::string& text,
                              size_t bytes_max,
                              std::string_view field,
                              std::string_view rule,
                              std::string* out) {
    if (text.size() > bytes_max || !IsPrintableUtf8(text)) {
      reader.Fail(field, rule);
    } else {
      *out = text;
    }
  };
  read(row.name(),
       DisplayName{}.bytes.size(),
       "personal_data.name",
       "must be at most 96 bytes of UTF-8 without control characters",
       &data->name);
  read(row.national_id(),
       kPersonalNumberBytesMax,
       "personal_data.national_id",
       "must be at most 32 characters",
       &data->national_id);
  read(row.phone(),
       kPersonalNumberBytesMax,
       "personal_data.phone",
       "must be at most 32 characters",
       &data->phone);
  return reader.good();
}

bool FromProto(const v1::Card& row,
               CardRequest* request,
               RowError* error,
               const CardFields& fields) {
  RowReader reader(error);
  request->keep.status = !fields.status || row.status() == v1::CARD_STATUS_UNSPECIFIED;
  request->keep.kind = !fields.kind;
  request->keep.expires_day = !fields.expires_on;
  reader.ReadCard(row.card_number(), "card_number", &request->number);
  reader.ReadOptionalCode(row.member_id(), "member_id", &request->member);
  if (fields.status) {
    reader.ReadEnum(row.status(),
                    v1::CardStatus_IsValid(row.status()),
                    CardStatus::kActive,
                    "status",
                    &request->status);
  }
  if (fields.kind) {
    reader.ReadEnum(
        row.kind(), v1::CardKind_IsValid(row.kind()), CardKind::kPhysical, "kind", &request->kind);
  }
  if (fields.expires_on && !row.expires_on().empty()) {
    const std::optional<CivilDay> day = ParseDay(row.expires_on());
    if (day.has_value()) {
      request->expires_day = *day;
    } else {
      reader.Fail("expires_on", "must be empty or a date, YYYY-MM-DD");
    }
  }
  return reader.good();
}

bool FromProto(const v1::Merchant& row, MerchantRequest* request, RowError* error) {
  RowReader reader(error);
  reader.ReadCode(row.merchant_id(), "merchant_id", &request->id);
  reader.ReadCode(row.union_node_id(), "union_node_id", &request->union_node);
  if (row.mcc() < 1 || row.mcc() > kMccMax) {
    reader.Fail("mcc", "must be 1 to 9999");
  } else {
    request->mcc = static_cast<Mcc>(row.mcc());
  }
  reader.ReadEnum(row.status(),
                  v1::MerchantStatus_IsValid(row.status()),
                  MerchantStatus::kActive,
                  "status",
                  &request->status);
  reader.ReadName(row.display_name(), "display_name", &request->name);
  return reader.good();
}

bool FromProto(const v1::Terminal& row, TerminalRequest* request, RowError* error) {
  RowReader reader(error);
  reader.ReadCode(row.terminal_id(), "terminal_id", &request->id);
  reader.ReadCode(row.merchant_id(), "merchant_id", &request->merchant);
  reader.ReadEnum(
      row.kind(), v1::TerminalKind_IsValid(row.kind()), TerminalKind::kPos, "kind", &request->kind);
  reader.ReadEnum(row.status(),
                  v1::TerminalStatus_IsValid(row.status()),
                  TerminalStatus::kActive,
                  "status",
                  &request->status);
  return reader.good();
}

bool FromProto(const v1::Fund& row,
               FundRequest* request,
               RowError* error,
               const FundFields& fields) {
  RowReader reader(error);
  request->keep.owner = !fields.union_node_id;
  request->keep.asset = !fields.asset;
  request->keep.budget = !fields.budget;
  request->keep.opens_at = !fields.opens_at;
  request->keep.closes_at = !fields.closes_at;
  request->keep.advice_may_overrun = !fields.advice_may_overrun;
  request->keep.payer = !fields.paid_by;
  request->keep.name = !fields.display_name;
  reader.ReadCode(row.fund_code(), "fund_code", &request->code);
  if (fields.display_name) {
    reader.ReadName(row.display_name(), "display_name", &request->name);
  }
  if (fields.asset) {
    reader.ReadEnum(
        row.asset(), v1::Asset_IsValid(row.asset()), Asset::kMoney, "asset", &request->asset);
  }
  if (fields.union_node_id) {
    reader.ReadOptionalCode(row.union_node_id(), "union_node_id", &request->owner);
  }
  if (fields.budget && (row.budget() < 0 || row.budget() > kFundFenMax)) {
    reader.Fail("budget", "must be 0 to 1000000000000000000");
  } else if (fields.budget) {
    request->budget = Fen{row.budget()};
  }
  if (fields.opens_at) {
    reader.ReadTime(row.has_opens_at(), row.opens_at(), "opens_at", &request->opens_at);
  }
  if (fields.closes_at) {
    reader.ReadTime(row.has_closes_at(), row.closes_at(), "closes_at", &request->closes_at);
  }
  // With what stands of a fund that is there the ledger compares.
  if (request->opens_at >= request->closes_at) {
    reader.Fail("closes_at", "must be later than opens_at");
  }
  request->advice_may_overrun = fields.advice_may_overrun && row.advice_may_overrun();
  if (fields.paid_by) {
    reader.ReadEnum(
        row.paid_by(), v1::Payer_IsValid(row.paid_by()), Payer::kUnion, "paid_by", &request->payer);
  }
  return reader.good();
}

namespace {

const char* BlockedWord(CardStatus status) {
  return status == CardStatus::kLost ? "lost" : status == CardStatus::kStolen ? "stolen" : "paused";
}

const char* UnknownWords(Field field) {
  switch (field) {
    case Field::kVoucher:
      return "there is no such voucher (无此券)";
    case Field::kDraw:
      return "there is no such draw or pool (无此抽签)";
    case Field::kEntries:
      return "the programme has no limit of this code that counts uses per person, once for the "
             "whole programme (活动无此名额限制)";
    case Field::kReceipt:
      return "there is no such receipt in this fund (无此收据)";
    case Field::kClaim:
      return "there is no such claim (无此申请)";
    default:
      return "names something that is not there; import it first (所填的代码不存在，请先导入)";
  }
}

const char* BelongsWords(Field field) {
  switch (field) {
    case Field::kCardNumber:
      return "is in use already";
    case Field::kVoucher:
    case Field::kVouchers:
      return "is there already with another series, member, time or draw (该券已存在，内容不同)";
    case Field::kReceipt:
      return "is there already with other content (该收据已登记，内容不同)";
    default:
      return "can not be changed: it is already another's";
  }
}

const char* StateWords(Field field, CommandKind kind) {
  if (kind == CommandKind::kVoidVouchers && field == Field::kDraw) {
    return "was won in a draw or pool: who has won has won (中奖券不能作废)";
  }
  if (kind == CommandKind::kCommitDraw && field == Field::kClosesAt) {
    return "must lie in the future (截止时间须晚于现在)";
  }
  switch (field) {
    case Field::kVoucher:
    case Field::kVouchers:
      return "is held, used or a blank; only a voucher that may be used can be taken back "
             "(该券使用中或已使用，不能作废)";
    case Field::kDraw:
      return "is not in the state for this: closed and settled are final (抽签状态不允许)";
    case Field::kClosesAt:
      return kind == CommandKind::kDrawPrize
                 ? "it is too late: nothing is drawn from then on (已过截止时间，不能再抽)"
                 : "it is too early: that is only done from then on (未到截止时间，请届时再试)";
    case Field::kPrize:
      return "not all prizes are given yet: settle the draw again (奖品尚未发完，请再次开奖)";
    case Field::kSeedHash:
      return "was settled with another seed (已按其他种子开奖)";
    case Field::kEntries:
      return "was closed with another list of entries (名单已按其他内容封存)";
    case Field::kClaim:
      return "is no claim that waits: it was paid, withdrawn, rejected, declined or has run out "
             "(该申请已办结或已失效)";
    case Field::kCover:
      return "the cover was extended or changed since, undo that first "
             "(保障期已变更，请先撤销后一笔)";
    default:
      return "can not be changed so from the state it is in: closed and replaced are final, and "
             "only a replacement (gonghuictl card replace) makes a card replaced";
  }
}

const char* TooManyWords(Field field) {
  switch (field) {
    case Field::kVouchers:
    case Field::kVoucher:
    case Field::kMember:
      return "the member has 1,024 vouchers of this series, the most (该会员此类券已达上限)";
    case Field::kPrize:
      return "would be more than the prizes of the draw (超过奖品数量)";
    case Field::kCover:
    case Field::kSegment:
      return "the member has 8 spans of segments, the most: a member import that lists fewer makes "
             "room (该会员保障区间已达上限)";
    case Field::kClaim:
    case Field::kApprovals:
    case Field::kApprover:
      return "so many have approved it that there is no room for more (审批人数已达上限)";
    default:
      return "there are as many as there may be (已达上限)";
  }
}

}  // namespace

bool IsRejected(const Result& result, RowError* error, CommandKind kind) {
  switch (result.verdict) {
    case Verdict::kDecided:
    case Verdict::kUnchanged:
      return false;
    case Verdict::kFull:
      error->field.clear();
      error->reason = "TABLE_FULL";
      error->description =
          absl::StrCat("the ledger's table of ", ToAbsl(FieldName(result.field)), " is full");
      return true;
    case Verdict::kOutOfRange:
      error->field = std::string(FieldName(result.field));
      error->reason = "INVALID_FIELD";
      error->description = result.field == Field::kClosesAt
                               ? "must be later than opens_at; what the row does not say is as it "
                                 "stands (停用日须晚于启用日)"
                               : "would take the whole past 1000000000000000000 fen";
      return true;
    default:
      break;
  }
  const std::string field(FieldName(result.field));
  error->field = result.field == Field::kSegment && kind == CommandKind::kSetMember
                     ? absl::StrCat("segments[", result.index, "].segment_code")
                     : field;
  switch (result.admin_reason) {
    case AdminReason::kNone:
      error->reason = "REFUSED";
      error->description = "refused";
      break;
    case AdminReason::kUnknownReference:
      error->reason = "UNKNOWN_REFERENCE";
      error->description = UnknownWords(result.field);
      break;
    case AdminReason::kBelongsToAnother:
      error->reason = "BELONGS_TO_ANOTHER";
      error->description = BelongsWords(result.field);
      break;
    case AdminReason::kNotAllowedFromState:
      error->reason = "NOT_ALLOWED_FROM_STATE";
      error->description = StateWords(result.field, kind);
      break;
    case AdminReason::kWouldCycle:
      error->reason = "WOULD_CYCLE";
      error->description = "a union node can not be below itself";
      break;
    case AdminReason::kTooDeep:
      error->reason = "TOO_DEEP";
      error->description = "the union tree is at most 8 deep";
      break;
    case AdminReason::kBelowCommitted:
      error->reason = "BELOW_COMMITTED";
      error->description =
          result.field == Field::kAmount || result.field == Field::kReceipt
              ? "the fund has not that much left: it is held or spent (经费余额不足，不能撤销)"
              : "can not go below what is held and spent";
      break;
    case AdminReason::kImmutable:
      error->reason = "IMMUTABLE";
      error->description = result.field == Field::kDraw
                               ? "is committed already with other content, which nobody can change "
                                 "(抽签已公布，不可更改)"
                           : result.field == Field::kAsset
                               ? "can not be changed: what counts yuan stays money, what counts "
                                 "pieces a stock (资金与物资不可互换)"
                               : "can not be changed";
      break;
    case AdminReason::kMissing:
      error->reason = "REQUIRED_VALUE";
      error->description =
          result.field == Field::kAsset || result.field == Field::kBudget
              ? "is needed, because the fund is new: give its budget (budget_yuan or pieces in a "
                "CSV file) (新增经费须填预算：budget_yuan 或 pieces)"
              : "is needed, because the row is new (新增时必填)";
      break;
    case AdminReason::kWouldReinstate:
      error->reason = "WOULD_REINSTATE";
      error->description =
          "the member is suspended, and an import does not end that; gonghuictl member "
          "reinstate does, or import with --reactivate";
      break;
    case AdminReason::kWouldReactivate:
      error->reason = "WOULD_REACTIVATE";
      error->description =
          absl::StrCat("the card is ",
                       BlockedWord(static_cast<CardStatus>(result.index)),
                       ", and an import does not end that; gonghuictl card activate does, or "
                       "import with --reactivate");
      break;
    case AdminReason::kWrongAsset:
      error->reason = "WRONG_ASSET";
      error->description = "money comes from a fund of money, things from a stock";
      break;
    case AdminReason::kTooMany:
      error->reason = "TOO_MANY";
      error->description = TooManyWords(result.field);
      break;
    case AdminReason::kSamePerson:
      error->reason = "SAME_PERSON";
      error->description =
          "who filed the claim can not approve it: another person must (申请人不能审批自己的申请)";
      break;
  }
  return true;
}

bool NamesUnknownSegment(const Result& result) {
  return result.verdict == Verdict::kRefused &&
         result.admin_reason == AdminReason::kUnknownReference && result.field == Field::kSegment;
}

std::string UnknownSegmentsInWords(const MemberRequest& member,
                                   const Result& result,
                                   std::span<const Segment> known) {
  std::vector<std::string> unknown;
  for (uint32_t i = result.index; i < member.span_count; ++i) {
    const SegmentCode& code = member.spans[i].segment;
    std::string name = Quoted(TextOf(code));
    const bool is_known = std::any_of(
        known.begin(), known.end(), [&](const Segment& segment) { return segment.code == code; });
    // The first was not there when it was decided, whoever has made it since.
    if ((i == result.index || !is_known) &&
        std::find(unknown.begin(), unknown.end(), name) == unknown.end()) {
      unknown.push_back(std::move(name));
    }
  }
  return absl::StrCat(unknown.size() == 1 ? "there is no segment " : "there are no segments ",
                      absl::StrJoin(unknown, ", "),
                      unknown.size() == 1 ? "; import it first" : "; import them first",
                      " (没有代码为 ",
                      absl::StrJoin(unknown, "、"),
                      " 的群体，请先导入)");
}

// ---- Out ---------------------------------------------------------------------

namespace {

std::string NameOf(const DisplayName& name) {
  return {name.data(), name.size()};
}

// Sets a timestamp field only when there is something to say.
template <class Row>
void SetTime(TimestampNs at, Row* row, google::protobuf::Timestamp* (Row::*make)()) {
  if (at.value() > 0 && at != kTimestampMax) {
    ToProto(at, (row->*make)());
  }
}

}  // namespace

void ToProto(TimestampNs at, google::protobuf::Timestamp* out) {
  out->set_seconds(at.value() / kNsPerSecond);
  out->set_nanos(static_cast<int32_t>(at.value() % kNsPerSecond));
}

MemberView ViewLiveMember(const Ledger& ledger, MemberRow row) {
  MemberView view;
  view.row = row;
  view.member = ledger.members()[row];
  SegmentSpanRow span = view.member.first_span;
  while (span != SegmentSpanRow{} && view.span_count < view.spans.size()) {
    view.spans[view.span_count] = ledger.segment_spans()[span];
    span = view.spans[view.span_count++].next;
  }
  return view;
}

void ToProto(const Ledger& names, const UnionNode& node, v1::UnionNode* out) {
  out->set_union_node_id(TextOf(node.id));
  if (node.parent != UnionNodeRow{}) {
    out->set_parent_id(TextOf(names.union_nodes()[node.parent].id));
  }
  out->set_level(static_cast<v1::UnionLevel>(node.level));
  out->set_display_name(NameOf(node.name));
}

void ToProto(const Segment& segment, v1::Segment* out) {
  out->set_segment_code(TextOf(segment.code));
  out->set_display_name(NameOf(segment.name));
}

void ToProto(const Ledger& names, const MemberView& view, v1::Member* out) {
  const Member& member = view.member;
  out->set_member_id(TextOf(member.id));
  out->set_union_node_id(TextOf(names.union_nodes()[member.union_node].id));
  out->set_status(static_cast<v1::MemberStatus>(member.status));
  out->set_real_name_verified(member.real_name_verified);
  out->set_sex(static_cast<v1::Sex>(member.sex));
  out->set_joined_on(JoinedDayText(member.joined_day));
  for (uint32_t i = 0; i < view.span_count; ++i) {
    const SegmentSpan& span = view.spans[i];
    v1::MemberSegment* const segment = out->add_segments();
    using SegmentRow = StrongId<struct SegmentRowTag, uint32_t>;
    segment->set_segment_code(TextOf(names.segments()[SegmentRow{span.segment + 1u}].code));
    SetTime(span.starts_at, segment, &v1::MemberSegment::mutable_starts_at);
    SetTime(span.ends_at, segment, &v1::MemberSegment::mutable_ends_at);
  }
}

void ToProto(const Ledger& names, const Card& card, v1::Card* out) {
  out->set_card_number(CardNumberText(card.number));
  if (card.member != MemberRow{}) {
    out->set_member_id(TextOf(names.members()[card.member].id));
  }
  out->set_status(static_cast<v1::CardStatus>(card.status));
  out->set_kind(static_cast<v1::CardKind>(card.kind));
  if (card.expires_day != 0) {
    out->set_expires_on(DayText(card.expires_day));
  }
  if (card.replaced_by != CardRow{}) {
    out->set_replaced_by(CardNumberText(names.cards()[card.replaced_by].number));
  }
}

MerchantView ViewLiveMerchant(const Ledger& ledger, MerchantRow row) {
  return {ledger.merchants()[row], ledger.merchant_names()[row]};
}

FundView ViewLiveFund(const Ledger& ledger, FundRow row) {
  return {ledger.funds()[row], ledger.fund_names()[row]};
}

void ToProto(const Ledger& names, const MerchantView& view, v1::Merchant* out) {
  const Merchant& merchant = view.merchant;
  out->set_merchant_id(TextOf(merchant.id));
  out->set_union_node_id(TextOf(names.union_nodes()[merchant.union_node].id));
  out->set_mcc(merchant.mcc);
  out->set_status(static_cast<v1::MerchantStatus>(merchant.status));
  out->set_display_name(NameOf(view.name));
  out->set_receivable_fen(merchant.receivable_posted.value());
  out->set_receivable_held_fen(merchant.receivable_pending.value());
  out->set_collected_fen(merchant.collected_posted.value());
}

void ToProto(const Ledger& names, const Terminal& terminal, v1::Terminal* out) {
  out->set_terminal_id(TextOf(terminal.id));
  out->set_merchant_id(TextOf(names.merchants()[terminal.merchant].id));
  out->set_kind(static_cast<v1::TerminalKind>(terminal.kind));
  out->set_status(static_cast<v1::TerminalStatus>(terminal.status));
}

void ToProto(const Ledger& names, const FundView& view, v1::Fund* out) {
  const Fund& fund = view.fund;
  out->set_fund_code(TextOf(fund.code));
  out->set_display_name(NameOf(view.name));
  out->set_asset(static_cast<v1::Asset>(fund.asset));
  if (fund.owner != UnionNodeRow{}) {
    out->set_union_node_id(TextOf(names.union_nodes()[fund.owner].id));
  }
  out->set_budget(fund.budget.value());
  out->set_held(fund.held.value());
  out->set_spent(fund.spent.value());
  out->set_left(fund.left().value());
  out->set_overrun(fund.overrun.value());
  out->set_suspense(fund.suspense.value());
  out->set_available(fund.available().value());
  out->set_contributed(fund.contributed.value());
  SetTime(fund.opens_at, out, &v1::Fund::mutable_opens_at);
  SetTime(fund.closes_at, out, &v1::Fund::mutable_closes_at);
  out->set_advice_may_overrun(fund.advice_may_overrun);
  out->set_paid_by(static_cast<v1::Payer>(fund.payer));
}

void ToProto(const Diagnostic& diagnostic, v1::Diagnostic* out) {
  out->set_line(diagnostic.line);
  out->set_column(diagnostic.column);
  out->set_path(diagnostic.path);
  out->set_message(diagnostic.message.en);
  out->set_hint(diagnostic.hint.en);
  out->set_message_zh(diagnostic.message.zh);
  out->set_hint_zh(diagnostic.hint.zh);
}

void ToMaskedProto(const PersonalData& data, v1::PersonalData* out) {
  out->set_name(MaskedName(data.name));
  out->set_national_id(MaskedNationalId(data.national_id));
  out->set_phone(MaskedPhone(data.phone));
}

}  // namespace gonghui
