// The fifteen MQTT packets as plain aggregates. Texts and bytes are views: into the input when decoded, into
// the caller's storage when encoded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocols/core/bytes.hpp"
#include "protocols/mqtt/packet_type.hpp"
#include "protocols/mqtt/properties.hpp"
#include "protocols/mqtt/reason_code.hpp"

namespace wanwu::mqtt {

inline bool same_bytes(bytes_view a, bytes_view b) noexcept {
  return as_text(a) == as_text(b);
}

struct will {
  qos level{};
  bool retain{};
  property_view properties{};
  std::string_view topic{};
  bytes_view payload{};

  friend bool operator==(const will& a, const will& b) noexcept {
    return a.level == b.level && a.retain == b.retain && a.properties == b.properties && a.topic == b.topic &&
           same_bytes(a.payload, b.payload);
  }
};

struct connect {
  std::string_view protocol_name = "MQTT";
  version level = version::v5;
  bool clean_start{};          ///< Clean Session in 3.1.1.
  std::uint16_t keep_alive{};  ///< Seconds; 0 = off.
  property_view properties{};
  std::string_view client_id{};
  std::optional<mqtt::will> last_will{};
  std::optional<std::string_view> user{};
  std::optional<bytes_view> password{};  ///< Never printed.

  friend bool operator==(const connect& a, const connect& b) noexcept {
    return a.protocol_name == b.protocol_name && a.level == b.level && a.clean_start == b.clean_start &&
           a.keep_alive == b.keep_alive && a.properties == b.properties && a.client_id == b.client_id &&
           a.last_will == b.last_will && a.user == b.user &&
           a.password.has_value() == b.password.has_value() &&
           (!a.password || same_bytes(*a.password, *b.password));
  }
};

struct connack {
  bool session_present{};
  std::uint8_t reason{};  ///< reason_code in 5.0, return_code in 3.1.1.
  property_view properties{};

  friend bool operator==(const connack&, const connack&) = default;
};

struct publish {
  bool duplicate{};
  qos level{};
  bool retain{};
  std::uint16_t packet_id{};  ///< 0 at QoS 0, where the wire has none.
  std::string_view topic{};   ///< Empty when a topic alias stands for it.
  property_view properties{};
  bytes_view payload{};

  friend bool operator==(const publish& a, const publish& b) noexcept {
    return a.duplicate == b.duplicate && a.level == b.level && a.retain == b.retain &&
           a.packet_id == b.packet_id && a.topic == b.topic && a.properties == b.properties &&
           same_bytes(a.payload, b.payload);
  }
};

/// PUBACK, PUBREC, PUBREL and PUBCOMP: one shape, told apart by `type`.
struct ack {
  packet_type type = packet_type::puback;
  std::uint16_t packet_id{};
  std::uint8_t reason{};
  property_view properties{};

  friend bool operator==(const ack&, const ack&) = default;
};

/// One entry of a SUBSCRIBE (with options) or UNSUBSCRIBE (options 0).
struct filter_entry {
  std::string_view filter{};
  std::uint8_t options{};

  qos level() const noexcept { return static_cast<qos>(options & 3U); }
  bool no_local() const noexcept { return (options & 4U) != 0; }
  bool retain_as_published() const noexcept { return (options & 8U) != 0; }
  unsigned retain_handling() const noexcept { return options >> 4U & 3U; }
};

/// The entries of a SUBSCRIBE or UNSUBSCRIBE as they stand on the wire. Holds a view only; iteration stops
/// at the first incomplete entry, so it is safe on bytes nobody checked.
class filter_list {
 public:
  class iterator {
   public:
    iterator(bytes_view rest, bool with_options) noexcept : rest_{rest}, with_options_{with_options} {
      step();
    }
    const filter_entry& operator*() const noexcept { return current_; }
    const filter_entry* operator->() const noexcept { return &current_; }
    iterator& operator++() noexcept {
      step();
      return *this;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept {
      return a.done_ == b.done_ && (a.done_ || a.rest_.size() == b.rest_.size());
    }

   private:
    void step() noexcept;
    bytes_view rest_;
    filter_entry current_;
    bool with_options_{};
    bool done_{};
  };

  filter_list() = default;
  filter_list(bytes_view encoded, bool with_options) noexcept
      : encoded_{encoded}, with_options_{with_options} {}
  iterator begin() const noexcept { return {encoded_, with_options_}; }
  iterator end() const noexcept { return {{}, with_options_}; }
  bytes_view encoded() const noexcept { return encoded_; }
  std::size_t size() const noexcept;

  friend bool operator==(const filter_list& a, const filter_list& b) noexcept {
    return a.with_options_ == b.with_options_ && same_bytes(a.encoded_, b.encoded_);
  }

 private:
  bytes_view encoded_;
  bool with_options_{};
};

/// Append one entry in the form filter_list reads. Texts longer than 65535 bytes are cut to that.
void put_filter(byte_writer& out, std::string_view filter);
void put_filter(byte_writer& out, std::string_view filter, std::uint8_t options);

struct subscribe {
  std::uint16_t packet_id{};
  property_view properties{};
  filter_list filters{};

  friend bool operator==(const subscribe&, const subscribe&) = default;
};

struct unsubscribe {
  std::uint16_t packet_id{};
  property_view properties{};
  filter_list filters{};

  friend bool operator==(const unsubscribe&, const unsubscribe&) = default;
};

struct suback {
  std::uint16_t packet_id{};
  property_view properties{};
  bytes_view reasons{};  ///< One byte for each filter, in the order of the request.

  friend bool operator==(const suback& a, const suback& b) noexcept {
    return a.packet_id == b.packet_id && a.properties == b.properties && same_bytes(a.reasons, b.reasons);
  }
};

struct unsuback {
  std::uint16_t packet_id{};
  property_view properties{};
  bytes_view reasons{};  ///< Empty in 3.1.1.

  friend bool operator==(const unsuback& a, const unsuback& b) noexcept {
    return a.packet_id == b.packet_id && a.properties == b.properties && same_bytes(a.reasons, b.reasons);
  }
};

struct pingreq {
  friend bool operator==(const pingreq&, const pingreq&) = default;
};

struct pingresp {
  friend bool operator==(const pingresp&, const pingresp&) = default;
};

struct disconnect {
  std::uint8_t reason{};  ///< 0 in 3.1.1.
  property_view properties{};

  friend bool operator==(const disconnect&, const disconnect&) = default;
};

/// 5.0 only.
struct auth {
  std::uint8_t reason{};
  property_view properties{};

  friend bool operator==(const auth&, const auth&) = default;
};

using packet = std::variant<connect, connack, publish, ack, subscribe, suback, unsubscribe, unsuback, pingreq,
                            pingresp, disconnect, auth>;

packet_type type_of(const packet& what) noexcept;

/// One line for people: type, fields by name, properties, payload by its first bytes. Never a password or
/// authentication data. Control characters are escaped, long values are cut.
std::string describe(const packet& what);

}  // namespace wanwu::mqtt
