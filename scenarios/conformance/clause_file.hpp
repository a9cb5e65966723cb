// The clauses of a specification, and those left out: CSV as standards groups export it.
#pragma once

#include "scenarios/conformance/suite.hpp"
#include "scenarios/language/diagnostics.hpp"

namespace wanwu::conform {

/// One line of CSV; quoted fields may hold commas, quotes and line ends (RFC 4180).
struct csv_row {
  std::uint32_t line{};
  std::vector<std::string> cells;
};
/// Nothing, with what is wrong and where in `bad_line`, when a quote does not end.
std::optional<std::vector<csv_row>> read_csv(std::string_view text, std::uint32_t& bad_line);

/// id,level,section,subject,testable,text: the first line names the columns, id must be among them.
std::vector<clause_row> read_clauses(const lang::source_set& sources, std::uint32_t file,
                                     lang::diagnostics& found);
/// id,reason.
std::vector<std::pair<std::string, std::string>> read_left_out(const lang::source_set& sources,
                                                               std::uint32_t file, lang::diagnostics& found);

}  // namespace wanwu::conform
