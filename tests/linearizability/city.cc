// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/linearizability/city.h"

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <grpcpp/channel.h>
#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "gonghui/v1/member_service.grpc.pb.h"
#include "gonghui/v1/merchant_service.grpc.pb.h"
#include "gonghui/v1/programme_service.grpc.pb.h"

namespace gonghui::lin {
namespace {

constexpr int kMembers = kRoundsOfCity * kMembersOfRound;
constexpr uint32_t kFirstMcc = 5812;
constexpr int64_t kNsPerHour = 3'600'000'000'000;
constexpr int64_t kAmpleFen = 1'000'000'000;
constexpr uint64_t kRequestIdsOfRound = 256;

std::string TerminalName(Theme theme, uint16_t terminal) {
  return absl::StrFormat("T%d%06d", static_cast<int>(theme), terminal + 1);
}
std::string CardNumber(int member) {
  return absl::StrFormat("6253012%09d", member + 1);
}
std::string FundCode(Theme theme) {
  return absl::StrCat("fund-", static_cast<int>(theme));
}

// The message's rows in one stream; all of them must be taken.
template <class Response, class Stream, class Request>
void Import(Stream stream, const Request& request, int rows, const char* what) {
  Response response;
  const bool answered = stream->Write(request) && stream->WritesDone() && stream->Read(&response);
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(answered && status.ok()) << what << ": " << status.error_message();
  EXPECT_EQ(response.summary().accepted_count(), static_cast<uint32_t>(rows))
      << what << ": " << response.summary().ShortDebugString();
}

// The day turns twelve hours from now, so that no test runs over its end.
std::string Programme() {
  const int64_t shanghai_hour = SystemClock::Instance().NowNs() / kNsPerHour + 8;
  std::string yaml = absl::StrFormat(R"(
gonghui: 1
programme:
  code: half
  name: 半价
  zone: Asia/Shanghai
  day_starts_at: "%02d:00"
  starts: 2020-01-01
  until: 2190-01-01
limits:
  - {code: uses-0, per: person, each: day, uses: %d}
  - {code: uses-2, per: person, each: day, uses: %d}
benefits:
)",
                                     (shanghai_hour + 12) % 24,
                                     UsesMaxOf(Theme::kMembers),
                                     UsesMaxOf(Theme::kBoth));
  for (const Theme theme : kThemes) {
    const int number = static_cast<int>(theme);
    absl::StrAppendFormat(&yaml,
                          R"(  - code: half-%d
    name: 半价
    at: {mcc: [%d]}
    price: {percent_off: 50}
    funding: {fund: %s}
    hold: 1h
)",
                          number,
                          kFirstMcc + static_cast<uint32_t>(number),
                          FundCode(theme));
    if (UsesMaxOf(theme) != 0) {
      absl::StrAppendFormat(&yaml, "    limits: [uses-%d]\n", number);
    }
  }
  return yaml;
}

void ImportMembers(const std::shared_ptr<grpc::Channel>& operators) {
  const auto stub = v1::MemberService::NewStub(operators);
  v1::ImportUnionNodesRequest unions;
  v1::UnionNode* const root = unions.add_union_nodes();
  root->set_union_node_id("UN");
  root->set_level(v1::UNION_LEVEL_CITY);
  root->set_display_name("昆明市总工会");
  grpc::ClientContext of_unions;
  Import<v1::ImportUnionNodesResponse>(stub->ImportUnionNodes(&of_unions), unions, 1, "unions");

  v1::ImportMembersRequest members;
  v1::ImportCardsRequest cards;
  for (int i = 0; i < kMembers; ++i) {
    v1::Member* const member = members.add_members();
    member->set_member_id(absl::StrFormat("M%07d", i + 1));
    member->set_union_node_id("UN");
    member->set_real_name_verified(true);
    v1::Card* const card = cards.add_cards();
    card->set_card_number(CardNumber(i));
    card->set_member_id(member->member_id());
  }
  grpc::ClientContext of_members;
  Import<v1::ImportMembersResponse>(stub->ImportMembers(&of_members), members, kMembers, "members");
  grpc::ClientContext of_cards;
  Import<v1::ImportCardsResponse>(stub->ImportCards(&of_cards), cards, kMembers, "cards");
}

void ImportMerchants(const std::shared_ptr<grpc::Channel>& operators) {
  const auto stub = v1::MerchantService::NewStub(operators);
  v1::ImportMerchantsRequest merchants;
  v1::ImportTerminalsRequest terminals;
  for (const Theme theme : kThemes) {
    v1::Merchant* const merchant = merchants.add_merchants();
    merchant->set_merchant_id(absl::StrCat("S", static_cast<int>(theme)));
    merchant->set_union_node_id("UN");
    merchant->set_mcc(kFirstMcc + static_cast<uint32_t>(theme));
    merchant->set_display_name("商户");
    for (uint16_t i = 0; i < kTerminalsOfTheme; ++i) {
      v1::Terminal* const terminal = terminals.add_terminals();
      terminal->set_terminal_id(TerminalName(theme, i));
      terminal->set_merchant_id(merchant->merchant_id());
    }
  }
  grpc::ClientContext of_merchants;
  Import<v1::ImportMerchantsResponse>(
      stub->ImportMerchants(&of_merchants), merchants, merchants.merchants_size(), "merchants");
  grpc::ClientContext of_terminals;
  Import<v1::ImportTerminalsResponse>(
      stub->ImportTerminals(&of_terminals), terminals, terminals.terminals_size(), "terminals");
}

}  // namespace

std::string RoundNames::RequestId(uint16_t id) const {
  return absl::StrFormat("%08x-%04x-4000-8000-%012x",
                         static_cast<uint32_t>(Mix64(seed + 1)),
                         static_cast<uint32_t>(theme),
                         static_cast<uint64_t>(round) * kRequestIdsOfRound + id);
}
std::string RoundNames::Terminal(uint16_t terminal) const {
  return TerminalName(theme, terminal);
}
std::string RoundNames::Card(uint16_t member) const {
  return CardNumber(round * kMembersOfRound + member);
}
std::string RoundNames::Fund() const {
  return FundCode(theme);
}

void BuildCity(const std::shared_ptr<grpc::Channel>& operators) {
  ImportMembers(operators);
  ImportMerchants(operators);
  for (const Theme theme : kThemes) {
    SetBudget(operators, {.theme = theme}, kAmpleFen);
  }
  const auto stub = v1::ProgrammeService::NewStub(operators);
  v1::ApplyProgrammeRequest apply;
  apply.set_file_name("half.yaml");
  apply.set_content(Programme());
  v1::ApplyProgrammeResponse applied;
  grpc::ClientContext context;
  const grpc::Status status = stub->ApplyProgramme(&context, apply, &applied);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(applied.diagnostics_size(), 0) << applied.DebugString();
}

void SetBudget(const std::shared_ptr<grpc::Channel>& operators,
               const RoundNames& names,
               int64_t budget_fen) {
  const auto stub = v1::ProgrammeService::NewStub(operators);
  v1::ImportFundsRequest request;
  v1::Fund* const fund = request.add_funds();
  fund->set_fund_code(names.Fund());
  fund->set_display_name("有限");
  fund->set_asset(v1::ASSET_MONEY);
  fund->set_budget(budget_fen);
  grpc::ClientContext context;
  const auto stream = stub->ImportFunds(&context);
  v1::ImportFundsResponse response;
  const bool answered = stream->Write(request) && stream->WritesDone() && stream->Read(&response);
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(answered && status.ok()) << status.error_message();
  const v1::ImportSummary& summary = response.summary();
  EXPECT_EQ(summary.accepted_count() + summary.unchanged_count(), 1U) << summary.ShortDebugString();
}

}  // namespace gonghui::lin
