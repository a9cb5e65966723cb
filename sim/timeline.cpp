// Phases to windows, ramps and load profiles.
#include "sim/timeline.hpp"

#include <algorithm>

namespace wanwu::sim {

std::size_t timeline::phase_at(since_start at) const {
  for (std::size_t i = 0; i < phases.size(); ++i) {
    if (at < phases[i].end) return i;
  }
  return phases.empty() ? 0 : phases.size() - 1;
}

namespace {

void add_fault(timeline& made, const lang::fault& what, since_start begin, since_start end) {
  for (fault_window& known : made.faults) {
    if (known.what != &what || known.end != begin) continue;
    known.end = end;
    return;
  }
  made.faults.push_back({&what, begin, end});
}

}  // namespace

timeline lay_out(const lang::scenario& world, const std::vector<std::string>& only) {
  timeline made;
  made.loads.resize(world.populations.size());
  for (const lang::phase& p : world.phases) {
    if (!only.empty() && std::find(only.begin(), only.end(), p.name) == only.end()) continue;
    made.phases.push_back({p.name, made.end, made.end + p.length});
    if (p.storm >= 0) made.storms.push_back({&world.storms[static_cast<std::size_t>(p.storm)], made.end});
    for (const std::size_t i : p.faults) add_fault(made, world.faults[i], made.end, made.end + p.length);
    if (made.ramp.share_at(made.end) != p.from) made.ramp.append(duration{}, p.from);
    made.ramp.append(p.length, p.to);
    for (std::size_t i = 0; i < made.loads.size(); ++i) {
      const auto own =
          std::find_if(p.load.begin(), p.load.end(), [&](const auto& l) { return l.first == i; });
      made.loads[i].append(p.length, own == p.load.end() ? 1.0 : own->second);
    }
    made.end += p.length;
  }
  return made;
}

}  // namespace wanwu::sim
