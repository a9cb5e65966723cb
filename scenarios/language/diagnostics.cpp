// Collecting what is wrong.
#include "scenarios/language/diagnostics.hpp"

#include <algorithm>
#include <tuple>

namespace wanwu::lang {

diagnostic& diagnostics::add(diagnostic d) {
  if (d.level == severity::error) ++errors_;
  if (found_.size() >= limit) {
    ++dropped_;
    overflow_ = std::move(d);
    return overflow_;
  }
  return found_.emplace_back(std::move(d));
}

diagnostic& diagnostics::error(std::string_view code, const source_mark& mark, std::string message,
                               std::string hint) {
  return add({std::string{code}, std::move(message), std::move(hint), mark, severity::error, {}});
}

diagnostic& diagnostics::warning(std::string_view code, const source_mark& mark, std::string message,
                                 std::string hint) {
  return add({std::string{code}, std::move(message), std::move(hint), mark, severity::warning, {}});
}

void diagnostics::sort() {
  const auto place = [](const diagnostic& d) { return std::tuple{d.mark.file, d.mark.line, d.mark.column}; };
  std::stable_sort(found_.begin(), found_.end(),
                   [&](const diagnostic& a, const diagnostic& b) { return place(a) < place(b); });
}

void diagnostics::append(const diagnostics& other) {
  for (const diagnostic& d : other.found_) add(d);
  dropped_ += other.dropped_;
}

}  // namespace wanwu::lang
