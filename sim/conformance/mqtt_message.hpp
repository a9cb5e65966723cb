// An MQTT packet as the expressions of a suite see it.
#pragma once

#include <deque>

#include "protocols/mqtt/decode.hpp"
#include "sim/conformance/dialect.hpp"

namespace wanwu::conform {

class mqtt_message final : public message {
 public:
  /// Decoded strictly; what cannot be is a message without fields.
  mqtt_message(bytes raw, mqtt::version level, mqtt::role sender);

  std::string_view packet() const override;
  bytes_view raw() const override { return raw_; }
  lang::value field(std::size_t index) const override;
  bool readable() const override { return decoded_.has_value(); }
  std::optional<std::uint8_t> refusal() const override;
  std::string describe() const override;

  /// nullptr when the strict decoder refused it; then `fault()` says why.
  const mqtt::packet* decoded() const noexcept { return decoded_ ? &*decoded_ : nullptr; }
  const wire_error* fault() const noexcept { return decoded_ ? nullptr : &decoded_.error(); }
  mqtt::version level() const noexcept { return level_; }
  mqtt::packet_type type() const noexcept;

 private:
  lang::value special(std::string_view name) const;
  lang::value keep(std::string text) const {
    return lang::value::of(std::string_view{texts_.emplace_back(std::move(text))});
  }

  bytes raw_;
  mqtt::version level_;
  wire_result<mqtt::packet> decoded_;
  mutable std::deque<std::string> texts_;  ///< Of fields that are no view into the bytes.
};

}  // namespace wanwu::conform
