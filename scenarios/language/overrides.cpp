// Applying --set.
#include "scenarios/language/overrides.hpp"

#include <charconv>

namespace wanwu::lang {
namespace {

constexpr std::string_view shown_name = "<command line>";
constexpr std::string_view flag = "--set ";

/// Values are parsed on their own; their marks then move to where they stand behind KEY=.
void move_marks(node& tree, std::uint32_t file, std::uint32_t offset) {
  for (source_mark* mark : {&tree.mark, &tree.text_mark}) {
    mark->file = file;
    if (mark->line == 1) mark->column += offset;
  }
  for (node& item : tree.items) move_marks(item, file, offset);
  for (member& m : tree.members) {
    m.key_mark.file = file;
    if (m.key_mark.line == 1) m.key_mark.column += offset;
    move_marks(m.value, file, offset);
  }
}

node* step_into(node& at, std::string_view word) {
  if (at.is_map()) return at.find(word);
  std::size_t index = 0;
  const auto got = std::from_chars(word.data(), word.data() + word.size(), index);
  const bool number = got.ec == std::errc{} && got.ptr == word.data() + word.size();
  return at.is_list() && number && index < at.items.size() ? &at.items[index] : nullptr;
}

void apply_one(node& tree, const override_text& change, diagnostics& found) {
  node* at = &tree;
  std::string_view rest = change.path;
  while (true) {
    if (at->is_map()) {  // keys may hold points themselves: load.home.thermostat
      if (node* whole = at->find(rest)) {
        *whole = *change.value;
        return;
      }
    }
    const std::size_t dot = rest.find('.');
    if (dot == std::string_view::npos) break;
    node* next = step_into(*at, rest.substr(0, dot));
    if (next == nullptr) break;
    at = next;
    rest = rest.substr(dot + 1);
  }
  if (node* last = step_into(*at, rest)) {
    *last = *change.value;
    return;
  }
  if (at->is_map() && rest.find('.') == std::string_view::npos) {
    at->members.push_back({std::string{rest},
                           inside(change.mark, change.path.size() - rest.size(), rest.size()),
                           *change.value});
    return;
  }
  std::vector<std::string_view> known;
  for (const member& m : at->members) known.emplace_back(m.key);
  const std::string word{rest.substr(0, rest.find('.'))};
  found.error("E180", inside(change.mark, change.path.size() - rest.size(), word.size()),
              "there is no `" + word + "` to change", suggestion(word, known));
}

}  // namespace

std::vector<override_text> split_overrides(const std::vector<std::string>& texts, source_set& sources,
                                           diagnostics& found) {
  std::vector<override_text> out;
  for (const std::string& text : texts) {
    const std::uint32_t file = sources.add(std::string{shown_name}, std::string{flag} + text);
    const auto column = static_cast<std::uint32_t>(flag.size());
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || text.find('\n') != std::string::npos) {
      found.error("E180", {file, 1, column + 1, static_cast<std::uint32_t>(text.size())},
                  "`" + text + "` is not KEY=VALUE", "e.g. things.meter.count=5k");
      continue;
    }
    source_set scratch;
    diagnostics wrong;
    auto value = parse_value(scratch, std::string{shown_name}, text.substr(equals + 1), wrong);
    if (!value) {
      found.error("E180", {file, 1, column + static_cast<std::uint32_t>(equals) + 2, 1},
                  "this value is not YAML", wrong.all().empty() ? std::string{} : wrong.all()[0].message);
      continue;
    }
    move_marks(*value, file, column + static_cast<std::uint32_t>(equals) + 1);
    out.push_back({text.substr(0, equals),
                   std::move(value),
                   {file, 1, column + 1, static_cast<std::uint32_t>(equals)}});
  }
  return out;
}

override_text without_first(override_text text) {
  const std::size_t dot = text.path.find('.');
  text.path.erase(0, dot + 1);
  text.mark = inside(text.mark, dot + 1, text.path.size());
  return text;
}

void apply_overrides(node& tree, const std::vector<override_text>& overrides, source_set&,
                     diagnostics& found) {
  for (const override_text& change : overrides) apply_one(tree, change, found);
}

}  // namespace wanwu::lang
