// A target file, read and checked: where the target is, how each operation looks on each protocol, what is
// allowed.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "protocols/core/observation.hpp"
#include "scenarios/language/document.hpp"

namespace wanwu::lang {

/// A string with ${} for compile_text(); `mark` is its first character.
struct template_source {
  std::string text;
  source_mark mark;
  bool empty() const noexcept { return text.empty(); }
};

/// A secret never stands in a file: this says where to find it. The value is read by resolve_secret() only.
struct secret_source {
  enum class origin : std::uint8_t { none, env, file } from = origin::none;
  std::string name;                     ///< Of the environment variable or the file.
  std::optional<std::string> fallback;  ///< `default:`, env only.
  source_mark mark;
  bool given() const noexcept { return from != origin::none; }
};
/// The secret, or nothing when the variable is unset or the file cannot be read (<= 64 kB, one trailing
/// newline cut).
std::optional<std::string> resolve_secret(const secret_source& secret);

struct url {
  std::string scheme, host;  ///< Host without brackets.
  std::uint16_t port = 0;    ///< Written or the scheme's own.
  std::string path;          ///< "" or "/...", without query.
  bool given() const noexcept { return !scheme.empty(); }
};
/// mqtt://, ws://, coap://, http:// (and their TLS forms, which check_endpoint refuses for now).
std::optional<url> parse_url(std::string_view text);
std::string to_text(const url& u);

struct mqtt_endpoint_spec {
  url at;
  source_mark mark;
  int version = 5;  ///< 4 = 3.1.1, 5 = 5.0.
  template_source client_id;
  duration keep_alive = std::chrono::seconds{60};
  bool clean_start = true;
  duration session_expiry{};
  template_source user;  ///< "" = none.
  secret_source password;
  std::optional<url> websocket;  ///< Where it speaks MQTT over WebSocket too.
};

struct coap_endpoint_spec {
  url at;
  source_mark mark;
  std::uint32_t block = 0;  ///< Block size in bytes: 16 32 ... 1024; 0 = whatever fits.
};

struct http_endpoint_spec {
  url at;
  source_mark mark;
  secret_source bearer;
  template_source user;
  secret_source password;
  duration keep_alive{};   ///< How long an idle connection is kept; 0 = the driver's own.
  std::uint32_t pool = 0;  ///< Connections; 0 = the driver's own.
};

/// How a field is taken out of a message that came in.
struct extraction {
  enum class from : std::uint8_t {
    none,
    payload,
    topic_level,
    response_topic,
    correlation_data
  } source = from::none;
  std::uint32_t level = 0;  ///< topic_level: from 0.
  std::string json_path;    ///< payload: "$", "$.id", "$.items[*].id".
  source_mark mark;
  bool given() const noexcept { return source != from::none; }
};

/// What a message carries.
struct payload_source {
  enum class kind : std::uint8_t { own, body, none } what = kind::own;  ///< own = the population's payload.
  std::shared_ptr<const node> body;  ///< For compile_body(); also that of the format named.
  std::string content;               ///< Media type; "" = by the payload's kind.
};

/// One operation on one protocol: what is sent and what counts as good.
struct message_form {
  protocol via{};
  source_mark mark;
  template_source publish;  ///< mqtt: topic.
  std::uint8_t qos = 0;
  bool retain = false;
  std::string method;                                            ///< coap, http.
  template_source path;                                          ///< coap, http: with query.
  bool confirmable = true;                                       ///< coap.
  std::vector<std::pair<std::string, template_source>> headers;  ///< http.
  payload_source payload;
  std::vector<std::uint16_t> expect;  ///< HTTP status or CoAP code byte; empty = the success class.
  duration within = std::chrono::seconds{30};
  extraction value;  ///< read: where the property's value stands in the answer.
  extraction corr;   ///< command: where the answer gives the correlation id.
};

/// How a thing hears a command and answers, on one protocol.
struct command_hearing {
  protocol via{};
  source_mark mark;
  template_source subscribe;       ///< mqtt: topic filter.
  std::uint8_t qos = 1;            ///< mqtt
  template_source observe;         ///< coap: path.
  template_source poll;            ///< http: path.
  duration every{};                ///< http: between polls.
  extraction action, corr, input;  ///< input: "$" when not given.
  std::optional<message_form> ack;
  /// Topic of the ack when the message named no response topic and `ack.publish` uses it; "" = no ack then.
  template_source ack_fallback;
};

/// How we know that telemetry came out on the other side, on one protocol.
struct arrival {
  protocol via{};
  source_mark mark;
  template_source subscribe;  ///< mqtt: a filter over all things.
  template_source observe;    ///< coap: a path, per thing of the sample.
  template_source stream;     ///< http: path of an event stream.
  extraction id;              ///< Which thing; none on MQTT = by the topic that telemetry.publish gives.
  extraction time;            ///< When the target had it.
};

/// By protocol (index = static_cast<size_t>(protocol)).
template <class T>
using per_protocol = std::array<std::optional<T>, 3>;

struct operations {
  per_protocol<message_form> register_, unregister, telemetry, event, read, command, search, trace,
      notification;
  per_protocol<command_hearing> hearing;
  per_protocol<arrival> arrived;
};

/// An address range of limits.allow.
struct cidr {
  std::array<std::uint8_t, 16> address{};  ///< IPv4 in the first four bytes.
  std::uint8_t prefix = 0;
  bool v6 = false;
};
std::optional<cidr> parse_cidr(std::string_view text);

struct limits_spec {
  std::vector<cidr> allow;        ///< Empty = loopback only (127.0.0.0/8 and ::1).
  std::uint64_t connections = 0;  ///< 0 = no limit.
  double rate_per_s = 0;          ///< 0 = no limit.
  std::string consent_by, consent_until;
};
/// May the program talk to this address (4 or 16 bytes)? Ask for every address before the first packet.
bool allows(const limits_spec& limits, std::span<const std::uint8_t> address) noexcept;

/// A program and its arguments: no shell reads them. ${port}, ${wanwu} and vars may stand inside.
using command_line = std::vector<template_source>;

/// How the target is started and stopped. Run only when the user says so.
struct hooks_spec {
  command_line start, stop, restart;
  bool any() const noexcept { return !start.empty() || !stop.empty() || !restart.empty(); }
};

/// One configuration of the target. What it leaves open is the target's own.
struct profile_spec {
  std::string name, title;
  hooks_spec hooks;
  template_source mqtt;       ///< URL; "" = the endpoint's.
  template_source websocket;  ///< URL; "" = the endpoint's when `mqtt` is, else none.
  template_source user;       ///< "" = the endpoint's.
  secret_source password;
  std::shared_ptr<const node> capabilities;  ///< A map, or null: on top of the target's.
  source_mark mark;
};

struct target_file {
  std::string name, title, path;
  std::vector<std::pair<std::string, std::string>> vars;  ///< Resolved; secrets are not vars.
  std::optional<mqtt_endpoint_spec> mqtt;
  std::optional<coap_endpoint_spec> coap;
  std::optional<http_endpoint_spec> http;
  operations ops;
  std::shared_ptr<const node> capabilities;  ///< A map, or null.
  limits_spec limits;
  hooks_spec hooks;
  std::vector<profile_spec> profiles;

  bool has(protocol p) const noexcept;
  const url* url_of(protocol p) const noexcept;  ///< nullptr when it has no such endpoint.
};

/// What a hook's words and a profile's URL may name beside vars.
struct hook_values {
  std::string port;                 ///< A free one; "" where none was chosen.
  std::string wanwu;                ///< Path of this program.
  std::string websocket_port = {};  ///< Another free one.
};
/// The words with their ${} filled in.
std::vector<std::string> filled(const command_line& words, const target_file& of, const hook_values& with);
/// Where a profile of this target listens; nothing when that is no allowed MQTT address.
std::optional<url> mqtt_of(const profile_spec& profile, const target_file& of, const hook_values& with);
/// Where it speaks MQTT over WebSocket; nothing when it names no such place, or one that is not allowed.
std::optional<url> websocket_of(const profile_spec& profile, const target_file& of, const hook_values& with);

}  // namespace wanwu::lang
