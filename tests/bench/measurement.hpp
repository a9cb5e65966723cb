// What the bench programs share: their command line, and the CPU time between two moments.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/resource.h>

namespace wanwu::bench {

struct job {
  std::string row;
  std::uint16_t port{};
  std::uint32_t connections = 1000;
  std::uint64_t operations = 1'000'000;
  std::uint32_t rate = 0;       ///< A second; 0 = as fast as it goes.
  std::uint32_t payload = 100;  ///< Bytes.
  std::uint32_t batch = 1;      ///< Messages with one send().
};

inline job read_job(int argc, char** argv) {
  job out;
  if (argc > 1) out.row = argv[1];
  for (int i = 2; i + 1 < argc; i += 2) {
    const auto value = std::strtoull(argv[i + 1], nullptr, 10);
    const std::string name = argv[i];
    if (name == "--port") out.port = static_cast<std::uint16_t>(value);
    if (name == "--connections") out.connections = static_cast<std::uint32_t>(value);
    if (name == "--operations") out.operations = value;
    if (name == "--rate") out.rate = static_cast<std::uint32_t>(value);
    if (name == "--batch") out.batch = static_cast<std::uint32_t>(value);
    if (name == "--payload") out.payload = static_cast<std::uint32_t>(value);
  }
  return out;
}

/// What `wanwu load` publishes to, so that floor and program send the same bytes.
inline std::string topic_of(std::uint32_t thing) {
  std::string digits = std::to_string(thing);
  digits.insert(0, digits.size() < 6 ? 6 - digits.size() : 0, '0');
  return "things/meter-" + digits + "/telemetry";
}

/// Begins when it is made; user and system time of the whole process.
class stopwatch {
 public:
  double cpu() const { return cpu_now() - cpu_; }
  double wall() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_).count();
  }

  /// The line that run.py reads.
  void print(std::uint64_t operations, const char* more = "") const {
    std::printf("operations=%llu cpu=%.6f wall=%.6f %s\n", static_cast<unsigned long long>(operations), cpu(),
                wall(), more);
    std::fflush(stdout);
  }

 private:
  static double cpu_now() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
  }
  double cpu_ = cpu_now();
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
};

/// Private memory of this process in bytes, shared pages and files not counted.
inline std::uint64_t private_bytes() {
  std::uint64_t kilobytes = 0;
  if (std::FILE* file = std::fopen("/proc/self/status", "r")) {
    char line[256];
    while (std::fgets(line, sizeof line, file) != nullptr) {
      if (std::strncmp(line, "RssAnon:", 8) == 0) kilobytes = std::strtoull(line + 8, nullptr, 10);
    }
    std::fclose(file);
  }
  return kilobytes * 1024;
}

[[noreturn]] inline void give_up(const char* why) {
  std::fprintf(stderr, "bench: %s: %s\n", why, std::strerror(errno));
  std::exit(1);
}

}  // namespace wanwu::bench
