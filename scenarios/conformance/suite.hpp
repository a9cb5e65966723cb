// A conformance suite, read and checked: what the runner plays. Everything a file can get wrong has been said
// by the loader; what remains are names to look up in slots and bytes to make.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "protocols/core/time.hpp"
#include "scenarios/conformance/byte_pattern.hpp"
#include "scenarios/language/expression.hpp"
#include "scenarios/language/slots.hpp"
#include "scenarios/language/template.hpp"

namespace wanwu::conform {

enum class level : std::uint8_t { must, should, may };
enum class link_kind : std::uint8_t { mqtt_raw, mqtt };
enum class link_carrier : std::uint8_t { tcp, websocket };

/// A length of time: fixed, or an expression over saved values that gives one.
struct duration_text {
  duration fixed{};
  std::optional<lang::expression> computed;
};

/// A value as `set:` gives it.
struct repeated_text {
  lang::text_template unit;
  lang::expression times;
};
/// monostate: `~`, the field is left away, default included.
using setting_value = std::variant<std::monostate, std::uint64_t, lang::expression, lang::text_template,
                                   byte_pattern, repeated_text>;
/// One assignment, in the file's order; a list in the file has become several of the same name.
struct setting {
  std::string name;
  setting_value value;
  lang::source_mark mark;
};

struct byte_edit_text {
  std::uint32_t at{}, remove{};
  byte_pattern insert;
};

/// What `corrupt:` asks for.
struct corruption_text {
  std::vector<setting> fields;  ///< fixed_flags, ..., properties, tail, cut_at, body_cut.
  std::vector<byte_edit_text> edits;
  bool empty() const noexcept { return fields.empty() && edits.empty(); }
};

/// A packet that is to be sent, or injected.
struct message_text {
  std::string packet;  ///< "CONNECT", a parameter's value included; "" when `raw` says all.
  std::vector<setting> set;
  corruption_text wrong;
  std::optional<byte_pattern> raw;
};

struct saved_value {
  std::uint16_t slot{};
  lang::expression what;
};

/// A packet that is to be recognised. "" = any.
struct packet_pattern {
  std::string packet;
  std::optional<lang::expression> where;
  std::string where_text;  ///< As written, for reports.
};

struct condition;
using condition_ptr = std::shared_ptr<const condition>;

enum class codes_rule : std::uint8_t { none, listed, any };

/// One demand of a `verify`.
struct condition {
  enum class kind : std::uint8_t { packet, bytes, closed, quiet, one_of, all_of } what{};
  std::uint16_t role{};                 ///< Index into suite::roles.
  packet_pattern pattern;               ///< packet
  std::optional<byte_pattern> bytes;    ///< bytes
  std::optional<duration_text> quiet;   ///< quiet
  std::vector<condition_ptr> options;   ///< one_of, all_of
  codes_rule codes{};                   ///< closed
  std::vector<std::uint8_t> code_list;  ///< closed
  std::vector<packet_pattern> without;  ///< closed
  bool has_without = false;
  std::optional<duration_text> within;      ///< Latest; none: T_answer.
  std::optional<duration_text> not_before;  ///< First number of `between`.
  std::uint32_t times_min = 1, times_max = 1;
  std::optional<packet_pattern> until;
  std::vector<packet_pattern> ignore;
  std::vector<saved_value> save;
  condition_ptr then;
  level force = level::must;
  lang::source_mark mark;
  std::string text;  ///< The condition in one line, for reports.
};

/// What the bytes of a stimulus travel in, on a link over WebSocket.
struct framing_text {
  enum class kind : std::uint8_t {
    binary,
    text,
    fragments,  ///< One binary message in several frames.
    ping,
    close
  } what{};
  std::uint32_t split = 0;  ///< Bytes a frame; 0 = all in one.
};

enum class closing_manner : std::uint8_t { clean, abrupt };

/// One step of a case.
struct step {
  enum class kind : std::uint8_t { open, close, stimulus, verify, probe, wait } what{};
  std::uint16_t role{};
  bool connects{};                        ///< open: CONNECT follows.
  message_text message;                   ///< open: of CONNECT; stimulus; probe (empty: the protocol's own).
  std::optional<lang::expression> times;  ///< stimulus
  closing_manner how{};                   ///< close
  lang::text_template subprotocol;        ///< open, over WebSocket: "" = nothing is offered.
  framing_text framing;                   ///< stimulus, over WebSocket
  condition_ptr
      expect;  ///< open: of CONNACK; stimulus: may be null; verify; probe: null = the protocol's own.
  std::vector<saved_value> save_sent;  ///< stimulus: of the packet sent.
  std::optional<duration_text> pause;  ///< wait
  lang::source_mark mark;
  std::string text;  ///< The step in one line, for reports.
};

/// Which packet of the target an edit is about.
struct edit_selector {
  bool closing = false;  ///< The close, not a packet.
  packet_pattern pattern;
  std::uint32_t nth = 1;  ///< 0 = each.
};

/// An edit of what comes from the target.
struct edit {
  enum class kind : std::uint8_t {
    drop,
    change,
    corrupt,
    replace,
    inject,
    repeat,
    swap,
    delay,
    hide,
    close
  } what{};
  enum class place : std::uint8_t { none, before, after, at_step } where{};
  std::uint16_t role{};
  edit_selector which;  ///< drop change corrupt replace repeat swap delay; inject, close: before/after what.
  edit_selector other;  ///< swap
  std::vector<setting> set;           ///< change
  corruption_text wrong;              ///< corrupt
  message_text message;               ///< inject
  std::optional<byte_pattern> bytes;  ///< replace
  duration_text by;                   ///< delay
  std::uint32_t at_step =
      0;  ///< inject, close: index into the body, from 1; 0 = the first verify on that link.
  lang::source_mark mark;
  std::string text;
};

/// One case, or one row of one.
struct test_case {
  std::string id;      ///< With "/row" when it has rows.
  std::string family;  ///< The id as written.
  std::string group, objective;
  std::vector<std::string>
      clauses;  ///< Full ids, "MQTT-3.1.0-2"; the spec is the suite's (see clause_specs).
  std::vector<std::string> clause_specs;  ///< Beside each: key in suite::specs, "MQTT5".
  level force = level::must;
  bool timing = false, exclusive = false;
  std::optional<lang::expression> applies;
  std::string applies_text;
  std::string needs;
  /// Names of this case's expressions. Its constants are the row's parameters and the timers.
  std::shared_ptr<const lang::slot_table> names;
  /// Parameters that hold ${unique}: evaluated into their slots, in order, before anything else of the case.
  std::vector<saved_value> computed;
  std::vector<step> preamble, body, postamble;
  std::vector<edit> mutants, benign;
  std::vector<std::uint16_t> roles_used;
  lang::source_mark mark;
};

struct role_spec {
  std::string name;
  link_kind link{};
  std::uint8_t version = 5;  ///< MQTT: 4 or 5.
  link_carrier over{};
};

/// A clause of a specification, from its requirements file.
struct clause_row {
  std::string id, section, subject, text;
  level force = level::must;
  bool testable = true;
};
struct spec_entry {
  std::string key, title, link;
  std::vector<clause_row> clauses;                            ///< Empty without `requirements`.
  std::vector<std::pair<std::string, std::string>> left_out;  ///< id, reason: uncovered.csv.
};

struct suite {
  std::string id, title, status, path;
  std::vector<std::string> editors;
  std::vector<spec_entry> specs;
  std::vector<std::pair<std::string, duration>> timers;  ///< T_answer, T_quiet, T_settle are always there.
  std::vector<role_spec> roles;
  std::vector<test_case> cases;  ///< In the file's order.
  bool shipped = false;
  std::shared_ptr<lang::source_set> sources;

  duration timer(std::string_view name) const noexcept;  ///< 0 when there is none.
  std::string_view spec_of(
      std::string_view clause) const noexcept;  ///< Its key; "" = no specification here has it.
};

/// Slots that every case's names have, after slot_table{false}, in this order: then the packet's fields in
/// the order of field_names(), then announcements, fixtures and capabilities, then what the case adds.
inline constexpr std::string_view fixed_names[] = {"unique", "profile", "n", "elapsed", "packet"};
/// What is known of the target (announcements, fixtures, capabilities) has its slot under this prefix,
/// "target.receive_maximum", since a packet's field may have the same name. A null slot = not known.
inline constexpr std::string_view target_prefix = "target.";
/// Names that a suite may ask of the target file.
inline constexpr std::string_view fixture_names[] = {"deny_topic",       "auth_method",        "user",
                                                     "server_reference", "persistent_restart", "websocket",
                                                     "retained_max",     "in_flight_max"};
/// Characters of `unique`. The loader counts the lengths of packets with it.
inline constexpr std::size_t unique_size = 10;

struct waiver {
  std::string case_id, because, issue, until;  ///< until: "2027-01-31", the last day it holds.
  lang::source_mark mark;
};

}  // namespace wanwu::conform
