// One WebSocket connection as a server sees it: the upgrade, then data frames that must be binary.
#pragma once

#include <memory>
#include <string_view>

#include "protocols/websocket/frame_reader.hpp"
#include "protocols/websocket/http_head.hpp"

namespace wanwu::websocket {

/// Carries one subprotocol as a stream: neither frames nor messages mean anything to it [MQTT-6.0.0-2].
class server {
 public:
  /// Upgrades whoever offers this subprotocol, to any path. `subprotocol` has static storage.
  explicit server(std::string_view subprotocol)
      : subprotocol_{subprotocol}, head_{std::make_unique<head_reader>()} {}

  /// Appends what was carried to `carried`, and to `answers` what must be sent before anything else is. False
  /// = the connection has ended: send the answers, close it, and receive no more.
  bool receive(bytes_view from_client, byte_writer& carried, byte_writer& answers);

  /// Upgraded and not ended: data may be sent.
  bool is_open() const noexcept { return now_ == state::open; }
  /// Appends `carried` as a binary frame.
  static void send(bytes_view carried, byte_writer& out) {
    put_frame(out, opcode::binary, carried, std::nullopt);
  }
  /// We end it in order: appends the Close frame after which the connection is closed.
  void end(byte_writer& out);

 private:
  enum class state : std::uint8_t { asked, open, ended };
  bool upgrade(byte_writer& answers);
  bool take(const piece& one, byte_writer& answers);
  bool fail(close_code why, byte_writer& answers);

  std::string_view subprotocol_;
  std::unique_ptr<head_reader> head_;  ///< Until the upgrade.
  frame_reader frames_{side::client};
  state now_ = state::asked;
};

}  // namespace wanwu::websocket
