// The target on sockets.
#include "sim/target/target_server.hpp"

#include <algorithm>
#include <future>
#include <thread>

#include "protocols/core/processors.hpp"
#include "protocols/transport/descriptors.hpp"
#include "protocols/transport/held_sockets.hpp"

namespace wanwu::target {

namespace {

/// Descriptors a shard needs beside its connections: reactor, listeners, standard streams, what was
/// inherited.
constexpr std::uint64_t descriptors_spared = 128;
/// The kernel spreads connections by hash, not evenly: leave room.
constexpr double uneven = 1.1;
constexpr std::uint32_t shards_max = 512;
/// With more shards a core than this, each takes its turns at intervals.
constexpr std::uint32_t shards_a_core_awake = 4;
constexpr duration pause_step = std::chrono::milliseconds{1}, pause_max = std::chrono::milliseconds{5};

duration pause_between_turns(std::uint32_t shards, std::uint32_t cores) {
  const std::uint32_t awake = cores * shards_a_core_awake;
  return shards <= awake ? duration{} : std::min<duration>(pause_step * (shards / awake), pause_max);
}

}  // namespace

std::uint32_t shards_for(std::uint64_t connections, std::uint64_t descriptors, std::uint32_t cores) noexcept {
  const auto room =
      descriptors > 2 * descriptors_spared ? descriptors - descriptors_spared : descriptors_spared;
  const auto count_for = [&](std::uint64_t a_table) {
    const auto wanted = static_cast<double>(connections) * uneven / static_cast<double>(a_table);
    return static_cast<std::uint32_t>(std::min<double>(wanted, shards_max - 1)) + 1;
  };
  const std::uint64_t bells = count_for(room);  // each table holds those of all shards
  const auto by_room = count_for(room - std::min(bells, room / 2));
  return std::clamp(std::max(by_room, std::min(cores, 2U)), 1U, shards_max);
}

struct target_server::parts {
  std::unique_ptr<target_core> core;
  shared_state shared;
  listen_addresses where;
  std::vector<std::unique_ptr<shard>> shards;
  std::vector<std::thread> threads;
};

target_server::target_server(std::unique_ptr<parts> made) : parts_{std::move(made)} {}

target_server::~target_server() {
  stop();
}

tl::expected<std::unique_ptr<target_server>, std::string> target_server::start(server_settings settings) {
  const auto limit = raise_descriptor_limit();
  const auto cores = processors();
  const auto count = settings.shards != 0
                         ? settings.shards
                         : shards_for(settings.connections,
                                      std::max(limit.soft, held_sockets::direct_capacity(limit.soft)), cores);
  auto made = std::make_unique<parts>();
  parts& p = *made;
  p.core = std::make_unique<target_core>(settings.target, count * lanes_per_shard);
  if (!settings.journal.empty()) {
    if (auto why = p.core->journal_to(settings.journal); !why.empty()) return tl::unexpected{why};
  }
  p.shared.core = p.core.get();
  p.where = settings.where;
  auto server = std::unique_ptr<target_server>{new target_server{std::move(made)}};
  for (std::uint32_t i = 0; i < count; ++i) {
    auto bell = waker::create();
    if (!bell) return tl::unexpected{"cannot start: " + bell.error().message()};
    p.shards.push_back(std::make_unique<shard>(p.shared, i, std::move(*bell)));
    p.shared.shards.push_back(p.shards.back().get());  // the first threads may have something for the last
  }
  const duration pause = pause_between_turns(count, cores);
  for (const auto& each : p.shards) {
    std::promise<std::error_code> opened;
    auto result = opened.get_future();
    shard& own = *each;
    p.threads.emplace_back([&p, &own, &opened, pause] {
      auto error = own_descriptor_table();
      if (!error) error = own.open(p.where);
      const bool failed = static_cast<bool>(error);
      opened.set_value(error);
      if (failed) return;
      own.run(std::chrono::seconds{2}, pause);
      own.close();
    });
    if (const auto error = result.get()) return tl::unexpected{"cannot listen: " + error.message()};
  }
  return server;
}

const listen_addresses& target_server::where() const noexcept {
  return parts_->where;
}

std::uint32_t target_server::shard_count() const noexcept {
  return static_cast<std::uint32_t>(parts_->shards.size());
}

target_totals target_server::totals() {
  const std::lock_guard held{parts_->shared.lock};
  return parts_->core->totals();
}

void target_server::stop() {
  parts_->shared.stopping.store(true, std::memory_order_release);
  {
    const std::lock_guard held{parts_->shared.lock};
    for (shard* each : parts_->shared.shards) each->wake();
  }
  for (auto& thread : parts_->threads) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace wanwu::target
