// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Canned answers of VoucherService and DrawService.  Codes and keys are numbered; the draw
// spring-2026 has ten entries, and winners that were worked out by another program.

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>

#include <grpcpp/grpcpp.h>

#include "gonghui/v1/draw_service.grpc.pb.h"
#include "gonghui/v1/voucher_service.grpc.pb.h"
#include "tests/e2e/ctl/fake_shared.h"
#include "tests/testing/known_draw.h"

namespace gonghui::testing_e2e {
namespace {

using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;
using known_draw::kEntriesHash;
using known_draw::kSeed;
using known_draw::kSeedHash;

// Nothing of the call is done for the sake of one row.
Status RefuseRow(const std::string& field, const std::string& description) {
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field(field);
  violation->set_description(description);
  return Error(
      StatusCode::FAILED_PRECONDITION, field + ": " + description, "UNKNOWN_REFERENCE", bad);
}

// What nobody asks for.
template <class Response>
void WarnOfUnused(const std::string& series, Response* response) {
  if (series != "unused") {
    return;
  }
  v1::Diagnostic& warning = *response->add_warnings();
  warning.set_path("series_code");
  warning.set_message("no benefit asks for it");
  warning.set_hint("apply a programme");
  warning.set_message_zh("没有优惠使用它");
  warning.set_hint_zh("请让项目生效");
}

class FakeVouchers final : public v1::VoucherService::Service {
 public:
  explicit FakeVouchers(Shared* shared) : shared_(shared) {}

  Status IssueCodes(ServerContext*,
                    const v1::IssueCodesRequest* request,
                    v1::IssueCodesResponse* response) override {
    const std::lock_guard lock(shared_->mutex);
    OccasionCalls& calls = shared_->occasions;
    if (calls.issues.size() >= calls.fail_after) {
      return Error(StatusCode::UNAVAILABLE, "the server is stopping", "DRAINING");
    }
    for (int i = 0; i < request->member_ids_size(); ++i) {
      if (request->member_ids(i).starts_with("BAD")) {
        return RefuseRow(fmt::format("member_ids[{}]", i), "there is no such member");
      }
      if (!request->again() && calls.served.contains(request->member_ids(i))) {
        const std::string field = fmt::format("member_ids[{}]", i);
        google::rpc::BadRequest bad;
        auto* violation = bad.add_field_violations();
        violation->set_field(field);
        violation->set_description("has one already");
        return Error(
            StatusCode::ALREADY_EXISTS, field + ": has one already", "ALREADY_EXISTS", bad);
      }
    }
    calls.issues.push_back(*request);
    if (!request->validate_only()) {
      calls.served.insert(request->member_ids().begin(), request->member_ids().end());
    }
    if (calls.lose_answers) {
      return Error(StatusCode::UNAVAILABLE, "the server is stopping", "DRAINING");
    }
    WarnOfUnused(request->series_code(), response);
    const int count = static_cast<int>(request->count()) + request->member_ids_size();
    for (int i = 0; i < count && !request->validate_only(); ++i) {
      v1::IssuedCode& code = *response->add_codes();
      ++calls.code_count;
      code.set_voucher_code(fmt::format("7K3M-9QXA-{:04}-V4TC", calls.code_count));
      code.set_voucher_key(fmt::format("{:032x}", calls.code_count));
      if (request->count() == 0) {
        code.set_member_id(request->member_ids(i));
      }
    }
    return Status::OK;
  }
  // Events called "old..." had been granted before.
  Status GrantVouchers(ServerContext*,
                       const v1::GrantVouchersRequest* request,
                       v1::GrantVouchersResponse* response) override {
    const std::lock_guard lock(shared_->mutex);
    OccasionCalls& calls = shared_->occasions;
    if (calls.grants.size() >= calls.fail_after) {
      return Error(StatusCode::UNAVAILABLE, "the server is stopping", "DRAINING");
    }
    uint32_t created = 0;
    for (int i = 0; i < request->grants_size(); ++i) {
      if (request->grants(i).member_id().starts_with("BAD")) {
        return RefuseRow(fmt::format("grants[{}].member_id", i), "there is no such member");
      }
      created += request->grants(i).event_id().starts_with("old") ? 0U : 1U;
    }
    calls.grants.push_back(*request);
    response->set_created_count(created);
    if (created > 0) {
      WarnOfUnused(request->series_code(), response);
    }
    return Status::OK;
  }
  // Keys that begin with f are in use, those that begin with e void already.
  Status VoidVouchers(ServerContext*,
                      const v1::VoidVouchersRequest* request,
                      v1::VoidVouchersResponse* response) override {
    uint32_t voided = 0;
    for (int i = 0; i < request->voucher_keys_size(); ++i) {
      if (request->voucher_keys(i).starts_with("f")) {
        return RefuseRow(fmt::format("voucher_keys[{}]", i), "it is redeemed");
      }
      voided += request->voucher_keys(i).starts_with("e") ? 0U : 1U;
    }
    shared_->Change(request->validate_only());
    const std::lock_guard lock(shared_->mutex);
    shared_->occasions.voids.push_back(*request);
    response->set_voided_count(voided);
    return Status::OK;
  }
  Status GetVoucher(ServerContext*,
                    const v1::GetVoucherRequest* request,
                    v1::GetVoucherResponse* response) override {
    if (request->voucher_code() == "7K3M" || request->event_id() == "none") {
      return Error(StatusCode::NOT_FOUND, "there is no such voucher", "VOUCHER_NOT_FOUND");
    }
    const std::lock_guard lock(shared_->mutex);
    shared_->occasions.get_voucher = *request;
    FillVoucher(1, response->mutable_voucher());
    return Status::OK;
  }
  Status ListMemberVouchers(ServerContext*,
                            const v1::ListMemberVouchersRequest* request,
                            v1::ListMemberVouchersResponse* response) override {
    for (uint64_t i = 1; i <= 3; ++i) {
      FillVoucher(i, response->add_vouchers());
      response->mutable_vouchers(static_cast<int>(i) - 1)->set_member_id(request->member_id());
    }
    response->set_truncated(request->member_id() == "MANY");
    return Status::OK;
  }
  Status ListVouchers(ServerContext*,
                      const v1::ListVouchersRequest* request,
                      v1::ListVouchersResponse* response) override {
    FillVoucher(1, response->add_vouchers());
    response->mutable_vouchers(0)->set_series_code(request->series_code());
    if (request->state() != v1::VOUCHER_STATE_UNSPECIFIED) {
      response->mutable_vouchers(0)->set_state(request->state());
    }
    return Status::OK;
  }
  Status ListVoucherSeries(ServerContext*,
                           const v1::ListVoucherSeriesRequest*,
                           v1::ListVoucherSeriesResponse* response) override {
    v1::VoucherSeries& series = *response->add_series();
    series.set_series_code("cake-2026");
    series.set_issued_count(12'345);
    series.set_redeemed_count(7);
    return Status::OK;
  }

 private:
  static void FillVoucher(uint64_t number, v1::Voucher* voucher) {
    voucher->set_voucher_key(fmt::format("{:032x}", number));
    voucher->set_series_code("cake-2026");
    voucher->set_state(v1::VOUCHER_STATE_ISSUED);
    voucher->mutable_expires_at()->set_seconds(1'782'864'000);
  }

  Shared* const shared_;
};

class FakeDraws final : public v1::DrawService::Service {
 public:
  explicit FakeDraws(Shared* shared) : shared_(shared) {}

  Status CommitDraw(ServerContext*,
                    const v1::CommitDrawRequest* request,
                    v1::CommitDrawResponse* response) override {
    shared_->Change(request->validate_only());
    const std::lock_guard lock(shared_->mutex);
    OccasionCalls& calls = shared_->occasions;
    if (request->draw().draw_code().starts_with("FINAL")) {
      return Error(StatusCode::FAILED_PRECONDITION, "it is there with other prizes", "IMMUTABLE");
    }
    response->set_created(calls.commit.draw().SerializeAsString() !=
                          request->draw().SerializeAsString());
    if (!request->validate_only()) {
      calls.commit = *request;
    }
    if (!request->validate_only() || !response->created()) {  // else there is none to show
      *response->mutable_draw() = request->draw();
    }
    if (request->draw().draw_code().starts_with("HASTY")) {
      v1::DrawWarning* const warning = response->add_warnings();
      warning->set_field("draw.prizes[0].series_code");
      warning->set_message("no benefit asks for a voucher of 'gold'");
      warning->set_hint("apply a programme");
    }
    if (!request->validate_only()) {
      response->mutable_draw()->set_state(v1::DRAW_STATE_COMMITTED);
      response->mutable_draw()->set_seed_hash(kSeedHash);
    }
    return Status::OK;
  }
  Status SettleDraw(ServerContext* context,
                    const v1::SettleDrawRequest* request,
                    v1::SettleDrawResponse* response) override {
    if (request->draw_code().starts_with("EARLY")) {
      return Error(
          StatusCode::FAILED_PRECONDITION, "closes_at has not come", "NOT_ALLOWED_FROM_STATE");
    }
    if (request->draw_code().starts_with("FULL")) {
      return Error(StatusCode::FAILED_PRECONDITION, "no vouchers are left", "CAPACITY_EXHAUSTED");
    }
    while (request->draw_code().starts_with("SLOW") && !context->IsCancelled()) {
      usleep(1'000);
    }
    shared_->Change(false);
    FillDraw(request->draw_code(), response->mutable_draw());
    if (response->draw().kind() == v1::DRAW_KIND_DRAW) {
      for (const char* id : {"M0000005", "M0000009", "M0000001"}) {
        response->add_winner_ids(id);
      }
      response->set_winners_truncated(request->draw_code().starts_with("MANY"));
    }
    return Status::OK;
  }
  Status DrawPrize(ServerContext*,
                   const v1::DrawPrizeRequest* request,
                   v1::DrawPrizeResponse* response) override {
    const std::lock_guard lock(shared_->mutex);
    if (request->source() == "SLOW") {
      return Error(StatusCode::UNAVAILABLE, "the server is stopping", "DRAINING");
    }
    OccasionCalls& calls = shared_->occasions;
    response->set_idempotent_replay(calls.prize.SerializeAsString() ==
                                    request->SerializeAsString());
    calls.prize = *request;
    response->mutable_voucher()->set_member_id(request->member_id());
    response->mutable_voucher()->set_draw_code(request->draw_code());
    response->mutable_voucher()->set_state(v1::VOUCHER_STATE_BLANK);
    return Status::OK;
  }
  Status GetDraw(ServerContext*,
                 const v1::GetDrawRequest* request,
                 v1::GetDrawResponse* response) override {
    if (request->draw_code().starts_with("NONE")) {
      return Error(StatusCode::NOT_FOUND, "there is no such draw", "DRAW_NOT_FOUND");
    }
    FillDraw(request->draw_code(), response->mutable_draw());
    return Status::OK;
  }
  Status ListDraws(ServerContext*,
                   const v1::ListDrawsRequest*,
                   v1::ListDrawsResponse* response) override {
    FillDraw("spring-2026", response->add_draws());
    FillDraw("pool-2026", response->add_draws());
    return Status::OK;
  }
  Status ListDrawWinners(ServerContext*,
                         const v1::ListDrawWinnersRequest* request,
                         v1::ListDrawWinnersResponse* response) override {
    if (request->draw_code().starts_with("EARLY")) {
      return Error(StatusCode::FAILED_PRECONDITION, "it is not settled", "NOT_ALLOWED_FROM_STATE");
    }
    const uint32_t rank = request->page_token().empty() ? 1 : 2;
    v1::DrawWinner& winner = *response->add_winners();
    winner.set_rank(rank);
    winner.set_member_id(rank == 1 ? "M0000005" : "M0000009");
    winner.set_series_code(rank == 1 ? "gold" : "silver");
    winner.set_voucher_key(fmt::format("{:032x}", rank));
    if (rank == 1) {
      response->set_next_page_token("2");
    }
    return Status::OK;
  }
  // Four to a page.
  Status ListDrawEntries(ServerContext*,
                         const v1::ListDrawEntriesRequest* request,
                         v1::ListDrawEntriesResponse* response) override {
    const int from = request->page_token().empty() ? 0 : std::stoi(request->page_token());
    const int until = std::min(10, from + 4);
    for (int i = from; i < until; ++i) {
      response->add_member_ids(fmt::format("M{:07}", i + 1));
    }
    if (until < 10) {
      response->set_next_page_token(std::to_string(until));
    }
    return Status::OK;
  }

 private:
  // Pools are called pool...; the list of WRONG... is not the one that was fixed.
  static void FillDraw(const std::string& code, v1::Draw* draw) {
    draw->set_draw_code(code);
    const bool pool = code.starts_with("pool");
    draw->set_kind(pool ? v1::DRAW_KIND_POOL : v1::DRAW_KIND_DRAW);
    draw->set_state(v1::DRAW_STATE_SETTLED);
    if (code.starts_with("EARLY")) {  // closes in 2100, within a second
      draw->set_state(v1::DRAW_STATE_COMMITTED);
      draw->mutable_closes_at()->set_seconds(4'102'416'000);
      draw->mutable_closes_at()->set_nanos(500'000'000);
    }
    if (code.starts_with("FULL")) {  // its time has come
      draw->set_state(v1::DRAW_STATE_COMMITTED);
    }
    draw->set_seed_hash(kSeedHash);
    draw->set_seed(kSeed);
    draw->set_entry_count(10);
    if (!pool) {
      draw->set_entries_hash(code.starts_with("WRONG") ? kSeedHash : kEntriesHash);
    }
    v1::Prize& gold = *draw->add_prizes();
    gold.set_series_code("gold");
    gold.set_count(1);
    v1::Prize& silver = *draw->add_prizes();
    silver.set_series_code("silver");
    silver.set_count(2);
  }

  Shared* const shared_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeFakeVouchers(Shared* shared) {
  return std::make_unique<FakeVouchers>(shared);
}

std::unique_ptr<grpc::Service> MakeFakeDraws(Shared* shared) {
  return std::make_unique<FakeDraws>(shared);
}

}  // namespace gonghui::testing_e2e
