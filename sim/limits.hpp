// Every bound of the engine, by name: nothing in sim/ queues, waits or grows without one of these.
#pragma once

#include <cstddef>
#include <cstdint>

#include "protocols/core/time.hpp"

namespace wanwu::sim::limits {

/// Things of one world. 24 bytes of hot state each, see population.hpp.
inline constexpr std::uint64_t things_max = 20'000'000;
/// Worker threads of one process.
inline constexpr std::uint32_t workers_max = 256;
/// Groups of connections that have a driver of their own: by protocol, by driver, by the faults they suffer.
inline constexpr std::size_t lanes_max = 64;
/// Operations rendered before they are handed to a driver: one virtual call for so many.
inline constexpr std::size_t batch_max = 256;
/// A started operation later than this against its schedule is the generator's failure (generator.late).
inline constexpr duration late_after = std::chrono::milliseconds{10};
/// How long workers sleep at least while many messages a second are due; the price is so much added latency.
/// With many workers a core they sleep through answers too, up to round_max: waking each for every answer
/// would take the processor from the work. For a start that is due they still wake: another process may hold
/// a processor for 7 ms, as measured (a kernel that does not preempt itself), and who then has overslept is
/// late.
inline constexpr duration round_min = std::chrono::milliseconds{1}, round_max = std::chrono::milliseconds{4};
inline constexpr std::uint32_t workers_a_core_at_round_min = 4;
/// What each worker asks the kernel for, instead of its usual 3 ms: of a hundred threads on two cores, those
/// that ask for less are not kept waiting by those that ask for more.
inline constexpr duration time_slice = std::chrono::microseconds{300};
/// A worker that is due for so long and gets no processor is called over to another, or goes before others;
/// somebody looks so often. See wake_board.hpp.
inline constexpr duration overdue_after = std::chrono::microseconds{1'500};
inline constexpr duration let_first_after = std::chrono::milliseconds{3};
inline constexpr duration look_every = std::chrono::microseconds{500};
/// Connections that one worker may have half open: grows while the target is quick to accept, shrinks when a
/// handshake takes longer than handshake_slow (a SYN lost to a full backlog is sent again after a second).
inline constexpr std::uint32_t handshakes_min = 16, handshakes_start = 48, handshakes_max = 1'024;
inline constexpr duration handshake_slow = std::chrono::milliseconds{900};
/// Connections that a storm cuts off a second for each core: closing hundreds of thousands at once would keep
/// everybody else waiting for seconds, here and in the target.
inline constexpr double cuts_a_second_and_core = 2'500;
/// A worker that comes to a round so much later than it wanted has enough to do: what has a schedule goes
/// first, a storm cuts off one connection of its in that round, and few are opened: so many a core, which its
/// workers share, but a few each.
inline constexpr duration gives_way_after = std::chrono::milliseconds{2};
inline constexpr std::size_t opened_when_held_up = 16, opened_at_least = 4;
/// A worker does no more in a round, then it looks what has come in: with hundreds of thousands of
/// connections it would send for seconds what has become due while it sent.
inline constexpr std::size_t starts_a_round = 256, opened_a_round = 32;
/// Connections that a storm looks at in one round of a worker: fifty workers look at the same time.
inline constexpr std::size_t storm_rows_a_round = 256;
/// Back-off of reconnection: fixed, or doubling from the first to the last, each with full jitter.
inline constexpr duration backoff_none = std::chrono::milliseconds{50};
inline constexpr duration backoff_first = std::chrono::seconds{1};
inline constexpr duration backoff_last = std::chrono::seconds{60};
/// Answers of things waiting to be sent, per worker; more are dropped and counted as ack errors.
inline constexpr std::size_t acks_waiting_max = 65'536;
/// Commands remembered per worker, so that a repeated one is not carried out twice.
inline constexpr std::size_t commands_remembered = 4'096;
/// Largest command message that is looked at.
inline constexpr std::size_t command_bytes_max = std::size_t{64} * 1024;
/// Commands taken out of one message that carries a list of them.
inline constexpr std::size_t commands_per_message_max = 64;
/// Past actuations kept per thing; only the newest per property counts.
inline constexpr std::size_t actuations_max = 32;
/// How long the end of a run waits for answers still owed.
inline constexpr duration drain_max = std::chrono::seconds{10};
/// Connections that a lane says goodbye to in a round: of a million on two cores that takes twelve seconds,
/// in which numbers go on and a second Ctrl-C is heard.
inline constexpr std::size_t goodbyes_a_round = 512;
/// How long the last of them may take.
inline constexpr duration goodbye_max = std::chrono::seconds{2};
/// A run in which nothing could be connected for so long gives up.
inline constexpr duration unreachable_after = std::chrono::seconds{10};
/// The witness watches at most so many things and messages a second.
inline constexpr std::size_t witness_things_max = 200;
inline constexpr double witness_rate_max = 2'000;
/// Readings waiting for the witness, per worker; more are left out of the sample.
inline constexpr std::size_t witness_queue_max = 16'384;
/// Sent readings the witness remembers until they arrive.
inline constexpr std::size_t witness_pending_max = 262'144;
/// Different texts in state columns without a script.
inline constexpr std::size_t texts_max = 65'536;
/// Descriptors a worker keeps for itself: epoll, wake-up, logs, the witness.
inline constexpr std::uint32_t descriptors_reserved = 64;

}  // namespace wanwu::sim::limits
