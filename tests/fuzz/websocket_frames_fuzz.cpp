// Any bytes, cut anywhere, are the same frames or the same refusal; a server fed with them carries no byte
// that the reader did not give, and answers nothing once it has ended.
#include <cstdlib>
#include <string>

#include "protocols/websocket/client.hpp"
#include "protocols/websocket/server.hpp"

namespace {

using namespace wanwu;
using namespace wanwu::websocket;

std::string outcome(side sender, bytes_view input, std::size_t step) {
  frame_reader reader{sender};
  byte_writer data;
  std::string out;
  for (std::size_t at = 0; at < input.size(); at += step) {
    auto in = input.subspan(at, std::min(step, input.size() - at));
    while (true) {
      const auto before = data.size();
      const auto found = reader.next(in, data);
      if (!found) return out + std::string{found.error().clause};
      if (!*found) {
        if (!in.empty()) std::abort();
        break;
      }
      if (data.size() - before != (*found)->size) std::abort();
      if ((*found)->control.size() > control_bytes_max) std::abort();
      const bool counts = is_control((*found)->code) || (*found)->ends_message;
      if (counts)
        out += std::to_string(static_cast<int>((*found)->code)) + "/" + std::to_string(data.size()) + " ";
    }
  }
  return out;
}

void serve(bytes_view input, std::size_t step) {
  server one{"mqtt"};
  byte_writer carried, answers, hello;
  put_upgrade_request(hello, {"a", "/", "dGhlIHNhbXBsZSBub25jZQ==", {"mqtt"}});
  if (!one.receive(hello.view(), carried, answers)) std::abort();
  bool open = true;
  std::size_t answered = 0;
  for (std::size_t at = 0; at < input.size(); at += step) {
    answers.clear();
    const auto in = input.subspan(at, std::min(step, input.size() - at));
    const auto before = carried.size();
    const bool goes_on = one.receive(in, carried, answers);
    if (!open && (goes_on || !answers.empty() || carried.size() != before)) std::abort();
    answered += answers.size();
    if (carried.size() - before > in.size() || answered > at + in.size() + 4) std::abort();
    open = goes_on;
  }
}

void listen(bytes_view input, std::size_t step) {
  client one{1};
  byte_writer carried, answers;
  one.open({"a", "/", "", {"mqtt"}}, answers);
  const auto before = answers.size();
  put_upgrade_answer(answers, one.key(), "mqtt");
  const bytes agreed{answers.view().begin() + static_cast<std::ptrdiff_t>(before), answers.view().end()};
  if (one.receive(agreed, carried, answers) != client::state::open) std::abort();
  for (std::size_t at = 0; at < input.size(); at += step)
    one.receive(input.subspan(at, std::min(step, input.size() - at)), carried, answers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bytes_view input{reinterpret_cast<const std::byte*>(data), size};
  const auto step = 1 + size / 3;
  for (const auto sender : {side::client, side::server}) {
    if (outcome(sender, input, size + 1) != outcome(sender, input, step)) std::abort();
    if (outcome(sender, input, size + 1) != outcome(sender, input, 1)) std::abort();
  }
  serve(input, step);
  listen(input, step);
  return 0;
}
