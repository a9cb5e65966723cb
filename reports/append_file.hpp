// A file that is appended to while a run goes on, so that a kill leaves whole lines.
#pragma once

#include <string>
#include <string_view>

namespace wanwu::report {

/// An open file that appends; closed when it goes.
class append_file {
 public:
  append_file() = default;
  explicit append_file(int descriptor) : descriptor_{descriptor} {}
  append_file(append_file&& other) noexcept;
  append_file& operator=(append_file&& other) noexcept;
  ~append_file();

  /// 0 or errno.
  int open(const std::string& path);
  bool is_open() const noexcept { return descriptor_ >= 0; }
  int descriptor() const noexcept { return descriptor_; }
  /// In one write where the system allows it. 0 or errno.
  int write(std::string_view text) const;

 private:
  int descriptor_{-1};
};

enum class existing_file : unsigned char { replaced, refused };
/// Writes a whole file. 0 or errno.
int write_whole(const std::string& path, std::string_view text, existing_file what = existing_file::replaced);

}  // namespace wanwu::report
