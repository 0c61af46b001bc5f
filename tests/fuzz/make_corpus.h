// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What make_corpus.cc and make_text_corpora.cc share.

#ifndef GONGHUI_TESTS_FUZZ_MAKE_CORPUS_H_
#define GONGHUI_TESTS_FUZZ_MAKE_CORPUS_H_

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/check.h"

namespace gonghui {

using Bytes = std::vector<uint8_t>;

// Fills a folder, which it empties first.
class Corpus {
 public:
  explicit Corpus(const std::filesystem::path& folder) : folder_(folder) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
  }

  void Add(const std::string& name, std::span<const uint8_t> bytes) {
    const std::string number = std::to_string(++count_);
    const std::string zeros(number.size() < 3 ? 3 - number.size() : 0, '0');
    std::ofstream file(folder_ / (zeros + number + "-" + name), std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    GH_CHECK(file.good(), "file=", name);
  }
  // Behind what a target reads first.
  void Add(const std::string& name, std::span<const uint8_t> head, std::string_view text) {
    Bytes bytes(head.begin(), head.end());
    bytes.insert(bytes.end(), text.begin(), text.end());
    Add(name, bytes);
  }

  [[nodiscard]] size_t count() const { return count_; }

 private:
  const std::filesystem::path folder_;
  size_t count_ = 0;
};

// `programmes` is the folder of programme files.
void MakeYamlCorpus(Corpus corpus, const std::filesystem::path& programmes);
void MakeCsvCorpus(Corpus corpus);
void MakeCodeCorpus(Corpus corpus);

// Their dictionaries.
void MakeYamlDictionary(const std::filesystem::path& path);
void MakeCsvDictionary(const std::filesystem::path& path);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_FUZZ_MAKE_CORPUS_H_
