#include "sim/conformance/replay.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/conformance/dialect.hpp"
#include "sim/conformance/limits.hpp"

namespace wanwu::conform {

namespace {

namespace chrono = std::chrono;
using kind = wire_event::kind;

bool is_ours(kind what) {
  return what == kind::opened || what == kind::sent || what == kind::closed_by_us;
}

/// One role's link. What the target did on it is counted over all its lives.
struct replayed_link {
  int socket = -1;
  std::size_t heard = 0;  ///< Packets and closings of the target.
  bytes unread;
  std::unique_ptr<conversation> talk;

  replayed_link() = default;
  replayed_link(const replayed_link&) = delete;
  replayed_link& operator=(const replayed_link&) = delete;
  ~replayed_link() { close(); }
  void close() {
    if (socket >= 0) ::close(socket);
    socket = -1;
  }
};

class replaying {
 public:
  explicit replaying(const replay_options& options)
      : options_{options}, began_{chrono::steady_clock::now()} {}

  void play(const std::vector<wire_event>& recorded) {
    std::map<std::string, std::size_t> due;
    double before_ms = recorded.empty() ? 0 : recorded.front().at_ms;
    for (const auto& event : recorded) {
      if (!is_ours(event.what)) {
        ++due[event.role];
        continue;
      }
      const chrono::duration<double, std::milli> gap{std::max(0.0, event.at_ms - before_ms)};
      before_ms = event.at_ms;
      const auto pause = std::min(options_.pause_max, chrono::duration_cast<duration>(gap));
      listen(pause, due);
      if (told_ > limits::wire_events_max) return;  // a flood: nobody reads more
      act(event);
    }
    listen({}, due);
  }

 private:
  double now_ms() const {
    return chrono::duration<double, std::milli>(chrono::steady_clock::now() - began_).count();
  }

  void tell(kind what, const std::string& role, bytes_view raw = {}, std::string text = {}) {
    wire_event event;
    event.what = what;
    event.at_ms = now_ms();
    event.role = role;
    event.raw.assign(raw.begin(), raw.end());
    event.size = raw.size();
    event.text = std::move(text);
    ++told_;
    options_.happened(event);
  }

  void act(const wire_event& event) {
    replayed_link& link = links_[event.role];
    switch (event.what) {
      case kind::opened:
        return open(link, event.role);
      case kind::sent:
        return send(link, event);
      case kind::closed_by_us:
        if (link.socket < 0) return;
        link.close();
        return tell(kind::closed_by_us, event.role);
      default:
        return;
    }
  }

  void open(replayed_link& link, const std::string& role) {
    link.close();
    link.unread.clear();
    if (!link.talk) link.talk = mqtt_dialect().converse({});
    link.talk->begin();
    const auto& to = options_.target;
    link.socket = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    if (link.socket >= 0) ::setsockopt(link.socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (link.socket < 0 || ::connect(link.socket, to.native(), to.native_size()) != 0)
      return fail(link, role);
    ::fcntl(link.socket, F_SETFL, O_NONBLOCK);
    tell(kind::opened, role);
  }

  void fail(replayed_link& link, const std::string& role) {
    const std::string why = std::strerror(errno);
    link.close();
    tell(kind::failed, role, {}, why);
  }

  void send(replayed_link& link, const wire_event& event) {
    if (link.socket < 0) {
      tell(kind::failed, event.role, {}, "not sent: the link is closed");
      return;
    }
    bytes_view left = event.raw;
    const auto until = chrono::steady_clock::now() + limits::open_within;
    while (!left.empty()) {
      const auto count = ::send(link.socket, left.data(), left.size(), MSG_NOSIGNAL);
      if (count > 0) {
        left = left.subspan(static_cast<std::size_t>(count));
        continue;
      }
      pollfd waiting{link.socket, POLLOUT, 0};
      const bool full = errno == EAGAIN && chrono::steady_clock::now() < until;
      if (!full) return fail(link, event.role);
      ::poll(&waiting, 1, 100);
    }
    tell(kind::sent, event.role, event.raw, link.talk->read_own(event.raw)->describe());
    link.talk->sent(event.raw);
  }

  bool has_come(const std::map<std::string, std::size_t>& due) {
    return std::all_of(due.begin(), due.end(), [&](const auto& one) {
      const auto& link = links_[one.first];
      return link.heard >= one.second || link.socket < 0;
    });
  }

  /// Takes what comes: for at least `least`, then until what is `due` has come or patience is over.
  void listen(duration least, const std::map<std::string, std::size_t>& due) {
    const auto start = chrono::steady_clock::now();
    const auto most = std::max(least, options_.patience);
    while (true) {
      const auto passed = chrono::steady_clock::now() - start;
      if (told_ > limits::wire_events_max || passed >= most || (passed >= least && has_come(due))) return;
      const auto next = passed < least ? least - passed : most - passed;
      hear(chrono::duration_cast<chrono::milliseconds>(next).count() + 1);
    }
  }

  void hear(std::int64_t wait_ms) {
    std::vector<pollfd> sockets;
    std::vector<std::string> roles;
    for (const auto& [role, link] : links_) {
      if (link.socket < 0) continue;
      sockets.push_back({link.socket, POLLIN, 0});
      roles.push_back(role);
    }
    if (::poll(sockets.data(), sockets.size(), static_cast<int>(wait_ms)) <= 0) return;
    for (std::size_t i = 0; i < sockets.size(); ++i) {
      if (sockets[i].revents != 0) receive(links_[roles[i]], roles[i]);
    }
  }

  void receive(replayed_link& link, const std::string& role) {
    std::array<std::byte, 65'536> part{};
    const auto count = ::recv(link.socket, part.data(), part.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
      link.close();
      ++link.heard;
      return tell(kind::closed_by_target, role);
    }
    link.unread.insert(link.unread.end(), part.begin(), part.begin() + count);
    take_packets(link, role);
  }

  void take_packets(replayed_link& link, const std::string& role) {
    while (!link.unread.empty()) {
      const auto next = link.talk->next_packet(link.unread);
      if (next.what == cut::kind::more) return;
      const bool whole = next.what == cut::kind::packet;
      const auto size = whole ? next.size : link.unread.size();
      const bytes raw(link.unread.begin(), link.unread.begin() + static_cast<std::ptrdiff_t>(size));
      link.unread.erase(link.unread.begin(), link.unread.begin() + static_cast<std::ptrdiff_t>(size));
      ++link.heard;
      tell(kind::received, role, raw, whole ? link.talk->read(raw)->describe() : next.text);
    }
  }

  const replay_options& options_;
  chrono::steady_clock::time_point began_;
  std::size_t told_ = 0;
  std::map<std::string, replayed_link> links_;
};

}  // namespace

std::string replay_problem(const std::vector<wire_event>& recorded) {
  if (std::none_of(recorded.begin(), recorded.end(), [](const auto& one) { return is_ours(one.what); }))
    return "nothing was sent in it";
  for (const auto& event : recorded) {
    if (event.what == kind::opened && event.text == over_websocket) {
      return "link '" + event.role +
             "' went over WebSocket, which replay does not speak; play the case again with wanwu run --only";
    }
    if (event.what == kind::sent && event.size > event.raw.size()) {
      return "a packet of " + std::to_string(event.size) +
             " bytes was kept in part only; play the case again "
             "with wanwu run --only";
    }
  }
  return "";
}

void replay(const std::vector<wire_event>& recorded, const replay_options& options) {
  replaying{options}.play(recorded);
}

}  // namespace wanwu::conform
