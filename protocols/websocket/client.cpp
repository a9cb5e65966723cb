// One WebSocket connection as a client sees it.
#include "protocols/websocket/client.hpp"

#include <algorithm>

namespace wanwu::websocket {

/// splitmix64: one step a number, any seed.
std::uint64_t client::next_random() noexcept {
  std::uint64_t z = seed_ += 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

masking_key client::next_mask() noexcept {
  const auto drawn = next_random();
  masking_key out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(drawn >> (8 * i) & 0xFFU);
  return out;
}

void client::open(upgrade_request wanted, byte_writer& out) {
  std::array<std::byte, 16> nonce{};
  for (std::size_t i = 0; i < nonce.size(); i += 8) {
    const auto drawn = next_random();
    for (std::size_t j = 0; j < 8; ++j) nonce[i + j] = static_cast<std::byte>(drawn >> (8 * j) & 0xFFU);
  }
  key_ = key_of(nonce);
  wanted.key = key_;
  now_ = state::asking;
  fault_.clear();
  clause_ = {};
  head_.clear();
  frames_ = frame_reader{side::server};
  put_upgrade_request(out, wanted);
}

void client::fail(std::string why, std::string_view clause, close_code code, byte_writer& answers) {
  fault_ = std::move(why);
  clause_ = clause;
  now_ = state::ended;
  put_close(answers, code, next_mask());
}

client::state client::answered(byte_writer& carried) {
  carried.append(head_.text());
  const auto read = read_upgrade_answer(head_.text(), key_);
  now_ = read && read->status == 101 ? state::open : state::refused;
  if (!read) {
    fault_ = "the answer to the upgrade breaks " + std::string{read.error().clause};
    clause_ = read.error().clause;
  }
  return now_;
}

void client::take(const piece& one, byte_writer& answers) {
  switch (one.code) {
    case opcode::ping:
      put_frame(answers, opcode::pong, one.control, next_mask());
      return;
    case opcode::close:
      now_ = state::ended;
      put_frame(answers, opcode::close, one.control.first(std::min<std::size_t>(one.control.size(), 2)),
                next_mask());
      return;
    case opcode::text:
      return fail("a text frame came: what is carried travels in binary frames", "MQTT-6.0.0-1",
                  close_code::unsupported_data, answers);
    case opcode::binary:
    case opcode::pong:
    case opcode::continuation:
      return;
  }
}

client::state client::receive(bytes_view from_server, byte_writer& carried, byte_writer& answers) {
  if (now_ == state::asking) {
    const auto found = head_.take(from_server);
    if (found == head_reader::state::wants_more) return now_;
    if (found == head_reader::state::too_long) {
      fault_ = "the answer to the upgrade is longer than " + std::to_string(head_bytes_max) + " bytes";
      return now_ = state::ended;
    }
    answered(carried);
  }
  while (now_ == state::open) {
    const auto before = carried.size();
    const auto found = frames_.next(from_server, carried);
    if (!found) {
      fail("a frame breaks " + std::string{found.error().clause}, found.error().clause,
           close_code::protocol_error, answers);
      break;
    }
    if (!*found) break;
    take(**found, answers);
    if (now_ == state::ended && !fault_.empty()) carried.drop_last(carried.size() - before);
  }
  return now_;
}

void client::send(opcode code, bytes_view payload, bool is_last, byte_writer& out) {
  put_frame(out, code, payload, next_mask(), is_last);
}

void client::end(byte_writer& out) {
  if (now_ == state::open) put_close(out, close_code::normal, next_mask());
  now_ = state::ended;
}

}  // namespace wanwu::websocket
