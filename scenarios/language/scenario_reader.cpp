// The tree of a scenario/v1 as struct.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "scenarios/language/readers.hpp"
#include "scenarios/language/taken.hpp"

namespace wanwu::lang {
namespace {

class scenario_reader {
 public:
  scenario_reader(const node& tree, scenario& out, diagnostics& found)
      : tree_{tree}, out_{out}, found_{found} {}
  void read();

 private:
  void clock();
  void places();
  void populations();
  void storms();
  void phases();
  void phase_of(const node& item, double& level);
  void loads(const node& item, phase& out);
  void faults_in(const node& item, phase& out);
  std::string free_name(std::string wanted) const;
  void thresholds();
  void threshold_of(const node& item);

  const node& tree_;
  scenario& out_;
  diagnostics& found_;
};

void scenario_reader::clock() {
  const node* clock = taken::map_at(&tree_, "clock");
  if (clock == nullptr) return;
  if (const node* speed = clock->find("speed"); speed != nullptr && speed->number > 0)
    out_.clock.speed = speed->number;
  const node* start = taken::text_at(*clock, "start");
  if (start == nullptr) return;
  if (const auto at = parse_instant(start->text)) {
    out_.clock.start_ns = at->ns;
    out_.clock.utc_offset_s = at->utc_offset_s;
  } else {
    found_.error("E110", start->mark, "`" + start->text + "` is not a date with time and offset",
                 "e.g. 2026-11-22T17:00:00+01:00");
  }
}

void scenario_reader::places() {
  const node* places = taken::map_at(&tree_, "places");
  if (places == nullptr) return;
  for (const member& m : places->members) {
    if (m.key.starts_with("x-")) continue;
    const auto count = taken::count_of(m.value);
    if (!count) continue;
    if (*count == 0) found_.error("E110", m.value.mark, "there must be at least one `" + m.key + "`");
    const double scaled = std::round(static_cast<double>(*count) * out_.scale);
    out_.places.push_back(
        {m.key, std::max<std::uint64_t>(1, static_cast<std::uint64_t>(scaled)), m.key_mark});
  }
}

void scenario_reader::populations() {
  if (const node* things = taken::map_at(&tree_, "things")) read_populations(*things, "other", out_, found_);
  if (const node* sectors = taken::map_at(&tree_, "sectors")) {
    for (const member& m : sectors->members) {
      const bool known = std::find(sector_names.begin(), sector_names.end(), m.key) != sector_names.end();
      if (known && m.value.is_map()) read_populations(m.value, m.key, out_, found_);
    }
  }
  for (population& p : out_.populations) {
    if (out_.scale >= 1 || p.count_written == 0) continue;
    const double scaled = std::round(static_cast<double>(p.count_written) * out_.scale);
    p.count = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(scaled));
  }
  const bool some = tree_.find("things") != nullptr || tree_.find("sectors") != nullptr;
  if (!some || (out_.populations.empty() && !found_.has_errors())) {
    found_.error("E102", tree_.mark, "there is no thing in this scenario",
                 "things: { meter: { model: builtin/meter, count: 10k, every: 10 s } }");
  }
}

void scenario_reader::storms() {
  const node* storms = taken::map_at(&tree_, "storms");
  if (storms == nullptr) return;
  for (const member& m : storms->members) {
    if (m.key.starts_with("x-") || !m.value.is_map()) continue;
    storm s;
    s.name = m.key;
    s.mark = m.key_mark;
    if (const node* who = taken::text_at(m.value, "who")) {
      s.who = who->text;
      s.who_mark = who->text_mark;
    }
    s.share = taken::percent(m.value, "share").value_or(1);
    s.drop = taken::text(m.value, "drop") == "clean" ? drop_kind::clean : drop_kind::abrupt;
    s.dark = taken::length(m.value, "dark").value_or(duration{});
    if (const node* back = taken::map_at(&m.value, "return")) {
      s.return_within = taken::length(*back, "within").value_or(duration{});
      const std::string word = taken::text(*back, "backoff");
      if (word == "none") s.backoff = backoff_kind::none;
      if (word == "fixed") s.backoff = backoff_kind::fixed;
    }
    out_.storms.push_back(std::move(s));
  }
}

std::string scenario_reader::free_name(std::string wanted) const {
  const auto taken_already = [&](const std::string& name) {
    return std::any_of(out_.phases.begin(), out_.phases.end(),
                       [&](const phase& p) { return p.name == name; });
  };
  std::string name = wanted;
  for (int i = 2; taken_already(name); ++i) name = wanted + "-" + std::to_string(i);
  return name;
}

void scenario_reader::loads(const node& item, phase& out) {
  const node* load = taken::map_at(&item, "load");
  if (load == nullptr) return;
  for (const member& m : load->members) {
    if (m.key.starts_with("x-")) continue;
    std::vector<std::string_view> known;
    bool found = false;
    for (std::size_t i = 0; i < out_.populations.size(); ++i) {
      const population& p = out_.populations[i];
      known.emplace_back(p.full_name);
      if (m.key != p.full_name && m.key != p.name && m.key != "things." + p.name) continue;
      found = true;
      out.load.emplace_back(i, m.value.number);
    }
    if (!found)
      found_.error("E140", m.key_mark, "there is no kind `" + m.key + "`", suggestion(m.key, known));
  }
}

void scenario_reader::faults_in(const node& item, phase& out) {
  const node* faults = item.find("faults");
  if (faults == nullptr || !faults->is_list()) return;
  for (const node& name : faults->items) {
    std::vector<std::string_view> known;
    for (const fault& f : out_.faults) known.emplace_back(f.name);
    const auto at = std::find(known.begin(), known.end(), name.text);
    if (at != known.end())
      out.faults.push_back(static_cast<std::size_t>(at - known.begin()));
    else if (name.kind == node_kind::text)
      found_.error("E140", name.mark, "there is no fault `" + name.text + "`", suggestion(name.text, known));
  }
}

void scenario_reader::phase_of(const node& item, double& level) {
  phase p;
  p.mark = item.mark;
  const auto ramp = taken::length(item, "ramp");
  const auto hold = taken::length(item, "hold");
  p.kind = item.find("ramp") != nullptr ? phase_kind::ramp : phase_kind::hold;
  p.length = ramp.value_or(hold.value_or(duration{}));
  if (p.kind == phase_kind::hold && p.length == duration{} && hold) {
    found_.error("E110", item.find("hold")->mark, "a phase must last longer than nothing");
  }
  p.from = p.kind == phase_kind::hold && out_.phases.empty() ? 1 : level;
  p.to = p.kind == phase_kind::hold ? p.from : taken::percent(item, "to").value_or(1);
  if (p.kind == phase_kind::hold && item.find("to") != nullptr) {
    found_.error("E103", item.find_member("to")->key_mark, "`to` belongs to a `ramp`");
  }
  level = p.to;
  if (const node* name = taken::text_at(item, "name")) {
    p.name = name->text;
    if (free_name(p.name) != p.name)
      found_.error("E141", name->mark, "there are two phases `" + p.name + "`");
  } else {
    p.name = free_name(p.kind == phase_kind::ramp ? "ramp" : "hold");
  }
  loads(item, p);
  faults_in(item, p);
  if (const node* storm = taken::text_at(item, "storm")) {
    std::vector<std::string_view> known;
    for (std::size_t i = 0; i < out_.storms.size(); ++i) {
      known.emplace_back(out_.storms[i].name);
      if (out_.storms[i].name == storm->text) p.storm = static_cast<int>(i);
    }
    if (p.storm < 0)
      found_.error("E140", storm->mark, "there is no storm `" + storm->text + "`",
                   suggestion(storm->text, known));
  }
  out_.phases.push_back(std::move(p));
}

void scenario_reader::phases() {
  const node* phases = tree_.find("phases");
  if (phases == nullptr || !phases->is_list()) return;
  double level = 0;
  for (const node& item : phases->items) {
    if (item.is_map()) phase_of(item, level);
  }
}

void scenario_reader::threshold_of(const node& item) {
  const node* check = item.is_map() ? taken::text_at(item, "check") : &item;
  if (check == nullptr || check->kind != node_kind::text) return;
  auto parsed = parse_threshold(check->text);
  if (!parsed) {
    const auto& wrong = parsed.error();
    const bool metric = wrong.message.starts_with("there is no metric");
    found_.error(metric ? "E131" : "E130", inside(check->text_mark, wrong.offset, wrong.length),
                 wrong.message, wrong.hint);
    return;
  }
  parsed->mark = check->text_mark;
  if (item.is_map()) {
    parsed->abort = taken::truth(item, "abort", false);
    parsed->grace = taken::length(item, "grace").value_or(duration{});
    parsed->level = taken::text(item, "level") == "should" ? threshold_level::should : threshold_level::must;
    if (const auto samples = taken::whole(item, "min_samples"); samples && *samples > 0)
      parsed->min_samples = static_cast<std::uint64_t>(*samples);
    parsed->why = taken::text(item, "why");
  }
  out_.thresholds.push_back(std::move(*parsed));
}

void scenario_reader::thresholds() {
  const node* thresholds = tree_.find("thresholds");
  if (thresholds == nullptr || !thresholds->is_list()) return;
  for (const node& item : thresholds->items) threshold_of(item);
}

void scenario_reader::read() {
  out_.title = taken::text(tree_, "title");
  if (const std::string name = taken::text(tree_, "name"); !name.empty()) out_.name = name;
  if (const auto seed = taken::whole(tree_, "seed"); seed && *seed >= 0) {
    out_.seed = static_cast<std::uint64_t>(*seed);
    out_.seed_given = true;
  }
  if (const auto scale = taken::percent(tree_, "scale")) out_.scale = *scale;
  if (tree_.find("scale") != nullptr && out_.scale <= 0)
    found_.error("E110", tree_.find("scale")->mark, "a scale must be above 0 %");
  clock();
  places();
  populations();
  storms();
  read_faults(tree_, out_);
  phases();
  thresholds();
}

bool read_digits(std::string_view text, std::size_t at, std::size_t count, std::int64_t& out) {
  if (at + count > text.size()) return false;
  const auto got = std::from_chars(text.data() + at, text.data() + at + count, out);
  return got.ec == std::errc{} && got.ptr == text.data() + at + count && out >= 0;
}

/// Days since 1970-01-01 of a date in the Gregorian calendar (Howard Hinnant's days_from_civil).
std::int64_t days_since_1970(std::int64_t year, std::int64_t month, std::int64_t day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = year / 400, yoe = year % 400;
  const std::int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719'468;
}

}  // namespace

std::optional<instant> parse_instant(std::string_view text) {
  std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  constexpr std::size_t date_size = 19;
  const bool shape = text.size() > date_size && text[4] == '-' && text[7] == '-' &&
                     (text[10] == 'T' || text[10] == ' ') && text[13] == ':' && text[16] == ':';
  if (!shape || !read_digits(text, 0, 4, year) || !read_digits(text, 5, 2, month) ||
      !read_digits(text, 8, 2, day) || !read_digits(text, 11, 2, hour) || !read_digits(text, 14, 2, minute) ||
      !read_digits(text, 17, 2, second)) {
    return std::nullopt;
  }
  constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1970 || year > 2200 || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (day < 1 || day > days[static_cast<std::size_t>(month - 1)] + (leap && month == 2 ? 1 : 0))
    return std::nullopt;
  std::size_t at = date_size;
  if (text[at] == '.') {
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9';) ++at;
  }
  instant out;
  const std::string_view zone = text.substr(at);
  if (zone != "Z" && zone != "z") {
    std::int64_t hours = 0, minutes = 0;
    const bool offset = zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':' &&
                        read_digits(zone, 1, 2, hours) && read_digits(zone, 4, 2, minutes) && hours <= 14 &&
                        minutes < 60;
    if (!offset) return std::nullopt;
    out.utc_offset_s = static_cast<std::int32_t>((hours * 60 + minutes) * 60 * (zone[0] == '-' ? -1 : 1));
  }
  const std::int64_t seconds =
      days_since_1970(year, month, day) * 86'400 + hour * 3600 + minute * 60 + second;
  out.ns = (seconds - out.utc_offset_s) * 1'000'000'000;
  return out;
}

void read_scenario(const node& tree, scenario& out, const load_options& options, diagnostics& found) {
  scenario_reader{tree, out, found}.read();
  if (options.seed) {
    out.seed = *options.seed;
    out.seed_given = true;
  }
}

}  // namespace wanwu::lang
