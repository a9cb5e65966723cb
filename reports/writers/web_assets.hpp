// The parts of the report page, embedded at build time from reports/web and uPlot.
#pragma once

#include <string_view>

namespace wanwu::report {

std::string_view page_html();  ///< Mustache template.
std::string_view page_css();
std::string_view page_js();
std::string_view chart_css();  ///< uPlot's.
std::string_view chart_js();

}  // namespace wanwu::report
