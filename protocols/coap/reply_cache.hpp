// Deduplication for a receiver of requests: each message once, each duplicate the same reply. RFC 7252 §4.5.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "protocols/coap/block.hpp"
#include "protocols/coap/message.hpp"
#include "protocols/core/time.hpp"

namespace wanwu::coap {

/// Bounded in entries and in bytes of stored replies; the oldest go first. Nothing allocates per message once
/// the tables have grown. One shard, one thread.
class reply_cache {
 public:
  struct limits {
    std::uint32_t entries_max = 1U << 16U;          ///< A power of two, at most 2^30.
    std::size_t reply_bytes_max = 4U << 20U;        ///< Of all stored replies together.
    duration lifetime = std::chrono::seconds{247};  ///< EXCHANGE_LIFETIME. RFC 7252 §4.8.2.
  };
  reply_cache() : reply_cache(limits{}) {}
  explicit reply_cache(limits l);

  enum class verdict : std::uint8_t {
    fresh,    ///< Not seen before: process it. It is remembered from now on.
    pending,  ///< A duplicate of one without a stored reply: ignore it, or acknowledge it again.
    replied,  ///< A duplicate: send `reply` again.
  };
  struct found {
    verdict what{};
    bytes_view reply;  ///< Lives until the next call of a non-const member.
  };
  /// Looks a CON or NON message up, and remembers it if it is fresh.
  found look(peer_key peer, message_id id, time_point now);
  /// Stores what was said to a message that look() called fresh; replaces an earlier reply. Without effect
  /// when the entry has gone.
  void store(peer_key peer, message_id id, bytes_view reply);

  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(tail_ - head_); }

 private:
  struct entry {
    std::uint64_t peer{};
    time_point seen_at;
    std::uint64_t reply_at{};  ///< Position in the endless reply stream; valid while not overwritten.
    std::uint32_t reply_bytes{};
    std::uint16_t id{};
  };
  std::uint32_t slot_of(std::uint64_t peer, std::uint16_t id) const noexcept;
  entry& entry_of(std::uint64_t position) noexcept { return entries_[position & (entries_.size() - 1)]; }
  void forget_oldest() noexcept;
  void grow();
  void insert(std::uint64_t position) noexcept;
  bool is_kept(const entry& e) const noexcept;

  limits limits_;
  std::vector<entry> entries_;  ///< A ring: positions head_..tail_.
  std::vector<std::uint32_t>
      index_;  ///< Open addressing; entry ring slot + 1, 0 = free. Twice the ring's size.
  std::vector<std::byte> replies_;  ///< A ring of bytes.
  std::uint64_t replies_end_ = 0;   ///< Where the next reply goes in the endless stream.
  std::uint64_t head_ = 0, tail_ = 0;
};

}  // namespace wanwu::coap
