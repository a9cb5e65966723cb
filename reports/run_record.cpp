#include "reports/run_record.hpp"

#include <array>
#include <csignal>
#include <fstream>
#include <string>

#include <openssl/evp.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "protocols/core/hex.hpp"

namespace wanwu::report {

namespace {

std::string cpu_model() {
  std::ifstream file{"/proc/cpuinfo"};
  for (std::string line; std::getline(file, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string sha256_of(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr);
  std::string hex = to_hex(as_bytes({reinterpret_cast<const char*>(digest.data()), digest.size()}));
  std::erase(hex, ' ');
  return hex;
}

}  // namespace

std::string_view name_of(ending e) noexcept {
  constexpr std::array<std::string_view, 5> names{"running", "complete", "aborted", "interrupted",
                                                  "terminated"};
  return names[static_cast<std::size_t>(e)];
}

int exit_code_of(ending end, verdict judged) noexcept {
  if (end == ending::interrupted) return 128 + SIGINT;
  if (end == ending::terminated) return 128 + SIGTERM;
  return exit_code_of(judged);
}

latency_meaning latency_meaning_of(const manifest& of) noexcept {
  if (of.closed_loop) return {"closed", "service time", "from the send, closed loop"};
  return {"open", "response time", "from the intended start"};
}

void describe_machine(manifest& of) {
  utsname system{};
  if (uname(&system) == 0) {
    of.host = system.nodename;
    of.kernel = std::string{system.sysname} + " " + system.release;
  }
  of.cpu = cpu_model();
  of.cores = static_cast<std::uint32_t>(sysconf(_SC_NPROCESSORS_ONLN));
  of.memory_bytes =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void hash_inputs(manifest& of) {
  for (auto& input : of.inputs) {
    if (input.sha256.empty()) input.sha256 = sha256_of(input.content);
  }
}

run_record::run_record(manifest about_, run_shape shape_, std::vector<limit> limits_)
    : about{std::move(about_)},
      shape{std::move(shape_)},
      limits{std::move(limits_)},
      store{shape},
      first_crossed_s(limits.size(), -1.0) {
  hash_inputs(about);
}

}  // namespace wanwu::report
