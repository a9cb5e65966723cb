// What the target knows of things: descriptions to be searched, and each one's last words.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/core/bytes.hpp"
#include "sim/target/split_map.hpp"

namespace wanwu::target {

/// Never used twice: a thing that was deleted and comes back is the same.
enum class thing_index : std::uint32_t {};

struct known_thing {
  std::string id;
  std::string description;  ///< As it was given, "" = none: not found by search.
  std::vector<std::string> types;
  std::vector<std::pair<std::string, std::string>> members;
  bytes last_reading;
  std::int64_t last_at_ms = 0;  ///< Wall time; 0 = never.
};

/// "type" and any member of the description; all must hold.
struct thing_query {
  std::vector<std::pair<std::string, std::string>> wanted;
  std::string after;  ///< Only ids behind this one.
  std::size_t limit = 100;
};
struct thing_page {
  std::vector<const known_thing*> items;  ///< By rising id.
  bool more = false;
};

class directory {
 public:
  static constexpr std::size_t description_bytes_max = 2UL << 30;  ///< Of all descriptions together.

  explicit directory(std::size_t things_max) : things_max_{things_max} {}

  enum class described : std::uint8_t { created, replaced, invalid, full };
  /// `text` must be a JSON object.
  described describe(std::string_view id, std::string_view text);
  /// False when there was no description.
  bool forget(std::string_view id);

  known_thing* find(std::string_view id);
  /// A place for a thing that speaks before it is described; nullptr when the directory is full.
  known_thing* find_or_make(std::string_view id);
  thing_index index_of(const known_thing& thing) const;
  known_thing& at(thing_index which) { return rows_[static_cast<std::uint32_t>(which)]; }

  thing_page search(const thing_query& query) const;
  std::size_t size() const noexcept { return by_id_.size(); }  ///< Described things.

 private:
  void unlist(const known_thing& thing);

  std::deque<known_thing> rows_;
  split_map<std::string_view, std::uint32_t> index_;  ///< Keys live in the rows.
  std::map<std::string_view, std::uint32_t> by_id_;   ///< Described ones.
  std::map<std::string, std::set<std::string_view>, std::less<>> by_type_;
  std::size_t things_max_;
  std::size_t description_bytes_ = 0;
};

/// 1 to 128 bytes of letters, digits and -._~:@ : safe as a topic level, a path segment and in a log.
bool is_thing_id(std::string_view id) noexcept;

}  // namespace wanwu::target
