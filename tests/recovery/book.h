// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the client of the kill tests remembers by itself: every request that it
// sent, and every answer that it received.  From nothing else it says what the
// server's funds must hold, and what no member may have had.
//
// Thread safety: none.

#ifndef GONGHUI_TESTS_RECOVERY_BOOK_H_
#define GONGHUI_TESTS_RECOVERY_BOOK_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/prng.h"
#include "gonghui/v1/authorization_service.pb.h"

namespace gonghui {

// What a call was answered.
struct Answer {
  v1::Transaction transaction;
  bool replay = false;
  v1::CloseBatchResponse batch;  // of a close
};

struct BookEntry {
  std::variant<v1::AuthorizeRequest,
               v1::CaptureRequest,
               v1::ReverseRequest,
               v1::RefundRequest,
               v1::CloseBatchRequest,
               v1::Advice>  // of a sale
      request;
  BookEntry* original = nullptr;  // of a capture, a reversal or a refund
  // What it was answered first; nothing = not known.
  std::optional<v1::Transaction> answer;
  v1::CloseBatchResponse batch;  // of a close: with the answer

  // Also that of an advice.
  [[nodiscard]] const v1::AuthorizeRequest* authorize() const {
    const v1::Advice* const uploaded = advice();
    return uploaded != nullptr ? &uploaded->sale() : std::get_if<v1::AuthorizeRequest>(&request);
  }
  [[nodiscard]] const v1::CaptureRequest* capture() const {
    return std::get_if<v1::CaptureRequest>(&request);
  }
  [[nodiscard]] const v1::ReverseRequest* reverse() const {
    return std::get_if<v1::ReverseRequest>(&request);
  }
  [[nodiscard]] const v1::RefundRequest* refund() const {
    return std::get_if<v1::RefundRequest>(&request);
  }
  [[nodiscard]] const v1::CloseBatchRequest* close() const {
    return std::get_if<v1::CloseBatchRequest>(&request);
  }
  [[nodiscard]] const v1::Advice* advice() const { return std::get_if<v1::Advice>(&request); }
  // Its limits may be exceeded.
  [[nodiscard]] bool is_of_advice() const {
    return advice() != nullptr || (original != nullptr && original->advice() != nullptr);
  }
  [[nodiscard]] const std::string& request_id() const;
  [[nodiscard]] const std::string& terminal_id() const;
  [[nodiscard]] bool is_approved() const {
    return answer.has_value() && answer->outcome() != v1::OUTCOME_DECLINED;
  }
  [[nodiscard]] bool is_open_hold() const {
    return authorize() != nullptr && !authorize()->capture() && is_approved();
  }
  [[nodiscard]] bool is_approved_sale() const {
    return authorize() != nullptr && authorize()->capture() && is_approved();
  }
};
using BookEntries = std::vector<std::unique_ptr<BookEntry>>;

// What a fund must say; fen or pieces.
struct FundBalance {
  int64_t held = 0;
  int64_t spent = 0;

  friend bool operator==(const FundBalance&, const FundBalance&) = default;
};

// What became of one authorization, by what the client knows.
struct Fate {
  int64_t captured_fen = 0;
  int64_t captured_subsidy_fen = 0;
  std::map<std::string, int64_t> captured_shares;  // by fund
  bool closed = false;                             // captured in full, or finally
  int reversals = 0;                               // that undid something
  int64_t refunded_fen = 0;
  int64_t refunded_subsidy_fen = 0;
  std::map<std::string, int64_t> refunded_shares;  // by fund
  std::map<uint32_t, uint64_t> returned_by_line;   // pieces
};

class Book {
 public:
  // Takes what a worker has written.
  void Add(BookEntries entries);
  BookEntry* Add(std::unique_ptr<BookEntry> entry);

  [[nodiscard]] std::span<const std::unique_ptr<BookEntry>> entries() const { return entries_; }

  // REQUIRES of all below: every entry has an answer.
  [[nodiscard]] std::map<std::string, FundBalance> Balances() const;
  // Where each authorization stands.
  [[nodiscard]] std::map<const BookEntry*, v1::TransactionState> States() const;
  // What each terminal was answered since its last close, by the book; what every close
  // was told is taken off.
  [[nodiscard]] std::map<std::string, v1::BatchTotals> OpenTotals() const;
  // Contradictions: an id given twice, more undone, captured or given back than was
  // granted, a member beyond a limit, a batch's number missing or given twice.  Empty =
  // the book is sound.
  [[nodiscard]] std::vector<std::string> Contradictions() const;

 private:
  [[nodiscard]] std::map<const BookEntry*, Fate> Fates() const;

  BookEntries entries_;
};

// What is wrong with one answer to `entry` taken by itself; empty = nothing.
std::string WrongInAnswer(const BookEntry& entry, const v1::Transaction& transaction);

// A transaction without what later events change: what every repeat must say.
v1::Transaction Unchanging(v1::Transaction transaction);
// A close's answer without what a repeat says of itself.
v1::CloseBatchResponse Unchanging(v1::CloseBatchResponse batch);

// True when `again` says of `entry` what its answer said.
bool IsAnswer(const BookEntry& entry, const Answer& again);

// The sum of what each fund gives in `transaction`, by fund.
std::map<std::string, int64_t> SharesOf(const v1::Transaction& transaction);

std::string RandomUuid(Prng* prng);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_RECOVERY_BOOK_H_
