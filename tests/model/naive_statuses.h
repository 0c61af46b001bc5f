// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What statuses were, and until when.

#ifndef GONGHUI_TESTS_MODEL_NAIVE_STATUSES_H_
#define GONGHUI_TESTS_MODEL_NAIVE_STATUSES_H_

#include <map>
#include <vector>

#include "engine/domain/calendar.h"

namespace gonghui {

// Of all subjects of one kind.
template <class Key, class Status>
class NaiveStatuses {
 public:
  // Until `now` it was `status`.
  void Was(const Key& key, Status status, TimestampNs now) { past_[key].push_back({now, status}); }

  // As of `at`; `current` when nothing has changed since.
  [[nodiscard]] Status At(const Key& key, Status current, TimestampNs at) const {
    const auto found = past_.find(key);
    if (found == past_.end()) {
      return current;
    }
    for (const Past& past : found->second) {  // the oldest comes first
      if (at < past.until) {
        return past.status;
      }
    }
    return current;
  }

 private:
  struct Past {
    TimestampNs until;
    Status status;
  };
  std::map<Key, std::vector<Past>> past_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_MODEL_NAIVE_STATUSES_H_
