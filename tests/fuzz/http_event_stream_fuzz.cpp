// Any bytes give the same events however they are split, and no event is longer than the bound.
#include <cstdlib>
#include <string>

#include "protocols/http/event_stream.hpp"

namespace {

std::string events_of(wanwu::bytes_view input, std::size_t piece) {
  wanwu::http::event_stream_parser parser;
  std::string out;
  for (std::size_t at = 0; at < input.size(); at += piece) {
    parser.receive(input.subspan(at, std::min(piece, input.size() - at)));
    for (auto got = parser.next(); got && *got; got = parser.next()) {
      if ((*got)->payload.size() > wanwu::http::event_stream_parser::event_bytes_max) std::abort();
      out += (*got)->name + '\0' + (*got)->id + '\0' + (*got)->payload + '\0';
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const wanwu::bytes_view input{reinterpret_cast<const std::byte*>(data), size};
  if (events_of(input, size + 1) != events_of(input, 1)) std::abort();
  return 0;
}
