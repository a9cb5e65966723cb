// What a protocol's packets and fields are called: all that the language of suites knows of a protocol.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wanwu::conform {

/// The words of one protocol. Static storage.
class vocabulary {
 public:
  virtual ~vocabulary() = default;
  /// "CONNECT", "CONNACK", ...
  virtual std::span<const std::string_view> packets() const = 0;
  /// Names that `where` and `save` may use, in the order of their slots. Special ones (flags, size, reasons,
  /// user_properties, ...) included.
  virtual std::span<const std::string_view> field_names() const = 0;
  /// What `set` may give this field of this packet: nothing (there is no such field), a number, or a text.
  enum class form : std::uint8_t { none, number, text };
  virtual form form_of(std::string_view packet, std::string_view field) const = 0;
  /// All that `set` may name in this packet, for "did you mean".
  virtual std::vector<std::string_view> settable(std::string_view packet) const = 0;
  /// Why this may not stand there: the number does not fit on the wire, or the version has no such field.
  /// "" = it may.
  virtual std::string refuse(std::string_view packet, std::string_view field, std::uint64_t number,
                             std::uint8_t version) const = 0;
  /// Names of `corrupt`; the form of each as in form_of().
  virtual std::span<const std::string_view> corruptions() const = 0;
  virtual form corruption_form(std::string_view name) const = 0;
  /// What CONNACK announces, with the standard's defaults, for `applies`. Order of their slots.
  struct announcement {
    std::string_view name;
    bool has_default;
    std::int64_t otherwise;
  };
  virtual std::span<const announcement> announcements() const = 0;
};

/// The answer to a WebSocket's request to upgrade, as a packet that only the target sends, and its fields:
/// the HTTP status, and the subprotocol it names (null when none).
inline constexpr std::string_view upgrade_packet = "UPGRADE";
inline constexpr std::string_view upgrade_fields[] = {"status", "subprotocol"};

const vocabulary& mqtt_vocabulary();

}  // namespace wanwu::conform
