// What each function does.
#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <numbers>

#include "scenarios/language/expression_code.hpp"
#include "scenarios/language/json_view.hpp"
#include "scenarios/language/number_text.hpp"

namespace wanwu::lang {
namespace {

double number_at(std::span<const value> arguments, std::size_t i) {
  const value& v = arguments[i];
  if (v.kind() == value_kind::json) {
    const value plain = json_value(v.text());
    return plain.is_numeric() ? plain.number() : std::nan("");
  }
  return v.is_numeric() ? v.number() : std::nan("");
}

bool all_integers(std::span<const value> arguments) {
  return std::all_of(arguments.begin(), arguments.end(),
                     [](const value& v) { return v.kind() == value_kind::integer; });
}

/// A whole double becomes an integer, so that it is written without a point or an exponent.
value as_whole(double d) {
  return std::abs(d) < 9e15 ? value::of(static_cast<std::int64_t>(d)) : value::of(d);
}

double draw_normal(chance& random) {
  const double u = 1.0 - random.uniform();  // never 0
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * random.uniform());
}

value draw_integer(double low, double high, chance& random) {
  if (!(std::abs(low) < 9e15) || !(std::abs(high) < 9e15)) return value::of(std::nan(""));
  const auto from = static_cast<std::int64_t>(std::ceil(low));
  const auto to = static_cast<std::int64_t>(std::floor(high));
  if (to < from) return value::of(from);
  const auto width = static_cast<std::uint64_t>(to - from) + 1;
  return value::of(from + static_cast<std::int64_t>(random.next() % width));
}

double walk(std::span<const value> arguments, chance& random) {
  const double step = number_at(arguments, 1);
  const double next = number_at(arguments, 0) + (2.0 * random.uniform() - 1.0) * step;
  if (arguments.size() < 4) return next;
  return std::max(number_at(arguments, 2), std::min(number_at(arguments, 3), next));
}

std::uint64_t mix(std::uint64_t state, std::uint64_t word) {
  chance step{state ^ word, 0};
  return step.next();
}

value hash_of(std::span<const value> arguments) {
  std::uint64_t state = 0x77616E7775ULL;
  for (const value& v : arguments) {
    if (v.is_text()) {
      for (const char c : v.text()) state = mix(state, static_cast<unsigned char>(c));
      state = mix(state, v.text().size() + 256);
    } else {
      state = mix(state, std::bit_cast<std::uint64_t>(v.number()));
    }
  }
  return value::of(static_cast<std::int64_t>(state >> 11U));
}

void put_digits(char*& at, std::int64_t amount, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + amount % 10);
    amount /= 10;
  }
  at += digits;
}

/// RFC 3339 in UTC with milliseconds. Days to date after Howard Hinnant's civil_from_days.
value iso_time(std::int64_t now_ns, eval_context& context) {
  const std::int64_t ms = now_ns >= 0 ? now_ns / 1'000'000 : 0;
  const std::int64_t of_day = ms % 86'400'000;
  const std::int64_t z = ms / 86'400'000 + 719'468;
  const std::int64_t era = z / 146'097, doe = z % 146'097;
  const std::int64_t yoe = (doe - doe / 1460 + doe / 36'524 - doe / 146'096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  const std::int64_t month = mp < 10 ? mp + 3 : mp - 9;
  char text[24];
  char* at = text;
  put_digits(at, yoe + era * 400 + (month <= 2 ? 1 : 0), 4);
  *at++ = '-';
  put_digits(at, month, 2);
  *at++ = '-';
  put_digits(at, doy - (153 * mp + 2) / 5 + 1, 2);
  *at++ = 'T';
  put_digits(at, of_day / 3'600'000, 2);
  *at++ = ':';
  put_digits(at, of_day / 60'000 % 60, 2);
  *at++ = ':';
  put_digits(at, of_day / 1000 % 60, 2);
  *at++ = '.';
  put_digits(at, of_day % 1000, 3);
  *at++ = 'Z';
  return value::of(scratch_text(context, {text, sizeof text}));
}

value text_of(const value& v, eval_context& context) {
  char text[number_text_max];
  switch (v.kind()) {
    case value_kind::null:
      return value::of("");
    case value_kind::boolean:
      return value::of(v.truth() ? "true" : "false");
    case value_kind::text:
    case value_kind::json:
      return value::of(v.text());
    case value_kind::number:
      return value::of(scratch_text(context, {text, write_number(text, v.number())}));
    case value_kind::time:
      return value::of(scratch_text(context, {text, write_number(text, v.number() / 1e9)}, " s"));
    default:
      return value::of(scratch_text(context, {text, write_integer(text, v.integer())}));
  }
}

value number_of(const value& v) {
  if (!v.is_text()) return v.is_null() ? v : value::of(v.number());
  const value plain = json_value(v.text());
  if (plain.is_numeric()) return plain;
  return plain.kind() == value_kind::text ? json_value(plain.text()) : value{};
}

value rounded(std::span<const value> arguments) {
  const double x = number_at(arguments, 0);
  if (arguments.size() == 1) return as_whole(std::round(x));
  const double digits = std::clamp(number_at(arguments, 1), 0.0, 12.0);
  const double power = std::pow(10.0, std::round(digits));
  return value::of(std::round(x * power) / power);
}

value extreme(std::span<const value> arguments, bool smallest) {
  double best = number_at(arguments, 0);
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const double x = number_at(arguments, i);
    best = smallest ? std::min(best, x) : std::max(best, x);
  }
  return all_integers(arguments) ? as_whole(best) : value::of(best);
}

std::int64_t characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

std::string_view text_at(std::span<const value> arguments, std::size_t i) {
  return arguments[i].is_text() ? arguments[i].text() : std::string_view{};
}

value reversed(std::string_view text, eval_context& context) {
  if (context.scratch_used + text.size() > context.scratch.size()) return value::of("");
  char* to = context.scratch.data() + context.scratch_used;
  std::reverse_copy(text.begin(), text.end(), to);
  context.scratch_used += text.size();
  return value::of(std::string_view{to, text.size()});
}

}  // namespace

value call_function(function_id id, std::span<const value> arguments, eval_context& context) {
  const auto x = [&](std::size_t i) { return number_at(arguments, i); };
  switch (id) {
    case function_id::uniform:
      return value::of(x(0) + (x(1) - x(0)) * context.random.uniform());
    case function_id::normal:
      return value::of(x(0) + x(1) * draw_normal(context.random));
    case function_id::randint:
      return draw_integer(x(0), x(1), context.random);
    case function_id::walk:
      return value::of(walk(arguments, context.random));
    case function_id::pick:
      return arguments[context.random.next() % arguments.size()];
    case function_id::chance_of:
      return value::of(context.random.uniform() < x(0));
    case function_id::now:
      return value::of(static_cast<double>(context.now_ns / 1000) / 1e6);
    case function_id::now_s:
      return value::of(context.now_ns / 1'000'000'000);
    case function_id::now_ms:
      return value::of(context.now_ns / 1'000'000);
    case function_id::now_iso:
      return iso_time(context.now_ns, context);
    case function_id::hash:
      return hash_of(arguments);
    case function_id::min:
      return extreme(arguments, true);
    case function_id::max:
      return extreme(arguments, false);
    case function_id::clamp:
      return value::of(std::max(x(1), std::min(x(2), x(0))));
    case function_id::abs:
      return all_integers(arguments) ? as_whole(std::abs(x(0))) : value::of(std::abs(x(0)));
    case function_id::floor:
      return as_whole(std::floor(x(0)));
    case function_id::ceil:
      return as_whole(std::ceil(x(0)));
    case function_id::round:
      return rounded(arguments);
    case function_id::sqrt:
      return value::of(std::sqrt(x(0)));
    case function_id::pow:
      return value::of(std::pow(x(0), x(1)));
    case function_id::sin:
      return value::of(std::sin(x(0)));
    case function_id::cos:
      return value::of(std::cos(x(0)));
    case function_id::exp:
      return value::of(std::exp(x(0)));
    case function_id::log:
      return value::of(std::log(x(0)));
    case function_id::size:
      return value::of(characters(text_at(arguments, 0)));
    case function_id::starts_with:
      return value::of(text_at(arguments, 0).starts_with(text_at(arguments, 1)));
    case function_id::ends_with:
      return value::of(text_at(arguments, 0).ends_with(text_at(arguments, 1)));
    case function_id::contains:
      return value::of(text_at(arguments, 0).find(text_at(arguments, 1)) != std::string_view::npos);
    case function_id::reverse:
      return reversed(text_at(arguments, 0), context);
    case function_id::text:
      return text_of(arguments[0], context);
    case function_id::number:
      return number_of(arguments[0]);
    case function_id::integer:
      return as_whole(std::trunc(x(0)));
  }
  return {};
}

}  // namespace wanwu::lang
