// The upgrade from HTTP/1.1 to WebSocket.
#include "protocols/websocket/handshake.hpp"

#include <array>
#include <charconv>

#include <openssl/evp.h>

#include "protocols/websocket/http_head.hpp"

namespace wanwu::websocket {

namespace {

constexpr std::string_view accept_salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view http_version = "HTTP/1.1";
constexpr std::size_t nonce_bytes = 16, key_characters = 24;

std::string base64(bytes_view raw) {
  std::string out((raw.size() + 2) / 3 * 4, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                  reinterpret_cast<const unsigned char*>(raw.data()), static_cast<int>(raw.size()));
  return out;
}

/// Section 4.2.1 point 5: sixteen bytes in base64.
bool is_key(std::string_view text) {
  if (text.size() != key_characters || !text.ends_with("==")) return false;
  std::array<unsigned char, nonce_bytes + 2> raw{};
  return EVP_DecodeBlock(raw.data(), reinterpret_cast<const unsigned char*>(text.data()),
                         static_cast<int>(text.size())) == static_cast<int>(raw.size());
}

/// Method, target and version of a request line.
std::array<std::string_view, 3> words_of(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return {};
  return {line.substr(0, first), line.substr(first + 1, last - first - 1), line.substr(last + 1)};
}

void put_line(byte_writer& out, std::initializer_list<std::string_view> parts) {
  for (const auto part : parts) out.append(part);
  out.append(std::string_view{"\r\n"});
}

void put_status(byte_writer& out, std::uint16_t status) {
  put_line(out, {http_version, " ", std::to_string(status), " ", http::reason_phrase(status)});
}

std::optional<std::uint16_t> status_of(std::string_view line) {
  if (!line.starts_with("HTTP/1.")) return std::nullopt;
  const auto blank = line.find(' ');
  if (blank != http_version.size() || line.size() < blank + 4) return std::nullopt;
  const auto* const digits = line.data() + blank + 1;
  std::uint16_t out = 0;
  const auto [end, error] = std::from_chars(digits, digits + 3, out);
  const bool ends = line.size() == blank + 4 || line[blank + 4] == ' ';
  if (error != std::errc{} || end != digits + 3 || !ends || out < 100 || out > 599) return std::nullopt;
  return out;
}

}  // namespace

std::string accept_of(std::string_view key) {
  const std::string salted = std::string{key} + std::string{accept_salt};
  std::array<std::byte, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(salted.data(), salted.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha1(),
             nullptr);
  return base64(bytes_view{digest}.first(size));
}

std::string key_of(std::span<const std::byte, 16> nonce) {
  return base64(nonce);
}

void put_upgrade_request(byte_writer& out, const upgrade_request& wanted) {
  put_line(out, {"GET ", wanted.target, " ", http_version});
  put_line(out, {"Host: ", wanted.host});
  put_line(out, {"Upgrade: websocket"});
  put_line(out, {"Connection: Upgrade"});
  put_line(out, {"Sec-WebSocket-Key: ", wanted.key});
  put_line(out, {"Sec-WebSocket-Version: 13"});
  if (!wanted.subprotocols.empty()) {
    std::string offered;
    for (const auto& each : wanted.subprotocols) offered += (offered.empty() ? "" : ", ") + each;
    put_line(out, {"Sec-WebSocket-Protocol: ", offered});
  }
  put_line(out, {});
}

tl::expected<upgrade_request, std::uint16_t> read_upgrade_request(std::string_view head) {
  constexpr std::uint16_t bad = 400, wrong_method = 405, upgrade_first = 426, wrong_version = 505;
  const auto read = parse_head(head);
  if (!read) return tl::unexpected{bad};
  const auto [method, target, version] = words_of(read->start);
  if (!http::is_request_target(target) || !version.starts_with("HTTP/")) return tl::unexpected{bad};
  if (version != http_version) return tl::unexpected{wrong_version};
  if (method != "GET") return tl::unexpected{wrong_method};
  if (!read->lists("Upgrade", "websocket") || !read->lists("Connection", "Upgrade"))
    return tl::unexpected{upgrade_first};
  if (read->field("Sec-WebSocket-Version") != "13") return tl::unexpected{upgrade_first};
  const auto host = read->field("Host");
  const auto key = read->field("Sec-WebSocket-Key");
  if (!host || !key || !is_key(*key)) return tl::unexpected{bad};
  upgrade_request out{std::string{*host}, std::string{target}, std::string{*key}, {}};
  for (const auto each : read->items("Sec-WebSocket-Protocol")) out.subprotocols.emplace_back(each);
  return out;
}

void put_upgrade_answer(byte_writer& out, std::string_view key, std::string_view subprotocol) {
  put_status(out, 101);
  put_line(out, {"Upgrade: websocket"});
  put_line(out, {"Connection: Upgrade"});
  put_line(out, {"Sec-WebSocket-Accept: ", accept_of(key)});
  if (!subprotocol.empty()) put_line(out, {"Sec-WebSocket-Protocol: ", subprotocol});
  put_line(out, {});
}

void put_refusal(byte_writer& out, std::uint16_t status) {
  put_status(out, status);
  if (status == 405) put_line(out, {"Allow: GET"});
  if (status == 426) {
    put_line(out, {"Upgrade: websocket"});
    put_line(out, {"Sec-WebSocket-Version: 13"});
  }
  put_line(out, {"Connection: close"});
  put_line(out, {"Content-Length: 0"});
  put_line(out, {});
}

wire_result<upgrade_answer> read_upgrade_answer(std::string_view head, std::optional<std::string_view> key) {
  const auto refuse = [](wire_errc code, std::string_view clause) {
    return tl::unexpected{wire_error{code, 0, clause}};
  };
  const auto read = parse_head(head);
  if (!read) return refuse(wire_errc::malformed, "RFC9112-5");
  const auto status = status_of(read->start);
  if (!status) return refuse(wire_errc::malformed, "RFC9112-4");
  upgrade_answer out{*status, {}};
  if (const auto named = read->field("Sec-WebSocket-Protocol")) out.subprotocol = std::string{*named};
  if (*status != 101 || !key) return out;
  const bool agrees = read->lists("Upgrade", "websocket") && read->lists("Connection", "Upgrade") &&
                      read->field("Sec-WebSocket-Accept") == accept_of(*key) &&
                      !read->field("Sec-WebSocket-Extensions");
  if (!agrees) return refuse(wire_errc::protocol_error, "RFC6455-4.2.2");
  return out;
}

}  // namespace wanwu::websocket
