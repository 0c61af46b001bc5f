// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/tcp_traffic.h"

// Not <netinet/tcp.h>: the C library's tcp_info ends before the fields that we want, and
// both headers cannot be in one file.
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstddef>

namespace gonghui {

std::optional<TcpTraffic> TcpTrafficOf(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  int unread = 0;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
      size < offsetof(tcp_info, tcpi_bytes_retrans) || ::ioctl(fd, SIOCINQ, &unread) != 0) {
    return std::nullopt;
  }
  TcpTraffic traffic;
  const auto waiting = static_cast<uint64_t>(unread);
  // The two are not asked at one instant.
  traffic.read_bytes = info.tcpi_bytes_received > waiting ? info.tcpi_bytes_received - waiting : 0;
  traffic.sent_bytes = info.tcpi_bytes_sent;
  traffic.unread_bytes = waiting;
  return traffic;
}

void AbortTcp(int fd) {
  sockaddr none{};
  none.sa_family = AF_UNSPEC;
  ::connect(fd, &none, sizeof(none));
}

}  // namespace gonghui
