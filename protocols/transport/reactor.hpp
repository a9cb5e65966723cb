// One epoll a worker thread: tells each transport's owner which of its descriptors became ready.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <vector>

#include <sys/epoll.h>
#include <tl/expected.hpp>

#include "protocols/core/time.hpp"
#include "protocols/transport/waker.hpp"

namespace wanwu {

/// A descriptor became ready. 8 bytes.
struct readiness {
  std::uint32_t key{};         ///< As given to add(): names the descriptor within its listener.
  std::uint16_t generation{};  ///< As given to add(): tells a descriptor from an earlier one of the same key.
  std::uint16_t events{};      ///< EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, EPOLLRDHUP.
};

/// Who owns descriptors. Called once a batch with all that became ready, on the reactor's thread.
class readiness_listener {
 public:
  virtual void ready(std::span<const readiness> events, time_point now) = 0;

 protected:
  ~readiness_listener() = default;
};

/// Epoll with edge-triggered descriptors: one epoll_ctl in a connection's life (24 B a connection of ours
/// against 464 B for an Asio wait). Belongs to one thread. Not movable: listeners keep
/// references.
class reactor {
 public:
  enum class listener_id : std::uint16_t {};
  static constexpr std::size_t batch_max = 1024;      ///< Events taken from the kernel at once.
  static constexpr std::size_t listeners_max = 1024;  ///< One a driver: far more than a worker has.

  /// Fails when the kernel gives no descriptor. Call it on the worker's thread, after own_descriptor_table().
  /// `bell` ends its waits from other threads.
  static tl::expected<std::unique_ptr<reactor>, std::error_code> create(const waker* bell = nullptr);
  reactor(const reactor&) = delete;
  reactor& operator=(const reactor&) = delete;
  ~reactor();

  /// `listener` must live until forget(). From then on it is told of its descriptors.
  listener_id enlist(readiness_listener& listener);
  void forget(listener_id listener);

  /// `edge`: input, output and hang-up, each told once. `level`: input for as long as there is some.
  /// `level_output`: input and room for output. Errors are told always.
  enum class trigger : std::uint8_t { edge, level, level_output };
  /// Watches `fd`. Closing it ends that.
  std::error_code add(int fd, listener_id listener, std::uint32_t key, std::uint16_t generation,
                      trigger how = trigger::edge);
  /// Gives `fd` another key and generation.
  std::error_code modify(int fd, listener_id listener, std::uint32_t key, std::uint16_t generation,
                         trigger how = trigger::edge);
  void remove(int fd) noexcept;

  /// Makes the next wait() return at once with this event: for failures found outside a dispatch.
  void post(listener_id listener, readiness event);

  /// Waits until something is ready, `deadline` has come, or the bell rings, and tells the listeners. Nothing
  /// given: no deadline; one that is past: only looks. Nanosecond timeouts (epoll_pwait2), milliseconds
  /// before Linux 5.11. Returns the steady clock after the wait, which is also the `now` the listeners got.
  time_point wait(std::optional<time_point> deadline);

 private:
  struct slot {
    readiness_listener* listener{};
    std::vector<readiness> batch;
  };

  explicit reactor(int epoll);
  int wait_for_events(std::optional<time_point> deadline) noexcept;
  std::error_code control(int operation, int fd, std::uint32_t events, std::uint64_t mark) noexcept;
  void sort_into_batches(int count);
  void tell(time_point now);

  int epoll_;
  bool has_nanoseconds_ = true;
  std::vector<slot> slots_;
  std::vector<std::uint16_t>
      touched_;  ///< Slots whose batch is not empty, in the order of their first event.
  std::vector<std::uint16_t> telling_;  ///< Memory of the list being told, used again.
  std::vector<readiness> spare_batch_;  ///< The same for a batch.
  std::vector<epoll_event> from_kernel_;
};

}  // namespace wanwu
