// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <set>

#include "engine/domain/limits.h"
#include "engine/programmes/file_compiler.h"

namespace gonghui {

void FileCompiler::ReadBenefit(const Value& value) {
  const size_t found = out_->found();
  const MapReader map(value, kBenefitKeys, out_);
  NoteRefs(found, &fund_refs_complete_);
  NoteRefs(found, &limit_refs_complete_);
  NoteRefs(found, &group_refs_complete_);
  Draft draft;
  draft.found_before = found;
  draft.place = PlaceOf(value);
  if (const Value code = NeedCode(map)) {
    draft.place = PlaceOf(code);
    if (const auto parsed = ReadCode<BenefitCode>(code, out_)) {
      draft.spec.code = *parsed;
      Declare(*parsed, static_cast<uint32_t>(file_.benefits.size()), code, &benefits_);
    }
  }
  // Overwritten by what is named below.
  draft.stock = draft.place;
  draft.member_union = draft.place;
  draft.merchant_union = draft.place;

  if (const Value name =
          map.Need("name", Say("what members and receipts call it", "会员和凭条上看到的名称"))) {
    draft.spec.name = ReadName(name, out_).value_or(DisplayName{});
  }
  if (const Value whom = map.Find("for")) {
    ReadFor(whom, &draft);
  }
  if (const Value where = map.Find("at")) {
    ReadAt(where, &draft);
  }
  draft.days = period_;
  draft.spec.starts_at = file_.programme.starts_at;
  draft.spec.ends_at = file_.programme.ends_at;
  if (const Value when = map.Find("when")) {
    ReadWhen(when, &draft);
  }
  ReadPriceCases(map, &draft);
  ReadTerms(map, &draft);
  WriteOut(draft);
}

void FileCompiler::ReadFor(const Value& value, Draft* draft) {
  const MapReader map(value, kForKeys, out_);
  BenefitSpec& benefit = draft->spec;
  if (const Value real_name = map.Find("real_name")) {
    benefit.require_real_name = ReadBool(real_name, out_).value_or(true);
  }
  if (const Value sex = map.Find("sex")) {
    // One needs no brackets.
    benefit.sexes = sex.node->kind == YamlNode::Kind::kScalar
                        ? ReadWord(sex, kSexMasks, out_).value_or(uint8_t{0})
                        : ReadMask(sex, Say("sexes", "性别"), kSexMasks, out_);
  }
  if (const Value any = map.Find("segments_any")) {
    benefit.segments_any = ReadSegmentRefs(any);
  }
  if (const Value all = map.Find("segments_all")) {
    benefit.segments_all = ReadSegmentRefs(all);
  }
  if (const Value none = map.Find("segments_none")) {
    benefit.segments_none = ReadSegmentRefs(none);
    CheckSegments(none, benefit);
  }
  const auto read_days = [this](const Value& days) {
    return ReadDays(days, uint16_t{kWaitingDaysMax}, out_).value_or(uint16_t{0});
  };
  if (const Value waits = map.Find("in_segments_for")) {
    draft->in_segments_for = waits;
    draft->segment_days = read_days(waits);
  }
  if (const Value member_for = map.Find("member_for")) {
    benefit.member_days_min = read_days(member_for);
  }
  if (const Value node = map.Find("union")) {
    draft->member_union = PlaceOf(node);
    benefit.member_union = ReadCode<UnionNodeId>(node, out_).value_or(UnionNodeId{});
  }
}

// Who is shut out can not be asked for as well.
void FileCompiler::CheckSegments(const Value& none, const BenefitSpec& spec) {
  const auto refs = [this](const PoolRange& range) {
    return std::span(file_.segment_refs).subspan(range.first, range.count);
  };
  for (size_t i = 0; i < none.node->items.size(); ++i) {
    const Value item = ItemOf(none, i);
    const std::string& text = item.node->text;
    const std::optional<SegmentCode> code = SegmentCode::Parse({text.data(), text.size()});
    const auto listed_in = [&](const PoolRange& range) {
      const auto codes = refs(range);
      return code.has_value() && std::find(codes.begin(), codes.end(), *code) != codes.end();
    };
    const std::string_view other = listed_in(spec.segments_all)   ? "segments_all"
                                   : listed_in(spec.segments_any) ? "segments_any"
                                                                  : "";
    if (!other.empty()) {
      AddAt(item,
            Say("$0 stands in '$1' as well", "$0 在 '$1' 里也有", Quoted(text), other),
            Say("nobody is in a segment and not in it", "没有人既在又不在同一个群体"),
            out_);
    }
  }
}

PoolRange FileCompiler::ReadSegmentRefs(const Value& value) {
  const size_t first = file_.segment_refs.size();
  for (const Value& item : ReadList(value, Say("segments", "群体"), kSegmentsMax, out_)) {
    const std::optional<SegmentCode> code = ReadCode<SegmentCode>(item, out_);
    if (!code.has_value()) {
      continue;
    }
    const auto begin = file_.segment_refs.begin() + static_cast<ptrdiff_t>(first);
    if (std::find(begin, file_.segment_refs.end(), *code) != file_.segment_refs.end()) {
      ReportListedTwice(item);
    }
    file_.segment_refs.push_back(*code);
    file_.places.segment_refs.push_back(PlaceOf(item));
  }
  return RangeFrom(first, file_.segment_refs);
}

void FileCompiler::ReadAt(const Value& value, Draft* draft) {
  const size_t found = out_->found();
  const MapReader map(value, kAtKeys, out_);
  NoteRefs(found, &group_refs_complete_);
  BenefitSpec& benefit = draft->spec;
  if (const Value mccs = map.Find("mcc")) {
    benefit.mccs = ReadMccs(mccs);
  }
  benefit.merchants = ReadMerchants(map.Find("merchants"), map.Find("groups"));
  if (const Value terminals = map.Find("terminals")) {
    benefit.terminal_kinds =
        ReadMask(terminals, Say("kinds of terminal", "终端种类"), kTerminalKinds, out_);
  }
  if (const Value ids = map.Find("terminal_ids")) {
    benefit.terminals = ReadTerminalIds(ids);
  }
  if (const Value items = map.Find("items")) {
    ReadItems(items, &benefit);
  }
  if (const Value node = map.Find("union")) {
    draft->merchant_union = PlaceOf(node);
    benefit.merchant_union = ReadCode<UnionNodeId>(node, out_).value_or(UnionNodeId{});
  }
}

PoolRange FileCompiler::ReadMccs(const Value& value) {
  const size_t first = file_.mccs.size();
  std::vector<MccRange> ranges;
  std::vector<Value> places;
  const size_t room = kPoolItemsPerProgrammeMax - first;
  for (const Value& item : ReadList(value, Say("merchant categories", "商户类别"), room, out_)) {
    if (const auto range = ReadMccRange(item, out_)) {
      ranges.push_back(*range);
      places.push_back(item);
    }
  }
  ReportOverlaps(
      ranges,
      places,
      [](const MccRange& range) { return range.first; },
      [](const MccRange& range) { return range.last; },
      FormatMccRange,
      out_);
  file_.mccs.insert(file_.mccs.end(), ranges.begin(), ranges.end());
  return RangeFrom(first, file_.mccs);
}

// Those that are named, then those of the groups that are not among them.  Either value
// may be missing.
PoolRange FileCompiler::ReadMerchants(const Value& merchants, const Value& groups) {
  const size_t first = file_.merchants.size();
  std::set<MerchantId> seen;
  if (merchants) {
    const size_t room = kPoolItemsPerProgrammeMax - first;
    for (const Value& item : ReadList(merchants, Say("merchants", "商户"), room, out_)) {
      const std::optional<MerchantId> id = ReadCode<MerchantId>(item, out_);
      if (!id.has_value()) {
        continue;
      }
      if (!seen.insert(*id).second) {
        ReportListedTwice(item);
      }
      file_.merchants.push_back(*id);
      file_.places.merchants.push_back(PlaceOf(item));
    }
  }
  if (!groups) {
    return RangeFrom(first, file_.merchants);
  }
  std::vector<uint32_t> indexes;
  const size_t found = out_->found();
  for (const Value& item : ReadList(groups, Say("groups", "商户分组"), kGroupsPerFileMax, out_)) {
    if (const auto index = ReadDeclared(item, &group_codes_)) {
      if (std::find(indexes.begin(), indexes.end(), *index) != indexes.end()) {
        ReportListedTwice(item);
      }
      indexes.push_back(*index);
    }
  }
  NoteRefs(found, &group_refs_complete_);
  std::sort(indexes.begin(), indexes.end());
  if (merchants) {
    return AddGroups(indexes, first, &seen, groups);
  }
  const auto known = group_ranges_.find(indexes);
  if (known != group_ranges_.end()) {
    return known->second;
  }
  const PoolRange range = AddGroups(indexes, first, &seen, groups);
  group_ranges_.emplace(std::move(indexes), range);
  return range;
}

PoolRange FileCompiler::AddGroups(const std::vector<uint32_t>& groups,
                                  size_t first,
                                  std::set<MerchantId>* seen,
                                  const Value& place) {
  for (const uint32_t index : groups) {
    const Group& group = groups_[index];
    for (size_t i = 0; i < group.merchants.size(); ++i) {
      if (!seen->insert(group.merchants[i]).second) {
        continue;
      }
      if (file_.merchants.size() >= kPoolItemsPerProgrammeMax) {
        AddAt(place,
              Say("too many merchants in all benefits and groups", "所有优惠和分组的商户合计太多"),
              Say("at most $0; benefits of the same groups share them",
                  "最多$0个；用同一些分组的优惠共用一份",
                  kPoolItemsPerProgrammeMax),
              out_);
        return RangeFrom(first, file_.merchants);
      }
      file_.merchants.push_back(group.merchants[i]);
      file_.places.merchants.push_back(group.places[i]);
    }
  }
  return RangeFrom(first, file_.merchants);
}

PoolRange FileCompiler::ReadTerminalIds(const Value& value) {
  const size_t first = file_.terminals.size();
  std::set<TerminalId> seen;
  const size_t room = kPoolItemsPerProgrammeMax - first;
  for (const Value& item : ReadList(value, Say("terminals", "终端"), room, out_)) {
    const std::optional<TerminalId> id = ReadCode<TerminalId>(item, out_);
    if (!id.has_value()) {
      continue;
    }
    if (!seen.insert(*id).second) {
      ReportListedTwice(item);
    }
    file_.terminals.push_back(*id);
    file_.places.terminals.push_back(PlaceOf(item));
  }
  return RangeFrom(first, file_.terminals);
}

void FileCompiler::ReadItems(const Value& value, BenefitSpec* benefit) {
  const MapReader map(value, kItemsKeys, out_);
  if (map.valid() && value.node->keys.empty()) {
    AddAt(value,
          Say("nothing is asked of the items", "对商品没有任何要求"),
          Say("any_of, except or pieces_at_most", "请写 any_of、except 或 pieces_at_most"),
          out_);
  }
  if (const Value any = map.Find("any_of")) {
    benefit->items_any = ReadItemList(any);
  }
  if (const Value except = map.Find("except")) {
    benefit->items_none = ReadItemList(except);
    const auto any = file_.items.begin() + benefit->items_any.first;
    for (size_t i = 0; i < except.node->items.size(); ++i) {
      const Value item = ItemOf(except, i);
      const std::string& text = item.node->text;
      const std::optional<ItemCode> code = ItemCode::Parse({text.data(), text.size()});
      if (code.has_value() && std::binary_search(any, any + benefit->items_any.count, *code)) {
        AddAt(item,
              Say("$0 stands in 'any_of' as well", "$0 在 'any_of' 里也有", Quoted(text)),
              Say("an item is one or the other", "一种商品只能写在其中一处"),
              out_);
      }
    }
  }
  if (const Value pieces = map.Find("pieces_at_most")) {
    benefit->pieces_max =
        static_cast<uint32_t>(ReadWhole(pieces, 1, int64_t{kLineQuantityMax}, out_).value_or(1));
  }
}

PoolRange FileCompiler::ReadItemList(const Value& value) {
  const size_t first = file_.items.size();
  std::set<ItemCode> seen;
  const size_t room = kPoolItemsPerProgrammeMax - first;
  for (const Value& item : ReadList(value, Say("items", "商品"), room, out_)) {
    const std::optional<ItemCode> code = ReadCode<ItemCode>(item, out_);
    if (!code.has_value()) {
      continue;
    }
    if (!seen.insert(*code).second) {
      ReportListedTwice(item);
    }
  }
  file_.items.insert(file_.items.end(), seen.begin(), seen.end());
  return RangeFrom(first, file_.items);
}

}  // namespace gonghui
