// A listener that writes down what its transport tells it, and the loop that waits for it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "protocols/transport/tcp.hpp"

namespace wanwu::testing {

inline std::unique_ptr<reactor> new_reactor() {
  auto made = reactor::create();
  REQUIRE(made);
  return std::move(*made);
}

/// Turns the reactor until `done`, half a minute at most.
inline bool turn_until(reactor& events, const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!done()) {
    if (events.wait(deadline) >= deadline) return done();
  }
  return true;
}

template <class Transport>
struct stream_recorder final : readiness_listener {
  explicit stream_recorder(Transport& over) : transport{over} { transport.attach(*this); }

  void ready(std::span<const readiness> events, time_point now) override {
    transport.dispatch(events, *this, now);
  }
  void link_opened(link_id link, time_point) { note(link, "opened"); }
  void link_received(link_id link, bytes_view raw, time_point now) {
    received[index(link)] += as_text(raw);
    if (on_received) on_received(link, raw, now);
  }
  void link_writable(link_id link, time_point) { note(link, "writable"); }
  void link_ended(link_id link, time_point) { note(link, "ended"); }
  void link_failed(link_id link, std::error_code why, time_point) {
    note(link, "failed " + std::to_string(why.value()));
  }
  void link_accepted(link_id link, const socket_address& peer, time_point) {
    peers[index(link)] = peer;
    note(link, "accepted");
  }
  void accept_failed(std::error_code why, time_point) { accept_errors.push_back(why.value()); }

  static std::uint32_t index(link_id link) { return static_cast<std::uint32_t>(link); }
  void note(link_id link, const std::string& what) {
    auto& all = seen[index(link)];
    all += all.empty() ? what : ", " + what;
    ++count[what.substr(0, what.find(' '))];
  }

  Transport& transport;
  std::map<std::uint32_t, std::string> seen, received;
  std::map<std::uint32_t, socket_address> peers;
  std::map<std::string, int> count;
  std::vector<int> accept_errors;
  std::function<void(link_id, bytes_view, time_point)> on_received;
};

}  // namespace wanwu::testing
