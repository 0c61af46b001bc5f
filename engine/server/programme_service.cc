// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// ProgrammeService and OperationsService.

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_format.h>
#include <grpcpp/grpcpp.h>

#include "engine/programmes/compiler.h"
#include "engine/server/operator_call.h"
#include "engine/server/operator_services.h"
#include "engine/server/programme_changes.h"
#include "engine/server/table_watch.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"
#include "engine/server/translate_rows.h"
#include "gonghui/v1/operations_service.grpc.pb.h"
#include "gonghui/v1/programme_service.grpc.pb.h"

namespace gonghui {
namespace {

constexpr size_t kProgrammeFileBytesMax = 1 << 20;
constexpr size_t kLookupsPerInspect = 4'096;
constexpr std::string_view kNoTransactionText = "000000000000";

template <class Request, class Response>
using Stream = grpc::ServerReaderWriter<Response, Request>;

// What a programme file refers to, looked up in the ledger and among what the
// file itself declares.  The ledger could not see the latter before it is
// applied, so the check is made here, once for all references.
class ReferenceCheck {
 public:
  explicit ReferenceCheck(const CompiledFile& file) : file_(file) {
    Owner();
    for (uint32_t i = 0; i < file.segment_refs.size(); ++i) {
      lookups_.push_back({Field::kSegment, i});
    }
    for (uint32_t i = 0; i < file.merchants.size(); ++i) {
      lookups_.push_back({Field::kMerchant, i});
    }
    for (uint32_t i = 0; i < file.funding.size(); ++i) {
      lookups_.push_back({Field::kFund, i});
    }
    for (uint32_t i = 0; i < file.benefits.size(); ++i) {
      const BenefitSpec& benefit = file.benefits[i];
      if (!benefit.stock.IsNone()) {
        lookups_.push_back({Field::kStock, i});
      }
      if (!benefit.member_union.IsNone()) {
        lookups_.push_back({Field::kMemberUnion, i});
      }
      if (!benefit.merchant_union.IsNone()) {
        lookups_.push_back({Field::kMerchantUnion, i});
      }
    }
  }

  // Some pages of the ledger thread's time.
  grpc::Status Run(Engine* engine, std::vector<Diagnostic>* diagnostics) {
    for (size_t from = 0; from < lookups_.size(); from += kLookupsPerInspect) {
      const size_t to = std::min(lookups_.size(), from + kLookupsPerInspect);
      std::vector<std::pair<Lookup, AdminReason>> bad;
      const grpc::Status status = Inspect(engine, [&](const Ledger& ledger) {
        bad.clear();
        for (size_t i = from; i < to; ++i) {
          const AdminReason reason = Look(ledger, lookups_[i]);
          if (reason != AdminReason::kNone) {
            bad.emplace_back(lookups_[i], reason);
          }
        }
      });
      if (!status.ok()) {
        return status;
      }
      for (const auto& [lookup, reason] : bad) {
        diagnostics->push_back(file_.Locate(lookup.field, reason, lookup.index));
      }
    }
    return grpc::Status::OK;
  }

  // True when the ledger alone knows all that the programme refers to.
  [[nodiscard]] bool needs_declared() const { return needs_declared_; }

 private:
  struct Lookup {
    Field field = Field::kNone;
    uint32_t index = 0;
  };

  void Owner() {
    if (!file_.programme.owner.IsNone()) {
      lookups_.push_back({Field::kOwner, 0});
    }
  }

  AdminReason Look(const Ledger& ledger, const Lookup& lookup) {
    const auto union_node = [&ledger](const UnionNodeId& id) {
      return ledger.FindUnionNode(id) != UnionNodeRow{} ? AdminReason::kNone
                                                        : AdminReason::kUnknownReference;
    };
    switch (lookup.field) {
      case Field::kOwner:
        return union_node(file_.programme.owner);
      case Field::kMemberUnion:
        return union_node(file_.benefits[lookup.index].member_union);
      case Field::kMerchantUnion:
        return union_node(file_.benefits[lookup.index].merchant_union);
      case Field::kMerchant:
        return ledger.FindMerchant(file_.merchants[lookup.index]) != MerchantRow{}
                   ? AdminReason::kNone
                   : AdminReason::kUnknownReference;
      case Field::kSegment:
        return LookSegment(ledger, file_.segment_refs[lookup.index]);
      case Field::kFund:
        return LookFund(ledger, file_.funding[lookup.index].fund, Asset::kMoney);
      case Field::kStock:
        return LookFund(ledger, file_.benefits[lookup.index].stock, Asset::kThing);
      default:
        return AdminReason::kNone;
    }
  }

  AdminReason LookSegment(const Ledger& ledger, const SegmentCode& code) {
    if (ledger.FindSegmentBit(code) < kSegmentsMax) {
      return AdminReason::kNone;
    }
    for (const SegmentRequest& declared : file_.segments) {
      if (declared.code == code) {
        needs_declared_ = true;
        return AdminReason::kNone;
      }
    }
    return AdminReason::kUnknownReference;
  }

  AdminReason LookFund(const Ledger& ledger, const FundCode& code, Asset asset) {
    const FundRow row = ledger.FindFund(code);
    if (row != FundRow{}) {
      return ledger.funds()[row].asset == asset ? AdminReason::kNone : AdminReason::kWrongAsset;
    }
    for (const FundRequest& declared : file_.funds) {
      if (declared.code == code) {
        needs_declared_ = true;
        return declared.asset == asset ? AdminReason::kNone : AdminReason::kWrongAsset;
      }
    }
    return AdminReason::kUnknownReference;
  }

  const CompiledFile& file_;
  std::vector<Lookup> lookups_;
  bool needs_declared_ = false;
};

// The commands of a file, in the order in which they apply.
class FileCommands {
 public:
  explicit FileCommands(const CompiledFile& file) : file_(file), image_(file.image()) {}

  [[nodiscard]] std::vector<Command> Make(bool validate_only, bool with_programme) const {
    std::vector<Command> commands;
    const auto add = [&](CommandKind kind) -> Command& {
      Command& command = commands.emplace_back();
      command.kind = kind;
      command.validate_only = validate_only;
      return command;
    };
    for (const SegmentRequest& segment : file_.segments) {
      add(CommandKind::kDefineSegment).segment = &segment;
    }
    for (const FundRequest& fund : file_.funds) {
      add(CommandKind::kSetFund).fund = &fund;
    }
    if (with_programme) {
      add(CommandKind::kApplyProgramme).programme = &image_;
    }
    return commands;
  }

  // What command i was refused for; nothing when it was not.
  [[nodiscard]] std::optional<Diagnostic> Refusal(size_t i, const Result& result) const {
    RowError error;
    if (!IsRejected(result, &error)) {
      return std::nullopt;
    }
    if (result.verdict == Verdict::kFull) {
      return Diagnostic{1, 1, "", error.description, ""};
    }
    if (i < file_.segments.size()) {
      return file_.LocateSegment(result.field, result.admin_reason, static_cast<uint32_t>(i));
    }
    i -= file_.segments.size();
    if (i < file_.funds.size()) {
      return file_.LocateFund(result.field, result.admin_reason, static_cast<uint32_t>(i));
    }
    return file_.Locate(result.field, result.admin_reason, result.index);
  }

 private:
  const CompiledFile& file_;
  const ProgrammeImage image_;
};

class ProgrammeService final : public v1::ProgrammeService::Service {
 public:
  explicit ProgrammeService(const OperatorContext& context) : engine_(context.engine) {}

  grpc::Status ApplyProgramme(grpc::ServerContext* /*context*/,
                              const v1::ApplyProgrammeRequest* request,
                              v1::ApplyProgrammeResponse* response) override {
    if (request->content().size() > kProgrammeFileBytesMax) {
      return ToGrpcStatus(InvalidArgument("content", "must be at most 1 MiB"));
    }
    const CompileOutcome outcome = Compile(request->content());
    if (!outcome.ok()) {
      return Answer(outcome.diagnostics, response);
    }
    const CompiledFile& file = *outcome.file;
    // One file at a time, so that what was found good is still so when it is applied.
    const std::lock_guard<std::mutex> lock(apply_mutex_);
    std::vector<Diagnostic> diagnostics;
    ReferenceCheck references(file);
    grpc::Status status = references.Run(engine_, &diagnostics);
    if (!status.ok()) {
      return status;
    }
    const FileCommands commands(file);
    LiveBeforeFile live;
    status = Inspect(engine_, [&](const Ledger& ledger) { live = ViewLiveBefore(ledger, file); });
    if (!status.ok()) {
      return status;
    }
    bool unchanged = false;
    bool new_version = false;
    status = RunFile(commands,
                     /*validate_only=*/true,
                     !references.needs_declared(),
                     &unchanged,
                     &new_version,
                     &diagnostics);
    if (!status.ok() || !diagnostics.empty()) {
      return status.ok() ? Answer(diagnostics, response) : status;
    }
    AddChanges(engine_->names(), live, file, new_version, response);
    if (request->validate_only()) {
      response->set_unchanged(unchanged && !references.needs_declared());
      return grpc::Status::OK;
    }
    status =
        RunFile(commands, /*validate_only=*/false, true, &unchanged, &new_version, &diagnostics);
    if (!status.ok() || !diagnostics.empty()) {
      response->clear_changes();
      return status.ok() ? Answer(diagnostics, response) : status;
    }
    response->set_unchanged(unchanged);
    return FillProgramme(file.programme.code, response->mutable_programme());
  }

  grpc::Status GetProgramme(grpc::ServerContext* /*context*/,
                            const v1::GetProgrammeRequest* request,
                            v1::GetProgrammeResponse* response) override {
    const auto code = ParseCode<ProgrammeCode>(request->programme_code());
    if (!code.has_value()) {
      return ToGrpcStatus(
          InvalidArgument("programme_code", "must be 1 to 32 characters of [A-Za-z0-9._:-]"));
    }
    return FillProgramme(*code, response->mutable_programme());
  }

  grpc::Status ListProgrammes(grpc::ServerContext* /*context*/,
                              const v1::ListProgrammesRequest* request,
                              v1::ListProgrammesResponse* response) override {
    Page page;
    grpc::Status status = ReadPage(request->page_size(), request->page_token(), &page);
    if (!status.ok()) {
      return status;
    }
    // In order of precedence: by the version that came first, the live one shown.
    std::vector<Programme> programmes;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      response->set_next_page_token(
          CopyPage(ledger.programmes(), page, [&](ProgrammeRow, const Programme& first) {
            if (first.version != 1) {
              return false;
            }
            const Programme& live = ledger.programmes()[ledger.FindProgramme(first.code)];
            if (!live.IsRetired()) {
              programmes.push_back(live);
            }
            return !live.IsRetired();
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
    const auto code = ParseCode<ProgrammeCode>(request->programme_code());
    if (!code.has_value()) {
      return ToGrpcStatus(
          InvalidArgument("programme_code", "must be 1 to 32 characters of [A-Za-z0-9._:-]"));
    }
    const RetireProgrammeRequest change{*code};
    Command command;
    command.kind = CommandKind::kRetireProgramme;
    command.validate_only = request->validate_only();
    command.retire_programme = &change;
    Result result;
    const grpc::Status status = RunTogether(engine_, {&command, 1}, {&result, 1});
    RowError error;
    if (status.ok() && result.verdict == Verdict::kRefused &&
        result.admin_reason == AdminReason::kUnknownReference) {
      return ToGrpcStatus(NotFound("programme", "programme_code"));
    }
    if (status.ok() && IsRejected(result, &error)) {
      return ToGrpcStatus(error);
    }
    return status.ok() ? FillProgramme(*code, response->mutable_programme()) : status;
  }

  grpc::Status ImportFunds(
      grpc::ServerContext* /*context*/,
      Stream<v1::ImportFundsRequest, v1::ImportFundsResponse>* stream) override {
    ImportPlan<v1::ImportFundsRequest, v1::ImportFundsResponse, FundRequest> plan;
    plan.kind = CommandKind::kSetFund;
    plan.row_count = [](const auto& request) { return request.funds_size(); };
    plan.make = [](const auto& request, int row, FundRequest* made, RowError* error) {
      return FromProto(request.funds(row), made, error);
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
  static grpc::Status Answer(const std::vector<Diagnostic>& diagnostics,
                             v1::ApplyProgrammeResponse* response) {
    std::vector<Diagnostic> sorted = diagnostics;
    std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic& a, const Diagnostic& b) {
      return std::pair(a.line, a.column) < std::pair(b.line, b.column);
    });
    for (const Diagnostic& diagnostic : sorted) {
      ToProto(diagnostic, response->add_diagnostics());
    }
    return grpc::Status::OK;
  }

  // What is refused is added to *diagnostics, unless it was found before.
  grpc::Status RunFile(const FileCommands& file,
                       bool validate_only,
                       bool with_programme,
                       bool* unchanged,
                       bool* new_version,
                       std::vector<Diagnostic>* diagnostics) {
    const std::vector<Command> commands = file.Make(validate_only, with_programme);
    std::vector<Result> results(commands.size());
    const grpc::Status status = RunTogether(engine_, commands, results);
    if (!status.ok()) {
      return status;
    }
    *unchanged = true;
    // A programme that could not be asked about refers to what is not there yet.
    *new_version = !with_programme || results.back().verdict != Verdict::kUnchanged;
    for (size_t i = 0; i < results.size(); ++i) {
      *unchanged = *unchanged && results[i].verdict == Verdict::kUnchanged;
      const std::optional<Diagnostic> refusal = file.Refusal(i, results[i]);
      if (!refusal.has_value()) {
        continue;
      }
      const bool known = std::any_of(
          diagnostics->begin(), diagnostics->end(), [&refusal](const Diagnostic& found) {
            return found.line == refusal->line && found.column == refusal->column;
          });
      if (!known) {
        diagnostics->push_back(*refusal);
      }
    }
    return status;
  }

  grpc::Status FillProgramme(const ProgrammeCode& code, v1::Programme* out) {
    Programme programme;
    const grpc::Status status = Inspect(engine_, [&](const Ledger& ledger) {
      programme = ledger.programmes()[ledger.FindProgramme(code)];
    });
    if (!status.ok()) {
      return status;
    }
    if (programme.code != code) {
      return ToGrpcStatus(NotFound("programme", "programme_code"));
    }
    ToProto(engine_->names(), programme, out);
    return grpc::Status::OK;
  }

  Engine* const engine_;
  std::mutex apply_mutex_;
};

class OperationsService final : public v1::OperationsService::Service {
 public:
  explicit OperationsService(const OperatorContext& context) : context_(context) {}

  grpc::Status GetStatus(grpc::ServerContext* /*context*/,
                         const v1::GetStatusRequest* /*request*/,
                         v1::GetStatusResponse* response) override {
    uint64_t state_hash = 0;
    const grpc::Status status = Inspect(context_.engine, [&](const Ledger& ledger) {
      state_hash = ledger.StateHash();
      response->set_applied_seq(ledger.applied_seq().value());
      response->mutable_archive()->set_archived_count(ledger.globals().archived_count);
      response->mutable_archive()->set_memory_count(ledger.transactions().size() -
                                                    ledger.archived_rows());
      response->clear_tables();
      ForEachTable(ledger, [response](const char* name, const TableBase& table) {
        v1::TableStatus* const added = response->add_tables();
        added->set_name(name);
        added->set_row_count(table.size());
        added->set_row_count_max(table.size_max());
        added->set_bytes(uint64_t{table.size() - table.first() + 1} * table.row_bytes());
      });
    });
    if (!status.ok()) {
      return status;
    }
    const EngineStats stats = context_.engine->stats();
    response->set_version(context_.version);
    ToProto(TimestampNs{context_.started_at_ns}, response->mutable_started_at());
    response->set_durable_seq(stats.durable_seq);
    response->set_state_hash(absl::StrFormat("%016x", state_hash));
    response->set_block_count(stats.blocks);
    response->set_decision_count(stats.commands);
    response->set_overload_count(stats.submissions_refused);
    response->set_checkpoint_seq(stats.checkpoint_seq);
    response->set_recovery_summary(context_.engine->recovery().Summary());
    v1::ArchiveStatus* const archive = response->mutable_archive();
    archive->set_thawed_count(stats.thawed_transactions);
    archive->set_put_count(stats.archive_puts);
    archive->set_disk_lookup_count(stats.archive_disk_lookups);
    archive->set_filter_bytes(stats.archive_filter_bytes);
    archive->set_filter_complete(stats.archive_filter_complete);
    return status;
  }

  grpc::Status FindTransaction(grpc::ServerContext* /*context*/,
                               const v1::FindTransactionRequest* request,
                               v1::FindTransactionResponse* response) override {
    const auto id = ParseTransactionId(request->transaction_id());
    if (!id.has_value() && request->transaction_id() == kNoTransactionText) {
      // Well formed, but the number 0: no transaction has it.
      return ToGrpcStatus(NotFound("transaction", "transaction_id"));
    }
    if (!id.has_value()) {
      return ToGrpcStatus(
          InvalidArgument("transaction_id",
                          "must be 12 characters of Crockford's base 32; a request id, which is a "
                          "UUID, is known to its terminal only"));
    }
    // A command, and not a look at the ledger: it may be in the archive.
    Result result;
    const auto details = std::make_unique<Details>();
    Command command;
    command.kind = CommandKind::kGetTransaction;
    command.inquiry = InquiryRequest{*id, RequestId{}};
    command.details = details.get();
    const grpc::Status status = RunTogether(context_.engine, {&command, 1}, {&result, 1});
    if (!status.ok()) {
      return status;
    }
    if (result.verdict == Verdict::kNotFound) {
      return ToGrpcStatus(NotFound("transaction", "transaction_id"));
    }
    if (Refusal refusal; IsRefused(command, result, &refusal)) {
      return ToGrpcStatus(refusal);
    }
    WireWriter writer;
    writer.Reserve(kReplyBytesMax);
    AppendTransaction(context_.engine->names(), command, result, &writer);
    GH_CHECK(response->mutable_transaction()->ParseFromArray(writer.data(),
                                                             static_cast<int>(writer.size())),
             "transaction=",
             id->value());
    return status;
  }

 private:
  const OperatorContext context_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeProgrammeService(const OperatorContext& context) {
  return std::make_unique<ProgrammeService>(context);
}

std::unique_ptr<grpc::Service> MakeOperationsService(const OperatorContext& context) {
  return std::make_unique<OperationsService>(context);
}

}  // namespace gonghui
