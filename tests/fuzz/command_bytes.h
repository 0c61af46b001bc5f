// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Commands out of bytes: any bytes are some world and some commands to it, so that a
// fuzzer which changes bytes changes commands.  Numbers lean towards the edges that a
// rule turns on.  Whatever comes out has valid syntax, as command.h asks for.
//
//   input   := world(1) start(1) command*
//   command := what(1) when(1+) fields
//   what    := 30 how(1) what, for the archive; or the kind of the command
//
// Missing bytes are zero; an input ends where a command would begin.  The meaning of
// bytes may change at any time: make the corpus again (make_corpus.cc).

#ifndef GONGHUI_TESTS_FUZZ_COMMAND_BYTES_H_
#define GONGHUI_TESTS_FUZZ_COMMAND_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "tests/testing/answer.h"
#include "tests/testing/owned_command.h"

namespace gonghui {

class CommandBytes {
 public:
  explicit CommandBytes(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  // Makes the world; give these to the ledger first.
  std::vector<OwnedCommand> Setup();
  // False: the bytes are used up.  *now never goes back.
  bool Next(TimestampNs next_expiry, OwnedCommand* command, TimestampNs* now);
  // Tells what was answered, so that later commands can refer to it.
  void Remember(const OwnedCommand& command, const Answer& answer);
  // What the archive does before that command, one after another: by the lowest two bits
  // all leave, so many rows are copied, or a step of so many is made.
  [[nodiscard]] const std::vector<uint8_t>& archiving() const { return archiving_; }
  // Whether the ledgers are to be made anew at the end: it takes as long as the rest.
  [[nodiscard]] bool ends_with_crash() const { return ends_with_crash_; }

 private:
  struct Told {
    OwnedCommand command;
    TransactionId id;
    Fen list_price;
  };

  uint8_t Byte();
  uint64_t Word(size_t bytes);
  template <class Item>
  const Item& Any(const std::vector<Item>& items) {
    return items.at(Byte() % items.size());
  }
  Fen Amount();
  void PassTime(TimestampNs next_expiry);
  TimestampNs NearbyTime();
  Command Header(CommandKind kind);
  OwnedCommand AuthorizeCommand(CommandKind kind);
  OwnedCommand RefundCommand();
  OwnedCommand CloseBatchCommand();
  OwnedCommand RepeatedCommand(bool otherwise);
  void ReadCode(AuthorizeRequest* request);
  OccasionRequest ReadOccasion(AuthorizeRequest* request);
  OwnedCommand EventCommand(uint8_t what);
  OwnedCommand IssueCommand();
  OwnedCommand DrawCommand();
  OwnedCommand ContributionCommand();
  OwnedCommand JudgeCommand();
  MemberId AnyMember();
  std::vector<LineItem> ReadLines(Fen list_price);
  AdviceRequest ReadAdvice(Fen list_price);
  void Refer(Command* command, TransactionId* id, RequestId* request_id);
  template <class Request>
  void ReadPart(Request* request);
  OwnedCommand TerminalCommand(uint8_t what);
  OwnedCommand AdminCommand();
  void Learn(const Command& command);

  std::span<const uint8_t> bytes_;
  TimestampNs now_;
  bool ends_with_crash_ = false;
  std::vector<uint8_t> archiving_;
  uint64_t last_request_ = 0;
  uint64_t last_card_ = 0;
  // Of the world, from its setup.
  std::vector<CardNumber> cards_;
  std::vector<CardRequest> first_cards_;
  std::vector<MemberRequest> members_;
  std::vector<MerchantRequest> merchants_;
  std::vector<TerminalRequest> terminals_;
  std::vector<FundRequest> funds_;
  std::vector<ProgrammeCode> programmes_;
  std::vector<UnionNodeId> unions_;
  std::vector<SegmentCode> segments_;
  std::vector<Fen> edges_;  // amounts that a rule of it turns on
  std::vector<Told> told_;
  std::vector<VoucherKey> vouchers_;  // that were to be issued
  Fen last_price_;                    // of what the command refers to
  uint32_t last_lines_ = 0;           // how many it has
};

// What came of an input.
struct CommandBytesOutcome {
  std::string problem;          // empty, or what broke, and at which command
  std::set<std::string> paths;  // answers given and branches of the model gone
};

// Runs the bytes through ledger, follower and model (tests/model/ledger_pair.h), then,
// if they end so, through journal bytes and a photo into ledgers made anew.  Tells the commands and
// their answers to *trace, if there is one, each before anything can break.
CommandBytesOutcome RunCommandBytes(std::span<const uint8_t> bytes, std::ostream* trace);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_FUZZ_COMMAND_BYTES_H_
