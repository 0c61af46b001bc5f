// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/e2e/server/certificates.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "engine/base/check.h"

namespace gonghui {
namespace {

void Run(const std::string& command) {
  const int code = std::system((command + " >/dev/null 2>&1").c_str());
  GH_CHECK(code == 0, command, " code=", code);
}

}  // namespace

CertificateAuthority::CertificateAuthority(const std::string& folder, const std::string& name)
    : folder_(folder), prefix_(folder + "/" + name) {
  Run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 "
      "-subj /CN=" +
      name + " -keyout " + prefix_ + "-ca.key -out " + ca_file());
}

void CertificateAuthority::Issue(const std::string& name,
                                 const std::string& alternative_name) const {
  const std::string request = folder_ + "/" + name + ".csr";
  const std::string extensions = folder_ + "/" + name + ".ext";
  std::ofstream(extensions) << "subjectAltName=" << alternative_name << "\n";
  Run("openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=" + name +
      " -keyout " + key_file(name) + " -out " + request);
  Run("openssl x509 -req -days 30 -CA " + ca_file() + " -CAkey " + prefix_ +
      "-ca.key -CAcreateserial -in " + request + " -extfile " + extensions + " -out " +
      cert_file(name));
}

std::string CertificateAuthority::cert_file(const std::string& name) const {
  return folder_ + "/" + name + ".pem";
}
std::string CertificateAuthority::key_file(const std::string& name) const {
  return folder_ + "/" + name + ".key";
}

std::string ReadTextFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

}  // namespace gonghui
