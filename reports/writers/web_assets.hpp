// The parts of the report page, embedded at build time from reports/web and uPlot.
#pragma once

#include <string_view>

namespace wanwu::report {

std::string_view page_html();        ///< Mustache template of a load run.
std::string_view cases_html();       ///< Mustache template of a suite's run.
std::string_view comparison_html();  ///< Mustache template of several runs of a suite.
std::string_view page_css();
std::string_view cases_css();  ///< What the page of a suite's run has beyond it.
std::string_view cases_js();
std::string_view page_js();
std::string_view chart_css();  ///< uPlot's.
std::string_view chart_js();

}  // namespace wanwu::report
