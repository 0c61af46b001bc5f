// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/bulkload/former_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include "engine/base/status_macros.h"
#include "engine/base/strings.h"
#include "engine/domain/limits.h"
#include "engine/ledger/keys.h"
#include "tools/gonghuictl/csv_reader.h"
#include "tools/gonghuictl/suggest.h"
#include "tools/gonghuictl/units.h"
#include "tools/inspect/event_names.h"

namespace gonghui::bulkload {
namespace {

constexpr size_t kErrorsMax = 5;
constexpr size_t kAbsent = static_cast<size_t>(-1);

enum Column : size_t {
  kTerminal,
  kRequest,
  kCard,
  kAmount,
  kDecidedAt,
  kOutcome,
  kReason,
  kSubsidy,
  kCapture,
  kFullPrice,
  kAllowPartial,
  kProgramme,
  kEntryMode,
  kStan,
  kHoldSeconds,
  kColumnCount,
};

struct ColumnInfo {
  std::string_view name;
  bool required;
  std::string_view help;
};

constexpr std::array<ColumnInfo, kColumnCount> kColumns = {{
    {"terminal_id", true, "a terminal that this data folder knows"},
    {"request_id", true, "the UUID under which that terminal asked"},
    {"card_number", true, "a card that this data folder knows"},
    {"amount_fen", true, "list price, in fen, from 1"},
    {"decided_at", true, "2026-01-31T08:15:00+08:00; without an offset it is in --zone"},
    {"outcome", true, "approved or declined"},
    {"reason", false, "of a decline, required: e.g. quota_exhausted"},
    {"subsidy_fen", false, "of an approval: what the union gave of the amount [0]"},
    {"capture", false, "true: a sale; false: a hold [true]"},
    {"full_price", false, "true: was asked to be approved at full price if need be [false]"},
    {"allow_partial", false, "true: was asked to be approved for less if need be [false]"},
    {"programme", false, "code of the programme that was asked for [none]"},
    {"pos_entry_mode", false, "contactless, qr_code, chip, magstripe, manual [unspecified]"},
    {"stan", false, "trace number of the request, 0 to 999999 [0]"},
    {"hold_s", false, "seconds for which a hold was asked [0]"},
}};

// REQUIRES: ctl::IsUuid(text).
RequestId RequestIdOf(std::string_view text) {
  RequestId id;
  int digits = 0;
  for (const char c : text) {
    if (c == '-') {
      continue;
    }
    const auto digit = static_cast<uint64_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    uint64_t& half = digits++ < 16 ? id.high : id.low;
    half = half << 4 | digit;
  }
  return id;
}

std::string TextOf(const RequestId& id) {
  const std::string hex = fmt::format("{:016x}{:016x}", id.high, id.low);
  return absl::StrCat(hex.substr(0, 8),
                      "-",
                      hex.substr(8, 4),
                      "-",
                      hex.substr(12, 4),
                      "-",
                      hex.substr(16, 4),
                      "-",
                      hex.substr(20));
}

// In either case, with or without the API's prefix.
std::optional<Reason> ReasonOf(std::string_view text) {
  std::string word = absl::AsciiStrToLower(ToAbsl(text));
  constexpr std::string_view kPrefix = "reason_";
  if (word.starts_with(kPrefix)) {
    word.erase(0, kPrefix.size());
  }
  for (uint16_t number = 1; number < 1024; ++number) {
    const auto reason = static_cast<Reason>(number);
    // An answer for an unknown terminal is never stored.
    if (NameOf(reason) == word && reason != Reason::kInvalidTerminal && word != "unknown") {
      return reason;
    }
  }
  return std::nullopt;
}

// What is wrong with one cell.
struct Wrong {
  Column column;
  std::string what;
};

// One record of the file.
class Row {
 public:
  Row(const std::vector<std::string>& fields,
      std::span<const size_t, kColumnCount> positions,
      const Ledger& ledger,
      const FormerOptions& options)
      : fields_(fields), positions_(positions), ledger_(ledger), options_(options) {}

  // The first thing that is wrong, or nothing: then all but the seq is filled.
  std::optional<Wrong> Parse(Transaction* out) {
    *out = Transaction{};
    out->kind = TransactionKind::kAuthorization;
    for (const auto step :
         {&Row::Parties, &Row::Amounts, &Row::Time, &Row::Request, &Row::Outcome}) {
      if (std::optional<Wrong> wrong = (this->*step)(out)) {
        return wrong;
      }
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::string_view Cell(Column column) const {
    const size_t position = positions_[column];
    return position == kAbsent ? std::string_view() : std::string_view(fields_[position]);
  }

  Wrong Bad(Column column, std::string_view expected) const {
    const std::string_view cell = Cell(column);
    return {column,
            cell.empty() ? fmt::format("empty, expected {}", expected)
                         : fmt::format("\"{}\", expected {}", cell, expected)};
  }

  std::optional<Wrong> Parties(Transaction* out) {
    const std::string_view terminal = Cell(kTerminal);
    const auto id = TerminalId::Parse({terminal.data(), terminal.size()});
    if (!id) {
      return Bad(kTerminal, "1 to 16 of A-Z a-z 0-9 . _ : -");
    }
    out->terminal = ledger_.FindTerminal(*id);
    if (out->terminal == TerminalRow{}) {
      return Bad(kTerminal, "a terminal that was imported");
    }
    out->merchant = ledger_.terminals()[out->terminal].merchant;
    if (!ctl::IsUuid(Cell(kRequest))) {
      return Bad(kRequest, "a UUID, 8-4-4-4-12 hexadecimal digits that are not all 0");
    }
    out->request_id = RequestIdOf(Cell(kRequest));
    const std::string_view card = Cell(kCard);
    const auto number = ctl::ParseUnsigned(card, UINT64_MAX);
    if (card.size() < 8 || card.size() > 19 || card[0] == '0' || !number.ok()) {
      return Bad(kCard, "8 to 19 digits, the first not 0");
    }
    out->card = gonghui::CardNumber{*number};
    const CardRow row = ledger_.FindCard(out->card);
    if (row == CardRow{}) {
      return Bad(kCard, "a card that was imported");
    }
    out->member = ledger_.cards()[row].member;
    return std::nullopt;
  }

  std::optional<Wrong> Amounts(Transaction* out) {
    const auto amount = ctl::ParseUnsigned(Cell(kAmount), uint64_t{kTransactionFenMax});
    if (!amount.ok() || *amount == 0) {
      return Bad(kAmount, fmt::format("whole fen, 1 to {}", kTransactionFenMax));
    }
    out->list_price = Fen{static_cast<int64_t>(*amount)};
    if (!Cell(kSubsidy).empty()) {
      const auto subsidy = ctl::ParseUnsigned(Cell(kSubsidy), *amount);
      if (!subsidy.ok()) {
        return Bad(kSubsidy, "whole fen, at most the amount");
      }
      out->subsidy = Fen{static_cast<int64_t>(*subsidy)};
    }
    out->member_pays = out->list_price - out->subsidy;
    return std::nullopt;
  }

  std::optional<Wrong> Time(Transaction* out) {
    const auto instant = ctl::ParseInstant(Cell(kDecidedAt), options_.zone);
    if (!instant.ok()) {
      return Bad(kDecidedAt, "a time such as 2026-01-31T08:15:00+08:00");
    }
    // The bounds first: beyond them nanoseconds do not fit.
    if (instant->seconds < kTimestampNsMin / kNsPerSecond ||
        instant->seconds >= options_.now.value() / kNsPerSecond) {
      return Bad(kDecidedAt, "a time between 2000-01-01 and this moment");
    }
    out->decided_at = TimestampNs{instant->seconds * kNsPerSecond + instant->nanos};
    return std::nullopt;
  }

  std::optional<Wrong> Flag(Column column, bool* out) {
    const std::string_view cell = Cell(column);
    if (cell.empty()) {
      return std::nullopt;
    }
    if (cell != "true" && cell != "false") {
      return Bad(column, "true or false");
    }
    *out = cell == "true";
    return std::nullopt;
  }

  // What a repeat is compared with.
  std::optional<Wrong> Request(Transaction* out) {
    out->capture_at_once = true;
    bool full_price = false;
    for (const auto& [column, flag] : {std::pair{kCapture, &out->capture_at_once},
                                       std::pair{kFullPrice, &full_price},
                                       std::pair{kAllowPartial, &out->progress.allow_partial}}) {
      if (std::optional<Wrong> wrong = Flag(column, flag)) {
        return wrong;
      }
    }
    out->if_no_benefit = full_price ? IfNoBenefit::kFullPrice : IfNoBenefit::kDecline;
    const std::string_view programme = Cell(kProgramme);
    if (!programme.empty()) {
      const auto code = ProgrammeCode::Parse({programme.data(), programme.size()});
      if (!code) {
        return Bad(kProgramme, "1 to 32 of A-Z a-z 0-9 . _ : -");
      }
      out->programme_hash = HashOf(*code);
    }
    const std::string_view mode = Cell(kEntryMode);
    bool known = mode.empty();
    for (uint8_t number = 0; number <= static_cast<uint8_t>(PosEntryMode::kManual); ++number) {
      const auto candidate = static_cast<PosEntryMode>(number);
      if (mode == NameOf(candidate)) {
        out->entry_mode = candidate;
        known = true;
      }
    }
    if (!known) {
      return Bad(kEntryMode, "contactless, qr_code, chip, magstripe, manual or unspecified");
    }
    for (const auto& [column, max, number] :
         {std::tuple{kStan, uint64_t{999'999}, &out->stan},
          std::tuple{kHoldSeconds, uint64_t{kHoldSecondsMax}, &out->hold_s}}) {
      if (Cell(column).empty()) {
        continue;
      }
      const auto value = ctl::ParseUnsigned(Cell(column), max);
      if (!value.ok()) {
        return Bad(column, fmt::format("a whole number, 0 to {}", max));
      }
      *number = static_cast<uint32_t>(*value);
    }
    return std::nullopt;
  }

  std::optional<Wrong> Outcome(Transaction* out) {
    const std::string_view outcome = Cell(kOutcome);
    if (outcome == "approved") {
      if (!Cell(kReason).empty()) {
        return Bad(kReason, "nothing: an approval has no reason");
      }
      out->outcome = gonghui::Outcome::kApproved;
      out->state = TransactionState::kExpired;
      return std::nullopt;
    }
    if (outcome != "declined") {
      return Bad(kOutcome, "approved or declined");
    }
    const std::optional<Reason> reason = ReasonOf(Cell(kReason));
    if (!reason) {
      return Bad(kReason, "why it was declined, e.g. quota_exhausted (docs: Reason)");
    }
    if (out->subsidy > Fen{0}) {
      return Bad(kSubsidy, "0: of a decline nothing was given");
    }
    out->reason = *reason;
    return std::nullopt;
  }

  const std::vector<std::string>& fields_;
  const std::span<const size_t, kColumnCount> positions_;
  const Ledger& ledger_;
  const FormerOptions& options_;
};

absl::StatusOr<std::array<size_t, kColumnCount>> MapHeader(const std::vector<std::string>& header) {
  std::array<size_t, kColumnCount> positions{};
  positions.fill(kAbsent);
  std::vector<std::string> names;
  for (const ColumnInfo& column : kColumns) {
    names.emplace_back(column.name);
  }
  for (size_t i = 0; i < header.size(); ++i) {
    const auto found = std::find(names.begin(), names.end(), header[i]);
    if (found == names.end()) {
      const std::string nearest = ctl::Nearest(header[i], names);
      return absl::InvalidArgumentError(
          fmt::format("column {}: unknown column \"{}\"{}",
                      i + 1,
                      header[i],
                      nearest.empty() ? "" : fmt::format("; did you mean \"{}\"?", nearest)));
    }
    size_t& position = positions[static_cast<size_t>(found - names.begin())];
    if (position != kAbsent) {
      return absl::InvalidArgumentError(
          fmt::format("column {}: \"{}\" stands in the header twice", i + 1, header[i]));
    }
    position = i;
  }
  for (size_t c = 0; c < kColumnCount; ++c) {
    if (kColumns[c].required && positions[c] == kAbsent) {
      return absl::InvalidArgumentError(
          fmt::format("the header lacks the column \"{}\"", names[c]));
    }
  }
  return positions;
}

// The first few of them, and how many there are.
class Errors {
 public:
  explicit Errors(const std::string& name) : name_(name) {}

  void Add(uint64_t line, std::string_view what) {
    if (count_++ < kErrorsMax) {
      text_ += fmt::format("{}{}:{}: {}", text_.empty() ? "" : "\n", name_, line, what);
    }
  }
  void AddUncounted(uint64_t count) { count_ += count; }

  [[nodiscard]] absl::Status status() const {
    if (count_ == 0) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        count_ <= kErrorsMax
            ? text_
            : fmt::format("{}\n{}: and {} more", text_, name_, count_ - kErrorsMax));
  }

 private:
  const std::string& name_;
  std::string text_;
  uint64_t count_ = 0;
};

}  // namespace

absl::Status ReadFormerBlocking(std::FILE* file,
                                const std::string& name,
                                const Ledger& ledger,
                                const FormerOptions& options,
                                const IsTaken& is_taken,
                                const OnFormer& visit) {
  ctl::CsvReader reader(file);
  ctl::CsvRecord record;
  Errors errors(name);
  std::array<size_t, kColumnCount> positions{};
  if (reader.Next(&record)) {
    const auto mapped = MapHeader(record.fields);
    if (!mapped.ok()) {
      errors.Add(record.line, ToStd(mapped.status().message()));
      return errors.status();
    }
    positions = *mapped;
  } else if (!reader.error()) {
    errors.Add(1, "empty file, expected a header with the columns");
  }
  ArchivedTransaction former;
  Transaction& transaction = former.transaction;
  while (reader.Next(&record)) {
    if (std::optional<Wrong> wrong =
            Row(record.fields, positions, ledger, options).Parse(&transaction)) {
      errors.Add(record.line,
                 fmt::format("column {}: {}", kColumns[wrong->column].name, wrong->what));
      continue;
    }
    GH_ASSIGN_OR_RETURN(const bool taken, is_taken(transaction.terminal, transaction.request_id));
    if (taken) {
      errors.Add(record.line,
                 fmt::format("column request_id: \"{}\", expected one that finds nothing yet: this "
                             "terminal's request is in the data folder already",
                             TextOf(transaction.request_id)));
      continue;
    }
    GH_RETURN_IF_ERROR(visit(former));
  }
  for (const ctl::CsvError& error : reader.errors()) {
    errors.Add(error.line, fmt::format("column {}: {}", error.column, error.message));
  }
  errors.AddUncounted(reader.error_count() - reader.errors().size());
  return errors.status();
}

std::string FormerColumnsHelp() {
  std::string help = "Columns of --file, in any order (* = required):\n";
  for (const ColumnInfo& column : kColumns) {
    help += fmt::format("  {:<17} {}\n",
                        fmt::format("{}{}", column.name, column.required ? " *" : ""),
                        column.help);
  }
  return help;
}

std::string FormerHeader() {
  return "terminal_id,request_id,card_number,amount_fen,decided_at,outcome,subsidy_fen,"
         "pos_entry_mode\n";
}

std::string FormerRow(const Ledger& ledger, const Transaction& transaction) {
  const auto terminal = ledger.terminals()[transaction.terminal].id.Text();
  const int64_t at_ns = transaction.decided_at.value();
  return fmt::format("{},{},{},{},{},{},{},{}\n",
                     std::string_view(terminal.data(), terminal.size),
                     TextOf(transaction.request_id),
                     transaction.card.value(),
                     transaction.list_price.value(),
                     ctl::FormatRfc3339({at_ns / kNsPerSecond, 0}),
                     transaction.outcome == Outcome::kDeclined ? "declined" : "approved",
                     transaction.subsidy.value(),
                     NameOf(transaction.entry_mode));
}

}  // namespace gonghui::bulkload
