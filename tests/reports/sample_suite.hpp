// A made-up run of a suite that has every kind of verdict, for the tests of its reports.
#pragma once

#include "reports/cases/suite_record.hpp"

namespace wanwu::report {

struct sample_suite_options {
  bool hostile = false;     ///< Every text that may come from files or targets is markup.
  std::size_t passing = 3;  ///< Plain passed cases beside the special ones.
};

suite_record make_sample_suite(const sample_suite_options& options = {});

/// Runs against three targets: one fails what the sample fails, one passes it, one was not asked all.
std::vector<suite_record> make_sample_comparison(bool hostile = false);

}  // namespace wanwu::report
