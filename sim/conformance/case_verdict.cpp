// What the steps of a case come to: step results, the verdict, and the sentence that gives the reason.
#include <algorithm>

#include <fmt/format.h>

#include "sim/conformance/case_run.hpp"

namespace wanwu::conform {

namespace {

constexpr std::string_view part_names[] = {"preamble", "body", "postamble"};
constexpr std::string_view level_names[] = {"must", "should", "may"};

}  // namespace

std::string case_run::place() const {
  return fmt::format("{} step {}", part_names[static_cast<std::size_t>(part_)], index_ + 1);
}

void case_run::record(std::string outcome, std::string expected, std::string received, time_point now) {
  const step& what = current();
  step_result one;
  one.part = part_names[static_cast<std::size_t>(part_)];
  one.number = static_cast<std::uint32_t>(index_ + 1);
  one.text = what.text;
  if (settings_.all.sources) one.where = settings_.all.sources->where(what.mark);
  one.outcome = std::move(outcome);
  one.expected = std::move(expected);
  one.received = std::move(received);
  if (match_ && phase_ == phase::matching) {
    one.received_bytes = match_->received_bytes();
    if (match_->current().what == condition::kind::bytes) {
      byte_writer raw;
      if (match_->current().bytes->render(scope_.context(), raw))
        one.expected_bytes.assign(raw.view().begin(), raw.view().end());
    }
  }
  one.at_ms = links_.ms_since_start(step_started_);
  one.took_ms = std::chrono::duration<double, std::milli>(now - step_started_).count();
  results_.push_back(std::move(one));
}

void case_run::met(time_point now, std::string outcome) {
  const bool deviated = outcome == "deviation";
  record(std::move(outcome), deviated ? match_->current().text : "",
         deviated && match_->last() ? match_->last()->describe() : "", now);
  match_.reset();
  ++index_;
  phase_ = phase::next_step;
}

void case_run::skip(std::string why, time_point now) {
  record("skipped", "", std::move(why), now);
  match_.reset();
  ++index_;
  phase_ = phase::next_step;
}

/// A demand that is no must, on its own: the case goes on.
bool case_run::is_tolerated() const {
  if (part_ != part::body || !match_) return false;
  const auto force = match_->current().force;
  return force == level::may || (force == level::should && !settings_.strict);
}

verdict case_run::weight_of_unmet() const {
  if (part_ == part::preamble || refused_to_open_) return verdict::inconclusive;
  return current().what == step::kind::probe ? verdict::inconclusive : verdict::fail;
}

void case_run::unmet(std::string received, time_point now) {
  const std::string expected = match_ ? match_->current().text : current().text;
  if (part_ == part::postamble) {
    record("unmet", expected, std::move(received), now);
    match_.reset();
    ++index_;
    phase_ = phase::next_step;
    return;
  }
  if (is_tolerated()) {
    deviation_ = true;
    record("deviation", expected, std::move(received), now);
    match_.reset();
    ++index_;
    phase_ = phase::next_step;
    return;
  }
  const auto weight = weight_of_unmet();
  if (match_ && match_->current().what == condition::kind::packet) instead_of_packet_ = received;
  const bool soft =
      settings_.what.force == level::may || (settings_.what.force == level::should && !settings_.strict);
  auto sentence = fmt::format("{}: expected {}; {}", place(), expected,
                              received.empty() ? "nothing came" : "received " + received);
  if (weight == verdict::fail && soft) {
    deviation_ = true;
    if (reason_.empty()) reason_ = std::move(sentence);
  } else {
    worsen(weight, std::move(sentence));
  }
  record("unmet", expected, std::move(received), now);
  match_.reset();
  links_.look_at_all(now);
  part_ = part::postamble;
  index_ = 0;
  begun_ = false;
  phase_ = phase::next_step;
}

void case_run::script_error(std::string why, time_point now) {
  record(part_ == part::postamble ? "skipped" : "unmet", current().text, why, now);
  match_.reset();
  if (part_ == part::postamble) {
    ++index_;
  } else {
    worsen(verdict::error, fmt::format("{}: {}", place(), why));
    part_ = part::postamble;
    index_ = 0;
    begun_ = false;
  }
  phase_ = phase::next_step;
}

void case_run::worsen(verdict to, std::string reason) {
  if (to <= outcome_) return;
  outcome_ = to;
  reason_ = std::move(reason);
}

/// What a monitor saw, where that is why the case fails: no step failed, or one that waited for another
/// packet got this one.
const finding* case_run::deciding_finding() const {
  const auto& found = links_.findings();
  if (found.empty() || outcome_ < verdict::fail) return found.empty() ? nullptr : &found.front();
  const auto at = std::find_if(found.begin(), found.end(),
                               [&](const finding& one) { return one.text == instead_of_packet_; });
  return at == found.end() ? nullptr : &*at;
}

case_result case_run::take_result(time_point now) {
  const test_case& what = settings_.what;
  if (const auto* editing = links_.editing(); editing != nullptr && !editing->error().empty())
    worsen(verdict::error, "the edit: " + editing->error());
  case_result out;
  out.clauses = what.clauses;
  out.specs = what.clause_specs;
  if (const finding* found = deciding_finding(); found != nullptr) {
    worsen(verdict::fail, found->clause.empty() ? found->text : found->clause + ": " + found->text);
    if (!found->clause.empty()) {
      out.specs = {std::string{settings_.all.spec_of(found->clause)}};
      out.clauses = {found->clause};
    }
  }
  out.id = what.id;
  out.group = what.group;
  out.objective = what.objective;
  out.level = level_names[static_cast<std::size_t>(what.force)];
  if (settings_.all.sources && what.mark.file != lang::source_mark::no_file)
    out.file = settings_.all.sources->path(what.mark.file);
  out.line = what.mark.line;
  out.profile = settings_.target.profile;
  out.outcome = outcome_;
  out.deviation = outcome_ == verdict::pass && deviation_;
  out.reason = reason_;
  if (out.deviation && out.reason.empty()) {
    const auto at = std::find_if(results_.begin(), results_.end(),
                                 [](const step_result& r) { return r.outcome == "deviation"; });
    if (at != results_.end())
      out.reason = fmt::format("{} step {}: not as it should: expected {}; received {}", at->part, at->number,
                               at->expected, at->received.empty() ? "nothing" : at->received);
  }
  out.steps = std::move(results_);
  out.findings = std::move(links_.findings());
  out.wire = std::move(links_.wire());
  out.ms = links_.ms_since_start(now);
  return out;
}

}  // namespace wanwu::conform
