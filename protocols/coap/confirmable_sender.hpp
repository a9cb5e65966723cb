// Confirmable messages on their way to peers: kept, sent again with back-off, given up. RFC 7252 §4.2.
// For a server's separate responses and CON notifications.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "protocols/coap/backoff.hpp"
#include "protocols/coap/block.hpp"
#include "protocols/coap/deadline_wheel.hpp"
#include "protocols/coap/message.hpp"

namespace wanwu::coap {

/// Owns copies of what is outstanding. The first transmission is the owner's: hand the bytes over and send
/// them.
class confirmable_sender {
 public:
  confirmable_sender(transmission_parameters parameters, std::uint64_t seed, std::size_t outstanding_max)
      : parameters_{parameters}, chance_{seed}, outstanding_max_{outstanding_max} {}

  /// Keeps `datagram` (a CON with that id, just sent). `tag` is the owner's. False when outstanding_max is
  /// reached or the pair is taken: nothing is kept, send it NON instead.
  bool add(peer_key peer, message_id id, bytes_view datagram, std::uint64_t tag, time_point now);
  /// ACK or RST came for it: its tag; nothing when it matches nothing (ignore it).
  std::optional<std::uint64_t> finish(peer_key peer, message_id id);
  /// How many messages to `peer` are outstanding: NSTART is the owner's to keep.
  std::size_t outstanding(peer_key peer) const;

  struct due {
    peer_key peer{};
    message_id id{};
    std::uint64_t tag{};
    bytes_view
        datagram;  ///< To be sent again; empty = given up after MAX_RETRANSMIT. Lives until the next call.
  };
  /// Fills `out` with what is due by `now`.
  void advance(time_point now, std::vector<due>& out);
  std::optional<time_point> next_deadline() const { return wheel_.next_deadline(); }
  std::size_t size() const noexcept { return by_key_.size(); }
  std::uint64_t retransmissions() const noexcept { return retransmissions_; }

 private:
  struct key {
    peer_key peer{};
    message_id id{};
    friend bool operator==(const key&, const key&) = default;
  };
  struct key_hash {
    std::size_t operator()(const key& k) const noexcept;
  };
  struct entry {
    key name;
    std::uint64_t tag{};
    duration timeout{};
    std::uint32_t sent_again{};
    bytes datagram;
  };
  void release(std::uint32_t slot);

  transmission_parameters parameters_;
  chance chance_;
  std::size_t outstanding_max_;
  std::vector<entry> entries_;
  std::vector<std::uint32_t> free_, fired_;
  std::unordered_map<key, std::uint32_t, key_hash> by_key_;
  std::unordered_map<std::uint64_t, std::uint32_t> per_peer_;
  deadline_wheel wheel_;
  std::uint64_t retransmissions_ = 0;
};

}  // namespace wanwu::coap
