// Taking typed values out of a tree that check_fields() has seen: what did not fit has been reported and is
// passed over.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "scenarios/language/fields.hpp"
#include "scenarios/language/target_file.hpp"
#include "scenarios/language/units.hpp"

namespace wanwu::lang::taken {

inline const node* map_at(const node* tree, std::string_view key) {
  const node* found = tree == nullptr ? nullptr : tree->find(key);
  return found != nullptr && found->is_map() ? found : nullptr;
}
inline const node* text_at(const node& tree, std::string_view key) {
  const node* found = tree.find(key);
  return found != nullptr && found->kind == node_kind::text ? found : nullptr;
}
inline std::string text(const node& tree, std::string_view key) {
  const node* found = text_at(tree, key);
  return found == nullptr ? std::string{} : found->text;
}
inline std::optional<duration> length(const node& tree, std::string_view key) {
  const node* found = text_at(tree, key);
  return found == nullptr ? std::nullopt : parse_duration(found->text);
}
inline std::optional<double> percent(const node& tree, std::string_view key) {
  const node* found = text_at(tree, key);
  return found == nullptr ? std::nullopt : parse_percent(found->text);
}
inline std::optional<std::uint64_t> count_of(const node& value) {
  if (value.kind == node_kind::text) return parse_count(value.text);
  if (value.kind != node_kind::integer || value.integer < 0) return std::nullopt;
  return static_cast<std::uint64_t>(value.integer);
}
inline std::optional<std::int64_t> whole(const node& tree, std::string_view key) {
  const node* found = tree.find(key);
  return found != nullptr && found->kind == node_kind::integer ? std::optional{found->integer} : std::nullopt;
}
inline bool truth(const node& tree, std::string_view key, bool otherwise) {
  const node* found = tree.find(key);
  return found != nullptr && found->kind == node_kind::boolean ? found->boolean : otherwise;
}
inline template_source source(const node& tree, std::string_view key) {
  const node* found = text_at(tree, key);
  return found == nullptr ? template_source{} : template_source{found->text, found->text_mark};
}
inline std::shared_ptr<const node> shared(const node* tree) {
  return tree == nullptr ? nullptr : std::make_shared<const node>(*tree);
}

}  // namespace wanwu::lang::taken
