// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What ProgrammeService answers about drafts: files that are kept though they may still be
// wrong.  Nothing of them is in the ledger.
//
// Thread safety: any thread.

#ifndef GONGHUI_ENGINE_SERVER_PROGRAMME_DRAFTS_H_
#define GONGHUI_ENGINE_SERVER_PROGRAMME_DRAFTS_H_

#include <string>
#include <vector>

#include <grpcpp/support/status.h>

#include "engine/durability/programme_sources.h"
#include "engine/programmes/diagnostic.h"
#include "engine/server/operator_services.h"
#include "gonghui/v1/programme_service.pb.h"

namespace gonghui {

class ProgrammeDrafts {
 public:
  explicit ProgrammeDrafts(const OperatorContext& context)
      : engine_(context.engine), sources_(context.programme_sources), clock_(context.clock) {}

  grpc::Status Save(const v1::SaveDraftRequest& request, v1::SaveDraftResponse* response);
  grpc::Status Get(const v1::GetDraftRequest& request, v1::GetDraftResponse* response);
  grpc::Status List(const v1::ListDraftsRequest& request, v1::ListDraftsResponse* response);
  grpc::Status Delete(const v1::DeleteDraftRequest& request, v1::DeleteDraftResponse* response);

  // A draft by its name; NOT_FOUND.
  grpc::Status Read(const std::string& name, SourceFacts* facts, std::string* text);

 private:
  // What is wrong with a text, if it were applied.
  grpc::Status Check(const std::string& text, std::vector<Diagnostic>* diagnostics);

  Engine* const engine_;
  ProgrammeSources* const sources_;
  const Clock* const clock_;
};

// The last part of a path, cut to what is kept.
std::string NameToKeep(const std::string& file_name);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_PROGRAMME_DRAFTS_H_
