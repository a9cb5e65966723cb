// Running compiled expressions.
#include "scenarios/language/expression.hpp"

#include <cmath>

#include "scenarios/language/expression_code.hpp"
#include "scenarios/language/expression_compiler.hpp"
#include "scenarios/language/json_view.hpp"

namespace wanwu::lang {
namespace {

/// The stack, without the cost of making 96 values for each evaluation.
struct value_stack {
  value_stack() {}  // NOLINT: left as it is on purpose
  union {
    value at[stack_max];
  };
};

double not_a_number() {
  return std::nan("");
}

/// What JSON text on the stack is worth when it meets an operator.
value plain(const value& v) {
  return v.kind() == value_kind::json ? json_value(v.text()) : v;
}

value arithmetic(opcode op, const value& left, const value& right, eval_context& context) {
  const value a = plain(left), b = plain(right);
  if (a.kind() == value_kind::integer && b.kind() == value_kind::integer && op != opcode::divide &&
      op != opcode::remainder) {
    std::int64_t out = 0;
    const bool overflow = op == opcode::add        ? __builtin_add_overflow(a.integer(), b.integer(), &out)
                          : op == opcode::subtract ? __builtin_sub_overflow(a.integer(), b.integer(), &out)
                                                   : __builtin_mul_overflow(a.integer(), b.integer(), &out);
    if (!overflow) return value::of(out);
  }
  const bool a_time = a.kind() == value_kind::time, b_time = b.kind() == value_kind::time;
  if (a.is_text() && b.is_text() && op == opcode::add)
    return value::of(scratch_text(context, a.text(), b.text()));
  if ((!a.is_numeric() && !a_time) || (!b.is_numeric() && !b_time)) return value::of(not_a_number());
  const double x = a.number(), y = b.number();
  double out = 0;
  switch (op) {
    case opcode::add:
      out = x + y;
      break;
    case opcode::subtract:
      out = x - y;
      break;
    case opcode::multiply:
      out = x * y;
      break;
    case opcode::divide:
      out = x / y;
      break;
    default:
      out = std::fmod(x, y);
  }
  const bool gives_time = op == opcode::divide ? a_time && !b_time : a_time || b_time;
  if (gives_time) return value::of(duration{std::abs(out) < 9e18 ? static_cast<std::int64_t>(out) : 0});
  const bool whole =
      a.kind() == value_kind::integer && b.kind() == value_kind::integer && op == opcode::remainder;
  return whole && std::isfinite(out) ? value::of(static_cast<std::int64_t>(out)) : value::of(out);
}

value compare(opcode op, const value& left, const value& right) {
  const value a = plain(left), b = plain(right);
  int order = 0;
  if (a.is_text() && b.is_text()) {
    order = a.text().compare(b.text());
  } else if ((a.is_numeric() && b.is_numeric()) ||
             (a.kind() == value_kind::time && b.kind() == value_kind::time)) {
    const double x = a.number(), y = b.number();
    if (std::isnan(x) || std::isnan(y)) return value::of(false);
    order = x < y ? -1 : x > y ? 1 : 0;
  } else {
    return value::of(false);
  }
  switch (op) {
    case opcode::less:
      return value::of(order < 0);
    case opcode::less_equal:
      return value::of(order <= 0);
    case opcode::greater:
      return value::of(order > 0);
    default:
      return value::of(order >= 0);
  }
}

value contained(const value& needle, const value& in) {
  if (!in.is_text()) return value::of(false);
  if (in.kind() == value_kind::text) {
    return value::of(needle.is_text() && in.text().find(needle.text()) != std::string_view::npos);
  }
  for (std::size_t i = 0; i < 1024; ++i) {
    const std::string_view piece = json_element(in.text(), i);
    if (piece.empty()) return value::of(false);
    if (same_value(plain(needle), json_value(piece))) return value::of(true);
  }
  return value::of(false);
}

value listed(const value& needle, const std::vector<value>& list) {
  for (const value& item : list) {
    if (same_value(needle, item)) return value::of(true);
  }
  return value::of(false);
}

value negated(const value& v) {
  const value p = plain(v);
  if (p.kind() == value_kind::time) return value::of(duration{-p.integer()});
  if (p.kind() == value_kind::integer && p.integer() != INT64_MIN) return value::of(-p.integer());
  return value::of(p.is_numeric() ? -p.number() : not_a_number());
}

value run(const expression_code& code, eval_context& context) {
  value_stack stack;
  std::size_t top = 0;  // one past
  const std::size_t size = code.program.size();
  for (std::size_t pc = 0; pc < size; ++pc) {
    const instruction in = code.program[pc];
    switch (in.op) {
      case opcode::push_literal:
        stack.at[top++] = code.literals[in.a];
        break;
      case opcode::push_slot:
        stack.at[top++] = in.a < context.slots.size() ? context.slots[in.a] : value{};
        break;
      case opcode::member: {
        value& v = stack.at[top - 1];
        v = v.kind() == value_kind::json ? json_value(json_member(v.text(), code.texts[in.a])) : value{};
        break;
      }
      case opcode::negate:
        stack.at[top - 1] = negated(stack.at[top - 1]);
        break;
      case opcode::not_:
        stack.at[top - 1] = value::of(!plain(stack.at[top - 1]).truth());
        break;
      case opcode::truth:
        stack.at[top - 1] = value::of(plain(stack.at[top - 1]).truth());
        break;
      case opcode::add:
      case opcode::subtract:
      case opcode::multiply:
      case opcode::divide:
      case opcode::remainder:
        --top;
        stack.at[top - 1] = arithmetic(in.op, stack.at[top - 1], stack.at[top], context);
        break;
      case opcode::equal:
      case opcode::not_equal:
        --top;
        stack.at[top - 1] =
            value::of(same_value(plain(stack.at[top - 1]), plain(stack.at[top])) == (in.op == opcode::equal));
        break;
      case opcode::less:
      case opcode::less_equal:
      case opcode::greater:
      case opcode::greater_equal:
        --top;
        stack.at[top - 1] = compare(in.op, stack.at[top - 1], stack.at[top]);
        break;
      case opcode::in_list:
        stack.at[top - 1] = listed(plain(stack.at[top - 1]), code.lists[in.a]);
        break;
      case opcode::in_value:
        --top;
        stack.at[top - 1] = contained(stack.at[top - 1], stack.at[top]);
        break;
      case opcode::jump:
        pc = std::size_t{in.a} - 1;
        break;
      case opcode::jump_if_false:
        if (!plain(stack.at[--top]).truth()) pc = std::size_t{in.a} - 1;
        break;
      case opcode::jump_if_false_keep:
      case opcode::jump_if_true_keep:
        if (stack.at[top - 1].truth() == (in.op == opcode::jump_if_true_keep))
          pc = std::size_t{in.a} - 1;
        else
          --top;
        break;
      case opcode::jump_unless_null:
        if (!plain(stack.at[top - 1]).is_null())
          pc = std::size_t{in.a} - 1;
        else
          --top;
        break;
      case opcode::call:
        top -= in.b;
        stack.at[top] = call_function(static_cast<function_id>(in.a), {stack.at + top, in.b}, context);
        ++top;
        break;
      case opcode::pick_list: {
        const auto& list = code.lists[in.a];
        stack.at[top++] = list[context.random.next() % list.size()];
        break;
      }
    }
  }
  return stack.at[0];
}

}  // namespace

std::string_view name_of(value_type type) noexcept {
  switch (type) {
    case value_type::any:
      return "value";
    case value_type::null:
      return "null";
    case value_type::boolean:
      return "truth value";
    case value_type::number:
      return "number";
    case value_type::text:
      return "text";
    case value_type::time:
      return "length of time";
    case value_type::json:
      return "JSON value";
    case value_type::list:
      return "list";
  }
  return "";
}

bool same_value(const value& a, const value& b) noexcept {
  if (a.is_numeric() && b.is_numeric()) return a.number() == b.number();
  // A flag is 0 or 1 on the wire and true or false in a sentence: both may be written.
  if (a.kind() == value_kind::boolean && b.is_numeric()) return b.number() == (a.truth() ? 1 : 0);
  if (b.kind() == value_kind::boolean && a.is_numeric()) return a.number() == (b.truth() ? 1 : 0);
  if (a.is_text() && b.is_text()) return a.text() == b.text();
  if (a.kind() != b.kind()) return false;
  return a.is_null() || a.integer() == b.integer();
}

std::string_view scratch_text(eval_context& context, std::string_view a, std::string_view b) {
  if (context.scratch_used > context.scratch.size() ||
      a.size() + b.size() > context.scratch.size() - context.scratch_used) {
    return {};
  }
  char* to = context.scratch.data() + context.scratch_used;
  a.copy(to, a.size());
  b.copy(to + a.size(), b.size());
  context.scratch_used += a.size() + b.size();
  return {to, a.size() + b.size()};
}

expression::expression(std::shared_ptr<const expression_code> code, value_type type)
    : code_{std::move(code)}, type_{type} {}

value expression::evaluate(eval_context& context) const {
  return code_ ? run(*code_, context) : value{};
}

int expression::single_slot() const noexcept {
  const bool one = code_ && code_->program.size() == 1 && code_->program[0].op == opcode::push_slot;
  return one ? code_->program[0].a : -1;
}

bool expression::is_constant() const noexcept {
  return !code_ || (code_->program.size() == 1 && code_->program[0].op == opcode::push_literal);
}

bool expression::uses_slot(std::uint16_t slot) const noexcept {
  if (!code_) return false;
  for (const instruction& in : code_->program) {
    if (in.op == opcode::push_slot && in.a == slot) return true;
  }
  return false;
}

tl::expected<expression, expression_error> compile_expression(std::string_view source,
                                                              const name_resolver& names, value_type wanted) {
  auto code = std::make_shared<expression_code>();
  expression_compiler compiler{source, names};
  const auto type = compiler.compile(*code);
  if (!type) return tl::unexpected{compiler.error()};
  const bool fits =
      wanted == value_type::any || *type == wanted || *type == value_type::any || *type == value_type::json;
  if (!fits) {
    return tl::unexpected{expression_error{"this is a " + std::string{name_of(*type)} + ", but a " +
                                               std::string{name_of(wanted)} + " is needed here",
                                           {},
                                           0,
                                           source.size()}};
  }
  if (compiler.is_fixed() && code->program.size() > 1) {  // nothing in it changes: run it now, once
    eval_context nothing;
    value result = expression{code, *type}.evaluate(nothing);
    auto folded = std::make_shared<expression_code>();
    if (result.kind() == value_kind::text)
      result = value::of(std::string_view{folded->texts.emplace_back(result.text())});
    folded->literals.push_back(result);
    folded->program.push_back({opcode::push_literal, 0, 0});
    code = std::move(folded);
  }
  return expression{std::move(code), *type};
}

}  // namespace wanwu::lang
