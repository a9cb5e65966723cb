// Faults of the way between a thing and its target, in netem's words: what becomes of each packet.
//
// Every decision is a function of (seed, fault, link, heading, number of the packet): it depends on no other
// link, on no worker and on no moment at which somebody looked. So a run in virtual time is the same on any
// number of workers. Nothing here knows a socket.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/bytes.hpp"
#include "protocols/core/scramble.hpp"
#include "protocols/core/time.hpp"

namespace wanwu {

/// [begin, end).
struct time_window {
  time_point begin, end;
};

/// Seen from the thing.
enum class heading : std::uint8_t { out, in };

/// One fault of the way. It acts both ways alike, on the share of the links that it hits, in its windows.
struct impairment {
  std::uint64_t key{};     ///< Of its chance: stream_of() of its name.
  double share = 1;        ///< Of the links, 0..1.
  double loss = 0;         ///< Of the packets, 0..1.
  double duplicate = 0;    ///< Of the datagrams, 0..1.
  double reorder = 0;      ///< Of the datagrams, 0..1: these leave without the delay and overtake others.
  duration delay{};        ///< One way.
  duration jitter{};       ///< The delay is anywhere in delay ± jitter, but not below 0.
  double bytes_per_s = 0;  ///< One way; 0 = no limit.
  double read_bytes_per_s = 0;  ///< Streams: the thing reads no faster; 0 = no limit.
  double repeat = 0;            ///< Streams: share of the writes that leave twice, 0..1.
  /// Once, or again and again, in the life of a link, each about so long after the last; 0 = never.
  duration reset_after{}, silent_after{}, mute_after{}, garbage_after{}, oversized_after{}, leave_after{},
      rival_after{};
  bytes oversized;                ///< What is larger than the target will take, in its protocol.
  std::vector<time_window> when;  ///< In order.

  bool acts_at(time_point now) const noexcept;
};

/// What befalls a link as a whole, from outside or by the thing's own conduct.
enum class stroke : std::uint8_t {
  reset,      ///< Streams: RST both ways.
  silent,     ///< Streams, half-open: this side is gone without a word, the other side is not told.
  mute,       ///< Streams: the thing hears and says nothing more, not even that it lives.
  garbage,    ///< The thing sends what is no message of its protocol.
  oversized,  ///< The thing begins a message that is too large.
  leave,      ///< Streams: the thing goes, in good order for TCP and without a word of its protocol.
  rival,      ///< Streams: its owner is told that the link is gone, the other side is not: the next link is
              ///< another's rival.
};

struct next_stroke {
  time_point at;
  stroke what{};
  std::uint16_t fault{};  ///< Whose.
};

/// What a path decides about one packet, before queues and order.
struct packet_fate {
  bool lost{}, doubled{}, overtakes{}, repeated{};
  duration delay{}, twin_delay{};  ///< Of the packet and of its double.
};

/// One direction of one link: what it remembers from packet to packet.
struct path_state {
  time_point free_at;   ///< When a limited rate takes the next byte.
  time_point last_due;  ///< Streams: nothing arrives before what was sent earlier.
  time_point burst_at;  ///< Streams: bytes of one instant are cut into packets together.
  std::uint32_t burst_bytes = 0;
  std::uint32_t packets = 0;  ///< Before the present burst, or datagrams so far.

  /// As new, but nothing overtakes what is under way.
  void start_anew() noexcept {
    free_at = burst_at = {};
    burst_bytes = packets = 0;
  }
};

/// When the copies of a datagram arrive: none, one or two.
struct datagram_passage {
  std::uint8_t copies = 0;
  time_point due[2];
};

/// When a piece of a stream arrives.
struct stream_passage {
  time_point due;
  bool broken{};    ///< Lost once too often: at `due` the sender's system gives the connection up.
  bool repeated{};  ///< The write it begins leaves twice.
};

/// All that a driver's links go through.
class impaired_way {
 public:
  /// Payload of a TCP segment on an Ethernet path; a longer write is several packets.
  static constexpr std::size_t segment_bytes = 1448;
  /// A segment is sent again after so long and a round trip, then after twice that, as Linux does
  /// (TCP_RTO_MIN); one that opens a connection after the first_timeout of RFC 6298 §2.1.
  static constexpr duration resend_after = std::chrono::milliseconds{200};
  static constexpr duration resend_opening_after = std::chrono::seconds{1};
  static constexpr duration resend_after_max = std::chrono::seconds{120};
  static constexpr std::uint32_t resends_max = 15;  ///< net.ipv4.tcp_retries2
  /// What may wait for a limited rate; datagrams beyond it are dropped.
  static constexpr std::size_t queue_bytes_max = std::size_t{256} * 1024;

  impaired_way() = default;
  impaired_way(std::vector<impairment> faults, std::uint64_t seed, dealt_numbers links)
      : faults_{std::move(faults)}, seed_{seed}, links_{links} {}

  bool empty() const noexcept { return faults_.empty(); }
  /// The number of a link of one worker over all workers: what its chance goes by.
  std::uint64_t number_of(std::uint32_t local) const noexcept { return links_.number_of(local); }
  /// Whether any fault that hits this link acts now.
  bool acts_on(std::uint64_t link, time_point now) const noexcept;
  /// The decision alone. `attempt` tells a segment that is sent again from its earlier selves.
  packet_fate fate_of(std::uint64_t link, heading to, std::uint32_t packet, std::uint32_t attempt,
                      time_point now) const noexcept;

  /// What befalls the link after `from`, the `turn`-th time in its `life`. Nothing when nothing will.
  std::optional<next_stroke> stroke_after(std::uint64_t link, std::uint32_t life, std::uint32_t turn,
                                          time_point from) const noexcept;
  /// What a thing says then; `into` is used again.
  bytes_view words_of(const next_stroke& what, std::uint64_t link, std::uint32_t turn, bytes& into) const;
  /// How fast the link's thing reads, in bytes a second; 0 = as fast as it can.
  double reading_rate(std::uint64_t link, time_point now) const noexcept;
  /// Whether it will ever be so.
  bool reads_slowly(std::uint64_t link) const noexcept;

  datagram_passage pass_datagram(path_state& path, std::uint64_t link, heading to, std::size_t size,
                                 time_point now) const noexcept;
  /// How many of `size` bytes sent now belong to one segment; pass_segment() takes so many at most.
  static std::size_t segment_of(const path_state& path, std::size_t size, time_point now) noexcept;
  /// Never before what passed earlier: TCP keeps the order, so what is lost delays all that follows.
  stream_passage pass_segment(path_state& path, std::uint64_t link, heading to, std::size_t size,
                              time_point now, duration first_wait = resend_after) const noexcept;

 private:
  bool hits(const impairment& fault, std::uint64_t link) const noexcept;
  /// When the last byte has left, `now` where no rate limits it; nothing when the queue is full.
  std::optional<time_point> leave(path_state& path, std::uint64_t link, heading to, std::size_t size,
                                  time_point now) const noexcept;

  std::vector<impairment> faults_;
  std::uint64_t seed_ = 0;
  dealt_numbers links_;
};

/// A transport that holds back what it carries: its owner's advance() must come by.
template <class T>
concept delaying_transport = requires(const T transport) {
  transport.next_deadline();
};

}  // namespace wanwu
