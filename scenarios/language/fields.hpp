// What may stand in a kind of file: ONE table of fields per kind, from which the loader checks and the JSON
// Schema is printed. A new kind of file is a new table and a row in file_kinds().
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "scenarios/language/document.hpp"

namespace wanwu::lang {

enum class shape_kind : std::uint8_t {
  any,
  text,
  name,   ///< [a-z][a-z0-9_-]*
  label,  ///< [A-Za-z0-9][A-Za-z0-9_.-]*
  boolean,
  integer,  ///< between `low` and `high`
  number,   ///< between `low` and `high`
  count,
  duration,
  span,  ///< a duration, the name of a timer, or ${}
  rate,
  bandwidth,
  percent,  ///< between `low` and `high`, 1 = 100 %
  choice,   ///< one of `examples`
  secret,   ///< {env:} or {file:}, never a literal
  object,   ///< `fields`
  map,      ///< free keys, each value an `item`; those among `fields` have their own shape
  list,     ///< each an `item`, at least `items_min`
  one_of,   ///< the first of `options` that fits the value's form
};

enum class key_kind : std::uint8_t { free, name, identifier, label };

struct shape;

struct field {
  std::string_view name;
  const shape* value = nullptr;
  std::string_view help{};  ///< What the key is for; one sentence.
  bool required = false;
  std::string_view later{};  ///< Known, but not in this version: why it is refused.
};

struct shape {
  shape_kind kind = shape_kind::any;
  std::string_view name{};  ///< Under `definitions` of the schema; "" = written where it is used.
  std::string_view help{};
  std::vector<std::string_view> examples{};
  std::vector<field> fields{};
  const shape* item = nullptr;
  std::vector<const shape*> options{};
  std::vector<std::string_view> exactly_one{};  ///< object: exactly one of these keys.
  std::vector<std::string_view> later{};        ///< choice: known, but not in this version.
  key_kind keys = key_kind::free;
  double low = 0;
  double high = 1e15;
  std::size_t items_min = 0;
};

/// One kind of file.
struct file_kind {
  std::string_view name;  ///< "scenario/v1"
  std::string_view word;  ///< "scenario": argument of `wanwu schema`.
  std::string_view title;
  const shape& (*table)();
};
std::span<const file_kind> file_kinds();
const file_kind* find_file_kind(std::string_view name_or_word);

const shape& scenario_table();
const shape& target_table();
const shape& suite_table();
const shape& waivers_table();

/// Holds a tree against a table; every difference becomes a diagnostic.
void check_fields(const node& tree, const shape& table, diagnostics& found);

/// Does a scalar fit? (Readers use it to pass over what has been reported.)
bool fits(const node& value, const shape& what);

/// The published JSON Schema (draft-07) of a kind of file.
std::string schema_text(const file_kind& kind);

/// Shapes that several tables share.
namespace shapes {
extern const shape any, text, name, label, boolean, count, duration, span, rate, bandwidth, percent, secret,
    texts, scalars, path, url, expr;
}  // namespace shapes

}  // namespace wanwu::lang
