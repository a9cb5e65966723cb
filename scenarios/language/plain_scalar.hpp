// What a plain (unquoted) scalar means in the core schema of YAML 1.2 (§10.3.2).
#pragma once

#include "scenarios/language/document.hpp"

namespace wanwu::lang {

/// Sets kind and typed value of `scalar` from its text: null, boolean, integer, number, else text.
void resolve_plain(node& scalar);

}  // namespace wanwu::lang
