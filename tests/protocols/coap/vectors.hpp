// Reads golden vectors: lines of "name | hex | expected".
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "protocols/core/hex.hpp"
#include "protocols/core/wire_error.hpp"

namespace wanwu::coap {

struct vector_row {
  std::string name;
  bytes input;
  std::string expected;
};

inline std::string trimmed(std::string text) {
  const auto from = text.find_first_not_of(' ');
  if (from == std::string::npos) return {};
  return text.substr(from, text.find_last_not_of(' ') - from + 1);
}

/// Rows of tests/vectors/coap/`file`; a row whose notation is broken gives an empty name.
inline std::vector<vector_row> read_vectors(const std::string& file) {
  std::vector<vector_row> rows;
  std::ifstream in{std::string{SOURCE_ROOT} + "/tests/vectors/coap/" + file};
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto first = line.find('|');
    const auto second = line.find('|', first + 1);
    auto raw = parse_hex(trimmed(line.substr(first + 1, second - first - 1)));
    rows.push_back({raw ? trimmed(line.substr(0, first)) : std::string{}, raw.value_or(bytes{}),
                    trimmed(line.substr(second + 1))});
  }
  return rows;
}

inline std::string refusal_text(const wire_error& why) {
  std::string out = "refused ";
  out += name_of(why.code);
  out += ' ';
  out += std::to_string(why.offset);
  if (!why.clause.empty()) out += ' ';
  out += why.clause;
  return out;
}

}  // namespace wanwu::coap
