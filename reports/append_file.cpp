#include "reports/append_file.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace wanwu::report {

append_file::append_file(append_file&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}

append_file& append_file::operator=(append_file&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

append_file::~append_file() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int append_file::open(const std::string& path) {
  *this = append_file{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
  return is_open() ? 0 : errno;
}

int append_file::write(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t n = ::write(descriptor_, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

int write_whole(const std::string& path, std::string_view text, existing_file what) {
  const int flags = what == existing_file::refused ? O_EXCL : O_TRUNC;
  const append_file file{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644)};
  return file.is_open() ? file.write(text) : errno;
}

}  // namespace wanwu::report
