// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/programme_drafts.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/programmes/compiler.h"
#include "engine/programmes/words.h"
#include "engine/server/operator_call.h"
#include "engine/server/programme_file_check.h"
#include "engine/server/programme_versions.h"
#include "engine/server/text_codec.h"

namespace gonghui {
namespace {

grpc::Status ReadName(const std::string& text, const char* field, DraftName* name) {
  const auto parsed = ParseCode<DraftName>(text);
  if (!parsed.has_value()) {
    return ToGrpcStatus(InvalidArgument(field, "must be 1 to 32 characters of [A-Za-z0-9._:-]"));
  }
  *name = *parsed;
  return grpc::Status::OK;
}

grpc::Status NoSuchDraft(const DraftName& name) {
  Refusal refusal = NotFound("draft", "draft_name");
  refusal.message = InBothLanguages(Say("there is no draft '$0'", "没有草稿 '$0'", TextOf(name)));
  return ToGrpcStatus(refusal);
}

void ToProto(const DraftName& name, const SourceFacts& facts, v1::Draft* out) {
  out->set_draft_name(TextOf(name));
  out->set_file_name(facts.file_name);
  out->set_author(facts.author);
  out->set_note(facts.note);
  gonghui::ToProto(facts.at, out->mutable_saved_at());
  out->set_diagnostic_count(facts.diagnostic_count);
  out->set_content_bytes(facts.text_bytes);
}

}  // namespace

std::string NameToKeep(const std::string& file_name) {
  std::string name = file_name.substr(file_name.find_last_of('/') + 1);
  if (!IsPrintableUtf8(name)) {
    return "";
  }
  if (name.size() > kSourceFileNameBytesMax) {
    name.resize(kSourceFileNameBytesMax);
    while (!name.empty() && !IsPrintableUtf8(name)) {
      name.pop_back();  // in the middle of a character
    }
  }
  return name;
}

grpc::Status ProgrammeDrafts::Check(const std::string& text, std::vector<Diagnostic>* diagnostics) {
  const CompileOutcome outcome = Compile(text);
  if (!outcome.ok()) {
    *diagnostics = outcome.diagnostics;
    return grpc::Status::OK;
  }
  // As if it were to be active, which may change funds.
  FileCheck check(engine_, *outcome.file, Stage::kActive);
  const grpc::Status status = check.LookUpBlocking(diagnostics);
  SortDiagnostics(diagnostics);
  return status;
}

grpc::Status ProgrammeDrafts::Save(const v1::SaveDraftRequest& request,
                                   v1::SaveDraftResponse* response) {
  const v1::Draft& draft = request.draft();
  DraftName name;
  grpc::Status status = ReadName(draft.draft_name(), "draft.draft_name", &name);
  if (status.ok() && draft.content().size() > kProgrammeTextBytesMax) {
    status = ToGrpcStatus(InvalidArgument("draft.content", "must be at most 1 MiB"));
  }
  if (status.ok()) {
    status = CheckSourceText(draft.file_name(), kSourceFileNameBytesMax, "draft.file_name");
  }
  if (status.ok()) {
    status = CheckSourceText(draft.author(), kSourceAuthorBytesMax, "draft.author");
  }
  if (status.ok()) {
    status = CheckSourceText(draft.note(), kSourceNoteBytesMax, "draft.note");
  }
  std::vector<Diagnostic> diagnostics;
  if (status.ok()) {
    status = Check(draft.content(), &diagnostics);
  }
  if (!status.ok()) {
    return status;
  }
  SourceFacts facts;
  facts.file_name = draft.file_name();
  facts.author = draft.author();
  facts.note = draft.note();
  facts.at = TimestampNs{clock_->NowNs()};
  facts.text_bytes = static_cast<uint32_t>(draft.content().size());
  facts.diagnostic_count = static_cast<uint32_t>(diagnostics.size());
  for (const Diagnostic& diagnostic : diagnostics) {
    gonghui::ToProto(diagnostic, response->add_diagnostics());
  }
  ToProto(name, facts, response->mutable_draft());
  if (request.validate_only()) {
    return grpc::Status::OK;
  }
  const auto created = sources_->PutDraftBlocking(name, facts, draft.content());
  if (absl::IsResourceExhausted(created.status())) {
    Refusal refusal;
    refusal.code = StatusCode::kResourceExhausted;
    refusal.reason = "TOO_MANY_DRAFTS";
    refusal.field = "draft.draft_name";
    refusal.message = InBothLanguages(Say("there are $0 drafts already; delete some of them",
                                          "已有$0份草稿，请先删除一些",
                                          kDraftsMax));
    return ToGrpcStatus(refusal);
  }
  if (!created.ok()) {
    return SourcesFailed(created.status());
  }
  response->set_created(*created);
  return grpc::Status::OK;
}

grpc::Status ProgrammeDrafts::Read(const std::string& name_text,
                                   SourceFacts* facts,
                                   std::string* text) {
  DraftName name;
  const grpc::Status status = ReadName(name_text, "draft_name", &name);
  if (!status.ok()) {
    return status;
  }
  const auto found = sources_->GetDraftBlocking(name, facts, text);
  if (!found.ok()) {
    return SourcesFailed(found.status());
  }
  return *found ? grpc::Status::OK : NoSuchDraft(name);
}

grpc::Status ProgrammeDrafts::Get(const v1::GetDraftRequest& request,
                                  v1::GetDraftResponse* response) {
  SourceFacts facts;
  grpc::Status status =
      Read(request.draft_name(), &facts, response->mutable_draft()->mutable_content());
  std::vector<Diagnostic> diagnostics;
  if (status.ok()) {
    status = Check(response->draft().content(), &diagnostics);
  }
  if (!status.ok()) {
    return status;
  }
  ToProto(*ParseCode<DraftName>(request.draft_name()), facts, response->mutable_draft());
  for (const Diagnostic& diagnostic : diagnostics) {
    gonghui::ToProto(diagnostic, response->add_diagnostics());
  }
  return grpc::Status::OK;
}

grpc::Status ProgrammeDrafts::List(const v1::ListDraftsRequest& request,
                                   v1::ListDraftsResponse* response) {
  Page page;
  grpc::Status status = ReadPage(request.page_size(), /*page_token=*/"", &page);
  DraftName first;  // a page's token is the name of the first draft of the next
  if (status.ok() && !request.page_token().empty()) {
    const auto parsed = ParseCode<DraftName>(request.page_token());
    if (!parsed.has_value()) {
      return ToGrpcStatus(
          InvalidArgument("page_token", "must be empty or the token of the previous page"));
    }
    first = *parsed;
  }
  if (!status.ok()) {
    return status;
  }
  auto drafts = sources_->ListDraftsBlocking(first, size_t{page.rows_max} + 1);
  if (!drafts.ok()) {
    return SourcesFailed(drafts.status());
  }
  if (drafts->size() > page.rows_max) {
    response->set_next_page_token(TextOf(drafts->back().name));
    drafts->pop_back();
  }
  for (const DraftFacts& draft : *drafts) {
    ToProto(draft.name, draft.facts, response->add_drafts());
  }
  return grpc::Status::OK;
}

grpc::Status ProgrammeDrafts::Delete(const v1::DeleteDraftRequest& request,
                                     v1::DeleteDraftResponse* response) {
  SourceFacts facts;
  std::string text;
  grpc::Status status = Read(request.draft_name(), &facts, &text);
  if (!status.ok()) {
    return status;
  }
  const DraftName name = *ParseCode<DraftName>(request.draft_name());
  ToProto(name, facts, response->mutable_draft());
  if (request.validate_only()) {
    return grpc::Status::OK;
  }
  const auto deleted = sources_->DeleteDraftBlocking(name);
  if (!deleted.ok()) {
    return SourcesFailed(deleted.status());
  }
  // Somebody else may have been quicker.
  return *deleted ? grpc::Status::OK : NoSuchDraft(name);
}

}  // namespace gonghui
