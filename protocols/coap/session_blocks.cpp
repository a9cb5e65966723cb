// Bodies longer than a block, both ways, from the client's end. RFC 7959 §2, §3.
#include <algorithm>

#include "protocols/coap/decode.hpp"
#include "protocols/coap/session.hpp"

namespace wanwu::coap {

namespace {

constexpr std::uint8_t restarts_max = 3;  ///< Of an answer that keeps changing while it is fetched.

bool same(bytes_view a, bytes_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

bytes_view etag_of(const message& m) noexcept {
  const auto found = m.options.find(option_number::etag);
  return found ? found->value : bytes_view{};
}

}  // namespace

bytes_view session::keep_body(bytes body) {
  return bodies_.emplace_back(std::move(body));
}

void session::fail_transfer(std::uint32_t slot, std::string_view clause, time_point now) {
  ++totals_.wire_errors;
  finish(slot, kind::malformed, now, {}, {}, wire_error{wire_errc::protocol_error, 0, clause});
}

/// True when the next block of a request body was sent, or the exchange has ended.
bool session::continue_sending(std::uint32_t slot, const message& m, time_point now) {
  auto& x = exchanges_[slot];
  if (!x.bodies || x.bodies->body.empty()) return false;
  auto& t = *x.bodies;
  const auto option = m.options.find(option_number::block1);
  const auto answered = option ? decode_block(option->value) : std::nullopt;
  const bool smaller = answered && answered->szx < t.sending.szx;
  if (m.code == code::request_entity_too_large && t.sending.number == 0 && smaller) {
    t.sending = block{0, true, answered->szx};
    send_block(slot, now);
    return true;
  }
  if (m.code == code::continue_ && (!answered || answered->number != t.sending.number || !t.sending.more)) {
    fail_transfer(slot, "RFC7959-2.3-4", now);
    return true;
  }
  const bool goes_on =
      is_success(m.code) && answered && answered->number == t.sending.number && t.sending.more;
  if (!goes_on) {
    t.body.clear();
    return false;
  }
  const auto offset = t.sending.offset() + t.sending.size();
  t.sending.szx = std::min(t.sending.szx, answered->szx);
  const auto number = offset >> (t.sending.szx + 4U);
  if (number > block_number_max) {
    finish(slot, kind::too_large, now, m.code);
    return true;
  }
  t.sending.number = static_cast<std::uint32_t>(number);
  send_block(slot, now);
  return true;
}

void session::send_block(std::uint32_t slot, time_point now) {
  auto& t = *exchanges_[slot].bodies;
  const auto part = slice_of(t.body, t.sending);
  if (!part) {
    fail_transfer(slot, "RFC7959-2.3-4", now);
    return;
  }
  t.sending = part->block;
  again_with(slot, option_number::block1, encode_block(part->block), part->payload, now);
}

session::body_state session::continue_receiving(std::uint32_t slot, const message& m, time_point now) {
  const auto option = m.options.find(option_number::block2);
  auto& x = exchanges_[slot];
  if (!option) return body_state::single;
  const auto b = decode_block(option->value);
  if (!b) {
    fail_transfer(slot, "RFC7959-2.2-1", now);
    return body_state::under_way;
  }
  const bool receiving = x.bodies && x.bodies->receiving;
  if (!receiving && b->number == 0 && !b->more) return body_state::single;
  auto& t = x.need_bodies();
  if (receiving && b->number != 0 && !same(t.etag, etag_of(m))) {
    // It changed under our hands: from the start again.
    if (++t.restarts > restarts_max) {
      fail_transfer(slot, "RFC7959-2.4-4", now);
    } else {
      t.answer.reset();
      again_with(slot, option_number::block2, encode_block(block{0, false, b->szx}), {}, now);
    }
    return body_state::under_way;
  }
  if (b->number == 0) t.etag.assign(etag_of(m).begin(), etag_of(m).end());
  if (b->offset() != t.answer.body().size() && b->number != 0) {
    fail_transfer(slot, "RFC7959-2.4-4", now);
    return body_state::under_way;
  }
  t.receiving = true;
  switch (t.answer.take(*b, m.payload, settings_.answer_bytes_max)) {
    case assembly_step::complete:
      return body_state::whole;
    case assembly_step::too_large:
      finish(slot, kind::too_large, now, m.code);
      break;
    case assembly_step::incomplete:
      fail_transfer(slot, "RFC7959-2.3-1", now);
      break;
    case assembly_step::more:
      again_with(slot, option_number::block2, encode_block(block{b->number + 1, false, b->szx}), {}, now);
      break;
  }
  return body_state::under_way;
}

/// Sends the exchange's request once more for another block: same options, new id and token, ahead of what is
/// queued.
void session::again_with(std::uint32_t slot, option_number which, std::uint32_t value, bytes_view payload,
                         time_point now) {
  auto& x = exchanges_[slot];
  const auto id = take_id(endpoints_[x.endpoint], now);
  const auto before = decode(x.datagram());
  if (!id || !before) {
    finish(slot, kind::timed_out, now);
    return;
  }
  unlink(slot);
  x.id = *id;
  x.generation = (x.generation + 1) & token_book::generation_mask;
  const auto at = out_.size();
  message_writer to{out_, before->type, before->code, x.id, token_of(slot).view()};
  bool written = false;
  for (const auto& o : before->options) {
    const bool dropped = o.number == option_number::block1 || o.number == option_number::block2 ||
                         o.number == option_number::size1 || o.number == option_number::observe;
    if (dropped) continue;
    if (!written && o.number > which) {
      to.add_uint(which, value);
      written = true;
    }
    to.add(o.number, o.value);
  }
  if (!written) to.add_uint(which, value);
  // The body of a FETCH is part of what is asked for; other methods have said theirs with the first block.
  const bool whole_fetch = which == option_number::block2 && x.method == code::fetch &&
                           !before->options.has(option_number::block1);
  to.payload(whole_fetch ? before->payload : payload);
  x.keep(out_.view_from(at));
  output_.push_back({x.endpoint, static_cast<std::uint32_t>(at), x.length});
  x.bytes_sent += x.length;
  ++totals_.messages_out;
  place(slot);
  start_timers(slot, now);
}

}  // namespace wanwu::coap
