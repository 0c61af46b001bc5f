// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Personal data as the server handles it, and the port to where it is sealed
// (storage/vault.h, joined in main.cc).  It goes nowhere else: not to the ledger,
// the journal or a log; what leaves the server is masked.

#ifndef GONGHUI_ENGINE_SERVER_PERSONAL_DATA_H_
#define GONGHUI_ENGINE_SERVER_PERSONAL_DATA_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/synchronization/mutex.h>

#include "engine/domain/ids.h"

namespace gonghui {

struct PersonalData {
  std::string name;
  std::string national_id;
  std::string phone;

  friend bool operator==(const PersonalData&, const PersonalData&) = default;
};

// Thread safety: any thread.
class PersonalDataStore {
 public:
  virtual ~PersonalDataStore() = default;

  struct Entry {
    MemberRow member;
    PersonalData data;
  };
  // Durable when it answers OK; all or nothing.
  virtual absl::Status PutBlocking(std::span<const Entry> entries) = 0;
  // Nothing when there is none.
  virtual absl::StatusOr<std::optional<PersonalData>> GetBlocking(MemberRow member) = 0;
};

// For tests.
class MemoryPersonalDataStore final : public PersonalDataStore {
 public:
  absl::Status PutBlocking(std::span<const Entry> entries) override {
    absl::MutexLock lock(&mutex_);
    for (const Entry& entry : entries) {
      data_[entry.member.value()] = entry.data;
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<PersonalData>> GetBlocking(MemberRow member) override {
    absl::MutexLock lock(&mutex_);
    const auto found = data_.find(member.value());
    return found == data_.end() ? std::optional<PersonalData>() : found->second;
  }

 private:
  absl::Mutex mutex_;
  absl::flat_hash_map<uint32_t, PersonalData> data_;
};

// 张三丰 -> 张**; 530102199001011234 -> 5301**********1234; 13812345678 -> 138****5678.
std::string MaskedName(std::string_view name);
std::string MaskedNationalId(std::string_view national_id);
std::string MaskedPhone(std::string_view phone);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_PERSONAL_DATA_H_
