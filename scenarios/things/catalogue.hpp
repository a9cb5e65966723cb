// Where Thing Models are found: those compiled into the program, and files of the user's project.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "scenarios/things/thing_model.hpp"

namespace wanwu::things {

/// The largest model file that is read.
inline constexpr std::size_t model_file_bytes_max = std::size_t{1024} * 1024;

/// All problems of one file, never empty.
using model_errors = std::vector<model_error>;

/// Reads a Thing Model from its text. `file` only appears in messages; `name` is taken from it.
tl::expected<thing_model, model_errors> read_thing_model(std::string_view text, std::string_view file);

/// A model compiled into the program, not yet read.
struct builtin_text {
  std::string_view name, sector, text;
};

/// Every built-in model's text, by sector, then name. Static storage.
std::span<const builtin_text> builtin_models() noexcept;

/// Finds and keeps models; pointers stay valid as long as the catalogue does. Not for concurrent use.
class catalogue {
 public:
  /// `project` is the folder a scenario's paths are relative to and may not leave.
  explicit catalogue(std::filesystem::path project = {}) : project_(std::move(project)) {}

  /// `builtin/NAME`, a bare NAME of a built-in, or the path of a `.tm.jsonld` file inside the project.
  tl::expected<const thing_model*, model_errors> find(std::string_view reference);

  /// Names of the built-in models, `builtin/NAME`, sorted by sector and name.
  static std::vector<std::string> names();

 private:
  tl::expected<const thing_model*, model_errors> keep(std::string key, std::string_view text,
                                                      std::string_view file);
  tl::expected<const thing_model*, model_errors> find_file(std::string_view reference);

  std::filesystem::path project_;
  std::map<std::string, std::unique_ptr<thing_model>, std::less<>> known_;
};

}  // namespace wanwu::things
