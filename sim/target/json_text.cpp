// Writing JSON by hand where it is small, and looking at it where it is the peer's.
#include "sim/target/json_text.hpp"

#include <bit>
#include <cmath>

#include <nlohmann/json.hpp>

#include "protocols/core/byte_reader.hpp"
#include "protocols/core/utf8.hpp"

namespace wanwu::target {

namespace {

using nlohmann::json;

constexpr std::size_t members_max = 24;
constexpr std::size_t member_bytes_max = 96;
constexpr std::size_t senml_records_max = 1024;
constexpr int nesting_max = 64;

/// Parsing is recursive for the peer's nesting: refuse what goes deeper than anybody writes.
bool is_shallow(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > nesting_max) return false;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return true;
}

json parse(bytes_view text) {
  const auto chars = as_text(text);
  if (!is_shallow(chars)) return json(json::value_t::discarded);
  return json::parse(chars.begin(), chars.end(), nullptr, false);
}

std::string print(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Takes from a description what may be searched by, as the parser comes past it: a million things describe
/// themselves within a minute, and a tree of each would cost most of that.
struct description_reader final : nlohmann::json_sax<json> {
  description_facts facts;
  bool is_object = false;

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t value) override { return is_member() ? keep(print(value)) : true; }
  bool number_unsigned(number_unsigned_t value) override { return is_member() ? keep(print(value)) : true; }
  bool number_float(number_float_t value, const string_t&) override {
    return is_member() ? keep(print(value)) : true;
  }
  bool binary(binary_t&) override { return true; }
  bool string(string_t& value) override {
    const bool is_type = name_ == "@type" && (depth_ == 1 || (depth_ == 2 && in_array_));
    if (is_type) {
      if (facts.types.size() < members_max) facts.types.push_back(std::move(value));
      return true;
    }
    return depth_ == 1 ? keep(std::move(value)) : true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) name_ = std::move(name);
    return true;
  }
  bool start_object(std::size_t) override {
    if (depth_ == 0) is_object = true;
    if (depth_ == 1) in_array_ = false;
    return ++depth_ <= nesting_max;
  }
  bool start_array(std::size_t) override {
    if (depth_ == 1) in_array_ = true;
    return ++depth_ <= nesting_max;
  }
  bool end_object() override { return --depth_ >= 0; }
  bool end_array() override { return --depth_ >= 0; }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override { return false; }

 private:
  bool is_member() const { return depth_ == 1 && name_ != "@type"; }
  bool keep(std::string value) {
    if (facts.members.size() >= members_max || name_.size() + value.size() > member_bytes_max) return true;
    const auto colon = name_.rfind(':');  // "sim:district" is searched by as "district"
    facts.members.emplace_back(colon == std::string::npos ? name_ : name_.substr(colon + 1),
                               std::move(value));
    return true;
  }

  string_t name_;  ///< Of the member of the outermost object that is being read.
  int depth_ = 0;
  bool in_array_ = false;  ///< That member is an array.
};

/// A record's value, whatever its kind.
std::optional<std::string> senml_value(const json& record) {
  for (const char* name : {"v", "vs", "vb", "vd"}) {
    if (const auto it = record.find(name); it != record.end()) return print(*it);
  }
  return std::nullopt;
}

std::optional<std::string> find_in_pack(const json& pack, std::string_view property) {
  for (const auto& record : pack) {
    if (!record.is_object()) continue;
    const auto name = record.find("n");
    if (name != record.end() && name->is_string() && name->get_ref<const std::string&>() == property) {
      return senml_value(record);
    }
  }
  return std::nullopt;
}

/// The few forms of CBOR that SenML packs are made of (RFC 8428 section 6): arrays and maps of integers,
/// numbers, texts.
struct cbor_cursor {
  byte_reader in;

  std::uint64_t argument(std::uint8_t low) {
    if (low < 24) return low;
    if (low == 24) return in.u8();
    if (low == 25) return in.u16();
    if (low == 26) return in.u32();
    const std::uint64_t high = in.u32();
    return high << 32U | in.u32();
  }
};

double half_to_double(std::uint16_t half) {
  const int exponent = half >> 10U & 0x1F;
  const double mantissa = half & 0x3FF;
  double value = 0;
  if (exponent == 0)
    value = std::ldexp(mantissa, -24);
  else if (exponent != 31)
    value = std::ldexp(mantissa + 1024, exponent - 25);
  return (half & 0x8000U) != 0 ? -value : value;
}

/// One scalar as JSON; `discarded` for anything else.
json read_scalar(cbor_cursor& c) {
  const auto first = c.in.u8();
  const auto major = first >> 5U;
  const auto low = static_cast<std::uint8_t>(first & 0x1FU);
  if (major == 7) {
    if (low == 20 || low == 21) return low == 21;
    if (low == 25) return half_to_double(c.in.u16());
    if (low == 26) return static_cast<double>(std::bit_cast<float>(c.in.u32()));
    if (low == 27) return std::bit_cast<double>(c.argument(27));
    return json(json::value_t::discarded);
  }
  const auto argument = c.argument(low);
  if (major == 0) return argument;
  if (major == 1) return -1 - static_cast<std::int64_t>(argument);
  if (major == 3) return std::string{as_text(c.in.take(argument))};
  if (major == 4 && argument == 2) {  // a decimal fraction's two numbers, behind its tag
    const json exponent = read_scalar(c);
    const json mantissa = read_scalar(c);
    if (!exponent.is_number() || !mantissa.is_number()) return json(json::value_t::discarded);
    return mantissa.get<double>() * std::pow(10.0, exponent.get<double>());
  }
  if (major == 6 && argument == 4 && c.in.ok()) return read_scalar(c);
  return json(json::value_t::discarded);
}

/// SenML labels in CBOR: n = 0, v = 2, vs = 3, vb = 4.
std::optional<std::string> find_in_cbor(bytes_view reading, std::string_view property) {
  cbor_cursor c{byte_reader{reading}};
  const auto head = c.in.u8();
  if (head >> 5U != 4) return std::nullopt;
  const auto records = c.argument(head & 0x1FU);
  for (std::uint64_t i = 0; i < records && i < senml_records_max && c.in.ok(); ++i) {
    const auto map = c.in.u8();
    if (map >> 5U != 5) return std::nullopt;
    const auto pairs = c.argument(map & 0x1FU);
    json name;
    json value;
    for (std::uint64_t k = 0; k < pairs && c.in.ok(); ++k) {
      const json label = read_scalar(c);
      json item = read_scalar(c);
      if (label.is_discarded() || item.is_discarded()) return std::nullopt;
      if (!label.is_number_integer()) continue;
      const auto number = label.get<std::int64_t>();
      if (number == 0)
        name = std::move(item);
      else if (number >= 2 && number <= 4)
        value = std::move(item);
    }
    if (!c.in.ok()) return std::nullopt;
    if (name.is_string() && name.get_ref<const std::string&>() == property && !value.is_null())
      return print(value);
  }
  return std::nullopt;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (find_invalid_utf8(as_bytes(text))) {
    out += print(json(std::string{text}));
    return;
  }
  out += '"';
  for (const char c : text) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (octet < 0x20) {
      out += "\\u00";
      out += digits[octet >> 4U];
      out += digits[octet & 0xFU];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_json_member(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty() && out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
  append_json_string(out, value);
}

void append_json_member(std::string& out, std::string_view name, std::int64_t value) {
  if (!out.empty() && out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
  out += std::to_string(value);
}

void append_json_raw(std::string& out, std::string_view name, bytes_view raw) {
  if (!out.empty() && out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
  const auto text = as_text(raw);
  const bool is_json = !text.empty() && is_shallow(text) && json::accept(text.begin(), text.end());
  if (!is_json) return append_json_string(out, text);
  for (const char c : text)
    out += c == '\n' || c == '\r' ? ' ' : c;  // white space in JSON, but a line end in a stream
}

std::optional<description_facts> read_description(std::string_view text) {
  description_reader reader;
  const bool whole = json::sax_parse(text.begin(), text.end(), &reader);
  if (!whole || !reader.is_object) return std::nullopt;
  return std::move(reader.facts);
}

std::optional<std::string> find_reading(bytes_view reading, std::string_view property) {
  if (!reading.empty() && (std::to_integer<unsigned>(reading[0]) >> 5U) == 4)
    return find_in_cbor(reading, property);
  const json parsed = parse(reading);
  if (parsed.is_array()) return find_in_pack(parsed, property);
  if (!parsed.is_object()) return std::nullopt;
  const auto it = parsed.find(property);
  return it == parsed.end() ? std::nullopt : std::optional{print(*it)};
}

std::string find_text(bytes_view object, std::string_view name) {
  const json parsed = parse(object);
  if (!parsed.is_object()) return {};
  const auto it = parsed.find(name);
  if (it == parsed.end()) return {};
  return it->is_string() ? it->get<std::string>() : print(*it);
}

}  // namespace wanwu::target
