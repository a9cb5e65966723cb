// Every bound of the runner of cases, by name: a hostile target costs no more than these.
#pragma once

#include <cstddef>
#include <cstdint>

#include "protocols/core/time.hpp"

namespace wanwu::conform::limits {

/// The longest packet that is taken from a target; more is as good as garbage.
inline constexpr std::uint32_t packet_bytes_max = 8U << 20U;
/// Packets and bytes of one link that wait for a step to look at them.
inline constexpr std::size_t waiting_packets_max = 4'096;
inline constexpr std::size_t waiting_bytes_max = 16U << 20U;
/// Bytes of one link that the kernel has not taken yet.
inline constexpr std::size_t unsent_bytes_max = 64U << 20U;
/// How often one stimulus may send.
inline constexpr std::int64_t times_max = 100'000;
/// Events of one case's wire log, and what monitors may have to say about it.
inline constexpr std::size_t wire_events_max = 2'000;
inline constexpr std::size_t findings_max = 32;
/// A link that is not open after so long was not opened.
inline constexpr duration open_within = std::chrono::seconds{5};
/// A fresh client must be answered within this; asked so often before the target counts as dead.
inline constexpr duration alive_within = std::chrono::seconds{5};
inline constexpr int alive_tries = 3;
/// Cases that end within this share one such client.
inline constexpr duration alive_shared = std::chrono::milliseconds{50};
/// The loop wakes at least this often, so that its own lag is noticed.
inline constexpr duration heartbeat = std::chrono::milliseconds{10};
/// Tries of a case that measures time and fails, and of one during which this machine was late.
inline constexpr std::uint32_t tries_max = 3, late_tries_max = 5;
/// Cases of a run that are played again for nothing but silence; a target that is silent more often is not
/// just slow.
inline constexpr std::size_t silent_again_max = 128;

/// A hook's command, and a target until it takes connections: RabbitMQ on a busy machine needs twenty
/// seconds. Then how long it may take to end.
inline constexpr duration hook_within = std::chrono::seconds{60};
inline constexpr duration hook_ends_within = std::chrono::seconds{3};

}  // namespace wanwu::conform::limits
