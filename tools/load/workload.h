// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the load consists of: which cards are presented at which terminals, read
// from the CSV files that tools/datagen writes and gonghuictl imports, and kept
// as the bytes that go into a request.

#ifndef GONGHUI_TOOLS_LOAD_WORKLOAD_H_
#define GONGHUI_TOOLS_LOAD_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace gonghui::load {

struct WorkloadSources {
  std::string cards_file;      // CSV with the column card_number
  std::string terminals_file;  // CSV with terminal_id and merchant_id
  std::string merchants_file;  // CSV with merchant_id and mcc; may be empty
  // Instead of files: so many invented cards, for a server that knows none.
  uint32_t synthetic_count = 0;
  // Use only this terminal: with mTLS the certificate speaks for no other.
  std::string only_terminal;
};

// Prices that are usual for a kind of merchant, in fen, both ends included.
struct PriceRange {
  int64_t low_fen = 0;
  int64_t high_fen = 0;
};

PriceRange PricesOfMcc(uint32_t mcc);

// Local transport: its terminals are gates.
bool IsGateMcc(uint32_t mcc);

// Read-only after Load(): shared by all threads.
class Workload {
 public:
  static absl::StatusOr<Workload> Load(const WorkloadSources& sources);

  [[nodiscard]] size_t card_count() const { return cards_.size() / kCardStride; }
  [[nodiscard]] size_t terminal_count() const { return terminals_.size(); }

  // Field card_number, tag and all.
  [[nodiscard]] std::string_view CardBytes(size_t card) const {
    const char* at = cards_.data() + card * kCardStride;
    return {at + 1, static_cast<size_t>(*at)};
  }

  struct Terminal {
    std::string id;
    std::string merchant_id;
    std::string bytes;  // fields terminal_id and merchant_id, tags and all
    PriceRange prices;
  };

  [[nodiscard]] const Terminal& terminal(size_t index) const { return terminals_[index]; }

  // Which of the terminals are gates, and which are not.
  [[nodiscard]] const std::vector<uint32_t>& gates() const { return gates_; }
  [[nodiscard]] const std::vector<uint32_t>& shops() const { return shops_; }

 private:
  // One length, then the longest field: 1 tag, 1 length, 19 digits.  A card costs
  // one cache line at most two.
  static constexpr size_t kCardStride = 22;

  absl::Status AddCard(std::string_view card_number);
  void AddTerminal(std::string_view id, std::string_view merchant_id, uint32_t mcc);
  absl::Status ReadFiles(const WorkloadSources& sources);

  std::vector<char> cards_;
  std::vector<Terminal> terminals_;
  std::vector<uint32_t> gates_;
  std::vector<uint32_t> shops_;
};

}  // namespace gonghui::load

#endif  // GONGHUI_TOOLS_LOAD_WORKLOAD_H_
