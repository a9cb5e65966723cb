#include "protocols/coap/block.hpp"

#include <algorithm>

namespace wanwu::coap {

std::optional<block> decode_block(bytes_view value) noexcept {
  if (value.size() > 3) return std::nullopt;
  std::uint32_t raw = 0;
  for (const auto b : value) raw = raw << 8U | std::to_integer<std::uint32_t>(b);
  if ((raw & 7U) == 7U) return std::nullopt;
  return block{raw >> 4U, (raw & 8U) != 0, static_cast<std::uint8_t>(raw & 7U)};
}

std::uint8_t szx_for(std::uint32_t bytes) noexcept {
  std::uint8_t szx = 0;
  while (szx < 6 && (block_bytes_min << (szx + 1U)) <= bytes) ++szx;
  return szx;
}

std::optional<body_slice> slice_of(bytes_view body, block wanted) noexcept {
  const auto offset = wanted.offset();
  if (offset >= body.size() && !(body.empty() && wanted.number == 0)) return std::nullopt;
  const auto rest = body.subspan(static_cast<std::size_t>(offset));
  wanted.more = rest.size() > wanted.size();
  return body_slice{rest.first(std::min<std::size_t>(rest.size(), wanted.size())), wanted};
}

assembly_step body_assembly::take(const block& b, bytes_view payload, std::size_t bytes_max) {
  if (b.number == 0) body_.clear();
  if (b.more && payload.size() != b.size()) return assembly_step::incomplete;
  if (payload.size() > b.size()) return assembly_step::incomplete;
  if (b.offset() > body_.size()) return assembly_step::incomplete;
  const auto offset = static_cast<std::size_t>(b.offset());
  if (offset + payload.size() > bytes_max) return assembly_step::too_large;
  if (offset + payload.size() > body_.size()) {
    body_.resize(offset);
    body_.insert(body_.end(), payload.begin(), payload.end());
  }
  return b.more ? assembly_step::more : assembly_step::complete;
}

block1_receiver::result block1_receiver::take(peer_key peer, std::string_view operation,
                                              std::optional<std::uint32_t> content_format, const block& b,
                                              bytes_view payload, time_point now) {
  std::string key(sizeof peer, '\0');
  std::memcpy(key.data(), &peer, sizeof peer);
  key += operation;
  auto at = transfers_.find(key);
  if (at != transfers_.end() && now - at->second.last > limits_.idle_max) {
    transfers_.erase(at);
    at = transfers_.end();
  }
  if (at == transfers_.end()) {
    if (b.number != 0) return {assembly_step::incomplete, {}};
    if (transfers_.size() >= limits_.transfers_max) forget_old(now);
    at = transfers_.emplace(std::move(key), transfer{{}, content_format, now}).first;
  }
  auto& t = at->second;
  if (b.number == 0) t.content_format = content_format;
  if (t.content_format != content_format) {
    transfers_.erase(at);
    return {assembly_step::incomplete, {}};
  }
  t.last = now;
  result out{t.assembly.take(b, payload, limits_.body_bytes_max), {}};
  if (out.step == assembly_step::complete) out.body = t.assembly.release();
  if (out.step == assembly_step::complete || out.step == assembly_step::too_large) transfers_.erase(at);
  return out;
}

void block1_receiver::forget_old(time_point now) {
  std::erase_if(transfers_, [&](const auto& each) { return now - each.second.last > limits_.idle_max; });
  if (transfers_.size() < limits_.transfers_max) return;
  const auto oldest =
      std::min_element(transfers_.begin(), transfers_.end(),
                       [](const auto& a, const auto& b) { return a.second.last < b.second.last; });
  if (oldest != transfers_.end()) transfers_.erase(oldest);
}

std::string operation_key(const message& request) {
  std::string out(1, static_cast<char>(value_of(request.code)));
  for (const auto& o : request.options) {
    const bool is_block = o.number == option_number::block1 || o.number == option_number::block2;
    if (is_block || o.number == option_number::observe) continue;
    if (is_no_cache_key(o.number)) continue;
    out += static_cast<char>(value_of(o.number) >> 8U);
    out += static_cast<char>(value_of(o.number) & 0xFFU);
    out += static_cast<char>(o.value.size() >> 8U & 0xFFU);
    out += static_cast<char>(o.value.size() & 0xFFU);
    out += o.text();
  }
  return out;
}

}  // namespace wanwu::coap
