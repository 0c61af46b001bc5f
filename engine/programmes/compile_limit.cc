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
  if (const Value code = NeedCode(map)) {
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
            DoesNotGoWith("only", "price"),
            Say("what is done offline is limited by uses, or an amount",
                "离线的交易用 uses 限次数，或用 amount 限金额"),
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
  if (const Value per = map.Need("per",
                                 Say("person, programme, card, merchant, terminal or union",
                                     "person、programme、card、merchant、terminal 或 union"))) {
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
          Say("only a limit for each union has a 'level'", "只有按工会的限额才写 'level'"),
          Say("write per: union, or delete it", "请写 per: union，或删去"),
          out_);
  }
}

void FileCompiler::ReadWindow(const MapReader& map, LimitSpec* limit) {
  const Value each = map.Need("each",
                              Say("day, week, month, year, programme, or so many such as 7 days",
                                  "day、week、month、year、programme，或若干个，例如 7 days"));
  if (!each) {
    return;
  }
  const YamlNode& node = *each.node;
  if (node.kind == YamlNode::Kind::kScalar && !node.text.empty() && node.text.front() >= '0' &&
      node.text.front() <= '9') {
    if (const auto window = ReadScalar(each, Say("a window", "周期"), out_, ParseWindowSpan)) {
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
          Say("$0 is not a number of uses", "$0 不是次数", Quoted(node.text)),
          Suggest(node.text,
                  {kUnlimited},
                  Say("such as 4, or unlimited", "例如 4，不限次数写 unlimited")),
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
            Say("a limit counts one thing: '$0' or '$1'",
                "一项限额只计一样：'$0' 或 '$1'",
                measured,
                measure.text),
            Say("make two limits of it", "请分成两项限额"),
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
          Say("none of 'uses', 'amount' and 'price' is given",
              "'uses'、'amount'、'price' 一个都没写"),
          Say("such as uses: 4, amount: 300 yuan, or price: unlimited",
              "例如 uses: 4、amount: 300 yuan 或 price: unlimited"),
          out_);
  }
}

int64_t FileCompiler::ReadMoneyMax(const Value& value) {
  if (SaysUnlimited(value)) {
    return kLimitUnlimited;
  }
  return gonghui::ReadMoney(value,
                            Fen{kFundFenMax},
                            Say("yuan or fen; uses: counts uses", "写 yuan 或 fen；计次数用 uses:"),
                            out_)
      .value_or(Fen{0})
      .value();
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
          DoesNotGoWith("when_exceeded", "price"),
          Say("a price that is too high is refused; an 'amount' can be reduced",
              "价格超出时总是拒绝；能减少的是 'amount'"),
          out_);
  } else if (map.Has("uses") && reduces) {
    AddAt(when_exceeded,
          Say("a use can not be reduced", "次数不能减少"),
          Say("only an 'amount' can", "能减少的只有 'amount'"),
          out_);
  } else if (limit->max == kLimitUnlimited) {
    AddAt(when_exceeded,
          Say("what is unlimited is never exceeded", "不限量就不会超出"),
          Say("delete it", "请删去"),
          out_);
  } else if (limit->scope == LimitScope::kOffline) {
    // What was given is given: the word may say what happens, and changes nothing.
    if (limit->measure == LimitMeasure::kAmount && !reduces) {
      AddAt(
          when_exceeded,
          Say("an amount that was given offline can not be refused",
              "离线时已经给出的金额不能再拒绝"),
          Say("what is left is booked, and the acquirer bears the rest: write reduce, or delete it",
              "剩余额度内的照样入账，其余由收单方承担：请写 reduce，或删去"),
          out_);
    }
  } else {
    limit->when_exceeded = *word;
  }
}

}  // namespace gonghui
