// Compiling templates: where ${...} begins and ends, what stands in it, how bodies become JSON.
#include "scenarios/language/slots.hpp"
#include "scenarios/language/template.hpp"

namespace wanwu::lang {

/// Builds one template; after the first mistake nothing more is added.
class template_builder {
 public:
  explicit template_builder(const name_resolver& names) : names_{names} {}

  void text(std::string_view source, const source_mark& mark, place where);
  void body(const node& tree);
  tl::expected<text_template, template_error> finish();

 private:
  using step = text_template::step;
  void literal(std::string_view piece);
  void value_segment(std::string_view source, const source_mark& mark, place where, bool whole);
  void string_or_value(const node& scalar);
  void list(const node& tree);
  bool names_reading(std::size_t from) const;
  void fail(std::string message, std::string hint, const source_mark& mark);

  const name_resolver& names_;
  text_template out_;
  template_error error_;
  bool failed_ = false;
};

std::size_t end_of_expression(std::string_view source, std::size_t at) {
  char quote = '\0';
  for (; at < source.size(); ++at) {
    const char c = source[at];
    if (quote != '\0') {
      if (c == '\\')
        ++at;
      else if (c == quote)
        quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '}') {
      return at;
    }
  }
  return std::string_view::npos;
}

namespace {

std::size_t characters_before(std::string_view source, std::size_t byte) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < byte && i < source.size(); ++i)
    count += (static_cast<unsigned char>(source[i]) & 0xC0U) != 0x80U ? 1U : 0U;
  return count;
}

bool is_single(std::string_view source) {
  return source.starts_with("${") && end_of_expression(source, 2) == source.size() - 1;
}

/// A topic template that is one ${} alone, or a path before its query.
place place_at(place where, std::string_view before) {
  return where == place::uri_path && before.find('?') != std::string_view::npos ? place::uri_query : where;
}

}  // namespace

void template_builder::fail(std::string message, std::string hint, const source_mark& mark) {
  if (!failed_) error_ = {std::move(message), std::move(hint), mark};
  failed_ = true;
}

void template_builder::literal(std::string_view piece) {
  if (piece.empty()) return;
  const auto begin = static_cast<std::uint32_t>(out_.text_.size());
  out_.text_ += piece;
  if (!out_.segments_.empty() && out_.segments_.back().kind == step::literal) {
    out_.segments_.back().size += static_cast<std::uint32_t>(piece.size());
    return;
  }
  out_.segments_.push_back(
      {step::literal, place::plain, false, 0, begin, static_cast<std::uint32_t>(piece.size())});
}

void template_builder::value_segment(std::string_view source, const source_mark& mark, place where,
                                     bool whole) {
  auto compiled = compile_expression(source, names_);
  if (!compiled) {
    const auto& wrong = compiled.error();
    const std::size_t from = characters_before(source, wrong.offset);
    const std::size_t to = characters_before(source, wrong.offset + wrong.length);
    return fail(wrong.message, wrong.hint, inside(mark, from, to - from));
  }
  const int slot_number = compiled->single_slot();
  if (slot_number >= 0) {
    out_.segments_.push_back({step::slot, where, whole, static_cast<std::uint16_t>(slot_number), 0, 0});
    return;
  }
  if (compiled->is_constant()) {  // written now, once
    byte_writer text;
    eval_context nothing;
    text_template one;
    one.expressions_.push_back(*compiled);
    one.segments_.push_back({step::expression, where, true, 0, 0, 0});  // an author's own constant may hold /
    if (one.render(nothing, text)) return literal(as_text(text.view()));
    return fail("this value may not stand here: it holds + or #", {}, mark);
  }
  out_.expressions_.push_back(std::move(*compiled));
  out_.segments_.push_back(
      {step::expression, where, whole, 0, static_cast<std::uint32_t>(out_.expressions_.size() - 1), 0});
}

void template_builder::text(std::string_view source, const source_mark& mark, place where) {
  std::string pending;
  const bool whole = is_single(source);
  std::size_t at = 0;
  const auto flush = [&] {
    if (where == place::json_string) {
      std::string quoted = json_quoted(pending);
      literal(std::string_view{quoted}.substr(1, quoted.size() - 2));
    } else {
      literal(pending);
    }
    pending.clear();
  };
  while (at < source.size() && !failed_) {
    if (source.substr(at).starts_with("$${")) {
      pending += "${";
      at += 3;
    } else if (source.substr(at).starts_with("${")) {
      const std::size_t end = end_of_expression(source, at + 2);
      if (end == std::string_view::npos) {
        return fail("`${` has no `}`", "$${ writes a plain ${",
                    inside(mark, characters_before(source, at), 2));
      }
      flush();
      const std::string_view inner = source.substr(at + 2, end - at - 2);
      value_segment(inner, inside(mark, characters_before(source, at + 2), inner.size()),
                    place_at(where, source.substr(0, at)), whole);
      at = end + 1;
    } else {
      pending += source[at++];
    }
  }
  if (!failed_) flush();
}

void template_builder::string_or_value(const node& scalar) {
  if (scalar.kind == node_kind::text && is_single(scalar.text)) {
    const std::string_view inner = std::string_view{scalar.text}.substr(2, scalar.text.size() - 3);
    return value_segment(inner, inside(scalar.text_mark, 2, inner.size()), place::json_value, true);
  }
  if (scalar.kind != node_kind::text) return literal(to_json(scalar));
  literal("\"");
  text(scalar.text, scalar.text_mark, place::json_string);
  literal("\"");
}

bool template_builder::names_reading(std::size_t from) const {
  const auto property = static_cast<std::uint16_t>(slot::property),
             value_slot = static_cast<std::uint16_t>(slot::value);
  for (std::size_t i = from; i < out_.segments_.size(); ++i) {
    const auto& s = out_.segments_[i];
    if (s.kind == step::repeat) {  // an inner list repeats by itself
      i += s.size;
      continue;
    }
    if (s.kind == step::slot && (s.slot == property || s.slot == value_slot)) return true;
    if (s.kind != step::expression) continue;
    const expression& e = out_.expressions_[s.begin];
    if (e.uses_slot(property) || e.uses_slot(value_slot)) return true;
  }
  return false;
}

void template_builder::list(const node& tree) {
  literal("[");
  bool first = true;
  for (const node& item : tree.items) {
    if (!first) literal(",");
    first = false;
    const std::size_t at = out_.segments_.size();
    // A repeat is placed in front and taken away again when the element turns out to name no reading.
    out_.segments_.push_back({step::repeat, place::plain, false, 0, 0, 0});
    body(item);
    if (names_reading(at + 1)) {
      out_.segments_[at].size = static_cast<std::uint32_t>(out_.segments_.size() - at - 1);
      // What follows must not be joined to the element's last literal.
      out_.segments_.push_back(
          {step::literal, place::plain, false, 0, static_cast<std::uint32_t>(out_.text_.size()), 0});
    } else {
      out_.segments_.erase(out_.segments_.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  literal("]");
}

void template_builder::body(const node& tree) {
  if (failed_) return;
  if (tree.is_scalar()) return string_or_value(tree);
  if (tree.is_list()) return list(tree);
  literal("{");
  bool first = true;
  for (const member& m : tree.members) {
    if (!first) literal(",");
    first = false;
    literal("\"");
    text(m.key, m.key_mark, place::json_string);
    literal("\":");
    body(m.value);
  }
  literal("}");
}

tl::expected<text_template, template_error> template_builder::finish() {
  if (failed_) return tl::unexpected{error_};
  return std::move(out_);
}

tl::expected<text_template, template_error> compile_text(std::string_view source, const source_mark& mark,
                                                         place where, const name_resolver& names) {
  template_builder builder{names};
  builder.text(source, mark, where);
  return builder.finish();
}

tl::expected<text_template, template_error> compile_body(const node& body, const name_resolver& names) {
  template_builder builder{names};
  if (body.is_scalar() && body.kind == node_kind::text && !is_single(body.text)) {
    builder.text(body.text, body.text_mark, place::plain);
  } else {
    builder.body(body);
  }
  return builder.finish();
}

}  // namespace wanwu::lang
