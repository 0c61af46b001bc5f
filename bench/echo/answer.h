// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The answer that the echo gives: field for field, and to a few bytes as long as,
// that of an approved sale with one benefit and two limits, so that writing,
// sending and reading it costs what a real one costs.  All that does not depend on
// the request is made once.
//
// Twice: on the bytes, as gonghuid does it, and with the generated classes, as
// most servers do it.  Both give the same bytes (tests/unit/load holds one
// against the other).

#ifndef GONGHUI_BENCH_ECHO_ANSWER_H_
#define GONGHUI_BENCH_ECHO_ANSWER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gonghui/v1/authorization_service.pb.h"

namespace gonghui::bench {

// With the generated classes.
//
// The fields that every answer has in common.
void PrepareAnswer(v1::AuthorizeResponse* response);
// The rest.  REQUIRES: PrepareAnswer(response) came before; it may have been
// filled for any number of other requests since.
void FillAnswer(const v1::AuthorizeRequest& request,
                uint64_t sequence,
                int64_t now_ns,
                v1::AuthorizeResponse* response);

// On the bytes.  Thread safety: none; one for each thread.
class AnswerWriter {
 public:
  AnswerWriter();

  // The serialised AuthorizeResponse to a serialised AuthorizeRequest, at `out`,
  // where there is room for BytesMax(request); returns its end, or null when the
  // request is malformed.
  char* Answer(std::string_view request, int64_t now_ns, char* out);

  static constexpr size_t BytesMax(std::string_view request) { return 512 + request.size(); }

  // The same for the messages of AuthorizeStream.
  char* AnswerStream(std::string_view message, int64_t now_ns, char* out);

  static size_t StreamBytesMax(std::string_view message);

 private:
  char* PutTransaction(std::string_view request, char* out, std::string_view* transport_data);

  uint64_t sequence_ = 0;
  std::string decided_at_;  // field, of the last call
  int64_t decided_at_ns_ = -1;
  std::string outcome_;        // fields kind, outcome
  std::string approval_code_;  // field
  std::string benefit_;        // body of an AppliedBenefit, without its amount
  std::string limits_;         // fields
  std::string displays_;       // fields
};

}  // namespace gonghui::bench

#endif  // GONGHUI_BENCH_ECHO_ANSWER_H_
