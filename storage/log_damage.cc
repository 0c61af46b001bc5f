// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "storage/log_damage.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <memory>
#include <string_view>
#include <tuple>
#include <vector>

#include <absl/strings/match.h>
#include <absl/strings/str_cat.h>
#include <absl/strings/strip.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>

#include "engine/base/status_macros.h"
#include "storage/crc32c.h"
#include "storage/rocksdb_store.h"
#include "storage/synced_sizes.h"

namespace gonghui {
namespace {

constexpr size_t kBlockBytes = 32 << 10;
constexpr size_t kHeaderBytes = 4 + 2 + 1;
constexpr size_t kSectorBytes = 512;
constexpr size_t kOwnZeroesMax = 512;  // at the end of a value
constexpr uint64_t kNothingBegun = UINT64_MAX;
constexpr size_t kRestBytesMax = 64 << 20;  // far above what is written at once

uint8_t ByteAt(std::string_view bytes, size_t at) {
  return static_cast<uint8_t>(bytes[at]);
}

// As RocksDB stores it, so that the checksum of what contains checksums is still one.
constexpr uint32_t kMaskDelta = 0xa282ead8U;
uint32_t Masked(uint32_t crc) {
  return std::rotr(crc, 15) + kMaskDelta;
}
uint32_t Unmasked(uint32_t stored) {
  return std::rotl(stored - kMaskDelta, 15);
}

struct Place {
  size_t at;
  size_t end;  // of the record, as its length says
};

// Of the record that stands at the beginning of `bytes`.
uint32_t ChecksumIn(std::string_view bytes) {
  return uint32_t{ByteAt(bytes, 0)} | uint32_t{ByteAt(bytes, 1)} << 8 |
         uint32_t{ByteAt(bytes, 2)} << 16 | uint32_t{ByteAt(bytes, 3)} << 24;
}
size_t LengthIn(std::string_view bytes) {
  return size_t{ByteAt(bytes, 4)} | size_t{ByteAt(bytes, 5)} << 8;
}
bool Matches(std::string_view bytes) {
  return Masked(Crc32c(bytes.substr(6, 1 + LengthIn(bytes)))) == ChecksumIn(bytes);
}

// RocksDB's types: a record is whole, or in pieces of which each is in another block.
enum class Piece : uint8_t { kNone = 0, kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };
Piece PieceIn(std::string_view bytes) {
  return static_cast<Piece>(ByteAt(bytes, 6));
}
bool Begins(Piece piece) {
  return piece == Piece::kFull || piece == Piece::kFirst;
}
bool Continues(Piece piece) {
  return piece == Piece::kMiddle || piece == Piece::kLast;
}

// Whether a record begins anywhere from `at` on, the first piece of which is whole.  Behind one
// that was never finished none does: a log is written from its beginning to its end.
bool HasRecordFrom(std::string_view block, size_t at) {
  while (at + kHeaderBytes <= block.size()) {
    const std::string_view record = block.substr(at);
    const Piece piece = PieceIn(record);
    // Of a record that begins where only a header has room the first piece is empty.
    const bool may_be_empty = piece == Piece::kFirst && at + kHeaderBytes == kBlockBytes;
    if ((Begins(piece) || Continues(piece)) && (LengthIn(record) != 0 || may_be_empty) &&
        kHeaderBytes + LengthIn(record) <= record.size() && Matches(record)) {
      if (Begins(piece)) {
        return true;
      }
      at += kHeaderBytes + LengthIn(record);
    } else {
      ++at;
    }
  }
  return false;
}

// Whether what is there of the file's last record is all of it, so that it is its length that is
// damaged: RocksDB takes it for one that is cut off, and drops it without a word.
bool IsWholeButForLength(std::string_view bytes) {
  return Masked(Crc32c(bytes.substr(6))) == ChecksumIn(bytes);
}
// The same where zeroes follow the record, of which some may be its own.
bool IsWholeButForLength(std::string_view bytes, size_t written) {
  for (size_t end = std::max(written, kHeaderBytes);
       end <= std::min(written + kOwnZeroesMax, bytes.size());
       ++end) {
    if (IsWholeButForLength(bytes.substr(0, end))) {
      return true;
    }
  }
  return false;
}

bool AreZeroes(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

// In the block that begins at `offset`, of which so many bytes are known to have been synced.  A
// record of the last block may be unfinished.  Room never written to is given, too, where it
// begins.  `begun`: where the record begins whose next piece has not been seen yet, or
// kNothingBegun.
std::optional<Place> DamageIn(std::string_view block,
                              uint64_t offset,
                              bool is_last,
                              size_t synced,
                              LogSearch search,
                              uint64_t* begun) {
  size_t at = 0;
  while (block.size() - at >= kHeaderBytes) {
    const std::string_view record = block.substr(at);
    const Piece piece = PieceIn(record);
    const Place place{at, at + kHeaderBytes + LengthIn(record)};
    if (piece == Piece::kNone && LengthIn(record) == 0) {
      return place;
    }
    // Some of the pieces that there are not, those of logs that are written over, RocksDB takes
    // for what an earlier log left there, and so for the end of this one.
    if (!Begins(piece) && !Continues(piece)) {
      return place;
    }
    if (place.end > block.size()) {
      return !is_last || at < synced || HasRecordFrom(block, at + 1) || IsWholeButForLength(record)
                 ? std::optional(place)
                 : std::nullopt;
    }
    if (search == LogSearch::kAll && !Matches(record)) {
      return place;
    }
    if (Begins(piece)) {
      *begun = offset + at;
    }
    if (piece == Piece::kFull || piece == Piece::kLast) {
      *begun = kNothingBegun;
    }
    at = place.end;
  }
  return is_last && at < synced ? std::optional(Place{at, at}) : std::nullopt;
}

// CRC-32C of an error that is one bit of a byte, by the bit, when no byte follows.
std::array<uint32_t, 8> ErrorsOfLastByte() {
  constexpr uint32_t kPolynomial = 0x82f63b78;
  std::array<uint32_t, 8> errors{};
  for (size_t bit = 0; bit < errors.size(); ++bit) {
    errors[bit] = uint32_t{1} << bit;
    for (int i = 0; i < 8; ++i) {
      errors[bit] = errors[bit] >> 1 ^ ((errors[bit] & 1) != 0 ? kPolynomial : 0);
    }
  }
  return errors;
}
// The same when a byte more follows.
uint32_t BehindOneByte(uint32_t error, const std::array<uint32_t, 8>& last) {
  uint32_t behind = error >> 8;
  for (size_t bit = 0; bit < last.size(); ++bit) {
    behind ^= (error >> bit & 1) != 0 ? last[bit] : 0;
  }
  return behind;
}

// Where one flipped bit of its checksum, its type or its payload explains why the piece, all of
// which is here, does not match: the byte.  A checksum is linear: what a bit changes of it depends
// on how many bytes follow, and on nothing else.  Of one that was never finished a bit explains it
// by chance in 8 of 2^32 cases for each of its bytes.
std::optional<size_t> FlippedByteOf(std::string_view piece) {
  const uint32_t stored = ChecksumIn(piece);
  const uint32_t found = Crc32c(piece.substr(6));
  if (const uint32_t flipped = Masked(found) ^ stored; std::has_single_bit(flipped)) {
    return static_cast<size_t>(std::countr_zero(flipped)) / 8;
  }
  const uint32_t difference = Unmasked(stored) ^ found;
  const std::array<uint32_t, 8> last = ErrorsOfLastByte();
  std::array<uint32_t, 8> errors = last;
  for (size_t byte = piece.size(); byte-- > 6;) {
    for (uint32_t& error : errors) {
      if (error == difference) {
        return byte;
      }
      error = BehindOneByte(error, last);
    }
  }
  return std::nullopt;
}

// Whether that is rot.  Where all that the piece has in that sector is zeroes, but for the bit
// that is missing, it is the sector that was not written, much sooner.  The piece is
// [at, end) of `rest`.
bool IsOneBitOff(std::string_view rest, size_t at, size_t end) {
  const std::optional<size_t> byte = FlippedByteOf(rest.substr(at, end - at));
  if (!byte) {
    return false;
  }
  const size_t sector = (at + *byte) / kSectorBytes * kSectorBytes;
  const size_t from = std::max(at, sector);
  return !AreZeroes(rest.substr(from, std::min(end, sector + kSectorBytes) - from));
}

// The same of its length; `record` is what may be its piece of the block.
bool IsLengthOneBitOff(std::string_view record) {
  const uint32_t stored = ChecksumIn(record);
  for (size_t bit = 1; bit <= UINT16_MAX; bit <<= 1) {
    const size_t end = kHeaderBytes + (LengthIn(record) ^ bit);
    if (end <= record.size() && Masked(Crc32c(record.substr(6, end - 6))) == stored) {
      return true;
    }
  }
  return false;
}

// What stands where a record does not hold together.
struct Remains {
  size_t end = 0;            // of it, as far as its lengths can be believed
  bool lacks_piece = false;  // one that goes on has nothing behind it
  bool is_rotten = false;    // it is all there but for one bit, or its length
};

// Of the record that begins at `at`; `rest` begins with the block that it is in.  Behind the record
// may be room that was made ahead (spare_log.h), which is zeroes.
Remains RemainsOf(std::string_view rest, size_t at) {
  const size_t last_written = rest.find_last_not_of('\0');
  const size_t written_end =
      std::max(at + kHeaderBytes, last_written == std::string_view::npos ? 0 : last_written + 1);
  Remains remains;
  // Where no length can be believed: the last sector in which anything is.
  remains.end =
      std::min(rest.size(), (written_end + kSectorBytes - 1) / kSectorBytes * kSectorBytes);
  for (size_t piece_at = at;;) {
    if (rest.size() - piece_at < kHeaderBytes) {
      remains.end = rest.size();  // the file ends within the record
      return remains;
    }
    const std::string_view record = rest.substr(piece_at);
    const Piece piece = PieceIn(record);
    const size_t piece_end = piece_at + kHeaderBytes + LengthIn(record);
    const size_t block_end = std::min(rest.size(), (piece_at / kBlockBytes + 1) * kBlockBytes);
    const bool is_here = piece_end <= block_end;
    if (piece_at != at && AreZeroes(record.substr(0, kHeaderBytes))) {
      remains.lacks_piece = true;
      return remains;
    }
    if (!is_here || !Matches(record)) {
      // More than a bit of a length is seen where the value does not end in zeroes.
      remains.is_rotten =
          (is_here && IsOneBitOff(rest, piece_at, piece_end)) ||
          IsLengthOneBitOff(record.substr(0, block_end - piece_at)) ||
          IsWholeButForLength(record, written_end - std::min(piece_at, written_end));
      if (remains.is_rotten) {
        return remains;
      }
    }
    const bool ends_file = block_end == rest.size();
    if (piece == Piece::kFull || piece == Piece::kLast) {
      if (is_here || ends_file) {
        remains.end = std::min(piece_end, rest.size());
      }
      return remains;
    }
    if (piece != Piece::kFirst && piece != Piece::kMiddle) {
      return remains;
    }
    if (piece_end != block_end) {
      if (!is_here && ends_file) {
        remains.end = rest.size();
      }
      return remains;
    }
    piece_at = piece_end;
  }
}

// Whether a sector's part of the record is zeroes, as of one that no disk wrote; disks write
// sectors whole.  It may be a single byte: one that a flipped bit made zero is told by RemainsOf().
bool LacksSector(std::string_view rest, size_t at, size_t end) {
  while (at < end) {
    const size_t to = std::min(end, (at / kSectorBytes + 1) * kSectorBytes);
    if (AreZeroes(rest.substr(at, to - at))) {
      return true;
    }
    at = to;
  }
  return false;
}

// Such a record was never synced.  One that is all there but for one bit was.
bool IsUnfinished(std::string_view rest, size_t at) {
  const Remains remains = RemainsOf(rest, at);
  return !remains.is_rotten && (remains.lacks_piece || LacksSector(rest, at, remains.end) ||
                                LacksSector(rest, at + kHeaderBytes, remains.end));
}

// `rest` is the file from the block on that `place` is in, which begins at `offset`.
LogDamage Described(const Place& place, std::string_view rest, uint64_t offset) {
  LogDamage damage;
  damage.at = offset + place.at;
  // A damaged length may lead past records that are whole, or end before bytes that are none:
  // it is the records that count.
  damage.is_last = !HasRecordFrom(rest.substr(0, kBlockBytes), place.at + 1);
  for (size_t block = kBlockBytes; block < rest.size() && damage.is_last; block += kBlockBytes) {
    damage.is_last = !HasRecordFrom(rest.substr(block, kBlockBytes), 0);
  }
  damage.is_unwritten = damage.is_last && IsUnfinished(rest, place.at);
  return damage;
}

bool IsLog(const std::string& name) {
  return LogNumberOf(name).has_value();
}

constexpr absl::string_view kRestore = ": restore a backup";
constexpr absl::string_view kItsLast = ", its last";
constexpr absl::string_view kMayBeGivenUp =
    ": if the power went, it was perhaps never finished, and gonghuid "
    "--recover-point-in-time gives up nothing but it";
constexpr absl::string_view kOrAFlush = "; if it was finished, what was flushed with it";

std::string PlaceText(const std::string& name, const LogDamage& damage) {
  return absl::StrCat(name, " is damaged in the record at byte ", damage.at);
}

struct NamedDamage {
  std::string name;
  LogDamage damage;
  bool may_be_given_up = false;  // the last record, and not known to have been synced
};

// The manifest and the logs, the newest log last.
std::vector<std::string> LogNamesBlocking(rocksdb::Env& env, const std::string& folder) {
  std::vector<std::string> names;
  (void)env.GetChildren(folder, &names);
  std::string current;
  (void)rocksdb::ReadFileToString(&env, folder + "/CURRENT", &current);
  const absl::string_view manifest = absl::StripSuffix(current, "\n");
  std::erase_if(names,
                [&manifest](const std::string& name) { return !IsLog(name) && name != manifest; });
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return std::tuple(IsLog(a), a.size(), a) < std::tuple(IsLog(b), b.size(), b);
  });
  return names;
}

// No record was begun in it: it is empty, or room for one (spare_log.h).
bool HoldsNothingBlocking(rocksdb::Env& env, const std::string& path) {
  std::unique_ptr<rocksdb::SequentialFile> file;
  if (!env.NewSequentialFile(path, &file, rocksdb::EnvOptions()).ok()) {
    return false;
  }
  std::string scratch(kBlockBytes, '\0');
  for (;;) {
    rocksdb::Slice read;
    if (!file->Read(scratch.size(), &read, scratch.data()).ok() ||
        !AreZeroes({read.data(), read.size()})) {
      return false;
    }
    if (read.empty()) {
      return true;
    }
  }
}

// Whether the last record of names[i] may be one that was never finished: the manifest's, and that
// of the newest log in which anything stands.
bool MayEndUnfinishedBlocking(rocksdb::Env& env,
                              const std::string& folder,
                              const std::vector<std::string>& names,
                              size_t i) {
  return !IsLog(names[i]) ||
         std::all_of(
             names.begin() + static_cast<ptrdiff_t>(i) + 1, names.end(), [&](const auto& newer) {
               return HoldsNothingBlocking(env, absl::StrCat(folder, "/", newer));
             });
}

std::vector<NamedDamage> DamagesBlocking(rocksdb::Env& env, const std::string& folder) {
  std::vector<NamedDamage> damages;
  const std::vector<std::string> names = LogNamesBlocking(env, folder);
  for (size_t i = 0; i < names.size(); ++i) {
    const uint64_t synced = SyncedBytesOfBlocking(env, folder, names[i]);
    if (const auto damage =
            FindLogDamageBlocking(env, absl::StrCat(folder, "/", names[i]), synced)) {
      const bool may_be_given_up = damage->is_last && damage->at >= synced &&
                                   MayEndUnfinishedBlocking(env, folder, names, i);
      damages.push_back({names[i], *damage, may_be_given_up});
    }
  }
  return damages;
}

// What an operator can do about it is said where it is true: beside other damage, giving up the
// end gives up all that is behind that, too.
std::string DescribeDamages(const std::vector<NamedDamage>& damages) {
  const auto may_be_given_up = [](const NamedDamage& each) { return each.may_be_given_up; };
  const bool all = std::all_of(damages.begin(), damages.end(), may_be_given_up);
  bool is_manifest = false;
  std::string text;
  for (const NamedDamage& each : damages) {
    absl::StrAppend(
        &text, text.empty() ? "" : "; ", PlaceText(each.name, each.damage), all ? kItsLast : "");
    is_manifest = is_manifest || !IsLog(each.name);
  }
  return all ? absl::StrCat(text, kMayBeGivenUp, is_manifest ? kOrAFlush : "")
             : absl::StrCat(text, kRestore);
}

// So many bytes.  What was cut must not come back: behind it the next log is written.
absl::StatusOr<uint64_t> CutOffBlocking(rocksdb::Env& env, const std::string& path, uint64_t at) {
  uint64_t size = 0;
  rocksdb::Status cut = env.GetFileSize(path, &size);
  std::unique_ptr<rocksdb::WritableFile> file;
  if (cut.ok()) {
    cut = env.ReopenWritableFile(path, &file, rocksdb::EnvOptions());
  }
  if (cut.ok()) {
    cut = file->Truncate(at);
  }
  if (cut.ok()) {
    cut = file->Sync();
  }
  if (cut.ok()) {
    cut = file->Close();
  }
  GH_RETURN_IF_ERROR(ToStatus(cut, absl::StrCat(path, ": cutting off its damaged end")));
  return size - at;
}

// What a start reads of a table: its end and its properties, not its blocks.
std::string TablePlacesBlocking(rocksdb::Env& env, const std::string& folder) {
  std::vector<std::string> names;
  (void)env.GetChildren(folder, &names);
  std::sort(names.begin(), names.end());
  std::string places;
  rocksdb::Options options;
  options.env = &env;
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, ".sst")) {
      continue;
    }
    rocksdb::SstFileReader reader(options);
    if (const rocksdb::Status opened = reader.Open(absl::StrCat(folder, "/", name)); !opened.ok()) {
      absl::StrAppend(&places, "; ", name, " is damaged: ", opened.ToString());
    }
  }
  return places;
}

}  // namespace

std::optional<LogDamage> FindLogDamageBlocking(rocksdb::Env& env,
                                               const std::string& path,
                                               uint64_t synced,
                                               LogSearch search) {
  std::unique_ptr<rocksdb::SequentialFile> file;
  if (!env.NewSequentialFile(path, &file, rocksdb::EnvOptions()).ok()) {
    return std::nullopt;
  }
  std::string scratch(kBlockBytes, '\0');
  // Up to so many bytes; false: it can not be read.
  const auto read_up_to = [&file, &scratch](size_t size, std::string* bytes) {
    while (bytes->size() < size) {
      rocksdb::Slice read;
      if (!file->Read(std::min(scratch.size(), size - bytes->size()), &read, scratch.data()).ok()) {
        return false;
      }
      if (read.empty()) {
        return true;
      }
      bytes->append(read.data(), read.size());
    }
    return true;
  };
  uint64_t offset = 0;
  uint64_t begun = kNothingBegun;
  for (;;) {
    std::string block;
    if (!read_up_to(kBlockBytes, &block)) {
      return std::nullopt;
    }
    const bool is_last = block.size() < kBlockBytes;
    const auto synced_here = static_cast<size_t>(synced > offset ? synced - offset : 0);
    if (const std::optional<Place> place =
            DamageIn(block, offset, is_last, synced_here, search, &begun)) {
      if (!read_up_to(kRestBytesMax, &block)) {
        return std::nullopt;
      }
      if (!AreZeroes(std::string_view(block).substr(place->at))) {
        return Described(*place, block, offset);
      }
      // However many zeroes there are, it is what stands behind them that counts.
      for (std::string more;; more.clear()) {
        if (!read_up_to(kRestBytesMax, &more)) {
          return std::nullopt;
        }
        if (!AreZeroes(more)) {
          return LogDamage{offset + place->at};
        }
        if (more.empty()) {
          break;
        }
      }
      // Room that was never written to, which may be the rest of a record.
      if (begun != kNothingBegun) {
        return LogDamage{begun, /*is_last=*/true, /*is_unwritten=*/true};
      }
      return place->at < synced_here ? std::optional(Described(*place, block, offset))
                                     : std::nullopt;
    }
    if (is_last) {
      return std::nullopt;
    }
    offset += block.size();
  }
}

bool OnlyEndsAreUnwrittenBlocking(rocksdb::Env& env, const std::string& folder) {
  const std::vector<NamedDamage> damages = DamagesBlocking(env, folder);
  return !damages.empty() &&
         std::all_of(damages.begin(), damages.end(), [](const NamedDamage& each) {
           return each.may_be_given_up && each.damage.is_unwritten;
         });
}

absl::Status CheckLogsBlocking(rocksdb::Env& env, const std::string& folder) {
  const std::vector<std::string> names = LogNamesBlocking(env, folder);
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string path = absl::StrCat(folder, "/", names[i]);
    const uint64_t synced = SyncedBytesOfBlocking(env, folder, names[i]);
    const auto is_cut_off = [&](const std::optional<LogDamage>& damage) {
      return damage && damage->is_unwritten && damage->at >= synced &&
             MayEndUnfinishedBlocking(env, folder, names, i);
    };
    const auto damage = FindLogDamageBlocking(env, path, synced, LogSearch::kWhatRocksdbMisses);
    // Where the missing sector has part of a header, the faster search has gone on in the middle of
    // the record.
    if (damage && !is_cut_off(damage) && !is_cut_off(FindLogDamageBlocking(env, path, synced))) {
      return absl::DataLossError(absl::StrCat(
          "data folder ", folder, ": ", DescribeDamages(DamagesBlocking(env, folder))));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<CutEnd>> CutUnfinishedEndsBlocking(rocksdb::Env& env,
                                                              const std::string& folder,
                                                              LogSearch search,
                                                              bool damaged_too) {
  std::vector<CutEnd> cuts;
  const std::vector<std::string> names = LogNamesBlocking(env, folder);
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i];
    if (!MayEndUnfinishedBlocking(env, folder, names, i)) {
      continue;
    }
    const std::string path = absl::StrCat(folder, "/", name);
    const uint64_t synced = SyncedBytesOfBlocking(env, folder, name);
    if (IsLog(name) && !FindLogDamageBlocking(env, path, synced, search)) {
      continue;
    }
    // A damaged length leads the faster search astray, and what is cut off is gone.
    const std::optional<LogDamage> damage = FindLogDamageBlocking(env, path, synced);
    if (!damage) {
      continue;
    }
    if (!damage->is_last || damage->at < synced) {
      if (IsLog(name)) {
        continue;  // RocksDB refuses it, or gives up what is behind it, as it is told
      }
      return absl::DataLossError(
          absl::StrCat("data folder ", folder, ": ", PlaceText(name, *damage), kRestore));
    }
    if (damage->is_unwritten || damaged_too) {
      GH_ASSIGN_OR_RETURN(const uint64_t bytes, CutOffBlocking(env, path, damage->at));
      cuts.push_back({name, damage->at, bytes, damage->is_unwritten});
    }
  }
  return cuts;
}

absl::Status WithPlaceBlocking(const absl::Status& status,
                               rocksdb::Env& env,
                               const std::string& folder) {
  if (status.code() != absl::StatusCode::kDataLoss) {
    return status;
  }
  std::string places;
  // RocksDB looks for a missing table under its former name, and tells that one.
  constexpr absl::string_view kFormerSuffix = ".ldb";
  const absl::string_view said = status.message();
  if (const size_t end = said.find(kFormerSuffix); end != absl::string_view::npos) {
    const size_t begin = said.substr(0, end).find_last_not_of("0123456789") + 1;
    absl::StrAppend(&places, "; ", said.substr(begin, end - begin), ".sst is missing");
  }
  if (const auto damages = DamagesBlocking(env, folder); !damages.empty()) {
    absl::StrAppend(&places, "; ", DescribeDamages(damages));
  }
  if (places.empty()) {
    places = TablePlacesBlocking(env, folder);
  }
  return places.empty() ? status : absl::DataLossError(absl::StrCat(status.message(), places));
}

}  // namespace gonghui
