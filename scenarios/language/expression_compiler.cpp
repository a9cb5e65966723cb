// Precedence climbing over the tokens of an expression.
#include "scenarios/language/expression_compiler.hpp"

#include <algorithm>
#include <array>

namespace wanwu::lang {
namespace {

using t = value_type;

bool may_be(t type, t wanted) {
  return type == wanted || type == t::any;
}
/// JSON members are not known before the run, so they pass for anything.
bool loose(t type) {
  return type == t::any || type == t::json;
}

struct binary_row {
  token_kind token;
  int level;
};
/// From weak to strong. `??` binds weakest of all, then || && comparisons + *.
constexpr std::array<binary_row, 15> levels{{{token_kind::coalesce, 0},
                                             {token_kind::or_, 1},
                                             {token_kind::and_, 2},
                                             {token_kind::equal, 3},
                                             {token_kind::not_equal, 3},
                                             {token_kind::less, 3},
                                             {token_kind::less_equal, 3},
                                             {token_kind::greater, 3},
                                             {token_kind::greater_equal, 3},
                                             {token_kind::in, 3},
                                             {token_kind::plus, 4},
                                             {token_kind::minus, 4},
                                             {token_kind::star, 5},
                                             {token_kind::slash, 5},
                                             {token_kind::percent, 5}}};
constexpr int level_max = 5;

int level_of(token_kind kind) {
  for (const binary_row& row : levels) {
    if (row.token == kind) return row.level;
  }
  return -1;
}

struct nesting {
  explicit nesting(std::size_t& depth) : depth_{depth} { ++depth_; }
  ~nesting() { --depth_; }
  nesting(const nesting&) = delete;
  nesting& operator=(const nesting&) = delete;
  std::size_t& depth_;
};

}  // namespace

expression_compiler::expression_compiler(std::string_view source, const name_resolver& names)
    : source_{source}, lexer_{source}, names_{names} {}

void expression_compiler::advance() {
  if (failed_) return;
  auto got = lexer_.next();
  if (got) {
    now_ = std::move(*got);
    return;
  }
  error_ = got.error();
  failed_ = true;
  now_ = token{};
}

t expression_compiler::fail(const token& at, std::string message, std::string hint) {
  if (!failed_)
    error_ = {std::move(message), std::move(hint), at.offset, std::max<std::size_t>(at.length, 1)};
  failed_ = true;
  now_ = token{};
  return t::any;
}

bool expression_compiler::expect(token_kind kind, const char* what) {
  if (failed_) return false;
  if (now_.kind != kind) {
    fail(now_, std::string{what} + " is missing here");
    return false;
  }
  advance();
  return ok();
}

void expression_compiler::stack(int change) {
  height_ += change;
  if (height_ > static_cast<int>(stack_max)) fail(now_, "the expression is too large", "split it");
}

std::size_t expression_compiler::emit(opcode op, std::size_t a, std::size_t b) {
  if (a > 0xFFFF || out_->program.size() >= 0xFFFF) fail(now_, "the expression is too large", "split it");
  out_->program.push_back({op, static_cast<std::uint8_t>(b), static_cast<std::uint16_t>(a)});
  return out_->program.size() - 1;
}

void expression_compiler::patch(std::size_t at) {
  out_->program[at].a = static_cast<std::uint16_t>(out_->program.size());
}

std::optional<t> expression_compiler::compile(expression_code& out) {
  out_ = &out;
  if (source_.size() > expression_limits::source_max) {
    fail(token{}, "the expression is longer than 4096 bytes");
    return std::nullopt;
  }
  advance();
  const t type = ternary();
  if (ok() && now_.kind != token_kind::end)
    fail(now_, "the expression should end here", "an operator is missing?");
  if (!ok()) return std::nullopt;
  return type;
}

t expression_compiler::ternary() {
  const nesting inner{depth_};
  if (depth_ > expression_limits::depth_max) return fail(now_, "nested deeper than 32 levels");
  const token start = now_;
  const t condition = binary(0);
  if (failed_ || now_.kind != token_kind::question) return condition;
  if (!loose(condition) && condition != t::boolean) {
    return fail(start, "the condition before `?` is a " + std::string{name_of(condition)},
                "true or false belongs here");
  }
  advance();
  const std::size_t to_else = emit(opcode::jump_if_false);
  stack(-1);
  const t yes = ternary();
  if (!expect(token_kind::colon, "`:`")) return t::any;
  const std::size_t to_end = emit(opcode::jump);
  stack(-1);
  patch(to_else);
  const t no = ternary();
  patch(to_end);
  return yes == no ? yes : t::any;
}

t expression_compiler::binary(int level) {
  if (level > level_max) return unary();
  t left = binary(level + 1);
  while (ok() && level_of(now_.kind) == level) {
    const token op = now_;
    advance();
    const bool is_or = op.kind == token_kind::or_;
    if (is_or || op.kind == token_kind::and_ || op.kind == token_kind::coalesce) {
      const bool coalesce = op.kind == token_kind::coalesce;
      if (!coalesce && !loose(left) && left != t::boolean) {
        return fail(op, "`" + std::string{is_or ? "||" : "&&"} + "` joins true or false, not a " +
                            std::string{name_of(left)});
      }
      if (!coalesce && left != t::boolean) emit(opcode::truth);
      const std::size_t over = emit(coalesce ? opcode::jump_unless_null
                                    : is_or  ? opcode::jump_if_true_keep
                                             : opcode::jump_if_false_keep);
      stack(-1);
      const t right = binary(level + 1);
      if (!coalesce && ok() && !loose(right) && right != t::boolean) {
        return fail(op, "`" + std::string{is_or ? "||" : "&&"} + "` joins true or false, not a " +
                            std::string{name_of(right)});
      }
      if (!coalesce && right != t::boolean) emit(opcode::truth);
      patch(over);
      left = !coalesce ? t::boolean : left == right || left == t::null ? right : t::any;
      continue;
    }
    if (op.kind == token_kind::in && now_.kind == token_kind::left_bracket) {
      left = list_argument(now_, false);
      continue;
    }
    const t right = binary(level + 1);
    if (ok()) left = operate(op.kind, op, left, right);
  }
  return left;
}

t expression_compiler::operate(token_kind op, const token& at, t left, t right) {
  stack(-1);
  const bool unknown = loose(left) || loose(right);
  switch (op) {
    case token_kind::equal:
    case token_kind::not_equal:
      if (!unknown && left != right && left != t::null && right != t::null) {
        return fail(at, "a " + std::string{name_of(left)} + " never equals a " + std::string{name_of(right)});
      }
      emit(op == token_kind::equal ? opcode::equal : opcode::not_equal);
      return t::boolean;
    case token_kind::less:
    case token_kind::less_equal:
    case token_kind::greater:
    case token_kind::greater_equal: {
      const bool ordered =
          unknown || (left == right && (left == t::number || left == t::text || left == t::time));
      if (!ordered) {
        return fail(at, "a " + std::string{name_of(left)} + " and a " + std::string{name_of(right)} +
                            " have no order");
      }
      emit(op == token_kind::less         ? opcode::less
           : op == token_kind::less_equal ? opcode::less_equal
           : op == token_kind::greater    ? opcode::greater
                                          : opcode::greater_equal);
      return t::boolean;
    }
    case token_kind::in:
      if (!loose(right) && right != t::text) return fail(at, "`in` needs a list behind it", "x in [1, 2, 3]");
      emit(opcode::in_value);
      return t::boolean;
    default:
      return arithmetic(op, at, left, right);
  }
}

t expression_compiler::arithmetic(token_kind op, const token& at, t left, t right) {
  const auto both = [&](t a, t b) { return may_be(left, a) && may_be(right, b); };
  const bool number = (left == t::number || loose(left)) && (right == t::number || loose(right));
  t type = t::any;
  opcode code = opcode::add;
  switch (op) {
    case token_kind::plus:
    case token_kind::minus:
      code = op == token_kind::plus ? opcode::add : opcode::subtract;
      if (number)
        type = loose(left) && loose(right) ? t::any : t::number;
      else if (both(t::time, t::time))
        type = t::time;
      else if (op == token_kind::plus && both(t::text, t::text))
        type = t::text;
      else if (loose(left) || loose(right))
        type = t::any;
      else
        return fail(at,
                    "a " + std::string{name_of(left)} + " and a " + std::string{name_of(right)} +
                        " cannot be " + (op == token_kind::plus ? "added" : "subtracted"),
                    left == t::text || right == t::text ? "text(x) makes a text of anything" : "");
      break;
    case token_kind::star:
      code = opcode::multiply;
      if (number)
        type = t::number;
      else if (both(t::time, t::number) || both(t::number, t::time))
        type = t::time;
      else
        return fail(at, "only numbers, and a time with a number, can be multiplied");
      break;
    case token_kind::slash:
      code = opcode::divide;
      if (number || both(t::time, t::time))
        type = t::number;
      else if (both(t::time, t::number))
        type = t::time;
      else
        return fail(at, "only numbers, and a time by a number or a time, can be divided");
      break;
    default:
      code = opcode::remainder;
      if (!number) return fail(at, "`%` is the remainder of two numbers");
      type = t::number;
  }
  emit(code);
  return type;
}

t expression_compiler::unary() {
  const nesting inner{depth_};
  if (depth_ > expression_limits::depth_max) return fail(now_, "nested deeper than 32 levels");
  const token op = now_;
  if (op.kind == token_kind::minus) {
    advance();
    const t type = unary();
    if (ok() && !loose(type) && type != t::number && type != t::time)
      return fail(op, "only numbers and times have a sign");
    emit(opcode::negate);
    return type == t::json ? t::any : type;
  }
  if (op.kind == token_kind::not_) {
    advance();
    const t type = unary();
    if (ok() && !loose(type) && type != t::boolean)
      return fail(op, "`!` turns true and false, not a " + std::string{name_of(type)});
    emit(opcode::not_);
    return t::boolean;
  }
  return primary();
}

t expression_compiler::literal(const value& v, t type) {
  out_->literals.push_back(v);
  emit(opcode::push_literal, out_->literals.size() - 1);
  stack(1);
  return type;
}

t expression_compiler::text_literal(const std::string& text) {
  return literal(value::of(std::string_view{out_->texts.emplace_back(text)}), t::text);
}

t expression_compiler::primary() {
  const token first = now_;
  switch (first.kind) {
    case token_kind::integer:
      advance();
      return literal(value::of(first.integer), t::number);
    case token_kind::number:
      advance();
      return literal(value::of(first.number), t::number);
    case token_kind::time:
      advance();
      return literal(value::of(duration{first.integer}), t::time);
    case token_kind::text:
      advance();
      return text_literal(first.text);
    case token_kind::name:
      return name_or_call();
    case token_kind::left_paren: {
      advance();
      const t type = ternary();
      expect(token_kind::right_paren, "`)`");
      return type;
    }
    case token_kind::left_bracket:
      return fail(first, "a list can only stand behind `in` or in pick()", "x in [1, 2, 3]");
    case token_kind::end:
      return fail(first, "something is missing here", "a value, a name or a function");
    default:
      return fail(first, "a value, a name or a function must stand here");
  }
}

}  // namespace wanwu::lang
