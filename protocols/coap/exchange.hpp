// Requests under way: a pool of exchanges, found by the token that names their place in it.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "protocols/coap/block.hpp"
#include "protocols/coap/message.hpp"
#include "protocols/core/time.hpp"

namespace wanwu::coap {

inline constexpr std::uint32_t no_index = 0xFFFFFFFFU;

/// What an exchange has besides its one datagram when a body does not fit one message.
struct transfer {
  bytes datagram;         ///< In place of exchange::small when that is too short.
  bytes body;             ///< Request body being sent by Block1.
  coap::block sending{};  ///< The block last sent, when `body` is not empty.
  body_assembly answer;   ///< Response body being received by Block2.
  std::uint32_t next_number = 0;
  bytes etag;  ///< Of the response being received.
  std::uint8_t restarts = 0;
  bool receiving = false;
};

/// One request and what is known of its answer. About 256 bytes; pooled, so nothing is allocated in a steady
/// run but for bodies longer than a block.
struct exchange {
  enum class stage : std::uint8_t {
    unused,
    queued,          ///< Waits for NSTART.
    unacknowledged,  ///< CON sent, neither ACK nor response so far.
    awaiting,        ///< Acknowledged, or NON: only the response is missing.
  };
  static constexpr std::size_t small_bytes = 152;

  time_point sent_at;     ///< First transmission.
  time_point give_up_at;  ///< Then it has timed out.
  duration answer_within{};
  duration timeout{};  ///< Current retransmission timeout.
  std::unique_ptr<transfer> bodies;
  std::uint32_t endpoint{}, next = no_index, previous = no_index;
  std::uint32_t generation{};
  std::uint32_t watch = no_index;  ///< The observation it registers, cancels or completes.
  std::uint32_t bytes_sent{}, bytes_received{};
  message_id id{};
  std::uint16_t length{};  ///< Of the datagram.
  coap::code method{};
  stage now = stage::unused;
  bool confirmable{};
  std::uint8_t sent_again{};
  std::array<std::byte, small_bytes> small;

  bytes_view datagram() const noexcept {
    return {length <= small_bytes ? small.data() : bodies->datagram.data(), length};
  }
  /// Keeps a copy of what is to be sent, and sent again.
  void keep(bytes_view raw);
  transfer& need_bodies() {
    if (!bodies) bodies = std::make_unique<transfer>();
    return *bodies;
  }
};

/// Tokens that are places: kind, slot and how often the slot was used, 6 bytes, masked by a secret so that
/// they cannot be guessed from one another's.
class token_book {
 public:
  static constexpr std::uint32_t slots_max = 1U << 23U;
  static constexpr std::uint32_t generation_mask = 0xFFFFFF;
  enum class kind : std::uint8_t { exchange, watch };
  struct place {
    kind what{};
    std::uint32_t slot{}, generation{};
  };
  explicit token_book(std::uint64_t secret) noexcept : secret_{secret & 0xFFFF'FFFF'FFFFULL} {}
  token make(const place& p) const noexcept;
  /// Nothing for tokens of another length; any 6 bytes are a place, which may not exist.
  std::optional<place> find(const token& t) const noexcept;

 private:
  std::uint64_t secret_;
};

/// Exchanges by slot; addresses stay while the pool lives.
class exchange_pool {
 public:
  explicit exchange_pool(std::uint32_t exchanges_max) : exchanges_max_{exchanges_max} {}
  /// A slot with a fresh generation; nothing when exchanges_max are in use.
  std::optional<std::uint32_t> acquire();
  void release(std::uint32_t slot) noexcept;
  exchange& operator[](std::uint32_t slot) noexcept { return chunks_[slot / chunk_size][slot % chunk_size]; }
  /// The exchange in `slot` if it is in use and of that generation.
  exchange* find(std::uint32_t slot, std::uint32_t generation) noexcept;
  std::uint32_t capacity() const noexcept { return static_cast<std::uint32_t>(chunks_.size() * chunk_size); }
  std::uint32_t in_use() const noexcept { return in_use_; }

 private:
  static constexpr std::uint32_t chunk_size = 256;
  std::uint32_t exchanges_max_;
  std::uint32_t in_use_ = 0, first_free_ = no_index;
  std::vector<std::unique_ptr<exchange[]>> chunks_;
};

}  // namespace wanwu::coap
