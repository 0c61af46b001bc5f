// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Who connects, as far as addresses tell: what limits and penalties go by.

#ifndef GONGHUI_ENGINE_SERVER_PEER_ADDRESS_H_
#define GONGHUI_ENGINE_SERVER_PEER_ADDRESS_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <string>

namespace gonghui {

// The bytes of an IPv4 address, also where IPv6 carries it (a listener on both); of any other
// IPv6 address the first 64 bits, for a single host may have all that begin so (RFC 4291, 2.5.1)
// and would be somebody else each time.  Empty for a Unix socket.
inline std::string PeerAddressOf(const sockaddr_storage& peer) {
  if (peer.ss_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(&peer);
    return {reinterpret_cast<const char*>(&in->sin_addr), sizeof(in->sin_addr)};
  }
  if (peer.ss_family == AF_INET6) {
    constexpr size_t kNetworkBytes = 8;
    const in6_addr& in = reinterpret_cast<const sockaddr_in6*>(&peer)->sin6_addr;
    const char* const bytes = reinterpret_cast<const char*>(&in);
    return IN6_IS_ADDR_V4MAPPED(&in)
               ? std::string(bytes + sizeof(in) - sizeof(in_addr), sizeof(in_addr))
               : std::string(bytes, kNetworkBytes);
  }
  return {};
}

// For the log: "192.0.2.7", "2001:db8:0:7::/64".
inline std::string PeerAddressText(const std::string& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.size() == sizeof(in_addr)) {
    ::inet_ntop(AF_INET, address.data(), text.data(), text.size());
    return text.data();
  }
  in6_addr in{};
  if (address.empty() || address.size() > sizeof(in)) {
    return "unknown";
  }
  std::memcpy(&in, address.data(), address.size());
  ::inet_ntop(AF_INET6, &in, text.data(), text.size());
  return std::string(text.data()) + "/" + std::to_string(address.size() * 8);
}

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_PEER_ADDRESS_H_
