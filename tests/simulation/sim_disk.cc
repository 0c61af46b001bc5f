// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/simulation/sim_disk.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/durability/chain.h"

namespace gonghui {

// ---- The journal -----------------------------------------------------------------

class SimDisk::JournalPort final : public Journal {
 public:
  explicit JournalPort(SimDisk* disk) : disk_(*disk) {}

  absl::StatusOr<uint64_t> Acquire(uint16_t) override {
    switch (disk_.NextCall(Call::kWrite)) {
      case Fate::kDone:
        return ++disk_.epoch_;
      case Fate::kDoneButFails:
        ++disk_.epoch_;
        break;
      case Fate::kInPart:
      case Fate::kFails:
        break;
    }
    return absl::UnavailableError(WhyItFails());
  }

  AppendResult AppendBlocking(const BlockHeader& header,
                              std::span<const uint8_t> block,
                              std::string* why) override {
    if (const AppendResult result = CheckAppend(header, disk_.epoch_, disk_.tail_, why);
        result != AppendResult::kCommitted) {
      return result;
    }
    const Fate fate = disk_.NextCall(Call::kInParts);
    if (fate == Fate::kDone || fate == Fate::kDoneButFails) {
      disk_.blocks_.push_back({header.first_seq, {block.begin(), block.end()}});
      disk_.tail_ = {header.first_seq + header.event_count, HashBlock(block)};
    }
    if (fate == Fate::kDone) {
      return AppendResult::kCommitted;
    }
    *why = WhyItFails();
    return AppendResult::kUnknown;
  }

  absl::Status ReadBlocking(uint16_t shard,
                            uint64_t from_seq,
                            const std::function<absl::Status(const BlockView&)>& visit) override {
    // The block that holds from_seq, and the one before it, so that the link between them is
    // verified.
    const auto after = std::upper_bound(
        disk_.blocks_.begin(),
        disk_.blocks_.end(),
        from_seq,
        [](uint64_t seq, const StoredBlock& block) { return seq < block.first_seq; });
    auto i = static_cast<size_t>(std::max<ptrdiff_t>(after - disk_.blocks_.begin() - 1, 0));
    ChainVerifier chain(shard);
    const bool from_the_middle = i > 0;
    if (from_the_middle) {
      chain.StartAnywhere();
      --i;
    }
    for (const size_t first = i; i < disk_.blocks_.size(); ++i) {
      if (disk_.NextCall(Call::kRead) != Fate::kDone) {
        return absl::UnavailableError(WhyItFails());
      }
      // Where a block is lost, the gap shows between the two beside it.
      const bool shows = !disk_.block_is_lost_ || i > first || !from_the_middle;
      disk_.damage_was_read_ |= disk_.damaged_block_ == i && shows;
      const StoredBlock& block = disk_.blocks_[i];
      GH_ASSIGN_OR_RETURN(const BlockView view, chain.Next(block.first_seq, block.bytes));
      if (chain.tail().next_seq > from_seq) {
        GH_RETURN_IF_ERROR(visit(view));
      }
    }
    return CheckReadEnd(shard, from_seq, chain.tail());
  }

  absl::StatusOr<JournalTail> TailBlocking(uint16_t shard) override {
    if (disk_.NextCall(Call::kRead) != Fate::kDone) {
      return absl::UnavailableError(WhyItFails());
    }
    if (disk_.blocks_.empty()) {
      return JournalTail{};
    }
    disk_.damage_was_read_ |=
        disk_.damaged_block_ == disk_.blocks_.size() - 1 && !disk_.block_is_lost_;
    ChainVerifier chain(shard);
    chain.StartAnywhere();
    const StoredBlock& last = disk_.blocks_.back();
    GH_RETURN_IF_ERROR(chain.Next(last.first_seq, last.bytes).status());
    return chain.tail();
  }

 private:
  SimDisk& disk_;
};

// ---- Checkpoints -------------------------------------------------------------------

class SimDisk::CheckpointPort final : public CheckpointStore {
 public:
  explicit CheckpointPort(SimDisk* disk) : disk_(*disk) {}

  absl::StatusOr<std::optional<CheckpointMeta>> LatestBlocking(uint16_t) override {
    if (disk_.NextCall(Call::kRead) != Fate::kDone) {
      return absl::UnavailableError(WhyItFails());
    }
    return disk_.checkpoint_;
  }

  absl::Status LoadBlocking(uint16_t, const PageVisitor& visit) override {
    for (uint8_t table = 0; table < kCheckpointTablesMax; ++table) {
      const std::vector<StoredPage>& pages = disk_.pages_[table];
      for (uint32_t number = 0; number < pages.size(); ++number) {
        const StoredPage& page = pages[number];
        if (page.bytes.empty()) {
          continue;
        }
        if (disk_.NextCall(Call::kRead) != Fate::kDone) {
          return absl::UnavailableError(WhyItFails());
        }
        disk_.damage_was_read_ |= disk_.damaged_page_ == PageKey{table, number};
        if (page.checksum_fails) {
          return absl::DataLossError(
              absl::StrCat("checkpoint: page ", number, " of table ", table, ": checksum"));
        }
        GH_RETURN_IF_ERROR(visit(table, number, page.bytes));
      }
    }
    return absl::OkStatus();
  }

  absl::Status BeginBlocking(uint16_t) override {
    const Fate fate = disk_.NextCall(Call::kWrite);
    if (IsThere(fate)) {
      disk_.writing_.clear();
    }
    return Answer(fate);
  }

  // The later of two of one page is the one that counts.
  absl::Status AddPageBlocking(uint8_t table,
                               uint32_t page,
                               std::span<const uint8_t> bytes) override {
    const Fate fate = disk_.NextCall(Call::kWrite);
    if (IsThere(fate)) {
      disk_.writing_.push_back({{table, page}, {bytes.begin(), bytes.end()}});
    }
    return Answer(fate);
  }

  // One batch of the store: all of it or nothing.
  absl::Status CommitBlocking(const CheckpointMeta& meta) override {
    const Fate fate = disk_.NextCall(Call::kWrite);
    if (IsThere(fate)) {
      for (WrittenPage& written : disk_.writing_) {
        std::vector<StoredPage>& pages = disk_.pages_[written.key.first];
        pages.resize(std::max<size_t>(pages.size(), written.key.second + 1));
        StoredPage& page = pages[written.key.second];
        page.before = std::exchange(page.bytes, std::move(written.bytes));
      }
      for (size_t table = 0; table < kCheckpointTablesMax; ++table) {
        DropBefore(table, meta.first_pages[table]);
      }
      disk_.checkpoint_ = meta;
      disk_.writing_.clear();
    }
    return Answer(fate);
  }

 private:
  void DropBefore(size_t table, uint32_t first_page) {
    std::vector<StoredPage>& pages = disk_.pages_[table];
    uint32_t& dropped = dropped_[table];
    for (; dropped < std::min<size_t>(first_page, pages.size()); ++dropped) {
      pages[dropped] = StoredPage{};
    }
  }

  static bool IsThere(Fate fate) { return fate == Fate::kDone || fate == Fate::kDoneButFails; }
  static absl::Status Answer(Fate fate) {
    return fate == Fate::kDone ? absl::OkStatus() : absl::UnavailableError(WhyItFails());
  }

  SimDisk& disk_;
  std::array<uint32_t, kCheckpointTablesMax> dropped_{};  // pages, by table
};

// ---- The archive ---------------------------------------------------------------------

class SimDisk::ArchivePort final : public Archive {
 public:
  explicit ArchivePort(SimDisk* disk) : disk_(*disk) {}

  // In part: so many of the entries, as the port allows.  Torn is what the power was cut in: a
  // write that failed half way left a machine that knows of it.
  absl::Status PutBlocking(uint16_t shard, std::span<const Entry> entries) override {
    const Fate fate = disk_.NextCall(Call::kInParts);
    if (fate == Fate::kInPart) {
      const uint64_t kept = disk_.prng_.Below(entries.size());
      disk_.stored_.FailNextPut(kept);
      if (kept > 0 && disk_.off_) {
        disk_.Count(SimFault::kTornWrite);
      }
    }
    if (fate != Fate::kFails) {
      GH_RETURN_IF_ERROR(disk_.stored_.PutBlocking(shard, entries));
    }
    return fate == Fate::kDone ? absl::OkStatus() : absl::UnavailableError(WhyItFails());
  }

  absl::StatusOr<bool> FindBlocking(uint16_t shard,
                                    TransactionId id,
                                    ArchivedTransaction* found) const override {
    GH_RETURN_IF_ERROR(Read());
    return disk_.stored_.FindBlocking(shard, id, found);
  }
  absl::StatusOr<bool> FindBlocking(uint16_t shard,
                                    const TerminalId& terminal,
                                    const RequestId& id,
                                    ArchivedTransaction* found) const override {
    GH_RETURN_IF_ERROR(Read());
    return disk_.stored_.FindBlocking(shard, terminal, id, found);
  }
  absl::StatusOr<bool> FindBlocking(uint16_t shard,
                                    const AdviceName& name,
                                    ArchivedTransaction* found) const override {
    GH_RETURN_IF_ERROR(Read());
    return disk_.stored_.FindBlocking(shard, name, found);
  }
  absl::Status ForEachBlocking(
      uint16_t shard, const std::function<absl::Status(const Entry&)>& visit) const override {
    GH_RETURN_IF_ERROR(Read());
    return disk_.stored_.ForEachBlocking(shard, visit);
  }
  absl::Status ForEachHashBlocking(uint16_t shard,
                                   const std::function<bool(uint64_t)>& visit) const override {
    // The index of ids is another part of the store.
    if (disk_.NextCall(Call::kRead) != Fate::kDone) {
      return absl::UnavailableError(WhyItFails());
    }
    return disk_.stored_.ForEachHashBlocking(shard, visit);
  }
  [[nodiscard]] uint64_t ApproximateHashes(uint16_t shard) const override {
    return disk_.stored_.ApproximateHashes(shard);
  }

 private:
  absl::Status Read() const {
    if (disk_.NextCall(Call::kRead) != Fate::kDone) {
      return absl::UnavailableError(WhyItFails());
    }
    if (disk_.archive_unreadable_ && !std::exchange(disk_.damage_was_read_, true)) {
      disk_.Count(SimFault::kArchiveRot);
    }
    return disk_.archive_unreadable_ ? absl::DataLossError("archive: checksum") : absl::OkStatus();
  }

  SimDisk& disk_;
};

// ---- The disk ------------------------------------------------------------------------

SimDisk::SimDisk(uint64_t seed, FaultCounts* counts)
    : prng_(seed),
      counts_(counts),
      journal_(std::make_unique<JournalPort>(this)),
      checkpoints_(std::make_unique<CheckpointPort>(this)),
      archive_(std::make_unique<ArchivePort>(this)) {}

SimDisk::~SimDisk() = default;

Journal& SimDisk::journal() {
  return *journal_;
}

CheckpointStore& SimDisk::checkpoints() {
  return *checkpoints_;
}

Archive& SimDisk::archive() {
  return *archive_;
}

SimDisk::Fate SimDisk::NextCall(Call call) {
  const bool writes = call != Call::kRead;
  if (off_ || (writes && full_)) {
    if (!off_ && !std::exchange(full_has_struck_, true)) {
      Count(SimFault::kDiskFull);
    }
    struck_ = true;
    write_failed_ |= writes;
    return Fate::kFails;
  }
  if (cut_after_ > 0 && --cut_after_ == 0) {
    off_ = true;
    Count(starting_ ? SimFault::kCutInRecovery : SimFault::kCutInCall);
  } else if (writes && fail_next_write_) {
    fail_next_write_ = false;
    Count(SimFault::kFailedWrite);
  } else {
    return Fate::kDone;
  }
  struck_ = true;
  write_failed_ |= writes;
  constexpr std::array kFates{Fate::kDoneButFails, Fate::kFails, Fate::kInPart};
  return writes ? kFates[prng_.Below(call == Call::kInParts ? 3 : 2)] : Fate::kFails;
}

void SimDisk::PowerOn() {
  if (lies_ && blocks_.size() > 1 && prng_.Chance(1, 2)) {
    blocks_.pop_back();
    const absl::StatusOr<BlockView> last = OpenBlock(blocks_.back().bytes);
    GH_CHECK(last.ok(), last.status().message());
    tail_ = {last->header.first_seq + last->header.event_count, last->hash};
  }
  Disarm();
  off_ = struck_ = write_failed_ = false;
  starting_ = true;
  writing_.clear();
}

bool SimDisk::Damage(SimFault how) {
  GH_CHECK(damage_.empty(), damage_);
  damage_was_read_ = false;
  switch (how) {
    case SimFault::kBlockRot:
    case SimFault::kBlockMisplaced:
    case SimFault::kBlockLost:
      return DamageBlock(how);
    case SimFault::kPageRot:
    case SimFault::kPageStale:
      return DamagePage(how);
    case SimFault::kArchiveRot:
      archive_unreadable_ = stored_.size() > 0;
      damage_ = archive_unreadable_ ? "the archive can not be read" : "";
      return archive_unreadable_;
    default:
      GH_CHECK(false, NameOf(how), " damages nothing");
  }
  return false;
}

bool SimDisk::DamageBlock(SimFault how) {
  // Half of the time one of the newest, which the next start has to read.
  const size_t count = blocks_.size();
  if (count < 3) {
    return false;
  }
  const size_t among = prng_.Chance(1, 2) ? std::min<size_t>(count, 8) : count;
  size_t which = count - 1 - prng_.Below(among);
  if (how == SimFault::kBlockLost) {
    // The last one may be gone without a trace: it is what the tail says.  So another.
    which = std::min(which, count - 2);
  }
  good_block_ = blocks_[which];
  if (how == SimFault::kBlockRot) {
    std::vector<uint8_t>& bytes = blocks_[which].bytes;
    bytes[prng_.Below(bytes.size())] ^= static_cast<uint8_t>(1u << prng_.Below(8));
  } else if (how == SimFault::kBlockMisplaced) {
    const size_t other = prng_.Below(count);
    if (other == which) {
      return false;
    }
    blocks_[which].bytes = blocks_[other].bytes;
  } else {
    blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(which));
  }
  damaged_block_ = which;
  block_is_lost_ = how == SimFault::kBlockLost;
  damage_ = absl::StrCat(NameOf(how), " of block ", good_block_.first_seq);
  return true;
}

bool SimDisk::DamagePage(SimFault how) {
  std::vector<PageKey> candidates;
  for (uint8_t table = 0; table < kCheckpointTablesMax; ++table) {
    for (uint32_t number = 0; number < pages_[table].size(); ++number) {
      const StoredPage& page = pages_[table][number];
      const bool differs = !page.before.empty() && page.before != page.bytes;
      if (!page.bytes.empty() && (how == SimFault::kPageRot || differs)) {
        candidates.emplace_back(table, number);
      }
    }
  }
  if (candidates.empty()) {
    return false;
  }
  const PageKey key = candidates[prng_.Below(candidates.size())];
  StoredPage& page = PageAt(key);
  good_page_ = page;
  if (how == SimFault::kPageRot) {
    page.checksum_fails = true;
  } else {
    page.bytes = page.before;
  }
  damaged_page_ = key;
  damage_ = absl::StrCat(NameOf(how), " of page ", key.second, " of table ", key.first);
  return true;
}

// Nothing has been written since: an engine that started all the same is not let go on before.
void SimDisk::Repair() {
  if (damaged_block_.has_value()) {
    if (block_is_lost_) {
      blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(*damaged_block_),
                     std::move(good_block_));
    } else {
      blocks_[*damaged_block_] = std::move(good_block_);
    }
  }
  if (damaged_page_.has_value()) {
    PageAt(*damaged_page_) = std::move(good_page_);
  }
  damaged_block_.reset();
  damaged_page_.reset();
  archive_unreadable_ = false;
  damage_was_read_ = false;
  damage_.clear();
}

uint64_t SimDisk::page_count() const {
  uint64_t count = 0;
  for (const std::vector<StoredPage>& pages : pages_) {
    count += static_cast<uint64_t>(std::count_if(
        pages.begin(), pages.end(), [](const StoredPage& page) { return !page.bytes.empty(); }));
  }
  return count;
}

std::unique_ptr<SimDisk> SimDisk::JournalAlone() const {
  auto copy = std::make_unique<SimDisk>(0, counts_);
  copy->epoch_ = epoch_;
  copy->tail_ = tail_;
  copy->blocks_ = blocks_;
  return copy;
}

}  // namespace gonghui
