#include "tests/sim/conformance/stage.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <unistd.h>

#include "protocols/core/hex.hpp"

namespace wanwu::conform {

namespace {

constexpr std::string_view head = R"(wanwu: suite/v1
id: stage
title: On a stage
specs: { RULES: { title: The rules of the stage } }
timers: { T_answer: 2 s, T_quiet: 400 ms }
roles:
  tester: { link: mqtt-raw }
  second: { link: mqtt-raw }
  old: { link: mqtt-raw, version: "3.1.1" }
  ws: { link: mqtt-raw, over: websocket }
  a: { link: mqtt }
  b: { link: mqtt }
cases:
)";

bytes bytes_of(const std::string& text) {
  bytes out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\'') {
      const auto end = text.find('\'', at + 1);
      const auto part = as_bytes(std::string_view{text}.substr(at + 1, end - at - 1));
      out.insert(out.end(), part.begin(), part.end());
      at = end + 1;
      continue;
    }
    const auto end = std::min(text.find('\'', at), text.size());
    const auto part = parse_hex(text.substr(at, end - at));
    if (!part) throw std::invalid_argument{text};
    out.insert(out.end(), part->begin(), part->end());
    at = end;
  }
  return out;
}

}  // namespace

suite_loaded suite_of(const std::string& cases) {
  auto path = (std::filesystem::temp_directory_path() / "wanwu-stage-XXXXXX").string();
  ::close(::mkstemp(path.data()));
  const auto file = path + ".suite.yaml";
  std::ofstream{file} << head << cases;
  auto loaded = load_suite(file, {"speed"});
  std::filesystem::remove(file);
  std::filesystem::remove(path);
  if (loaded.loaded == nullptr)
    throw std::invalid_argument{
        lang::format_diagnostics(loaded.found, *loaded.sources, lang::diagnostic_format::human)};
  return loaded;
}

stage::stage(const std::string& cases) : loaded_{suite_of(cases)} {
  target_.websocket = {{}, "stage:80", "/mqtt"};
}

stage& stage::on(std::string begins, std::vector<answer> then, std::string role, int times) {
  rules_.push_back({std::move(begins), std::move(then), std::move(role), times});
  return *this;
}

stage& stage::usual() {
  on("10", {{"20 02 00 00"}}, "old");
  on("10", {{"20 03 00 00 00"}});
  on("c0", {{"d0 00"}});
  return *this;
}

bool stage::react(std::uint16_t role, std::string_view begins) {
  for (rule& one : live_) {
    const bool fits = begins == "upgrade" ? one.begins == begins : begins.starts_with(one.begins);
    if (one.times == 0 || !fits) continue;
    if (!one.role.empty() && one.role != name_of(role)) continue;
    --one.times;
    for (const answer& each : one.then)
      due_.push_back({now_ + each.after, order_++, role, lives_[role], each.what});
    return true;
  }
  return false;
}

void stage::open(std::uint16_t role) {
  ++lives_[role];
  const bool refused = std::any_of(live_.begin(), live_.end(), [&](const rule& one) {
    return one.begins == "open" && !one.then.empty() && one.then.front().what == "refuse";
  });
  due_.push_back({now_, order_++, role, lives_[role], refused ? "refuse" : "opened"});
  sockets_[role].reset();
  if (all().roles[role].over == link_carrier::websocket)
    sockets_[role] = std::make_unique<websocket::server>("mqtt");
  if (!refused) react(role, "open");
}

void stage::hear_frames(std::uint16_t role, bytes_view raw) {
  auto& socket = *sockets_[role];
  if (!socket.is_open() && as_text(raw).starts_with("GET ")) sent += name_of(role) + " asks for an upgrade\n";
  byte_writer carried, answers;
  const bool was_open = socket.is_open();
  const bool goes_on = socket.receive(raw, carried, answers);
  const bool other = !was_open && react(role, "upgrade");
  if (!answers.empty() && !other)
    due_.push_back({now_, order_++, role, lives_[role], "raw " + to_hex(answers.view())});
  if (!carried.empty()) {
    sent += name_of(role) + " " + to_hex(carried.view()) + "\n";
    react(role, to_hex(carried.view()));
  }
  if (!goes_on && was_open) due_.push_back({now_, order_++, role, lives_[role], "close"});
}

void stage::send(std::uint16_t role, bytes_view raw) {
  if (sockets_[role]) return hear_frames(role, raw);
  sent += name_of(role) + " " + to_hex(raw) + "\n";
  react(role, to_hex(raw));
}

void stage::close(std::uint16_t role, closing how) {
  ++lives_[role];
  sent += name_of(role) + (how == closing::clean ? " closed\n" : " reset\n");
}

void stage::deliver(const due& one) {
  if (one.life != lives_[one.role]) return;
  auto& links = run_->links();
  if (one.what == "opened") return links.opened(one.role, now_);
  if (one.what == "refuse") return links.failed(one.role, "refused", now_);
  if (one.what == "close") return links.ended(one.role, "closed by the target", now_);
  if (one.what == "reset") return links.failed(one.role, "reset", now_);
  if (one.what.starts_with("raw ")) return links.received(one.role, bytes_of(one.what.substr(4)), now_);
  if (!sockets_[one.role]) return links.received(one.role, bytes_of(one.what), now_);
  byte_writer framed;
  websocket::server::send(bytes_of(one.what), framed);
  links.received(one.role, framed.view(), now_);
}

case_result stage::play(std::size_t index, const edit* mutation) {
  live_ = rules_;
  due_.clear();
  sent.clear();
  lives_.assign(all().roles.size(), 0);
  sockets_.clear();
  sockets_.resize(all().roles.size());
  const auto start = now_;
  const case_settings settings{all(),      all().cases.at(index), target_, mqtt_dialect(),
                               announced_, "abcdefghij",          strict_, mutation};
  run_ = std::make_unique<case_run>(settings, *this, now_);
  run_->advance(now_);
  for (int turns = 0; !run_->done(); ++turns) {
    if (turns > 100'000 || now_ - start > std::chrono::minutes{10})
      throw std::logic_error{"the case never ends"};
    const auto next = std::min_element(due_.begin(), due_.end(), [](const due& x, const due& y) {
      return std::pair{x.at, x.order} < std::pair{y.at, y.order};
    });
    const auto deadline = run_->deadline();
    if (next == due_.end() && !deadline) throw std::logic_error{"nothing will ever happen"};
    if (lag_ > duration{}) run_->note_lag(lag_);
    if (next != due_.end() && (!deadline || next->at <= *deadline)) {
      now_ = std::max(now_, next->at);
      const auto one = *next;
      due_.erase(next);
      deliver(one);
    } else {
      now_ = std::max(now_, *deadline);
    }
    run_->advance(now_);
  }
  took = now_ - start;
  unreliable = run_->unreliable();
  edit_took_place = run_->edit_took_place();
  auto result = run_->take_result(now_);
  run_.reset();
  return result;
}

}  // namespace wanwu::conform
