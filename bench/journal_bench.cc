// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The journal's way out and back, each step alone: events encoded into a block, the block
// appended to RocksDB and synced beside the same bytes appended to a file and synced, blocks
// opened, records decoded, and at last what a start does with all of it, replay.  The events
// are sales that a ledger decided.
//
// Everything is on one thread and in a folder below $TMPDIR: that has to be on the disk that
// is asked about.  What is decoded is encoded again and compared byte by byte, what is replayed
// by the state's digest; blocks that are read back are verified, and their records come in order.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <benchmark/benchmark.h>

#include "bench/stored_city.h"
#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/durability/block_format.h"
#include "engine/durability/record_format.h"
#include "engine/ledger/ledger.h"
#include "engine/pipeline/engine.h"
#include "engine/pipeline/group_commit.h"
#include "engine/pipeline/recovery.h"
#include "tests/testing/city.h"
#include "tests/testing/store_folder.h"

namespace gonghui {
namespace {

constexpr CityOptions kCity{.members = 100'000, .merchants = 2'000};
// As many as stay in the cache: the engine encodes an event right after it made it.
constexpr size_t kSales = 64;
constexpr int64_t kBetweenSalesNs = 2'000;

// Sales, decided, with the commands that they came of.
class Sales {
 public:
  Sales() {
    Ledger ledger;
    Event event;
    Result result;
    BuildCity(kCity, [&](const Command& command) {
      ledger.Decide(command, kCityNoon, &event, &result);
      GH_CHECK(event.kind != EventKind::kNone, "kind=", command.kind, " field=", result.field);
      ledger.Evolve(event);
    });
    Prng prng(42);
    for (size_t i = 0; i < kSales; ++i) {
      commands_[i] = RandomSale(kCity, prng);
      ledger.Decide(commands_[i], kCityNoon, &events_[i], &result);
      GH_CHECK(result.transaction.outcome == Outcome::kApproved, "i=", i);
      ledger.Evolve(events_[i]);
      events_[i].command = &commands_[i];
    }
  }

  // The event of that sequence: the sales come round again and again, each at a time of
  // its own.  Valid until it comes round.
  const Event& At(uint64_t seq) {
    Event& event = events_[seq % kSales];
    event.seq = CommandSeq{seq};
    event.at = TimestampNs{kCityNoon.value() + static_cast<int64_t>(seq) * kBetweenSalesNs};
    event.transaction.seq = event.seq;
    event.transaction.decided_at = event.at;
    return event;
  }

 private:
  std::array<Command, kSales> commands_;
  std::array<Event, kSales> events_;
};

Sales& TheSales() {
  static const auto sales = std::make_unique<Sales>();
  return *sales;
}

void Fill(Block& block, uint64_t first_seq, uint32_t events) {
  block.Reset(first_seq);
  for (uint32_t i = 0; i < events; ++i) {
    block.Add(TheSales().At(first_seq + i));
  }
}

// Per second: of blocks, records and bytes.
void Report(benchmark::State& state, uint64_t blocks, uint64_t records, uint64_t bytes) {
  using benchmark::Counter;
  state.counters["blocks_per_s"] = Counter(static_cast<double>(blocks), Counter::kIsRate);
  state.counters["records_per_s"] = Counter(static_cast<double>(records), Counter::kIsRate);
  state.counters["bytes_per_s"] = Counter(static_cast<double>(bytes), Counter::kIsRate);
  state.counters["bytes_per_record"] = static_cast<double>(bytes) / static_cast<double>(records);
}

void Report(benchmark::State& state, const Block& block) {
  const auto blocks = static_cast<uint64_t>(state.iterations());
  Report(state, blocks, blocks * block.header().event_count, blocks * block.size_bytes());
}

// Calls visit(event) for each record of the block.
template <class Visit>
void DecodeAll(const BlockView& view, RecordDecoder& decoder, Visit&& visit) {
  std::span<const uint8_t> payload = view.payload;
  TimestampNs previous_at;
  for (uint32_t i = 0; i < view.header.event_count; ++i) {
    const absl::StatusOr<const Event*> event =
        decoder.Next(&payload, view.header.first_seq + i, previous_at);
    GH_CHECK(event.ok(), std::string(event.status().message()));
    previous_at = (*event)->at;
    visit(**event);
  }
  GH_CHECK(payload.empty(), "bytes left: ", payload.size());
}

// What comes out of the block encodes to the same bytes again.
void CheckRoundTrip(Block& block) {
  const absl::StatusOr<BlockView> view = OpenBlock(block.bytes());
  GH_CHECK(view.ok(), std::string(view.status().message()));
  RecordDecoder decoder;
  Block again;
  again.Reset(view->header.first_seq);
  DecodeAll(*view, decoder, [&again](const Event& event) { again.Add(event); });
  GH_CHECK_EQ(again.size_bytes(), block.size_bytes());
  const std::span<const uint8_t> payload = again.bytes().subspan(kBlockHeaderBytes);
  GH_CHECK(std::equal(payload.begin(), payload.end(), view->payload.begin()));
}

// ---- In memory ---------------------------------------------------------------------

void Encode(benchmark::State& state) {
  const auto events = static_cast<uint32_t>(state.range(0));
  Block block;
  Fill(block, 1, events);  // the sales are made by now, and the block's memory is there
  uint64_t next_seq = block.next_seq();
  for (auto _ : state) {
    Fill(block, next_seq, events);
    next_seq += events;
    benchmark::DoNotOptimize(block.bytes().data());
  }
  block.Close(0, 1, 0);
  SealBlock(block.header(), block.bytes());
  CheckRoundTrip(block);
  Report(state, block);
}

// The checksum, and what the next block's chain needs: SHA-256 of all of it.
void Seal(benchmark::State& state) {
  Block block;
  Fill(block, 1, static_cast<uint32_t>(state.range(0)));
  block.Close(0, 1, 0);
  BlockHash hash{};
  for (auto _ : state) {
    block.header().previous = hash;
    SealBlock(block.header(), block.bytes());
    hash = HashBlock(block.bytes());
  }
  GH_CHECK(OpenBlock(block.bytes())->hash == hash);
  Report(state, block);
}

// Verifies it, as whoever reads it back.
void Open(benchmark::State& state) {
  Block block;
  Fill(block, 1, static_cast<uint32_t>(state.range(0)));
  block.Close(0, 1, 0);
  SealBlock(block.header(), block.bytes());
  for (auto _ : state) {
    const absl::StatusOr<BlockView> view = OpenBlock(block.bytes());
    GH_CHECK(view.ok());
    GH_CHECK_EQ(view->header.event_count, block.header().event_count);
  }
  block.bytes()[block.size_bytes() - 1] ^= 1;
  GH_CHECK(!OpenBlock(block.bytes()).ok(), "a damaged block opens");
  Report(state, block);
}

void Decode(benchmark::State& state) {
  Block block;
  Fill(block, 1, static_cast<uint32_t>(state.range(0)));
  block.Close(0, 1, 0);
  SealBlock(block.header(), block.bytes());
  CheckRoundTrip(block);
  const absl::StatusOr<BlockView> view = OpenBlock(block.bytes());
  GH_CHECK(view.ok());
  RecordDecoder decoder;
  for (auto _ : state) {
    Fen paid;
    DecodeAll(
        *view, decoder, [&paid](const Event& event) { paid += event.transaction.member_pays; });
    benchmark::DoNotOptimize(paid);
  }
  Report(state, block);
}

// ---- On disk -----------------------------------------------------------------------

// A data folder with a writer of its journal.
class Folder : public StoreFolder {
 public:
  Folder() { OpenStore(); }
  ~Folder() { CloseStore(); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  RocksdbJournal& journal() { return *journal_; }
  RocksdbCheckpointStore& checkpoints() { return *checkpoints_; }
  void Reopen() {
    CloseStore();
    OpenStore();
  }
  [[nodiscard]] std::string PathOf(const std::string& name) const { return temp_.path(name); }
};

// Fills blocks and appends them, one after another.
class Writer {
 public:
  explicit Writer(Folder& folder) : committer_(folder.journal(), BlockHash{}) {
    const absl::StatusOr<uint64_t> epoch = folder.journal().Acquire(0);
    GH_CHECK(epoch.ok(), std::string(epoch.status().message()));
    epoch_ = *epoch;
  }

  void FillNext(Block& block, uint32_t events) {
    Fill(block, next_seq_, events);
    block.Close(0, epoch_, 0);
    next_seq_ += events;
  }
  void Append(Block& block) {
    std::string why;
    GH_CHECK(committer_.CommitBlocking(block, &why), why);
    committer_.Chain(block);
  }

 private:
  Committer committer_;
  uint64_t epoch_ = 0;
  uint64_t next_seq_ = 1;
};

// Reads all of it; gives how many records there are.
uint64_t ReadAll(Folder& folder, RecordDecoder& decoder) {
  uint64_t records = 0;
  const absl::Status read = folder.journal().ReadBlocking(0, 1, [&](const BlockView& view) {
    DecodeAll(view, decoder, [&records](const Event& event) {
      ++records;
      GH_CHECK_EQ(event.transaction.seq.value(), records);
    });
    return absl::OkStatus();
  });
  GH_CHECK(read.ok(), std::string(read.message()));
  return records;
}

// Sealed, put into RocksDB and synced: what the engine does between a block's last event and
// its answers.
void Append(benchmark::State& state) {
  const auto events = static_cast<uint32_t>(state.range(0));
  Folder folder;
  Writer writer(folder);
  Block block;
  for (auto _ : state) {
    state.PauseTiming();
    writer.FillNext(block, events);
    state.ResumeTiming();
    writer.Append(block);
  }
  folder.Reopen();
  RecordDecoder decoder;
  GH_CHECK_EQ(ReadAll(folder, decoder), static_cast<uint64_t>(state.iterations()) * events);
  Report(state, block);
}

// The least that durable bytes cost on this disk.
void BareAppend(benchmark::State& state) {
  const Folder folder;
  Block block;
  Fill(block, 1, static_cast<uint32_t>(state.range(0)));
  const int file = ::open(
      folder.PathOf("bare").c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  GH_CHECK(file >= 0, "errno=", errno);
  const std::span<const uint8_t> bytes = block.bytes();
  for (auto _ : state) {
    GH_CHECK_EQ(::write(file, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    GH_CHECK(::fdatasync(file) == 0, "errno=", errno);
  }
  GH_CHECK_EQ(::lseek(file, 0, SEEK_END),
              static_cast<off_t>(bytes.size()) * static_cast<off_t>(state.iterations()));
  GH_CHECK(::close(file) == 0, "errno=", errno);
  Report(state, block);
}

// Out of RocksDB again, verified and decoded.
void ReadBack(benchmark::State& state) {
  constexpr uint32_t kBlocks = 256;
  const auto events = static_cast<uint32_t>(state.range(0));
  Folder folder;
  Writer writer(folder);
  Block block;
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < kBlocks; ++i) {
    writer.FillNext(block, events);
    writer.Append(block);
    bytes += block.size_bytes();
  }
  folder.Reopen();
  RecordDecoder decoder;
  for (auto _ : state) {
    GH_CHECK_EQ(ReadAll(folder, decoder), uint64_t{kBlocks} * events);
  }
  const auto turns = static_cast<uint64_t>(state.iterations());
  Report(state, turns * kBlocks, turns * kBlocks * events, turns * bytes);
}

// ---- A start -------------------------------------------------------------------------

// What a server leaves that was killed: a city in a checkpoint, and sales since then that
// only the journal has.
class Past {
 public:
  explicit Past(uint64_t sales) : sales_(sales) {
    EngineOptions options;
    options.checkpoint_journal_bytes = UINT64_MAX;
    options.checkpoint_interval_ns = INT64_MAX;
    options.checkpoint_at_stop = false;
    const absl::StatusOr<std::unique_ptr<Engine>> engine =
        Engine::Start(options, SystemClock::Instance(), folder_.journal(), &folder_.checkpoints());
    GH_CHECK(engine.ok(), std::string(engine.status().message()));
    StoreCity(kCity, **engine);
    const absl::Status checkpoint = (*engine)->CheckpointBlocking();
    GH_CHECK(checkpoint.ok(), std::string(checkpoint.message()));
    Prng prng(42);
    StoreSales(kCity, sales, prng, **engine);
    const absl::Status read = (*engine)->InspectBlocking(
        [this](const Ledger& ledger) { state_hash_ = ledger.StateHash(); });
    GH_CHECK(read.ok(), std::string(read.message()));
    (*engine)->Stop();
    folder_.Reopen();
  }

  // Into a ledger that knows nothing.
  RecoveryReport Recover() {
    const auto ledger = std::make_unique<Ledger>();
    const absl::StatusOr<RecoveryReport> report = RecoverBlocking(*ledger,
                                                                  folder_.journal(),
                                                                  &folder_.checkpoints(),
                                                                  /*archive=*/nullptr,
                                                                  SystemClock::Instance());
    GH_CHECK(report.ok(), std::string(report.status().message()));
    GH_CHECK(report->had_checkpoint);
    GH_CHECK_EQ(report->events_replayed, sales_);
    GH_CHECK_EQ(report->state_hash, state_hash_);
    GH_CHECK_EQ(ledger->transactions().size(), sales_);
    return *report;
  }

 private:
  const uint64_t sales_;
  Folder folder_;
  uint64_t state_hash_ = 0;
};

Past& PastOf(uint64_t sales) {
  // Made where it is declared, so that it ends before what RocksDB keeps static.
  static std::unique_ptr<Past> past = std::make_unique<Past>(sales);
  static uint64_t made = sales;
  if (made != sales) {
    past.reset();
    past = std::make_unique<Past>(sales);
    made = sales;
  }
  return *past;
}

// Blocks read, verified and decoded, events applied, the digest compared at each block.  Its
// memory is new to the ledger, as it is at a start.
void Replay(benchmark::State& state) {
  const auto sales = static_cast<uint64_t>(state.range(0));
  Past& past = PastOf(sales);
  RecoveryReport report;
  for (auto _ : state) {
    report = past.Recover();
    state.SetIterationTime(static_cast<double>(report.replay_ns) / 1e9);
  }
  state.counters["events_per_s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(sales),
                         benchmark::Counter::kIsRate);
  state.counters["events_per_block"] =
      static_cast<double>(sales) / static_cast<double>(report.blocks_replayed);
}

// Of a block of the ledger thread's own, of a stream's message, of many.
void Sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(64)->Arg(512)->Arg(4'096)->UseRealTime()->Unit(benchmark::kMicrosecond);
}

BENCHMARK(Encode)->Apply(Sizes);
BENCHMARK(Seal)->Apply(Sizes);
BENCHMARK(Open)->Apply(Sizes);
BENCHMARK(Decode)->Apply(Sizes);
BENCHMARK(Append)->Apply(Sizes);
BENCHMARK(BareAppend)->Apply(Sizes);
BENCHMARK(ReadBack)->Apply(Sizes);
BENCHMARK(Replay)->Arg(20'000)->Arg(2'000'000)->UseManualTime()->Iterations(1)->Unit(
    benchmark::kMillisecond);

}  // namespace
}  // namespace gonghui
