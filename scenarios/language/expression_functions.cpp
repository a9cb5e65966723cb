// What each function of the expression language is, for help and for the checker.
#include "scenarios/language/expression_functions.hpp"

#include <algorithm>
#include <array>

namespace wanwu::lang {
namespace {

using t = value_type;
using f = function_id;

// parameters: one type per parameter; `variadic` repeats the last one.
constexpr auto table = std::to_array<function_row>({
    {f::uniform, "uniform", "uniform(low, high)", "A number, all equally likely, low <= x < high.", 2, 2,
     t::number, t::number},
    {f::normal, "normal", "normal(mean, deviation)", "A number around the mean (Gauss).", 2, 2, t::number,
     t::number},
    {f::randint, "randint", "randint(low, high)", "A whole number, low <= n <= high.", 2, 2, t::number,
     t::number},
    {f::walk, "walk", "walk(from, step [, low, high])", "from + uniform(-step, step), kept inside low..high.",
     2, 4, t::number, t::number},
    {f::pick, "pick", "pick(a, b, ...)", "One of its arguments, or of the elements of one list.", 1, 16,
     t::any, t::any},
    {f::chance_of, "chance", "chance(p)", "true with probability p (0..1).", 1, 1, t::number, t::boolean},
    {f::now, "now", "now()", "Seconds since 1970, with fraction.", 0, 0, t::any, t::number},
    {f::now_s, "now_s", "now_s()", "Whole seconds since 1970.", 0, 0, t::any, t::number},
    {f::now_ms, "now_ms", "now_ms()", "Whole milliseconds since 1970.", 0, 0, t::any, t::number},
    {f::now_iso, "now_iso", "now_iso()", "The time as 2026-11-22T17:00:00.000Z.", 0, 0, t::any, t::text},
    {f::hash, "hash", "hash(a, ...)", "A whole number 0..2^53 that depends on the arguments alone.", 1, 8,
     t::any, t::number},
    {f::min, "min", "min(a, b, ...)", "The smallest.", 2, 16, t::number, t::number},
    {f::max, "max", "max(a, b, ...)", "The largest.", 2, 16, t::number, t::number},
    {f::clamp, "clamp", "clamp(x, low, high)", "x, but not below low and not above high.", 3, 3, t::number,
     t::number},
    {f::abs, "abs", "abs(x)", "Without its sign.", 1, 1, t::number, t::number},
    {f::floor, "floor", "floor(x)", "The next whole number below.", 1, 1, t::number, t::number},
    {f::ceil, "ceil", "ceil(x)", "The next whole number above.", 1, 1, t::number, t::number},
    {f::round, "round", "round(x [, digits])",
     "The nearest whole number, or with so many digits behind the point.", 1, 2, t::number, t::number},
    {f::sqrt, "sqrt", "sqrt(x)", "Square root.", 1, 1, t::number, t::number},
    {f::pow, "pow", "pow(x, y)", "x to the power of y.", 2, 2, t::number, t::number},
    {f::sin, "sin", "sin(x)", "Sine, x in radians.", 1, 1, t::number, t::number},
    {f::cos, "cos", "cos(x)", "Cosine, x in radians.", 1, 1, t::number, t::number},
    {f::exp, "exp", "exp(x)", "e to the power of x.", 1, 1, t::number, t::number},
    {f::log, "log", "log(x)", "Natural logarithm.", 1, 1, t::number, t::number},
    {f::size, "size", "size(text)", "How many characters.", 1, 1, t::text, t::number},
    {f::starts_with, "starts_with", "starts_with(text, part)", "Whether text begins with part.", 2, 2,
     t::text, t::boolean},
    {f::ends_with, "ends_with", "ends_with(text, part)", "Whether text ends with part.", 2, 2, t::text,
     t::boolean},
    {f::contains, "contains", "contains(text, part)", "Whether part stands in text.", 2, 2, t::text,
     t::boolean},
    {f::reverse, "reverse", "reverse(text)", "Its bytes from the last to the first.", 1, 1, t::text, t::text},
    {f::text, "text", "text(x)", "x as text.", 1, 1, t::any, t::text},
    {f::number, "number", "number(x)", "A text or JSON value as a number; null when it is none.", 1, 1,
     t::any, t::number},
    {f::integer, "int", "int(x)", "x without its fraction.", 1, 1, t::number, t::number},
});

constexpr auto make_help() {
  std::array<function_help, table.size()> out{};
  for (std::size_t i = 0; i < table.size(); ++i) out[i] = {table[i].signature, table[i].text};
  return out;
}
constexpr auto help_rows = make_help();

}  // namespace

std::span<const function_row> function_rows() noexcept {
  return table;
}
std::span<const function_help> expression_functions() {
  return help_rows;
}

const function_row* find_function(std::string_view name) noexcept {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const function_row& r) { return r.name == name; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace wanwu::lang
