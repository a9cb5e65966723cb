// Any bytes, cut anywhere, are the same head; as a request it is answered or refused by a status from 400,
// and never is a server open to who did not offer its subprotocol.
#include <algorithm>
#include <cstdlib>

#include "protocols/websocket/client.hpp"
#include "protocols/websocket/server.hpp"

namespace {

using namespace wanwu;
using namespace wanwu::websocket;

bool upgrades(bytes_view input, std::size_t step) {
  server one{"mqtt"};
  byte_writer carried, answers;
  for (std::size_t at = 0; at < input.size(); at += step) {
    const bool goes_on = one.receive(input.subspan(at, std::min(step, input.size() - at)), carried, answers);
    if (!answers.empty()) return as_text(answers.view()).starts_with("HTTP/1.1 101 ");
    if (!goes_on) std::abort();  // without a word
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes_view input{reinterpret_cast<const std::byte*>(data), size};
  const auto whole = head_size(input);
  const auto asked = read_upgrade_request(as_text(whole ? input.first(*whole) : input));
  if (!asked && (asked.error() < 400 || asked.error() > 505)) std::abort();
  const bool offers = asked && std::find(asked->subprotocols.begin(), asked->subprotocols.end(), "mqtt") !=
                                   asked->subprotocols.end();
  if (upgrades(input, size + 1) != (offers && *whole <= head_bytes_max)) std::abort();
  if (upgrades(input, 1) != upgrades(input, size + 1)) std::abort();

  const auto answer = read_upgrade_answer(as_text(input), "dGhlIHNhbXBsZSBub25jZQ==");
  if (answer && (answer->status < 100 || answer->status > 599)) std::abort();
  client one{1};
  byte_writer carried, answers;
  one.open({"a", "/", "", {"mqtt"}}, answers);
  one.receive(input, carried, answers);
  return 0;
}
