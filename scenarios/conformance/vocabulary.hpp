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
  /// May `set` name this field of this packet?
  virtual bool can_set(std::string_view packet, std::string_view field) const = 0;
  /// Names of `corrupt`.
  virtual std::span<const std::string_view> corruptions() const = 0;
  /// What CONNACK announces, with the standard's defaults, for `applies`. Order of their slots.
  struct announcement {
    std::string_view name;
    bool has_default;
    std::int64_t otherwise;
  };
  virtual std::span<const announcement> announcements() const = 0;
};

const vocabulary& mqtt_vocabulary();

}  // namespace wanwu::conform
