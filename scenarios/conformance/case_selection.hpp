// Which cases of a suite are meant: `--only` and `--skip`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "scenarios/conformance/suite.hpp"

namespace wanwu::conform {

/// One selector. `*`, `?` and `[]` stand for other characters:
///   CONNECT-*              the id, of a case or of all its rows
///   group:mqtt/connect     the group, and those below it
///   clause:MQTT5 3.1.*     a clause it cites, by full id or without the common prefix; the spec may be left
///   out level:must  timing  exclusive
/// False also when it is none (see selector_problem).
bool selects(std::string_view selector, const test_case& one);
/// Why this is no selector; "" when it is one.
std::string selector_problem(std::string_view selector);

/// Indices of the cases that any of `only` selects (all when it is empty) and none of `skip`, in their order.
/// The error says which selector is wrong, or selects nothing; to skip timing, exclusive or a level a suite
/// has none of is no error.
tl::expected<std::vector<std::size_t>, std::string> select_cases(const suite& of,
                                                                 const std::vector<std::string>& only,
                                                                 const std::vector<std::string>& skip);

}  // namespace wanwu::conform
