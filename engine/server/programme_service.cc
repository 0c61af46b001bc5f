// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// ProgrammeService.  Versions and drafts are answered by programme_versions.h and
// programme_drafts.h.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>
#include <grpcpp/grpcpp.h>

#include "engine/programmes/compiler.h"
#include "engine/server/operator_call.h"
#include "engine/server/operator_services.h"
#include "engine/server/programme_changes.h"
#include "engine/server/programme_drafts.h"
#include "engine/server/programme_file_check.h"
#include "engine/server/programme_outline.h"
#include "engine/server/programme_versions.h"
#include "engine/server/programme_warnings.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate_rows.h"
#include "gonghui/v1/programme_service.grpc.pb.h"

namespace gonghui {
namespace {

template <class Request, class Response>
using Stream = grpc::ServerReaderWriter<Response, Request>;

// "1", "1 (retired)": against what a file is compared.
std::string NumberInWords(const LiveBeforeFile& live) {
  if (!live.active.code.IsNone()) {
    return absl::StrCat(live.active.version);
  }
  if (live.newest.code.IsNone()) {
    return "";
  }
  const std::string stage = v1::Stage_Name(static_cast<v1::Stage>(live.newest.stage));
  return absl::StrCat(
      live.newest.version, " (", absl::AsciiStrToLower(stage.substr(sizeof("STAGE_") - 1)), ")");
}

class ProgrammeService final : public v1::ProgrammeService::Service {
 public:
  explicit ProgrammeService(const OperatorContext& context)
      : engine_(context.engine), clock_(context.clock), versions_(context), drafts_(context) {}

  grpc::Status ApplyProgramme(grpc::ServerContext* /*context*/,
                              const v1::ApplyProgrammeRequest* request,
                              v1::ApplyProgrammeResponse* response) override {
    ApplyRequest apply;
    grpc::Status status = ReadApply(*request, &apply);
    if (!status.ok()) {
      return status;
    }
    const CompileOutcome outcome = Compile(apply.text);
    if (!outcome.ok()) {
      return Answer(outcome.diagnostics, response);
    }
    // One file at a time, so that what was found good is still so when it is applied.
    const std::lock_guard<std::mutex> lock(mutex_);
    const CompiledFile& file = *outcome.file;
    FileCheck check(engine_, file, apply.stage, apply.activates_at);
    std::vector<Diagnostic> diagnostics;
    LiveBeforeFile live;
    status = check.CheckBlocking(&diagnostics);
    if (status.ok()) {
      status = Inspect(engine_, [&](const Ledger& ledger) { live = ViewLiveBefore(ledger, file); });
    }
    if (!status.ok() || !diagnostics.empty()) {
      return status.ok() ? Answer(diagnostics, response) : status;
    }
    AddChanges(check, live, file, response->mutable_changes());
    AddWarnings(file, ActiveFrom(apply), response->mutable_warnings());
    response->set_time_zone(ZoneText(file.programme.calendar));
    response->set_unchanged(check.unchanged());
    response->set_version(check.version());
    if (request->validate_only()) {
      return grpc::Status::OK;
    }
    status = check.ApplyBlocking(&diagnostics);
    if (!status.ok() || !diagnostics.empty()) {
      response->Clear();
      return status.ok() ? ChangedMeanwhile(diagnostics.front()) : status;
    }
    response->set_unchanged(check.unchanged());
    response->set_version(check.version());
    versions_.Keep(
        file.programme.code, check.version(), check.changes_programme(), apply.facts, apply.text);
    return versions_.Fill(file.programme.code, check.version(), response->mutable_programme());
  }

  grpc::Status GetProgramme(grpc::ServerContext* /*context*/,
                            const v1::GetProgrammeRequest* request,
                            v1::GetProgrammeResponse* response) override {
    ProgrammeCode code;
    const grpc::Status status = ReadProgrammeCode(request->programme_code(), &code);
    return status.ok() ? versions_.Fill(code, request->version(), response->mutable_programme())
                       : status;
  }

  grpc::Status ListProgrammes(grpc::ServerContext* /*context*/,
                              const v1::ListProgrammesRequest* request,
                              v1::ListProgrammesResponse* response) override {
    Page page;
    grpc::Status status = ReadPage(request->page_size(), request->page_token(), &page);
    if (!status.ok()) {
      return status;
    }
    std::vector<Programme> programmes;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      response->set_next_page_token(CopyPage(
          ledger.programme_heads(), page, [&](ProgrammeHeadRow, const ProgrammeHead& head) {
            const bool is_active = head.active != ProgrammeRow{};
            if (!is_active && !request->include_inactive()) {
              return false;
            }
            programmes.push_back(ledger.programmes()[is_active ? head.active : head.newest]);
            return true;
          }));
    });
    for (const Programme& programme : programmes) {
      ToProto(engine_->names(), programme, response->add_programmes());
    }
    return status;
  }

  grpc::Status RetireProgramme(grpc::ServerContext* /*context*/,
                               const v1::RetireProgrammeRequest* request,
                               v1::RetireProgrammeResponse* response) override {
    RetireProgrammeRequest change;
    grpc::Status status = ReadProgrammeCode(request->programme_code(), &change.code);
    if (!status.ok()) {
      return status;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    uint32_t version = 0;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      version = ledger.programmes()[ledger.FindProgramme(change.code)].version;
    });
    // Before it is done: afterwards none of its versions would be among them.
    std::vector<Programme> versions;
    std::vector<DrawView> draws;
    if (status.ok()) {
      status = CopyLiveVersions(engine_, &versions);
    }
    if (status.ok()) {
      status = CopyOpenDraws(engine_, &draws);
    }
    Command command;
    command.kind = CommandKind::kRetireProgramme;
    command.validate_only = request->validate_only();
    command.retire_programme = &change;
    Result result;
    if (status.ok()) {
      status = RunTogether(engine_, {&command, 1}, {&result, 1});
    }
    RowError error;
    if (status.ok() && result.verdict == Verdict::kRefused &&
        result.admin_reason == AdminReason::kUnknownReference) {
      return ToGrpcStatus(NoSuchProgramme(change.code));
    }
    if (status.ok() && IsRejected(result, &error)) {
      return ToGrpcStatus(error);
    }
    if (status.ok() && result.verdict == Verdict::kDecided) {
      AddWarnings(engine_->names(),
                  change,
                  versions,
                  draws,
                  TimestampNs{clock_->NowNs()},
                  response->mutable_warnings());
    }
    if (status.ok() && result.verdict == Verdict::kUnchanged) {
      AddEndedBefore(response->mutable_warnings());
    }
    return status.ok() ? versions_.Fill(change.code, version, response->mutable_programme())
                       : status;
  }

  grpc::Status StageProgramme(grpc::ServerContext* /*context*/,
                              const v1::StageProgrammeRequest* request,
                              v1::StageProgrammeResponse* response) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return versions_.Stage(*request, response);
  }

  grpc::Status RollbackProgramme(grpc::ServerContext* /*context*/,
                                 const v1::RollbackProgrammeRequest* request,
                                 v1::RollbackProgrammeResponse* response) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return versions_.Rollback(*request, response);
  }

  grpc::Status ListProgrammeVersions(grpc::ServerContext* /*context*/,
                                     const v1::ListProgrammeVersionsRequest* request,
                                     v1::ListProgrammeVersionsResponse* response) override {
    return versions_.List(*request, response);
  }

  grpc::Status GetProgrammeSource(grpc::ServerContext* /*context*/,
                                  const v1::GetProgrammeSourceRequest* request,
                                  v1::GetProgrammeSourceResponse* response) override {
    return versions_.GetSource(*request, response);
  }

  grpc::Status CompareProgrammeVersions(grpc::ServerContext* /*context*/,
                                        const v1::CompareProgrammeVersionsRequest* request,
                                        v1::CompareProgrammeVersionsResponse* response) override {
    return versions_.Compare(*request, response);
  }

  grpc::Status GetShadowReport(grpc::ServerContext* /*context*/,
                               const v1::GetShadowReportRequest* request,
                               v1::GetShadowReportResponse* response) override {
    return versions_.ReportShadows(*request, response);
  }

  grpc::Status SaveDraft(grpc::ServerContext* /*context*/,
                         const v1::SaveDraftRequest* request,
                         v1::SaveDraftResponse* response) override {
    return drafts_.Save(*request, response);
  }

  grpc::Status GetDraft(grpc::ServerContext* /*context*/,
                        const v1::GetDraftRequest* request,
                        v1::GetDraftResponse* response) override {
    return drafts_.Get(*request, response);
  }

  grpc::Status ListDrafts(grpc::ServerContext* /*context*/,
                          const v1::ListDraftsRequest* request,
                          v1::ListDraftsResponse* response) override {
    return drafts_.List(*request, response);
  }

  grpc::Status DeleteDraft(grpc::ServerContext* /*context*/,
                           const v1::DeleteDraftRequest* request,
                           v1::DeleteDraftResponse* response) override {
    return drafts_.Delete(*request, response);
  }

  grpc::Status ImportFunds(
      grpc::ServerContext* /*context*/,
      Stream<v1::ImportFundsRequest, v1::ImportFundsResponse>* stream) override {
    ImportPlan<v1::ImportFundsRequest, v1::ImportFundsResponse, FundRequest> plan;
    FundFields fields;
    plan.kind = CommandKind::kSetFund;
    plan.row_count = [](const auto& request) { return request.funds_size(); };
    plan.begin = [&fields](const auto& request) { return ReadMask(request, &fields); };
    plan.make = [&fields](const auto& request, int row, FundRequest* made, RowError* error) {
      return FromProto(request.funds(row), made, error, fields);
    };
    plan.attach = [](Command* command, const FundRequest* made) { command->fund = made; };
    return RunImport(engine_, stream, plan);
  }

  grpc::Status GetFund(grpc::ServerContext* /*context*/,
                       const v1::GetFundRequest* request,
                       v1::GetFundResponse* response) override {
    const auto code = ParseCode<FundCode>(request->fund_code());
    if (!code.has_value()) {
      return ToGrpcStatus(
          InvalidArgument("fund_code", "must be 1 to 32 characters of [A-Za-z0-9._:-]"));
    }
    FundView fund;
    const grpc::Status status = Inspect(engine_, [&](const Ledger& ledger) {
      fund = ViewLiveFund(ledger, ledger.FindFund(*code));
    });
    if (!status.ok()) {
      return status;
    }
    if (fund.fund.code != *code) {
      return ToGrpcStatus(NotFound("fund", "fund_code"));
    }
    ToProto(engine_->names(), fund, response->mutable_fund());
    return grpc::Status::OK;
  }

  grpc::Status ListFunds(grpc::ServerContext* /*context*/,
                         const v1::ListFundsRequest* request,
                         v1::ListFundsResponse* response) override {
    Page page;
    grpc::Status status = ReadPage(request->page_size(), request->page_token(), &page);
    if (!status.ok()) {
      return status;
    }
    std::vector<FundView> funds;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      response->set_next_page_token(
          CopyPage(ledger.funds(), page, [&](FundRow row, const Fund& /*fund*/) {
            funds.push_back(ViewLiveFund(ledger, row));
            return true;
          }));
    });
    for (const FundView& fund : funds) {
      ToProto(engine_->names(), fund, response->add_funds());
    }
    return status;
  }

 private:
  struct ApplyRequest {
    std::string text;
    SourceFacts facts;
    Stage stage = Stage::kActive;
    TimestampNs activates_at;
  };

  // From when on the version decides; none = in its stage it does not.
  [[nodiscard]] std::optional<TimestampNs> ActiveFrom(const ApplyRequest& apply) const {
    if (apply.stage == Stage::kActive) {
      return TimestampNs{clock_->NowNs()};
    }
    return apply.stage == Stage::kScheduled ? std::optional(apply.activates_at) : std::nullopt;
  }

  grpc::Status ReadApply(const v1::ApplyProgrammeRequest& request, ApplyRequest* apply) {
    if (request.content().size() > kProgrammeTextBytesMax) {
      return ToGrpcStatus(InvalidArgument("content", "must be at most 1 MiB"));
    }
    const v1::Stage stage =
        request.stage() == v1::STAGE_UNSPECIFIED ? v1::STAGE_ACTIVE : request.stage();
    grpc::Status status = ReadStage(stage,
                                    request.has_activates_at(),
                                    request.activates_at(),
                                    &apply->stage,
                                    &apply->activates_at);
    if (status.ok() && apply->stage == Stage::kWithdrawn) {
      status =
          ToGrpcStatus(InvalidArgument("stage", "must be VALIDATED, SHADOW, SCHEDULED or ACTIVE"));
    }
    if (status.ok()) {
      status = CheckSourceTexts(request.author(), request.note());
    }
    if (!status.ok()) {
      return status;
    }
    if (request.draft_name().empty()) {
      apply->text = request.content();
      apply->facts.file_name = NameToKeep(request.file_name());
    } else {
      if (!request.content().empty()) {
        return ToGrpcStatus(InvalidArgument("content", "must be empty with draft_name"));
      }
      status = drafts_.Read(request.draft_name(), &apply->facts, &apply->text);
    }
    apply->facts.author = request.author();
    if (!request.note().empty()) {
      apply->facts.note = request.note();
    }
    return status;
  }

  // Of the programme itself, and of what the file declares beside it.
  void AddChanges(const FileCheck& check,
                  const LiveBeforeFile& live,
                  const CompiledFile& file,
                  ChangeRows* changes) {
    if (check.changes_programme()) {
      const bool has_active = !live.active.code.IsNone();
      const uint32_t version = check.version() != 0 ? check.version() : live.newest.version + 1;
      AddProgrammeChanges(
          has_active ? OutlineOf(engine_->names(), live.active) : ProgrammeOutline{},
          OutlineOf(file.image()),
          {NumberInWords(live), absl::StrCat(version)},
          changes);
    }
    AddDeclaredChanges(live, file, changes);
  }

  // What was right a moment ago: an import came between, or a table became full.  The
  // commands of a file are decided one after another.
  static grpc::Status ChangedMeanwhile(const Diagnostic& diagnostic) {
    Refusal refusal;
    refusal.code = StatusCode::kFailedPrecondition;
    refusal.reason = "CHANGED_MEANWHILE";
    refusal.message = absl::StrCat(diagnostic.message.en,
                                   "; no version was made, but funds and segments that the file "
                                   "declares may have been set (",
                                   diagnostic.message.zh,
                                   "；未生成版本，但文件中写的资金和群体可能已经设置)");
    return ToGrpcStatus(refusal);
  }

  static grpc::Status Answer(std::vector<Diagnostic> diagnostics,
                             v1::ApplyProgrammeResponse* response) {
    SortDiagnostics(&diagnostics);
    for (const Diagnostic& diagnostic : diagnostics) {
      ToProto(diagnostic, response->add_diagnostics());
    }
    return grpc::Status::OK;
  }

  Engine* const engine_;
  const Clock* const clock_;
  ProgrammeVersions versions_;
  ProgrammeDrafts drafts_;
  std::mutex mutex_;  // programmes are changed one after another
};

}  // namespace

std::unique_ptr<grpc::Service> MakeProgrammeService(const OperatorContext& context) {
  return std::make_unique<ProgrammeService>(context);
}

}  // namespace gonghui
