// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/acceptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
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

#include "tests/unit/server/tcp_talk.h"

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
  int at(size_t i) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return fds_.at(i);
  }

 private:
  std::mutex mutex_;
  std::vector<int> fds_;
};

// True when the other side has closed it, or does so soon.
bool IsClosed(int fd) {
  constexpr int kPatienceMs = 10'000;  // so that one that is not does not hang the test
  pollfd state{fd, POLLIN, 0};
  char byte = 0;
  return ::poll(&state, 1, kPatienceMs) == 1 && ::recv(fd, &byte, 1, 0) <= 0;
}

class AcceptorTest : public ::testing::Test {
 protected:
  AcceptorTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "gh-acc.XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~AcceptorTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Acceptor> Listen(AcceptorOptions options = {},
                                   Acceptor::Away away = nullptr,
                                   const Clock& clock = SystemClock::Instance()) {
    if (options.listen.empty()) {
      options.listen = "127.0.0.1:0";
    }
    auto acceptor = Acceptor::Listen(options, clock);
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
  const int accepted = keeper_.at(0);
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

// Talks until the server hangs up; whether it does.
bool IsCut(int client, int server) {
  bool talks = true;
  for (int i = 0; talks && i < 6'000; ++i) {
    talks = Talk(client, server, 4'096, /*answered=*/false);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return !talks;
}

constexpr int64_t kLongNs = 200'000'000;

LanesAway AllAway(int64_t ns) {
  return {.longest_ns = ns, .shortest_ns = ns};
}

// A lane that comes back now and then.
Acceptor::Away AwayAgainAndAgain() {
  return [asked = 0]() mutable { return AllAway(++asked % 8 == 0 ? 0 : kLongNs); };
}

TEST_F(AcceptorTest, WhoKeepsALaneFromTheOthersIsCut) {
  std::atomic<int64_t> away_ns{0};
  const auto acceptor = Listen({}, [&away_ns] { return AllAway(away_ns); });
  const int client = ConnectTcp(acceptor->address());
  ASSERT_EQ(keeper_.WaitFor(1), 1U);
  const int server = keeper_.at(0);
  const auto talks_on = [&](bool answered, int times) {
    for (int i = 0; i < times; ++i) {
      if (!Talk(client, server, answered ? 2'048 : 4'096, answered)) {
        return false;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  };
  EXPECT_TRUE(talks_on(/*answered=*/false, 30)) << "the lanes are well";
  away_ns = 20'000'000;
  EXPECT_TRUE(talks_on(/*answered=*/false, 30)) << "no longer than its own work may take";
  away_ns = kLongNs;
  EXPECT_TRUE(talks_on(/*answered=*/true, 30)) << "it is answered";
  EXPECT_EQ(acceptor->cut_count(), 0U);
  EXPECT_TRUE(IsCut(client, server));
  EXPECT_EQ(acceptor->cut_count(), 1U);
  ::close(client);
}

// What keeps the lane was read before its absence was seen, and more is read only when the lane
// is done with that.
TEST_F(AcceptorTest, WhoKeepsALaneWithLittleIsFoundWhenItIsReadAgain) {
  const auto acceptor = Listen({}, [] { return AllAway(kLongNs); });
  const int client = ConnectTcp(acceptor->address());
  ASSERT_EQ(keeper_.WaitFor(1), 1U);
  // Many looks at which nothing more was read.
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  EXPECT_EQ(acceptor->cut_count(), 0U);
  ASSERT_TRUE(Talk(client, keeper_.at(0), 8'192, /*answered=*/false));
  for (int i = 0; acceptor->cut_count() == 0 && i < 6'000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(acceptor->cut_count(), 1U);
  ::close(client);
}

// Another lane reads from it: it is in the midst of a message, which has no answer yet.
TEST_F(AcceptorTest, BesideALaneThatIsAwayNobodyIsCutForAnother) {
  std::atomic<int64_t> shortest_ns{0};
  std::atomic<int> asked{0};
  const auto acceptor = Listen({}, [&] {
    ++asked;
    return LanesAway{.longest_ns = kLongNs * asked, .shortest_ns = shortest_ns};
  });
  const int client = ConnectTcp(acceptor->address());
  ASSERT_EQ(keeper_.WaitFor(1), 1U);
  const auto wait_for_looks = [&asked](int looks) {
    for (const int enough = asked + looks; asked < enough;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  };
  wait_for_looks(2);  // what was said before is noted
  for (int i = 0; i < 64; ++i) {
    ASSERT_TRUE(Talk(client, keeper_.at(0), 16'384, /*answered=*/false));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(acceptor->cut_count(), 0U);
  // When none is well, what was read before was not by one of those that are away now.
  shortest_ns = kLongNs;
  wait_for_looks(6);
  EXPECT_EQ(acceptor->cut_count(), 0U);
  // One came back, reads from it, and is away again.
  shortest_ns = 0;
  wait_for_looks(2);
  for (int i = 0; i < 16; ++i) {
    ASSERT_TRUE(Talk(client, keeper_.at(0), 16'384, /*answered=*/false));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  shortest_ns = kLongNs;
  wait_for_looks(6);
  EXPECT_EQ(acceptor->cut_count(), 0U);
  EXPECT_TRUE(IsCut(client, keeper_.at(0))) << "and what is read now is";
  ::close(client);
}

// As the system's, and later when told so.
class LaterClock final : public Clock {
 public:
  [[nodiscard]] int64_t NowNs() const override { return SystemClock::Instance().NowNs(); }
  [[nodiscard]] int64_t MonotonicNs() const override {
    return SystemClock::Instance().MonotonicNs() + later_ns_;
  }
  void Advance(int64_t ns) { later_ns_ += ns; }

 private:
  std::atomic<int64_t> later_ns_{0};
};

TEST_F(AcceptorTest, TheAddressOfWhoIsCutAgainAndAgainIsRefusedForAWhile) {
  LaterClock clock;
  AcceptorOptions options;
  options.connections_per_address_max = options.connections_max - 1;
  const auto acceptor = Listen(options, AwayAgainAndAgain(), clock);
  size_t connections = 0;
  const auto offend = [&] {
    const int client = ConnectTcp(acceptor->address());
    ++connections;
    ASSERT_EQ(keeper_.WaitFor(connections), connections) << "it is handed on";
    ASSERT_TRUE(IsCut(client, keeper_.at(connections - 1)));
    ::close(client);
  };
  const auto is_refused = [&] {
    const int client = ConnectTcp(acceptor->address());
    const bool refused = IsClosed(client);
    ::close(client);
    return refused;
  };
  offend();
  offend();
  EXPECT_TRUE(is_refused());
  clock.Advance(10'000'000'000);
  offend();
  EXPECT_TRUE(is_refused()) << "what it did before is remembered for a minute";
  clock.Advance(60'000'000'000);
  offend();
  offend();
  EXPECT_TRUE(is_refused());
  EXPECT_EQ(acceptor->cut_count(), 5U);
}

// The lanes' answers that nobody takes grow old by being asked.
TEST_F(AcceptorTest, OnAUnixSocketTheLanesAreAskedToo) {
  std::atomic<int> asked{0};
  AcceptorOptions options;
  options.listen = "unix:" + folder_ + "/terminals.sock";
  const auto acceptor = Listen(options, [&asked] {
    ++asked;
    return AllAway(kLongNs);
  });
  for (int i = 0; asked < 5 && i < 6'000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_GE(asked, 5);
  EXPECT_EQ(acceptor->cut_count(), 0U);
}

// Its address is everybody's.
TEST_F(AcceptorTest, BehindAProxyOnlyTheConnectionIsCut) {
  AcceptorOptions options;
  options.connections_per_address_max = options.connections_max;
  const auto acceptor = Listen(options, AwayAgainAndAgain());
  for (size_t i = 0; i < 5; ++i) {
    const int client = ConnectTcp(acceptor->address());
    ASSERT_EQ(keeper_.WaitFor(i + 1), i + 1) << "it is handed on as any other";
    EXPECT_TRUE(IsCut(client, keeper_.at(i)));
    ::close(client);
  }
  EXPECT_EQ(acceptor->cut_count(), 5U);
}

TEST_F(AcceptorTest, WhoSaysMuchThatHasNoAnswerIsCut) {
  const auto acceptor = Listen({}, [] { return LanesAway{}; });
  const int client = ConnectTcp(acceptor->address());
  ASSERT_EQ(keeper_.WaitFor(1), 1U);
  const int server = keeper_.at(0);
  // More than may go unanswered, but it is answered.
  for (int i = 0; i < 64; ++i) {
    ASSERT_TRUE(Talk(client, server, 1 << 20, /*answered=*/true));
  }
  EXPECT_EQ(acceptor->cut_count(), 0U);
  bool talks = true;
  for (int i = 0; talks && i < 6'000; ++i) {
    talks = Talk(client, server, 1 << 20, /*answered=*/false);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_FALSE(talks);
  EXPECT_EQ(acceptor->cut_count(), 1U);
  ::close(client);
}

// Whoever has the connections hangs up when it has read what was said.
TEST_F(AcceptorTest, WhoIsHungUpOnIsReadToTheEnd) {
  const auto acceptor = Listen();
  const int client = ConnectTcp(acceptor->address());
  ASSERT_EQ(keeper_.WaitFor(1), 1U);
  ASSERT_EQ(::send(client, "x", 1, 0), 1);
  acceptor->Stop();
  EXPECT_EQ(acceptor->HangUp(), 1);
  EXPECT_EQ(acceptor->HangUp(), 1) << "it is still there";
  char byte = 0;
  EXPECT_EQ(::recv(keeper_.at(0), &byte, 1, 0), 1);
  EXPECT_EQ(::recv(keeper_.at(0), &byte, 1, 0), 0);
  ::shutdown(keeper_.at(0), SHUT_RDWR);
  EXPECT_EQ(acceptor->HangUp(), 0) << "its descriptor may be there for longer";
  EXPECT_TRUE(IsClosed(client));
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

TEST(MayConnectTest, OnesOwnUserRootAndWhomTheOperatorNames) {
  EXPECT_TRUE(MayConnect(7, 7, {}));
  EXPECT_TRUE(MayConnect(0, 7, {}));
  EXPECT_FALSE(MayConnect(8, 7, {}));
  EXPECT_FALSE(MayConnect(8, 0, {})) << "root's server is not everybody's";
  EXPECT_FALSE(MayConnect(8, 7, {9}));
  EXPECT_TRUE(MayConnect(8, 7, {9, 8}));
}

// What becomes of a connection, as the process that makes it tells by its exit code.
enum ConnectionEnd : int { kServed, kRefused, kNotMade, kNotAnotherUser };

// Connects to `socket` as that user and waits for a byte, in a process of its own.
pid_t ConnectAs(uid_t uid, const std::string& folder, const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket.data(), socket.size());
  const pid_t child = ::fork();
  if (child != 0) {
    return child;
  }
  // A thread of the parent may have held a lock: nothing but system calls from here on.
  ::alarm(60);
  // By way of its folder: one above may be closed to that user.
  if (::chdir(folder.c_str()) != 0) {
    ::_exit(kNotMade);
  }
  if (::setresuid(uid, uid, uid) != 0) {
    ::_exit(kNotAnotherUser);
  }
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    ::_exit(kNotMade);
  }
  ::_exit(IsClosed(fd) ? kRefused : kServed);
}

int EndOf(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Not by the file's mode, which an operator may change: the kernel says who connects.
TEST_F(AcceptorTest, AUnixSocketIsForNobodyWhomTheOperatorDoesNotName) {
  constexpr uid_t kNobody = 65'534;
  if (::geteuid() != 0) {
    std::puts("NOT SHOWN HERE: may not become another user (not root?)");
    return;
  }
  AcceptorOptions options;
  options.listen = "unix:" + folder_ + "/operator.sock";
  uint64_t accepted = 0;
  uint64_t refused = 0;
  const auto connect_as_nobody = [&] {
    const auto acceptor = Acceptor::Listen(options, SystemClock::Instance());
    EXPECT_TRUE(acceptor.ok()) << acceptor.status().ToString();
    (*acceptor)->Start([this](int fd) {
      ::send(fd, "x", 1, MSG_NOSIGNAL);
      keeper_.Take(fd);
    });
    EXPECT_EQ(::chmod(folder_.c_str(), 0711), 0);
    EXPECT_EQ(::chmod((folder_ + "/operator.sock").c_str(), 0666), 0);
    const int end = EndOf(ConnectAs(kNobody, folder_, "operator.sock"));
    accepted = (*acceptor)->accepted_count();
    refused = (*acceptor)->refused_count();
    return end;
  };
  const int end = connect_as_nobody();
  if (end == kNotAnotherUser) {
    std::puts("NOT SHOWN HERE: may not become another user (a container?)");
    return;
  }
  EXPECT_EQ(end, kRefused);
  EXPECT_EQ(accepted, 0U);
  EXPECT_EQ(refused, 1U);
  options.allowed_uids = {kNobody};
  EXPECT_EQ(connect_as_nobody(), kServed);
  EXPECT_EQ(accepted, 1U);
  EXPECT_EQ(refused, 0U);
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
