// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A certificate authority for one test run, so that no private key is kept in
// the repository.

#ifndef GONGHUI_TESTS_E2E_CTL_CERTIFICATES_H_
#define GONGHUI_TESTS_E2E_CTL_CERTIFICATES_H_

#include <string>

namespace gonghui::testing_e2e {

struct Identity {
  std::string cert_pem;
  std::string key_pem;
};

struct Certificates {
  Identity ca;
  Identity server;    // localhost
  Identity terminal;  // T0000001
};

[[nodiscard]] Certificates MakeCertificates();

}  // namespace gonghui::testing_e2e

#endif  // GONGHUI_TESTS_E2E_CTL_CERTIFICATES_H_
