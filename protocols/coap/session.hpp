// The client's end of CoAP without sockets or clocks: many local endpoints, one peer. Bytes and time in,
// bytes and events out. RFC 7252 §4, §5; RFC 7641; RFC 7959.
#pragma once

#include <span>
#include <unordered_map>

#include "protocols/coap/backoff.hpp"
#include "protocols/coap/deadline_wheel.hpp"
#include "protocols/coap/encode.hpp"
#include "protocols/coap/exchange.hpp"
#include "protocols/coap/reply_cache.hpp"
#include "protocols/core/byte_writer.hpp"
#include "protocols/core/scramble.hpp"
#include "protocols/core/wire_error.hpp"

namespace wanwu::coap {

struct session_settings {
  transmission_parameters transmission;
  std::uint32_t block_bytes = block_bytes_max;  ///< Longer request bodies go by Block1; 16..1024.
  std::uint32_t queue_max = 16;                 ///< Requests waiting for NSTART, per endpoint; at most 255.
  std::uint32_t exchanges_max = 1U << 22U;      ///< Under way in all; at most token_book::slots_max.
  std::size_t answer_bytes_max = 1U << 20U;     ///< Of one reassembled answer.
  std::uint64_t seed = 0;                       ///< Message ids, tokens, first timeouts.
  dealt_numbers endpoints;  ///< What an endpoint's chance goes by, however many workers share the world.
};

/// One request to start. Views live until start() returns.
struct request {
  code method{};
  bool confirmable = true;
  std::optional<std::uint16_t> content_format, accept;
  std::string_view reference;  ///< Path with query, percent-encoded; see is_valid_reference().
  bytes_view payload;
  duration answer_within{std::chrono::seconds{93}};  ///< From the first transmission.
};

/// What the session has to tell its owner. Payloads live until events_taken(), or end with the datagram that
/// was given to receive(), whichever is earlier.
struct session_event {
  enum class kind : std::uint8_t {
    answered,   ///< The response is whole: `response`, `payload`.
    timed_out,  ///< No answer within MAX_TRANSMIT_WAIT or answer_within.
    reset,      ///< The peer answered RST.
    malformed,  ///< What came for this exchange breaks the protocol: `why`. The peer was reset if it is due.
    too_large,  ///< The answer passes answer_bytes_max.
    unreachable,       ///< unreachable() was called.
    registered,        ///< An observation is accepted, for the first time or again.
    notified,          ///< A notification newer than all before, the first representation too.
    declined,          ///< An observation is refused or has ended: `response`. registration_due follows.
    registration_due,  ///< Call observe() again for this endpoint and tag, with `watch`.
    rest_due,          ///< A notification is longer than a block: call fetch_rest() with `watch`.
    stray,             ///< A datagram nobody waited for that the decoder refused: `why`.
  };
  kind what{};
  code response{};
  std::uint8_t tag{};  ///< Of the observation.
  bool again{};        ///< registered: not for the first time.
  std::uint32_t endpoint{};
  std::uint32_t exchange = no_index;  ///< As start() returned it; no_index for what observe() began.
  std::uint32_t watch = no_index;
  std::uint32_t bytes_sent{},
      bytes_received{};  ///< Of the whole exchange, retransmissions and blocks included.
  time_point sent_at, at;
  bytes_view payload;
  wire_error why{};
};

/// One datagram to send, a range of output_bytes().
struct outgoing {
  std::uint32_t endpoint{};
  std::uint32_t offset{}, length{};
};

struct session_totals {
  std::uint64_t messages_in{}, messages_out{}, retransmissions{}, wire_errors{};
};

/// One thread. An idle endpoint costs 24 bytes, an exchange about 280, an observation 64. Message ids are not
/// used again within EXCHANGE_LIFETIME [RFC 7252 §4.4]: past 65,536 requests in that time an endpoint starts
/// nothing.
class session {
 public:
  explicit session(const session_settings& settings);
  /// Endpoints 0..count-1 exist from now on.
  void prepare(std::uint32_t count);

  // In.
  /// Sends, or queues behind NSTART. The exchange's number, valid until its event was taken; nothing when a
  /// bound is reached or the reference cannot be sent.
  std::optional<std::uint32_t> start(std::uint32_t endpoint, const request& wanted, time_point now);
  /// Registers an observation, or registers `again` what registration_due named. False when a bound is
  /// reached.
  bool observe(std::uint32_t endpoint, std::string_view reference, std::uint8_t tag, time_point now,
               std::uint32_t again = no_index);
  /// Asks for the blocks after the first of a notification.
  void fetch_rest(std::uint32_t watch, std::string_view reference, time_point now);
  /// Ends an endpoint's observations without a word: the next notification is reset.
  void forget_observations(std::uint32_t endpoint, time_point now);
  /// Asks the server to end one; `reference` as registered. False when there is none to end.
  bool cancel_observation(std::uint32_t endpoint, std::uint8_t tag, std::string_view reference,
                          time_point now);
  /// A datagram from the peer.
  void receive(std::uint32_t endpoint, bytes_view datagram, time_point now);
  /// ICMP says that the peer is not there: all of the endpoint's exchanges end.
  void unreachable(std::uint32_t endpoint, time_point now);
  /// Forgets the endpoint's exchanges without an event each; the numbers go to `forgotten`.
  void abandon(std::uint32_t endpoint, std::vector<std::uint32_t>& forgotten, time_point now);
  void advance(time_point now);

  // Out.
  std::span<const session_event> events() const noexcept { return events_; }
  void events_taken() noexcept {
    events_.clear();
    bodies_.clear();
  }
  std::span<const outgoing> output() const noexcept { return output_; }
  bytes_view output_bytes(const outgoing& o) const noexcept {
    return out_.view().subspan(o.offset, o.length);
  }
  void output_sent() noexcept {
    output_.clear();
    out_.clear();
  }
  std::optional<time_point> next_deadline() const;
  const session_totals& totals() const noexcept { return totals_; }
  std::uint32_t in_flight() const noexcept { return exchanges_.in_use(); }
  time_point first_sent_at(std::uint32_t exchange_slot) noexcept { return exchanges_[exchange_slot].sent_at; }
  std::uint32_t bytes_sent(std::uint32_t exchange_slot) noexcept {
    return exchanges_[exchange_slot].bytes_sent;
  }

 private:
  using kind = session_event::kind;
  /// 24 bytes.
  struct endpoint_row {
    std::uint32_t first = no_index;     ///< CONs queued and unacknowledged, oldest first.
    std::uint32_t others = no_index;    ///< Exchanges that only wait for a response.
    std::uint32_t watches = no_index;   ///< Observations.
    std::uint32_t cycle_started_s = 0;  ///< When the message ids last began at first_id.
    std::uint16_t next_id = 0, first_id = 0;
    std::uint8_t outstanding = 0, queued = 0;
    bool cycled = false;
  };
  static_assert(sizeof(endpoint_row) == 24);
  enum class watch_stage : std::uint8_t { unused, registering, active, lapsed, cancelling };
  /// An observation. 40 bytes, and 24 in the wheel.
  struct watch_row {
    time_point newest_at;
    std::uint32_t endpoint{}, next = no_index;
    std::uint32_t generation{};
    std::uint32_t newest{};             ///< Observe value of the newest notification.
    std::uint32_t exchange = no_index;  ///< Its registration or cancellation under way.
    std::uint8_t tag{};
    watch_stage now = watch_stage::unused;
    bool was_registered = false;
  };

  // session.cpp: exchanges
  std::optional<message_id> take_id(endpoint_row& e, time_point now) noexcept;
  std::optional<std::uint32_t> begin(std::uint32_t endpoint, code method, bool confirmable, time_point now);
  coap::token token_of(std::uint32_t slot) noexcept;
  /// 64 bits that only this endpoint's own past decides, the `turn`-th of their kind.
  std::uint64_t bits_of(std::uint32_t endpoint, std::uint64_t kind_key, std::uint32_t turn) const noexcept;
  void put_first(std::uint32_t slot, std::size_t written_at, time_point now);
  void start_timers(std::uint32_t slot, time_point now);
  void send_small(std::uint32_t endpoint, bytes_view raw);
  void send_stored(std::uint32_t slot);
  void link_waiting(std::uint32_t slot);
  void unlink(std::uint32_t slot);
  void append_confirmable(std::uint32_t slot);
  void place(std::uint32_t slot);
  void acknowledged(std::uint32_t slot);
  void retire(std::uint32_t slot, time_point now);
  void send_next_queued(std::uint32_t endpoint, time_point now);
  void finish(std::uint32_t slot, kind what, time_point now, code response = {}, bytes_view payload = {},
              wire_error why = {});
  void fired(std::uint32_t slot, time_point now);

  // session_receive.cpp
  std::uint32_t find_by_id(std::uint32_t endpoint, message_id id) noexcept;
  void refuse(std::uint32_t endpoint, bytes_view datagram, const wire_error& why, time_point now);
  void receive_empty(std::uint32_t endpoint, const message& m, time_point now);
  void receive_response(std::uint32_t endpoint, const message& m, bytes_view datagram, time_point now);
  bool acknowledge(std::uint32_t endpoint, const message& m, bool ends_exchange, time_point now);
  void reject_stray(std::uint32_t endpoint, const message& m, time_point now);
  std::uint32_t exchange_for(std::uint32_t endpoint, const message& m, std::uint32_t& watch) noexcept;
  bool refuse_options(std::uint32_t endpoint, std::uint32_t slot, const message& m, time_point now);
  void answer(std::uint32_t slot, const message& m, time_point now);

  // session_blocks.cpp
  /// `single`: the message is the whole answer. `whole`: bodies->answer is. `under_way`: more was asked for,
  /// or the exchange has ended.
  enum class body_state : std::uint8_t { single, whole, under_way };
  bool continue_sending(std::uint32_t slot, const message& m, time_point now);
  body_state continue_receiving(std::uint32_t slot, const message& m, time_point now);
  void send_block(std::uint32_t slot, time_point now);
  void again_with(std::uint32_t slot, option_number which, std::uint32_t value, bytes_view payload,
                  time_point now);
  void fail_transfer(std::uint32_t slot, std::string_view clause, time_point now);
  bytes_view keep_body(bytes body);

  // session_observe.cpp
  std::uint32_t acquire_watch(std::uint32_t endpoint, std::uint8_t tag);
  void release_watch(std::uint32_t watch);
  void rest_answered(std::uint32_t slot, const message& m, time_point now);
  bool request_observation(std::uint32_t watch, std::string_view reference, std::uint32_t value,
                           time_point now);
  void watch_answered(std::uint32_t slot, const message& m, time_point now);
  void watch_failed(std::uint32_t slot, kind what, time_point now);
  void notification(std::uint32_t watch, const message& m, std::size_t datagram_bytes, time_point now);
  void take_notification(std::uint32_t watch, const message& m, std::uint32_t value, time_point now);
  void lapse(std::uint32_t watch, duration retry_in, time_point now);
  session_event& tell(kind what, std::uint32_t endpoint, time_point now);
  session_event& tell_watch(kind what, std::uint32_t watch, time_point now);

  session_settings settings_;
  token_book tokens_;
  duration exchange_lifetime_, max_transmit_wait_;
  std::vector<endpoint_row> endpoints_;
  exchange_pool exchanges_;
  deadline_wheel wheel_, watch_wheel_;
  std::vector<watch_row> watches_;
  std::vector<std::uint32_t> free_watches_, fired_, fired_watches_;
  struct first_block {
    bytes payload, etag;
    coap::block block;
  };
  std::unordered_map<std::uint32_t, first_block>
      first_blocks_;              ///< By watch: notifications longer than a block.
  reply_cache acknowledgements_;  ///< Of CON responses, to repeat the ACK for their duplicates.
  byte_writer out_;
  std::vector<outgoing> output_;
  std::vector<session_event> events_;
  std::vector<bytes> bodies_;
  session_totals totals_;
};

}  // namespace wanwu::coap
