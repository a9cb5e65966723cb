#include "sim/conformance/stream_edit.hpp"

#include <algorithm>

#include "sim/conformance/condition_run.hpp"
#include "sim/conformance/mqtt_writing.hpp"

namespace wanwu::conform {

using kind = edit::kind;
using place = edit::place;

stream_edit::stream_edit(const edit& what, conversation& talk, case_scope& scope)
    : what_{what}, talk_{talk}, scope_{scope} {}

bool stream_edit::hit(const edit_selector& which, std::uint32_t& count, const arrival& in) {
  if (which.closing) {
    if (in.what != arrival::kind::closed) return false;
  } else if (in.what != arrival::kind::packet || !fits(which.pattern, *in.packet, in.elapsed, scope_)) {
    return false;
  }
  ++count;
  return which.nth == 0 || which.nth == count;
}

void stream_edit::take(arrival in, std::vector<arrival>& out) {
  const bool timed = what_.where == place::none || what_.where == place::at_step;
  switch (what_.what) {
    case kind::drop:
    case kind::hide:
      if (!hit(what_.which, count_, in)) break;
      took_place_ = true;
      return;
    case kind::change:
    case kind::corrupt:
    case kind::replace:
      if (hit(what_.which, count_, in)) return rewrite(std::move(in), out);
      break;
    case kind::repeat:
      if (!hit(what_.which, count_, in)) break;
      took_place_ = true;
      out.push_back(in);
      in.judged = false;
      in.made_up = true;
      break;
    case kind::swap:
      return swap(std::move(in), out);
    case kind::delay: {
      const bool chosen = hit(what_.which, count_, in);
      return delay(std::move(in), chosen, out);
    }
    case kind::inject:
    case kind::close: {
      if (timed || !hit(what_.which, count_, in)) break;
      const auto trigger = in.packet;
      const auto at = in.at;
      if (trigger) scope_.look_at(*trigger, in.elapsed);
      if (what_.where == place::after) out.push_back(std::move(in));
      make_up(at, out);
      if (what_.where == place::before) out.push_back(std::move(in));
      return scope_.look_away();
    }
  }
  out.push_back(std::move(in));
}

void stream_edit::make_up(time_point now, std::vector<arrival>& out) {
  took_place_ = true;
  if (what_.what == kind::close) {
    arrival end;
    end.what = arrival::kind::closed;
    end.text = "closed by the target";
    end.at = now;
    end.made_up = true;
    out.push_back(std::move(end));
    return;
  }
  auto raw = talk_.write(what_.message, scope_);
  if (!raw) {
    error_ = raw.error();
    return;
  }
  take_bytes(std::move(*raw), now, out);
}

/// Bytes of an edit, cut into packets as those of the target are.
void stream_edit::take_bytes(bytes raw, time_point at, std::vector<arrival>& out) {
  bytes_view rest{raw};
  while (!rest.empty()) {
    arrival one;
    one.at = at;
    one.made_up = true;
    auto found = talk_.next_packet(rest);
    if (found.what != cut::kind::packet) found.size = rest.size();  // broken on purpose: the reader judges
    one.packet = talk_.read(bytes{rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(found.size)});
    rest = rest.subspan(found.size);
    out.push_back(std::move(one));
  }
}

void stream_edit::rewrite(arrival in, std::vector<arrival>& out) {
  took_place_ = true;
  scope_.look_at(*in.packet, in.elapsed);
  auto raw = what_.what == kind::replace ? render_bytes(*what_.bytes, scope_)
                                         : talk_.change(*in.packet, what_.set, what_.wrong, scope_);
  scope_.look_away();
  if (!raw) {
    error_ = raw.error();
    return out.push_back(std::move(in));
  }
  take_bytes(std::move(*raw), in.at, out);
}

void stream_edit::swap(arrival in, std::vector<arrival>& out) {
  const bool is_first = hit(what_.which, count_, in);
  const bool is_other = hit(what_.other, other_count_, in) && !is_first;
  if (swapped_ || (!is_first && !is_other)) {
    if (in.what == arrival::kind::closed && first_of_two_) {  // the second never came
      out.push_back(std::move(*first_of_two_));
      first_of_two_.reset();
    }
    return out.push_back(std::move(in));
  }
  if (!first_of_two_) {
    took_place_ = true;  // what comes before the other is out of order already
    first_was_other_ = is_other;
    first_of_two_ = std::move(in);
    return;
  }
  if (is_other == first_was_other_) return out.push_back(std::move(in));
  swapped_ = true;
  auto late = std::move(*first_of_two_);
  first_of_two_.reset();
  late.at = in.at;
  late.elapsed = in.elapsed;
  out.push_back(std::move(in));
  out.push_back(std::move(late));
}

void stream_edit::delay(arrival in, bool chosen, std::vector<arrival>& out) {
  const bool ends = in.what == arrival::kind::closed;
  if (!chosen && !(ends && !held_.empty())) return out.push_back(std::move(in));
  auto until = in.at;
  if (chosen) {
    took_place_ = true;
    const auto by = scope_.evaluate(what_.by);
    if (!by) error_ = "`by` is no length of time";
    until += by.value_or(duration{});
  }
  if (!held_.empty()) until = std::max(until, held_.back().until);
  held_.push_back({until, std::move(in)});
}

void stream_edit::advance(time_point now, std::vector<arrival>& out) {
  while (!held_.empty() && held_.front().until <= now) {
    auto& first = held_.front();
    first.what.elapsed += first.until - first.what.at;
    first.what.at = first.until;
    out.push_back(std::move(first.what));
    held_.pop_front();
  }
}

std::optional<time_point> stream_edit::deadline() const {
  if (held_.empty()) return std::nullopt;
  return held_.front().until;
}

void stream_edit::step_begins(std::uint32_t number, bool link_up, time_point now, std::vector<arrival>& out) {
  const bool adds = what_.what == kind::inject || what_.what == kind::close;
  if (!adds || what_.where != place::at_step || what_.at_step != number) return;
  owed_ = !link_up;
  if (link_up) make_up(now, out);
}

void stream_edit::verify_begins(bool link_up, time_point now, std::vector<arrival>& out) {
  const bool adds = what_.what == kind::inject || what_.what == kind::close;
  const bool first = what_.where == place::none || (what_.where == place::at_step && what_.at_step == 0);
  if (!adds || !first || done_once_ || !link_up) return;
  done_once_ = true;
  make_up(now, out);
}

void stream_edit::connection_begins(time_point now, std::vector<arrival>& out) {
  held_.clear();
  first_of_two_.reset();
  if (!owed_) return;
  owed_ = false;
  make_up(now, out);
}

}  // namespace wanwu::conform
