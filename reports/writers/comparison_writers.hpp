// Several targets side by side, for people.
#pragma once

#include <string>

#include "reports/cases/comparison.hpp"
#include "reports/writers/writers.hpp"

namespace wanwu::report {

/// Counts by target, then each case in which they differ.
std::string write_comparison_terminal(const suite_comparison& of);
/// At most 900 kB, as job summaries allow.
std::string write_comparison_markdown(const suite_comparison& of);
/// One self-contained page; requests nothing from anywhere.
std::string write_comparison_html(const suite_comparison& of);

}  // namespace wanwu::report
