// The bundle's facts as lines of JSON, and back. Reading trusts nothing: a line is taken whole or not at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reports/run_record.hpp"

namespace wanwu::report {

/// Without a newline. Bytes that are not UTF-8 become U+FFFD.
std::string to_line(const series_point& point);
std::string to_line(const log_entry& entry);
/// What every manifest holds, as one JSON object: who ran what, where.
std::string about_json(const manifest& of);
std::optional<manifest> read_about_json(std::string_view json);
/// manifest.json of a load run: who, what, shape and limits.
std::string to_manifest_json(const run_record& of);

/// Adds the second to the record: series, store, failures. False when the line is damaged or does not fit the
/// shape.
bool read_series_line(std::string_view line, run_record& into);
/// A second on its own. Nothing when the line is damaged or does not fit the shape of `of`.
std::optional<series_point> read_series_point(std::string_view line, const run_record& of);
/// An entry on its own.
std::optional<log_entry> read_log_entry(std::string_view line);
std::optional<ending> ending_named(std::string_view word) noexcept;
/// Adds the entry, and takes the end of the run and the first crossings from it.
bool read_log_line(std::string_view line, run_record& into);
/// Nothing when it is not a manifest of ours.
std::optional<run_record> read_manifest_json(std::string_view json);

/// Adds what a second's gauges say to the store: levels as they are, totals as the difference to the second
/// before.
void add_levels(metric_store& store, const series_point& point, const gauges& before);

}  // namespace wanwu::report
