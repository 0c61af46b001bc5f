// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// One draw that is known by heart: members M0000001 ... M0000010 enter, one wins gold and two
// win silver.  Its winners were worked out by another program from
// docs/decisions/0008-vouchers-draws-appointments.md: M0000005, M0000009 and M0000001.

#ifndef GONGHUI_TESTS_TESTING_KNOWN_DRAW_H_
#define GONGHUI_TESTS_TESTING_KNOWN_DRAW_H_

namespace gonghui::known_draw {

inline constexpr const char* kSeed =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
inline constexpr const char* kSeedHash =
    "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd";
inline constexpr const char* kEntriesHash =
    "8a5894eb39b8a8bde19041f9fc79c43b62d55711332e1a83c56fe20979941bb4";

}  // namespace gonghui::known_draw

#endif  // GONGHUI_TESTS_TESTING_KNOWN_DRAW_H_
