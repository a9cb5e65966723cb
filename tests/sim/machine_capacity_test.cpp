// What doctor says: bounds, which of them counts, and commands that really raise it.
#include "sim/machine_capacity.hpp"

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

using namespace wanwu::sim;
using state = capacity_check::state;

namespace {

/// A small machine as Debian sets it up.
machine_facts small_machine() {
  machine_facts m;
  m.descriptors_soft = 1024;
  m.descriptors_hard = 20'000;
  m.descriptors_hard_max = 1'048'576;
  m.files_max = 2'466'170;
  m.files_used = 1'000;
  m.port_first = 32'768;
  m.port_last = 60'999;
  m.memory_bytes = 24'000'000'000;
  m.memory_available_bytes = 22'000'000'000;
  m.tcp_memory_bytes = 2'300'000'000;
  m.listen_backlog = 4096;
  m.cores = 2;
  m.clock_source = m.clock_sources = "tsc";
  m.clock_read_ns = 25;
  m.wake_late_us = 80;
  return m;
}

const capacity_check& named(const capacity& of, const std::string& name) {
  const auto found =
      std::find_if(of.checks.begin(), of.checks.end(), [&](const auto& c) { return c.name == name; });
  REQUIRE(found != of.checks.end());
  return *found;
}

}  // namespace

TEST_CASE(
    "A 24 GB machine carries a million connections to itself, one fifth of that in a fifth of the memory") {
  auto m = small_machine();
  CHECK(estimate_capacity(m, {1'000'000, false, 1}).enough);
  m.memory_available_bytes /= 5;
  const auto less = estimate_capacity(m, {1'000'000, false, 1});
  CHECK_FALSE(less.enough);
  CHECK(less.bound_by == "memory");
  CHECK(named(less, "memory").how == state::bad);
  CHECK_FALSE(named(less, "memory").raise.empty());
}

TEST_CASE("Sockets that io_uring holds count beside the descriptors of a worker") {
  auto m = small_machine();
  m.memory_available_bytes = m.tcp_memory_bytes = 2'000'000'000'000;
  m.files_max = 100'000'000;
  const capacity_question many{20'000'000, false, 1};
  CHECK(estimate_capacity(m, many).bound_by == "descriptors");
  m.direct_sockets = 1'048'576;
  const auto more = estimate_capacity(m, many);
  CHECK(named(more, "descriptors").raise.empty());
  CHECK(named(more, "descriptors").found.find("io_uring") != std::string::npos);
}

TEST_CASE("Each bound is found when it is the smallest, and its command asks for enough") {
  struct row {
    std::string name;
    capacity_question asked;
    void (*spoil)(machine_facts&);
    std::string command;
  };
  const row table[] = {
      {"descriptors", {1'000'000, false, 1}, [](machine_facts& m) { m.descriptors_hard = 1024; }, "prlimit"},
      {"open files, whole system",
       {500'000, false, 1},
       [](machine_facts& m) { m.files_max = 100'000; },
       "fs.file-max=1251000"},
      {"source ports", {100'000, true, 1}, [](machine_facts&) {}, "ip_local_port_range=\"1024 65535\""},
      {"memory",
       {1'000'000, true, 100},
       [](machine_facts& m) { m.memory_available_bytes = 1'000'000'000; },
       "--scale"},
  };
  for (const auto& [name, asked, spoil, command] : table) {
    CAPTURE(name);
    auto m = small_machine();
    spoil(m);
    const auto got = estimate_capacity(m, asked);
    CHECK_FALSE(got.enough);
    CHECK(got.bound_by == name);
    const auto& check = named(got, name);
    CHECK(std::any_of(check.raise.begin(), check.raise.end(),
                      [&, wanted = command](const auto& c) { return c.find(wanted) != std::string::npos; }));
  }
}

TEST_CASE("Of what a plan asks for, the limit that breaks first is named, with a cure that fits") {
  struct row {
    capacity_question asked;
    bool enough;
    std::string first, command;
  };
  const row table[] = {
      {{1'000, false, 1, 1'000'000'000, 0.2}, true, "processors", ""},
      {{1'000, false, 1, 9'000'000'000, 0.2}, true, "memory", ""},
      {{1'000, false, 1, 35'200'000'000, 0.2}, false, "memory", "--scale 45%"},
      {{1'000, false, 1, 1'000'000'000, 5.0}, false, "processors", "--scale 36%"},
      {{1'000, false, 1, 1'000'000'000, 7'000.0}, false, "processors", "--scale 0.025%"},
      {{1'000'000, true, 1, 5'000'000'000, 0.2}, false, "source ports", "ip address add"},
      {{0, false, 1, 1'000'000'000, 3.0}, false, "processors", "OTHER_MACHINE"},
  };
  for (const auto& [asked, enough, first, command] : table) {
    CAPTURE(first, asked.processors, asked.memory_bytes);
    const auto got = estimate_capacity(small_machine(), asked);
    CHECK(got.enough == enough);
    CHECK(got.breaks_first == first);
    CHECK((got.used <= 1) == enough);
    const auto& check = named(got, first);
    CHECK((check.how == state::bad) == !enough);
    CHECK((command.empty() ||
           std::any_of(check.raise.begin(), check.raise.end(), [&, wanted = command](const auto& c) {
             return c.find(wanted) != std::string::npos;
           })));
  }
  CHECK(estimate_capacity(small_machine(), {}).breaks_first.empty());
}

TEST_CASE("More source addresses carry more connections to a remote target") {
  const auto one = estimate_capacity(small_machine(), {0, true, 1}),
             three = estimate_capacity(small_machine(), {0, true, 3});
  CHECK(named(three, "source ports").carries >= 3 * named(one, "source ports").carries - 3);
}

TEST_CASE("What does not bound but disturbs is tight, and leaves the answer alone") {
  auto m = small_machine();
  m.listen_backlog = 128;
  m.clock_read_ns = 900;
  m.clock_source = "hpet";
  m.wake_late_us = 20'000;
  m.tracked_connections_max = 1000;
  m.tcp_memory_bytes = 1'000'000;
  const auto got = estimate_capacity(m, {10'000, false, 1});
  for (const auto* name : {"listen backlog", "clock", "connection tracking", "TCP buffers"}) {
    CAPTURE(name);
    CHECK(named(got, name).how == state::tight);
    CHECK_FALSE(named(got, name).raise.empty());
  }
  CHECK(got.enough);
}

TEST_CASE("This machine's facts are read") {
  const auto m = read_machine();
  CHECK(m.cores >= 1);
  CHECK(m.memory_bytes > 0);
  CHECK(m.descriptors_hard > 0);
  CHECK(m.port_last > m.port_first);
  CHECK(m.clock_read_ns > 0);
  CHECK(estimate_capacity(m, {}).connections > 0);
}
