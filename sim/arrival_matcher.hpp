// Matches readings that arrive somewhere to readings that were sent, and says what became of each.
#pragma once

#include <array>
#include <deque>
#include <unordered_map>

#include "protocols/core/bytes.hpp"
#include "protocols/core/observation.hpp"

namespace wanwu::sim {

/// How long a reading may be on its way: what the witness waits for at the end.
inline constexpr duration arrive_within = std::chrono::seconds{3};

/// A reading as the matcher remembers it.
struct sent_reading {
  std::uint64_t key{};
  time_point intended_at;
  thing_id thing{};
  std::uint16_t population{};
  protocol via{};
};

/// What a thing sent in this time may have ended with its link, which we ended.
struct cut_reading {
  thing_id thing{};
  time_point since, until;  ///< Intended starts, both included.
};

/// Hash of where and what; the same for the sender and for whoever sees it arrive.
std::uint64_t reading_key(std::string_view address, bytes_view payload) noexcept;

/// Observations of operation `arrived`: ok, duplicate, reordered (arrived after a later one of the same
/// thing), lost. One thread.
class arrival_matcher {
 public:
  explicit arrival_matcher(observation_sink& sink) : sink_{sink} {}

  void sent(const sent_reading& reading);
  /// `key` as of the reading. False when nothing of the sample was sent with it.
  bool arrived(std::uint64_t key, time_point at);
  /// What of it has not come yet is not lost if it never comes. If it does it has arrived, like any other.
  void cut_off(const cut_reading& which);
  /// Readings that may still come.
  std::size_t missing() const { return missing_; }
  /// Nobody listens for readings of this protocol (any more): what has not come is not lost, only not known.
  void nobody_listens(protocol via) { deaf_[static_cast<std::size_t>(via)] = true; }
  /// Whatever has not come is lost, except what a later reading has overtaken on its way over CoAP.
  void end(time_point at);

 private:
  struct entry {
    std::uint64_t key{};
    time_point intended_at;
    std::uint64_t
        before{};  ///< Number of the thing's reading before this one, nothing_before if there is none.
    std::uint32_t thing{};
    std::uint32_t order{};  ///< Of the thing's readings, from 1.
    std::uint16_t population{};
    protocol via{};
    bool seen{}, cut_off{};
  };
  static constexpr std::uint64_t nothing_before = ~std::uint64_t{0};
  struct progress {
    std::uint32_t sent{}, latest_arrived{};
    std::uint64_t newest = nothing_before;  ///< Number of its latest entry.
  };
  void observe(const entry& of, outcome what, time_point at);
  void settle_oldest(time_point at);

  observation_sink& sink_;
  std::deque<entry> entries_;  ///< In the order of sending, at most limits::witness_pending_max.
  std::uint64_t first_ = 0;    ///< Number of entries_.front().
  std::unordered_multimap<std::uint64_t, std::uint64_t> by_key_;  ///< Key to number.
  std::unordered_map<std::uint32_t, progress> things_;
  std::size_t missing_ = 0;
  std::array<bool, 3> deaf_{};
};

}  // namespace wanwu::sim
