// CoRE Link Format: what /.well-known/core says. RFC 6690.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/wire_error.hpp"

namespace wanwu::coap {

struct link_attribute {
  std::string name;
  std::optional<std::string> value;  ///< Unquoted; nothing for a bare attribute such as "obs".

  friend bool operator==(const link_attribute&, const link_attribute&) = default;
};

struct link {
  std::string target;  ///< Between "<" and ">".
  std::vector<link_attribute> attributes;

  /// The first attribute of that name.
  const link_attribute* find(std::string_view name) const noexcept;
  friend bool operator==(const link&, const link&) = default;
};

inline constexpr std::size_t links_max = 65'536;         ///< More in one document are refused.
inline constexpr std::size_t link_attributes_max = 256;  ///< The same for one link.

/// Parses a whole document; empty text is no links. Errors name offset and clause.
wire_result<std::vector<link>> parse_links(std::string_view text);

/// Appends "<target>;attributes" for one link, with "," before it unless `out` is empty. A value is quoted
/// unless it is a plain number.
void append_link(std::string& out, const link& l);
std::string print_links(const std::vector<link>& links);

/// One criterion of a query: "rt=temperature", "if=sensor*", "href=/a*", already percent-decoded.
struct link_filter {
  std::string name;
  std::string value;
  bool prefix{};  ///< The query's value ended in "*".
};

/// Nothing when `query` has no "=".
std::optional<link_filter> parse_link_filter(std::string_view query);

/// RFC 6690 §4.1: exact or prefix match; rt, if, rel and every other value is a list separated by blanks of
/// which one must match [RFC6690-4.1-4]; "href" matches the target.
bool matches(const link& l, const link_filter& filter);

}  // namespace wanwu::coap
