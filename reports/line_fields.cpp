#include "reports/line_fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

#include "protocols/core/hex.hpp"
#include "scenarios/language/json_view.hpp"

namespace wanwu::report {

namespace {

constexpr std::size_t texts_max = 300'000;

bool is_text(std::string_view piece) {
  return piece.size() >= 2 && piece.front() == '"';
}

}  // namespace

std::optional<line_fields> line_fields::parse(std::string_view line) {
  const auto first = line.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || line[first] != '{' || !nlohmann::json::accept(line))
    return std::nullopt;
  return line_fields{line};
}

bool line_fields::has(std::string_view key) const {
  return !lang::json_member(json_, key).empty();
}

std::string line_fields::text(std::string_view key) const {
  const auto piece = lang::json_member(json_, key);
  return is_text(piece) ? lang::json_text(piece) : "";
}

double line_fields::real(std::string_view key, double most) const {
  const auto piece = lang::json_member(json_, key);
  double value = 0;
  const auto got = std::from_chars(piece.data(), piece.data() + piece.size(), value);
  return got.ec == std::errc{} && std::isfinite(value) ? std::clamp(value, 0.0, most) : 0;
}

std::uint64_t line_fields::whole(std::string_view key, std::uint64_t most) const {
  const auto piece = lang::json_member(json_, key);
  std::uint64_t value = 0;
  const auto got = std::from_chars(piece.data(), piece.data() + piece.size(), value);
  return got.ec == std::errc{} && got.ptr == piece.data() + piece.size() ? std::min(value, most) : 0;
}

bool line_fields::flag(std::string_view key) const {
  return lang::json_member(json_, key) == "true";
}

bytes line_fields::raw(std::string_view key) const {
  const auto hex = text(key);
  if (hex.find('\'') != std::string::npos) return {};
  return parse_hex(hex).value_or(bytes{});
}

line_fields line_fields::object(std::string_view key) const {
  return line_fields{lang::json_member(json_, key)};
}

std::vector<std::string_view> line_fields::pieces(std::string_view key, std::size_t most) const {
  static const auto each = lang::json_path::compile("$[*]");
  std::vector<std::string_view> out;
  if (each) each->for_each(lang::json_member(json_, key), most, [&](auto piece) { out.push_back(piece); });
  return out;
}

std::vector<std::string> line_fields::texts(std::string_view key) const {
  std::vector<std::string> out;
  for (const auto piece : pieces(key, texts_max)) {
    if (is_text(piece)) out.push_back(lang::json_text(piece));
  }
  return out;
}

std::vector<line_fields> line_fields::list(std::string_view key, std::size_t most) const {
  std::vector<line_fields> out;
  for (const auto piece : pieces(key, most)) out.push_back(line_fields{piece});
  return out;
}

std::vector<std::pair<std::string, std::string>> line_fields::pairs(std::string_view key,
                                                                    std::size_t most) const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const auto piece : pieces(key, most)) {
    const auto first = lang::json_element(piece, 0), second = lang::json_element(piece, 1);
    if (is_text(first) && is_text(second)) out.emplace_back(lang::json_text(first), lang::json_text(second));
  }
  return out;
}

}  // namespace wanwu::report
