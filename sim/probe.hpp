// One thing per protocol walks through every operation of the target, one after the other.
#pragma once

#include <string>
#include <vector>

#include "sim/plan.hpp"

namespace wanwu::sim {

struct probe_step {
  operation op{};
  protocol via{};
  outcome result{};
  std::uint16_t code{};
  duration took{};
  std::string answer;  ///< Payload that came back; hostile.
  std::string note;
};

struct probe_report {
  std::vector<probe_step> steps;
  std::vector<std::string> notes;  ///< Operations the target does not describe.
  std::string trouble;
};

/// `plan` has one worker and populations of one thing. Blocks until every step has ended, each at most
/// `patience`.
probe_report probe(const world_plan& plan, duration patience);

}  // namespace wanwu::sim
