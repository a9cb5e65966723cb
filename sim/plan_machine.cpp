// Addresses, workers, descriptors and figures of a plan.
#include "sim/plan_machine.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <unistd.h>

#include "protocols/core/processors.hpp"
#include "protocols/transport/descriptors.hpp"
#include "protocols/transport/held_sockets.hpp"
#include "scenarios/language/units.hpp"
#include "sim/limits.hpp"
#include "sim/plan_estimate.hpp"

namespace wanwu::sim {

namespace {

constexpr std::uint32_t loopback_first = 0x7F000001;  // 127.0.0.1
constexpr std::uint32_t ports_per_address_fallback = 20'000;
constexpr std::uint32_t http_pool_default = 1'000;
constexpr std::uint32_t stock_connections_max =
    1'000;  ///< Per worker: stock libraries keep threads and queues.
const lang::source_mark* mark_of(const lang::target_file& target, protocol via) {
  if (via == protocol::mqtt && target.mqtt) return &target.mqtt->mark;
  if (via == protocol::coap && target.coap) return &target.coap->mark;
  if (via == protocol::http && target.http) return &target.http->mark;
  return nullptr;
}

/// How many ports the kernel gives out to one source address.
std::uint32_t ephemeral_ports() {
  std::ifstream range{"/proc/sys/net/ipv4/ip_local_port_range"};
  std::uint32_t first = 0, last = 0;
  range >> first >> last;
  return range && last > first ? last - first : ports_per_address_fallback;
}

std::uint64_t memory_available() {
  const long pages = sysconf(_SC_AVPHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) : 0;
}

bool is_loopback(const world_plan& plan) {
  return std::all_of(plan.lanes.begin(), plan.lanes.end(),
                     [](const lane_plan& l) { return l.address.is_loopback() && l.address.is_v4(); });
}

void choose_sources(world_plan& plan, const plan_options& options, std::vector<plan_problem>& problems) {
  std::uint64_t tcp = 0, endpoints = 0;
  for (const lane_plan& lane : plan.lanes) {
    if (lane.via == protocol::coap) {
      endpoints = std::max<std::uint64_t>(endpoints, (lane.connections + plan.workers - 1) / plan.workers);
    } else {
      tcp += sockets_of(plan, lane);
    }
  }
  // connect() tries every second port first, and once that half is nearly taken it looks at thousands of
  // ports for each connection: at nine tenths of the half it costs more than all the rest. On loopback
  // addresses cost nothing.
  const std::uint32_t ports = std::max(ephemeral_ports() * 7 / 10, 1U);
  const bool plenty = options.local_addresses == 0 && is_loopback(plan);
  const std::uint32_t wanted_each = plenty ? std::max(ephemeral_ports() * 3 / 10, 1U) : ports;
  const std::uint64_t for_tcp = (tcp + wanted_each - 1) / wanted_each;
  if (options.local_addresses > 0) {
    plan.sources =
        source_pool{options.first_local_address != 0 ? options.first_local_address : loopback_first,
                    options.local_addresses};
    plan.user_sources = true;
  } else if (plenty) {
    plan.sources = source_pool{loopback_first,
                               static_cast<std::uint32_t>(std::max({for_tcp, endpoints, std::uint64_t{1}}))};
  }
  plan.figures.ports = std::uint64_t{ephemeral_ports()} * std::max(plan.sources.size(), 1U);
  if (for_tcp > std::max(plan.sources.size(), 1U)) {
    problems.push_back({std::to_string(tcp) + " connections need " + std::to_string(for_tcp) +
                            " local addresses: one carries about " + std::to_string(ports),
                        "--source gives more, as in 10.0.0.5-10.0.0.20, or raise "
                        "net.ipv4.ip_local_port_range (wanwu doctor says how)",
                        std::nullopt});
  }
}

void choose_workers(world_plan& plan, const plan_options& options, std::vector<plan_problem>& problems) {
  const std::uint64_t limit = raise_descriptor_limit().soft;
  plan.figures.descriptor_limit = limit;
  const std::uint64_t table =
      limit > limits::descriptors_reserved * 2 ? limit - limits::descriptors_reserved : 1;
  const std::uint64_t each = std::max(table, held_sockets::direct_capacity(limit));
  std::uint64_t tcp = 0, stock = 0;
  for (const lane_plan& lane : plan.lanes) {
    if (lane.via != protocol::coap) tcp += sockets_of(plan, lane);
    if (lane.stock) stock = std::max<std::uint64_t>(stock, lane.connections);
  }
  const std::uint64_t needed = std::max<std::uint64_t>((tcp + each - 1) / each, 1);
  const std::uint64_t cores = processors();
  std::uint64_t workers =
      options.workers > 0 ? options.workers
                          : std::max(needed, std::min<std::uint64_t>(
                                                 cores, std::max<std::uint64_t>(plan.thing_count() / 64, 1)));
  if (workers < needed && !plan.virtual_time) {
    problems.push_back({std::to_string(tcp) + " connections need " + std::to_string(needed) +
                            " workers: each may hold " + std::to_string(each) + " (RLIMIT_NOFILE is " +
                            std::to_string(limit) + ")",
                        "leave --workers out, or raise the limit: ulimit -n, LimitNOFILE=", std::nullopt});
  }
  if (workers > limits::workers_max) {
    problems.push_back({"this takes " + std::to_string(workers) + " workers; at most " +
                            std::to_string(limits::workers_max) + " run",
                        "raise the descriptor limit (wanwu doctor says how), use gateways, or --scale",
                        std::nullopt});
    workers = limits::workers_max;
  }
  plan.workers = static_cast<std::uint32_t>(workers);
  if (stock > std::uint64_t{stock_connections_max} * plan.workers) {
    problems.push_back({std::to_string(stock) + " connections by stock libraries; they carry " +
                            std::to_string(stock_connections_max) + " a worker",
                        "use driver: native for the many and stock for a few", std::nullopt});
  }
}

void check_target_limits(const world_plan& plan, std::vector<plan_problem>& problems) {
  const lang::limits_spec& allowed = plan.target->limits;
  if (allowed.connections > 0 && plan.figures.connections > allowed.connections) {
    problems.push_back({"the world has " + std::to_string(plan.figures.connections) +
                            " connections; the target's limits allow " + std::to_string(allowed.connections),
                        "use --scale, or ask the target's operator", std::nullopt});
  }
  if (allowed.rate_per_s > 0 && plan.figures.messages_per_s_max > allowed.rate_per_s) {
    problems.push_back({"the world sends up to " +
                            std::to_string(static_cast<std::uint64_t>(plan.figures.messages_per_s_max)) +
                            " messages/s; the target's limits allow " +
                            std::to_string(static_cast<std::uint64_t>(allowed.rate_per_s)),
                        "use --scale or a longer `every`", std::nullopt});
  }
}

}  // namespace

void find_addresses(world_plan& plan, std::vector<plan_problem>& problems) {
  for (lane_plan& lane : plan.lanes) {
    const lang::url* url = plan.target->url_of(lane.via);
    const auto* mark = mark_of(*plan.target, lane.via);
    const std::optional<lang::source_mark> where = mark == nullptr ? std::nullopt : std::optional{*mark};
    if (url == nullptr || !url->given()) {
      problems.push_back(
          {"the target has no " + std::string{name_of(lane.via)} + " endpoint, but the scenario speaks it",
           "", where});
      continue;
    }
    const auto found = resolve(url->host, url->port);
    if (!found || found->empty()) {
      problems.push_back({found ? "cannot resolve '" + url->host + "'" : found.error().text,
                          "is the name spelt right?", where});
      continue;
    }
    lane.address = found->front();
    if (lang::allows(plan.target->limits, lane.address.raw())) continue;
    problems.push_back({url->host + " is " + lane.address.text() + ", which limits.allow does not cover",
                        "add the range to limits.allow of the target file, or --allow: loads go only where "
                        "they are allowed to",
                        where});
  }
}

void fit_to_machine(world_plan& plan, const plan_options& options, std::vector<plan_problem>& problems) {
  std::uint32_t http = 0;
  for (const lane_plan& lane : plan.lanes) {
    if (lane.via == protocol::http) http += lane.connections;
  }
  const std::uint32_t wanted =
      plan.target->http && plan.target->http->pool > 0 ? plan.target->http->pool : http_pool_default;
  plan.http_pool = std::min(http, wanted);
  std::vector<plan_problem> ours;
  choose_workers(plan, options, ours);
  if (!plan.virtual_time) choose_sources(plan, options, ours);
  estimate_figures(plan);
  check_target_limits(plan, problems);
  if (const auto available = memory_available();
      available > 0 && plan.figures.memory_bytes + plan.figures.kernel_bytes > available) {
    ours.push_back({"this takes about " +
                        std::to_string((plan.figures.memory_bytes + plan.figures.kernel_bytes) / 1'000'000) +
                        " MB of memory; " + std::to_string(available / 1'000'000) + " MB are free",
                    "use --scale", std::nullopt});
  }
  if (options.any_machine) return;
  problems.insert(problems.end(), std::make_move_iterator(ours.begin()), std::make_move_iterator(ours.end()));
}

}  // namespace wanwu::sim
