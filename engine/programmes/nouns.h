// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the codes in a programme file are codes of, by their type, in the words of the
// glossary in docs/PROGRAMMES.md; and the sentences that are said of every kind of code.

#ifndef GONGHUI_ENGINE_PROGRAMMES_NOUNS_H_
#define GONGHUI_ENGINE_PROGRAMMES_NOUNS_H_

#include <string_view>

#include "engine/domain/ids.h"
#include "engine/programmes/diagnostic.h"
#include "engine/programmes/reader.h"
#include "engine/programmes/words.h"

namespace gonghui {

[[nodiscard]] inline Words NounOf(const SegmentCode&) {
  return Say("segment", "群体");
}
[[nodiscard]] inline Words NounOf(const FundCode&) {
  return Say("fund", "资金");
}
[[nodiscard]] inline Words NounOf(const LimitCode&) {
  return Say("limit", "限额");
}
[[nodiscard]] inline Words NounOf(const MerchantId&) {
  return Say("merchant", "商户");
}
[[nodiscard]] inline Words NounOf(const TerminalId&) {
  return Say("terminal", "终端");
}
[[nodiscard]] inline Words NounOf(const UnionNodeId&) {
  return Say("union node", "工会节点");
}

// The key under which a file declares them.
[[nodiscard]] constexpr std::string_view ListOf(const SegmentCode&) {
  return "segments";
}
[[nodiscard]] constexpr std::string_view ListOf(const FundCode&) {
  return "funds";
}
[[nodiscard]] constexpr std::string_view ListOf(const LimitCode&) {
  return "limits";
}

template <typename C>
[[nodiscard]] Words ThereIsNo(const C& code) {
  return Say("there is no $0 $1", "没有代码为 $1 的$0", NounOf(code), Quoted(CodeString(code)));
}

// The hint for a code that the file could have declared.
template <typename C>
[[nodiscard]] Words DeclareIt(const C& code) {
  return Say("declare it under $0:", "请在 $0: 下声明", ListOf(code));
}

// A fund that is named where the other kind belongs.
[[nodiscard]] inline Words HoldsMoney(const FundCode& fund) {
  return Say(
      "the fund $0 holds money, not pieces", "资金 $0 是钱，不是物资", Quoted(CodeString(fund)));
}
[[nodiscard]] inline Words HoldsPieces(const FundCode& fund) {
  return Say(
      "the fund $0 holds pieces, not money", "资金 $0 是物资，不是钱", Quoted(CodeString(fund)));
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PROGRAMMES_NOUNS_H_
