// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The same rules as engine/ledger, written a second time in the most obvious
// way: maps of structs, every sum recomputed, nothing incremental, nothing fast.
// It shares no code with engine/ledger, only the value types of engine/domain,
// so a mistake has to be made twice to stay hidden.  The rules are those of
// docs/decisions, in their words and their order: how an authorization is decided in
// naive_authorize.cc, its life (0001) in naive_lifecycle.cc and naive_refund.cc, what
// explains an answer (0002) in naive_explain.cc, advices and batches (0003) in
// naive_advice.cc, codes (0005) in naive_code.cc, operators' commands in
// naive_operators.cc.
//
// It knows no limits.h: tables never get full here.

#ifndef GONGHUI_TESTS_MODEL_NAIVE_LEDGER_H_
#define GONGHUI_TESTS_MODEL_NAIVE_LEDGER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/result.h"
#include "tests/model/naive_path.h"
#include "tests/model/naive_statuses.h"
#include "tests/testing/answer.h"

namespace gonghui {

// Who a counter counts: "M1" of kPerson, "" of kProgramme ...
struct NaiveCounterKey {
  ProgrammeCode programme;
  LimitCode limit;
  LimitMeasure measure = LimitMeasure::kCount;
  LimitSubject subject_kind = LimitSubject::kPerson;
  WindowKind window_kind = WindowKind::kDay;
  std::string subject;
  WindowNumber window = 0;

  friend auto operator<=>(const NaiveCounterKey&, const NaiveCounterKey&) = default;
};

struct NaiveTotals {
  int64_t held = 0;
  int64_t used = 0;

  friend bool operator==(const NaiveTotals&, const NaiveTotals&) = default;
};

struct NaiveFundTotals {
  int64_t held = 0;
  int64_t spent = 0;
  int64_t overrun = 0;
  int64_t suspense = 0;

  friend bool operator==(const NaiveFundTotals&, const NaiveFundTotals&) = default;
};

struct NaiveMerchantAccounts {
  Fen receivable_pending;
  Fen receivable_posted;
  Fen collected_pending;
  Fen collected_posted;

  friend bool operator==(const NaiveMerchantAccounts&, const NaiveMerchantAccounts&) = default;
};

// What a terminal did since its last close.
struct NaiveOpenBatch {
  Totals totals;
  uint32_t closed = 0;  // batches before
  TimestampNs queue_empty_at;

  friend bool operator==(const NaiveOpenBatch&, const NaiveOpenBatch&) = default;
};

// A transaction as a repeat and as an inquiry would be told of it.
struct NaiveTold {
  Answer again;
  Answer now;
};

class NaiveLedger {
 public:
  explicit NaiveLedger(uint16_t shard = 0) : shard_(shard) {}

  // Decides and, if anything changes, changes it.
  Answer Apply(const Command& command, TimestampNs now);

  // An event of which no answer tells (the archive's) takes a number as well.
  void PassNumber() { ++seq_; }

  [[nodiscard]] CommandSeq applied_seq() const { return CommandSeq{seq_}; }
  // The hold that runs out first; kTimestampMax = none.
  [[nodiscard]] TimestampNs next_expiry() const;

  // Recomputed from the transactions.
  [[nodiscard]] std::map<FundCode, NaiveFundTotals> FundTotals() const;
  [[nodiscard]] std::map<NaiveCounterKey, NaiveTotals> CounterTotals() const;
  [[nodiscard]] std::map<MerchantId, NaiveMerchantAccounts> MerchantAccounts() const;
  [[nodiscard]] std::map<TerminalId, NaiveOpenBatch> OpenBatches() const;
  [[nodiscard]] std::vector<NaiveTold> AllTransactions() const;
  // How often each branch was gone.
  [[nodiscard]] const std::map<NaivePath, int>& paths() const { return paths_; }

 private:
  struct UnionEntry {
    UnionNodeId parent;
    UnionLevel level = UnionLevel::kOther;
    DisplayName name;
  };
  struct BenefitEntry {
    ProgrammeCode programme;
    TimestampNs starts_at;
    TimestampNs ends_at;
    Calendar calendar;
    LateCapture late_capture = LateCapture::kStrict;
    std::vector<OverCapture> over_capture;
    BenefitSpec spec;
    std::vector<SegmentCode> segments_any;
    std::vector<SegmentCode> segments_all;
    std::vector<MccRange> mccs;
    std::vector<MerchantId> merchants;
    std::vector<HoursRange> hours;
    std::vector<LimitSpec> limits;
    std::vector<FundingShareSpec> funding;
  };
  using BenefitPointer = std::shared_ptr<const BenefitEntry>;
  struct ProgrammeVersion {
    uint64_t content_hash = 0;
    // Live on [applied_at, ended_at): until it was retired or the next one came.
    TimestampNs applied_at;
    TimestampNs ended_at = kTimestampMax;
    std::vector<BenefitPointer> benefits;
  };
  struct ProgrammeEntry {
    ProgrammeCode code;
    std::vector<ProgrammeVersion> versions;  // the newest last

    [[nodiscard]] bool retired() const { return versions.back().ended_at != kTimestampMax; }
  };
  struct Share {
    FundCode fund;
    bool money = true;
    int64_t authorized = 0;
    int64_t held = 0;
    int64_t spent = 0;
    int64_t overrun = 0;
  };
  struct CounterUse {
    NaiveCounterKey key;
    LimitSpec limit;
    int64_t held = 0;
    int64_t used = 0;
  };
  struct Entry {
    // What was asked, for repeats; what it points to is kept beside it.
    Command command;
    std::vector<LineItem> lines;
    std::vector<ReturnedLine> returned;
    std::optional<AdviceRequest> advice;
    Answer answer;  // what was told
    TerminalId terminal;
    MerchantId merchant;
    TransactionState state = TransactionState::kDeclined;

    // An approved authorization.  The amounts by the letters of the note.
    Fen list_price;        // L
    Fen subsidy;           // S
    Fen captured;          // C
    Fen captured_subsidy;  // CS
    Fen refunded;          // R
    Fen refunded_subsidy;  // RS
    TimestampNs expires_at;
    bool extended = false;   // by an increment
    BenefitPointer benefit;  // booked; null = at full price
    std::vector<Share> shares;

    // An authorization's, and what a refund gave to later windows.
    std::vector<CounterUse> uses;
    // A refund's or reversal's: what stands in suspense.
    std::map<FundCode, int64_t> suspended;
    bool took_back = false;  // a reversal: something that was captured

    [[nodiscard]] bool booked() const { return benefit != nullptr; }
    [[nodiscard]] bool is_sale() const { return command.authorize.capture_at_once; }
    [[nodiscard]] bool is_hold() const {
      return answer.kind == TransactionKind::kAuthorization &&
             answer.outcome != Outcome::kDeclined && !is_sale();
    }
    [[nodiscard]] bool is_open() const {
      return state == TransactionState::kPending || state == TransactionState::kPartiallyCaptured;
    }
  };
  // Whom limits may count.
  struct Party {
    MemberId member;
    CardNumber card;
    TerminalId terminal;
  };
  // How one candidate fared.
  struct Trial {
    Reason reason = Reason::kNone;
    BenefitPointer benefit;
    std::optional<Fen> by_rule;  // what the rule gives, whatever limits and funds say
    Fen subsidy;
    bool partial = false;    // less than the benefit's own limits would let it give
    std::vector<Fen> parts;  // of benefit->funding
    std::optional<LimitSpec> failed_limit;
    TimestampNs next_eligible_at;
    std::vector<NaivePath> paths;  // gone, if this is the one that is told
  };
  // How all candidates fared.
  struct Choice {
    bool programme_found = false;
    std::optional<Trial> chosen;
    std::optional<Trial> furthest;     // of those that failed
    std::vector<Trial> most_generous;  // those whose rule applies, the most generous first

    // Why nothing was chosen.
    [[nodiscard]] Reason reason() const {
      return !programme_found       ? Reason::kProgrammeNotFound
             : furthest.has_value() ? furthest->reason
                                    : Reason::kNoApplicableBenefit;
    }
  };
  // What comes of a benefit that is booked whether there is room for it or not.
  struct Forced {
    std::vector<Share> shares;
    Fen subsidy;
    bool enough_things = true;
    bool overrun = false;
  };
  struct AcceptedCode {
    CardNumber card;
    CodePurpose purpose = CodePurpose::kPayment;
    TimestampNs issued_at;
  };
  // Where a repeat is another request.
  struct Mismatch {
    Field field = Field::kNone;
    uint32_t index = 0;
  };
  using RequestKey = std::pair<TerminalId, RequestId>;

  void Went(NaivePath path, bool really = true) { paths_[path] += really ? 1 : 0; }
  static Answer Only(Verdict verdict, Field field = Field::kNone);
  // The command, with copies of what it points to.
  static Entry EntryOf(const Command& command);

  // Terminals' commands.
  Answer ApplyTerminal(const Command& command, TimestampNs now);
  Answer Authorize(const Command& command, TimestampNs now);
  Answer Increment(const Command& command, TimestampNs now);
  Answer Capture(const Command& command, TimestampNs now);
  Answer Reverse(const Command& command, TimestampNs now);
  Answer Refund(const Command& command, TimestampNs now);
  Answer CloseBatch(const Command& command, TimestampNs now);
  Answer Inquire(const Command& command);
  Answer ExpireHolds(TimestampNs now);

  [[nodiscard]] std::optional<Mismatch> FirstDifference(const Entry& stored,
                                                        const Command& command) const;
  [[nodiscard]] Reason JudgeCaller(const TerminalId& terminal,
                                   CardNumber card,
                                   TimestampNs at) const;
  // Of the programme that is named, or of all; in order of precedence.
  [[nodiscard]] std::vector<BenefitPointer> LiveAt(TimestampNs at, const ProgrammeCode& only) const;
  [[nodiscard]] std::optional<Trial> Try(const BenefitPointer& benefit,
                                         const Command& command,
                                         TimestampNs at) const;
  [[nodiscard]] Choice Choose(const Command& command, TimestampNs at) const;
  // Fills in what an approval takes: shares and uses as held, and what is told of them.
  void Book(const BenefitPointer& benefit,
            std::vector<Share> shares,
            Fen subsidy,
            TimestampNs at,
            Entry* entry) const;
  [[nodiscard]] static std::vector<Share> SharesOf(const Trial& trial);
  static void CaptureAtOnce(Entry* entry);
  void Deny(const Choice& choice, const Command& command, TimestampNs at, Answer* answer) const;
  void WentWithLines(const Entry& entry);
  // Whether the benefit is for this one.
  [[nodiscard]] bool ServesCategory(const BenefitEntry& benefit, const TerminalId& terminal) const;
  [[nodiscard]] bool ServesMerchant(const BenefitEntry& benefit, const TerminalId& terminal) const;
  [[nodiscard]] bool ServesTerminal(const BenefitEntry& benefit, const TerminalId& terminal) const;
  [[nodiscard]] bool ServesRealName(const BenefitEntry& benefit, const MemberId& member) const;
  [[nodiscard]] bool ServesMember(const BenefitEntry& benefit,
                                  const MemberId& member,
                                  TimestampNs at) const;
  // Its funds, and its stock.
  [[nodiscard]] static std::vector<FundCode> SourcesOf(const BenefitEntry& benefit);
  // The most, up to `subsidy`, whose parts all funds have available; 0 = nothing.
  [[nodiscard]] int64_t MostThatFundsCover(const BenefitEntry& benefit, int64_t subsidy) const;
  [[nodiscard]] NaiveCounterKey KeyOf(const BenefitEntry& benefit,
                                      const LimitSpec& limit,
                                      const Party& party,
                                      TimestampNs at) const;
  [[nodiscard]] Party PartyOf(const Command& command) const;
  // The limit as it is told when `more` is taken from it.
  [[nodiscard]] AnswerLimit LimitNow(const Calendar& calendar,
                                     const LimitSpec& limit,
                                     const NaiveCounterKey& key,
                                     int64_t more) const;
  [[nodiscard]] int64_t TakenOf(const NaiveCounterKey& key) const;
  [[nodiscard]] NaiveFundTotals TotalsOf(const FundCode& fund) const;
  // What a new decision may take from it.
  [[nodiscard]] int64_t AvailableOf(const FundCode& fund) const;
  [[nodiscard]] bool IsOpenAt(const FundCode& fund, TimestampNs at) const;
  [[nodiscard]] bool AreOpenAt(const std::vector<FundCode>& funds, TimestampNs at) const;
  [[nodiscard]] bool IsInside(UnionNodeId node, const UnionNodeId& root) const;
  [[nodiscard]] bool IsInSegment(const MemberRequest& member,
                                 const SegmentCode& segment,
                                 TimestampNs at) const;
  // What a command refers to, if it is there and of this merchant; null = not
  // found.  Tombstones are not found either.
  Entry* FindOriginal(const Command& command, TransactionId id, const RequestId& request_id);
  // What a command of `kind` begins with: the entry, and in *original what it refers
  // to, if that is an authorization.
  Entry Begin(const Command& command,
              TransactionKind kind,
              TransactionId id,
              const RequestId& request_id,
              TimestampNs now,
              Entry** original);

  // Advices: naive_advice.cc.
  Answer AdviseSale(const Command& command, TimestampNs now);
  [[nodiscard]] AnswerAdvice EvidenceOf(const Command& command, TimestampNs now) const;
  [[nodiscard]] static bool IsTooOld(const AdviceRequest& advice, TimestampNs now);
  [[nodiscard]] TimestampNs QueueEmptyAt(const TerminalId& terminal) const;
  // The same advice under another id; null = there is none.
  [[nodiscard]] const Entry* SameAdvice(const Command& command) const;
  // Step 1: what declines it, and what is forgiven.
  [[nodiscard]] std::pair<Reason, Reason> JudgeAdvice(const Command& command, TimestampNs at);
  [[nodiscard]] Forced Force(const Trial& trial, TimestampNs at) const;
  [[nodiscard]] bool ExceedsLimit(const Entry& entry) const;
  void WentWithForced(const Entry& entry, const std::optional<Forced>& forced, TimestampNs at);
  [[nodiscard]] Totals OpenTotals(const TerminalId& terminal) const;

  // Codes: naive_code.cc.
  [[nodiscard]] std::vector<TimestampNs> AcceptedCodes(CardNumber card, CodePurpose purpose) const;
  [[nodiscard]] std::vector<AnswerCheck> CheckCode(const Command& command, TimestampNs now) const;
  Reason JudgeCode(const Command& command, TimestampNs now);
  void AcceptCode(const Command& command, TimestampNs now);

  // Answers that explain.
  [[nodiscard]] std::vector<AnswerCheck> Explain(const Command& command, TimestampNs now) const;
  // Of what decides, in order; the first that fails is the last.
  [[nodiscard]] std::vector<AnswerCheck> CheckTerminal(const TerminalId& terminal,
                                                       TimestampNs at) const;
  [[nodiscard]] std::vector<AnswerCheck> CheckCard(CardNumber number, TimestampNs at) const;
  [[nodiscard]] AnswerCheck CheckMember(const MemberId& member, TimestampNs at) const;
  // What is wrong with them, as of then.
  [[nodiscard]] Reason FaultOfCard(CardNumber number, TimestampNs at) const;
  [[nodiscard]] Reason FaultOfMember(const MemberId& member, TimestampNs at) const;
  // All of them, failed or not.
  [[nodiscard]] std::vector<AnswerCheck> CheckBenefit(const BenefitEntry& benefit,
                                                      const Command& command,
                                                      TimestampNs now) const;
  [[nodiscard]] AnswerStanding StandingOf(const BenefitEntry& benefit,
                                          const LimitSpec& limit,
                                          const NaiveCounterKey& key) const;
  [[nodiscard]] Answer GetEntitlements(const Command& command, TimestampNs now) const;
  [[nodiscard]] AnswerEntitlement EntitlementTo(const BenefitEntry& benefit,
                                                const Party& party,
                                                bool here,
                                                TimestampNs now) const;

  // What becomes of an authorization.
  void PostLate(Entry& original, Fen subsidy, Answer* answer, TimestampNs now);
  void PostHeld(Entry& original, Fen subsidy, Answer* answer);
  // The reversal's own entry tells what goes back.
  void ReverseAll(Entry& original, Entry* reversal, TimestampNs now);
  void ReversePart(Entry& original, Fen amount, Entry* reversal, TimestampNs now);
  void SuspendIfClosed(const Share& share, int64_t returned, Entry* entry, TimestampNs now);
  void ReleaseHeld(Entry& entry);
  // What a refund gives back, by its lines: false = it is not there to be given back.
  bool PriceLines(const RefundRequest& request, const Entry& original, Entry* refund);
  Answer Record(Entry entry);
  [[nodiscard]] Answer Retell(const Entry& entry) const;
  [[nodiscard]] Answer Tell(const Entry& entry) const;
  [[nodiscard]] static std::vector<AnswerShare> SharesOf(const Entry& entry);

  // Operators' commands.
  Answer ApplyAdmin(const Command& command, TimestampNs now);
  // Also keeps what the status was.
  template <class Row, class Statuses, class Key>
  static void Set(Row* row, const Row& to, Statuses* past, const Key& key, TimestampNs now);
  Answer SetUnionNode(const UnionNodeRequest& request);
  Answer SetMember(const MemberRequest& asked, TimestampNs now);
  Answer SetCard(const CardRequest& asked, TimestampNs now);
  Answer SetMerchant(const MerchantRequest& request, TimestampNs now);
  Answer SetTerminal(const TerminalRequest& request, TimestampNs now);
  Answer SetFund(const FundRequest& request);
  Answer ApplyProgramme(const ProgrammeImage& image, TimestampNs now);
  Answer SetMemberStatus(const MemberStatusRequest& request, TimestampNs now);
  Answer SetCardStatus(const CardStatusRequest& request, TimestampNs now);
  Answer ReplaceCard(const ReplaceCardRequest& request, TimestampNs now);
  Answer RetireProgramme(const RetireProgrammeRequest& request, TimestampNs now);

  uint16_t shard_;
  uint64_t seq_ = 0;
  std::map<SegmentCode, DisplayName> segments_;
  std::map<UnionNodeId, UnionEntry> unions_;
  std::map<MemberId, MemberRequest> members_;
  std::map<CardNumber, CardRequest> cards_;
  std::map<CardNumber, CardNumber> replaced_by_;
  std::map<MerchantId, MerchantRequest> merchants_;
  std::map<TerminalId, TerminalRequest> terminals_;
  NaiveStatuses<MemberId, MemberStatus> member_statuses_;
  NaiveStatuses<CardNumber, CardStatus> card_statuses_;
  NaiveStatuses<MerchantId, MerchantStatus> merchant_statuses_;
  NaiveStatuses<TerminalId, TerminalStatus> terminal_statuses_;
  std::map<FundCode, FundRequest> funds_;
  std::vector<ProgrammeEntry> programmes_;  // in order of their codes' first version
  std::map<TransactionId, Entry> entries_;
  // None = a tombstone: reversed before it came.
  std::map<RequestKey, TransactionId> by_request_;
  std::vector<AcceptedCode> accepted_codes_;  // all that ever were
  std::map<NaivePath, int> paths_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_NAIVE_LEDGER_H_
