// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Union nodes, members, their segments and their cards, as rows of the ledger.
//
// Names, national ids and phone numbers are not here: they live sealed in the
// vault (storage/vault.h), keyed by MemberRow.  Limits belong to the member,
// never to a card.

#ifndef GONGHUI_ENGINE_DOMAIN_MEMBER_H_
#define GONGHUI_ENGINE_DOMAIN_MEMBER_H_

#include <array>
#include <cstdint>

#include "engine/domain/calendar.h"
#include "engine/domain/ids.h"
#include "engine/domain/limits.h"

namespace gonghui {

// All enums of this file are stored: do not change values.

enum class UnionLevel : uint8_t {
  kNational = 1,
  kProvince = 2,
  kCity = 3,
  kDistrict = 4,
  kEnterprise = 5,
  kOther = 6,
};

struct UnionNode {
  UnionNodeId id;
  UnionNodeRow parent;  // none for the root(s)
  UnionLevel level = UnionLevel::kOther;
  uint8_t depth = 0;  // 1 = has no parent
  std::array<uint8_t, 2> reserved{};
  // ancestors[d - 1] is the ancestor (or self) at depth d, so that "is inside
  // the subtree of R" is one comparison.
  std::array<UnionNodeRow, kUnionDepthMax> ancestors{};
  DisplayName name;
};

enum class MemberStatus : uint8_t {
  kActive = 1,
  kSuspended = 2,
  kLapsed = 3,
  kClosed = 4,
};

enum class Sex : uint8_t {
  kUnknown = 0,
  kMale = 1,
  kFemale = 2,
};

constexpr uint8_t MaskOf(Sex sex) {
  return static_cast<uint8_t>(1u << static_cast<uint8_t>(sex));
}

// The first day of membership: days since 1999-12-31, so that 1 is 2000-01-01, which
// also stands for all that is earlier; 0 = not known.
using JoinedDay = uint16_t;
inline constexpr CivilDay kJoinedDayZero = DayOf({1999, 12, 31});

// In the first column what is asked of nearly every candidate.
struct Member {
  MemberId id;
  UnionNodeRow union_node;
  MemberStatus status : 4 = MemberStatus::kActive;
  Sex sex : 3 = Sex::kUnknown;
  bool real_name_verified : 1 = false;
  uint8_t reserved = 0;
  JoinedDay joined_day = 0;
  SegmentSpanRow first_span;    // chain of this member's spans
  StatusChangeRow last_change;  // chain of status changes, newest first
};
static_assert(sizeof(Member) == 32);  // two in a cache line, none across two

// "Model worker", "new-employment worker", "hardship" ...: a named bit.
struct Segment {
  SegmentCode code;
  DisplayName name;
};

using SegmentBit = uint8_t;  // 0 .. kSegmentsMax-1

// A member's segment holds on [starts_at, ends_at).
struct SegmentSpan {
  TimestampNs starts_at;
  TimestampNs ends_at;
  MemberRow member;
  SegmentSpanRow next;
  SegmentBit segment = 0;
  std::array<uint8_t, 7> reserved{};
};
static_assert(sizeof(SegmentSpan) == 32);

enum class CardStatus : uint8_t {
  kIssued = 1,  // not yet activated
  kActive = 2,
  kPaused = 3,
  kLost = 4,
  kStolen = 5,
  kExpired = 6,
  kReplaced = 7,
  kClosed = 8,
};

enum class CardKind : uint8_t {
  kPhysical = 1,
  kDigital = 2,
};

struct Card {
  CardNumber number;
  MemberRow member;
  CardRow replaced_by;
  int32_t expires_day = 0;  // first UTC day on which it is no longer valid; 0 = never
  CardStatus status = CardStatus::kIssued;
  CardKind kind = CardKind::kPhysical;
  std::array<uint8_t, 2> reserved{};
  StatusChangeRow last_change;  // chain of status changes, newest first
  uint32_t reserved_2 = 0;
};
static_assert(sizeof(Card) == 32);  // two in a cache line, none across two

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_DOMAIN_MEMBER_H_
