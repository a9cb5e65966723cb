// Clauses against the cases that cite them.
#pragma once

#include <string_view>
#include <vector>

#include "scenarios/conformance/case_result.hpp"
#include "scenarios/conformance/suite.hpp"

namespace wanwu::conform {

/// One row for each specification that has clauses, in the order of the suite's head. A clause counts as
/// covered when a case cites it and it is not among those left out.
std::vector<coverage_row> coverage_of(const suite& whole);

/// Ids of the cases (families, not rows) that cite this clause, in their order.
std::vector<std::string_view> cases_of(const suite& whole, std::string_view spec, std::string_view clause);

}  // namespace wanwu::conform
