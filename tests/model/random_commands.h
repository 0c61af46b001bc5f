// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A small random world and random commands for it: few members, funds and
// request ids so that everything meets everything, amounts and instants at the
// edges where off-by-one lives.

#ifndef GONGHUI_TESTS_MODEL_RANDOM_COMMANDS_H_
#define GONGHUI_TESTS_MODEL_RANDOM_COMMANDS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/prng.h"
#include "tests/testing/answer.h"
#include "tests/testing/owned_command.h"

namespace gonghui {

class RandomCommands {
 public:
  explicit RandomCommands(uint64_t seed);

  // Makes the world; give these to the ledgers first.
  std::vector<OwnedCommand> Setup();
  // The next command, and its time in *now, which never goes back.
  OwnedCommand Next(TimestampNs next_expiry, TimestampNs* now);
  // Tells what was answered, so that later commands can refer to it.
  void Remember(const OwnedCommand& command, const Answer& answer);

 private:
  struct Told {
    OwnedCommand command;
    TransactionId id;
    Fen list_price;
    Fen captured;
  };

  OwnedCommand TerminalCommand();
  OwnedCommand AdminCommand();
  OwnedCommand RepeatedCommand();
  OwnedCommand MaybeExplained(const Command& command);
  Command Header(CommandKind kind);
  Command AuthorizeCommand(CommandKind kind);
  Command IncrementCommand();
  Command CaptureCommand();
  Command ReverseCommand();
  Command RefundCommand();
  Command InquiryCommand();
  Command EntitlementsCommand();
  Command LateCommand();
  Told Refer(const std::vector<Told>& preferred,
             TransactionId* id,
             RequestId* request_id,
             Command* command);
  OwnedProgramme MakeProgramme(size_t which);
  BenefitSpec MakeBenefit(OwnedProgramme* programme, size_t which);
  FundRequest MakeFund(size_t which);
  MemberRequest MakeMember(size_t which);
  void PassTime(TimestampNs next_expiry);

  Fen EdgyAmount();
  Fen PartOf(Fen list_price);
  TimestampNs EdgyTime();
  RequestId FreshRequestId();
  // Of what keeps a benefit from being given.
  bool Hinders(uint64_t once_in) { return prng_.Chance(1, easy_ ? 5 * once_in : once_in); }
  size_t Pick(size_t count) { return static_cast<size_t>(prng_.Below(count)); }
  template <class Item>
  const Item& Any(const std::vector<Item>& items) {
    return items.at(Pick(items.size()));
  }

  Prng prng_;
  Prng import_prng_;
  // Half of the worlds refuse little, so that much happens to what they approve.
  bool easy_ = false;
  TimestampNs now_;
  uint64_t last_request_ = 0;
  uint64_t last_hash_ = 0;
  uint64_t last_card_ = 0;
  std::vector<UnionNodeId> unions_;
  std::vector<SegmentCode> segments_;
  std::vector<MemberId> members_;
  std::vector<CardNumber> cards_;
  std::vector<MerchantId> merchants_;
  std::vector<TerminalRequest> terminals_;
  std::vector<FundCode> funds_;
  std::vector<FundCode> stocks_;
  std::vector<ProgrammeCode> programmes_;
  std::vector<Fen> edges_;       // amounts that some rule turns on
  std::vector<Fen> thresholds_;  // of these, what has to be spent
  std::vector<Told> told_;
  std::vector<std::pair<TerminalId, RequestId>> not_come_;  // reversed before they came
  std::vector<Told> approved_;                              // of these, the authorizations
  std::vector<Told> open_;      // of these, holds that may still be captured
  std::vector<Told> captured_;  // of these, what may be refunded
  std::vector<Told> refunded_;  // of these, holds that were refunded while they were open
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_RANDOM_COMMANDS_H_
