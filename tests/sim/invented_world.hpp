// Worlds in invented time, for the tests that run them: a scenario's text planned, and what was observed
// kept.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "scenarios/language/load.hpp"
#include "sim/plan.hpp"

namespace wanwu::sim {

class keeper final : public observation_sink {
 public:
  void record(std::span<const observation> seen) override { all.insert(all.end(), seen.begin(), seen.end()); }
  std::vector<observation> all;

  std::size_t count(protocol via, operation op, outcome result) const {
    std::size_t found = 0;
    for (const observation& o : all) found += o.via == via && o.op == op && o.result == result ? 1U : 0U;
    return found;
  }
  std::size_t count(operation op, outcome result = outcome::ok) const {
    std::size_t found = 0;
    for (const observation& o : all) found += o.op == op && o.result == result ? 1U : 0U;
    return found;
  }
};

inline std::unique_ptr<world_plan> plan_of(const std::string& text, std::uint32_t workers,
                                           std::uint64_t seed = 1) {
  lang::load_options options;
  options.seed = seed;
  const lang::load_result loaded = lang::load_text("test.yaml", text, options);
  INFO(lang::format_diagnostics(loaded.found, *loaded.sources, lang::diagnostic_format::human));
  REQUIRE(loaded.ok());
  plan_options wanted;
  wanted.workers = workers;
  wanted.virtual_time = true;
  auto plan = make_plan(loaded.scenario, loaded.scenario->target, wanted);
  REQUIRE(plan);
  return std::move(*plan);
}

}  // namespace wanwu::sim
