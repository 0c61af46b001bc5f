// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/model/ledger_pair.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "engine/domain/details.h"
#include "engine/durability/record_format.h"
#include "tests/model/compare_events.h"
#include "tests/model/compare_ledgers.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

bool AboutSameBenefit(const AnswerCheck& a, const AnswerCheck& b) {
  return a.programme == b.programme && a.benefit == b.benefit;
}

// What leaves memory with an event, before it does.
std::string PutArchived(Ledger* ledger, const ArchiveMark& mark, MapArchive* archive) {
  ArchiveSlice slice;
  const uint32_t rows = mark.transactions.value() - 1 - ledger->archived_rows();
  if (ledger->CopyForArchive(rows, &slice) != rows) {
    return "there are not so many rows to leave";
  }
  slice.ForEach([&](const ArchivedTransaction& transaction) {
    archive->Put(transaction, ledger->terminals()[transaction.transaction.terminal].id);
  });
  return slice.StepsOf(rows).back() == mark ? "" : "other rows leave";
}

}  // namespace

std::string ContradictionIn(const Answer& answer) {
  if (answer.checks.empty() || answer.truncated) {
    return "";
  }
  const auto contradiction = [&answer](const std::string& what) {
    return "explanation: " + what + ", but the reason is " + NameOf(answer.reason);
  };
  const std::vector<AnswerCheck>& checks = answer.checks;
  size_t i = 0;
  for (; i < checks.size() && checks[i].benefit.IsNone(); ++i) {
    if (!checks[i].passed) {
      return i + 1 == checks.size() && checks[i].check == answer.reason &&
                     answer.outcome == Outcome::kDeclined
                 ? ""
                 : contradiction(TextOf(checks[i]));
    }
  }
  // Of each candidate the first check that fails; of these the one that came furthest.
  std::optional<AnswerCheck> furthest;
  std::optional<AnswerCheck> passed;
  bool applied_passed = false;
  const size_t candidates_from = i;
  while (i < checks.size()) {
    const AnswerCheck& first = checks[i];
    std::optional<AnswerCheck> failed;
    // Two of one programme may have the same code: each begins with its merchant.
    do {
      if (!checks[i].passed && !failed.has_value()) {
        failed = checks[i];
      }
      ++i;
    } while (i < checks.size() && AboutSameBenefit(checks[i], first) &&
             checks[i].check != Reason::kMerchantNotInProgramme);
    if (!failed.has_value()) {
      passed = passed.has_value() ? passed : first;
      // The benefits of later layers are judged on what the earlier ones left.
      applied_passed |=
          answer.shares.empty() ||
          std::any_of(
              answer.shares.begin(), answer.shares.end(), [&first](const AnswerShare& share) {
                return share.benefit == first.benefit;
              });
    } else if (!furthest.has_value() || failed->check > furthest->check) {
      furthest = failed;
    }
  }
  if (answer.reason == Reason::kNone) {
    return applied_passed ? "" : contradiction("what applied did not pass");
  }
  if (answer.reason == Reason::kApprovalMissing) {
    // It has won, and nobody has seen it yet.
    return passed.has_value() ? "" : contradiction("nothing passed");
  }
  if (passed.has_value()) {
    return contradiction(TextOf(passed->benefit) + " passed");
  }
  if (answer.reason == Reason::kProgrammeNotFound ||
      answer.reason == Reason::kNoApplicableBenefit) {
    return candidates_from == checks.size() ? "" : contradiction("there are candidates");
  }
  if (!furthest.has_value() || furthest->check != answer.reason ||
      furthest->benefit != answer.benefit) {
    return contradiction(furthest.has_value() ? TextOf(*furthest) : "nobody failed");
  }
  if (furthest->fund.IsNone() != answer.failed_fund.IsNone()) {
    return contradiction("which fund it failed at: " + TextOf(*furthest));
  }
  const LimitCode limit = furthest->limit.has_value() ? furthest->limit->limit : LimitCode{};
  return limit == answer.failed_limit ? "" : contradiction("failed at " + TextOf(limit));
}

LedgerLimits LedgerPair::SmallLimits() {
  LedgerLimits limits;
  limits.union_nodes_max = 1u << 10;
  limits.members_max = 1u << 12;
  limits.cards_max = 1u << 12;
  limits.merchants_max = 1u << 10;
  limits.terminals_max = 1u << 10;
  limits.funds_max = 1u << 8;
  limits.counters_max = 1u << 16;
  limits.transactions_max = 1u << 16;
  limits.lines_max = 1u << 16;
  limits.advices_max = 1u << 14;
  limits.batches_max = 1u << 14;
  limits.status_changes_max = 1u << 14;
  limits.code_uses_max = 1u << 12;
  limits.voucher_series_max = 1u << 8;
  limits.vouchers_max = 1u << 14;
  limits.occasions_max = 1u << 14;
  limits.approvals_max = 1u << 12;
  limits.draws_max = 1u << 10;
  limits.contributions_max = 1u << 12;
  return limits;
}

LedgerPair::LedgerPair(const LedgerLimits& limits, Archiving archiving, uint64_t seed)
    : limits_(limits),
      archiving_(archiving),
      ledger_(std::make_unique<Ledger>(uint16_t{7}, limits)),
      follower_(std::make_unique<Ledger>(uint16_t{7}, limits)),
      model_(7),
      archiver_(archiving, seed, [this](const OwnedCommand& command, const Event& event) {
        history_.push_back({command, event});
        Step& step = history_.back();
        step.event.command = &step.command.command;
        follower_->Evolve(step.event);
        model_.PassNumber();
      }) {}

std::string LedgerPair::Apply(const OwnedCommand& command, TimestampNs now) {
  std::string problem = archiver_.BringBack(ledger_.get(), command.command, now);
  if (problem.empty() && archiver_.was_full()) {
    result_ = Result{};
    result_.verdict = Verdict::kFull;
    naive_answer_ = answer_ = AnswerOf(*ledger_, command.command, result_);
    return "";
  }
  if (problem.empty()) {
    problem = Decide(command, now);
  }
  return problem.empty() ? archiver_.TakeAway(ledger_.get(), now) : problem;
}

void LedgerPair::LookAhead(const OwnedCommand& command, TimestampNs now) {
  if (archiving_ != Archiving::kNever) {
    return;
  }
  if (trails_.empty()) {
    trails_.resize(1);  // the one that is applied next has no trail then, which is a hint only
  }
  const Command* const ahead[] = {&command.command};
  trails_.resize(2);
  ledger_->Prefetch(ahead, now, std::span(trails_).last(1));
}

std::string LedgerPair::CompareShadow(const Command& asked, TimestampNs now) {
  if (asked.kind != CommandKind::kAuthorize || asked.advice != nullptr || now > asked.deadline) {
    return "";
  }
  // A repeat may be changed so that its lines do not add up.
  Fen of_lines;
  for (uint32_t i = 0; i < asked.authorize.line_count; ++i) {
    of_lines += asked.authorize.lines[i].price;
  }
  if (asked.authorize.line_count > 0 && of_lines != asked.authorize.list_price) {
    return "";
  }
  // Of a claim the versions of then count; when others came since, no shadow is in their place.
  const bool claim =
      asked.authorize.occasion != nullptr && asked.authorize.occasion->event_at != TimestampNs{};
  if (claim && !ledger_->IsShadowed(asked)) {
    return "";
  }
  Command quote = asked;
  quote.kind = CommandKind::kQuote;
  quote.details = nullptr;
  quote.authorize.explanation = nullptr;
  const auto told = [&](const auto& decide) {
    Event event;
    Result result;
    decide(&event, &result);
    return event.kind == EventKind::kNone ? AnswerOf(*ledger_, quote, result) : Answer{};
  };
  Answer want = model_.QuoteWithShadows(asked, now);
  want.lines.clear();  // without details nothing is told of these
  want.slot_at = want.event_at = TimestampNs{};
  const Answer live =
      told([&](Event* event, Result* result) { ledger_->Decide(quote, now, event, result); });
  if (live.verdict == Verdict::kFull) {  // the model never is
    return "";
  }
  if (!ledger_->IsShadowed(asked)) {
    // Those that have no say may be what a decline would be about.
    return live.outcome == want.outcome && live.subsidy == want.subsidy
               ? ""
               : "nothing is in shadow, and yet: " + TextOf(live) + "\n  against " + TextOf(want);
  }
  Answer have =
      told([&](Event* event, Result* result) { ledger_->DecideShadow(asked, now, event, result); });
  ++shadowed_;
  shadowed_otherwise_ += have.subsidy != live.subsidy ? 1 : 0;
  // When a decline may be tried again is looked for only where it costs nothing: nobody is told.
  if (want.outcome == Outcome::kDeclined) {
    have.next_eligible_at = want.next_eligible_at = TimestampNs{};
    for (auto& limit : want.limits) {
      limit.resets_at = kTimestampMax;
    }
  }
  const std::string difference = Difference(have, want);
  return difference.empty() ? ""
                            : "in shadow, ledger against model: " + difference +
                                  "\n  ledger: " + TextOf(have) + "\n  model:  " + TextOf(want);
}

std::string LedgerPair::Decide(const OwnedCommand& command, TimestampNs now) {
  history_.push_back({command, Event{}});
  Step& step = history_.back();
  const Command& asked = step.command.command;
  ClearAnswers(asked);
  if (std::string problem = CompareShadow(asked, now); !problem.empty()) {
    return problem;
  }
  const uint64_t hash_before = ledger_->StateHash();
  if (trails_.empty()) {
    const Command* const ahead[] = {&asked};
    trails_.resize(1);
    ledger_->Prefetch(ahead, now, trails_);
  }
  const Ledger::Trail trail = trails_.front();
  trails_.erase(trails_.begin());
  result_ = Result{};
  ledger_->DecideFirst(asked, now, trail, &step.event, &result_);
  if (ledger_->StateHash() != hash_before) {
    return "Decide() changed the state";
  }
  const bool changed = step.event.kind != EventKind::kNone;
  if (changed && (asked.kind == CommandKind::kQuote || asked.kind == CommandKind::kGetTransaction ||
                  asked.kind == CommandKind::kGetEntitlements)) {
    return "a question changes something";
  }
  if (changed) {
    step.event.command = &asked;
    ledger_->Evolve(step.event);
    follower_->Evolve(step.event);
  }
  Ledger::TellTransaction(step.event, &result_);  // after everything else, as the engine does
  answer_ = AnswerOf(*ledger_, asked, result_);
  std::string problem;
  if (answer_.verdict != Verdict::kFull) {  // the model never is
    naive_answer_ = model_.Apply(asked, now);
    TruncateLikeTheLedger(&naive_answer_);
    problem = Difference(answer_, naive_answer_);
    if (!problem.empty()) {
      problem = "ledger against model: " + problem + "\n  ledger: " + TextOf(answer_) +
                "\n  model:  " + TextOf(naive_answer_);
    }
  } else {
    naive_answer_ = answer_;
  }
  if (problem.empty()) {
    problem = ContradictionIn(answer_);
  }
  if (problem.empty() && ledger_->applied_seq() != model_.applied_seq()) {
    problem =
        "ledger against model: applied_seq: " + std::to_string(ledger_->applied_seq().value()) +
        " against " + std::to_string(model_.applied_seq().value());
  }
  if (problem.empty() && ledger_->next_expiry() != model_.next_expiry()) {
    problem = "ledger against model: next_expiry: " + TextOf(ledger_->next_expiry()) + " against " +
              TextOf(model_.next_expiry());
  }
  if (problem.empty() && ledger_->next_activation() != model_.next_activation()) {
    problem = "ledger against model: next_activation: " + TextOf(ledger_->next_activation()) +
              " against " + TextOf(model_.next_activation());
  }
  if (problem.empty() && result_.verdict == Verdict::kDecided &&
      result_.transaction_id != TransactionId{}) {
    // What is stored tells the same as what was just told.
    Result described;
    Details details;
    Command question = asked;
    question.details = asked.details == nullptr ? nullptr : &details;
    const TransactionRow row = ledger_->FindTransaction(result_.transaction_id);
    if (asked.kind == CommandKind::kGetTransaction) {
      ledger_->DescribeStanding(row, &described, question.details);
    } else {
      ledger_->Describe(row, &described, question.details);
    }
    described.replay = result_.replay;
    problem = Difference(answer_, AnswerOf(*ledger_, question, described));
    if (!problem.empty()) {
      problem = "answer against Describe(): " + problem;
    }
  }
  if (!changed) {
    history_.pop_back();
  }
  return problem;
}

// On a copy, so that it changes nothing: all of it comes back.
std::string LedgerPair::CheckWithArchive() {
  auto whole = std::make_unique<Ledger>(uint16_t{7}, limits_);
  if (std::string problem = LoadPhoto(whole.get()); !problem.empty()) {
    return problem;
  }
  RandomArchiver archiver(Archiving::kAlways, 0, [](const OwnedCommand&, const Event&) {});
  archiver.Restart(archiver_.archive());
  const std::string problem = archiver.BringAllBack(whole.get(), whole->applied_at());
  if (!problem.empty() || archiver.was_full()) {
    return problem;
  }
  if (std::string broken = BrokenInvariant(*whole); !broken.empty()) {
    return broken;
  }
  const std::string different = CompareTransactions(*whole, model_);
  return different.empty() ? "" : "ledger against model: " + different;
}

std::string LedgerPair::CheckEverything(bool with_archive) {
  if (std::string broken = BrokenInvariant(*ledger_); !broken.empty()) {
    return broken;
  }
  if (follower_->StateHash() != ledger_->StateHash()) {
    return "the follower's state hash differs";
  }
  if (std::string different = CompareTotals(*ledger_, model_); !different.empty()) {
    return "ledger against model: " + different;
  }
  if (std::string different = CompareEvents(*ledger_, model_); !different.empty()) {
    return "ledger against model: " + different;
  }
  if (ledger_->globals().archived_count != 0) {
    const std::string problem = with_archive ? CheckWithArchive() : "";
    return problem.empty() ? "" : "with the archive: " + problem;
  }
  if (std::string different = CompareTransactions(*ledger_, model_); !different.empty()) {
    return "ledger against model: " + different;
  }
  return "";
}

// As a standby does: what leaves memory goes to an archive of its own.
std::string LedgerPair::Replay(Ledger* ledger, MapArchive* archive) const {
  // As a journal block would hold them, a few events each.
  constexpr size_t kEventsPerBlock = 5;
  RecordDecoder decoder;
  for (size_t first = 0; first < history_.size(); first += kEventsPerBlock) {
    const size_t end = std::min(first + kEventsPerBlock, history_.size());
    std::vector<uint8_t> block;
    TimestampNs previous_at{};
    for (size_t i = first; i < end; ++i) {
      const Event& event = history_[i].event;
      const size_t at = block.size();
      block.resize(at + RecordBytesMax(*event.command));
      block.resize(at + EncodeRecord(event, previous_at, block.data() + at));
      previous_at = event.at;
    }
    std::span<const uint8_t> payload = block;
    previous_at = TimestampNs{};
    for (size_t i = first; i < end; ++i) {
      const auto event = decoder.Next(&payload, history_[i].event.seq.value(), previous_at);
      if (!event.ok()) {
        return "record " + std::to_string(i) + ": " + event.status().ToString();
      }
      previous_at = (*event)->at;
      if ((*event)->kind == EventKind::kArchived) {
        if (std::string problem = PutArchived(ledger, *(*event)->command->archive, archive);
            !problem.empty()) {
          return "record " + std::to_string(i) + ": " + problem;
        }
      }
      ledger->Evolve(**event);
    }
    if (!payload.empty()) {
      return "bytes are left after the records";
    }
  }
  return "";
}

void LedgerPair::PhotoAlbum::AddPage(TableId table, uint32_t page, std::span<const uint8_t> bytes) {
  pages_[table][page].assign(bytes.begin(), bytes.end());
}

void LedgerPair::PhotoAlbum::DropBefore(TableId table, uint32_t first_page) {
  Pages& pages = pages_[table];
  pages.erase(pages.begin(), pages.lower_bound(first_page));
}

// Of what has changed since the photo before, as checkpoints are.
std::string LedgerPair::LoadPhoto(Ledger* ledger) {
  std::map<TableId, std::pair<uint32_t, uint32_t>> extents;
  for (TableBase* table : ledger_->tables()) {
    table->BeginPhoto();
    extents[table->id()] = {table->first_page(), table->size()};
    album_.DropBefore(table->id(), table->first_page());
  }
  for (TableBase* table : ledger_->tables()) {
    while (table->CopyPages(3, album_) == 3) {
    }
  }
  for (TableBase* table : ledger->tables()) {
    const auto [first_page, size] = extents[table->id()];
    if (!table->BeginLoad(size)) {
      return "BeginLoad of table " + std::to_string(static_cast<int>(table->id()));
    }
    for (const auto& [page, bytes] : album_.PagesOf(table->id())) {
      if (page < first_page || !table->LoadPage(page, bytes)) {
        return "page " + std::to_string(page) + " of table " +
               std::to_string(static_cast<int>(table->id()));
      }
    }
  }
  const char* wrong = ledger->FinishLoad();
  return wrong == nullptr ? "" : std::string("FinishLoad: ") + wrong;
}

std::string LedgerPair::Crash() {
  auto replayed = std::make_unique<Ledger>(uint16_t{7}, limits_);
  auto loaded = std::make_unique<Ledger>(uint16_t{7}, limits_);
  MapArchive archive;
  if (std::string problem = Replay(replayed.get(), &archive); !problem.empty()) {
    return "replay: " + problem;
  }
  if (std::string problem = LoadPhoto(loaded.get()); !problem.empty()) {
    return "photo: " + problem;
  }
  for (const Ledger* ledger : {replayed.get(), loaded.get()}) {
    const char* how = ledger == loaded.get() ? "photo: " : "replay: ";
    if (ledger->StateHash() != ledger_->StateHash()) {
      return std::string(how) + "the state hash differs";
    }
    if (ledger->applied_seq() != ledger_->applied_seq()) {
      return std::string(how) + "applied_seq differs";
    }
    if (ledger->next_expiry() != ledger_->next_expiry()) {
      return std::string(how) + "next_expiry differs";
    }
    if (ledger->next_activation() != ledger_->next_activation()) {
      return std::string(how) + "next_activation differs";
    }
    if (std::string broken = BrokenInvariant(*ledger); !broken.empty()) {
      return how + broken;
    }
  }
  ledger_ = std::move(loaded);
  follower_ = std::move(replayed);
  archiver_.Restart(std::move(archive));
  trails_.clear();
  return "";
}

std::string LedgerPair::TakeAllAway(TimestampNs now) {
  return archiver_.TakeAllAway(ledger_.get(), now);
}

std::string LedgerPair::LeaveSome(TimestampNs now, uint32_t step_rows) {
  return archiver_.LeaveSome(ledger_.get(), now, step_rows);
}

std::string LedgerPair::BringAllBack(TimestampNs now) {
  return archiver_.BringAllBack(ledger_.get(), now);
}

}  // namespace gonghui
