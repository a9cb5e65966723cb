// The plan as people read it, and as JSON.
#include <algorithm>

#include <fmt/format.h>

#include "scenarios/language/document.hpp"
#include "scenarios/language/units.hpp"
#include "sim/plan.hpp"

namespace wanwu::sim {

namespace {

std::string grouped(double number) {
  std::string digits = fmt::format("{:.0f}", number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, " ");
  return digits;
}

std::string bytes_text(double count) {
  if (count >= 1e9) return fmt::format("{:.1f} GB", count / 1e9);
  if (count >= 1e6) return fmt::format("{:.1f} MB", count / 1e6);
  return fmt::format("{:.0f} kB", count / 1e3);
}

std::string way_of(const world_plan& plan, const planned_population& p) {
  const lane_plan& lane = plan.lanes[p.lane];
  std::string way{name_of(lane.via)};
  if (lane.stock) way += ", stock";
  if (p.is_gateway) way += fmt::format(", gateways of {}", p.things_per_connection);
  return way;
}

std::string kinds_of(const world_plan& plan, const lang::fault& what) {
  if (what.kinds.size() == plan.populations.size()) return "all";
  std::string out;
  for (const std::size_t kind : what.kinds)
    out += (out.empty() ? "" : " ") + plan.source->populations[kind].full_name;
  return out;
}

std::string phase_text(const world_plan& plan, const phase_window& phase) {
  const double from = plan.when.ramp.share_at(phase.begin) * 100;
  const double to = plan.when.ramp.share_at(phase.end - duration{1}) * 100;
  std::string line =
      fmt::format("  {:<14} {:>9}   ", phase.name, lang::format_duration(phase.end - phase.begin));
  line += to - from > 0.5 || from - to > 0.5 ? fmt::format("{:.0f} % to {:.0f} % online", from, to)
                                             : fmt::format("{:.0f} % online", to);
  for (const planned_population& p : plan.populations) {
    const load_profile& load = plan.when.loads[p.index];
    const double factor = (load.load_at(phase.end) - load.load_at(phase.begin)) /
                          static_cast<double>((phase.end - phase.begin).count());
    if (factor < 0.999 || factor > 1.001) line += fmt::format(", {} × {:.3g}", p.source->full_name, factor);
  }
  for (const storm_window& storm : plan.when.storms) {
    if (storm.begin != phase.begin) continue;
    line += fmt::format(", storm {}: {:.3g} % {} for {}", storm.what->name, storm.what->share * 100,
                        storm.what->drop == lang::drop_kind::abrupt ? "cut off" : "leave",
                        lang::format_duration(storm.what->dark));
  }
  for (const fault_window& fault : plan.when.faults) {
    if (fault.begin <= phase.begin && phase.begin < fault.end) line += ", fault " + fault.what->name;
  }
  return line + "\n";
}

std::string faults_text(const world_plan& plan) {
  std::string out;
  for (const lang::fault& what : plan.source->faults) {
    const bool acts = std::any_of(plan.when.faults.begin(), plan.when.faults.end(),
                                  [&](const fault_window& window) { return window.what == &what; });
    if (!acts) continue;
    out += fmt::format("  {:<14} {}{}: {}\n", what.name,
                       what.share < 1 ? fmt::format("{:.3g} % of ", what.share * 100) : "",
                       kinds_of(plan, what), lang::fault_text(what));
  }
  return out.empty() ? out : "\nfaults\n" + out;
}

}  // namespace

std::string plan_text(const world_plan& plan) {
  const lang::scenario& world = *plan.source;
  const plan_figures& f = plan.figures;
  std::string out = fmt::format("{}{}{}\n\n", world.name, world.title.empty() ? "" : ": ", world.title);
  out += fmt::format("target    {}", plan.target->name);
  for (const lane_plan& lane : plan.lanes) {
    if (!lane.stock && lane.address.port() != 0)
      out += fmt::format("  {} {}", name_of(lane.via), lane.address.text());
  }
  out += plan.virtual_time ? "  (in memory, virtual time)\n" : "\n";
  out += fmt::format("seed      {}    scale {:.4g} %    workers {}\n\n", plan.seed, world.scale * 100,
                     plan.workers);
  out += fmt::format("things    {} in {} kinds\n", grouped(static_cast<double>(f.things)),
                     plan.populations.size());
  for (const planned_population& p : plan.populations) {
    const double rate = p.telemetry ? p.count * 1e9 / static_cast<double>(p.period.count()) : 0;
    out += fmt::format("  {:<28} {:>9}  every {:<8} {:>10}/s  {}\n", p.source->full_name, grouped(p.count),
                       lang::format_duration(p.period), grouped(rate), way_of(plan, p));
  }
  out += fmt::format("\nphases    {} in all\n", lang::format_duration(plan.when.end));
  for (const phase_window& phase : plan.when.phases) out += phase_text(plan, phase);
  out += faults_text(plan);
  out += fmt::format("\ntraffic   up to {} readings/s and {}/s out, about {} readings and {} in all\n",
                     grouped(f.messages_per_s_max), bytes_text(f.bytes_per_s),
                     grouped(static_cast<double>(f.messages_total)),
                     bytes_text(static_cast<double>(f.bytes_total)));
  out += fmt::format(
      "links     {} connections, {} of them endpoints that share sockets; {} sockets ({} descriptors a "
      "worker{}), up to {} new/s\n",
      grouped(static_cast<double>(f.connections)), grouped(static_cast<double>(f.endpoints)),
      grouped(static_cast<double>(f.sockets)), grouped(static_cast<double>(f.descriptor_limit)),
      f.sockets > f.descriptor_limit * plan.workers ? ", the rest in io_uring" : "",
      grouped(f.connects_per_s_max));
  if (!plan.sources.empty() && plan.sources.size() > 1)
    out += fmt::format("sources   {} local addresses\n", plan.sources.size());
  if (f.ports > 0)
    out += fmt::format("ports     {} to connect from\n", grouped(static_cast<double>(f.ports)));
  out += fmt::format("memory    about {}, and {} of the kernel for this end of the sockets\n",
                     bytes_text(static_cast<double>(f.memory_bytes)),
                     bytes_text(static_cast<double>(f.kernel_bytes)));
  out += fmt::format("processor about {:.2g} busy at the highest rate\n", f.processors);
  out += fmt::format("demands   {} thresholds\n", world.thresholds.size());
  for (const lang::threshold& t : world.thresholds) out += "  " + t.text + "\n";
  for (const std::string& note : plan.notes) out += "note      " + note + "\n";
  return out;
}

std::string plan_json(const world_plan& plan) {
  using lang::make_integer;
  using lang::make_text;
  using lang::put;
  const auto whole = [](double v) { return make_integer(static_cast<std::int64_t>(v)); };
  const auto count = [](std::uint64_t v) { return make_integer(static_cast<std::int64_t>(v)); };
  lang::node root = lang::make_map();
  put(root, "schema", make_text("wanwu.plan/v1"));
  put(root, "name", make_text(plan.source->name));
  put(root, "target", make_text(plan.target->name));
  put(root, "seed", count(plan.seed));
  put(root, "virtual_time", lang::make_boolean(plan.virtual_time));
  put(root, "workers", count(plan.workers));
  put(root, "duration_ms", count(static_cast<std::uint64_t>(plan.when.end.count() / 1'000'000)));
  lang::node& kinds = put(root, "populations", lang::make_list());
  for (const planned_population& p : plan.populations) {
    lang::node kind = lang::make_map();
    put(kind, "name", make_text(p.source->full_name));
    put(kind, "sector", make_text(p.sector));
    put(kind, "protocol", make_text(name_of(plan.lanes[p.lane].via)));
    put(kind, "driver", make_text(plan.lanes[p.lane].stock ? "stock" : "native"));
    put(kind, "count", count(p.count));
    put(kind, "connections", count(p.connections));
    put(kind, "period_ms", count(static_cast<std::uint64_t>(p.period.count() / 1'000'000)));
    kinds.items.push_back(std::move(kind));
  }
  lang::node& phases = put(root, "phases", lang::make_list());
  for (const phase_window& phase : plan.when.phases) {
    lang::node one = lang::make_map();
    put(one, "name", make_text(phase.name));
    put(one, "start_ms", count(static_cast<std::uint64_t>(phase.begin.count() / 1'000'000)));
    put(one, "end_ms", count(static_cast<std::uint64_t>(phase.end.count() / 1'000'000)));
    phases.items.push_back(std::move(one));
  }
  lang::node& faults = put(root, "faults", lang::make_list());
  for (const fault_window& fault : plan.when.faults) {
    lang::node one = lang::make_map();
    put(one, "name", make_text(fault.what->name));
    put(one, "does", make_text(lang::fault_text(*fault.what)));
    put(one, "start_ms", count(static_cast<std::uint64_t>(fault.begin.count() / 1'000'000)));
    put(one, "end_ms", count(static_cast<std::uint64_t>(fault.end.count() / 1'000'000)));
    faults.items.push_back(std::move(one));
  }
  const plan_figures& f = plan.figures;
  put(root, "things", count(f.things));
  put(root, "connections", count(f.connections));
  put(root, "endpoints", count(f.endpoints));
  put(root, "sockets", count(f.sockets));
  put(root, "ports", count(f.ports));
  put(root, "source_addresses", count(plan.sources.size()));
  put(root, "messages_per_s_max", whole(f.messages_per_s_max));
  put(root, "messages_total", count(f.messages_total));
  put(root, "bytes_per_s", whole(f.bytes_per_s));
  put(root, "bytes_total", count(f.bytes_total));
  put(root, "connects_per_s_max", whole(f.connects_per_s_max));
  put(root, "memory_bytes", count(f.memory_bytes));
  put(root, "kernel_bytes", count(f.kernel_bytes));
  put(root, "processor_percent", whole(f.processors * 100));
  put(root, "descriptor_limit", count(f.descriptor_limit));
  lang::node& notes = put(root, "notes", lang::make_list());
  for (const std::string& note : plan.notes) notes.items.push_back(make_text(note));
  return lang::to_json(root, 2) + "\n";
}

}  // namespace wanwu::sim
