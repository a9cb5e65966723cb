// One shard's sockets of one stream service: stages what arrives, so that the core's lock is taken once a
// batch.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "protocols/transport/tcp.hpp"
#include "protocols/websocket/server.hpp"
#include "sim/target/target_core.hpp"

namespace wanwu::target {

/// What a service's bytes travel in.
enum class carrier : std::uint8_t {
  plain,      ///< The stream of TCP itself.
  websocket,  ///< Binary frames, after an upgrade to the subprotocol `mqtt`.
};

/// Belongs to its shard's thread. The order of use in each turn: the reactor calls ready(); with the lock
/// held the shard calls hand_over() and take_output(); without it, flush().
class stream_port final : public readiness_listener {
 public:
  stream_port(reactor& events, service what, std::uint32_t lane, carrier in = carrier::plain);

  tl::expected<socket_address, std::error_code> listen(const socket_address& address);
  void stop_listening() noexcept { transport_.stop_listening(); }
  void ready(std::span<const readiness> events, time_point now) override;

  bool has_staged() const noexcept { return !staged_.empty() || !backlogged_.empty(); }
  /// With the lock held: tells the core what was staged.
  void hand_over(target_core& core, time_point now);
  /// With the lock held: takes this lane's output.
  void take_output(target_core& core) { output_.swap_content(core.out(lane_)); }
  /// Sends what was taken, and what was left before.
  void flush(time_point now);

  std::size_t connections() const noexcept { return open_; }
  /// Bytes that wait for slow peers.
  std::size_t unsent() const noexcept { return unsent_; }

  // tcp_transport's listener
  void link_accepted(link_id link, const socket_address& peer, time_point now);
  void link_opened(link_id, time_point) {}
  void link_received(link_id link, bytes_view raw, time_point now);
  void link_writable(link_id link, time_point now);
  void link_ended(link_id link, time_point now) { lose(link, now); }
  void link_failed(link_id link, std::error_code, time_point now) { lose(link, now); }
  void accept_failed(std::error_code, time_point) noexcept {}

 private:
  struct row {
    peer_id peer{};
    std::uint32_t life = 0;
    bool known = false;    ///< The core has given `peer`.
    bool closing = false;  ///< To be closed when its bytes are out.
    bool touched = false;
    bool told_end = false;           ///< The core has been told, or will be, that the peer is gone.
    std::unique_ptr<bytes> waiting;  ///< Only while something could not be sent at once.
    std::unique_ptr<websocket::server> socket;  ///< None of a plain stream.
  };
  struct event {
    enum class kind : std::uint8_t { accepted, received, ended };
    std::size_t from{}, length{};
    std::uint32_t link{}, life{};
    kind what{};
    peer_id peer{};
    bool known{};
    socket_address address;
  };

  row& at(link_id link) { return rows_[static_cast<std::uint32_t>(link)]; }
  link_name name_of(link_id link) { return {static_cast<std::uint32_t>(link), at(link).life}; }
  void stage_received(link_id link, std::size_t from);
  void receive_frames(link_id link, bytes_view raw);
  void lose(link_id link, time_point now);
  /// What the core wants sent, in the carrier.
  void carry(link_id link, bytes_view raw, time_point now);
  /// The rest is sent before the link is closed; nothing more is taken from either side.
  void close_when_sent(link_id link, time_point now);
  void answer(time_point now);
  void write(link_id link, bytes_view raw, time_point now);
  void close(link_id link, closing how, time_point now);
  void stage_end(link_id link);

  service service_;
  bool plain_;
  std::uint32_t lane_;
  tcp_transport transport_;
  std::deque<row> rows_;
  std::vector<event> staged_;
  byte_writer staged_bytes_;
  std::vector<std::uint32_t> backlogged_;  ///< Links whose backlog the core must hear of.
  outbox output_;
  outbox answers_;      ///< Of the carrier itself: upgrades, pongs, closes. They go out before the core's.
  byte_writer framed_;  ///< Scratch.
  std::size_t open_ = 0;
  std::size_t unsent_ = 0;
};

}  // namespace wanwu::target
