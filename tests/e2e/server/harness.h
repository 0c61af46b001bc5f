// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A server with a real engine on a journal in memory, in a folder of its own, and
// a small city in it:
//
//   union KM, below it KM-1     members M1 (verified), M2 (not verified)
//   cards kCard1 of M1, kCard2 of M2
//   merchant METRO (4111) with gate GATE1, merchant SHOP (5411) with till POS1
//   programme metro: 1 fen a ride at gates, 3 uses a day, for verified members

#ifndef GONGHUI_TESTS_E2E_SERVER_HARNESS_H_
#define GONGHUI_TESTS_E2E_SERVER_HARNESS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include "engine/durability/memory_draw_store.h"
#include "engine/durability/memory_journal.h"
#include "engine/durability/memory_programme_sources.h"
#include "engine/pipeline/engine.h"
#include "engine/server/personal_data.h"
#include "engine/server/server.h"
#include "gonghui/v1/authorization_service.grpc.pb.h"
#include "gonghui/v1/programme_service.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace gonghui {

inline constexpr const char* kCard1 = "6212345678900001";
inline constexpr const char* kCard2 = "6212345678900002";

// The programme of the city; `price` and `fund` as the test likes.
std::string MetroYaml(int uses_per_day = 3);

struct HarnessOptions {
  // Changes the configuration before the server starts.
  std::function<void(Config*)> configure;
  EngineOptions engine;
  const Clock* clock = nullptr;  // of the engine; null = the system's
  bool insecure_dev = true;
  bool populate = true;
};

class Harness {
 public:
  explicit Harness(const HarnessOptions& options = {});
  ~Harness();

  [[nodiscard]] std::shared_ptr<grpc::Channel> Terminals(
      const std::shared_ptr<grpc::ChannelCredentials>& credentials = nullptr) const;
  [[nodiscard]] std::shared_ptr<grpc::Channel> Operators() const;

  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] Server& server() { return *server_; }
  [[nodiscard]] MemoryJournal& journal() { return journal_; }
  [[nodiscard]] MemoryPersonalDataStore& personal_data() { return personal_data_; }
  [[nodiscard]] MemoryProgrammeSources& programme_sources() { return programme_sources_; }
  [[nodiscard]] MemoryDrawStore& draws() { return draws_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }

  void Populate();
  // Stops the server and the engine, and starts others on the same journal.
  void Restart();

 private:
  void Start();
  void Stop();

  const HarnessOptions options_;
  std::string folder_;
  MemoryJournal journal_;
  MemoryPersonalDataStore personal_data_;
  MemoryProgrammeSources programme_sources_;
  MemoryDrawStore draws_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Server> server_;
};

// The city, with another programme if told so, by the operators' services.
void PopulateCity(const std::shared_ptr<grpc::Channel>& operators,
                  const std::string& programme = MetroYaml());

std::string MakeTestFolder();

// A fresh UUID, of a counter: tests need no chance.
std::string NextUuid();

// An authorization at GATE1 with kCard1 for 4 yuan.
v1::AuthorizeRequest Ride();

// What an error says.
struct ErrorDetails {
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad_request;
  google::rpc::RetryInfo retry;
  bool has_retry = false;
};
ErrorDetails DetailsOf(const google::rpc::Status& status);
ErrorDetails DetailsOf(const grpc::Status& status);

// Sends one message of rows and answers what became of them.
template <class Response, class Stub, class Method, class Request>
v1::ImportSummary ImportOne(Stub* stub, Method method, const Request& request) {
  grpc::ClientContext context;
  auto stream = (stub->*method)(&context);
  stream->Write(request);
  stream->WritesDone();
  Response response;
  stream->Read(&response);
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.summary();
}

}  // namespace gonghui

#endif  // GONGHUI_TESTS_E2E_SERVER_HARNESS_H_
