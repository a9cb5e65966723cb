// Adding workers up.
#include "sim/worker_levels.hpp"

#include <algorithm>

namespace wanwu::sim {

void add_numbers(worker_numbers& into, const worker_numbers& from) {
  into.wanted += from.wanted;
  into.connected += from.connected;
  into.dark += from.dark;
  into.reconnecting += from.reconnecting;
  into.connections_up += from.connections_up;
  into.due += from.due;
  into.late += from.late;
  into.started += from.started;
  into.script_errors += from.script_errors;
  into.in_flight += from.in_flight;
  for (std::size_t i = 0; i < into.lateness.size(); ++i) into.lateness[i] += from.lateness[i];
  into.away_ns = std::max(into.away_ns, from.away_ns);
  for (std::size_t i = 0; i < into.wire.size(); ++i) {
    into.wire[i].bytes_out += from.wire[i].bytes_out;
    into.wire[i].bytes_in += from.wire[i].bytes_in;
    into.wire[i].messages_out += from.wire[i].messages_out;
    into.wire[i].messages_in += from.wire[i].messages_in;
    into.wire[i].retransmissions += from.wire[i].retransmissions;
    into.wire[i].wire_errors += from.wire[i].wire_errors;
  }
  into.openings += from.openings;
  into.openings_late += from.openings_late;
  into.second_syns += from.second_syns;
  into.direct_sockets += from.direct_sockets;
  into.connects_ok += from.connects_ok;
  const bool given_up = from.last_failure == static_cast<std::uint64_t>(outcome::not_started);
  const bool says_more = into.connects_failed == 0 || !given_up;
  into.connects_failed += from.connects_failed;
  if (from.connects_failed > 0 && says_more) {
    into.last_failure = from.last_failure;
    into.last_failure_code = from.last_failure_code;
    into.last_failure_via = from.last_failure_via;
  }
}

}  // namespace wanwu::sim
