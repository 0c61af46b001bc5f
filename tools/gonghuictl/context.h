// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What every command has at hand: the options that all share, the servers, the
// output, and the questions to the user.

#ifndef GONGHUI_TOOLS_GONGHUICTL_CONTEXT_H_
#define GONGHUI_TOOLS_GONGHUICTL_CONTEXT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>
#include <google/protobuf/message.h>

#include "tools/gonghuictl/client.h"
#include "tools/gonghuictl/csv_rows.h"
#include "tools/gonghuictl/exit_code.h"
#include "tools/gonghuictl/output.h"
#include "tools/gonghuictl/progress.h"

namespace gonghui::ctl {

inline constexpr const char* kDefaultServer = "unix:/run/gonghui/operator.sock";
inline constexpr const char* kDefaultTerminalServer = "127.0.0.1:7443";
inline constexpr int64_t kDefaultTimeoutMs = 10'000;

struct GlobalOptions {
  std::string server = kDefaultServer;
  std::string terminal_server = kDefaultTerminalServer;
  std::string tls_ca_path;
  std::string tls_cert_path;
  std::string tls_key_path;
  bool insecure = false;
  OutputFormat format = OutputFormat::kTable;
  bool wide = false;  // tables may be wider than the terminal
  int64_t timeout_ms = kDefaultTimeoutMs;
  std::string zone;  // empty = nobody said one
};

enum class Listener : uint8_t { kOperator, kTerminal };

class Context {
 public:
  Context();

  GlobalOptions options;
  // What the chosen command does; set while the command line is parsed.
  std::function<ExitCode()> action;

  // REQUIRES: options are final.
  [[nodiscard]] Output& out();

  // In which days begin, and times are that name no zone: what --zone or GONGHUI_ZONE said, else
  // Asia/Shanghai. Never the machine's: the same file means the same everywhere, unless --zone or
  // GONGHUI_ZONE says otherwise.
  [[nodiscard]] std::string input_zone() const;

  // Of a CSV file: that zone, and when nobody said one, a word on it as soon as a cell depends
  // on it, once whatever number of files is read.  The context must outlive them.
  [[nodiscard]] RowOptions row_options();

  // One call; prints what is wrong when it fails, and with what, e.g. "member M1", when
  // the command is about several.
  [[nodiscard]] ExitCode Call(Listener listener,
                              std::string_view method,
                              const google::protobuf::Message& request,
                              google::protobuf::Message* response,
                              const std::string& what = "");

  // The last call that failed never left: it had no effect.
  [[nodiscard]] bool never_sent() const { return never_sent_; }

  // As Call(), without printing.
  [[nodiscard]] RpcStatus CallQuietly(Listener listener,
                                      std::string_view method,
                                      const google::protobuf::Message& request,
                                      google::protobuf::Message* response);

  // Connects lazily; an error says what is wrong with the options.
  [[nodiscard]] absl::StatusOr<Client*> ClientFor(Listener listener);

  // Asks before something dangerous: kOk when the user agrees or said --yes,
  // kError when not, kUsage when there is nobody to ask.
  [[nodiscard]] ExitCode Confirm(const std::string& question, bool yes);

  // A line on standard error.
  void Note(const std::string& text) const;
  [[nodiscard]] ExitCode Fail(ExitCode exit, const std::string& text) const;

  // How an import shows its progress here.
  [[nodiscard]] ProgressMode progress_mode(bool quiet) const;

 private:
  [[nodiscard]] absl::StatusOr<Endpoint> EndpointOf(Listener listener) const;

  const bool colour_;
  std::optional<Output> out_;
  bool never_sent_ = false;
  bool zone_was_told_ = false;
  std::unique_ptr<Client> operator_client_;
  std::unique_ptr<Client> terminal_client_;
};

// A random UUID (version 4).
[[nodiscard]] std::string RandomUuid();

// The text of a file of at most `bytes_max`.
[[nodiscard]] absl::StatusOr<std::string> ReadFile(const std::string& path, size_t bytes_max);

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_CONTEXT_H_
