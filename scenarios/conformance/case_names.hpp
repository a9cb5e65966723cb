// What the texts of one case may name, and the compiling of expressions, texts, bytes and times with it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/conformance/case_row.hpp"
#include "scenarios/conformance/suite.hpp"
#include "scenarios/conformance/vocabulary.hpp"

namespace wanwu::conform {

/// Links and timers of one file of a suite; its own come before those of the head.
struct file_names {
  std::vector<std::pair<std::string, std::uint16_t>> roles;  ///< Name, index into suite::roles.
  std::vector<std::pair<std::string, duration>> timers;
};

/// Where a name stands decides what it means: a packet's fields shadow everything, but only where a packet is
/// being looked at.
enum class reading : std::uint8_t { packet, plain };

/// Mistakes of `what` written inside the text of `value`: at this byte offset.
lang::source_mark mark_inside(const lang::node& value, std::size_t offset, std::size_t length);

/// The names of any case: fixed ones, fields, what is known of the target.
lang::slot_table common_names(const vocabulary& words, const std::vector<std::string>& capabilities);

class case_names {
 public:
  case_names(const suite& whole, const file_names& file, const lang::slot_table& common, const case_row& row,
             lang::diagnostics& found);

  /// Empty after a mistake, which has been said.
  std::optional<lang::expression> expression(const lang::node& text, lang::value_type wanted, reading how);
  /// The same for a value that is one ${} alone.
  std::optional<lang::expression> single(const lang::node& text, lang::value_type wanted, reading how);
  std::optional<lang::text_template> text(const lang::node& text, reading how);
  std::optional<byte_pattern> bytes(const lang::node& text, bool wildcards, reading how);
  std::optional<duration_text> span(const lang::node& text);
  /// `applies`: names that nobody knows are capabilities.
  std::optional<lang::expression> applies(const lang::node& text);
  std::vector<saved_value> save(const lang::node* map);

  /// The index of the role under `as`, or of `otherwise`.
  std::optional<std::uint16_t> role(const lang::node& tree, std::optional<std::uint16_t> otherwise = {});
  const role_spec& role_at(std::uint16_t index) const { return whole_.roles[index]; }
  /// The packet's name, a parameter's value included; "" after a mistake.
  std::string packet(const lang::node& text);

  const vocabulary& words() const { return words_; }
  lang::diagnostics& found() const { return found_; }
  std::shared_ptr<const lang::slot_table> names() const { return names_; }
  std::vector<saved_value> computed() const { return computed_; }
  bool is_field(std::string_view name) const;

 private:
  class plain_names;
  class packet_names;
  class applies_names;
  void add_row(const case_row& row);
  std::optional<std::uint16_t> slot_for_saved(const lang::member& m);
  std::optional<lang::expression> compile(const lang::node& text, std::size_t from, std::size_t size,
                                          lang::value_type wanted, reading how);
  template <class Use>
  auto with_names(reading how, Use use);

  const suite& whole_;
  const file_names& file_;
  const vocabulary& words_;
  lang::diagnostics& found_;
  std::shared_ptr<lang::slot_table> names_;
  std::vector<std::string> saved_;
  std::vector<saved_value> computed_;
};

/// `text` is one ${} alone.
bool is_single(std::string_view text);

}  // namespace wanwu::conform
