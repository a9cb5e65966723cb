// The numbers behind the charts of the report page.
#pragma once

#include <string>

#include "reports/summary.hpp"

namespace wanwu::report {

/// Most points a chart is drawn from; longer runs are thinned by whole seconds.
inline constexpr std::size_t chart_points_max = 600;

/// JSON that may stand inside a <script> element: no <, > or & in it, ASCII only.
std::string chart_json(const run_record& run, const summary& of);
/// Seconds that one point stands for.
std::size_t seconds_per_point(const run_record& run);

}  // namespace wanwu::report
