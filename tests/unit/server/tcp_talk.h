// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Connections of the loopback, and who says how much on them.

#ifndef GONGHUI_TESTS_UNIT_SERVER_TCP_TALK_H_
#define GONGHUI_TESTS_UNIT_SERVER_TCP_TALK_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <vector>

#include "engine/base/check.h"

namespace gonghui {

// To "127.0.0.1:PORT"; -1 when it can not be.
inline int ConnectTcp(const std::string& address) {
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  target.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof(target)) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

// Says `bytes` and has the server read them, and answer each byte by one if told so.
// False when the connection is over.
inline bool Talk(int client, int server, size_t bytes, bool answered) {
  std::vector<char> text(bytes, 'x');
  for (size_t said_all = 0, heard_all = 0; heard_all < bytes;) {
    const ssize_t said = ::send(client, text.data(), bytes - said_all, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (said < 0 && errno != EAGAIN) {
      return false;
    }
    const ssize_t heard = ::recv(server, text.data(), text.size(), MSG_DONTWAIT);
    if (heard == 0 || (heard < 0 && errno != EAGAIN)) {
      return false;
    }
    if (answered && heard > 0) {
      ::send(server, text.data(), static_cast<size_t>(heard), MSG_NOSIGNAL | MSG_DONTWAIT);
      ::recv(client, text.data(), text.size(), MSG_DONTWAIT);
    }
    said_all += said > 0 ? static_cast<size_t>(said) : 0;
    heard_all += heard > 0 ? static_cast<size_t>(heard) : 0;
  }
  return true;
}

// Both ends of a connection.
class TcpPair {
 public:
  TcpPair() {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    GH_CHECK(::bind(listener, generic, size) == 0 && ::listen(listener, 1) == 0, "errno=", errno);
    GH_CHECK(::getsockname(listener, generic, &size) == 0, "errno=", errno);
    client_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    GH_CHECK(::connect(client_, generic, size) == 0, "errno=", errno);
    server_ = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    GH_CHECK(server_ >= 0, "errno=", errno);
    ::close(listener);
  }
  ~TcpPair() {
    ::close(client_);
    ::close(server_);
  }
  TcpPair(const TcpPair&) = delete;
  TcpPair& operator=(const TcpPair&) = delete;

  [[nodiscard]] int server() const { return server_; }
  bool Talk(size_t bytes, bool answered) const {
    return gonghui::Talk(client_, server_, bytes, answered);
  }
  // The client says so much, and nobody reads it; it is there when this returns.
  bool Say(size_t bytes) const {
    int before = 0;
    int unread = 0;
    const std::vector<char> text(bytes, 'x');
    if (::ioctl(server_, FIONREAD, &before) != 0 ||
        ::send(client_, text.data(), bytes, MSG_NOSIGNAL) != static_cast<ssize_t>(bytes)) {
      return false;
    }
    while (::ioctl(server_, FIONREAD, &unread) == 0 &&
           static_cast<size_t>(unread - before) < bytes) {
      ::usleep(1'000);
    }
    return true;
  }

 private:
  int client_ = -1;
  int server_ = -1;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_SERVER_TCP_TALK_H_
