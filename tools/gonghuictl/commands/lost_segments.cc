// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/commands/lost_segments.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/rpc_status.h"
#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

// Up to so many members are asked for one by one.  Beyond, all members are listed, a thousand a
// call: a small file costs little beside a large register, and a large file not a call a row.
constexpr size_t kAskedByIdMax = 2'000;

constexpr size_t kMembersShownMax = 5;  // of each segment

constexpr int kInvalidArgument = 3;  // numbers of grpc::StatusCode
constexpr int kNotFound = 5;

}  // namespace

void LostSegments::Find(std::string_view member_id, std::span<const std::string> said) {
  if (std::find(said.begin(), said.end(), "segments") == said.end()) {
    return;
  }
  if (++found_count_ <= kAskedByIdMax) {
    member_ids_.emplace_back(member_id);
  } else {
    member_ids_.clear();
  }
}

void LostSegments::AskBefore() {
  if (found_count_ == 0) {
    return;
  }
  const RpcStatus status = found_count_ <= kAskedByIdMax ? AskById() : AskForAll();
  if (!status.ok()) {
    before_.clear();  // of some members would be as good as to say that no other loses anything
    context_->Note("whether members lose segments is not known (无法判断会员是否会失去群体): " +
                   FormatRpcStatus(status));
  }
}

RpcStatus LostSegments::AskById() {
  v1::GetMemberRequest request;
  for (const std::string& member_id : member_ids_) {
    request.set_member_id(member_id);
    v1::GetMemberResponse response;
    RpcStatus status = context_->CallQuietly(
        Listener::kOperator, "gonghui.v1.MemberService.GetMember", request, &response);
    // A new member has nothing to lose; an id that is none is for the import to refuse.
    const bool nobody = status.code == kNotFound || status.code == kInvalidArgument;
    if (!status.ok() && (status.interrupted || !nobody)) {
      return status;
    }
    if (status.ok()) {
      Keep(response.member());
    }
  }
  return {};
}

RpcStatus LostSegments::AskForAll() {
  v1::ListMembersRequest request;
  request.set_page_size(kPageRowsMax);
  do {
    v1::ListMembersResponse response;
    RpcStatus status = context_->CallQuietly(
        Listener::kOperator, "gonghui.v1.MemberService.ListMembers", request, &response);
    if (!status.ok()) {
      return status;
    }
    for (const v1::Member& member : response.members()) {
      Keep(member);
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return {};
}

void LostSegments::Keep(const v1::Member& member) {
  if (member.segments().empty()) {
    return;
  }
  std::vector<uint32_t>& numbers = before_[member.member_id()];
  for (const v1::MemberSegment& span : member.segments()) {
    const auto [found, fresh] =
        number_of_.try_emplace(span.segment_code(), static_cast<uint32_t>(codes_.size()));
    if (fresh) {
      codes_.push_back(span.segment_code());
    }
    // A member may have several spans of one segment.
    if (std::find(numbers.begin(), numbers.end(), found->second) == numbers.end()) {
      numbers.push_back(found->second);
    }
  }
}

void LostSegments::Take(uint64_t line, const google::protobuf::Message& row) {
  const auto& member = static_cast<const v1::Member&>(row);
  const auto found = before_.find(member.member_id());
  if (found == before_.end()) {
    return;
  }
  for (const uint32_t number : found->second) {
    const std::string& code = codes_[number];
    const bool stays = std::any_of(
        member.segments().begin(), member.segments().end(), [&code](const v1::MemberSegment& span) {
          return span.segment_code() == code;
        });
    if (stays) {
      continue;
    }
    Loss& loss = losses_[code];
    ++loss.member_count;
    if (loss.shown.size() < kMembersShownMax) {
      loss.shown.push_back(fmt::format("{} (line {})", Printable(member.member_id()), line));
    }
  }
}

void LostSegments::Tell(bool dry_run) const {
  for (const auto& [code, loss] : losses_) {
    context_->Note(fmt::format(
        "warning (提示): members that {} the segment {}, which their rows do not name: {} "
        "({}名会员{}群体 {}，因为文件没有写): {}{}",
        dry_run ? "would lose" : "lose",
        Printable(code),
        FormatCount(loss.member_count),
        loss.member_count,
        dry_run ? "将失去" : "失去",
        Printable(code),
        fmt::join(loss.shown, ", "),
        loss.member_count > loss.shown.size() ? ", ..." : ""));
  }
  if (!losses_.empty()) {
    context_->Note(
        "a cell of segments replaces all that the member has: name those that stay, with their "
        "days (segments 单元格会替换该会员的全部群体：要保留的也要写上，连同起止日期)");
  }
}

}  // namespace gonghui::ctl
