// Packets as a suite writes them: field by field into drafts, right unless the script wants them wrong.
#pragma once

#include "protocols/mqtt/draft.hpp"
#include "sim/conformance/case_scope.hpp"

namespace wanwu::conform {

/// "" when all is well, else a sentence.
using complaint = std::string;

/// Gives the draft one field as the script says; `~` takes it away.
complaint apply_setting(mqtt::draft& to, const setting& what, case_scope& scope);
complaint apply_corruption(mqtt::draft& to, const corruption_text& what, case_scope& scope);
/// The bytes of a pattern without wildcards.
scripted<bytes> render_bytes(const byte_pattern& what, case_scope& scope);

}  // namespace wanwu::conform
