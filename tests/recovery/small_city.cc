// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/recovery/small_city.h"

#include <memory>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "gonghui/v1/member_service.grpc.pb.h"
#include "gonghui/v1/merchant_service.grpc.pb.h"
#include "gonghui/v1/operations_service.grpc.pb.h"
#include "gonghui/v1/programme_service.grpc.pb.h"

namespace gonghui {
namespace {

constexpr int kRowsPerMessage = 1'000;
constexpr int64_t kNsPerHour = 3'600'000'000'000;

std::string MemberId(int member) {
  return absl::StrFormat("M%07d", member + 1);
}

void ExpectOk(const grpc::Status& status, const char* what) {
  EXPECT_TRUE(status.ok()) << what << ": " << status.error_code() << " " << status.error_message();
}

// The message of rows in one stream; all of them must be taken.
template <class Response, class Open, class Request>
v1::ImportSummary Import(const Open& open, const Request& request, const char* what) {
  grpc::ClientContext context;
  const auto stream = open(&context);
  Response response;
  const bool answered = stream->Write(request) && stream->WritesDone() && stream->Read(&response);
  ExpectOk(stream->Finish(), what);
  EXPECT_TRUE(answered) << what;
  return response.summary();
}

void ExpectAccepted(const v1::ImportSummary& summary, int rows, const char* what) {
  EXPECT_EQ(summary.accepted_count(), static_cast<uint32_t>(rows))
      << what << ": " << summary.ShortDebugString();
}

// The day turns twelve hours from now, so that no test runs over its end.
std::string Programme() {
  const int64_t shanghai_hour = SystemClock::Instance().NowNs() / kNsPerHour + 8;
  return absl::StrFormat(R"(
gonghui: 1
programme:
  code: short
  name: 限量优惠
  zone: Asia/Shanghai
  day_starts_at: "%02d:00"
  starts: 2020-01-01
  until: 2190-01-01
limits:
  - {code: meals-per-day, per: person, each: day, uses: %d}
  - {code: meal-fen-per-day, per: person, each: day, amount: %d fen, when_exceeded: reduce}
  - {code: umbrellas, per: person, each: programme, uses: %d}
benefits:
  - code: meal
    name: 午餐半价
    at: {mcc: [5812]}
    price: {percent_off: 50}
    funding: {fund: %s}
    limits: [meals-per-day, meal-fen-per-day]
    hold: 1h
  - code: umbrella
    name: 送雨伞
    at: {mcc: [5699]}
    price: {free: true}
    funding: {fund: %s}
    stock: {fund: %s, units: 1}
    limits: [umbrellas]
    hold: 1h
)",
                         (shanghai_hour + 12) % 24,
                         kMealsPerDay,
                         kMealFenPerDay,
                         kUmbrellasPerMember,
                         kMealFund,
                         kMealFund,
                         kUmbrellaStock);
}

}  // namespace

struct CityOffice::Stubs {
  explicit Stubs(const std::shared_ptr<grpc::Channel>& channel)
      : members(v1::MemberService::NewStub(channel)),
        merchants(v1::MerchantService::NewStub(channel)),
        programmes(v1::ProgrammeService::NewStub(channel)),
        operations(v1::OperationsService::NewStub(channel)) {}

  const std::unique_ptr<v1::MemberService::Stub> members;
  const std::unique_ptr<v1::MerchantService::Stub> merchants;
  const std::unique_ptr<v1::ProgrammeService::Stub> programmes;
  const std::unique_ptr<v1::OperationsService::Stub> operations;
};

std::string CityCard(int member) {
  return absl::StrFormat("6253011%09d", member + 1);
}

std::string CityTerminal(int terminal) {
  return absl::StrFormat("T%07d", terminal + 1);
}

CityOffice::CityOffice(const std::shared_ptr<grpc::Channel>& channel)
    : stubs_(std::make_unique<Stubs>(channel)) {}
CityOffice::~CityOffice() = default;

v1::ImportSummary CityOffice::ImportMember(const v1::Member& member) const {
  v1::ImportMembersRequest request;
  *request.add_members() = member;
  return Import<v1::ImportMembersResponse>(
      [this](auto* context) { return stubs_->members->ImportMembers(context); },
      request,
      "ImportMembers");
}

void CityOffice::BuildCity() const {
  v1::ImportUnionNodesRequest unions;
  v1::UnionNode* const root = unions.add_union_nodes();
  root->set_union_node_id("UN");
  root->set_level(v1::UNION_LEVEL_CITY);
  root->set_display_name("昆明市总工会");
  ExpectAccepted(Import<v1::ImportUnionNodesResponse>(
                     [this](auto* c) { return stubs_->members->ImportUnionNodes(c); },
                     unions,
                     "ImportUnionNodes"),
                 1,
                 "unions");

  static_assert(kCityMembers <= kRowsPerMessage);
  v1::ImportMembersRequest members;
  v1::ImportCardsRequest cards;
  for (int i = 0; i < kCityMembers; ++i) {
    v1::Member* const member = members.add_members();
    member->set_member_id(MemberId(i));
    member->set_union_node_id("UN");
    member->set_real_name_verified(true);
    v1::Card* const card = cards.add_cards();
    card->set_card_number(CityCard(i));
    card->set_member_id(MemberId(i));
  }
  ExpectAccepted(
      Import<v1::ImportMembersResponse>(
          [this](auto* c) { return stubs_->members->ImportMembers(c); }, members, "ImportMembers"),
      kCityMembers,
      "members");
  ExpectAccepted(
      Import<v1::ImportCardsResponse>(
          [this](auto* c) { return stubs_->members->ImportCards(c); }, cards, "ImportCards"),
      kCityMembers,
      "cards");

  v1::ImportMerchantsRequest merchants;
  v1::ImportTerminalsRequest terminals;
  for (int i = 0; i < kCityTerminals; ++i) {
    v1::Merchant* const merchant = merchants.add_merchants();
    merchant->set_merchant_id(absl::StrFormat("S%07d", i + 1));
    merchant->set_union_node_id("UN");
    merchant->set_mcc(i % 2 == 0 ? 5812 : 5699);
    merchant->set_display_name(absl::StrCat("商户 ", i + 1));
    v1::Terminal* const terminal = terminals.add_terminals();
    terminal->set_terminal_id(CityTerminal(i));
    terminal->set_merchant_id(merchant->merchant_id());
  }
  ExpectAccepted(Import<v1::ImportMerchantsResponse>(
                     [this](auto* c) { return stubs_->merchants->ImportMerchants(c); },
                     merchants,
                     "ImportMerchants"),
                 kCityTerminals,
                 "merchants");
  ExpectAccepted(Import<v1::ImportTerminalsResponse>(
                     [this](auto* c) { return stubs_->merchants->ImportTerminals(c); },
                     terminals,
                     "ImportTerminals"),
                 kCityTerminals,
                 "terminals");

  SetBudget(kMealFund, 1);
  SetBudget(kUmbrellaStock, 1);
  v1::ApplyProgrammeRequest apply;
  apply.set_file_name("short.yaml");
  apply.set_content(Programme());
  v1::ApplyProgrammeResponse applied;
  grpc::ClientContext context;
  ExpectOk(stubs_->programmes->ApplyProgramme(&context, apply, &applied), "ApplyProgramme");
  EXPECT_EQ(applied.diagnostics_size(), 0) << applied.DebugString();
}

void CityOffice::SetBudget(const std::string& fund, int64_t budget) const {
  v1::ImportFundsRequest request;
  v1::Fund* const row = request.add_funds();
  row->set_fund_code(fund);
  row->set_display_name("有限");
  row->set_asset(fund == kUmbrellaStock ? v1::ASSET_THING : v1::ASSET_MONEY);
  row->set_budget(budget);
  const v1::ImportSummary summary = Import<v1::ImportFundsResponse>(
      [this](auto* c) { return stubs_->programmes->ImportFunds(c); }, request, "ImportFunds");
  EXPECT_EQ(summary.accepted_count() + summary.unchanged_count(), 1U) << summary.ShortDebugString();
}

v1::Fund CityOffice::GetFund(const std::string& fund) const {
  v1::GetFundRequest request;
  request.set_fund_code(fund);
  v1::GetFundResponse response;
  grpc::ClientContext context;
  ExpectOk(stubs_->programmes->GetFund(&context, request, &response), "GetFund");
  return response.fund();
}

v1::GetStatusResponse CityOffice::GetStatus() const {
  v1::GetStatusResponse response;
  grpc::ClientContext context;
  ExpectOk(stubs_->operations->GetStatus(&context, {}, &response), "GetStatus");
  return response;
}

uint64_t CityOffice::TransactionCount() const {
  const v1::ArchiveStatus archive = GetStatus().archive();
  return archive.memory_count() + archive.archived_count();
}

v1::GetMemberResponse CityOffice::GetMember(const std::string& member_id) const {
  v1::GetMemberRequest request;
  request.set_member_id(member_id);
  v1::GetMemberResponse response;
  grpc::ClientContext context;
  ExpectOk(stubs_->members->GetMember(&context, request, &response), "GetMember");
  return response;
}

}  // namespace gonghui
