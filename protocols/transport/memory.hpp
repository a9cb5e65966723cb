// Streams and datagrams through memory in virtual time: what a driver sends waits for the network to take it,
// what the network brings is delivered at its instant.
#pragma once

#include <optional>
#include <vector>

#include "protocols/transport/link.hpp"

namespace wanwu {

/// Things that are due at an instant, in the order (instant, link, sequence): the same on every run.
/// Byte buffers are used again, so a queue that has reached its size allocates nothing.
class delivery_queue {
 public:
  enum class kind : std::uint8_t { opened, received, ended, failed };
  struct delivery {
    time_point at;
    std::uint64_t sequence{};
    std::uint32_t link{};
    std::uint16_t generation{};
    kind what{};
    int error{};
    socket_address peer;
    bytes payload;
  };

  /// Adds `what`, whose sequence is given here; its payload is filled with a copy of `raw`.
  void push(delivery what, bytes_view raw = {});
  /// The earliest delivery due by `now`, or nothing. Give its memory back with recycle().
  std::optional<delivery> pop(time_point now);
  void recycle(bytes&& buffer);
  std::optional<time_point> next() const;
  bool empty() const noexcept { return heap_.empty(); }

 private:
  static constexpr std::size_t spare_max = 4096;
  std::vector<delivery> heap_;
  std::vector<bytes> spare_;
  std::uint64_t sequence_ = 0;
};

/// One life of a link: a link that was closed and opened again is another.
struct memory_link {
  link_id link{};
  std::uint16_t generation{};
  friend bool operator==(const memory_link&, const memory_link&) = default;
};

/// A stream transport without sockets. The driver holds one side; whoever plays the network holds the other.
class memory_transport {
 public:
  /// Something that left the driver. Views live until forget_sent().
  struct departure {
    enum class kind : std::uint8_t { open, data, finish, reset };
    time_point at;
    memory_link link;
    kind what{};
    socket_address peer;  ///< Of open.
    bytes_view payload;   ///< Of data.
  };

  // The driver's side.
  void attach(readiness_listener& owner) { owner_ = &owner; }
  void prepare(std::uint32_t count) { links_.resize(count); }
  void open(link_id link, const socket_address& address, time_point now);
  std::size_t send(link_id link, bytes_view raw, time_point now);
  std::size_t send(link_id link, std::span<const bytes_view> parts, time_point now);
  void close(link_id link, closing how, time_point now);
  bool is_up(link_id link) const noexcept;
  bool needed_second_syn(link_id /*link*/) const noexcept { return false; }
  std::uint32_t direct_count() const noexcept { return 0; }
  void limit_receiving(int /*buffer_bytes*/) noexcept {}
  /// Memory has no buffers that could fill.
  bool hold_reading(link_id /*link*/, bool /*held*/) noexcept { return false; }
  /// The link is closed without a word to the network.
  void park(link_id link);
  template <stream_listener L>
  void dispatch(std::span<const readiness> events, L& listener, time_point now);

  // The network's side.
  /// Everything that left since forget_sent(), in order.
  std::vector<departure> sent() const;
  bool has_sent() const noexcept { return !sent_.empty(); }
  void forget_sent() noexcept;
  void accept_open(memory_link link, time_point at);              ///< The driver hears link_opened.
  void deliver(memory_link link, bytes_view raw, time_point at);  ///< link_received
  void end(memory_link link, time_point at);                      ///< FIN: link_ended
  void fail(memory_link link, std::errc why, time_point at);      ///< Refused or RST: link_failed
  std::optional<time_point> next_delivery() const { return due_.next(); }
  /// Tells the driver all that is due by `now`. What the driver sends meanwhile is in sent().
  void run(time_point now);

 private:
  struct link_row {
    std::uint16_t generation{};
    bool opening{}, up{};
  };
  struct departure_row {
    time_point at;
    std::size_t offset{}, size{};
    memory_link link;
    departure::kind what{};
    socket_address peer;
  };
  void leave(link_id link, departure::kind what, time_point now, bytes_view raw = {},
             const socket_address& peer = {});
  void push(memory_link link, delivery_queue::kind what, time_point at, bytes_view raw = {}, int error = 0);
  bool concerns(const delivery_queue::delivery& due) const noexcept;
  template <stream_listener L>
  void hand_over(const delivery_queue::delivery& due, L& listener);

  readiness_listener* owner_ = nullptr;
  std::vector<link_row> links_;
  std::vector<departure_row> sent_;
  bytes sent_bytes_;
  delivery_queue due_;
};

/// A datagram transport without sockets; endpoints are numbers.
class memory_datagrams {
 public:
  struct departure {
    time_point at;
    endpoint_id local{};
    socket_address peer;
    bytes_view payload;
  };
  explicit memory_datagrams(std::uint32_t endpoints) : endpoints_{endpoints} {}

  // The driver's side.
  void attach(readiness_listener& owner) { owner_ = &owner; }
  std::uint32_t endpoint_count() const noexcept { return endpoints_; }
  bool send_to(endpoint_id local, const socket_address& peer, bytes_view raw, time_point now);
  void flush(time_point) noexcept {}
  template <datagram_listener L>
  void dispatch(std::span<const readiness> events, L& listener, time_point now);

  // The network's side.
  std::vector<departure> sent() const;
  bool has_sent() const noexcept { return !sent_.empty(); }
  void forget_sent() noexcept;
  void deliver(endpoint_id local, const socket_address& from, bytes_view raw, time_point at);
  void refuse(endpoint_id local, const socket_address& peer, std::errc why, time_point at);
  std::optional<time_point> next_delivery() const { return due_.next(); }
  void run(time_point now);

 private:
  struct departure_row {
    time_point at;
    std::size_t offset{}, size{};
    endpoint_id local{};
    socket_address peer;
  };

  std::uint32_t endpoints_;
  readiness_listener* owner_ = nullptr;
  std::vector<departure_row> sent_;
  bytes sent_bytes_;
  delivery_queue due_;
};

template <stream_listener L>
void memory_transport::dispatch(std::span<const readiness>, L& listener, time_point now) {
  while (auto due = due_.pop(now)) {
    if (concerns(*due)) hand_over(*due, listener);
    due_.recycle(std::move(due->payload));
  }
}

template <stream_listener L>
void memory_transport::hand_over(const delivery_queue::delivery& due, L& listener) {
  const link_id link{due.link};
  auto& row = links_[due.link];
  row.opening = false;
  row.up = due.what == delivery_queue::kind::opened || due.what == delivery_queue::kind::received;
  switch (due.what) {
    case delivery_queue::kind::opened:
      listener.link_opened(link, due.at);
      break;
    case delivery_queue::kind::received:
      listener.link_received(link, due.payload, due.at);
      break;
    case delivery_queue::kind::ended:
      listener.link_ended(link, due.at);
      break;
    default:
      listener.link_failed(link, std::error_code{due.error, std::system_category()}, due.at);
      break;
  }
}

template <datagram_listener L>
void memory_datagrams::dispatch(std::span<const readiness>, L& listener, time_point now) {
  while (auto due = due_.pop(now)) {
    const endpoint_id local{due->link};
    if (due->what == delivery_queue::kind::received) {
      const datagram one{due->payload, due->peer, local};
      listener.datagrams_received({&one, 1}, due->at);
    } else {
      listener.datagram_refused(local, due->peer, std::error_code{due->error, std::system_category()},
                                due->at);
    }
    due_.recycle(std::move(due->payload));
  }
}

}  // namespace wanwu
