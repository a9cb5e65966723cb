#include "reports/cases/capture.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

namespace wanwu::report {

namespace {

static_assert(std::endian::native == std::endian::little, "pcapng blocks are written in the machine's order");

constexpr std::uint32_t section_block = 0x0A0D0D0A, interface_block = 1, packet_block = 6;
constexpr std::uint16_t link_ethernet = 1, option_comment = 1;
constexpr std::uint32_t our_address = 0x0A000001, target_address = 0x0A000002;
constexpr std::uint16_t first_port = 50'000, mqtt_port = 1883;
/// Of links over WebSocket: the log has what the frames carried, not the frames, so nothing is to take them
/// for either.
constexpr std::uint16_t carried_port = 9001;
constexpr std::size_t ip_header = 20, tcp_header = 20, segment_bytes_max = 65'535 - ip_header - tcp_header;
constexpr std::uint8_t flag_fin = 1, flag_syn = 2, flag_rst = 4, flag_push = 8, flag_ack = 16;

/// Little-endian fields of pcapng.
class block {
 public:
  explicit block(std::uint32_t type) : type_{type} {}
  template <class Integer>
  block& put(Integer value) {
    body_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  block& put_padded(std::string_view raw) {
    body_.append(raw).append((4 - raw.size() % 4) % 4, '\0');
    return *this;
  }
  void write(std::string& out) const {
    const auto length = static_cast<std::uint32_t>(body_.size() + 12);
    for (const auto value : {type_, length}) out.append(reinterpret_cast<const char*>(&value), sizeof value);
    out.append(body_).append(reinterpret_cast<const char*>(&length), sizeof length);
  }

 private:
  std::uint32_t type_;
  std::string body_;
};

/// Big-endian fields of the network.
void put16(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8 & 0xFF);
  out += static_cast<char>(value & 0xFF);
}
void put32(std::string& out, std::uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xFFFF);
}

std::uint32_t sum16(std::string_view raw, std::uint32_t sum) {
  for (std::size_t i = 0; i < raw.size(); i += 2) {
    const std::uint32_t high = static_cast<unsigned char>(raw[i]);
    const std::uint32_t low = i + 1 < raw.size() ? static_cast<unsigned char>(raw[i + 1]) : 0U;
    sum += high << 8U | low;
  }
  return sum;
}

std::uint16_t checksum(std::uint32_t sum) {
  while (sum >> 16U != 0) sum = (sum & 0xFFFFU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum & 0xFFFFU);
}

struct connection {
  std::uint16_t port{}, target_port = mqtt_port;
  std::uint32_t next_ours = 1'000, next_target = 5'000;
  bool open{};
};

class capture {
 public:
  explicit capture(std::int64_t started_unix_ms) : started_us_{started_unix_ms * 1000} {
    block{section_block}
        .put(0x1A2B3C4DU)
        .put(std::uint16_t{1})
        .put(std::uint16_t{0})
        .put(std::int64_t{-1})
        .write(out_);
    block{interface_block}.put(link_ethernet).put(std::uint16_t{0}).put(std::uint32_t{0}).write(out_);
  }

  void add(const conform::wire_event& event) {
    using kind = conform::wire_event::kind;
    at_ms_ = event.at_ms;
    connection& link = links_[event.role];
    switch (event.what) {
      case kind::opened:
        return open(link, event.role, event.text == conform::over_websocket);
      case kind::sent:
      case kind::received:
        return data(link, event, event.what == kind::sent);
      case kind::closed_by_us:
      case kind::closed_by_target:
        return close(link, event.what == kind::closed_by_us, flag_fin | flag_ack);
      case kind::failed:
        return close(link, false, flag_rst | flag_ack);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void open(connection& link, const std::string& role, bool framed) {
    link = {};
    if (framed) link.target_port = carried_port;
    link.port = static_cast<std::uint16_t>(first_port + lives_++ % 10'000);
    link.open = true;
    segment(link, true, flag_syn, {}, 0,
            "link " + role + (framed ? ", over WebSocket: what its frames carried" : ""));
    ++link.next_ours;
    segment(link, false, flag_syn | flag_ack, {}, 0);
    ++link.next_target;
    segment(link, true, flag_ack, {}, 0);
  }

  void data(connection& link, const conform::wire_event& event, bool ours) {
    if (!link.open) open(link, event.role, false);
    const auto whole = std::clamp(event.size, event.raw.size(), segment_bytes_max);
    segment(link, ours, flag_push | flag_ack, as_text(event.raw), whole);
    (ours ? link.next_ours : link.next_target) += static_cast<std::uint32_t>(whole);
  }

  void close(connection& link, bool ours, std::uint8_t flags) {
    if (!link.open) return;
    segment(link, ours, flags, {}, 0);
    link.open = false;
  }

  void segment(const connection& link, bool ours, std::uint8_t flags, std::string_view payload,
               std::size_t whole, const std::string& comment = {}) {
    std::string tcp;
    put16(tcp, ours ? link.port : link.target_port);
    put16(tcp, ours ? link.target_port : link.port);
    put32(tcp, ours ? link.next_ours : link.next_target);
    put32(tcp, (flags & flag_ack) == 0 ? 0 : (ours ? link.next_target : link.next_ours));
    put16(tcp, 0x5000U | flags);
    put16(tcp, 65'535);
    put32(tcp, 0);  // checksum and urgent pointer
    const auto from = ours ? our_address : target_address, to = ours ? target_address : our_address;
    if (whole == payload.size()) {  // of a packet that was cut nobody knows it
      std::string pseudo;
      put32(pseudo, from);
      put32(pseudo, to);
      put16(pseudo, 6);
      put16(pseudo, tcp_header + whole);
      const auto sum = checksum(sum16(payload, sum16(tcp, sum16(pseudo, 0))));
      tcp[16] = static_cast<char>(sum >> 8U);
      tcp[17] = static_cast<char>(sum & 0xFFU);
    }
    std::string frame{"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0", 14};
    frame += ip(from, to, whole) + tcp;
    const auto original = frame.size() + whole;
    frame += payload;
    const auto at = static_cast<std::uint64_t>(started_us_ + std::llround(at_ms_ * 1000));
    block b{packet_block};
    b.put(std::uint32_t{0}).put(static_cast<std::uint32_t>(at >> 32U)).put(static_cast<std::uint32_t>(at));
    b.put(static_cast<std::uint32_t>(frame.size()))
        .put(static_cast<std::uint32_t>(original))
        .put_padded(frame);
    if (!comment.empty()) {
      b.put(option_comment).put(static_cast<std::uint16_t>(std::min<std::size_t>(comment.size(), 200)));
      b.put_padded(std::string_view{comment}.substr(0, 200)).put(std::uint32_t{0});
    }
    b.write(out_);
  }

  static std::string ip(std::uint32_t from, std::uint32_t to, std::size_t payload_bytes) {
    std::string out{"\x45\0", 2};
    put16(out, ip_header + tcp_header + payload_bytes);
    put32(out, 0x0000'4000);  // no id, may not be fragmented
    put16(out, 0x4006);       // 64 hops, TCP
    put16(out, 0);
    put32(out, from);
    put32(out, to);
    const auto sum = checksum(sum16(out, 0));
    out[10] = static_cast<char>(sum >> 8U);
    out[11] = static_cast<char>(sum & 0xFFU);
    return out;
  }

  std::int64_t started_us_;
  double at_ms_{};
  unsigned lives_ = 0;
  std::map<std::string, connection> links_;
  std::string out_;
};

}  // namespace

std::string to_pcapng(const std::vector<conform::wire_event>& events, std::int64_t started_unix_ms) {
  capture out{started_unix_ms};
  for (const auto& event : events) out.add(event);
  return out.take();
}

}  // namespace wanwu::report
