// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/peer_address.h"

#include <string>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

std::string AddressOf(const std::string& text) {
  sockaddr_storage peer{};
  if (text.find(':') == std::string::npos) {
    auto* const in = reinterpret_cast<sockaddr_in*>(&peer);
    in->sin_family = AF_INET;
    in->sin_port = htons(7443);
    EXPECT_EQ(::inet_pton(AF_INET, text.c_str(), &in->sin_addr), 1);
  } else {
    auto* const in = reinterpret_cast<sockaddr_in6*>(&peer);
    in->sin6_family = AF_INET6;
    in->sin6_port = htons(7443);
    EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), &in->sin6_addr), 1);
  }
  return PeerAddressOf(peer);
}

TEST(PeerAddressTest, AnIpv4AddressIsOneWhoeverCarriesIt) {
  EXPECT_EQ(AddressOf("192.0.2.7"), AddressOf("::ffff:192.0.2.7"));
  EXPECT_NE(AddressOf("192.0.2.7"), AddressOf("192.0.2.8"));
  EXPECT_NE(AddressOf("::ffff:192.0.2.7"), AddressOf("::ffff:192.0.2.8"));
  EXPECT_EQ(PeerAddressText(AddressOf("::ffff:192.0.2.7")), "192.0.2.7");
}

// It has 2^64 of them.
TEST(PeerAddressTest, AnIpv6HostIsOneWhicheverOfItsAddressesItTakes) {
  EXPECT_EQ(AddressOf("2001:db8:0:7::1"), AddressOf("2001:db8:0:7:ffff:ffff:ffff:ffff"));
  EXPECT_NE(AddressOf("2001:db8:0:7::1"), AddressOf("2001:db8:0:8::1"));
  EXPECT_EQ(PeerAddressText(AddressOf("2001:db8:0:7::1")), "2001:db8:0:7::/64");
}

TEST(PeerAddressTest, AUnixSocketHasNone) {
  sockaddr_storage peer{};
  peer.ss_family = AF_UNIX;
  EXPECT_EQ(PeerAddressOf(peer), "");
  EXPECT_EQ(PeerAddressText(""), "unknown");
}

}  // namespace
}  // namespace gonghui
