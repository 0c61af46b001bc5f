// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/member_entitlements.h"

#include <memory>
#include <optional>

#include "engine/base/check.h"
#include "engine/domain/explanation.h"
#include "engine/server/grpc_status.h"
#include "engine/server/operator_call.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"

namespace gonghui {
namespace {

// Exactly one of the two names.
bool ReadWho(const v1::GetMemberEntitlementsRequest& request,
             EntitlementsRequest* who,
             Refusal* refusal) {
  if (request.member_id().empty() == request.card_number().empty()) {
    *refusal =
        InvalidArgument("member_id", "exactly one of member_id and card_number must be given");
    return false;
  }
  if (!request.member_id().empty()) {
    const auto member = ParseCode<MemberId>(request.member_id());
    if (!member.has_value()) {
      *refusal = InvalidArgument("member_id", "must be 1 to 16 characters of [A-Za-z0-9._:-]");
      return false;
    }
    who->member = *member;
    return true;
  }
  const auto card = ParseCardNumber(request.card_number());
  if (!card.has_value()) {
    *refusal = InvalidArgument("card_number", "must be 8 to 19 digits, the first not 0");
    return false;
  }
  who->card = *card;
  return true;
}

}  // namespace

grpc::Status GetMemberEntitlementsBlocking(Engine* engine,
                                           const v1::GetMemberEntitlementsRequest& request,
                                           v1::GetMemberEntitlementsResponse* response) {
  Command command;
  command.kind = CommandKind::kGetEntitlements;
  command.entitlements = EntitlementsRequest{};
  Refusal refusal;
  if (!ReadWho(request, &command.entitlements, &refusal)) {
    return ToGrpcStatus(refusal);
  }
  const auto list = std::make_unique<EntitlementList>();
  command.entitlements.list = list.get();
  Result result;
  const grpc::Status status = RunTogether(engine, {&command, 1}, {&result, 1});
  if (!status.ok()) {
    return status;
  }
  if (IsRefused(command, result, &refusal)) {
    return ToGrpcStatus(refusal);
  }
  // By way of the bytes that a terminal is sent: the two answers have the same fields.
  WireWriter out;
  AppendEntitlements(engine->names(), command, result, &out);
  GH_CHECK(
      response->ParseFromArray(out.data(), static_cast<int>(out.size())), "bytes=", out.size());
  return grpc::Status::OK;
}

}  // namespace gonghui
