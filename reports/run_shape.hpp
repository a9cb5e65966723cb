// What the reports must know of a run before it starts: its populations, phases and storms. Filled from the
// plan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "protocols/core/observation.hpp"
#include "protocols/core/time.hpp"

namespace wanwu::report {

/// One kind of thing; its index is observation::population.
struct population_tags {
  std::string sector;
  std::string kind;
  protocol via{};
  std::uint64_t count{};
  std::vector<std::pair<std::string, std::string>>
      tags;         ///< The scenario's own, besides sector, kind, protocol.
  bool troubled{};  ///< A fault is about them; the others are bystanders.
};

/// A stretch of the run with a name. Times are after the start of the run.
struct time_span {
  std::string name;
  duration start{};
  duration end{};
  bool troubled{};  ///< A phase in which a fault acts.
};

struct run_shape {
  std::vector<population_tags> populations;
  std::vector<time_span> phases;   ///< In order, without gaps.
  std::vector<time_span> markers;  ///< Storms and faults, drawn on every chart.
};

/// Most phases and populations a run may have; a bundle that claims more is refused.
inline constexpr std::size_t phases_max = 1'000;
inline constexpr std::size_t populations_max = 10'000;

}  // namespace wanwu::report
