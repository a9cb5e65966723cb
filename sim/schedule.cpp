// Schedules, load factors and ramps; see the header.
#include "sim/schedule.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "sim/random.hpp"

namespace wanwu::sim {

namespace {

double as_load(duration d) {
  return static_cast<double>(d.count());
}
/// The nearest whole number, halves upwards: `ns` is not negative and below 2^52. What std::llround() gives,
/// without a call.
since_start rounded(double ns) {
  const auto whole = static_cast<std::int64_t>(ns);
  return since_start{whole + (ns - static_cast<double>(whole) >= 0.5 ? 1 : 0)};
}

constexpr std::uint64_t phase_stream = stream_of("schedule.phase");
constexpr std::uint64_t jitter_stream = stream_of("schedule.jitter");
constexpr std::uint64_t beat_stream = stream_of("schedule.beat");
/// Gateways beat so far apart from each other, so that many are served by one waking of a worker and none
/// waits for all others.
constexpr duration beat_step = std::chrono::milliseconds{20};

}  // namespace

void load_profile::append(duration length, double factor) {
  assert(length.count() >= 0 && factor >= 0);
  const double before = stretches_.empty() ? 0 : stretches_.back().load_after;
  stretches_.push_back({end(), end() + length, factor, before, before + as_load(length) * factor});
}

double load_profile::load_at(since_start at) const {
  const auto after = std::upper_bound(stretches_.begin(), stretches_.end(), at,
                                      [](since_start t, const stretch& s) { return t < s.begin; });
  if (after == stretches_.begin()) return 0;
  const stretch& in = *(after - 1);
  return in.load_before + as_load(std::min(at, in.end) - in.begin) * in.factor;
}

std::optional<since_start> load_profile::when(double load) const {
  if (load <= 0) load = 0;
  for (const stretch& s : stretches_) {
    if (s.factor > 0 && load < s.load_after) {
      const double left = load - s.load_before;
      return s.begin + rounded(s.factor == 1 ? left : left / s.factor);  // usually 1, and a division is slow
    }
  }
  return std::nullopt;
}

schedule::schedule(std::uint64_t seed, duration period, double jitter, const load_profile& load,
                   const collection& gateways)
    : seed_{seed},
      phases_{random_stream::family_of(seed, phase_stream)},
      jitters_{random_stream::family_of(seed, jitter_stream)},
      period_{period},
      jitter_{jitter},
      load_{&load},
      gateways_{gateways} {
  assert(period.count() > 0 && jitter >= 0 && jitter < 0.5 && gateways.things_each > 0);
}

double schedule::phase_of(std::uint32_t thing) const {
  return random_stream::among(phases_, thing).uniform(0) * as_load(period_);
}

std::optional<since_start> schedule::start_at(std::uint32_t thing, double phase, random_stream jitters,
                                              std::uint32_t n) const {
  double load = phase + static_cast<double>(n) * as_load(period_);
  if (jitter_ > 0) load += (2 * jitters.uniform(n) - 1) * jitter_ * as_load(period_);
  const auto start = load_->when(load);
  if (!start || gateways_.beat.count() == 0) return start;
  const since_start beat = at_beat(thing, *start);
  return beat < load_->end() ? std::optional{beat} : std::nullopt;
}

std::optional<since_start> schedule::start_of(std::uint32_t thing, std::uint32_t n) const {
  return start_at(thing, phase_of(thing), random_stream::among(jitters_, thing), n);
}

schedule::two_starts schedule::starts_from(std::uint32_t thing, std::uint32_t n) const {
  const double phase = phase_of(thing);
  const auto jitters = random_stream::among(jitters_, thing);
  return {start_at(thing, phase, jitters, n), start_at(thing, phase, jitters, n + 1)};
}

since_start schedule::at_beat(std::uint32_t thing, since_start at) const {
  const std::uint32_t gateway = (thing - gateways_.first_thing) / gateways_.things_each;
  const auto steps = static_cast<std::size_t>(std::max<std::int64_t>(1, gateways_.beat / beat_step));
  const duration shift =
      beat_step * static_cast<std::int64_t>(random_stream(seed_, gateway, beat_stream).pick(0, steps));
  if (at <= shift) return shift;
  const auto beats = (at - shift + gateways_.beat - duration{1}) / gateways_.beat;
  return shift + gateways_.beat * beats;
}

std::uint32_t schedule::first_from(std::uint32_t thing, since_start at) const {
  const since_start collected_from = std::max(since_start{}, at - gateways_.beat);
  const double gone = load_->load_at(collected_from) - phase_of(thing) - jitter_ * as_load(period_);
  auto n = gone <= 0 ? 0U : static_cast<std::uint32_t>(gone / as_load(period_));
  for (auto start = start_of(thing, n); start && *start < at; start = start_of(thing, n)) ++n;
  return n;
}

void ramp_profile::append(duration length, double share) {
  assert(length.count() >= 0 && share >= 0 && share <= 1);
  const since_start begin = lines_.empty() ? since_start{} : lines_.back().end;
  const double from = lines_.empty() ? 0 : lines_.back().to;
  lines_.push_back({begin, begin + length, from, share});
}

double ramp_profile::share_at(since_start at) const {
  double share = 0;
  for (const line& l : lines_) {
    if (at < l.begin) break;
    if (at >= l.end) {
      share = l.to;
      continue;
    }
    return l.from + (l.to - l.from) * as_load(at - l.begin) / as_load(l.end - l.begin);
  }
  return share;
}

bool ramp_profile::wanted(double position, since_start at) const {
  return share_at(at) > position;
}

std::optional<ramp_profile::change> ramp_profile::next_change(double position, since_start from) const {
  for (const line& l : lines_) {
    const bool up = l.from <= position && l.to > position;
    const bool down = l.from > position && l.to <= position;
    if (!up && !down) continue;
    since_start at = l.end;
    if (l.end > l.begin)
      at = l.begin + rounded((position - l.from) / (l.to - l.from) * as_load(l.end - l.begin));
    if (at >= from) return change{at, up};
  }
  return std::nullopt;
}

}  // namespace wanwu::sim
