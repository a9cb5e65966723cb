// What is wrong, where, and what would be right: collected for all files, printed in one go.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/language/source.hpp"

namespace wanwu::lang {

enum class severity : std::uint8_t { error, warning };

/// A second place that belongs to the same message ("the target is described here").
struct diagnostic_note {
  std::string text;
  source_mark mark;
};

struct diagnostic {
  std::string code;     ///< "E110"; the key of `wanwu explain`.
  std::string message;  ///< One line, no full stop needed.
  std::string hint;     ///< What would be right; printed behind the caret. May be empty.
  source_mark mark;
  severity level = severity::error;
  std::vector<diagnostic_note> notes;
};

/// Everything found so far. At most `limit` are kept, the rest are counted, so hostile files stay cheap.
class diagnostics {
 public:
  static constexpr std::size_t limit = 1000;

  diagnostic& error(std::string_view code, const source_mark& mark, std::string message,
                    std::string hint = {});
  diagnostic& warning(std::string_view code, const source_mark& mark, std::string message,
                      std::string hint = {});

  bool has_errors() const noexcept { return errors_ != 0; }
  std::size_t error_count() const noexcept { return errors_; }
  std::size_t dropped() const noexcept { return dropped_; }
  std::span<const diagnostic> all() const noexcept { return found_; }
  /// By file, line, column; equal places keep the order of finding.
  void sort();
  void append(const diagnostics& other);

 private:
  diagnostic& add(diagnostic d);

  std::vector<diagnostic> found_;
  diagnostic overflow_;
  std::size_t errors_ = 0;
  std::size_t dropped_ = 0;
};

/// The long form behind a code, for `wanwu explain E101`.
struct diagnostic_code {
  std::string_view code, title, text;
};
std::span<const diagnostic_code> diagnostic_codes();
const diagnostic_code* find_code(std::string_view code);

enum class diagnostic_format : std::uint8_t { human, json, sarif, github };

/// The whole report as text ending in a newline; "" for human and github when nothing was found.
std::string format_diagnostics(const diagnostics& found, const source_set& sources, diagnostic_format format,
                               bool colour = false);

/// The candidate nearest to `word` by edit distance when it is near enough to be meant; "" when none is.
std::string_view did_you_mean(std::string_view word, std::span<const std::string_view> candidates);
/// "did you mean `X`?" or, when nothing is near, "one of: a b c" (at most `shown`), or "".
std::string suggestion(std::string_view word, std::span<const std::string_view> candidates,
                       std::size_t shown = 12);

}  // namespace wanwu::lang
