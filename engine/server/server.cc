// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/server.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <grpcpp/ext/channelz_service_plugin.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "engine/server/acceptor.h"
#include "engine/server/authorization_service.h"
#include "engine/server/health_call.h"
#include "engine/server/health_service.h"
#include "engine/server/log.h"
#include "engine/server/operator_services.h"

namespace gonghui {
namespace {

constexpr int kKeepaliveTimeMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kPingIntervalMinMs = 15'000;
// Watches of health and reflection are served by threads: so many calls of them at once.
constexpr int kHealthWatchersMax = 16;
constexpr int kTerminalThreadsMax = kHealthWatchersMax + 16;
constexpr int kOperatorsHandshakeMsMax = 10'000;
constexpr int kMetadataBytesMax = 8 * 1'024;
// What gRPC reads at once, mostly.  It works through all of that before it looks whether the
// connection is still there, and a text that ends in no header makes it copy a megabyte for each
// 10 bytes of it: of so little that takes 0.3 s of the lane, of the 4 MiB that it would read
// without being told minutes.  A reader that has fallen behind takes up to 128 KiB all the same
// (gRPC 1.51), which is seconds.
constexpr int kReadBytesMax = 8'192;
// Beside connections and tables: journals and logs, what gRPC opens for itself, files that are
// read for a moment.
constexpr int64_t kFilesBeside = 128;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path));
  }
  return content.str();
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(
    const Config::Terminals& config) {
  if (config.tls_cert_file.empty()) {
    return grpc::InsecureServerCredentials();
  }
  // Checked against the configured CA before the first byte of HTTP/2 is read.
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  GH_ASSIGN_OR_RETURN(options.pem_root_certs, ReadFile(config.tls_ca_file));
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  GH_ASSIGN_OR_RETURN(pair.private_key, ReadFile(config.tls_key_file));
  GH_ASSIGN_OR_RETURN(pair.cert_chain, ReadFile(config.tls_cert_file));
  options.pem_key_cert_pairs.push_back(std::move(pair));
  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::SslServerCredentials(options);
  if (credentials == nullptr) {
    return absl::InvalidArgumentError("the TLS files are not usable");
  }
  return credentials;
}

void SetChannelArguments(grpc::ServerBuilder* builder, int handshake_ms_max) {
  // gRPC's own limit is two minutes: so long would a connection that says nothing keep
  // the place of one that does.
  builder->AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, handshake_ms_max);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                              kPingIntervalMinMs);
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // gRPC 1.51 measures a message as it came over the wire, and inflates it without a limit, to a
  // thousand times as much, outside of any quota.  So a call that says its messages are
  // compressed ends with UNIMPLEMENTED, and nothing is there that could inflate one.
  builder->SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder->SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder->AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  builder->AddChannelArgument(GRPC_ARG_TCP_READ_CHUNK_SIZE, kReadBytesMax);
  builder->AddChannelArgument(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, kReadBytesMax);
}

// The acceptor that gRPC offers; ours hands it what it has accepted.
using ExternalAcceptor = grpc::experimental::ExternalConnectionAcceptor;

std::unique_ptr<ExternalAcceptor> AddAcceptor(
    grpc::ServerBuilder* builder, const std::shared_ptr<grpc::ServerCredentials>& credentials) {
  return builder->experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials);
}

AcceptorOptions ForTerminals(const Config::Terminals& config) {
  AcceptorOptions options;
  options.name = "terminals";
  options.listen = config.listen;
  options.connections_max = config.connections_max;
  options.connections_per_address_max = config.connections_per_address_max;
  options.message_bytes_max = config.message_bytes_max;
  return options;
}

AcceptorOptions ForOperators(const Config::Operators& config) {
  AcceptorOptions options;
  options.name = "operators";
  options.listen = config.listen;
  options.connections_max = config.connections_max;
  options.connections_per_address_max = config.connections_max;
  for (const int64_t uid : config.allowed_uids) {
    options.allowed_uids.push_back(static_cast<uint32_t>(uid));
  }
  return options;
}

void HandOver(Acceptor* acceptor, ExternalAcceptor* grpc_acceptor, Acceptor::Away away = nullptr) {
  acceptor->Start(
      [grpc_acceptor](int fd) {
        ExternalAcceptor::NewConnectionParameters parameters;
        parameters.fd = fd;
        grpc_acceptor->HandleNewConnection(&parameters);
      },
      std::move(away));
}

// One gRPC server and what feeds it.
struct Listener {
  std::unique_ptr<Acceptor> acceptor;
  std::unique_ptr<ExternalAcceptor> grpc_acceptor;
  std::unique_ptr<HealthService> health;
  std::unique_ptr<grpc::Server> server;
};

// Once in the process, before the first builder.
void EnablePlugins() {
  static std::once_flag once;
  std::call_once(once, [] { grpc::reflection::InitProtoReflectionServerBuilderPlugin(); });
}

}  // namespace

class Server::Impl {
 public:
  Impl(const ServerOptions& options, Engine* engine, const ServerStores& stores, const Clock& clock)
      : options_(options), engine_(engine), clock_(clock) {
    operators_context_.engine = engine;
    operators_context_.personal_data = stores.personal_data;
    operators_context_.programme_sources = stores.programme_sources;
    operators_context_.draws = stores.draws;
    operators_context_.journal = stores.journal;
    operators_context_.rows_max =
        static_cast<uint32_t>(options.config.archive.memory_transactions_max);
    operators_context_.clock = &clock;
    operators_context_.version = options.version;
    operators_context_.started_at_ns = clock.NowNs();
  }

  ~Impl() {
    if (started_) {
      Drain(0, 0);
      engine_->Stop();
      Join();
    }
  }

  absl::Status Start() {
    EnablePlugins();
    const int64_t files_max = RaiseFileLimit();
    GH_RETURN_IF_ERROR(ListenForTerminals(files_max));
    GH_RETURN_IF_ERROR(ListenForOperators());
    // From here on the server must be drained.
    started_ = true;
    authorization_->Start(engine_);
    terminals_.health->SetServing(true);
    operators_.health->SetServing(true);
    // Drain() stops the acceptor before the lanes end.
    HandOver(terminals_.acceptor.get(), terminals_.grpc_acceptor.get(), [this] {
      return authorization_->Away();
    });
    HandOver(operators_.acceptor.get(), operators_.grpc_acceptor.get());
    return absl::OkStatus();
  }

  void Drain(int64_t lame_duck_ms, int64_t grace_ms) {
    if (!started_ || drained_) {
      return;
    }
    drained_ = true;
    terminals_.health->SetServing(false);
    operators_.health->SetServing(false);
    std::this_thread::sleep_for(std::chrono::milliseconds(lame_duck_ms));
    terminals_.acceptor->Stop();
    operators_.acceptor->Stop();
    authorization_->BeginDrain();
    terminals_.health->EndWatches();
    operators_.health->EndWatches();
    // Both servers have the same time, at the same time.
    const int64_t deadline_ns = clock_.MonotonicNs() + grace_ms * 1'000'000;
    const gpr_timespec deadline =
        gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_millis(grace_ms, GPR_TIMESPAN));
    std::thread other([&] { operators_.server->Shutdown(deadline); });
    HangUpOnTerminals(deadline_ns);
    terminals_.server->Shutdown(deadline);
    other.join();
  }

  void Join() {
    if (authorization_ != nullptr) {
      authorization_->Join();
    }
    if (operators_queue_ != nullptr) {
      operators_queue_->Shutdown();
      void* tag = nullptr;
      bool ok = false;
      while (operators_queue_->Next(&tag, &ok)) {
      }
      operators_queue_.reset();
    }
  }

  [[nodiscard]] const std::string& terminals_address() const {
    return terminals_.acceptor->address();
  }
  [[nodiscard]] const std::string& operators_address() const {
    return operators_.acceptor->address();
  }

 private:
  // A call that reaches gRPC 1.51.1 in the very moment of Shutdown() ends with CANCELLED, which a
  // client must take for its own doing and not try again.  So that none can, clients are hung
  // up on before, when all is answered that was taken: what they say then ends for them
  // with UNAVAILABLE.  Nobody waits long for the clients: as long as one does not take its answer
  // or goes on talking, all others are refused, and a retry policy tries for seconds only.
  void HangUpOnTerminals(int64_t deadline_ns) {
    constexpr int64_t kPatienceNs = 500'000'000;
    const auto wait_for = [this](int64_t until_ns, auto&& is_so) {
      while (!is_so() && clock_.MonotonicNs() < until_ns) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    };
    const auto soon_ns = [&] { return std::min(deadline_ns, clock_.MonotonicNs() + kPatienceNs); };
    wait_for(deadline_ns, [this] { return authorization_->IsDecided(); });
    wait_for(soon_ns(), [this] { return authorization_->IsSettled(); });
    wait_for(soon_ns(), [this] { return terminals_.acceptor->HangUp() == 0; });
    terminals_.acceptor->CutAll();
  }

  absl::Status ListenForTerminals(int64_t files_max) {
    const Config::Terminals& config = options_.config.terminals;
    GH_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ServerCredentials> credentials,
                        MakeCredentials(config));
    AcceptorOptions acceptor = ForTerminals(config);
    // A connection is a descriptor, and the database needs some of its own.
    const int64_t kept =
        options_.store_files_max + options_.config.operators.connections_max + kFilesBeside;
    const int64_t room = std::max(files_max / 4, files_max - kept);
    acceptor.connections_max = std::min(config.connections_max, room);
    if (acceptor.connections_max < config.connections_max) {
      // One address keeps the part that it was to have, so that it cannot have all.
      acceptor.connections_per_address_max =
          std::max<int64_t>(1, config.connections_per_address_max * room / config.connections_max);
      LogWarn("fewer connections than configured: the limit of open files is lower",
              {{"connections_max", acceptor.connections_max}, {"files_max", files_max}});
    }
    GH_ASSIGN_OR_RETURN(terminals_.acceptor, Acceptor::Listen(acceptor, clock_));

    AuthorizationOptions authorization;
    authorization.lanes = static_cast<int>(config.lanes);
    authorization.calls_in_flight_max = static_cast<int>(config.calls_in_flight_max);
    authorization.streams_max = static_cast<int>(config.streams_max);
    authorization.stream_messages_in_flight = static_cast<int>(config.stream_messages_in_flight);
    authorization.stream_bytes_max = config.stream_bytes_max;
    authorization.trust_words = config.tls_cert_file.empty();
    GH_CHECK(!authorization.trust_words || options_.insecure_dev);
    authorization_ = std::make_unique<AuthorizationService>(authorization);

    grpc::ServerBuilder builder;
    SetChannelArguments(&builder, static_cast<int>(config.handshake_ms_max));
    builder.SetMaxReceiveMessageSize(static_cast<int>(config.message_bytes_max));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                               static_cast<int>(config.streams_per_connection_max));
    grpc::ResourceQuota quota("terminals");
    quota.Resize(static_cast<size_t>(config.memory_bytes_max));
    quota.SetMaxThreads(kTerminalThreadsMax);
    builder.SetResourceQuota(quota);
    terminals_.grpc_acceptor = AddAcceptor(&builder, credentials);
    terminals_.health = std::make_unique<HealthService>(
        std::vector<std::string>{"gonghui.v1.AuthorizationService"}, kHealthWatchersMax);
    terminals_health_ = std::make_unique<TerminalsHealth>(terminals_.health.get());
    authorization_->Register(&builder, terminals_health_.get());
    terminals_.server = builder.BuildAndStart();
    if (terminals_.server == nullptr) {
      return absl::InternalError("gRPC could not start the server of the terminals");
    }
    return absl::OkStatus();
  }

  absl::Status ListenForOperators() {
    const Config::Operators& config = options_.config.operators;
    GH_ASSIGN_OR_RETURN(operators_.acceptor, Acceptor::Listen(ForOperators(config), clock_));

    // A builder takes the plug-ins that the process has when it is made: those of
    // the terminals' server are made before channelz is among them.
    static std::once_flag once;
    std::call_once(once, [] { grpc::channelz::experimental::InitChannelzService(); });
    grpc::ServerBuilder builder;
    SetChannelArguments(&builder, kOperatorsHandshakeMsMax);
    builder.SetMaxReceiveMessageSize(static_cast<int>(config.message_bytes_max));
    builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MIN_POLLERS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 2);
    grpc::ResourceQuota quota("operators");
    quota.SetMaxThreads(static_cast<int>(config.threads_max));
    builder.SetResourceQuota(quota);
    operators_.grpc_acceptor = AddAcceptor(&builder, grpc::InsecureServerCredentials());
    services_.push_back(MakeMemberService(operators_context_));
    services_.push_back(MakeMerchantService(operators_context_));
    services_.push_back(MakeProgrammeService(operators_context_));
    services_.push_back(MakeVoucherService(operators_context_));
    services_.push_back(MakeDrawService(operators_context_));
    services_.push_back(MakeAidService(operators_context_));
    services_.push_back(MakeOperationsService(operators_context_));
    services_.push_back(MakeBacktestService(operators_context_));
    for (const auto& service : services_) {
      builder.RegisterService(service.get());
    }
    operators_.health = std::make_unique<HealthService>(
        std::vector<std::string>{"gonghui.v1.MemberService",
                                 "gonghui.v1.MerchantService",
                                 "gonghui.v1.ProgrammeService",
                                 "gonghui.v1.VoucherService",
                                 "gonghui.v1.DrawService",
                                 "gonghui.v1.AidService",
                                 "gonghui.v1.OperationsService",
                                 "gonghui.v1.BacktestService"},
        std::min(kHealthWatchersMax, static_cast<int>(config.threads_max) / 4));
    builder.RegisterService(operators_.health.get());
    // A server that has a queue of this kind keeps its synchronous threads from
    // polling: they wait for the calls that the lanes' threads find for them (gRPC's
    // epoll1 has one set of descriptors for the whole process).  Threads that poll
    // beside the lanes would take turns with them over the terminals' connections.
    operators_queue_ = builder.AddCompletionQueue();
    operators_.server = builder.BuildAndStart();
    if (operators_.server == nullptr) {
      return absl::InternalError("gRPC could not start the server of the operators");
    }
    return absl::OkStatus();
  }

  const ServerOptions options_;
  Engine* const engine_;
  const Clock& clock_;
  OperatorContext operators_context_;
  bool started_ = false;
  bool drained_ = false;

  std::unique_ptr<TerminalsHealth> terminals_health_;
  std::unique_ptr<AuthorizationService> authorization_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::ServerCompletionQueue> operators_queue_;  // nothing ever comes of it
  // Last, so that the servers go first.
  Listener terminals_;
  Listener operators_;
};

absl::Status Server::CheckBlocking(const ServerOptions& options, const Clock& clock) {
  GH_RETURN_IF_ERROR(MakeCredentials(options.config.terminals).status());
  // Listens for a moment.  To keep the sockets until recovery is over would be to let
  // clients connect to a server that does not answer.
  GH_RETURN_IF_ERROR(Acceptor::Listen(ForTerminals(options.config.terminals), clock).status());
  return Acceptor::Listen(ForOperators(options.config.operators), clock).status();
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      Engine* engine,
                                                      const ServerStores& stores,
                                                      const Clock& clock) {
  auto impl = std::make_unique<Impl>(options, engine, stores, clock);
  GH_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
void Server::Drain(int64_t lame_duck_ms, int64_t grace_ms) {
  impl_->Drain(lame_duck_ms, grace_ms);
}
void Server::Join() {
  impl_->Join();
}
const std::string& Server::terminals_address() const {
  return impl_->terminals_address();
}
const std::string& Server::operators_address() const {
  return impl_->operators_address();
}

}  // namespace gonghui
