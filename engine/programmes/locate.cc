// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The way back: from the row that the ledger could not find to the line that
// named it.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/programmes/compiler.h"
#include "engine/programmes/nouns.h"
#include "engine/programmes/reader.h"

namespace gonghui {
namespace {

Diagnostic At(const SourcePlace& place, Words message, Words hint = {}) {
  return {place.at.line, place.at.column, place.path, std::move(message), std::move(hint)};
}

Diagnostic Refused(const SourcePlace& place, Field field, AdminReason reason, uint32_t index) {
  return At(place,
            Say("the server refuses it: reason $0, field $1, index $2",
                "服务器不接受：原因$0，字段$1，序号$2",
                static_cast<int>(reason),
                static_cast<int>(field),
                index));
}

// What no file declares.
template <typename C>
Diagnostic NotImported(const SourcePlace& place, const C& code) {
  return At(place, ThereIsNo(code), Say("import it first", "请先导入"));
}

// What this file could have declared: the nearest of the codes that it does declare.
template <typename C, typename Requests>
Diagnostic NotDeclared(const SourcePlace& place, const C& code, const Requests& requests) {
  std::vector<std::string> names;
  names.reserve(requests.size());
  for (const auto& request : requests) {
    names.push_back(CodeString(request.code));
  }
  return At(place,
            ThereIsNo(code),
            Suggest(CodeString(code), {names.begin(), names.end()}, DeclareIt(code)));
}

Diagnostic FundRefusal(const CompiledFile& file,
                       const SourcePlace& place,
                       const FundCode& code,
                       Field field,
                       AdminReason reason,
                       uint32_t index) {
  if (reason == AdminReason::kUnknownReference) {
    return NotDeclared(place, code, file.funds);
  }
  if (reason == AdminReason::kWrongAsset) {
    return field == Field::kStock ? At(place,
                                       HoldsMoney(code),
                                       Say("'stock' takes a fund whose budget is in pieces",
                                           "'stock' 要用预算以件计的资金"))
                                  : At(place,
                                       HoldsPieces(code),
                                       Say("'funding' takes a fund whose budget is in yuan",
                                           "'funding' 要用预算以元计的资金"));
  }
  return Refused(place, field, reason, index);
}

Diagnostic UnionRefusal(const SourcePlace& place,
                        const UnionNodeId& id,
                        Field field,
                        AdminReason reason,
                        uint32_t index) {
  return reason == AdminReason::kUnknownReference ? NotImported(place, id)
                                                  : Refused(place, field, reason, index);
}

}  // namespace

Diagnostic CompiledFile::Locate(Field field, AdminReason reason, uint32_t index) const {
  const bool unknown = reason == AdminReason::kUnknownReference;
  if (field == Field::kSegment && index < segment_refs.size() && unknown) {
    return NotDeclared(places.segment_refs[index], segment_refs[index], segments);
  }
  if (field == Field::kMerchant && index < merchants.size() && unknown) {
    return NotImported(places.merchants[index], merchants[index]);
  }
  if (field == Field::kTerminal && index < terminals.size() && unknown) {
    return NotImported(places.terminals[index], terminals[index]);
  }
  if (field == Field::kFund && index < funding.size()) {
    return FundRefusal(*this, places.funding[index], funding[index].fund, field, reason, index);
  }
  if (field == Field::kStock && index < benefits.size()) {
    return FundRefusal(*this, places.stocks[index], benefits[index].stock, field, reason, index);
  }
  if (field == Field::kMemberUnion && index < benefits.size()) {
    return UnionRefusal(
        places.member_unions[index], benefits[index].member_union, field, reason, index);
  }
  if (field == Field::kMerchantUnion && index < benefits.size()) {
    return UnionRefusal(
        places.merchant_unions[index], benefits[index].merchant_union, field, reason, index);
  }
  if (field == Field::kOwner) {
    return UnionRefusal(places.owner, programme.owner, field, reason, index);
  }
  if (field == Field::kActivatesAt && reason == AdminReason::kNotAllowedFromState) {
    return At(places.programme,
              Say("the instant at which it is to become active has passed", "定时生效的时刻已过"),
              Say("take a later one, or activate it at once", "请改为更晚的时刻，或立即生效"));
  }
  if (field == Field::kStage && reason == AdminReason::kNotAllowedFromState) {
    return At(places.programme,
              Say("the version with this content can not come to that stage from where it stands",
                  "内容相同的版本已存在，从它现在的阶段不能转到所要的阶段"),
              Say("look at the programme's versions", "请查看项目的各个版本"));
  }
  return Refused(places.programme, field, reason, index);
}

Diagnostic CompiledFile::LocateFund(Field field, AdminReason reason, uint32_t fund) const {
  if (fund >= funds.size()) {
    return Refused(places.programme, field, reason, fund);
  }
  if (field == Field::kOwner) {
    return UnionRefusal(places.fund_owners[fund], funds[fund].owner, field, reason, fund);
  }
  const std::string code = Quoted(CodeString(funds[fund].code));
  const Words another_code = Say("take another code", "请另用一个代码");
  if (reason == AdminReason::kBelowCommitted) {
    return At(places.fund_budgets[fund],
              Say("the fund $0 has already held and spent more than this budget",
                  "资金 $0 已冻结和支出的超过这个预算",
                  code));
  }
  if (field == Field::kPayer) {
    return At(places.funds[fund],
              Say("the fund $0 can not change who pays for it", "资金 $0 不能改换出资方", code),
              another_code);
  }
  if (reason == AdminReason::kImmutable || field == Field::kAsset) {
    return At(places.fund_budgets[fund],
              Say("the fund $0 can not change between money and pieces",
                  "资金 $0 不能在钱和物资之间改换",
                  code),
              another_code);
  }
  return Refused(places.funds[fund], field, reason, fund);
}

Diagnostic CompiledFile::LocateSegment(Field field, AdminReason reason, uint32_t segment) const {
  return Refused(segment < segments.size() ? places.segments[segment] : places.programme,
                 field,
                 reason,
                 segment);
}

}  // namespace gonghui
