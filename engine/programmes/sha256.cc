// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/sha256.h"

#include "engine/base/check.h"

namespace gonghui {

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  GH_CHECK(context_ != nullptr, "no memory for a digest");
  Begin();
}

void Sha256::Begin() {
  const int ok = EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  GH_CHECK_EQ(ok, 1);
}

void Sha256::Add(const void* data, size_t size) {
  const int ok = EVP_DigestUpdate(context_.get(), data, size);
  GH_CHECK_EQ(ok, 1);
}

Digest Sha256::Finish() {
  Digest digest;
  unsigned int size = 0;
  const int ok = EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
  GH_CHECK_EQ(ok, 1);
  GH_CHECK_EQ(size, digest.size());
  Begin();
  return digest;
}

uint64_t BigEndianWord(const Digest& digest, size_t at) {
  uint64_t word = 0;
  for (size_t i = 0; i < 8; ++i) {
    word = word << 8 | digest[at + i];
  }
  return word;
}

}  // namespace gonghui
