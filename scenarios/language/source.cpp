// Paths, texts and lines of loaded files.
#include "scenarios/language/source.hpp"

#include <cassert>

namespace wanwu::lang {

source_mark inside(source_mark outer, std::size_t offset, std::size_t length) {
  outer.column += static_cast<std::uint32_t>(offset);
  outer.length = static_cast<std::uint32_t>(length == 0 ? 1 : length);
  return outer;
}

std::uint32_t source_set::add(std::string path, std::string text) {
  entry added{std::move(path), std::move(text), {0}};
  for (std::size_t i = 0; i < added.text.size(); ++i) {
    if (added.text[i] == '\n') added.line_starts.push_back(i + 1);
  }
  files_.push_back(std::move(added));
  return static_cast<std::uint32_t>(files_.size() - 1);
}

const std::string& source_set::path(std::uint32_t file) const {
  assert(file < files_.size());
  return files_[file].path;
}

const std::string& source_set::text(std::uint32_t file) const {
  assert(file < files_.size());
  return files_[file].text;
}

std::string_view source_set::line(std::uint32_t file, std::uint32_t number) const {
  if (file >= files_.size() || number == 0) return {};
  const entry& in = files_[file];
  if (number > in.line_starts.size()) return {};
  const std::size_t begin = in.line_starts[number - 1];
  std::size_t end = in.text.find('\n', begin);
  if (end == std::string::npos) end = in.text.size();
  if (end > begin && in.text[end - 1] == '\r') --end;
  return std::string_view{in.text}.substr(begin, end - begin);
}

std::string source_set::where(const source_mark& mark) const {
  if (mark.file >= files_.size()) return {};
  return files_[mark.file].path + ":" + std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

}  // namespace wanwu::lang
