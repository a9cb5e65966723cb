// The epoll calls behind the reactor, and the hand-over of batches to listeners.

#include "protocols/transport/reactor.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>

#include <unistd.h>

namespace wanwu {

namespace {

// 64 bits that the kernel gives back with each event: key, generation, listener.
constexpr std::uint64_t mark_of(std::uint16_t listener, std::uint32_t key,
                                std::uint16_t generation) noexcept {
  return std::uint64_t{key} | std::uint64_t{generation} << 32U | std::uint64_t{listener} << 48U;
}
constexpr std::uint16_t no_listener = 0xFFFF;
constexpr std::uint64_t waker_mark = mark_of(no_listener, 0, 0);

constexpr std::uint32_t interest_of(reactor::trigger how) noexcept {
  if (how == reactor::trigger::level) return EPOLLIN;
  if (how == reactor::trigger::level_output) return EPOLLIN | EPOLLOUT;
  return EPOLLIN | EPOLLOUT | EPOLLRDHUP | static_cast<std::uint32_t>(EPOLLET);
}

std::error_code last_error() noexcept {
  return {errno, std::system_category()};
}

time_point steady_now() noexcept {
  return std::chrono::steady_clock::now();
}

}  // namespace

tl::expected<std::unique_ptr<reactor>, std::error_code> reactor::create(const waker* bell) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return tl::unexpected{last_error()};
  std::unique_ptr<reactor> made{new reactor{epoll}};
  if (bell == nullptr) return made;
  constexpr auto once_each = EPOLLIN | static_cast<std::uint32_t>(EPOLLET);
  if (const auto why = made->control(EPOLL_CTL_ADD, bell->descriptor(), once_each, waker_mark)) {
    return tl::unexpected{why};
  }
  return made;
}

reactor::reactor(int epoll) : epoll_{epoll}, from_kernel_(batch_max) {}

reactor::~reactor() {
  ::close(epoll_);
}

reactor::listener_id reactor::enlist(readiness_listener& listener) {
  const auto free =
      std::find_if(slots_.begin(), slots_.end(), [](const slot& s) { return s.listener == nullptr; });
  const auto index = static_cast<std::uint16_t>(free - slots_.begin());
  if (free == slots_.end()) slots_.emplace_back();
  assert(slots_.size() <= listeners_max);
  slots_[index].listener = &listener;
  return listener_id{index};
}

void reactor::forget(listener_id listener) {
  auto& gone = slots_[static_cast<std::uint16_t>(listener)];
  gone.listener = nullptr;
  gone.batch.clear();
}

std::error_code reactor::control(int operation, int fd, std::uint32_t events, std::uint64_t mark) noexcept {
  epoll_event wanted{};
  wanted.events = events;
  wanted.data.u64 = mark;
  return ::epoll_ctl(epoll_, operation, fd, &wanted) == 0 ? std::error_code{} : last_error();
}

std::error_code reactor::add(int fd, listener_id listener, std::uint32_t key, std::uint16_t generation,
                             trigger how) {
  return control(EPOLL_CTL_ADD, fd, interest_of(how),
                 mark_of(static_cast<std::uint16_t>(listener), key, generation));
}

std::error_code reactor::modify(int fd, listener_id listener, std::uint32_t key, std::uint16_t generation,
                                trigger how) {
  return control(EPOLL_CTL_MOD, fd, interest_of(how),
                 mark_of(static_cast<std::uint16_t>(listener), key, generation));
}

void reactor::remove(int fd) noexcept {
  control(EPOLL_CTL_DEL, fd, 0, 0);
}

void reactor::post(listener_id listener, readiness event) {
  const auto index = static_cast<std::uint16_t>(listener);
  if (slots_[index].listener == nullptr) return;
  if (slots_[index].batch.empty()) touched_.push_back(index);
  slots_[index].batch.push_back(event);
}

time_point reactor::wait(std::optional<time_point> deadline) {
  // What was posted must not wait for the kernel, but takes along what the kernel has ready.
  const int count = wait_for_events(touched_.empty() ? deadline : time_point{});
  if (count > 0) sort_into_batches(count);
  const time_point now = steady_now();
  if (!touched_.empty()) tell(now);
  return now;
}

int reactor::wait_for_events(std::optional<time_point> deadline) noexcept {
  duration left{};
  // Nothing is subtracted from an instant long past: time_point::min() would overflow.
  if (deadline && *deadline > time_point{}) left = std::max(duration{}, *deadline - steady_now());
  if (has_nanoseconds_) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec timeout{seconds.count(), (left - seconds).count()};
    const int count =
        ::epoll_pwait2(epoll_, from_kernel_.data(), batch_max, deadline ? &timeout : nullptr, nullptr);
    if (count >= 0 || errno != ENOSYS) return count;
    has_nanoseconds_ = false;
  }
  constexpr auto longest = std::chrono::milliseconds{std::chrono::hours{24}};
  const auto rounded_up = std::min(longest, std::chrono::ceil<std::chrono::milliseconds>(left));
  return ::epoll_wait(epoll_, from_kernel_.data(), batch_max,
                      deadline ? static_cast<int>(rounded_up.count()) : -1);
}

void reactor::sort_into_batches(int count) {
  for (const epoll_event* event = from_kernel_.data(); event != from_kernel_.data() + count; ++event) {
    const std::uint64_t mark = event->data.u64;
    const auto index = static_cast<std::uint16_t>(mark >> 48U);
    if (index == no_listener) {
      // Edge-triggered and counted by the kernel: not reading it costs nothing until 2^64 wakes.
      continue;
    }
    post(listener_id{index},
         {static_cast<std::uint32_t>(mark & 0xFFFF'FFFFU), static_cast<std::uint16_t>(mark >> 32U & 0xFFFFU),
          static_cast<std::uint16_t>(event->events & 0xFFFFU)});
  }
}

void reactor::tell(time_point now) {
  // Listeners may post() meanwhile: those events belong to the next wait(), so both lists are set aside.
  std::vector<std::uint16_t> told;
  told.swap(telling_);
  told.swap(touched_);
  for (const std::uint16_t index : told) {
    std::vector<readiness> batch;
    batch.swap(spare_batch_);
    batch.swap(slots_[index].batch);
    if (slots_[index].listener != nullptr && !batch.empty()) slots_[index].listener->ready(batch, now);
    batch.clear();
    batch.swap(spare_batch_);
  }
  told.clear();
  telling_.swap(told);
}

}  // namespace wanwu
