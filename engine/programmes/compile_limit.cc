// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/domain/limits.h"
#include "engine/programmes/file_compiler.h"

namespace gonghui {
namespace {

bool SaysUnlimited(const Value& value) {
  return value.node->kind == YamlNode::Kind::kScalar && value.node->text == kUnlimited;
}

}  // namespace

void FileCompiler::ReadLimit(const Value& value) {
  const size_t found = out_->found();
  const MapReader map(value, kLimitKeys, out_);
  LimitSpec limit;
  if (const Value code = map.Need("code", "a short name that never changes")) {
    if (const auto parsed = ReadCode<LimitCode>(code, out_)) {
      limit.code = *parsed;
      Declare(*parsed, static_cast<uint32_t>(file_.limits.size()), code, &limits_);
    }
  }
  ReadSubject(map, &limit);
  ReadWindow(map, &limit);
  ReadLimitMax(map, &limit);
  if (const Value only = map.Find("only")) {
    limit.scope = ReadWord(only, kLimitScopes, out_).value_or(limit.scope);
    if (limit.scope == LimitScope::kOffline && map.Has("price")) {
      AddAt(map.Key("only"),
            "'only' does not go with 'price'",
            "what is done offline is limited by uses, or an amount",
            out_);
    }
  }
  ReadExceeded(map, &limit);
  if (const Value refund_to = map.Find("refund_to")) {
    limit.refund_to = ReadWord(refund_to, kRefundTo, out_).value_or(limit.refund_to);
  }
  file_.limits.push_back(limit);
  limits_good_.push_back(out_->found() == found);
}

void FileCompiler::ReadSubject(const MapReader& map, LimitSpec* limit) {
  bool known = false;
  if (const Value per = map.Need("per", "person, programme, card, merchant, terminal or union")) {
    const std::optional<LimitSubject> subject = ReadWord(per, kLimitSubjects, out_);
    known = subject.has_value();
    limit->subject = subject.value_or(limit->subject);
  }
  const Value level = map.Find("level");
  if (!level) {
    return;
  }
  if (const auto parsed = ReadWord(level, kUnionLevels, out_)) {
    limit->union_level = static_cast<uint8_t>(*parsed);
  }
  if (known && limit->subject != LimitSubject::kUnion) {
    AddAt(map.Key("level"),
          "only a limit for each union has a 'level'",
          "write per: union, or delete it",
          out_);
  }
}

void FileCompiler::ReadWindow(const MapReader& map, LimitSpec* limit) {
  const Value each =
      map.Need("each", "day, week, month, year, programme, or so many such as 7 days");
  if (!each) {
    return;
  }
  const YamlNode& node = *each.node;
  if (node.kind == YamlNode::Kind::kScalar && !node.text.empty() && node.text.front() >= '0' &&
      node.text.front() <= '9') {
    if (const auto window = ReadScalar(each, "a window", out_, ParseWindowSpan)) {
      limit->window = window->window;
      limit->span = window->span;
    }
    return;
  }
  limit->window = ReadWord(each, kWindows, out_).value_or(limit->window);
}

int64_t FileCompiler::ReadUses(const Value& value) {
  if (SaysUnlimited(value)) {
    return kLimitUnlimited;
  }
  const YamlNode& node = *value.node;
  if (node.kind == YamlNode::Kind::kScalar && !node.text.empty() &&
      node.text.find_first_of("0123456789") == std::string::npos) {
    AddAt(value,
          fmt::format("{} is not a number of uses", Quoted(node.text)),
          Suggest(node.text, {kUnlimited}, "such as 4, or unlimited"),
          out_);
    return 1;
  }
  return ReadWhole(value, 1, kUsesMax, out_).value_or(1);
}

void FileCompiler::ReadLimitMax(const MapReader& map, LimitSpec* limit) {
  std::string_view measured;
  for (const Word<LimitMeasure>& measure : kLimitMeasures) {
    if (!map.Has(measure.text)) {
      continue;
    }
    if (!measured.empty()) {
      AddAt(map.Key(measure.text),
            fmt::format("a limit counts one thing: '{}' or '{}'", measured, measure.text),
            "make two limits of it",
            out_);
    }
    measured = measure.text;
    if (const Value value = map.Find(measure.text)) {
      limit->measure = measure.meaning;
      limit->max = measure.meaning == LimitMeasure::kCount ? ReadUses(value) : ReadMoneyMax(value);
    }
  }
  if (map.valid() && measured.empty()) {
    AddAt(map.map(),
          "none of 'uses', 'amount' and 'price' is given",
          "such as uses: 4, amount: 300 yuan, or price: unlimited",
          out_);
  }
}

int64_t FileCompiler::ReadMoneyMax(const Value& value) {
  if (SaysUnlimited(value)) {
    return kLimitUnlimited;
  }
  const std::optional<Amount> parsed =
      ReadScalar(value, "an amount", out_, [](std::string_view text) {
        return ParseAmount(text, Fen{kFundFenMax});
      });
  if (!parsed.has_value()) {
    return 0;
  }
  if (parsed->asset != Asset::kMoney) {
    AddAt(value, "expected money, found pieces", "yuan or fen; uses: counts uses", out_);
  } else if (parsed->value == Fen{0}) {
    AddAt(value, "the amount is 0", "at least 1 fen", out_);
  }
  return parsed->value.value();
}

void FileCompiler::ReadExceeded(const MapReader& map, LimitSpec* limit) {
  const Value when_exceeded = map.Find("when_exceeded");
  if (!when_exceeded) {
    return;
  }
  const std::optional<WhenExceeded> word = ReadWord(when_exceeded, kWhenExceeded, out_);
  if (!word.has_value()) {
    return;
  }
  const bool reduces = *word == WhenExceeded::kReduce;
  if (map.Has("price")) {
    AddAt(map.Key("when_exceeded"),
          "'when_exceeded' does not go with 'price'",
          "a price that is too high is refused; an 'amount' can be reduced",
          out_);
  } else if (map.Has("uses") && reduces) {
    AddAt(when_exceeded, "a use can not be reduced", "only an 'amount' can", out_);
  } else if (limit->max == kLimitUnlimited) {
    AddAt(when_exceeded, "what is unlimited is never exceeded", "delete it", out_);
  } else if (limit->scope == LimitScope::kOffline) {
    // What was given is given: the word may say what happens, and changes nothing.
    if (limit->measure == LimitMeasure::kAmount && !reduces) {
      AddAt(when_exceeded,
            "an amount that was given offline can not be refused",
            "what is left is booked, and the acquirer bears the rest: write reduce, or delete it",
            out_);
    }
  } else {
    limit->when_exceeded = *word;
  }
}

}  // namespace gonghui
