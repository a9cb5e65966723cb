// A YAML 1.2 file (core schema) as a tree whose every node knows where it was written.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/language/diagnostics.hpp"

namespace wanwu::lang {

enum class node_kind : std::uint8_t { null, boolean, integer, number, text, list, map };

struct member;

/// One value. Scalars keep their text as written in `text` (without quotes) beside the typed value.
struct node {
  node_kind kind = node_kind::null;
  bool quoted = false;  ///< The scalar stood in quotes or in a block.
  bool boolean = false;
  std::int64_t integer = 0;  ///< When kind is integer.
  double number = 0;         ///< When kind is integer or number.
  std::string text;
  std::vector<node> items;      ///< When kind is list.
  std::vector<member> members;  ///< When kind is map, in the file's order.
  source_mark mark;             ///< Of the value, without quotes; collections: of their first character.
  source_mark text_mark;        ///< Of the first character of a scalar's text.

  bool is_scalar() const noexcept { return kind < node_kind::list; }
  bool is_map() const noexcept { return kind == node_kind::map; }
  bool is_list() const noexcept { return kind == node_kind::list; }
  /// The value of a key, or nullptr. Lives as long as this node is not changed.
  const node* find(std::string_view key) const noexcept;
  node* find(std::string_view key) noexcept;
  const member* find_member(std::string_view key) const noexcept;
};

struct member {
  std::string key;
  source_mark key_mark;
  node value;
};

struct document_limits {
  static constexpr std::size_t bytes_max = 5'000'000;
  static constexpr std::size_t depth_max = 64;
  static constexpr std::size_t nodes_max = 1'000'000;     ///< Of the whole tree.
  static constexpr std::size_t alias_nodes_max = 10'000;  ///< Nodes that aliases may add.
};

/// Parses the text of file `file` of `sources`. Any bytes are accepted: what is wrong becomes a diagnostic,
/// and the tree is what could be read (nullptr when nothing could).
std::unique_ptr<node> parse_document(const source_set& sources, std::uint32_t file, diagnostics& found);

/// Reads a file into `sources` (refusing more than bytes_max) and parses it. nullptr when it cannot be read;
/// `asked_at` is where its name was written (file = no_file: the command line).
std::unique_ptr<node> load_document(source_set& sources, const std::string& path, const source_mark& asked_at,
                                    diagnostics& found);

/// One value as YAML flow text, as `--set key=value` gives it.
std::unique_ptr<node> parse_value(source_set& sources, std::string shown, std::string text,
                                  diagnostics& found);

/// The tree as JSON text. `indent` 0 = one line.
std::string to_json(const node& tree, int indent = 0);
/// JSON string with its quotes.
std::string json_quoted(std::string_view text);

/// Makers for trees built by the program.
node make_text(std::string_view text);
node make_integer(std::int64_t value);
node make_boolean(bool value);
node make_list(std::vector<node> items = {});
node make_map();
/// Appends a member and returns its value.
node& put(node& map, std::string_view key, node value);

}  // namespace wanwu::lang
