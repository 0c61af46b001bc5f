// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What ProgrammeService answers about versions (docs/decisions/0007-programme-versions.md):
// their stages, texts, differences and shadows.  The service keeps the mutex under which
// programmes are changed, so that what was found right is so when it is done.
//
// Thread safety: any thread.

#ifndef GONGHUI_ENGINE_SERVER_PROGRAMME_VERSIONS_H_
#define GONGHUI_ENGINE_SERVER_PROGRAMME_VERSIONS_H_

#include <cstdint>
#include <string>

#include <grpcpp/support/status.h>

#include "engine/durability/programme_sources.h"
#include "engine/pipeline/engine.h"
#include "engine/server/operator_services.h"
#include "engine/server/refusal.h"
#include "gonghui/v1/programme_service.pb.h"

namespace gonghui {

class ProgrammeVersions {
 public:
  explicit ProgrammeVersions(const OperatorContext& context)
      : engine_(context.engine), sources_(context.programme_sources), clock_(context.clock) {}

  // REQUIRES of these two: the mutex is held.
  grpc::Status Stage(const v1::StageProgrammeRequest& request,
                     v1::StageProgrammeResponse* response);
  grpc::Status Rollback(const v1::RollbackProgrammeRequest& request,
                        v1::RollbackProgrammeResponse* response);
  grpc::Status List(const v1::ListProgrammeVersionsRequest& request,
                    v1::ListProgrammeVersionsResponse* response);
  grpc::Status GetSource(const v1::GetProgrammeSourceRequest& request,
                         v1::GetProgrammeSourceResponse* response);
  grpc::Status Compare(const v1::CompareProgrammeVersionsRequest& request,
                       v1::CompareProgrammeVersionsResponse* response);
  grpc::Status ReportShadows(const v1::GetShadowReportRequest& request,
                             v1::GetShadowReportResponse* response);

  // A version; 0 = the active one or, if there is none, the newest.
  grpc::Status Fill(const ProgrammeCode& code, uint32_t version, v1::Programme* out);

  // Keeps the text that a version was made from, unless there is one, and who said what when
  // it came to its stage (`moved`: it has).  The version stands, whatever becomes of them: a
  // failure is logged.
  void Keep(const ProgrammeCode& code,
            uint32_t version,
            bool moved,
            const SourceFacts& facts,
            const std::string& text);

 private:
  // Runs the command and tells who wanted it.
  grpc::Status Move(const StageProgrammeRequest& change,
                    const StagingFacts& facts,
                    bool validate_only,
                    bool* unchanged);
  void KeepStaging(const Programme& version, StagingFacts facts);
  void FillFacts(const Programme& version, v1::ProgrammeVersion* out);

  Engine* const engine_;
  ProgrammeSources* const sources_;
  const Clock* const clock_;
};

// What a request says of who and why; a status when a text is too long.
grpc::Status CheckSourceTexts(const std::string& author, const std::string& note);
grpc::Status CheckSourceText(const std::string& text, size_t bytes_max, const char* field);

// The refusal of a code that no programme has.
Refusal NoSuchProgramme(const ProgrammeCode& code);

grpc::Status ReadProgrammeCode(const std::string& text, ProgrammeCode* code);
// A stage that a version can be asked to come to, and with SCHEDULED its instant.
grpc::Status ReadStage(v1::Stage stage,
                       bool has_instant,
                       const google::protobuf::Timestamp& instant,
                       Stage* out,
                       TimestampNs* activates_at);

// What became of the texts' store, for the caller; the log is told why.
grpc::Status SourcesFailed(const absl::Status& status);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_PROGRAMME_VERSIONS_H_
