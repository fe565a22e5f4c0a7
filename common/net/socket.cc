#include "net/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <optional>
#include <vector>

namespace net {
namespace {

constexpr int kBatchCount = 64;  // connections accepted in a turn, so that open ones get theirs
constexpr Duration kPause = std::chrono::milliseconds(100);

struct Address {
  sockaddr_storage storage = {};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

std::string host_and_port(const std::string& host, const std::string& port) {
  return host.find(':') == std::string::npos ? host + ":" + port : "[" + host + "]:" + port;
}

std::string describe(const Address& address) {
  if (address.storage.ss_family == AF_UNIX) return "unix";
  char host[NI_MAXHOST] = {};
  char port[NI_MAXSERV] = {};
  if (getnameinfo(address.get(), address.size, host, sizeof host, port, sizeof port,
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  return host_and_port(host, port);
}

Error cannot_listen(const std::string& where, const std::string& why, std::string hint = {}) {
  return {"cannot listen on " + where + ": " + why, std::move(hint)};
}

std::string hint_for(int error) {
  switch (error) {
    case EADDRINUSE: return "another program has this port; port 0 is one that is free";
    case EACCES: return "ports below 1024 are the system administrator's";
    default: return {};
  }
}

enum class Sharing { alone, with_ours };

bool set_option(const Fd& fd, int level, int option) {
  const int on = 1;
  return setsockopt(fd.value(), level, option, &on, sizeof on) == 0;
}

/// A bound and listening socket, or nothing and errno.
Fd listening_socket(const Address& address, Sharing sharing = Sharing::alone) {
  const int family = address.storage.ss_family;
  Fd fd(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  if (family != AF_UNIX) set_option(fd, SOL_SOCKET, SO_REUSEADDR);
  if (family == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
  if (sharing == Sharing::with_ours) set_option(fd, SOL_SOCKET, SO_REUSEPORT);
  if (bind(fd.value(), address.get(), address.size) != 0 || listen(fd.value(), SOMAXCONN) != 0) {
    fd.reset();
  }
  return fd;
}

Result<std::vector<Address>> look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int status = getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                 std::to_string(port).c_str(), &hints, &list);
  if (status != 0)
    return Error{status == EAI_SYSTEM ? errno_text(errno) : gai_strerror(status), ""};
  std::vector<Address> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    Address address;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
    addresses.push_back(address);
  }
  freeaddrinfo(list);
  return addresses;
}

/// True when `path` is a socket whose owner has gone: connecting to it is refused. A full backlog
/// (EAGAIN) or a success means that somebody is there.
bool is_stale_socket(const std::string& path, const Address& address) {
  struct stat info = {};
  if (lstat(path.c_str(), &info) != 0 || !S_ISSOCK(info.st_mode)) return false;
  const Fd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return probe && connect(probe.value(), address.get(), address.size) != 0 && errno == ECONNREFUSED;
}

/// Descriptors are the process's: what one loop gives up for a moment no loop of another thread may
/// take.
std::mutex& accept_mutex() {
  static std::mutex mutex;
  return mutex;
}

/// Nothing and errno when there is none.
Fd accept_one(int listener, Address& peer) {
  const std::lock_guard lock(accept_mutex());
  return Fd(accept4(listener, peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

Fd open_reserve() {
  return Fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace

Listener::Listener(Loop& loop, Fd fd, Accepted accepted)
    : loop_(loop),
      fd_(std::move(fd)),
      reserve_(open_reserve()),
      accepted_(std::make_shared<const Accepted>(std::move(accepted))),
      poll_(loop, fd_.value(), [this](bool, bool) { accept_batch(); }),
      resume_(loop, [this] { poll_.watch(true, false); }) {
  poll_.watch(true, false);
}

Result<std::unique_ptr<Listener>> Listener::tcp(Loop& loop, const std::string& host,
                                                std::uint16_t port, Accepted accepted) {
  const std::string where = host_and_port(host.empty() ? "*" : host, std::to_string(port));
  const Result<std::vector<Address>> addresses = look_up(host, port);
  if (!addresses) return cannot_listen(where, addresses.error().message);
  std::optional<int> first_error;
  for (const Address& address : *addresses) {
    Fd fd = listening_socket(address);
    if (!fd) {
      if (!first_error) first_error = errno;
      continue;
    }
    Address bound;
    getsockname(fd.value(), bound.get(), &bound.size);
    std::unique_ptr<Listener> listener(new Listener(loop, std::move(fd), std::move(accepted)));
    // sin_port and sin6_port lie at the same place.
    listener->port_ = ntohs(reinterpret_cast<const sockaddr_in*>(bound.get())->sin_port);
    return listener;
  }
  const int error = first_error.value_or(EADDRNOTAVAIL);
  return cannot_listen(where, errno_text(error), hint_for(error));
}

Result<std::unique_ptr<Listener>> Listener::unix_path(Loop& loop, const std::string& path,
                                                      Accepted accepted) {
  Address address;
  auto* name = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.empty() || path.size() >= sizeof name->sun_path) {
    return cannot_listen(
        path, "a socket path has 1 to " + std::to_string(sizeof name->sun_path - 1) + " bytes");
  }
  name->sun_family = AF_UNIX;
  std::memcpy(name->sun_path, path.c_str(), path.size() + 1);
  address.size = sizeof(sockaddr_un);

  Fd fd = listening_socket(address);
  if (!fd && errno == EADDRINUSE) {
    if (is_stale_socket(path, address)) unlink(path.c_str());
    fd = listening_socket(address);
  }
  if (!fd) return cannot_listen(path, errno_text(errno));
  std::unique_ptr<Listener> listener(new Listener(loop, std::move(fd), std::move(accepted)));
  struct stat info = {};
  if (lstat(path.c_str(), &info) == 0) {
    listener->path_ = path;
    listener->inode_ = info.st_ino;
  }
  return listener;
}

/// SO_REUSEPORT is not set before the first socket has its port: it would get the port of another
/// program that has set it as well, and the two would share the connections.
Result<std::unique_ptr<Listener>> Listener::another(Loop& loop, Accepted accepted) const {
  Address address;
  getsockname(fd_.value(), address.get(), &address.size);
  Fd fd;
  if (set_option(fd_, SOL_SOCKET, SO_REUSEPORT)) fd = listening_socket(address, Sharing::with_ours);
  if (!fd) return cannot_listen(describe(address) + " once more", errno_text(errno));
  std::unique_ptr<Listener> listener(new Listener(loop, std::move(fd), std::move(accepted)));
  listener->port_ = port_;
  return listener;
}

Listener::~Listener() {
  if (path_.empty()) return;
  struct stat info = {};
  // Somebody may have put a socket of their own in its place.
  if (lstat(path_.c_str(), &info) == 0 && info.st_ino == inode_) unlink(path_.c_str());
}

void Listener::accept_batch() {
  const std::shared_ptr<const Accepted> accepted = accepted_;
  for (int count = 0; count < kBatchCount; ++count) {
    Address peer;
    Fd fd = accept_one(fd_.value(), peer);
    if (fd) {
      (*accepted)(std::make_unique<SocketStream>(std::move(fd)), describe(peer));
      if (accepted.use_count() == 1) return;  // the callback has destroyed this Listener
      continue;
    }
    switch (errno) {
      case EAGAIN: return;
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        if (out_of_descriptors()) continue;
        return;
      default: continue;  // that one connection has failed already: ECONNABORTED and the like
    }
  }
}

/// A connection that cannot be accepted stays in the queue and keeps the socket readable: polling
/// would spin. So it is turned away by means of the reserve; without one, polling has to pause.
bool Listener::out_of_descriptors() {
  if (reserve_) {
    const std::lock_guard lock(accept_mutex());
    reserve_.reset();
    Fd fd(accept4(fd_.value(), nullptr, nullptr, SOCK_CLOEXEC));
    // The system wants a descriptor before it looks whether anybody waits: nobody does.
    const bool queue_is_empty = !fd && errno == EAGAIN;
    const bool turned_away = static_cast<bool>(fd);
    fd.reset();
    reserve_ = open_reserve();
    if (turned_away || queue_is_empty) return turned_away;
  } else {
    reserve_ = open_reserve();
  }
  poll_.watch(false, false);
  resume_.start(loop_.refresh() + kPause);
  return false;
}

void raise_descriptor_limit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void ignore_sigpipe() {
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace net
