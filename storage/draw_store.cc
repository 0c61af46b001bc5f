// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/draw_store.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include <absl/strings/str_cat.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "engine/durability/byte_codec.h"
#include "storage/programme_sources.h"

namespace gonghui {
namespace {

constexpr uint8_t kHeadVersion = 1;
constexpr uint8_t kPageVersion = 1;
constexpr size_t kHeadBytesMax = 1 + codec::kVarintBytesMax;
constexpr size_t kPageFixedBytesMax = 1 + codec::kVarintBytesMax + 8;

absl::Status Damage(std::string_view what) {
  return absl::DataLossError(absl::StrCat("draws: ", std::string(what)));
}

codec::ByteReader ReaderOf(std::string_view value) {
  const auto* const bytes = reinterpret_cast<const uint8_t*>(value.data());
  return {std::span(bytes, value.size()), bytes};
}

uint8_t* Bytes(std::string* text) {
  return reinterpret_cast<uint8_t*>(text->data());
}

std::string TaggedKey(uint16_t shard, SourceTag tag, const DrawCode& draw) {
  std::string key;
  AppendBigEndian16(shard, &key);
  key.push_back(static_cast<char>(tag));
  for (const uint64_t word : draw.words) {
    AppendBigEndian64(word, &key);
  }
  return key;
}

// What a sealed seed is bound to: it opens as no other draw's.
std::string PlaceOf(const DrawCode& draw) {
  const auto text = draw.Text();
  return "draw seed/" + std::string(text.data(), text.size);
}

std::string HeadValue(uint32_t count) {
  std::string value(kHeadBytesMax + codec::ByteWriter::kSlackBytes, '\0');
  codec::ByteWriter writer(Bytes(&value));
  writer.Byte(kHeadVersion);
  writer.Varint(count);
  value.resize(static_cast<size_t>(writer.at() - Bytes(&value)));
  return value;
}

absl::StatusOr<uint32_t> ParseHead(std::string_view value) {
  codec::ByteReader reader = ReaderOf(value);
  if (const uint8_t version = reader.Byte(); reader.ok() && version != kHeadVersion) {
    return Damage(absl::StrCat("a list of the unknown version ", version));
  }
  const auto count = static_cast<uint32_t>(reader.Varint(UINT32_MAX, "number too large"));
  if (!reader.ok()) {
    return Damage(absl::StrCat("the head of a list, byte ", reader.offset(), ": ", reader.what()));
  }
  return reader.left() == 0 ? absl::StatusOr<uint32_t>(count)
                            : Damage("the head of a list: bytes after its end");
}

// The hash is of the key too, so that a page is that of its list and place.
uint64_t HashOf(std::string_view key, std::string_view content) {
  return HashBytes(content.data(), content.size(), HashBytes(key.data(), key.size()));
}

std::string PageValue(std::string_view key, std::span<const MemberId> entries) {
  std::string value(
      kPageFixedBytesMax + entries.size() * codec::kCode2BytesMax + codec::ByteWriter::kSlackBytes,
      '\0');
  uint8_t* const begin = Bytes(&value);
  codec::ByteWriter writer(begin);
  writer.Byte(kPageVersion);
  writer.Count(static_cast<uint32_t>(entries.size()), kEntriesPerPage);
  for (const MemberId& member : entries) {
    writer.CodeField(member);
  }
  const auto size = static_cast<size_t>(writer.at() - begin);
  writer.Fixed64(HashOf(key, std::string_view(value).substr(0, size)));
  value.resize(size + sizeof(uint64_t));
  return value;
}

// Appends what the page holds from its place `skip` on, `count_max` at most.
absl::Status ParsePage(std::string_view key,
                       std::string_view value,
                       uint32_t count_expected,
                       uint32_t skip,
                       size_t count_max,
                       std::vector<MemberId>* entries) {
  if (value.size() < sizeof(uint64_t)) {
    return Damage("a page of entries ends early");
  }
  const std::string_view content = value.substr(0, value.size() - sizeof(uint64_t));
  uint64_t hash = 0;
  std::memcpy(&hash, value.data() + content.size(), sizeof(hash));
  if (hash != HashOf(key, content)) {
    return Damage("a page of entries is not the one that was put");
  }
  codec::ByteReader reader = ReaderOf(content);
  if (const uint8_t version = reader.Byte(); reader.ok() && version != kPageVersion) {
    return Damage(absl::StrCat("a page of entries of the unknown version ", version));
  }
  uint32_t count = 0;
  reader.Count(count, kEntriesPerPage);
  if (reader.ok() && count != count_expected) {
    return Damage(absl::StrCat(
        "a page of entries holds ", count, " of them where there should be ", count_expected));
  }
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    MemberId member;
    reader.CodeField(member);
    if (i >= skip && i - skip < count_max) {
      entries->push_back(member);
    }
  }
  if (!reader.ok()) {
    return Damage(absl::StrCat("a page of entries, byte ", reader.offset(), ": ", reader.what()));
  }
  return reader.left() == 0 ? absl::OkStatus() : Damage("a page of entries: bytes after its end");
}

}  // namespace

std::string DrawSeedKey(uint16_t shard, const DrawCode& draw) {
  return TaggedKey(shard, SourceTag::kDrawSeed, draw);
}

std::string DrawEntriesKey(uint16_t shard, const EntryListKey& list) {
  std::string key = TaggedKey(shard, SourceTag::kDrawEntries, list.draw);
  key.append(reinterpret_cast<const char*>(list.entries_hash.data()), list.entries_hash.size());
  return key;
}

std::string DrawEntriesPageKey(uint16_t shard, const EntryListKey& list, uint32_t page) {
  std::string key = TaggedKey(shard, SourceTag::kDrawEntriesPage, list.draw);
  key.append(reinterpret_cast<const char*>(list.entries_hash.data()), list.entries_hash.size());
  AppendBigEndian32(page, &key);
  return key;
}

// ---- Seeds -----------------------------------------------------------------------

absl::StatusOr<bool> RocksdbDrawStore::PutSeedBlocking(const DrawCode& draw, const Digest& seed) {
  const std::string key = DrawSeedKey(shard_, draw);
  const std::lock_guard lock(mutex_);
  std::string sealed;
  GH_ASSIGN_OR_RETURN(const bool found, store_.GetBlocking(Family::kProgrammes, key, &sealed));
  if (found) {
    return false;
  }
  GH_ASSIGN_OR_RETURN(
      sealed,
      vault_.Seal(PlaceOf(draw), {reinterpret_cast<const char*>(seed.data()), seed.size()}));
  GH_RETURN_IF_ERROR(store_.PutBlocking(Family::kProgrammes, key, sealed));
  return true;
}

absl::StatusOr<std::optional<Digest>> RocksdbDrawStore::GetSeedBlocking(
    const DrawCode& draw) const {
  std::string sealed;
  GH_ASSIGN_OR_RETURN(const bool found,
                      store_.GetBlocking(Family::kProgrammes, DrawSeedKey(shard_, draw), &sealed));
  if (!found) {
    return std::optional<Digest>();
  }
  Digest seed{};
  std::string plain;
  GH_ASSIGN_OR_RETURN(const bool opens, vault_.Unseal(PlaceOf(draw), sealed, &plain));
  const bool fits = opens && plain.size() == seed.size();
  if (fits) {
    std::memcpy(seed.data(), plain.data(), seed.size());
  }
  OPENSSL_cleanse(plain.data(), plain.size());
  if (!fits) {
    return Damage("a seed is damaged or not its draw's");
  }
  return std::optional<Digest>(seed);
}

// ---- Entries ---------------------------------------------------------------------

absl::Status RocksdbDrawStore::PutEntriesBlocking(const EntryListKey& key,
                                                  std::span<const MemberId> entries) {
  for (size_t first = 0; first < entries.size(); first += kEntriesPerPage) {
    const std::string page_key =
        DrawEntriesPageKey(shard_, key, static_cast<uint32_t>(first / kEntriesPerPage));
    const size_t count = std::min<size_t>(kEntriesPerPage, entries.size() - first);
    // Each is synced before the next: of several a power cut could leave a later one and not an
    // earlier one, which a start could not tell from damage.
    GH_RETURN_IF_ERROR(store_.PutBlocking(
        Family::kProgrammes, page_key, PageValue(page_key, entries.subspan(first, count))));
  }
  return store_.PutBlocking(Family::kProgrammes,
                            DrawEntriesKey(shard_, key),
                            HeadValue(static_cast<uint32_t>(entries.size())));
}

absl::StatusOr<std::optional<uint32_t>> RocksdbDrawStore::CountEntriesBlocking(
    const EntryListKey& key) const {
  std::string value;
  GH_ASSIGN_OR_RETURN(const bool found,
                      store_.GetBlocking(Family::kProgrammes, DrawEntriesKey(shard_, key), &value));
  if (!found) {
    return std::optional<uint32_t>();
  }
  GH_ASSIGN_OR_RETURN(const uint32_t count, ParseHead(value));
  return std::optional<uint32_t>(count);
}

absl::StatusOr<std::vector<MemberId>> RocksdbDrawStore::GetEntriesBlocking(const EntryListKey& key,
                                                                           uint32_t first,
                                                                           size_t count_max) const {
  GH_ASSIGN_OR_RETURN(const std::optional<uint32_t> count, CountEntriesBlocking(key));
  if (!count) {
    return absl::NotFoundError("draws: there is no such list of entries");
  }
  std::vector<MemberId> entries;
  std::string value;
  const auto end = static_cast<uint32_t>(
      std::min<uint64_t>(*count, first + std::min<uint64_t>(count_max, UINT32_MAX)));
  for (uint32_t at = first; at < end;) {
    const uint32_t page = at / kEntriesPerPage;
    const std::string page_key = DrawEntriesPageKey(shard_, key, page);
    GH_ASSIGN_OR_RETURN(const bool found,
                        store_.GetBlocking(Family::kProgrammes, page_key, &value));
    if (!found) {
      return Damage(absl::StrCat("page ", page, " of a list of entries is missing"));
    }
    const uint32_t page_first = page * kEntriesPerPage;
    const uint32_t on_page = std::min(kEntriesPerPage, *count - page_first);
    GH_RETURN_IF_ERROR(ParsePage(page_key, value, on_page, at - page_first, end - at, &entries));
    at = std::min(page_first + on_page, end);
  }
  return entries;
}

}  // namespace gonghui
