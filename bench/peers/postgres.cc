// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// PostgreSQL through libpq, always in its pipeline mode: of one request that is the same
// protocol as without (Bind, Execute, Sync), of many it is what libpq offers to be fast.

#include <fmt/format.h>
#include <libpq-fe.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "bench/peers/peer.h"
#include "engine/base/check.h"
#include "engine/base/status_macros.h"

namespace gonghui::peers {
namespace {

constexpr char kStatement[] = "authorize";

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Handle = std::unique_ptr<PGconn, CloseConnection>;

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, ClearResult>;

absl::Status Failed(std::string_view what, const char* message) {
  return absl::UnavailableError(fmt::format("{}: {}", what, message));
}

absl::StatusOr<Handle> Open(const std::string& server) {
  Handle handle(PQconnectdb(server.c_str()));
  if (PQstatus(handle.get()) != CONNECTION_OK) {
    return Failed("no connection to PostgreSQL", PQerrorMessage(handle.get()));
  }
  return handle;
}

absl::StatusOr<Result> Query(PGconn* connection, const std::string& text) {
  Result result(PQexec(connection, text.c_str()));
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
    return Failed(text, PQerrorMessage(connection));
  }
  return result;
}

bool ReadNumber(std::string_view* text, int64_t* number) {
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *number);
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return error == std::errc();
}

bool Skip(std::string_view* text, char expected) {
  if (text->empty() || text->front() != expected) {
    return false;
  }
  text->remove_prefix(1);
  return true;
}

// A composite as PostgreSQL prints it: "(0,7500,2500,f)".
bool ReadAnswer(std::string_view text, Answer* answer) {
  int64_t code = 0;
  if (!Skip(&text, '(') || !ReadNumber(&text, &code) || !Skip(&text, ',') ||
      !ReadNumber(&text, &answer->member_pays_fen) || !Skip(&text, ',') ||
      !ReadNumber(&text, &answer->subsidy_fen) || !Skip(&text, ',')) {
    return false;
  }
  answer->code = static_cast<int32_t>(code);
  answer->replay = text == "t)";
  return answer->replay || text == "f)";
}

class PostgresConnection final : public Connection {
 public:
  PostgresConnection(Handle handle, const Options& options, uint32_t number)
      : handle_(std::move(handle)),
        options_(options),
        slot_(std::to_string(number % options.slots)),
        day_(std::to_string(options.day)) {}

  absl::Status Prepare() {
    const bool tuned = options_.variant == Variant::kTuned;
    const char* const id_type = tuned ? "uuid" : "text";
    // A composite instead of columns: PostgreSQL reads columns of a function through a
    // temporary store, which costs as much as one of the queries inside.
    const std::string text =
        options_.mode == Mode::kBulk
            ? "select tuned.authorize_many($1::uuid[], $2::text[], $3::int[], $4::bigint[], "
              "$5::int, $6::int)"
            : fmt::format(
                  "select {}.authorize($1::{}, $2::text, $3::int, $4::bigint, $5::int, "
                  "$6::int)",
                  VariantName(options_.variant),
                  id_type);
    const Result result(PQprepare(handle_.get(), kStatement, text.c_str(), 0, nullptr));
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
      return Failed("prepare", PQerrorMessage(handle_.get()));
    }
    if (PQsetnonblocking(handle_.get(), 1) != 0 || PQenterPipelineMode(handle_.get()) != 1) {
      return Failed("pipeline mode", PQerrorMessage(handle_.get()));
    }
    return absl::OkStatus();
  }

  [[nodiscard]] int fd() const override { return PQsocket(handle_.get()); }

  absl::Status Send(std::span<const Request> requests) override {
    GH_CHECK_EQ(syncs_left_, 0U);
    answers_.clear();
    must_resend_ = false;
    if (options_.mode == Mode::kBulk) {
      GH_RETURN_IF_ERROR(SendBulk(requests));
      return Sync();
    }
    for (const Request& request : requests) {
      GH_RETURN_IF_ERROR(SendOne(request));
      if (options_.transactions == Transactions::kEach) {
        GH_RETURN_IF_ERROR(Sync());
      }
    }
    return options_.transactions == Transactions::kEach ? absl::OkStatus() : Sync();
  }

  absl::StatusOr<bool> Flush() override {
    const int left = PQflush(handle_.get());
    if (left < 0) {
      return Failed("flush", PQerrorMessage(handle_.get()));
    }
    return left == 0;
  }

  absl::Status Receive() override {
    if (PQconsumeInput(handle_.get()) != 1) {
      return Failed("receive", PQerrorMessage(handle_.get()));
    }
    while (syncs_left_ > 0 && PQisBusy(handle_.get()) == 0) {
      // Null after the results of each command; the syncs say when it is over.
      if (const Result result(PQgetResult(handle_.get())); result != nullptr) {
        GH_RETURN_IF_ERROR(Take(result.get()));
      }
    }
    return absl::OkStatus();
  }

  [[nodiscard]] bool Done() const override { return syncs_left_ == 0; }
  [[nodiscard]] bool MustResend() const override { return must_resend_; }
  [[nodiscard]] const std::vector<Answer>& answers() const override { return answers_; }

 private:
  // Those of a request, the slot, the day.
  static constexpr int kRequestParameterCount = 4;
  static constexpr int kParameterCount = kRequestParameterCount + 2;

  absl::Status Sync() {
    if (PQpipelineSync(handle_.get()) != 1) {
      return Failed("sync", PQerrorMessage(handle_.get()));
    }
    ++syncs_left_;
    return absl::OkStatus();
  }

  absl::Status Execute(const std::array<std::string, kRequestParameterCount>& parameters) {
    const std::array<const char*, kParameterCount> values = {parameters[0].c_str(),
                                                             parameters[1].c_str(),
                                                             parameters[2].c_str(),
                                                             parameters[3].c_str(),
                                                             slot_.c_str(),
                                                             day_.c_str()};
    if (PQsendQueryPrepared(
            handle_.get(), kStatement, kParameterCount, values.data(), nullptr, nullptr, 0) != 1) {
      return Failed("send", PQerrorMessage(handle_.get()));
    }
    return absl::OkStatus();
  }

  absl::Status SendOne(const Request& request) {
    parameters_[0].assign(request.id_text());
    parameters_[1] = CardNumber(request.card);
    parameters_[2] = std::to_string(request.merchant);
    parameters_[3] = std::to_string(request.amount_fen);
    return Execute(parameters_);
  }

  absl::Status SendBulk(std::span<const Request> requests) {
    for (std::string& array : parameters_) {
      array.assign(1, '{');
    }
    for (const Request& request : requests) {
      fmt::format_to(std::back_inserter(parameters_[0]), "{},", request.id_text());
      fmt::format_to(std::back_inserter(parameters_[1]), "{},", CardNumber(request.card));
      fmt::format_to(std::back_inserter(parameters_[2]), "{},", request.merchant);
      fmt::format_to(std::back_inserter(parameters_[3]), "{},", request.amount_fen);
    }
    for (std::string& array : parameters_) {
      array.back() = '}';  // in place of the last comma
    }
    return Execute(parameters_);
  }

  absl::Status Take(const PGresult* result) {
    switch (PQresultStatus(result)) {
      case PGRES_PIPELINE_SYNC:
        --syncs_left_;
        return absl::OkStatus();
      case PGRES_PIPELINE_ABORTED:  // after the one that failed
        return absl::OkStatus();
      case PGRES_TUPLES_OK:
        for (int row = 0; row < PQntuples(result); ++row) {
          if (!ReadAnswer(PQgetvalue(result, row, 0), &answers_.emplace_back())) {
            return absl::InternalError(
                fmt::format("not an answer: {}", PQgetvalue(result, row, 0)));
          }
        }
        return absl::OkStatus();
      default: {
        const char* const state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        if (state != nullptr && (std::strcmp(state, "40P01") == 0 ||   // deadlock_detected
                                 std::strcmp(state, "40001") == 0)) {  // serialization_failure
          must_resend_ = true;
          return absl::OkStatus();
        }
        return Failed("authorize", PQresultErrorMessage(result));
      }
    }
  }

  const Handle handle_;
  const Options& options_;
  const std::string slot_;
  const std::string day_;
  std::array<std::string, kRequestParameterCount> parameters_;  // reused
  uint32_t syncs_left_ = 0;
  bool must_resend_ = false;
  std::vector<Answer> answers_;
};

class Postgres final : public Peer {
 public:
  Postgres(Handle control, const Options& options)
      : control_(std::move(control)), options_(options) {}

  absl::StatusOr<std::string> CheckDurable() override {
    GH_ASSIGN_OR_RETURN(
        const Result result,
        Query(control_.get(),
              "select name, setting from pg_settings where name in ('server_version', 'fsync', "
              "'synchronous_commit', 'full_page_writes') order by name = 'server_version' desc, "
              "name"));
    std::string text = "PostgreSQL";
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      const std::string_view name = PQgetvalue(result.get(), row, 0);
      const std::string_view setting = PQgetvalue(result.get(), row, 1);
      if (name == "server_version") {
        fmt::format_to(std::back_inserter(text), " {}", setting);
        continue;
      }
      if (setting != "on") {
        return absl::FailedPreconditionError(fmt::format(
            "PostgreSQL answers what is not safe on the disk: {} is {}", name, setting));
      }
      fmt::format_to(std::back_inserter(text), ", {}={}", name, setting);
    }
    return text;
  }

  absl::StatusOr<std::unique_ptr<Connection>> Connect(uint32_t number) override {
    GH_ASSIGN_OR_RETURN(Handle handle, Open(options_.server));
    auto connection = std::make_unique<PostgresConnection>(std::move(handle), options_, number);
    GH_RETURN_IF_ERROR(connection->Prepare());
    return connection;
  }

  absl::StatusOr<Books> ReadFunds() override {
    return Read(options_.variant == Variant::kPlain
                    ? "select id, budget_fen, spent_fen, 0, 0, 0 from plain.fund"
                    : "select f.id, f.budget_fen, f.budget_fen - sum(s.left_fen)::bigint, 0, 0, 0 "
                      "from tuned.fund f join tuned.fund_slot s on s.fund = f.id group by f.id");
  }

  absl::StatusOr<Books> ReadEverything() override {
    return Read(fmt::format(
        "select fund, budget_fen, taken_fen, authorized_fen, approved, uses from {}.books",
        VariantName(options_.variant)));
  }

 private:
  absl::StatusOr<Books> Read(const std::string& query) {
    GH_ASSIGN_OR_RETURN(const Result result, Query(control_.get(), query));
    if (PQntuples(result.get()) != static_cast<int>(kFundCount)) {
      return absl::InternalError("not the funds of authorize.sql");
    }
    Books books;
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      std::array<int64_t, 6> values{};
      for (size_t column = 0; column < values.size(); ++column) {
        std::string_view text = PQgetvalue(result.get(), row, static_cast<int>(column));
        if (!ReadNumber(&text, &values[column])) {
          return absl::InternalError("a fund's row is not of numbers");
        }
      }
      if (values[0] < 1 || values[0] > int64_t{kFundCount}) {
        return absl::InternalError("not the funds of authorize.sql");
      }
      books[static_cast<size_t>(values[0] - 1)] = {
          values[1], values[2], values[3], values[4], values[5]};
    }
    return books;
  }

  const Handle control_;
  const Options& options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Peer>> OpenPostgres(const Options& options) {
  GH_ASSIGN_OR_RETURN(Handle control, Open(options.server));
  return std::make_unique<Postgres>(std::move(control), options);
}

}  // namespace gonghui::peers
