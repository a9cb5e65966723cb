// The CoAP side of the target: the message layer. RFC 7252 section 4, RFC 7959.
#include "sim/target/coap_server.hpp"

namespace wanwu::target {

namespace {

using coap::code;
using coap::message_type;
using coap::option_number;

constexpr std::uint8_t szx_default =
    6;  // 1024 bytes: with headers it still fits what a path may be supposed to carry
constexpr std::size_t block_bytes = 1024;

void take_option(coap_request& r, const coap::option& o) {
  const auto keep = [&](auto& list, std::size_t& size) {
    if (size < coap_request::parts_max)
      list[size++] = o.text();
    else
      r.too_deep = true;
  };
  switch (o.number) {
    case option_number::uri_path:
      return keep(r.path, r.path_size);
    case option_number::uri_query:
      return keep(r.query, r.query_size);
    case option_number::observe:
      r.observe = o.uint();
      return;
    case option_number::accept:
      r.accept = o.uint();
      return;
    case option_number::content_format:
      r.content_format = o.uint();
      return;
    case option_number::block1:
      r.block1 = o.value;
      return;
    case option_number::block2:
      r.block2 = o.value;
      return;
    case option_number::if_match:
      r.if_match = o.value;
      return;
    case option_number::etag:
      r.etag = o.value;
      return;
    case option_number::if_none_match:
      r.if_none_match = true;
      return;
    default:
      return;
  }
}

coap::reply_cache::limits cache_limits(const target_bounds& bounds) {
  coap::reply_cache::limits l;
  l.entries_max = static_cast<std::uint32_t>(bounds.coap_remembered);
  l.reply_bytes_max = bounds.coap_remembered * 32;
  return l;
}

coap::block1_receiver::limits transfer_limits(const target_bounds& bounds) {
  coap::block1_receiver::limits l;
  l.transfers_max = bounds.coap_transfers;
  l.body_bytes_max = bounds.description_bytes;
  return l;
}

}  // namespace

coap::peer_key peer_key_of(const socket_address& address) noexcept {
  if (address.is_v4()) return coap::peer_key{std::uint64_t{address.v4()} << 16U | address.port()};
  std::uint64_t hash = 0xCBF29CE484222325ULL ^ address.port();
  for (const auto octet : address.v6().sin6_addr.s6_addr) hash = (hash ^ octet) * 0x100000001B3ULL;
  return coap::peer_key{hash | 1ULL << 63U};
}

coap_server::coap_server(const target_settings& settings, thing_services& services, datagram_box& out,
                         target_totals& totals)
    : settings_{settings},
      services_{services},
      out_{out},
      totals_{totals},
      cache_{cache_limits(settings.bounds)},
      transfers_{transfer_limits(settings.bounds)},
      observers_{settings.bounds.coap_observers},
      sender_{coap::transmission_parameters{}, settings.seed ^ 0xC0A9ULL, settings.bounds.coap_observers},
      last_id_{static_cast<std::uint16_t>(settings.seed * 40503U)} {}

void coap_server::receive(const datagram& one, time_point now) {
  const auto m = coap::decode(one.payload);
  if (!m) {
    ++totals_.coap_wire_errors;
    if (const auto reset = coap::rejection_of(one.payload)) {
      const auto from = out_.writer().size();
      out_.writer().append(*reset);
      out_.wrote(one.local, one.peer, from);
    }
    return;
  }
  const auto peer = peer_key_of(one.peer);
  const bool is_reply = m->type == message_type::acknowledgement || m->type == message_type::reset;
  if (is_reply) return finish_exchange(peer, *m, now);
  if (coap::is_request(m->code)) return request(one, *m, peer, now);
  // A ping, or a response that nobody here asked for: both are reset when they want an answer [RFC7252-4.3].
  if (m->type != message_type::confirmable) return;
  const auto from = out_.writer().size();
  out_.writer().append(coap::empty_message(message_type::reset, m->id));
  out_.wrote(one.local, one.peer, from);
}

void coap_server::finish_exchange(coap::peer_key peer, const coap::message& m, time_point now) {
  const auto resource = sender_.finish(peer, m.id);
  if (m.type == message_type::reset) {
    observers_.remove_by_id(peer, m.id);
    return;
  }
  if (!resource) return;
  const auto owed = owed_.find({peer, static_cast<std::uint32_t>(*resource)});
  if (owed == owed_.end()) return;
  owed_.erase(owed);
  const auto list = observers_.of_resource(static_cast<std::uint32_t>(*resource));
  const std::vector<std::uint32_t> indices{list.begin(), list.end()};
  for (const auto index : indices) {
    if (observers_.at(index).peer == peer)
      notify_one(static_cast<std::uint32_t>(*resource), observers_.at(index), now);
  }
}

void coap_server::request(const datagram& one, const coap::message& m, coap::peer_key peer, time_point now) {
  const auto seen = cache_.look(peer, m.id, now);
  if (seen.what != coap::reply_cache::verdict::fresh) {
    ++totals_.coap_duplicates;
    if (seen.what != coap::reply_cache::verdict::replied) return;
    const auto from = out_.writer().size();
    out_.writer().append(seen.reply);
    out_.wrote(one.local, one.peer, from);
    return;
  }
  ++totals_.coap_requests;
  coap_request r;
  r.message = &m;
  r.peer = peer;
  r.payload = m.payload;
  coap_response answer_to;
  if (coap::check_options(m.options, coap::message_side::request)) {
    if (m.type != message_type::confirmable)
      return;  // rejected, and a NON is rejected in silence [RFC7252-5.4.1]
    answer_to.code = code::bad_option;
    return reply(r, answer_to, one, now);
  }
  bool through_proxy = false;
  for (const auto& o : m.options) {
    through_proxy =
        through_proxy || o.number == option_number::proxy_uri || o.number == option_number::proxy_scheme;
    if (coap::has_legal_length(o)) take_option(r, o);
  }
  bytes body;
  if (through_proxy) {
    answer_to.code = code::proxying_not_supported;
  } else if (assemble(r, answer_to, body, now)) {
    const auto block1 = answer_to.block1;
    answer_to = answer(r, one, now);
    answer_to.block1 = block1;
  }
  reply(r, answer_to, one, now);
}

/// False when `answer` is final already: more blocks are wanted, or they cannot be taken.
bool coap_server::assemble(coap_request& r, coap_response& answer, bytes& body, time_point now) {
  if (r.block2 && !coap::decode_block(*r.block2)) {
    answer.code = code::bad_request;
    return false;
  }
  if (!r.block1) {
    if (r.payload.size() <= settings_.bounds.description_bytes) return true;
    answer.code = code::request_entity_too_large;
    return false;
  }
  const auto block = coap::decode_block(*r.block1);
  const bool whole = block && (!block->more || r.payload.size() == block->size());
  if (!whole || r.payload.size() > block->size()) {
    answer.code = code::bad_request;
    return false;
  }
  answer.block1 = coap::encode_block(*block);
  auto taken =
      transfers_.take(r.peer, coap::operation_key(*r.message), r.content_format, *block, r.payload, now);
  switch (taken.step) {
    case coap::assembly_step::complete:
      body = std::move(taken.body);
      r.payload = body;
      return true;
    case coap::assembly_step::more:
      answer.code = code::continue_;
      return false;
    case coap::assembly_step::incomplete:
      answer.code = code::request_entity_incomplete;
      return false;
    case coap::assembly_step::too_large:
      answer.code = code::request_entity_too_large;
      answer.size1 = static_cast<std::uint32_t>(transfers_.body_bytes_max());
      return false;
  }
  return false;
}

void coap_server::write(byte_writer& out, message_type type, coap::message_id id, const coap_request* r,
                        bytes_view token, coap_response& answer, std::uint8_t szx_max) {
  std::optional<coap::block> wanted;
  if (r != nullptr && r->block2) wanted = coap::decode_block(*r->block2);
  const bool is_long = answer.payload.size() > block_bytes || answer.payload.size() > std::size_t{16}
                                                                                          << szx_max;
  std::optional<coap::body_slice> slice;
  bytes_view payload = as_bytes(answer.payload);
  if (coap::is_success(answer.code) && (wanted || is_long)) {
    coap::block first{0, false, std::min(szx_default, szx_max)};
    if (wanted) first = {wanted->number, false, std::min(wanted->szx, szx_default)};
    slice = coap::slice_of(payload, first);
    if (!slice) {
      answer = coap_response{};
      answer.code = code::bad_request;  // behind the end [RFC7959-2.4-8]
      payload = {};
    } else {
      payload = slice->payload;
    }
  }
  coap::message_writer w{out, type, answer.code, id, token};
  if (answer.etag) {
    std::array<std::byte, 4> tag{};
    for (unsigned i = 0; i < 4; ++i) tag[i] = static_cast<std::byte>(*answer.etag >> (8U * i));
    w.add(option_number::etag, bytes_view{tag});
  }
  if (answer.observe) w.add_uint(option_number::observe, *answer.observe);
  for (const auto& segment : answer.location) w.add(option_number::location_path, segment);
  if (answer.content_format) w.add_uint(option_number::content_format, *answer.content_format);
  if (answer.max_age) w.add_uint(option_number::max_age, *answer.max_age);
  if (slice) w.add_uint(option_number::block2, coap::encode_block(slice->block));
  if (answer.block1) w.add_uint(option_number::block1, *answer.block1);
  if (slice && slice->block.number == 0)
    w.add_uint(option_number::size2, static_cast<std::uint32_t>(answer.payload.size()));
  if (answer.size1) w.add_uint(option_number::size1, *answer.size1);
  w.payload(payload);
}

void coap_server::reply(const coap_request& r, coap_response& answer, const datagram& one, time_point) {
  const coap::message& m = *r.message;
  const bool confirmable = m.type == message_type::confirmable;
  byte_writer& out = out_.writer();
  const auto from = out.size();
  const auto type = confirmable ? message_type::acknowledgement : message_type::non_confirmable;
  write(out, type, confirmable ? m.id : next_id(), &r, m.token.view(), answer, szx_default);
  out_.wrote(one.local, one.peer, from);
  ++totals_.coap_responses;
  cache_.store(r.peer, m.id, out.view_from(from));
}

void coap_server::advance(time_point now) {
  due_.clear();
  sender_.advance(now, due_);
  for (const auto& each : due_) {
    const auto known = watchers_.find(each.peer);
    if (each.datagram.empty()) {  // nobody answers: nobody watches [RFC7641-4.5]
      observers_.remove_peer(each.peer);
      owed_.erase({each.peer, static_cast<std::uint32_t>(each.tag)});
      if (known != watchers_.end()) watchers_.erase(known);
      continue;
    }
    if (known == watchers_.end()) continue;
    const auto from = out_.writer().size();
    out_.writer().append(each.datagram);
    out_.wrote(known->second.local, known->second.address, from);
  }
}

}  // namespace wanwu::target
