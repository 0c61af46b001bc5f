// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// *** START HERE ***
//
// The ledger is gonghui's state machine: union nodes, members, cards, merchants,
// funds, programmes, counters and the transactions decided so far, all in memory.
//
// It is two functions.  Decide() reads everything and changes nothing: it holds
// every rule, in one fixed order of checks, down to the amounts and counters
// that will change.  Evolve() applies the event that Decide() made, and cannot
// fail.  Neither reads a clock, file, socket or random number; the time arrives
// with the call.  A live request is Decide + Evolve; a quote is Decide alone;
// recovery and standbys are Evolve alone, so that an upgrade which changes a
// rule can never change a past answer.
//
// Thread safety: none, on purpose.  Only the ledger thread (pipeline/engine.h)
// calls any method; a lock here would cost more than the work it protects.  The
// one exception: codes of rows never change, so whoever learnt of a row from a
// completed command may read its code.
//
// Invariants (CheckInvariants() verifies them, O(n); every test tier calls it):
//   (1) For each fund, held, spent and overrun equal the sums over all applied shares;
//       none is negative, and held + spent <= budget + contributed.
//   (2) For each counter, held and used equal the sums over all uses.
//   (3) A request id of a terminal has exactly one transaction.
//   (4) list_price = member_pays + subsidy for every transaction.
//   (5) Merchants' and members' accounts equal the sums over all transactions;
//       in each layer the accounts of money sum to zero (ledger/postings.h).
//   (6) applied_seq() rises by exactly one with every Evolve().
//   (7) The digest of every table equals the digest recomputed from its rows (that of
//       the globals, which every event changes, is taken when it is asked for), unless it
//       was forgone.
//   (8) Lines re-add: their prices to the list price, their subsidies to the subsidy as
//       decided; what refunds gave back of a line is what it has returned.
//   (9) A terminal's open and closed batches together equal the sums over what it was
//       answered.
//   (10) An advice and its transaction name each other; the acquirer bears at most what
//       the member was to pay.
//   (11) Of a programme's versions at most one is active, one in shadow and one scheduled,
//       and its head names them; the history of its activations does not go back in time.
//   (12) A voucher that is reserved or redeemed names the authorization that took it, and
//       that names it; a series counts its vouchers by state.
//   (13) What a fund has been contributed is the sum over its receipts that were not revoked;
//       its counts of claims are what became of them.
// With transactions in the archive, (1), (2), (5), (8), (9) and (10) are about them, too:
// thaw them all first (ledger/archive_slice.h).

#ifndef GONGHUI_ENGINE_LEDGER_LEDGER_H_
#define GONGHUI_ENGINE_LEDGER_LEDGER_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/cache_line.h"
#include "engine/base/virtual_array.h"
#include "engine/domain/archive.h"
#include "engine/domain/command.h"
#include "engine/domain/details.h"
#include "engine/domain/event.h"
#include "engine/domain/limits.h"
#include "engine/domain/result.h"
#include "engine/domain/status_change.h"
#include "engine/ledger/candidates.h"
#include "engine/ledger/row_index.h"
#include "engine/ledger/schedule.h"
#include "engine/ledger/shared_ranges.h"
#include "engine/ledger/table.h"

namespace gonghui {

// Rows each table may hold; tests make them small to see them full.
struct LedgerLimits {
  uint32_t union_nodes_max = kUnionNodesMax;
  uint32_t members_max = kMembersMax;
  uint32_t cards_max = kCardsMax;
  uint32_t merchants_max = kMerchantsMax;
  uint32_t terminals_max = kTerminalsMax;
  uint32_t funds_max = kFundsMax;
  uint32_t activations_max = kActivationsMax;
  uint32_t counters_max = kCountersMax;
  uint32_t transactions_max = kTransactionsMax;
  uint32_t status_changes_max = kStatusChangesMax;
  uint32_t lines_max = kLinesMax;
  uint32_t advices_max = kAdvicesMax;
  uint32_t batches_max = kBatchesMax;
  uint32_t code_uses_max = kCodeUsesMax;
  uint32_t voucher_series_max = kVoucherSeriesMax;
  uint32_t vouchers_max = kVouchersMax;
  uint32_t occasions_max = kOccasionsMax;
  uint32_t approvals_max = kApprovalsMax;
  uint32_t draws_max = kDrawsMax;
  uint32_t contributions_max = kContributionsMax;
  CandidateIndex::Sizes candidates;  // not of rows
};

// A counter's identity across programme versions.  What is counted belongs to
// it: a version that turns a daily limit into a weekly one starts afresh.
struct CounterSeries {
  ProgrammeCode programme;
  LimitCode limit;
  LimitMeasure measure = LimitMeasure::kCount;
  LimitSubject subject = LimitSubject::kPerson;
  WindowKind window = WindowKind::kDay;
  uint8_t union_level = 0;  // kUnion
  std::array<uint8_t, 4> reserved{};

  friend bool operator==(const CounterSeries&, const CounterSeries&) = default;
};

struct AdviceKey;     // keys.h
struct ArchiveSlice;  // archive_slice.h

// What belongs to nobody else.  One row.
struct Globals {
  CommandSeq applied_seq;
  TimestampNs applied_at;  // time of the newest event; never goes back
  // The members' account: what they owe (pending) and paid (posted), in fen.
  Fen members_payable_pending;
  Fen members_payable_posted;
  // When a version last became active or was retired: what was live since then is live now.
  TimestampNs programmes_changed_at;
  ArchiveMark archived;
  // Transactions that are in the archive and not in memory; tombstones, of which nothing was
  // decided, and those of another system are not counted.
  uint64_t archived_count;
};

class Ledger {
 public:
  explicit Ledger(uint16_t shard = 0, const LedgerLimits& limits = {});
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  [[nodiscard]] uint16_t shard() const { return shard_; }
  [[nodiscard]] CommandSeq applied_seq() const { return globals().applied_seq; }
  [[nodiscard]] TimestampNs applied_at() const { return globals().applied_at; }

  // ---- The two functions ----------------------------------------------------

  // What would happen if `command` arrived at `now`.  Fills *event (kNone when
  // nothing changes) and *result, which tells the state after the event.
  // REQUIRES: now >= applied_at().
  void Decide(const Command& command, TimestampNs now, Event* event, Result* result) const {
    Decide(command, now, Trail{}, event, result);
  }

  // Where Prefetch() saw what a command will look for.  A guess by 32 bits of a hash:
  // Decide() looks whether it is right, and searches if not.
  static constexpr uint32_t kTrailCountersMax = 8;
  struct Trail {
    TerminalRow terminal;
    CardRow card;
    uint32_t counter_count = 0;
    std::array<CounterRow, kTrailCountersMax> counters;
    CandidateIndex::Found candidates;  // of the two
  };
  void Decide(const Command& command,
              TimestampNs now,
              const Trail& trail,
              Event* event,
              Result* result) const;
  // The same in two steps.  In between the caller does something else with the event: the
  // transaction has just been written in small pieces, and who copies it at once waits for the
  // last of them.  Until the second step result->transaction is not that of an event which has
  // one.
  void DecideFirst(const Command& command,
                   TimestampNs now,
                   const Trail& trail,
                   Event* event,
                   Result* result) const;
  static void TellTransaction(const Event& event, Result* result);

  // Applies an event.  REQUIRES: event.kind != kNone, event.seq == applied_seq + 1,
  // and that Decide() made it over this very state (GH_CHECKs what is cheap).
  void Evolve(const Event& event);

  // The hold that runs out first: its logical instant (kTimestampMax = none).
  // The pipeline submits kExpireHolds when it has passed; each expires one hold.
  [[nodiscard]] TimestampNs next_expiry() const;

  // When the next scheduled version becomes active (kTimestampMax = none).  The pipeline
  // submits kActivateDue before it decides anything at or after that instant; each
  // activates one.
  [[nodiscard]] TimestampNs next_activation() const { return schedule_.next_at(); }

  // Whether a version is in shadow that may have a say in what `command`, an authorization,
  // is answered; cheap.
  [[nodiscard]] bool IsShadowed(const Command& command) const;
  // What it would be answered with every shadow in place of its programme's active version,
  // against counters and funds as they stand: a quote.  REQUIRES: IsShadowed(command).
  void DecideShadow(const Command& command, TimestampNs now, Event* event, Result* result) const;
  // Of which versions in shadow that may be: the candidates at that merchant for that member,
  // and those whose programme's active version is one.  Each once, by head; fills
  // `versions` and returns how many there are.  REQUIRES: IsShadowed(command).
  static constexpr size_t kShadowsPerDecisionMax = 2 * kCandidatesPerDecisionMax;
  size_t ShadowsOf(const Command& command,
                   std::span<ProgrammeRow, kShadowsPerDecisionMax> versions) const;

  // Brings what the commands will look at into the cache, the fetches of all of them
  // side by side, and tells where that is.  Decide() them right afterwards.
  // REQUIRES: at most kPrefetchMax commands, as many trails.
  static constexpr size_t kPrefetchMax = 16;
  void Prefetch(std::span<const Command* const> commands,
                TimestampNs now,
                std::span<Trail> trails) const;

  // A command that others have written, for a Prefetch() to come.
  static void PrefetchCommand(const Command& command) {
    const auto* const bytes = reinterpret_cast<const char*>(&command);
    for (size_t at = 0; at < sizeof(Command); at += kCacheLineBytes) {
      __builtin_prefetch(bytes + at);
    }
  }

  // The same for events that nobody has decided just now.  Evolve() them right afterwards.
  // REQUIRES: at most kPrefetchMax; the first is the next one.
  void PrefetchEvents(std::span<const Event* const> events) const;

  // The kernel clears a page when it is first written, and whoever writes it waits:
  // half a millisecond for a huge page.  Fills `ranges` with memory that deciding will
  // soon be the first to write and returns how many there are; the owner of the
  // ledger hands them to another thread, for PopulateMemory().  Cheap; call it often.
  static constexpr size_t kUpcomingMax = 68;
  size_t TakeUpcomingMemory(std::span<MemoryRange, kUpcomingMax> ranges);
  // The same further ahead, for hours in which nobody has time for it: as much again as the
  // rows that decisions append to take now, at most `bytes_max` of all together.  One huge
  // page of it; empty = all was told.  Cheap; call it when there is nothing else to do.
  MemoryRange TakeReserveMemory(uint64_t bytes_max);

  // ---- Archive: docs/decisions/0004-archive.md --------------------------------

  // Transactions that left memory: rows up to here are gone.  Rises for ever.
  [[nodiscard]] uint32_t archived_rows() const {
    return globals().archived.transactions.value() - 1;
  }
  // Of the oldest transaction in memory, of those that never left it (a hold that stayed
  // longer, or one that came back, leaves with the rows around it); kTimestampMax = there
  // is none.
  [[nodiscard]] TimestampNs oldest_decided_at() const;
  // Adds up to `rows_max` of the oldest transactions to *slice, after those that it has;
  // returns how many.  An empty slice begins with the oldest.  The rows stay; kArchive
  // makes them leave, and is refused when one of them has changed since it was copied.
  uint32_t CopyForArchive(uint32_t rows_max, ArchiveSlice* slice);
  // The same for whoever keeps none of them: ArchiveStepsOf() the oldest as they are now, for
  // kArchive before anything else.  Ends what a slice has begun.
  std::vector<ArchiveMark> StepsWithoutArchive(uint32_t rows_max, uint32_t step_rows);
  // Memory of rows that have left: each part is told once, for somebody else to have it
  // given back (ReleaseMemory()).  Cheap; call it often.
  static constexpr size_t kReleasedMax = kArchivedTables;
  size_t TakeReleasedMemory(std::span<MemoryRange, kReleasedMax> ranges);

  // ---- Reading --------------------------------------------------------------

  [[nodiscard]] const Table<UnionNode, UnionNodeRow>& union_nodes() const { return union_nodes_; }
  [[nodiscard]] const Table<Segment, StrongId<struct SegmentRowTag, uint32_t>>& segments() const {
    return segments_;
  }
  [[nodiscard]] const Table<Member, MemberRow>& members() const { return members_; }
  [[nodiscard]] const Table<StatusChange, StatusChangeRow>& status_changes() const {
    return status_changes_;
  }
  [[nodiscard]] const Table<SegmentSpan, SegmentSpanRow>& segment_spans() const {
    return segment_spans_;
  }
  [[nodiscard]] const Table<Card, CardRow>& cards() const { return cards_; }
  [[nodiscard]] const Table<Merchant, MerchantRow>& merchants() const { return merchants_; }
  [[nodiscard]] const Table<Terminal, TerminalRow>& terminals() const { return terminals_; }
  [[nodiscard]] const Table<Fund, FundRow>& funds() const { return funds_; }
  [[nodiscard]] const Table<Calendar, CalendarRow>& calendars() const { return calendars_; }
  [[nodiscard]] const Table<ProgrammeHead, ProgrammeHeadRow>& programme_heads() const {
    return programme_heads_;
  }
  [[nodiscard]] const Table<Activation, ActivationRow>& activations() const { return activations_; }
  [[nodiscard]] const Table<Programme, ProgrammeRow>& programmes() const { return programmes_; }
  [[nodiscard]] const Table<Benefit, BenefitRow>& benefits() const { return benefits_; }
  [[nodiscard]] const Table<Limit, LimitRow>& limits() const { return limits_; }
  [[nodiscard]] const Table<CounterSeries, CounterSeriesRow>& counter_series() const {
    return counter_series_;
  }
  [[nodiscard]] const Table<Counter, CounterRow>& counters() const { return counters_; }
  [[nodiscard]] const Table<Transaction, TransactionRow>& transactions() const {
    return transactions_;
  }
  [[nodiscard]] const Table<Applied, AppliedRow>& applied() const { return applied_; }
  [[nodiscard]] const Table<Use, UseRow>& uses() const { return uses_; }
  [[nodiscard]] const Table<Line, LineRow>& lines() const { return lines_; }
  [[nodiscard]] const Table<Advice, AdviceRow>& advices() const { return advices_; }
  [[nodiscard]] const Table<Batch, BatchRow>& batches() const { return batches_; }
  [[nodiscard]] const Table<CodeUse, CodeUseRow>& code_uses() const { return code_uses_; }
  [[nodiscard]] const Table<BenefitTerms, TermsRow>& benefit_terms() const {
    return benefit_terms_;
  }
  [[nodiscard]] const Table<VoucherSeries, VoucherSeriesRow>& voucher_series() const {
    return voucher_series_;
  }
  [[nodiscard]] const Table<Voucher, VoucherRow>& vouchers() const { return vouchers_; }
  [[nodiscard]] const Table<Occasion, OccasionRow>& occasions() const { return occasions_; }
  [[nodiscard]] const Table<Approval, ApprovalRow>& approvals() const { return approvals_; }
  [[nodiscard]] const Table<Draw, DrawRow>& draws() const { return draws_; }
  using PrizeRow = StrongId<struct PrizeRowTag, uint32_t>;
  [[nodiscard]] const Table<Prize, PrizeRow>& prizes() const { return prizes_; }
  [[nodiscard]] std::span<const Prize> PrizesOf(const Draw& draw) const {
    return RowsOf(prizes_, draw.prizes);
  }
  [[nodiscard]] const Table<Contribution, ContributionRow>& contributions() const {
    return contributions_;
  }
  // Row for row beside terminals().
  [[nodiscard]] const Table<OpenBatch, TerminalRow>& open_batches() const { return open_batches_; }
  // Row for row beside merchants() and funds().
  [[nodiscard]] const Table<DisplayName, MerchantRow>& merchant_names() const {
    return merchant_names_;
  }
  [[nodiscard]] const Table<DisplayName, FundRow>& fund_names() const { return fund_names_; }
  using OverCaptureRow = StrongId<struct OverCapturePoolTag, uint32_t>;
  [[nodiscard]] const Table<OverCapture, OverCaptureRow>& over_captures() const {
    return over_capture_pool_;
  }
  // What a range of a benefit, programme or price rule refers to.
  [[nodiscard]] std::span<const PriceStep> StepsOf(const PriceRule& rule) const {
    return RowsOf(step_pool_, rule.steps);
  }
  [[nodiscard]] std::span<const ItemCode> ItemsOf(PoolRange range) const {
    return RowsOf(item_pool_, range);
  }
  [[nodiscard]] std::span<const DayRange> DaysOf(PoolRange range) const {
    return RowsOf(day_pool_, range);
  }
  [[nodiscard]] std::span<const HoursRange> HoursOf(PoolRange range) const {
    return RowsOf(hours_pool_, range);
  }
  [[nodiscard]] std::span<const MccRange> MccsOf(PoolRange range) const {
    return RowsOf(mcc_pool_, range);
  }
  // Whether a benefit is open on a business day, whatever the hour.
  [[nodiscard]] bool IsOpenOn(const Benefit& benefit, CivilDay day) const;
  // What is wrong with an instant as a slot of a benefit that has slots, for who books at `now`.
  // Any thread may ask: it is told of what never changes alone.
  [[nodiscard]] SlotFault SlotFaultOf(const Benefit& benefit,
                                      TimestampNs slot_at,
                                      TimestampNs now) const;
  // Calls visit(MerchantRow) for each of a list of merchants, by row.
  template <class Visit>
  void ForEachMerchant(PoolRange merchants, Visit&& visit) const {
    for (const MerchantPoolItem& item : RowsOf(merchant_pool_, merchants)) {
      visit(item.merchant);
    }
  }
  // Calls visit(TerminalRow) for each of a list of terminals, by row.
  template <class Visit>
  void ForEachTerminal(PoolRange terminals, Visit&& visit) const {
    for (const TerminalPoolItem& item : RowsOf(terminal_pool_, terminals)) {
      visit(item.terminal);
    }
  }
  // Whether a merchant is in a list of them.
  [[nodiscard]] bool IsListed(PoolRange merchants, MerchantRow row) const;
  [[nodiscard]] const Globals& globals() const { return globals_table_[kGlobalsRow]; }

  // None when there is no such thing.
  [[nodiscard]] UnionNodeRow FindUnionNode(const UnionNodeId& id) const;
  [[nodiscard]] MemberRow FindMember(const MemberId& id) const;
  [[nodiscard]] CardRow FindCard(CardNumber number) const;
  [[nodiscard]] MerchantRow FindMerchant(const MerchantId& id) const;
  [[nodiscard]] TerminalRow FindTerminal(const TerminalId& id) const;
  [[nodiscard]] FundRow FindFund(const FundCode& code) const;
  [[nodiscard]] ProgrammeHeadRow FindProgrammeHead(const ProgrammeCode& code) const;
  [[nodiscard]] ProgrammeRow FindProgramme(const ProgrammeCode& code) const;  // active version
  [[nodiscard]] ProgrammeRow FindProgrammeVersion(const ProgrammeCode& code,
                                                  uint32_t version) const;
  [[nodiscard]] TransactionRow FindTransaction(TerminalRow terminal, const RequestId& id) const;
  [[nodiscard]] TransactionRow FindTransaction(TransactionId id) const;
  [[nodiscard]] CodeUseRow FindCodeUse(CardRow card, CodePurpose purpose) const;
  [[nodiscard]] VoucherSeriesRow FindVoucherSeries(const SeriesCode& code) const;
  [[nodiscard]] VoucherRow FindVoucher(const VoucherKey& key) const;
  // The head of the chain of a member's vouchers of a series, by Voucher::previous.
  [[nodiscard]] VoucherRow NewestVoucherOf(MemberRow member, VoucherSeriesRow series) const;
  [[nodiscard]] DrawRow FindDraw(const DrawCode& code) const;
  // The newest of that receipt; those before it, which were revoked: Contribution::previous.
  [[nodiscard]] ContributionRow FindContribution(FundRow fund, const ReceiptCode& receipt) const;
  [[nodiscard]] CounterSeriesRow FindCounterSeries(const CounterSeries& series) const;
  [[nodiscard]] CounterRow FindCounter(CounterSeriesRow series,
                                       uint32_t subject,
                                       WindowNumber window) const;
  // The bit of a segment, or kSegmentsMax.
  [[nodiscard]] uint32_t FindSegmentBit(const SegmentCode& code) const;

  // True when `node` is `root` or below it; every node is below none.
  [[nodiscard]] bool IsInside(UnionNodeRow node, UnionNodeRow root) const {
    if (root == UnionNodeRow{}) {
      return true;
    }
    return node != UnionNodeRow{} &&
           union_nodes_[node].ancestors[union_nodes_[root].depth - 1u] == root;
  }
  // Bits of the segments that the member is in at `at`.
  [[nodiscard]] uint64_t SegmentsOf(const Member& member, TimestampNs at) const;
  // The status of a member, card, merchant or terminal that held at `at`; the first one
  // held from the beginning.
  template <class Row>
  [[nodiscard]] auto StatusAt(const Row& row, TimestampNs at) const {
    auto status = row.status;
    StatusChangeRow change = row.last_change;
    while (change != StatusChangeRow{} && at < status_changes_[change].until) {
      status = static_cast<decltype(status)>(status_changes_[change].status);
      change = status_changes_[change].previous;
    }
    return status;
  }

  // What the calendar says at `now`; remembered until it changes, so not for the past.
  [[nodiscard]] const CalendarMoment& MomentOf(CalendarRow row, TimestampNs now) const {
    CalendarMoment& moment = moments_[row.value()];
    if (!moment.Holds(now)) [[unlikely]] {
      moment = gonghui::MomentOf(calendars_[row], now);
    }
    return moment;
  }

  // Fills *result, and *details when given, as for an answer about the stored transaction:
  // a repeat is told the amounts as they were decided, an inquiry as they stand.
  void Describe(TransactionRow row, Result* result, Details* details = nullptr) const;
  void DescribeStanding(TransactionRow row, Result* result, Details* details = nullptr) const;

  // ---- Digest, invariants, checkpoints ---------------------------------------

  // Digest of the whole state; does not depend on the order in which it came to be.
  // REQUIRES: digests were not forgone.
  [[nodiscard]] uint64_t StateHash() const;
  // For a ledger whose state nobody will compare with another's: from now on no digest is
  // kept, and nothing spent on it.
  void ForgoDigests();

  // Null when all hold, or what does not, as text of static storage with the row
  // in *row.  O(n).
  [[nodiscard]] const char* CheckInvariants(uint64_t* row) const;

  [[nodiscard]] std::span<TableBase* const> tables() { return all_tables_; }
  // After all tables are loaded.  Null when the rows hold together, or what does not.  The
  // first half counts the rows and makes StateHash() theirs; whoever knows what it must be
  // compares it then, since the other half follows the rows wherever they lead: indexes,
  // candidate lists, the expiry queue.
  [[nodiscard]] const char* FinishLoad();
  [[nodiscard]] const char* FinishLoadOfRows();
  [[nodiscard]] const char* FinishLoadOfIndexes();

 private:
  friend class Decider;  // decide.cc: reads the tables below directly
  friend class CandidateIndex;

  static constexpr auto kGlobalsRow = StrongId<struct GlobalsRowTag, uint32_t>{1};

  struct Expiry {
    TimestampNs at;
    TransactionRow row;
    uint32_t seq;  // of the hold, the low half: breaks ties, and does not change with the row
  };

  // Evolve(), by theme.
  void EvolveTransaction(const Event& event);
  void EvolveShares(const Event& event);
  void EvolveUses(const Event& event);
  void EvolveLines(const Event& event);
  void EvolveAdvice(const Event& event);
  void EvolveTotals(const Event& event);
  void EvolveClose(const Event& event);
  void EvolveCodeUse(const Event& event);
  void EvolveOccasion(const Event& event);
  void EvolveVoucherState(const Event& event);
  void MoveVoucher(VoucherRow row, VoucherState state, CommandSeq authorization);
  void EvolveVouchersIssued(const Event& event);
  void EvolveVouchersVoided(const Event& event);
  VoucherRow AppendVoucher(const Voucher& voucher);
  VoucherSeriesRow VoucherSeriesFor(const SeriesCode& code);
  void CountPrizes(DrawRow draw, const Voucher& like, uint32_t count);
  void EvolveDraw(const Event& event);
  void EvolvePrizeDrawn(const Event& event);
  void EvolveContribution(const Event& event);
  [[nodiscard]] SegmentSpanRow FindCover(const Member& member,
                                         SegmentBit segment,
                                         TimestampNs from) const;
  void AppendCover(const Contribution& contribution);
  [[nodiscard]] TimestampNs EndOfCover(const Contribution& contribution) const;
  void EvolveJudgement(const Event& event);
  void CountClaim(const Event& event);
  void EvolveArchived(const ArchiveMark& mark);
  void EvolveThawed(const Event& event);
  TransactionRow AppendAgain(const Transaction& transaction,
                             const Applied* applied,
                             const Use* uses,
                             const Line* lines,
                             const Advice* advice);
  [[nodiscard]] TransactionRow LastInOrder() const;
  void SetFirstRows(const ArchiveMark& mark);
  // The tables of which the oldest rows leave, in the order of ArchiveMark::digests.
  [[nodiscard]] std::array<TableBase*, kArchivedTables> ArchivedTables() {
    return {&transactions_, &applied_, &uses_, &lines_, &advices_};
  }
  static std::array<uint32_t, kArchivedTables> FirstRowsOf(const ArchiveMark& mark) {
    return {mark.transactions.value(),
            mark.applied.value(),
            mark.uses.value(),
            mark.lines.value(),
            mark.advices.value()};
  }
  void EvolveAdmin(const Event& event);
  void EvolveMember(const Event& event);
  void EvolveProgramme(const Event& event);
  template <class RowId, class Row, class Status>
  void ChangeStatus(Table<Row, RowId>& table, RowId row, Status status, TimestampNs until);
  void PushExpiry(TransactionRow row);
  void PopStaleExpiries();
  [[nodiscard]] uint32_t PrefetchItemLines(uint32_t ahead, uint32_t count) const;
  void PrefetchOriginals(std::span<const uint64_t> hashes) const;
  void PrefetchBenefits(const CandidateIndex::Found& candidates) const;
  void PrefetchTerms(const CandidateIndex::Found& candidates) const;
  [[nodiscard]] std::span<const Candidate> Front(const CandidateIndex::List& list,
                                                 size_t count_max) const;
  [[nodiscard]] ItemCode ItemOf(const Event& event, uint32_t line) const;
  void IndexAdvice(AdviceRow row);
  [[nodiscard]] AdviceKey KeyOf(const Advice& advice) const;
  // The first advice of that key that is in memory, whatever became of it.
  [[nodiscard]] AdviceRow FindAdvice(const AdviceKey& key) const;
  [[nodiscard]] TransactionId IdOf(const Transaction& transaction) const {
    return MakeTransactionId(shard_, transaction.seq);
  }
  // None: it has none, or it is in the archive.
  [[nodiscard]] TransactionRow FindOriginalOf(const Transaction& transaction) const {
    return transaction.IsAuthorization()
               ? TransactionRow{}
               : FindTransaction(MakeTransactionId(shard_, transaction.original_seq));
  }
  void DescribeDetails(const Transaction& transaction, Details* details) const;
  template <class Row, class RowId>
  [[nodiscard]] static std::span<const Row> RowsOf(const Table<Row, RowId>& pool, PoolRange range) {
    return range.count == 0 ? std::span<const Row>{}
                            : std::span<const Row>{&pool[RowId{range.first}], range.count};
  }
  // Parts of CheckInvariants().
  [[nodiscard]] const char* CheckOrder(uint64_t* row) const;
  [[nodiscard]] const char* CheckLines(uint64_t* row) const;
  [[nodiscard]] const char* CheckTotals(uint64_t* row) const;
  [[nodiscard]] const char* CheckAdvices(uint64_t* row) const;
  [[nodiscard]] const char* CheckStatusChanges(uint64_t* row) const;
  [[nodiscard]] const char* CheckCodeUses(uint64_t* row) const;
  [[nodiscard]] const char* CheckProgrammes(uint64_t* row) const;
  [[nodiscard]] const char* CheckVouchers(uint64_t* row) const;
  [[nodiscard]] const char* CheckOccasions(uint64_t* row) const;
  [[nodiscard]] const char* CheckDraws(uint64_t* row) const;
  [[nodiscard]] const char* CheckContributions(uint64_t* row) const;
  [[nodiscard]] const char* CheckClaims(uint64_t* row) const;
  // Of an authorization, the base of a benefit if only so much of it had been bought; at
  // least 0 (items.cc).
  [[nodiscard]] Fen BaseOf(const Transaction& original, const Benefit& benefit, Fen price) const;
  // programmes.cc: the parts of a version's rows, and what becomes of it.
  ProgrammeRow AppendVersion(const ProgrammeImage& image, TimestampNs at);
  void AppendLimits(const ProgrammeImage& image, ProgrammeRow version);
  void AppendBenefit(const ProgrammeImage& image,
                     const BenefitSpec& spec,
                     const Programme& programme,
                     ProgrammeRow version);
  void AppendRanges(const ProgrammeImage& image, const BenefitSpec& spec, Benefit* benefit);
  template <class Item, class Id, class Row, class RowId, class Pool>
  PoolRange AppendList(std::span<const Id> ids,
                       PoolRange range,
                       const RowIndex& index,
                       const Table<Row, RowId>& table,
                       Pool* pool);
  void AddToCandidates(ProgrammeRow version);
  [[nodiscard]] CalendarRow CalendarFor(const Calendar& calendar);
  void StageVersion(ProgrammeRow version, Stage stage, TimestampNs activates_at, TimestampNs at);
  void Activate(ProgrammeHeadRow head, ProgrammeRow version, TimestampNs from);
  void Retire(ProgrammeHeadRow head, TimestampNs at);
  void SetStage(ProgrammeRow version, Stage stage, TimestampNs at, TimestampNs activates_at = {});
  [[nodiscard]] const char* FinishLoadOfProgrammes();
  [[nodiscard]] const char* FinishLoadOfVouchers();
  // A head's active version or its shadow, or a merchant's category or union node, is another:
  // other benefits may compete.
  void CandidatesChanged() {
    candidate_index_.Invalidate();
    shadow_candidate_index_.Invalidate();
  }
  [[nodiscard]] bool WasActive(ProgrammeRow version) const;
  // What becomes of a version that leaves shadow or schedule for another one: a validated one
  // is one that was never active.
  [[nodiscard]] Stage StageBehind(ProgrammeRow version) const {
    return WasActive(version) ? Stage::kRetired : Stage::kValidated;
  }
  // The terminal, merchant and member of an authorization, as far as there are such.
  TermsRow AppendTerms(const BenefitSpec& spec, const Programme& programme);
  [[nodiscard]] bool JudgesLiveProgrammes(const AuthorizeRequest& request) const;
  [[nodiscard]] bool FindPlace(const Command& command,
                               MerchantRow* merchant,
                               UnionNodeRow* member_node) const;
  [[nodiscard]] bool IsOpenHold(TransactionRow row) const;

  const uint16_t shard_;

  // Ledger thread only, all of it.
  Table<UnionNode, UnionNodeRow> union_nodes_;
  Table<Segment, StrongId<struct SegmentRowTag, uint32_t>> segments_;
  Table<Member, MemberRow> members_;
  Table<StatusChange, StatusChangeRow> status_changes_;
  Table<SegmentSpan, SegmentSpanRow> segment_spans_;
  Table<Card, CardRow> cards_;
  Table<Merchant, MerchantRow> merchants_;
  Table<Terminal, TerminalRow> terminals_;
  Table<Fund, FundRow> funds_;
  Table<Calendar, CalendarRow> calendars_;
  Table<Programme, ProgrammeRow> programmes_;  // heads and activations: below
  Table<Benefit, BenefitRow> benefits_;
  Table<Limit, LimitRow> limits_;
  // Pools: PoolRange of a benefit refers to rows of these.
  struct MerchantPoolItem {
    MerchantRow merchant;
    uint32_t reserved = 0;
  };
  Table<MccRange, StrongId<struct MccPoolTag, uint32_t>> mcc_pool_;
  Table<MerchantPoolItem, StrongId<struct MerchantPoolTag, uint32_t>> merchant_pool_;
  Table<HoursRange, StrongId<struct HoursPoolTag, uint32_t>> hours_pool_;
  Table<CounterSeries, CounterSeriesRow> counter_series_;
  Table<Counter, CounterRow> counters_;
  Table<Transaction, TransactionRow> transactions_;
  Table<Applied, AppliedRow> applied_;
  Table<Use, UseRow> uses_;
  Table<Globals, StrongId<struct GlobalsRowTag, uint32_t>> globals_table_;
  Table<DisplayName, MerchantRow> merchant_names_;
  Table<DisplayName, FundRow> fund_names_;
  Table<OverCapture, StrongId<struct OverCapturePoolTag, uint32_t>> over_capture_pool_;
  Table<Line, LineRow> lines_;
  Table<Advice, AdviceRow> advices_;
  Table<OpenBatch, TerminalRow> open_batches_;
  Table<Batch, BatchRow> batches_;
  Table<CodeUse, CodeUseRow> code_uses_;
  Table<ProgrammeHead, ProgrammeHeadRow> programme_heads_;
  Table<Activation, ActivationRow> activations_;
  struct TerminalPoolItem {
    TerminalRow terminal;
    uint32_t reserved = 0;
  };
  Table<TerminalPoolItem, StrongId<struct TerminalPoolTag, uint32_t>> terminal_pool_;
  Table<ItemCode, StrongId<struct ItemPoolTag, uint32_t>> item_pool_;
  Table<PriceStep, StrongId<struct StepPoolTag, uint32_t>> step_pool_;
  Table<DayRange, StrongId<struct DayPoolTag, uint32_t>> day_pool_;
  Table<BenefitTerms, TermsRow> benefit_terms_;
  Table<VoucherSeries, VoucherSeriesRow> voucher_series_;
  Table<Voucher, VoucherRow> vouchers_;
  Table<Occasion, OccasionRow> occasions_;
  Table<Approval, ApprovalRow> approvals_;
  Table<Draw, DrawRow> draws_;
  Table<Prize, PrizeRow> prizes_;
  Table<Contribution, ContributionRow> contributions_;
  std::array<TableBase*, kTableCount> all_tables_;

  // Derived from the rows; rebuilt by FinishLoad().
  RowIndex union_node_index_;
  RowIndex member_index_;
  RowIndex card_index_;
  RowIndex merchant_index_;
  RowIndex terminal_index_;
  RowIndex fund_index_;
  RowIndex programme_index_;  // by code -> head
  RowIndex series_index_;
  RowIndex counter_index_;
  RowIndex request_index_;
  RowIndex advice_index_;    // by AdviceKey -> the first of it
  RowIndex returned_index_;  // by seq: transactions that came back from the archive
  RowIndex code_use_index_;
  RowIndex voucher_series_index_;
  RowIndex voucher_index_;         // by key
  RowIndex member_voucher_index_;  // by member and series -> the newest
  RowIndex draw_index_;
  RowIndex contribution_index_;  // by fund and receipt -> the newest
  // Which benefits may compete where, for whom.  Decide() writes it, which changes nothing
  // that anybody can see: an entry follows from rows that change with an activation only,
  // and that makes all entries void.
  mutable CandidateIndex candidate_index_;
  mutable CandidateIndex shadow_candidate_index_;
  uint32_t shadow_count_ = 0;           // heads with a version in shadow
  Schedule schedule_{kProgrammesMax};   // of heads with a scheduled version
  VirtualArray<uint32_t> sorted_rows_;  // while a list of rows is put into a pool
  // While an image is looked at; nothing is left of it.
  mutable SharedRanges shared_ranges_;
  // By calendar.  Decide() writes it, which changes nothing that anybody can see: an
  // entry follows from the calendar's row, which never changes, and the time asked for.
  mutable VirtualArray<CalendarMoment> moments_;
  // Binary min-heap by (instant, seq) of holds that may still be open, or may end later.
  VirtualArray<Expiry> expiries_;
  uint32_t expiry_count_ = 0;

  // Not state: transactions before this row were copied for the archive, and whether one
  // of them has changed since.
  TransactionRow copied_until_;
  bool copies_stale_ = false;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_LEDGER_LEDGER_H_
