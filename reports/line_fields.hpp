// One line of JSON from a file nobody vouches for, read field by field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/bytes.hpp"

namespace wanwu::report {

/// A JSON object. A member that is missing, of another type or out of range reads as if it were empty.
class line_fields {
 public:
  /// Nothing when the line is no JSON object. Views into `line`.
  static std::optional<line_fields> parse(std::string_view line);

  bool has(std::string_view key) const;
  std::string text(std::string_view key) const;
  std::uint64_t whole(std::string_view key, std::uint64_t most) const;
  /// From 0 to `most`.
  double real(std::string_view key, double most) const;
  bool flag(std::string_view key) const;
  /// Hex text as bytes.
  bytes raw(std::string_view key) const;
  line_fields object(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  /// The objects of a list, at most `most`.
  std::vector<line_fields> list(std::string_view key, std::size_t most) const;
  /// Member names are not read, so pairs are written as lists of two texts.
  std::vector<std::pair<std::string, std::string>> pairs(std::string_view key, std::size_t most) const;

 private:
  explicit line_fields(std::string_view json) : json_{json} {}
  std::vector<std::string_view> pieces(std::string_view key, std::size_t most) const;
  std::string_view json_;
};

}  // namespace wanwu::report
