// Packet conversations with the target's core in virtual time.
#include "tests/sim/target/conversation.hpp"

#include <stdexcept>

#include "protocols/core/hex.hpp"
#include "protocols/mqtt/framing.hpp"

namespace wanwu::target {

namespace {

/// Replaces s'text' by its length in hex and 'text'.
std::string expand_strings(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != 's' || i + 1 >= text.size() || text[i + 1] != '\'') {
      if (text[i] == '\'') {
        const auto end = text.find('\'', i + 1);
        out += text.substr(i, end - i + 1);
        i = end;
      } else {
        out += text[i];
      }
      continue;
    }
    const auto end = text.find('\'', i + 2);
    const auto length = end - i - 2;
    char size[8];
    std::snprintf(size, sizeof size, "%04zx ", length);
    out += size;
    if (length != 0) out += text.substr(i + 1, length + 2);
    i = end;
  }
  return out;
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

bytes wire_bytes(std::string_view text) {
  // Several packets may stand in one line, separated by "|".
  bytes all;
  while (true) {
    const auto bar = text.find('|');
    std::string one = expand_strings(trim(text.substr(0, bar)));
    std::optional<bytes> raw;
    if (one.size() > 2 && one[2] == ':') {
      const auto body = parse_hex(std::string_view{one}.substr(3));
      if (!body) throw std::runtime_error{"broken line: " + one};
      const auto head = parse_hex(std::string_view{one}.substr(0, 2));
      all.push_back((*head)[0]);
      std::byte length[4];
      const auto* end = mqtt::write_variable(length, static_cast<std::uint32_t>(body->size()));
      all.insert(all.end(), static_cast<const std::byte*>(length), end);
      raw = body;
    } else {
      raw = parse_hex(one);
    }
    if (!raw) throw std::runtime_error{"broken line: " + one};
    all.insert(all.end(), raw->begin(), raw->end());
    if (bar == std::string_view::npos) return all;
    text.remove_prefix(bar + 1);
  }
}

conversation::conversation(const target_settings& settings) : core_{settings} {}

conversation::line_of& conversation::who(char name) {
  return lines_[name];
}

void conversation::collect() {
  outbox& box = core_.out(0);
  for (const auto& e : box.entries()) {
    line_of& line = lines_[static_cast<char>(e.to.link)];
    if (line.life != e.to.life) continue;
    if (e.kind == outbox::what::send) {
      const auto raw = box.bytes_of(e);
      line.heard.insert(line.heard.end(), raw.begin(), raw.end());
    } else {
      line.closed_by_target = true;
    }
  }
  box.clear();
  for (auto& [name, line] : lines_) {
    if (!line.open || !line.closed_by_target) continue;
    line.open = false;
    core_.ended(line.peer, now_);
    collect();
    return;
  }
}

void conversation::pass(duration time) {
  const auto end = now_ + time;
  while (true) {
    const auto next = core_.next_deadline();
    if (!next || *next > end) break;
    now_ = std::max(now_, *next);
    core_.advance(now_);
    collect();
  }
  now_ = end;
}

std::string conversation::step(std::string_view line) {
  if (line.starts_with("wait ")) {
    const auto amount = std::stol(std::string{line.substr(5)});
    pass(line.ends_with("ms") ? duration{std::chrono::milliseconds{amount}}
                              : duration{std::chrono::seconds{amount}});
    return {};
  }
  const char name = line[0];
  const char verb = line[1];
  line_of& me = who(name);
  const auto rest = trim(line.substr(2));
  if (verb == '>') {
    if (!me.open) {
      const auto life = me.life + 1;
      me = line_of{};
      me.life = life;
      me.open = true;
      me.peer = core_.opened(service::mqtt, 0, {static_cast<std::uint32_t>(name), life}, {}, now_);
    }
    core_.receive(me.peer, wire_bytes(rest), now_);
    collect();
    return {};
  }
  if (verb == '.') {
    if (me.open) core_.ended(me.peer, now_);
    me.open = false;
    collect();
    return {};
  }
  if (verb == '<') {
    const auto wanted = wire_bytes(rest);
    const auto have = bytes_view{me.heard}.first(std::min(wanted.size(), me.heard.size()));
    if (as_text(have) != as_text(wanted))
      return "heard " + to_hex(me.heard) + "\n      wanted " + to_hex(wanted);
    me.heard.erase(me.heard.begin(), me.heard.begin() + static_cast<std::ptrdiff_t>(wanted.size()));
    return {};
  }
  if (!me.heard.empty()) return "heard " + to_hex(me.heard) + "\n      wanted nothing";
  if (verb == '!' && me.open) return "is still connected";
  if (verb == '-' && !me.open) return "was disconnected";
  return {};
}

std::string conversation::play(std::string_view script) {
  for (int number = 1; !script.empty(); ++number) {
    const auto end = script.find('\n');
    auto line = script.substr(0, end);
    script = end == std::string_view::npos ? std::string_view{} : script.substr(end + 1);
    line = trim(line.substr(0, line.find(" # ")));
    if (line.empty()) continue;
    if (const auto wrong = step(line); !wrong.empty()) {
      return "line " + std::to_string(number) + " (" + std::string{line} + "): " + wrong;
    }
  }
  return {};
}

}  // namespace wanwu::target
