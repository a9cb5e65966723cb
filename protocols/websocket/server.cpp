// One WebSocket connection as a server sees it.
#include "protocols/websocket/server.hpp"

#include <algorithm>

#include "protocols/websocket/handshake.hpp"

namespace wanwu::websocket {

bool server::upgrade(byte_writer& answers) {
  constexpr std::uint16_t unacceptable = 400;
  const auto asked = read_upgrade_request(head_->text());
  // [MQTT-6.0.0-3] for MQTT: a client must offer its name, so one that does not speaks something else.
  const bool offers = asked && std::find(asked->subprotocols.begin(), asked->subprotocols.end(),
                                         subprotocol_) != asked->subprotocols.end();
  head_.reset();
  now_ = offers ? state::open : state::ended;
  if (offers)
    put_upgrade_answer(answers, asked->key, subprotocol_);
  else
    put_refusal(answers, asked ? unacceptable : asked.error());
  return offers;
}

bool server::fail(close_code why, byte_writer& answers) {
  now_ = state::ended;
  put_close(answers, why, std::nullopt);
  return false;
}

bool server::take(const piece& one, byte_writer& answers) {
  switch (one.code) {
    case opcode::ping:
      put_frame(answers, opcode::pong, one.control, std::nullopt);
      return true;
    case opcode::pong:
      return true;
    case opcode::close:
      now_ = state::ended;
      // Section 5.5.1: the answer gives the code that came.
      put_frame(answers, opcode::close, one.control.first(std::min<std::size_t>(one.control.size(), 2)),
                std::nullopt);
      return false;
    case opcode::binary:
      return true;
    case opcode::text:
    case opcode::continuation:
      break;
  }
  return fail(close_code::unsupported_data, answers);  // [MQTT-6.0.0-1]
}

bool server::receive(bytes_view from_client, byte_writer& carried, byte_writer& answers) {
  constexpr std::uint16_t head_too_long = 431;
  if (now_ == state::asked) {
    const auto found = head_->take(from_client);
    if (found == head_reader::state::wants_more) return true;
    if (found == head_reader::state::too_long) {
      now_ = state::ended;
      put_refusal(answers, head_too_long);
      return false;
    }
    if (!upgrade(answers)) return false;
  }
  while (now_ == state::open) {
    const auto before = carried.size();
    const auto found = frames_.next(from_client, carried);
    if (!found) return fail(close_code::protocol_error, answers);
    if (!*found) return true;
    if (take(**found, answers)) continue;
    carried.drop_last(carried.size() - before);  // of a frame that must not be looked at
    return false;
  }
  return false;
}

void server::end(byte_writer& out) {
  if (now_ == state::open) put_close(out, close_code::normal, std::nullopt);
  now_ = state::ended;
}

}  // namespace wanwu::websocket
