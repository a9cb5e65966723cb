// Who subscribed to what: a tree of topic levels with wildcards and shared groups.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "sim/target/split_map.hpp"

namespace wanwu::target {

enum class session_id : std::uint32_t {};
inline constexpr session_id no_session{0xFFFFFFFF};

/// Deeper topics and filters are refused: nothing real comes near, and the tree stays shallow.
inline constexpr std::size_t topic_levels_max = 128;

/// Options of one subscription.
struct subscriber {
  session_id who{};
  std::uint32_t identifier = 0;  ///< Subscription Identifier; 0 = none was given.
  std::uint8_t qos = 0;
  bool no_local = false;
  bool retain_as_published = false;
};

/// Members of one `$share/NAME/filter`. The next message goes to the member after `turn`.
struct share_group {
  std::string name;
  std::vector<subscriber> members;
  std::size_t turn = 0;
};

/// The subscriptions that one topic level holds.
struct topic_node {
  std::vector<subscriber> plain;
  std::vector<share_group> shared;
};

class topic_tree {
 public:
  topic_tree();

  /// Adds, or replaces the same session's subscription to the same filter and share name. True when it was
  /// there before. `share` is "" for a plain subscription. The filter is valid and at most topic_levels_max
  /// deep.
  bool add(std::string_view filter, std::string_view share, const subscriber& who);
  /// False when there was none.
  bool remove(std::string_view filter, std::string_view share, session_id who);

  /// Appends every node whose filter matches, in an order of the tree alone, so that runs repeat. Nodes live
  /// until the next add() or remove().
  void match(std::string_view topic, std::vector<topic_node*>& found);

  std::size_t subscriptions() const noexcept { return count_; }

 private:
  enum class node_id : std::uint32_t {};
  static constexpr node_id none{0};  ///< The root, which nothing points at.
  /// A child that is no wildcard. The text lives in its node.
  struct branch {
    node_id parent;
    std::string_view level;
    friend bool operator==(const branch&, const branch&) = default;
  };
  struct branch_hash {
    /// Not noexcept: then the map keeps each hash and need not read a million nodes again to grow.
    std::size_t operator()(const branch& b) const {
      return std::hash<std::string_view>{}(b.level) ^
             (static_cast<std::size_t>(b.parent) + 1) * 0x9E3779B97F4A7C15ULL;
    }
  };
  struct node {
    topic_node held;
    std::string level;
    std::uint32_t literals = 0;  ///< How many of its branches there are.
    node_id parent = none;
    node_id plus = none;
    node_id hash = none;
  };
  struct step {
    node_id at;
    std::uint32_t level;
  };

  node& at(node_id id) { return nodes_[static_cast<std::uint32_t>(id)]; }
  node_id literal(node_id parent, std::string_view level) const;
  node_id child(node_id parent, std::string_view level);
  node_id child_or_new(node_id parent, std::string_view level);
  node_id find(std::string_view filter);
  void prune(node_id leaf);

  std::deque<node> nodes_;
  split_map<branch, node_id, branch_hash> branches_;
  std::vector<node_id> free_;
  std::vector<std::string_view> levels_;  ///< Of the topic being matched.
  std::vector<step> open_;
  std::size_t count_ = 0;
};

/// Number of levels: separators plus one.
std::size_t topic_levels(std::string_view topic) noexcept;

}  // namespace wanwu::target
