// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Suzhou's opening minute through the real server: 100,000 members, each with two cards
// shown at once by two terminals, against 15,000 packs.  Exactly 15,000 get one, nobody
// two, and after a kill the answers are the same.

#include <array>
#include <atomic>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_format.h>
#include <absl/strings/str_replace.h>
#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "gonghui/v1/authorization_service.grpc.pb.h"
#include "gonghui/v1/member_service.grpc.pb.h"
#include "gonghui/v1/merchant_service.grpc.pb.h"
#include "gonghui/v1/programme_service.grpc.pb.h"
#include "tests/recovery/server_process.h"

namespace gonghui {
namespace {

constexpr int kMembers = 100'000;
constexpr int kPacks = 15'000;
constexpr int kTerminals = 4;
constexpr int kItemsPerMessage = 500;
constexpr int kRowsPerMessage = 1'000;
constexpr const char* kStock = "cooling-packs-2026";
constexpr uint64_t kSeed = 20'220'808;

std::string CardOf(int member, int card) {
  return absl::StrFormat("6253012%d%08d", card, member);
}
std::string TerminalOf(int terminal) {
  return absl::StrCat("WEB", terminal);
}
// A request has one name, whoever repeats it.
std::string RequestIdOf(int member, int card) {
  return absl::StrFormat("%08x-0000-4000-8000-%012x", member, card);
}

// The operators' file, open now and on every day.
std::string ProgrammeFile() {
  std::ifstream file(std::string(GONGHUI_PROGRAMMES_DIR) + "/03-suzhou-cooling-packs.yaml");
  std::ostringstream text;
  text << file.rdbuf();
  std::string content = text.str();
  const auto must_replace = [&content](std::string_view what, std::string_view with) {
    EXPECT_NE(content.find(what), std::string::npos) << what;
    content = absl::StrReplaceAll(content,
                                  {{absl::string_view(what.data(), what.size()),
                                    absl::string_view(with.data(), with.size())}});
  };
  must_replace("starts: 2026-08-01", "starts: 2020-01-01");
  must_replace("until: 2026-08-31", "until: 2190-01-01");
  must_replace("starts: 2026-08-08", "starts: 2020-01-01");
  must_replace("until: 2026-08-10", "until: 2190-01-01");
  must_replace("09:00-24:00", "00:00-24:00");
  return content;
}

template <class Response, class Open, class Request>
void Import(const Open& open, const Request& request, int rows, const char* what) {
  grpc::ClientContext context;
  const auto stream = open(&context);
  Response response;
  const bool answered = stream->Write(request) && stream->WritesDone() && stream->Read(&response);
  const grpc::Status status = stream->Finish();
  ASSERT_TRUE(answered && status.ok()) << what << ": " << status.error_message();
  ASSERT_EQ(response.summary().accepted_count(), static_cast<uint32_t>(rows))
      << what << ": " << response.summary().ShortDebugString();
}

void BuildSuzhou(const ServerProcess& server) {
  const auto channel = server.ConnectOperator();
  const auto members = v1::MemberService::NewStub(channel);
  const auto merchants = v1::MerchantService::NewStub(channel);
  v1::ImportUnionNodesRequest unions;
  unions.add_union_nodes()->set_union_node_id("suzhou");
  unions.mutable_union_nodes(0)->set_level(v1::UNION_LEVEL_CITY);
  unions.mutable_union_nodes(0)->set_display_name("苏州市总工会");
  Import<v1::ImportUnionNodesResponse>(
      [&](auto* context) { return members->ImportUnionNodes(context); }, unions, 1, "unions");
  for (int first = 0; first < kMembers; first += kRowsPerMessage) {
    v1::ImportMembersRequest rows;
    v1::ImportCardsRequest cards;
    for (int i = first; i < first + kRowsPerMessage; ++i) {
      v1::Member* const member = rows.add_members();
      member->set_member_id(absl::StrFormat("M%07d", i));
      member->set_union_node_id("suzhou");
      member->set_real_name_verified(true);
      for (const int card : {1, 2}) {
        v1::Card* const row = cards.add_cards();
        row->set_card_number(CardOf(i, card));
        row->set_member_id(member->member_id());
      }
    }
    Import<v1::ImportMembersResponse>(
        [&](auto* context) { return members->ImportMembers(context); },
        rows,
        kRowsPerMessage,
        "members");
    // Cards by the thousand, too.
    for (const int half : {0, 1}) {
      v1::ImportCardsRequest part;
      for (int i = 0; i < kRowsPerMessage; ++i) {
        *part.add_cards() = cards.cards(half * kRowsPerMessage + i);
      }
      Import<v1::ImportCardsResponse>([&](auto* context) { return members->ImportCards(context); },
                                      part,
                                      kRowsPerMessage,
                                      "cards");
    }
  }
  v1::ImportMerchantsRequest shops;
  shops.add_merchants()->set_merchant_id("APP");
  shops.mutable_merchants(0)->set_union_node_id("suzhou");
  shops.mutable_merchants(0)->set_mcc(8398);
  shops.mutable_merchants(0)->set_display_name("工会服务号");
  Import<v1::ImportMerchantsResponse>(
      [&](auto* context) { return merchants->ImportMerchants(context); }, shops, 1, "merchants");
  v1::ImportTerminalsRequest terminals;
  for (int i = 0; i < kTerminals; ++i) {
    terminals.add_terminals()->set_terminal_id(TerminalOf(i));
    terminals.mutable_terminals(i)->set_merchant_id("APP");
    terminals.mutable_terminals(i)->set_kind(v1::TERMINAL_KIND_ONLINE);
  }
  Import<v1::ImportTerminalsResponse>(
      [&](auto* context) { return merchants->ImportTerminals(context); },
      terminals,
      kTerminals,
      "terminals");
  const auto programmes = v1::ProgrammeService::NewStub(channel);
  v1::ApplyProgrammeRequest apply;
  apply.set_content(ProgrammeFile());
  v1::ApplyProgrammeResponse applied;
  grpc::ClientContext context;
  const grpc::Status status = programmes->ApplyProgramme(&context, apply, &applied);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(applied.diagnostics_size(), 0) << applied.DebugString();
}

struct Asked {
  int member = 0;
  int card = 0;
};

// What a terminal was told, request by request.
struct Told {
  std::vector<Asked> asked;
  std::vector<v1::Reason> reasons;
  std::vector<bool> approved;
  std::string failure;
};

// Sends all of it, a message ahead of what is read, as an app's back end does at the
// opening minute.
void AskAll(const ServerProcess& server, int terminal, Told* told) {
  const auto stub = v1::AuthorizationService::NewStub(server.ConnectTerminal());
  grpc::ClientContext context;
  const auto stream = stub->AuthorizeStream(&context);
  std::thread writer([&] {
    for (size_t first = 0; first < told->asked.size(); first += kItemsPerMessage) {
      v1::AuthorizeStreamRequest message;
      const size_t end = std::min(first + kItemsPerMessage, told->asked.size());
      for (size_t i = first; i < end; ++i) {
        v1::AuthorizeRequest* const request = message.add_requests();
        request->set_request_id(RequestIdOf(told->asked[i].member, told->asked[i].card));
        request->set_terminal_id(TerminalOf(terminal));
        request->set_card_number(CardOf(told->asked[i].member, told->asked[i].card));
      }
      if (!stream->Write(message)) {
        return;
      }
    }
    stream->WritesDone();
  });
  v1::AuthorizeStreamResponse response;
  while (stream->Read(&response)) {
    for (const v1::AuthorizeStreamResult& result : response.results()) {
      if (!result.has_response()) {
        told->failure = result.ShortDebugString();
      }
      const v1::Transaction& transaction = result.response().transaction();
      told->approved.push_back(transaction.outcome() == v1::OUTCOME_APPROVED);
      told->reasons.push_back(transaction.reason());
    }
  }
  writer.join();
  if (const grpc::Status status = stream->Finish(); !status.ok()) {
    told->failure = status.error_message();
  }
}

using Tolds = std::array<Told, kTerminals>;

// Two terminals for the first cards, two for the second, each in an order of its own.
void Deal(Tolds* tolds) {
  Prng prng{kSeed};
  for (int terminal = 0; terminal < kTerminals; ++terminal) {
    std::vector<Asked>& asked = (*tolds)[static_cast<size_t>(terminal)].asked;
    const int card = 1 + terminal % 2;
    for (int member = terminal / 2; member < kMembers; member += kTerminals / 2) {
      asked.push_back({member, card});
    }
    for (size_t i = asked.size(); i > 1; --i) {
      std::swap(asked[i - 1], asked[prng.Below(i)]);
    }
  }
}

void AskEverybody(const ServerProcess& server, Tolds* tolds) {
  std::vector<std::thread> threads;
  for (int terminal = 0; terminal < kTerminals; ++terminal) {
    threads.emplace_back(
        [&, terminal] { AskAll(server, terminal, &(*tolds)[static_cast<size_t>(terminal)]); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

int64_t HeldOf(const ServerProcess& server, int64_t* left) {
  const auto programmes = v1::ProgrammeService::NewStub(server.ConnectOperator());
  v1::GetFundRequest request;
  request.set_fund_code(kStock);
  v1::GetFundResponse response;
  grpc::ClientContext context;
  const grpc::Status status = programmes->GetFund(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  *left = response.fund().left();
  return response.fund().held();
}

TEST(BurstTest, FifteenThousandPacksForAHundredThousandMembers) {
  ServerProcess server;
  ASSERT_TRUE(server.Start().ok()) << server.LogOfThisStart();
  ASSERT_NO_FATAL_FAILURE(BuildSuzhou(server));

  Tolds tolds;
  Deal(&tolds);
  AskEverybody(server, &tolds);

  int approved = 0;
  int gone = 0;
  std::set<int> lucky;
  for (const Told& told : tolds) {
    ASSERT_EQ(told.failure, "");
    ASSERT_EQ(told.approved.size(), told.asked.size());
    for (size_t i = 0; i < told.asked.size(); ++i) {
      if (told.approved[i]) {
        ++approved;
        EXPECT_TRUE(lucky.insert(told.asked[i].member).second)
            << "two packs for member " << told.asked[i].member;
      } else if (told.reasons[i] == v1::REASON_QUOTA_EXHAUSTED) {
        ++gone;
      } else {
        // Who has one is told so, as long as there are packs and after.
        EXPECT_EQ(told.reasons[i], v1::REASON_EXCEEDS_FREQUENCY_LIMIT);
      }
    }
  }
  EXPECT_EQ(approved, kPacks);
  EXPECT_EQ(lucky.size(), static_cast<size_t>(kPacks));
  EXPECT_GE(gone, kMembers - kPacks);
  int64_t left = -1;
  EXPECT_EQ(HeldOf(server, &left), kPacks);
  EXPECT_EQ(left, 0);

  // Everybody asks again after the server was killed: nobody hears anything else.
  server.Kill();
  ASSERT_TRUE(server.Start().ok()) << server.LogOfThisStart();
  Tolds again;
  Deal(&again);
  AskEverybody(server, &again);
  for (size_t terminal = 0; terminal < tolds.size(); ++terminal) {
    ASSERT_EQ(again[terminal].failure, "");
    EXPECT_EQ(again[terminal].approved, tolds[terminal].approved);
    EXPECT_EQ(again[terminal].reasons, tolds[terminal].reasons);
  }
  EXPECT_EQ(HeldOf(server, &left), kPacks);
  EXPECT_EQ(left, 0);
  std::cout << kMembers << " members with two cards each asked for " << kPacks
            << " packs: " << approved << " approved, " << gone << " times none was left (seed "
            << kSeed << ")\n";
}

}  // namespace
}  // namespace gonghui
