// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// storage/FORMAT.md and the code say the same bytes.  Its examples stand in fences
// that open with "```hex NAME"; each line is hexadecimal digits and, behind
// spaces, what they mean.

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <absl/strings/escaping.h>
#include <absl/strings/match.h>
#include <gtest/gtest.h>

#include "engine/domain/member.h"
#include "engine/durability/archived_codec.h"
#include "engine/durability/block_format.h"
#include "engine/durability/page_codec.h"
#include "engine/durability/record_format.h"
#include "storage/archive_keys.h"
#include "storage/draw_store.h"
#include "storage/meta_keys.h"
#include "storage/programme_sources.h"
#include "storage/rocksdb_archive.h"
#include "storage/rocksdb_checkpoint.h"
#include "storage/rocksdb_journal.h"
#include "storage/rocksdb_store.h"
#include "storage/vault.h"
#include "tests/testing/temp_folder.h"
#include "tests/unit/durability/event_maker.h"

namespace gonghui {
namespace {

constexpr TimestampNs kAt{1'795'478'400'123'456'789};  // 2026-11-24T00:00:00.123456789Z
constexpr uint64_t kStateHash = 0x0123456789abcdef;

// Name -> hexadecimal digits of all lines together.
std::map<std::string, std::string> ReadExamples() {
  std::map<std::string, std::string> examples;
  std::istringstream document(ReadFile("storage/FORMAT.md"));
  std::string name;
  for (std::string line; std::getline(document, line);) {
    if (absl::StartsWith(line, "```")) {
      name = absl::StartsWith(line, "```hex ") ? line.substr(7) : "";
    } else if (!name.empty()) {
      examples[name] += line.substr(0, line.find(' '));
    }
  }
  return examples;
}

std::string HexOf(std::string_view bytes) {
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

class FormatDocTest : public testing::Test {
 protected:
  FormatDocTest() : examples_(ReadExamples()) {
    RocksdbStoreOptions options;
    options.folder = temp_.path("data");
    auto store = RocksdbStore::OpenBlocking(options);
    GH_CHECK(store.ok(), store.status().message());
    store_ = *std::move(store);
  }

  std::string Example(const std::string& name) {
    EXPECT_TRUE(examples_.contains(name)) << "storage/FORMAT.md has no example " << name;
    return examples_[name];
  }
  std::string Stored(Family family, const std::string& key) {
    std::string value;
    EXPECT_TRUE(*store_->GetBlocking(family, key, &value));
    return HexOf(value);
  }

  // With the document's key: the bytes 00, 01 ... 1f.
  absl::StatusOr<std::unique_ptr<Vault>> OpenVault() {
    const std::string key_file = temp_.path("vault.key");
    std::string key;
    for (char byte = 0; byte < 32; ++byte) {
      key.push_back(byte);
    }
    WriteFile(key_file, key);
    EXPECT_EQ(::chmod(key_file.c_str(), 0600), 0);
    return Vault::OpenBlocking(*store_, 0, key_file);
  }

  // Behind an event at kAt: written as the document says, and read back from it.
  void ExpectRecord(const std::string& name, const Event& expected) {
    SCOPED_TRACE(name);
    std::vector<uint8_t> record(RecordBytesMax(*expected.command));
    record.resize(EncodeRecord(expected, kAt, record.data()));
    EXPECT_EQ(HexOf({reinterpret_cast<const char*>(record.data()), record.size()}), Example(name));
    const std::string bytes = absl::HexStringToBytes(Example(name));
    RecordDecoder decoder;
    std::span<const uint8_t> payload(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    const auto event = decoder.Next(&payload, expected.seq.value(), kAt);
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_TRUE(payload.empty());
    EXPECT_EQ(FirstDifference(**event, expected), "");
  }

  const TempFolder temp_;
  std::map<std::string, std::string> examples_;
  std::unique_ptr<RocksdbStore> store_;
};

TEST_F(FormatDocTest, Block) {
  const auto sale = MakeSale(5'001, kAt);
  std::vector<uint8_t> block(kBlockHeaderBytes + RecordBytesMax(sale->command));
  block.resize(kBlockHeaderBytes +
               EncodeRecord(sale->event, TimestampNs{}, block.data() + kBlockHeaderBytes));
  BlockHeader header;
  header.epoch = 3;
  header.first_seq = 5'001;
  header.event_count = 1;
  header.at = kAt;
  header.rules_version = 1;
  header.state_hash = kStateHash;
  for (size_t i = 0; i < header.previous.size(); ++i) {
    header.previous[i] = static_cast<uint8_t>(0xa0 + i);
  }
  SealBlock(header, block);
  EXPECT_EQ(HexOf({reinterpret_cast<const char*>(block.data()), block.size()}), Example("block"));
  EXPECT_EQ(HexOf(JournalKey(0, 5'001)), Example("journal-key"));
}

// What the document says can be read, not only written.
TEST_F(FormatDocTest, TheExampleBlockIsRead) {
  const std::string bytes = absl::HexStringToBytes(Example("block"));
  const auto view = OpenBlock({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  ASSERT_TRUE(view.ok()) << view.status();
  RecordDecoder decoder;
  std::span<const uint8_t> payload = view->payload;
  const auto event = decoder.Next(&payload, view->header.first_seq, TimestampNs{});
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_TRUE(payload.empty());
  EXPECT_EQ(FirstDifference(**event, MakeSale(5'001, kAt)->event), "");
}

TEST_F(FormatDocTest, Records) {
  constexpr TimestampNs kAfter{kAt.value() + 4'000};
  ExpectRecord("refund", MakeFollowUp(EventKind::kRefunded, 5'002, kAfter)->event);
  ExpectRecord("sale-of-lines", MakeSaleOfLines(5'002, kAfter)->event);
  ExpectRecord("refund-of-line", MakeRefundOfLine(5'002, kAfter)->event);
  ExpectRecord("advice", MakeAdvice(5'002, kAfter)->event);
  ExpectRecord("batch-close", MakeBatchClose(5'002, kAfter)->event);
  ExpectRecord("code-sale", MakeCodeSale(5'002, kAfter)->event);
  ExpectRecord("pick-up", MakePickUp(5'002, kAfter)->event);
  ExpectRecord("claim", MakeClaim(5'002, kAfter)->event);
  ExpectRecord("claim-approved", MakeJudgement(EventKind::kClaimApproved, 5'002, kAfter)->event);
  ExpectRecord("claim-rejected", MakeJudgement(EventKind::kClaimRejected, 5'002, kAfter)->event);
  ExpectRecord("vouchers-issued", MakeVoucherIssue(5'002, kAfter)->event);
  ExpectRecord("vouchers-voided", MakeVoucherVoid(5'002, kAfter)->event);
  ExpectRecord("draw-committed", MakeCommitment(5'002, kAfter)->event);
  ExpectRecord("draw-closed", MakeClosing(5'002, kAfter)->event);
  ExpectRecord("draw-settled", MakeSettlement(5'002, kAfter)->event);
  ExpectRecord("prize-drawn", MakePrize(5'002, kAfter)->event);
  ExpectRecord("contributed", MakeContribution(5'002, kAfter)->event);
  ExpectRecord("contribution-revoked", MakeRevocation(5'002, kAfter)->event);
  ExpectRecord("archived", MakeArchive(5'002, kAfter)->event);
  ExpectRecord("thawed", MakeThaw(5'002, kAfter)->event);
  ExpectRecord("programme-applied", MakeProgramme(5'002, kAfter)->event);
  ExpectRecord("programme-staged", MakeStaging(5'002, kAfter)->event);
  ExpectRecord("programme-activated", MakeActivation(5'002, kAfter)->event);
}

TEST_F(FormatDocTest, Page) {
  RocksdbCheckpointStore checkpoints(*store_);
  ASSERT_TRUE(checkpoints.BeginBlocking(0).ok());
  constexpr std::array<uint32_t, 8> kRows = {7, 0, 0x1234, 0x12345678, 8, 0, 0x1234, 0x12345679};
  std::array<uint8_t, sizeof(kRows)> rows;
  std::memcpy(rows.data(), kRows.data(), rows.size());
  PagePacker packer;
  ASSERT_TRUE(checkpoints.AddPageBlocking(3, 12, packer.Pack(rows, 16)).ok());
  ASSERT_TRUE(checkpoints.CommitBlocking(CheckpointMeta{}).ok());
  const std::string key = PageKey(0, 3, 12, 1);
  EXPECT_EQ(HexOf(key), Example("page-key"));
  EXPECT_EQ(Stored(Family::kState, key), Example("page-value"));
}

TEST_F(FormatDocTest, CheckpointRecord) {
  CheckpointMeta meta;
  meta.applied_seq = 5'001;
  meta.applied_at = kAt;
  meta.state_hash = kStateHash;
  meta.table_sizes[3] = 812'345;
  meta.row_bytes[3] = sizeof(Member);
  meta.first_pages[3] = 12;
  EXPECT_EQ(HexOf(EncodeCheckpointMeta(7, meta)), Example("checkpoint-record"));
}

TEST_F(FormatDocTest, Archive) {
  RocksdbArchive archive(*store_);
  const auto terminal = CodeOf<TerminalId>("KM004217");
  const Archive::Entry sale{MakeArchivedSale(5'001, kAt), terminal};
  const Archive::Entry advice{MakeArchivedAdvice(5'001, kAt), terminal};
  ASSERT_TRUE(archive.PutBlocking(0, {&sale, 1}).ok());
  const std::string key = ArchiveKey(0, CommandSeq{5'001}, false);
  EXPECT_EQ(HexOf(key), Example("archive-key"));
  EXPECT_EQ(Stored(Family::kArchive, key), Example("archive-value"));
  const std::string id_key = ArchiveIdKey(0, sale.transaction.transaction.request_id, terminal);
  EXPECT_EQ(HexOf(id_key), Example("archive-id-key"));
  EXPECT_EQ(Stored(Family::kArchiveIds, id_key), Example("archive-id-value"));
  ASSERT_TRUE(archive.PutBlocking(0, {&advice, 1}).ok());
  const std::string name_key = ArchiveNameKey(0, AdviceNameOf(advice.transaction, terminal));
  EXPECT_EQ(HexOf(name_key), Example("archive-name-key"));
  EXPECT_EQ(Stored(Family::kArchiveIds, name_key), Example("archive-id-value"));
  // What the document says can be read.
  const std::string value = absl::HexStringToBytes(Example("archive-value"));
  ArchivedTransaction decoded;
  TerminalId of;
  const absl::Status status = DecodeArchiveValue(value, &decoded, &of);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(FirstDifference(decoded, sale.transaction), "");
  EXPECT_EQ(of, terminal);
}

TEST_F(FormatDocTest, Vault) {
  const auto vault = OpenVault();
  ASSERT_TRUE(vault.ok()) << vault.status();
  EXPECT_EQ(Stored(Family::kMeta, std::string(kVaultKey) + std::string(2, '\0')),
            Example("vault-key-id"));

  // The nonce is random, so the document's record is opened rather than made.
  const std::string record_key = VaultKey(0, MemberRow{812'345});
  EXPECT_EQ(HexOf(record_key), Example("vault-key"));
  const std::string sealed = absl::HexStringToBytes(Example("vault-value"));
  ASSERT_TRUE(store_->PutBlocking(Family::kVault, record_key, sealed).ok());
  const auto record = (*vault)->GetBlocking(MemberRow{812'345});
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(**record, PersonalRecord("张三", "530102199001011234", "13800001234"));
}

TEST_F(FormatDocTest, ProgrammeSources) {
  RocksdbProgrammeSources sources(*store_, 0);
  const std::string name_text = "metro";
  const auto name = DraftName::Parse(std::span<const char>(name_text.data(), name_text.size()));
  SourceFacts facts;
  facts.file_name = "metro.yaml";
  facts.author = "王";
  facts.at = TimestampNs{1'781'496'000'000'000'000};
  facts.diagnostic_count = 2;
  const std::string text = "gonghui: 1\n";
  ASSERT_TRUE(sources.PutDraftBlocking(*name, facts, text).ok());
  const std::string key = DraftKey(0, SourceTag::kDraftFacts, *name);
  EXPECT_EQ(HexOf(key), Example("draft-facts-key"));
  EXPECT_EQ(Stored(Family::kProgrammes, key), Example("draft-facts"));
  EXPECT_EQ(Stored(Family::kProgrammes, DraftKey(0, SourceTag::kDraftText, *name)), HexOf(text));

  const SourceKey version{*ProgrammeCode::Parse(std::span<const char>(name_text.data(), 5)), 7};
  ASSERT_TRUE(
      sources.PutStagingBlocking(version, {"li", "why", TimestampNs{1'781'496'060'000'000'000}})
          .ok());
  const std::string staging_key = SourceKeyOf(0, SourceTag::kStaging, version);
  EXPECT_EQ(HexOf(staging_key),
            "000047" + Example("draft-facts-key").substr(6) + "0000000000000007");
  EXPECT_EQ(Stored(Family::kProgrammes, staging_key), Example("staging"));
}

TEST_F(FormatDocTest, Draws) {
  const auto vault = OpenVault();
  ASSERT_TRUE(vault.ok()) << vault.status();
  RocksdbDrawStore draws(*store_, 0, **vault);
  EntryListKey list;
  list.draw = CodeOf<DrawCode>("camp-2026");
  list.entries_hash.fill(0xe5);
  const std::vector<MemberId> entries = {CodeOf<MemberId>("M-0001"), CodeOf<MemberId>("M-0002")};
  ASSERT_TRUE(draws.PutEntriesBlocking(list, entries).ok());
  const std::string code_and_hash =
      HexOf("camp-2026" + std::string(23, '\0') + std::string(32, '\xe5'));
  EXPECT_EQ(HexOf(DrawEntriesKey(0, list)), "000045" + code_and_hash);
  EXPECT_EQ(Stored(Family::kProgrammes, DrawEntriesKey(0, list)), "0102");
  EXPECT_EQ(HexOf(DrawEntriesPageKey(0, list, 0)), "000065" + code_and_hash + "00000000");
  EXPECT_EQ(Stored(Family::kProgrammes, DrawEntriesPageKey(0, list, 0)), Example("draw-entries"));

  // The nonce is random, so the document's seed is opened rather than made.
  const std::string seed_key = DrawSeedKey(0, list.draw);
  EXPECT_EQ(HexOf(seed_key), "000057" + code_and_hash.substr(0, 64));
  const std::string sealed = absl::HexStringToBytes(Example("draw-seed"));
  ASSERT_TRUE(store_->PutBlocking(Family::kProgrammes, seed_key, sealed).ok());
  const auto seed = draws.GetSeedBlocking(list.draw);
  ASSERT_TRUE(seed.ok()) << seed.status();
  Digest expected;
  expected.fill(0x5e);
  EXPECT_EQ(**seed, expected);
}

TEST_F(FormatDocTest, Meta) {
  EXPECT_EQ(Stored(Family::kMeta, "format"), "0000000a");
  RocksdbJournal journal(*store_);
  ASSERT_TRUE(journal.Acquire(258).ok());
  EXPECT_EQ(Stored(Family::kMeta, "epoch/\x01\x02"), "0000000000000001");
  RocksdbCheckpointStore checkpoints(*store_);
  ASSERT_TRUE(checkpoints.BeginBlocking(258).ok());
  EXPECT_EQ(Stored(Family::kMeta, "checkpoint-writing/\x01\x02"), "0000000000000001");
  CheckpointMeta meta;
  meta.shard = 258;
  ASSERT_TRUE(checkpoints.CommitBlocking(meta).ok());
  EXPECT_EQ(Stored(Family::kMeta, "checkpoint/\x01\x02").substr(0, 8), "02000201");
}

}  // namespace
}  // namespace gonghui
