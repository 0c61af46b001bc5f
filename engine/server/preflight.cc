// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/preflight.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <absl/status/status.h>
#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/base/strings.h"
#include "engine/server/acceptor.h"

namespace gonghui {
namespace {

namespace fs = std::filesystem;

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

// The default asks at the terminal, and a service has none.
int NoPassword(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

class Preflight {
 public:
  explicit Preflight(const ConfigOutcome& outcome) : outcome_(outcome) {}

  void CheckTls() {
    const Config::Terminals& config = outcome_.config.terminals;
    FirstCertificate("terminals.tls.ca_file", config.tls_ca_file);
    const Certificate certificate =
        FirstCertificate("terminals.tls.cert_file", config.tls_cert_file);
    const Bio file = OpenFile("terminals.tls.key_file", config.tls_key_file);
    if (file == nullptr) {
      return;
    }
    bool has_password = false;
    const PrivateKey key(PEM_read_bio_PrivateKey(file.get(), nullptr, &NoPassword, &has_password));
    if (key == nullptr) {
      Add("terminals.tls.key_file",
          absl::StrCat(config.tls_key_file,
                       has_password ? " is sealed with a password, which nobody could enter"
                                    : " holds no private key in PEM"));
    } else if (certificate != nullptr &&
               X509_check_private_key(certificate.get(), key.get()) != 1) {
      Add("terminals.tls.key_file",
          absl::StrCat(config.tls_key_file,
                       " does not belong to the first certificate in ",
                       config.tls_cert_file));
    }
    ERR_clear_error();
  }

  void CheckAddress(std::string_view path, const std::string& listen) {
    if (const absl::Status status = Acceptor::CheckAddressBlocking(listen); !status.ok()) {
      Add(path, std::string(status.message()));
    }
  }

  void CheckLog() {
    const std::string& file = outcome_.config.log.file;
    if (file.empty()) {
      return;
    }
    std::error_code ignored;
    const bool exists = fs::exists(file, ignored);
    const fs::path place = exists ? fs::path(file) : fs::absolute(file, ignored).parent_path();
    if (::faccessat(AT_FDCWD, place.c_str(), exists ? W_OK : W_OK | X_OK, AT_EACCESS) != 0) {
      Add("log.file", absl::StrCat("cannot write ", file, ": ", std::strerror(errno)));
    }
  }

  std::vector<ConfigError> Take() { return std::move(errors_); }

 private:
  void Add(std::string_view path, std::string_view what) {
    errors_.push_back(outcome_.ErrorAt(path, absl::StrCat(ToAbsl(path), ": ", ToAbsl(what))));
  }

  Bio OpenFile(std::string_view path, const std::string& file) {
    Bio bio(BIO_new_file(file.c_str(), "r"));
    if (bio == nullptr) {
      Add(path, absl::StrCat("cannot read ", file, ": ", std::strerror(errno)));
      ERR_clear_error();
    }
    return bio;
  }

  Certificate FirstCertificate(std::string_view path, const std::string& file) {
    const Bio bio = OpenFile(path, file);
    if (bio == nullptr) {
      return nullptr;
    }
    Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    ERR_clear_error();
    if (certificate == nullptr) {
      Add(path, absl::StrCat(file, " holds no certificate in PEM"));
    }
    return certificate;
  }

  const ConfigOutcome& outcome_;
  std::vector<ConfigError> errors_;
};

}  // namespace

std::vector<ConfigError> CheckSurroundingsBlocking(const ConfigOutcome& outcome) {
  GH_CHECK(outcome.errors.empty());
  Preflight preflight(outcome);
  if (outcome.config.has_tls()) {
    preflight.CheckTls();
  }
  preflight.CheckAddress("terminals.listen", outcome.config.terminals.listen);
  preflight.CheckAddress("operators.listen", outcome.config.operators.listen);
  preflight.CheckLog();
  return preflight.Take();
}

}  // namespace gonghui
