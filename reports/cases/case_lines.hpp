// Cases and what went over the wire as lines of JSON, and back. Reading trusts nothing: a line is taken whole
// or not at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reports/cases/suite_record.hpp"

namespace wanwu::report {

/// A line of cases.ndjson, without a newline. `wire_name`: where its wire log is, "" = none was kept.
std::string to_case_line(const conform::case_result& of, std::string_view wire_name);
/// A line of wire/NAME.ndjson, without a newline.
std::string to_wire_line(const conform::wire_event& of);
/// manifest.json of a suite's run.
std::string to_suite_manifest_json(const suite_record& of);

struct case_line {
  conform::case_result result;
  std::string wire_name;  ///< Plain: no separators, does not begin with a dot. "" = none.
};
std::optional<case_line> read_case_line(std::string_view line);
std::optional<conform::wire_event> read_wire_line(std::string_view line);
/// Nothing when it is no manifest of a suite's run.
std::optional<suite_record> read_suite_manifest_json(std::string_view json);

inline constexpr std::size_t case_steps_max = 10'000;
inline constexpr std::size_t case_findings_max = 1'000;
inline constexpr std::size_t case_wire_max = 10'000;  ///< Events kept of one case.

}  // namespace wanwu::report
