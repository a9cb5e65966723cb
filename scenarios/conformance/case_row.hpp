// The rows of a case: `params` as written, `generate` as made by the program. Each row becomes a test_case.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/conformance/suite.hpp"
#include "scenarios/language/document.hpp"

namespace wanwu::conform {

struct parameter {
  std::string name;
  lang::node value;  ///< A scalar.
};

struct case_row {
  std::string label;  ///< Behind the "/" of the case's id; "" = the case has no rows.
  std::vector<parameter> values;
};

inline constexpr std::size_t rows_max = 4096;

/// Rows that follow from the tables of MQTT: `kind` is reserved-flags, misplaced-properties,
/// doubled-properties or bad-values; `packets` are names that exist.
std::vector<case_row> mqtt_rows(std::string_view kind, const std::vector<std::string>& packets);

/// Lengths at which the body of this whole packet of a client cannot be complete.
std::vector<std::uint32_t> incomplete_lengths(bytes_view whole, std::uint8_t version);

/// Makes a label out of any text, and one that is not among `taken`.
std::string label_of(std::string_view text, const std::vector<case_row>& taken);

/// The rows of a case; one without label when it has none. `truncations` come from read_truncations().
std::vector<case_row> read_rows(const lang::node& tree, lang::diagnostics& found);

}  // namespace wanwu::conform
