#include "reports/limit.hpp"

#include "scenarios/language/threshold.hpp"

namespace wanwu::report {

namespace {

measure measure_of(lang::limit_unit unit) noexcept {
  switch (unit) {
    case lang::limit_unit::share:
      return measure::ratio;
    case lang::limit_unit::time:
      return measure::time_us;
    case lang::limit_unit::per_second:
      return measure::rate;
    case lang::limit_unit::number:
    case lang::limit_unit::bytes:
      break;
  }
  return measure::number;
}

}  // namespace

limit limit_of(const lang::threshold& from, std::string file) {
  limit out;
  out.text = from.text;
  out.metric = lang::metric_of(from.metric).name;
  out.tags = from.tags;
  out.stat = static_cast<statistic>(from.stat);
  out.percentile = from.percentile;
  out.op = static_cast<comparison>(from.op);
  out.unit = measure_of(from.unit);
  out.bound = out.unit == measure::time_us ? from.limit / 1000 : from.limit;
  out.phase = from.phase;
  out.why = from.why;
  out.file = std::move(file);
  out.line = static_cast<int>(from.mark.line);
  out.column = static_cast<int>(from.mark.column);
  out.min_samples = from.min_samples;
  out.should = from.level == lang::threshold_level::should;
  out.abort = from.abort;
  out.grace = from.grace;
  return out;
}

// Both enumerations name the same things in the same order.
static_assert(static_cast<int>(statistic::percentile) == static_cast<int>(lang::stat_kind::percentile));
static_assert(static_cast<int>(statistic::ratio) == static_cast<int>(lang::stat_kind::ratio));
static_assert(static_cast<int>(comparison::equal) == static_cast<int>(lang::comparison::equal));
static_assert(static_cast<int>(comparison::at_least) == static_cast<int>(lang::comparison::greater_equal));

}  // namespace wanwu::report
