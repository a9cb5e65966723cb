// Reading a bundle's files of lines, which may be damaged in any way.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "reports/bundle.hpp"

namespace wanwu::report {

enum class line_fate : std::uint8_t { taken, damaged };

/// Calls `take` with each line; tells how many were damaged. A torn last line is what a kill leaves: not
/// counted.
template <class Take>
std::size_t for_each_line(const std::string& path, Take take) {
  std::ifstream file{path, std::ios::binary};
  std::size_t damaged = 0;
  std::string line;
  while (std::getline(file, line)) {
    const bool torn = file.eof();
    if (line.empty() || line[0] == '#' || line[0] == '"') continue;
    if (line.size() > bundle_line_bytes_max || take(std::string_view{line}) == line_fate::damaged)
      damaged += torn ? 0 : 1;
  }
  return damaged;
}

inline void note_damage(manifest& about, std::string_view file, std::size_t lines) {
  if (lines != 0)
    about.notes.push_back(fmt::format("{} of the bundle has {} damaged lines, left out here", file, lines));
}

}  // namespace wanwu::report
