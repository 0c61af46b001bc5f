// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// One unary call of a lane at a time: posted, decided, finished, pooled.

#ifndef GONGHUI_ENGINE_SERVER_UNARY_CALL_H_
#define GONGHUI_ENGINE_SERVER_UNARY_CALL_H_

#include <cstddef>
#include <optional>

#include <grpcpp/grpcpp.h>

#include "engine/domain/result.h"
#include "engine/pipeline/engine.h"
#include "engine/server/lane.h"
#include "engine/server/refusal.h"
#include "engine/server/translate.h"

namespace gonghui {

// Lane thread only, but for what the engine fills between Submit() and Complete().
class UnaryCall final : public QueueTag, public EngineWork, public UnsentCall {
 public:
  UnaryCall(Lane* lane, size_t method) : lane_(lane), method_(method) {}

  void Post();
  void Proceed(bool ok) override;
  void OnDecided() override;
  void Cut() override { context_->TryCancel(); }

 private:
  void OnRequest();
  void Refuse(const Refusal& refusal);
  void BeginFinish();

  Lane* const lane_;
  const size_t method_;  // of kUnaryMethods
  bool finishing_ = false;
  bool owed_ = false;  // its answer, by the lane
  std::optional<grpc::ServerContext> context_;
  std::optional<grpc::ServerAsyncResponseWriter<grpc::ByteBuffer>> responder_;
  grpc::ByteBuffer request_;
  grpc::Slice message_;
  TerminalCall call_;
  Submission submission_;
  Result result_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_UNARY_CALL_H_
