// Observe: which notification is newer, and a server's list of who watches what. RFC 7641.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "protocols/coap/block.hpp"
#include "protocols/coap/message.hpp"
#include "protocols/core/time.hpp"

namespace wanwu::coap {

inline constexpr std::uint32_t observe_register = 0;
inline constexpr std::uint32_t observe_cancel = 1;
inline constexpr std::uint32_t observe_value_max = 0xFFFFFF;
inline constexpr std::uint32_t max_age_default = 60;  ///< Seconds. RFC 7252 §5.10.5.

/// Whether a notification is newer than the newest one known (`*_before`): 24-bit serial arithmetic, or more
/// than 128 s apart. RFC 7641 §3.4.
bool is_newer(std::uint32_t value_before, time_point at_before, std::uint32_t value, time_point at) noexcept;

/// One registration.
struct observer {
  peer_key peer{};
  coap::token token{};
  std::uint32_t resource{};  ///< The owner's number of the resource.
  std::uint32_t sequence{};  ///< Observe value of the last notification.
  message_id last_id{};      ///< Id of the last notification, to match a RST [RFC7641-4.5-2].
  std::optional<std::uint32_t> content_format;  ///< Of the first response: later ones must keep it.
  std::optional<std::uint8_t> szx;              ///< Block size asked for at registration [RFC7959-2.6-1].
  time_point confirmable_at;  ///< When a CON was last sent; one is due every 24 h [RFC7641-4.5-5].
};

/// A server's observers, bounded. References live until the next add() or remove.
class observer_registry {
 public:
  explicit observer_registry(std::size_t observers_max) : observers_max_{observers_max} {}

  /// Registers, or replaces what the same peer and token had [RFC7641-4.1-3] keeping its sequence. Nothing
  /// when full: answer without Observe [RFC7641-7-2]. Observe value for the first response: next_sequence().
  observer* add(std::uint32_t resource, peer_key peer, const token& t, time_point now);
  /// False when there was none.
  bool remove(peer_key peer, const token& t);
  /// RST to a notification: forgets the registration whose last_id it names.
  bool remove_by_id(peer_key peer, message_id id);
  /// All of a peer's.
  void remove_peer(peer_key peer);
  observer* find(peer_key peer, const token& t);

  /// Indices into at() of the observers of a resource; lives until the next add() or remove.
  std::span<const std::uint32_t> of_resource(std::uint32_t resource) const;
  observer& at(std::uint32_t index) { return observers_[index]; }
  std::size_t size() const noexcept { return by_key_.size(); }

  /// The next Observe value: strictly newer than the last one, following a clock so that order holds across
  /// cancelling and registering again too [RFC7641-4.4-1, -2, -5].
  static std::uint32_t next_sequence(observer& o, time_point now) noexcept;

 private:
  struct key {
    peer_key peer{};
    coap::token token{};
    friend bool operator==(const key&, const key&) = default;
  };
  struct key_hash {
    std::size_t operator()(const key& k) const noexcept;
  };
  void erase(std::uint32_t index);

  std::size_t observers_max_;
  std::vector<observer> observers_;
  std::vector<std::uint32_t> place_;  ///< Of each observer within its resource's list.
  std::vector<std::uint32_t> free_;
  std::unordered_map<key, std::uint32_t, key_hash> by_key_;
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> by_resource_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_peer_;
};

}  // namespace wanwu::coap
