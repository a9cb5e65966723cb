#include "protocols/core/utf8.hpp"

#include <catch2/catch.hpp>

#include "protocols/core/hex.hpp"

using namespace wanwu;

TEST_CASE("UTF-8 is accepted exactly where RFC 3629 accepts it") {
  struct row {
    const char* hex;
    std::optional<std::size_t> bad_at;
  };
  const row table[] = {
      {"", {}},           {"00", {}},          {"'abc'", {}},       {"c2 80", {}},
      {"df bf", {}},      {"e0 a0 80", {}},    {"ed 9f bf", {}},    {"ee 80 80", {}},
      {"ef bb bf", {}},   {"f0 90 80 80", {}}, {"f4 8f bf bf", {}}, {"80", 0},
      {"c0 80", 0},       {"c1 bf", 0},        {"e0 9f bf", 0},     {"ed a0 80", 0},
      {"f0 8f bf bf", 0}, {"f4 90 80 80", 0},  {"f5 80 80 80", 0},  {"ff", 0},
      {"'a' e2 82", 1},   {"'ab' c2 'c'", 2},
  };
  for (const auto& [hex, bad_at] : table) {
    CAPTURE(hex);
    CHECK(find_invalid_utf8(*parse_hex(hex)) == bad_at);
  }
}
