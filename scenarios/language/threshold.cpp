// Reading the one-line grammar of thresholds.
#include "scenarios/language/threshold.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "scenarios/language/diagnostics.hpp"
#include "scenarios/language/units.hpp"

namespace wanwu::lang {
namespace {

constexpr std::size_t text_max = 400;
constexpr std::size_t tags_max = 8;
constexpr std::uint64_t samples_max = 1'000'000'000;

using refusal = tl::unexpected<expression_error>;

struct cursor {
  std::string_view in;
  std::size_t at = 0;

  void blanks() {
    while (at < in.size() && in[at] == ' ') ++at;
  }
  bool done() {
    blanks();
    return at >= in.size();
  }
  /// Up to the next blank or one of `ends`.
  std::string_view word(std::string_view ends) {
    blanks();
    const std::size_t begin = at;
    while (at < in.size() && in[at] != ' ' && ends.find(in[at]) == std::string_view::npos) ++at;
    return in.substr(begin, at - begin);
  }
};

refusal refuse(std::string message, std::string hint, std::size_t offset, std::size_t length) {
  return refusal{
      expression_error{std::move(message), std::move(hint), offset, std::max<std::size_t>(length, 1)}};
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (cursor in{text}; !in.done();) out.push_back(in.word(""));
  return out;
}

tl::expected<void, expression_error> read_metric(cursor& in, threshold& out) {
  const std::string_view name = in.word("{<>=!");
  const std::size_t at = in.at - name.size();
  if (const metric* m = find_metric(name)) {
    out.metric = m->id;
    return {};
  }
  if (name.empty()) return refuse("a metric's name must stand here", "telemetry.latency p99 < 250 ms", at, 1);
  if (name.starts_with("flow."))
    return refuse("`" + std::string{name} + "` is not in this version of wanwu",
                  "flows come in a later version", at, name.size());
  std::vector<std::string_view> known;
  for (const metric& m : metrics()) known.push_back(m.name);
  const auto near = did_you_mean(name, known);
  return refuse("there is no metric `" + std::string{name} + "`",
                near.empty() ? "`wanwu list metrics` shows all" : "did you mean `" + std::string{near} + "`?",
                at, name.size());
}

tl::expected<void, expression_error> read_tags(cursor& in, threshold& out) {
  in.blanks();
  if (in.at >= in.in.size() || in.in[in.at] != '{') return {};
  const std::size_t open = in.at++;
  if (!metric_of(out.metric).tagged) {
    return refuse(
        "`" + std::string{metric_of(out.metric).name} + "` is one number for the whole run and has no tags",
        {}, open, 1);
  }
  while (true) {
    const std::string_view key = in.word("=,}");
    const std::size_t key_at = in.at - key.size();
    in.blanks();
    if (key.empty() || in.at >= in.in.size() || in.in[in.at] != '=')
      return refuse("a tag is written key=value", "{sector=health}", key_at, key.size());
    ++in.at;
    const std::string_view tag_value = in.word(",}");
    if (tag_value.empty()) return refuse("the tag has no value", "{sector=health}", in.at, 1);
    out.tags.emplace_back(key, tag_value);
    if (out.tags.size() > tags_max) return refuse("more than 8 tags", {}, key_at, key.size());
    in.blanks();
    const char next = in.at < in.in.size() ? in.in[in.at] : '\0';
    if (next != ',' && next != '}') return refuse("`,` or `}` is missing here", "{sector=health}", in.at, 1);
    ++in.at;
    if (next == '}') break;
  }
  std::sort(out.tags.begin(), out.tags.end());
  return {};
}

bool read_percentile(std::string_view word, double& percentile) {
  if (word.size() < 2 || word[0] != 'p' || word[1] < '0' || word[1] > '9') return false;
  const auto got =
      std::from_chars(word.data() + 1, word.data() + word.size(), percentile, std::chars_format::fixed);
  return got.ec == std::errc{} && got.ptr == word.data() + word.size() && percentile > 0 && percentile < 100;
}

tl::expected<void, expression_error> read_stat(cursor& in, threshold& out) {
  const std::string_view word = in.word("<>=");
  const std::size_t at = in.at - word.size();
  const metric& m = metric_of(out.metric);
  const bool counter = m.kind == metric_kind::counter, gauge = m.kind == metric_kind::gauge;
  const bool is_percentile = read_percentile(word, out.percentile);
  bool allowed = is_percentile && m.kind == metric_kind::histogram;
  if (is_percentile)
    out.stat = stat_kind::percentile;
  else if (word == "count")
    out.stat = stat_kind::count, allowed = !gauge;
  else if (word == "rate")
    out.stat = stat_kind::rate, allowed = !gauge;
  else if (word == "ratio")
    out.stat = stat_kind::ratio, allowed = counter && !m.ratio_of.empty();
  else if (word == "min")
    out.stat = stat_kind::min, allowed = !counter;
  else if (word == "max")
    out.stat = stat_kind::max, allowed = !counter;
  else if (word == "mean")
    out.stat = stat_kind::mean, allowed = !counter;
  if (allowed) return {};
  const auto words = words_of(stat_words(m));
  std::string hint = "one of:";
  for (const auto w : words) hint += " " + std::string{w};
  if (word.empty()) return refuse("a word such as count or p99 must stand here", std::move(hint), at, 1);
  return refuse("`" + std::string{word} + "` cannot be asked of " + std::string{m.name} + ", a " +
                    std::string{name_of(m.kind)},
                std::move(hint), at, word.size());
}

tl::expected<void, expression_error> read_comparison(cursor& in, threshold& out) {
  in.blanks();
  const std::string_view rest = in.in.substr(in.at);
  const bool two = rest.size() > 1 && rest[1] == '=';
  if (rest.starts_with("<"))
    out.op = two ? comparison::less_equal : comparison::less;
  else if (rest.starts_with(">"))
    out.op = two ? comparison::greater_equal : comparison::greater;
  else if (rest.starts_with("=="))
    out.op = comparison::equal;
  else
    return refuse("a comparison must stand here", "one of: < <= > >= ==", in.at, 1);
  in.at += two ? 2 : 1;
  return {};
}

bool read_quantity(std::string_view text, threshold& out) {
  const metric_unit unit = metric_of(out.metric).unit;
  const auto as = [&](limit_unit kind, std::optional<double> amount) {
    out.unit = kind;
    if (amount) out.limit = *amount;
    return amount.has_value();
  };
  const auto plain = [&]() -> std::optional<double> {
    if (const auto count = parse_count(text)) return static_cast<double>(*count);
    double amount = 0;
    const auto got =
        std::from_chars(text.data(), text.data() + text.size(), amount, std::chars_format::fixed);
    const bool whole = got.ec == std::errc{} && got.ptr == text.data() + text.size() && amount >= 0;
    return whole ? std::optional{amount} : std::nullopt;
  };
  switch (out.stat) {
    case stat_kind::ratio:
      return as(limit_unit::share, parse_percent(text));
    case stat_kind::rate:
      return as(limit_unit::per_second, parse_rate(text));
    case stat_kind::count:
      if (unit != metric_unit::bytes) return as(limit_unit::number, plain());
      if (const auto size = parse_size(text)) return as(limit_unit::bytes, static_cast<double>(*size));
      return false;
    default:
      break;
  }
  if (unit == metric_unit::share) return as(limit_unit::share, parse_percent(text));
  if (unit == metric_unit::things)
    return as(limit_unit::share, parse_percent(text)) || as(limit_unit::number, plain());
  const auto length = parse_duration(text);
  return as(limit_unit::time, length ? std::optional{static_cast<double>(length->count())} : std::nullopt);
}

std::string_view quantity_hint(const threshold& t) {
  const metric_unit unit = metric_of(t.metric).unit;
  switch (t.stat) {
    case stat_kind::ratio:
      return "a share: 0.1 %";
    case stat_kind::rate:
      return "a rate: 200/s, 6/min";
    case stat_kind::count:
      return unit == metric_unit::bytes ? "a size: 10 MB" : "a count: 0, 500, 10k";
    default:
      break;
  }
  if (unit == metric_unit::share) return "a share: 80 %";
  if (unit == metric_unit::things) return "a share or a count: 99.9 %, 500";
  return "a length of time: 250 ms, 1 s";
}

tl::expected<void, expression_error> read_limit(cursor& in, threshold& out) {
  in.blanks();
  const std::size_t at = in.at;
  const std::size_t phase_at = in.in.find(" in ", at);
  std::string_view text =
      in.in.substr(at, phase_at == std::string_view::npos ? std::string_view::npos : phase_at - at);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (!read_quantity(text, out)) {
    return refuse(text.empty() ? "a quantity must stand here"
                               : "`" + std::string{text} + "` is not a quantity for this",
                  std::string{quantity_hint(out)}, at, text.size());
  }
  if (phase_at == std::string_view::npos) return {};
  in.at = phase_at + 4;
  const std::string_view phase = in.word("");
  if (phase.empty() || !in.done())
    return refuse("one phase's name must stand behind `in`", {}, phase_at + 4, phase.size());
  out.phase = phase;
  return {};
}

std::string shortest(double amount) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, amount, std::chars_format::general, 4);
  return {text, end.ptr};
}

}  // namespace

tl::expected<threshold, expression_error> parse_threshold(std::string_view text) {
  if (text.size() > text_max) return refuse("a threshold is one line of at most 400 characters", {}, 0, 1);
  threshold out;
  out.text = text;
  cursor in{text};
  for (auto* step : {read_metric, read_tags, read_stat, read_comparison, read_limit}) {
    if (auto done = step(in, out); !done) return tl::unexpected{done.error()};
  }
  if (out.stat == stat_kind::percentile) {
    const double wanted = std::ceil(100.0 / (1.0 - out.percentile / 100.0) - 1e-6);
    out.min_samples =
        wanted < static_cast<double>(samples_max) ? static_cast<std::uint64_t>(wanted) : samples_max;
  }
  return out;
}

bool holds(comparison op, double measured, double limit) noexcept {
  switch (op) {
    case comparison::less:
      return measured < limit;
    case comparison::less_equal:
      return measured <= limit;
    case comparison::greater:
      return measured > limit;
    case comparison::greater_equal:
      return measured >= limit;
    case comparison::equal:
      return measured == limit;
  }
  return false;
}

std::string_view sign_of(comparison op) noexcept {
  switch (op) {
    case comparison::less:
      return "<";
    case comparison::less_equal:
      return "<=";
    case comparison::greater:
      return ">";
    case comparison::greater_equal:
      return ">=";
    case comparison::equal:
      return "==";
  }
  return "";
}

std::string stat_text(const threshold& t) {
  switch (t.stat) {
    case stat_kind::count:
      return "count";
    case stat_kind::rate:
      return "rate";
    case stat_kind::ratio:
      return "ratio";
    case stat_kind::min:
      return "min";
    case stat_kind::max:
      return "max";
    case stat_kind::mean:
      return "mean";
    case stat_kind::percentile:
      break;
  }
  char text[32];
  return "p" + std::string{text, std::to_chars(text, text + sizeof text, t.percentile).ptr};
}

std::string quantity_text(double amount, limit_unit unit) {
  switch (unit) {
    case limit_unit::number:
      return shortest(amount);
    case limit_unit::share:
      return shortest(amount * 100) + " %";
    case limit_unit::per_second:
      return shortest(amount) + "/s";
    case limit_unit::bytes:
      return shortest(amount) + " B";
    case limit_unit::time:
      break;
  }
  if (std::abs(amount) < 1e6) return shortest(amount / 1e3) + " us";
  if (std::abs(amount) < 1e9) return shortest(amount / 1e6) + " ms";
  return shortest(amount / 1e9) + " s";
}

}  // namespace wanwu::lang
