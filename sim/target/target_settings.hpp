// What an owner may set, and every bound that keeps a hostile peer from growing the target.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocols/core/time.hpp"

namespace wanwu::target {

/// What the broker announces in CONNACK and enforces. The defaults announce as little as possible.
struct broker_settings {
  std::uint8_t maximum_qos = 2;  ///< 0, 1 or 2.
  bool retain_available = true;
  bool wildcards_available = true;
  bool shared_available = true;
  bool subscription_ids_available = true;
  std::uint16_t receive_maximum = 1024;               ///< QoS > 0 a client may have unacknowledged; 1..65535.
  std::uint16_t topic_alias_maximum = 64;             ///< 0 = clients may use none.
  std::uint32_t maximum_packet = 1 << 20;             ///< Bytes of one packet a client may send; at least 64.
  std::uint16_t server_keep_alive = 0;                ///< Seconds; 0 = what the client asks counts.
  std::uint32_t session_expiry_maximum = 0xFFFFFFFF;  ///< Seconds; longer wishes are cut and the client told.
  bool allow_empty_client_id = true;
  bool ordered_messages = true;
  std::vector<std::string> deny;  ///< Topic filters nobody may publish or subscribe to.
  std::string user;               ///< "" = anybody may connect.
  std::string password;           ///< Never logged.
  std::string auth_method;        ///< Enhanced authentication offered under this name; "" = none.
};

/// Bounds, each per target unless it says otherwise. Beyond them work is refused or dropped, and counted.
struct target_bounds {
  std::size_t sessions = 4'000'000;
  std::size_t retained = 1'000'000;
  std::size_t retained_bytes = 1UL << 30;
  std::size_t subscriptions = 8'000'000;
  std::size_t subscriptions_per_session = 100'000;
  std::size_t queued_per_session = 100'000;  ///< Messages of QoS > 0 waiting for a session.
  std::size_t queued_bytes = 1UL << 30;      ///< Their payloads, all sessions together.
  std::uint16_t inflight_per_session =
      1024;  ///< Deliveries begun and not finished, beside the client's own limit.
  std::size_t unsent_per_connection = 16UL << 20;  ///< Bytes; QoS 0 beyond it is dropped.
  std::size_t unsent_hard = 64UL << 20;            ///< Bytes; a peer that lets this much pile up is closed.
  std::size_t things = 2'000'000;
  std::size_t description_bytes = 64UL << 10;  ///< Of one thing.
  std::size_t telemetry_bytes = 1024;  ///< Of the last reading kept for one thing; longer ones are not kept.
  std::size_t pending_commands = 200'000;
  std::size_t pending_per_thing = 100;
  std::size_t finished_commands = 200'000;  ///< Remembered for GET /audit without a journal.
  std::size_t streams = 64;                 ///< Open GET /telemetry/stream.
  std::size_t coap_observers = 2'000'000;
  std::size_t coap_transfers = 4096;      ///< Block-wise exchanges in progress.
  std::size_t coap_remembered = 262'144;  ///< Message ids kept for finding duplicates.
};

struct target_settings {
  broker_settings mqtt;
  target_bounds bounds;
  std::uint64_t seed = 1;             ///< Of assigned client ids and correlation ids.
  std::int64_t wall_ms_at_start = 0;  ///< Milliseconds since 1970 at `started`.
  time_point started{};               ///< Instants given later are turned into wall time by these two.
  duration connect_within =
      std::chrono::seconds{10};  ///< A connection that has not said CONNECT by then is closed.
};

}  // namespace wanwu::target
