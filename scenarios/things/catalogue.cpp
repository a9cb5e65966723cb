// Built-in texts are read when first asked for; files only from inside the project.
#include "scenarios/things/catalogue.hpp"

#include <fstream>
#include <sstream>
#include <system_error>

namespace wanwu::things {

namespace {

tl::unexpected<model_errors> fail(std::string_view file, std::string message, std::string hint = {}) {
  return tl::unexpected(model_errors{{std::string(file), 0, 0, std::move(message), std::move(hint)}});
}

const builtin_text* find_builtin(std::string_view name) {
  for (const auto& one : builtin_models()) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

constexpr std::string_view builtin_prefix = "builtin/";

/// Whether `path`, with links and dots resolved, lies in `folder`.
bool is_inside(const std::filesystem::path& path, const std::filesystem::path& folder) {
  std::error_code ignored;
  const auto full = std::filesystem::weakly_canonical(path, ignored);
  const auto home =
      std::filesystem::weakly_canonical(folder.empty() ? std::filesystem::path{"."} : folder, ignored);
  const auto relative = full.lexically_relative(home);
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

tl::expected<const thing_model*, model_errors> catalogue::find(std::string_view reference) {
  const bool prefixed = reference.starts_with(builtin_prefix);
  const auto name = prefixed ? reference.substr(builtin_prefix.size()) : reference;
  const auto key = std::string(builtin_prefix) += name;
  if (const auto known = known_.find(key); known != known_.end()) return known->second.get();
  if (const auto* text = find_builtin(name); text != nullptr) return keep(key, text->text, key);
  if (prefixed || name.find_first_of("./") == std::string_view::npos) {
    return fail(reference, "there is no built-in model `" + std::string(name) + "`",
                "`wanwu list models` prints them");
  }
  return find_file(reference);
}

tl::expected<const thing_model*, model_errors> catalogue::find_file(std::string_view reference) {
  const auto path = project_ / std::filesystem::path{reference};
  if (!is_inside(path, project_)) return fail(reference, "the model lies outside the project's folder");
  const auto key = path.lexically_normal().string();
  if (const auto known = known_.find(key); known != known_.end()) return known->second.get();
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  if (failed) return fail(reference, "cannot read the model: " + failed.message());
  if (size > model_file_bytes_max) return fail(reference, "the model is larger than 1 MiB");
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return fail(reference, "cannot read the model");
  return keep(key, text.str(), reference);
}

tl::expected<const thing_model*, model_errors> catalogue::keep(std::string key, std::string_view text,
                                                               std::string_view file) {
  auto read = read_thing_model(text, file);
  if (!read) return tl::unexpected(std::move(read.error()));
  auto& slot = known_[std::move(key)];
  slot = std::make_unique<thing_model>(std::move(*read));
  return slot.get();
}

std::vector<std::string> catalogue::names() {
  std::vector<std::string> names;
  for (const auto& one : builtin_models()) names.push_back(std::string(builtin_prefix) += one.name);
  return names;
}

}  // namespace wanwu::things
