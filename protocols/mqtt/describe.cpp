// Packets as one line of text each, for logs and reports.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "protocols/core/hex.hpp"
#include "protocols/mqtt/packet.hpp"

namespace wanwu::mqtt {

namespace {

constexpr std::size_t shown_max = 48;  // characters of one value

/// Text as it may be printed: quoted, control characters escaped, cut.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, shown_max)) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet >= 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", octet);
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + (text.size() > shown_max ? "\"..." : "\"");
}

bool is_printable(bytes_view raw) {
  for (const auto octet : raw) {
    const auto value = std::to_integer<unsigned>(octet);
    if (value < 0x20 || value >= 0x7F) return false;
  }
  return true;
}

std::string shown(bytes_view raw) {
  if (raw.empty() || is_printable(raw)) return quoted(as_text(raw));
  const auto kept = std::min<std::size_t>(raw.size(), shown_max / 3);
  return fmt::format("<{}{}>", to_hex(raw.first(kept)), kept < raw.size() ? " ..." : "");
}

void put_properties(std::string& out, const property_view& all, std::string_view prefix = "") {
  for (const auto& each : all) {
    auto to = std::back_inserter(out);
    fmt::format_to(to, " {}{}=", each.rule->name.starts_with(prefix) ? "" : prefix, each.rule->name);
    switch (each.rule->kind) {
      case property_kind::text:
        out += quoted(as_text(each.value));
        break;
      case property_kind::text_pair:
        fmt::format_to(to, "{}:{}", quoted(each.name), quoted(as_text(each.value)));
        break;
      case property_kind::binary:
        if (each.rule->id == property_id::authentication_data) {
          fmt::format_to(to, "<{} bytes hidden>", each.value.size());
        } else {
          out += shown(each.value);
        }
        break;
      default:
        fmt::format_to(to, "{}", each.number);
        break;
    }
  }
}

void put_reason(std::string& out, std::uint8_t code) {
  fmt::format_to(std::back_inserter(out), " reason=0x{:02x}", code);
}

void put_reasons(std::string& out, bytes_view codes) {
  fmt::format_to(std::back_inserter(out), " reasons=[{}]", to_hex(codes));
}

struct fields_printer {
  std::string& out;

  void id(std::uint16_t value) const { fmt::format_to(std::back_inserter(out), " packet_id={}", value); }
  void operator()(const connect& p) const {
    fmt::format_to(std::back_inserter(out), " protocol={}/{} client_id={} clean_start={} keep_alive={}",
                   quoted(p.protocol_name), static_cast<unsigned>(p.level), quoted(p.client_id),
                   p.clean_start, p.keep_alive);
    if (p.user) fmt::format_to(std::back_inserter(out), " user={}", quoted(*p.user));
    if (p.password) out += " password=<hidden>";
    put_properties(out, p.properties);
    if (!p.last_will) return;
    const auto& w = *p.last_will;
    fmt::format_to(std::back_inserter(out), " will_topic={} will_qos={} will_retain={} will_payload={}({})",
                   quoted(w.topic), static_cast<unsigned>(w.level), w.retain, shown(w.payload),
                   w.payload.size());
    put_properties(out, w.properties, "will_");
  }
  void operator()(const connack& p) const {
    fmt::format_to(std::back_inserter(out), " session_present={}", p.session_present);
    put_reason(out, p.reason);
    put_properties(out, p.properties);
  }
  void operator()(const publish& p) const {
    fmt::format_to(std::back_inserter(out), " topic={} qos={}", quoted(p.topic),
                   static_cast<unsigned>(p.level));
    if (p.level != qos::at_most_once) id(p.packet_id);
    if (p.duplicate) out += " dup";
    if (p.retain) out += " retain";
    put_properties(out, p.properties);
    fmt::format_to(std::back_inserter(out), " payload={}({})", shown(p.payload), p.payload.size());
  }
  void operator()(const ack& p) const {
    id(p.packet_id);
    put_reason(out, p.reason);
    put_properties(out, p.properties);
  }
  void operator()(const subscribe& p) const {
    id(p.packet_id);
    put_properties(out, p.properties);
    for (const auto& each : p.filters) {
      fmt::format_to(std::back_inserter(out), " filter={}:0x{:02x}", quoted(each.filter), each.options);
    }
  }
  void operator()(const unsubscribe& p) const {
    id(p.packet_id);
    put_properties(out, p.properties);
    for (const auto& each : p.filters)
      fmt::format_to(std::back_inserter(out), " filter={}", quoted(each.filter));
  }
  void operator()(const suback& p) const {
    id(p.packet_id);
    put_properties(out, p.properties);
    put_reasons(out, p.reasons);
  }
  void operator()(const unsuback& p) const {
    id(p.packet_id);
    put_properties(out, p.properties);
    put_reasons(out, p.reasons);
  }
  void operator()(const pingreq&) const {}
  void operator()(const pingresp&) const {}
  void operator()(const disconnect& p) const {
    put_reason(out, p.reason);
    put_properties(out, p.properties);
  }
  void operator()(const auth& p) const {
    put_reason(out, p.reason);
    put_properties(out, p.properties);
  }
};

}  // namespace

std::string describe(const packet& what) {
  std::string out{name_of(type_of(what))};
  std::visit(fields_printer{out}, what);
  return out;
}

}  // namespace wanwu::mqtt
