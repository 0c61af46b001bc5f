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
          Result* result,
          bool shadow = false)
      : ledger_(ledger),
        command_(command),
        now_(now),
        judged_at_(now),
        judged_s_(NearestSecond32(now)),
        shadow_(shadow),
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
    // What refused, as Transaction::failed_row: of a limit what is used and held, of a fund what
    // is available and asked.
    uint32_t failed_row = 0;
    int64_t used_or_available = 0;
    int64_t held_or_asked = 0;
    TimestampNs next_eligible_at;
    Fen subsidy;
    bool partial = false;   // less than it gives when the caller takes no part
    Fen whole;              // what it gives then, if limits and funds have enough
    bool overrun = false;   // an advice's: a limit or fund has no room for it
    bool combined = false;  // of several benefits, `benefit` the first; see combine.cc
    uint32_t share_count = 0;
    uint32_t use_count = 0;
    ShareDelta* shares = nullptr;  // share_count of them; held_delta = the part
    UseDelta* uses = nullptr;      // use_count of them; held_delta = the amount

    [[nodiscard]] LimitRow failed_limit() const {
      return IsOfFund(reason) ? LimitRow{} : LimitRow{failed_row};
    }
  };
  // What counts towards a limit: of a rolling one the sum over its windows.
  struct Standing {
    int64_t used = 0;
    int64_t held = 0;
    WindowNumber oldest = 0;  // of its windows with something in it, else the last
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
  // While benefits are combined.
  struct Combination {
    Offer all;                   // what the layers take so far
    std::array<Offer, 2> asked;  // of one layer: what is best, and what is asked
    std::array<ShareDelta, kSharesPerTransactionMax> shares;
    std::array<UseDelta, kUsesPerTransactionMax> uses;
    std::array<SpareShares, 2> asked_shares;
    std::array<SpareUses, 2> asked_uses;
  };
  union CombinationSpace {
    CombinationSpace() {}  // NOLINT
    Combination combination;
  };
  // What an authorization grants of one benefit, as it stands.
  struct Granted {
    BenefitRow benefit;
    uint32_t first_share = 0;  // share_count of the original's, side by side
    uint32_t share_count = 0;
    Fen subsidy;   // authorized and restated
    Fen captured;  // of that, captured so far
    Fen kept;      // of that, not given back
  };
  union GrantedSpace {
    GrantedSpace() {}  // NOLINT
    std::array<Granted, kCombinedBenefitsMax> list;
  };
  using PartsByBenefit = std::array<Fen, kCombinedBenefitsMax>;
  // Most decisions use three of a thousand.
  union Contenders {
    Contenders() {}  // NOLINT
    std::array<Contender, kCandidatesPerDecisionMax> list;
  };
  // Not cleared: most decisions have a trail.
  union FoundSpace {
    FoundSpace() {}  // NOLINT
    CandidateIndex::Found found;
  };
  // Of a past instant that is judged, and of a slot that is asked for.
  struct Past {
    CalendarMoment moment;
    CalendarMoment of_slot;
    std::array<Candidate, kCandidatesPerDecisionMax> candidates;
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
  void TellFailedFund(FundRow row, Fen available, Fen asked, TimestampNs next_eligible_at);
  void DeclineAs(const Offer& offer);
  void Book(const Offer& offer, bool sale);
  static void BookUse(bool sale, UseDelta* use);
  void TellUse(uint32_t i, TimestampNs resets_at);
  [[gnu::noinline]] void BookUsesOfCombination(uint32_t use_count, bool sale);
  void CaptureAtOnce();
  void Sell(const Offer& offer);
  void SellAtFullPrice();

  // Who takes part (parties.cc).
  Reason CheckTerminalAndMerchant() const;
  Reason CheckParties(CardNumber number);
  // Of an original that changes: without a card, by its member.
  Reason CheckPartiesAgain();
  Reason CheckPartiesThen(Reason* undelivered);
  Reason CheckCardAndMember(CardNumber number);
  Reason CheckCard(CardNumber number);
  [[nodiscard]] Reason CheckMember() const;
  [[nodiscard]] Reason WhyNotUsable(const Card& card, CardStatus status) const;
  static Reason WhyNotActive(MemberStatus status);

  // What was bought (lines.cc).
  void BeginLines();
  void SplitOverLines(const Benefit& benefit, Fen subsidy);
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
  [[nodiscard]] Fen AllowanceOf(const Benefit& benefit, Fen subsidy);
  void ForceOne(const Contender& contender, Fen subsidy, bool chosen);
  [[nodiscard]] bool HasStockFor(const Benefit& benefit) const;
  void TakeFundsAnyway(const Benefit& benefit, Offer* offer);
  // The version of a programme at the instant that is judged; none = it had none.
  [[nodiscard]] ProgrammeRow ActiveThen(const ProgrammeHead& head) const;
  // Calls visit(row) for the benefits of these, in order of precedence.
  template <class Visit>
  void ForEachBenefitThen(Visit&& visit) const {
    for (uint32_t i = 1; i <= ledger_.programme_heads_.size(); ++i) {
      ForEachBenefitOf(
          ActiveThen(ledger_.programme_heads_[ProgrammeHeadRow{i}]),
          [&](const Candidate& candidate, const Benefit&) { visit(candidate.benefit); });
    }
  }
  // Out of the way of what is asked online.
  [[nodiscard, gnu::noinline]] ProgrammeRow FindPastProgramme(ProgrammeCode code) const;
  [[gnu::noinline]] std::span<const Candidate> CollectPastCandidates();
  bool CollectWhatChanged(std::span<Candidate> candidates, size_t* count) const;
  [[gnu::noinline]] const CalendarMoment& PastMomentOf(CalendarRow row);

  // Codes that are shown (code_use.cc).
  bool BeginCode(bool quote);
  [[nodiscard]] Reason CheckCode() const;
  void UseCode();
  void ExplainCode(Reason reason);

  // What brings an authorization about (occasion.cc).
  [[gnu::noinline]] void BeginOccasion(bool quote);
  [[nodiscard]] bool HasRoomForOccasion();
  [[nodiscard, gnu::noinline]] Field OccasionDifference(const Transaction& stored,
                                                        const AuthorizeRequest& request) const;
  [[nodiscard]] bool IsClaim() const {
    return occasion_ != nullptr && occasion_->event_at != TimestampNs{};
  }
  [[nodiscard]] bool ShowsVoucher() const {
    return occasion_ != nullptr && !occasion_->voucher.IsNone();
  }
  [[nodiscard]] Reason CheckVoucher() const;
  [[nodiscard, gnu::noinline]] Reason CheckPartiesOfOccasion();
  // Of another occasion it is no candidate.
  [[nodiscard, gnu::noinline]] bool IsForOccasion(const Benefit& benefit) const;
  [[nodiscard, gnu::noinline]] Reason CheckAsks(const Benefit& benefit);
  // It has a limit that counts by what is not known: the member, or the card.
  [[nodiscard]] bool LacksSubject(const Benefit& benefit) const;
  [[nodiscard]] bool LacksSubject(const Limit& limit) const;
  // REQUIRES: the benefit has slots.
  [[nodiscard]] bool IsSlotOf(const Benefit& benefit, TimestampNs slot_at) const {
    return ledger_.SlotFaultOf(benefit, slot_at, now_) == SlotFault::kNone;
  }
  [[nodiscard]] TimestampNs AskedSlot() const {  // 0 = none
    return occasion_ != nullptr ? occasion_->slot_at : TimestampNs{};
  }
  [[nodiscard]] TimestampNs NextMomentOfSlots(const Benefit& benefit, TimestampNs after) const;
  [[nodiscard]] bool HasRoom(const Benefit& benefit, TimestampNs slot_at) const;
  // The first slot after the one that is asked for, or after now when that can not be one, of
  // which the benefit's limits have something left; 0 = there is none.
  [[nodiscard, gnu::noinline]] TimestampNs NextSlotWithRoom(const Benefit& benefit) const;
  [[nodiscard]] bool IsTooLate(const Benefit& benefit) const;
  // What a use would take; none = there is none.
  [[nodiscard]] VoucherRow VoucherFor(const Benefit& benefit);
  [[nodiscard]] VoucherRow FindVoucherOf(MemberRow member, VoucherSeriesRow series) const;
  [[nodiscard]] const BenefitTerms& TermsOf(const Benefit& benefit) const {
    return ledger_.benefit_terms_[benefit.terms];
  }
  [[nodiscard, gnu::noinline]] Fen EarlierPricesOf(const Benefit& benefit) const;
  [[nodiscard]] Fen EarlierPricesOfOriginal(const Benefit& benefit) const;
  // What the benefit that has won asks for; false: it has been answered otherwise.
  [[nodiscard, gnu::noinline]] bool TakeAsked(const Offer& offer, bool sale, bool quote);
  [[nodiscard, gnu::noinline]] const CalendarMoment& MomentOfSlot(const CalendarMoment& moment);
  // Of the original (lifecycle.cc).
  void MoveVoucherOfOriginal(VoucherState state);

  // Claims (claims.cc).
  [[nodiscard]] bool LacksApprovals() const;
  // One that asks for any is not raised.
  [[nodiscard]] uint32_t ApprovalsAskedFor() const;
  [[nodiscard]] bool FindClaim(const JudgeClaimRequest& request);
  void ApproveClaim();
  void RejectClaim();
  void ReleaseHold(TransactionRow row, TransactionState state);

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
  // A benefit applied; of a free one without a fund its uses tell.
  [[nodiscard]] bool IsBooked() const {
    return original_->applied_count > 0 || original_->use_count > 0;
  }
  [[nodiscard]] bool IsOpen() const;
  [[nodiscard]] Reason WhyNotOpen() const;
  // Of a combination the first one.
  [[nodiscard]] const Benefit& BenefitOfOriginal() const;
  [[nodiscard]] const Applied& AppliedOf(uint32_t share) const;
  [[nodiscard]] const Use& UseOf(uint32_t use) const;
  [[nodiscard]] bool IsMoney(const Applied& applied) const;
  // What becomes of a use follows from what it counts.
  enum class UseKind : uint8_t {
    kCount,   // burnt by the first capture
    kAmount,  // what its benefit has captured
    kPrice,   // the base of what is captured
    kNoShow,  // used when nobody comes
  };
  [[nodiscard]] UseKind KindOf(const Use& use) const;
  // Of a price limit's use, what is used when so much is captured.
  [[nodiscard]] int64_t UsedPriceOf(const Use& use, Fen captured) const;
  // The same of what is captured and not given back.
  [[nodiscard]] int64_t KeptPriceOf(const Use& use, Fen captured) const;
  using Weigh = Fen(const Applied& applied);
  [[nodiscard]] Parts SplitOverMoney(const PartsByBenefit& amounts, Weigh* weigh) const;
  void BeginShares();
  void TellShare(uint32_t share, Fen amount);
  [[nodiscard]] const Counter& CounterOf(const Limit& limit,
                                         uint32_t subject,
                                         WindowNumber window) const;
  UseDelta& AddUse(const Use& use);
  void AcceptAbout(Fen amount, Fen subsidy);
  [[nodiscard]] Fen OverCaptureOf() const;
  [[nodiscard]] bool MayForcePost() const;
  [[nodiscard]] Reason WhyNotCaptured(Fen amount) const;
  void DeclineCapture(Reason reason);
  [[nodiscard]] PartsByBenefit EarnedBy(Fen captured, Fen amount) const;
  Fen CaptureHeld(const PartsByBenefit& subsidies, bool taken, bool final);
  void CaptureExpired(const PartsByBenefit& subsidies, bool taken, bool final);
  void CaptureVoucher(bool taken, bool final);
  [[nodiscard]] int64_t UsedBefore(uint32_t use) const;
  Reason TakeIncrement(Fen amount, PartsByBenefit* wanted);
  Reason ReduceToLimits(uint32_t place, Fen price, Fen* wanted);
  Reason TakeIncrementFromFunds(const PartsByBenefit& wanted);
  void ReverseAll();
  void ReverseExpired();
  void ReverseHeldPart(Fen amount);
  void ReverseSoldPart(Fen amount);
  void TakeBackFromShares(const PartsByBenefit& subsidies, bool things);
  void PutInSuspenseIfClosed(uint32_t share);
  [[nodiscard]] bool ClawsBack() const;
  [[nodiscard]] BenefitRow WhoRefuses(Fen refundable, Fen left) const;
  [[nodiscard]] PartsByBenefit SubsidyToGiveBack(Fen amount, const Fen* frozen) const;
  void ReturnUses(Fen amount, const PartsByBenefit& back, bool full);
  void ReturnVoucher();

  // Benefits that combine (combine.cc).
  static Fen BaseInLayer(const Benefit& benefit, Fen base, Fen left, Fen price);
  [[nodiscard]] Fen SubsidyInLayer(const Benefit& benefit, Fen base, Fen left) const;
  // What the earlier layers take.  REQUIRES: before_ != nullptr.
  [[nodiscard, gnu::noinline]] int64_t TakenBefore(LimitRow limit, uint32_t subject) const;
  [[nodiscard, gnu::noinline]] Fen TakenBefore(FundRow fund) const;
  [[nodiscard]] Fen AvailableOf(FundRow fund) const {
    const Fen available = ledger_.funds_[fund].available();
    return before_ == nullptr ? available : available - TakenBefore(fund);
  }
  [[gnu::noinline]] void CombineOffers();
  [[nodiscard]] const Offer* BestOfLayer(std::span<Contender> contenders);
  void AskInLayer(const Contender& contender, Fen base, Offer* offer);
  void TellFurthest(const Offer& offer);
  static void Add(const Offer& offer, Offer* all);
  [[gnu::noinline]] void CountEarlierUses(uint32_t use);
  [[gnu::noinline]] void SplitCombinationOverLines();
  [[nodiscard]] Granted& GrantedOf(BenefitRow benefit);
  void FindGranted();
  void FindCapturedOfClosed();
  [[nodiscard]] uint32_t PlaceOf(BenefitRow benefit) const;
  [[nodiscard]] PartsByBenefit EarnedOf(Fen price, PartsByBenefit* bases = nullptr) const;
  [[nodiscard]] PartsByBenefit SplitOverKept(Fen amount) const;
  static Fen SumOf(const PartsByBenefit& parts);

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
  void ChooseOffer(const ProgrammeCode& programme);
  [[nodiscard]] TimestampNs NextEligibleAt(const Offer& offer) const;
  [[nodiscard]] bool JudgesLiveProgrammes() const;
  [[nodiscard]] ProgrammeRow FindLiveProgramme(ProgrammeCode code) const;
  [[nodiscard]] CandidateIndex& Index() const {
    return shadow_ ? ledger_.shadow_candidate_index_ : ledger_.candidate_index_;
  }
  // Calls visit(candidate, benefit) for the benefits of a version, in order.
  template <class Visit>
  void ForEachBenefitOf(ProgrammeRow version, Visit&& visit) const {
    const Programme& programme = ledger_.programmes_[version];
    for (uint32_t i = 0; i < programme.benefit_count; ++i) {
      const BenefitRow row{programme.first_benefit.value() + i};
      visit(Candidate{row, i}, ledger_.benefits_[row]);
    }
  }
  std::span<const Candidate> Candidates(ProgrammeRow only);
  [[gnu::noinline]] std::span<const Candidate> CollectCandidatesOf(ProgrammeRow only);
  void CollectContenders(ProgrammeRow only);
  [[gnu::noinline]] void LeaveOutOtherOccasions();
  [[gnu::noinline]] void AskElsewhere(ProgrammeRow only);
  [[gnu::noinline]] void AskElsewhereThen();
  void AskWithoutTerms(const Candidate& candidate, bool at_merchant);
  static bool IsMoreGenerous(const Contender& a, const Contender& b);
  static size_t MostGenerousFrom(std::span<Contender> contenders, size_t place);
  [[nodiscard]] bool IsBetter(const Offer& offer) const;
  [[nodiscard]] bool IsAtMerchant(const Benefit& benefit) const;
  [[nodiscard]] bool IsOffered(const Benefit& benefit) const;
  [[nodiscard]] bool IsAtTerminal(const Benefit& benefit) const;
  [[nodiscard, gnu::noinline]] bool IsListedTerminal(const Benefit& benefit) const;
  // What it takes a part of: the list price, or that of its items (kNoBase = none of them
  // was bought).
  [[nodiscard]] Fen BaseOf(const Benefit& benefit) const {
    return benefit.has_items ? BaseOfItems(benefit) : list_price_;
  }
  // The same of the original, if only so much of it had been bought; at least 0.
  [[nodiscard]] Fen BaseOfOriginal(const Benefit& benefit, Fen captured) const;
  [[nodiscard, gnu::noinline]] Fen BaseOfItems(const Benefit& benefit) const;
  // What the rule takes off a base.  REQUIRES: base >= 0.
  [[nodiscard]] Fen SubsidyBy(const Benefit& benefit, Fen base) const;
  [[nodiscard, gnu::noinline]] Fen SubsidyBySteps(const Benefit& benefit, Fen base) const;
  [[nodiscard]] bool IsOpenNow(const Benefit& benefit) const;
  [[nodiscard]] bool IsVerifiedFor(const Benefit& benefit) const;
  [[nodiscard]] bool IsForUnionOfMember(const Benefit& benefit) const;
  [[nodiscard]] bool IsForSuchMembers(const Benefit& benefit);
  // It may be after waiting, too.
  [[nodiscard]] bool IsForMember(const Benefit& benefit) {
    return IsForUnionOfMember(benefit) && IsForSuchMembers(benefit);
  }
  // Until when the member has to wait for it, at the instant that is judged; 0 = no more.
  static bool HasWaiting(const Benefit& benefit) {
    return benefit.has_members && (benefit.member_days_min != 0 || benefit.segment_days_min != 0);
  }
  [[nodiscard, gnu::noinline]] TimestampNs EndOfWaiting(const Benefit& benefit) const;
  // Since when the member is in the segment of a span, with those that touch it.
  [[nodiscard]] TimestampNs BeginOfCover(const Member& member, const SegmentSpan& span) const;
  [[nodiscard]] bool HasEffect(const Benefit& benefit, Fen subsidy) const;
  [[nodiscard]] Reason CheckTerms(const Benefit& benefit) const;
  Reason CheckRules(const Benefit& benefit, Fen base, Fen subsidy);
  void JudgeAt(TimestampNs at) {
    judged_at_ = at;
    judged_s_ = NearestSecond32(at);
  }
  // What the calendar says at the instant that is judged.
  const CalendarMoment& MomentOf(CalendarRow row) {
    return judged_at_ == now_ ? ledger_.MomentOf(row, now_) : PastMomentOf(row);
  }
  // The same for the limits of a benefit, whose uses may be of a slot.
  const CalendarMoment& MomentOf(const Benefit& benefit) {
    const CalendarMoment& moment = MomentOf(benefit.calendar);
    return AsksFor(benefit.asks, Asks::kSlot) ? MomentOfSlot(moment) : moment;
  }
  using FundingParts = std::array<Fen, kFundingSharesPerBenefitMax>;
  static FundingParts SplitOverFunding(const Benefit& benefit, Fen subsidy);
  // What all parts of one fund ask of it.
  static Fen AskedOf(FundRow fund, const Benefit& benefit, const FundingParts& parts) {
    Fen asked;
    for (uint32_t i = 0; i < benefit.funding_count; ++i) {
      asked += benefit.fund(i) == fund ? parts[i] : Fen{0};
    }
    return asked;
  }
  [[nodiscard]] bool FundsCover(const Benefit& benefit, Fen subsidy) const;
  [[nodiscard]] Fen MostThatFundsCover(const Benefit& benefit, Fen subsidy) const;
  void ReduceToFunds(const Benefit& benefit, Offer* offer);
  Reason TakeFunds(const Benefit& benefit, Offer* offer);
  [[nodiscard]] bool IsOpenOn(const Benefit& benefit, CivilDay day) const {
    return ledger_.IsOpenOn(benefit, day);
  }
  [[nodiscard]] bool IsOpenInHours(const Benefit& benefit, TimestampNs at) const;
  [[nodiscard, gnu::noinline]] bool IsOpenAt(const Benefit& benefit, TimestampNs at) const;
  [[nodiscard, gnu::noinline]] TimestampNs NextOpening(const Benefit& benefit) const;
  [[nodiscard]] TimestampNs FirstOpeningOf(const Benefit& benefit, CivilDay business_day) const;
  uint64_t MemberSegments();

  // Limits: as they stand, and what is taken of them (limit_standing.cc).
  [[nodiscard]] uint32_t SubjectOf(const Limit& limit) const;
  [[nodiscard, gnu::noinline]] uint32_t UnionSubjectOf(uint8_t level) const;
  [[nodiscard]] Standing StandingOf(const Limit& limit,
                                    uint32_t subject,
                                    WindowNumber window) const;
  // REQUIRES: `last` is of the window `last.oldest` alone.
  [[nodiscard, gnu::noinline]] Standing WithEarlierWindows(const Limit& limit,
                                                           uint32_t subject,
                                                           Standing last) const;
  // When what was counted in a window no longer is; also of a span of 1.
  [[nodiscard, gnu::noinline]] TimestampNs EndOfRolling(const Limit& limit,
                                                        CalendarRow calendar,
                                                        WindowNumber window) const;
  [[nodiscard, gnu::noinline]] TimestampNs EndOfRolling(const UseDelta& use) const;
  // As told when nothing is taken of it.
  [[nodiscard]] ResultLimit LimitState(LimitRow row,
                                       uint32_t subject,
                                       WindowNumber window,
                                       CalendarRow calendar) const;
  // An allowance for what is done without asking is no limit of what is asked.
  [[nodiscard]] bool IsAsked(const Limit& limit) const {
    return limit.scope != LimitScope::kOffline || advice_ != nullptr;
  }
  Standing BeginUse(LimitRow row, const CalendarMoment& moment, const Offer& offer, UseDelta* use);
  [[nodiscard, gnu::noinline]] Standing WithMore(LimitRow row,
                                                 uint32_t subject,
                                                 Standing last) const;
  [[nodiscard]] TimestampNs RenewalOf(const Limit& limit,
                                      const Benefit& benefit,
                                      const CalendarMoment& moment,
                                      const Standing& standing) const;
  void CountUses(std::span<const int64_t> left, Offer* offer);
  [[gnu::noinline]] void CountPrices(const Benefit& benefit, Offer* offer) const;
  // What a price limit counts.
  [[nodiscard]] Fen CountedPriceOf(const Benefit& benefit) const {
    return Larger(Fen{0}, BaseOf(benefit));
  }
  // What it answers when it is exceeded.
  [[nodiscard]] static Reason ReasonOf(const Limit& limit);
  Reason TakeLimits(const Benefit& benefit, Offer* offer);
  void TakeLimitsAnyway(const Benefit& benefit, Offer* offer);

  // Answers that explain (explain.cc).
  void ExplainParties(Reason reason);
  void ExplainAsks(BenefitRow row);
  void ExplainCandidates(ProgrammeCode programme);
  void ExplainBenefit(BenefitRow row);
  void ExplainLimits(BenefitRow row, Fen* subsidy);
  void ExplainFunds(BenefitRow row, Fen subsidy);
  CheckResult* AddCheck(BenefitRow benefit, Reason check, bool passed);
  [[nodiscard]] bool IsKnown(const Limit& limit) const;
  [[nodiscard]] ResultLimit LimitAsItStands(const Benefit& benefit, LimitRow row);
  void GetEntitlements();
  [[nodiscard]] bool IsOfCategory(const Benefit& benefit) const;
  void AddEntitlement(BenefitRow row, bool here, bool by_card);
  Reason JudgeEntitlement(const Benefit& benefit, Entitlement* item);

  // Operators' commands (decide_admin.cc, decide_programmes.cc, vouchers.cc, draws.cc,
  // contributions.cc).
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
  void StageProgramme();
  void ActivateDue();
  void IssueVouchers();
  [[nodiscard]] bool MayHaveAnother(MemberRow member,
                                    VoucherSeriesRow series,
                                    std::span<const MemberRow> before) const;
  bool MayIssueFor(DrawRow draw, VoucherSeriesRow series, uint32_t count);
  void VoidVouchers();
  [[nodiscard]] bool IsCommittedAlike(const Draw& stored, const CommitDrawRequest& request) const;
  [[nodiscard]] uint32_t NewSeriesOf(std::span<const PrizeSpec> prizes) const;
  void CommitDraw();
  void CloseDraw();
  void SettleDraw();
  void DrawPrize();
  void Contribute();
  void RevokeContribution();
  void StageVersion(ProgrammeRow row, Stage stage, TimestampNs activates_at, EventKind kind);
  [[nodiscard]] bool IsStageToAsk(Stage stage, TimestampNs activates_at);
  [[nodiscard]] bool MayBecome(ProgrammeRow row, Stage stage) const;
  [[nodiscard]] bool HasRoomForActivation() const;
  [[nodiscard]] ProgrammeRow FindSameContent(const ProgrammeHead& head, uint64_t hash) const;
  bool ResolveProgramme(const ProgrammeImage& image);
  bool ResolveBenefit(const BenefitSpec& benefit, uint32_t index);
  [[nodiscard]] bool HasRoomFor(const ProgrammeImage& image) const;
  [[nodiscard]] bool HasRoomForSeries(const ProgrammeImage& image) const;
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
  uint32_t judged_s_;  // its NearestSecond32()
  const bool shadow_;  // every version in shadow stands in place of the active one
  const Ledger::Trail& trail_;
  Event* const event_;
  Result* const result_;

  // Found on the way.
  TerminalRow terminal_;
  MerchantRow merchant_;
  CardRow card_;
  MemberRow member_;
  TransactionRow tombstone_;                   // the id was reversed before it came
  TransactionRow referred_;                    // what a reference finds, whatever it is
  CodeUseRow code_use_;                        // of the code that is shown; none = its first
  const OccasionRequest* occasion_ = nullptr;  // none = it is an ordinary sale
  VoucherRow voucher_;                         // of the code that is shown
  VoucherSeriesRow looked_series_;             // of which the member's voucher is known
  VoucherRow found_voucher_;
  const Transaction* original_ = nullptr;
  uint64_t segments_ = 0;
  bool segments_known_ = false;
  Fen list_price_;
  Fen subsidy_max_;                        // what a rule gives at most: what is claimed of it
  bool allow_partial_ = false;             // as asked, but never of an advice
  const AdviceRequest* advice_ = nullptr;  // none = it is asked online
  // The lists that the candidates are taken from: the trail's, or found here.
  const CandidateIndex::Found* found_ = nullptr;
  FoundSpace found_space_;
  // Those without a layer stand at the front, those with one at the back.
  size_t contender_count_ = 0;
  size_t layered_count_ = 0;
  Contenders contenders_;
  CalendarRow past_calendar_;  // whose moment at judged_at_ past_ has
  PastSpace past_;
  Offers offers_;
  SpareShares spare_shares_;
  SpareUses spare_uses_;
  Offer* best_ = nullptr;          // what applies and gives most, else what came furthest
  const Offer* before_ = nullptr;  // of a combination, while its next layer is asked
  CombinationSpace combination_space_;
  // Of the original, in the order of layers.
  uint32_t granted_count_ = 0;
  GrantedSpace granted_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_DECIDE_H_
