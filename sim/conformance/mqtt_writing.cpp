#include "sim/conformance/mqtt_writing.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "sim/conformance/limits.hpp"

namespace wanwu::conform {

namespace {

using mqtt::field_value;
using mqtt::set_result;

std::optional<std::uint64_t> number_in(std::string_view text) {
  if (text == "true" || text == "false") return text == "true" ? 1 : 0;
  const bool hex = text.starts_with("0x");
  const bool binary = text.starts_with("0b");
  if (hex || binary) text.remove_prefix(2);
  std::uint64_t out = 0;
  const auto* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, out, hex ? 16 : binary ? 2 : 10);
  if (error != std::errc{} || at != end) return std::nullopt;
  return out;
}

scripted<field_value> value_of(const lang::value& found) {
  switch (found.kind()) {
    case lang::value_kind::boolean:
      return field_value{std::uint64_t{found.truth() ? 1U : 0U}};
    case lang::value_kind::text:
    case lang::value_kind::json:
      return field_value{std::string{found.text()}};
    case lang::value_kind::time:
      return field_value{static_cast<std::uint64_t>(std::max(0.0, found.number() / 1e9))};
    case lang::value_kind::integer:
    case lang::value_kind::number:
      if (!(found.number() >= 0)) return tl::unexpected{std::string{"is negative or no number"}};
      return field_value{static_cast<std::uint64_t>(found.integer())};
    default:
      return tl::unexpected{std::string{"has no value"}};
  }
}

scripted<std::string> render_text(const lang::text_template& what, case_scope& scope) {
  byte_writer out;
  if (!what.render(scope.context(), out))
    return tl::unexpected{std::string{"has a text that may not stand there"}};
  return std::string{as_text(out.view())};
}

scripted<field_value> render_repeated(const repeated_text& what, case_scope& scope) {
  const auto times = scope.evaluate(what.times);
  if (!times.is_numeric() || times.integer() < 0)
    return tl::unexpected{std::string{"is repeated no number of times"}};
  const auto unit = render_text(what.unit, scope);
  if (!unit) return tl::unexpected{unit.error()};
  const auto count = static_cast<std::uint64_t>(times.integer());
  if (count > limits::packet_bytes_max || unit->size() * count > limits::packet_bytes_max)
    return tl::unexpected{fmt::format("is longer than {} bytes", limits::packet_bytes_max)};
  std::string out;
  out.reserve(unit->size() * count);
  for (std::uint64_t i = 0; i < count; ++i) out += *unit;
  return field_value{std::move(out)};
}

struct value_maker {
  case_scope& scope;
  using made = scripted<field_value>;

  made operator()(std::monostate) const { return tl::unexpected{std::string{"has no value"}}; }
  made operator()(std::uint64_t number) const { return field_value{number}; }
  made operator()(const lang::expression& what) const { return value_of(scope.evaluate(what)); }
  made operator()(const lang::text_template& what) const { return as_field(render_text(what, scope)); }
  made operator()(const byte_pattern& what) const {
    const auto raw = render_bytes(what, scope);
    if (!raw) return tl::unexpected{raw.error()};
    return field_value{std::string{as_text(*raw)}};
  }
  made operator()(const repeated_text& what) const { return render_repeated(what, scope); }
  static made as_field(scripted<std::string> text) {
    if (!text) return tl::unexpected{std::move(text.error())};
    return field_value{std::move(*text)};
  }
};

/// The same value in the other form, when it has one: "7" is 7, and 7 is "7".
std::optional<field_value> other_form(const field_value& value) {
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return field_value{std::to_string(*number)};
  if (const auto number = number_in(std::get<std::string>(value))) return field_value{*number};
  return std::nullopt;
}

template <class Set>
complaint put(const setting& what, case_scope& scope, Set set) {
  auto value = std::visit(value_maker{scope}, what.value);
  if (!value) return fmt::format("{} {}", what.name, value.error());
  auto done = set(*value);
  if (done == set_result::wrong_kind) {
    if (auto other = other_form(*value)) done = set(*other);
  }
  switch (done) {
    case set_result::done:
      return {};
    case set_result::no_such_field:
      return fmt::format("the packet has no {}", what.name);
    case set_result::wrong_kind:
      return fmt::format("{} takes another kind of value", what.name);
    case set_result::out_of_range:
      break;
  }
  return fmt::format("{} does not fit on the wire", what.name);
}

}  // namespace

scripted<bytes> render_bytes(const byte_pattern& what, case_scope& scope) {
  byte_writer out;
  if (!what.render(scope.context(), out))
    return tl::unexpected{fmt::format("a value in '{}' is missing or does not fit its width", what.source())};
  return bytes{out.view().begin(), out.view().end()};
}

complaint apply_setting(mqtt::draft& to, const setting& what, case_scope& scope) {
  if (std::holds_alternative<std::monostate>(what.value)) {
    to.remove(what.name);
    return {};
  }
  return put(what, scope, [&](const field_value& value) { return to.set(what.name, value); });
}

complaint apply_corruption(mqtt::draft& to, const corruption_text& what, case_scope& scope) {
  for (const setting& each : what.fields) {
    auto wrong = put(each, scope, [&](const field_value& value) { return to.corrupt(each.name, value); });
    if (!wrong.empty()) return wrong;
  }
  for (const byte_edit_text& each : what.edits) {
    auto inserted = render_bytes(each.insert, scope);
    if (!inserted) return inserted.error();
    to.edit({each.at, each.remove, std::move(*inserted)});
  }
  return {};
}

}  // namespace wanwu::conform
