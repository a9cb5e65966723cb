#include "reports/bundle.hpp"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "reports/append_file.hpp"
#include "reports/bundle_folder.hpp"
#include "reports/latency_log.hpp"
#include "reports/quantity.hpp"
#include "reports/record_lines.hpp"

namespace wanwu::report {

namespace {

namespace fs = std::filesystem;

constexpr double latency_interval_s = 10;

tl::unexpected<bundle_error> refuse(std::string text) {
  return tl::unexpected{bundle_error{std::move(text)}};
}

}  // namespace

struct bundle_writer::state {
  std::string directory;
  std::string problem;
  append_file series, latency, log;
  run_shape shape;
  std::unique_ptr<delta> interval;  ///< Latencies of the interval in progress.
  double interval_start_s{};
  double last_second_s{};

  void note(std::string_view file, int reason) {
    if (reason != 0 && problem.empty()) problem = cannot_write(file, directory, reason);
  }
  int open(append_file& as, const char* name) const { return as.open(fs::path{directory} / name); }
};

std::string make_run_id(std::string_view name, std::int64_t unix_ms, std::uint64_t chance) {
  std::string slug;
  for (const char c : name.substr(0, 60)) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool keep = (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9');
    if (keep)
      slug += low;
    else if (!slug.empty() && slug.back() != '-')
      slug += '-';
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  std::string instant;
  for (const char c : show_instant(unix_ms)) {
    if (c != '-' && c != ':') instant += c;
  }
  return fmt::format("{}-{}-{:06x}", instant, slug.empty() ? "run" : slug, chance & 0xFFFFFFU);
}

bundle_result<bundle_writer> bundle_writer::create(const std::string& directory, const run_record& of) {
  auto made = std::make_unique<state>();
  made->directory = directory;
  made->shape = of.shape;
  made->interval = std::make_unique<delta>(of.shape, time_point{});
  if (auto why = make_bundle_folder(directory, to_manifest_json(of), of.about.inputs, made->problem))
    return refuse(std::move(*why));
  made->note("series.ndjson", made->open(made->series, "series.ndjson"));
  made->note("latency.hlog", made->open(made->latency, "latency.hlog"));
  made->note("log.ndjson", made->open(made->log, "log.ndjson"));
  lock_bundle_file(made->series.descriptor());
  if (made->latency.is_open()) made->note("latency.hlog", made->latency.write(latency_log_header(of.about)));
  return bundle_writer{std::move(made)};
}

bundle_writer::bundle_writer(std::unique_ptr<state> with) : state_{std::move(with)} {}
bundle_writer::bundle_writer(bundle_writer&&) noexcept = default;
bundle_writer& bundle_writer::operator=(bundle_writer&&) noexcept = default;
bundle_writer::~bundle_writer() = default;

const std::string& bundle_writer::problem() const noexcept {
  return state_->problem;
}
const std::string& bundle_writer::path() const noexcept {
  return state_->directory;
}

void bundle_writer::append(const series_point& point) {
  if (state_->problem.empty()) state_->note("series.ndjson", state_->series.write(to_line(point) + "\n"));
}

void bundle_writer::append(const log_entry& entry) {
  if (state_->problem.empty()) state_->note("log.ndjson", state_->log.write(to_line(entry) + "\n"));
}

void bundle_writer::append_latencies(const delta& seen) {
  if (state_->problem.empty()) state_->interval->merge(seen);
}

void bundle_writer::end_latency_second(double at_s) {
  if (!state_->problem.empty()) return;
  const double length = at_s - state_->interval_start_s;
  const auto lines = latency_log_lines(*state_->interval, state_->shape, state_->interval_start_s, length);
  state_->last_second_s = at_s;
  const fs::path tail = fs::path{state_->directory} / "latency.tail.hlog", next = tail.string() + ".new";
  if (length < latency_interval_s) {
    state_->note("latency.tail.hlog", write_whole(next, lines));
    std::error_code ignored;  // a reader without the tail loses the interval, the run goes on
    fs::rename(next, tail, ignored);
    return;
  }
  state_->note("latency.hlog", state_->latency.write(lines));
  state_->interval->clear();
  state_->interval_start_s = at_s;
  state_->note("latency.tail.hlog", write_whole(tail, ""));
}

void bundle_writer::finish(const run_record&, std::string_view summary_json) {
  if (!state_->problem.empty()) return;
  const fs::path root{state_->directory};
  const auto lines = latency_log_lines(*state_->interval, state_->shape, state_->interval_start_s,
                                       state_->last_second_s - state_->interval_start_s);
  state_->note("latency.hlog", state_->latency.write(lines));
  state_->interval->clear();
  std::error_code ignored;
  fs::remove(root / "latency.tail.hlog", ignored);
  state_->problem = put_summary(state_->directory, summary_json);
}

}  // namespace wanwu::report
