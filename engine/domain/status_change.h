// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the status of a member, card, merchant or terminal was before it changed, so that
// what happened without a network is judged by the status of its own time.

#ifndef GONGHUI_ENGINE_DOMAIN_STATUS_CHANGE_H_
#define GONGHUI_ENGINE_DOMAIN_STATUS_CHANGE_H_

#include <array>
#include <cstdint>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"

namespace gonghui {

enum class StatusSubject : uint8_t {  // stored: do not change values
  kMember = 1,
  kCard = 2,
  kMerchant = 3,
  kTerminal = 4,
};

// The subject's row heads a chain of these, newest first.
struct StatusChange {
  TimestampNs until;         // first instant at which `status` no longer held
  uint32_t subject_row = 0;  // of the table that `subject` names
  StatusChangeRow previous;  // the change before; none = it held from the beginning
  StatusSubject subject = StatusSubject::kMember;
  uint8_t status = 0;  // MemberStatus, CardStatus ..., by subject
  std::array<uint8_t, 6> reserved{};
};
static_assert(sizeof(StatusChange) == 24);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_STATUS_CHANGE_H_
