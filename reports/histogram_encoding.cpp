// HdrHistogram's compressed V2 encoding: a header, zigzag LEB128 counts with runs of zeros, zlib, base64.
#include <algorithm>
#include <array>
#include <limits>

#include <openssl/evp.h>
#include <zlib.h>

#include "reports/histogram.hpp"

namespace wanwu::report {

namespace {

constexpr std::uint32_t cookie_v2 = 0x1c849303U | 0x10U;
constexpr std::uint32_t cookie_compressed = 0x1c849304U | 0x10U;
constexpr std::size_t header_bytes = 40;
constexpr std::size_t base64_bytes_max = 600'000;  // a full 3-digit histogram of 64-bit counts, with room
constexpr std::size_t inflated_bytes_max = 400'000;

using octets = std::vector<unsigned char>;

template <class Unsigned>
void put(octets& out, Unsigned value) {
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<unsigned char>(value >> shift));
  }
}

template <class Unsigned>
Unsigned get(const octets& in, std::size_t at) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = static_cast<Unsigned>((value << 8) | in[at + i]);
  return value;
}

/// Seven bits a byte, lowest first; the ninth byte carries eight.
void put_zigzag(octets& out, std::int64_t number) {
  auto rest = (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
  for (int i = 0; i < 8 && rest > 0x7F; ++i) {
    out.push_back(static_cast<unsigned char>(rest | 0x80U));
    rest >>= 7;
  }
  out.push_back(static_cast<unsigned char>(rest));
}

std::optional<std::int64_t> get_zigzag(const octets& in, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 9; ++i) {
    if (at >= in.size()) return std::nullopt;
    const std::uint64_t byte = in[at++];
    if (i == 8) {
      value |= byte << 56;
      break;
    }
    value |= (byte & 0x7FU) << (7 * i);
    if ((byte & 0x80U) == 0) break;
  }
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1U) + 1));
}

octets payload_of(const std::vector<std::pair<std::size_t, std::uint64_t>>& counts) {
  octets out;
  std::size_t next = 0;
  for (const auto& [index, count] : counts) {
    const auto zeros = static_cast<std::int64_t>(index - next);
    if (zeros > 0) put_zigzag(out, zeros == 1 ? 0 : -zeros);
    put_zigzag(out, static_cast<std::int64_t>(count));
    next = index + 1;
  }
  return out;
}

std::string to_base64(const octets& raw) {
  std::string out(4 * ((raw.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), raw.data(), static_cast<int>(raw.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::optional<octets> from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.empty() || text.size() > base64_bytes_max) return std::nullopt;
  octets out(text.size() / 4 * 3);
  const int length = EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  const auto padding = static_cast<std::size_t>(std::count(text.end() - 2, text.end(), '='));
  out.resize(static_cast<std::size_t>(length) - padding);
  return out;
}

std::optional<octets> inflate_bounded(const octets& compressed) {
  if (compressed.size() < 8 || get<std::uint32_t>(compressed, 0) != cookie_compressed) return std::nullopt;
  if (get<std::uint32_t>(compressed, 4) != compressed.size() - 8) return std::nullopt;
  octets out(inflated_bytes_max);
  uLongf length = inflated_bytes_max;
  if (uncompress(out.data(), &length, compressed.data() + 8, static_cast<uLong>(compressed.size() - 8)) !=
      Z_OK)
    return std::nullopt;
  out.resize(length);
  return out;
}

}  // namespace

std::string histogram::encode() const {
  const octets payload = payload_of(counts());
  octets plain;
  put(plain, cookie_v2);
  put(plain, static_cast<std::uint32_t>(payload.size()));
  put(plain, std::uint32_t{0});  // normalizing index offset
  put(plain, static_cast<std::uint32_t>(digits_));
  put(plain, std::uint64_t{1});  // lowest discernible value
  put(plain, highest_us);
  put(plain, std::uint64_t{0x3FF0000000000000});  // conversion ratio 1.0
  plain.insert(plain.end(), payload.begin(), payload.end());

  octets packed;
  uLongf length = compressBound(static_cast<uLong>(plain.size()));
  packed.resize(8 + length);
  compress2(packed.data() + 8, &length, plain.data(), static_cast<uLong>(plain.size()), Z_BEST_SPEED);
  octets header;
  put(header, cookie_compressed);
  put(header, static_cast<std::uint32_t>(length));
  std::copy(header.begin(), header.end(), packed.begin());
  packed.resize(8 + length);
  return to_base64(packed);
}

std::optional<histogram> histogram::decode(std::string_view base64) {
  const auto compressed = from_base64(base64);
  const auto plain = compressed ? inflate_bounded(*compressed) : std::nullopt;
  if (!plain || plain->size() < header_bytes) return std::nullopt;
  const auto digits = get<std::uint32_t>(*plain, 12);
  const bool ours = get<std::uint32_t>(*plain, 0) == cookie_v2 && get<std::uint32_t>(*plain, 8) == 0 &&
                    (digits == 2 || digits == 3) && get<std::uint64_t>(*plain, 16) == 1 &&
                    get<std::uint64_t>(*plain, 24) == highest_us;
  if (!ours || get<std::uint32_t>(*plain, 4) != plain->size() - header_bytes) return std::nullopt;

  histogram out{static_cast<int>(digits)};
  const std::size_t all = out.index_of(highest_us) + 1;
  std::size_t index = 0;
  for (std::size_t at = header_bytes; at < plain->size();) {
    const auto number = get_zigzag(*plain, at);
    if (!number || *number == std::numeric_limits<std::int64_t>::min()) return std::nullopt;
    const std::size_t step = *number > 0 ? 1 : (*number == 0 ? 1 : static_cast<std::size_t>(-*number));
    if (step > all - index) return std::nullopt;
    if (*number > 0) {
      const auto count = static_cast<std::uint64_t>(*number);
      if (count > std::numeric_limits<std::uint64_t>::max() / 2 - out.total_) return std::nullopt;
      out.add(index, count);
    }
    index += step;
  }
  return out;
}

}  // namespace wanwu::report
