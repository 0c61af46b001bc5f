// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A programme file that compiles, against what the ledger knows: whether all that it names is
// there, what would come of it, and making that so.
//
// A file is several commands (segments, funds, the programme).  They are all tried before the
// first of them is done, so that a file is applied whole or not at all; whoever changes
// programmes or what they refer to meanwhile is kept out by the caller.

#ifndef GONGHUI_ENGINE_SERVER_PROGRAMME_FILE_CHECK_H_
#define GONGHUI_ENGINE_SERVER_PROGRAMME_FILE_CHECK_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <grpcpp/support/status.h>

#include "engine/domain/command.h"
#include "engine/pipeline/engine.h"
#include "engine/programmes/compiler.h"
#include "engine/programmes/words.h"

namespace gonghui {

class FileCheck {
 public:
  // `file` and `engine` outlive it.  `stage` is what the version begins as.
  FileCheck(Engine* engine, const CompiledFile& file, Stage stage, TimestampNs activates_at = {});

  // Looks up all that the file names, and tries what it declares, but not the programme
  // itself, which may keep the ledger thread for some milliseconds.
  grpc::Status LookUpBlocking(std::vector<Diagnostic>* diagnostics);
  // Tries all of it.  What is wrong with the file is added to *diagnostics; what is wrong
  // with the stage, or with the server, is the status.
  grpc::Status CheckBlocking(std::vector<Diagnostic>* diagnostics);
  // REQUIRES: CheckBlocking() found nothing.
  grpc::Status ApplyBlocking(std::vector<Diagnostic>* diagnostics);

  // Of the one that was called last:
  // All is as the file asks for already.
  [[nodiscard]] bool unchanged() const { return unchanged_; }
  // The programme's own part is not: it makes a version, or gives one another stage.
  [[nodiscard]] bool changes_programme() const { return changes_programme_; }
  // The number of the version, 0 = can not be known before the file is applied.
  [[nodiscard]] uint32_t version() const { return version_; }

 private:
  [[nodiscard]] std::vector<Command> MakeDeclared(bool validate_only) const;
  grpc::Status TellFundThatWouldChange(size_t fund, std::vector<Diagnostic>* diagnostics);
  void AddRefusals(std::span<const Result> results, std::vector<Diagnostic>* diagnostics);
  [[nodiscard]] std::optional<Diagnostic> RefusalOf(size_t command, const Result& result) const;
  grpc::Status RunBlocking(bool validate_only, std::vector<Diagnostic>* diagnostics);

  Engine* const engine_;
  const CompiledFile& file_;
  ProgrammeImage image_;
  // The programme refers to what only its own file declares, which the ledger can not see
  // before it is applied.
  bool needs_declared_ = false;
  std::vector<bool> fund_is_there_;  // by the file's funds, as CheckBlocking() found it
  bool unchanged_ = false;
  bool changes_programme_ = false;
  uint32_t version_ = 0;
};

// As the message of a status has them, which is one text.
[[nodiscard]] std::string InBothLanguages(const Words& words);

// Of a refusal for want of room, which is about no place in the file.
[[nodiscard]] Diagnostic TableIsFull(const Result& result);

// Sorted as the file is, each once.
void SortDiagnostics(std::vector<Diagnostic>* diagnostics);

// What the ledger says of a stage that a version of `code` can not reach, or of an instant that
// has passed; nothing when it says another thing.
std::optional<grpc::Status> StageRefusal(Engine* engine,
                                         const ProgrammeCode& code,
                                         const Result& result,
                                         Stage asked);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_PROGRAMME_FILE_CHECK_H_
