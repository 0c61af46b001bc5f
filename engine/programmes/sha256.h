// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 of what is handed over piece by piece.

#ifndef GONGHUI_ENGINE_PROGRAMMES_SHA256_H_
#define GONGHUI_ENGINE_PROGRAMMES_SHA256_H_

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "engine/domain/draw.h"

namespace gonghui {

class Sha256 {
 public:
  Sha256();

  void Add(std::string_view text) { Add(text.data(), text.size()); }
  void Add(std::span<const uint8_t> bytes) { Add(bytes.data(), bytes.size()); }
  // Of all that was added since the last Finish().
  [[nodiscard]] Digest Finish();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };

  void Add(const void* data, size_t size);
  void Begin();

  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

// Eight bytes from `at` on, the first the most significant.
[[nodiscard]] uint64_t BigEndianWord(const Digest& digest, size_t at);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PROGRAMMES_SHA256_H_
