// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/acceptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gonghui {
namespace {

// Keeps what it is handed, as gRPC does.
class Keeper {
 public:
  ~Keeper() { CloseAll(); }
  void Take(int fd) {
    const std::lock_guard<std::mutex> lock(mutex_);
    fds_.push_back(fd);
  }
  void CloseAll() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const int fd : fds_) {
      ::close(fd);
    }
    fds_.clear();
  }
  size_t WaitFor(size_t count) {
    for (int i = 0; i < 2'000; ++i) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (fds_.size() >= count) {
          return fds_.size();
        }
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    return fds_.size();
  }
  int first() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return fds_.front();
  }

 private:
  std::mutex mutex_;
  std::vector<int> fds_;
};

int ConnectTcp(const std::string& address) {
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

// True when the other side has closed it.
bool IsClosed(int fd) {
  char byte = 0;
  return ::recv(fd, &byte, 1, 0) <= 0;
}

class AcceptorTest : public ::testing::Test {
 protected:
  AcceptorTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "gh-acc.XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~AcceptorTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Acceptor> Listen(AcceptorOptions options = {}, Acceptor::Away away = nullptr) {
    if (options.listen.empty()) {
      options.listen = "127.0.0.1:0";
    }
    auto acceptor = Acceptor::Listen(options, SystemClock::Instance());
    EXPECT_TRUE(acceptor.ok()) << acceptor.status().ToString();
    (*acceptor)->Start([this](int fd) { keeper_.Take(fd); }, std::move(away));
    return *std::move(acceptor);
  }

  std::string folder_;
  Keeper keeper_;
};

TEST_F(AcceptorTest, HandsOverWithTheOptionsSet) {
  const auto acceptor = Listen();
  const int fd = ConnectTcp(acceptor->address());
  ASSERT_GE(fd, 0);
  ASSERT_EQ(keeper_.WaitFor(1), 1U);
  const int accepted = keeper_.first();
  int no_delay = 0;
  socklen_t size = sizeof(no_delay);
  ASSERT_EQ(::getsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
  EXPECT_NE(no_delay, 0);
  unsigned timeout_ms = 0;
  size = sizeof(timeout_ms);
  ASSERT_EQ(::getsockopt(accepted, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, &size), 0);
  EXPECT_EQ(timeout_ms, 30'000U);
  EXPECT_NE(::fcntl(accepted, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(accepted, F_GETFD) & FD_CLOEXEC, 0);
  ::close(fd);
}

TEST_F(AcceptorTest, APortIsTakenOnce) {
  const auto acceptor = Listen();
  AcceptorOptions options;
  options.listen = acceptor->address();
  const auto second = Acceptor::Listen(options, SystemClock::Instance());
  EXPECT_TRUE(absl::IsAlreadyExists(second.status())) << second.status().ToString();
}

TEST_F(AcceptorTest, ConnectionsAreCappedAndRoomComesBack) {
  AcceptorOptions options;
  options.connections_max = 3;
  const auto acceptor = Listen(options);
  std::vector<int> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(ConnectTcp(acceptor->address()));
  }
  ASSERT_EQ(keeper_.WaitFor(3), 3U);
  const int fourth = ConnectTcp(acceptor->address());
  EXPECT_TRUE(IsClosed(fourth));
  EXPECT_EQ(acceptor->refused_count(), 1U);
  keeper_.CloseAll();
  std::this_thread::sleep_for(std::chrono::milliseconds(150));  // past the last sweep
  clients.push_back(ConnectTcp(acceptor->address()));
  EXPECT_EQ(keeper_.WaitFor(1), 1U);
  for (const int fd : clients) {
    ::close(fd);
  }
  ::close(fourth);
}

TEST_F(AcceptorTest, OneAddressIsCapped) {
  AcceptorOptions options;
  options.connections_per_address_max = 2;
  const auto acceptor = Listen(options);
  const int first = ConnectTcp(acceptor->address());
  const int second = ConnectTcp(acceptor->address());
  ASSERT_EQ(keeper_.WaitFor(2), 2U);
  const int third = ConnectTcp(acceptor->address());
  EXPECT_TRUE(IsClosed(third));
  for (const int fd : {first, second, third}) {
    ::close(fd);
  }
}

TEST_F(AcceptorTest, OutlivesTheLackOfDescriptors) {
  const auto acceptor = Listen();
  std::vector<int> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(ConnectTcp(acceptor->address()));
  }
  ASSERT_EQ(keeper_.WaitFor(40), 40U);
  // From here on there is a descriptor for a client but none to accept it with.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(0);
  ASSERT_GE(next, 0);
  ::close(next);
  const rlimit tight{static_cast<rlim_t>(next) + 1, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  const int starved = ConnectTcp(acceptor->address());
  ASSERT_GE(starved, 0);
  EXPECT_TRUE(IsClosed(starved));  // shed by the reserve
  EXPECT_GE(acceptor->refused_count(), 1U);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ::close(starved);
  const int after = ConnectTcp(acceptor->address());
  EXPECT_EQ(keeper_.WaitFor(41), 41U);
  ::close(after);
  for (const int fd : clients) {
    ::close(fd);
  }
}

// Says `bytes` and has the server read them, and answer each byte by one if told so.
// False when the connection is over.
bool Talk(int client, int server, size_t bytes, bool answered) {
  std::vector<char> text(bytes, 'x');
  for (size_t done = 0; done < bytes;) {
    const ssize_t said = ::send(client, text.data(), bytes - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (said < 0 && errno != EAGAIN) {
      return false;
    }
    const ssize_t heard = ::recv(server, text.data(), text.size(), MSG_DONTWAIT);
    if (heard < 0 && errno != EAGAIN) {
      return false;
    }
    if (answered && heard > 0) {
      ::send(server, text.data(), static_cast<size_t>(heard), MSG_NOSIGNAL | MSG_DONTWAIT);
      ::recv(client, text.data(), text.size(), MSG_DONTWAIT);
    }
    done += said > 0 ? static_cast<size_t>(said) : 0;
  }
  return true;
}

TEST_F(AcceptorTest, WhoKeepsALaneFromTheOthersIsCutAndRefused) {
  std::atomic<int64_t> away_ns{0};
  AcceptorOptions options;
  options.connections_per_address_max = options.connections_max - 1;
  const auto acceptor = Listen(options, [&away_ns] { return away_ns.load(); });
  const int client = ConnectTcp(acceptor->address());
  ASSERT_EQ(keeper_.WaitFor(1), 1U);
  const int server = keeper_.first();
  const auto talks_on = [&](bool answered, int times) {
    for (int i = 0; i < times; ++i) {
      if (!Talk(client, server, 4'096, answered)) {
        return false;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  };
  EXPECT_TRUE(talks_on(/*answered=*/false, 30)) << "the lanes are well";
  away_ns = 200'000'000;
  EXPECT_TRUE(talks_on(/*answered=*/true, 30)) << "it is answered";
  EXPECT_EQ(acceptor->cut_count(), 0U);
  EXPECT_FALSE(talks_on(/*answered=*/false, 1'000));
  EXPECT_EQ(acceptor->cut_count(), 1U);
  const int again = ConnectTcp(acceptor->address());
  EXPECT_TRUE(IsClosed(again));
  ::close(again);
  ::close(client);
}

// Its address is everybody's.
TEST_F(AcceptorTest, BehindAProxyOnlyTheConnectionIsCut) {
  AcceptorOptions options;
  options.connections_per_address_max = options.connections_max;
  const auto acceptor = Listen(options, [] { return int64_t{200'000'000}; });
  const int client = ConnectTcp(acceptor->address());
  ASSERT_EQ(keeper_.WaitFor(1), 1U);
  const int server = keeper_.first();
  bool talks = true;
  for (int i = 0; talks && i < 1'000; ++i) {
    talks = Talk(client, server, 4'096, /*answered=*/false);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_FALSE(talks);
  EXPECT_EQ(acceptor->cut_count(), 1U);
  const int again = ConnectTcp(acceptor->address());
  EXPECT_EQ(keeper_.WaitFor(2), 2U) << "it is handed on as any other";
  ::close(again);
  ::close(client);
}

TEST_F(AcceptorTest, WhoSaysMuchThatHasNoAnswerIsCut) {
  const auto acceptor = Listen({}, [] { return int64_t{0}; });
  const int client = ConnectTcp(acceptor->address());
  ASSERT_EQ(keeper_.WaitFor(1), 1U);
  const int server = keeper_.first();
  // More than may go unanswered, but it is answered.
  for (int i = 0; i < 64; ++i) {
    ASSERT_TRUE(Talk(client, server, 1 << 20, /*answered=*/true));
  }
  EXPECT_EQ(acceptor->cut_count(), 0U);
  bool talks = true;
  for (int i = 0; talks && i < 1'000; ++i) {
    talks = Talk(client, server, 1 << 20, /*answered=*/false);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_FALSE(talks);
  EXPECT_EQ(acceptor->cut_count(), 1U);
  ::close(client);
}

TEST_F(AcceptorTest, AUnixSocketIsMadePrivateAndCleanedUp) {
  AcceptorOptions options;
  options.listen = "unix:" + folder_ + "/operator.sock";
  const std::string path = options.listen.substr(5);
  {
    const auto acceptor = Listen(options);
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_EQ(acceptor->address(), options.listen);
    EXPECT_TRUE(absl::IsAlreadyExists(Acceptor::Listen(options, SystemClock::Instance()).status()));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(AcceptorTest, WhatADeadServerLeftIsReplacedButNoFile) {
  AcceptorOptions options;
  options.listen = "unix:" + folder_ + "/operator.sock";
  const std::string path = options.listen.substr(5);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ::close(fd);
  { const auto acceptor = Listen(options); }
  std::ofstream(path) << "precious";
  EXPECT_TRUE(absl::IsAlreadyExists(Acceptor::Listen(options, SystemClock::Instance()).status()));
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(AcceptorTest, AFolderThatIsMissingIsNotMade) {
  AcceptorOptions options;
  options.listen = "unix:" + folder_ + "/sub/operator.sock";
  const absl::Status status = Acceptor::Listen(options, SystemClock::Instance()).status();
  EXPECT_THAT(std::string(status.message()),
              testing::HasSubstr("no socket can be made in " + folder_ +
                                 "/sub: No such file or directory"));
  EXPECT_EQ(Acceptor::CheckAddressBlocking(options.listen), status);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/sub"));
}

TEST_F(AcceptorTest, AnAddressIsCheckedWithoutListening) {
  const std::string path = folder_ + "/operator.sock";
  EXPECT_TRUE(Acceptor::CheckAddressBlocking("unix:" + path).ok());
  EXPECT_FALSE(std::filesystem::exists(path));
  const auto acceptor = Listen();
  EXPECT_TRUE(Acceptor::CheckAddressBlocking(acceptor->address()).ok());  // taken, by us
  EXPECT_FALSE(Acceptor::CheckAddressBlocking("no.such.host.invalid:1").ok());
  EXPECT_FALSE(Acceptor::CheckAddressBlocking("unix:/" + std::string(107, 'x')).ok());
  std::ofstream(path) << "precious";
  EXPECT_FALSE(Acceptor::CheckAddressBlocking("unix:" + path).ok());
}

TEST_F(AcceptorTest, NonsenseIsRefused) {
  AcceptorOptions options;
  options.listen = "no.such.host.invalid:1";
  EXPECT_FALSE(Acceptor::Listen(options, SystemClock::Instance()).ok());
  options.listen = "unix:" + std::string(200, 'x');
  EXPECT_FALSE(Acceptor::Listen(options, SystemClock::Instance()).ok());
}

}  // namespace
}  // namespace gonghui
