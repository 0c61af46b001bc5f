// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What has gone over a TCP connection so far, as the kernel counts it.

#ifndef GONGHUI_ENGINE_SERVER_TCP_TRAFFIC_H_
#define GONGHUI_ENGINE_SERVER_TCP_TRAFFIC_H_

#include <cstdint>
#include <optional>

namespace gonghui {

struct TcpTraffic {
  uint64_t read_bytes = 0;  // by this process: what waits in the kernel is not read yet
  uint64_t sent_bytes = 0;
  uint64_t unread_bytes = 0;  // that wait in the kernel
};

// Nothing when the descriptor is no TCP socket (any more).
std::optional<TcpTraffic> TcpTrafficOf(int fd);

// Ends the connection at once, whoever else holds the descriptor: what was received and not
// read is thrown away, which shutdown() would leave to be read.
void AbortTcp(int fd);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_TCP_TRAFFIC_H_
