#include "protocols/coap/exchange.hpp"

#include <cstring>

namespace wanwu::coap {

void exchange::keep(bytes_view raw) {
  length = static_cast<std::uint16_t>(raw.size());
  if (raw.size() <= small_bytes) {
    std::memcpy(small.data(), raw.data(), raw.size());
  } else {
    need_bodies().datagram.assign(raw.begin(), raw.end());
  }
}

token token_book::make(const place& p) const noexcept {
  const auto plain = static_cast<std::uint64_t>(p.what) << 47U | std::uint64_t{p.slot} << 24U |
                     (p.generation & generation_mask);
  const auto masked = plain ^ secret_;
  std::array<std::byte, 6> raw{};
  for (std::size_t i = 0; i < raw.size(); ++i)
    raw[i] = static_cast<std::byte>(masked >> 8U * (5 - i) & 0xFFU);
  return token{raw};
}

std::optional<token_book::place> token_book::find(const token& t) const noexcept {
  if (t.size() != 6) return std::nullopt;
  std::uint64_t masked = 0;
  for (const auto b : t.view()) masked = masked << 8U | std::to_integer<std::uint64_t>(b);
  const auto plain = masked ^ secret_;
  return place{static_cast<kind>(plain >> 47U), static_cast<std::uint32_t>(plain >> 24U) & (slots_max - 1),
               static_cast<std::uint32_t>(plain) & generation_mask};
}

std::optional<std::uint32_t> exchange_pool::acquire() {
  if (in_use_ == exchanges_max_) return std::nullopt;
  if (first_free_ == no_index) {
    const auto start = capacity();
    if (start + chunk_size > token_book::slots_max) return std::nullopt;
    chunks_.push_back(std::make_unique<exchange[]>(chunk_size));
    for (std::uint32_t i = chunk_size; i > 0; --i) {
      chunks_.back()[i - 1].next = first_free_;
      first_free_ = start + i - 1;
    }
  }
  const auto slot = first_free_;
  auto& x = (*this)[slot];
  first_free_ = x.next;
  ++in_use_;
  x.generation = (x.generation + 1) & token_book::generation_mask;
  x.next = x.previous = no_index;
  x.watch = no_index;
  x.bytes_sent = x.bytes_received = 0;
  x.sent_again = 0;
  return slot;
}

void exchange_pool::release(std::uint32_t slot) noexcept {
  auto& x = (*this)[slot];
  x.now = exchange::stage::unused;
  x.bodies.reset();
  x.next = first_free_;
  first_free_ = slot;
  --in_use_;
}

exchange* exchange_pool::find(std::uint32_t slot, std::uint32_t generation) noexcept {
  if (slot >= capacity()) return nullptr;
  auto& x = (*this)[slot];
  return x.now != exchange::stage::unused && x.generation == generation ? &x : nullptr;
}

}  // namespace wanwu::coap
