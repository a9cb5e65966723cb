// Block-wise transfer: the Block option's value, cutting a body up, and putting one together. RFC 7959.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocols/coap/message.hpp"
#include "protocols/core/time.hpp"

namespace wanwu::coap {

inline constexpr std::uint32_t block_bytes_min = 16;
inline constexpr std::uint32_t block_bytes_max = 1024;
inline constexpr std::uint32_t block_number_max = 0xFFFFF;

/// Value of Block1 or Block2: which block, whether more follow, and how large blocks are.
struct block {
  std::uint32_t number{};  ///< 0..block_number_max.
  bool more{};
  std::uint8_t szx{6};  ///< Block size is 2^(szx+4); 0..6. 7 is reserved over UDP [RFC7959-2.2-1].

  constexpr std::uint32_t size() const noexcept { return std::uint32_t{16} << szx; }
  constexpr std::uint64_t offset() const noexcept { return std::uint64_t{number} << (szx + 4U); }
  friend bool operator==(const block&, const block&) = default;
};

/// Nothing when the value is longer than 3 bytes or szx is 7.
std::optional<block> decode_block(bytes_view value) noexcept;
/// The option's integer value, for message_writer::add_uint.
constexpr std::uint32_t encode_block(const block& b) noexcept {
  return b.number << 4U | (b.more ? 8U : 0U) | b.szx;
}
/// The largest szx whose block is at most `bytes` long; 0 below 16.
std::uint8_t szx_for(std::uint32_t bytes) noexcept;

/// One block of a body.
struct body_slice {
  bytes_view payload;
  coap::block block;  ///< With `more` set as it must be sent.
};
/// The block asked for, cut from `body`: for a server's Block2 answers and a client's Block1 requests.
/// Nothing when it begins at or behind the end [RFC7959-2.4-8]; block 0 of an empty body is empty.
std::optional<body_slice> slice_of(bytes_view body, block wanted) noexcept;

/// What became of a block handed to an assembly.
enum class assembly_step : std::uint8_t {
  more,        ///< Taken; 2.31 Continue, or ask for the next block.
  complete,    ///< Taken, and the body is whole.
  incomplete,  ///< A block is missing or the length is wrong: 4.08.
  too_large,   ///< The bound would be passed: 4.13.
};

/// A body being put together from blocks in order. Used by both ends.
class body_assembly {
 public:
  /// Takes a block at `b.offset()`. Block 0 starts over [RFC7959-2.5-5]; a repeat of what is there is taken
  /// once.
  assembly_step take(const block& b, bytes_view payload, std::size_t bytes_max);
  bytes_view body() const noexcept { return body_; }
  bytes release() noexcept { return std::move(body_); }
  void reset() noexcept { body_.clear(); }

 private:
  bytes body_;
};

/// The owner's name for a remote endpoint: unique for (address, port) as long as state about it lives.
enum class peer_key : std::uint64_t {};

/// A server's Block1 transfers under way, bounded in number, bytes and age [RFC7959-7.1-1].
class block1_receiver {
 public:
  struct limits {
    std::size_t body_bytes_max = 1U << 20U;  ///< Of one body; more is 4.13 with Size1 [RFC7252-5.9.2.9-1].
    std::size_t transfers_max = 4096;        ///< Past this the oldest is forgotten.
    duration idle_max = std::chrono::seconds{247};  ///< EXCHANGE_LIFETIME after its last block.
  };
  block1_receiver() = default;
  explicit block1_receiver(limits l) : limits_{l} {}

  struct result {
    assembly_step step{};
    bytes body;  ///< When complete: the whole body, moved out; the transfer is forgotten.
  };
  /// `operation` tells transfers of one peer apart: method, path, query and Request-Tag [RFC9175-3.3-1], e.g.
  /// the cache-key bytes. `content_format` must stay the same [RFC7959-2.3-5]; nothing = none given.
  result take(peer_key peer, std::string_view operation, std::optional<std::uint32_t> content_format,
              const block& b, bytes_view payload, time_point now);
  std::size_t size() const noexcept { return transfers_.size(); }
  std::size_t body_bytes_max() const noexcept { return limits_.body_bytes_max; }

 private:
  struct transfer {
    body_assembly assembly;
    std::optional<std::uint32_t> content_format;
    time_point last;
  };
  void forget_old(time_point now);

  limits limits_;
  std::unordered_map<std::string, transfer> transfers_;
};

/// Bytes that name an operation for block1_receiver: code, and every option that is part of the cache key,
/// plus Request-Tag, without the Block options.
std::string operation_key(const message& request);

}  // namespace wanwu::coap
