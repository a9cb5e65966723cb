// What ends a reactor's wait() from another thread, whatever descriptor tables the two have.
#pragma once

#include <memory>
#include <system_error>

#include <tl/expected.hpp>

namespace wanwu {

/// An eventfd. A descriptor is a number in a table: make it before any of the threads that share it calls
/// own_descriptor_table(), or one would ring whatever has that number in its own.
class waker {
 public:
  static tl::expected<std::unique_ptr<waker>, std::error_code> create();
  waker(const waker&) = delete;
  waker& operator=(const waker&) = delete;
  ~waker();

  /// From any thread, or from a signal handler.
  void wake() const noexcept;
  int descriptor() const noexcept { return descriptor_; }

 private:
  explicit waker(int descriptor) : descriptor_{descriptor} {}
  int descriptor_;
};

}  // namespace wanwu
