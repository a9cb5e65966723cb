// Compiling, rendering and matching the notation of bytes.
#include "scenarios/conformance/byte_pattern.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "protocols/mqtt/framing.hpp"
#include "scenarios/language/template.hpp"

namespace wanwu::conform {
namespace {

constexpr std::size_t no_match = std::numeric_limits<std::size_t>::max();
constexpr std::size_t source_max = 1'000'000;

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

/// The digits of a text as bytes; nothing when it is no hex.
bool put_hex(std::string_view text, byte_writer& out) {
  int high = -1;
  for (const char c : text) {
    if (is_blank(c)) continue;
    const int n = nibble(c);
    if (n < 0) return false;
    if (high < 0) {
      high = n;
    } else {
      out.u8(static_cast<std::uint8_t>(high << 4 | n));
      high = -1;
    }
  }
  return high < 0;
}

}  // namespace

/// Reads one source from left to right; the first mistake ends it.
class pattern_compiler {
 public:
  pattern_compiler(std::string_view source, const lang::name_resolver& names, bool wildcards)
      : source_{source}, names_{names}, wildcards_{wildcards} {}

  tl::expected<byte_pattern, pattern_error> run() {
    out_.source_ = source_;
    if (source_.size() > source_max) fail("longer than a million characters", "", 0);
    while (!failed_ && at_ < source_.size()) step();
    if (failed_) return tl::unexpected{std::move(error_)};
    return std::move(out_);
  }

 private:
  using kind = byte_pattern::part_kind;

  void step() {
    const char c = source_[at_];
    if (is_blank(c)) {
      ++at_;
    } else if (c == '\'') {
      quoted();
    } else if (nibble(c) >= 0) {
      digits();
    } else if (source_.substr(at_).starts_with("${")) {
      field();
    } else if (source_.substr(at_).starts_with("{len}")) {
      length();
    } else if (source_.substr(at_).starts_with("??")) {
      wildcard(kind::any_byte);
    } else if (source_.substr(at_).starts_with("..")) {
      wildcard(kind::any_bytes);
    } else {
      fail("`" + std::string{source_.substr(at_, 1)} + "` means nothing in bytes",
           "hex digits, 'text', ${name:8} ${name:16} ${name:32} ${name:str} ${name:hex} ${name}, {len}" +
               std::string{wildcards_ ? ", ?? and .." : ""},
           at_);
    }
  }

  void quoted() {
    const std::size_t end = source_.find('\'', at_ + 1);
    if (end == std::string_view::npos) return fail("the text does not end", "a ' is missing", at_);
    literal(source_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
  }

  void digits() {
    const std::size_t begin = at_;
    while (at_ < source_.size() && nibble(source_[at_]) >= 0) ++at_;
    const auto run = source_.substr(begin, at_ - begin);
    if (run.size() % 2 != 0) return fail("half a byte: a byte is two hex digits", "e.g. 0a", begin);
    std::string raw;
    for (std::size_t i = 0; i < run.size(); i += 2)
      raw += static_cast<char>(nibble(run[i]) << 4 | nibble(run[i + 1]));
    literal(raw);
  }

  void field() {
    static constexpr std::array<std::pair<std::string_view, kind>, 5> forms{{{":8", kind::number8},
                                                                             {":16", kind::number16},
                                                                             {":32", kind::number32},
                                                                             {":str", kind::counted_text},
                                                                             {":hex", kind::hex}}};
    const std::size_t begin = at_ + 2;
    const std::size_t end = lang::end_of_expression(source_, begin);
    if (end == std::string_view::npos) return fail("`${` has no `}`", "", at_);
    std::string_view inner = source_.substr(begin, end - begin);
    kind what = kind::text;
    for (const auto& [word, meaning] : forms) {
      if (!inner.ends_with(word)) continue;
      what = meaning;
      inner.remove_suffix(word.size());
      break;
    }
    auto compiled = lang::compile_expression(inner, names_);
    if (!compiled) {
      return fail(std::move(compiled.error().message), std::move(compiled.error().hint),
                  begin + compiled.error().offset, compiled.error().length);
    }
    out_.parts_.push_back({what, {}, std::move(*compiled)});
    at_ = end + 1;
  }

  void length() {
    const auto same = [](const auto& p) { return p.kind == kind::remaining_length; };
    if (std::any_of(out_.parts_.begin(), out_.parts_.end(), same)) {
      return fail("{len} stands twice",
                  "it counts all that follows; send a second packet by a step of its own", at_, 5);
    }
    out_.parts_.push_back({kind::remaining_length, {}, {}});
    at_ += 5;
  }

  void wildcard(kind what) {
    if (!wildcards_) {
      return fail(
          "`" + std::string{source_.substr(at_, 2)} + "` stands for bytes that come, not for what is sent",
          "write the bytes", at_, 2);
    }
    out_.parts_.push_back({what, {}, {}});
    at_ += 2;
  }

  void literal(std::string_view raw) {
    auto& parts = out_.parts_;
    if (parts.empty() || parts.back().kind != kind::literal) parts.push_back({kind::literal, {}, {}});
    parts.back().literal += raw;
  }

  void fail(std::string message, std::string hint, std::size_t offset, std::size_t length = 1) {
    error_ = {std::move(message), std::move(hint), offset, std::max<std::size_t>(length, 1)};
    failed_ = true;
  }

  std::string_view source_;
  const lang::name_resolver& names_;
  bool wildcards_ = false, failed_ = false;
  std::size_t at_ = 0;
  byte_pattern out_;
  pattern_error error_;
};

tl::expected<byte_pattern, pattern_error> byte_pattern::compile(std::string_view source,
                                                                const lang::name_resolver& names,
                                                                bool wildcards) {
  return pattern_compiler{source, names, wildcards}.run();
}

/// One part as bytes. The parts that only matching has, and {len}, are seen to by the callers.
bool byte_pattern::put(const part& p, lang::eval_context& context, byte_writer& out) const {
  if (p.kind == part_kind::literal) {
    out.append(std::string_view{p.literal});
    return true;
  }
  context.scratch_used = 0;
  const lang::value v = p.what.evaluate(context);
  if (v.is_null()) return false;
  const auto number = [&](std::int64_t most) {
    const bool whole =
        v.kind() == lang::value_kind::integer || v.kind() == lang::value_kind::boolean ||
        (v.kind() == lang::value_kind::number && v.number() == static_cast<double>(v.integer()));
    return whole && v.integer() >= 0 && v.integer() <= most;
  };
  switch (p.kind) {
    case part_kind::number8:
      if (!number(0xFF)) return false;
      out.u8(static_cast<std::uint8_t>(v.integer()));
      return true;
    case part_kind::number16:
      if (!number(0xFFFF)) return false;
      out.u16(static_cast<std::uint16_t>(v.integer()));
      return true;
    case part_kind::number32:
      if (!number(0xFFFF'FFFF)) return false;
      out.u32(static_cast<std::uint32_t>(v.integer()));
      return true;
    case part_kind::hex:
      return v.is_text() && put_hex(v.text(), out);
    case part_kind::counted_text: {
      const std::size_t at = out.size();
      out.u16(0);
      lang::write_value(v, out);
      const std::size_t size = out.size() - at - 2;
      if (size > 0xFFFF) return false;
      out.patch_u16(at, static_cast<std::uint16_t>(size));
      return true;
    }
    default:
      lang::write_value(v, out);
      return true;
  }
}

bool byte_pattern::render(lang::eval_context& context, byte_writer& out) const {
  const std::size_t before = out.size();
  byte_writer rest;  // what {len} counts
  bool counting = false;
  for (const part& p : parts_) {
    const bool shape_only = p.kind == part_kind::any_byte || p.kind == part_kind::any_bytes;
    if (p.kind == part_kind::remaining_length) {
      counting = true;
    } else if (shape_only || !put(p, context, counting ? rest : out)) {
      out.drop_last(out.size() - before);
      return false;
    }
  }
  if (!counting) return true;
  if (rest.size() > mqtt::variable_max) {
    out.drop_last(out.size() - before);
    return false;
  }
  const auto size = static_cast<std::uint32_t>(rest.size());
  mqtt::write_variable(out.grow(mqtt::variable_size(size)), size);
  out.append(rest.view());
  return true;
}

/// How many bytes of `rest` this part takes; no_match when it does not fit there.
std::size_t byte_pattern::taken(const part& p, lang::eval_context& context, bytes_view rest) const {
  if (p.kind == part_kind::any_byte) return rest.empty() ? no_match : 1;
  if (p.kind == part_kind::remaining_length) {
    for (std::size_t size = 1; size <= 4 && size <= rest.size(); ++size) {
      const std::size_t behind = rest.size() - size;
      if (behind > mqtt::variable_max) continue;
      const auto wanted = static_cast<std::uint32_t>(behind);
      std::array<std::byte, 4> form{};
      mqtt::write_variable(form.data(), wanted);
      if (mqtt::variable_size(wanted) == size && std::equal(form.data(), form.data() + size, rest.data()))
        return size;
    }
    return no_match;
  }
  byte_writer wanted;
  if (!put(p, context, wanted) || wanted.size() > rest.size()) return no_match;
  const auto view = wanted.view();
  return std::equal(view.begin(), view.end(), rest.begin()) ? view.size() : no_match;
}

bool byte_pattern::matches(lang::eval_context& context, bytes_view raw) const {
  // As a shell matches names: after `..` the shortest run is tried first, and only the last `..` grows.
  std::size_t part_at = 0, byte_at = 0, retry_part = no_match, retry_byte = 0;
  for (;;) {
    if (part_at == parts_.size() && byte_at == raw.size()) return true;
    std::size_t size = no_match;
    if (part_at < parts_.size()) {
      if (parts_[part_at].kind == part_kind::any_bytes) {
        retry_part = ++part_at;
        retry_byte = byte_at;
        continue;
      }
      size = taken(parts_[part_at], context, raw.subspan(byte_at));
    }
    if (size != no_match) {
      ++part_at;
      byte_at += size;
      continue;
    }
    if (retry_part == no_match || retry_byte == raw.size()) return false;
    part_at = retry_part;
    byte_at = ++retry_byte;
  }
}

}  // namespace wanwu::conform
