// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a configuration names outside itself, right and wrong.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "engine/server/preflight.h"
#include "engine/server/server.h"
#include "tests/e2e/server/certificates.h"
#include "tests/e2e/server/harness.h"

namespace gonghui {
namespace {

class PreflightTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new std::string(MakeTestFolder());
    const CertificateAuthority ca(*folder_, "union");
    ca.Issue("server", "DNS:localhost");
    ca.Issue("other", "DNS:localhost");
    std::ofstream(*folder_ + "/empty") << "";
    const std::string key = *folder_ + "/server.key";
    ASSERT_EQ(std::system(("openssl pkcs8 -topk8 -passout pass:secret -in " + key + " -out " +
                           *folder_ + "/sealed.key")
                              .c_str()),
              0);
  }
  static void TearDownTestSuite() {
    std::error_code ignored;
    std::filesystem::remove_all(*folder_, ignored);
    delete folder_;
  }

  PreflightTest() {
    config_.operators.listen = "unix:" + Path("operator.sock");
    config_.terminals.listen = "127.0.0.1:0";
    config_.terminals.tls_ca_file = Path("union-ca.pem");
    config_.terminals.tls_cert_file = Path("server.pem");
    config_.terminals.tls_key_file = Path("server.key");
  }

  static std::string Path(const std::string& name) { return *folder_ + "/" + name; }
  // One a line, the test's folder left out.
  std::string Errors() {
    ConfigOutcome outcome;
    outcome.config = config_;
    std::string all;
    for (const ConfigError& error : CheckSurroundingsBlocking(outcome)) {
      all += error.message + "\n";
    }
    for (size_t at = all.find(*folder_ + "/"); at != std::string::npos;
         at = all.find(*folder_ + "/")) {
      all.erase(at, folder_->size() + 1);
    }
    return all;
  }

  static inline std::string* folder_ = nullptr;
  Config config_;
};

TEST_F(PreflightTest, WhatIsThereIsRight) {
  EXPECT_EQ(Errors(), "");
  config_.log.file = Path("new.log");
  EXPECT_EQ(Errors(), "");
  EXPECT_FALSE(std::filesystem::exists(Path("new.log")));
}

TEST_F(PreflightTest, FilesThatAreMissing) {
  config_.terminals.tls_ca_file = Path("none-ca.pem");
  config_.terminals.tls_cert_file = Path("none.pem");
  config_.terminals.tls_key_file = Path("none.key");
  EXPECT_EQ(Errors(),
            "terminals.tls.ca_file: cannot read none-ca.pem: No such file or directory\n"
            "terminals.tls.cert_file: cannot read none.pem: No such file or directory\n"
            "terminals.tls.key_file: cannot read none.key: No such file or directory\n");
}

TEST_F(PreflightTest, FilesThatHoldSomethingElse) {
  config_.terminals.tls_ca_file = Path("server.key");
  config_.terminals.tls_cert_file = Path("empty");
  config_.terminals.tls_key_file = Path("server.pem");
  EXPECT_EQ(Errors(),
            "terminals.tls.ca_file: server.key holds no certificate in PEM\n"
            "terminals.tls.cert_file: empty holds no certificate in PEM\n"
            "terminals.tls.key_file: server.pem holds no private key in PEM\n");
}

TEST_F(PreflightTest, AKeyBelongsToItsCertificate) {
  config_.terminals.tls_key_file = Path("other.key");
  EXPECT_EQ(Errors(),
            "terminals.tls.key_file: other.key does not belong to the first certificate in "
            "server.pem\n");
  config_.terminals.tls_key_file = Path("sealed.key");
  EXPECT_EQ(Errors(),
            "terminals.tls.key_file: sealed.key is sealed with a password, which nobody could "
            "enter\n");
}

TEST_F(PreflightTest, PlacesThatAreMissing) {
  config_.operators.listen = "unix:" + Path("none/operator.sock");
  config_.log.file = Path("none/log");
  EXPECT_EQ(Errors(),
            "operators.listen: cannot listen on unix:none/operator.sock: no socket can be made in "
            "none: No such file or directory\n"
            "log.file: cannot write none/log: No such file or directory\n");
}

TEST_F(PreflightTest, AnAddressThatIsTakenIsFoundBeforeTheStart) {
  ServerOptions options;
  options.config = config_;
  EXPECT_TRUE(Server::CheckBlocking(options, SystemClock::Instance()).ok());
  EXPECT_FALSE(std::filesystem::exists(Path("operator.sock")));
  Harness harness;
  options.config.terminals.listen = harness.server().terminals_address();
  EXPECT_TRUE(absl::IsAlreadyExists(Server::CheckBlocking(options, SystemClock::Instance())));
  options.config.terminals.listen = "127.0.0.1:0";
  options.config.operators.listen = harness.server().operators_address();
  EXPECT_TRUE(absl::IsAlreadyExists(Server::CheckBlocking(options, SystemClock::Instance())));
}

}  // namespace
}  // namespace gonghui
