// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A benefit whose price differs by who it is: every case becomes a benefit of its own,
// for those whom no earlier case is for.

#include <algorithm>

#include "engine/domain/limits.h"
#include "engine/programmes/file_compiler.h"

namespace gonghui {
namespace {

constexpr uint8_t kEverySex = MaskOf(Sex::kUnknown) | MaskOf(Sex::kMale) | MaskOf(Sex::kFemale);
constexpr size_t kCasesMax = kSegmentsMax;

}  // namespace

// `price`, or `price_by`.
void FileCompiler::ReadPriceCases(const MapReader& map, Draft* draft) {
  if (map.Has("price") && map.Has("price_by")) {
    AddAt(map.Key("price_by"),
          DoesNotGoWith("price_by", "price"),
          Say("write the price for the rest as its last case", "其余人的价格请写成它的最后一条"),
          out_);
    return;
  }
  if (!map.Has("price_by")) {
    if (const Value price = map.Need("price",
                                     Say("what the member pays, such as {member_pays: 1 fen}",
                                         "会员付多少，例如 {member_pays: 1 fen}"))) {
      PriceCase& only = draft->cases.emplace_back();
      only.good = ReadPrice(price, &only);
    }
    return;
  }
  const Value list = map.Find("price_by");
  if (!list) {
    return;
  }
  const size_t found = out_->found();
  for (const Value& item : ReadList(list, Say("cases", "定价情形"), kCasesMax, out_)) {
    ReadPriceCase(item, draft);
  }
  if (out_->found() == found) {
    CheckCases(draft->cases);
  }
}

void FileCompiler::ReadPriceCase(const Value& value, Draft* draft) {
  const MapReader map(value, kPriceCaseKeys, out_);
  PriceCase price_case;
  price_case.place = value;
  if (const Value sex = map.Find("sex")) {
    price_case.sexes = ReadWord(sex, kSexMasks, out_).value_or(uint8_t{0});
  }
  if (const Value segment = map.Find("segment")) {
    price_case.segment_place = PlaceOf(segment);
    price_case.segment = ReadCode<SegmentCode>(segment, out_);
  }
  if (map.Has("sex") && map.Has("segment")) {
    AddAt(value,
          Say("a case has either 'sex' or 'segment'", "一条里只能写 'sex' 或 'segment' 之一"),
          Say("make two cases of it", "请拆成两条"),
          out_);
  }
  if (const Value price = map.Need("price",
                                   Say("what these members pay, such as {member_pays: 1 fen}",
                                       "这些会员付多少，例如 {member_pays: 1 fen}"))) {
    price_case.good = ReadPrice(price, &price_case);
    draft->cases.push_back(std::move(price_case));
  }
}

void FileCompiler::CheckCases(const std::vector<PriceCase>& cases) {
  for (size_t i = 0; i < cases.size(); ++i) {
    const PriceCase& self = cases[i];
    const auto same = [&self](const PriceCase& other) {
      return other.sexes == self.sexes && other.segment == self.segment;
    };
    const auto first = std::find_if(cases.begin(), cases.end(), same);
    const uint32_t line = first->place.node->at.line;
    const bool everybody = self.sexes == 0 && !self.segment.has_value();
    if (static_cast<size_t>(first - cases.begin()) < i) {
      AddAt(
          self.place, Say("the case stands there twice", "这一条重复了"), FirstInLine(line), out_);
    } else if (everybody && i + 1 < cases.size()) {
      AddAt(self.place,
            Say("a case for everybody leaves nobody for those after it",
                "这一条适用于所有人，后面的各条轮不到任何人"),
            Say("write it last", "请写在最后"),
            out_);
    } else if (everybody && i == 0) {
      AddAt(self.place,
            Say("there is one case, for everybody", "只有一条，而且适用于所有人"),
            Say("write price instead of price_by", "请写 price，不写 price_by"),
            out_);
    }
  }
}

void FileCompiler::WriteOut(const Draft& draft) {
  const bool clean = out_->found() == draft.found_before;
  uint8_t sexes_left = draft.spec.sexes == 0 ? kEverySex : draft.spec.sexes;
  std::vector<const PriceCase*> earlier;  // the cases by segment
  bool waits = false;
  for (const PriceCase& self : draft.cases) {
    // More are only counted: the segments of each case's forerunners are written out.
    if (++written_out_ > kBenefitsPerProgrammeMax) {
      continue;
    }
    BenefitSpec benefit = draft.spec;
    benefit.price = self.price;
    if (self.earlier_prices.has_value()) {
      benefit.asks =
          static_cast<uint8_t>(benefit.asks | static_cast<uint8_t>(Asks::kEarlierPrices));
      benefit.earlier_prices = *self.earlier_prices;
    }
    const auto sexes = static_cast<uint8_t>(self.sexes == 0 ? sexes_left : sexes_left & self.sexes);
    benefit.sexes = sexes == kEverySex ? uint8_t{0} : sexes;
    benefit.segments_none = WithSegments(benefit.segments_none, earlier);
    if (self.segment.has_value()) {
      earlier.push_back(&self);
      benefit.segments_all = WithSegments(benefit.segments_all, std::span(earlier).last(1));
    }
    if (benefit.segments_any.count + benefit.segments_all.count > 0) {
      benefit.segment_days_min = draft.segment_days;
      waits = true;
    }
    if (clean && (sexes == 0 || !HasSomebody(benefit))) {
      AddAt(self.place,
            Say("the case is for nobody", "这一条不适用于任何人"),
            Say("what 'for' asks and the cases before it leave no member",
                "按 'for' 的要求和前面各条，已不剩任何会员"),
            out_);
    }
    sexes_left = static_cast<uint8_t>(sexes_left & ~self.sexes);
    file_.benefits.push_back(benefit);
    file_.places.benefits.push_back(draft.place);
    file_.places.stocks.push_back(draft.stock);
    file_.places.member_unions.push_back(draft.member_union);
    file_.places.merchant_unions.push_back(draft.merchant_union);
  }
  if (clean && draft.in_segments_for && !waits) {
    AddAt(draft.in_segments_for,
          Say("there is no segment to have been in", "没有要求属于任何群体"),
          Say("it goes with segments_any, segments_all or a price for a segment",
              "它要与 segments_any、segments_all 或按群体定的价格同用"),
          out_);
  }
}

// The segments of `range` and of `cases`, in a range of their own.
PoolRange FileCompiler::WithSegments(PoolRange range, std::span<const PriceCase* const> cases) {
  if (cases.empty()) {
    return range;
  }
  const size_t first = file_.segment_refs.size();
  const auto add = [this](const SegmentCode& code, const SourcePlace& place) {
    file_.segment_refs.push_back(code);
    file_.places.segment_refs.push_back(place);
  };
  for (uint32_t i = range.first; i < range.first + range.count; ++i) {
    // Copies, because adding moves what they refer to.
    add(SegmentCode{file_.segment_refs[i]}, SourcePlace{file_.places.segment_refs[i]});
  }
  for (const PriceCase* const price_case : cases) {
    const auto begin = file_.segment_refs.begin() + static_cast<ptrdiff_t>(first);
    if (std::find(begin, file_.segment_refs.end(), *price_case->segment) ==
        file_.segment_refs.end()) {
      add(*price_case->segment, price_case->segment_place);
    }
  }
  return RangeFrom(first, file_.segment_refs);
}

// Whether there can be a member in the segments that are asked for and in none of those
// that are shut out.
bool FileCompiler::HasSomebody(const BenefitSpec& benefit) const {
  const auto refs = [this](const PoolRange& range) {
    return std::span(file_.segment_refs).subspan(range.first, range.count);
  };
  const auto shut_out = [&](const SegmentCode& code) {
    const auto none = refs(benefit.segments_none);
    return std::find(none.begin(), none.end(), code) != none.end();
  };
  const auto any = refs(benefit.segments_any);
  const auto all = refs(benefit.segments_all);
  return std::none_of(all.begin(), all.end(), shut_out) &&
         (any.empty() || !std::all_of(any.begin(), any.end(), shut_out));
}

}  // namespace gonghui
