// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// code: what people, cards and terminals show: codes, pick-up codes, ids, card numbers, days
//
// What is read and written again is the same text, or its one canonical form; what is not
// read is what a dumber look at the text refuses.  A pick-up code of which one character was
// changed is none.  The server and its operators' program agree on what is well formed.
//
//   input := what(1) text

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/check.h"
#include "engine/domain/code.h"
#include "engine/domain/ids.h"
#include "engine/durability/byte_codec.h"
#include "engine/programmes/voucher_code.h"
#include "engine/programmes/yaml_tree.h"
#include "engine/server/text_codec.h"
#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/units.h"

namespace gonghui {
namespace {

constexpr std::string_view kCodeCharacters =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._:-";
constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

bool IsOf(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

// As people may write them: small letters, and what is taken for a digit.
std::string Canonical(std::string_view text) {
  std::string canonical(text);
  for (char& c : canonical) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
  }
  return canonical;
}

// ---- Codes -----------------------------------------------------------------------

// The first half of the text and all of it: codes are ordered as their texts.
template <class CodeType>
void CheckCode(std::string_view text) {
  const auto code = ParseCode<CodeType>(text);
  const bool is_one =
      !text.empty() && text.size() <= CodeType::kBytes && IsOf(text, kCodeCharacters);
  GH_CHECK(code.has_value() == is_one, text);
  GH_CHECK(is_one == ctl::IsCode(text, CodeType::kBytes), text);
  if (!is_one) {
    return;
  }
  GH_CHECK(!code->IsNone());
  GH_CHECK(TextOf(*code) == text, text);
  const std::string_view half = text.substr(0, text.size() / 2);
  if (const auto other = ParseCode<CodeType>(half)) {
    GH_CHECK(*other < *code, text);
  }
  const std::string reversed(text.rbegin(), text.rend());
  const auto mirror = ParseCode<CodeType>(reversed);
  GH_CHECK(mirror.has_value(), reversed);
  GH_CHECK((*mirror < *code) == (std::string_view(reversed) < text), text);

  std::array<uint8_t, CodeType::kBytes + 1 + codec::ByteWriter::kSlackBytes> bytes{};
  codec::ByteWriter writer(bytes.data());
  writer.CodeField(*code);
  codec::ByteReader reader({bytes.data(), writer.at()}, bytes.data());
  CodeType again;
  reader.CodeField(again);
  GH_CHECK(reader.ok() && reader.left() == 0 && again == *code, text);
}

// ---- Pick-up codes -----------------------------------------------------------------

// With any one character another, it is mistyped.
void CheckNoNeighbour(std::string_view canonical) {
  GH_CHECK(canonical.size() == kVoucherCodeCharacters, canonical);
  std::string other(canonical);
  for (char& c : other) {
    const char was = c;
    for (const char instead : kCrockford) {
      c = instead;
      GH_CHECK(ParseVoucherCode(other).has_value() == (c == was), other);
    }
    c = was;
  }
}

void CheckVoucherCode(std::string_view text) {
  const auto key = ParseVoucherCode(text);
  const char* const why = WhyNoVoucherCode(text);
  GH_CHECK(key.has_value() == (why == nullptr), text);
  std::string canonical = Canonical(text);
  std::erase_if(canonical, [](char c) { return c == '-' || c == ' ' || c == '\t'; });
  const bool has_form = canonical.size() == kVoucherCodeCharacters && IsOf(canonical, kCrockford);
  GH_CHECK(!key.has_value() || has_form, text);
  if (!has_form) {
    return;
  }
  // One check character fits, and the key is that of the code as it is printed.
  size_t fit = 0;
  std::string mended = canonical;
  for (const char check : kCrockford) {
    mended.back() = check;
    fit += ParseVoucherCode(mended).has_value() ? 1u : 0u;
  }
  GH_CHECK(fit == 1, canonical, " fit=", fit);
  if (key.has_value()) {
    GH_CHECK(ParseVoucherCode(canonical) == key, text);
    CheckNoNeighbour(canonical);
  }
}

void CheckMadeVoucherCode(std::string_view text) {
  std::array<uint8_t, kVoucherCodeRandomBytes> random{};
  std::copy_n(text.begin(), std::min(text.size(), random.size()), random.begin());
  const VoucherCode code = MakeVoucherCode(random);
  GH_CHECK(ParseVoucherCode(code.text) == code.key, code.text);
  std::string canonical = code.text;
  std::erase(canonical, '-');
  GH_CHECK(Canonical(canonical) == canonical, canonical);
  GH_CHECK(ParseVoucherCode(canonical) == code.key, canonical);
  CheckNoNeighbour(canonical);
}

// ---- Numbers -----------------------------------------------------------------------

void CheckUuid(std::string_view text) {
  const auto id = ParseUuid(text);
  GH_CHECK(id.has_value() == ctl::IsUuid(text), text);
  if (id.has_value()) {
    std::string written(kUuidTextBytes, '?');
    WriteUuid(*id, written.data());
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
      return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    GH_CHECK(written == lower, text);
  }
}

void CheckTransactionId(std::string_view text) {
  const auto id = ParseTransactionId(text);
  const std::string canonical = Canonical(text);
  const bool is_one = text.size() == kTransactionIdTextBytes && IsOf(canonical, kCrockford) &&
                      !IsOf(canonical, "0");
  GH_CHECK(id.has_value() == is_one, text);
  if (is_one) {
    std::string written(kTransactionIdTextBytes, '?');
    WriteTransactionId(*id, written.data());
    GH_CHECK(written == canonical, text);
  }
}

void CheckCardNumber(std::string_view text) {
  const auto number = ParseCardNumber(text);
  const bool is_one = text.size() >= kCardDigitsMin && text.size() <= kCardDigitsMax &&
                      IsOf(text, "0123456789") && text[0] != '0';
  GH_CHECK(number.has_value() == is_one, text);
  GH_CHECK(!is_one || CardNumberText(*number) == text, text);
}

void CheckDays(std::string_view text) {
  if (const auto day = ParseDay(text)) {
    GH_CHECK(DayText(*day) == text, text);
    GH_CHECK(ctl::IsDay(text), text);
  }
  if (const auto day = ParseJoinedDay(text)) {
    GH_CHECK(*day != 0);
    GH_CHECK(*day == 1 || JoinedDayText(*day) == text, text);  // all before 2000 are one
  }
}

void CheckAmounts(std::string_view text) {
  if (const auto fen = ctl::ParseYuan(text); fen.ok()) {
    GH_CHECK(*fen >= 0, text);
    GH_CHECK(*ctl::ParseYuan(ctl::FormatYuanBare(*fen)) == *fen, text);
  }
  const std::string zone(ctl::kDefaultZone);
  if (const auto instant = ctl::ParseDayOrInstant(text, zone); instant.ok()) {
    GH_CHECK(instant->nanos >= 0 && instant->nanos < 1'000'000'000, text);
    for (const std::string& written :
         {ctl::FormatRfc3339(*instant), ctl::FormatIso8601(*instant, zone)}) {
      if (!ctl::IsDay(written.substr(0, 10))) {
        continue;  // an offset has led out of the years that are read
      }
      const auto again = ctl::ParseInstant(written, zone);
      GH_CHECK(again.ok(), written);
      GH_CHECK(again->seconds == instant->seconds && again->nanos == instant->nanos, written);
    }
  }
}

// Three parts of the engine decode UTF-8, each for its own purpose.
void CheckUtf8(std::string_view text) {
  size_t bad_byte = 0;
  const bool is_utf8 = IsUtf8(text, &bad_byte);
  const size_t bad = ctl::FindBadUtf8(text);
  GH_CHECK(is_utf8 == (bad == std::string_view::npos), text);
  GH_CHECK(is_utf8 || bad == bad_byte, "bad=", bad, " bad_byte=", bad_byte);
  GH_CHECK(is_utf8 || !IsPrintableUtf8(text), text);
  const std::string shown = ctl::Printable(text);
  GH_CHECK(IsPrintableUtf8(shown), shown);
  GH_CHECK(shown == ctl::Printable(shown), shown);
}

}  // namespace
}  // namespace gonghui

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gonghui;  // NOLINT
  if (size == 0) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 10) {
    case 0:
      CheckCode<MerchantId>(text);
      break;
    case 1:
      CheckCode<FundCode>(text);
      break;
    case 2:
      CheckVoucherCode(text);
      break;
    case 3:
      CheckMadeVoucherCode(text);
      break;
    case 4:
      CheckUuid(text);
      break;
    case 5:
      CheckTransactionId(text);
      break;
    case 6:
      CheckCardNumber(text);
      break;
    case 7:
      CheckDays(text);
      break;
    case 8:
      CheckAmounts(text);
      break;
    default:
      CheckUtf8(text);
      break;
  }
  return 0;
}
