// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The steps of a draw, each of which may be asked again after a crash: seeds and lists go to
// the store before the ledger names them, and what comes back from there is held against the
// hashes that the ledger has (docs/decisions/0008-vouchers-draws-appointments.md).

#include <openssl/rand.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <grpcpp/grpcpp.h>

#include "engine/durability/draw_store.h"
#include "engine/ledger/draw_entries.h"
#include "engine/programmes/draw.h"
#include "engine/programmes/voucher_code.h"
#include "engine/server/log.h"
#include "engine/server/operator_call.h"
#include "engine/server/operator_services.h"
#include "engine/server/programme_warnings.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"
#include "engine/server/translate_vouchers.h"
#include "gonghui/v1/draw_service.grpc.pb.h"

namespace gonghui {
namespace {

// Rows that one look at the ledger passes: a few tens of microseconds.
constexpr uint32_t kCountersPerLook = 8'192;
constexpr size_t kWinnersShownMax = 1'000;
constexpr size_t kEntriesPerRead = 10'000;
constexpr uint32_t kEntriesPageDefault = 1'000;
constexpr uint32_t kEntriesPageMax = 10'000;

grpc::Status Failed(StatusCode code, const char* reason, std::string message) {
  Refusal refusal;
  refusal.code = code;
  refusal.reason = reason;
  refusal.message = std::move(message);
  return ToGrpcStatus(refusal);
}

// What the store says, which may be of the seed, goes to the log.
grpc::Status StoreFailed(const absl::Status& status) {
  LogError("the store of draws could not be used", {{"why", status.ToString()}});
  if (absl::IsDataLoss(status)) {
    return Failed(StatusCode::kDataLoss,
                  "DRAW_DAMAGED",
                  "what was kept of the draw can not be read back; see the server's log");
  }
  return Failed(StatusCode::kInternal,
                "DRAW_STORE_FAILED",
                "the store of draws could not be used; see the server's log");
}

grpc::Status Damaged(const std::string& what) {
  LogError("what was kept of a draw is not what the ledger knows", {{"what", what}});
  return Failed(StatusCode::kDataLoss, "DRAW_DAMAGED", what);
}

grpc::Status NotInState(const std::string& field, const std::string& description) {
  return ToGrpcStatus(RowError{field, "NOT_ALLOWED_FROM_STATE", description});
}

std::vector<uint32_t> CountsOf(const DrawView& view) {
  std::vector<uint32_t> counts;
  for (const Prize& prize : view.prizes) {
    counts.push_back(prize.count);
  }
  return counts;
}

// As the request's message names what a commitment is refused for.
std::string CommitField(const Result& result) {
  switch (result.field) {
    case Field::kEntries:
      return "draw.limit_code";
    case Field::kDraw:
      return "draw.draw_code";
    default:
      return absl::StrCat("draw.", std::string(FieldName(result.field)));
  }
}

class DrawService final : public v1::DrawService::Service {
 public:
  explicit DrawService(const OperatorContext& context)
      : engine_(context.engine), store_(context.draws) {}

  grpc::Status CommitDraw(grpc::ServerContext* /*context*/,
                          const v1::CommitDrawRequest* request,
                          v1::CommitDrawResponse* response) override {
    DrawToCommit made;
    RowError error;
    if (!FromProto(request->draw(), &made, &error)) {
      return ToGrpcStatus(error);
    }
    // What is refused gets no seed.
    made.request.seed_hash.fill(1);
    Result result;
    grpc::Status status = Commit(made.request, /*validate_only=*/true, &result);
    // Before it is done: what may fail afterwards would hide the seed's hash.
    std::vector<Programme> versions;
    if (status.ok()) {
      status = CopyLiveVersions(engine_, &versions);
    }
    if (status.ok() && result.verdict == Verdict::kDecided && !request->validate_only()) {
      status = MakeSeed(made.request.code, &made.request.seed_hash);
      if (status.ok()) {
        status = Commit(made.request, /*validate_only=*/false, &result);
      }
    }
    if (!status.ok()) {
      return status;
    }
    AddWarnings(engine_->names(), made.request, versions, response->mutable_warnings());
    response->set_created(result.verdict == Verdict::kDecided);
    if (request->validate_only() && response->created()) {
      return status;  // there is none to show
    }
    DrawView view;
    status = Find(made.request.code, &view);
    if (status.ok()) {
      ToProto(engine_->names(), view, response->mutable_draw());
    }
    return status;
  }

  grpc::Status SettleDraw(grpc::ServerContext* /*context*/,
                          const v1::SettleDrawRequest* request,
                          v1::SettleDrawResponse* response) override {
    DrawCode code;
    grpc::Status status = ReadCode(request->draw_code(), &code);
    if (!status.ok()) {
      return status;
    }
    // Two would do the same work twice, and hold two of the operators' threads.
    if (!BeginSettling(code)) {
      Refusal refusal;
      refusal.code = StatusCode::kUnavailable;
      refusal.reason = "BEING_DRAWN";
      refusal.message = "another call is settling this draw; ask again (正在开奖，请稍后重试)";
      refusal.field = "draw_code";
      refusal.retry_delay_ms = 1'000;
      return ToGrpcStatus(refusal);
    }
    DrawView view;
    status = Find(code, &view);
    if (status.ok()) {
      status = view.draw.kind == DrawKind::kPool ? SettlePool(std::move(view), response)
                                                 : SettleEntries(std::move(view), response);
    }
    EndSettling(code);
    return status;
  }

  grpc::Status DrawPrize(grpc::ServerContext* /*context*/,
                         const v1::DrawPrizeRequest* request,
                         v1::DrawPrizeResponse* response) override {
    EventToDraw event;
    RowError error;
    if (!FromProto(*request, &event, &error)) {
      return ToGrpcStatus(error);
    }
    DrawView view;
    grpc::Status status = Find(event.request.pool, &view);
    Seed seed{};
    if (status.ok() && view.draw.kind == DrawKind::kPool) {
      status = SeedOf(view.draw, &seed);
    }
    if (!status.ok()) {
      return status;
    }
    event.request.number = PoolNumber(seed, request->draw_code(), event.source, event.event_id);
    Command command;
    command.kind = CommandKind::kDrawPrize;
    command.draw_prize = &event.request;
    Result result;
    status = RunOne(engine_, command, &result, [](const Result& refused) {
      return refused.field == Field::kVoucher ? "event_id" : std::string(FieldName(refused.field));
    });
    if (!status.ok()) {
      return status;
    }
    Voucher voucher;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      voucher = ledger.vouchers()[ledger.FindVoucher(event.request.key)];
    });
    if (status.ok()) {
      ToProto(engine_->names(), voucher, response->mutable_voucher());
      response->set_idempotent_replay(result.verdict == Verdict::kUnchanged);
    }
    return status;
  }

  grpc::Status GetDraw(grpc::ServerContext* /*context*/,
                       const v1::GetDrawRequest* request,
                       v1::GetDrawResponse* response) override {
    DrawCode code;
    DrawView view;
    grpc::Status status = ReadCode(request->draw_code(), &code);
    if (status.ok()) {
      status = Find(code, &view);
    }
    if (status.ok()) {
      ToProto(engine_->names(), view, response->mutable_draw());
    }
    return status;
  }

  grpc::Status ListDraws(grpc::ServerContext* /*context*/,
                         const v1::ListDrawsRequest* request,
                         v1::ListDrawsResponse* response) override {
    Page page;
    grpc::Status status = ReadPage(request->page_size(), request->page_token(), &page);
    if (!status.ok()) {
      return status;
    }
    std::vector<DrawView> views;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      response->set_next_page_token(
          CopyPage(ledger.draws(), page, [&](DrawRow row, const Draw& /*draw*/) {
            views.push_back(ViewLiveDraw(ledger, row));
            return true;
          }));
    });
    for (const DrawView& view : views) {
      ToProto(engine_->names(), view, response->add_draws());
    }
    return status;
  }

  grpc::Status ListDrawEntries(grpc::ServerContext* /*context*/,
                               const v1::ListDrawEntriesRequest* request,
                               v1::ListDrawEntriesResponse* response) override {
    DrawCode code;
    DrawView view;
    Page page;
    grpc::Status status = ReadCode(request->draw_code(), &code);
    if (status.ok()) {
      status = ReadPage(request->page_size(), request->page_token(), &page);
    }
    if (status.ok()) {
      status = Find(code, &view);
    }
    if (!status.ok()) {
      return status;
    }
    if (view.draw.kind == DrawKind::kPool || view.draw.state == DrawState::kCommitted) {
      return NotInState("draw_code",
                        view.draw.kind == DrawKind::kPool
                            ? "a pool has no list of entries (奖池没有名单)"
                            : "the list is fixed when the draw is closed (名单在截止后才封存)");
    }
    const auto entries = store_->GetEntriesBlocking(
        {code, view.draw.entries_hash}, page.first - 1, RowsOfPage(request->page_size()));
    if (!entries.ok()) {
      return absl::IsNotFound(entries.status())
                 ? Damaged(absl::StrCat(
                       "the list of entries of draw ", request->draw_code(), " is lost"))
                 : StoreFailed(entries.status());
    }
    for (const MemberId& member : *entries) {
      response->add_member_ids(TextOf(member));
    }
    const auto next = page.first + static_cast<uint32_t>(entries->size());
    if (!entries->empty() && next <= view.draw.entry_count) {
      response->set_next_page_token(PageToken(next));
    }
    return status;
  }

  grpc::Status ListDrawWinners(grpc::ServerContext* /*context*/,
                               const v1::ListDrawWinnersRequest* request,
                               v1::ListDrawWinnersResponse* response) override {
    DrawCode code;
    DrawView view;
    Page page;
    std::vector<MemberId> entries;
    Seed seed{};
    grpc::Status status = ReadCode(request->draw_code(), &code);
    if (status.ok()) {
      status = ReadPage(request->page_size(), request->page_token(), &page);
    }
    if (status.ok()) {
      status = Find(code, &view);
    }
    if (status.ok() &&
        (view.draw.kind == DrawKind::kPool || view.draw.state != DrawState::kSettled)) {
      return NotInState("draw_code",
                        view.draw.kind == DrawKind::kPool
                            ? "a pool has no list of winners; list the vouchers of its series "
                              "(奖池没有中签名单)"
                            : "nobody has won before the draw is settled (尚未开奖)");
    }
    if (status.ok()) {
      status = ReadEntries(view.draw, &entries);
    }
    if (status.ok()) {
      status = SeedOf(view.draw, &seed);
    }
    if (!status.ok()) {
      return status;
    }
    const std::vector<uint32_t> counts = CountsOf(view);
    const std::vector<uint32_t> winners = WinnersOf(view, seed);
    const size_t first = std::min<size_t>(page.first - 1, winners.size());
    const size_t last = std::min<size_t>(first + RowsOfPage(request->page_size()), winners.size());
    const Ledger& names = engine_->names();
    for (size_t i = first; i < last; ++i) {
      const auto rank = static_cast<uint32_t>(i + 1);
      v1::DrawWinner* const added = response->add_winners();
      added->set_rank(rank);
      added->set_member_id(TextOf(entries[winners[i]]));
      const Prize& prize = view.prizes[PrizeOfRank(counts, rank)];
      added->set_series_code(TextOf(names.voucher_series()[prize.series].code));
      added->set_voucher_key(VoucherKeyText(DrawKey(code, rank)));
    }
    if (last < winners.size()) {
      response->set_next_page_token(PageToken(static_cast<uint32_t>(last + 1)));
    }
    return status;
  }

 private:
  // Of entries and winners, which are longer than other lists.
  static uint32_t RowsOfPage(int32_t page_size) {
    return page_size == 0 ? kEntriesPageDefault
                          : std::min(static_cast<uint32_t>(page_size), kEntriesPageMax);
  }

  static std::vector<uint32_t> WinnersOf(const DrawView& view, const Seed& seed) {
    return gonghui::WinnersOf(seed,
                              TextOf(view.draw.code),
                              view.draw.entry_count,
                              WinnerCountOf(CountsOf(view), view.draw.entry_count));
  }

  // False: another call is at it.
  bool BeginSettling(const DrawCode& code) {
    const std::lock_guard<std::mutex> lock(settling_mutex_);
    return settling_.insert(code).second;
  }
  void EndSettling(const DrawCode& code) {
    const std::lock_guard<std::mutex> lock(settling_mutex_);
    settling_.erase(code);
  }

  static grpc::Status ReadCode(const std::string& text, DrawCode* code) {
    const auto parsed = ParseCode<DrawCode>(text);
    if (!parsed.has_value()) {
      return ToGrpcStatus(
          InvalidArgument("draw_code", "must be 1 to 32 characters of [A-Za-z0-9._:-]"));
    }
    *code = *parsed;
    return grpc::Status::OK;
  }

  grpc::Status Find(const DrawCode& code, DrawView* view) {
    const grpc::Status status = Inspect(engine_, [&](const Ledger& ledger) {
      *view = ViewLiveDraw(ledger, ledger.FindDraw(code));
    });
    if (status.ok() && view->row == DrawRow{}) {
      return ToGrpcStatus(NotFound("draw or pool", "draw_code"));
    }
    return status;
  }

  // ---- Seeds ---------------------------------------------------------------------

  grpc::Status Commit(const CommitDrawRequest& request, bool validate_only, Result* result) {
    Command command;
    command.kind = CommandKind::kCommitDraw;
    command.validate_only = validate_only;
    command.commit_draw = &request;
    return RunOne(engine_, command, result, CommitField);
  }

  // The draw's seed is durable before anything names its hash.  One that is there already,
  // of a commitment that was not finished, stays: nobody has seen it.
  grpc::Status MakeSeed(const DrawCode& code, Digest* seed_hash) {
    Seed seed{};
    if (RAND_bytes(seed.data(), static_cast<int>(seed.size())) != 1) {
      return Failed(StatusCode::kInternal,
                    "NO_RANDOM_BYTES",
                    "the system gives no random bytes, so no seed was made");
    }
    const absl::StatusOr<bool> put = store_->PutSeedBlocking(code, seed);
    if (!put.ok()) {
      return StoreFailed(put.status());
    }
    if (!*put) {
      const absl::StatusOr<std::optional<Digest>> first = store_->GetSeedBlocking(code);
      if (!first.ok()) {
        return StoreFailed(first.status());
      }
      if (!first->has_value()) {
        return Damaged(absl::StrCat("the seed of draw ", TextOf(code), " is lost"));
      }
      seed = **first;
    }
    *seed_hash = SeedHashOf(seed);
    return grpc::Status::OK;
  }

  // It is the one whose hash was made known, or an error.
  grpc::Status SeedOf(const Draw& draw, Seed* seed) {
    if (draw.state == DrawState::kSettled) {
      *seed = draw.seed;
      return grpc::Status::OK;
    }
    const std::lock_guard<std::mutex> lock(seeds_mutex_);
    const auto known = seeds_.find(draw.code);
    if (known != seeds_.end()) {
      *seed = known->second;
      return grpc::Status::OK;
    }
    const absl::StatusOr<std::optional<Digest>> stored = store_->GetSeedBlocking(draw.code);
    if (!stored.ok()) {
      return StoreFailed(stored.status());
    }
    if (!stored->has_value()) {
      return Damaged(absl::StrCat("the seed of draw ", TextOf(draw.code), " is lost"));
    }
    if (SeedHashOf(**stored) != draw.seed_hash) {
      return Damaged(absl::StrCat(
          "the seed of draw ", TextOf(draw.code), " is not the one whose hash was made known"));
    }
    *seed = **stored;
    seeds_.emplace(draw.code, *seed);
    return grpc::Status::OK;
  }

  // ---- Settling ------------------------------------------------------------------

  grpc::Status SettlePool(DrawView view, v1::SettleDrawResponse* response) {
    grpc::Status status = MakeSeedKnown(&view);
    if (status.ok()) {
      ToProto(engine_->names(), view, response->mutable_draw());
    }
    return status;
  }

  grpc::Status SettleEntries(DrawView view, v1::SettleDrawResponse* response) {
    grpc::Status status;
    if (view.draw.state == DrawState::kCommitted) {
      status = Close(&view);
    }
    std::vector<MemberId> entries;
    Seed seed{};
    if (status.ok()) {
      status = ReadEntries(view.draw, &entries);
    }
    if (status.ok()) {
      status = SeedOf(view.draw, &seed);
    }
    if (!status.ok()) {
      return status;
    }
    const std::vector<uint32_t> winners = WinnersOf(view, seed);
    if (view.draw.state != DrawState::kSettled) {
      status = GiveVouchers(view, entries, winners);
      if (status.ok()) {
        status = MakeSeedKnown(&view);
      }
      if (!status.ok()) {
        return status;
      }
    }
    ToProto(engine_->names(), view, response->mutable_draw());
    response->set_winners_truncated(winners.size() > kWinnersShownMax);
    for (size_t i = 0; i < std::min(winners.size(), kWinnersShownMax); ++i) {
      response->add_winner_ids(TextOf(entries[winners[i]]));
    }
    return status;
  }

  // The seed goes into the ledger, for everybody to see; the draw is settled.
  grpc::Status MakeSeedKnown(DrawView* view) {
    SettleDrawRequest request;
    request.code = view->draw.code;
    grpc::Status status = SeedOf(view->draw, &request.seed);
    if (!status.ok()) {
      return status;
    }
    Command command;
    command.kind = CommandKind::kSettleDraw;
    command.settle_draw = &request;
    Result result;
    status = RunOne(engine_, command, &result);
    return status.ok() ? Find(request.code, view) : status;
  }

  // Fixes the list of those who had entered when it closed.
  grpc::Status Close(DrawView* view) {
    const Draw& draw = view->draw;
    CloseDrawRequest request;
    request.code = draw.code;
    // Too early is told before anything is read.
    request.entries_hash.fill(1);
    Command command;
    command.kind = CommandKind::kCloseDraw;
    command.validate_only = true;
    command.close_draw = &request;
    Result result;
    grpc::Status status = RunOne(engine_, command, &result);
    std::vector<MemberId> entries;
    if (status.ok()) {
      status = CollectEntries(draw, &entries);
    }
    if (!status.ok()) {
      return status;
    }
    EntriesHash hash;
    for (const MemberId& member : entries) {
      hash.Add(member);
    }
    request.entry_count = hash.count();
    request.entries_hash = hash.Finish();
    const absl::Status put = store_->PutEntriesBlocking({draw.code, request.entries_hash}, entries);
    if (!put.ok()) {
      return StoreFailed(put);
    }
    command.validate_only = false;
    status = RunOne(engine_, command, &result);
    return status.ok() ? Find(request.code, view) : status;
  }

  // In the order in which they first entered, which is that of the counters' rows.  Who came
  // from closes_at on takes no part, however late the draw is asked for.
  grpc::Status CollectEntries(const Draw& draw, std::vector<MemberId>* entries) {
    const CounterSeries wanted = EntrySeriesOf(draw.programme, draw.limit);
    CounterSeriesRow series;
    std::vector<MemberRow> members;
    uint32_t next = 1;
    bool more = true;
    while (more) {
      const grpc::Status status = Inspect(engine_, [&](const Ledger& ledger) {
        series = ledger.FindCounterSeries(wanted);
        const auto& counters = ledger.counters();
        const auto until = static_cast<uint32_t>(
            std::min<uint64_t>(counters.size(), uint64_t{next} + kCountersPerLook - 1));
        for (; next <= until; ++next) {
          const Counter& counter = counters[CounterRow{next}];
          if (counter.series == series && IsEntry(counter, draw)) {
            members.push_back(MemberRow{counter.subject});
          }
        }
        more = until < counters.size();
      });
      if (!status.ok()) {
        return status;
      }
    }
    if (series == CounterSeriesRow{}) {
      members.clear();  // committing the draw has seen to it that there is one
    }
    const Ledger& names = engine_->names();
    entries->reserve(members.size());
    for (const MemberRow member : members) {
      entries->push_back(names.members()[member].id);
    }
    return grpc::Status::OK;
  }

  // The list of a draw that is closed: the one whose hash the ledger has, or an error.
  grpc::Status ReadEntries(const Draw& draw, std::vector<MemberId>* entries) {
    EntriesHash hash;
    while (entries->size() < draw.entry_count) {
      const auto page = store_->GetEntriesBlocking(
          {draw.code, draw.entries_hash}, static_cast<uint32_t>(entries->size()), kEntriesPerRead);
      if (!page.ok() && !absl::IsNotFound(page.status())) {
        return StoreFailed(page.status());
      }
      if (!page.ok() || page->empty()) {
        return Damaged(absl::StrCat("the list of entries of draw ", TextOf(draw.code), " is lost"));
      }
      for (const MemberId& member : *page) {
        hash.Add(member);
      }
      entries->insert(entries->end(), page->begin(), page->end());
    }
    if (hash.count() != draw.entry_count || hash.Finish() != draw.entries_hash) {
      return Damaged(absl::StrCat("the list of entries of draw ",
                                  TextOf(draw.code),
                                  " is not the one whose hash was made known"));
    }
    return grpc::Status::OK;
  }

  // Those that were given before are left as they are.
  grpc::Status GiveVouchers(const DrawView& view,
                            std::span<const MemberId> entries,
                            std::span<const uint32_t> winners) {
    const std::vector<uint32_t> counts = CountsOf(view);
    const Ledger& names = engine_->names();
    size_t first = 0;
    while (first < winners.size()) {
      const size_t place = PrizeOfRank(counts, static_cast<uint32_t>(first + 1));
      std::vector<VoucherToIssue> vouchers;
      size_t next = first;
      while (next < winners.size() && vouchers.size() < kVouchersPerCommandMax &&
             PrizeOfRank(counts, static_cast<uint32_t>(next + 1)) == place) {
        vouchers.push_back(
            {DrawKey(view.draw.code, static_cast<uint32_t>(next + 1)), entries[winners[next]]});
        ++next;
      }
      const Prize& prize = view.prizes[place];
      IssueVouchersRequest request;
      request.series = names.voucher_series()[prize.series].code;
      request.valid_from = prize.valid_from;
      request.expires_at = prize.expires_at;
      request.draw = view.draw.code;
      request.vouchers = vouchers;
      Command command;
      command.kind = CommandKind::kIssueVouchers;
      command.issue_vouchers = &request;
      Result result;
      const grpc::Status status = RunOne(engine_, command, &result);
      if (!status.ok()) {
        return status;
      }
      first = next;
    }
    return grpc::Status::OK;
  }

  Engine* const engine_;
  DrawStore* const store_;
  std::mutex settling_mutex_;
  std::set<DrawCode> settling_;
  std::mutex seeds_mutex_;
  std::map<DrawCode, Seed> seeds_;  // that were held against their hash
};

}  // namespace

std::unique_ptr<grpc::Service> MakeDrawService(const OperatorContext& context) {
  return std::make_unique<DrawService>(context);
}

}  // namespace gonghui
