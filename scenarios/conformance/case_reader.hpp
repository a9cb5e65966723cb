// A case out of the tree: its rows, each a whole test_case.
#pragma once

#include "scenarios/conformance/case_names.hpp"

namespace wanwu::conform {

/// What the cases of one file are read with.
struct case_reading {
  const suite& whole;  ///< specs and roles are there already.
  const file_names& file;
  const lang::slot_table& common;
  bool shipped{};
  lang::diagnostics& found;
};

/// Appends a test_case for each row; a mistake that all rows have is said once.
void read_case(const lang::node& tree, const case_reading& with, std::vector<test_case>& out);

/// Rows of `generate: { kind: truncations }`, from the packet as the case's own step makes it.
std::vector<case_row> truncation_rows(const lang::node& tree, const case_reading& with);

/// "MQTT5 3.1.0-2" as the spec's key and the full id. Nothing after a mistake.
std::optional<std::pair<std::string, std::string>> read_clause(const lang::node& text, const suite& whole,
                                                               lang::diagnostics& found);

}  // namespace wanwu::conform
