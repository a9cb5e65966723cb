// Any bytes are either a checked suite or refused with marks inside the file; what is checked can be
// described, counted and matched against bytes; nothing else may happen.
#include <cstdlib>
#include <string>

#include "scenarios/conformance/clause_file.hpp"
#include "scenarios/conformance/coverage.hpp"
#include "scenarios/conformance/load_suite.hpp"

// libfyaml 0.7.12 itself loses a buffer of 1 kB on some malformed scalars; our own leaks still count.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libfyaml";
}

namespace {

using namespace wanwu;

/// Values of every kind in every slot: whatever a case computes, it comes to an end inside its bounds.
void evaluate(const conform::test_case& one, bytes_view raw) {
  std::vector<lang::value> slots(one.names->size());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (i % 4 == 1) slots[i] = lang::value::of(static_cast<std::int64_t>(i));
    if (i % 4 == 2) slots[i] = lang::value::of("text");
    if (i % 4 == 3) slots[i] = lang::value::of(true);
  }
  lang::eval_context context;
  context.slots = slots;
  byte_writer out;
  for (const conform::step& s : one.body) {
    if (s.message.raw) s.message.raw->render(context, out);
    for (const conform::setting& set : s.message.set) {
      if (const auto* text = std::get_if<lang::text_template>(&set.value)) text->render(context, out);
      if (const auto* bytes = std::get_if<conform::byte_pattern>(&set.value)) bytes->render(context, out);
    }
    if (s.expect && s.expect->bytes) s.expect->bytes->matches(context, raw);
    if (s.expect && s.expect->pattern.where) s.expect->pattern.where->evaluate(context);
    if (s.text.size() > 500) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  const auto raw = as_bytes(std::string_view{text}.substr(0, 64));
  const conform::suite_loaded loaded = conform::load_suite_text("fuzz", text);
  if (loaded.ok() != (loaded.loaded != nullptr)) std::abort();
  for (const lang::diagnostic& d : loaded.found.all()) {
    if (lang::find_code(d.code) == nullptr || d.mark.line == 0 || d.mark.column == 0) std::abort();
  }
  if (loaded.loaded) {
    conform::coverage_of(*loaded.loaded);
    for (const conform::test_case& one : loaded.loaded->cases) {
      if (one.id.empty() || one.body.empty()) std::abort();
      evaluate(one, raw);
    }
  }
  lang::source_set sources;
  lang::diagnostics found;
  const auto file = sources.add("fuzz.csv", text);
  conform::read_clauses(sources, file, found);
  return 0;
}
