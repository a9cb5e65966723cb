#include "reports/writers/suite_writers.hpp"

#include <array>

#include <fmt/format.h>

namespace wanwu::report {

namespace {

using writer = std::string (*)(const suite_record&, const suite_summary&);
struct format {
  std::string_view name;
  writer write;
};
constexpr std::array formats{format{"html", write_suite_html},   format{"json", to_summary_json},
                             format{"junit", write_suite_junit}, format{"md", write_suite_markdown},
                             format{"tap", write_suite_tap},     format{"ctrf", write_suite_ctrf},
                             format{"earl", write_suite_earl}};

writer find(std::string_view name) {
  for (const auto& one : formats) {
    if (one.name == name) return one.write;
  }
  return nullptr;
}

}  // namespace

bool is_suite_format(std::string_view name) noexcept {
  return find(name) != nullptr;
}

std::string write_suite_report(std::string_view name, const std::string& path, const suite_record& run,
                               const suite_summary& of) {
  const writer write = find(name);
  if (!write) {
    return fmt::format("there is no report format '{}' for suites; there are {}", name, suite_format_names);
  }
  return write_text(path, write(run, of));
}

}  // namespace wanwu::report
