// Packets that are sent, changed or recognised, out of the tree.
#pragma once

#include "scenarios/conformance/case_names.hpp"

namespace wanwu::conform {

/// Assignments under `set:`. `packet` "" = any: then only that some packet has the field is checked.
std::vector<setting> read_settings(const lang::node* map, const std::string& packet, std::uint8_t version,
                                   reading how, case_names& scope);
/// What `corrupt:` holds.
corruption_text read_corruption(const lang::node* map, reading how, case_names& scope);
std::vector<byte_edit_text> read_byte_edits(const lang::node* list, reading how, case_names& scope);
/// `packet`, `set`, `corrupt` or `bytes` of one map.
message_text read_message(const lang::node& tree, std::uint8_t version, reading how, case_names& scope);
/// `packet` and `where`.
packet_pattern read_pattern(const lang::node& tree, case_names& scope);

}  // namespace wanwu::conform
