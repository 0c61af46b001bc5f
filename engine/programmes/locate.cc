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
#include "engine/programmes/reader.h"

namespace gonghui {
namespace {

Diagnostic At(const SourcePlace& place, std::string message, std::string hint) {
  return {place.at.line, place.at.column, place.path, std::move(message), std::move(hint)};
}

Diagnostic Refused(const SourcePlace& place, Field field, AdminReason reason, uint32_t index) {
  return At(place,
            fmt::format("the server refuses it: reason {}, field {}, index {}",
                        static_cast<int>(reason),
                        static_cast<int>(field),
                        index),
            "");
}

template <typename C>
Diagnostic Unknown(const SourcePlace& place,
                   std::string_view what,
                   const C& code,
                   std::string hint) {
  return At(place, fmt::format("there is no {} {}", what, Quoted(CodeString(code))), hint);
}

// The nearest of the codes that the file itself declares.
template <typename Requests, typename C>
std::string SuggestOf(const Requests& requests, const C& code, std::string otherwise) {
  std::vector<std::string> names;
  names.reserve(requests.size());
  for (const auto& request : requests) {
    names.push_back(CodeString(request.code));
  }
  return Suggest(CodeString(code), {names.begin(), names.end()}, std::move(otherwise));
}

Diagnostic FundRefusal(const CompiledFile& file,
                       const SourcePlace& place,
                       const FundCode& code,
                       Field field,
                       AdminReason reason,
                       uint32_t index) {
  if (reason == AdminReason::kUnknownReference) {
    return Unknown(place, "fund", code, SuggestOf(file.funds, code, "declare it under funds:"));
  }
  if (reason == AdminReason::kWrongAsset) {
    return field == Field::kStock
               ? At(place,
                    fmt::format("the fund {} holds money, not pieces", Quoted(CodeString(code))),
                    "'stock' takes a fund whose budget is in pieces")
               : At(place,
                    fmt::format("the fund {} holds pieces, not money", Quoted(CodeString(code))),
                    "'funding' takes a fund whose budget is in yuan");
  }
  return Refused(place, field, reason, index);
}

Diagnostic UnionRefusal(const SourcePlace& place,
                        const UnionNodeId& id,
                        Field field,
                        AdminReason reason,
                        uint32_t index) {
  return reason == AdminReason::kUnknownReference
             ? Unknown(place, "union node", id, "import it first")
             : Refused(place, field, reason, index);
}

}  // namespace

Diagnostic CompiledFile::Locate(Field field, AdminReason reason, uint32_t index) const {
  const bool unknown = reason == AdminReason::kUnknownReference;
  if (field == Field::kSegment && index < segment_refs.size() && unknown) {
    const SegmentCode& code = segment_refs[index];
    return Unknown(places.segment_refs[index],
                   "segment",
                   code,
                   SuggestOf(segments, code, "declare it under segments:"));
  }
  if (field == Field::kMerchant && index < merchants.size() && unknown) {
    return Unknown(places.merchants[index], "merchant", merchants[index], "import it first");
  }
  if (field == Field::kTerminal && index < terminals.size() && unknown) {
    return Unknown(places.terminals[index], "terminal", terminals[index], "import it first");
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
              "the instant at which it is to become active has passed",
              "take a later one, or activate it at once");
  }
  if (field == Field::kStage && reason == AdminReason::kNotAllowedFromState) {
    return At(places.programme,
              "the version with this content can not come to that stage from where it stands",
              "look at the programme's versions");
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
  if (reason == AdminReason::kBelowCommitted) {
    return At(places.fund_budgets[fund],
              fmt::format("the fund {} has already held and spent more than this budget",
                          Quoted(CodeString(funds[fund].code))),
              "");
  }
  if (field == Field::kPayer) {
    return At(places.funds[fund],
              fmt::format("the fund {} can not change who pays for it",
                          Quoted(CodeString(funds[fund].code))),
              "take another code");
  }
  if (reason == AdminReason::kImmutable || field == Field::kAsset) {
    return At(places.fund_budgets[fund],
              fmt::format("the fund {} can not change between money and pieces",
                          Quoted(CodeString(funds[fund].code))),
              "take another code");
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
