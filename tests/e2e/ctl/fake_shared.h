// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the fake services share: what they were asked, and some answers.

#ifndef GONGHUI_TESTS_E2E_CTL_FAKE_SHARED_H_
#define GONGHUI_TESTS_E2E_CTL_FAKE_SHARED_H_

#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "gonghui/v1/authorization_service.pb.h"
#include "gonghui/v1/import.pb.h"
#include "gonghui/v1/member_service.pb.h"
#include "gonghui/v1/programme_service.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/e2e/ctl/occasion_calls.h"

namespace gonghui::testing_e2e {

template <typename... Details>
grpc::Status Error(grpc::StatusCode code,
                   const std::string& message,
                   const std::string& reason,
                   const Details&... details) {
  google::rpc::Status status;
  status.set_code(static_cast<int>(code));
  status.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("gonghui");
  status.add_details()->PackFrom(info);
  (status.add_details()->PackFrom(details), ...);
  return grpc::Status(code, message, status.SerializeAsString());
}

// What the imports of all kinds share.
struct Imports {
  std::atomic<size_t> messages{0};
  std::atomic<size_t> fail_after{SIZE_MAX};
  std::atomic<size_t> stall_after{SIZE_MAX};

  // Calls `row` for each row; it returns whether the row is right.
  template <typename Request, typename Response, typename Row, typename Take>
  grpc::Status Run(grpc::ServerContext* context,
                   grpc::ServerReaderWriter<Response, Request>* stream,
                   const google::protobuf::RepeatedPtrField<Row>& (Request::*rows)() const,
                   Take take) {
    Request request;
    while (stream->Read(&request)) {
      const size_t number = messages.fetch_add(1);
      if (number >= fail_after) {
        return Error(grpc::StatusCode::UNAVAILABLE, "the server is stopping", "DRAINING");
      }
      while (number >= stall_after && !context->IsCancelled()) {
        usleep(1'000);
      }
      Response response;
      v1::ImportSummary& summary = *response.mutable_summary();
      uint32_t index = 0;
      for (const auto& row : (request.*rows)()) {
        if (take(row, request.validate_only())) {
          summary.set_accepted_count(summary.accepted_count() + 1);
          summary.set_created_count(summary.created_count() + 1);
        } else {
          v1::RejectedRow& rejected = *summary.add_rejected_rows();
          rejected.set_index(index);
          rejected.set_field("union_node_id");
          rejected.set_reason("UNKNOWN_REFERENCE");
          rejected.set_description("there is no such union");
        }
        ++index;
      }
      if (!stream->Write(response)) {
        break;
      }
    }
    return grpc::Status::OK;
  }
};

struct Shared {
  Imports imports;
  std::mutex mutex;
  std::vector<v1::Member> members;
  std::vector<v1::Fund> funds;
  v1::AuthorizeRequest authorize;
  v1::CaptureRequest capture;
  v1::ReverseRequest reverse;
  v1::IncrementAuthorizationRequest increment;
  v1::RefundRequest refund;
  v1::GetEntitlementsRequest entitlements;
  v1::GetMemberEntitlementsRequest member_entitlements;
  v1::ApplyProgrammeRequest apply;
  v1::StageProgrammeRequest stage;
  v1::RollbackProgrammeRequest rollback;
  v1::CompareProgrammeVersionsRequest compare;
  v1::SaveDraftRequest draft;
  std::vector<v1::SubmitAdvicesRequest> advices;
  v1::CloseBatchRequest close;
  OccasionCalls occasions;
  size_t authorize_count = 0;
  size_t change_count = 0;
  std::atomic<size_t> slow_calls{0};
  std::atomic<bool> first_page_alone{false};

  // Of a list that has another page: whether the call for `token` is to fail.
  [[nodiscard]] bool Fails(const std::string& token) const {
    return first_page_alone && !token.empty();
  }

  void Change(bool validate_only) {
    const std::lock_guard lock(mutex);
    change_count += validate_only ? 0 : 1;
  }
};

inline v1::LimitState RidesADay(int64_t used) {
  v1::LimitState limit;
  limit.set_programme_code("metro");
  limit.set_limit_code("rides-per-day");
  limit.set_measure(v1::LIMIT_MEASURE_COUNT);
  limit.set_max(4);
  limit.set_used(used);
  limit.set_left(4 - used);
  return limit;
}

// Either of the two answers.
template <typename Response>
void FillEntitlements(const std::string& card, Response* response) {
  if (card.starts_with("9")) {
    response->set_outcome(v1::OUTCOME_DECLINED);
    response->set_reason(v1::REASON_CARD_LOST_OR_STOLEN);
    response->set_display_message("Card is reported lost or stolen");
    response->set_display_message_zh("卡已挂失");
    return;
  }
  response->set_outcome(v1::OUTCOME_APPROVED);
  v1::Entitlement& ride = *response->add_entitlements();
  ride.set_programme_code("metro");
  ride.set_benefit_code("ride");
  ride.set_display_name("一分钱乘地铁");
  ride.set_price("member pays 1 fen");
  ride.set_reason(v1::REASON_EXCEEDS_FREQUENCY_LIMIT);
  ride.mutable_next_eligible_at()->set_seconds(1'781'539'200);
  *ride.add_limits() = RidesADay(4);
  ride.set_display_message_zh("优惠次数已用完");
  v1::Entitlement& groceries = *response->add_entitlements();
  groceries.set_programme_code("shops");
  groceries.set_benefit_code("groceries");
  groceries.set_display_name("购物八折");
  groceries.set_price("20% off");
  groceries.set_display_message_zh("现在可用");
  v1::LimitState& month = *groceries.add_limits();
  month.set_limit_code("month");
  month.set_measure(v1::LIMIT_MEASURE_AMOUNT_FEN);
  month.set_max(10'000);
  month.set_left(7'550);
}

// Programmes, their versions and drafts, and funds.
[[nodiscard]] std::unique_ptr<grpc::Service> MakeFakeProgrammes(Shared* shared);

// Vouchers; draws and pools; claims and contributions.
[[nodiscard]] std::unique_ptr<grpc::Service> MakeFakeVouchers(Shared* shared);
[[nodiscard]] std::unique_ptr<grpc::Service> MakeFakeDraws(Shared* shared);
[[nodiscard]] std::unique_ptr<grpc::Service> MakeFakeAid(Shared* shared);

// The service of terminals.
[[nodiscard]] std::unique_ptr<grpc::Service> MakeFakeAuthorization(Shared* shared);

}  // namespace gonghui::testing_e2e

#endif  // GONGHUI_TESTS_E2E_CTL_FAKE_SHARED_H_
