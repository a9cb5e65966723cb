#include "protocols/transport/waker.hpp"

#include <cerrno>
#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

namespace wanwu {

tl::expected<std::unique_ptr<waker>, std::error_code> waker::create() {
  const int made = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (made < 0) return tl::unexpected{std::error_code{errno, std::system_category()}};
  return std::unique_ptr<waker>{new waker{made}};
}

waker::~waker() {
  ::close(descriptor_);
}

void waker::wake() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written =
      ::write(descriptor_, &one, sizeof one);  // full counter: already awake
}

}  // namespace wanwu
