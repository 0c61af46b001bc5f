// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Debian builds Abseil with its own absl::string_view, which neither converts
// to std::string_view nor from it.  Gonghui's signatures use std::; these two
// are the seam.
//
//   return absl::NotFoundError(ToAbsl(name));
//   absl::StrCat("member ", ToAbsl(name), " is closed")

#ifndef GONGHUI_ENGINE_BASE_STRINGS_H_
#define GONGHUI_ENGINE_BASE_STRINGS_H_

#include <string_view>

#include <absl/strings/string_view.h>

namespace gonghui {

inline absl::string_view ToAbsl(std::string_view text) {
  return {text.data(), text.size()};
}

inline std::string_view ToStd(absl::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BASE_STRINGS_H_
