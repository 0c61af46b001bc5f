// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/acceptor.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/strings/str_cat.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "engine/base/status_macros.h"
#include "engine/base/thread_name.h"
#include "engine/server/connection_table.h"
#include "engine/server/log.h"
#include "engine/server/peer_address.h"
#include "engine/server/tcp_traffic.h"

namespace gonghui {
namespace {

namespace asio = boost::asio;

constexpr int kBacklog = 1'024;
constexpr int kAcceptsPerTurn = 64;
constexpr std::chrono::milliseconds kBackOff{50};
constexpr int64_t kSweepIntervalNs = 100'000'000;
constexpr int64_t kLogIntervalNs = 5'000'000'000;
constexpr unsigned kUserTimeoutMs = 30'000;

// How soon a lane that one connection keeps is set free.  Its own work, a full mailbox of
// answers, takes a tenth of this.
constexpr std::chrono::milliseconds kWatchInterval{50};
constexpr int64_t kAwayNsMax = 150'000'000;
// From here on it may come to that, so what goes over the connections is noted.
constexpr int64_t kAwayNsNoted = 25'000'000;
// To read what has gone over a connection takes about a microsecond: for this a tenth of a core.
constexpr int64_t kNoteIntervalPerConnectionNs = 10'000;
// How often all connections are looked at, and for each of them: a hundredth of a core.
constexpr int64_t kLookIntervalNs = 250'000'000;
constexpr int64_t kLookIntervalPerConnectionNs = 100'000;
// Whoever is cut off comes back at once.  So many times in so long that is borne, for all of a
// site may come from one address, and one of its tills be broken; more would be too much, since
// it may cost a lane seconds each time (server.cc, kReadBytesMax) ...
constexpr int kCutsBorne = 1;
constexpr int64_t kOffenceNs = 60'000'000'000;
// ... and then, at each further time, the address is refused for so long.
constexpr int64_t kPenaltyNs = 10'000'000'000;

std::string ErrnoText(std::string_view what, int error) {
  return absl::StrCat(absl::string_view(what.data(), what.size()), ": ", std::strerror(error));
}

bool IsUnix(const std::string& listen) {
  return listen.rfind("unix:", 0) == 0;
}
std::string PathOf(const std::string& listen) {
  return listen.substr(5);
}

// The folder is not made: one that we made would belong to whoever starts us, with a
// mode that nobody has chosen, and a slip of the pen would go unnoticed.
absl::Status CheckUnixPath(const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat("the path of the socket is too long: ", path));
  }
  std::string folder = std::filesystem::path(path).parent_path().string();
  folder = folder.empty() ? "." : folder;
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    const int error = errno;
    return absl::FailedPreconditionError(ErrnoText(
        absl::StrCat("cannot listen on unix:", path, ": no socket can be made in ", folder),
        error));
  }
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) {
    return absl::AlreadyExistsError(absl::StrCat(path, " is there and is no socket"));
  }
  return absl::OkStatus();
}

absl::Status BindUnix(int fd, const std::string& path) {
  GH_RETURN_IF_ERROR(CheckUnixPath(path));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  // A file that is there may belong to a live server, or be what a dead one left.
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) {
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool alive = probe >= 0 && ::connect(probe, generic, sizeof(address)) == 0;
    const int error = errno;
    ::close(probe);
    if (alive || error != ECONNREFUSED) {
      return absl::AlreadyExistsError(absl::StrCat("another server listens on ", path));
    }
    ::unlink(path.c_str());
  }
  // Under this mask the file is never there with a wider mode.
  const mode_t mask = ::umask(0177);
  const int bound = ::bind(fd, generic, sizeof(address));
  const int error = errno;
  ::umask(mask);
  if (bound != 0) {
    return absl::UnavailableError(ErrnoText("cannot listen on unix:" + path, error));
  }
  return absl::OkStatus();
}

absl::StatusOr<int> ListenUnix(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    return absl::UnavailableError(ErrnoText("socket", errno));
  }
  absl::Status status = BindUnix(fd, path);
  if (status.ok() && ::listen(fd, kBacklog) != 0) {
    status = absl::UnavailableError(ErrnoText("cannot listen on unix:" + path, errno));
  }
  if (!status.ok()) {
    ::close(fd);
    return status;
  }
  return fd;
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

absl::StatusOr<AddressList> ResolveTcp(const std::string& listen) {
  const size_t colon = listen.rfind(':');
  std::string host = listen.substr(0, colon);
  const std::string port = listen.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot find ", host, ": ", ::gai_strerror(error)));
  }
  return AddressList(found, &::freeaddrinfo);
}

absl::StatusOr<int> ListenTcp(const std::string& listen, std::string* bound) {
  GH_ASSIGN_OR_RETURN(const AddressList found, ResolveTcp(listen));
  const int fd =
      ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, found->ai_protocol);
  if (fd < 0) {
    return absl::UnavailableError(ErrnoText("socket", errno));
  }
  // So that a restart need not wait for TIME_WAIT.  Not SO_REUSEPORT: two servers on
  // one port must not happen unnoticed.
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(fd, found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd, kBacklog) != 0) {
    const int bind_error = errno;
    ::close(fd);
    const std::string text = ErrnoText("cannot listen on " + listen, bind_error);
    return bind_error == EADDRINUSE ? absl::AlreadyExistsError(text) : absl::UnavailableError(text);
  }
  sockaddr_storage local{};
  socklen_t size = sizeof(local);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size);
  const uint16_t bound_port = local.ss_family == AF_INET6
                                  ? ntohs(reinterpret_cast<sockaddr_in6*>(&local)->sin6_port)
                                  : ntohs(reinterpret_cast<sockaddr_in*>(&local)->sin_port);
  *bound = absl::StrCat(listen.substr(0, listen.rfind(':')), ":", bound_port);
  return fd;
}

int OpenReserve() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

}  // namespace

class Acceptor::Impl {
 public:
  Impl(AcceptorOptions options, const Clock& clock, int fd, std::string address)
      : options_(std::move(options)),
        clock_(clock),
        address_(std::move(address)),
        socket_(context_, fd),
        timer_(context_),
        watch_timer_(context_),
        connections_(options_.message_bytes_max),
        reserve_fd_(OpenReserve()) {}

  ~Impl() {
    Stop();
    if (reserve_fd_ >= 0) {
      ::close(reserve_fd_);
    }
  }

  void Start(Handler handler, Away away) {
    handler_ = std::move(handler);
    away_ = std::move(away);
    Wait();
    if (away_ != nullptr) {
      WatchLater();
    }
    thread_ = std::thread([this] {
      SetThreadName("acceptor");
      context_.run();
    });
  }

  void Stop() {
    if (stopped_.exchange(true)) {
      return;
    }
    if (thread_.joinable()) {
      asio::post(context_, [this] { CloseAll(); });
      thread_.join();
    } else {
      CloseAll();
    }
    if (is_unix()) {
      ::unlink(PathOf(options_.listen).c_str());
    }
  }

  int64_t HangUp() {
    connections_.Sweep();
    return connections_.StopReading();
  }

  void CutAll() {
    for (const int fd : connections_.NotHungUp()) {
      cut_.fetch_add(1, std::memory_order_relaxed);
      if (is_unix()) {
        ::shutdown(fd, SHUT_RDWR);
      } else {
        AbortTcp(fd);
      }
    }
  }

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] uint64_t accepted() const { return accepted_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint64_t cut() const { return cut_.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] bool is_unix() const { return IsUnix(options_.listen); }

  void CloseAll() {
    boost::system::error_code ignored;
    timer_.cancel();
    watch_timer_.cancel();
    socket_.close(ignored);
  }

  void Wait() {
    socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [this](const boost::system::error_code& error) {
                         if (!error && socket_.is_open()) {
                           AcceptSome();
                         }
                       });
  }

  void WaitLater() {
    timer_.expires_after(kBackOff);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error && socket_.is_open()) {
        AcceptSome();
      }
    });
  }

  void WatchLater() {
    watch_timer_.expires_after(kWatchInterval);
    watch_timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error && socket_.is_open()) {
        Watch();
        WatchLater();
      }
    });
  }

  void Watch() {
    const LanesAway away = away_();
    const int64_t away_ns = away.longest_ns;
    if (is_unix()) {
      return;
    }
    const int64_t now_ns = clock_.MonotonicNs();
    const bool may_note =
        now_ns - read_at_ns_ >= kNoteIntervalPerConnectionNs * connections_.size();
    // A lane reads from whichever connection has something to be read: while one is well,
    // nobody waits for those that are not.
    const bool all_are_away = away.shortest_ns >= kAwayNsNoted;
    // One that came back has read from others since.
    all_are_suspect_ = all_are_suspect_ && all_are_away;
    if (away_ns < kAwayNsNoted) {
      suspects_ = false;
      forgiven_ns_ = 0;
    } else if (!suspects_) {
      suspects_ = true;
      all_are_suspect_ = all_are_away;
      if (may_note) {  // or it was so lately that it is as good
        NoteTraffic(now_ns);
      }
    } else if (may_note && all_are_away && !all_are_suspect_) {
      // What was read before may have been read by one that was well.
      all_are_suspect_ = true;
      forgiven_ns_ = away_ns - kAwayNsNoted;
      NoteTraffic(now_ns);
    } else if (may_note && away_ns - forgiven_ns_ >= kAwayNsMax) {
      const std::vector<ConnectionTable::Talker> talkers =
          connections_.OnlyReadFrom(/*others_are_read=*/!(all_are_away && all_are_suspect_));
      if (!talkers.empty()) {
        CutOff(talkers, "connection cut: it kept the server from all others");
        // What is read next, before the lane comes back, is what others said meanwhile.
        forgiven_ns_ = away_ns;
        NoteTraffic(now_ns);
      }
      // Else what keeps the lane was read before the note: it is found when it is read again.
      read_at_ns_ = now_ns;
    }
    if (now_ns - looked_at_ns_ >=
        kLookIntervalNs + kLookIntervalPerConnectionNs * connections_.size()) {
      looked_at_ns_ = now_ns;
      CutOff(connections_.TalkingToNobody(), "connection cut: it says what can have no answer");
    }
  }

  void NoteTraffic(int64_t now_ns) {
    connections_.NoteTraffic();
    read_at_ns_ = now_ns;
  }

  void CutOff(const std::vector<ConnectionTable::Talker>& talkers, std::string_view why) {
    const int64_t now_ns = clock_.MonotonicNs();
    for (const ConnectionTable::Talker& talker : talkers) {
      AbortTcp(talker.fd);
      cut_.fetch_add(1, std::memory_order_relaxed);
      const bool refused = CountCut(talker.address, now_ns);
      LogWarn(why,
              {{"listener", options_.name},
               {"address", PeerAddressText(talker.address)},
               {"read_bytes", talker.read_bytes},
               {"refused_s", refused ? kPenaltyNs / 1'000'000'000 : 0}});
    }
  }

  // A connection from there was cut; whether it is to be refused therefore.
  bool CountCut(const std::string& address, int64_t now_ns) {
    // Where one address may have all connections it is a proxy's, and everybody's.
    if (options_.connections_per_address_max >= options_.connections_max) {
      return false;
    }
    absl::erase_if(offenders_, [now_ns](const auto& entry) {
      return now_ns - entry.second.cut_at_ns >= kOffenceNs;
    });
    Offender& offender = offenders_[address];
    if (offender.cut_at_ns != now_ns) {  // several connections that are cut at once are one time
      offender.cut_at_ns = now_ns;
      ++offender.cuts;
    }
    if (offender.cuts > kCutsBorne) {
      offender.refused_until_ns = now_ns + kPenaltyNs;
    }
    return offender.cuts > kCutsBorne;
  }

  [[nodiscard]] bool HasPenalty(const std::string& address) const {
    if (offenders_.empty()) [[likely]] {
      return false;
    }
    const auto found = offenders_.find(address);
    return found != offenders_.end() && clock_.MonotonicNs() < found->second.refused_until_ns;
  }

  void AcceptSome() {
    for (int i = 0; i < kAcceptsPerTurn; ++i) {
      sockaddr_storage peer{};
      socklen_t size = sizeof(peer);
      const int fd = ::accept4(socket_.native_handle(),
                               reinterpret_cast<sockaddr*>(&peer),
                               &size,
                               SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (fd >= 0) {
        Take(fd, peer);
        continue;
      }
      switch (errno) {
        case EAGAIN:
          return Wait();
        case EMFILE:
        case ENFILE:
          return ShedOne(errno);
        case ENOBUFS:
        case ENOMEM:
          Complain("no memory for a connection");
          return WaitLater();
        default:
          break;  // the connection died in the queue; the next may be well
      }
    }
    // Others of this thread's turn first.
    asio::post(context_, [this] {
      if (socket_.is_open()) {
        AcceptSome();
      }
    });
  }

  // Out of descriptors: with the reserve one connection is taken and closed, so
  // that its client learns at once, and the queue moves.
  void ShedOne(int error) {
    Complain(error == EMFILE ? "out of file descriptors" : "the system is out of file descriptors");
    if (reserve_fd_ >= 0) {
      ::close(reserve_fd_);
      const int fd = ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd >= 0) {
        Refuse(fd);
      }
    }
    reserve_fd_ = OpenReserve();
    WaitLater();
  }

  void Take(int fd, const sockaddr_storage& peer) {
    connections_.Remove(fd);
    const std::string address = PeerAddressOf(peer);
    if (is_unix() && !IsAllowed(fd)) {
      return Refuse(fd);
    }
    if (HasPenalty(address)) {
      return Refuse(fd);
    }
    if (IsFull(address)) {
      const int64_t now_ns = clock_.MonotonicNs();
      if (now_ns - swept_at_ns_ >= kSweepIntervalNs) {
        swept_at_ns_ = now_ns;
        connections_.Sweep();
      }
      if (IsFull(address)) {
        Complain("too many connections");
        return Refuse(fd);
      }
    }
    if (!is_unix()) {
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs, sizeof(kUserTimeoutMs));
    }
    connections_.Add(fd, address);
    accepted_.fetch_add(1, std::memory_order_relaxed);
    handler_(fd);
  }

  [[nodiscard]] bool IsFull(const std::string& address) const {
    return connections_.size() >= options_.connections_max ||
           (!is_unix() && connections_.CountOf(address) >= options_.connections_per_address_max);
  }

  [[nodiscard]] bool IsAllowed(int fd) {
    ucred peer{};
    socklen_t size = sizeof(peer);
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
      return false;
    }
    const bool allowed = MayConnect(peer.uid, ::geteuid(), options_.allowed_uids);
    if (!allowed) {
      LogWarn("connection refused: the user may not",
              {{"listener", options_.name}, {"uid", peer.uid}, {"pid", peer.pid}});
    }
    return allowed;
  }

  void Refuse(int fd) {
    refused_.fetch_add(1, std::memory_order_relaxed);
    ::close(fd);
  }

  void Complain(std::string_view what) {
    const int64_t now_ns = clock_.MonotonicNs();
    ++complaints_;
    if (complained_at_ns_ != 0 && now_ns - complained_at_ns_ < kLogIntervalNs) {
      return;
    }
    complained_at_ns_ = now_ns;
    LogWarn(what,
            {{"listener", options_.name},
             {"connections", connections_.size()},
             {"times", complaints_}});
    complaints_ = 0;
  }

  struct Offender {
    int cuts = 0;
    int64_t cut_at_ns = 0;
    int64_t refused_until_ns = 0;
  };

  // Fixed at construction.
  const AcceptorOptions options_;
  const Clock& clock_;
  const std::string address_;

  asio::io_context context_;
  std::thread thread_;
  std::atomic<bool> stopped_{false};
  std::atomic<uint64_t> accepted_{0};
  std::atomic<uint64_t> refused_{0};
  std::atomic<uint64_t> cut_{0};

  // Acceptor's thread only; when that has ended, whoever called Stop().
  asio::posix::stream_descriptor socket_;
  asio::steady_timer timer_;
  asio::steady_timer watch_timer_;
  Handler handler_;
  Away away_;
  bool suspects_ = false;         // a lane is away, and what has gone over the connections noted
  bool all_are_suspect_ = false;  // and so were all at that time
  int64_t forgiven_ns_ = 0;       // of the lanes' absence: before somebody was cut off
  int64_t read_at_ns_ = 0;        // when what has gone over all connections was
  absl::flat_hash_map<std::string, Offender> offenders_;  // by address; of the last minute
  ConnectionTable connections_;
  int reserve_fd_;
  int64_t swept_at_ns_ = 0;
  int64_t looked_at_ns_ = 0;
  int64_t complained_at_ns_ = 0;
  uint64_t complaints_ = 0;
};

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(const AcceptorOptions& options,
                                                           const Clock& clock) {
  std::string address = options.listen;
  absl::StatusOr<int> fd = IsUnix(options.listen) ? ListenUnix(PathOf(options.listen))
                                                  : ListenTcp(options.listen, &address);
  if (!fd.ok()) {
    return fd.status();
  }
  return std::unique_ptr<Acceptor>(
      new Acceptor(std::make_unique<Impl>(options, clock, *fd, std::move(address))));
}

absl::Status Acceptor::CheckAddressBlocking(const std::string& listen) {
  return IsUnix(listen) ? CheckUnixPath(PathOf(listen)) : ResolveTcp(listen).status();
}

Acceptor::Acceptor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Acceptor::~Acceptor() = default;
void Acceptor::Start(Handler handler, Away away) {
  impl_->Start(std::move(handler), std::move(away));
}
void Acceptor::Stop() {
  impl_->Stop();
}
int64_t Acceptor::HangUp() {
  return impl_->HangUp();
}
void Acceptor::CutAll() {
  impl_->CutAll();
}
const std::string& Acceptor::address() const {
  return impl_->address();
}
uint64_t Acceptor::accepted_count() const {
  return impl_->accepted();
}
uint64_t Acceptor::refused_count() const {
  return impl_->refused();
}
uint64_t Acceptor::cut_count() const {
  return impl_->cut();
}

bool MayConnect(uint32_t uid, uint32_t own_uid, const std::vector<uint32_t>& allowed_uids) {
  return uid == own_uid || uid == 0 ||
         std::find(allowed_uids.begin(), allowed_uids.end(), uid) != allowed_uids.end();
}

int64_t RaiseFileLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return 1'024;
  }
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  return limit.rlim_cur > INT32_MAX ? INT32_MAX : static_cast<int64_t>(limit.rlim_cur);
}

}  // namespace gonghui
