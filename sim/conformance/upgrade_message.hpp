// The answer to a WebSocket's request to upgrade, as the expressions of a suite see it: UPGRADE.
#pragma once

#include "protocols/websocket/handshake.hpp"
#include "sim/conformance/dialect.hpp"

namespace wanwu::conform {

class upgrade_message final : public message {
 public:
  /// The head of an HTTP response. Whether it fits the request is the carrier's to say.
  explicit upgrade_message(bytes raw);

  std::string_view packet() const override { return upgrade_packet; }
  bytes_view raw() const override { return raw_; }
  lang::value field(std::size_t index) const override;
  bool readable() const override { return answer_.has_value(); }
  std::optional<std::uint8_t> refusal() const override { return std::nullopt; }
  std::string describe() const override;

 private:
  bytes raw_;
  wire_result<websocket::upgrade_answer> answer_;
};

/// Whether these bytes begin one. No packet of MQTT does: it would be a PUBACK with wrong flags.
bool begins_upgrade(bytes_view raw) noexcept;

/// What a link over WebSocket says and hears: the upgrade, then what `carried` does.
std::unique_ptr<conversation> converse_after_upgrade(std::unique_ptr<conversation> carried);

}  // namespace wanwu::conform
