// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Redis through hiredis: EVALSHA, one after the other or many appended.

#include <fcntl.h>
#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <map>
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

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
using Handle = std::unique_ptr<redisContext, FreeContext>;

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

std::string_view Text(const redisReply& reply) {
  return {reply.str, reply.len};
}

absl::StatusOr<Handle> Open(const std::string& server) {
  const size_t colon = server.rfind(':');
  const bool is_path = !server.empty() && server.front() == '/';
  if (!is_path && colon == std::string::npos) {
    return absl::InvalidArgumentError("--server: neither a path nor host:port");
  }
  Handle handle(is_path ? redisConnectUnix(server.c_str())
                        : redisConnect(server.substr(0, colon).c_str(),
                                       std::atoi(server.c_str() + colon + 1)));
  if (handle == nullptr || handle->err != 0) {
    return absl::UnavailableError(fmt::format("no connection to Redis: {}",
                                              handle == nullptr ? "no memory" : handle->errstr));
  }
  return handle;
}

absl::StatusOr<Reply> Command(redisContext* context, const std::vector<std::string>& words) {
  std::vector<const char*> pointers;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    pointers.push_back(word.data());
    sizes.push_back(word.size());
  }
  Reply reply(static_cast<redisReply*>(
      redisCommandArgv(context, static_cast<int>(words.size()), pointers.data(), sizes.data())));
  if (reply == nullptr) {
    return absl::UnavailableError(fmt::format("{}: {}", words.front(), context->errstr));
  }
  if (reply->type == REDIS_REPLY_ERROR) {
    return absl::InternalError(fmt::format("{}: {}", words.front(), Text(*reply)));
  }
  return reply;
}

bool ReadNumber(std::string_view* text, int64_t* number) {
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *number);
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return error == std::errc();
}

bool ReadNumberAndComma(std::string_view* text, int64_t* number) {
  if (!ReadNumber(text, number) || text->empty() || text->front() != ',') {
    return false;
  }
  text->remove_prefix(1);
  return true;
}

// "0,7500,2500,f".
bool ReadAnswer(std::string_view text, Answer* answer) {
  int64_t code = 0;
  if (!ReadNumberAndComma(&text, &code) || !ReadNumberAndComma(&text, &answer->member_pays_fen) ||
      !ReadNumberAndComma(&text, &answer->subsidy_fen)) {
    return false;
  }
  answer->code = static_cast<int32_t>(code);
  answer->replay = text == "t";
  return answer->replay || text == "f";
}

class RedisConnection final : public Connection {
 public:
  RedisConnection(Handle handle, const Options& options, std::string script_sha)
      : handle_(std::move(handle)),
        bulk_(options.mode == Mode::kBulk),
        day_(options.day),
        script_sha_(std::move(script_sha)) {}

  // hiredis connects blocking and is told to go on without.
  absl::Status StopBlocking() {
    const int flags = fcntl(handle_->fd, F_GETFL);
    if (flags < 0 || fcntl(handle_->fd, F_SETFL, flags | O_NONBLOCK) < 0) {
      return absl::UnavailableError("fcntl failed");
    }
    handle_->flags &= ~REDIS_BLOCK;
    return absl::OkStatus();
  }

  [[nodiscard]] int fd() const override { return handle_->fd; }

  absl::Status Send(std::span<const Request> requests) override {
    GH_CHECK(Done());
    answers_.clear();
    expected_ = requests.size();
    if (bulk_) {
      return Append(requests);
    }
    for (const Request& request : requests) {
      GH_RETURN_IF_ERROR(Append({&request, 1}));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> Flush() override {
    int done = 0;
    if (redisBufferWrite(handle_.get(), &done) != REDIS_OK) {
      return absl::UnavailableError(fmt::format("send: {}", handle_->errstr));
    }
    return done == 1;
  }

  absl::Status Receive() override {
    if (redisBufferRead(handle_.get()) != REDIS_OK) {
      return absl::UnavailableError(fmt::format("receive: {}", handle_->errstr));
    }
    while (!Done()) {
      void* raw = nullptr;
      if (redisGetReplyFromReader(handle_.get(), &raw) != REDIS_OK) {
        return absl::UnavailableError(fmt::format("receive: {}", handle_->errstr));
      }
      if (raw == nullptr) {
        break;
      }
      const Reply reply(static_cast<redisReply*>(raw));
      GH_RETURN_IF_ERROR(Take(*reply));
    }
    return absl::OkStatus();
  }

  [[nodiscard]] bool Done() const override { return answers_.size() >= expected_; }
  [[nodiscard]] const std::vector<Answer>& answers() const override { return answers_; }

 private:
  // One EVALSHA.
  absl::Status Append(std::span<const Request> requests) {
    // The words lie in one piece, which may move while it grows: offsets first.
    words_.clear();
    ends_.clear();
    Word("EVALSHA");
    Word(script_sha_);
    Word(fmt::format("{}", 3 * requests.size()));
    for (const Request& request : requests) {
      fmt::format_to(std::back_inserter(words_), "idem:{}", request.id_text());
      ends_.push_back(words_.size());
      fmt::format_to(std::back_inserter(words_), "card:{}", CardNumber(request.card));
      ends_.push_back(words_.size());
      fmt::format_to(std::back_inserter(words_), "merchant:{}", request.merchant);
      ends_.push_back(words_.size());
    }
    // What an application server would tell the script; one that asks Redis for the time is slower.
    fmt::format_to(std::back_inserter(words_), "{}", day_);
    ends_.push_back(words_.size());
    for (const Request& request : requests) {
      fmt::format_to(std::back_inserter(words_), "{}", request.amount_fen);
      ends_.push_back(words_.size());
    }
    pointers_.clear();
    sizes_.clear();
    size_t begin = 0;
    for (const size_t end : ends_) {
      pointers_.push_back(words_.data() + begin);
      sizes_.push_back(end - begin);
      begin = end;
    }
    if (redisAppendCommandArgv(
            handle_.get(), static_cast<int>(ends_.size()), pointers_.data(), sizes_.data()) !=
        REDIS_OK) {
      return absl::UnavailableError(fmt::format("send: {}", handle_->errstr));
    }
    return absl::OkStatus();
  }

  void Word(std::string_view word) {
    words_.append(word);
    ends_.push_back(words_.size());
  }

  absl::Status Take(const redisReply& reply) {
    switch (reply.type) {
      case REDIS_REPLY_STRING:
        if (!ReadAnswer(Text(reply), &answers_.emplace_back())) {
          return absl::InternalError(fmt::format("not an answer: {}", Text(reply)));
        }
        return absl::OkStatus();
      case REDIS_REPLY_ARRAY:
        for (size_t i = 0; i < reply.elements; ++i) {
          GH_RETURN_IF_ERROR(Take(*reply.element[i]));
        }
        return absl::OkStatus();
      case REDIS_REPLY_ERROR:
        return absl::InternalError(std::string(Text(reply)));
      default:
        return absl::InternalError(fmt::format("a reply of type {}", reply.type));
    }
  }

  const Handle handle_;
  const bool bulk_;
  const uint32_t day_;
  const std::string script_sha_;
  size_t expected_ = 0;
  std::vector<Answer> answers_;
  // Reused from command to command.
  std::string words_;
  std::vector<size_t> ends_;
  std::vector<const char*> pointers_;
  std::vector<size_t> sizes_;
};

class Redis final : public Peer {
 public:
  Redis(Handle control, const Options& options) : control_(std::move(control)), options_(options) {}

  absl::Status LoadScripts() {
    GH_ASSIGN_OR_RETURN(authorize_sha_, LoadScript("authorize.lua"));
    GH_ASSIGN_OR_RETURN(audit_sha_, LoadScript("audit.lua"));
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> CheckDurable() override {
    GH_ASSIGN_OR_RETURN(const Reply info, Command(control_.get(), {"INFO", "server"}));
    constexpr std::string_view kVersion = "redis_version:";
    std::string_view version = Text(*info);
    version.remove_prefix(std::min(version.find(kVersion), version.size()));
    version.remove_prefix(std::min(kVersion.size(), version.size()));
    std::string text = fmt::format("Redis {}", version.substr(0, version.find_first_of("\r\n")));
    const std::map<std::string, std::string> needed = {
        {"appendonly", "yes"}, {"appendfsync", "always"}, {"no-appendfsync-on-rewrite", "no"}};
    for (const auto& [name, setting] : needed) {
      GH_ASSIGN_OR_RETURN(const Reply reply, Command(control_.get(), {"CONFIG", "GET", name}));
      const std::string_view found =
          reply->elements == 2 ? Text(*reply->element[1]) : std::string_view("unknown");
      if (found != setting) {
        return absl::FailedPreconditionError(
            fmt::format("Redis answers what is not safe on the disk: {} is {}", name, found));
      }
      text += fmt::format(", {}={}", name, found);
    }
    return text;
  }

  absl::StatusOr<std::unique_ptr<Connection>> Connect(uint32_t /*number*/) override {
    GH_ASSIGN_OR_RETURN(Handle handle, Open(options_.server));
    auto connection =
        std::make_unique<RedisConnection>(std::move(handle), options_, authorize_sha_);
    GH_RETURN_IF_ERROR(connection->StopBlocking());
    return connection;
  }

  absl::StatusOr<Books> ReadFunds() override {
    std::vector<std::string> words = {"MGET"};
    for (size_t fund = 1; fund <= kFundCount; ++fund) {
      words.push_back(fmt::format("budget:{}", fund));
      words.push_back(fmt::format("left:{}", fund));
    }
    GH_ASSIGN_OR_RETURN(const Reply reply, Command(control_.get(), words));
    Books books;
    for (size_t i = 0; i < kFundCount; ++i) {
      std::array<int64_t, 2> values{};
      for (size_t j = 0; j < values.size(); ++j) {
        const redisReply& value = *reply->element[2 * i + j];
        std::string_view text = value.type == REDIS_REPLY_STRING ? Text(value) : "";
        if (!ReadNumber(&text, &values[j])) {
          return absl::InternalError("not the funds of city.lua");
        }
      }
      books[i].budget_fen = values[0];
      books[i].taken_fen = values[0] - values[1];
    }
    return books;
  }

  absl::StatusOr<Books> ReadEverything() override {
    GH_ASSIGN_OR_RETURN(Books books, ReadFunds());
    std::string cursor = "0";
    do {
      GH_ASSIGN_OR_RETURN(const Reply reply,
                          Command(control_.get(), {"EVALSHA", audit_sha_, "0", cursor}));
      if (reply->elements != 1 + 3 * kFundCount) {
        return absl::InternalError("not an answer of audit.lua");
      }
      cursor = Text(*reply->element[0]);
      for (size_t i = 0; i < kFundCount; ++i) {
        books[i].authorized_fen += reply->element[1 + 3 * i]->integer;
        books[i].approved += reply->element[2 + 3 * i]->integer;
        books[i].uses += reply->element[3 + 3 * i]->integer;
      }
    } while (cursor != "0");
    return books;
  }

 private:
  absl::StatusOr<std::string> LoadScript(const std::string& name) {
    const std::string path = options_.scripts + "/" + name;
    std::FILE* const file = std::fopen(path.c_str(), "rb");
    if (file == nullptr) {
      return absl::InvalidArgumentError(fmt::format("cannot read {}", path));
    }
    std::string script;
    std::array<char, 4096> part;
    for (size_t size; (size = std::fread(part.data(), 1, part.size(), file)) > 0;) {
      script.append(part.data(), size);
    }
    std::fclose(file);
    GH_ASSIGN_OR_RETURN(const Reply reply, Command(control_.get(), {"SCRIPT", "LOAD", script}));
    return std::string(Text(*reply));
  }

  const Handle control_;
  const Options& options_;
  std::string authorize_sha_;
  std::string audit_sha_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Peer>> OpenRedis(const Options& options) {
  GH_ASSIGN_OR_RETURN(Handle control, Open(options.server));
  auto redis = std::make_unique<Redis>(std::move(control), options);
  GH_RETURN_IF_ERROR(redis->LoadScripts());
  return redis;
}

}  // namespace gonghui::peers
