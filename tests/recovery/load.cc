// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/recovery/load.h"

#include <chrono>
#include <deque>
#include <utility>

#include <absl/strings/str_cat.h>
#include <google/protobuf/util/message_differencer.h>

#include "engine/base/check.h"
#include "tests/recovery/small_city.h"

namespace gonghui {
namespace {

constexpr int kStreamMessagesInFlight = 4;
constexpr int kStreamItemsMax = 48;
constexpr int64_t kPriceFenMax = 4'000;
constexpr size_t kOpenHoldsMax = 64;  // of a worker
// The book is read again after every kill: enough in flight matters, not more.
constexpr std::chrono::microseconds kUnaryPause{500};
constexpr std::chrono::milliseconds kStreamPause{8};

bool IsEndOfServer(const LoadPlan& plan, const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         (plan.server_drains && status.error_code() == grpc::StatusCode::CANCELLED);
}

bool IsOverload(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
}

std::string Describe(const BookEntry& entry, const grpc::Status& status) {
  const std::string request =
      std::visit([](const auto& r) { return r.ShortDebugString(); }, entry.request);
  return absl::StrCat(
      static_cast<int>(status.error_code()), " ", status.error_message(), " for ", request);
}

}  // namespace

TerminalClient::TerminalClient(const std::shared_ptr<grpc::Channel>& channel)
    : stub_(v1::AuthorizationService::NewStub(channel)) {}

grpc::Status TerminalClient::Send(const BookEntry& entry,
                                  v1::Transaction* transaction,
                                  bool* replay) {
  grpc::ClientContext context;
  grpc::Status status;
  const auto take = [&](auto& response) {
    *replay = response.idempotent_replay();
    *transaction = std::move(*response.mutable_transaction());
  };
  if (const v1::AuthorizeRequest* authorize = entry.authorize()) {
    v1::AuthorizeResponse response;
    status = stub_->Authorize(&context, *authorize, &response);
    take(response);
  } else if (const v1::CaptureRequest* capture = entry.capture()) {
    v1::CaptureResponse response;
    status = stub_->Capture(&context, *capture, &response);
    take(response);
  } else {
    v1::ReverseResponse response;
    status = stub_->Reverse(&context, *entry.reverse(), &response);
    take(response);
  }
  return status;
}

grpc::Status TerminalClient::Get(const std::string& terminal_id,
                                 const std::string& request_id,
                                 v1::Transaction* transaction) {
  v1::GetTransactionRequest request;
  request.set_terminal_id(terminal_id);
  request.set_request_id(request_id);
  v1::GetTransactionResponse response;
  grpc::ClientContext context;
  const grpc::Status status = stub_->GetTransaction(&context, request, &response);
  *transaction = std::move(*response.mutable_transaction());
  return status;
}

// Its thread owns all of it until the join.
struct Load::Worker {
  Worker(const ServerProcess& server, const LoadPlan& load_plan, uint64_t seed, Load* owner)
      : load(owner), plan(load_plan), prng(seed), client(server.ConnectTerminal()) {}

  v1::AuthorizeRequest NewAuthorize() {
    v1::AuthorizeRequest request;
    request.set_request_id(RandomUuid(&prng));
    request.set_terminal_id(CityTerminal(static_cast<int>(prng.Below(kCityTerminals))));
    const bool hot = prng.Chance(1, 2);
    const auto count = static_cast<uint64_t>(hot ? plan.hot_member_count : kCityMembers);
    const int member = (hot ? plan.hot_member_first : 0) + static_cast<int>(prng.Below(count));
    request.set_card_number(CityCard(member % kCityMembers));
    request.set_list_price_fen(prng.Between(2, kPriceFenMax));
    request.set_capture(prng.Chance(1, 3));
    request.set_stan(static_cast<uint32_t>(prng.Below(1'000'000)));
    return request;
  }

  // By either of its two names.
  template <class Request>
  void NameOriginal(const BookEntry& original, Request* request) {
    request->set_request_id(RandomUuid(&prng));
    request->set_terminal_id(original.terminal_id());
    if (prng.Chance(1, 2)) {
      request->set_original_transaction_id(original.answer->transaction_id());
    } else {
      request->set_original_request_id(original.request_id());
    }
  }

  std::unique_ptr<BookEntry> NewEntry() {
    auto entry = std::make_unique<BookEntry>();
    if (holds.empty() || prng.Chance(1, 2)) {
      entry->request = NewAuthorize();
      return entry;
    }
    entry->original = holds[prng.Below(holds.size())];
    if (prng.Chance(1, 4)) {
      v1::ReverseRequest request;
      NameOriginal(*entry->original, &request);
      request.set_reversal_reason(v1::REVERSAL_REASON_CUSTOMER_CANCELLATION);
      entry->request = request;
      return entry;
    }
    v1::CaptureRequest request;
    NameOriginal(*entry->original, &request);
    request.set_final_capture(prng.Chance(1, 2));
    if (prng.Chance(3, 4)) {
      request.set_amount_fen(prng.Between(1, entry->original->authorize()->list_price_fen()));
    }
    entry->request = request;
    return entry;
  }

  void Fail(std::string what) { failures.push_back(std::move(what)); }

  void TakeAnswer(BookEntry* entry, const v1::Transaction& transaction, bool replay) {
    if (replay) {
      Fail(absl::StrCat("a new request was taken for a repeat: ", transaction.ShortDebugString()));
    }
    if (std::string wrong = WrongInAnswer(transaction); !wrong.empty()) {
      Fail(std::move(wrong));
    }
    entry->answer = transaction;
    load->answered_.fetch_add(1, std::memory_order_relaxed);
    if (entry->is_open_hold()) {
      if (holds.size() < kOpenHoldsMax) {
        holds.push_back(entry);
      } else {
        holds[prng.Below(holds.size())] = entry;
      }
    }
  }

  void Repeat(const BookEntry& entry) {
    v1::Transaction again;
    bool replay = false;
    const grpc::Status status = client.Send(entry, &again, &replay);
    if (status.ok() && (!replay || !google::protobuf::util::MessageDifferencer::Equals(
                                       Unchanging(again), Unchanging(*entry.answer)))) {
      Fail(absl::StrCat("a repeat was answered differently:\n",
                        entry.answer->ShortDebugString(),
                        "\n",
                        again.ShortDebugString()));
    }
  }

  void RunUnary() {
    for (;;) {
      entries.push_back(NewEntry());
      BookEntry* const entry = entries.back().get();
      v1::Transaction transaction;
      bool replay = false;
      const grpc::Status status = client.Send(*entry, &transaction, &replay);
      if (status.ok()) {
        TakeAnswer(entry, transaction, replay);
        if (prng.Chance(1, 16)) {
          Repeat(*entry);
        }
      } else if (!IsOverload(status)) {
        if (!IsEndOfServer(plan, status)) {
          Fail(Describe(*entry, status));
        }
        return;
      }
      std::this_thread::sleep_for(kUnaryPause);
    }
  }

  void RunStream() {
    grpc::ClientContext context;
    const auto stream = client.stub().AuthorizeStream(&context);
    std::deque<std::vector<BookEntry*>> in_flight;
    for (;;) {
      v1::AuthorizeStreamRequest message;
      std::vector<BookEntry*> items(1 + prng.Below(kStreamItemsMax));
      for (BookEntry*& item : items) {
        entries.push_back(std::make_unique<BookEntry>());
        item = entries.back().get();
        item->request = NewAuthorize();
        *message.add_requests() = *item->authorize();
      }
      in_flight.push_back(std::move(items));
      if (!stream->Write(message)) {
        break;
      }
      if (in_flight.size() < kStreamMessagesInFlight) {
        continue;
      }
      if (!ReadResults(stream.get(), in_flight.front())) {
        break;
      }
      in_flight.pop_front();
      std::this_thread::sleep_for(kStreamPause);
    }
    // What is still in the pipe was answered too.
    while (!in_flight.empty() && ReadResults(stream.get(), in_flight.front())) {
      in_flight.pop_front();
    }
    const grpc::Status status = stream->Finish();
    if (!IsEndOfServer(plan, status)) {
      Fail(absl::StrCat("the stream ended with ",
                        static_cast<int>(status.error_code()),
                        " ",
                        status.error_message()));
    }
  }

  bool ReadResults(
      grpc::ClientReaderWriter<v1::AuthorizeStreamRequest, v1::AuthorizeStreamResponse>* stream,
      const std::vector<BookEntry*>& items) {
    v1::AuthorizeStreamResponse response;
    if (!stream->Read(&response)) {
      return false;
    }
    if (static_cast<size_t>(response.results_size()) != items.size()) {
      Fail(absl::StrCat(items.size(), " requests, ", response.results_size(), " results"));
      return false;
    }
    for (size_t i = 0; i < items.size(); ++i) {
      const v1::AuthorizeStreamResult& result = response.results(static_cast<int>(i));
      if (result.has_response()) {
        TakeAnswer(
            items[i], result.response().transaction(), result.response().idempotent_replay());
      } else if (result.error().code() != static_cast<int>(grpc::StatusCode::RESOURCE_EXHAUSTED)) {
        Fail(absl::StrCat("an item was refused: ", result.error().ShortDebugString()));
      }
    }
    return true;
  }

  Load* const load;
  const LoadPlan& plan;
  Prng prng;
  TerminalClient client;
  BookEntries entries;
  std::vector<BookEntry*> holds;
  std::vector<std::string> failures;
  std::thread thread;
};

Load::Load(const ServerProcess& server, const LoadPlan& plan) {
  const int count = plan.unary_workers + plan.stream_workers;
  for (int i = 0; i < count; ++i) {
    workers_.push_back(
        std::make_unique<Worker>(server, plan, plan.seed + static_cast<uint64_t>(i), this));
  }
  for (size_t i = 0; plan.unary_workers > 0 && i < plan.open_holds.size(); ++i) {
    workers_[i % static_cast<size_t>(plan.unary_workers)]->holds.push_back(plan.open_holds[i]);
  }
  for (int i = 0; i < count; ++i) {
    Worker* const worker = workers_[static_cast<size_t>(i)].get();
    const bool unary = i < plan.unary_workers;
    worker->thread = std::thread([worker, unary] {
      if (unary) {
        worker->RunUnary();
      } else {
        worker->RunStream();
      }
    });
  }
}

Load::~Load() {
  GH_CHECK(workers_.empty(), "not joined");
}

std::vector<std::string> Load::Join(Book* book) {
  std::vector<std::string> failures;
  for (const std::unique_ptr<Worker>& worker : workers_) {
    worker->thread.join();
    book->Add(std::move(worker->entries));
    failures.insert(failures.end(), worker->failures.begin(), worker->failures.end());
  }
  workers_.clear();
  return failures;
}

}  // namespace gonghui
