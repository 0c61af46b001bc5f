// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/programme_versions.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_join.h>

#include "engine/programmes/words.h"
#include "engine/server/log.h"
#include "engine/server/operator_call.h"
#include "engine/server/programme_changes.h"
#include "engine/server/programme_file_check.h"
#include "engine/server/programme_history.h"
#include "engine/server/programme_outline.h"
#include "engine/server/programme_warnings.h"
#include "engine/server/text_codec.h"

namespace gonghui {
namespace {

// Of these, newest first, it is told which version was active when.
constexpr uint32_t kActivationsShown = 100;
// How far back a version is looked for that was active before: one a day for 27 years.  The
// ledger thread does no more than copy them, which is less than a millisecond of its time; what
// follows from them is made out by the thread that calls.
constexpr uint32_t kActivationsSearched = 10'000;
// So many versions are named in a refusal, the newest of them.
constexpr size_t kVersionsNamed = 10;

// A programme as the ledger thread saw it.
struct ProgrammeView {
  bool found = false;
  Programme active;  // code none = there is none
  Programme version;
  uint32_t version_count = 0;
};

// Version 0 = the active one or, if there is none, the newest.
ProgrammeView ViewLiveVersion(const Ledger& ledger, const ProgrammeCode& code, uint32_t version) {
  ProgrammeView view;
  const ProgrammeHeadRow row = ledger.FindProgrammeHead(code);
  if (row == ProgrammeHeadRow{}) {
    return view;
  }
  const ProgrammeHead& head = ledger.programme_heads()[row];
  view.found = true;
  view.version_count = head.version_count;
  view.active = ledger.programmes()[head.active];
  view.version = ledger.programmes()[version != 0 ? ledger.FindProgrammeVersion(code, version)
                                     : head.active != ProgrammeRow{} ? head.active
                                                                     : head.newest];
  return view;
}

// Whether the programme is there, and the version that was asked for.
grpc::Status CheckFound(const ProgrammeView& view,
                        const ProgrammeCode& code,
                        uint32_t version,
                        const char* version_field) {
  if (!view.found) {
    return ToGrpcStatus(NoSuchProgramme(code));
  }
  if (!view.version.code.IsNone()) {
    return grpc::Status::OK;
  }
  Refusal refusal = NotFound("version", version_field);
  const uint32_t count = view.version_count;
  const Words versions = count == 1 ? Words("1 only", "1") : Say("1 to $0", "1至$0", count);
  refusal.message = InBothLanguages(Say("version $0 of '$1' is not there; it has $2",
                                        "项目 '$1' 没有版本$0，现有版本$2",
                                        version,
                                        TextOf(code),
                                        versions));
  return ToGrpcStatus(refusal);
}

grpc::Status Precondition(const char* reason, std::string_view field, const Words& message) {
  Refusal refusal;
  refusal.code = StatusCode::kFailedPrecondition;
  refusal.reason = reason;
  refusal.field = std::string(field);
  refusal.message = InBothLanguages(message);
  return ToGrpcStatus(refusal);
}

ProgrammeOutline OutlineIfAny(const Ledger& names, const Programme& version) {
  return version.code.IsNone() ? ProgrammeOutline{} : OutlineOf(names, version);
}

// Since when what is said of a version's stage holds: it tells the stage that it is about from
// others.  Of a schedule it is the instant to come, so that whoever scheduled the version is
// told when it has come, too.
TimestampNs StagedFor(const Programme& version) {
  return version.stage == Stage::kScheduled ? version.activates_at : version.staged_at;
}

std::string NumberOf(const Programme& version) {
  return version.code.IsNone() ? std::string() : absl::StrCat(version.version);
}

// Against the active version; nothing when it is that.
void AddChangesFromActive(const Ledger& names, const ProgrammeView& view, ChangeRows* changes) {
  if (view.active.version == view.version.version) {
    return;
  }
  AddProgrammeChanges(OutlineIfAny(names, view.active),
                      OutlineOf(names, view.version),
                      {NumberOf(view.active), NumberOf(view.version)},
                      changes);
}

// "1, 2 and 3" or, of many, "5 others, 6, 7 ... and 15": the newest are named.
std::string NumbersInWords(std::vector<uint32_t> versions) {
  std::string words;
  if (versions.size() > kVersionsNamed) {
    const size_t unnamed = versions.size() - kVersionsNamed;
    words = absl::StrCat(unnamed, " others, ");
    versions.erase(versions.begin(), versions.begin() + static_cast<ptrdiff_t>(unnamed));
  }
  const std::string last = absl::StrCat(versions.back());
  versions.pop_back();
  return absl::StrCat(words, absl::StrJoin(versions, ", "), versions.empty() ? "" : " and ", last);
}

std::string NumbersInChinese(std::vector<uint32_t> versions) {
  const size_t count = versions.size();
  if (count > kVersionsNamed) {
    versions.erase(versions.begin(), versions.end() - static_cast<ptrdiff_t>(kVersionsNamed));
  }
  return absl::StrCat(absl::StrJoin(versions, "、"),
                      count > kVersionsNamed ? absl::StrCat("等", count, "个版本") : "");
}

// Why a rollback that names no version goes nowhere, and which one it may name.
grpc::Status NothingFurtherBack(const ProgrammeView& view,
                                const ProgrammeCode& code,
                                std::span<const HistoryStep> history) {
  const std::string name = TextOf(code);
  std::vector<uint32_t> others = VersionsOf(history);
  others.erase(std::remove(others.begin(), others.end(), view.active.version), others.end());
  Words message;
  if (view.active.code.IsNone()) {
    message = Say("no version of '$0' was ever active; stage one as ACTIVE to begin with it",
                  "项目 '$0' 从未有版本生效，请先将某个版本设为生效",
                  name);
  } else if (others.empty()) {
    message = Say(
        "version $1 of '$0' is the only one that was ever active; to end the programme, retire it",
        "项目 '$0' 只有版本$1曾经生效，没有可回退的版本；如要结束，请停用该项目",
        name,
        view.active.version);
  } else {
    message = Say(
        "nothing lies before version $1 of '$0', which is active; what was rolled back from can be "
        "named (to_version, --to): $2",
        "项目 '$0' 已回退到最早的版本$1；可用 --to 指定曾经生效的版本：$2",
        name,
        view.active.version,
        Words(NumbersInWords(others), NumbersInChinese(others)));
  }
  return Precondition("NO_EARLIER_VERSION", "to_version", message);
}

// Why a rollback can not go to that version, which was never active.
grpc::Status NeverActive(const ProgrammeCode& code, const Programme& version) {
  return Precondition(
      "NOT_ALLOWED_FROM_STATE",
      "to_version",
      version.stage == Stage::kWithdrawn
          ? Say("version $0 of '$1' is withdrawn and was never active; apply its file again, which "
                "makes another version of it",
                "项目 '$1' 的版本$0已撤回，从未生效；请重新应用其文件，生成新版本",
                version.version,
                TextOf(code))
          : Say("version $0 of '$1' was never active; stage it as ACTIVE to begin with it",
                "项目 '$1' 的版本$0从未生效过，谈不上回退；请直接将其设为生效",
                version.version,
                TextOf(code)));
}

bool WasActive(std::span<const HistoryStep> history, const Programme& version) {
  // Nothing else is retired; and history is searched so far only.
  return version.stage == Stage::kRetired || version.stage == Stage::kActive ||
         std::any_of(history.begin(), history.end(), [&version](const HistoryStep& step) {
           return step.version == version.version;
         });
}

}  // namespace

// ---- Requests -------------------------------------------------------------------

grpc::Status CheckSourceText(const std::string& text, size_t bytes_max, const char* field) {
  if (text.size() > bytes_max || !IsPrintableUtf8(text)) {
    return ToGrpcStatus(InvalidArgument(
        field,
        absl::StrCat("must be at most ", bytes_max, " bytes of UTF-8 without control characters")));
  }
  return grpc::Status::OK;
}

grpc::Status CheckSourceTexts(const std::string& author, const std::string& note) {
  const grpc::Status status = CheckSourceText(author, kSourceAuthorBytesMax, "author");
  return status.ok() ? CheckSourceText(note, kSourceNoteBytesMax, "note") : status;
}

Refusal NoSuchProgramme(const ProgrammeCode& code) {
  Refusal refusal = NotFound("programme", "programme_code");
  refusal.message =
      InBothLanguages(Say("there is no programme '$0'", "没有项目 '$0'", TextOf(code)));
  return refusal;
}

grpc::Status ReadProgrammeCode(const std::string& text, ProgrammeCode* code) {
  const auto parsed = ParseCode<ProgrammeCode>(text);
  if (!parsed.has_value()) {
    return ToGrpcStatus(
        InvalidArgument("programme_code", "must be 1 to 32 characters of [A-Za-z0-9._:-]"));
  }
  *code = *parsed;
  return grpc::Status::OK;
}

grpc::Status ReadStage(v1::Stage stage,
                       bool has_instant,
                       const google::protobuf::Timestamp& instant,
                       Stage* out,
                       TimestampNs* activates_at) {
  switch (stage) {
    case v1::STAGE_VALIDATED:
    case v1::STAGE_SHADOW:
    case v1::STAGE_SCHEDULED:
    case v1::STAGE_ACTIVE:
    case v1::STAGE_WITHDRAWN:
      *out = static_cast<Stage>(stage);
      break;
    case v1::STAGE_RETIRED:
      return ToGrpcStatus(InvalidArgument(
          "stage", "RETIRED is what becomes of a version when another one becomes active"));
    default:
      return ToGrpcStatus(
          InvalidArgument("stage", "must be VALIDATED, SHADOW, SCHEDULED, ACTIVE or WITHDRAWN"));
  }
  if (has_instant != (stage == v1::STAGE_SCHEDULED)) {
    return ToGrpcStatus(InvalidArgument(
        "activates_at", has_instant ? "goes with SCHEDULED only" : "is required with SCHEDULED"));
  }
  if (!has_instant) {
    return grpc::Status::OK;
  }
  if (instant.seconds() < kTimestampNsMin / kNsPerSecond ||
      instant.seconds() >= kTimestampNsMax / kNsPerSecond || instant.nanos() < 0 ||
      instant.nanos() >= kNsPerSecond) {
    return ToGrpcStatus(InvalidArgument("activates_at", "must be an instant from 2000 to 2199"));
  }
  *activates_at = TimestampNs{instant.seconds() * kNsPerSecond + instant.nanos()};
  return grpc::Status::OK;
}

grpc::Status SourcesFailed(const absl::Status& status) {
  LogError("the programmes' texts could not be read or written", {{"why", status.ToString()}});
  Refusal refusal;
  refusal.code = StatusCode::kInternal;
  refusal.reason = "STORAGE_FAILED";
  refusal.message = "the programmes' texts could not be read or written; the server's log says why";
  return ToGrpcStatus(refusal);
}

// ---- Stages ---------------------------------------------------------------------

grpc::Status ProgrammeVersions::Move(const StageProgrammeRequest& change,
                                     const StagingFacts& facts,
                                     bool validate_only,
                                     bool* unchanged) {
  Command command;
  command.kind = CommandKind::kStageProgramme;
  command.validate_only = validate_only;
  command.stage_programme = &change;
  Result result;
  grpc::Status status = RunTogether(engine_, {&command, 1}, {&result, 1});
  if (!status.ok()) {
    return status;
  }
  if (std::optional<grpc::Status> refusal =
          StageRefusal(engine_, change.code, result, change.stage)) {
    return *std::move(refusal);
  }
  if (RowError error; IsRejected(result, &error)) {
    return ToGrpcStatus(error);
  }
  *unchanged = result.verdict == Verdict::kUnchanged;
  if (validate_only || *unchanged) {
    return grpc::Status::OK;
  }
  ProgrammeView view;
  status = Inspect(engine_, [&](const Ledger& ledger) {
    view = ViewLiveVersion(ledger, change.code, change.version);
  });
  if (status.ok()) {
    KeepStaging(view.version, facts);
  }
  return grpc::Status::OK;
}

grpc::Status ProgrammeVersions::Stage(const v1::StageProgrammeRequest& request,
                                      v1::StageProgrammeResponse* response) {
  StageProgrammeRequest change;
  change.version = request.version();
  grpc::Status status = ReadProgrammeCode(request.programme_code(), &change.code);
  if (status.ok()) {
    status = CheckSourceTexts(request.author(), request.note());
  }
  if (status.ok()) {
    status = ReadStage(request.stage(),
                       request.has_activates_at(),
                       request.activates_at(),
                       &change.stage,
                       &change.activates_at);
  }
  if (status.ok() && request.version() == 0) {
    status = ToGrpcStatus(InvalidArgument("version", "must be a version's number, from 1"));
  }
  if (!status.ok()) {
    return status;
  }
  ProgrammeView view;
  status = Inspect(engine_, [&](const Ledger& ledger) {
    view = ViewLiveVersion(ledger, change.code, change.version);
  });
  if (status.ok()) {
    status = CheckFound(view, change.code, change.version, "version");
  }
  bool unchanged = false;
  if (status.ok()) {
    status =
        Move(change, {request.author(), request.note(), {}}, request.validate_only(), &unchanged);
  }
  if (!status.ok()) {
    return status;
  }
  response->set_unchanged(unchanged);
  if (!unchanged && change.stage != gonghui::Stage::kWithdrawn) {
    AddChangesFromActive(engine_->names(), view, response->mutable_changes());
    if (change.stage == gonghui::Stage::kActive || change.stage == gonghui::Stage::kScheduled) {
      const TimestampNs from = change.stage == gonghui::Stage::kActive
                                   ? TimestampNs{clock_->NowNs()}
                                   : change.activates_at;
      AddWarnings(engine_->names(), view.version, from, response->mutable_warnings());
    }
  }
  return Fill(change.code, change.version, response->mutable_programme());
}

grpc::Status ProgrammeVersions::Rollback(const v1::RollbackProgrammeRequest& request,
                                         v1::RollbackProgrammeResponse* response) {
  StageProgrammeRequest change;
  grpc::Status status = ReadProgrammeCode(request.programme_code(), &change.code);
  if (status.ok()) {
    status = CheckSourceTexts(request.author(), request.note());
  }
  if (!status.ok()) {
    return status;
  }
  change.stage = gonghui::Stage::kActive;
  change.version = request.to_version();
  ProgrammeView view;
  std::vector<HistoryStep> history;
  status = Inspect(engine_, [&](const Ledger& ledger) {
    const ProgrammeHeadRow head = ledger.FindProgrammeHead(change.code);
    history = ViewLiveHistory(ledger, ledger.programme_heads()[head], kActivationsSearched);
    view = ViewLiveVersion(ledger, change.code, change.version);
  });
  if (status.ok() && request.to_version() == 0) {
    change.version = EarlierVersion(history);
    // With what is active by then: a version that was scheduled may have come meanwhile.
    status = Inspect(engine_, [&](const Ledger& ledger) {
      view = ViewLiveVersion(ledger, change.code, change.version);
    });
  }
  if (status.ok()) {
    status = CheckFound(view, change.code, change.version, "to_version");
  }
  if (!status.ok()) {
    return status;
  }
  if (change.version == 0) {
    return NothingFurtherBack(view, change.code, history);
  }
  // Whatever its stage is now: one that was active and is in shadow, or scheduled, leaves that.
  if (!WasActive(history, view.version)) {
    return NeverActive(change.code, view.version);
  }
  bool unchanged = false;
  status =
      Move(change, {request.author(), request.note(), {}}, request.validate_only(), &unchanged);
  if (!status.ok()) {
    return status;
  }
  response->set_unchanged(unchanged);
  AddChangesFromActive(engine_->names(), view, response->mutable_changes());
  AddWarnings(
      engine_->names(), view.version, TimestampNs{clock_->NowNs()}, response->mutable_warnings());
  return Fill(change.code, change.version, response->mutable_programme());
}

// ---- Reading --------------------------------------------------------------------

grpc::Status ProgrammeVersions::Fill(const ProgrammeCode& code,
                                     uint32_t version,
                                     v1::Programme* out) {
  ProgrammeView view;
  grpc::Status status = Inspect(
      engine_, [&](const Ledger& ledger) { view = ViewLiveVersion(ledger, code, version); });
  if (status.ok()) {
    status = CheckFound(view, code, version, "version");
  }
  if (status.ok()) {
    ToProto(engine_->names(), view.version, out);
  }
  return status;
}

void ProgrammeVersions::FillFacts(const Programme& version, v1::ProgrammeVersion* out) {
  out->set_programme_code(TextOf(version.code));
  out->set_version(version.version);
  out->set_stage(static_cast<v1::Stage>(version.stage));
  ToProto(version.staged_at, out->mutable_staged_at());
  if (version.stage == gonghui::Stage::kScheduled) {
    ToProto(version.activates_at, out->mutable_activates_at());
  }
  ToProto(version.applied_at, out->mutable_applied_at());
  out->set_content_hash(absl::StrFormat("%016x", version.content_hash));
  out->set_display_name(std::string(version.name.data(), version.name.size()));
  out->set_time_zone(ZoneText(engine_->names().calendars()[version.calendar]));
  const SourceKey key{version.code, version.content_hash};
  const auto source = sources_->GetSourceFactsBlocking(key);
  if (!source.ok()) {
    (void)SourcesFailed(source.status());
  } else if (source->has_value()) {
    out->set_has_source(true);
    out->set_file_name((*source)->file_name);
    out->set_author((*source)->author);
    out->set_note((*source)->note);
  }
  const auto staging = sources_->GetStagingBlocking(key);
  if (!staging.ok()) {
    (void)SourcesFailed(staging.status());
  } else if (staging->has_value() && (*staging)->staged_at == StagedFor(version)) {
    out->set_staged_by((*staging)->author);
    out->set_staged_note((*staging)->note);
  }
}

grpc::Status ProgrammeVersions::List(const v1::ListProgrammeVersionsRequest& request,
                                     v1::ListProgrammeVersionsResponse* response) {
  ProgrammeCode code;
  Page page;  // `first` is the row of the next version
  grpc::Status status = ReadProgrammeCode(request.programme_code(), &code);
  if (status.ok()) {
    status = ReadPage(request.page_size(), request.page_token(), &page);
  }
  if (!status.ok()) {
    return status;
  }
  bool found = false;
  bool good_token = true;
  std::vector<Programme> versions;
  std::vector<HistoryStep> history;
  ProgrammeRow next;
  status = Inspect(engine_, [&](const Ledger& ledger) {
    const ProgrammeHeadRow head_row = ledger.FindProgrammeHead(code);
    const ProgrammeHead& head = ledger.programme_heads()[head_row];
    found = head_row != ProgrammeHeadRow{};
    next = head.newest;
    if (!request.page_token().empty()) {
      next = ProgrammeRow{page.first};
      good_token = ledger.programmes().Contains(next) && ledger.programmes()[next].code == code;
    }
    if (!found || !good_token) {
      return;
    }
    while (next != ProgrammeRow{} && versions.size() < page.rows_max) {
      versions.push_back(ledger.programmes()[next]);
      next = versions.back().previous_version;
    }
    history = ViewLiveHistory(ledger, head, kActivationsShown);
  });
  if (!status.ok()) {
    return status;
  }
  if (!found) {
    return ToGrpcStatus(NoSuchProgramme(code));
  }
  if (!good_token) {
    return ToGrpcStatus(
        InvalidArgument("page_token", "must be empty or the token of the previous page"));
  }
  std::map<uint32_t, v1::ProgrammeVersion*> by_number;
  for (const Programme& version : versions) {
    v1::ProgrammeVersion* const added = response->add_versions();
    FillFacts(version, added);
    by_number[version.version] = added;
  }
  TimestampNs until = kTimestampMax;
  for (const HistoryStep& step : history) {
    const TimestampNs ends_at = std::exchange(until, step.from);
    const auto shown = by_number.find(step.version);
    if (shown == by_number.end()) {
      continue;  // on another page, or retired
    }
    v1::ActivePeriod* const added = shown->second->add_active_periods();
    ToProto(step.from, added->mutable_starts_at());
    if (ends_at != kTimestampMax) {
      ToProto(ends_at, added->mutable_ends_at());
    }
  }
  if (next != ProgrammeRow{}) {
    response->set_next_page_token(PageToken(next.value()));
  }
  return grpc::Status::OK;
}

grpc::Status ProgrammeVersions::GetSource(const v1::GetProgrammeSourceRequest& request,
                                          v1::GetProgrammeSourceResponse* response) {
  ProgrammeCode code;
  ProgrammeView view;
  grpc::Status status = ReadProgrammeCode(request.programme_code(), &code);
  if (status.ok()) {
    status = Inspect(engine_, [&](const Ledger& ledger) {
      view = ViewLiveVersion(ledger, code, request.version());
    });
  }
  if (status.ok()) {
    status = CheckFound(view, code, request.version(), "version");
  }
  if (!status.ok()) {
    return status;
  }
  FillFacts(view.version, response->mutable_version());
  SourceFacts facts;
  const auto found = sources_->GetSourceBlocking(
      {view.version.code, view.version.content_hash}, &facts, response->mutable_content());
  if (!found.ok()) {
    return SourcesFailed(found.status());
  }
  if (!*found) {
    Refusal refusal = NotFound("text", "version");
    refusal.reason = "SOURCE_NOT_FOUND";
    refusal.message = InBothLanguages(
        Say("the text of version $0 of '$1' is not kept; apply its file again, and it will be",
            "项目 '$1' 版本$0的文件未保存，重新应用该文件即可补存",
            view.version.version,
            TextOf(code)));
    return ToGrpcStatus(refusal);
  }
  return grpc::Status::OK;
}

grpc::Status ProgrammeVersions::Compare(const v1::CompareProgrammeVersionsRequest& request,
                                        v1::CompareProgrammeVersionsResponse* response) {
  ProgrammeCode code;
  grpc::Status status = ReadProgrammeCode(request.programme_code(), &code);
  if (status.ok() && request.after_version() == 0) {
    status = ToGrpcStatus(InvalidArgument("after_version", "must be a version's number, from 1"));
  }
  if (!status.ok()) {
    return status;
  }
  ProgrammeView before;
  ProgrammeView after;
  status = Inspect(engine_, [&](const Ledger& ledger) {
    before = ViewLiveVersion(ledger, code, request.before_version());
    after = ViewLiveVersion(ledger, code, request.after_version());
  });
  if (status.ok()) {
    status = CheckFound(before, code, request.before_version(), "before_version");
  }
  if (status.ok()) {
    status = CheckFound(after, code, request.after_version(), "after_version");
  }
  if (!status.ok()) {
    return status;
  }
  const Programme& old = request.before_version() == 0 ? before.active : before.version;
  const Programme& fresh = after.version;
  response->set_before_version(old.version);
  response->set_after_version(fresh.version);
  response->set_time_zone(ZoneText(engine_->names().calendars()[fresh.calendar]));
  if (old.version != fresh.version) {
    AddProgrammeChanges(OutlineIfAny(engine_->names(), old),
                        OutlineOf(engine_->names(), fresh),
                        {NumberOf(old), NumberOf(fresh)},
                        response->mutable_changes());
  }
  return grpc::Status::OK;
}

grpc::Status ProgrammeVersions::ReportShadows(const v1::GetShadowReportRequest& request,
                                              v1::GetShadowReportResponse* response) {
  ProgrammeCode code;
  const bool of_all = request.programme_code().empty();
  if (!of_all) {
    const grpc::Status status = ReadProgrammeCode(request.programme_code(), &code);
    if (!status.ok()) {
      return status;
    }
  }
  const std::vector<ShadowTally> tallies = engine_->shadow_tallies();
  bool found = of_all;
  std::vector<uint32_t> active(tallies.size());
  const grpc::Status status = Inspect(engine_, [&](const Ledger& ledger) {
    found = of_all || ledger.FindProgrammeHead(code) != ProgrammeHeadRow{};
    for (size_t i = 0; i < tallies.size(); ++i) {
      active[i] = ledger.programmes()[ledger.FindProgramme(tallies[i].code)].version;
    }
  });
  if (!status.ok()) {
    return status;
  }
  if (!found) {
    return ToGrpcStatus(NoSuchProgramme(code));
  }
  for (size_t i = 0; i < tallies.size(); ++i) {
    const ShadowTally& tally = tallies[i];
    if (!of_all && tally.code != code) {
      continue;
    }
    v1::ShadowReport* const report = response->add_reports();
    report->set_programme_code(TextOf(tally.code));
    report->set_version(tally.version);
    report->set_active_version(active[i]);
    ToProto(tally.since, report->mutable_counted_since());
    report->set_asked_count(static_cast<int64_t>(tally.asked));
    report->set_same_count(static_cast<int64_t>(tally.same));
    report->set_gained_count(static_cast<int64_t>(tally.gained));
    report->set_lost_count(static_cast<int64_t>(tally.lost));
    report->set_more_count(static_cast<int64_t>(tally.more));
    report->set_less_count(static_cast<int64_t>(tally.less));
    report->set_active_subsidy_fen(tally.subsidy_active.value());
    report->set_shadow_subsidy_fen(tally.subsidy_shadow.value());
  }
  if (!of_all && response->reports().empty()) {
    return Precondition(
        "NO_SHADOW",
        "programme_code",
        Say("no version of '$0' is in shadow", "项目 '$0' 没有处于影子阶段的版本", TextOf(code)));
  }
  return grpc::Status::OK;
}

// ---- Texts ----------------------------------------------------------------------

void ProgrammeVersions::KeepStaging(const Programme& version, StagingFacts facts) {
  facts.staged_at = StagedFor(version);
  const absl::Status put =
      sources_->PutStagingBlocking({version.code, version.content_hash}, facts);
  if (!put.ok()) {
    (void)SourcesFailed(put);
  }
}

void ProgrammeVersions::Keep(const ProgrammeCode& code,
                             uint32_t version,
                             bool moved,
                             const SourceFacts& facts,
                             const std::string& text) {
  ProgrammeView view;
  const grpc::Status status = Inspect(
      engine_, [&](const Ledger& ledger) { view = ViewLiveVersion(ledger, code, version); });
  if (!status.ok() || view.version.code.IsNone()) {
    return;
  }
  const SourceKey key{code, view.version.content_hash};
  const auto known = sources_->GetSourceFactsBlocking(key);
  const bool is_new = known.ok() && !known->has_value();
  if (is_new || !known.ok()) {
    SourceFacts with_time = facts;
    with_time.at = view.version.applied_at;
    const absl::Status put = sources_->PutSourceBlocking(key, with_time, text);
    if (!put.ok()) {
      (void)SourcesFailed(put);
    }
  }
  // Who applied a file has nothing to say of the stage that its version began with, but for a
  // schedule: it comes later, and is somebody's doing then.  Of a version that may be an older
  // one, for all that is known, its stage is told.
  if (moved && (!is_new || view.version.stage == gonghui::Stage::kScheduled)) {
    KeepStaging(view.version, {facts.author, facts.note, {}});
  }
}

}  // namespace gonghui
