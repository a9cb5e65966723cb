#include "sim/conformance/suite_run.hpp"

#include "sim/conformance/case_player.hpp"

namespace wanwu::conform {

std::vector<case_result> run_cases(const suite& what, const target_access& target,
                                   const suite_run_options& options) {
  std::vector<play> plays;
  for (const auto index : options.selected) plays.push_back({.test_case = index});
  case_player player{what, target, options, plays, [&](std::size_t, const played& one) {
                       if (options.ended) options.ended(one.result);
                     }};
  std::vector<case_result> out;
  for (played& one : player.run()) out.push_back(std::move(one.result));
  return out;
}

}  // namespace wanwu::conform
