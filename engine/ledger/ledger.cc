// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/ledger/ledger.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/int128.h"
#include "engine/ledger/keys.h"
#include "engine/ledger/pricing.h"

namespace gonghui {
namespace {

// Segments of the large indexes: 1,024, so that growing moves a thousandth.
constexpr uint32_t kLargeIndexBits = 10;
constexpr uint32_t kSmallIndexBits = 0;

constexpr uint32_t kPoolRowsMax = 1u << 22;
// A list of merchants may be long, and each version has its own.
constexpr uint32_t kMerchantPoolRowsMax = 1u << 24;

}  // namespace

Ledger::Ledger(uint16_t shard, const LedgerLimits& limits)
    : shard_(shard),
      union_nodes_(TableId::kUnionNodes, limits.union_nodes_max),
      segments_(TableId::kSegments, kSegmentsMax),
      members_(TableId::kMembers, limits.members_max),
      status_changes_(TableId::kStatusChanges, limits.status_changes_max),
      segment_spans_(TableId::kSegmentSpans, kSegmentSpansMax),
      cards_(TableId::kCards, limits.cards_max),
      merchants_(TableId::kMerchants, limits.merchants_max),
      terminals_(TableId::kTerminals, limits.terminals_max),
      funds_(TableId::kFunds, limits.funds_max),
      calendars_(TableId::kCalendars, kProgrammesMax),
      programmes_(TableId::kProgrammes, kProgrammesMax),
      benefits_(TableId::kBenefits, kBenefitsMax, VirtualMemory::Use::kDense),
      limits_(TableId::kLimits, kLimitsMax),
      mcc_pool_(TableId::kMccPool, kPoolRowsMax),
      merchant_pool_(TableId::kMerchantPool, kMerchantPoolRowsMax),
      hours_pool_(TableId::kHoursPool, kPoolRowsMax),
      counter_series_(TableId::kCounterSeries, kLimitsMax),
      counters_(TableId::kCounters, limits.counters_max),
      transactions_(TableId::kTransactions, limits.transactions_max),
      applied_(TableId::kApplied, kAppliedMax),
      uses_(TableId::kUses, kUsesMax),
      globals_table_(TableId::kGlobals, 1),
      merchant_names_(TableId::kMerchantNames, limits.merchants_max),
      fund_names_(TableId::kFundNames, limits.funds_max),
      over_capture_pool_(TableId::kOverCapturePool, kPoolRowsMax),
      lines_(TableId::kLines, limits.lines_max),
      advices_(TableId::kAdvices, limits.advices_max),
      open_batches_(TableId::kOpenBatches, limits.terminals_max),
      batches_(TableId::kBatches, limits.batches_max),
      code_uses_(TableId::kCodeUses, limits.code_uses_max),
      programme_heads_(TableId::kProgrammeHeads, kProgrammesMax),
      activations_(TableId::kActivations, limits.activations_max),
      terminal_pool_(TableId::kTerminalPool, kPoolRowsMax),
      item_pool_(TableId::kItemPool, kPoolRowsMax),
      step_pool_(TableId::kStepPool, kPoolRowsMax),
      day_pool_(TableId::kDayPool, kPoolRowsMax),
      benefit_terms_(TableId::kBenefitTerms, kBenefitsMax),
      voucher_series_(TableId::kVoucherSeries, limits.voucher_series_max),
      vouchers_(TableId::kVouchers, limits.vouchers_max),
      occasions_(TableId::kOccasions, limits.occasions_max),
      approvals_(TableId::kApprovals, limits.approvals_max),
      draws_(TableId::kDraws, limits.draws_max),
      prizes_(TableId::kPrizes, kPoolRowsMax),
      contributions_(TableId::kContributions, limits.contributions_max),
      all_tables_{&union_nodes_,
                  &segments_,
                  &members_,
                  &status_changes_,
                  &segment_spans_,
                  &cards_,
                  &merchants_,
                  &terminals_,
                  &funds_,
                  &calendars_,
                  &programmes_,
                  &benefits_,
                  &limits_,
                  &mcc_pool_,
                  &merchant_pool_,
                  &hours_pool_,
                  &counter_series_,
                  &counters_,
                  &transactions_,
                  &applied_,
                  &uses_,
                  &globals_table_,
                  &merchant_names_,
                  &fund_names_,
                  &over_capture_pool_,
                  &lines_,
                  &advices_,
                  &open_batches_,
                  &batches_,
                  &code_uses_,
                  &programme_heads_,
                  &activations_,
                  &terminal_pool_,
                  &item_pool_,
                  &step_pool_,
                  &day_pool_,
                  &benefit_terms_,
                  &voucher_series_,
                  &vouchers_,
                  &occasions_,
                  &approvals_,
                  &draws_,
                  &prizes_,
                  &contributions_},
      union_node_index_(kSmallIndexBits),
      member_index_(kLargeIndexBits),
      card_index_(kLargeIndexBits),
      merchant_index_(kSmallIndexBits),
      terminal_index_(kSmallIndexBits),
      fund_index_(kSmallIndexBits),
      programme_index_(kSmallIndexBits),
      series_index_(kSmallIndexBits),
      counter_index_(kLargeIndexBits),
      request_index_(kLargeIndexBits),
      advice_index_(kLargeIndexBits),
      returned_index_(kLargeIndexBits),
      code_use_index_(kLargeIndexBits),
      voucher_series_index_(kSmallIndexBits),
      voucher_index_(kLargeIndexBits),
      member_voucher_index_(kLargeIndexBits),
      draw_index_(kSmallIndexBits),
      contribution_index_(kLargeIndexBits),
      candidate_index_(/*shadow=*/false, limits.candidates),
      shadow_candidate_index_(/*shadow=*/true, limits.candidates),
      sorted_rows_(size_t{2} * kMerchantPoolRowsMax),
      moments_(size_t{kProgrammesMax} + 1),
      expiries_(limits.transactions_max) {
  for (size_t i = 0; i < all_tables_.size(); ++i) {
    GH_CHECK_EQ(static_cast<size_t>(all_tables_[i]->id()), i + 1);
  }
  globals_table_.Append(Globals{});
}

// ---- Finding -------------------------------------------------------------------

UnionNodeRow Ledger::FindUnionNode(const UnionNodeId& id) const {
  return UnionNodeRow{union_node_index_.Find(
      HashOf(id), [&](uint32_t row) { return union_nodes_[UnionNodeRow{row}].id == id; })};
}

MemberRow Ledger::FindMember(const MemberId& id) const {
  return MemberRow{member_index_.Find(
      HashOf(id), [&](uint32_t row) { return members_[MemberRow{row}].id == id; })};
}

CardRow Ledger::FindCard(CardNumber number) const {
  return CardRow{card_index_.Find(
      HashOf(number), [&](uint32_t row) { return cards_[CardRow{row}].number == number; })};
}

MerchantRow Ledger::FindMerchant(const MerchantId& id) const {
  return MerchantRow{merchant_index_.Find(
      HashOf(id), [&](uint32_t row) { return merchants_[MerchantRow{row}].id == id; })};
}

TerminalRow Ledger::FindTerminal(const TerminalId& id) const {
  return TerminalRow{terminal_index_.Find(
      HashOf(id), [&](uint32_t row) { return terminals_[TerminalRow{row}].id == id; })};
}

FundRow Ledger::FindFund(const FundCode& code) const {
  return FundRow{fund_index_.Find(HashOf(code),
                                  [&](uint32_t row) { return funds_[FundRow{row}].code == code; })};
}

ProgrammeHeadRow Ledger::FindProgrammeHead(const ProgrammeCode& code) const {
  return ProgrammeHeadRow{programme_index_.Find(HashOf(code), [&](uint32_t row) {
    return programme_heads_[ProgrammeHeadRow{row}].code == code;
  })};
}

ProgrammeRow Ledger::FindProgramme(const ProgrammeCode& code) const {
  return programme_heads_[FindProgrammeHead(code)].active;
}

ProgrammeRow Ledger::FindProgrammeVersion(const ProgrammeCode& code, uint32_t version) const {
  ProgrammeRow row = programme_heads_[FindProgrammeHead(code)].newest;
  while (row != ProgrammeRow{} && programmes_[row].version != version) {
    row = programmes_[row].previous_version;
  }
  return row;
}

TransactionRow Ledger::FindTransaction(TerminalRow terminal, const RequestId& id) const {
  return TransactionRow{request_index_.Find(HashOf(id), [&](uint32_t row) {
    const Transaction& transaction = transactions_[TransactionRow{row}];
    return transaction.request_id == id && transaction.terminal == terminal;
  })};
}

// Rows are appended in order of sequence, but for those that came back from the archive,
// which name the last row before them that stands in order and have an index of their own.
// A tombstone shares its reversal's sequence, and is never answered.
TransactionRow Ledger::FindTransaction(TransactionId id) const {
  if (id == TransactionId{} || ShardOf(id) != shard_) {
    return TransactionRow{};
  }
  const CommandSeq seq = SeqOf(id);
  // All rows in order before `low` are of earlier sequences; `high` is in order, or the end,
  // and none from there on is of an earlier one.
  uint32_t low = transactions_.first();
  uint32_t high = transactions_.size() + 1;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const Transaction& there = transactions_[TransactionRow{middle}];
    const uint32_t in_order = there.returned() ? there.in_order.value() : middle;
    if (in_order < low || transactions_[TransactionRow{in_order}].seq < seq) {
      low = middle + 1;
    } else {
      high = in_order;
    }
  }
  const auto is_it = [this, seq](uint32_t row) {
    const Transaction& transaction = transactions_[TransactionRow{row}];
    return transaction.seq == seq && !transaction.tombstone;
  };
  return TransactionRow{transactions_.Contains(TransactionRow{low}) && is_it(low)
                            ? low
                            : returned_index_.Find(HashOf(seq), is_it)};
}

CounterSeriesRow Ledger::FindCounterSeries(const CounterSeries& series) const {
  return CounterSeriesRow{series_index_.Find(HashOf(series), [&](uint32_t row) {
    return counter_series_[CounterSeriesRow{row}] == series;
  })};
}

CounterRow Ledger::FindCounter(CounterSeriesRow series,
                               uint32_t subject,
                               WindowNumber window) const {
  return CounterRow{counter_index_.Find(HashOf(series, subject, window), [&](uint32_t row) {
    const Counter& counter = counters_[CounterRow{row}];
    return counter.subject == subject && counter.series == series && counter.window == window;
  })};
}

uint32_t Ledger::FindSegmentBit(const SegmentCode& code) const {
  for (uint32_t bit = 0; bit < segments_.size(); ++bit) {
    if (segments_[StrongId<struct SegmentRowTag, uint32_t>{bit + 1}].code == code) {
      return bit;
    }
  }
  return kSegmentsMax;
}

uint64_t Ledger::SegmentsOf(const Member& member, TimestampNs at) const {
  uint64_t segments = 0;
  for (SegmentSpanRow row = member.first_span; row != SegmentSpanRow{};
       row = segment_spans_[row].next) {
    const SegmentSpan& span = segment_spans_[row];
    if (at >= span.starts_at && at < span.ends_at) {
      segments |= uint64_t{1} << span.segment;
    }
  }
  return segments;
}

TimestampNs Ledger::next_expiry() const {
  return expiry_count_ == 0 ? kTimestampMax : expiries_[0].at;
}

// ---- Describing ----------------------------------------------------------------

void Ledger::Describe(TransactionRow row, Result* result, Details* details) const {
  const Transaction& transaction = transactions_[row];
  result->row = row.value();
  result->transaction = transaction;
  if (transaction.IsAuthorization()) {
    // The amounts are those that were decided: nothing of them came later.
    result->transaction.progress.restated = Fen{0};
    result->transaction.progress.restated_subsidy = Fen{0};
  }
  result->transaction_id = MakeTransactionId(shard_, transaction.seq);
  if (!transaction.IsAuthorization() && transaction.original_seq != CommandSeq{}) {
    result->original_id = MakeTransactionId(shard_, transaction.original_seq);
  }
  result->merchant = merchants_[transaction.merchant].id;
  result->share_count = 0;
  for (uint32_t i = 0; i < transaction.applied_count; ++i) {
    const Applied& applied = applied_[AppliedRow{transaction.first_applied.value() + i}];
    // Funders that had no part in a capture, increment, reversal or refund are not named.
    if (transaction.kind != TransactionKind::kAuthorization && applied.authorized == Fen{0}) {
      continue;
    }
    result->shares[result->share_count++] =
        ResultShare{applied.benefit, applied.fund, applied.authorized};
  }
  result->limit_count = 0;
  for (uint32_t i = 0; i < transaction.use_count; ++i) {
    const Use& use = uses_[UseRow{transaction.first_use.value() + i}];
    const Limit& limit = limits_[use.limit];
    const Calendar& calendar = calendars_[benefits_[use.benefit].calendar];
    result->limits[result->limit_count++] =
        ResultLimit{use.limit,
                    use.used_after,
                    limit.max - use.used_after - use.left_after,
                    use.left_after,
                    WindowEnd(calendar, limit.window, use.window + limit.span - 1)};
  }
  if (transaction.outcome == Outcome::kDeclined && transaction.failed_limit() != LimitRow{}) {
    const Limit& limit = limits_[transaction.failed_limit()];
    const int64_t used = transaction.captured.value();
    const int64_t held = transaction.captured_subsidy.value();
    result->limit_count = 1;
    result->limits[0] = ResultLimit{
        transaction.failed_limit(), used, held, limit.max - used - held, transaction.expires_at};
  }
  if (details != nullptr) {
    DescribeDetails(transaction, details);
  }
}

void Ledger::DescribeStanding(TransactionRow row, Result* result, Details* details) const {
  Describe(row, result, details);
  Transaction& transaction = result->transaction;
  if (transaction.kind != TransactionKind::kAuthorization) {
    return;
  }
  transaction.progress.restated = transactions_[row].progress.restated;
  transaction.progress.restated_subsidy = transactions_[row].progress.restated_subsidy;
  transaction.list_price = transaction.standing_price();
  transaction.subsidy = transaction.standing_subsidy();
  transaction.member_pays = transaction.list_price - transaction.subsidy;
  for (uint32_t i = 0; i < transaction.applied_count; ++i) {  // all are told
    result->shares[i].amount +=
        applied_[AppliedRow{transaction.first_applied.value() + i}].restated;
  }
}

// ---- Memory ----------------------------------------------------------------------

size_t Ledger::TakeUpcomingMemory(std::span<MemoryRange, kUpcomingMax> ranges) {
  static_assert(kUpcomingMax >= kTableCount + 10 + 2 * CandidateIndex::kUpcomingMax);
  size_t count = 0;
  const auto take = [&](auto& owner) {
    if (const MemoryRange range = owner.TakeUpcomingMemory(); range.size != 0) {
      ranges[count++] = range;
    }
  };
  for (TableBase* const table : all_tables_) {
    take(*table);
  }
  for (RowIndex* const index : {&member_index_,
                                &card_index_,
                                &counter_index_,
                                &request_index_,
                                &advice_index_,
                                &returned_index_,
                                &code_use_index_,
                                &voucher_index_,
                                &member_voucher_index_,
                                &contribution_index_}) {
    take(*index);
  }
  count += candidate_index_.TakeUpcomingMemory(ranges.subspan(count));
  if (shadow_count_ != 0) {
    count += shadow_candidate_index_.TakeUpcomingMemory(ranges.subspan(count));
  }
  return count;
}

MemoryRange Ledger::TakeReserveMemory(uint64_t bytes_max) {
  const std::array<TableBase*, kArchivedTables> archived = ArchivedTables();
  std::array<TableBase*, kArchivedTables + 1> tables;
  *std::copy(archived.begin(), archived.end(), tables.begin()) = &counters_;
  uint64_t in_use = 0;
  for (const TableBase* const table : tables) {
    in_use += table->bytes_in_use();
  }
  for (TableBase* const table : tables) {
    // Shared out by what they have, which is how they grow.
    const uint64_t ahead =
        in_use <= bytes_max
            ? table->bytes_in_use()
            : static_cast<uint64_t>(UInt128{table->bytes_in_use()} * bytes_max / in_use);
    if (const MemoryRange range = table->TakeReserveMemory(ahead); range.size != 0) {
      return range;
    }
  }
  return {};
}

// ---- Digest, loading -------------------------------------------------------------

uint64_t Ledger::StateHash() const {
  GH_CHECK(globals_table_.keeps_digest(), "the ledger's digests were forgone");
  uint64_t hash = 0;
  for (const TableBase* table : all_tables_) {
    hash += table == &globals_table_ ? table->RecomputeDigest() : table->digest();
  }
  return hash;
}

void Ledger::ForgoDigests() {
  for (TableBase* const table : all_tables_) {
    table->ForgoDigest();
  }
}

const char* Ledger::FinishLoad() {
  const char* const problem = FinishLoadOfRows();
  return problem != nullptr ? problem : FinishLoadOfIndexes();
}

const char* Ledger::FinishLoadOfRows() {
  if (globals_table_.size() != 1) {
    return "the globals table does not have exactly one row";
  }
  const ArchiveMark& mark = globals().archived;
  const std::array<uint32_t, kArchivedTables> firsts = FirstRowsOf(mark);
  const std::array<TableBase*, kArchivedTables> archived = ArchivedTables();
  for (size_t i = 0; i < kArchivedTables; ++i) {
    if (firsts[i] < 1 || firsts[i] > archived[i]->size() + 1) {
      return "more rows were archived than there are";
    }
  }
  for (TableBase* table : all_tables_) {
    const auto at = std::find(archived.begin(), archived.end(), table);
    table->FinishLoad(at == archived.end() ? 1
                                           : firsts[static_cast<size_t>(at - archived.begin())]);
  }
  SetFirstRows(mark);
  return nullptr;
}

const char* Ledger::FinishLoadOfIndexes() {
  if (merchant_names_.size() != merchants_.size() || fund_names_.size() != funds_.size()) {
    return "a merchant or fund has no row of names";
  }
  if (open_batches_.size() != terminals_.size()) {
    return "a terminal has no open batch";
  }
  const auto reindex = [](const auto& table, RowIndex& index, auto&& hash_of) {
    index.Reserve(table.size());
    for (uint32_t row = 1; row <= table.size(); ++row) {
      index.Insert(hash_of(row), row);
    }
  };
  reindex(union_nodes_, union_node_index_, [this](uint32_t row) {
    return HashOf(union_nodes_[UnionNodeRow{row}].id);
  });
  reindex(members_, member_index_, [this](uint32_t row) {
    return HashOf(members_[MemberRow{row}].id);
  });
  reindex(
      cards_, card_index_, [this](uint32_t row) { return HashOf(cards_[CardRow{row}].number); });
  reindex(merchants_, merchant_index_, [this](uint32_t row) {
    return HashOf(merchants_[MerchantRow{row}].id);
  });
  reindex(terminals_, terminal_index_, [this](uint32_t row) {
    return HashOf(terminals_[TerminalRow{row}].id);
  });
  reindex(funds_, fund_index_, [this](uint32_t row) { return HashOf(funds_[FundRow{row}].code); });
  reindex(counter_series_, series_index_, [this](uint32_t row) {
    return HashOf(counter_series_[CounterSeriesRow{row}]);
  });
  reindex(counters_, counter_index_, [this](uint32_t row) {
    const Counter& counter = counters_[CounterRow{row}];
    return HashOf(counter.series, counter.subject, counter.window);
  });
  reindex(code_uses_, code_use_index_, [this](uint32_t row) {
    const CodeUse& use = code_uses_[CodeUseRow{row}];
    return HashOf(use.card, use.purpose);
  });
  reindex(programme_heads_, programme_index_, [this](uint32_t row) {
    return HashOf(programme_heads_[ProgrammeHeadRow{row}].code);
  });
  request_index_.Reserve(transactions_.size() + 1 - transactions_.first());
  expiry_count_ = 0;
  for (uint32_t row = transactions_.first(); row <= transactions_.size(); ++row) {
    const Transaction& transaction = transactions_[TransactionRow{row}];
    const uint64_t hash = HashOf(transaction.request_id);
    // A late original takes over the id of its tombstone, which may stand behind it when it
    // came back from the archive.
    const TransactionRow other = FindTransaction(transaction.terminal, transaction.request_id);
    if (other == TransactionRow{}) {
      request_index_.Insert(hash, row);
    } else if (transactions_[other].tombstone && !transaction.tombstone) {
      request_index_.Replace(hash, other.value(), row);
    } else if (!transaction.tombstone || transactions_[other].tombstone) {
      return "a request id has two transactions";
    }
    if (transaction.returned() && !transaction.tombstone) {
      returned_index_.Insert(HashOf(transaction.seq), row);
    }
    if (IsOpenHold(TransactionRow{row})) {
      PushExpiry(TransactionRow{row});
    }
  }
  advice_index_.Reserve(advices_.size() + 1 - advices_.first());
  for (uint32_t row = advices_.first(); row <= advices_.size(); ++row) {
    if (!transactions_.Contains(advices_[AdviceRow{row}].transaction)) {
      return "an advice has no transaction";
    }
    IndexAdvice(AdviceRow{row});
  }
  if (const char* const problem = FinishLoadOfProgrammes(); problem != nullptr) {
    return problem;
  }
  if (const char* const problem = FinishLoadOfVouchers(); problem != nullptr) {
    return problem;
  }
  moments_.Reset();
  return nullptr;
}

}  // namespace gonghui
