// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Passing an absl::Status up the stack.
//
//   GH_RETURN_IF_ERROR(journal.Append(block));
//   GH_ASSIGN_OR_RETURN(const Config config, LoadConfig(path));
//   GH_ASSIGN_OR_RETURN(member_, Find(id));
//
// Usable in functions that return absl::Status or absl::StatusOr<T>.  Each is
// more than one statement: under an `if`, put braces around it.

#ifndef GONGHUI_ENGINE_BASE_STATUS_MACROS_H_
#define GONGHUI_ENGINE_BASE_STATUS_MACROS_H_

#include <utility>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#define GH_RETURN_IF_ERROR(...)                                                   \
  do {                                                                            \
    if (::absl::Status gh_status = (__VA_ARGS__); !gh_status.ok()) [[unlikely]] { \
      return gh_status;                                                           \
    }                                                                             \
  } while (false)

// `target` is an assignable expression or a declaration; everything after it
// is the expression that gives an absl::StatusOr.
#define GH_ASSIGN_OR_RETURN(target, ...) \
  GH_ASSIGN_OR_RETURN_(GH_CONCAT_(gh_statusor_, __LINE__), target, __VA_ARGS__)

#define GH_ASSIGN_OR_RETURN_(statusor, target, ...) \
  auto statusor = (__VA_ARGS__);                    \
  if (!statusor.ok()) [[unlikely]] {                \
    return std::move(statusor).status();            \
  }                                                 \
  target = *std::move(statusor)

#define GH_CONCAT_(a, b) GH_CONCAT_INNER_(a, b)
#define GH_CONCAT_INNER_(a, b) a##b

#endif  // GONGHUI_ENGINE_BASE_STATUS_MACROS_H_
