#include "sim/conformance/case_scope.hpp"

namespace wanwu::conform {

case_scope::case_scope(const lang::slot_table& names, const vocabulary& words)
    : names_{names}, base_(names.size()), seen_(names.size()) {
  const auto slot_of = [&](std::string_view name) -> std::optional<std::uint16_t> {
    lang::resolved_name found;
    if (!names.resolve(name, found) || found.constant || found.slot >= base_.size()) return std::nullopt;
    return found.slot;
  };
  const auto fields = words.field_names();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (const auto slot = slot_of(fields[i])) fields_.push_back({*slot, i});
  }
  packet_ = slot_of("packet");
  elapsed_ = slot_of("elapsed");
  n_ = slot_of("n");
}

void case_scope::set(std::string_view name, const lang::value& now) {
  lang::resolved_name found;
  if (names_.resolve(name, found) && !found.constant) set(found.slot, now);
}

void case_scope::set(std::uint16_t slot, const lang::value& now) {
  if (slot >= base_.size()) return;
  lang::value kept = now;
  if (now.kind() == lang::value_kind::text) kept = lang::value::of(keep(now.text()));
  if (now.kind() == lang::value_kind::json) kept = lang::value::json(keep(now.text()));
  base_[slot] = kept;
}

lang::eval_context& case_scope::context() {
  context_.slots = looking_ ? seen_ : base_;
  context_.scratch_used = 0;
  return context_;
}

lang::value case_scope::evaluate(const lang::expression& what) {
  return what.evaluate(context());
}

template <class Wanted>
void case_scope::show(const message& seen, duration elapsed, Wanted wanted) {
  seen_ = base_;
  for (const auto& [slot, index] : fields_) {
    if (wanted(slot)) seen_[slot] = seen.field(index);
  }
  if (packet_) seen_[*packet_] = lang::value::of(seen.packet());
  if (elapsed_) seen_[*elapsed_] = lang::value::of(elapsed);
}

void case_scope::look_at(const message& seen, duration elapsed) {
  show(seen, elapsed, [](std::uint16_t) { return true; });
  looking_ = true;
}

lang::value case_scope::evaluate(const lang::expression& what, const message& seen, duration elapsed) {
  show(seen, elapsed, [&](std::uint16_t slot) { return what.uses_slot(slot); });
  context_.slots = seen_;
  context_.scratch_used = 0;
  return what.evaluate(context_);
}

std::optional<duration> case_scope::evaluate(const duration_text& what) {
  if (!what.computed) return what.fixed;
  const auto length = evaluate(*what.computed);
  // A number without a unit counts seconds, as keep alive and expiry do on the wire.
  const auto found = length.kind() == lang::value_kind::time ? length.time()
                     : length.is_numeric() ? duration{static_cast<std::int64_t>(length.number() * 1e9)}
                                           : duration{-1};
  if (found < duration{} || found > std::chrono::hours{24}) return std::nullopt;
  return found;
}

}  // namespace wanwu::conform
