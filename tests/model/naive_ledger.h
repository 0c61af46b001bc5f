// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The same rules as engine/ledger, written a second time in the most obvious
// way: maps of structs, every sum recomputed, nothing incremental, nothing fast.
// It shares no code with engine/ledger, only the value types of engine/domain,
// so a mistake has to be made twice to stay hidden.  The rules of an
// authorization's life are those of docs/decisions/0001-lifecycle.md, in its words
// and its order: naive_lifecycle.cc.  What explains an answer, by 0002: naive_explain.cc.
// Operators' commands: naive_operators.cc.
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

  [[nodiscard]] CommandSeq applied_seq() const { return CommandSeq{seq_}; }
  // The hold that runs out first; kTimestampMax = none.
  [[nodiscard]] TimestampNs next_expiry() const;

  // Recomputed from the transactions.
  [[nodiscard]] std::map<FundCode, NaiveFundTotals> FundTotals() const;
  [[nodiscard]] std::map<NaiveCounterKey, NaiveTotals> CounterTotals() const;
  [[nodiscard]] std::map<MerchantId, NaiveMerchantAccounts> MerchantAccounts() const;
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
  struct ProgrammeEntry {
    ProgrammeCode code;
    uint32_t version = 0;
    uint64_t content_hash = 0;
    bool retired = false;
    std::vector<std::shared_ptr<const BenefitEntry>> benefits;
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
    Command command;  // what was asked, for repeats
    Answer answer;    // what was told
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
    bool extended = false;                        // by an increment
    std::shared_ptr<const BenefitEntry> benefit;  // booked; null = at full price
    std::vector<Share> shares;

    // An authorization's, and what a refund gave to later windows.
    std::vector<CounterUse> uses;
    // A refund's or reversal's: what stands in suspense.
    std::map<FundCode, int64_t> suspended;

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
    std::shared_ptr<const BenefitEntry> benefit;
    Fen subsidy;
    bool partial = false;    // less than the benefit's own limits would let it give
    std::vector<Fen> parts;  // of benefit->funding
    std::optional<LimitSpec> failed_limit;
    TimestampNs next_eligible_at;
    std::vector<NaivePath> paths;  // gone, if this is the one that is told
  };
  using RequestKey = std::pair<TerminalId, RequestId>;

  void Went(NaivePath path, bool really = true) { paths_[path] += really ? 1 : 0; }
  static Answer Only(Verdict verdict, Field field = Field::kNone);

  // Terminals' commands.
  Answer ApplyTerminal(const Command& command, TimestampNs now);
  Answer Authorize(const Command& command, TimestampNs now);
  Answer Increment(const Command& command, TimestampNs now);
  Answer Capture(const Command& command, TimestampNs now);
  Answer Reverse(const Command& command, TimestampNs now);
  Answer Refund(const Command& command, TimestampNs now);
  Answer Inquire(const Command& command);
  Answer ExpireHolds(TimestampNs now);

  [[nodiscard]] std::optional<Field> FirstDifference(const Entry& stored,
                                                     const Command& command) const;
  [[nodiscard]] Reason JudgeCaller(const TerminalId& terminal,
                                   CardNumber card,
                                   TimestampNs now) const;
  [[nodiscard]] std::optional<Trial> Try(const std::shared_ptr<const BenefitEntry>& benefit,
                                         const Command& command,
                                         TimestampNs now) const;
  // Whether the benefit is for this one.
  [[nodiscard]] bool ServesCategory(const BenefitEntry& benefit, const TerminalId& terminal) const;
  [[nodiscard]] bool ServesMerchant(const BenefitEntry& benefit, const TerminalId& terminal) const;
  [[nodiscard]] bool ServesTerminal(const BenefitEntry& benefit, const TerminalId& terminal) const;
  [[nodiscard]] bool ServesRealName(const BenefitEntry& benefit, const MemberId& member) const;
  [[nodiscard]] bool ServesMember(const BenefitEntry& benefit,
                                  const MemberId& member,
                                  TimestampNs now) const;
  // Its funds, and its stock.
  [[nodiscard]] static std::vector<FundCode> SourcesOf(const BenefitEntry& benefit);
  // The most, up to `subsidy`, whose parts all funds have available; 0 = nothing.
  [[nodiscard]] int64_t MostThatFundsCover(const BenefitEntry& benefit, int64_t subsidy) const;
  [[nodiscard]] NaiveCounterKey KeyOf(const BenefitEntry& benefit,
                                      const LimitSpec& limit,
                                      const Party& party,
                                      TimestampNs now) const;
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

  // Answers that explain.
  [[nodiscard]] std::vector<AnswerCheck> Explain(const Command& command, TimestampNs now) const;
  // Of what decides, in order; the first that fails is the last.
  [[nodiscard]] std::vector<AnswerCheck> CheckTerminal(const TerminalId& terminal) const;
  [[nodiscard]] std::vector<AnswerCheck> CheckCard(CardNumber number, TimestampNs now) const;
  [[nodiscard]] AnswerCheck CheckMember(const MemberId& member) const;
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
  Answer Record(Entry entry);
  [[nodiscard]] Answer Retell(const Entry& entry) const;
  [[nodiscard]] Answer Tell(const Entry& entry) const;
  [[nodiscard]] static std::vector<AnswerShare> SharesOf(const Entry& entry);

  // Operators' commands.
  Answer ApplyAdmin(const Command& command, TimestampNs now);
  Answer SetUnionNode(const UnionNodeRequest& request);
  Answer SetMember(const MemberRequest& asked);
  Answer SetCard(const CardRequest& asked);
  Answer SetMerchant(const MerchantRequest& request);
  Answer SetTerminal(const TerminalRequest& request);
  Answer SetFund(const FundRequest& request);
  Answer ApplyProgramme(const ProgrammeImage& image);
  Answer SetMemberStatus(const MemberStatusRequest& request);
  Answer SetCardStatus(const CardStatusRequest& request);
  Answer ReplaceCard(const ReplaceCardRequest& request);
  Answer RetireProgramme(const RetireProgrammeRequest& request);

  uint16_t shard_;
  uint64_t seq_ = 0;
  std::map<SegmentCode, DisplayName> segments_;
  std::map<UnionNodeId, UnionEntry> unions_;
  std::map<MemberId, MemberRequest> members_;
  std::map<CardNumber, CardRequest> cards_;
  std::map<CardNumber, CardNumber> replaced_by_;
  std::map<MerchantId, MerchantRequest> merchants_;
  std::map<TerminalId, TerminalRequest> terminals_;
  std::map<FundCode, FundRequest> funds_;
  std::vector<ProgrammeEntry> programmes_;  // in order of their codes' first version
  std::map<TransactionId, Entry> entries_;
  // None = a tombstone: reversed before it came.
  std::map<RequestKey, TransactionId> by_request_;
  std::map<NaivePath, int> paths_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_NAIVE_LEDGER_H_
