// The 27 properties of MQTT 5.0: one table of what each is, a view over encoded ones, and their writer.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocols/core/byte_writer.hpp"
#include "protocols/core/bytes.hpp"
#include "protocols/core/wire_error.hpp"
#include "protocols/mqtt/packet_type.hpp"

namespace wanwu::mqtt {

/// MQTT 5.0 section 2.2.2.2.
enum class property_id : std::uint8_t {
  payload_format_indicator = 0x01,
  message_expiry_interval = 0x02,
  content_type = 0x03,
  response_topic = 0x08,
  correlation_data = 0x09,
  subscription_identifier = 0x0B,
  session_expiry_interval = 0x11,
  assigned_client_identifier = 0x12,
  server_keep_alive = 0x13,
  authentication_method = 0x15,
  authentication_data = 0x16,
  request_problem_information = 0x17,
  will_delay_interval = 0x18,
  request_response_information = 0x19,
  response_information = 0x1A,
  server_reference = 0x1C,
  reason_string = 0x1F,
  receive_maximum = 0x21,
  topic_alias_maximum = 0x22,
  topic_alias = 0x23,
  maximum_qos = 0x24,
  retain_available = 0x25,
  user_property = 0x26,
  maximum_packet_size = 0x27,
  wildcard_subscription_available = 0x28,
  subscription_identifier_available = 0x29,
  shared_subscription_available = 0x2A,
};

enum class property_kind : std::uint8_t { byte, two_byte, four_byte, variable, text, binary, text_pair };

/// Where a property may stand: bit n = packet type n; bit 0 = the will inside a CONNECT.
using property_places = std::uint16_t;
inline constexpr property_places in_will = 1;
constexpr property_places place_of(packet_type type) noexcept {
  return static_cast<property_places>(1U << static_cast<unsigned>(type));
}

/// One row of the table: all that encoder, decoder, scripts and reports know about a property.
struct property_rule {
  property_id id{};
  std::string_view name;  ///< As scripts write it: "topic_alias".
  property_kind kind{};
  property_places places{};
  bool repeats{};         ///< May stand more than once (in a PUBLISH: only when sent by a server).
  std::uint32_t least{};  ///< Smallest value allowed, for the number kinds.
  std::uint32_t most{};   ///< Largest value allowed.
};

/// All 27, by rising identifier.
std::span<const property_rule> property_table() noexcept;
/// The row of an identifier, or of a name; nullptr when there is none.
const property_rule* find_property(std::uint32_t id) noexcept;
const property_rule* find_property(std::string_view name) noexcept;

/// One property as it stands on the wire. Which members count is said by the rule's kind.
struct property {
  const property_rule* rule{};  ///< Never nullptr; static storage.
  std::uint32_t number{};
  bytes_view value;       ///< text and binary; the value of a text_pair. Lives as the encoded bytes do.
  std::string_view name;  ///< The name of a text_pair.
};

/// Encoded properties without their length, seen one by one. Empty for 3.1.1. Holds a view only.
/// Iteration stops at the first byte that is no property, so it is safe on bytes nobody checked.
class property_view {
 public:
  class iterator {
   public:
    explicit iterator(bytes_view rest) noexcept : rest_{rest} { step(); }
    const property& operator*() const noexcept { return current_; }
    const property* operator->() const noexcept { return &current_; }
    iterator& operator++() noexcept {
      step();
      return *this;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept {
      return a.current_.rule == b.current_.rule &&
             (a.current_.rule == nullptr || a.rest_.size() == b.rest_.size());
    }

   private:
    void step() noexcept;
    bytes_view rest_;
    property current_;
  };

  property_view() = default;
  explicit property_view(bytes_view encoded) noexcept : encoded_{encoded} {}

  iterator begin() const noexcept { return iterator{encoded_}; }
  iterator end() const noexcept { return iterator{{}}; }
  bytes_view encoded() const noexcept { return encoded_; }
  bool empty() const noexcept { return encoded_.empty(); }

  /// The first property of that identifier.
  std::optional<property> find(property_id id) const noexcept;
  std::optional<std::uint32_t> number(property_id id) const noexcept;
  std::optional<std::string_view> text(property_id id) const noexcept;
  std::optional<bytes_view> binary(property_id id) const noexcept;

  /// Equal bytes, order included.
  friend bool operator==(const property_view& a, const property_view& b) noexcept {
    return as_text(a.encoded_) == as_text(b.encoded_);
  }

 private:
  bytes_view encoded_;
};

/// Append one encoded property. Nothing is checked: wrong values are written as asked.
/// `value` is cut to the width of the property's kind; texts longer than 65535 bytes are cut to that.
void put_property(byte_writer& out, property_id id, std::uint32_t value);
void put_property(byte_writer& out, property_id id, bytes_view value);
inline void put_property(byte_writer& out, property_id id, std::string_view value) {
  put_property(out, id, as_bytes(value));
}
void put_user_property(byte_writer& out, std::string_view name, std::string_view value);

/// Whether encoded properties may stand at `place` in a packet from `sender`: identifiers known and allowed,
/// none doubled, every value complete and in range. `base` is added to offsets of errors.
wire_result<property_view> check_properties(bytes_view encoded, property_places place, role sender,
                                            std::size_t base);

}  // namespace wanwu::mqtt
