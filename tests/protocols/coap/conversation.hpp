// A session and the peer it talks to, in virtual time: what left is text, what arrives is bytes.
#pragma once

#include <string>
#include <vector>

#include "protocols/coap/decode.hpp"
#include "protocols/coap/session.hpp"

namespace wanwu::coap {

using namespace std::chrono_literals;

inline session_settings fixed_settings() {
  session_settings s;
  s.transmission.ack_random_factor = 1.0;  // so that every timeout is known
  s.seed = 7;
  return s;
}

struct conversation {
  explicit conversation(session_settings s = fixed_settings(), std::uint32_t endpoints = 1) : subject{s} {
    subject.prepare(endpoints);
  }

  session subject;
  time_point now{std::chrono::hours{1}};
  message_id last_id{};  ///< Of the last request that left.
  bytes last_token;
  std::vector<bytes> bodies;  ///< Payloads of events, in order.

  /// What left since the last call. Requests are remembered.
  std::vector<message_draft> sent() {
    std::vector<message_draft> out;
    for (const auto& o : subject.output()) {
      const auto got = decode(subject.output_bytes(o));
      out.push_back(draft_of(*got));
      if (is_request(got->code)) {
        last_id = got->id;
        last_token.assign(got->token.view().begin(), got->token.view().end());
      }
    }
    subject.output_sent();
    return out;
  }
  /// The same as text without ids and tokens: "CON 0.01 GET Uri-Path:t".
  std::vector<std::string> said() {
    std::vector<std::string> out;
    for (auto& draft : sent()) {
      draft.token.clear();
      const auto raw = encoded(draft);
      auto text = describe(*decode(raw));
      text.erase(text.find(" id="), sizeof " id=0x1234" - 1);
      out.push_back(text);
    }
    return out;
  }
  /// Event names with what matters of each: "answered 2.05 3".
  std::vector<std::string> heard() {
    static constexpr const char* names[] = {"answered",  "timed_out",        "reset",      "malformed",
                                            "too_large", "unreachable",      "registered", "notified",
                                            "declined",  "registration_due", "rest_due",   "stray"};
    std::vector<std::string> out;
    for (const auto& e : subject.events()) {
      std::string text = names[static_cast<int>(e.what)];
      if (e.response != code::empty) text += ' ' + dotted(e.response);
      if (!e.payload.empty())
        text +=
            " '" + std::string{as_text(e.payload.first(std::min<std::size_t>(e.payload.size(), 20)))} + '\'';
      if (!e.why.clause.empty()) text += ' ' + std::string{e.why.clause};
      bodies.emplace_back(e.payload.begin(), e.payload.end());
      out.push_back(text);
    }
    subject.events_taken();
    return out;
  }

  std::optional<std::uint32_t> get(std::string_view reference, std::uint32_t endpoint = 0) {
    return subject.start(
        endpoint,
        request{
            .method = code::get, .content_format = {}, .accept = {}, .reference = reference, .payload = {}},
        now);
  }
  void advance_by(duration d) {
    now += d;
    subject.advance(now);
  }

  /// An answer to the last request that left, with its token; `type` ACK takes its id too.
  message_draft answer(message_type type, code c, std::string_view payload = {}) {
    message_draft out;
    out.type = type;
    out.code = c;
    out.id = type == message_type::acknowledgement ? last_id : message_id{++peer_id};
    out.token = last_token;
    out.payload.assign(as_bytes(payload).begin(), as_bytes(payload).end());
    return out;
  }
  void deliver(const message_draft& draft, std::uint32_t endpoint = 0) {
    const auto raw = encoded(draft);
    kept.push_back(raw);
    subject.receive(endpoint, kept.back(), now);
  }
  void deliver_empty(message_type type, message_id id, std::uint32_t endpoint = 0) {
    subject.receive(endpoint, empty_message(type, id), now);
  }

  std::uint16_t peer_id = 0x7000;
  std::vector<bytes> kept;  ///< Datagrams stay until the end: events hold views of them.
};

using texts = std::vector<std::string>;

}  // namespace wanwu::coap
