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

struct BookEntry {
  std::variant<v1::AuthorizeRequest, v1::CaptureRequest, v1::ReverseRequest> request;
  BookEntry* original = nullptr;  // of a capture or a reversal
  // What it was answered first; nothing = not known.
  std::optional<v1::Transaction> answer;

  [[nodiscard]] const v1::AuthorizeRequest* authorize() const {
    return std::get_if<v1::AuthorizeRequest>(&request);
  }
  [[nodiscard]] const v1::CaptureRequest* capture() const {
    return std::get_if<v1::CaptureRequest>(&request);
  }
  [[nodiscard]] const v1::ReverseRequest* reverse() const {
    return std::get_if<v1::ReverseRequest>(&request);
  }
  [[nodiscard]] const std::string& request_id() const;
  [[nodiscard]] const std::string& terminal_id() const;
  [[nodiscard]] bool is_approved() const {
    return answer.has_value() && answer->outcome() != v1::OUTCOME_DECLINED;
  }
  [[nodiscard]] bool is_open_hold() const {
    return authorize() != nullptr && !authorize()->capture() && is_approved();
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
  // Contradictions: an id given twice, more undone or captured than was granted,
  // a member beyond a limit.  Empty = the book is sound.
  [[nodiscard]] std::vector<std::string> Contradictions() const;

 private:
  [[nodiscard]] std::map<const BookEntry*, Fate> Fates() const;

  BookEntries entries_;
};

// What is wrong with one answer taken by itself; empty = nothing.
std::string WrongInAnswer(const v1::Transaction& transaction);

// A transaction without what later events change: what every repeat must say.
v1::Transaction Unchanging(v1::Transaction transaction);

// The sum of what each fund gives in `transaction`, by fund.
std::map<std::string, int64_t> SharesOf(const v1::Transaction& transaction);

std::string RandomUuid(Prng* prng);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_RECOVERY_BOOK_H_
