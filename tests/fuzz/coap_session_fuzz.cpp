// Whatever a peer sends and whenever, a session stays within its bounds and ends every exchange exactly once.
#include <cstdlib>
#include <set>

#include "protocols/coap/decode.hpp"
#include "protocols/coap/session.hpp"

namespace {

using namespace wanwu;
using namespace wanwu::coap;

/// Turns fuzz bytes into requests, datagrams that name real ids and tokens, and time.
class play {
 public:
  play() : subject_{settings()} { subject_.prepare(3); }

  void run(bytes_view script) {
    while (!script.empty()) {
      const auto what = std::to_integer<unsigned>(script[0]);
      script = script.subspan(1);
      const auto length = std::min<std::size_t>(script.size(), what >> 3U);
      act(what & 7U, script.first(length));
      script = script.subspan(length);
      settle();
    }
    // Everything that was started must come to an end by itself.
    for (int i = 0; i < 200; ++i) {
      now_ += std::chrono::seconds{10};
      subject_.advance(now_);
      settle();
    }
    if (!open_.empty()) std::abort();
  }

 private:
  static session_settings settings() {
    session_settings s;
    s.block_bytes = 16;
    s.answer_bytes_max = 128;
    s.queue_max = 3;
    return s;
  }

  void act(unsigned what, bytes_view raw) {
    const auto endpoint = static_cast<std::uint32_t>(raw.size() % 3);
    switch (what) {
      case 0: {
        const auto slot = subject_.start(endpoint,
                                         request{.method = code::post,
                                                 .confirmable = raw.size() % 2 == 0,
                                                 .content_format = {},
                                                 .accept = {},
                                                 .reference = "/t",
                                                 .payload = raw},
                                         now_);
        if (slot && !open_.insert(*slot).second) std::abort();
        break;
      }
      case 1:
        subject_.observe(endpoint, "/o", 1, now_);
        break;
      case 2:
        subject_.receive(endpoint, keep(raw), now_);
        break;
      case 3:
        subject_.receive(last_.endpoint, keep(disguised(raw)), now_);
        break;
      case 4:
        now_ += std::chrono::milliseconds{raw.size() * 300};
        subject_.advance(now_);
        break;
      case 5:
        subject_.unreachable(endpoint, now_);
        break;
      case 6:
        subject_.cancel_observation(endpoint, 1, "/o", now_);
        break;
      default:
        subject_.forget_observations(endpoint, now_);
        break;
    }
  }

  /// `raw` with the id and token of the last request that left, so that it is heard.
  bytes disguised(bytes_view raw) const {
    bytes out(raw.begin(), raw.end());
    if (out.size() < header_bytes) return out;
    out[0] = (out[0] & std::byte{0xF0}) | static_cast<std::byte>(last_token_.size());
    out[2] = static_cast<std::byte>(value_of(last_id_) >> 8U);
    out[3] = static_cast<std::byte>(value_of(last_id_) & 0xFFU);
    out.insert(out.begin() + header_bytes, last_token_.begin(), last_token_.end());
    return out;
  }

  bytes_view keep(bytes raw) {
    received_ = std::move(raw);
    return received_;
  }
  bytes_view keep(bytes_view raw) { return keep(bytes(raw.begin(), raw.end())); }

  void settle() {
    std::vector<session_event> due;
    for (const auto& e : subject_.events()) {
      if (e.exchange != no_index && open_.erase(e.exchange) != 1) std::abort();
      if (e.payload.size() > 2048) std::abort();
      if (e.what == session_event::kind::rest_due || e.what == session_event::kind::registration_due)
        due.push_back(e);
    }
    for (const auto& e : due) {
      if (e.what == session_event::kind::rest_due) {
        subject_.fetch_rest(e.watch, "/o", now_);
      } else if (now_ < time_point{std::chrono::seconds{100}}) {
        subject_.observe(e.endpoint, "/o", e.tag, now_, e.watch);
      }
    }
    subject_.events_taken();
    for (const auto& o : subject_.output()) {
      const auto m = decode(subject_.output_bytes(o));
      if (!m) std::abort();
      if (!is_request(m->code)) continue;
      last_ = o;
      last_id_ = m->id;
      last_token_.assign(m->token.view().begin(), m->token.view().end());
    }
    subject_.output_sent();
  }

  session subject_;
  time_point now_{};
  std::set<std::uint32_t> open_;
  bytes received_;
  outgoing last_{};
  message_id last_id_{};
  bytes last_token_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  play{}.run({reinterpret_cast<const std::byte*>(data), std::min<std::size_t>(size, 2048)});
  return 0;
}
