// What `list` and `describe` show of a suite.
#pragma once

#include <string>
#include <vector>

#include "scenarios/conformance/load_suite.hpp"
#include "sim/cli/command.hpp"

namespace wanwu::cli {

using table_rows = std::vector<std::vector<std::string>>;

/// Loads a suite by name, file or folder; nullptr after an explanation on stderr.
std::shared_ptr<const conform::suite> open_suite(const std::string& path, const global_options& global);

table_rows suite_rows();
table_rows case_rows(const conform::suite& of);
/// `uncovered`: only testable ones without a case.
table_rows clause_rows(const conform::suite& of, bool uncovered);
/// "MQTT5: 238 testable, 230 with a case, 8 left out, 0 without"
std::string coverage_text(const conform::suite& of);
/// Fields that `set` and `where` may name; `packet` "" = of every packet. Empty when there is no such packet.
table_rows field_rows(const std::string& packet);

/// A case, or a clause with its cases; false when the suite has neither.
bool describe_in_suite(const std::string& name, const conform::suite& of);

}  // namespace wanwu::cli
