// scenarios/targets/embedded.target.yaml, compiled into the program.
#pragma once

#include <string_view>

namespace wanwu::lang {

extern const std::string_view embedded_target_text;

}  // namespace wanwu::lang
