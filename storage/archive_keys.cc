// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/archive_keys.h"

#include <span>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "storage/rocksdb_store.h"

namespace gonghui {
namespace {

// Behind the shard, in family `archive_ids`.
constexpr char kRequestTag = 1;
constexpr char kNameTag = 2;

constexpr size_t kShardBytes = 2;
constexpr size_t kArchiveKeyBytes = kShardBytes + 8 + 1;
constexpr size_t kPlaceBytes = 8;
constexpr size_t kRequestHeadBytes = kShardBytes + 1 + 16;

// Numbers that may be negative, so that byte order is number order.
constexpr uint64_t kSign64 = uint64_t{1} << 63;
constexpr uint32_t kSign32 = uint32_t{1} << 31;

template <class... Parts>
absl::Status Damage(const Parts&... parts) {
  return absl::DataLossError(absl::StrCat("archive: ", parts...));
}

void AppendTerminal(const TerminalId& terminal, std::string* key) {
  const auto text = terminal.Text();
  key->append(text.data(), text.size);
}

// None is no text.
absl::StatusOr<TerminalId> TerminalFrom(std::string_view text) {
  if (text.empty()) {
    return TerminalId{};
  }
  const auto terminal = TerminalId::Parse(std::span<const char>(text.data(), text.size()));
  if (!terminal) {
    return Damage("a key's terminal is not an id");
  }
  return *terminal;
}

// Fixed-size numbers of a key, one after the other.
class KeyReader {
 public:
  KeyReader(std::string_view key, size_t at) : key_(key), at_(at) {}

  [[nodiscard]] bool ok() const { return ok_ && at_ == key_.size(); }

  std::string_view Text(size_t size) { return Take(size) ? key_.substr(at_ - size, size) : ""; }
  uint8_t Byte() { return Take(1) ? static_cast<uint8_t>(key_[at_ - 1]) : uint8_t{0}; }
  uint32_t Number32() { return Take(4) ? BigEndian32At(key_, at_ - 4) : 0; }
  uint64_t Number64() { return Take(8) ? BigEndian64At(key_, at_ - 8) : 0; }

 private:
  bool Take(size_t size) {
    ok_ = ok_ && key_.size() - at_ >= size;
    at_ += ok_ ? size : 0;
    return ok_;
  }

  const std::string_view key_;
  size_t at_;
  bool ok_ = true;
};

}  // namespace

std::string ArchiveShardPrefix(uint16_t shard) {
  std::string prefix;
  AppendBigEndian16(shard, &prefix);
  return prefix;
}

std::string ArchiveKey(uint16_t shard, CommandSeq seq, bool tombstone) {
  std::string key = ArchiveShardPrefix(shard);
  AppendBigEndian64(seq.value(), &key);
  key.push_back(tombstone ? 1 : 0);
  return key;
}

absl::StatusOr<ArchivePlace> ParseArchiveKey(std::string_view key) {
  if (key.size() != kArchiveKeyBytes) {
    return Damage("a key of ", key.size(), " bytes");
  }
  const char tombstone = key[kArchiveKeyBytes - 1];
  if (tombstone != 0 && tombstone != 1) {
    return Damage("a key that is neither a tombstone's nor another's");
  }
  return ArchivePlace{CommandSeq{BigEndian64At(key, kShardBytes)}, tombstone == 1};
}

std::string ArchiveIdKey(uint16_t shard, const RequestId& id, const TerminalId& terminal) {
  std::string key = ArchiveShardPrefix(shard);
  key.push_back(kRequestTag);
  AppendBigEndian64(id.high, &key);
  AppendBigEndian64(id.low, &key);
  AppendTerminal(terminal, &key);
  return key;
}

std::string ArchiveNameKey(uint16_t shard, const AdviceName& name) {
  std::string key = ArchiveShardPrefix(shard);
  key.push_back(kNameTag);
  key.push_back(static_cast<char>(name.terminal.Text().size));
  AppendTerminal(name.terminal, &key);
  AppendBigEndian32(name.sequence, &key);
  AppendBigEndian32(static_cast<uint32_t>(name.business_day) ^ kSign32, &key);
  key.push_back(static_cast<char>(name.kind));
  AppendBigEndian64(static_cast<uint64_t>(name.amount.value()) ^ kSign64, &key);
  if (name.kind == TransactionKind::kAuthorization) {
    GH_CHECK(name.original == TransactionId{} && name.original_request_id.IsNone(),
             "original=",
             name.original);
    AppendBigEndian64(name.card.value(), &key);
  } else {
    GH_CHECK(
        name.kind == TransactionKind::kCapture && name.card == CardNumber{}, "kind=", name.kind);
    AppendBigEndian64(name.original.value(), &key);
    AppendBigEndian64(name.original_request_id.high, &key);
    AppendBigEndian64(name.original_request_id.low, &key);
  }
  return key;
}

absl::StatusOr<std::variant<ArchivedRequest, AdviceName>> ParseArchiveIdKey(std::string_view key) {
  if (key.size() <= kShardBytes) {
    return Damage("a key of ids of ", key.size(), " bytes");
  }
  if (key[kShardBytes] == kRequestTag) {
    if (key.size() < kRequestHeadBytes) {
      return Damage("a key of ids of ", key.size(), " bytes");
    }
    ArchivedRequest request;
    request.id = {BigEndian64At(key, kShardBytes + 1), BigEndian64At(key, kShardBytes + 9)};
    const auto terminal = TerminalFrom(key.substr(kRequestHeadBytes));
    if (!terminal.ok()) {
      return terminal.status();
    }
    request.terminal = *terminal;
    return request;
  }
  if (key[kShardBytes] != kNameTag) {
    return Damage("a key of ids is of unknown form ", static_cast<int>(key[kShardBytes]));
  }
  KeyReader reader(key, kShardBytes + 1);
  AdviceName name;
  const size_t terminal_bytes = reader.Byte();
  const auto terminal = TerminalFrom(reader.Text(terminal_bytes));
  if (!terminal.ok()) {
    return terminal.status();
  }
  name.terminal = *terminal;
  name.sequence = reader.Number32();
  name.business_day = static_cast<CivilDay>(reader.Number32() ^ kSign32);
  name.kind = static_cast<TransactionKind>(reader.Byte());
  name.amount = Fen{static_cast<int64_t>(reader.Number64() ^ kSign64)};
  if (name.kind == TransactionKind::kAuthorization) {
    name.card = CardNumber{reader.Number64()};
  } else {
    name.original = TransactionId{reader.Number64()};
    name.original_request_id.high = reader.Number64();
    name.original_request_id.low = reader.Number64();
  }
  const bool known_kind =
      name.kind == TransactionKind::kAuthorization || name.kind == TransactionKind::kCapture;
  if (!reader.ok() || !known_kind) {
    return Damage("an advice's name of ", key.size(), " bytes, kind ", static_cast<int>(name.kind));
  }
  return name;
}

std::string ArchiveIdValue(CommandSeq seq, bool tombstone) {
  GH_CHECK(seq.value() < kSign64, "seq=", seq);
  std::string value;
  AppendBigEndian64(seq.value() << 1 | (tombstone ? 1 : 0), &value);
  return value;
}

absl::StatusOr<ArchivePlace> ParseArchiveIdValue(std::string_view value) {
  if (value.size() != kPlaceBytes) {
    return Damage("an id's value of ", value.size(), " bytes");
  }
  const uint64_t number = BigEndian64At(value, 0);
  return ArchivePlace{CommandSeq{number >> 1}, (number & 1) != 0};
}

}  // namespace gonghui
