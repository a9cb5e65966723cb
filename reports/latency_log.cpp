#include "reports/latency_log.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "reports/quantity.hpp"

namespace wanwu::report {

namespace {

/// A tag may hold neither a comma nor a bar; names are for reading only, the numbers before them count.
std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 60)) {
    const bool keep =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    out += keep ? c : '_';
  }
  return out;
}

void append_line(std::string& out, const std::string& tag, const histogram& of, double start_s,
                 double length_s) {
  fmt::format_to(std::back_inserter(out), "Tag={},{:.3f},{:.3f},{:.3f},{}\n", tag, start_s, length_s,
                 static_cast<double>(of.max()) / 1000.0, of.encode());
}

/// The next field up to `end`, which is taken away too.
std::string_view cut(std::string_view& rest, char end) {
  const auto at = rest.find(end);
  const auto field = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return field;
}

std::optional<std::size_t> leading_number(std::string_view text, std::size_t below) {
  std::size_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc{} || value >= below || end == text.data() + text.size() || *end != '.')
    return std::nullopt;
  return value;
}

template <class Enum>
std::optional<Enum> named(std::string_view word, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (name_of(static_cast<Enum>(i)) == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string latency_log_header(const manifest& of) {
  const latency_meaning meant = latency_meaning_of(of);
  return fmt::format(
      "#[Values are in microseconds: {}, {}]\n#[Histogram log format version 1.3]\n"
      "#[StartTime: {:.3f} (seconds since epoch), {}]\n"
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
      meant.name, meant.from, static_cast<double>(of.started_unix_ms) / 1000.0,
      show_instant(of.started_unix_ms));
}

std::string latency_log_lines(const delta& seen, const run_shape& shape, double start_s, double length_s) {
  std::string out;
  for (std::size_t i = 0; i < seen.phase_count(); ++i) {
    const phase_cells* phase = seen.find_phase(i);
    if (!phase) continue;
    const std::string phase_tag =
        fmt::format("{}.{}", i, i < shape.phases.size() ? plain(shape.phases[i].name) : "run");
    for (std::size_t op = 0; op < operation_count; ++op) {
      if (phase->headline[op].count() == 0) continue;
      append_line(out, fmt::format("{}|all|all|{}", name_of(static_cast<operation>(op)), phase_tag),
                  phase->headline[op], start_s, length_s);
    }
    if (phase->lag.count() != 0)
      append_line(out, fmt::format("lag|all|all|{}", phase_tag), phase->lag, start_s, length_s);
    for (const auto index : phase->touched) {
      const auto& latency = phase->cells[index].latency;
      if (latency.count() == 0) continue;
      const auto key = cell_key::from_index(index);
      const auto& population = shape.populations[key.population];
      append_line(out,
                  fmt::format("{}|{}.{}.{}|{}|{}", name_of(key.op), key.population, plain(population.sector),
                              plain(population.kind), name_of(key.via), phase_tag),
                  latency, start_s, length_s);
    }
  }
  return out;
}

std::optional<latency_line_key> latency_line_key_of(std::string_view line) {
  if (!line.starts_with("Tag=")) return std::nullopt;
  line.remove_prefix(4);
  latency_line_key key;
  key.tag = cut(line, ',');
  const auto start = cut(line, ',');
  const auto [end, problem] = std::from_chars(start.data(), start.data() + start.size(), key.start_s);
  if (problem != std::errc{} || end != start.data() + start.size() || !std::isfinite(key.start_s))
    return std::nullopt;
  return key;
}

bool read_latency_line(std::string_view line, run_record& into) {
  const auto key = latency_line_key_of(line);
  if (!key) return false;
  auto tag = key->tag;
  const auto word = cut(tag, '|');
  const auto op = named<operation>(word, operation_count);
  const auto population = cut(tag, '|');
  const auto via = cut(tag, '|');
  const auto phase = leading_number(tag, into.store.phase_count());
  for (int field = 0; field < 4; ++field) cut(line, ',');
  const auto latency = histogram::decode(line);
  if (!phase || !latency) return false;
  if (word == "lag" && latency->digits() == 2) {
    into.store.phase(*phase).lag.merge(*latency);
    return true;
  }
  if (!op) return false;
  if (population == "all") {
    if (latency->digits() != 3) return false;
    into.store.phase(*phase).headline[static_cast<std::size_t>(*op)].merge(*latency);
    return true;
  }
  const auto number = leading_number(population, into.shape.populations.size());
  const auto over = named<protocol>(via, protocol_count);
  if (!number || !over || latency->digits() != 2) return false;
  const cell_key cell{static_cast<std::uint16_t>(*number), *op, *over};
  into.store.phase(*phase).touch(cell.index()).latency.merge(*latency);
  return true;
}

}  // namespace wanwu::report
