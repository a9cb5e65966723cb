// Where in which file something was written, and the texts of the files, for messages that point.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wanwu::lang {

/// A place in a source_set. Lines and columns count from 1, columns and lengths in characters (not bytes).
struct source_mark {
  std::uint32_t file = 0;  ///< Index into the source_set; no_file = made by the program.
  std::uint32_t line = 1;
  std::uint32_t column = 1;
  std::uint32_t length = 1;

  static constexpr std::uint32_t no_file = 0xFFFFFFFFU;
  friend bool operator==(const source_mark&, const source_mark&) = default;
};

/// The same place, `offset` characters further on the same line and `length` characters long.
source_mark inside(source_mark outer, std::size_t offset, std::size_t length);

/// Paths and texts of everything that was loaded, so that any mark can be shown later.
class source_set {
 public:
  /// Keeps `text` under `path` (as the user wrote it, or "<command line>") and returns the file's index.
  std::uint32_t add(std::string path, std::string text);
  const std::string& path(std::uint32_t file) const;
  const std::string& text(std::uint32_t file) const;
  /// Line `number` (from 1) without its end; "" past the last. Lives as long as the set.
  std::string_view line(std::uint32_t file, std::uint32_t number) const;
  /// "FILE:LINE:COLUMN", as compilers write it; "" for a mark without a file.
  std::string where(const source_mark& mark) const;
  std::size_t size() const noexcept { return files_.size(); }

 private:
  struct entry {
    std::string path, text;
    std::vector<std::size_t> line_starts;
  };
  std::vector<entry> files_;
};

}  // namespace wanwu::lang
