// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The same rules as engine/ledger, written a second time in the most obvious
// way: maps of structs, every sum recomputed, nothing incremental, nothing fast.
// It shares no code with engine/ledger, only the value types of engine/domain,
// so a mistake has to be made twice to stay hidden.  The rules are those of
// docs/decisions, in their words and their order: how an authorization is decided (0006)
// in naive_authorize.cc, whom and what a benefit is for in naive_who.cc and
// naive_items.cc, limits in naive_limits.cc, combinations in naive_combine.cc; its life
// (0001) in naive_lifecycle.cc, naive_increment.cc and naive_refund.cc, what explains an
// answer (0002) in naive_explain.cc, advices and batches (0003) in naive_advice.cc, codes
// (0005) in naive_code.cc, operators' commands in naive_operators.cc, versions of
// programmes (0007) in naive_programmes.cc.  What an authorization is asked with (0008) is
// in naive_occasion.cc, vouchers and draws in naive_vouchers.cc and naive_draws.cc; claims and
// contributions (0009) in naive_claims.cc and naive_contributions.cc.
//
// Of limits.h it knows what one decision may take: tables never get full here.

#ifndef GONGHUI_TESTS_MODEL_NAIVE_LEDGER_H_
#define GONGHUI_TESTS_MODEL_NAIVE_LEDGER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/domain/command.h"
#include "engine/domain/contribution.h"
#include "engine/domain/draw.h"
#include "engine/domain/occasion.h"
#include "engine/domain/result.h"
#include "engine/domain/voucher.h"
#include "tests/model/naive_items.h"
#include "tests/model/naive_path.h"
#include "tests/model/naive_statuses.h"
#include "tests/model/naive_times.h"
#include "tests/testing/answer.h"

namespace gonghui {

// Who a counter counts: "M1" of kPerson, "" of kProgramme ...
struct NaiveCounterKey {
  ProgrammeCode programme;
  LimitCode limit;
  LimitMeasure measure = LimitMeasure::kCount;
  LimitSubject subject_kind = LimitSubject::kPerson;
  WindowKind window_kind = WindowKind::kDay;
  uint8_t union_level = 0;
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
  int64_t contributed = 0;
  uint32_t contributions = 0;
  uint32_t claims_filed = 0;
  uint32_t claims_paid = 0;
  uint32_t claims_rejected = 0;
  uint32_t claims_ended = 0;

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

struct NaiveVoucher {
  SeriesCode series;  // none: blank
  MemberId member;    // none = the bearer's
  TimestampNs valid_from;
  TimestampNs expires_at;
  DrawCode draw;
  VoucherState state = VoucherState::kIssued;
  TransactionId authorization;  // reserved, redeemed: by which
  uint64_t issued_as = 0;       // the how manieth of all

  friend bool operator==(const NaiveVoucher&, const NaiveVoucher&) = default;
};

struct NaiveDraw {
  CommitDrawRequest committed;  // without its prizes
  std::vector<PrizeSpec> prizes;
  std::vector<uint32_t> won;  // by prize
  DrawState state = DrawState::kCommitted;
  Digest entries_hash{};
  Digest seed{};
  TimestampNs committed_at;
  TimestampNs settled_at;
  uint32_t entries = 0;
  uint32_t vouchers = 0;
};

struct NaiveContribution {
  ContributeRequest asked;
  TimestampNs at;
  uint64_t span = 0;          // the one that it made or extended
  TimestampNs covered_until;  // when that ended before
  bool revoked = false;
};

struct NaiveJudgement {
  OperatorName by;
  DisplayName note;
  TimestampNs at;
  Judgement judgement = Judgement::kApproved;

  friend bool operator==(const NaiveJudgement&, const NaiveJudgement&) = default;
};

// What brought an authorization about, and what was said of it.
struct NaiveOccasion {
  OccasionRequest asked;
  VoucherKey voucher;  // that was taken
  std::vector<NaiveJudgement> judgements;
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

  // What an authorization would be answered with every version in shadow in place of its
  // programme's active one: a quote.
  Answer QuoteWithShadows(const Command& command, TimestampNs now);

  // An event of which no answer tells (the archive's) takes a number as well.
  void PassNumber() { ++seq_; }

  [[nodiscard]] CommandSeq applied_seq() const { return CommandSeq{seq_}; }
  // The hold that runs out first; kTimestampMax = none.
  [[nodiscard]] TimestampNs next_expiry() const;
  // When the next scheduled version becomes active; kTimestampMax = none.
  [[nodiscard]] TimestampNs next_activation() const;

  // Recomputed from the transactions.
  [[nodiscard]] std::map<FundCode, NaiveFundTotals> FundTotals() const;
  [[nodiscard]] std::map<NaiveCounterKey, NaiveTotals> CounterTotals() const;
  // Of the count limits per person of all time, of which draws may be: since when each has
  // something in it without a gap.
  [[nodiscard]] const std::map<NaiveCounterKey, TimestampNs>& entered() const { return entered_; }
  [[nodiscard]] std::map<MerchantId, NaiveMerchantAccounts> MerchantAccounts() const;
  [[nodiscard]] std::map<TerminalId, NaiveOpenBatch> OpenBatches() const;
  [[nodiscard]] std::vector<NaiveTold> AllTransactions() const;
  [[nodiscard]] std::map<TransactionId, NaiveOccasion> Occasions() const;
  [[nodiscard]] const std::map<VoucherKey, NaiveVoucher>& vouchers() const { return vouchers_; }
  // All that were ever named.
  [[nodiscard]] const std::set<SeriesCode>& series() const { return series_; }
  [[nodiscard]] const std::map<DrawCode, NaiveDraw>& draws() const { return draws_; }
  [[nodiscard]] const std::map<std::pair<FundCode, ReceiptCode>, std::vector<NaiveContribution>>&
  contributions() const {
    return contributions_;
  }
  // As they stand: what a contribution covers is among them.
  [[nodiscard]] const std::map<MemberId, MemberRequest>& members() const { return members_; }
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
    std::vector<SegmentCode> segments_none;
    std::vector<MccRange> mccs;
    std::vector<MerchantId> merchants;
    std::vector<TerminalId> terminals;
    NaiveItemRule items;
    std::vector<PriceStep> steps;
    NaiveTimes times;
    std::vector<LimitSpec> limits;
    std::optional<LimitSpec> counts_on;  // of `limits`
    std::vector<FundingShareSpec> funding;

    [[nodiscard]] bool combines() const { return spec.layer > 0; }
    [[nodiscard]] bool asks_for(Asks what) const { return AsksFor(spec.asks, what); }
  };
  using BenefitPointer = std::shared_ptr<const BenefitEntry>;
  struct ProgrammeVersion {
    uint64_t content_hash = 0;
    Stage stage = Stage::kValidated;
    bool was_active = false;
    TimestampNs activates_at;  // scheduled
    std::vector<LimitSpec> limits;
    std::vector<BenefitPointer> benefits;
  };
  // Which version was active from an instant on, until the next of them.
  struct Activation {
    TimestampNs from;
    std::optional<size_t> version;  // none = retired
  };
  struct ProgrammeEntry {
    ProgrammeCode code;
    std::vector<ProgrammeVersion> versions;  // the newest last
    std::vector<Activation> activations;     // the newest last

    // Claims are about what was before: of one that was not active yet, the first.
    [[nodiscard]] std::optional<size_t> ActiveAt(TimestampNs at, bool claim = false) const;
    // The one that stands there, if any does.
    [[nodiscard]] std::optional<size_t> In(Stage stage) const;
  };
  struct Share {
    FundCode fund;
    bool money = true;
    size_t part = 0;  // of Entry::parts
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
    size_t part = 0;   // of Entry::parts
    int64_t most = 0;  // of a price limit: A, what the authorization may use of it
  };
  // A benefit that was booked; a combination has several, in the order of their layers.
  struct Part {
    BenefitPointer benefit;
    int64_t earlier_prices = 0;  // P
    Fen items_base;              // B0: of a benefit with items
    Fen subsidy;                 // of S
    Fen captured_subsidy;        // of CS
    Fen refunded_subsidy;        // of RS
    bool spills_over = false;    // beyond its own lines
  };
  // What a part would be at another price.
  struct Reckoned {
    int64_t base = 0;
    int64_t gives = 0;
  };
  struct Entry {
    // What was asked, for repeats; what it points to is kept beside it.
    Command command;
    std::vector<LineItem> lines;
    std::vector<ReturnedLine> returned;
    std::optional<AdviceRequest> advice;
    std::optional<OccasionRequest> occasion;
    Answer answer;  // what was told
    // What was taken, and what was said of it.
    VoucherKey voucher;
    std::vector<NaiveJudgement> judgements;
    bool paid = false;      // a claim, at least in part
    bool rejected = false;  // likewise
    bool ended = false;     // likewise: unpaid
    MemberId member;        // whose authorization it is; none = a bearer's
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
    bool extended = false;    // by an increment
    std::vector<Part> parts;  // booked; none = at full price
    std::vector<Share> shares;

    // An authorization's, and what a refund gave to later windows.
    std::vector<CounterUse> uses;
    // A refund's or reversal's: what stands in suspense.
    std::map<FundCode, int64_t> suspended;
    bool took_back = false;  // a reversal: something that was captured

    [[nodiscard]] bool booked() const { return !parts.empty(); }
    [[nodiscard]] bool is_sale() const { return command.authorize.capture_at_once; }
    [[nodiscard]] bool is_claim() const {
      return occasion.has_value() && occasion->event_at != TimestampNs{};
    }
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
    MemberId member;  // none: of a bearer's voucher, without a card
    CardNumber card;  // none: of a voucher alone
    TerminalId terminal;
    TimestampNs slot_at;
  };
  // What the benefits of earlier layers give.
  struct Earlier {
    Fen given;
    size_t benefits = 0;
    std::vector<Share> shares;
    std::vector<CounterUse> uses;

    // In this decision.
    [[nodiscard]] int64_t TakenOf(const FundCode& fund) const;
    [[nodiscard]] int64_t TakenOf(const NaiveCounterKey& key) const;
  };
  // A fund that refused.
  struct Shortfall {
    FundCode fund;  // none = there is none that could pay
    int64_t needed = 0;
    int64_t available = 0;
  };
  // How one candidate fared.
  struct Trial {
    Reason reason = Reason::kNone;
    BenefitPointer benefit;
    std::optional<Fen> by_rule;  // what the rule gives, whatever limits and funds say
    Fen subsidy;
    int64_t base = 0;            // what the subsidy is reckoned on
    int64_t earlier_prices = 0;  // P
    VoucherKey voucher;          // that would be taken
    bool partial = false;        // less than the benefit's own limits would let it give
    std::vector<Fen> parts;      // of benefit->funding
    std::optional<LimitSpec> failed_limit;
    Shortfall shortfall;  // of a fund
    TimestampNs next_eligible_at;
    std::vector<NaivePath> paths;  // gone, if this is the one that is told
  };
  // How all candidates fared.
  struct Choice {
    bool programme_found = false;
    std::vector<Trial> chosen;         // one, or several in the order of their layers
    std::optional<Trial> furthest;     // of those that failed
    std::vector<Trial> most_generous;  // those whose rule applies, the most generous first
    std::vector<NaivePath> paths;      // gone by combinations, chosen or not

    [[nodiscard]] Fen subsidy() const;
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
    int64_t allowed = 0;  // of the rule, by the terminal's allowance
    bool within_allowance = true;
    bool possible = true;  // and enough things
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
  static uint32_t StanOf(const Command& command);

  // Terminals' commands.
  Answer ApplyAny(const Command& command, TimestampNs now);
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
  // The terminal, its merchant, and whose authorization it is, once more.
  [[nodiscard]] Reason JudgeCaller(const TerminalId& terminal,
                                   const Entry& original,
                                   TimestampNs at) const;

  // What an authorization is asked with: naive_occasion.cc.
  [[nodiscard]] static OccasionRequest OccasionOf(const Command& command);
  // The instant as of which rules, limits and funds are judged.
  [[nodiscard]] static TimestampNs JudgedAt(const Command& command, TimestampNs now);
  // Of what decides before any benefit, in order; the first that fails is the last.
  [[nodiscard]] std::vector<AnswerCheck> CheckParties(const Command& command,
                                                      TimestampNs now) const;
  [[nodiscard]] std::vector<AnswerCheck> CheckVoucher(const VoucherKey& key, TimestampNs now) const;
  // Of another occasion it is no candidate.
  [[nodiscard]] bool IsForOccasion(const BenefitEntry& benefit, const Command& command) const;
  // Whether a limit would have to count whom it does not know.
  [[nodiscard]] static bool LacksSubject(const BenefitEntry& benefit,
                                         const Command& command,
                                         const Party& party);
  [[nodiscard]] static bool IsKnown(const LimitSpec& limit, const Party& party);
  [[nodiscard]] bool IsSlotOf(const BenefitEntry& benefit,
                              TimestampNs slot_at,
                              TimestampNs now) const;
  // The first in which the limits of slots have something left; 0 = none.
  [[nodiscard]] TimestampNs NextSlotWithRoom(const BenefitEntry& benefit,
                                             const Party& party,
                                             TimestampNs at) const;
  [[nodiscard]] static bool IsTooLate(const BenefitEntry& benefit,
                                      const Command& command,
                                      TimestampNs now);
  // What fails of what it asks for.
  [[nodiscard]] Reason JudgeAsks(const BenefitEntry& benefit,
                                 const Command& command,
                                 TimestampNs now) const;
  [[nodiscard]] static TimestampNs SlotEnd(const BenefitEntry& benefit, TimestampNs slot_at);
  // Held and used of the limit whose prices count for the bands.
  [[nodiscard]] int64_t EarlierPrices(const BenefitEntry& benefit,
                                      const Party& party,
                                      TimestampNs at) const;

  // Vouchers: naive_vouchers.cc.
  // That the member may use, by itself; none = there is none.
  [[nodiscard]] VoucherKey UsableVoucher(const MemberId& member,
                                         const SeriesCode& series,
                                         TimestampNs now) const;
  // The one that is shown, or one that is found.
  [[nodiscard]] VoucherKey VoucherFor(const BenefitEntry& benefit,
                                      const Command& command,
                                      TimestampNs now) const;
  void MoveVoucher(const VoucherKey& key, VoucherState state, TransactionId authorization);
  // What becomes of the voucher that it took, if it still has it.
  void ReturnVoucher(const Entry& original);
  void RedeemVoucher(const Entry& original);
  // After its hold was swept; false = another has it.
  bool RedeemVoucherLate(const Entry& original);
  Answer IssueVouchers(const IssueVouchersRequest& request);
  Answer VoidVouchers(const VoidVouchersRequest& request);

  // Draws and prize pools: naive_draws.cc.
  [[nodiscard]] Answer CountAsPrizes(const IssueVouchersRequest& request, size_t count);
  Answer CommitDraw(const CommitDrawRequest& request, TimestampNs now);
  Answer CloseDraw(const CloseDrawRequest& request, TimestampNs now);
  Answer SettleDraw(const SettleDrawRequest& request, TimestampNs now);
  Answer DrawPrize(const DrawPrizeRequest& request, TimestampNs now);
  void NoteEntries();

  // Claims: naive_claims.cc.
  [[nodiscard]] static uint32_t ApprovalsOf(const Entry& claim);
  [[nodiscard]] static bool LacksApprovals(const Entry& claim);
  Answer JudgeClaim(const JudgeClaimRequest& request, Judgement judgement, TimestampNs now);
  void CountClaims(const FundCode& fund, NaiveFundTotals* totals) const;
  // By how much a price limit's use grows with the price.
  [[nodiscard]] static int64_t PriceGrowth(const Entry& original,
                                           const CounterUse& use,
                                           Fen amount);
  // How much of a price limit's use the authorization uses, with so much captured.
  [[nodiscard]] static int64_t PriceUsed(const Entry& entry, const CounterUse& use, Fen captured);
  static void MovePriceUse(const Entry& original, Fen captured, bool from_held, CounterUse* use);

  // Contributions: naive_contributions.cc.
  [[nodiscard]] int64_t ContributedTo(const FundCode& fund) const;
  Answer Contribute(const ContributeRequest& request, TimestampNs now);
  Answer RevokeContribution(const RevokeContributionRequest& request);
  // Of the programme that is named, or of all; in order of precedence.
  [[nodiscard]] std::vector<BenefitPointer> LiveAt(TimestampNs at,
                                                   const ProgrammeCode& only,
                                                   bool claim = false) const;
  // Nothing when the benefit is not for this kind of merchant at all.
  [[nodiscard]] std::optional<Trial> Try(const BenefitPointer& benefit,
                                         const Command& command,
                                         TimestampNs at,
                                         const Earlier& earlier) const;
  // Its steps, one after the other; false = the trial has failed.
  bool TryRules(const Command& command, TimestampNs at, const Earlier& earlier, Trial* trial) const;
  bool TryLimits(const Command& command,
                 TimestampNs at,
                 const Earlier& earlier,
                 Trial* trial,
                 int64_t* in_full) const;
  bool TryFunds(const Command& command, TimestampNs at, const Earlier& earlier, Trial* trial) const;
  [[nodiscard]] Choice Choose(const Command& command, TimestampNs at) const;
  // The best of each layer, in rising order; none = there is no combination.
  std::vector<Trial> Combine(const std::vector<BenefitPointer>& candidates,
                             const Command& command,
                             TimestampNs at,
                             std::vector<NaivePath>* paths) const;
  // Of what is asked, without earlier layers; nothing when no line is eligible.
  [[nodiscard]] static std::optional<int64_t> OwnBaseOf(const BenefitEntry& benefit,
                                                        const Command& command);
  // What its rule takes off its base, as far as the layers before it leave something.
  [[nodiscard]] static Reckoned Reckon(const BenefitEntry& benefit,
                                       int64_t own_base,
                                       int64_t price,
                                       int64_t given,
                                       int64_t earlier_prices);
  // By part: what each would give at a price, at most what it was authorized for.
  [[nodiscard]] static std::vector<Reckoned> ReckonAt(const Entry& entry, int64_t price);
  [[nodiscard]] static int64_t OwnBaseAt(const Entry& entry, const Part& part, int64_t price);
  // A sum over the parts, in proportion to what each has captured and not given back.
  [[nodiscard]] static std::vector<int64_t> DividedByStanding(const Entry& entry, int64_t sum);
  // Fills in what an approval takes: shares and uses as held, and what is told of them.
  void Book(const Trial& trial,
            const std::vector<Share>& shares,
            Fen subsidy,
            TimestampNs at,
            Entry* entry) const;
  // True when its own lines can not bear all of it.
  static bool SplitOverLines(const BenefitEntry& benefit, Fen subsidy, Entry* entry);
  [[nodiscard]] static std::vector<Share> SharesOf(const Trial& trial);
  static void CaptureAtOnce(Entry* entry);
  void Deny(const Choice& choice, const Command& command, TimestampNs at, Answer* answer) const;
  void WentWithLines(const Entry& entry);
  void WentWithParts(const Entry& entry, bool recorded);
  void WentWithOccasion(const Entry& entry, bool recorded);
  // Whether the benefit is for this one.
  [[nodiscard]] bool ServesCategory(const BenefitEntry& benefit, const TerminalId& terminal) const;
  [[nodiscard]] bool ServesMerchant(const BenefitEntry& benefit, const TerminalId& terminal) const;
  [[nodiscard]] bool ServesTerminal(const BenefitEntry& benefit, const TerminalId& terminal) const;
  [[nodiscard]] bool ServesRealName(const BenefitEntry& benefit, const MemberId& member) const;
  // But for waiting.
  [[nodiscard]] bool ServesMember(const BenefitEntry& benefit,
                                  const MemberId& member,
                                  TimestampNs at) const;
  // Until when the member has to wait; nothing = not at all.
  [[nodiscard]] std::optional<TimestampNs> WaitsUntil(const BenefitEntry& benefit,
                                                      const MemberId& member,
                                                      TimestampNs at) const;
  [[nodiscard]] static bool AsksToWait(const BenefitEntry& benefit);
  // Nothing that only a member has.
  [[nodiscard]] static bool AsksForNobody(const BenefitEntry& benefit);
  // `own_base`: before any layer.
  [[nodiscard]] static bool HasEffect(const BenefitEntry& benefit,
                                      int64_t subsidy,
                                      int64_t own_base);
  // Its funds, and its stock.
  [[nodiscard]] static std::vector<FundCode> SourcesOf(const BenefitEntry& benefit);
  // The most, up to `subsidy`, whose parts all funds have available; 0 = nothing.
  [[nodiscard]] int64_t MostThatFundsCover(const BenefitEntry& benefit,
                                           int64_t subsidy,
                                           const Earlier& earlier) const;
  // The first of the benefit's money that has too little for its parts of the subsidy.
  [[nodiscard]] Shortfall ShortfallOf(const BenefitEntry& benefit,
                                      int64_t subsidy,
                                      const Earlier& earlier) const;
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
  // Held and used, in all windows that the limit adds up.
  [[nodiscard]] NaiveTotals StandOf(const LimitSpec& limit, const NaiveCounterKey& key) const;
  [[nodiscard]] int64_t TakenOf(const LimitSpec& limit, const NaiveCounterKey& key) const;
  // When some of what is taken drops out.
  [[nodiscard]] TimestampNs ResetsAt(const Calendar& calendar,
                                     const LimitSpec& limit,
                                     const NaiveCounterKey& key) const;
  // The same, as a decline tells it: 0 = never.
  [[nodiscard]] TimestampNs NextEligibleAt(const BenefitEntry& benefit,
                                           const LimitSpec& limit,
                                           const NaiveCounterKey& key) const;
  // Whether it is asked of this command at all.
  [[nodiscard]] static bool IsAsked(const LimitSpec& limit, const Command& command);
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
  [[nodiscard]] Forced Force(const Trial& trial, const Command& command, TimestampNs at) const;
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
  // The card as of then, its member as of `member_at`.
  [[nodiscard]] std::vector<AnswerCheck> CheckCard(CardNumber number,
                                                   TimestampNs at,
                                                   TimestampNs member_at) const;
  [[nodiscard]] AnswerCheck CheckMember(const MemberId& member, TimestampNs at) const;
  // What is wrong with them, as of then.
  [[nodiscard]] Reason FaultOfCard(CardNumber number, TimestampNs at) const;
  [[nodiscard]] Reason FaultOfMember(const MemberId& member, TimestampNs at) const;
  // All of them, failed or not.
  [[nodiscard]] std::vector<AnswerCheck> CheckBenefit(const BenefitEntry& benefit,
                                                      const Command& command,
                                                      TimestampNs at,
                                                      TimestampNs now) const;
  [[nodiscard]] AnswerStanding StandingOf(const BenefitEntry& benefit,
                                          const LimitSpec& limit,
                                          const NaiveCounterKey& key) const;
  [[nodiscard]] Answer GetEntitlements(const Command& command, TimestampNs now) const;
  [[nodiscard]] AnswerEntitlement EntitlementTo(const BenefitEntry& benefit,
                                                const Party& party,
                                                bool here,
                                                TimestampNs now) const;

  // What becomes of an authorization; amounts by part.
  using PartAmounts = std::vector<int64_t>;
  // Each part's amount over its own shares of money, in proportion to `weigh(share)`.
  [[nodiscard]] static std::vector<int64_t> SplitOverShares(
      const Entry& entry,
      const PartAmounts& amounts,
      const std::function<int64_t(const Share&)>& weigh);
  [[nodiscard]] static int64_t Sum(const PartAmounts& amounts);
  // What an increment wants; the reason why it can not be had, with what is told of it.
  Reason WantMore(
      const Entry& original, Fen amount, TimestampNs now, Answer* answer, PartAmounts* wanted);
  Reason WantFromFunds(const Entry& original,
                       const PartAmounts& wanted,
                       TimestampNs now,
                       Answer* answer) const;
  [[nodiscard]] static PartAmounts CapturedOf(const Entry& original);
  // `captured`: in all, with this.
  void PostLate(
      Entry& original, const PartAmounts& earned, Fen captured, Answer* answer, TimestampNs now);
  void PostHeld(Entry& original, const PartAmounts& earned, Fen captured, Answer* answer);
  void TakeNoShowsBack(Entry& original);
  [[nodiscard]] static PartAmounts HeldBack(const Entry& original, Fen list_price);
  // What a refund gives back to the funds.
  PartAmounts GiveBack(const Entry& original, int64_t amount, bool by_lines, int64_t of_lines);
  [[nodiscard]] static int64_t GivenBack(const Entry& refund, const NaiveCounterKey& key);
  // The benefit that does not let so much be returned; null = none.
  [[nodiscard]] BenefitPointer RefusesReturn(const Entry& original, int64_t amount);
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
  Answer SetFund(const FundRequest& asked);
  Answer ApplyProgramme(const ProgrammeImage& image, TimestampNs now);
  Answer SetMemberStatus(const MemberStatusRequest& request, TimestampNs now);
  Answer SetCardStatus(const CardStatusRequest& request, TimestampNs now);
  Answer ReplaceCard(const ReplaceCardRequest& request, TimestampNs now);

  // Versions of programmes: naive_programmes.cc.
  Answer StageProgramme(const StageProgrammeRequest& request, TimestampNs now);
  Answer RetireProgramme(const RetireProgrammeRequest& request, TimestampNs now);
  Answer ActivateDue(TimestampNs now);
  [[nodiscard]] Answer CheckReferences(const ProgrammeImage& image) const;
  static ProgrammeVersion MakeVersion(const ProgrammeImage& image);
  // Puts a version where it is asked to be, and what stood there behind it.
  static Answer Stand(ProgrammeEntry* programme,
                      size_t version,
                      Stage stage,
                      TimestampNs activates_at,
                      TimestampNs now);
  static void Activate(ProgrammeEntry* programme, std::optional<size_t> version, TimestampNs from);

  uint16_t shard_;
  uint64_t seq_ = 0;
  TimestampNs now_;  // of the command that is applied
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
  std::map<VoucherKey, NaiveVoucher> vouchers_;
  std::set<SeriesCode> series_;
  std::map<DrawCode, NaiveDraw> draws_;
  std::map<NaiveCounterKey, TimestampNs> entered_;
  std::set<NaiveCounterKey> entered_once_;
  // Of a receipt the newest last; all but that are revoked.
  std::map<std::pair<FundCode, ReceiptCode>, std::vector<NaiveContribution>> contributions_;
  // Beside MemberRequest::spans.  What an import lists takes the places of what was there.
  std::map<MemberId, std::vector<uint64_t>> span_names_;
  uint64_t last_span_name_ = 0;
  std::map<NaivePath, int> paths_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_NAIVE_LEDGER_H_
