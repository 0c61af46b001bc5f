// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What operators may do: MemberService, MerchantService, ProgrammeService, VoucherService,
// DrawService, AidService, OperationsService and BacktestService, on a listener of their own.
//
// gRPC's synchronous API: a call holds a thread, and there are few of both.
// Whatever changes goes through the engine as commands; whatever is read is
// copied on the ledger thread, at most kPageRowsMax rows at a time.

#ifndef GONGHUI_ENGINE_SERVER_OPERATOR_SERVICES_H_
#define GONGHUI_ENGINE_SERVER_OPERATOR_SERVICES_H_

#include <cstdint>
#include <memory>
#include <string>

#include <grpcpp/impl/codegen/service_type.h>

#include "engine/base/clock.h"
#include "engine/durability/draw_store.h"
#include "engine/durability/journal.h"
#include "engine/durability/programme_sources.h"
#include "engine/pipeline/engine.h"
#include "engine/server/personal_data.h"

namespace gonghui {

// What all of them work with; outlives them.
struct OperatorContext {
  Engine* engine = nullptr;
  PersonalDataStore* personal_data = nullptr;
  ProgrammeSources* programme_sources = nullptr;
  DrawStore* draws = nullptr;
  Journal* journal = nullptr;  // only read
  uint32_t rows_max = 0;       // transactions that a backtest keeps in memory
  const Clock* clock = nullptr;
  std::string version;
  int64_t started_at_ns = 0;
};

std::unique_ptr<grpc::Service> MakeMemberService(const OperatorContext& context);
std::unique_ptr<grpc::Service> MakeMerchantService(const OperatorContext& context);
std::unique_ptr<grpc::Service> MakeProgrammeService(const OperatorContext& context);
std::unique_ptr<grpc::Service> MakeVoucherService(const OperatorContext& context);
std::unique_ptr<grpc::Service> MakeDrawService(const OperatorContext& context);
std::unique_ptr<grpc::Service> MakeAidService(const OperatorContext& context);
std::unique_ptr<grpc::Service> MakeOperationsService(const OperatorContext& context);
std::unique_ptr<grpc::Service> MakeBacktestService(const OperatorContext& context);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_OPERATOR_SERVICES_H_
