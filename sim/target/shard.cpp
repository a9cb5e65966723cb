// One thread of the target.
#include "sim/target/shard.hpp"

#include <algorithm>
#include <thread>

namespace wanwu::target {

std::error_code shard::open(listen_addresses& where) {
  auto made = reactor::create(bell_.get());
  if (!made) return made.error();
  reactor_ = std::move(*made);
  auto lane = index_ * lanes_per_shard;
  const auto listen = [&](std::optional<socket_address>& address, service what,
                          carrier in = carrier::plain) -> std::error_code {
    if (!address) return {};
    auto port = std::make_unique<stream_port>(*reactor_, what, lane++, in);
    const auto bound = port->listen(*address);
    if (!bound) return bound.error();
    address = *bound;
    streams_.push_back(std::move(port));
    return {};
  };
  if (const auto error = listen(where.mqtt, service::mqtt)) return error;
  if (const auto error = listen(where.http, service::http)) return error;
  if (const auto error = listen(where.websocket, service::mqtt, carrier::websocket)) return error;
  if (!where.coap || index_ != 0) return {};  // one socket serves a million endpoints
  datagrams_ = std::make_unique<datagram_port>(*reactor_, shared_.lock, *shared_.core);
  const auto bound = datagrams_->listen(*where.coap);
  if (!bound) return bound.error();
  where.coap = *bound;
  return {};
}

void shard::wake() noexcept {
  if (!woken_.exchange(true, std::memory_order_acq_rel)) bell_->wake();
}

void shard::wake_others() {
  auto& filled = shared_.core->filled_lanes();
  for (const std::uint32_t lane : filled) {
    if (!shared_.core->out(lane).empty()) shared_.shards[lane / lanes_per_shard]->wake();
  }
  filled.clear();
  if (!datagrams_ && !shared_.core->datagrams().empty()) shared_.shards.front()->wake();
}

void shard::take_turn(time_point now) {
  const bool due = index_ == 0 && next_ && *next_ <= now;
  const bool has_staged =
      std::any_of(streams_.begin(), streams_.end(), [](const auto& port) { return port->has_staged(); });
  const bool woken = woken_.exchange(false, std::memory_order_acq_rel);
  if (due || has_staged || woken || index_ == 0) {
    const std::lock_guard held{shared_.lock};
    target_core& core = *shared_.core;
    for (auto& port : streams_) port->hand_over(core, now);
    const auto next = core.next_deadline();
    if (next && *next <= now) core.advance(now);
    for (auto& port : streams_) port->take_output(core);
    if (datagrams_) datagrams_->take_output(core);
    wake_others();
    next_ = core.next_deadline();
  }
  for (auto& port : streams_) port->flush(now);
  if (datagrams_) datagrams_->flush(now);
  std::size_t open = 0;
  for (const auto& port : streams_) open += port->connections();
  connections_.store(open, std::memory_order_relaxed);
}

void shard::close() noexcept {
  streams_.clear();
  datagrams_.reset();
}

bool shard::is_drained() const {
  return std::all_of(streams_.begin(), streams_.end(),
                     [](const auto& port) { return port->unsent() == 0 && port->connections() == 0; });
}

void shard::run(duration grace, duration pause) {
  time_point now = reactor_->wait(time_point{});
  take_turn(now);  // that wait may have heard the bell
  std::optional<time_point> end;
  while (true) {
    auto until = now + longest_wait;
    if (next_ && index_ == 0) until = std::min(until, *next_);
    if (end) until = std::min(until, now + std::chrono::milliseconds{20});
    if (pause > duration{}) std::this_thread::sleep_until(now + pause);
    now = reactor_->wait(until);
    take_turn(now);
    if (!shared_.stopping.load(std::memory_order_acquire)) continue;
    if (!end) {
      end = now + grace;
      for (auto& port : streams_) port->stop_listening();
      if (index_ == 0) {
        const std::lock_guard held{shared_.lock};
        shared_.core->shut_down(now);
      }
      take_turn(now);
      for (shard* other : shared_.shards) other->wake();
    }
    if (is_drained() || now >= *end) return;
  }
}

}  // namespace wanwu::target
