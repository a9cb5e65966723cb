#include "sim/cli/suite_target.hpp"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>

#include <sys/socket.h>
#include <unistd.h>

#include "scenarios/language/json_view.hpp"
#include "sim/cli/embedded_profiles.hpp"
#include "sim/conformance/hooks.hpp"

namespace wanwu::cli {

namespace {

using access_result = tl::expected<conform::target_access, std::string>;
using json_pairs = std::deque<std::pair<std::string, std::string>>;  ///< Texts stay where they are.

tl::unexpected<std::string> refuse(std::string why) {
  return tl::unexpected{std::move(why)};
}

suite_configuration embedded_one(const embedded_profile& how) {
  const auto running = std::make_shared<std::optional<embedded_configuration>>();
  return {how.name,
          [running, &how](const std::string&) -> access_result {
            auto made = embedded_configuration::start(how);
            if (!made) return refuse(made.error());
            running->emplace(std::move(*made));
            return (*running)->access();
          },
          [running] { return *running && (*running)->restart(); },
          [running] { running->reset(); },
          true,
          ""};
}

/// The address behind a URL, when `limits` allows it.
tl::expected<socket_address, std::string> allowed_address(const lang::url& url,
                                                          const lang::limits_spec& limits) {
  const auto found = resolve(url.host, url.port);
  if (!found || found->empty())
    return refuse("cannot resolve " + url.host + (found ? "" : ": " + found.error().text));
  const auto& first = found->front();
  if (!lang::allows(limits, first.raw())) {
    return refuse(url.host + " is " + first.text() +
                  ", which limits.allow of the target file does not cover; without it only this machine "
                  "(127.0.0.0/8, ::1) is allowed");
  }
  return first;
}

/// The host as an HTTP request names it, and the path; that of a URL without one is "/".
conform::websocket_place websocket_place_of(const lang::url& url, const socket_address& at) {
  const auto authority = lang::to_text({url.scheme, url.host, url.port, ""});
  return {at, authority.substr(url.scheme.size() + 3), url.path.empty() ? "/" : url.path};
}

/// A port that nobody has at this moment.
std::string free_port() {
  const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (file < 0) return "";
  const auto any = socket_address::from_v4(0x7F000001, 0);
  sockaddr_storage got{};
  socklen_t size = sizeof got;
  const bool bound = ::bind(file, any.native(), any.native_size()) == 0 &&
                     ::getsockname(file, reinterpret_cast<sockaddr*>(&got), &size) == 0;
  ::close(file);
  if (!bound) return "";
  return std::to_string(socket_address::from_native(reinterpret_cast<const sockaddr*>(&got)).port());
}

void add_capabilities(json_pairs& into, const std::shared_ptr<const lang::node>& from) {
  if (!from) return;
  for (const auto& m : from->members) {
    const auto known =
        std::find_if(into.begin(), into.end(), [&](const auto& pair) { return pair.first == m.key; });
    if (known != into.end())
      known->second = lang::to_json(m.value);
    else
      into.emplace_back(m.key, lang::to_json(m.value));
  }
}

bool has_free_port(const lang::profile_spec& of) {
  return of.mqtt.text.find("${port}") != std::string::npos;
}

/// Whether it is up at an address where no other configuration of the file is.
bool has_own_address(const lang::profile_spec& of, const lang::target_file& file) {
  if (of.mqtt.empty()) return false;
  const auto same = [&](const lang::profile_spec& other) { return other.mqtt.text == of.mqtt.text; };
  return has_free_port(of) || std::count_if(file.profiles.begin(), file.profiles.end(), same) == 1;
}

/// One configuration of a target file: a profile, or the file without profiles.
class described_configuration {
 public:
  described_configuration(std::shared_ptr<const lang::target_file> file, lang::profile_spec profile,
                          bool hooks)
      : file_{std::move(file)}, profile_{std::move(profile)}, hooks_wanted_{hooks} {
    if (!profile_.hooks.any()) profile_.hooks = file_->hooks;
    add_capabilities(capabilities_, file_->capabilities);
    add_capabilities(capabilities_, profile_.capabilities);
    std::error_code none;
    with_.wanwu = std::filesystem::read_symlink("/proc/self/exe", none).string();
  }

  const std::string& name() const noexcept { return profile_.name; }
  const json_pairs& capabilities() const noexcept { return capabilities_; }
  bool can_restart() const noexcept { return hooks_wanted_ && profile_.hooks.any(); }
  std::string hint() const {
    return profile_.hooks.any() && !hooks_wanted_ ? "its file has commands that start it: --hooks" : "";
  }
  bool is_apart() const { return can_restart() && has_own_address(profile_, *file_); }

  access_result start(const std::string& log) {
    with_.port = free_port();
    for (int tries = 0; tries < 16 && (tries == 0 || with_.websocket_port == with_.port); ++tries)
      with_.websocket_port = free_port();
    if (with_.port.empty() || with_.websocket_port.empty() || with_.port == with_.websocket_port)
      return refuse("no two ports of 127.0.0.1 are free for it");
    const auto url = lang::mqtt_of(profile_, *file_, with_);
    if (!url) return refuse("the target has no MQTT endpoint");
    const auto address = allowed_address(*url, file_->limits);
    if (!address) return refuse(address.error());
    std::vector<socket_address> addresses{*address};
    conform::target_access out;
    out.mqtt = *address;
    if (const auto framed = lang::websocket_of(profile_, *file_, with_)) {
      const auto at = allowed_address(*framed, file_->limits);
      if (!at) return refuse(at.error());
      addresses.push_back(*at);
      out.websocket = websocket_place_of(*framed, *at);
    }
    if (can_restart()) {
      hooks_.emplace(commands(), addresses, log);
      if (const auto up = bring_up(); !up) return refuse(up.error());
    }
    out.profile = profile_.name;
    for (const auto& [key, json] : capabilities_) out.capabilities.emplace_back(key, lang::json_value(json));
    if (const auto problem = read_login(out); !problem.empty()) return refuse(problem);
    return out;
  }

  bool restart() { return hooks_ && hooks_->restart().has_value(); }
  void stop() { hooks_.reset(); }

 private:
  conform::hook_commands commands() const {
    return {lang::filled(profile_.hooks.start, *file_, with_),
            lang::filled(profile_.hooks.stop, *file_, with_),
            lang::filled(profile_.hooks.restart, *file_, with_),
            std::filesystem::path{file_->path}.parent_path().string()};
  }

  /// A file with nothing but `restart` describes a target that is up already.
  conform::target_hooks::done bring_up() {
    if (profile_.hooks.start.empty()) return {};
    return hooks_->start();
  }

  std::string read_login(conform::target_access& out) const {
    const bool own = !profile_.user.empty();
    if (!own && !file_->mqtt) return "";
    const auto& user = own ? profile_.user : file_->mqtt->user;
    const auto& password = own ? profile_.password : file_->mqtt->password;
    if (!user.empty()) out.user = lang::filled({user}, *file_, with_).front();
    if (!password.given()) return "";
    const auto secret = lang::resolve_secret(password);
    if (!secret) return "the password cannot be read: " + password.name;
    out.password = *secret;
    return "";
  }

  std::shared_ptr<const lang::target_file> file_;
  lang::profile_spec profile_;
  bool hooks_wanted_;
  json_pairs capabilities_;
  lang::hook_values with_;
  std::optional<conform::target_hooks> hooks_;
};

suite_configuration described_one(std::shared_ptr<described_configuration> one) {
  suite_configuration out{one->name(),
                          [one](const std::string& log) { return one->start(log); },
                          {},
                          [one] { one->stop(); },
                          one->is_apart(),
                          one->hint()};
  if (one->can_restart()) out.restart = [one] { return one->restart(); };
  return out;
}

void remember(suite_target& in, const std::string& name, const std::string& json) {
  if (std::find(in.names.begin(), in.names.end(), name) != in.names.end()) return;
  in.names.push_back(name);
  in.capabilities.emplace_back(name, json);
}

/// Whether this configuration exists only while its commands run it.
bool needs_hooks(const lang::profile_spec& of, const lang::target_file& file) {
  return has_free_port(of) && (of.hooks.any() || file.hooks.any());
}

}  // namespace

suite_target embedded_suite_target() {
  suite_target out;
  out.name = "embedded";
  out.names = embedded_capability_names();
  for (const auto& profile : embedded_profiles()) out.configurations.push_back(embedded_one(profile));
  return out;
}

tl::expected<suite_target, std::string> suite_target_at(const std::string& text) {
  const auto url = lang::parse_url(text);
  if (!url || url->scheme != "mqtt") return refuse("'" + text + "' is no URL such as mqtt://127.0.0.1:1883");
  const auto address = allowed_address(*url, {});
  if (!address) return refuse(address.error());
  suite_target out;
  out.name = lang::to_text(*url);
  // Nobody said which versions it speaks; so it is asked all of them.
  static constexpr std::string_view protocols = R"(["mqtt-3.1.1","mqtt-5.0"])";
  remember(out, "protocols", std::string{protocols});
  out.configurations.push_back({"default",
                                [at = *address](const std::string&) -> access_result {
                                  conform::target_access access;
                                  access.mqtt = at;
                                  access.capabilities.emplace_back("protocols", lang::value::json(protocols));
                                  return access;
                                },
                                {},
                                [] {},
                                false,
                                ""});
  return out;
}

tl::expected<suite_target, std::string> suite_target_of(std::shared_ptr<const lang::target_file> file,
                                                        bool hooks) {
  suite_target out;
  out.name = file->name;
  auto profiles = file->profiles;
  if (profiles.empty()) {
    lang::profile_spec plain;
    plain.name = "default";
    profiles.push_back(plain);
  }
  for (const auto& profile : profiles) {
    if (!hooks && needs_hooks(profile, *file)) {
      return refuse("configuration '" + profile.name + "' of " + file->path +
                    " is started by a command; say --hooks to let the file run programs");
    }
    auto one = std::make_shared<described_configuration>(file, profile, hooks);
    for (const auto& [name, json] : one->capabilities()) remember(out, name, json);
    out.configurations.push_back(described_one(std::move(one)));
  }
  return out;
}

tl::expected<void, std::string> choose_configurations(suite_target& of,
                                                      const std::vector<std::string>& names) {
  const auto has = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  std::vector<std::string> known;
  for (const auto& one : of.configurations) known.push_back(one.name);
  for (const auto& name : names) {
    if (has(known, name)) continue;
    std::string all;
    for (const auto& one : known) all += (all.empty() ? "" : ", ") + one;
    return refuse("the target has no configuration '" + name + "'; it has " + all);
  }
  if (!names.empty())
    std::erase_if(of.configurations, [&](const auto& one) { return !has(names, one.name); });
  return {};
}

}  // namespace wanwu::cli
