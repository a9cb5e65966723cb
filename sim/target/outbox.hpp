// What the target wants sent, in the order it was decided: filled by the core, emptied by whoever owns the
// sockets.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "protocols/core/byte_writer.hpp"
#include "protocols/transport/link.hpp"

namespace wanwu::target {

/// The owner's name for one life of one of its links. `life` differs between connections that used the same
/// link, so that output for one that has just ended is not given to the next.
struct link_name {
  std::uint32_t link{};
  std::uint32_t life{};
  friend bool operator==(const link_name&, const link_name&) = default;
};

/// One lane's stream output. A lane is one owner of sockets: a shard, or the virtual network.
/// Several entries may name the same bytes (a message fanned out), so bytes live until clear().
class outbox {
 public:
  enum class what : std::uint8_t {
    send,
    close,  ///< Send what came before, then close in order. The owner still calls target_core::ended().
    drop,   ///< Close at once, unsent bytes and all. The same.
  };
  struct entry {
    std::size_t from{};
    std::size_t length{};
    link_name to{};
    what kind{};
  };

  /// Where an encoder writes. Then call wrote() with the size() it began at.
  byte_writer& writer() noexcept { return bytes_; }
  void wrote(link_name to, std::size_t from) { again(to, from, bytes_.size() - from); }
  /// Sends bytes already in the box (once more).
  void again(link_name to, std::size_t from, std::size_t length) {
    if (entries_.empty()) {
      tell();
    } else {
      entry& last = entries_.back();
      if (last.kind == what::send && last.to == to && last.from + last.length == from) {
        last.length += length;
        return;
      }
    }
    entries_.push_back({from, length, to, what::send});
  }
  void close(link_name which, what kind = what::close) {
    if (entries_.empty()) tell();
    entries_.push_back({0, 0, which, kind});
  }

  /// From now on `lane` is added to `filled` whenever this box gets its first entry.
  void tell_to(std::vector<std::uint32_t>& filled, std::uint32_t lane) noexcept {
    filled_ = &filled;
    lane_ = lane;
  }
  /// Takes what `from` holds and gives it this one's memory; whom each tells stays.
  void swap_content(outbox& from) noexcept {
    std::swap(bytes_, from.bytes_);
    entries_.swap(from.entries_);
  }

  const std::vector<entry>& entries() const noexcept { return entries_; }
  bytes_view bytes_of(const entry& e) const noexcept { return bytes_.view().subspan(e.from, e.length); }
  std::size_t size() const noexcept { return bytes_.size(); }
  bool empty() const noexcept { return entries_.empty(); }
  void clear() noexcept {
    entries_.clear();
    bytes_.clear();
  }

 private:
  void tell() {
    if (filled_ != nullptr) filled_->push_back(lane_);
  }

  byte_writer bytes_;
  std::vector<entry> entries_;
  std::vector<std::uint32_t>* filled_ = nullptr;
  std::uint32_t lane_ = 0;
};

/// Datagrams to send, from the endpoint each was asked at.
class datagram_box {
 public:
  struct entry {
    std::size_t from{};
    std::size_t length{};
    socket_address peer;
    endpoint_id local{};
  };

  byte_writer& writer() noexcept { return bytes_; }
  void wrote(endpoint_id local, const socket_address& peer, std::size_t from) {
    entries_.push_back({from, bytes_.size() - from, peer, local});
  }
  const std::vector<entry>& entries() const noexcept { return entries_; }
  bytes_view bytes_of(const entry& e) const noexcept { return bytes_.view().subspan(e.from, e.length); }
  bool empty() const noexcept { return entries_.empty(); }
  void clear() noexcept {
    entries_.clear();
    bytes_.clear();
  }

 private:
  byte_writer bytes_;
  std::vector<entry> entries_;
};

}  // namespace wanwu::target
