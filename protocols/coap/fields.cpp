#include "protocols/coap/fields.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocols/coap/block.hpp"
#include "protocols/coap/uri.hpp"

namespace wanwu::coap {

namespace {

using reader = std::optional<field_value> (*)(const message&);
using setter = bool (*)(message_draft&, const field_value&);

template <class T>
const T* as(const field_value& v) noexcept {
  return std::get_if<T>(&v);
}

std::optional<std::uint64_t> number_up_to(const field_value& v, std::uint64_t most) noexcept {
  const auto* n = as<std::uint64_t>(v);
  return n != nullptr && *n <= most ? std::optional{*n} : std::nullopt;
}

/// Bytes, or text as its bytes.
std::optional<bytes> raw_of(const field_value& v) {
  if (const auto* raw = as<bytes>(v)) return *raw;
  const auto* text = as<std::string>(v);
  if (text == nullptr) return std::nullopt;
  const auto view = as_bytes(*text);
  return bytes(view.begin(), view.end());
}

bytes owned(bytes_view raw) {
  return {raw.begin(), raw.end()};
}

std::optional<block> block_of(const message& m, option_number number) {
  const auto o = m.options.find(number);
  return o ? decode_block(o->value) : std::nullopt;
}

template <option_number Number>
std::optional<field_value> block_number(const message& m) {
  const auto b = block_of(m, Number);
  return b ? std::optional<field_value>{std::uint64_t{b->number}} : std::nullopt;
}
template <option_number Number>
std::optional<field_value> block_more(const message& m) {
  const auto b = block_of(m, Number);
  return b ? std::optional<field_value>{std::uint64_t{b->more}} : std::nullopt;
}
template <option_number Number>
std::optional<field_value> block_size(const message& m) {
  const auto b = block_of(m, Number);
  return b ? std::optional<field_value>{std::uint64_t{b->size()}} : std::nullopt;
}

bool set_type(message_draft& d, const field_value& v) {
  const auto* text = as<std::string>(v);
  for (unsigned t = 0; t < 4 && text != nullptr; ++t) {
    if (*text != name_of(message_type{static_cast<std::uint8_t>(t)})) continue;
    d.type = message_type{static_cast<std::uint8_t>(t)};
    return true;
  }
  return false;
}

bool set_code(message_draft& d, const field_value& v) {
  if (const auto n = number_up_to(v, 0xFF)) {
    d.code = code{static_cast<std::uint8_t>(*n)};
    return true;
  }
  const auto* text = as<std::string>(v);
  if (text == nullptr) return false;
  const auto found = parse_dotted(*text) ? parse_dotted(*text) : method_named(*text);
  if (found) d.code = *found;
  return found.has_value();
}

bool set_reference(message_draft& d, const field_value& v) {
  const auto* text = as<std::string>(v);
  if (text == nullptr || !is_valid_reference(*text)) return false;
  add_reference(d, *text);
  return true;
}

template <auto Member, std::uint64_t Most>
bool set_number(message_draft& d, const field_value& v) {
  const auto n = number_up_to(v, Most);
  if (!n) return false;
  using type = std::remove_reference_t<decltype(d.*Member)>;
  if constexpr (requires { typename type::value_type; }) {
    d.*Member = static_cast<typename type::value_type>(*n);
  } else {
    d.*Member = static_cast<type>(*n);
  }
  return true;
}

template <auto Member>
bool set_raw(message_draft& d, const field_value& v) {
  auto raw = raw_of(v);
  if (raw) d.*Member = std::move(*raw);
  return raw.has_value();
}

struct row {
  std::string_view name, meaning;
  reader read;
  setter set;
};

constexpr auto table = std::to_array<row>({
    {"version", "2 bits; 1 in every right message",
     [](const message&) -> std::optional<field_value> { return std::uint64_t{1}; },
     &set_number<&message_draft::version, 3>},
    {"type", "CON, NON, ACK or RST",
     [](const message& m) -> std::optional<field_value> { return std::string{name_of(m.type)}; }, &set_type},
    {"code", "dotted, 0.01 or 2.05; set by method name or number too",
     [](const message& m) -> std::optional<field_value> { return dotted(m.code); }, &set_code},
    {"code_name", "GET, Content, ...",
     [](const message& m) -> std::optional<field_value> { return std::string{name_of(m.code)}; }, nullptr},
    {"code_class", "0 to 7",
     [](const message& m) -> std::optional<field_value> { return std::uint64_t{class_of(m.code)}; }, nullptr},
    {"code_detail", "0 to 31",
     [](const message& m) -> std::optional<field_value> { return std::uint64_t{detail_of(m.code)}; },
     nullptr},
    {"id", "message id, 16 bits",
     [](const message& m) -> std::optional<field_value> { return std::uint64_t{value_of(m.id)}; },
     &set_number<&message_draft::id, 0xFFFF>},
    {"token", "raw bytes",
     [](const message& m) -> std::optional<field_value> { return owned(m.token.view()); },
     &set_raw<&message_draft::token>},
    {"token_length", "0 to 8; set: the nibble, whatever the token",
     [](const message& m) -> std::optional<field_value> { return std::uint64_t{m.token.size()}; },
     &set_number<&message_draft::token_nibble, 15>},
    {"reference", "path and query as in a URI",
     [](const message& m) -> std::optional<field_value> { return reference_of(m.options); }, &set_reference},
    {"location", "Location-Path and Location-Query as in a URI",
     [](const message& m) -> std::optional<field_value> { return location_of(m.options); }, nullptr},
    {"payload", "raw bytes", [](const message& m) -> std::optional<field_value> { return owned(m.payload); },
     &set_raw<&message_draft::payload>},
    {"payload_text", "payload as text",
     [](const message& m) -> std::optional<field_value> { return std::string{as_text(m.payload)}; }, nullptr},
    {"block1_number", "NUM of Block1", &block_number<option_number::block1>, nullptr},
    {"block1_more", "M of Block1", &block_more<option_number::block1>, nullptr},
    {"block1_size", "block size of Block1 in bytes", &block_size<option_number::block1>, nullptr},
    {"block2_number", "NUM of Block2", &block_number<option_number::block2>, nullptr},
    {"block2_more", "M of Block2", &block_more<option_number::block2>, nullptr},
    {"block2_size", "block size of Block2 in bytes", &block_size<option_number::block2>, nullptr},
    {"raw_options", "bytes appended after the options as they are", nullptr,
     &set_raw<&message_draft::raw_options>},
    {"marker", "payload marker: 1 always, 0 never", nullptr, &set_number<&message_draft::marker, 1>},
    {"cut_to", "send only so many bytes", nullptr, &set_number<&message_draft::cut_to, 65'535>},
});

const row* find_row(std::string_view name) noexcept {
  const auto* at = std::find_if(table.begin(), table.end(), [&](const row& r) { return r.name == name; });
  return at != table.end() ? at : nullptr;
}

/// "option_65000".
std::optional<option_number> numbered_option(std::string_view name) noexcept {
  constexpr std::string_view prefix = "option_";
  if (!name.starts_with(prefix)) return std::nullopt;
  std::uint16_t number = 0;
  const auto* end = name.data() + name.size();
  const auto got = std::from_chars(name.data() + prefix.size(), end, number);
  if (got.ec != std::errc{} || got.ptr != end) return std::nullopt;
  return option_number{number};
}

std::optional<field_value> option_field(const message& m, const option_kind& kind) {
  const auto first = m.options.find(kind.number);
  if (!first) return std::nullopt;
  switch (kind.format) {
    case option_format::uint:
    case option_format::block:
      return std::uint64_t{first->uint()};
    case option_format::empty:
      return std::uint64_t{1};
    case option_format::opaque:
      return owned(first->value);
    case option_format::text:
      break;
  }
  const bool is_query =
      kind.number == option_number::uri_query || kind.number == option_number::location_query;
  std::string joined;
  bool begun = false;
  for (const auto& o : m.options) {
    if (o.number != kind.number) continue;
    if (begun) joined += is_query ? '&' : '/';
    joined += o.text();
    begun = true;
  }
  return joined;
}

bool set_option(message_draft& d, const option_kind& kind, const field_value& v) {
  const auto* n = as<std::uint64_t>(v);
  if (n != nullptr && kind.format != option_format::text && kind.format != option_format::opaque) {
    if (*n > 0xFFFFFFFFU) return false;
    if (kind.format == option_format::empty) {
      d.add(kind.number, bytes_view{});
    } else {
      d.add_uint(kind.number, static_cast<std::uint32_t>(*n));
    }
    return true;
  }
  const auto raw = raw_of(v);
  if (raw) d.add(kind.number, *raw);
  return raw.has_value();
}

/// The option whose occurrences "uri_path_count" counts.
const option_kind* counted_option(std::string_view name) noexcept {
  constexpr std::string_view suffix = "_count";
  return name.ends_with(suffix) ? find_option_by_field(name.substr(0, name.size() - suffix.size())) : nullptr;
}

tl::unexpected<std::string> refuse(std::string_view name, std::string_view why) {
  std::string text = "CoAP field ";
  text += name;
  text += why;
  return tl::unexpected{text};
}

}  // namespace

std::vector<field_kind> field_table() {
  std::vector<field_kind> out;
  for (const auto& r : table) out.push_back({r.name, r.meaning, r.read != nullptr, r.set != nullptr});
  for (const auto& kind : option_table()) out.push_back({kind.field, kind.name, true, true});
  return out;
}

bool is_field(std::string_view name) {
  return find_row(name) != nullptr || find_option_by_field(name) != nullptr ||
         counted_option(name) != nullptr || numbered_option(name).has_value();
}

std::optional<field_value> field_of(const message& m, std::string_view name) {
  if (const auto* r = find_row(name)) return r->read != nullptr ? r->read(m) : std::nullopt;
  if (const auto* kind = find_option_by_field(name)) return option_field(m, *kind);
  if (const auto* kind = counted_option(name)) {
    std::uint64_t count = 0;
    for (const auto& o : m.options) count += o.number == kind->number ? 1U : 0U;
    return count;
  }
  const auto number = numbered_option(name);
  const auto found = number ? m.options.find(*number) : std::nullopt;
  return found ? std::optional<field_value>{owned(found->value)} : std::nullopt;
}

tl::expected<void, std::string> set_field(message_draft& draft, std::string_view name,
                                          const field_value& value) {
  bool done = false;
  if (const auto* r = find_row(name)) {
    if (r->set == nullptr) return refuse(name, " follows from others and cannot be set");
    done = r->set(draft, value);
  } else if (const auto* kind = find_option_by_field(name)) {
    done = set_option(draft, *kind, value);
  } else if (const auto number = numbered_option(name)) {
    const auto raw = raw_of(value);
    done = raw.has_value();
    if (raw) draft.add(*number, *raw);
  } else {
    return refuse(name, " is not known");
  }
  if (!done) return refuse(name, " does not take this value");
  return {};
}

}  // namespace wanwu::coap
