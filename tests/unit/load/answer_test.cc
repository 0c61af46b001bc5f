// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/answer.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/echo/answer.h"
#include "gonghui/v1/authorization_service.pb.h"

namespace gonghui::load {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class AnswerTest : public testing::Test {
 protected:
  AnswerTest() {
    WorkloadSources sources;
    sources.synthetic_count = 100;
    workload_ = *Workload::Load(sources);
    sent_.request_id.fill('7');
    sent_.terminal = 1;
    sent_.card = 5;
    sent_.stan = 12;
    sent_.list_price_fen = 1'000;
  }

  // The answer that is right for sent_: an approved sale.
  v1::AuthorizeResponse Approved() {
    char bytes[kRequestBytesMax];
    const char* end = EncodeRequest(workload_, RequestMix(), sent_, {}, bytes);
    v1::AuthorizeRequest request;
    EXPECT_TRUE(request.ParseFromArray(bytes, static_cast<int>(end - bytes)));
    v1::AuthorizeResponse response;
    bench::PrepareAnswer(&response);
    bench::FillAnswer(request, 1, 1, &response);
    return response;
  }

  v1::AuthorizeResponse Declined() {
    v1::AuthorizeResponse response = Approved();
    v1::Transaction* txn = response.mutable_transaction();
    txn->set_outcome(v1::OUTCOME_DECLINED);
    txn->set_reason(v1::REASON_EXCEEDS_FREQUENCY_LIMIT);
    txn->set_state(v1::TRANSACTION_STATE_DECLINED);
    txn->clear_approval_code();
    txn->clear_applied_benefits();
    txn->clear_limits();
    txn->clear_subsidy_fen();
    txn->clear_captured_fen();
    txn->set_member_pays_fen(txn->list_price_fen());
    return response;
  }

  std::string Problem(const v1::AuthorizeResponse& response) {
    const std::string bytes = response.SerializeAsString();
    Answer answer;
    if (!ReadAnswer(bytes, &answer)) {
      return "unreadable";
    }
    return std::string(WrongWith(answer, sent_, workload_));
  }

  Workload workload_;
  Sent sent_;
};

TEST_F(AnswerTest, ReadsWhatProtobufWrites) {
  v1::AuthorizeResponse response = Approved();
  response.set_idempotent_replay(true);
  response.mutable_transaction()->set_reason(v1::REASON_NO_EFFECT);
  response.mutable_transaction()->add_applied_benefits()->set_amount_fen(-7);
  const v1::Transaction& txn = response.transaction();
  const std::string bytes = response.SerializeAsString();
  Answer answer;
  ASSERT_TRUE(ReadAnswer(bytes, &answer));
  EXPECT_EQ(answer.transaction, txn.SerializeAsString());
  EXPECT_EQ(answer.transaction_id, txn.transaction_id());
  EXPECT_EQ(answer.request_id, txn.request_id());
  EXPECT_EQ(answer.terminal_id, txn.terminal_id());
  EXPECT_EQ(answer.merchant_id, txn.merchant_id());
  EXPECT_EQ(answer.approval_code, txn.approval_code());
  EXPECT_EQ(answer.kind, static_cast<uint32_t>(txn.kind()));
  EXPECT_EQ(answer.outcome, static_cast<uint32_t>(txn.outcome()));
  EXPECT_EQ(answer.reason, static_cast<uint32_t>(txn.reason()));
  EXPECT_EQ(answer.state, static_cast<uint32_t>(txn.state()));
  EXPECT_EQ(answer.stan, txn.stan());
  EXPECT_TRUE(answer.decided_at);
  EXPECT_TRUE(answer.idempotent_replay);
  EXPECT_TRUE(answer.limits_add_up);
  EXPECT_EQ(answer.list_price_fen, txn.list_price_fen());
  EXPECT_EQ(answer.member_pays_fen, txn.member_pays_fen());
  EXPECT_EQ(answer.subsidy_fen, txn.subsidy_fen());
  EXPECT_EQ(answer.applied_fen, txn.subsidy_fen() - 7);
  EXPECT_EQ(answer.applied_count, 2U);
  EXPECT_EQ(answer.captured_fen, txn.captured_fen());
}

TEST_F(AnswerTest, RightAnswersAreRight) {
  EXPECT_THAT(Problem(Approved()), IsEmpty());
  EXPECT_THAT(Problem(Declined()), IsEmpty());
  sent_.step = Step::kHold;
  EXPECT_THAT(Problem(Approved()), IsEmpty()) << "a hold";
}

TEST_F(AnswerTest, AFullPriceApprovalCarriesItsReason) {
  v1::AuthorizeResponse response = Declined();
  v1::Transaction* txn = response.mutable_transaction();
  txn->set_outcome(v1::OUTCOME_APPROVED);
  txn->set_state(v1::TRANSACTION_STATE_CAPTURED);
  txn->set_captured_fen(txn->list_price_fen());
  txn->set_approval_code("ABC123");
  EXPECT_THAT(Problem(response), IsEmpty());
}

TEST_F(AnswerTest, AnUnknownTerminalIsRefusedWithoutARecord) {
  v1::AuthorizeResponse response = Declined();
  v1::Transaction* txn = response.mutable_transaction();
  txn->set_reason(v1::REASON_INVALID_TERMINAL);
  txn->clear_transaction_id();
  txn->clear_state();
  txn->clear_merchant_id();
  EXPECT_THAT(Problem(response), IsEmpty());
}

struct Fault {
  const char* problem;
  std::function<void(v1::Transaction*)> make;
};

TEST_F(AnswerTest, EveryFaultInAnApprovalIsFound) {
  const std::vector<Fault> faults = {
      {"request_id is not", [](auto* t) { t->mutable_request_id()->back() = '8'; }},
      {"request_id is not", [](auto* t) { t->clear_request_id(); }},
      {"terminal_id is not", [](auto* t) { t->set_terminal_id("T100000"); }},
      {"merchant_id is not", [](auto* t) { t->clear_merchant_id(); }},
      {"stan is not", [](auto* t) { t->set_stan(13); }},
      {"kind is not", [](auto* t) { t->set_kind(v1::TRANSACTION_KIND_CAPTURE); }},
      {"decided_at", [](auto* t) { t->clear_decided_at(); }},
      {"is not member_pays_fen + subsidy_fen", [](auto* t) { t->set_member_pays_fen(901); }},
      {"a limit's max", [](auto* t) { t->mutable_limits(1)->set_held(1); }},
      {"no outcome", [](auto* t) { t->clear_outcome(); }},
      {"without a transaction_id", [](auto* t) { t->clear_transaction_id(); }},
      {"or approval_code", [](auto* t) { t->clear_approval_code(); }},
      {"not what was asked",
       [](auto* t) {
         t->set_list_price_fen(1'001);
         t->set_member_pays_fen(901);
       }},
      {"a negative share",
       [](auto* t) {
         t->set_member_pays_fen(-1);
         t->set_subsidy_fen(1'001);
       }},
      {"do not add up", [](auto* t) { t->mutable_applied_benefits(0)->set_amount_fen(99); }},
      {"is not CAPTURED", [](auto* t) { t->set_state(v1::TRANSACTION_STATE_PENDING); }},
      {"captured_fen of a sale", [](auto* t) { t->set_captured_fen(900); }},
  };
  for (const Fault& fault : faults) {
    v1::AuthorizeResponse response = Approved();
    fault.make(response.mutable_transaction());
    EXPECT_THAT(Problem(response), HasSubstr(fault.problem));
  }
}

TEST_F(AnswerTest, EveryFaultInADeclineIsFound) {
  const std::vector<Fault> faults = {
      {"without a reason", [](auto* t) { t->clear_reason(); }},
      {"state is not DECLINED", [](auto* t) { t->clear_state(); }},
      {"without a transaction_id", [](auto* t) { t->clear_transaction_id(); }},
      {"something was booked", [](auto* t) { t->set_captured_fen(1); }},
      {"something was booked", [](auto* t) { t->add_applied_benefits(); }},
      {"with an approval_code", [](auto* t) { t->set_approval_code("ABC123"); }},
  };
  for (const Fault& fault : faults) {
    v1::AuthorizeResponse response = Declined();
    fault.make(response.mutable_transaction());
    EXPECT_THAT(Problem(response), HasSubstr(fault.problem));
  }
}

TEST_F(AnswerTest, FaultsOfAHold) {
  sent_.step = Step::kHold;
  v1::AuthorizeResponse response = Approved();
  response.mutable_transaction()->set_state(v1::TRANSACTION_STATE_CAPTURED);
  EXPECT_THAT(Problem(response), HasSubstr("is not PENDING"));
  response = Approved();
  response.mutable_transaction()->set_captured_fen(1);
  EXPECT_THAT(Problem(response), HasSubstr("captured_fen of a new hold"));
}

TEST_F(AnswerTest, ARepeatMustBeTheSameAndSaySo) {
  const v1::AuthorizeResponse first = Approved();
  sent_.earlier =
      std::make_shared<const Earlier>(Earlier{sent_, first.transaction().SerializeAsString()});
  EXPECT_THAT(Problem(first), HasSubstr("was not answered as a replay"));

  v1::AuthorizeResponse replay = first;
  replay.set_idempotent_replay(true);
  EXPECT_THAT(Problem(replay), IsEmpty());

  replay.mutable_transaction()->set_transaction_id("ZZZZZZZZZZZZ");
  EXPECT_THAT(Problem(replay), HasSubstr("otherwise than before"));
}

TEST_F(AnswerTest, ARepeatOfWhatOthersAskedMustSaySo) {
  sent_.earlier = std::make_shared<const Earlier>(Earlier{sent_, ""});
  v1::AuthorizeResponse replay = Approved();
  EXPECT_THAT(Problem(replay), HasSubstr("was not answered as a replay"));
  replay.set_idempotent_replay(true);
  replay.mutable_transaction()->set_state(v1::TRANSACTION_STATE_EXPIRED);
  replay.mutable_transaction()->set_captured_fen(0);
  EXPECT_THAT(Problem(replay), IsEmpty());
  replay.mutable_transaction()->set_member_pays_fen(replay.transaction().member_pays_fen() + 1);
  EXPECT_THAT(Problem(replay), HasSubstr("list_price_fen is not"));
}

TEST_F(AnswerTest, ARepeatedHoldMayHaveMovedOn) {
  sent_.step = Step::kHold;
  v1::AuthorizeResponse replay = Approved();
  sent_.earlier =
      std::make_shared<const Earlier>(Earlier{sent_, replay.transaction().SerializeAsString()});
  replay.set_idempotent_replay(true);
  replay.mutable_transaction()->set_state(v1::TRANSACTION_STATE_EXPIRED);
  EXPECT_THAT(Problem(replay), IsEmpty());
  replay.mutable_transaction()->set_display_message("Sorry");
  EXPECT_THAT(Problem(replay), HasSubstr("otherwise than before"));
}

TEST_F(AnswerTest, ANewRequestIsNoReplay) {
  v1::AuthorizeResponse response = Approved();
  response.set_idempotent_replay(true);
  EXPECT_THAT(Problem(response), HasSubstr("a new request was answered as a replay"));
}

TEST_F(AnswerTest, DamageIsUnreadable) {
  const std::string bytes = Approved().SerializeAsString();
  Answer answer;
  EXPECT_FALSE(ReadAnswer("", &answer)) << "no transaction";
  for (size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_FALSE(ReadAnswer(std::string_view(bytes).substr(0, size), &answer)) << size;
  }
}

TEST_F(AnswerTest, SplitsAStreamMessage) {
  v1::AuthorizeStreamResponse message;
  *message.add_results()->mutable_response() = Approved();
  message.add_results()->mutable_error()->set_code(8);
  message.add_results();
  const std::string bytes = message.SerializeAsString();
  std::vector<StreamResult> results;
  ASSERT_TRUE(ReadStreamResults(bytes, &results));
  ASSERT_EQ(results.size(), 3U);
  EXPECT_TRUE(results[0].has_response);
  EXPECT_EQ(results[0].response, Approved().SerializeAsString());
  EXPECT_TRUE(results[1].has_error);
  EXPECT_EQ(results[1].error_code, 8U);
  EXPECT_FALSE(results[2].has_response || results[2].has_error);
  EXPECT_FALSE(ReadStreamResults(std::string_view(bytes).substr(0, bytes.size() - 3), &results));
}

TEST_F(AnswerTest, DescribesForPeople) {
  const std::string text =
      DescribeWrong("this is odd", sent_, workload_, Approved().SerializeAsString());
  EXPECT_THAT(text, HasSubstr("this is odd"));
  EXPECT_THAT(text, HasSubstr("list_price_fen: 1000"));
  EXPECT_THAT(text, HasSubstr("outcome: OUTCOME_APPROVED"));
  EXPECT_THAT(DescribeWrong("x", sent_, workload_, "\x0a"),
              HasSubstr("1 bytes that are no message"));
}

}  // namespace
}  // namespace gonghui::load
