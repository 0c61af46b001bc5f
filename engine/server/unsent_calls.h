// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Calls that are answered and whose answer gRPC holds until the client takes it.  A client
// that gives no flow-control window never does, at no cost to itself, and each such call
// is some 20 KB here.  So a lane keeps them by age, and cuts the oldest when there are too
// many, but none that is young: the answers of a rush have yet to leave.

#ifndef GONGHUI_ENGINE_SERVER_UNSENT_CALLS_H_
#define GONGHUI_ENGINE_SERVER_UNSENT_CALLS_H_

#include <cstddef>
#include <cstdint>

namespace gonghui {

class UnsentCall {
 public:
  virtual ~UnsentCall() = default;
  // Ends the call as if its client had cancelled it; its tag comes back soon.  Without
  // effect when the answer has left meanwhile.
  virtual void Cut() = 0;

 private:
  friend class UnsentCalls;
  UnsentCall* older_ = nullptr;
  UnsentCall* newer_ = nullptr;
  bool listed_ = false;
  uint64_t age_begin_ = 0;
};

// One thread.  Owns nothing.
class UnsentCalls {
 public:
  [[nodiscard]] size_t size() const { return size_; }

  void Add(UnsentCall* call) {
    call->older_ = newest_;
    call->newer_ = nullptr;
    (newest_ != nullptr ? newest_->newer_ : oldest_) = call;
    newest_ = call;
    call->listed_ = true;
    call->age_begin_ = age_;
    ++size_;
  }

  // Without effect on one that was cut.
  void Remove(UnsentCall* call) {
    if (!call->listed_) {
      return;
    }
    (call->older_ != nullptr ? call->older_->newer_ : oldest_) = call->newer_;
    (call->newer_ != nullptr ? call->newer_->older_ : newest_) = call->older_;
    call->listed_ = false;
    --size_;
  }

  // All grow older.  An answer that can leave has done so before they have twice.
  void Age() { ++age_; }

  // Cuts the oldest if it is old.
  void CutOldest() {
    if (oldest_ != nullptr && age_ - oldest_->age_begin_ >= 2) {
      UnsentCall* const call = oldest_;
      Remove(call);
      call->Cut();
    }
  }

 private:
  UnsentCall* oldest_ = nullptr;
  UnsentCall* newest_ = nullptr;
  size_t size_ = 0;
  uint64_t age_ = 0;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_UNSENT_CALLS_H_
