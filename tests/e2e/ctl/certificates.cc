// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// P-256 keys, valid for a day, by OpenSSL 3.

#include "tests/e2e/ctl/certificates.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

#include "engine/base/check.h"

namespace gonghui::testing_e2e {
namespace {

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Cert = std::unique_ptr<X509, Free>;
using Bio = std::unique_ptr<BIO, Free>;

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

void AddExtension(X509* cert, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  GH_CHECK(extension != nullptr, value);
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

// Signed by `issuer`, or by itself when that is null.
Cert MakeCert(const std::string& name, long serial, EVP_PKEY* key, X509* issuer, EVP_PKEY* signer) {
  Cert cert(X509_new());
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 86'400);
  X509_set_pubkey(cert.get(), key);
  X509_NAME* subject = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(subject,
                             "CN",
                             MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()),
                             -1,
                             -1,
                             0);
  X509_set_issuer_name(cert.get(), issuer == nullptr ? subject : X509_get_subject_name(issuer));
  if (issuer == nullptr) {
    AddExtension(cert.get(), cert.get(), NID_basic_constraints, "critical,CA:TRUE");
  } else {
    AddExtension(cert.get(), issuer, NID_subject_alt_name, "DNS:" + name);
  }
  GH_CHECK(X509_sign(cert.get(), signer, EVP_sha256()) > 0, name);
  return cert;
}

Identity ToIdentity(X509* cert, EVP_PKEY* key) {
  const Bio cert_bio(BIO_new(BIO_s_mem()));
  const Bio key_bio(BIO_new(BIO_s_mem()));
  GH_CHECK(PEM_write_bio_X509(cert_bio.get(), cert) == 1);
  GH_CHECK(PEM_write_bio_PrivateKey(key_bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) ==
           1);
  return {TextOf(cert_bio.get()), TextOf(key_bio.get())};
}

}  // namespace

Certificates MakeCertificates() {
  const Key ca_key(EVP_EC_gen("P-256"));
  const Key server_key(EVP_EC_gen("P-256"));
  const Key terminal_key(EVP_EC_gen("P-256"));
  const Cert ca = MakeCert("Gonghui test CA", 1, ca_key.get(), nullptr, ca_key.get());
  const Cert server = MakeCert("localhost", 2, server_key.get(), ca.get(), ca_key.get());
  const Cert terminal = MakeCert("T0000001", 3, terminal_key.get(), ca.get(), ca_key.get());
  return {ToIdentity(ca.get(), ca_key.get()),
          ToIdentity(server.get(), server_key.get()),
          ToIdentity(terminal.get(), terminal_key.get())};
}

}  // namespace gonghui::testing_e2e
