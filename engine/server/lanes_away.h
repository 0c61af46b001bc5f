// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#ifndef GONGHUI_ENGINE_SERVER_LANES_AWAY_H_
#define GONGHUI_ENGINE_SERVER_LANES_AWAY_H_

#include <cstdint>

namespace gonghui {

// For how much processor time lanes, which should look after all connections, have not come back
// to that; 0 = all is well.  What the acceptor's watch goes by, which cuts off who keeps one.
struct LanesAway {
  int64_t longest_ns = 0;   // of any lane
  int64_t shortest_ns = 0;  // of any lane: what no lane is free of
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_LANES_AWAY_H_
