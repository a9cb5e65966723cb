// The chance behind faults of the way, and the queue of a limited rate.

#include "protocols/transport/impairment.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace wanwu {

namespace {

/// What is drawn about one packet, in this order.
enum class draw : std::uint64_t { loss, doubling, overtaking, delay, twin_delay, repeating };

constexpr std::uint64_t share_key = stream_of("impairment.share");
constexpr std::uint64_t stroke_key = stream_of("impairment.stroke");
constexpr std::uint64_t garbage_key = stream_of("impairment.garbage");
constexpr std::size_t garbage_bytes = 64;

class packet_draws {
 public:
  packet_draws(std::uint64_t seed, const impairment& fault, std::uint64_t link, heading to,
               std::uint32_t packet, std::uint32_t attempt) noexcept
      : key_{scramble(scramble(seed ^ fault.key) +
                      (link * 2 + static_cast<std::uint64_t>(to)) * golden_step)} {
    key_ = scramble(key_ + ((std::uint64_t{attempt} << 32U) | packet) * golden_step);
  }
  double unit(draw what) const noexcept {
    return unit_of(scramble(key_ + static_cast<std::uint64_t>(what) * golden_step));
  }

 private:
  std::uint64_t key_;
};

duration wandering(const impairment& fault, double at) noexcept {
  const auto off = static_cast<std::int64_t>((2 * at - 1) * static_cast<double>(fault.jitter.count()));
  return std::max(fault.delay + duration{off}, duration{});
}

/// When `fault` has acted for so long since `from`.
std::optional<time_point> after_acting(const impairment& fault, time_point from, duration length) noexcept {
  for (const time_window& window : fault.when) {
    if (window.end <= from) continue;
    const time_point begin = std::max(window.begin, from);
    if (length < window.end - begin) return begin + length;
    length -= window.end - begin;
  }
  return std::nullopt;
}

std::array<duration, 7> waits_of(const impairment& fault) noexcept {
  return {fault.reset_after,     fault.silent_after, fault.mute_after, fault.garbage_after,
          fault.oversized_after, fault.leave_after,  fault.rival_after};
}

}  // namespace

bool impairment::acts_at(time_point now) const noexcept {
  return std::any_of(when.begin(), when.end(),
                     [&](const time_window& w) { return now >= w.begin && now < w.end; });
}

bool impaired_way::hits(const impairment& fault, std::uint64_t link) const noexcept {
  if (fault.share >= 1) return true;
  const auto key = scramble(seed_ ^ fault.key ^ share_key) + link * golden_step;
  return unit_of(scramble(key)) < fault.share;
}

bool impaired_way::acts_on(std::uint64_t link, time_point now) const noexcept {
  return std::any_of(faults_.begin(), faults_.end(),
                     [&](const impairment& fault) { return fault.acts_at(now) && hits(fault, link); });
}

packet_fate impaired_way::fate_of(std::uint64_t link, heading to, std::uint32_t packet, std::uint32_t attempt,
                                  time_point now) const noexcept {
  packet_fate out;
  for (const impairment& fault : faults_) {
    if (!fault.acts_at(now) || !hits(fault, link)) continue;
    const packet_draws draws{seed_, fault, link, to, packet, attempt};
    out.lost = out.lost || draws.unit(draw::loss) < fault.loss;
    out.doubled = out.doubled || draws.unit(draw::doubling) < fault.duplicate;
    out.overtakes = out.overtakes || draws.unit(draw::overtaking) < fault.reorder;
    out.repeated = out.repeated || draws.unit(draw::repeating) < fault.repeat;
    out.delay += wandering(fault, draws.unit(draw::delay));
    out.twin_delay += wandering(fault, draws.unit(draw::twin_delay));
  }
  return out;
}

std::optional<next_stroke> impaired_way::stroke_after(std::uint64_t link, std::uint32_t life,
                                                      std::uint32_t turn, time_point from) const noexcept {
  std::optional<next_stroke> soonest;
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    const impairment& fault = faults_[i];
    const auto waits = waits_of(fault);
    for (std::size_t kind = 0; kind < waits.size(); ++kind) {
      if (waits[kind].count() <= 0 || !hits(fault, link)) continue;
      const auto key = scramble(scramble(seed_ ^ fault.key ^ (stroke_key + kind)) + link * golden_step);
      const double draw = unit_of(scramble(key + ((std::uint64_t{life} << 32U) | turn) * golden_step));
      const double stretch = -std::log1p(-draw);  // exponential: a link's age says nothing about its end
      const auto wait =
          duration{static_cast<std::int64_t>(stretch * static_cast<double>(waits[kind].count()))};
      const auto at = after_acting(fault, from, wait);
      if (at && (!soonest || *at < soonest->at))
        soonest = next_stroke{*at, static_cast<stroke>(kind), static_cast<std::uint16_t>(i)};
    }
  }
  return soonest;
}

bytes_view impaired_way::words_of(const next_stroke& what, std::uint64_t link, std::uint32_t turn,
                                  bytes& into) const {
  if (what.what == stroke::oversized) return faults_[what.fault].oversized;
  into.clear();
  const auto key = scramble(seed_ ^ garbage_key) + (link << 20U | turn) * golden_step;
  // No protocol begins a message with 0: MQTT has no packet of type 0, CoAP no version 0, HTTP no control
  // characters. So whoever looks at the first byte knows.
  into.push_back(std::byte{0});
  for (std::uint64_t i = 1; i < garbage_bytes; ++i)
    into.push_back(static_cast<std::byte>(scramble(key + i) & 0xFFU));
  return into;
}

double impaired_way::reading_rate(std::uint64_t link, time_point now) const noexcept {
  double slowest = 0;
  for (const impairment& fault : faults_) {
    if (fault.read_bytes_per_s <= 0 || !fault.acts_at(now) || !hits(fault, link)) continue;
    slowest = slowest <= 0 ? fault.read_bytes_per_s : std::min(slowest, fault.read_bytes_per_s);
  }
  return slowest;
}

bool impaired_way::reads_slowly(std::uint64_t link) const noexcept {
  return std::any_of(faults_.begin(), faults_.end(), [&](const impairment& fault) {
    return fault.read_bytes_per_s > 0 && hits(fault, link);
  });
}

std::optional<time_point> impaired_way::leave(path_state& path, std::uint64_t link, heading to,
                                              std::size_t size, time_point now) const noexcept {
  double bytes_per_s = to == heading::in ? reading_rate(link, now) : 0;
  for (const impairment& fault : faults_) {
    if (fault.bytes_per_s <= 0 || !fault.acts_at(now) || !hits(fault, link)) continue;
    bytes_per_s = bytes_per_s <= 0 ? fault.bytes_per_s : std::min(bytes_per_s, fault.bytes_per_s);
  }
  if (bytes_per_s <= 0) return now;
  const auto time_of = [&](std::size_t size_of) {
    return duration{static_cast<std::int64_t>(static_cast<double>(size_of) * 1e9 / bytes_per_s)};
  };
  if (path.free_at - now > time_of(queue_bytes_max)) return std::nullopt;
  path.free_at = std::max(path.free_at, now) + time_of(size);
  return path.free_at;
}

datagram_passage impaired_way::pass_datagram(path_state& path, std::uint64_t link, heading to,
                                             std::size_t size, time_point now) const noexcept {
  const packet_fate fate = fate_of(link, to, path.packets++, 0, now);
  if (fate.lost) return {};
  const auto left = leave(path, link, to, size, now);
  if (!left) return {};
  datagram_passage out;
  out.copies = fate.doubled ? 2 : 1;
  out.due[0] = fate.overtakes ? *left : *left + fate.delay;
  out.due[1] = *left + fate.twin_delay;
  return out;
}

std::size_t impaired_way::segment_of(const path_state& path, std::size_t size, time_point now) noexcept {
  const std::size_t into = path.burst_at == now ? path.burst_bytes % segment_bytes : 0;
  return std::min(size, segment_bytes - into);
}

stream_passage impaired_way::pass_segment(path_state& path, std::uint64_t link, heading to, std::size_t size,
                                          time_point now, duration first_wait) const noexcept {
  // Two writes of one instant and one write of both are the same packets: how many messages a driver hands
  // over at once depends on its other connections.
  if (path.burst_at != now) {
    path.packets += static_cast<std::uint32_t>((path.burst_bytes + segment_bytes - 1) / segment_bytes);
    path.burst_at = now;
    path.burst_bytes = 0;
  }
  const auto packet = path.packets + static_cast<std::uint32_t>(path.burst_bytes / segment_bytes);
  path.burst_bytes += static_cast<std::uint32_t>(size);
  stream_passage out;
  out.due = leave(path, link, to, size, now).value_or(path.free_at);
  packet_fate fate = fate_of(link, to, packet, 0, now);
  out.repeated = fate.repeated;
  duration wait = first_wait + 2 * fate.delay;
  for (std::uint32_t attempt = 1; fate.lost && !out.broken; ++attempt) {
    out.due += wait;
    wait = std::min(wait * 2, resend_after_max);
    out.broken = attempt > resends_max;
    fate = fate_of(link, to, packet, attempt, out.due);
  }
  if (!out.broken) out.due += fate.delay;
  path.last_due = out.due = std::max(out.due, path.last_due);
  return out;
}

}  // namespace wanwu
