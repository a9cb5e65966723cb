// Strings and bodies with ${...} inside, compiled once and rendered per message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "protocols/core/byte_writer.hpp"
#include "scenarios/language/document.hpp"
#include "scenarios/language/expression.hpp"

namespace wanwu::lang {

/// Where a value lands decides how it is escaped.
enum class place : std::uint8_t {
  plain,      ///< As it is.
  topic,      ///< MQTT topic: `+ # /` and U+0000 in a value are refused (a template that is one ${} alone may
              ///< hold /).
  uri_path,   ///< Percent-encoded as a path segment.
  uri_query,  ///< The same for what follows `?`; compile_text switches there by itself.
  json_string,  ///< Inside a JSON string.
  json_value,   ///< A JSON value with its type.
};

struct template_error {
  std::string message, hint;
  source_mark mark;
};

/// Compiled. Immutable; rendering is free of allocation as long as the writer has room.
class text_template {
 public:
  /// Appends to `out`. False when a value may not stand where it would (nothing of it is left in `out`).
  bool render(eval_context& context, byte_writer& out) const;
  /// The text when there is no ${} in it.
  bool is_literal() const noexcept;
  std::string_view literal() const noexcept;
  bool empty() const noexcept { return segments_.empty(); }
  bool uses(std::uint16_t slot) const noexcept;

 private:
  friend class template_builder;
  enum class step : std::uint8_t { literal, slot, expression, repeat };
  struct segment {
    step kind{};
    place where{};
    bool whole{};  ///< The template is this segment alone.
    std::uint16_t slot{};
    std::uint32_t begin{},
        size{};  ///< literal: bytes of text_; expression: index; repeat: how many segments follow.
  };
  bool render_range(std::size_t from, std::size_t to, eval_context& context, byte_writer& out) const;

  std::vector<segment> segments_;
  std::string text_;
  std::vector<expression> expressions_;
};

/// `${...}` with `$${` as the escape. `mark` is where `source` begins, for errors.
tl::expected<text_template, template_error> compile_text(std::string_view source, const source_mark& mark,
                                                         place where, const name_resolver& names);

/// A YAML map, list or scalar as a JSON body: "a ${b} c" is a string, a value that is one ${} alone keeps its
/// type, a list element that names `property` or `value` is repeated for each reading. A scalar alone with no
/// ${} is written as plain text.
tl::expected<text_template, template_error> compile_body(const node& body, const name_resolver& names);

/// Where the `}` of a `${` stands whose inside begins at `at`; npos when it is missing. Quotes may hold
/// braces.
std::size_t end_of_expression(std::string_view source, std::size_t at);

/// A value as text or as JSON, as templates write it.
void write_value(const value& v, byte_writer& out);
void write_json_value(const value& v, byte_writer& out);

}  // namespace wanwu::lang
