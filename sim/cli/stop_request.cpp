#include "sim/cli/stop_request.hpp"

#include <array>
#include <chrono>

#include <signal.h>
#include <sys/time.h>

namespace wanwu::cli {

namespace {

// A signal's handler reaches nothing but globals.
std::atomic<int> asked{0};
constexpr std::array watched{SIGINT, SIGTERM, SIGALRM};
std::array<struct sigaction, watched.size()> before;

void take_note(int signal) {
  const bool again = asked.exchange(signal) != 0;
  if (!again || signal == SIGALRM) return;
  ::signal(signal, SIG_DFL);
  ::raise(signal);  // delivered when this returns
}

}  // namespace

stop_request::stop_request(std::optional<duration> within) {
  asked = 0;
  struct sigaction action {};
  action.sa_handler = take_note;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < watched.size(); ++i) ::sigaction(watched[i], &action, &before[i]);
  if (!within) return;
  namespace chrono = std::chrono;
  const auto us = chrono::duration_cast<chrono::microseconds>(*within).count();
  const itimerval timer{{0, 0}, {us / 1'000'000, us % 1'000'000}};
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

stop_request::~stop_request() {
  const itimerval none{};
  ::setitimer(ITIMER_REAL, &none, nullptr);
  for (std::size_t i = 0; i < watched.size(); ++i) ::sigaction(watched[i], &before[i], nullptr);
}

const std::atomic<int>& stop_request::reason() const noexcept {
  return asked;
}

void stop_request::set(int reason) noexcept {
  int none = 0;
  asked.compare_exchange_strong(none, reason);
}

}  // namespace wanwu::cli
