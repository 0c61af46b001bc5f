// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Personal data: name, national id and phone of a member.  They are here and
// nowhere else; the ledger, the journal and the logs know a member by its row.  And
// sealing for what else may not be readable on the disk (storage/draw_store.h).
//
// Each record is sealed with AES-256-GCM under a random 96-bit nonce.  The
// authenticated data is the format version, the shard and the member's row, so
// that a record moved to another member does not open.  The key comes from a file
// outside the data folder that only its owner may read; the vault remembers which
// key it is, so that a wrong one is told at once.  One key serves 2^32 records
// (random nonces, NIST SP 800-38D): ten times all members of the country.
//
// Thread safety: any thread.

#ifndef GONGHUI_STORAGE_VAULT_H_
#define GONGHUI_STORAGE_VAULT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/domain/ids.h"
#include "storage/rocksdb_store.h"

namespace gonghui {

inline constexpr size_t kPersonalFieldBytesMax = 255;  // of each field, UTF-8

// The strings are wiped when the record goes.
struct PersonalRecord {
  PersonalRecord() = default;
  PersonalRecord(std::string name_, std::string national_id_, std::string phone_);
  PersonalRecord(const PersonalRecord&) = default;
  PersonalRecord& operator=(const PersonalRecord&) = default;
  PersonalRecord(PersonalRecord&&) noexcept = default;
  PersonalRecord& operator=(PersonalRecord&&) noexcept = default;
  ~PersonalRecord();

  std::string name;
  std::string national_id;
  std::string phone;

  friend bool operator==(const PersonalRecord&, const PersonalRecord&) = default;
};

struct PersonalEntry {
  MemberRow member;
  PersonalRecord record;
};

class Vault {
 public:
  // Reads the key and compares it with the one that the vault was made with (a new
  // vault takes it over).  FAILED_PRECONDITION when the key file is absent, inside the
  // data folder, readable by others, malformed, or another vault's.
  static absl::StatusOr<std::unique_ptr<Vault>> OpenBlocking(RocksdbStore& store,
                                                             uint16_t shard,
                                                             const std::string& key_file);
  // True once a key has been taken over: from then on no other will do, and to make
  // one would only hide that the right one is missing.
  static absl::StatusOr<bool> HasKeyBlocking(const RocksdbStore& store, uint16_t shard);
  // What OpenBlocking() would say of the file alone.
  static absl::Status CheckKeyFile(const std::string& data_folder, const std::string& key_file);
  ~Vault();
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;

  // Seals and stores all of them, or none; durable when it answers OK.
  // INVALID_ARGUMENT when a field is too long or a member has no row.
  absl::Status PutBlocking(std::span<const PersonalEntry> entries);

  // Nothing when there is no record.  DATA_LOSS when it does not open: tampered
  // with, damaged, or another member's.
  absl::StatusOr<std::optional<PersonalRecord>> GetBlocking(MemberRow member) const;

  // Seals what is kept elsewhere.  `place` says what it is and whose: it opens there alone.
  // REQUIRES: `place` has more than 4 bytes, by which it is no member's.
  [[nodiscard]] absl::StatusOr<std::string> Seal(std::string_view place,
                                                 std::string_view plain) const;
  // False: it is damaged, or was sealed for another place or with another key.
  [[nodiscard]] absl::StatusOr<bool> Unseal(std::string_view place,
                                            std::string_view sealed,
                                            std::string* plain) const;

 private:
  static constexpr size_t kKeyBytes = 32;
  using Key = std::array<uint8_t, kKeyBytes>;

  Vault(RocksdbStore& store, uint16_t shard);

  static absl::Status ReadKeyFile(const std::string& folder, const std::string& key_file, Key* key);
  absl::Status CheckKeyId(const std::string& key_file);

  RocksdbStore& store_;
  const uint16_t shard_;
  Key key_{};  // wiped in the destructor
};

// Makes a key file: 64 hexadecimal digits and a line end, mode 0600.  Never
// overwrites.
absl::Status GenerateKeyFile(const std::string& path);

// The key of a member's record, for tools and tests.
std::string VaultKey(uint16_t shard, MemberRow member);

// What may be shown on a screen or a receipt.  Characters are counted as UTF-8
// characters; a byte that belongs to none is shown as '*'.
std::string MaskName(std::string_view name);               // 张三 -> 张*
std::string MaskNationalId(std::string_view national_id);  // 5301**********1234
std::string MaskPhone(std::string_view phone);             // 138****1234

}  // namespace gonghui

#endif  // GONGHUI_STORAGE_VAULT_H_
