// Names, members, lists and calls of an expression: the parts that look something up.
#include "scenarios/language/diagnostics.hpp"
#include "scenarios/language/expression_compiler.hpp"

namespace wanwu::lang {
namespace {

using t = value_type;

/// JSON members are not known before the run, so they pass for anything.
bool loose(t type) {
  return type == t::any || type == t::json;
}

}  // namespace

t expression_compiler::name_or_call() {
  const token name = now_;
  advance();
  if (now_.kind == token_kind::left_paren) return call(name);
  if (name.text == "true" || name.text == "false") return literal(value::of(name.text == "true"), t::boolean);
  if (name.text == "null") return literal(value{}, t::null);
  return name_path(name);
}

t expression_compiler::name_path(const token& first) {
  std::vector<token> parts{first};
  while (ok() && now_.kind == token_kind::dot) {
    advance();
    if (now_.kind != token_kind::name) return fail(now_, "a name must follow the point");
    parts.push_back(now_);
    advance();
  }
  if (failed_) return t::any;
  for (std::size_t count = parts.size(); count > 0; --count) {
    std::string name;
    for (std::size_t i = 0; i < count; ++i) name += (i == 0 ? "" : ".") + parts[i].text;
    resolved_name meaning;
    if (!names_.resolve(name, meaning)) continue;
    if (meaning.constant) {
      if (meaning.fixed.is_text() && meaning.fixed.kind() == value_kind::text)
        text_literal(std::string{meaning.fixed.text()});
      else
        literal(meaning.fixed, meaning.type);
    } else {
      fixed_ = false;
      emit(opcode::push_slot, meaning.slot);
      stack(1);
    }
    return members_of(meaning.type, parts, count);
  }
  return unknown_name(parts);
}

t expression_compiler::members_of(t type, const std::vector<token>& parts, std::size_t from) {
  for (std::size_t i = from; i < parts.size(); ++i) {
    if (!loose(type)) {
      return fail(parts[i], "a " + std::string{name_of(type)} + " has no member `" + parts[i].text + "`");
    }
    out_->texts.push_back(parts[i].text);
    emit(opcode::member, out_->texts.size() - 1);
    type = t::any;
  }
  return type;
}

t expression_compiler::unknown_name(const std::vector<token>& parts) {
  std::string name;
  for (const token& part : parts) name += (name.empty() ? "" : ".") + part.text;
  const auto known = names_.names();
  token all = parts.front();
  all.length = parts.back().offset + parts.back().length - all.offset;
  return fail(all, "there is no `" + name + "` here", suggestion(name, known, 10));
}

std::optional<std::uint16_t> expression_compiler::list_literal() {
  advance();
  std::vector<value> items;
  while (ok() && now_.kind != token_kind::right_bracket) {
    const bool negative = now_.kind == token_kind::minus;
    if (negative) advance();
    const token item = now_;
    if (item.kind == token_kind::integer)
      items.push_back(value::of(negative ? -item.integer : item.integer));
    else if (item.kind == token_kind::number)
      items.push_back(value::of(negative ? -item.number : item.number));
    else if (item.kind == token_kind::time && !negative)
      items.push_back(value::of(duration{item.integer}));
    else if (item.kind == token_kind::text && !negative)
      items.push_back(value::of(std::string_view{out_->texts.emplace_back(item.text)}));
    else if (item.kind == token_kind::name && (item.text == "true" || item.text == "false"))
      items.push_back(value::of(item.text == "true"));
    else
      fail(item, "a list holds numbers, texts, times, true and false");
    advance();
    if (now_.kind == token_kind::comma)
      advance();
    else if (now_.kind != token_kind::right_bracket)
      fail(now_, "`,` or `]` is missing here");
  }
  if (!expect(token_kind::right_bracket, "`]`")) return std::nullopt;
  out_->lists.push_back(std::move(items));
  return static_cast<std::uint16_t>(out_->lists.size() - 1);
}

t expression_compiler::list_argument(const token& bracket, bool for_pick) {
  const auto list = list_literal();
  if (!list) return t::any;
  if (for_pick && out_->lists[*list].empty())
    return fail(bracket, "nothing can be picked from an empty list");
  emit(for_pick ? opcode::pick_list : opcode::in_list, *list);
  if (for_pick) {
    stack(1);
    fixed_ = false;
  }
  return for_pick ? t::any : t::boolean;
}

t expression_compiler::call(const token& name) {
  const function_row* row = find_function(name.text);
  if (row == nullptr) {
    std::vector<std::string_view> known;
    for (const function_row& r : function_rows()) known.push_back(r.name);
    return fail(name, "there is no function `" + name.text + "`", suggestion(name.text, known, 40));
  }
  advance();
  if (row->id == function_id::pick && now_.kind == token_kind::left_bracket) {
    const t type = list_argument(now_, true);
    expect(token_kind::right_paren, "`)`");
    return type;
  }
  std::size_t count = 0;
  while (ok() && now_.kind != token_kind::right_paren) {
    const token at = now_;
    const t type = ternary();
    ++count;
    const bool fits = row->takes == t::any || loose(type) || type == row->takes ||
                      (row->takes == t::text && type == t::json);
    if (ok() && !fits) {
      return fail(at,
                  name.text + "() takes a " + std::string{name_of(row->takes)} + " here, not a " +
                      std::string{name_of(type)},
                  std::string{row->signature});
    }
    if (now_.kind == token_kind::comma)
      advance();
    else if (now_.kind != token_kind::right_paren)
      fail(now_, "`,` or `)` is missing here", std::string{row->signature});
  }
  if (!expect(token_kind::right_paren, "`)`")) return t::any;
  if (count < row->arguments_min || count > row->arguments_max) {
    return fail(name, name.text + "() does not take " + std::to_string(count) + " arguments",
                std::string{row->signature});
  }
  if (row->id == function_id::walk && count == 3)
    return fail(name, "walk() takes 2 or 4 arguments", std::string{row->signature});
  if (row->id <= function_id::now_iso) fixed_ = false;  // chance and time come first in the enum
  emit(opcode::call, static_cast<std::size_t>(row->id), count);
  stack(1 - static_cast<int>(count));
  return row->gives;
}

}  // namespace wanwu::lang
