// Any bytes, split anywhere, become requests or one refusal with a status; whole and split give the same
// first outcome.
#include <cstdlib>
#include <string>

#include "protocols/http/request_parser.hpp"

namespace {

std::string first_outcome(wanwu::bytes_view input, std::size_t piece) {
  wanwu::http::request_parser parser{{4096, 4096}};
  std::string outcome;
  for (std::size_t at = 0; at < input.size(); at += piece) {
    parser.receive(input.subspan(at, std::min(piece, input.size() - at)));
    for (int i = 0; i < 100; ++i) {
      const auto got = parser.next();
      if (!got && parser.refusal_status() < 400) std::abort();
      if (!got && outcome.empty()) outcome = "refused";
      if (!got || !*got) break;
      if ((*got)->body.size() > 4096) std::abort();
      if (outcome.empty())
        outcome = (*got)->method + " " + (*got)->target + " " + std::to_string((*got)->body.size());
    }
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const wanwu::bytes_view input{reinterpret_cast<const std::byte*>(data), size};
  const auto whole = first_outcome(input, size + 1);
  const auto split = first_outcome(input, 1 + size / 3);
  // A refusal may need more bytes to be seen when they come in pieces; a request may not.
  if (whole != split && whole != "refused" && split != "refused") std::abort();
  return 0;
}
