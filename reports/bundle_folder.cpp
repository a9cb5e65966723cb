#include "reports/bundle_folder.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include "reports/append_file.hpp"

namespace wanwu::report {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t manifest_bytes_max = 50'000'000;

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

bool is_running(const fs::path& root) {
  for (const char* name : {"series.ndjson", "cases.ndjson"}) {
    const append_file file{::open((root / name).c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.is_open() && ::flock(file.descriptor(), LOCK_SH | LOCK_NB) != 0) return true;
  }
  return false;
}

}  // namespace

std::string cannot_write(std::string_view file, const std::string& directory, int reason) {
  return fmt::format("cannot write {} in {}: {}", file, directory, std::strerror(reason));
}

std::optional<std::string> make_bundle_folder(const std::string& directory, std::string_view manifest_json,
                                              const std::vector<input_file>& inputs, std::string& problem) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is an error of the write, not the end of the run
  std::error_code failed;
  const bool is_new = fs::create_directories(directory, failed);
  if (failed && !fs::is_directory(directory))
    return fmt::format("cannot make the directory {}: {}", directory, failed.message());
  const fs::path root{directory};
  // The manifest is made by exactly one run: whoever comes second finds it there.
  const int manifest = write_whole(root / "manifest.json", manifest_json, existing_file::refused);
  if (manifest == EEXIST) {
    return fmt::format(
        "{} {}; give another directory with --out, or leave --out away to get a new one", directory,
        is_running(root) ? "is being written by a run that is still going on" : "already holds a run");
  }
  if (manifest != 0) {
    // Half a manifest would stand in the way of the next try.
    fs::remove(root / "manifest.json", failed);
    if (is_new) fs::remove(root, failed);
    return cannot_write("manifest.json", directory, manifest);
  }
  if (!inputs.empty() && !fs::create_directory(root / "inputs", failed) && failed)
    problem = cannot_write("inputs", directory, failed.value());
  std::size_t number = 0;
  for (const auto& input : inputs) {
    const auto name = "inputs/" + kept_name(input.path, ++number);
    const int written = write_whole(root / name, input.content);
    if (written != 0 && problem.empty()) problem = cannot_write(name, directory, written);
  }
  return std::nullopt;
}

void lock_bundle_file(int descriptor) noexcept {
  if (descriptor >= 0) ::flock(descriptor, LOCK_EX | LOCK_NB);
}

std::string put_summary(const std::string& directory, std::string_view summary_json) {
  const fs::path root{directory};
  const int written = write_whole(root / "summary.json.new", summary_json);
  if (written != 0) return cannot_write("summary.json", directory, written);
  std::error_code failed;
  fs::rename(root / "summary.json.new", root / "summary.json", failed);
  return failed ? cannot_write("summary.json", directory, failed.value()) : "";
}

manifest_text read_manifest_text(const std::string& directory) {
  const fs::path root{directory};
  std::error_code problem;
  const auto no = [&](const char* why) { return manifest_text{"", fmt::format("{}: {}", directory, why)}; };
  if (!fs::is_directory(root, problem)) return no("there is no such directory");
  const auto size = fs::file_size(root / "manifest.json", problem);
  if (problem) return no("this is no bundle of a run: it has no manifest.json");
  if (size > manifest_bytes_max) return no("manifest.json is too large to be one");
  std::ifstream file{root / "manifest.json", std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return {text.str(), ""};
}

}  // namespace wanwu::report
