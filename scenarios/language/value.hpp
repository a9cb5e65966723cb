// What an expression works on: a 16-byte value that never owns memory.
#pragma once

#include <cassert>
#include <cstdint>
#include <string_view>

#include "protocols/core/time.hpp"

namespace wanwu::lang {

enum class value_kind : std::uint8_t {
  null,
  boolean,
  integer,
  number,
  text,
  time,  ///< A length of time, in ns.
  json,  ///< Text that is a JSON document already: written as it is, its members can be read.
  list,  ///< A list literal of the expression itself.
};

/// Text views must outlive the evaluation; they are never copied.
class value {
 public:
  constexpr value() noexcept : integer_{0} {}
  static constexpr value of(bool b) noexcept { return {value_kind::boolean, b ? 1 : 0}; }
  static constexpr value of(std::int64_t i) noexcept { return {value_kind::integer, i}; }
  static constexpr value of(double d) noexcept {
    value v;
    v.kind_ = value_kind::number;
    v.number_ = d;
    return v;
  }
  static constexpr value of(std::string_view text) noexcept { return view(value_kind::text, text); }
  static constexpr value of(const char* text) noexcept { return of(std::string_view{text}); }
  static constexpr value of(duration d) noexcept { return {value_kind::time, d.count()}; }
  static constexpr value json(std::string_view text) noexcept { return view(value_kind::json, text); }
  static constexpr value list(std::uint32_t index) noexcept { return {value_kind::list, index}; }

  constexpr value_kind kind() const noexcept { return kind_; }
  constexpr bool is_null() const noexcept { return kind_ == value_kind::null; }
  constexpr bool is_numeric() const noexcept {
    return kind_ == value_kind::integer || kind_ == value_kind::number;
  }
  constexpr bool is_text() const noexcept { return kind_ == value_kind::text || kind_ == value_kind::json; }
  /// false for anything that is not a true boolean.
  constexpr bool truth() const noexcept { return kind_ == value_kind::boolean && integer_ != 0; }
  constexpr std::int64_t integer() const noexcept {
    return kind_ == value_kind::number ? to_integer(number_) : integer_;
  }
  constexpr double number() const noexcept {
    return kind_ == value_kind::number ? number_ : static_cast<double>(integer_);
  }
  constexpr duration time() const noexcept { return duration{integer_}; }
  /// Only when is_text().
  constexpr std::string_view text() const noexcept { return {text_, size_}; }

 private:
  constexpr value(value_kind kind, std::int64_t i) noexcept : kind_{kind}, integer_{i} {}
  static constexpr value view(value_kind kind, std::string_view text) noexcept {
    value v;
    v.kind_ = kind;
    v.size_ = static_cast<std::uint32_t>(text.size());
    v.text_ = text.data();
    return v;
  }
  static constexpr std::int64_t to_integer(double d) noexcept {
    return d > -9.2e18 && d < 9.2e18 ? static_cast<std::int64_t>(d) : 0;
  }

  value_kind kind_ = value_kind::null;
  std::uint32_t size_ = 0;
  union {
    std::int64_t integer_;
    double number_;
    const char* text_;
  };
};
static_assert(sizeof(value) == 16);

}  // namespace wanwu::lang
