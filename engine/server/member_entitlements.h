// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// MemberService.GetMemberEntitlements: what a member may use now.

#ifndef GONGHUI_ENGINE_SERVER_MEMBER_ENTITLEMENTS_H_
#define GONGHUI_ENGINE_SERVER_MEMBER_ENTITLEMENTS_H_

#include <grpcpp/support/status.h>

#include "engine/pipeline/engine.h"
#include "gonghui/v1/member_service.pb.h"

namespace gonghui {

grpc::Status GetMemberEntitlementsBlocking(Engine* engine,
                                           const v1::GetMemberEntitlementsRequest& request,
                                           v1::GetMemberEntitlementsResponse* response);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_MEMBER_ENTITLEMENTS_H_
