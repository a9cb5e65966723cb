#include "reports/writers/writers.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

namespace wanwu::report {

namespace {

using writer = std::string (*)(const run_record&, const summary&);
struct format {
  std::string_view name;
  writer write;
};
constexpr std::array formats{format{"html", write_html}, format{"json", to_summary_json},
                             format{"junit", write_junit}, format{"md", write_markdown},
                             format{"csv", write_csv}};

writer find(std::string_view name) {
  for (const auto& one : formats) {
    if (one.name == name) return one.write;
  }
  return nullptr;
}

}  // namespace

bool is_format(std::string_view name) noexcept {
  return find(name) != nullptr;
}

std::string write_report(std::string_view name, const std::string& path, const run_record& run,
                         const summary& of) {
  const writer write = find(name);
  if (!write) return fmt::format("there is no report format '{}'; there are {}", name, format_names);
  return write_text(path, write(run, of));
}

std::string write_text(const std::string& path, const std::string& text) {
  errno = 0;
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  return file ? std::string{}
              : fmt::format("cannot write {}: {}", path, std::strerror(errno != 0 ? errno : EIO));
}

}  // namespace wanwu::report
