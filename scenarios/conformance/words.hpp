// Steps, conditions and edits in one line of words, for reports and `wanwu describe`.
#pragma once

#include <string>
#include <string_view>

#include "scenarios/conformance/case_names.hpp"
#include "scenarios/language/document.hpp"

namespace wanwu::conform {

level level_of(std::string_view word);
std::string_view name_of(level force) noexcept;

/// "tester sends PUBLISH qos=1 topic=${unique}/a"
std::string step_words(std::string_view word, const lang::node& what, const case_names& scope);
/// "PUBACK where packet_id == 7"; "the target closes the connection, with 0x81 or 0x82 before"
std::string condition_words(const lang::node& what, const case_names& scope);
/// "drops PUBACK"
std::string edit_words(const lang::node& what, const case_names& scope);

}  // namespace wanwu::conform
