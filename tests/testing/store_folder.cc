// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/testing/store_folder.h"

#include <utility>

#include "engine/base/check.h"

namespace gonghui {

void StoreFolder::OpenStore(bool read_only) {
  GH_CHECK(store_ == nullptr);
  RocksdbStoreOptions options;
  options.folder = folder();
  options.read_only = read_only;
  auto store = RocksdbStore::OpenBlocking(options);
  GH_CHECK(store.ok(), store.status().message());
  store_ = *std::move(store);
  journal_ = std::make_unique<RocksdbJournal>(*store_);
  checkpoints_ = std::make_unique<RocksdbCheckpointStore>(*store_);
  archive_ = std::make_unique<RocksdbArchive>(*store_);
}

void StoreFolder::CloseStore() {
  archive_.reset();
  checkpoints_.reset();
  journal_.reset();
  store_.reset();
}

}  // namespace gonghui
