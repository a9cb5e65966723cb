// One WebSocket connection as a client sees it, that shows what the server does rather than hiding it.
#pragma once

#include <string>
#include <string_view>

#include "protocols/websocket/frame_reader.hpp"
#include "protocols/websocket/handshake.hpp"
#include "protocols/websocket/http_head.hpp"

namespace wanwu::websocket {

class client {
 public:
  enum class state : std::uint8_t {
    idle,
    asking,   ///< The upgrade was asked for and not answered.
    refused,  ///< Answered, and not by agreeing. What still comes is not looked at.
    open,
    ended,  ///< By a Close frame, or because the server broke a rule: see fault().
  };

  /// `seed`: of keys and masks. They are predictable, which matters only where a stranger's script chooses
  /// what is sent (section 10.3).
  explicit client(std::uint64_t seed) noexcept : seed_{seed} {}

  /// A new connection: appends the request. Its `key` is made here.
  void open(upgrade_request wanted, byte_writer& out);
  /// Appends to `carried`: the head of the answer, whole and as it came, then what data frames carry. To
  /// `answers` what must be sent now. After `ended` the answers are sent and the connection is closed.
  state receive(bytes_view from_server, byte_writer& carried, byte_writer& answers);
  /// Appends one frame of any kind, masked.
  void send(opcode code, bytes_view payload, bool is_last, byte_writer& out);
  /// We end it: appends the Close frame.
  void end(byte_writer& out);

  state now() const noexcept { return now_; }
  /// The key of the last request.
  const std::string& key() const noexcept { return key_; }
  /// A sentence about the rule that the server broke; "" = none.
  const std::string& fault() const noexcept { return fault_; }
  /// The clause of MQTT or section of the RFC that it broke; "" = none.
  std::string_view fault_clause() const noexcept { return clause_; }

 private:
  masking_key next_mask() noexcept;
  std::uint64_t next_random() noexcept;
  state answered(byte_writer& carried);
  void take(const piece& one, byte_writer& answers);
  void fail(std::string why, std::string_view clause, close_code code, byte_writer& answers);

  std::uint64_t seed_;
  state now_ = state::idle;
  std::string key_, fault_;
  std::string_view clause_;
  head_reader head_;
  frame_reader frames_{side::server};
};

}  // namespace wanwu::websocket
