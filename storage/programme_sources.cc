// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/programme_sources.h"

#include <memory>
#include <span>
#include <utility>

#include <absl/strings/str_cat.h>
#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "engine/durability/byte_codec.h"

namespace gonghui {
namespace {

constexpr uint8_t kFactsVersion = 1;
constexpr uint8_t kStagingVersion = 1;

// What a value takes beside its strings.
constexpr size_t kFactsFixedBytesMax = 64;

template <size_t kWords, class Tag>
void AppendCode(const Code<Tag, kWords>& code, std::string* key) {
  for (const uint64_t word : code.words) {
    AppendBigEndian64(word, key);
  }
}

std::string KeyPrefix(uint16_t shard, SourceTag tag) {
  std::string key;
  AppendBigEndian16(shard, &key);
  key.push_back(static_cast<char>(tag));
  return key;
}

constexpr size_t kKeyPrefixBytes = 3;

absl::Status Damage(std::string_view what) {
  return absl::DataLossError(absl::StrCat("programme sources: ", std::string(what)));
}

void WriteText(const std::string& text, codec::ByteWriter* writer) {
  writer->Varint(text.size());
  for (const char c : text) {
    writer->Byte(static_cast<uint8_t>(c));
  }
}

void ReadText(codec::ByteReader* reader, size_t bytes_max, std::string* text) {
  const uint64_t count = reader->Varint(bytes_max, "text too long");
  text->clear();
  for (uint64_t i = 0; i < count && reader->ok(); ++i) {
    text->push_back(static_cast<char>(reader->Byte()));
  }
}

codec::ByteReader ReaderOf(const std::string& value) {
  const auto* const bytes = reinterpret_cast<const uint8_t*>(value.data());
  return {std::span(bytes, value.size()), bytes};
}

absl::Status Finish(const codec::ByteReader& reader, std::string_view what) {
  if (!reader.ok()) {
    return Damage(absl::StrCat(std::string(what), ", byte ", reader.offset(), ": ", reader.what()));
  }
  return reader.left() == 0 ? absl::OkStatus()
                            : Damage(absl::StrCat(std::string(what), ": bytes after its end"));
}

std::string FactsValue(const SourceFacts& facts, uint64_t text_hash) {
  std::string value(
      kFactsFixedBytesMax + facts.file_name.size() + facts.author.size() + facts.note.size(), '\0');
  auto* const begin = reinterpret_cast<uint8_t*>(value.data());
  codec::ByteWriter writer(begin);
  writer.Byte(kFactsVersion);
  writer.Time(facts.at);
  writer.Varint(facts.text_bytes);
  writer.Fixed64(text_hash);
  writer.Varint(facts.diagnostic_count);
  WriteText(facts.file_name, &writer);
  WriteText(facts.author, &writer);
  WriteText(facts.note, &writer);
  value.resize(static_cast<size_t>(writer.at() - begin));
  return value;
}

absl::Status ParseFacts(const std::string& value, SourceFacts* facts, uint64_t* text_hash) {
  codec::ByteReader reader = ReaderOf(value);
  if (const uint8_t version = reader.Byte(); reader.ok() && version != kFactsVersion) {
    return Damage(absl::StrCat("facts of the unknown version ", version));
  }
  reader.Time(facts->at);
  facts->text_bytes = static_cast<uint32_t>(reader.Varint(kProgrammeTextBytesMax, "text too long"));
  *text_hash = reader.Fixed64();
  facts->diagnostic_count = static_cast<uint32_t>(reader.Varint(UINT32_MAX, "number too large"));
  ReadText(&reader, kSourceFileNameBytesMax, &facts->file_name);
  ReadText(&reader, kSourceAuthorBytesMax, &facts->author);
  ReadText(&reader, kSourceNoteBytesMax, &facts->note);
  return Finish(reader, "facts");
}

std::string StagingValue(const StagingFacts& facts) {
  std::string value(kFactsFixedBytesMax + facts.author.size() + facts.note.size(), '\0');
  auto* const begin = reinterpret_cast<uint8_t*>(value.data());
  codec::ByteWriter writer(begin);
  writer.Byte(kStagingVersion);
  writer.Time(facts.staged_at);
  WriteText(facts.author, &writer);
  WriteText(facts.note, &writer);
  value.resize(static_cast<size_t>(writer.at() - begin));
  return value;
}

absl::Status ParseStaging(const std::string& value, StagingFacts* facts) {
  codec::ByteReader reader = ReaderOf(value);
  if (const uint8_t version = reader.Byte(); reader.ok() && version != kStagingVersion) {
    return Damage(absl::StrCat("a staging of the unknown version ", version));
  }
  reader.Time(facts->staged_at);
  ReadText(&reader, kSourceAuthorBytesMax, &facts->author);
  ReadText(&reader, kSourceNoteBytesMax, &facts->note);
  return Finish(reader, "staging");
}

uint64_t HashOf(const std::string& text) {
  return HashBytes(text.data(), text.size());
}

// The name that a key of drafts ends with.
absl::StatusOr<DraftName> NameOfKey(std::string_view key) {
  DraftName name;
  if (key.size() != kKeyPrefixBytes + DraftName::kBytes) {
    return Damage("a draft's key has another length");
  }
  for (size_t i = 0; i < name.words.size(); ++i) {
    name.words[i] = BigEndian64At(key, kKeyPrefixBytes + i * 8);
  }
  const auto text = name.Text();
  const auto parsed = DraftName::Parse(std::span<const char>(text.data(), text.size));
  if (!parsed || *parsed != name) {
    return Damage("a draft's key is no name");
  }
  return name;
}

}  // namespace

std::string DraftKey(uint16_t shard, SourceTag tag, const DraftName& name) {
  std::string key = KeyPrefix(shard, tag);
  AppendCode(name, &key);
  return key;
}

std::string SourceKeyOf(uint16_t shard, SourceTag tag, const SourceKey& key) {
  std::string bytes = KeyPrefix(shard, tag);
  AppendCode(key.programme, &bytes);
  AppendBigEndian64(key.content_hash, &bytes);
  return bytes;
}

// ---- Both kinds ------------------------------------------------------------------

absl::Status RocksdbProgrammeSources::PutBlocking(const std::string& facts_key,
                                                  const std::string& text_key,
                                                  SourceFacts facts,
                                                  const std::string& text) {
  GH_RETURN_IF_ERROR(CheckSource(facts, text));
  facts.text_bytes = static_cast<uint32_t>(text.size());
  rocksdb::ColumnFamilyHandle* const family = store_.family(Family::kProgrammes);
  rocksdb::WriteBatch batch;
  batch.Put(family, facts_key, FactsValue(facts, HashOf(text)));
  batch.Put(family, text_key, text);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  return ToStatus(store_.db()->Write(synced, &batch), "programme sources: writing");
}

absl::StatusOr<bool> RocksdbProgrammeSources::GetFactsBlocking(const std::string& facts_key,
                                                               SourceFacts* facts,
                                                               uint64_t* text_hash) const {
  std::string value;
  GH_ASSIGN_OR_RETURN(const bool found, store_.GetBlocking(Family::kProgrammes, facts_key, &value));
  if (found) {
    GH_RETURN_IF_ERROR(ParseFacts(value, facts, text_hash));
  }
  return found;
}

absl::StatusOr<bool> RocksdbProgrammeSources::GetBlocking(const std::string& facts_key,
                                                          const std::string& text_key,
                                                          SourceFacts* facts,
                                                          std::string* text) const {
  const std::lock_guard lock(mutex_);
  uint64_t text_hash = 0;
  GH_ASSIGN_OR_RETURN(const bool found, GetFactsBlocking(facts_key, facts, &text_hash));
  if (!found) {
    return false;
  }
  GH_ASSIGN_OR_RETURN(const bool has_text, store_.GetBlocking(Family::kProgrammes, text_key, text));
  if (!has_text || text->size() != facts->text_bytes || HashOf(*text) != text_hash) {
    return Damage("a text is not the one that was put");
  }
  return true;
}

// ---- Drafts ----------------------------------------------------------------------

absl::StatusOr<bool> RocksdbProgrammeSources::HasRoomForDraft() const {
  const std::string prefix = KeyPrefix(shard_, SourceTag::kDraftFacts);
  const std::unique_ptr<rocksdb::Iterator> it(
      store_.db()->NewIterator({}, store_.family(Family::kProgrammes)));
  uint32_t count = 0;
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix) && count < kDraftsMax;
       it->Next()) {
    ++count;
  }
  GH_RETURN_IF_ERROR(ToStatus(it->status(), "programme sources: counting drafts"));
  return count < kDraftsMax;
}

absl::StatusOr<bool> RocksdbProgrammeSources::PutDraftBlocking(const DraftName& name,
                                                               const SourceFacts& facts,
                                                               const std::string& text) {
  GH_RETURN_IF_ERROR(CheckSource(facts, text));
  const std::string facts_key = DraftKey(shard_, SourceTag::kDraftFacts, name);
  const std::lock_guard lock(mutex_);
  std::string unused;
  GH_ASSIGN_OR_RETURN(const bool found,
                      store_.GetBlocking(Family::kProgrammes, facts_key, &unused));
  if (!found) {
    GH_ASSIGN_OR_RETURN(const bool has_room, HasRoomForDraft());
    if (!has_room) {
      return absl::ResourceExhaustedError(absl::StrCat("there are ", kDraftsMax, " drafts"));
    }
  }
  GH_RETURN_IF_ERROR(
      PutBlocking(facts_key, DraftKey(shard_, SourceTag::kDraftText, name), facts, text));
  return !found;
}

absl::StatusOr<bool> RocksdbProgrammeSources::GetDraftBlocking(const DraftName& name,
                                                               SourceFacts* facts,
                                                               std::string* text) const {
  return GetBlocking(DraftKey(shard_, SourceTag::kDraftFacts, name),
                     DraftKey(shard_, SourceTag::kDraftText, name),
                     facts,
                     text);
}

absl::StatusOr<std::vector<DraftFacts>> RocksdbProgrammeSources::ListDraftsBlocking(
    const DraftName& first, size_t count_max) const {
  std::vector<DraftFacts> drafts;
  const std::string prefix = KeyPrefix(shard_, SourceTag::kDraftFacts);
  const std::unique_ptr<rocksdb::Iterator> it(
      store_.db()->NewIterator({}, store_.family(Family::kProgrammes)));
  for (it->Seek(DraftKey(shard_, SourceTag::kDraftFacts, first));
       it->Valid() && it->key().starts_with(prefix) && drafts.size() < count_max;
       it->Next()) {
    DraftFacts& draft = drafts.emplace_back();
    uint64_t text_hash = 0;
    GH_ASSIGN_OR_RETURN(draft.name, NameOfKey({it->key().data(), it->key().size()}));
    GH_RETURN_IF_ERROR(ParseFacts(it->value().ToString(), &draft.facts, &text_hash));
  }
  GH_RETURN_IF_ERROR(ToStatus(it->status(), "programme sources: listing drafts"));
  return drafts;
}

absl::StatusOr<bool> RocksdbProgrammeSources::DeleteDraftBlocking(const DraftName& name) {
  const std::string facts_key = DraftKey(shard_, SourceTag::kDraftFacts, name);
  const std::lock_guard lock(mutex_);
  std::string unused;
  GH_ASSIGN_OR_RETURN(const bool found,
                      store_.GetBlocking(Family::kProgrammes, facts_key, &unused));
  if (!found) {
    return false;
  }
  rocksdb::ColumnFamilyHandle* const family = store_.family(Family::kProgrammes);
  rocksdb::WriteBatch batch;
  batch.Delete(family, facts_key);
  batch.Delete(family, DraftKey(shard_, SourceTag::kDraftText, name));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  GH_RETURN_IF_ERROR(
      ToStatus(store_.db()->Write(synced, &batch), "programme sources: deleting a draft"));
  return true;
}

// ---- Sources ---------------------------------------------------------------------

absl::Status RocksdbProgrammeSources::PutSourceBlocking(const SourceKey& key,
                                                        const SourceFacts& facts,
                                                        const std::string& text) {
  const std::lock_guard lock(mutex_);
  return PutBlocking(SourceKeyOf(shard_, SourceTag::kSourceFacts, key),
                     SourceKeyOf(shard_, SourceTag::kSourceText, key),
                     facts,
                     text);
}

absl::StatusOr<std::optional<SourceFacts>> RocksdbProgrammeSources::GetSourceFactsBlocking(
    const SourceKey& key) const {
  SourceFacts facts;
  uint64_t text_hash = 0;
  GH_ASSIGN_OR_RETURN(
      const bool found,
      GetFactsBlocking(SourceKeyOf(shard_, SourceTag::kSourceFacts, key), &facts, &text_hash));
  return found ? std::optional<SourceFacts>(std::move(facts)) : std::nullopt;
}

absl::StatusOr<bool> RocksdbProgrammeSources::GetSourceBlocking(const SourceKey& key,
                                                                SourceFacts* facts,
                                                                std::string* text) const {
  return GetBlocking(SourceKeyOf(shard_, SourceTag::kSourceFacts, key),
                     SourceKeyOf(shard_, SourceTag::kSourceText, key),
                     facts,
                     text);
}

absl::Status RocksdbProgrammeSources::PutStagingBlocking(const SourceKey& key,
                                                         const StagingFacts& facts) {
  GH_RETURN_IF_ERROR(CheckStaging(facts));
  return store_.PutBlocking(
      Family::kProgrammes, SourceKeyOf(shard_, SourceTag::kStaging, key), StagingValue(facts));
}

absl::StatusOr<std::optional<StagingFacts>> RocksdbProgrammeSources::GetStagingBlocking(
    const SourceKey& key) const {
  std::string value;
  GH_ASSIGN_OR_RETURN(
      const bool found,
      store_.GetBlocking(
          Family::kProgrammes, SourceKeyOf(shard_, SourceTag::kStaging, key), &value));
  if (!found) {
    return std::optional<StagingFacts>();
  }
  StagingFacts facts;
  GH_RETURN_IF_ERROR(ParseStaging(value, &facts));
  return std::optional<StagingFacts>(std::move(facts));
}

}  // namespace gonghui
