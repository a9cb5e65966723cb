#include "sim/conformance/target_check.hpp"

#include <algorithm>
#include <functional>

#include "sim/conformance/limits.hpp"

namespace wanwu::conform {

namespace {

suite one_client(std::uint8_t version) {
  suite out;
  out.timers = {{"T_answer", limits::alive_within}};
  out.roles.push_back({"check", link_kind::mqtt, version});
  auto& only = out.cases.emplace_back();
  only.names = std::make_shared<lang::slot_table>(false);
  step open;
  open.what = step::kind::open;
  open.connects = true;
  only.preamble.push_back(open);
  return out;
}

bool says_available(std::string_view name) {
  return name.ends_with("_available");
}

}  // namespace

target_check::target_check(link_board& board, const target_access& target, std::uint8_t version,
                           std::string client_id, time_point now)
    : all_{one_client(version)}, target_{target}, seat_{board, 1} {
  target_.capabilities.clear();
  const case_settings settings{all_, all_.cases[0], target_, mqtt_dialect(), nothing_, std::move(client_id)};
  run_ = std::make_unique<case_run>(settings, seat_, now);
  seat_.run = run_.get();
  run_->advance(now);
}

void target_check::advance(time_point now) {
  seat_.touched = false;
  run_->advance(now);
  for (const wire_event& event : run_->links().wire()) {
    opened_ = opened_ || event.what == wire_event::kind::opened;
    heard_ = heard_ || event.what == wire_event::kind::received;
    closed_ = closed_ || event.what == wire_event::kind::closed_by_target;
  }
  if (run_->done()) why_ = run_->take_result(now).reason;
}

liveliness target_check::found() const {
  return heard_ ? liveliness::answers : opened_ ? liveliness::connects : liveliness::silent;
}

bool target_check::accepted() const {
  const auto& answer = run_->greeting();
  return answer != nullptr && answer->readable() && !answer->refusal();
}

bool target_check::refused_version() const {
  return run_->greeting() != nullptr && mqtt_dialect().refuses_version(*run_->greeting());
}

announcements target_check::announced() const {
  const auto& words = mqtt_dialect().words();
  const auto fields = words.field_names();
  announcements out;
  for (const auto& each : words.announcements()) {
    lang::value now;
    if (accepted()) {
      for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i] == each.name) now = run_->greeting()->field(i);
      }
    }
    if (now.is_null() && each.has_default) now = lang::value::of(each.otherwise);
    // On the wire a byte of 0 or 1, in a suite's sentences a truth.
    if (says_available(each.name) && now.is_numeric()) now = lang::value::of(now.integer() != 0);
    out.emplace_back(each.name, now);
  }
  return out;
}

discovery discover(link_board& board, const target_access& target, std::vector<std::uint8_t> versions) {
  discovery out;
  bool accepted = false;
  std::sort(versions.begin(), versions.end(), std::greater<>{});
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const auto version = versions[i];
    auto now = std::chrono::time_point_cast<duration>(std::chrono::steady_clock::now());
    target_check client{board, target, version, "wanwu-hello", now};
    while (!client.done()) {
      now = board.wait(client.deadline().value_or(now + limits::heartbeat));
      client.advance(now);
    }
    if (i == 0 || (client.accepted() && !accepted)) {
      out.announced = client.announced();
      out.version = version;
    }
    accepted = accepted || client.accepted();
    if (client.refused_version()) out.refused.push_back(version);
    out.found = std::max(out.found, client.found());
    out.why = client.why();
    if (out.found == liveliness::silent) break;
    // One that is refused or sent away may want the older version.
    const bool sent_away = client.found() == liveliness::answers || client.closed();
    if (!accepted && sent_away && i + 1 == versions.size() && version != 4) versions.push_back(4);
  }
  return out;
}

}  // namespace wanwu::conform
