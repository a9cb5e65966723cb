#include "reports/bundle.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reports/latency_log.hpp"
#include "reports/quantity.hpp"
#include "reports/record_lines.hpp"

namespace wanwu::report {

namespace {

namespace fs = std::filesystem;

constexpr double latency_interval_s = 10;

/// An open file that appends; closed when it goes.
class append_file {
 public:
  append_file() = default;
  explicit append_file(int descriptor) : descriptor_{descriptor} {}
  append_file(append_file&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
  append_file& operator=(append_file&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~append_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  bool is_open() const noexcept { return descriptor_ >= 0; }
  int descriptor() const noexcept { return descriptor_; }

  /// In one write where the system allows it, so that a kill leaves whole lines. 0 or errno.
  int write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t n = ::write(descriptor_, text.data(), text.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return errno;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return 0;
  }

 private:
  int descriptor_{-1};
};

std::string says(int problem) {
  return std::strerror(problem);
}

tl::unexpected<bundle_error> refuse(std::string text) {
  return tl::unexpected{bundle_error{std::move(text)}};
}

/// The file name an input is kept under: its own, made safe, and unlike those before.
std::string kept_name(const std::string& path, std::size_t number) {
  std::string name;
  for (const char c : fs::path{path}.filename().string().substr(0, 100)) {
    const bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-' || c == '.';
    name += safe ? c : '_';
  }
  return fmt::format("{:02}-{}", number, name.empty() ? "input" : name);
}

/// "0" = written, else errno.
int write_whole(const fs::path& path, std::string_view text, int flags) {
  const append_file file{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644)};
  return file.is_open() ? file.write(text) : errno;
}

std::string already_there(const std::string& directory) {
  const append_file series{::open((fs::path{directory} / "series.ndjson").c_str(), O_RDONLY | O_CLOEXEC)};
  const bool running = series.is_open() && ::flock(series.descriptor(), LOCK_SH | LOCK_NB) != 0;
  return fmt::format("{} {}; give another directory with --out, or leave --out away to get a new one",
                     directory,
                     running ? "is being written by a run that is still going on" : "already holds a run");
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
    if (reason != 0 && problem.empty())
      problem = fmt::format("cannot write {} in {}: {}", file, directory, says(reason));
  }
  int open(append_file& as, const char* name) const {
    as = append_file{
        ::open((fs::path{directory} / name).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
    return as.is_open() ? 0 : errno;
  }
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
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is an error of the write, not the end of the run
  std::error_code problem;
  fs::create_directories(directory, problem);
  if (problem && !fs::is_directory(directory))
    return refuse(fmt::format("cannot make the directory {}: {}", directory, problem.message()));

  auto made = std::make_unique<state>();
  made->directory = directory;
  made->shape = of.shape;
  made->interval = std::make_unique<delta>(of.shape, time_point{});
  const fs::path root{directory};
  // The manifest is made by exactly one run: whoever comes second finds it there.
  const int manifest = write_whole(root / "manifest.json", to_manifest_json(of), O_EXCL);
  if (manifest == EEXIST) return refuse(already_there(directory));
  if (manifest != 0)
    return refuse(fmt::format("cannot write manifest.json in {}: {}", directory, says(manifest)));

  made->note("series.ndjson", made->open(made->series, "series.ndjson"));
  made->note("latency.hlog", made->open(made->latency, "latency.hlog"));
  made->note("log.ndjson", made->open(made->log, "log.ndjson"));
  if (made->series.is_open()) ::flock(made->series.descriptor(), LOCK_EX | LOCK_NB);
  if (made->latency.is_open()) made->note("latency.hlog", made->latency.write(latency_log_header(of.about)));
  if (!of.about.inputs.empty()) fs::create_directory(root / "inputs", problem);
  std::size_t number = 0;
  for (const auto& input : of.about.inputs) {
    const auto name = kept_name(input.path, ++number);
    made->note("inputs/" + name, write_whole(root / "inputs" / name, input.content, O_TRUNC));
  }
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
    state_->note("latency.tail.hlog", write_whole(next, lines, O_TRUNC));
    std::error_code ignored;  // a reader without the tail loses the interval, the run goes on
    fs::rename(next, tail, ignored);
    return;
  }
  state_->note("latency.hlog", state_->latency.write(lines));
  state_->interval->clear();
  state_->interval_start_s = at_s;
  state_->note("latency.tail.hlog", write_whole(tail, "", O_TRUNC));
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
  // Whole or not at all: a reader takes its presence as the end of the run.
  state_->note("summary.json", write_whole(root / "summary.json.new", summary_json, O_TRUNC));
  if (state_->problem.empty()) fs::rename(root / "summary.json.new", root / "summary.json", ignored);
}

}  // namespace wanwu::report
