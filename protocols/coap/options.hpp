// Options: the one table that says what each number means, and zero-copy iteration over encoded options.
// RFC 7252 §5.10, RFC 7641, RFC 7959, RFC 7967, RFC 8768, RFC 9175.
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>

#include "protocols/core/bytes.hpp"

namespace wanwu::coap {

enum class option_number : std::uint16_t {
  if_match = 1,
  uri_host = 3,
  etag = 4,
  if_none_match = 5,
  observe = 6,
  uri_port = 7,
  location_path = 8,
  uri_path = 11,
  content_format = 12,
  max_age = 14,
  uri_query = 15,
  hop_limit = 16,
  accept = 17,
  location_query = 20,
  block2 = 23,
  block1 = 27,
  size2 = 28,
  proxy_uri = 35,
  proxy_scheme = 39,
  size1 = 60,
  echo = 252,
  no_response = 258,
  request_tag = 292,
};

constexpr std::uint16_t value_of(option_number n) noexcept {
  return static_cast<std::uint16_t>(n);
}
/// Criticality, safety and cache-key of any option, known or not, follow from its number. RFC 7252 §5.4.6.
constexpr bool is_critical(option_number n) noexcept {
  return (value_of(n) & 1U) != 0;
}
constexpr bool is_unsafe(option_number n) noexcept {
  return (value_of(n) & 2U) != 0;
}
constexpr bool is_no_cache_key(option_number n) noexcept {
  return (value_of(n) & 0x1EU) == 0x1CU;
}

enum class option_format : std::uint8_t { empty, opaque, uint, text, block };

/// A row of the option table. Lengths are of the value, in bytes.
struct option_kind {
  option_number number{};
  std::string_view name;   ///< As the RFC writes it: "Uri-Path".
  std::string_view field;  ///< As scripts write it: "uri_path".
  option_format format{};
  std::uint16_t length_min{}, length_max{};
  bool repeatable_in_request{}, repeatable_in_response{};
};

/// Every known option, ascending by number.
std::span<const option_kind> option_table() noexcept;
/// Nothing for a number without a row.
const option_kind* find_option(option_number number) noexcept;
const option_kind* find_option_by_field(std::string_view field) noexcept;

/// One option as it stands in a message. `value` lives as long as the message's bytes do.
struct option {
  option_number number{};
  bytes_view value;

  /// Value as an unsigned integer, leading zeros allowed [RFC7252-3.2-2]; 0 when longer than 4 bytes.
  std::uint32_t uint() const noexcept {
    std::uint32_t v = 0;
    if (value.size() <= 4) {
      for (const auto b : value) v = v << 8U | std::to_integer<std::uint32_t>(b);
    }
    return v;
  }
  std::string_view text() const noexcept { return as_text(value); }
};

/// Options as they were encoded, walked without a copy. Bytes from decode() are known to be well formed; over
/// any other bytes the walk ends at the first one that breaks the format and never reads past the end.
class options_view {
 public:
  class iterator {
   public:
    using value_type = option;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using pointer = const option*;
    using reference = const option&;

    iterator() = default;
    explicit iterator(bytes_view rest) noexcept : rest_{rest} { next(); }
    const option& operator*() const noexcept { return now_; }
    const option* operator->() const noexcept { return &now_; }
    iterator& operator++() noexcept {
      next();
      return *this;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.left_ == b.left_; }

   private:
    void next() noexcept;

    bytes_view rest_;
    option now_;
    std::size_t left_ = 0;  ///< Bytes from this option's start to the end, plus none for the end itself.
  };

  options_view() = default;
  explicit options_view(bytes_view encoded) noexcept : encoded_{encoded} {}

  iterator begin() const noexcept { return iterator{encoded_}; }
  iterator end() const noexcept { return {}; }
  bytes_view encoded() const noexcept { return encoded_; }
  bool empty() const noexcept { return encoded_.empty(); }

  /// The first option of that number. For one that must not repeat, later ones are to be ignored or refused
  /// (see check_options), so the first is the one that counts.
  std::optional<option> find(option_number number) const noexcept;
  /// The first option of that number as an integer.
  std::optional<std::uint32_t> find_uint(option_number number) const noexcept;
  bool has(option_number number) const noexcept { return find(number).has_value(); }

 private:
  bytes_view encoded_;
};

enum class message_side : std::uint8_t { request, response };

/// What check_options found: the first critical option that must be treated as unrecognised.
struct option_complaint {
  option_number number{};
  std::string_view clause;  ///< Why: unknown, illegal length or repeated. Static storage.
};

/// The first critical option that has no row in the table, an illegal length, or repeats where it must not. A
/// request with one is to be answered 4.02 (CON), a response with one is to be rejected. RFC 7252 §5.4.
std::optional<option_complaint> check_options(options_view options, message_side side) noexcept;

/// Whether an elective option is to be ignored for its length. RFC 7252 §5.4.3.
bool has_legal_length(const option& o) noexcept;

}  // namespace wanwu::coap
