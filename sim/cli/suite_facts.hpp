// From a suite and what is wanted of it to what the reports want to know before the first case.
#pragma once

#include "reports/cases/suite_record.hpp"
#include "sim/cli/suite_opening.hpp"

namespace wanwu::cli {

report::suite_record record_of(const opened_suite& what, const suite_wishes& wishes, std::uint64_t seed,
                               std::int64_t started_unix_ms);
/// A case that was not played: all that is known of it beforehand.
conform::case_result unplayed(const conform::suite& of, const conform::test_case& one);

}  // namespace wanwu::cli
