// The CoAP side of the target: RFC 7252 with Observe (7641), blocks (7959) and the core link format (6690).
#pragma once

#include <array>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocols/coap/confirmable_sender.hpp"
#include "protocols/coap/decode.hpp"
#include "protocols/coap/encode.hpp"
#include "protocols/coap/observe.hpp"
#include "protocols/coap/reply_cache.hpp"
#include "sim/target/outbox.hpp"
#include "sim/target/target_core.hpp"
#include "sim/target/thing_services.hpp"

namespace wanwu::target {

inline constexpr std::uint32_t format_json = 50;  ///< application/json. IANA "CoAP Content-Formats".

/// A request with its options taken apart once. Views live as long as the datagram.
struct coap_request {
  static constexpr std::size_t parts_max = 8;

  const coap::message* message{};
  coap::peer_key peer{};
  std::array<std::string_view, parts_max> path;
  std::array<std::string_view, parts_max> query;
  std::size_t path_size = 0, query_size = 0;
  std::optional<std::uint32_t> observe, accept, content_format;
  std::optional<bytes_view> block1, block2;
  std::optional<bytes_view> if_match, etag;
  bool if_none_match = false;
  bool too_deep = false;  ///< More path or query parts than any resource has.
  bytes_view payload;     ///< The whole body, put together from blocks where there were some.
};

/// What is to be answered. `payload` is the whole representation; blocks are cut from it.
struct coap_response {
  coap::code code{};
  std::optional<std::uint32_t> content_format;
  std::optional<std::uint32_t> observe;
  std::optional<std::uint32_t> etag;
  std::optional<std::uint32_t> max_age;
  std::optional<std::uint32_t> block1;  ///< Option value.
  std::optional<std::uint32_t> size1;
  std::vector<std::string> location;
  std::string payload;
};

class coap_server {
 public:
  coap_server(const target_settings& settings, thing_services& services, datagram_box& out,
              target_totals& totals);

  void receive(const datagram& one, time_point now);
  void advance(time_point now);
  std::optional<time_point> next_deadline() const { return sender_.next_deadline(); }
  std::size_t observers() const noexcept { return observers_.size(); }

  /// A thing has reported, or its queue of commands changed: whoever watches hears of it.
  void thing_reported(const known_thing& thing, time_point now);
  void queue_changed(const known_thing& thing, time_point now);

 private:
  enum class watched : std::uint32_t { telemetry, commands };
  struct where {
    socket_address address;
    endpoint_id local{};
  };
  struct peer_hash {
    std::size_t operator()(coap::peer_key k) const noexcept {
      return static_cast<std::size_t>(k) * 0x9E3779B97F4A7C15ULL;
    }
  };

  // coap_server.cpp: the message layer
  void request(const datagram& one, const coap::message& m, coap::peer_key peer, time_point now);
  void finish_exchange(coap::peer_key peer, const coap::message& m, time_point now);
  bool assemble(coap_request& r, coap_response& answer, bytes& body, time_point now);
  void reply(const coap_request& r, coap_response& answer, const datagram& one, time_point now);
  void write(byte_writer& out, coap::message_type type, coap::message_id id, const coap_request* r,
             bytes_view token, coap_response& answer, std::uint8_t szx_max);
  coap::message_id next_id() noexcept { return coap::message_id{++last_id_}; }

  // coap_observe.cpp
  void watch(coap_request& r, coap_response& answer, const known_thing& thing, watched what,
             const datagram& one, time_point now);
  void notify(std::uint32_t resource, time_point now);
  void notify_one(std::uint32_t resource, coap::observer& to, time_point now);
  coap_response representation(std::uint32_t resource) const;

  // coap_resources.cpp
  coap_response answer(coap_request& r, const datagram& one, time_point now);
  coap_response answer_thing(coap_request& r, const datagram& one, time_point now);
  coap_response answer_description(const coap_request& r, time_point now);
  coap_response answer_part(coap_request& r, const datagram& one, time_point now);
  coap_response answer_command(const coap_request& r, time_point now);
  coap_response answer_rd(const coap_request& r, time_point now);
  coap_response list_links(const coap_request& r) const;
  coap_response read_property(const coap_request& r) const;

  const target_settings& settings_;
  thing_services& services_;
  datagram_box& out_;
  target_totals& totals_;
  coap::reply_cache cache_;
  coap::block1_receiver transfers_;
  coap::observer_registry observers_;
  coap::confirmable_sender sender_;
  std::unordered_map<coap::peer_key, where, peer_hash> watchers_;  ///< Where notifications go.
  std::set<std::pair<coap::peer_key, std::uint32_t>>
      owed_;  ///< Notifications that wait for an ACK of the last one.
  std::vector<coap::confirmable_sender::due> due_;
  std::vector<std::uint32_t> notified_;
  std::uint16_t last_id_;
};

/// Names an endpoint: address and port of IPv4 exactly, a hash of IPv6.
coap::peer_key peer_key_of(const socket_address& address) noexcept;

}  // namespace wanwu::target
