// Any bytes are either a checked scenario or target, or refused with marks inside the file; nothing else may
// happen.
#include <cstdlib>
#include <string>

#include "scenarios/language/load.hpp"

// libfyaml 0.7.12 itself loses a buffer of 1 kB on some malformed scalars; our own leaks still count.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libfyaml";
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wanwu::lang;
  const load_result loaded = load_text("fuzz", std::string{reinterpret_cast<const char*>(data), size});
  if (loaded.ok() == (loaded.scenario == nullptr && loaded.target == nullptr)) std::abort();
  for (const diagnostic& d : loaded.found.all()) {
    if (find_code(d.code) == nullptr || d.mark.line == 0 || d.mark.column == 0) std::abort();
  }
  for (const auto format : {diagnostic_format::human, diagnostic_format::json, diagnostic_format::github}) {
    const std::string text = format_diagnostics(loaded.found, *loaded.sources, format);
    if (format == diagnostic_format::json && text.empty()) std::abort();
  }
  return 0;
}
