// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a data folder holds beside the ledger's state, and so beside the digest that a start
// compares: transactions in the archive, personal data, drafts.  Noted while the folder is sound,
// and asked for again when something was done to it.  Each is then what it was, or can not be
// read.  What is not there any more, or is another, would be decided anew: that is what must not
// be.
//
// Thread safety: one thread owns it.

#ifndef GONGHUI_TESTS_FAULTS_SIDE_MEMORY_H_
#define GONGHUI_TESTS_FAULTS_SIDE_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/status.h>

#include "engine/durability/archive.h"
#include "engine/durability/programme_sources.h"
#include "storage/vault.h"
#include "tests/faults/store_trial.h"

namespace gonghui {

class SideMemory {
 public:
  // How much must be the same.  A part of the folder that was written later may be lost: then what
  // was put earlier is there, as it was put then or later.
  enum class As : uint8_t { kItWas, kItWasOrLater };

  struct Findings {
    std::vector<std::string> wrong;
    std::vector<std::string> unreadable;
  };

  // An error: it can not be read now.
  absl::Status NoteBlocking(const Archive& archive, std::vector<SideDatum> side_data);
  [[nodiscard]] Findings CompareBlocking(const Archive& archive,
                                         const Vault& vault,
                                         const ProgrammeSources& sources,
                                         As as) const;

  [[nodiscard]] size_t archived_count() const { return archived_.size(); }
  [[nodiscard]] size_t side_data_count() const { return side_data_.size(); }

 private:
  struct Archived {
    Archive::Entry entry;
    std::string found_by_id;  // what its request id leads to, encoded
  };

  void CompareOne(const Archive& archive, const Archived& known, As as, Findings* findings) const;
  void CompareScans(const Archive& archive, As as, Findings* findings) const;

  std::vector<Archived> archived_;
  std::vector<SideDatum> side_data_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_FAULTS_SIDE_MEMORY_H_
