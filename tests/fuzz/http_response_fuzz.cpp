// Any bytes either become a response or are refused within the input; a complete one is the same however it
// is split.
#include <cstdlib>

#include "protocols/http/response_parser.hpp"

namespace {

// 0: refused; 1: more needed; else what was understood.
std::uint64_t outcome_of(wanwu::bytes_view input, std::size_t piece) {
  static wanwu::http::response_parser parser{{4096, 4096}};
  parser.start({wanwu::http::body_use::keep, false});
  for (std::size_t at = 0; at < input.size() && !parser.complete();) {
    const auto part = input.subspan(at, std::min(piece, input.size() - at));
    const auto used = parser.receive(part);
    if (!used) {
      if (used.error().offset > input.size()) std::abort();
      return 0;
    }
    if (*used > part.size() || (*used < part.size() && !parser.complete())) std::abort();
    at += *used;
  }
  if (parser.body().size() > 4096) std::abort();
  if (!parser.complete() && !parser.receive_end()) return 1;
  return 2 + (parser.status() * std::uint64_t{8192} + parser.body().size()) * 2 +
         (parser.keep_alive() ? 1U : 0U);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const wanwu::bytes_view input{reinterpret_cast<const std::byte*>(data), size};
  const auto whole = outcome_of(input, size + 1);
  const auto split = outcome_of(input, 1 + size / 3);
  if (whole > 1 && split > 1 && whole != split) std::abort();
  return 0;
}
