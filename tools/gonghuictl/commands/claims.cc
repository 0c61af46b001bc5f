// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// claim: the review of claims on aid and mutual funds (帮扶、互助保障).  They are filed and paid
// by an office's terminal: authorize --event-at, capture.

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <absl/strings/match.h>

#include "gonghui/v1/aid_service.pb.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/views_aid.h"

namespace gonghui::ctl {
namespace {

constexpr int kOtherClaimsMax = 100;

template <typename Response>
void ShowAnswer(Context* context, const Response& response) {
  if (context->out().is_json()) {
    context->out().Json(response);
  } else if (response.has_claim()) {
    ShowClaim(response.claim(), &context->out());
  }
  context->out().Flush();
}

// It holds money or has paid some, or may have: the archive is not read for a list.
bool MayPay(const v1::Claim& claim) {
  if (!claim.has_transaction()) {
    return true;
  }
  switch (claim.transaction().state()) {
    case v1::TRANSACTION_STATE_DECLINED:
    case v1::TRANSACTION_STATE_REVERSED:
    case v1::TRANSACTION_STATE_EXPIRED:
    case v1::TRANSACTION_STATE_REFUNDED:
      return false;
    default:
      return true;
  }
}

// The same bill may have been filed twice, under two ids, which nothing but a person can see.
// What the engine declined never held a fen and is left out; what was rejected or withdrawn is
// shown, for who approves wants to know that somebody has said no, but is no second payment.
void ShowOtherClaims(Context* context, const v1::Claim& claim) {
  Output& out = context->out();
  if (out.format() != OutputFormat::kTable || claim.member_id().empty()) {
    return;
  }
  v1::ListClaimsRequest request;
  request.set_member_id(claim.member_id());
  request.set_page_size(kOtherClaimsMax + 1);
  v1::ListClaimsResponse response;
  const RpcStatus status = context->CallQuietly(
      Listener::kOperator, "gonghui.v1.AidService.ListClaims", request, &response);
  if (!status.ok()) {
    context->Note("the member's other claims could not be asked for (无法查询该会员的其他申请): " +
                  FormatRpcStatus(status));
    return;
  }
  std::vector<v1::Claim> others;
  bool same_day = false;
  for (const v1::Claim& other : response.claims()) {
    const bool declined = other.transaction().state() == v1::TRANSACTION_STATE_DECLINED;
    if (other.transaction_id() != claim.transaction_id() && !declined) {
      others.push_back(other);
      same_day =
          same_day || (MayPay(other) && other.event_at().seconds() == claim.event_at().seconds());
    }
  }
  if (!others.empty()) {
    out.Heading("Other claims of the member (该会员的其他申请)");
    out.TableOf<v1::Claim>(others, ClaimView());
    out.Flush();
  }
  if (same_day) {
    context->Note("another claim is about the same day: is it the same bill (是否重复申请)?");
  }
  if (!response.next_page_token().empty()) {
    context->Note("the member has more claims: claim list --member " + claim.member_id());
  }
}

ExitCode ShowOneClaim(Context* context, const std::string& id) {
  v1::GetClaimRequest request;
  request.set_transaction_id(id);
  v1::GetClaimResponse response;
  const ExitCode exit =
      context->Call(Listener::kOperator, "gonghui.v1.AidService.GetClaim", request, &response);
  if (exit == ExitCode::kOk) {
    ShowAnswer(context, response);
    ShowOtherClaims(context, response.claim());
  }
  return exit;
}

struct JudgeFlags {
  std::string id;
  std::string by;
  std::string note;
  bool dry_run = false;
  bool yes = false;
};

// Asked before, as the answer to a second approval is that to the first.  False when nobody
// can tell; what is wrong then the approval itself says.
bool HasApproved(Context* context, const JudgeFlags& flags) {
  v1::GetClaimRequest request;
  request.set_transaction_id(flags.id);
  v1::GetClaimResponse response;
  const RpcStatus status = context->CallQuietly(
      Listener::kOperator, "gonghui.v1.AidService.GetClaim", request, &response);
  const auto& judgements = response.claim().judgements();
  return status.ok() && std::any_of(judgements.begin(), judgements.end(), [&](const auto& said) {
           return said.approved() && absl::EqualsIgnoreCase(said.by(), flags.by);
         });
}

ExitCode Approve(Context* context, const JudgeFlags& flags) {
  if (const absl::Status account = CheckAccount("--by", flags.by); !account.ok()) {
    return context->Fail(ExitCode::kUsage, std::string(account.message()));
  }
  const bool repeated = HasApproved(context, flags);
  v1::ApproveClaimRequest request;
  request.set_transaction_id(flags.id);
  request.set_by(flags.by);
  request.set_note(flags.note);
  request.set_validate_only(flags.dry_run);
  v1::ApproveClaimResponse response;
  const ExitCode exit =
      context->Call(Listener::kOperator, "gonghui.v1.AidService.ApproveClaim", request, &response);
  if (exit != ExitCode::kOk) {
    return exit;
  }
  ShowAnswer(context, response);
  const v1::Claim& claim = response.claim();
  if (repeated) {
    context->Note(
        fmt::format("{} has approved already; nothing was changed (已审批过，未作变动)", flags.by));
  }
  if (flags.dry_run) {
    NoteDryRun(*context);
  } else if (claim.approvals() < claim.approvals_required()) {
    const uint32_t missing = claim.approvals_required() - claim.approvals();
    context->Note(fmt::format("{} more {} to approve it before it is paid (还需{}人同意)",
                              missing,
                              missing == 1 ? "person has" : "persons have",
                              missing));
  } else {
    context->Note("it may be paid: capture (可以支付)");
  }
  return exit;
}

ExitCode Reject(Context* context, const JudgeFlags& flags) {
  if (const absl::Status account = CheckAccount("--by", flags.by); !account.ok()) {
    return context->Fail(ExitCode::kUsage, std::string(account.message()));
  }
  if (!flags.dry_run) {
    const ExitCode asked = context->Confirm(
        "Reject claim " + flags.id + "? What it holds is released (驳回).", flags.yes);
    if (asked != ExitCode::kOk) {
      return asked;
    }
  }
  v1::RejectClaimRequest request;
  request.set_transaction_id(flags.id);
  request.set_by(flags.by);
  request.set_note(flags.note);
  request.set_validate_only(flags.dry_run);
  v1::RejectClaimResponse response;
  const ExitCode exit =
      context->Call(Listener::kOperator, "gonghui.v1.AidService.RejectClaim", request, &response);
  if (exit == ExitCode::kOk) {
    ShowAnswer(context, response);
    if (flags.dry_run) {
      NoteDryRun(*context);
    }
  }
  return exit;
}

// Who it is is said, not taken from the machine's account: two persons must be two names.
void AddJudgeOptions(CLI::App* command, JudgeFlags* flags, bool note_required) {
  command->add_option("CLAIM", flags->id, "Its transaction id")->required();
  AddAccount(command, "--by", "Who says so; Li and li are one", &flags->by)
      ->envname("GONGHUI_OPERATOR")
      ->required();
  CLI::Option* note =
      command->add_option("--note", flags->note, "Why, at most 96 bytes (32 Chinese characters)");
  note->required(note_required);
  AddDryRun(command, &flags->dry_run);
}

void AddList(CLI::App* group, Context* context) {
  struct ListFlags {
    PageOptions page;
    std::string member_id;
    bool open_only = false;
  };
  const auto flags = std::make_shared<ListFlags>();
  CLI::App* list = AddCommand(
      group,
      context,
      "list",
      "Lists claims in order of filing",
      {"claim list --open", "claim list --member M0000001", "claim list --limit 0 -o csv"},
      [context, flags] {
        v1::ListClaimsRequest request;
        request.set_open_only(flags->open_only);
        request.set_member_id(flags->member_id);
        return ListRows<v1::Claim>(context,
                                   "gonghui.v1.AidService.ListClaims",
                                   request,
                                   &v1::ListClaimsResponse::mutable_claims,
                                   ClaimView(),
                                   flags->page);
      });
  list->add_flag("--open", flags->open_only, "Those alone that wait to be judged or paid");
  list->add_option("--member", flags->member_id, "Of this member alone");
  AddPageOptions(list, &flags->page);
}

}  // namespace

void AddClaimCommands(CLI::App* app, Context* context) {
  CLI::App* group = AddGroup(app,
                             "claim",
                             "Claims on aid and mutual funds, and their review (帮扶、互助保障)",
                             "Transactions",
                             {"authorize --terminal T0000006 --card 6253011000000016 --price 8500 "
                              "--event-at 2026-05-03 --filed-by li.min",
                              "claim list --open",
                              "claim approve 0123456789AB --by wang.fang",
                              "capture --terminal T0000006 0123456789AB"});
  AddList(group, context);

  const auto id = std::make_shared<std::string>();
  CLI::App* show = AddCommand(group,
                              context,
                              "show",
                              "Shows a claim, and what was said of it",
                              {"claim show 0123456789AB", "claim show 0123456789AB -o json"},
                              [context, id] { return ShowOneClaim(context, *id); });
  show->add_option("CLAIM", *id, "Its transaction id")->required();

  const auto approve_flags = std::make_shared<JudgeFlags>();
  CLI::App* approve =
      AddCommand(group,
                 context,
                 "approve",
                 "One person agrees that a claim be paid (同意)",
                 {"claim approve 0123456789AB --by wang.fang",
                  "claim approve 0123456789AB --by wang.fang --note \"材料齐全\" --dry-run"},
                 [context, approve_flags] { return Approve(context, *approve_flags); });
  AddJudgeOptions(approve, approve_flags.get(), /*note_required=*/false);

  const auto reject_flags = std::make_shared<JudgeFlags>();
  CLI::App* reject =
      AddCommand(group,
                 context,
                 "reject",
                 "One person rejects a claim: what it holds is released at once (驳回)",
                 {"claim reject 0123456789AB --by wang.fang --note \"不在保障期内\"",
                  "claim reject 0123456789AB --by wang.fang --note \"不在保障期内\" --yes"},
                 [context, reject_flags] { return Reject(context, *reject_flags); });
  AddJudgeOptions(reject, reject_flags.get(), /*note_required=*/true);
  AddYes(reject, &reject_flags->yes);
}

}  // namespace gonghui::ctl
