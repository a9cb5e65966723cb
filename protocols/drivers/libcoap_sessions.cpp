#include "protocols/drivers/libcoap_sessions.hpp"

#include <array>
#include <mutex>

#include <coap3/coap.h>

namespace wanwu {

namespace {

constexpr std::size_t unfinished_max = 4;  ///< Answers in blocks at a time, of one connection.

coap_address_t to_libcoap(const socket_address& address) {
  coap_address_t out;
  coap_address_init(&out);
  out.size = address.native_size();
  std::memcpy(&out.addr, address.native(), address.native_size());
  return out;
}

coap_fixed_point_t fixed_point(double value) {
  const auto thousandths = static_cast<std::uint32_t>(value * 1000.0 + 0.5);
  return {static_cast<std::uint16_t>(thousandths / 1000), static_cast<std::uint16_t>(thousandths % 1000)};
}

/// What libcoap received, as our own type: owned, and measured.
coap::message_draft read(const coap_pdu_t* pdu) {
  coap::message_draft out;
  const auto name = coap_pdu_get_token(pdu);
  const auto* token_start = reinterpret_cast<const std::byte*>(name.s);
  out.token.assign(token_start, token_start + name.length);
  out.code = static_cast<coap::code>(coap_pdu_get_code(pdu));
  coap_opt_iterator_t walk;
  coap_option_iterator_init(pdu, &walk, COAP_OPT_ALL);
  while (const auto* o = coap_option_next(&walk)) {
    out.add(coap::option_number{walk.number},
            bytes_view{reinterpret_cast<const std::byte*>(coap_opt_value(o)), coap_opt_length(o)});
  }
  std::size_t length = 0, offset = 0, total = 0;
  const std::uint8_t* payload = nullptr;
  if (coap_get_data_large(pdu, &length, &payload, &offset, &total) != 0) {
    const auto* start = reinterpret_cast<const std::byte*>(payload);
    out.payload.assign(start, start + length);
  }
  return out;
}

void free_body(coap_session_t*, void* owned) {
  delete static_cast<bytes*>(owned);
}

libcoap_sessions::row* row_of(coap_session_t* session) noexcept {
  return static_cast<libcoap_sessions::row*>(coap_session_get_app_data(session));
}

coap_response_t on_response(coap_session_t* session, const coap_pdu_t*, const coap_pdu_t* received,
                            coap_mid_t) {
  auto* r = row_of(session);
  if (r == nullptr) return COAP_RESPONSE_FAIL;
  coap_block_t block{};
  const bool in_blocks = coap_get_block(received, COAP_OPTION_BLOCK2, &block) != 0;
  if (!in_blocks || (block.num == 0 && block.m == 0)) {
    r->owner->listener().answered(r->owner->number_of(r), read(received));
  } else if (const auto whole = r->owner->take_block(*r, read(received), block.num, block.m != 0)) {
    r->owner->listener().answered(r->owner->number_of(r), *whole);
  }
  return COAP_RESPONSE_OK;
}

void on_nack(coap_session_t* session, const coap_pdu_t* sent, coap_nack_reason_t why, coap_mid_t) {
  using failure = libcoap_listener::failure;
  const auto* r = row_of(session);
  if (r == nullptr) return;
  const auto what = why == COAP_NACK_RST                ? failure::reset
                    : why == COAP_NACK_TOO_MANY_RETRIES ? failure::timed_out
                                                        : failure::unreachable;
  std::optional<std::string> name;
  if (sent != nullptr) {
    const auto raw = coap_pdu_get_token(sent);
    name.emplace(reinterpret_cast<const char*>(raw.s), raw.length);
  }
  r->owner->listener().failed(r->owner->number_of(r), name, what);
}

}  // namespace

libcoap_sessions::libcoap_sessions(const coap_endpoint& endpoint, libcoap_listener& listener)
    : endpoint_{endpoint}, listener_{listener} {
  static std::once_flag once;
  std::call_once(once, [] {
    coap_startup();
    coap_set_log_level(LOG_EMERG);  // facts come back as outcomes; only the program prints
  });
  context_ = coap_new_context(nullptr);
  if (context_ == nullptr) return;
  coap_context_set_block_mode(context_, COAP_BLOCK_USE_LIBCOAP);
  coap_register_response_handler(context_, &on_response);
  coap_register_nack_handler(context_, &on_nack);
}

libcoap_sessions::~libcoap_sessions() {
  if (context_ == nullptr) return;
  for (std::uint32_t c = 0; c < rows_.size(); ++c) close(c);
  coap_free_context(context_);
}

void libcoap_sessions::prepare(std::uint32_t count) {
  rows_.resize(count);
  for (auto& r : rows_) r.owner = this;
}

bool libcoap_sessions::open(std::uint32_t connection) {
  if (context_ == nullptr || connection >= rows_.size()) return false;
  auto& r = rows_[connection];
  if (r.session != nullptr) return true;
  const auto server = to_libcoap(endpoint_.target);
  const bool has_sources = !endpoint_.sources.empty() && endpoint_.target.is_v4();
  const auto local = has_sources ? to_libcoap(socket_address::from_v4(endpoint_.sources.at(connection), 0))
                                 : coap_address_t{};
  r.session = coap_new_client_session(context_, has_sources ? &local : nullptr, &server, COAP_PROTO_UDP);
  if (r.session == nullptr) return false;
  coap_session_set_app_data(r.session, &r);
  const auto& t = endpoint_.session.transmission;
  coap_session_set_ack_timeout(r.session, fixed_point(std::chrono::duration<double>(t.ack_timeout).count()));
  coap_session_set_ack_random_factor(r.session, fixed_point(t.ack_random_factor));
  coap_session_set_max_retransmit(r.session, static_cast<std::uint16_t>(t.max_retransmit));
  coap_session_set_nstart(r.session, static_cast<std::uint16_t>(t.nstart));
  return true;
}

void libcoap_sessions::close(std::uint32_t connection) {
  if (!is_open(connection)) return;
  auto* session = rows_[connection].session;
  rows_[connection].session = nullptr;
  rows_[connection].answers.clear();
  // Handlers may run while a session goes: they must find nobody.
  coap_session_set_app_data(session, nullptr);
  coap_session_release(session);
}

std::optional<coap::message_draft> libcoap_sessions::take_block(row& of, coap::message_draft block,
                                                                std::uint32_t number, bool more_to_come) {
  const std::string name{as_text(block.token)};
  if (number == 0) {
    if (of.answers.size() >= unfinished_max) of.answers.erase(of.answers.begin());
    of.answers[name] = {block, {}, false};
  }
  const auto at = of.answers.find(name);
  if (at == of.answers.end()) return std::nullopt;
  auto& answer = at->second;
  answer.is_too_long =
      answer.is_too_long || answer.body.size() + block.payload.size() > endpoint_.session.answer_bytes_max;
  if (answer.is_too_long)
    answer.body = {};
  else
    answer.body.insert(answer.body.end(), block.payload.begin(), block.payload.end());
  if (more_to_come) return std::nullopt;
  auto whole = std::move(answer);
  of.answers.erase(at);
  if (whole.is_too_long) return std::nullopt;
  whole.first.payload = std::move(whole.body);
  return std::move(whole.first);
}

std::string libcoap_sessions::new_token(std::uint32_t connection) {
  std::array<std::uint8_t, 8> name{};
  std::size_t length = name.size();
  coap_session_new_token(rows_[connection].session, &length, name.data());
  return {reinterpret_cast<const char*>(name.data()), length};
}

bool libcoap_sessions::send(std::uint32_t connection, const std::string& name,
                            const coap::message_draft& draft, bytes_view payload) {
  auto* session = rows_[connection].session;
  const auto type = draft.type == coap::message_type::confirmable ? COAP_MESSAGE_CON : COAP_MESSAGE_NON;
  auto* pdu = coap_new_pdu(type, static_cast<coap_pdu_code_t>(coap::value_of(draft.code)), session);
  if (pdu == nullptr) return false;
  coap_add_token(pdu, name.size(), reinterpret_cast<const std::uint8_t*>(name.data()));
  coap_optlist_t* options = nullptr;
  for (const auto& o : draft.options) {
    coap_insert_optlist(&options, coap_new_optlist(coap::value_of(o.number), o.value.size(),
                                                   reinterpret_cast<const std::uint8_t*>(o.value.data())));
  }
  bool taken = options == nullptr || coap_add_optlist_pdu(pdu, &options) != 0;
  coap_delete_optlist(options);
  if (taken && !payload.empty()) {
    auto body = std::make_unique<bytes>(payload.begin(), payload.end());
    const auto* start = reinterpret_cast<const std::uint8_t*>(body->data());
    const auto length = body->size();
    // libcoap owns the body from here on, also when it refuses.
    taken = coap_add_data_large_request(session, pdu, length, start, &free_body, body.release()) != 0;
  }
  if (!taken) {
    coap_delete_pdu(pdu);
    return false;
  }
  return coap_send(session, pdu) != COAP_INVALID_MID;
}

void libcoap_sessions::cancel_observation(std::uint32_t connection, const std::string& name) {
  auto copy = name;
  coap_binary_t raw{copy.size(), reinterpret_cast<std::uint8_t*>(copy.data())};
  coap_cancel_observe(rows_[connection].session, &raw, COAP_MESSAGE_NON);
}

void libcoap_sessions::process() {
  if (context_ != nullptr) coap_io_process(context_, COAP_IO_NO_WAIT);
}

int libcoap_sessions::descriptor() const noexcept {
  return context_ != nullptr ? coap_context_get_coap_fd(context_) : -1;
}

}  // namespace wanwu
