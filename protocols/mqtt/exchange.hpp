// What a session must remember about packets that await an answer. All sessions of a driver share one pool,
// so an idle session owns nothing and an exchange costs no allocation.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "protocols/core/bytes.hpp"
#include "protocols/core/pages.hpp"

namespace wanwu::mqtt {

/// One packet that awaits an answer, or its turn. 32 bytes.
struct exchange {
  enum class stage : std::uint8_t {
    queued,  ///< Not sent: the target's Receive Maximum is used up.
    awaits_puback,
    awaits_pubrec,
    awaits_pubcomp,
    awaits_suback,
    awaits_unsuback,
    received,  ///< The target's QoS 2 message, delivered; its PUBREL is to come.
  };
  std::unique_ptr<std::byte[]> packet;  ///< Encoded PUBLISH, where it may have to be sent (again).
  std::uint32_t packet_size{};
  std::uint32_t token{};
  std::uint32_t next{};
  std::uint16_t packet_id{};
  stage now{};

  bytes_view encoded() const noexcept { return {packet.get(), packet_size}; }
  void keep(bytes_view raw) {
    packet = std::make_unique_for_overwrite<std::byte[]>(raw.size());
    packet_size = static_cast<std::uint32_t>(raw.size());
    std::copy(raw.begin(), raw.end(), packet.get());
  }
  void forget_packet() noexcept {
    packet.reset();
    packet_size = 0;
  }
};

inline constexpr std::uint32_t no_exchange = std::numeric_limits<std::uint32_t>::max();

/// Exchanges by number. References live until the next take().
class exchange_pool {
 public:
  /// Room for so many at once; beyond it there is an allocation now and then.
  void reserve(std::size_t count) { rows_.reserve(count); }
  std::uint32_t take() {
    ++taken_;
    if (free_ == no_exchange) {
      rows_.emplace_back();
      return static_cast<std::uint32_t>(rows_.size() - 1);
    }
    const auto at = free_;
    free_ = rows_[at].next;
    return at;
  }
  void give_back(std::uint32_t at) noexcept {
    rows_[at].forget_packet();
    rows_[at].next = free_;
    free_ = at;
    --taken_;
  }
  /// When none is taken, what many have filled goes back to the kernel. Else nothing happens.
  void give_back_room() {
    if (taken_ != 0 || rows_.size() <= kept_rows) return;
    give_back_pages(rows_);
    free_ = no_exchange;
  }
  /// Made since the room was given back, taken or not any more.
  std::size_t row_count() const noexcept { return rows_.size(); }
  exchange& operator[](std::uint32_t at) noexcept { return rows_[at]; }
  const exchange& operator[](std::uint32_t at) const noexcept { return rows_[at]; }

 private:
  static constexpr std::size_t kept_rows = 256;  ///< Not worth a system call.

  std::vector<exchange> rows_;
  std::uint32_t free_ = no_exchange;
  std::uint32_t taken_ = 0;
};

/// Exchanges of one session in the order they began. 8 bytes; the rows live in the pool.
class exchange_list {
 public:
  bool empty() const noexcept { return head_ == no_exchange; }
  std::uint32_t head() const noexcept { return head_; }

  std::uint32_t append(exchange_pool& pool) {
    const auto at = pool.take();
    pool[at].next = no_exchange;
    (empty() ? head_ : pool[tail_].next) = at;
    tail_ = at;
    return at;
  }
  /// Takes out the first that `wanted` holds for, and returns it (not given back); no_exchange when there is
  /// none.
  template <class Predicate>
  std::uint32_t take_out(exchange_pool& pool, Predicate wanted) {
    auto before = no_exchange;
    for (auto at = head_; at != no_exchange; before = at, at = pool[at].next) {
      if (!wanted(pool[at])) continue;
      (before == no_exchange ? head_ : pool[before].next) = pool[at].next;
      if (tail_ == at) tail_ = before;
      return at;
    }
    return no_exchange;
  }
  template <class Predicate>
  std::uint32_t find(const exchange_pool& pool, Predicate wanted) const {
    auto at = head_;
    while (at != no_exchange && !wanted(pool[at])) at = pool[at].next;
    return at;
  }

 private:
  std::uint32_t head_ = no_exchange;
  std::uint32_t tail_ = no_exchange;
};

}  // namespace wanwu::mqtt
