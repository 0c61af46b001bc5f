// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// 128-bit integers, for products of two 64-bit ones.  GCC and clang have them on
// every machine we build for; __extension__ says that we know it is no ISO type.

#ifndef GONGHUI_ENGINE_BASE_INT128_H_
#define GONGHUI_ENGINE_BASE_INT128_H_

namespace gonghui {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_BASE_INT128_H_
