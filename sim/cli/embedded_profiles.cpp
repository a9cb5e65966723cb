#include "sim/cli/embedded_profiles.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <unistd.h>

namespace wanwu::cli {

namespace {

constexpr std::uint64_t connections = 8192;
constexpr const char* any_port = "127.0.0.1:0";

/// A secret goes to the child by a file that only we can read and that is gone once it has been read.
class password_file {
 public:
  explicit password_file(const std::string& password) {
    path_ = (std::filesystem::temp_directory_path() / "wanwu-XXXXXX").string();
    const int file = ::mkstemp(path_.data());
    if (file < 0) {
      path_.clear();
      return;
    }
    const auto line = password + "\n";
    if (::write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size())) path_.clear();
    ::close(file);
  }
  password_file(const password_file&) = delete;
  password_file& operator=(const password_file&) = delete;
  ~password_file() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

tl::expected<embedded_process, std::string> launch(const embedded_profile& how, const std::string& address,
                                                   const std::string& websocket) {
  auto arguments = how.arguments;
  arguments.insert(arguments.end(), {"--websocket", websocket});
  if (how.user.empty()) return embedded_process::start(connections, arguments, address);
  const password_file secret{how.password};
  arguments.insert(arguments.end(), {"--user", how.user, "--password-file", secret.path()});
  return embedded_process::start(connections, arguments, address);
}

}  // namespace

const std::vector<embedded_profile>& embedded_profiles() {
  static const std::vector<embedded_profile> all = [] {
    const std::pair<std::string, lang::value> protocols{"protocols",
                                                        lang::value::json(R"(["mqtt-3.1.1","mqtt-5.0"])")};
    std::vector<embedded_profile> out{
        {"default", {}, {}, {}, {}},
        {"max-qos-0", {"--max-qos", "0", "--topic-alias-maximum", "0"}, {}, {}, {}},
        {"retain-off", {"--no-retain"}, {}, {}, {}},
        {"deny-list",
         {"--deny", "denied/#", "--retained", "2000"},
         {},
         {},
         {{"deny_topic", lang::value::of("denied/topic")}, {"retained_max", lang::value::json("2000")}}},
        {"authentication",
         {"--auth-method", "REVERSE"},
         "tester",
         "only for tests",
         {{"auth_method", lang::value::of("REVERSE")}}},
        {"small-limits",
         {"--receive-maximum", "2", "--topic-alias-maximum", "2", "--max-packet", "1024",
          "--server-keep-alive", "5", "--no-wildcard", "--no-shared", "--no-subscription-ids",
          "--no-empty-client-id"},
         {},
         {},
         {{"empty_client_id", lang::value::of(false)}}},
    };
    for (auto& one : out) one.capabilities.push_back(protocols);
    return out;
  }();
  return all;
}

std::vector<std::string> embedded_capability_names() {
  std::vector<std::string> out;
  for (const auto& profile : embedded_profiles()) {
    for (const auto& [name, value] : profile.capabilities) {
      if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
    }
  }
  return out;
}

tl::expected<embedded_configuration, std::string> embedded_configuration::start(const embedded_profile& how) {
  auto process = launch(how, any_port, any_port);
  if (!process) return tl::unexpected{process.error()};
  if (!parse_address(process->address("mqtt")) || !parse_address(process->address("websocket")))
    return tl::unexpected{std::string{"the embedded target has no address"}};
  return embedded_configuration{how, std::move(*process)};
}

embedded_configuration::embedded_configuration(const embedded_profile& how, embedded_process process)
    : how_{&how}, process_{std::move(process)} {
  access_.mqtt = *parse_address(process_.address("mqtt"));
  const auto websocket = process_.address("websocket");
  access_.websocket = {*parse_address(websocket), websocket, "/mqtt"};
  access_.user = how.user;
  access_.password = how.password;
  access_.profile = how.name;
  access_.capabilities = how.capabilities;
}

bool embedded_configuration::restart() {
  { const auto ended = std::move(process_); }
  auto again = launch(*how_, access_.mqtt.text(), access_.websocket->host);
  if (!again) return false;
  process_ = std::move(*again);
  return true;
}

}  // namespace wanwu::cli
