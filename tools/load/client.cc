// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/client.h"

#include <atomic>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>
#include <grpcpp/grpcpp.h>

#include "tools/load/lane.h"
#include "tools/load/run_state.h"
#include "tools/load/worker.h"

namespace gonghui::load {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    return absl::InvalidArgumentError("cannot read " + path);
  }
  return text.str();
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const Options& options) {
  if (options.insecure) {
    return grpc::InsecureChannelCredentials();
  }
  grpc::SslCredentialsOptions pem;
  for (const auto& [file, text] : {std::pair(&options.tls_ca_file, &pem.pem_root_certs),
                                   std::pair(&options.tls_cert_file, &pem.pem_cert_chain),
                                   std::pair(&options.tls_key_file, &pem.pem_private_key)}) {
    if (!file->empty()) {
      absl::StatusOr<std::string> content = ReadFile(*file);
      if (!content.ok()) {
        return content.status();
      }
      *text = *std::move(content);
    }
  }
  return grpc::SslCredentials(pem);
}

}  // namespace

class LoadClient::Impl {
 public:
  Impl(const Options& options, const Workload& workload) : run_(options, workload) {}

  absl::Status Connect() {
    const Options& options = run_.options;
    const auto credentials = Credentials(options);
    if (!credentials.ok()) {
      return credentials.status();
    }
    grpc::ChannelArguments arguments;
    // Otherwise all channels to one server share one connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);  // errors are counted, not hidden
    if (options.frame_bytes > 0) {
      arguments.SetInt(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, static_cast<int>(options.frame_bytes));
    }
    if (!options.tls_name.empty()) {
      arguments.SetSslTargetNameOverride(options.tls_name);
    }
    std::vector<std::shared_ptr<grpc::Channel>> channels;
    for (uint32_t i = 0; i < options.connections; ++i) {
      channels.push_back(grpc::CreateCustomChannel(options.server, *credentials, arguments));
      channels.back()->GetState(/*try_to_connect=*/true);
    }
    const auto deadline = FromNow(std::chrono::milliseconds(options.patience_ms()));
    for (const auto& channel : channels) {
      if (!channel->WaitForConnected(deadline)) {
        return absl::UnavailableError(absl::StrCat(
            "no connection to ", options.server, " within ", options.patience_ms() / 1'000, " s"));
      }
    }
    for (uint32_t thread = 0; thread < options.threads; ++thread) {
      std::vector<std::shared_ptr<grpc::Channel>> own;
      for (size_t i = thread; i < channels.size(); i += options.threads) {
        own.push_back(channels[i]);
      }
      workers_.push_back(std::make_unique<Worker>(&run_, thread, std::move(own)));
    }
    return absl::OkStatus();
  }

  void Start() {
    const int64_t now_ns = RunState::NowNs();
    run_.measure_from_ns = now_ns + static_cast<int64_t>(run_.options.warmup_s * kNsPerSecond);
    run_.measure_until_ns =
        run_.measure_from_ns + static_cast<int64_t>(run_.options.duration_s * kNsPerSecond);
    for (const auto& worker : workers_) {
      worker->Start();
    }
  }

  void Stop() {
    const int64_t now_ns = RunState::NowNs();
    int64_t until_ns = run_.measure_until_ns.load(std::memory_order_relaxed);
    while (now_ns < until_ns && !run_.measure_until_ns.compare_exchange_weak(
                                    until_ns, now_ns, std::memory_order_relaxed)) {
    }
  }

  void Join() {
    for (const auto& worker : workers_) {
      worker->Join();
    }
    joined_ = true;
  }

  [[nodiscard]] Stats Sum(AnswerSink Lane::*sink) const {
    Stats sum;
    for (const auto& worker : workers_) {
      sum.Merge((worker->lane().*sink).stats().Snapshot());
      if (joined_) {
        sum.latency_ns.Merge(sink == &Lane::unary ? worker->unsent_unary_ns()
                                                  : worker->unsent_stream_ns());
      }
    }
    return sum;
  }

  RunState run_;
  std::vector<std::unique_ptr<Worker>> workers_;
  bool joined_ = false;
};

LoadClient::LoadClient(const Options& options, const Workload& workload)
    : impl_(std::make_unique<Impl>(options, workload)) {}

LoadClient::~LoadClient() {
  Stop();
  Join();
}

absl::Status LoadClient::Connect() {
  return impl_->Connect();
}

void LoadClient::Start() {
  impl_->Start();
}

void LoadClient::Stop() {
  impl_->Stop();
}

void LoadClient::Join() {
  impl_->Join();
}

int64_t LoadClient::measure_from_ns() const {
  return impl_->run_.measure_from_ns;
}

int64_t LoadClient::measure_until_ns() const {
  return impl_->run_.measure_until_ns.load(std::memory_order_relaxed);
}

Stats LoadClient::UnaryStats() const {
  return impl_->Sum(&Lane::unary);
}

Stats LoadClient::StreamStats() const {
  return impl_->Sum(&Lane::stream);
}

Stalls LoadClient::AllStalls() const {
  Stalls all = impl_->workers_.front()->AllStalls();
  for (size_t i = 1; i < impl_->workers_.size(); ++i) {
    all.Merge(impl_->workers_[i]->AllStalls());
  }
  return all;
}

uint64_t LoadClient::UnsentCount() const {
  uint64_t sum = 0;
  for (const auto& worker : impl_->workers_) {
    sum += worker->unsent();
  }
  return sum;
}

uint64_t LoadClient::CheckedCount() const {
  uint64_t sum = 0;
  for (const auto& worker : impl_->workers_) {
    sum += worker->lane().unary.checked() + worker->lane().stream.checked();
  }
  return sum;
}

uint64_t LoadClient::FailedCount() const {
  uint64_t sum = 0;
  for (const auto& worker : impl_->workers_) {
    sum += worker->lane().unary.failed() + worker->lane().stream.failed();
  }
  return sum;
}

uint64_t LoadClient::WrongCount() const {
  return impl_->run_.wrong_count.load(std::memory_order_relaxed);
}

}  // namespace gonghui::load
