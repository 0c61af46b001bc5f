// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The listener: accepts connections on a TCP or Unix socket and hands each to
// gRPC.  gRPC 1.51.1's own listener is dead for good once the process has run out
// of file descriptors (CVE-2023-4785); this one keeps a descriptor in reserve,
// backs off, and goes on.
//
// It also caps connections, in total and per address, and on a Unix socket asks
// the kernel who connects.  gRPC owns a connection once it has it, so the end of
// one is seen by its descriptor naming another socket, or none.
//
// And it hangs up on whoever keeps a lane from everybody else.  gRPC 1.51.1 reads on from
// one connection as long as there is more, and its thread does not come back to its queue
// meanwhile: a client that asks and takes back as fast as it can (CVE-2023-44487) would be
// the only one that is heard, and what it takes back is not freed before.  Nobody who
// waits for answers can do that.  The address of who does it again and again is refused for a
// while; one whose connection is cut once is not, for it may be that of a whole site.
//
// One thread of its own runs Asio; the public methods may be called by any.

#ifndef GONGHUI_ENGINE_SERVER_ACCEPTOR_H_
#define GONGHUI_ENGINE_SERVER_ACCEPTOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "engine/base/clock.h"
#include "engine/server/lanes_away.h"

namespace gonghui {

struct AcceptorOptions {
  std::string name;    // for the log: "terminals"
  std::string listen;  // HOST:PORT or unix:/PATH
  int64_t connections_max = 1'000;
  int64_t connections_per_address_max = 1'000;  // TCP only
  int64_t message_bytes_max = 1 << 20;          // that a client may send before it is answered
  // Unix only: who may connect besides this process's own user and root.
  std::vector<uint32_t> allowed_uids;
};

class Acceptor {
 public:
  // Takes ownership of the descriptor.  On the acceptor's thread; must not throw.
  using Handler = std::function<void(int fd)>;
  // Asked often, on the acceptor's thread.
  using Away = std::function<LanesAway()>;

  // Binds and listens; nothing is accepted yet.  A Unix socket's file is made with
  // mode 0600 in a folder that is there; one that a dead server left is replaced, one of
  // a live server is refused.  An address in use is ALREADY_EXISTS.
  static absl::StatusOr<std::unique_ptr<Acceptor>> Listen(const AcceptorOptions& options,
                                                          const Clock& clock);
  // Whether there is such an address here; not whether it is free.
  static absl::Status CheckAddressBlocking(const std::string& listen);
  ~Acceptor();  // Stop()
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Without `away` nobody is hung up on; on a Unix socket, where the kernel does not count what
  // goes over a connection, `away` is asked all the same.
  void Start(Handler handler, Away away = nullptr);
  // Accepts no more and closes the listening socket.  Idempotent.
  void Stop();
  // Makes gRPC read what clients have said so far and then see them gone, so that it hangs up on
  // all.  Gives on how many it has not yet: call it until there are none.
  // REQUIRES: Stop() has returned.
  int64_t HangUp();
  // Cuts those that are left: their clients do not take what gRPC still has for them, or say
  // more and more.  REQUIRES: as HangUp().
  void CutAll();

  // As gRPC clients write it, with the port that was really bound.
  [[nodiscard]] const std::string& address() const;
  [[nodiscard]] uint64_t accepted_count() const;
  [[nodiscard]] uint64_t refused_count() const;
  [[nodiscard]] uint64_t cut_count() const;

 private:
  class Impl;
  explicit Acceptor(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

// Whether a process of this user may connect to a Unix socket of one of `own_uid`: its own user,
// root, and whom the operator has named.
bool MayConnect(uint32_t uid, uint32_t own_uid, const std::vector<uint32_t>& allowed_uids);

// Raises the limit of open files to what the system allows and returns it.
int64_t RaiseFileLimit();

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_ACCEPTOR_H_
