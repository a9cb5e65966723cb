// Taking, counting, folding.
#include "sim/sink_driver.hpp"

#include <algorithm>
#include <cstring>

#include "sim/limits.hpp"
#include "sim/random.hpp"

namespace wanwu::sim {

namespace {

std::uint64_t folded(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

/// 64 bits of some bytes, after the bits before: multiplied and folded sixteen bytes a step, as wyhash does.
/// No cryptography: it tells runs apart that are not the same, not runs that somebody wants to look the same.
std::uint64_t fold_bytes(bytes_view raw, std::uint64_t before) noexcept {
  const auto word = [](const std::byte* at, std::size_t size) {
    std::uint64_t out = 0;
    std::memcpy(&out, at, size);
    return out;
  };
  std::uint64_t state = before ^ (raw.size() * 0x9e3779b97f4a7c15ULL);
  const std::byte* at = raw.data();
  std::size_t left = raw.size();
  for (; left >= 16; left -= 16, at += 16)
    state = folded(word(at, 8) ^ 0xa0761d6478bd642fULL, word(at + 8, 8) ^ state);
  if (left >= 8) {
    state = folded(word(at, 8) ^ 0xe7037ed1a0b428dbULL, state);
    at += 8;
    left -= 8;
  }
  return left == 0 ? state : folded(word(at, left) ^ 0x8ebc6af09c88c6e3ULL, state);
}

}  // namespace

sink_driver::sink_driver(protocol via, time_point started, driver_client& client)
    : via_{via}, started_{started}, client_{client} {}

void sink_driver::prepare(std::uint32_t /*count*/) {
  changes_.reserve(limits::batch_max);
}

void sink_driver::open(std::span<const connection_id> which, std::span<const time_point>, time_point now) {
  opened_.insert(opened_.end(), which.begin(), which.end());
  changed_at_ = now;
}

void sink_driver::close(std::span<const connection_id> which, closing, time_point now) {
  closed_.insert(closed_.end(), which.begin(), which.end());
  changed_at_ = now;
}

/// Everything is taken when it was due: that the clock moves in steps is the world's own affair.
void sink_driver::start(std::span<const intent> intents, time_point /*now*/) {
  for (const intent& one : intents) {
    const std::size_t size = one.address.size() + one.payload.size();
    const auto due = static_cast<std::uint64_t>((one.intended_at - started_).count());
    const std::uint64_t who =
        static_cast<std::uint64_t>(one.thing) << 8U | static_cast<std::uint64_t>(one.shape->op);
    taken_.digest +=
        scramble(fold_bytes(one.payload, fold_bytes(as_bytes(one.address), who)) ^ scramble(due));
    taken_.bytes += size;
    observations_.push_back({one.intended_at, one.intended_at, one.intended_at, one.thing,
                             static_cast<std::uint32_t>(size), 0, one.shape->population, 0, one.shape->op,
                             via_, outcome::ok});
  }
  taken_.messages += intents.size();
  totals_.messages_out += intents.size();
  totals_.bytes_out = taken_.bytes;
}

/// Not from inside start(): whoever hears of an observation may want to send something.
void sink_driver::advance(time_point now) {
  if (!observations_.empty()) client_.record(observations_);
  observations_.clear();
  if (!opened_.empty() || !closed_.empty()) tell(now);
}

void sink_driver::tell(time_point now) {
  const auto pass_on = [&](std::vector<connection_id>& which, connection_state is) {
    for (std::size_t i = 0; i < which.size(); i += limits::batch_max) {
      const std::size_t end = std::min(which.size(), i + limits::batch_max);
      changes_.clear();
      for (std::size_t k = i; k < end; ++k) changes_.push_back({now, which[k], is, outcome::ok, 0});
      client_.changed(changes_);
    }
    which = {};
  };
  const auto up = static_cast<std::uint32_t>(opened_.size()),
             down = static_cast<std::uint32_t>(closed_.size());
  totals_.connections_up += up;
  totals_.connections_up -= std::min(down, totals_.connections_up);
  pass_on(opened_, connection_state::up);
  pass_on(closed_, connection_state::down);
}

std::optional<time_point> sink_driver::next_deadline() const {
  return opened_.empty() && closed_.empty() ? std::nullopt : std::optional{changed_at_};
}

}  // namespace wanwu::sim
