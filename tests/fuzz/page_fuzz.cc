// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// page: pages of a checkpoint, what loads one, and keys and values of the archive
//
// Bytes of a damaged store are refused, or they are rows, a transaction, a place, that can be
// written and read again.  A checkpoint is loaded as it was written, or not at all.
//
//   input := how(1) bytes
//
// how % 9: 0 a packed page, after a byte that says how many words a row has, less one; 1 the
// rows of one, likewise; 2 a value of the archive; 3 one whose checksum is mended (a fuzzer does
// not guess one); 4 a key of its ids; 5 a key of its transactions; 6 where an id leads; 7 the
// record of a checkpoint; 8 one whose checksum is mended.  From 250 on it is a checkpoint with
// some damage, which takes a ledger of its own.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/durability/archived_codec.h"
#include "engine/durability/checkpoint_store.h"
#include "engine/durability/page_codec.h"
#include "engine/ledger/ledger.h"
#include "engine/pipeline/recovery.h"
#include "storage/archive_keys.h"
#include "storage/rocksdb_checkpoint.h"
#include "tests/testing/city.h"

namespace gonghui {
namespace {

using Bytes = std::vector<uint8_t>;

std::string_view TextOf(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// ---- Pages -----------------------------------------------------------------------

PagePacker& Packer() {
  static PagePacker packer;
  return packer;
}

PageUnpacker& Unpacker() {
  static PageUnpacker unpacker;
  return unpacker;
}

void CheckPacks(std::span<const uint8_t> rows, size_t row_bytes) {
  const auto packed = Packer().Pack(rows, row_bytes);
  const auto again = Unpacker().Unpack(packed, row_bytes);
  GH_CHECK(again.has_value() && std::equal(again->begin(), again->end(), rows.begin(), rows.end()),
           "bytes=",
           rows.size());
}

// Rows may be packed in more than one way, but each way has its length.
void ReadPage(std::span<const uint8_t> packed, size_t row_bytes) {
  const auto unpacked = Unpacker().Unpack(packed, row_bytes);
  if (!unpacked.has_value()) {
    return;
  }
  GH_CHECK(unpacked->size() <= kPageBytesMax && unpacked->size() % 4 == 0, unpacked->size());
  const Bytes rows(unpacked->begin(), unpacked->end());
  CheckPacks(rows, row_bytes);
  GH_CHECK(!Unpacker().Unpack(packed.first(packed.size() - 1), row_bytes).has_value());
  Bytes longer(packed.begin(), packed.end());
  longer.push_back(0);
  GH_CHECK(!Unpacker().Unpack(longer, row_bytes).has_value());
}

// ---- Archive -----------------------------------------------------------------------

void ReadArchiveValue(std::string_view value) {
  static ArchivedTransaction archived;
  TerminalId terminal;
  if (const absl::Status status = DecodeArchiveValue(value, &archived, &terminal); !status.ok()) {
    GH_CHECK(!status.message().empty());
    return;
  }
  std::string written;
  AppendArchiveValue(archived, terminal, &written);
  TerminalId terminal_again;
  const absl::Status status = DecodeArchiveValue(written, &archived, &terminal_again);
  GH_CHECK(status.ok(), status.ToString());
  GH_CHECK(terminal_again == terminal);
  std::string again;
  AppendArchiveValue(archived, terminal, &again);
  GH_CHECK(again == written, "seq=", archived.transaction.seq);
}

void ReadMendedArchiveValue(std::span<const uint8_t> bytes) {
  std::string value(TextOf(bytes));
  const auto checksum = static_cast<uint32_t>(HashBytes(value.data(), value.size()));
  value.append(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
  ReadArchiveValue(value);
}

uint16_t ShardOf(std::string_view key) {
  return static_cast<uint16_t>(static_cast<uint8_t>(key[0]) << 8 | static_cast<uint8_t>(key[1]));
}

// There is one key of each thing.
void ReadArchiveIdKey(std::string_view key) {
  const auto parsed = ParseArchiveIdKey(key);
  if (!parsed.ok()) {
    GH_CHECK(!parsed.status().message().empty());
    return;
  }
  const auto* const request = std::get_if<ArchivedRequest>(&*parsed);
  GH_CHECK(key == (request != nullptr
                       ? ArchiveIdKey(ShardOf(key), request->id, request->terminal)
                       : ArchiveNameKey(ShardOf(key), std::get<AdviceName>(*parsed))));
}

void ReadArchiveKey(std::string_view key) {
  const auto place = ParseArchiveKey(key);
  GH_CHECK(!place.ok() || key == ArchiveKey(ShardOf(key), place->seq, place->tombstone));
}

void ReadArchiveIdValue(std::string_view value) {
  const auto place = ParseArchiveIdValue(value);
  GH_CHECK(!place.ok() || value == ArchiveIdValue(place->seq, place->tombstone));
}

// ---- Checkpoints ---------------------------------------------------------------------

void ReadCheckpointRecord(std::string_view value) {
  uint64_t number = 0;
  CheckpointMeta meta;
  if (const absl::Status status = DecodeCheckpointMeta(value, &number, &meta); !status.ok()) {
    GH_CHECK(!status.message().empty());
    return;
  }
  // Tables of no bytes are told by nobody who wrote one.
  const std::string written = EncodeCheckpointMeta(number, meta);
  uint64_t number_again = 0;
  const absl::Status status = DecodeCheckpointMeta(written, &number_again, &meta);
  GH_CHECK(status.ok(), status.ToString());
  GH_CHECK(number_again == number, number_again);
  GH_CHECK(EncodeCheckpointMeta(number, meta) == written);
}

void ReadMendedCheckpointRecord(std::span<const uint8_t> bytes) {
  std::string value(TextOf(bytes));
  const uint64_t checksum = HashBytes(value.data(), value.size());
  value.append(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
  ReadCheckpointRecord(value);
}

// Of few rows, so that a ledger is made quickly.
LedgerLimits SmallLimits() {
  LedgerLimits limits;
  limits.union_nodes_max = limits.members_max = limits.cards_max = 1u << 8;
  limits.merchants_max = limits.terminals_max = limits.funds_max = 1u << 8;
  limits.activations_max = limits.status_changes_max = limits.lines_max = 1u << 8;
  limits.counters_max = limits.transactions_max = limits.advices_max = 1u << 8;
  limits.batches_max = limits.code_uses_max = limits.voucher_series_max = 1u << 8;
  limits.vouchers_max = limits.occasions_max = limits.approvals_max = 1u << 8;
  limits.draws_max = limits.contributions_max = 1u << 8;
  return limits;
}

constexpr uint16_t kShard = 7;

struct StoredPage {
  uint8_t table = 0;
  uint32_t number = 0;
  Bytes packed;
};

struct StoredCheckpoint {
  CheckpointMeta meta;
  std::vector<StoredPage> pages;
};

// Of a city in which each of four members has bought something.
StoredCheckpoint MakeCheckpoint() {
  Ledger ledger(kShard, SmallLimits());
  const auto run = [&ledger](const Command& command) {
    Event event;
    Result result;
    ledger.Decide(command, kCityNoon, &event, &result);
    GH_CHECK(event.kind != EventKind::kNone, "kind=", command.kind);
    event.command = &command;
    ledger.Evolve(event);
  };
  const CityOptions city{.members = 4, .merchants = 6, .benefits_per_category = 2, .funds = 2};
  BuildCity(city, run);
  Prng prng(1);
  for (int i = 0; i < 4; ++i) {
    run(RandomSale(city, prng));
  }

  class Album final : public PageSink {
   public:
    explicit Album(StoredCheckpoint* to) : to_(to) {}
    void AddPage(TableId table, uint32_t page, std::span<const uint8_t> bytes) override {
      const auto id = static_cast<uint8_t>(table);
      const auto packed = Packer().Pack(bytes, to_->meta.row_bytes[id]);
      to_->pages.push_back({id, page, Bytes(packed.begin(), packed.end())});
    }

   private:
    StoredCheckpoint* const to_;
  };
  StoredCheckpoint stored;
  stored.meta.shard = kShard;
  stored.meta.applied_seq = ledger.applied_seq().value();
  stored.meta.applied_at = ledger.applied_at();
  stored.meta.state_hash = ledger.StateHash();
  Album album(&stored);
  for (TableBase* table : ledger.tables()) {
    const auto id = static_cast<size_t>(table->id());
    stored.meta.table_sizes[id] = table->size();
    stored.meta.row_bytes[id] = table->row_bytes();
    table->BeginPhoto();
    while (table->CopyPages(64, album) == 64) {
    }
  }
  return stored;
}

// A store's answer to the one that loads: pages with what became of them.  It knows each
// page's checksum, so one that unpacks as other rows is refused here, as a store does; one
// that unpacks as the same, or as none, is handed on.
class DamagedStore final : public CheckpointStore {
 public:
  explicit DamagedStore(const StoredCheckpoint& whole) : whole_(whole), stored_(whole) {}

  //   damage := what(1) which(1) where(2) value(1)
  static constexpr size_t kDamageBytes = 5;
  void Damage(std::span<const uint8_t, kDamageBytes> how) {
    CheckpointMeta& meta = stored_.meta;
    const uint8_t table = how[1] % kCheckpointTablesMax;
    const uint32_t where = how[2] * 256u + how[3];
    const uint8_t value = how[4];
    StoredPage* const page =
        stored_.pages.empty() ? nullptr : &stored_.pages[how[1] % stored_.pages.size()];
    switch (how[0] % 8) {
      case 0:
        meta.table_sizes[table] ^= uint32_t{value} << where % 24;
        break;
      case 1:
        meta.row_bytes[table] ^= uint32_t{value} << where % 24;
        break;
      case 2:
        meta.applied_seq ^= value;
        break;
      case 3:
        meta.state_hash ^= uint64_t{value} << where % 56;
        break;
      case 4:
        if (page != nullptr) {
          stored_.pages.erase(stored_.pages.begin() + (page - stored_.pages.data()));
        }
        break;
      case 5:
        if (page != nullptr) {
          page->number ^= value;
        }
        break;
      case 6:
        if (page != nullptr) {
          page->table ^= value;
        }
        break;
      default:
        if (page != nullptr) {
          page->packed[where % page->packed.size()] ^= value;
        }
        break;
    }
  }

  absl::StatusOr<std::optional<CheckpointMeta>> LatestBlocking(uint16_t) override {
    return std::optional<CheckpointMeta>(stored_.meta);
  }
  absl::Status LoadBlocking(uint16_t, const PageVisitor& visit) override {
    for (const StoredPage& page : stored_.pages) {
      if (HasOtherRows(page)) {
        return absl::DataLossError("checksum does not match the bytes");
      }
      if (const absl::Status status = visit(page.table, page.number, page.packed); !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  }
  absl::Status BeginBlocking(uint16_t) override { return absl::UnimplementedError("reads only"); }
  absl::Status AddPageBlocking(uint8_t, uint32_t, std::span<const uint8_t>) override {
    return absl::UnimplementedError("reads only");
  }
  absl::Status CommitBlocking(const CheckpointMeta&) override {
    return absl::UnimplementedError("reads only");
  }

 private:
  [[nodiscard]] bool HasOtherRows(const StoredPage& page) const {
    const auto of_table = [this](uint8_t table) { return size_t{whole_.meta.row_bytes[table]}; };
    if (page.table >= kCheckpointTablesMax || of_table(page.table) == 0) {
      return false;  // of no table: whoever loads it has to see that
    }
    const auto rows = Unpacker().Unpack(page.packed, of_table(page.table));
    if (!rows.has_value()) {
      return false;
    }
    const Bytes got(rows->begin(), rows->end());
    for (const StoredPage& of_whole : whole_.pages) {
      if (of_whole.table == page.table && of_whole.number == page.number) {
        const auto want = Unpacker().Unpack(of_whole.packed, of_table(page.table));
        return !std::equal(want->begin(), want->end(), got.begin(), got.end());
      }
    }
    return false;  // a page that there is not
  }

  const StoredCheckpoint& whole_;
  StoredCheckpoint stored_;
};

void LoadDamaged(std::span<const uint8_t> damage) {
  static const auto* const kWhole = new StoredCheckpoint(MakeCheckpoint());  // for all inputs
  DamagedStore store(*kWhole);
  while (damage.size() >= DamagedStore::kDamageBytes) {
    store.Damage(damage.first<DamagedStore::kDamageBytes>());
    damage = damage.subspan(DamagedStore::kDamageBytes);
  }
  Ledger ledger(kShard, SmallLimits());
  const auto loaded = LoadCheckpointBlocking(ledger, store);
  if (!loaded.ok()) {
    GH_CHECK(!loaded.status().message().empty());
    return;
  }
  GH_CHECK(*loaded);
  GH_CHECK(ledger.StateHash() == kWhole->meta.state_hash);
  GH_CHECK(ledger.applied_seq().value() == kWhole->meta.applied_seq);
  uint64_t row = 0;
  const char* const broken = ledger.CheckInvariants(&row);
  GH_CHECK(broken == nullptr, broken, " row=", row);
}

}  // namespace
}  // namespace gonghui

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gonghui;  // NOLINT
  if (size < 2) {
    return 0;
  }
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  if (data[0] >= 250) {
    LoadDamaged(bytes);
    return 0;
  }
  const size_t row_bytes = (size_t{bytes[0]} + 1) * 4;
  switch (data[0] % 9) {
    case 0:
      ReadPage(bytes.subspan(1), row_bytes);
      break;
    case 1:
      CheckPacks(bytes.subspan(1, (bytes.size() - 1) / 4 * 4), row_bytes);
      break;
    case 2:
      ReadArchiveValue(TextOf(bytes));
      break;
    case 3:
      ReadMendedArchiveValue(bytes);
      break;
    case 4:
      ReadArchiveIdKey(TextOf(bytes));
      break;
    case 5:
      ReadArchiveKey(TextOf(bytes));
      break;
    case 6:
      ReadArchiveIdValue(TextOf(bytes));
      break;
    case 7:
      ReadCheckpointRecord(TextOf(bytes));
      break;
    default:
      ReadMendedCheckpointRecord(bytes);
      break;
  }
  return 0;
}
