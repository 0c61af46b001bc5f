// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What an acceptor knows of the connections that it has handed to gRPC.

#ifndef GONGHUI_ENGINE_SERVER_CONNECTION_TABLE_H_
#define GONGHUI_ENGINE_SERVER_CONNECTION_TABLE_H_

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "engine/server/tcp_traffic.h"

namespace gonghui {

// Connections that gRPC holds, by descriptor.  One is over when its descriptor
// is closed, or names another socket: the kernel gives a number out again only
// then, and a socket's inode is its own.
class ConnectionTable {
 public:
  // `message_bytes_max`: that a client may send before anything is sent to it.
  explicit ConnectionTable(int64_t message_bytes_max)
      : silent_bytes_min_(std::max(kSilentBytesMin, 2 * message_bytes_max)),
        silent_bytes_max_(std::max(kSilentBytesMax, 2 * message_bytes_max)) {}

  struct Talker {
    int fd = -1;
    std::string address;
    int64_t read_bytes = 0;
  };

  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(by_fd_.size()); }
  [[nodiscard]] int64_t CountOf(const std::string& address) const {
    const auto found = by_address_.find(address);
    return found == by_address_.end() ? 0 : found->second;
  }

  void Add(int fd, const std::string& address) {
    Remove(fd);
    Connection& connection = by_fd_[fd];
    connection.inode = InodeOf(fd).value_or(0);
    connection.address = address;
    ++by_address_[address];
  }

  // The kernel has given `fd` out anew.
  void Remove(int fd) {
    const auto found = by_fd_.find(fd);
    if (found != by_fd_.end()) {
      Forget(found->second.address);
      by_fd_.erase(found);
    }
  }

  // Remembers what has gone over each so far; of one that is added later, nothing has.
  void NoteTraffic() {
    for (auto& [fd, connection] : by_fd_) {
      connection.noted = TcpTrafficOf(fd);
      connection.held_read_bytes = 0;
      connection.held_looks = 0;
    }
  }

  // Those that were only read from since NoteTraffic(): who asks and is answered is sent
  // about as much as it says.  Not those that were read little beside another: they may
  // have waited for it.
  //
  // Where somebody reads on from all others, that a connection was only read from says little:
  // it may be in the midst of a message, which has no answer yet.  Then it is found when it was
  // read more than that from and nothing was sent to it, or when what it has said lies unread,
  // look after look.
  [[nodiscard]] std::vector<Talker> OnlyReadFrom(bool others_are_read) {
    std::vector<Talker> found;
    int64_t most = 0;
    for (auto& [fd, connection] : by_fd_) {
      const std::optional<TcpTraffic> now = TcpTrafficOf(fd);
      if (!connection.noted.has_value() || !now.has_value() || !IsStill(fd, connection)) {
        continue;
      }
      const bool is_held = connection.IsHeld(*now);
      const int64_t read = Since(now->read_bytes, connection.noted->read_bytes);
      const int64_t sent = Since(now->sent_bytes, connection.noted->sent_bytes);
      if (sent < read / kAnsweredPartMin &&
          (!others_are_read || is_held || (sent == 0 && read >= silent_bytes_min_))) {
        found.push_back({fd, connection.address, read});
        most = std::max(most, read);
      }
    }
    const auto little = [least = std::max(kReadBytesMin, most / 4)](const Talker& talker) {
      return talker.read_bytes < least;
    };
    found.erase(std::remove_if(found.begin(), found.end(), little), found.end());
    return found;
  }

  // Looks at all; gives those that have said much while nothing at all was sent to them.
  // HTTP/2 does not let a client do that: data needs windows, and a call has an answer.  A
  // header without end, and headers without end, have neither, and gRPC 1.51.1 keeps them
  // all (CVE-2023-33953).
  [[nodiscard]] std::vector<Talker> TalkingToNobody() {
    std::vector<Talker> found;
    for (auto& [fd, connection] : by_fd_) {
      const std::optional<TcpTraffic> now = TcpTrafficOf(fd);
      if (!now.has_value()) {
        continue;
      }
      if (now->sent_bytes != connection.answered.sent_bytes) {
        connection.answered = *now;
        connection.silent_looks = 0;
      } else if (now->read_bytes > connection.seen_read_bytes) {
        ++connection.silent_looks;
      }
      connection.seen_read_bytes = now->read_bytes;
      const int64_t read = Since(now->read_bytes, connection.answered.read_bytes);
      const bool too_much = read >= silent_bytes_max_ ||
                            (read >= silent_bytes_min_ && connection.silent_looks >= kSilentLooks);
      if (too_much && IsStill(fd, connection)) {
        found.push_back({fd, connection.address, read});
      }
    }
    return found;
  }

  // Whoever reads from them is told that the client is gone, after what it has said so far.
  // Gives how many have not been hung up on yet.
  [[nodiscard]] int64_t StopReading() const {
    const std::vector<int> fds = NotHungUp();
    for (const int fd : fds) {
      ::shutdown(fd, SHUT_RD);
    }
    return static_cast<int64_t>(fds.size());
  }
  // Those whose both directions are still open, or the one that is written to.
  [[nodiscard]] std::vector<int> NotHungUp() const {
    std::vector<int> fds;
    for (const auto& [fd, connection] : by_fd_) {
      pollfd state{fd, 0, 0};
      if (IsStill(fd, connection) && ::poll(&state, 1, 0) == 0) {
        fds.push_back(fd);
      }
    }
    return fds;
  }

  void Sweep() {
    for (auto i = by_fd_.begin(); i != by_fd_.end();) {
      if (!IsStill(i->first, i->second)) {
        Forget(i->second.address);
        by_fd_.erase(i++);
      } else {
        ++i;
      }
    }
  }

 private:
  static constexpr int64_t kReadBytesMin = 4'096;
  static constexpr int64_t kAnsweredPartMin = 4;
  // The largest window that gRPC gives without being asked, twice.
  static constexpr int64_t kSilentBytesMax = int64_t{32} << 20;
  // A message and as much again, and more of it at each of so many looks.
  static constexpr int64_t kSilentBytesMin = int64_t{2} << 20;
  static constexpr int kSilentLooks = 4;

  // Looks between which nothing is read of what waits.
  static constexpr int kHeldLooks = 2;

  struct Connection {
    // At each look since NoteTraffic(): whether there was more to be read at the last ones, too,
    // and nobody has.
    bool IsHeld(const TcpTraffic& now) {
      held_looks = now.unread_bytes > 0 && now.read_bytes <= held_read_bytes ? held_looks + 1 : 0;
      // The kernel's two counts are not taken at one instant, so it may seem less than it was.
      held_read_bytes = std::max(held_read_bytes, now.read_bytes);
      return held_looks >= kHeldLooks;
    }

    ino_t inode = 0;
    std::string address;
    std::optional<TcpTraffic> noted = TcpTraffic{};
    uint64_t held_read_bytes = 0;
    int held_looks = 0;
    TcpTraffic answered;  // when something was last seen to be sent
    uint64_t seen_read_bytes = 0;
    int silent_looks = 0;  // since then, at which it had said more
  };

  // Of counters that are not read at one instant.
  static int64_t Since(uint64_t now, uint64_t before) {
    return now > before ? static_cast<int64_t>(now - before) : 0;
  }

  static bool IsStill(int fd, const Connection& connection) {
    return InodeOf(fd) == connection.inode;
  }

  static std::optional<ino_t> InodeOf(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0 || !S_ISSOCK(status.st_mode)) {
      return std::nullopt;
    }
    return status.st_ino;
  }

  void Forget(const std::string& address) {
    const auto count = by_address_.find(address);
    if (count != by_address_.end() && --count->second == 0) {
      by_address_.erase(count);
    }
  }

  // Fixed at construction.
  const int64_t silent_bytes_min_;
  const int64_t silent_bytes_max_;

  absl::flat_hash_map<int, Connection> by_fd_;
  absl::flat_hash_map<std::string, int64_t> by_address_;
};

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_CONNECTION_TABLE_H_
