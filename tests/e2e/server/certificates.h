// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A certificate authority for one test, made with the openssl program; no key is
// kept in the repository.

#ifndef GONGHUI_TESTS_E2E_SERVER_CERTIFICATES_H_
#define GONGHUI_TESTS_E2E_SERVER_CERTIFICATES_H_

#include <string>

namespace gonghui {

class CertificateAuthority {
 public:
  // `folder` exists; files are NAME-ca.pem and so on.
  CertificateAuthority(const std::string& folder, const std::string& name);

  // Makes NAME.pem and NAME.key with this subject alternative name, as openssl
  // writes it: "DNS:localhost", "URI:urn:gonghui:terminal:GATE1".
  void Issue(const std::string& name, const std::string& alternative_name) const;

  [[nodiscard]] std::string ca_file() const { return prefix_ + "-ca.pem"; }
  [[nodiscard]] std::string cert_file(const std::string& name) const;
  [[nodiscard]] std::string key_file(const std::string& name) const;

 private:
  std::string folder_;
  std::string prefix_;
};

std::string ReadTextFile(const std::string& path);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_E2E_SERVER_CERTIFICATES_H_
