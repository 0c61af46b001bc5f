// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "engine/server/operator_call.h"
#include "engine/server/operator_services.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate_rows.h"
#include "gonghui/v1/merchant_service.grpc.pb.h"

namespace gonghui {
namespace {

constexpr size_t kTerminalsShownMax = 100;
constexpr std::string_view kIdRule = "must be 1 to 16 characters of [A-Za-z0-9._:-]";

template <class Request, class Response>
using Stream = grpc::ServerReaderWriter<Response, Request>;

class MerchantService final : public v1::MerchantService::Service {
 public:
  explicit MerchantService(const OperatorContext& context) : engine_(context.engine) {}

  grpc::Status ImportMerchants(
      grpc::ServerContext* /*context*/,
      Stream<v1::ImportMerchantsRequest, v1::ImportMerchantsResponse>* stream) override {
    ImportPlan<v1::ImportMerchantsRequest, v1::ImportMerchantsResponse, MerchantRequest> plan;
    plan.kind = CommandKind::kSetMerchant;
    plan.row_count = [](const auto& request) { return request.merchants_size(); };
    plan.make = [](const auto& request, int row, MerchantRequest* made, RowError* error) {
      return FromProto(request.merchants(row), made, error);
    };
    plan.attach = [](Command* command, const MerchantRequest* made) { command->merchant = made; };
    return RunImport(engine_, stream, plan);
  }

  grpc::Status GetMerchant(grpc::ServerContext* /*context*/,
                           const v1::GetMerchantRequest* request,
                           v1::GetMerchantResponse* response) override {
    const auto id = ParseCode<MerchantId>(request->merchant_id());
    if (!id.has_value()) {
      return ToGrpcStatus(InvalidArgument("merchant_id", kIdRule));
    }
    MerchantRow row;
    MerchantView merchant;
    uint32_t terminal_count = 0;
    grpc::Status status = Inspect(engine_, [&](const Ledger& ledger) {
      row = ledger.FindMerchant(*id);
      merchant = ViewLiveMerchant(ledger, row);
      terminal_count = ledger.terminals().size();
    });
    if (!status.ok()) {
      return status;
    }
    if (row == MerchantRow{}) {
      return ToGrpcStatus(NotFound("merchant", "merchant_id"));
    }
    const Ledger& names = engine_->names();
    ToProto(names, merchant, response->mutable_merchant());
    terminals_of_.Extend(terminal_count, [&names](uint32_t terminal) {
      return names.terminals()[TerminalRow{terminal}].merchant.value();
    });
    const std::vector<uint32_t> rows = terminals_of_.ChildrenOf(row.value(), kTerminalsShownMax);
    std::vector<Terminal> terminals;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      for (const uint32_t terminal : rows) {
        terminals.push_back(ledger.terminals()[TerminalRow{terminal}]);
      }
    });
    for (const Terminal& terminal : terminals) {
      ToProto(names, terminal, response->add_terminals());
    }
    return status;
  }

  grpc::Status ListMerchants(grpc::ServerContext* /*context*/,
                             const v1::ListMerchantsRequest* request,
                             v1::ListMerchantsResponse* response) override {
    Page page;
    grpc::Status status = ReadPage(request->page_size(), request->page_token(), &page);
    if (!status.ok()) {
      return status;
    }
    std::vector<MerchantView> merchants;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      response->set_next_page_token(
          CopyPage(ledger.merchants(), page, [&](MerchantRow row, const Merchant& /*merchant*/) {
            merchants.push_back(ViewLiveMerchant(ledger, row));
            return true;
          }));
    });
    for (const MerchantView& merchant : merchants) {
      ToProto(engine_->names(), merchant, response->add_merchants());
    }
    return status;
  }

  grpc::Status ImportTerminals(
      grpc::ServerContext* /*context*/,
      Stream<v1::ImportTerminalsRequest, v1::ImportTerminalsResponse>* stream) override {
    ImportPlan<v1::ImportTerminalsRequest, v1::ImportTerminalsResponse, TerminalRequest> plan;
    plan.kind = CommandKind::kSetTerminal;
    plan.row_count = [](const auto& request) { return request.terminals_size(); };
    plan.make = [](const auto& request, int row, TerminalRequest* made, RowError* error) {
      return FromProto(request.terminals(row), made, error);
    };
    plan.attach = [](Command* command, const TerminalRequest* made) {
      command->terminal_setting = made;
    };
    return RunImport(engine_, stream, plan);
  }

  grpc::Status GetTerminal(grpc::ServerContext* /*context*/,
                           const v1::GetTerminalRequest* request,
                           v1::GetTerminalResponse* response) override {
    const auto id = ParseCode<TerminalId>(request->terminal_id());
    if (!id.has_value()) {
      return ToGrpcStatus(InvalidArgument("terminal_id", kIdRule));
    }
    Terminal terminal;
    const grpc::Status status = Inspect(engine_, [&](const Ledger& ledger) {
      terminal = ledger.terminals()[ledger.FindTerminal(*id)];
    });
    if (!status.ok()) {
      return status;
    }
    if (terminal.id != *id) {
      return ToGrpcStatus(NotFound("terminal", "terminal_id"));
    }
    ToProto(engine_->names(), terminal, response->mutable_terminal());
    return grpc::Status::OK;
  }

  grpc::Status ListTerminals(grpc::ServerContext* /*context*/,
                             const v1::ListTerminalsRequest* request,
                             v1::ListTerminalsResponse* response) override {
    Page page;
    grpc::Status status = ReadPage(request->page_size(), request->page_token(), &page);
    if (!status.ok()) {
      return status;
    }
    std::vector<Terminal> terminals;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      response->set_next_page_token(
          CopyPage(ledger.terminals(), page, [&terminals](TerminalRow, const Terminal& terminal) {
            terminals.push_back(terminal);
            return true;
          }));
    });
    for (const Terminal& terminal : terminals) {
      ToProto(engine_->names(), terminal, response->add_terminals());
    }
    return status;
  }

 private:
  Engine* const engine_;
  ChildIndex terminals_of_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeMerchantService(const OperatorContext& context) {
  return std::make_unique<MerchantService>(context);
}

}  // namespace gonghui
