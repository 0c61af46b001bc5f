// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The rules behind Ledger::Decide(), by theme.  Internal to the ledger.
//
// Each method fills *event_ (kNone = nothing changes) and *result_.  Checks run
// in the order of reason.h; a line says where the command can no longer fail.

#ifndef GONGHUI_ENGINE_LEDGER_DECIDE_H_
#define GONGHUI_ENGINE_LEDGER_DECIDE_H_

#include <array>
#include <cstdint>
#include <span>

#include "engine/domain/command.h"
#include "engine/domain/event.h"
#include "engine/domain/explanation.h"
#include "engine/domain/result.h"
#include "engine/ledger/ledger.h"

namespace gonghui {

class Decider {
 public:
  Decider(const Ledger& ledger,
          const Command& command,
          TimestampNs now,
          const Ledger::Trail& trail,
          Event* event,
          Result* result)
      : ledger_(ledger),
        command_(command),
        now_(now),
        judged_at_(now),
        trail_(trail),
        event_(event),
        result_(result) {}

  void Decide();

 private:
  // What a candidate benefit would do, or why not.
  struct Offer {
    Reason reason = Reason::kNone;  // kNone = it applies
    uint32_t order = 0;             // of precedence among the candidates
    BenefitRow benefit;
    LimitRow failed_limit;
    int64_t failed_used = 0;
    int64_t failed_held = 0;
    TimestampNs next_eligible_at;
    Fen subsidy;
    bool partial = false;  // less than it gives when the caller takes no part
    Fen whole;             // what it gives then, if limits and funds have enough
    bool overrun = false;  // an advice's: a limit or fund has no room for it
    uint32_t share_count = 0;
    uint32_t use_count = 0;
    ShareDelta* shares = nullptr;  // share_count of them; held_delta = the part
    UseDelta* uses = nullptr;      // use_count of them; held_delta = the amount
  };
  // A candidate, before its rules, limits and funds are asked.
  struct Contender {
    Fen subsidy;
    uint32_t order;
    BenefitRow benefit;
  };

  // Not cleared: a kilobyte that few decisions use, and by no means by `rep stos`.
  union Offers {
    Offers() {}  // NOLINT
    std::array<Offer, 2> list;
  };
  union SpareShares {
    SpareShares() {}  // NOLINT
    std::array<ShareDelta, kFundingSharesPerBenefitMax + 1> list;
  };
  union SpareUses {
    SpareUses() {}  // NOLINT
    std::array<UseDelta, kLimitsPerBenefitMax> list;
  };
  // Most decisions use three of a thousand.
  union Contenders {
    Contenders() {}  // NOLINT
    std::array<Contender, kCandidatesPerDecisionMax> list;
  };
  // Of a past instant that is judged.
  struct Past {
    CalendarMoment moment;
    std::array<BenefitRow, kCandidatesPerDecisionMax> candidates;
  };
  union PastSpace {
    PastSpace() {}  // NOLINT
    Past past;
  };

  // Finding by the trail, else by search (decide.cc).  A guess of the same key is
  // the row itself, because no two rows have the same key.
  [[nodiscard]] TerminalRow FindTerminal() const;
  [[nodiscard]] CardRow FindCard(CardNumber number) const;
  [[nodiscard]] CounterRow FindCounter(const Limit& limit,
                                       uint32_t subject,
                                       WindowNumber window) const;

  // Terminals' commands (decide.cc).
  bool FindCaller();
  bool AnsweredBefore();
  void Authorize(bool quote);

  [[nodiscard]] Field DifferenceFrom(const Transaction& stored) const;
  [[nodiscard]] Field DifferenceFrom(const Transaction& stored,
                                     const AuthorizeRequest& request) const;
  bool HasRoom(uint32_t transactions, uint32_t shares, uint32_t uses);
  bool HasRoomForDetails(uint32_t lines, uint32_t advices, uint32_t batches);
  void BeginTransaction(TransactionKind kind);
  void FinishTransaction(bool quote);
  void Decline(Reason reason);
  void TellFailedLimit(LimitRow row, int64_t used, int64_t held, TimestampNs next_eligible_at);
  Reason CheckParties(CardNumber number);
  Reason CheckPartiesThen(Reason* undelivered);
  Reason CheckCardAndMember(CardNumber number);
  [[nodiscard]] Reason CheckMember() const;
  [[nodiscard]] Reason WhyNotUsable(const Card& card, CardStatus status) const;
  static Reason WhyNotActive(MemberStatus status);
  void DeclineAs(const Offer& offer);
  void Book(const Offer& offer, bool sale);
  void CaptureAtOnce();
  void Sell(const Offer& offer);
  void SellAtFullPrice();

  // What was bought (lines.cc).
  void BeginLines();
  void SplitOverLines();
  void BeginReturnedLines();
  Reason TakeReturnedLines(Fen* amount, Fen* subsidy);
  [[nodiscard]] Field LinesDifference(const Transaction& stored,
                                      const AuthorizeRequest& request) const;
  [[nodiscard]] Field LinesDifference(const Transaction& stored,
                                      const RefundRequest& request) const;
  void TellDetails() const;

  // What was done without asking (advice.cc).
  [[nodiscard]] bool IsAdviceAlike(const Transaction& stored) const;
  [[nodiscard]] Field AdviceDifference(const Transaction& stored) const;
  bool AnsweredUnderAnotherId();
  void BeginAdvice(AdviceRow* row);
  [[nodiscard]] bool IsTooOld() const;
  void Bear(Liability liability, Fen acquirer_bears);
  void JudgeAdvisedSale();
  void Force();
  void ForceOne(const Contender& contender, bool chosen);
  [[nodiscard]] bool HasStockFor(const Benefit& benefit) const;
  void TakeFundsAnyway(const Benefit& benefit, Offer* offer);
  // Out of the way of what is asked online.
  [[nodiscard, gnu::noinline]] ProgrammeRow FindPastProgramme(ProgrammeCode code) const;
  [[gnu::noinline]] std::span<const BenefitRow> CollectPastCandidates();
  [[gnu::noinline]] const CalendarMoment& PastMomentOf(CalendarRow row);

  // Codes that are shown (code_use.cc).
  bool BeginCode(bool quote);
  [[nodiscard]] Reason CheckCode() const;
  void UseCode();
  void ExplainCode(Reason reason);

  // The end of a shift (batch.cc).
  bool HasRoomInBatch();
  void CloseBatch();
  [[nodiscard]] Field CloseDifference(const Transaction& stored) const;

  // What becomes of an authorization (lifecycle.cc).
  void Capture();
  void Increment();
  void Reverse();
  void Refund();
  void Inquire();
  void ExpireHold();

  using Parts = std::array<Fen, kSharesPerTransactionMax>;  // by share of the original

  TransactionRow FindOriginal(TransactionId id, const RequestId& request_id) const;
  bool BeginAbout(TransactionKind kind,
                  TransactionId original,
                  const RequestId& original_request_id,
                  bool has_amount,
                  Fen amount);
  bool TakeOriginal();
  [[nodiscard]] bool IsBooked() const { return original_->applied_count > 0; }
  [[nodiscard]] bool IsOpen() const;
  [[nodiscard]] Reason WhyNotOpen() const;
  [[nodiscard]] const Benefit& BenefitOfOriginal() const;
  [[nodiscard]] const Applied& AppliedOf(uint32_t share) const;
  [[nodiscard]] const Use& UseOf(uint32_t use) const;
  [[nodiscard]] bool IsMoney(const Applied& applied) const;
  [[nodiscard]] bool IsCount(const Use& use) const;
  template <class Weigh>
  [[nodiscard]] Parts SplitOverMoney(Fen amount, Weigh&& weigh) const;
  void BeginShares();
  void TellShare(uint32_t share, Fen amount);
  [[nodiscard]] const Counter& CounterOf(const Limit& limit,
                                         uint32_t subject,
                                         WindowNumber window) const;
  UseDelta& AddUse(const Use& use);
  void AcceptAbout(Fen amount, Fen subsidy);
  [[nodiscard]] Fen OverCaptureOf() const;
  [[nodiscard]] bool MayForcePost() const;
  void DeclineCapture(Reason reason);
  Fen CaptureHeld(Fen subsidy, bool taken, bool final);
  void CaptureExpired(Fen subsidy, bool taken);
  Reason TakeIncrement(Fen amount, Fen* wanted);
  Reason TakeIncrementFromFunds(Fen wanted);
  void ReverseAll();
  void ReverseHeldPart(Fen amount);
  void ReverseSoldPart(Fen amount);
  void TakeBackFromShares(Fen subsidy);
  void PutInSuspenseIfClosed(uint32_t share);
  [[nodiscard]] Fen RefundedSubsidyAt(Fen refunded) const;

  // Memory that ends (archive.cc).
  void Archive();
  void Thaw();
  struct RowCounts {
    uint32_t transactions = 0;
    uint32_t applied = 0;
    uint32_t uses = 0;
    uint32_t lines = 0;
    uint32_t advices = 0;

    void Add(const Transaction& transaction);
  };
  bool HasRoomAgain(const RowCounts& rows);

  // Rules (offers.cc).
  void ChooseOffer(ProgrammeCode programme);
  [[nodiscard]] bool JudgesLiveProgrammes() const;
  [[nodiscard]] ProgrammeRow FindLiveProgramme(ProgrammeCode code) const;
  std::span<const BenefitRow> Candidates();
  static bool IsMoreGenerous(const Contender& a, const Contender& b);
  static void BringForward(std::span<Contender> contenders, size_t place);
  [[nodiscard]] bool IsBetter(const Offer& offer) const;
  [[nodiscard]] bool IsAtMerchant(const Benefit& benefit) const;
  [[nodiscard]] bool IsAtTerminal(const Benefit& benefit) const;
  [[nodiscard]] bool IsOpenNow(const Benefit& benefit) const;
  [[nodiscard]] bool IsVerifiedFor(const Benefit& benefit) const;
  [[nodiscard]] bool IsForMember(const Benefit& benefit);
  static bool HasEffect(const Benefit& benefit, Fen subsidy);
  Reason CheckRules(const Benefit& benefit, Fen subsidy);
  // What the calendar says at the instant that is judged.
  const CalendarMoment& MomentOf(CalendarRow row) {
    return judged_at_ == now_ ? ledger_.MomentOf(row, now_) : PastMomentOf(row);
  }
  const Counter& BeginUse(const Benefit& benefit,
                          uint32_t limit,
                          const CalendarMoment& moment,
                          Offer* offer);
  void CountUses(const Benefit& benefit,
                 const std::array<int64_t, kLimitsPerBenefitMax>& left,
                 Offer* offer);
  Reason TakeLimits(const Benefit& benefit, Offer* offer);
  void TakeLimitsAnyway(const Benefit& benefit, Offer* offer);
  using FundingParts = std::array<Fen, kFundingSharesPerBenefitMax>;
  static FundingParts SplitOverFunding(const Benefit& benefit, Fen subsidy);
  [[nodiscard]] bool FundsCover(const Benefit& benefit, Fen subsidy) const;
  [[nodiscard]] Fen MostThatFundsCover(const Benefit& benefit, Fen subsidy) const;
  void ReduceToFunds(const Benefit& benefit, Offer* offer);
  Reason TakeFunds(const Benefit& benefit, Offer* offer);
  bool InPool(const Benefit& benefit) const;
  bool IsOpenAt(const Benefit& benefit, TimestampNs at) const;
  TimestampNs NextOpening(const Benefit& benefit) const;
  uint64_t MemberSegments();
  uint32_t SubjectOf(LimitSubject subject) const;

  // Answers that explain (explain.cc).
  void ExplainParties(Reason reason);
  void ExplainCandidates(ProgrammeCode programme);
  void ExplainBenefit(BenefitRow row);
  void ExplainLimits(BenefitRow row, Fen* subsidy);
  void ExplainFunds(BenefitRow row, Fen subsidy);
  CheckResult* AddCheck(BenefitRow benefit, Reason check, bool passed);
  [[nodiscard]] ResultLimit LimitAsItStands(const Benefit& benefit, LimitRow row) const;
  void GetEntitlements();
  [[nodiscard]] bool IsOfCategory(const Benefit& benefit) const;
  void AddEntitlement(BenefitRow row, bool here, bool by_card);
  Reason JudgeEntitlement(const Benefit& benefit, Entitlement* item) const;

  // Operators' commands (decide_admin.cc).
  void DefineSegment();
  void SetUnionNode();
  void SetMember();
  void SetCard(const CardRequest& request);
  void SetMerchant();
  void SetTerminal();
  void SetFund();
  void ApplyProgramme();
  void SetMemberStatus();
  void SetCardStatus();
  void ReplaceCard();
  void RetireProgramme();
  void Refuse(AdminReason reason, Field field, uint32_t index = 0);
  void Full(Field table);
  void Unchanged(uint32_t row);
  void Accept(EventKind kind, uint32_t row, uint32_t row_2 = 0);
  void AcceptNew(EventKind kind, uint32_t row, uint32_t row_2 = 0);
  // There is a row for the status that would end.
  template <class Row, class Status>
  [[nodiscard]] bool MayBecome(const Row& row, Status status) const {
    return row.status == status || !ledger_.status_changes_.full();
  }
  bool ResolveSpans(const MemberRequest& request);
  bool SpansAreStored(const Member& member) const;

  const Ledger& ledger_;
  const Command& command_;
  const TimestampNs now_;
  // Everything that asks for the time in rules, windows, segments and funds asks for this:
  // now, or of an advice the time at which it was done.
  TimestampNs judged_at_;
  const Ledger::Trail& trail_;
  Event* const event_;
  Result* const result_;

  // Found on the way.
  TerminalRow terminal_;
  MerchantRow merchant_;
  CardRow card_;
  MemberRow member_;
  TransactionRow tombstone_;  // the id was reversed before it came
  TransactionRow referred_;   // what a reference finds, whatever it is
  CodeUseRow code_use_;       // of the code that is shown; none = its first
  const Transaction* original_ = nullptr;
  uint64_t segments_ = 0;
  bool segments_known_ = false;
  Fen list_price_;
  Fen subsidy_max_;                        // what a rule gives at most: what is claimed of it
  bool allow_partial_ = false;             // as asked, but never of an advice
  const AdviceRequest* advice_ = nullptr;  // none = it is asked online
  size_t contender_count_ = 0;
  Contenders contenders_;
  CalendarRow past_calendar_;  // whose moment at judged_at_ past_ has
  PastSpace past_;
  Offers offers_;
  SpareShares spare_shares_;
  SpareUses spare_uses_;
  Offer* best_ = nullptr;  // what applies and gives most, else what came furthest
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_DECIDE_H_
