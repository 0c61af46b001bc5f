// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/programme_sources.h"

#include <string_view>

#include <absl/strings/str_cat.h>

namespace gonghui {
namespace {

absl::Status AtMost(size_t bytes, size_t bytes_max, const char* what) {
  return bytes <= bytes_max
             ? absl::OkStatus()
             : absl::InvalidArgumentError(absl::StrCat(
                   "programme sources: ", what, " of more than ", bytes_max, " bytes"));
}

absl::Status First(const absl::Status& a, const absl::Status& b) {
  return a.ok() ? b : a;
}

}  // namespace

absl::Status CheckSource(const SourceFacts& facts, const std::string& text) {
  return First(First(AtMost(text.size(), kProgrammeTextBytesMax, "a text"),
                     AtMost(facts.file_name.size(), kSourceFileNameBytesMax, "a file name")),
               First(AtMost(facts.author.size(), kSourceAuthorBytesMax, "an author"),
                     AtMost(facts.note.size(), kSourceNoteBytesMax, "a note")));
}

absl::Status CheckStaging(const StagingFacts& facts) {
  return First(AtMost(facts.author.size(), kSourceAuthorBytesMax, "an author"),
               AtMost(facts.note.size(), kSourceNoteBytesMax, "a note"));
}

}  // namespace gonghui
