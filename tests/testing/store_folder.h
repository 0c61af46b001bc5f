// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A server's data folder for one test, with all that the store in it holds: a base of fixtures
// whose engines and tools come one after the other, since one process at a time may open it.

#ifndef GONGHUI_TESTS_TESTING_STORE_FOLDER_H_
#define GONGHUI_TESTS_TESTING_STORE_FOLDER_H_

#include <memory>
#include <string>

#include "storage/rocksdb_archive.h"
#include "storage/rocksdb_checkpoint.h"
#include "storage/rocksdb_journal.h"
#include "storage/rocksdb_store.h"
#include "tests/testing/temp_folder.h"

namespace gonghui {

class StoreFolder {
 protected:
  // REQUIRES: it is closed.
  void OpenStore(bool read_only = false);
  void CloseStore();
  [[nodiscard]] std::string folder() const { return temp_.path("data"); }

  const TempFolder temp_;
  // None while it is closed.  The store comes first: the others write to it to their end.
  std::unique_ptr<RocksdbStore> store_;
  std::unique_ptr<RocksdbJournal> journal_;
  std::unique_ptr<RocksdbCheckpointStore> checkpoints_;
  std::unique_ptr<RocksdbArchive> archive_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_TESTING_STORE_FOLDER_H_
