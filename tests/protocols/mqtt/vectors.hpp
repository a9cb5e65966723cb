// The golden MQTT packets of tests/vectors/mqtt, read from their text files.
#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "protocols/core/hex.hpp"
#include "protocols/mqtt/decode.hpp"

namespace wanwu::mqtt {

struct vector_row {
  std::string where;  ///< File, line and name.
  version level{};
  role sender{};
  bytes raw;
  std::string expected;  ///< "ok <description>" or "<code> @<offset> <clause>".
};

inline std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

inline std::vector<vector_row> read_vectors(const std::string& file, version level, role sender) {
  std::vector<vector_row> rows;
  std::ifstream in{SOURCE_ROOT "/tests/vectors/mqtt/" + file};
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const auto first = line.find('|');
    const auto second = line.find('|', first + 1);
    const auto raw = second == std::string::npos
                         ? std::nullopt
                         : parse_hex(trimmed(line.substr(first + 1, second - first - 1)));
    if (!raw) throw std::runtime_error{file + ":" + std::to_string(number) + ": not 'name | hex | expected'"};
    rows.push_back({file + ":" + std::to_string(number) + " " + trimmed(line.substr(0, first)), level, sender,
                    *raw, trimmed(line.substr(second + 1))});
  }
  return rows;
}

inline std::vector<vector_row> all_vectors() {
  std::vector<vector_row> rows;
  const auto add = [&](const std::string& file, version level, role sender) {
    auto more = read_vectors(file, level, sender);
    if (more.empty()) throw std::runtime_error{file + ": no vectors"};
    rows.insert(rows.end(), more.begin(), more.end());
  };
  add("v3_client.txt", version::v3_1_1, role::client);
  add("v3_server.txt", version::v3_1_1, role::server);
  add("v5_client.txt", version::v5, role::client);
  add("v5_server.txt", version::v5, role::server);
  return rows;
}

/// What the decoder says, in the words of the files.
inline std::string verdict_on(bytes_view raw, version level, role sender) {
  const auto got = decode(raw, level, sender);
  if (got) return "ok " + describe(*got);
  return trimmed(std::string{name_of(got.error().code)} + " @" + std::to_string(got.error().offset) + " " +
                 std::string{got.error().clause});
}

}  // namespace wanwu::mqtt
