// Steps and the conditions in them, out of the tree.
#pragma once

#include <set>

#include "scenarios/conformance/message_reader.hpp"

namespace wanwu::conform {

/// A `verify`, or what stands where one may: `role` is that of the step around it. nullptr after a mistake.
condition_ptr read_condition(const lang::node& tree, std::optional<std::uint16_t> role, case_names& scope);

/// Reads the steps of a case in their order and knows which links they have opened so far.
class step_reader {
 public:
  explicit step_reader(case_names& scope) : scope_{scope} {}

  std::vector<step> read(const lang::node* list);
  /// Every role that the steps so far name.
  const std::set<std::uint16_t>& used() const { return used_; }
  bool is_open(std::uint16_t role) const { return opened_.contains(role); }

 private:
  std::optional<step> one(const std::string& word, const lang::node& what);
  bool open(const lang::node& what, step& out);
  bool upgrade(const lang::node& what, step& out);
  void only_connects(const lang::node& what, std::initializer_list<std::string_view> keys,
                     const std::string& hint);
  void framing(const lang::node& what, step& out);
  bool stimulus(const lang::node& what, step& out);
  bool probe(const lang::node& what, step& out);
  void need_open(const condition* demand);
  void need_open(std::uint16_t role, const lang::source_mark& at);

  case_names& scope_;
  std::set<std::uint16_t> used_, opened_;
};

/// Edits of what comes from the target.
std::vector<edit> read_edits(const lang::node* list, std::size_t body_size, const step_reader& steps,
                             case_names& scope);

}  // namespace wanwu::conform
