// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The same rules as engine/ledger, written a second time in the most obvious
// way: maps of structs, every sum recomputed, nothing incremental, nothing fast.
// It shares no code with engine/ledger, only the value types of engine/domain,
// so a mistake has to be made twice to stay hidden.
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

struct NaiveMerchantAccounts {
  Fen receivable_pending;
  Fen receivable_posted;
  Fen collected_pending;
  Fen collected_posted;

  friend bool operator==(const NaiveMerchantAccounts&, const NaiveMerchantAccounts&) = default;
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
  [[nodiscard]] std::map<FundCode, NaiveTotals> FundTotals() const;
  [[nodiscard]] std::map<NaiveCounterKey, NaiveTotals> CounterTotals() const;
  [[nodiscard]] std::map<MerchantId, NaiveMerchantAccounts> MerchantAccounts() const;

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
  };
  struct CounterUse {
    NaiveCounterKey key;
    int64_t held = 0;
    int64_t used = 0;
  };
  struct Entry {
    Command command;  // what was asked, for repeats
    Answer answer;    // what was told
    TerminalId terminal;
    MerchantId merchant;
    std::shared_ptr<const BenefitEntry> benefit;  // approved with a benefit
    std::vector<Share> shares;
    std::vector<CounterUse> uses;
    int capture_count = 0;  // by Capture
    TransactionState state = TransactionState::kDeclined;
    TimestampNs expires_at;
    Fen captured;
    Fen captured_subsidy;
    Fen member_posted;  // what the member has paid
  };
  // How one candidate fared.
  struct Trial {
    Reason reason = Reason::kNone;
    std::shared_ptr<const BenefitEntry> benefit;
    Fen subsidy;
    std::vector<Fen> parts;  // of benefit->funding
    std::optional<LimitSpec> failed_limit;
    TimestampNs next_eligible_at;
  };
  using RequestKey = std::pair<TerminalId, RequestId>;

  // Terminals' commands.
  Answer ApplyTerminal(const Command& command, TimestampNs now);
  Answer Authorize(const Command& command, TimestampNs now);
  Answer Capture(const Command& command, TimestampNs now);
  Answer Reverse(const Command& command, TimestampNs now);
  Answer Inquire(const Command& command);
  Answer ExpireHolds(TimestampNs now);

  [[nodiscard]] std::optional<Field> FirstDifference(const Entry& stored,
                                                     const Command& command) const;
  [[nodiscard]] Reason JudgeCaller(const Command& command, TimestampNs now) const;
  [[nodiscard]] std::optional<Trial> Try(const std::shared_ptr<const BenefitEntry>& benefit,
                                         const Command& command,
                                         TimestampNs now) const;
  [[nodiscard]] NaiveCounterKey KeyOf(const BenefitEntry& benefit,
                                      const LimitSpec& limit,
                                      const Command& command,
                                      TimestampNs now) const;
  [[nodiscard]] AnswerLimit LimitNow(const BenefitEntry& benefit,
                                     const LimitSpec& limit,
                                     const Command& command,
                                     TimestampNs now,
                                     int64_t more) const;
  [[nodiscard]] int64_t TakenOf(const NaiveCounterKey& key) const;
  [[nodiscard]] int64_t LeftOf(const FundCode& fund) const;
  [[nodiscard]] bool IsInside(UnionNodeId node, const UnionNodeId& root) const;
  [[nodiscard]] bool IsInSegment(const MemberRequest& member,
                                 const SegmentCode& segment,
                                 TimestampNs at) const;
  // The original that a capture or reversal means; null = not found.  Tombstones
  // are not found either.
  Entry* FindOriginal(const Command& command, TransactionId id, const RequestId& request_id);
  void ReleaseHeld(Entry& entry);
  Answer Record(Entry entry);
  [[nodiscard]] Answer Retell(const Entry& entry) const;

  // Operators' commands.
  Answer ApplyAdmin(const Command& command, TimestampNs now);
  Answer SetUnionNode(const UnionNodeRequest& request);
  Answer SetMember(const MemberRequest& request);
  Answer SetCard(const CardRequest& request);
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
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_NAIVE_LEDGER_H_
