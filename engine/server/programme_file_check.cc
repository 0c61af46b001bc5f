// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/programme_file_check.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>

#include "engine/server/grpc_status.h"
#include "engine/server/operator_call.h"
#include "engine/server/programme_changes.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"
#include "engine/server/translate_rows.h"

namespace gonghui {
namespace {

constexpr size_t kLookupsPerInspect = 512;

// What a programme file refers to, looked up in the ledger and among what the
// file itself declares.  The ledger could not see the latter before it is
// applied, so the check is made here, once for all references.
class ReferenceCheck {
 public:
  explicit ReferenceCheck(const CompiledFile& file) : file_(file) {
    if (!file.programme.owner.IsNone()) {
      lookups_.push_back({Field::kOwner, 0});
    }
    AddAll(Field::kSegment, file.segment_refs.size());
    AddAll(Field::kMerchant, file.merchants.size());
    AddAll(Field::kTerminal, file.terminals.size());
    AddAll(Field::kFund, file.funding.size());
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

  [[nodiscard]] bool needs_declared() const { return needs_declared_; }

 private:
  struct Lookup {
    Field field = Field::kNone;
    uint32_t index = 0;
  };

  void AddAll(Field field, size_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      lookups_.push_back({field, i});
    }
  }

  AdminReason Look(const Ledger& ledger, const Lookup& lookup) {
    const auto known = [](bool is_there) {
      return is_there ? AdminReason::kNone : AdminReason::kUnknownReference;
    };
    const auto union_node = [&](const UnionNodeId& id) {
      return known(ledger.FindUnionNode(id) != UnionNodeRow{});
    };
    switch (lookup.field) {
      case Field::kOwner:
        return union_node(file_.programme.owner);
      case Field::kMemberUnion:
        return union_node(file_.benefits[lookup.index].member_union);
      case Field::kMerchantUnion:
        return union_node(file_.benefits[lookup.index].merchant_union);
      case Field::kMerchant:
        return known(ledger.FindMerchant(file_.merchants[lookup.index]) != MerchantRow{});
      case Field::kTerminal:
        return known(ledger.FindTerminal(file_.terminals[lookup.index]) != TerminalRow{});
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

Words StageWords(Stage stage) {
  switch (stage) {
    case Stage::kValidated:
      return {"validated", "已校验"};
    case Stage::kShadow:
      return {"shadow", "影子"};
    case Stage::kScheduled:
      return {"scheduled", "已排期"};
    case Stage::kActive:
      return {"active", "生效"};
    case Stage::kRetired:
      return {"retired", "已停用"};
    case Stage::kWithdrawn:
      return {"withdrawn", "已撤回"};
  }
  return {};
}

// Why a version of that stage can not become another one, and what to do.
// REQUIRES: the ledger has refused it (docs/decisions/0007-programme-versions.md).
Words WayOutOf(Stage stage) {
  switch (stage) {
    case Stage::kActive:
      return {"another version takes its place, or the programme is retired",
              "请让其他版本生效来取代它，或停用该项目"};
    case Stage::kRetired:
      return {"it can become active or shadow", "只能改为生效或影子"};
    case Stage::kWithdrawn:
      return {"apply its file again, which makes another version of it",
              "请重新应用其文件，生成新版本"};
    case Stage::kValidated:
    case Stage::kShadow:
    case Stage::kScheduled:
      break;  // only a withdrawal is refused, of what was active before
  }
  return {
      "it was active before, and what decided something is not withdrawn; validated puts it back",
      "它曾经生效，不能撤回；改为已校验即可放回"};
}

// As a file has it: a day, where it is the beginning of one, else with the time.  An import may
// have set what no file can say, a part of a second: without it two instants would look the same.
// REQUIRES: at >= 0.
std::string LocalTimeText(const Calendar& calendar, TimestampNs at) {
  const std::string day = DayText(FloorDay(LocalSecondsOf(calendar, at)));
  const int32_t second = LocalSecondOfDay(calendar, at);
  const int64_t fraction_ns = at.value() % kNsPerSecond;
  if (second == 0 && fraction_ns == 0) {
    return day;
  }
  return absl::StrFormat("%s %02d:%02d:%02d%s",
                         day,
                         second / 3'600,
                         second / 60 % 60,
                         second % 60,
                         fraction_ns == 0 ? "" : absl::StrFormat(".%09d", fraction_ns));
}

}  // namespace

FileCheck::FileCheck(Engine* engine,
                     const CompiledFile& file,
                     Stage stage,
                     TimestampNs activates_at)
    : engine_(engine), file_(file), image_(file.image()) {
  image_.stage = stage;
  image_.activates_at = activates_at;
}

grpc::Status FileCheck::LookUpBlocking(std::vector<Diagnostic>* diagnostics) {
  grpc::Status status = ReferenceCheck(file_).Run(engine_, diagnostics);
  const std::vector<Command> commands = MakeDeclared(/*validate_only=*/true);
  std::vector<Result> results(commands.size());
  if (status.ok() && !commands.empty()) {
    status = RunTogether(engine_, commands, results);
  }
  if (status.ok()) {
    AddRefusals(results, diagnostics);
  }
  return status;
}

grpc::Status FileCheck::CheckBlocking(std::vector<Diagnostic>* diagnostics) {
  ReferenceCheck references(file_);
  const grpc::Status status = references.Run(engine_, diagnostics);
  needs_declared_ = references.needs_declared();
  return status.ok() ? RunBlocking(/*validate_only=*/true, diagnostics) : status;
}

grpc::Status FileCheck::ApplyBlocking(std::vector<Diagnostic>* diagnostics) {
  needs_declared_ = false;
  return RunBlocking(/*validate_only=*/false, diagnostics);
}

std::vector<Command> FileCheck::MakeDeclared(bool validate_only) const {
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
  for (size_t i = 0; i < file_.funds.size(); ++i) {
    Command& command = add(CommandKind::kSetFund);
    command.fund = &file_.funds[i];
    // What was there when the file was checked stays, whatever has become of it meanwhile.
    if (image_.stage != Stage::kActive && i < fund_is_there_.size() && fund_is_there_[i]) {
      command.validate_only = true;
    }
  }
  return commands;
}

// What a command was refused for; nothing when it was not.
std::optional<Diagnostic> FileCheck::RefusalOf(size_t command, const Result& result) const {
  RowError error;
  if (!IsRejected(result, &error)) {
    return std::nullopt;
  }
  if (result.verdict == Verdict::kFull) {
    return TableIsFull(result);
  }
  if (command < file_.segments.size()) {
    return file_.LocateSegment(result.field, result.admin_reason, static_cast<uint32_t>(command));
  }
  command -= file_.segments.size();
  if (command < file_.funds.size()) {
    return file_.LocateFund(result.field, result.admin_reason, static_cast<uint32_t>(command));
  }
  return file_.Locate(result.field, result.admin_reason, result.index);
}

// What is refused is added to *diagnostics, unless it was found before.
grpc::Status FileCheck::RunBlocking(bool validate_only, std::vector<Diagnostic>* diagnostics) {
  std::vector<Command> commands = MakeDeclared(validate_only);
  Command& apply = commands.emplace_back();
  apply.kind = CommandKind::kApplyProgramme;
  apply.validate_only = validate_only;
  apply.programme = &image_;
  std::vector<Result> results(commands.size());
  const grpc::Status status = RunTogether(engine_, commands, results);
  if (!status.ok()) {
    return status;
  }
  const Result& programme = results.back();
  if (std::optional<grpc::Status> refusal =
          StageRefusal(engine_, file_.programme.code, programme, image_.stage)) {
    return *std::move(refusal);
  }
  changes_programme_ = programme.verdict != Verdict::kUnchanged;
  version_ = programme.programme_version;
  unchanged_ = std::all_of(results.begin(), results.end(), [](const Result& result) {
    return result.verdict == Verdict::kUnchanged;
  });
  if (validate_only) {
    fund_is_there_.clear();
    for (size_t i = 0; i < file_.funds.size(); ++i) {
      const Result& result = results[file_.segments.size() + i];
      fund_is_there_.push_back(result.verdict == Verdict::kUnchanged || !result.created);
      const bool changes = result.verdict == Verdict::kDecided && !result.created;
      if (image_.stage != Stage::kActive && changes) {
        const grpc::Status told = TellFundThatWouldChange(i, diagnostics);
        if (!told.ok()) {
          return told;
        }
      }
    }
  }
  const bool only_early =
      needs_declared_ && programme.admin_reason == AdminReason::kUnknownReference;
  AddRefusals(std::span(results).first(results.size() - (only_early ? 1 : 0)), diagnostics);
  return grpc::Status::OK;
}

// A fund that is there pays for what is live: a version that decides nothing yet does not
// change it.
grpc::Status FileCheck::TellFundThatWouldChange(size_t fund, std::vector<Diagnostic>* diagnostics) {
  const FundRequest& asked = file_.funds[fund];
  LiveFund live;
  const grpc::Status status =
      Inspect(engine_, [&](const Ledger& ledger) { live = ViewLiveFundOf(ledger, asked); });
  if (!status.ok()) {
    return status;
  }
  const auto or_none = [](const Words& words) {
    return words.empty() ? Words("none", "无") : words;
  };
  Words what;
  for (const FundDifference& difference : FundDifferences(live, asked, [this](TimestampNs at) {
         return LocalTimeText(file_.programme.calendar, at);
       })) {
    // No sentence: what a property is called and what it is fit into none that suits them all.
    const Words one = Say("($0: $1; in the file: $2)",
                          "（$0：$1；文件中：$2）",
                          difference.property,
                          or_none(difference.before),
                          or_none(difference.after));
    what = what.empty() ? one : Say("$0 $1", "$0$1", what, one);
  }
  if (what.empty()) {
    return grpc::Status::OK;  // an import has made it so meanwhile
  }
  const SourcePlace& place = file_.places.funds[fund];
  diagnostics->push_back(
      {place.at.line,
       place.at.column,
       place.path,
       Say("the fund '$0' is there already and is another $1; a version that is not to be "
           "active at once can not change it",
           "资金 '$0' 已存在，内容不同$1；不立即生效的版本不能改动它",
           TextOf(asked.code),
           what),
       {"write it as it is, or change it with: gonghuictl import funds",
        "请照现有内容填写，或用 gonghuictl import funds 修改资金"}});
  return grpc::Status::OK;
}

void FileCheck::AddRefusals(std::span<const Result> results, std::vector<Diagnostic>* diagnostics) {
  for (size_t i = 0; i < results.size(); ++i) {
    std::optional<Diagnostic> refusal = RefusalOf(i, results[i]);
    if (!refusal.has_value()) {
      continue;
    }
    const bool known =
        std::any_of(diagnostics->begin(), diagnostics->end(), [&refusal](const Diagnostic& found) {
          return found.line == refusal->line && found.column == refusal->column;
        });
    if (!known) {
      diagnostics->push_back(*std::move(refusal));
    }
  }
}

std::string InBothLanguages(const Words& words) {
  return absl::StrCat(words.en, " (", words.zh, ")");
}

Diagnostic TableIsFull(const Result& result) {
  Diagnostic diagnostic;  // of the whole file
  if (result.field == Field::kProgrammes) {
    diagnostic.message = Say(
        "there is no room for this version: versions, benefits, limits or their lists have filled "
        "one of the ledger's tables",
        "放不下这个版本：版本、优惠、限额或其中的名单已占满账本的一张表");
    diagnostic.hint = Say(
        "what versions have taken stays taken: name a union, a category or a kind of terminal in "
        "place of long lists, and apply less often",
        "版本占用的位置不会退回：请用工会、商户类别或终端种类代替长名单，并减少应用的次数");
  } else {
    diagnostic.message =
        Say("the ledger's table of $0 is full", "账本的 $0 表已满", FieldName(result.field));
  }
  return diagnostic;
}

void SortDiagnostics(std::vector<Diagnostic>* diagnostics) {
  const auto key = [](const Diagnostic& d) {
    return std::tie(d.line, d.column, d.path, d.message.en);
  };
  std::stable_sort(
      diagnostics->begin(), diagnostics->end(), [](const Diagnostic& a, const Diagnostic& b) {
        return std::pair(a.line, a.column) < std::pair(b.line, b.column);
      });
  diagnostics->erase(
      std::unique(diagnostics->begin(),
                  diagnostics->end(),
                  [&key](const Diagnostic& a, const Diagnostic& b) { return key(a) == key(b); }),
      diagnostics->end());
}

std::optional<grpc::Status> StageRefusal(Engine* engine,
                                         const ProgrammeCode& code,
                                         const Result& result,
                                         Stage asked) {
  if (result.verdict != Verdict::kRefused) {
    return std::nullopt;
  }
  RowError error;
  if (result.field == Field::kActivatesAt) {
    error.field = "activates_at";
    error.reason = "INSTANT_HAS_PASSED";
    error.description = "must be later than now (生效时刻须晚于现在)";
    return ToGrpcStatus(error);
  }
  if (result.field == Field::kStage) {
    Stage stands = Stage::kValidated;
    const grpc::Status status = Inspect(engine, [&](const Ledger& ledger) {
      stands =
          ledger.programmes()[ledger.FindProgrammeVersion(code, result.programme_version)].stage;
    });
    if (!status.ok()) {
      return status;
    }
    const Words why = Say("version $0 of '$1' is $2 and can not become $3: $4",
                          "项目 '$1' 的版本$0处于$2阶段，不能改为$3：$4",
                          result.programme_version,
                          TextOf(code),
                          StageWords(stands),
                          StageWords(asked),
                          WayOutOf(stands));
    error.field = "stage";
    error.reason = "NOT_ALLOWED_FROM_STATE";
    error.description = InBothLanguages(why);
    return ToGrpcStatus(error);
  }
  return std::nullopt;
}

}  // namespace gonghui
