// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The shop's city with what vouchers, draws and claims need: programmes of a test's own, more
// terminals and members, and the operators' calls in few words.

#ifndef GONGHUI_TESTS_E2E_SERVER_OFFICE_H_
#define GONGHUI_TESTS_E2E_SERVER_OFFICE_H_

#include <memory>
#include <string>

#include <absl/strings/str_format.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "gonghui/v1/aid_service.grpc.pb.h"
#include "gonghui/v1/draw_service.grpc.pb.h"
#include "gonghui/v1/member_service.grpc.pb.h"
#include "gonghui/v1/merchant_service.grpc.pb.h"
#include "gonghui/v1/voucher_service.grpc.pb.h"
#include "tests/e2e/server/shop.h"

namespace gonghui {

inline constexpr int64_t kNoon_s = kNoonNs / kNsPerSecond;

class OfficeTest : public ShopTest {
 protected:
  // One that an operator asks, and that is granted.
  template <class Service, class Request, class Response>
  Response Ok(grpc::Status (Service::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request) {
    grpc::ClientContext context;
    Response response;
    const auto stub = StubOf<Service>();
    const grpc::Status status = (stub.get()->*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_code() << " " << status.error_message();
    return response;
  }
  // One that is refused: what it is about.
  template <class Service, class Request, class Response>
  void ExpectRefused(grpc::Status (Service::*method)(grpc::ClientContext*,
                                                     const Request&,
                                                     Response*),
                     const Request& request,
                     grpc::StatusCode code,
                     const std::string& reason,
                     const std::string& field) {
    grpc::ClientContext context;
    Response response;
    const auto stub = StubOf<Service>();
    const grpc::Status status = (stub.get()->*method)(&context, request, &response);
    ASSERT_EQ(status.error_code(), code) << status.error_message();
    const ErrorDetails details = DetailsOf(status);
    EXPECT_EQ(details.info.reason(), reason) << status.error_message();
    const auto& metadata = details.info.metadata();
    EXPECT_EQ(metadata.contains("field") ? metadata.at("field") : "", field)
        << status.error_message();
    EXPECT_FALSE(status.error_message().empty());
  }

  void Apply(const std::string& yaml) {
    v1::ApplyProgrammeRequest request;
    request.set_content(yaml);
    const v1::ApplyProgrammeResponse response =
        Ok(&v1::ProgrammeService::Stub::ApplyProgramme, request);
    EXPECT_EQ(response.diagnostics_size(), 0) << response.DebugString();
  }

  void AddTerminal(const std::string& id, v1::TerminalKind kind) {
    v1::ImportTerminalsRequest request;
    v1::Terminal* const terminal = request.add_terminals();
    terminal->set_terminal_id(id);
    terminal->set_merchant_id("SHOP");
    terminal->set_kind(kind);
    const auto stub = StubOf<v1::MerchantService::Stub>();
    const v1::ImportSummary summary = ImportOne<v1::ImportTerminalsResponse>(
        stub.get(), &v1::MerchantService::Stub::ImportTerminals, request);
    EXPECT_EQ(summary.accepted_count(), 1U) << summary.DebugString();
  }

  // Members E1 ... with cards CardOf(1) ...
  void AddMembers(int count) {
    v1::ImportMembersRequest people;
    v1::ImportCardsRequest cards;
    for (int i = 1; i <= count; ++i) {
      v1::Member* const member = people.add_members();
      member->set_member_id(absl::StrFormat("E%d", i));
      member->set_union_node_id("KM-1");
      member->set_real_name_verified(true);
      v1::Card* const card = cards.add_cards();
      card->set_card_number(CardOf(i));
      card->set_member_id(member->member_id());
    }
    const auto stub = StubOf<v1::MemberService::Stub>();
    EXPECT_EQ(ImportOne<v1::ImportMembersResponse>(
                  stub.get(), &v1::MemberService::Stub::ImportMembers, people)
                  .accepted_count(),
              static_cast<uint32_t>(count));
    EXPECT_EQ(
        ImportOne<v1::ImportCardsResponse>(stub.get(), &v1::MemberService::Stub::ImportCards, cards)
            .accepted_count(),
        static_cast<uint32_t>(count));
  }
  static std::string CardOf(int number) { return absl::StrFormat("62990000%08d", number); }

  // The sweep is a command of its own, which comes soon.
  void WaitUntilExpired(const v1::Transaction& hold) {
    for (int i = 0; i < 1'000 && Found(hold).state() != v1::TRANSACTION_STATE_EXPIRED; ++i) {
    }
    ASSERT_EQ(Found(hold).state(), v1::TRANSACTION_STATE_EXPIRED);
  }

  v1::Voucher VoucherOf(const std::string& key) {
    v1::GetVoucherRequest request;
    request.set_voucher_key(key);
    return Ok(&v1::VoucherService::Stub::GetVoucher, request).voucher();
  }

 private:
  template <class Stub>
  std::unique_ptr<Stub> StubOf() {
    const auto channel = harness_.Operators();
    if constexpr (std::is_same_v<Stub, v1::VoucherService::Stub>) {
      return v1::VoucherService::NewStub(channel);
    } else if constexpr (std::is_same_v<Stub, v1::DrawService::Stub>) {
      return v1::DrawService::NewStub(channel);
    } else if constexpr (std::is_same_v<Stub, v1::AidService::Stub>) {
      return v1::AidService::NewStub(channel);
    } else if constexpr (std::is_same_v<Stub, v1::MemberService::Stub>) {
      return v1::MemberService::NewStub(channel);
    } else if constexpr (std::is_same_v<Stub, v1::MerchantService::Stub>) {
      return v1::MerchantService::NewStub(channel);
    } else {
      return v1::ProgrammeService::NewStub(channel);
    }
  }
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_E2E_SERVER_OFFICE_H_
