// Packet conversations with the target's core in virtual time, written as lines of bytes.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "sim/target/target_core.hpp"

namespace wanwu::target {

/// Settings under which CONNACK announces nothing, so that conversations stay short.
inline target_settings plain_settings() {
  target_settings s;
  s.mqtt.receive_maximum = 65535;
  s.mqtt.topic_alias_maximum = 0;
  s.mqtt.maximum_packet = 268'435'460;
  return s;
}

/// Plays a script, one line a step:
///   A> 10: s'MQTT' 04 02 00 3c s'a'   A sends (and opens its connection with its first line)
///   A< 20: 00 00                      A hears exactly this next
///   A-                                A has heard nothing more, and is still connected
///   A!                                A has heard nothing more, and was disconnected
///   A.                                A breaks its connection
///   wait 1500ms                       virtual time passes
/// Bytes are hex pairs, 'text', s'text' with its length in two bytes, and "xx:" for a fixed header whose
/// remaining length is counted. " # " begins a comment.
class conversation {
 public:
  explicit conversation(const target_settings& settings = plain_settings());

  /// "" when all went as written, else the line and what was heard instead.
  std::string play(std::string_view script);
  target_totals totals() const { return core_.totals(); }

 private:
  struct line_of {
    peer_id peer{};
    std::uint32_t life{};
    bool open = false;
    bool closed_by_target = false;
    bytes heard;
  };

  std::string step(std::string_view line);
  void collect();
  void pass(duration time);
  line_of& who(char name);

  target_core core_;
  time_point now_{std::chrono::hours{1}};
  std::map<char, line_of> lines_;
};

/// The bytes of a line; see conversation.
bytes wire_bytes(std::string_view text);

}  // namespace wanwu::target
