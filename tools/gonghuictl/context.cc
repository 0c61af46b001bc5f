// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// See the header.

#include "tools/gonghuictl/context.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/base/status_macros.h"
#include "tools/gonghuictl/interrupt.h"
#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/units.h"

namespace gonghui::ctl {
namespace {

constexpr size_t kPemBytesMax = 1 << 20;

bool WantsColour() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::strcmp(terminal, "dumb") == 0;
  return isatty(STDOUT_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0') && !dumb;
}

}  // namespace

Context::Context() : colour_(WantsColour()) {}

Output& Context::out() {
  if (!out_) {
    const size_t width = options.wide ? 0 : TerminalWidth(STDOUT_FILENO, std::getenv("COLUMNS"));
    out_.emplace(options.format, colour_, stdout, width);
  }
  return *out_;
}

std::string Context::input_zone() const {
  return options.zone.empty() ? std::string(kDefaultZone) : options.zone;
}

RowOptions Context::row_options() {
  RowOptions rows;
  rows.zone = input_zone();
  if (options.zone.empty()) {
    rows.on_local = [this] {
      if (!zone_was_told_) {
        zone_was_told_ = true;
        // A progress bar may stand on this line.
        Note(
            fmt::format("{}days and times that name no zone are taken in {}; --zone names another "
                        "(未注明时区的日期和时间按 {} 计，可用 --zone 另行指定)",
                        progress_mode(/*quiet=*/false) == ProgressMode::kBar ? "\r\033[K" : "",
                        kDefaultZone,
                        kDefaultZone));
      }
    };
  }
  return rows;
}

absl::StatusOr<Endpoint> Context::EndpointOf(Listener listener) const {
  Endpoint endpoint;
  endpoint.target = listener == Listener::kOperator ? options.server : options.terminal_server;
  if (listener == Listener::kTerminal) {
    endpoint.option = "--terminal-server";
    endpoint.variable = "GONGHUI_TERMINAL_SERVER";
  }
  // A Unix socket of an operator is protected by its file mode.
  const bool local = endpoint.target.starts_with("unix:");
  endpoint.plaintext = options.insecure || (local && listener == Listener::kOperator);
  if (endpoint.plaintext) {
    return endpoint;
  }
  if (options.tls_ca_path.empty() || options.tls_cert_path.empty() ||
      options.tls_key_path.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("calls to ",
                     endpoint.target,
                     " need --tls-ca, --tls-cert and --tls-key (or --insecure, for tests)"));
  }
  GH_ASSIGN_OR_RETURN(endpoint.ca_pem, ReadFile(options.tls_ca_path, kPemBytesMax));
  GH_ASSIGN_OR_RETURN(endpoint.cert_pem, ReadFile(options.tls_cert_path, kPemBytesMax));
  GH_ASSIGN_OR_RETURN(endpoint.key_pem, ReadFile(options.tls_key_path, kPemBytesMax));
  return endpoint;
}

absl::StatusOr<Client*> Context::ClientFor(Listener listener) {
  std::unique_ptr<Client>& client =
      listener == Listener::kOperator ? operator_client_ : terminal_client_;
  if (client == nullptr) {
    GH_ASSIGN_OR_RETURN(const Endpoint endpoint, EndpointOf(listener));
    client = Client::Create(endpoint);
  }
  return client.get();
}

RpcStatus Context::CallQuietly(Listener listener,
                               std::string_view method,
                               const google::protobuf::Message& request,
                               google::protobuf::Message* response) {
  const absl::StatusOr<Client*> client = ClientFor(listener);
  if (!client.ok()) {
    RpcStatus status;
    status.code = static_cast<int>(client.status().code());
    status.message = std::string(client.status().message());
    return status;
  }
  return (*client)->CallBlocking(method, request, response, options.timeout_ms);
}

ExitCode Context::Call(Listener listener,
                       std::string_view method,
                       const google::protobuf::Message& request,
                       google::protobuf::Message* response,
                       const std::string& what) {
  const absl::StatusOr<Client*> client = ClientFor(listener);
  if (!client.ok()) {
    return Fail(ExitCode::kUsage, std::string(client.status().message()));
  }
  const RpcStatus status = (*client)->CallBlocking(method, request, response, options.timeout_ms);
  if (status.ok()) {
    return ExitCode::kOk;
  }
  never_sent_ = status.never_sent;
  std::string text = FormatRpcStatus(status);
  text.pop_back();
  return Fail(ExitCodeFor(status), what.empty() ? text : what + ": " + text);
}

ExitCode Context::Confirm(const std::string& question, bool yes) {
  if (yes) {
    return ExitCode::kOk;
  }
  if (isatty(STDIN_FILENO) == 0 || isatty(STDERR_FILENO) == 0) {
    return Fail(ExitCode::kUsage, fmt::format("{} There is nobody to ask; add --yes", question));
  }
  fmt::print(stderr, "{} [y/N] ", question);
  std::fflush(stderr);
  std::array<char, 64> answer{};
  const char* got = std::fgets(answer.data(), static_cast<int>(answer.size()), stdin);
  if (Interrupted()) {
    return ExitCode::kInterrupted;
  }
  const std::string_view word(got == nullptr ? "" : got);
  if (word == "y\n" || word == "Y\n" || word == "yes\n") {
    return ExitCode::kOk;
  }
  return Fail(ExitCode::kError, "nothing was changed");
}

void Context::Note(const std::string& text) const {
  // A status has its line break.
  fmt::print(stderr, "{}{}", text, text.ends_with('\n') ? "" : "\n");
}

ExitCode Context::Fail(ExitCode exit, const std::string& text) const {
  fmt::print(stderr, "gonghuictl: {}\n", text);
  return exit;
}

ProgressMode Context::progress_mode(bool quiet) const {
  if (quiet) {
    return ProgressMode::kNone;
  }
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::strcmp(terminal, "dumb") == 0;
  return isatty(STDERR_FILENO) != 0 && !dumb ? ProgressMode::kBar : ProgressMode::kLines;
}

std::string RandomUuid() {
  std::array<uint8_t, 16> bytes{};
  GH_CHECK(getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0fU) | 0x40U);  // version 4
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3fU) | 0x80U);  // variant of RFC 4122
  std::string uuid;
  for (size_t i = 0; i < bytes.size(); ++i) {
    uuid += i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "";
    uuid += fmt::format("{:02x}", bytes[i]);
  }
  return uuid;
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t bytes_max) {
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) {
    return absl::UnknownError(absl::StrCat("can not open ", path, ": ", std::strerror(errno)));
  }
  std::string text(bytes_max + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file));
  const bool failed = std::ferror(file) != 0;
  const int error = errno;
  std::fclose(file);
  if (failed) {
    return absl::UnknownError(absl::StrCat("can not read ", path, ": ", std::strerror(error)));
  }
  if (text.size() > bytes_max) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is larger than ", bytes_max, " bytes"));
  }
  return text;
}

}  // namespace gonghui::ctl
