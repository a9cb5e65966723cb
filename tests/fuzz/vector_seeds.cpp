// vector_seeds DIRECTORY FILE...: writes the bytes of each row "name | hex | expected" as a file of its own,
// so that golden vectors are fuzzing seeds too.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "protocols/core/hex.hpp"

int main(int count, char** arguments) {
  if (count < 2) return 2;
  const std::filesystem::path directory{arguments[1]};
  std::filesystem::create_directories(directory);
  int written = 0;
  for (int i = 2; i < count; ++i) {
    std::ifstream in{arguments[i]};
    for (std::string line; std::getline(in, line);) {
      const auto first = line.find('|');
      if (line.empty() || line[0] == '#' || first == std::string::npos) continue;
      const auto raw = wanwu::parse_hex(line.substr(first + 1, line.find('|', first + 1) - first - 1));
      if (!raw) continue;
      const auto name = std::filesystem::path{arguments[i]}.stem().string() + "-" + std::to_string(++written);
      const auto text = wanwu::as_text(*raw);
      std::ofstream{directory / name, std::ios::binary}.write(text.data(),
                                                              static_cast<std::streamsize>(text.size()));
    }
  }
  std::cout << written << " seeds\n";
  return written > 0 || count == 2 ? 0 : 1;
}
