// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/workload.h"

#include <absl/container/flat_hash_map.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_cat.h>

#include "engine/base/status_macros.h"
#include "engine/base/strings.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "tools/load/csv_file.h"
#include "tools/load/wire.h"

namespace gonghui::load {
namespace {

using v1::AuthorizeRequest;

constexpr size_t kIdBytesMax = 16;

}  // namespace

bool IsGateMcc(uint32_t mcc) {
  return mcc == 4111 || mcc == 4112 || mcc == 4131;
}

PriceRange PricesOfMcc(uint32_t mcc) {
  if (IsGateMcc(mcc)) {
    return {200, 900};  // a metro ride in Kunming costs 2 to 9 yuan
  }
  switch (mcc) {
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

void Workload::AddTerminal(std::string_view id, std::string_view merchant_id, uint32_t mcc) {
  char bytes[2 * (2 + kIdBytesMax)];
  char* end = PutBytes(bytes, AuthorizeRequest::kTerminalIdFieldNumber, id);
  end = PutBytes(end, AuthorizeRequest::kMerchantIdFieldNumber, merchant_id);
  (IsGateMcc(mcc) ? gates_ : shops_).push_back(static_cast<uint32_t>(terminals_.size()));
  terminals_.push_back({std::string(id),
                        std::string(merchant_id),
                        std::string(bytes, static_cast<size_t>(end - bytes)),
                        PricesOfMcc(mcc)});
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
          AddTerminal(row[0], row[1], mcc == mcc_of_merchant.end() ? 0 : mcc->second);
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
      workload.AddTerminal("T" + number, "M" + number, kMccs[i % 5]);
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

}  // namespace gonghui::load
