// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Terminals known by their certificates.

#include <filesystem>
#include <memory>
#include <string>

#include <google/protobuf/util/time_util.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "tests/e2e/server/certificates.h"
#include "tests/e2e/server/harness.h"

namespace gonghui {
namespace {

// The certificates are made once: openssl takes its time.
class TlsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new std::string(MakeTestFolder());
    ca_ = new CertificateAuthority(*folder_, "union");
    stranger_ = new CertificateAuthority(*folder_, "stranger");
    ca_->Issue("server", "DNS:localhost");
    ca_->Issue("gate", "URI:urn:gonghui:terminal:GATE1");
    ca_->Issue("till", "URI:urn:gonghui:terminal:POS1");
    ca_->Issue("nameless", "DNS:gate.example");
    ca_->Issue("double", "URI:urn:gonghui:terminal:GATE1,URI:urn:gonghui:terminal:POS1");
    stranger_->Issue("forged", "URI:urn:gonghui:terminal:GATE1");
  }
  static void TearDownTestSuite() {
    std::error_code ignored;
    std::filesystem::remove_all(*folder_, ignored);
    delete ca_;
    delete stranger_;
    delete folder_;
  }

  TlsTest() {
    HarnessOptions options;
    options.insecure_dev = false;
    options.configure = [](Config* config) {
      config->terminals.tls_ca_file = ca_->ca_file();
      config->terminals.tls_cert_file = ca_->cert_file("server");
      config->terminals.tls_key_file = ca_->key_file("server");
    };
    harness_ = std::make_unique<Harness>(options);
  }

  // Of the terminal with this certificate; empty = none.
  std::unique_ptr<v1::AuthorizationService::Stub> Stub(const std::string& name) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = ReadTextFile(ca_->ca_file());
    if (!name.empty()) {
      options.pem_cert_chain = ReadTextFile(ca_->cert_file(name));
      options.pem_private_key = ReadTextFile(ca_->key_file(name));
    }
    return v1::AuthorizationService::NewStub(harness_->Terminals(grpc::SslCredentials(options)));
  }
  static grpc::Status Authorize(v1::AuthorizationService::Stub* stub,
                                const v1::AuthorizeRequest& request,
                                v1::AuthorizeResponse* response) {
    grpc::ClientContext context;
    return stub->Authorize(&context, request, response);
  }

  static inline std::string* folder_ = nullptr;
  static inline CertificateAuthority* ca_ = nullptr;
  static inline CertificateAuthority* stranger_ = nullptr;
  std::unique_ptr<Harness> harness_;
};

TEST_F(TlsTest, TheCertificateNamesTheTerminal) {
  const auto gate = Stub("gate");
  v1::AuthorizeResponse response;
  grpc::Status status = Authorize(gate.get(), Ride(), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.transaction().outcome(), v1::OUTCOME_APPROVED);

  // It may leave itself unnamed.
  v1::AuthorizeRequest request = Ride();
  request.clear_terminal_id();
  status = Authorize(gate.get(), request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.transaction().terminal_id(), "GATE1");
}

TEST_F(TlsTest, AnotherTerminalsWordsAreRefused) {
  const auto till = Stub("till");
  v1::AuthorizeResponse response;
  const grpc::Status status = Authorize(till.get(), Ride(), &response);  // says GATE1
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(DetailsOf(status).info.metadata().at("field"), "terminal_id");

  v1::AuthorizeRequest request = Ride();
  request.set_terminal_id("POS1");
  request.set_merchant_id("METRO");
  const grpc::Status merchant = Authorize(till.get(), request, &response);
  EXPECT_EQ(merchant.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(DetailsOf(merchant).info.metadata().at("field"), "merchant_id");
}

TEST_F(TlsTest, AnotherTerminalsTransactionIsNotShown) {
  v1::AuthorizeResponse response;
  ASSERT_TRUE(Authorize(Stub("gate").get(), Ride(), &response).ok());
  v1::GetTransactionRequest request;
  request.set_transaction_id(response.transaction().transaction_id());
  v1::GetTransactionResponse found;
  grpc::ClientContext context;
  const grpc::Status status = Stub("till")->GetTransaction(&context, request, &found);
  EXPECT_TRUE(status.error_code() == grpc::StatusCode::PERMISSION_DENIED ||
              status.error_code() == grpc::StatusCode::NOT_FOUND)
      << status.error_code();
}

TEST_F(TlsTest, StreamsAreHeldToTheCertificateToo) {
  const auto till = Stub("till");
  grpc::ClientContext context;
  auto stream = till->AuthorizeStream(&context);
  v1::AuthorizeStreamRequest message;
  *message.add_requests() = Ride();
  *message.add_requests() = Ride();
  message.mutable_requests(1)->clear_terminal_id();
  stream->Write(message);
  stream->WritesDone();
  v1::AuthorizeStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_EQ(response.results_size(), 2);
  EXPECT_EQ(response.results(0).error().code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(response.results(1).response().transaction().terminal_id(), "POS1");
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(TlsTest, AdvicesAndClosesAreHeldToTheCertificateToo) {
  const auto gate = Stub("gate");
  grpc::ClientContext context;
  auto stream = gate->SubmitAdvices(&context);
  v1::SubmitAdvicesRequest message;
  for (uint32_t i = 1; i <= 2; ++i) {
    v1::Advice* const advice = message.add_advices();
    *advice->mutable_sale() = Ride();
    advice->mutable_sale()->clear_terminal_id();
    advice->mutable_sale()->set_capture(true);
    advice->mutable_sale()->set_transport_data(std::to_string(i));
    advice->set_member_paid_fen(400);
    *advice->mutable_occurred_at() =
        google::protobuf::util::TimeUtil::NanosecondsToTimestamp(SystemClock::Instance().NowNs());
    advice->set_terminal_sequence(i);
    advice->set_business_date("2026-05-03");
  }
  message.set_terminal_id("POS1");
  stream->Write(message);
  v1::SubmitAdvicesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_EQ(response.results_size(), 2);
  for (const v1::AdviceResult& result : response.results()) {
    EXPECT_FALSE(result.accepted());
    EXPECT_EQ(result.error().code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(DetailsOf(result.error()).info.metadata().at("field"), "terminal_id");
  }
  EXPECT_EQ(response.results(0).transport_data(), "1");
  EXPECT_EQ(response.results(1).transport_data(), "2");
  // The stream lives on; unnamed, or by its own name within an advice, it is itself.
  message.clear_terminal_id();
  message.mutable_advices(1)->mutable_sale()->set_terminal_id("GATE1");
  stream->Write(message);
  stream->WritesDone();
  ASSERT_TRUE(stream->Read(&response));
  for (const v1::AdviceResult& result : response.results()) {
    EXPECT_TRUE(result.accepted()) << result.DebugString();
    EXPECT_EQ(result.transaction().terminal_id(), "GATE1");
  }
  EXPECT_TRUE(stream->Finish().ok());

  v1::CloseBatchRequest close;
  close.set_request_id(NextUuid());
  close.set_terminal_id("POS1");
  close.mutable_totals();
  v1::CloseBatchResponse closed;
  grpc::ClientContext close_context;
  const grpc::Status status = gate->CloseBatch(&close_context, close, &closed);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(DetailsOf(status).info.metadata().at("field"), "terminal_id");
}

TEST_F(TlsTest, WithoutAGoodCertificateThereIsNoCall) {
  v1::AuthorizeResponse response;
  EXPECT_EQ(Authorize(Stub("").get(), Ride(), &response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Authorize(Stub("forged").get(), Ride(), &response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  const auto plain = v1::AuthorizationService::NewStub(harness_->Terminals());
  EXPECT_EQ(Authorize(plain.get(), Ride(), &response).error_code(), grpc::StatusCode::UNAVAILABLE);
  for (const char* name : {"nameless", "double"}) {
    const grpc::Status status = Authorize(Stub(name).get(), Ride(), &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << name;
    EXPECT_EQ(DetailsOf(status).info.reason(), "CERTIFICATE_NAMES_NO_TERMINAL");
  }
  EXPECT_TRUE(Authorize(Stub("gate").get(), Ride(), &response).ok());
}

}  // namespace
}  // namespace gonghui
