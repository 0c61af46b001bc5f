// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A small random world and random commands for it: few members, funds and
// request ids so that everything meets everything, amounts and instants at the
// edges where off-by-one lives.
//
// random_world.cc: what operators set.  random_programmes.cc: programmes and their
// versions.  random_repeats.cc: what comes once more, or
// late.  random_advices.cc: lines, advices and batches.  random_events.cc: vouchers, draws,
// appointments, claims and contributions.

#ifndef GONGHUI_TESTS_MODEL_RANDOM_COMMANDS_H_
#define GONGHUI_TESTS_MODEL_RANDOM_COMMANDS_H_

#include <cstdint>
#include <map>
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
  OwnedCommand Next(TimestampNs next_expiry, TimestampNs next_activation, TimestampNs* now);
  // Tells what was answered, so that later commands can refer to it.
  void Remember(const OwnedCommand& command, const Answer& answer);

 private:
  struct Told {
    OwnedCommand command;
    TransactionId id;
    Fen list_price;
    Fen captured;
  };
  struct ShownCode {
    CardNumber card;
    TimestampNs issued_at;
    uint32_t valid_s = 0;
  };

  OwnedCommand TerminalCommand();
  OwnedCommand AdminCommand();
  OwnedCommand RepeatedCommand();
  OwnedCommand MaybeExplained(const Command& command);
  // Of vouchers, draws, claims and contributions.
  OwnedCommand EventCommand();
  OwnedCommand IssueCommand();
  OwnedCommand VoidCommand();
  OwnedCommand DrawCommand();
  OwnedCommand ContributionCommand();
  OwnedCommand ReceiptCommand();
  OwnedCommand RushCommand();
  OwnedCommand JudgeCommand();
  void RememberVouchers(const OwnedCommand& command, const Answer& answer);
  void RememberSlot(const OwnedCommand& command, const Answer& answer);
  // These point to the scratch below: Own() them before the next is made.
  Command Header(CommandKind kind);
  Command AuthorizeCommand(CommandKind kind);
  Command IncrementCommand();
  Command CaptureCommand();
  Command ReverseCommand();
  Command RefundCommand();
  Command InquiryCommand();
  Command EntitlementsCommand();
  Command LateCommand();
  Command CloseBatchCommand();
  Command AdvisedSale();
  Command AdvisedCapture();
  Command SameUnderAnotherId();
  OwnedCommand Choose(TimestampNs next_expiry, TimestampNs next_activation, TimestampNs* now);
  void PutStan(Command* command);
  void ShowCode(AuthorizeRequest* request);
  OwnedCommand CodeCommand();
  // Makes it an advice.
  void Advise(Command* command);
  void AddLines(AuthorizeRequest* request);
  void ChangeLines(AuthorizeRequest* request);
  void AddReturnedLines(const Told& of, RefundRequest* request);
  void ChangeAdvice(Command* command);
  // Makes it an appointment, a claim, or one by voucher.
  void AddOccasion(AuthorizeRequest* request);
  void ChangeOccasion(AuthorizeRequest* request);
  void ShowVoucher(AuthorizeRequest* request);
  [[nodiscard]] TimestampNs AnySlot();
  [[nodiscard]] TimestampNs EventTime();
  [[nodiscard]] OperatorName AnyOperator();
  // Around the next instant at which something of these is over.
  void PassTimeToEvent();
  void Count(const Command& command, const Answer& answer);
  Told Refer(const std::vector<Told>& preferred,
             TransactionId* id,
             RequestId* request_id,
             Command* command);
  OwnedProgramme MakeProgramme(size_t which);
  BenefitSpec MakeBenefit(OwnedProgramme* programme, size_t which);
  void MakePrice(OwnedProgramme* programme, PriceRule* price);
  void MakeWho(OwnedProgramme* programme, BenefitSpec* benefit);
  void MakeWhere(OwnedProgramme* programme, BenefitSpec* benefit);
  void MakeWhen(OwnedProgramme* programme, BenefitSpec* benefit);
  void MakeFunding(OwnedProgramme* programme, BenefitSpec* benefit);
  void MakeLayer(BenefitSpec* benefit);
  LimitSpec MakeLimit(size_t which);
  // Of prices, and one that a draw may be about.
  void MakeEventLimits(OwnedProgramme* programme);
  // What it asks for; its limits may become more.
  void MakeAsks(OwnedProgramme* programme, BenefitSpec* benefit, std::vector<uint32_t>* limits);
  void AskForSlot(OwnedProgramme* programme, BenefitSpec* benefit, std::vector<uint32_t>* limits);
  void OpenToAll(const ProgrammeSpec& programme, bool keeps_price, BenefitSpec* benefit);
  // Which may count on the first `limits` of the programme.
  void AddLayers(OwnedProgramme* programme, size_t limits);
  std::vector<ItemCode> SomeItems();
  std::vector<DayRange> SomeDays();
  OwnedCommand ProgrammeCommand();
  Stage AnyStage();
  TimestampNs ComingTime();
  UnionNodeRequest MakeUnionNode(size_t which);
  FundRequest MakeFund(size_t which);
  MemberRequest MakeMember(size_t which);
  void PassTime(TimestampNs next_expiry, TimestampNs next_activation);

  Fen EdgyAmount();
  Fen PartOf(Fen list_price);
  TimestampNs EdgyTime();
  TimestampNs PastTime();
  RequestId FreshRequestId();
  // Of what keeps a benefit from being given.
  bool Hinders(uint64_t once_in) { return prng_.Chance(1, easy_ ? 5 * once_in : once_in); }
  size_t Pick(size_t count) { return static_cast<size_t>(prng_.Below(count)); }
  template <class Item>
  const Item& Any(const std::vector<Item>& items) {
    return items.at(Pick(items.size()));
  }

  // What a slot of some benefit begins with.
  struct Opening {
    Calendar calendar;
    int32_t from_s = 0;
    int32_t length_s = 0;
  };
  struct TakenSlot {
    TimestampNs at;
    TerminalId terminal;
    int64_t length_ns = 0;
  };
  struct IssuedVoucher {
    VoucherKey key;
    MemberId member;
  };
  struct CommittedDraw {
    CommitDrawRequest request;  // but for its prizes
    std::vector<PrizeSpec> prizes;
    uint32_t entries = 0;
  };

  Prng prng_;
  Prng import_prng_;
  Prng code_prng_;
  Prng event_prng_;
  Prng rush_prng_;
  // In a third of the worlds codes are shown: they keep others from getting anywhere.
  bool has_codes_ = false;
  // A third of the worlds know sales alone; the others some of vouchers, appointments and
  // claims.
  bool has_events_ = false;
  bool has_vouchers_ = false;
  bool has_slots_ = false;
  bool has_claims_ = false;
  // Half of the worlds refuse little, so that much happens to what they approve.
  bool easy_ = false;
  // In half of the worlds benefits combine.
  bool combines_ = false;
  TimestampNs now_;
  uint32_t last_stan_ = 0;  // of what is about another transaction
  uint64_t last_request_ = 0;
  uint64_t last_hash_ = 0;
  std::vector<std::vector<uint64_t>> hashes_;  // by programme
  std::vector<uint32_t> versions_;             // by programme, about how many there are
  ProgrammeCode scheduled_;                    // lately
  uint64_t last_card_ = 0;
  uint32_t last_sequence_ = 0;
  std::vector<UnionNodeId> unions_;
  std::vector<SegmentCode> segments_;
  std::vector<MemberId> members_;
  std::vector<CardNumber> cards_;
  std::vector<MerchantId> merchants_;
  std::vector<TerminalRequest> terminals_;
  std::vector<FundCode> funds_;
  std::vector<FundCode> stocks_;
  std::vector<ProgrammeCode> programmes_;
  std::vector<Fen> edges_;          // amounts that some rule turns on
  std::vector<Fen> thresholds_;     // of these, what has to be spent
  std::vector<TimestampNs> turns_;  // instants after which something was otherwise
  std::map<CardNumber, MemberId> holders_;
  std::vector<CardNumber> blocked_;      // lately
  MemberId suspended_;                   // likewise
  std::map<TerminalId, Totals> totals_;  // since the last close, as a terminal counts
  std::vector<LineItem> lines_;          // scratch
  std::vector<ReturnedLine> returned_;
  AdviceRequest advice_;
  OccasionRequest occasion_;
  std::vector<SeriesCode> series_;
  std::vector<IssuedVoucher> issued_;
  std::vector<OwnedCommand> issues_;
  std::vector<CommittedDraw> draws_;
  std::vector<ContributeRequest> contributions_;
  std::vector<ContributeRequest> receipts_;  // a few, which come again and again
  std::vector<Opening> openings_;
  std::vector<Opening> taken_openings_;  // of these, where somebody had a place
  Opening last_opening_;
  std::vector<TakenSlot> slots_;      // likewise
  std::vector<TimestampNs> moments_;  // at which something begins or is over
  uint64_t last_voucher_ = 0;
  uint64_t last_receipt_ = 0;
  std::vector<Told> told_;
  std::vector<std::pair<TerminalId, RequestId>> not_come_;  // reversed before they came
  std::vector<Told> approved_;                              // of these, the authorizations
  std::vector<Told> open_;      // of these, holds that may still be captured
  std::vector<Told> captured_;  // of these, what may be refunded
  std::vector<Told> refunded_;  // of these, holds that were refunded while they were open
  std::vector<Told> advised_;
  std::vector<Told> lined_;   // of these, sales with lines
  std::vector<Told> claims_;  // of these, claims
  std::vector<ShownCode> shown_;
  uint32_t rush_to_come_ = 0;  // for one slot, and then the next
  TakenSlot rush_slot_;
  uint32_t codes_to_come_ = 0;  // of one card, at about the same time
  CardNumber code_card_;
  CodePurpose code_purpose_ = CodePurpose::kPayment;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_RANDOM_COMMANDS_H_
