// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Canned answers of ProgrammeService: a programme metro, of which version 3 is active and
// version 4 in shadow.

#include <memory>
#include <mutex>
#include <string>

#include <grpcpp/grpcpp.h>

#include "gonghui/v1/programme_service.grpc.pb.h"
#include "tests/e2e/ctl/fake_shared.h"

namespace gonghui::testing_e2e {
namespace {

using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;

class FakeProgrammes final : public v1::ProgrammeService::Service {
 public:
  explicit FakeProgrammes(Shared* shared) : shared_(shared) {}

  Status ApplyProgramme(ServerContext*,
                        const v1::ApplyProgrammeRequest* request,
                        v1::ApplyProgrammeResponse* response) override {
    shared_->Change(request->validate_only());
    {
      const std::lock_guard lock(shared_->mutex);
      shared_->apply = *request;
    }
    if (AddDiagnostic(request->content(), response->mutable_diagnostics())) {
      return Status::OK;
    }
    response->set_unchanged(request->content().find("same") != std::string::npos);
    response->set_time_zone("Asia/Urumqi");
    if (request->content().find("over") != std::string::npos) {
      AddWarning(6, response->mutable_warnings());
    }
    if (request->content().find("moves") != std::string::npos) {
      AddMove(response->mutable_changes());
    }
    const bool falls = request->content().find("falls") != std::string::npos;
    if (falls || request->content().find("grows") != std::string::npos) {
      AddChange(falls, response->mutable_changes());
    }
    if (!request->validate_only()) {
      FillVersion(3, response->mutable_programme());
    }
    return Status::OK;
  }
  Status GetProgramme(ServerContext*,
                      const v1::GetProgrammeRequest* request,
                      v1::GetProgrammeResponse* response) override {
    if (const Status status = CheckCode(request->programme_code()); !status.ok()) {
      return status;
    }
    FillVersion(request->version() == 0 ? 3 : request->version(), response->mutable_programme());
    return Status::OK;
  }
  // metro is live, winter is not.
  Status ListProgrammes(ServerContext*,
                        const v1::ListProgrammesRequest* request,
                        v1::ListProgrammesResponse* response) override {
    FillVersion(3, response->add_programmes());
    if (request->include_inactive()) {
      v1::Programme& winter = *response->add_programmes();
      winter.set_programme_code("winter");
      winter.set_stage(v1::STAGE_VALIDATED);
    }
    return Status::OK;
  }
  Status StageProgramme(ServerContext*,
                        const v1::StageProgrammeRequest* request,
                        v1::StageProgrammeResponse* response) override {
    if (const Status status = CheckCode(request->programme_code()); !status.ok()) {
      return status;
    }
    shared_->Change(request->validate_only());
    const std::lock_guard lock(shared_->mutex);
    shared_->stage = *request;
    FillVersion(request->version(), response->mutable_programme());
    response->mutable_programme()->set_stage(request->stage());
    response->set_unchanged(request->version() == 3 && request->stage() == v1::STAGE_ACTIVE);
    if (!response->unchanged() &&
        (request->stage() == v1::STAGE_ACTIVE || request->stage() == v1::STAGE_SHADOW)) {
      AddChange(request->version() < 3, response->mutable_changes());
    }
    return Status::OK;
  }
  Status RollbackProgramme(ServerContext*,
                           const v1::RollbackProgrammeRequest* request,
                           v1::RollbackProgrammeResponse* response) override {
    if (const Status status = CheckCode(request->programme_code()); !status.ok()) {
      return status;
    }
    shared_->Change(request->validate_only());
    const std::lock_guard lock(shared_->mutex);
    shared_->rollback = *request;
    FillVersion(request->to_version() == 0 ? 2 : request->to_version(),
                response->mutable_programme());
    AddChange(request->to_version() != 0, response->mutable_changes());
    AddWarning(0, response->mutable_warnings());
    return Status::OK;
  }
  Status ListProgrammeVersions(ServerContext*,
                               const v1::ListProgrammeVersionsRequest* request,
                               v1::ListProgrammeVersionsResponse* response) override {
    if (const Status status = CheckCode(request->programme_code()); !status.ok()) {
      return status;
    }
    v1::ProgrammeVersion& third = *response->add_versions();
    third.set_programme_code(request->programme_code());
    third.set_version(3);
    third.set_time_zone("Asia/Shanghai");
    third.set_stage(v1::STAGE_ACTIVE);
    third.mutable_staged_at()->set_seconds(1'781'539'200);
    third.set_author("王小明");
    third.set_note("每天三次");
    third.set_has_source(true);
    third.set_content_hash("00f00f00f00f00f0");
    third.add_active_periods()->mutable_starts_at()->set_seconds(1'781'539'200);
    v1::ActivePeriod& before = *third.add_active_periods();
    before.mutable_starts_at()->set_seconds(1'781'500'000);
    before.mutable_ends_at()->set_seconds(1'781'510'000);
    v1::ProgrammeVersion& second = *response->add_versions();
    second.set_version(2);
    second.set_stage(v1::STAGE_RETIRED);
    return Status::OK;
  }
  Status GetProgrammeSource(ServerContext*,
                            const v1::GetProgrammeSourceRequest* request,
                            v1::GetProgrammeSourceResponse* response) override {
    if (request->version() == 1) {
      return Error(StatusCode::NOT_FOUND,
                   "the text of version 1 is not kept; apply its file again, and it will be",
                   "SOURCE_NOT_FOUND");
    }
    response->set_content("gonghui: 1\n# version " + std::to_string(request->version()) + "\n");
    return Status::OK;
  }
  Status CompareProgrammeVersions(ServerContext*,
                                  const v1::CompareProgrammeVersionsRequest* request,
                                  v1::CompareProgrammeVersionsResponse* response) override {
    const std::lock_guard lock(shared_->mutex);
    shared_->compare = *request;
    response->set_before_version(request->before_version());
    response->set_after_version(request->after_version());
    if (request->before_version() != request->after_version()) {
      AddChange(true, response->mutable_changes());
    }
    return Status::OK;
  }
  Status GetShadowReport(ServerContext*,
                         const v1::GetShadowReportRequest* request,
                         v1::GetShadowReportResponse* response) override {
    if (const Status status = CheckCode(request->programme_code()); !status.ok()) {
      return status;
    }
    v1::ShadowReport& report = *response->add_reports();
    report.set_programme_code("metro");
    report.set_version(4);
    report.set_active_version(3);
    report.mutable_counted_since()->set_seconds(1'781'539'200);
    report.set_asked_count(12'345);
    report.set_same_count(12'000);
    report.set_gained_count(300);
    report.set_lost_count(45);
    report.set_active_subsidy_fen(1'000'000);
    report.set_shadow_subsidy_fen(950'050);
    return Status::OK;
  }
  // With "wrong" in its text it has one diagnostic.
  Status SaveDraft(ServerContext*,
                   const v1::SaveDraftRequest* request,
                   v1::SaveDraftResponse* response) override {
    shared_->Change(request->validate_only());
    const std::lock_guard lock(shared_->mutex);
    shared_->draft = *request;
    *response->mutable_draft() = request->draft();
    response->mutable_draft()->clear_content();
    AddDiagnostic(request->draft().content(), response->mutable_diagnostics());
    response->mutable_draft()->set_diagnostic_count(
        static_cast<uint32_t>(response->diagnostics_size()));
    return Status::OK;
  }
  Status GetDraft(ServerContext*,
                  const v1::GetDraftRequest* request,
                  v1::GetDraftResponse* response) override {
    if (const Status status = CheckCode(request->draft_name()); !status.ok()) {
      return status;
    }
    response->mutable_draft()->set_draft_name(request->draft_name());
    response->mutable_draft()->set_content("price: wrong\n");
    response->mutable_draft()->set_file_name("winter.yaml");
    AddDiagnostic(response->draft().content(), response->mutable_diagnostics());
    return Status::OK;
  }
  Status ListDrafts(ServerContext*,
                    const v1::ListDraftsRequest*,
                    v1::ListDraftsResponse* response) override {
    v1::Draft& draft = *response->add_drafts();
    draft.set_draft_name("winter");
    draft.set_author("王小明");
    draft.set_note("冬季");
    draft.set_content_bytes(1'234);
    draft.set_diagnostic_count(2);
    return Status::OK;
  }
  Status DeleteDraft(ServerContext*,
                     const v1::DeleteDraftRequest* request,
                     v1::DeleteDraftResponse* response) override {
    if (const Status status = CheckCode(request->draft_name()); !status.ok()) {
      return status;
    }
    shared_->Change(request->validate_only());
    response->mutable_draft()->set_draft_name(request->draft_name());
    return Status::OK;
  }
  Status RetireProgramme(ServerContext*,
                         const v1::RetireProgrammeRequest* request,
                         v1::RetireProgrammeResponse* response) override {
    shared_->Change(request->validate_only());
    response->mutable_programme()->set_programme_code(request->programme_code());
    response->mutable_programme()->set_retired(true);
    if (request->programme_code() == "drawn") {
      v1::Diagnostic& warning = *response->add_warnings();
      warning.set_message("the draw is open");
      warning.set_hint("settle it first");
      warning.set_message_zh("抽签未开奖");
      warning.set_hint_zh("请先开奖");
    }
    return Status::OK;
  }
  Status ImportFunds(
      ServerContext* context,
      grpc::ServerReaderWriter<v1::ImportFundsResponse, v1::ImportFundsRequest>* stream) override {
    return shared_->imports.Run(
        context, stream, &v1::ImportFundsRequest::funds, [](const v1::Fund& row, bool) {
          return !row.fund_code().starts_with("BAD");
        });
  }
  // Two pages: a fund of money, and a stock.
  Status ListFunds(ServerContext*,
                   const v1::ListFundsRequest* request,
                   v1::ListFundsResponse* response) override {
    if (shared_->Fails(request->page_token())) {
      return Error(StatusCode::UNAVAILABLE, "the server is stopping", "DRAINING");
    }
    v1::Fund& fund = *response->add_funds();
    const bool first = request->page_token().empty();
    fund.set_fund_code(first ? "metro-2026" : "BAD-stock");
    fund.set_asset(first ? v1::ASSET_MONEY : v1::ASSET_THING);
    fund.set_budget(first ? 100'000'000 : 500);
    if (first) {
      response->set_next_page_token("2");
      return Status::OK;
    }
    v1::Fund& cups = *response->add_funds();
    cups.set_fund_code("cups-2026");
    cups.set_asset(v1::ASSET_THING);
    cups.set_budget(1'500);
    return Status::OK;
  }
  Status GetFund(ServerContext*,
                 const v1::GetFundRequest* request,
                 v1::GetFundResponse* response) override {
    response->mutable_fund()->set_fund_code(request->fund_code());
    response->mutable_fund()->set_asset(v1::ASSET_MONEY);
    response->mutable_fund()->set_budget(100'000'000);
    return Status::OK;
  }

 private:
  static Status CheckCode(const std::string& code) {
    if (code.starts_with("NONE") || code == "metor" || code == "wintre") {
      return Error(StatusCode::NOT_FOUND, "there is no such programme or draft", "NOT_FOUND");
    }
    return code.starts_with("FINAL") ? Error(StatusCode::FAILED_PRECONDITION,
                                             "stage: can not be reached",
                                             "NOT_ALLOWED_FROM_STATE")
                                     : Status::OK;
  }
  static void FillVersion(uint32_t version, v1::Programme* programme) {
    programme->set_programme_code("metro");
    programme->set_version(version);
    programme->set_display_name("一分钱乘地铁");
    programme->set_time_zone("Asia/Urumqi");
    programme->mutable_starts_at()->set_seconds(1'777'744'800);  // 3 May there, at midnight
    programme->set_stage(version == 3 ? v1::STAGE_ACTIVE : v1::STAGE_RETIRED);
    v1::Benefit& benefit = *programme->add_benefits();
    benefit.set_benefit_code("ride");
    benefit.set_price("member pays 1 fen");
    benefit.set_who("verified name; women");
    benefit.set_when("workdays; 06:00-09:00");
    v1::Limit& limit = *programme->add_limits();
    limit.set_limit_code("week");
    limit.set_measure(v1::LIMIT_MEASURE_COUNT);
    limit.set_subject(v1::LIMIT_SUBJECT_UNION);
    limit.set_union_level(v1::UNION_LEVEL_CITY);
    limit.set_window(v1::LIMIT_WINDOW_DAY);
    limit.set_window_span(7);
    limit.set_unlimited(true);
  }
  static void AddChange(bool falls, google::protobuf::RepeatedPtrField<v1::ProgrammeChange>* out) {
    v1::ProgrammeChange& change = *out->Add();
    change.set_subject("fund metro-2026");
    change.set_property("budget");
    change.set_before("1,000.00 yuan");
    change.set_after(falls ? "500.00 yuan" : "2,000.00 yuan");
    change.set_reduces(falls);
  }
  static void AddWarning(uint32_t line, google::protobuf::RepeatedPtrField<v1::Diagnostic>* out) {
    v1::Diagnostic& warning = *out->Add();
    warning.set_line(line);
    warning.set_column(line);
    warning.set_message("the programme is over");
    warning.set_hint("write a later day");
    warning.set_message_zh("项目已结束");
    warning.set_hint_zh("请写晚一些的日期");
  }
  // Midnight of 3 May in Xinjiang, as the server words it.
  static void AddMove(google::protobuf::RepeatedPtrField<v1::ProgrammeChange>* out) {
    v1::ProgrammeChange& change = *out->Add();
    change.set_subject("programme metro");
    change.set_property("starts");
    change.set_after("2026-05-02T18:00:00Z");
  }
  static bool AddDiagnostic(const std::string& text,
                            google::protobuf::RepeatedPtrField<v1::Diagnostic>* out) {
    if (text.find("wrong") == std::string::npos) {
      return false;
    }
    v1::Diagnostic& diagnostic = *out->Add();
    diagnostic.set_line(12);
    diagnostic.set_column(7);
    diagnostic.set_path("benefits[0].price");
    diagnostic.set_message("\"wrong\" is not a price");
    if (text.find("of old") == std::string::npos) {
      diagnostic.set_hint("member_pays or percent_off");
      diagnostic.set_message_zh("“wrong”不是价格");
      diagnostic.set_hint_zh("写 member_pays 或 percent_off");
    }
    return true;
  }

  Shared* const shared_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeFakeProgrammes(Shared* shared) {
  return std::make_unique<FakeProgrammes>(shared);
}

}  // namespace gonghui::testing_e2e
