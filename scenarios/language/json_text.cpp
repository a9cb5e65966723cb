// The tree as JSON, and makers for trees that the program builds.
#include <charconv>
#include <cmath>

#include "scenarios/language/document.hpp"

namespace wanwu::lang {
namespace {

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += digits[byte >> 4U];
      out += digits[byte & 0xFU];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number);
  out.append(text, end.ptr);
}

void new_line(std::string& out, int indent, int depth) {
  if (indent == 0) return;
  out += '\n';
  out.append(static_cast<std::size_t>(indent * depth), ' ');
}

void append_tree(std::string& out, const node& tree, int indent, int depth);

void append_map(std::string& out, const node& tree, int indent, int depth) {
  out += '{';
  bool first = true;
  for (const member& m : tree.members) {
    if (!first) out += ',';
    first = false;
    new_line(out, indent, depth + 1);
    append_quoted(out, m.key);
    out += indent == 0 ? ":" : ": ";
    append_tree(out, m.value, indent, depth + 1);
  }
  if (!first) new_line(out, indent, depth);
  out += '}';
}

void append_list(std::string& out, const node& tree, int indent, int depth) {
  out += '[';
  bool first = true;
  for (const node& item : tree.items) {
    if (!first) out += ',';
    first = false;
    new_line(out, indent, depth + 1);
    append_tree(out, item, indent, depth + 1);
  }
  if (!first) new_line(out, indent, depth);
  out += ']';
}

void append_tree(std::string& out, const node& tree, int indent, int depth) {
  switch (tree.kind) {
    case node_kind::null:
      out += "null";
      return;
    case node_kind::boolean:
      out += tree.boolean ? "true" : "false";
      return;
    case node_kind::integer:
      out += std::to_string(tree.integer);
      return;
    case node_kind::number:
      append_number(out, tree.number);
      return;
    case node_kind::text:
      append_quoted(out, tree.text);
      return;
    case node_kind::list:
      append_list(out, tree, indent, depth);
      return;
    case node_kind::map:
      append_map(out, tree, indent, depth);
      return;
  }
}

}  // namespace

std::string to_json(const node& tree, int indent) {
  std::string out;
  append_tree(out, tree, indent, 0);
  return out;
}

std::string json_quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

const member* node::find_member(std::string_view key) const noexcept {
  for (const member& m : members) {
    if (m.key == key) return &m;
  }
  return nullptr;
}

const node* node::find(std::string_view key) const noexcept {
  const member* found = find_member(key);
  return found == nullptr ? nullptr : &found->value;
}

node* node::find(std::string_view key) noexcept {
  for (member& m : members) {
    if (m.key == key) return &m.value;
  }
  return nullptr;
}

node make_text(std::string_view text) {
  node out;
  out.kind = node_kind::text;
  out.text = text;
  return out;
}

node make_integer(std::int64_t value) {
  node out;
  out.kind = node_kind::integer;
  out.integer = value;
  out.number = static_cast<double>(value);
  out.text = std::to_string(value);
  return out;
}

node make_boolean(bool value) {
  node out;
  out.kind = node_kind::boolean;
  out.boolean = value;
  out.text = value ? "true" : "false";
  return out;
}

node make_list(std::vector<node> items) {
  node out;
  out.kind = node_kind::list;
  out.items = std::move(items);
  return out;
}

node make_map() {
  node out;
  out.kind = node_kind::map;
  return out;
}

node& put(node& map, std::string_view key, node value) {
  map.members.push_back(member{std::string{key}, {}, std::move(value)});
  return map.members.back().value;
}

}  // namespace wanwu::lang
