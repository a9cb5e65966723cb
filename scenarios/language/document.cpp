// YAML to tree: libfyaml's events in, nodes with marks out. Everything is counted, nothing is trusted.
#include "scenarios/language/document.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <unordered_set>

#include <libfyaml.h>

#include "protocols/core/utf8.hpp"
#include "scenarios/language/plain_scalar.hpp"

namespace wanwu::lang {
namespace {

struct parser_free {
  void operator()(fy_parser* p) const { fy_parser_destroy(p); }
};
struct diag_free {
  void operator()(fy_diag* d) const { fy_diag_destroy(d); }
};
/// Swallows what libfyaml would print; collected errors are read instead.
void say_nothing(fy_diag*, void*, const char*, std::size_t) {}

constexpr std::string_view core_tag = "tag:yaml.org,2002:";

/// Builds one document from events. After a failure every step returns false and nothing more is read.
class tree_builder {
 public:
  tree_builder(const source_set& sources, std::uint32_t file, diagnostics& found)
      : file_{file}, text_{sources.text(file)}, found_{found} {}

  std::unique_ptr<node> build();

 private:
  fy_event* next();
  void release(fy_event* event) { fy_parser_event_free(parser_.get(), event); }
  bool open();
  void report_syntax();
  source_mark first_tab(const source_mark& otherwise) const;

  bool read_value(fy_event* event, node& out, std::size_t depth);
  bool read_scalar(fy_event* event, node& out);
  bool read_list(node& out, std::size_t depth);
  bool read_map(node& out, std::size_t depth);
  bool read_key(fy_event* event, std::string& key, source_mark& mark);
  bool read_alias(fy_event* event, node& out);
  void remember(fy_token* anchor, const node& value);
  bool check_tag(fy_token* tag, node& value);
  bool fail(std::string_view code, const source_mark& mark, std::string message, std::string hint = {});

  source_mark mark_at(const fy_mark* begin, const fy_mark* end) const;
  source_mark mark_of(fy_token* token) const;
  static std::string text_of(fy_token* token);
  static std::size_t count_nodes(const node& tree);

  std::uint32_t file_;
  const std::string& text_;
  diagnostics& found_;
  std::unique_ptr<fy_diag, diag_free> diag_;
  std::unique_ptr<fy_parser, parser_free> parser_;
  std::map<std::string, node> anchors_;
  std::size_t nodes_ = 0;
  std::size_t alias_nodes_ = 0;
  std::size_t anchor_nodes_ = 0;
  bool failed_ = false;
};

bool tree_builder::open() {
  fy_diag_cfg how{};
  fy_diag_cfg_default(&how);
  how.fp = nullptr;
  how.output_fn = say_nothing;
  diag_.reset(fy_diag_create(&how));
  if (!diag_) return false;
  fy_diag_set_collect_errors(diag_.get(), true);
  fy_parse_cfg config{};
  config.flags =
      static_cast<fy_parse_cfg_flags>(FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_DEFAULT_VERSION_1_2 |
                                      FYPCF_JSON_NONE | FYPCF_DISABLE_DEPTH_LIMIT);
  config.diag = diag_.get();
  parser_.reset(fy_parser_create(&config));
  return parser_ && fy_parser_set_string(parser_.get(), text_.data(), text_.size()) == 0;
}

fy_event* tree_builder::next() {
  return failed_ ? nullptr : fy_parser_parse(parser_.get());
}

source_mark tree_builder::mark_at(const fy_mark* begin, const fy_mark* end) const {
  source_mark out{file_, 1, 1, 1};
  if (begin == nullptr) return out;
  out.line = static_cast<std::uint32_t>(std::max(begin->line, 0)) + 1;
  out.column = static_cast<std::uint32_t>(std::max(begin->column, 0)) + 1;
  if (end != nullptr && end->line == begin->line && end->column > begin->column) {
    out.length = static_cast<std::uint32_t>(end->column - begin->column);
  }
  return out;
}

source_mark tree_builder::mark_of(fy_token* token) const {
  if (token == nullptr) return mark_at(nullptr, nullptr);
  return mark_at(fy_token_start_mark(token), fy_token_end_mark(token));
}

std::string tree_builder::text_of(fy_token* token) {
  std::size_t size = 0;
  const char* text = token == nullptr ? nullptr : fy_token_get_text(token, &size);
  return text == nullptr ? std::string{} : std::string{text, size};
}

bool tree_builder::fail(std::string_view code, const source_mark& mark, std::string message,
                        std::string hint) {
  if (!failed_) found_.error(code, mark, std::move(message), std::move(hint));
  failed_ = true;
  return false;
}

void tree_builder::report_syntax() {
  void* at = nullptr;
  const fy_diag_error* error = fy_diag_errors_iterate(diag_.get(), &at);
  source_mark mark{file_, 1, 1, 1};
  std::string message = "not a YAML document";
  if (error != nullptr) {
    mark.line = static_cast<std::uint32_t>(std::max(error->line, 0)) + 1;
    mark.column = static_cast<std::uint32_t>(std::max(error->column, 0)) + 1;
    if (error->msg != nullptr) message = std::string{"not YAML: "} + error->msg;
  }
  if (message.find("tab") != std::string::npos) mark = first_tab(mark);
  fail("E002", mark, std::move(message));
}

/// libfyaml notices a tab only at the next line; the first one that indents is what the author must look at.
source_mark tree_builder::first_tab(const source_mark& otherwise) const {
  std::uint32_t line = 1;
  for (std::size_t begin = 0; begin < text_.size() && line <= otherwise.line; ++line) {
    const std::size_t at = text_.find_first_not_of(' ', begin);
    if (at != std::string::npos && text_[at] == '\t') {
      return {file_, line, static_cast<std::uint32_t>(at - begin) + 1, 1};
    }
    const std::size_t end = text_.find('\n', begin);
    if (end == std::string::npos) break;
    begin = end + 1;
  }
  return otherwise;
}

std::size_t tree_builder::count_nodes(const node& tree) {
  std::size_t count = 1;
  for (const node& item : tree.items) count += count_nodes(item);
  for (const member& m : tree.members) count += count_nodes(m.value);
  return count;
}

void tree_builder::remember(fy_token* anchor, const node& value) {
  if (anchor == nullptr) return;
  const std::size_t size = count_nodes(value);
  anchor_nodes_ += size;
  if (anchor_nodes_ > document_limits::nodes_max) {
    fail("E004", value.mark, "anchors cover more than 1,000,000 nodes in all");
    return;
  }
  anchors_[text_of(anchor)] = value;
}

bool tree_builder::check_tag(fy_token* tag, node& value) {
  if (tag == nullptr) return true;
  const std::string full = text_of(tag);
  if (full.starts_with(core_tag)) {
    const std::string name = full.substr(core_tag.size());
    if (name == "str" && value.is_scalar()) {
      value.kind = node_kind::text;
      return true;
    }
    const bool fits =
        (name == "map" && value.is_map()) || (name == "seq" && value.is_list()) ||
        (name == "int" && value.kind == node_kind::integer) ||
        (name == "float" && (value.kind == node_kind::number || value.kind == node_kind::integer)) ||
        (name == "bool" && value.kind == node_kind::boolean) ||
        (name == "null" && value.kind == node_kind::null);
    if (fits) return true;
  }
  found_.error("E006", mark_of(tag), "the tag `" + full + "` is not allowed here", "write the plain value");
  return true;
}

bool tree_builder::read_value(fy_event* event, node& out, std::size_t depth) {
  if (++nodes_ > document_limits::nodes_max)
    return fail("E004", out.mark, "more than 1,000,000 values in one file");
  fy_token* anchor = nullptr;
  fy_token* tag = nullptr;
  bool ok = false;
  switch (event->type) {
    case FYET_SCALAR:
      anchor = event->scalar.anchor;
      tag = event->scalar.tag;
      ok = read_scalar(event, out);
      break;
    case FYET_ALIAS:
      return read_alias(event, out);
    case FYET_SEQUENCE_START:
    case FYET_MAPPING_START: {
      const bool list = event->type == FYET_SEQUENCE_START;
      anchor = list ? event->sequence_start.anchor : event->mapping_start.anchor;
      tag = list ? event->sequence_start.tag : event->mapping_start.tag;
      out.mark = mark_at(fy_event_start_mark(event), nullptr);
      out.text_mark = out.mark;
      out.kind = list ? node_kind::list : node_kind::map;
      if (depth >= document_limits::depth_max) return fail("E004", out.mark, "nested deeper than 64 levels");
      ok = list ? read_list(out, depth + 1) : read_map(out, depth + 1);
      break;
    }
    default:
      return fail("E002", out.mark, "not YAML: a value was expected");
  }
  ok = ok && check_tag(tag, out);
  if (ok) remember(anchor, out);
  return ok && !failed_;
}

bool tree_builder::read_scalar(fy_event* event, node& out) {
  fy_token* token = event->scalar.value;
  out.text = text_of(token);
  out.mark = token == nullptr ? mark_at(fy_event_start_mark(event), nullptr) : mark_of(token);
  out.text_mark = out.mark;
  const fy_scalar_style style = token == nullptr ? FYSS_PLAIN : fy_token_scalar_style(token);
  out.quoted = style != FYSS_PLAIN && style != FYSS_ANY;
  if (!out.quoted) {
    resolve_plain(out);
    return true;
  }
  out.kind = node_kind::text;  // libfyaml marks what stands inside the quotes
  return true;
}

bool tree_builder::read_list(node& out, std::size_t depth) {
  while (fy_event* event = next()) {
    if (event->type == FYET_SEQUENCE_END) {
      release(event);
      return true;
    }
    out.items.emplace_back().mark = out.mark;
    const bool ok = read_value(event, out.items.back(), depth);
    release(event);
    if (!ok) return false;
  }
  return false;
}

bool tree_builder::read_key(fy_event* event, std::string& key, source_mark& mark) {
  if (event->type != FYET_SCALAR) {
    return fail("E103", mark_at(fy_event_start_mark(event), nullptr), "a key must be a plain word",
                "lists and maps cannot be keys here");
  }
  key = text_of(event->scalar.value);
  mark = event->scalar.value == nullptr ? mark_at(fy_event_start_mark(event), nullptr)
                                        : mark_of(event->scalar.value);
  return true;
}

bool tree_builder::read_map(node& out, std::size_t depth) {
  std::unordered_set<std::string> seen;
  while (fy_event* event = next()) {
    if (event->type == FYET_MAPPING_END) {
      release(event);
      return true;
    }
    std::string key;
    source_mark mark = out.mark;
    const bool named = read_key(event, key, mark);
    release(event);
    if (!named) return false;
    event = next();
    if (event == nullptr) return false;
    member read{key, mark, {}};
    read.value.mark = mark;
    const bool ok = read_value(event, read.value, depth);
    release(event);
    if (!ok) return false;
    if (seen.insert(key).second) {
      out.members.push_back(std::move(read));
    } else {
      found_.error("E005", mark, "the key `" + key + "` stands twice in this map", "remove one of the two");
    }
  }
  return false;
}

bool tree_builder::read_alias(fy_event* event, node& out) {
  const source_mark mark = mark_of(event->alias.anchor);
  const auto target = anchors_.find(text_of(event->alias.anchor));
  if (target == anchors_.end()) {
    return fail("E002", mark,
                "not YAML: the alias `*" + text_of(event->alias.anchor) + "` has no anchor before it");
  }
  alias_nodes_ += count_nodes(target->second);
  if (alias_nodes_ > document_limits::alias_nodes_max)
    return fail("E004", mark, "aliases expand to more than 10,000 nodes");
  out = target->second;
  return true;
}

std::unique_ptr<node> tree_builder::build() {
  if (!open()) {
    fail("E002", {file_, 1, 1, 1}, "the YAML reader could not start");
    return nullptr;
  }
  std::unique_ptr<node> root;
  bool complete = false;
  while (fy_event* event = next()) {
    if (event->type == FYET_STREAM_END) complete = true;
    const bool begins_value = event->type == FYET_SCALAR || event->type == FYET_ALIAS ||
                              event->type == FYET_SEQUENCE_START || event->type == FYET_MAPPING_START;
    if (begins_value && root) {
      fail("E002", mark_at(fy_event_start_mark(event), nullptr), "a second document begins here",
           "one file holds one document");
    } else if (begins_value) {
      root = std::make_unique<node>();
      read_value(event, *root, 0);
    }
    release(event);
  }
  if (!failed_ && (!complete || fy_parser_get_stream_error(parser_.get()))) report_syntax();
  if (!root && !failed_)
    fail("E002", {file_, 1, 1, 1}, "the file is empty", "a file begins with `wanwu: scenario/v1`");
  return failed_ ? nullptr : std::move(root);
}

/// Where byte `offset` stands, in characters.
source_mark mark_of_byte(const std::string& text, std::uint32_t file, std::size_t offset) {
  source_mark mark{file, 1, 1, 1};
  for (std::size_t i = 0; i < offset && i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == '\n') {
      ++mark.line;
      mark.column = 1;
    } else if ((byte & 0xC0U) != 0x80U) {
      ++mark.column;
    }
  }
  return mark;
}

}  // namespace

std::unique_ptr<node> parse_document(const source_set& sources, std::uint32_t file, diagnostics& found) {
  const std::string& text = sources.text(file);
  if (text.size() > document_limits::bytes_max) {
    found.error("E004", {file, 1, 1, 1}, "the file is larger than 5 MB");
    return nullptr;
  }
  if (const auto bad = find_invalid_utf8(as_bytes(text))) {
    found.error("E003", mark_of_byte(text, file, *bad), "not UTF-8 from here on");
    return nullptr;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F) {
      found.error("E002", mark_of_byte(text, file, i), "a control character, which YAML does not allow");
      return nullptr;
    }
  }
  return tree_builder{sources, file, found}.build();
}

std::unique_ptr<node> load_document(source_set& sources, const std::string& path, const source_mark& asked_at,
                                    diagnostics& found) {
  std::ifstream in{path, std::ios::binary};
  std::string text;
  if (in) {
    text.resize(document_limits::bytes_max + 1);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
    text.shrink_to_fit();  // kept for messages as long as the run: what it could have been is not
  }
  if (!in.is_open() || in.bad() || (text.empty() && !in.eof())) {
    found.error("E001", asked_at, "`" + path + "` cannot be read", "is the path right, and a file?");
    return nullptr;
  }
  return parse_document(sources, sources.add(path, std::move(text)), found);
}

std::unique_ptr<node> parse_value(source_set& sources, std::string shown, std::string text,
                                  diagnostics& found) {
  return parse_document(sources, sources.add(std::move(shown), std::move(text)), found);
}

}  // namespace wanwu::lang
