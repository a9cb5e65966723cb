// Plan and engine translated for the reports.
#include "sim/cli/run_facts.hpp"

#include <cstdlib>
#include <cstring>
#include <random>

#include "reports/bundle.hpp"
#include "reports/limit.hpp"
#include "scenarios/language/document.hpp"

namespace wanwu::cli {

namespace {

/// A kernel's counter since the start; 0 should it have been set back.
std::uint64_t since(std::uint64_t before, std::uint64_t now) {
  return now >= before ? now - before : 0;
}

std::string address_of(const sim::world_plan& plan, protocol via) {
  for (const sim::lane_plan& lane : plan.lanes) {
    if (lane.via == via) return std::string{name_of(via)} + "://" + lane.address.text();
  }
  return std::string{name_of(via)};
}

std::string errno_advice(std::uint64_t code) {
  switch (code) {
    case EMFILE:
    case ENFILE:
      return "out of file descriptors: raise ulimit -n (wanwu doctor says how), or use --workers, gateways "
             "or --scale";
    case EADDRNOTAVAIL:
      return "no local address and port to connect from: has this machine each address of --source? If so, "
             "all their ports are taken: give more addresses";
    case ENOMEM:
    case ENOBUFS:
      return "out of kernel memory for sockets: use --scale";
    case ECONNREFUSED:
      return "connection refused: is the target running and listening on this port?";
    case ETIMEDOUT:
      return "no answer to the connection attempt: is the address right, does a firewall drop it?";
    case EHOSTUNREACH:
    case ENETUNREACH:
      return "no route to the host";
    case EACCES:
    case EPERM:
      return "the system forbids the connection (firewall rules?)";
    default:
      break;
  }
  return code == 0 ? std::string{} : std::string{std::strerror(static_cast<int>(code))};
}

}  // namespace

report::run_shape shape_of(const sim::world_plan& plan) {
  report::run_shape shape;
  for (const sim::planned_population& p : plan.populations) {
    const bool troubled = lang::is_troubled(*plan.source, p.index);
    shape.populations.push_back(
        {p.sector, p.kind, plan.lanes[p.lane].via, p.count, p.source->tags, troubled});
  }
  for (const sim::phase_window& phase : plan.when.phases) {
    const bool troubled = std::any_of(
        plan.when.faults.begin(), plan.when.faults.end(),
        [&](const sim::fault_window& w) { return w.begin <= phase.begin && phase.begin < w.end; });
    shape.phases.push_back({phase.name, phase.begin, phase.end, troubled});
  }
  for (const sim::storm_window& storm : plan.when.storms) {
    shape.markers.push_back(
        {storm.what->name, storm.begin, storm.begin + storm.what->dark + storm.what->return_within});
  }
  for (const sim::fault_window& fault : plan.when.faults)
    shape.markers.push_back({fault.what->name, fault.begin, fault.end});
  return shape;
}

report::run_record record_of(const sim::world_plan& plan, const run_wishes& wishes,
                             std::int64_t started_unix_ms) {
  const lang::scenario& world = *plan.source;
  report::manifest about;
  about.id = report::make_run_id(world.name, started_unix_ms, std::random_device{}());
  about.name = world.name;
  about.title = world.title;
  about.tool_version = WANWU_VERSION;
  about.command_line = wishes.command_line;
  about.target_name = plan.target->name;
  about.notes = plan.notes;
  about.seed = plan.seed;
  about.scale = world.scale;
  about.virtual_time = plan.virtual_time;
  if (plan.virtual_time && wishes.witness) {
    about.notes.push_back(
        "virtual time: arrivals are counted by wanwu's own clients over links in memory, not by an "
        "independent witness");
  }
  about.closed_loop = wishes.flood_window > 0;
  if (about.closed_loop) {
    about.notes.push_back("closed loop (--flood " + std::to_string(wishes.flood_window) +
                          "): a slow target slows the load down, so latency counts from the send and says "
                          "nothing about a schedule");
  }
  about.started_unix_ms = started_unix_ms;
  if (plan.target->capabilities) {
    for (const lang::member& m : plan.target->capabilities->members)
      about.capabilities.emplace_back(m.key, lang::to_json(m.value));
  }
  report::describe_machine(about);
  about.descriptor_limit = plan.figures.descriptor_limit;
  about.ports = plan.figures.ports;
  if (world.sources) {
    for (std::uint32_t i = 0; i < world.sources->size(); ++i)
      about.inputs.push_back({world.sources->path(i), world.sources->text(i), ""});
  }
  std::vector<report::limit> limits;
  for (const lang::threshold& t : world.thresholds) {
    const bool placed = world.sources && t.mark.file != lang::source_mark::no_file;
    limits.push_back(report::limit_of(t, placed ? world.sources->path(t.mark.file) : ""));
  }
  return {std::move(about), shape_of(plan), std::move(limits)};
}

report::gauges gauges_of(const sim::engine_levels& levels) {
  const sim::worker_numbers& n = levels.all;
  report::gauges g;
  g.things_target = n.wanted;
  g.things_connected = n.connected;
  g.things_dark = n.dark;
  g.things_reconnecting = n.reconnecting;
  g.connections_up = n.connections_up;
  g.owed = n.in_flight;
  g.due = n.due;
  g.late = n.late;
  g.openings = n.openings;
  g.openings_late = n.openings_late;
  g.lag_us = levels.peaks.lag_ns / 1000;
  g.script_errors = n.script_errors;
  g.cpu = levels.cpu;
  g.cpu_wait = levels.cpu_wait;
  g.connected_by_population = levels.connected_by_population;
  for (std::size_t i = 0; i < n.wire.size(); ++i) {
    const sim::wire_numbers& w = n.wire[i];
    g.wire[i] = {w.bytes_out, w.bytes_in, w.messages_out, w.messages_in, w.retransmissions, w.wire_errors};
  }
  for (std::size_t i = 0; i < n.lateness.size(); ++i) {
    if (n.lateness[i] != 0) g.self.lateness.emplace_back(sim::lateness_bound_us(i), n.lateness[i]);
  }
  g.self.drift_us = levels.peaks.drift_ns / 1000;
  g.self.away_us = n.away_ns / 1000;
  g.memory_bytes = sim::resident_bytes();
  return g;
}

report::gauges gauge_reader::read(const sim::engine_levels& levels) {
  const sim::machine_counters now = sim::read_counters();
  report::gauges g = gauges_of(levels);
  report::self_gauges& self = g.self;
  self.descriptors = levels.descriptors;
  self.tcp_sockets = now.tcp_sockets;
  self.tcp_time_wait = now.tcp_time_wait;
  self.udp_drops = since(before_.udp_drops, now.udp_drops);
  self.queue_drops = since(before_.queue_drops, now.queue_drops);
  self.tcp_sent = since(before_.tcp_sent, now.tcp_sent);
  self.tcp_sent_again = since(before_.tcp_sent_again, now.tcp_sent_again);
  self.tcp_loss_probes = since(before_.tcp_loss_probes, now.tcp_loss_probes);
  self.link_samples = levels.links.samples;
  self.link_sent = levels.links.sent;
  self.link_sent_again = levels.links.sent_again;
  self.round_trip_us = levels.links.round_trip_us_max;
  self.clock_jump_us = static_cast<std::uint64_t>(std::abs(now.clock_offset_ns - clock_offset_ns_)) / 1000;
  clock_offset_ns_ = now.clock_offset_ns;
  return g;
}

std::string connection_trouble(const sim::world_plan& plan, const sim::worker_numbers& n) {
  if (n.connects_failed == 0) return "";
  const auto via = static_cast<protocol>(n.last_failure_via);
  const std::string where = address_of(plan, via);
  const auto times = [&] {
    return std::to_string(n.connects_failed) + (n.connects_failed == 1 ? " try" : " tries");
  };
  switch (static_cast<outcome>(n.last_failure)) {
    case outcome::unreachable: {
      const std::string advice = errno_advice(n.last_failure_code);
      return "cannot reach " + where + " (" + times() +
             "): " + (advice.empty() ? "is the target running and listening on this port?" : advice);
    }
    case outcome::refused:
      return where + " refused the login (" + times() + ", code " + std::to_string(n.last_failure_code) +
             "): check user, password, client id and protocol version in the target file";
    case outcome::not_started:  // given up at the end, still waiting
    case outcome::timed_out:
      return where + " accepts connections but did not answer in time (" + times() + "): is it speaking " +
             std::string{name_of(via)} + "?";
    case outcome::malformed_answer:
      return where + " answers with something that is not " + std::string{name_of(via)} + " (" + times() +
             ")";
    case outcome::broken_link:
      return where + " closes the connection before accepting it (" + times() + ")";
    case outcome::local_error: {
      const std::string advice = errno_advice(n.last_failure_code);
      return "this machine could not open connections to " + where + " (" + times() +
             "): " + (advice.empty() ? "see wanwu doctor" : advice);
    }
    default:
      return "could not connect to " + where + " (" + times() + ")";
  }
}

std::string backlog_trouble(const sim::worker_numbers& n) {
  if (n.second_syns == 0) return "";
  return std::to_string(n.second_syns) + (n.second_syns == 1 ? " connection" : " connections") +
         " took a second or more because the first SYN was dropped: the target's listen backlog is too small "
         "for this rate of connections (mosquitto's is 100; net.core.somaxconn bounds it), or packets are "
         "lost on the way. Ramp more slowly, or raise the backlog";
}

}  // namespace wanwu::cli
