// The whole embedded target without sockets, threads or clocks: bytes and instants in, bytes out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/target/outbox.hpp"
#include "sim/target/target_settings.hpp"

namespace wanwu::target {

/// Names one stream connection of the core, from opened() until ended().
enum class peer_id : std::uint32_t {};

enum class service : std::uint8_t { mqtt, http };

/// Numbers since the start; the gauges are of this moment. What `GET /stats` says.
struct target_totals {
  std::uint64_t mqtt_packets_in{}, mqtt_publishes_in{}, mqtt_publishes_out{}, mqtt_dropped{}, mqtt_bytes_in{},
      mqtt_bytes_out{};
  std::uint64_t mqtt_connects{}, mqtt_refused{}, mqtt_wire_errors{};
  std::uint64_t coap_requests{}, coap_duplicates{}, coap_responses{}, coap_notifications{},
      coap_wire_errors{};
  std::uint64_t http_requests{}, http_wire_errors{};
  std::uint64_t telemetry{}, events{}, commands{}, acks{};
  std::uint64_t mqtt_connections{}, mqtt_sessions{}, mqtt_subscriptions{}, mqtt_retained{};  ///< Gauges.
  std::uint64_t http_connections{}, coap_observers{}, things{};                              ///< Gauges.
};

/// An MQTT broker, a CoAP server and an HTTP API over one directory of things and one command router.
/// Deterministic: the same calls give the same bytes. Not thread-safe: owners of several lanes take turns
/// (shards share one lock).
///
/// Whoever owns the links calls opened(), receive() and, exactly once for each, ended(): also after it has
/// obeyed a `close` or `drop` entry. After any call the boxes may hold output; empty them in order and
/// clear() them.
class target_core {
 public:
  /// `lanes` ≥ 1: how many outboxes there are.
  explicit target_core(const target_settings& settings, std::uint32_t lanes = 1);
  ~target_core();
  target_core(const target_core&) = delete;
  target_core& operator=(const target_core&) = delete;

  // In.
  peer_id opened(service which, std::uint32_t lane, link_name link, const socket_address& from,
                 time_point now);
  void receive(peer_id from, bytes_view raw, time_point now);
  /// The peer closed in order or the link broke: for MQTT the will is due.
  void ended(peer_id who, time_point now);
  /// `unsent` bytes wait in the owner's buffer for this peer. Needs no call while everything leaves at once.
  void backlog(peer_id who, std::size_t unsent, time_point now);
  void receive_datagram(const datagram& one, time_point now);
  /// Does whatever was due by `now`: keep alive, wills, expiry, retransmission.
  void advance(time_point now);
  std::optional<time_point> next_deadline() const;
  /// Tells every MQTT 5 client that the server shuts down, and closes all. Wills are not sent.
  void shut_down(time_point now);

  // Out.
  outbox& out(std::uint32_t lane);
  /// With several lanes: those whose box got its first entry since the owner last emptied this list, each
  /// once or more often. Empty it after each call.
  std::vector<std::uint32_t>& filled_lanes();
  datagram_box& datagrams();
  target_totals totals() const;

  /// Writes events, commands and outcomes to an SQLite file from now on. "" when it could be opened, else why
  /// not.
  std::string journal_to(const std::string& path);

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace wanwu::target
