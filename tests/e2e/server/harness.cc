// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/e2e/server/harness.h"

#include <stdlib.h>

#include <atomic>
#include <cstdio>
#include <filesystem>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <grpcpp/create_channel.h>

#include "engine/base/check.h"
#include "engine/server/log.h"
#include "gonghui/v1/member_service.grpc.pb.h"
#include "gonghui/v1/merchant_service.grpc.pb.h"

namespace gonghui {

std::string MetroYaml(int uses_per_day) {
  return absl::StrCat(R"(gonghui: 1
programme: {code: metro, name: 地铁一分钱, zone: Asia/Shanghai, starts: 2020-01-01, until: 2100-01-01}
segments:
  - {code: driver, name: 司机}
funds:
  - {code: metro-fund, name: 地铁资金, budget: 1000.00 yuan}
limits:
  - {code: rides, per: person, each: day, uses: )",
                      uses_per_day,
                      R"(}
benefits:
  - code: ride
    name: 一分钱乘车
    for: {real_name: true}
    at: {mcc: [4111], terminals: [gate]}
    price: {member_pays: 1 fen}
    funding: {fund: metro-fund}
    limits: [rides]
)");
}

std::string MakeTestFolder() {
  // Short: a Unix socket's path has to fit 107 characters.
  std::string pattern = (std::filesystem::temp_directory_path() / "gh-e2e.XXXXXX").string();
  GH_CHECK(::mkdtemp(pattern.data()) != nullptr, pattern);
  return pattern;
}

Harness::Harness(const HarnessOptions& options) : options_(options), folder_(MakeTestFolder()) {
  GH_CHECK(InitLogging(LogLevel::kError, LogFormat::kText, "").ok());
  Start();
  if (options.populate) {
    Populate();
  }
}

Harness::~Harness() {
  Stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Harness::Restart() {
  Stop();
  Start();
}

void Harness::Start() {
  const Clock& clock = options_.clock != nullptr ? *options_.clock : SystemClock::Instance();
  auto engine = Engine::Start(options_.engine, clock, journal_, /*checkpoints=*/nullptr);
  GH_CHECK(engine.ok(), engine.status().ToString());
  engine_ = *std::move(engine);
  ServerOptions server;
  server.insecure_dev = options_.insecure_dev;
  server.version = "test";
  server.config.terminals.listen = "127.0.0.1:0";
  server.config.operators.listen = "unix:" + folder_ + "/operator.sock";
  if (options_.configure != nullptr) {
    options_.configure(&server.config);
  }
  auto started = Server::Start(
      server, engine_.get(), {&personal_data_, &programme_sources_, &draws_, &journal_}, clock);
  GH_CHECK(started.ok(), started.status().ToString());
  server_ = *std::move(started);
}

void Harness::Stop() {
  server_->Drain(0, 1'000);
  engine_->Stop();
  server_->Join();
  server_.reset();
  engine_.reset();
}

std::shared_ptr<grpc::Channel> Harness::Terminals(
    const std::shared_ptr<grpc::ChannelCredentials>& credentials) const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (credentials != nullptr) {
    arguments.SetSslTargetNameOverride("localhost");
  }
  return grpc::CreateCustomChannel(
      server_->terminals_address(),
      credentials != nullptr ? credentials : grpc::InsecureChannelCredentials(),
      arguments);
}

std::shared_ptr<grpc::Channel> Harness::Operators() const {
  return grpc::CreateChannel(server_->operators_address(), grpc::InsecureChannelCredentials());
}

void Harness::Populate() {
  PopulateCity(Operators());
}

void PopulateCity(const std::shared_ptr<grpc::Channel>& channel, const std::string& programme) {
  const auto members = v1::MemberService::NewStub(channel);
  const auto merchants = v1::MerchantService::NewStub(channel);
  const auto programmes = v1::ProgrammeService::NewStub(channel);

  v1::ImportUnionNodesRequest nodes;
  v1::UnionNode* node = nodes.add_union_nodes();
  node->set_union_node_id("KM");
  node->set_level(v1::UNION_LEVEL_CITY);
  node->set_display_name("昆明市总工会");
  node = nodes.add_union_nodes();
  node->set_union_node_id("KM-1");
  node->set_parent_id("KM");
  node->set_level(v1::UNION_LEVEL_DISTRICT);
  EXPECT_EQ(ImportOne<v1::ImportUnionNodesResponse>(
                members.get(), &v1::MemberService::Stub::ImportUnionNodes, nodes)
                .accepted_count(),
            2U);

  v1::ImportMembersRequest people;
  for (const char* id : {"M1", "M2"}) {
    v1::Member* const member = people.add_members();
    member->set_member_id(id);
    member->set_union_node_id("KM-1");
    member->set_real_name_verified(std::string(id) == "M1");
  }
  EXPECT_EQ(ImportOne<v1::ImportMembersResponse>(
                members.get(), &v1::MemberService::Stub::ImportMembers, people)
                .accepted_count(),
            2U);

  v1::ImportCardsRequest cards;
  for (const char* number : {kCard1, kCard2}) {
    v1::Card* const card = cards.add_cards();
    card->set_card_number(number);
    card->set_member_id(number == kCard1 ? "M1" : "M2");
  }
  EXPECT_EQ(ImportOne<v1::ImportCardsResponse>(
                members.get(), &v1::MemberService::Stub::ImportCards, cards)
                .accepted_count(),
            2U);

  v1::ImportMerchantsRequest shops;
  for (const char* id : {"METRO", "SHOP"}) {
    v1::Merchant* const merchant = shops.add_merchants();
    merchant->set_merchant_id(id);
    merchant->set_union_node_id("KM");
    merchant->set_mcc(std::string(id) == "METRO" ? 4111 : 5411);
  }
  EXPECT_EQ(ImportOne<v1::ImportMerchantsResponse>(
                merchants.get(), &v1::MerchantService::Stub::ImportMerchants, shops)
                .accepted_count(),
            2U);

  v1::ImportTerminalsRequest terminals;
  v1::Terminal* terminal = terminals.add_terminals();
  terminal->set_terminal_id("GATE1");
  terminal->set_merchant_id("METRO");
  terminal->set_kind(v1::TERMINAL_KIND_GATE);
  terminal = terminals.add_terminals();
  terminal->set_terminal_id("POS1");
  terminal->set_merchant_id("SHOP");
  EXPECT_EQ(ImportOne<v1::ImportTerminalsResponse>(
                merchants.get(), &v1::MerchantService::Stub::ImportTerminals, terminals)
                .accepted_count(),
            2U);

  grpc::ClientContext context;
  v1::ApplyProgrammeRequest apply;
  apply.set_content(programme);
  v1::ApplyProgrammeResponse applied;
  const grpc::Status status = programmes->ApplyProgramme(&context, apply, &applied);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(applied.diagnostics_size(), 0) << applied.DebugString();
}

std::string NextUuid() {
  static std::atomic<uint64_t> next{1};
  return absl::StrFormat("6ba7b810-9dad-11d1-80b4-%012x", next.fetch_add(1));
}

v1::AuthorizeRequest Ride() {
  v1::AuthorizeRequest request;
  request.set_request_id(NextUuid());
  request.set_terminal_id("GATE1");
  request.set_card_number(kCard1);
  request.set_list_price_fen(400);
  request.set_pos_entry_mode(v1::POS_ENTRY_MODE_CONTACTLESS);
  return request;
}

ErrorDetails DetailsOf(const google::rpc::Status& status) {
  ErrorDetails details;
  for (const google::protobuf::Any& any : status.details()) {
    if (any.Is<google::rpc::ErrorInfo>()) {
      any.UnpackTo(&details.info);
    } else if (any.Is<google::rpc::BadRequest>()) {
      any.UnpackTo(&details.bad_request);
    } else if (any.Is<google::rpc::RetryInfo>()) {
      any.UnpackTo(&details.retry);
      details.has_retry = true;
    }
  }
  return details;
}

ErrorDetails DetailsOf(const grpc::Status& status) {
  google::rpc::Status parsed;
  EXPECT_TRUE(parsed.ParseFromString(status.error_details()));
  EXPECT_EQ(parsed.code(), static_cast<int>(status.error_code()));
  return DetailsOf(parsed);
}

}  // namespace gonghui
