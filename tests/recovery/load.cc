// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/recovery/load.h"

#include <chrono>
#include <deque>
#include <optional>
#include <utility>

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "tests/recovery/small_city.h"

namespace gonghui {
namespace {

constexpr int kStreamMessagesInFlight = 4;
constexpr int kStreamItemsMax = 48;
constexpr int64_t kPriceFenMax = 4'000;
constexpr size_t kOriginalsMax = 64;  // open holds of a worker, and sales
constexpr uint64_t kLinesMax = 4;
constexpr int64_t kLineQuantityMax = 3;
constexpr int64_t kPiecePriceFenMax = 400;
constexpr uint64_t kAdvicesMax = 6;                 // of a message
constexpr int64_t kAdviceAgeNsMax = 3'000'000'000;  // some happened before there was a programme
// The book is read again after every kill: enough in flight matters, not more.
constexpr std::chrono::microseconds kUnaryPause{500};
constexpr std::chrono::milliseconds kStreamPause{8};
constexpr std::chrono::milliseconds kAdvicePause{20};

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

grpc::Status TerminalClient::Send(const BookEntry& entry, Answer* answer) {
  *answer = Answer{};
  if (const v1::Advice* advice = entry.advice()) {
    return SendAdvice(*advice, answer);
  }
  grpc::ClientContext context;
  grpc::Status status;
  const auto take = [answer](auto& response) {
    answer->replay = response.idempotent_replay();
    answer->transaction = std::move(*response.mutable_transaction());
  };
  if (const v1::AuthorizeRequest* authorize = entry.authorize()) {
    v1::AuthorizeResponse response;
    status = stub_->Authorize(&context, *authorize, &response);
    take(response);
  } else if (const v1::CaptureRequest* capture = entry.capture()) {
    v1::CaptureResponse response;
    status = stub_->Capture(&context, *capture, &response);
    take(response);
  } else if (const v1::RefundRequest* refund = entry.refund()) {
    v1::RefundResponse response;
    status = stub_->Refund(&context, *refund, &response);
    take(response);
  } else if (const v1::CloseBatchRequest* close = entry.close()) {
    v1::CloseBatchResponse response;
    status = stub_->CloseBatch(&context, *close, &response);
    take(response);
    answer->batch = Unchanging(std::move(response));
  } else {
    v1::ReverseResponse response;
    status = stub_->Reverse(&context, *entry.reverse(), &response);
    take(response);
  }
  return status;
}

// A stream of one message, of one advice.
grpc::Status TerminalClient::SendAdvice(const v1::Advice& advice, Answer* answer) {
  grpc::ClientContext context;
  const auto stream = stub_->SubmitAdvices(&context);
  v1::SubmitAdvicesRequest message;
  message.set_terminal_id(advice.sale().terminal_id());
  *message.add_advices() = advice;
  v1::SubmitAdvicesResponse response;
  const bool answered = stream->Write(message) && stream->WritesDone() && stream->Read(&response);
  for (v1::SubmitAdvicesResponse more; answered && stream->Read(&more);) {
    GH_CHECK(false, "one message has two answers: ", more.ShortDebugString());
  }
  const grpc::Status status = stream->Finish();
  if (!status.ok()) {
    return status;
  }
  if (!answered || response.results_size() != 1) {
    return {grpc::StatusCode::INTERNAL, "no result for one advice"};
  }
  v1::AdviceResult& result = *response.mutable_results(0);
  if (!result.has_transaction()) {
    return {static_cast<grpc::StatusCode>(result.error().code()), result.error().message()};
  }
  if (!result.accepted()) {
    return {grpc::StatusCode::INTERNAL, "not accepted: " + result.ShortDebugString()};
  }
  answer->replay = result.idempotent_replay();
  answer->transaction = std::move(*result.mutable_transaction());
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
    const auto count = static_cast<uint64_t>(hot ? plan.hot_member_count : kOnlineMembers);
    const int member = (hot ? plan.hot_member_first : 0) + static_cast<int>(prng.Below(count));
    request.set_card_number(CityCard(member % kOnlineMembers));
    request.set_list_price_fen(prng.Between(2, kPriceFenMax));
    if (prng.Chance(1, 3)) {
      AddLines(&request);
    }
    request.set_capture(prng.Chance(1, 3));
    request.set_stan(static_cast<uint32_t>(prng.Below(1'000'000)));
    return request;
  }

  // Each piece costs something, so that whatever is given back is worth something.
  void AddLines(v1::AuthorizeRequest* request) {
    int64_t sum_fen = 0;
    const uint64_t count = 1 + prng.Below(kLinesMax);
    for (uint64_t i = 0; i < count; ++i) {
      v1::LineItem* const line = request->add_lines();
      const int64_t quantity = prng.Between(1, kLineQuantityMax);
      line->set_item_code(absl::StrCat("SKU-", prng.Below(1'000)));
      line->set_quantity(static_cast<uint32_t>(quantity));
      line->set_price_fen(quantity * prng.Between(1, kPiecePriceFenMax));
      sum_fen += line->price_fen();
    }
    request->set_list_price_fen(sum_fen);
  }

  // What `terminal` did a moment ago.
  v1::Advice NewAdvice(const std::string& terminal) {
    v1::Advice advice;
    v1::AuthorizeRequest sale = NewAuthorize();
    sale.set_terminal_id(terminal);
    sale.set_capture(true);
    sale.set_card_number(
        CityCard(kOnlineMembers + static_cast<int>(prng.Below(uint64_t{kAdviceMembers}))));
    advice.set_member_paid_fen(prng.Between(0, sale.list_price_fen()));
    *advice.mutable_sale() = std::move(sale);
    const int64_t occurred_ns = SystemClock::Instance().NowNs() - prng.Between(0, kAdviceAgeNsMax);
    advice.mutable_occurred_at()->set_seconds(occurred_ns / 1'000'000'000);
    advice.mutable_occurred_at()->set_nanos(static_cast<int32_t>(occurred_ns % 1'000'000'000));
    advice.set_terminal_sequence(1 + static_cast<uint32_t>(prng.Below(UINT32_MAX)));
    advice.set_business_date("2026-05-03");
    return advice;
  }

  // A sale, in parts or whole, by what it was of or by an amount.
  v1::RefundRequest NewRefund(const BookEntry& sale) {
    v1::RefundRequest request;
    NameOriginal(sale, &request);
    const v1::AuthorizeRequest& sold = *sale.authorize();
    if (sold.lines_size() > 0 && prng.Chance(3, 4)) {
      for (int i = 0; i < sold.lines_size(); ++i) {
        if (request.lines_size() > 0 && prng.Chance(1, 2)) {
          continue;
        }
        v1::ReturnedLine* const line = request.add_lines();
        line->set_line_number(static_cast<uint32_t>(i + 1));
        line->set_quantity(
            static_cast<uint32_t>(prng.Between(1, int64_t{sold.lines(i).quantity()})));
      }
    } else if (prng.Chance(3, 4)) {
      request.set_amount_fen(prng.Between(1, sold.list_price_fen()));
    }
    return request;
  }

  // With numbers that are not the ledger's: many terminals' calls are under way.
  v1::CloseBatchRequest NewClose() {
    v1::CloseBatchRequest request;
    request.set_request_id(RandomUuid(&prng));
    request.set_terminal_id(CityTerminal(static_cast<int>(prng.Below(kCityTerminals))));
    request.mutable_totals()->set_capture_count(static_cast<uint32_t>(prng.Below(3)));
    request.mutable_totals()->set_captured_fen(prng.Between(0, kPriceFenMax));
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
    if (prng.Chance(1, 32)) {
      entry->request = NewClose();
      return entry;
    }
    if (!sales.empty() && prng.Chance(1, 4)) {
      entry->original = sales[prng.Below(sales.size())];
      entry->request = NewRefund(*entry->original);
      return entry;
    }
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

  void TakeAnswer(BookEntry* entry, const Answer& answer) {
    if (answer.replay) {
      Fail(absl::StrCat("a new request was taken for a repeat: ",
                        answer.transaction.ShortDebugString()));
    }
    if (std::string wrong = WrongInAnswer(*entry, answer.transaction); !wrong.empty()) {
      Fail(std::move(wrong));
    }
    entry->answer = answer.transaction;
    entry->batch = answer.batch;
    load->answered_.fetch_add(1, std::memory_order_relaxed);
    if (entry->is_open_hold()) {
      Keep(entry, &holds);
    } else if (entry->is_approved_sale()) {
      Keep(entry, &sales);
    }
  }

  void Keep(BookEntry* entry, std::vector<BookEntry*>* originals) {
    if (originals->size() < kOriginalsMax) {
      originals->push_back(entry);
    } else {
      (*originals)[prng.Below(originals->size())] = entry;
    }
  }

  void Repeat(const BookEntry& entry) {
    Answer again;
    const grpc::Status status = client.Send(entry, &again);
    if (status.ok() && (!again.replay || !IsAnswer(entry, again))) {
      Fail(absl::StrCat("a repeat was answered differently:\n",
                        entry.answer->ShortDebugString(),
                        "\n",
                        again.transaction.ShortDebugString()));
    }
  }

  void RunUnary() {
    for (;;) {
      entries.push_back(NewEntry());
      BookEntry* const entry = entries.back().get();
      Answer answer;
      const grpc::Status status = client.Send(*entry, &answer);
      if (status.ok()) {
        TakeAnswer(entry, answer);
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

  BookEntry* NewEntryOf(decltype(BookEntry::request) request) {
    entries.push_back(std::make_unique<BookEntry>());
    entries.back()->request = std::move(request);
    return entries.back().get();
  }

  void RunStream() {
    grpc::ClientContext context;
    RunBundles<v1::AuthorizeStreamRequest>(
        client.stub().AuthorizeStream(&context).get(),
        kStreamPause,
        [this](v1::AuthorizeStreamRequest* message, std::vector<BookEntry*>* items) {
          items->resize(1 + prng.Below(kStreamItemsMax));
          for (BookEntry*& item : *items) {
            item = NewEntryOf(NewAuthorize());
            *message->add_requests() = *item->authorize();
          }
        });
  }

  void RunAdvices() {
    grpc::ClientContext context;
    RunBundles<v1::SubmitAdvicesRequest>(
        client.stub().SubmitAdvices(&context).get(),
        kAdvicePause,
        [this](v1::SubmitAdvicesRequest* message, std::vector<BookEntry*>* items) {
          message->set_terminal_id(CityTerminal(static_cast<int>(prng.Below(kCityTerminals))));
          items->resize(1 + prng.Below(kAdvicesMax));
          for (BookEntry*& item : *items) {
            v1::Advice advice = NewAdvice(message->terminal_id());
            advice.set_queue_empty(&item == &items->back() && prng.Chance(1, 4));
            item = NewEntryOf(std::move(advice));
            *message->add_advices() = *item->advice();
          }
        });
  }

  // Messages of what `fill` puts into them, a few under way at a time.
  template <class Message, class Stream, class Fill>
  void RunBundles(Stream* stream, std::chrono::milliseconds pause, const Fill& fill) {
    std::deque<std::vector<BookEntry*>> in_flight;
    for (;;) {
      Message message;
      std::vector<BookEntry*> items;
      fill(&message, &items);
      in_flight.push_back(std::move(items));
      if (!stream->Write(message)) {
        break;
      }
      if (in_flight.size() < kStreamMessagesInFlight) {
        continue;
      }
      if (!ReadResults(stream, in_flight.front())) {
        break;
      }
      in_flight.pop_front();
      std::this_thread::sleep_for(pause);
    }
    // What is still in the pipe was answered too.
    while (!in_flight.empty() && ReadResults(stream, in_flight.front())) {
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

  template <class Request, class Response>
  bool ReadResults(grpc::ClientReaderWriter<Request, Response>* stream,
                   const std::vector<BookEntry*>& items) {
    Response response;
    if (!stream->Read(&response)) {
      return false;
    }
    if (static_cast<size_t>(response.results_size()) != items.size()) {
      Fail(absl::StrCat(items.size(), " requests, ", response.results_size(), " results"));
      return false;
    }
    for (size_t i = 0; i < items.size(); ++i) {
      const auto& result = response.results(static_cast<int>(i));
      if (std::optional<Answer> answer = AnswerIn(result)) {
        TakeAnswer(items[i], *answer);
      } else if (result.error().code() != static_cast<int>(grpc::StatusCode::RESOURCE_EXHAUSTED)) {
        Fail(absl::StrCat("an item was refused: ", result.error().ShortDebugString()));
      }
    }
    return true;
  }

  static std::optional<Answer> AnswerIn(const v1::AuthorizeStreamResult& result) {
    if (!result.has_response()) {
      return std::nullopt;
    }
    return Answer{result.response().transaction(), result.response().idempotent_replay(), {}};
  }
  std::optional<Answer> AnswerIn(const v1::AdviceResult& result) {
    if (!result.has_transaction()) {
      return std::nullopt;
    }
    if (!result.accepted()) {
      Fail(absl::StrCat("an advice was not accepted: ", result.ShortDebugString()));
    }
    return Answer{result.transaction(), result.idempotent_replay(), {}};
  }

  Load* const load;
  const LoadPlan& plan;
  Prng prng;
  TerminalClient client;
  BookEntries entries;
  std::vector<BookEntry*> holds;
  std::vector<BookEntry*> sales;  // approved, of this worker
  std::vector<std::string> failures;
  std::thread thread;
};

Load::Load(const ServerProcess& server, const LoadPlan& plan) {
  const int count = plan.unary_workers + plan.stream_workers + plan.advice_workers;
  for (int i = 0; i < count; ++i) {
    workers_.push_back(
        std::make_unique<Worker>(server, plan, plan.seed + static_cast<uint64_t>(i), this));
  }
  for (size_t i = 0; plan.unary_workers > 0 && i < plan.open_holds.size(); ++i) {
    workers_[i % static_cast<size_t>(plan.unary_workers)]->holds.push_back(plan.open_holds[i]);
  }
  for (size_t i = 0; plan.unary_workers > 0 && i < plan.sales.size(); ++i) {
    workers_[i % static_cast<size_t>(plan.unary_workers)]->sales.push_back(plan.sales[i]);
  }
  for (int i = 0; i < count; ++i) {
    Worker* const worker = workers_[static_cast<size_t>(i)].get();
    const bool unary = i < plan.unary_workers;
    const bool streams = !unary && i < plan.unary_workers + plan.stream_workers;
    worker->thread = std::thread([worker, unary, streams] {
      if (unary) {
        worker->RunUnary();
      } else if (streams) {
        worker->RunStream();
      } else {
        worker->RunAdvices();
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
