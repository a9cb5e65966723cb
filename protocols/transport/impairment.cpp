// The chance behind faults of the way, and the queue of a limited rate.

#include "protocols/transport/impairment.hpp"

#include <algorithm>

namespace wanwu {

namespace {

/// What is drawn about one packet, in this order.
enum class draw : std::uint64_t { loss, doubling, overtaking, delay, twin_delay };

constexpr std::uint64_t share_key = stream_of("impairment.share");

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
    out.delay += wandering(fault, draws.unit(draw::delay));
    out.twin_delay += wandering(fault, draws.unit(draw::twin_delay));
  }
  return out;
}

std::optional<time_point> impaired_way::leave(path_state& path, std::uint64_t link, std::size_t size,
                                              time_point now) const noexcept {
  double bytes_per_s = 0;
  for (const impairment& fault : faults_) {
    if (fault.bytes_per_s <= 0 || !fault.acts_at(now) || !hits(fault, link)) continue;
    bytes_per_s = bytes_per_s <= 0 ? fault.bytes_per_s : std::min(bytes_per_s, fault.bytes_per_s);
  }
  if (bytes_per_s <= 0) return now;
  const auto time_of = [&](std::size_t bytes) {
    return duration{static_cast<std::int64_t>(static_cast<double>(bytes) * 1e9 / bytes_per_s)};
  };
  if (path.free_at - now > time_of(queue_bytes_max)) return std::nullopt;
  path.free_at = std::max(path.free_at, now) + time_of(size);
  return path.free_at;
}

datagram_passage impaired_way::pass_datagram(path_state& path, std::uint64_t link, heading to,
                                             std::size_t size, time_point now) const noexcept {
  const packet_fate fate = fate_of(link, to, path.packets++, 0, now);
  if (fate.lost) return {};
  const auto left = leave(path, link, size, now);
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
  out.due = leave(path, link, size, now).value_or(path.free_at);
  packet_fate fate = fate_of(link, to, packet, 0, now);
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
