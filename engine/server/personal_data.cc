// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/personal_data.h"

namespace gonghui {
namespace {

// Characters of UTF-8 begin at every byte that is no continuation.
bool Begins(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

// At least four characters are hidden; of a short text, all.
std::string KeepEnds(std::string_view text, size_t first, size_t last) {
  std::string masked(text.size(), '*');
  for (size_t i = 0; text.size() >= first + last + 4 && i < text.size(); ++i) {
    const bool shown = i < first || i >= text.size() - last;
    if (shown && static_cast<unsigned char>(text[i]) < 0x80) {
      masked[i] = text[i];
    }
  }
  return masked;
}

}  // namespace

std::string MaskedName(std::string_view name) {
  std::string masked;
  size_t characters = 0;
  for (const char c : name) {
    if (Begins(c)) {
      ++characters;
      if (characters > 1) {
        masked.push_back('*');
        continue;
      }
    }
    if (characters <= 1) {
      masked.push_back(c);
    }
  }
  return characters == 1 ? "*" : masked;
}

std::string MaskedNationalId(std::string_view national_id) {
  return KeepEnds(national_id, 4, 4);
}

std::string MaskedPhone(std::string_view phone) {
  return KeepEnds(phone, 3, 4);
}

}  // namespace gonghui
