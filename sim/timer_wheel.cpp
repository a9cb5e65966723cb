// The timing wheel; see the header for the idea.
#include "sim/timer_wheel.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <utility>

#include "protocols/core/pages.hpp"

namespace wanwu::sim {

namespace {

constexpr std::uint32_t horizon = 0xFFFF'FFFE;

constexpr std::size_t byte_of(std::uint32_t tick, std::size_t level) {
  return (tick >> (8 * level)) & 0xFFU;
}

}  // namespace

timer_wheel::timer_wheel(std::uint32_t count, time_point start, duration tick) : start_{start}, tick_{tick} {
  assert(tick.count() > 0);
  is_armed_.resize((std::size_t{count} + 63) / 64);
  // Of each slot one chunk may be partly filled. Only asked for here: what no timer needs is never touched.
  const std::size_t partly = std::min<std::size_t>(count, levels * slots);
  reserve_in_huge_pages(chunks_, count / chunk_entries + partly);
}

duration timer_wheel::tick_for(duration span) {
  std::int64_t tick = 65'536;
  while (span.count() / tick > std::int64_t{0x7FFF'FFFF}) tick *= 2;
  return duration{tick};
}

std::optional<std::size_t> timer_wheel::level::next_occupied(std::size_t from) const {
  for (std::size_t word = from / 64; word < occupied.size(); ++word) {
    std::uint64_t bits = occupied[word];
    if (word == from / 64) bits &= ~std::uint64_t{0} << (from % 64);
    if (bits != 0) return word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
  }
  return std::nullopt;
}

std::uint32_t timer_wheel::tick_of(time_point at) const {
  if (at <= start_) return 0;
  const auto ticks = ((at - start_).count() + tick_.count() - 1) / tick_.count();
  return ticks >= horizon ? horizon : static_cast<std::uint32_t>(ticks);
}

void timer_wheel::arm(std::uint32_t timer, time_point due) {
  assert(!armed(timer));
  is_armed_[timer / 64] |= std::uint64_t{1} << (timer % 64);
  ++armed_;
  insert({timer, tick_of(due)});
}

std::uint32_t timer_wheel::fresh_chunk(std::uint32_t before) {
  std::uint32_t made = free_;
  if (made == no_chunk) {
    made = static_cast<std::uint32_t>(chunks_.size());
    chunks_.emplace_back();
  } else {
    free_ = chunks_[made].before;
  }
  chunks_[made].before = before;
  chunks_[made].count = 0;
  return made;
}

void timer_wheel::insert(entry one) {
  one.due = std::max(one.due, current_);
  const std::uint32_t differing = one.due ^ current_;
  const std::size_t on = differing == 0 ? 0 : static_cast<std::size_t>(std::bit_width(differing) - 1) / 8;
  const std::size_t slot = byte_of(one.due, on);
  level& at = wheel_[on];
  std::uint32_t& newest = at.newest[slot];
  if (newest == no_chunk || chunks_[newest].count == chunk_entries) {
    newest = fresh_chunk(newest);
    at.occupied[slot / 64] |= std::uint64_t{1} << (slot % 64);
  }
  chunk& into = chunks_[newest];
  into.at[into.count++] = one;
}

template <class Take>
void timer_wheel::empty_slot(std::size_t on, std::size_t slot, Take&& take) {
  level& at = wheel_[on];
  std::uint64_t& word = at.occupied[slot / 64];
  const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
  if ((word & bit) == 0) return;
  word &= ~bit;
  std::uint32_t next = std::exchange(at.newest[slot], no_chunk);
  while (next != no_chunk) {
    // A copy, so that the chunk itself can be filled again by what is taken.
    const chunk taken = chunks_[next];
    chunks_[next].before = free_;
    free_ = next;
    next = taken.before;
    if (next != no_chunk) {
      for (std::size_t line = 0; line < sizeof(chunk); line += 64)
        __builtin_prefetch(reinterpret_cast<const std::byte*>(&chunks_[next]) + line);
    }
    for (std::uint32_t i = 0; i < taken.count; ++i) take(taken.at[i]);
  }
}

void timer_wheel::move_to(std::uint32_t tick) {
  current_ = tick;
  for (std::size_t on = levels - 1; on > 0; --on) {
    empty_slot(on, byte_of(current_, on), [this](const entry& one) { insert(one); });
  }
}

std::optional<std::uint32_t> timer_wheel::next_tick() const {
  for (std::size_t on = 0; on < levels; ++on) {
    const std::size_t from = byte_of(current_, on) + (on == 0 ? 0 : 1);
    if (from >= slots) continue;
    const auto slot = wheel_[on].next_occupied(from);
    if (!slot) continue;
    const std::uint32_t above = on + 1 == levels ? 0 : current_ >> (8 * (on + 1)) << (8 * (on + 1));
    return above | static_cast<std::uint32_t>(*slot) << (8 * on);
  }
  return std::nullopt;
}

std::size_t timer_wheel::pop_due(time_point now, std::vector<std::uint32_t>& out, std::size_t enough) {
  if (now < start_) return 0;
  const auto whole = (now - start_).count() / tick_.count();
  const std::uint32_t last = whole >= horizon ? horizon : static_cast<std::uint32_t>(whole);
  const std::size_t before = out.size();
  while (current_ <= last && out.size() - before < enough) {
    const auto next = next_tick();
    if (!next || *next > last) break;
    if (*next != current_) move_to(*next);
    const std::size_t batch = out.size();
    empty_slot(0, byte_of(current_, 0), [&](const entry& one) {
      is_armed_[one.timer / 64] &= ~(std::uint64_t{1} << (one.timer % 64));
      out.push_back(one.timer);
    });
    std::sort(out.begin() + static_cast<std::ptrdiff_t>(batch), out.end());
    move_to(current_ + 1);
  }
  if (current_ <= last && out.size() - before < enough) move_to(last + 1);
  armed_ -= out.size() - before;
  return out.size() - before;
}

void timer_wheel::give_back_room() {
  if (armed_ != 0 || chunks_.size() <= kept_chunks) return;
  give_back_pages(chunks_);
  free_ = no_chunk;
}

std::optional<time_point> timer_wheel::next_due() const {
  const auto tick = next_tick();
  if (!tick) return std::nullopt;
  return start_ + tick_ * static_cast<std::int64_t>(*tick);
}

}  // namespace wanwu::sim
