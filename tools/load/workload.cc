// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/workload.h"

#include <algorithm>
#include <cmath>

#include <absl/container/flat_hash_map.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include "engine/base/hash.h"
#include "engine/base/status_macros.h"
#include "engine/base/strings.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "tools/load/csv_file.h"
#include "tools/load/wire.h"

namespace gonghui::load {
namespace {

using v1::AuthorizeRequest;

constexpr size_t kIdBytesMax = 16;
constexpr double kZipfExponent = 0.99;

}  // namespace

PriceRange PricesOfMcc(uint32_t mcc) {
  switch (mcc) {
    case 4111:  // local transport: a metro ride in Kunming costs 2 to 9 yuan
    case 4112:
    case 4131:
      return {200, 900};
    case 5411:  // supermarkets
    case 5422:
    case 5499:
      return {1'000, 30'000};
    case 5441:  // snacks, drinks
    case 5814:  // fast food
      return {300, 6'000};
    case 5812:  // restaurants
      return {1'500, 40'000};
    case 7011:  // hotels
      return {15'000, 80'000};
    default:
      return {500, 20'000};
  }
}

absl::Status Workload::AddCard(std::string_view card_number) {
  if (card_number.size() < 8 || card_number.size() > 19) {
    return absl::InvalidArgumentError(
        absl::StrCat("card_number \"", ToAbsl(card_number), "\" has not 8 to 19 digits"));
  }
  char entry[kCardStride] = {};
  const char* end = PutBytes(entry + 1, AuthorizeRequest::kCardNumberFieldNumber, card_number);
  entry[0] = static_cast<char>(end - entry - 1);
  cards_.insert(cards_.end(), entry, entry + kCardStride);
  return absl::OkStatus();
}

void Workload::AddTerminal(std::string_view id, std::string_view merchant_id, PriceRange prices) {
  char bytes[2 * (2 + kIdBytesMax)];
  char* end = PutBytes(bytes, AuthorizeRequest::kTerminalIdFieldNumber, id);
  end = PutBytes(end, AuthorizeRequest::kMerchantIdFieldNumber, merchant_id);
  terminals_.push_back({std::string(id),
                        std::string(merchant_id),
                        std::string(bytes, static_cast<size_t>(end - bytes)),
                        prices});
}

absl::Status Workload::ReadFiles(const WorkloadSources& sources) {
  absl::flat_hash_map<std::string, uint32_t> mcc_of_merchant;
  if (!sources.merchants_file.empty()) {
    GH_RETURN_IF_ERROR(
        ReadCsvFile(sources.merchants_file, {"merchant_id", "mcc"}, [&](const CsvRow& row) {
          uint32_t mcc = 0;
          if (!absl::SimpleAtoi(row[1], &mcc)) {
            return absl::InvalidArgumentError("mcc \"" + row[1] + "\" is not a number");
          }
          mcc_of_merchant[row[0]] = mcc;
          return absl::OkStatus();
        }));
  }
  GH_RETURN_IF_ERROR(
      ReadCsvFile(sources.terminals_file, {"terminal_id", "merchant_id"}, [&](const CsvRow& row) {
        for (const std::string& id : row) {
          if (id.empty() || id.size() > kIdBytesMax) {
            return absl::InvalidArgumentError("id \"" + id + "\" has not 1 to 16 characters");
          }
        }
        if (sources.only_terminal.empty() || sources.only_terminal == row[0]) {
          const auto mcc = mcc_of_merchant.find(row[1]);
          AddTerminal(row[0], row[1], PricesOfMcc(mcc == mcc_of_merchant.end() ? 0 : mcc->second));
        }
        return absl::OkStatus();
      }));
  return ReadCsvFile(
      sources.cards_file, {"card_number"}, [this](const CsvRow& row) { return AddCard(row[0]); });
}

absl::StatusOr<Workload> Workload::Load(const WorkloadSources& sources) {
  Workload workload;
  if (sources.synthetic_count > 0) {
    for (uint32_t i = 0; i < sources.synthetic_count; ++i) {
      std::string digits = std::to_string(uint64_t{8871'0000'0000'0000} + i);
      GH_RETURN_IF_ERROR(workload.AddCard(digits));
    }
    constexpr uint32_t kMccs[] = {4111, 5411, 5812, 5814, 7011};
    for (uint32_t i = 0; i <= sources.synthetic_count / 50; ++i) {
      const std::string number = std::to_string(100'000 + i);
      workload.AddTerminal("T" + number, "M" + number, PricesOfMcc(kMccs[i % 5]));
    }
  } else {
    GH_RETURN_IF_ERROR(workload.ReadFiles(sources));
  }
  if (workload.cards_.empty()) {
    return absl::InvalidArgumentError(sources.cards_file + ": no cards");
  }
  if (workload.terminals_.empty()) {
    return absl::InvalidArgumentError(
        sources.terminals_file + ": no terminals" +
        (sources.only_terminal.empty() ? std::string() : " named " + sources.only_terminal));
  }
  return workload;
}

CardPicker::CardPicker(CardOrder order, size_t card_count)
    : order_(order), card_count_(card_count) {
  if (order_ == CardOrder::kUniform) {
    return;
  }
  double zeta_two = 0;
  for (size_t rank = 1; rank <= card_count_; ++rank) {
    zeta_ += 1 / std::pow(static_cast<double>(rank), kZipfExponent);
    if (rank <= 2) {
      zeta_two = zeta_;
    }
  }
  alpha_ = 1 / (1 - kZipfExponent);
  eta_ = (1 - std::pow(2 / static_cast<double>(card_count_), 1 - kZipfExponent)) /
         (1 - zeta_two / zeta_);
}

size_t CardPicker::Pick(Prng* prng) const {
  if (order_ == CardOrder::kUniform || card_count_ <= 2) {
    return static_cast<size_t>(Scaled(prng->Next(), card_count_));
  }
  const double u = static_cast<double>(prng->Next() >> 11) * 0x1.0p-53;
  const double uz = u * zeta_;
  size_t rank = 0;
  if (uz >= 1 + std::pow(0.5, kZipfExponent)) {
    rank = static_cast<size_t>(static_cast<double>(card_count_) *
                               std::pow(eta_ * u - eta_ + 1, alpha_));
  } else if (uz >= 1) {
    rank = 1;
  }
  return static_cast<size_t>(Mix64(std::min(rank, card_count_ - 1) + 1) % card_count_);
}

}  // namespace gonghui::load
