// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The ids of generated data, so predictable that an example can name them:
//
//   unions     UN (national), U530000 (Yunnan), U530100 (Kunming), U5301xx (its
//              districts, by their codes in GB/T 2260), E00001 ... (enterprises)
//   members    M0000001 ...
//   cards      member n: 6253011 + n in 8 digits + Luhn digit, physical;
//              6253012 + n in 8 digits + Luhn digit, digital
//   merchants  S0000001 ...
//   terminals  T0000001 ...; terminal k is the first of merchant k

#ifndef GONGHUI_TOOLS_DATAGEN_IDS_H_
#define GONGHUI_TOOLS_DATAGEN_IDS_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace gonghui::datagen {

[[nodiscard]] std::string MemberId(uint64_t n);
[[nodiscard]] std::string MerchantId(uint64_t n);
[[nodiscard]] std::string TerminalId(uint64_t n);
[[nodiscard]] std::string EnterpriseId(uint64_t n);

enum class CardKind : uint8_t { kPhysical, kDigital };
// REQUIRES: n < 10^8.
[[nodiscard]] std::string CardNumber(uint64_t member, CardKind kind);

// The digit that makes `digits` + digit pass the Luhn check (ISO/IEC 7812-1).
[[nodiscard]] char LuhnDigit(std::string_view digits);

// The 18th character of a national id (GB 11643, ISO 7064 MOD 11-2).
// REQUIRES: 17 digits.
[[nodiscard]] char NationalIdCheck(std::string_view digits);

// A national id that passes every check and is nobody's: its region, 530199, is
// a code of Kunming that was never given to a county.  Different for each member.
// REQUIRES: member < 7 million.
[[nodiscard]] std::string NationalId(uint64_t member, bool male);

// Eleven digits like a mobile number, but no network's: those begin with 13 to
// 19, these with 12.  Different for each member.
[[nodiscard]] std::string Phone(uint64_t member);

inline constexpr uint64_t kMembersMax = 7'000'000;

}  // namespace gonghui::datagen

#endif  // GONGHUI_TOOLS_DATAGEN_IDS_H_
