// Descriptor limits and tables, by the system calls that know them.

#include "protocols/transport/descriptors.hpp"

#include <cerrno>

#include <dirent.h>
#include <sched.h>
#include <sys/resource.h>

namespace wanwu {

std::error_code own_descriptor_table() noexcept {
  if (::unshare(CLONE_FILES) != 0) return {errno, std::system_category()};
  return {};
}

descriptor_limit current_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  return {limit.rlim_cur, limit.rlim_max};
}

descriptor_limit raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {};
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);  // what holds afterwards is what we report
  }
  return current_descriptor_limit();
}

std::uint64_t descriptors_left() noexcept {
  const std::uint64_t limit = current_descriptor_limit().soft;
  DIR* folder = ::opendir("/proc/thread-self/fd");
  if (folder == nullptr) return 0;
  std::uint64_t used = 0;
  while (const dirent* entry = ::readdir(folder)) used += entry->d_name[0] != '.' ? 1U : 0U;
  ::closedir(folder);
  used -= used > 0 ? 1U : 0U;  // the folder itself
  return limit > used ? limit - used : 0;
}

}  // namespace wanwu
