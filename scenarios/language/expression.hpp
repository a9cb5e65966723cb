// The expression language: a subset of CEL, checked before the run, compiled to a few bytes of code.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "scenarios/language/value.hpp"

namespace wanwu::lang {

/// What is known about an expression before it runs. `number` covers integers too; `any` is not known.
enum class value_type : std::uint8_t { any, null, boolean, number, text, time, json, list };
std::string_view name_of(value_type type) noexcept;

/// What a name means: a slot of the context, or a value fixed before the run.
struct resolved_name {
  std::uint16_t slot = 0;
  value_type type = value_type::any;
  bool constant = false;
  value fixed;  ///< When constant; a text must outlive the compiled expression's use.
};

/// Gives names their meaning at compile time. Names come dotted: "thing.district", "temperature".
class name_resolver {
 public:
  virtual ~name_resolver() = default;
  /// False when there is no such name.
  virtual bool resolve(std::string_view name, resolved_name& out) const = 0;
  /// All names, for "did you mean".
  virtual std::vector<std::string_view> names() const = 0;
};

/// A counter-based generator: the n-th draw is a hash of (key, n), so the same key gives the same draws
/// anywhere.
struct chance {
  std::uint64_t key = 0;
  std::uint64_t drawn = 0;

  std::uint64_t next() noexcept {
    std::uint64_t x = key + (++drawn) * 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31U);
  }
  /// 0 <= u < 1.
  double uniform() noexcept { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
};

/// One reading of a thing, for bodies that repeat an element per property.
struct reading {
  std::string_view name;
  value now;
};

/// Everything an evaluation may see. One per worker, filled again for each message; nothing is owned.
struct eval_context {
  std::span<value> slots;             ///< By slot number.
  std::span<const reading> readings;  ///< What `${property}`/`${value}` run over.
  std::int64_t now_ns = 0;            ///< Wall-clock (or scenario-clock) time since 1970 in ns.
  chance random;                      ///< Keyed by (seed, thing, stream) by the caller.

  /// Scratch for texts made while evaluating (concatenation, now_iso()); full = the text is cut to "".
  std::array<char, 1024> scratch;
  std::size_t scratch_used = 0;
};

struct expression_error {
  std::string message;
  std::string hint;
  std::size_t offset = 0;  ///< Bytes from the start of the source to the mistake.
  std::size_t length = 1;
};

struct expression_limits {
  static constexpr std::size_t source_max = 4096;  ///< Bytes.
  static constexpr std::size_t depth_max = 32;     ///< Of nesting; also bounds the evaluation stack.
};

struct expression_code;  // instructions and literals; expression_code.hpp

/// A compiled expression. Immutable, copyable (shared), usable from any thread.
class expression {
 public:
  expression() = default;
  explicit expression(std::shared_ptr<const expression_code> code, value_type type);

  /// Total: never fails, never loops, never allocates; what has no value is null (NaN for numbers).
  value evaluate(eval_context& context) const;
  value_type type() const noexcept { return type_; }
  /// The slot, when the expression is a name alone; -1 when it is more.
  int single_slot() const noexcept;
  /// Its value, when it depends on nothing.
  bool is_constant() const noexcept;
  bool uses_slot(std::uint16_t slot) const noexcept;

 private:
  std::shared_ptr<const expression_code> code_;
  value_type type_ = value_type::any;
};

/// `wanted` = any accepts every type.
tl::expected<expression, expression_error> compile_expression(std::string_view source,
                                                              const name_resolver& names,
                                                              value_type wanted = value_type::any);

/// For `wanwu help expressions`.
struct function_help {
  std::string_view signature, text;
};
std::span<const function_help> expression_functions();

}  // namespace wanwu::lang
