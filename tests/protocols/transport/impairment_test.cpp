// What becomes of packets: chance that follows from numbers, within the bounds of its ratios.
#include "protocols/transport/impairment.hpp"

#include <cmath>

#include <catch2/catch.hpp>

using namespace wanwu;
using namespace std::chrono_literals;

namespace {

const time_point start{1h};

impairment named(std::string_view name) {
  impairment made;
  made.key = stream_of(name);
  made.when = {{start, start + 1h}};
  return made;
}

impaired_way way(const impairment& fault, std::uint64_t seed = 1, dealt_numbers links = {}) {
  return {{fault}, seed, links};
}

/// Six standard deviations of a binomial count: a fair chance leaves them once in 500 million tests.
void check_share(double counted, double of, double share) {
  CAPTURE(counted, of, share);
  CHECK(std::abs(counted - of * share) <= 6 * std::sqrt(of * share * (1 - share)) + 1);
}

}  // namespace

TEST_CASE("Packets are lost, doubled and overtake as often as asked, whatever the seed") {
  impairment fault = named("radio");
  fault.loss = GENERATE(0.0, 0.001, 0.02, 0.5, 1.0);
  fault.duplicate = 0.1;
  fault.reorder = 0.25;
  const std::uint64_t seed = GENERATE(1U, 2U, 20261122U);
  const impaired_way between = way(fault, seed);
  constexpr std::uint32_t packets = 20'000;
  std::uint32_t lost = 0, doubled = 0, overtaking = 0, both = 0;
  for (std::uint32_t packet = 0; packet < packets; ++packet) {
    const packet_fate fate = between.fate_of(7, heading::out, packet, 0, start);
    lost += fate.lost ? 1U : 0U;
    doubled += fate.doubled ? 1U : 0U;
    overtaking += fate.overtakes ? 1U : 0U;
    both += fate.lost && fate.doubled ? 1U : 0U;
  }
  check_share(lost, packets, fault.loss);
  check_share(doubled, packets, 0.1);
  check_share(overtaking, packets, 0.25);
  check_share(both, packets, fault.loss * 0.1);  // one says nothing about the other
}

TEST_CASE("A fate depends on seed, fault, link, heading, packet and attempt, and on nothing else") {
  impairment fault = named("radio");
  fault.loss = 0.5;
  const impaired_way between = way(fault);
  const auto pattern = [](const impaired_way& of, std::uint64_t link, heading to, std::uint32_t attempt) {
    std::uint64_t bits = 0;
    for (std::uint32_t packet = 0; packet < 64; ++packet)
      bits = bits << 1U | (of.fate_of(link, to, packet, attempt, start).lost ? 1U : 0U);
    return bits;
  };
  const auto first = pattern(between, 5, heading::out, 0);
  CHECK(pattern(between, 5, heading::out, 0) == first);
  CHECK(pattern(way(fault, 1, {2, 3}), 5, heading::out, 0) == first);  // asked by the number over all workers
  CHECK(pattern(between, 6, heading::out, 0) != first);
  CHECK(pattern(between, 5, heading::in, 0) != first);
  CHECK(pattern(between, 5, heading::out, 1) != first);
  CHECK(pattern(way(fault, 2), 5, heading::out, 0) != first);
  impairment other = fault;
  other.key = stream_of("cable");
  CHECK(pattern(way(other), 5, heading::out, 0) != first);
  CHECK(impaired_way({}, 1, {2, 3}).number_of(4) == 14);
}

TEST_CASE("A fault acts in its windows, on its share of the links, and always on the same ones") {
  impairment fault = named("radio");
  fault.share = 0.2;
  fault.loss = 1;
  fault.when = {{start, start + 10s}, {start + 20s, start + 30s}};
  const impaired_way between = way(fault);
  constexpr std::uint64_t links = 10'000;
  std::uint64_t hit = 0;
  for (std::uint64_t link = 0; link < links; ++link) {
    const bool acts = between.acts_on(link, start);
    hit += acts ? 1U : 0U;
    REQUIRE(between.acts_on(link, start + 25s) == acts);
    REQUIRE(between.fate_of(link, heading::in, 3, 0, start + 9s).lost == acts);
    REQUIRE_FALSE(between.acts_on(link, start + 10s));
    REQUIRE_FALSE(between.fate_of(link, heading::in, 3, 0, start + 15s).lost);
  }
  check_share(static_cast<double>(hit), links, 0.2);
}

TEST_CASE("Delays lie within delay and jitter and use all of it; those of several faults add up") {
  impairment near = named("near"), far = named("far");
  near.delay = 50ms;
  near.jitter = 20ms;
  far.delay = 100ms;
  const impaired_way between{{near, far}, 1, {}};
  duration least{1h}, most{}, sum{};
  for (std::uint32_t packet = 0; packet < 10'000; ++packet) {
    const duration delay = between.fate_of(1, heading::out, packet, 0, start).delay;
    least = std::min(least, delay);
    most = std::max(most, delay);
    sum += delay;
  }
  CHECK(least >= 130ms);
  CHECK(least < 131ms);
  CHECK(most <= 170ms);
  CHECK(most > 169ms);
  CHECK(std::chrono::abs(sum / 10'000 - 150ms) < 1ms);
}

TEST_CASE("A limited rate carries its bytes a second and no more, and drops what its queue cannot hold") {
  impairment fault = named("modem");
  fault.bytes_per_s = 8'000;
  const impaired_way between = way(fault);
  path_state path;
  std::size_t carried = 0, sent = 0;
  time_point last{};
  for (int i = 0; i < 1'000; ++i) {  // 100 kB/s for a second, of which 8 kB/s leave
    const auto how = between.pass_datagram(path, 1, heading::out, 1'000, start + i * 10ms);
    ++sent;
    if (how.copies == 0) continue;
    CHECK(how.due[0] >= last);
    last = how.due[0];
    carried += 1'000;
    const double seconds = std::chrono::duration<double>(last - start).count();
    REQUIRE(static_cast<double>(carried) <= 8'000 * seconds + 1);
  }
  CHECK(carried < sent * 1'000);
  CHECK(static_cast<double>(carried) >=
        8'000 * 10 + 0.99 * static_cast<double>(impaired_way::queue_bytes_max));
}

TEST_CASE("A stream keeps its order whatever is lost, and what is lost comes a resending later") {
  impairment fault = named("lossy");
  fault.loss = 0.2;
  fault.delay = 30ms;
  fault.jitter = 30ms;
  const impaired_way between = way(fault);
  path_state path;
  time_point before{};
  int late = 0;
  for (int i = 0; i < 5'000; ++i) {
    const time_point now = start + i * 700ms;
    const auto how = between.pass_segment(path, 1, heading::out, 100, now);
    REQUIRE_FALSE(how.broken);
    REQUIRE(how.due >= before);
    REQUIRE(how.due >= now);
    before = how.due;
    late += how.due >= now + impaired_way::resend_after ? 1 : 0;
  }
  CHECK(late >= 800);  // each lost one, and what it held up
}

TEST_CASE("How a driver cuts what it writes at one instant changes nothing") {
  impairment fault = named("lossy");
  fault.loss = 0.3;
  const impaired_way between = way(fault);
  const std::size_t piece = GENERATE(1'448U, 500U, 100U, 1U);
  path_state whole, cut;
  for (int i = 0; i < 50; ++i) {
    const time_point now = start + i * 10s;
    time_point last_whole, last_cut;
    for (std::size_t left = 4'000; left > 0;) {
      const auto size = impaired_way::segment_of(whole, left, now);
      last_whole = between.pass_segment(whole, 1, heading::in, size, now).due;
      left -= size;
    }
    for (std::size_t sent = 0; sent < 4'000;) {
      const auto size = impaired_way::segment_of(cut, std::min(piece, 4'000 - sent), now);
      last_cut = between.pass_segment(cut, 1, heading::in, size, now).due;
      sent += size;
    }
    REQUIRE(last_cut == last_whole);
  }
}

TEST_CASE("A stream whose packets all get lost breaks when the system would give it up") {
  impairment fault = named("cut");
  fault.loss = 1;
  const impaired_way between = way(fault);
  path_state path;
  const auto how = between.pass_segment(path, 1, heading::out, 100, start);
  CHECK(how.broken);
  CHECK(how.due - start > 10min);
  // Once the fault is over the next try comes through.
  fault.when = {{start, start + 1s}};
  path = {};
  const auto healed = way(fault).pass_segment(path, 1, heading::out, 100, start);
  CHECK_FALSE(healed.broken);
  CHECK(healed.due == start + 200ms + 400ms + 800ms);
}
