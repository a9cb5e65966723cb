// Reads golden vectors: "name | hex | expected" a line, '#' begins a comment line.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "protocols/core/hex.hpp"

namespace wanwu::http::testing {

struct vector_row {
  std::string name;
  bytes raw;
  std::string expected;
};

inline std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

inline std::vector<vector_row> read_vectors(const std::string& file) {
  std::vector<vector_row> rows;
  std::ifstream in{std::string{SOURCE_ROOT} + "/tests/vectors/http/" + file};
  REQUIRE(in);
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    const auto first = line.find('|');
    const auto last = line.rfind('|');
    INFO(line);
    REQUIRE(first != last);
    const auto raw = parse_hex(line.substr(first + 1, last - first - 1));
    REQUIRE(raw);
    rows.push_back({trimmed(line.substr(0, first)), *raw, trimmed(line.substr(last + 1))});
  }
  REQUIRE(rows.size() > 5);
  return rows;
}

}  // namespace wanwu::http::testing
