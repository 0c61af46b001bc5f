// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/run_state.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "tools/load/answer.h"

namespace gonghui::load {
namespace {

// One shows what is wrong; the rest of them would hide it.
constexpr uint64_t kWrongPrintedMax = 5;

}  // namespace

void AnswerSink::Check(const Sent& sent, std::string_view response, int64_t now_ns) {
  Answer answer;
  const std::string_view problem = ReadAnswer(response, &answer)
                                       ? WrongWith(answer, sent, run_->workload)
                                       : "the answer is not a message, or has no transaction";
  if (!problem.empty()) {
    Wrong(problem, sent, response);
    return;
  }
  checked_.store(checked_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (Measured(now_ns)) {
    stats_.Answered(sent, answer);
  }
  const RequestMix& mix = run_->options.mix;
  if (mix.lifecycle_percent > 0 && (sent.step == Step::kHold || sent.original != nullptr)) {
    // Not repeated either: a hold asked for again tells what has become of it since.
    if (const std::optional<Life> life = LifeAfter(sent, answer)) {
      lives_->Add(*life);
    }
  } else if (mix.repeat_percent > 0 && sent.earlier == nullptr) {
    book_->Add(std::make_shared<const Earlier>(Earlier{sent, std::string(answer.transaction)}));
  }
}

void AnswerSink::Wrong(std::string_view problem, const Sent& sent, std::string_view response) {
  if (run_->wrong_count.fetch_add(1, std::memory_order_relaxed) < kWrongPrintedMax) {
    const std::string text = DescribeWrong(problem, sent, run_->workload, response);
    const std::lock_guard lock(run_->wrong_mutex);
    std::fprintf(stderr, "\n%s\n", text.c_str());
  }
  run_->measure_until_ns.store(0, std::memory_order_relaxed);
}

void AnswerSink::Error(uint32_t grpc_code, uint64_t requests, int64_t now_ns) {
  failed_.store(failed_.load(std::memory_order_relaxed) + requests, std::memory_order_relaxed);
  if (Measured(now_ns)) {
    stats_.Error(grpc_code, requests);
  }
}

void AnswerSink::Refused(int64_t sent_ns, int64_t now_ns) {
  if (Measured(now_ns)) {
    stats_.Refused(now_ns - sent_ns);
  }
}

void AnswerSink::WasSent(int64_t due_ns, int64_t sent_ns, uint64_t requests) {
  if (run_->options.OpenLoop() && Measured(due_ns)) {
    stats_.Late(sent_ns - due_ns, requests);
  }
}

void AnswerSink::Done(int64_t due_ns, int64_t now_ns, uint64_t requests) {
  // In an open loop every request that was due in the window counts, also when
  // its answer came after it: the slow ones must not fall off the end.
  if (Measured(run_->options.OpenLoop() ? due_ns : now_ns)) {
    stats_.Latency(now_ns - due_ns, requests);
    stalls_.Add(due_ns, now_ns);
  }
  if (Measured(now_ns)) {
    stats_.Call();
  }
}

}  // namespace gonghui::load
