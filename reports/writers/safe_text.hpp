// Texts of targets and files made harmless for the place they are printed in.
#pragma once

#include <string>
#include <string_view>

namespace wanwu::report {

/// No control character reaches a terminal; broken UTF-8 becomes U+FFFD.
std::string terminal_safe(std::string_view text);
/// XML 1.0 has no way to write most control characters; escaping is the XML writer's.
std::string xml_safe(std::string_view text);
/// Inside a Markdown table: no pipes, no line breaks, no markup, no mentions, no HTML.
std::string markdown_safe(std::string_view text);
/// Cut, and free of control characters and broken UTF-8; escaping the markup is Mustache's.
std::string page_safe(std::string_view text);

}  // namespace wanwu::report
