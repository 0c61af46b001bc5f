// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The failing side of GH_CHECK.  Composes the message in a buffer on the stack
// and hands it to write(2) in one piece: no allocation, no lock, so that it
// works on any thread in any state.

#include "engine/base/check.h"

#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace gonghui::check_internal {
namespace {

class Message {
 public:
  void Add(const char* text, size_t size) {
    const size_t room = sizeof(buffer_) - 1 - size_;  // one byte for the newline
    const size_t taken = std::min(size, room);
    std::memcpy(buffer_ + size_, text, taken);
    size_ += taken;
  }
  void Add(const char* text) { Add(text, std::strlen(text)); }

  void Add(const Piece& piece) {
    char number[40];
    switch (piece.kind) {
      case Piece::Kind::kText:
        Add(piece.text, piece.size);
        return;
      case Piece::Kind::kSigned:
        (void)std::snprintf(number, sizeof(number), "%" PRId64, piece.signed_value);
        break;
      case Piece::Kind::kUnsigned:
        (void)std::snprintf(number, sizeof(number), "%" PRIu64, piece.unsigned_value);
        break;
      case Piece::Kind::kDouble:
        (void)std::snprintf(number, sizeof(number), "%.17g", piece.double_value);
        break;
      case Piece::Kind::kPointer:
        (void)std::snprintf(number, sizeof(number), "%p", piece.pointer);
        break;
    }
    Add(number);
  }

  void WriteToStandardError() {
    buffer_[size_++] = '\n';
    // The process is about to abort: there is nobody to tell about a failure.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, buffer_, size_);
  }

 private:
  char buffer_[2048];
  size_t size_ = 0;
};

}  // namespace

Piece TextPiece(const char* text) {
  Piece piece;
  piece.text = text != nullptr ? text : "(null)";
  piece.size = std::strlen(piece.text);
  return piece;
}

void Fail(const char* file, int line, const char* condition, const Piece* pieces, size_t count) {
  char line_number[16];
  (void)std::snprintf(line_number, sizeof(line_number), ":%d: ", line);

  // ccache compiles by relative paths, which would print as ../../engine/...
  while (std::strncmp(file, "../", 3) == 0) {
    file += 3;
  }
  Message message;
  message.Add(file);
  message.Add(line_number);
  message.Add("GH_CHECK failed: ");
  message.Add(condition);
  if (count > 0) {
    message.Add(" (");
    for (size_t i = 0; i < count; ++i) {
      message.Add(pieces[i]);
    }
    message.Add(")");
  }
  message.WriteToStandardError();
  std::abort();
}

}  // namespace gonghui::check_internal
