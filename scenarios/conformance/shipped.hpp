// The suites that ship with the program, as texts.
#pragma once

#include <span>
#include <string_view>

namespace wanwu::conform {

struct shipped_file {
  std::string_view suite, name, text;
};
/// By suite and name; made by embed_suites.cmake.
std::span<const shipped_file> shipped_files() noexcept;

}  // namespace wanwu::conform
