#include "sim/conformance/hooks.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "tests/protocols/transport/free_port.hpp"

using namespace wanwu;
using namespace wanwu::conform;

namespace {

struct folder {
  std::filesystem::path path;
  folder() {
    auto name = (std::filesystem::temp_directory_path() / "wanwu-hooks-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() { std::filesystem::remove_all(path); }
  std::string read(const std::string& name) const {
    std::ifstream file{path / name};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
};

// It may be ended as soon as it listens, and has said by then where it is.
const std::string listens =
    "import os, socket, sys\n"
    "print('at', os.getcwd(), flush=True)\n"
    "s = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
    "while True: s.accept()\n";

bool is_up(const socket_address& at) {
  const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool up = ::connect(file, at.native(), at.native_size()) == 0;
  ::close(file);
  return up;
}

}  // namespace

TEST_CASE("A target is started in its folder, restarted, and gone in the end with all that it started") {
  const folder here;
  const auto at = testing::free_address();
  std::ofstream{here.path / "target.py"} << listens;
  {
    // The shell stands for a script that has children of its own.
    hook_commands commands;
    commands.start = {"sh", "-c", "python3 target.py " + std::to_string(at.port()) + " & wait"};
    commands.folder = here.path.string();
    target_hooks hooks{commands, {at}, (here.path / "log").string()};
    const auto up = hooks.start();
    INFO((up ? "" : up.error()));
    REQUIRE(up);
    CHECK(is_up(at));
    CHECK_FALSE(target_hooks{commands, {at}, ""}.start());  // somebody is there already
    REQUIRE(hooks.restart());
    CHECK(is_up(at));
  }
  CHECK_FALSE(is_up(at));
  const auto line = "at " + here.path.string() + "\n";
  CHECK(here.read("log") == line + line);
}

TEST_CASE("A command that fails, or does not exist, is told in a sentence") {
  const auto at = testing::free_address();
  const auto sentence = [&](std::vector<std::string> start) {
    hook_commands commands;
    commands.start = std::move(start);
    target_hooks hooks{commands, {at}, ""};
    return hooks.start().error();
  };
  CHECK(sentence({"false"}) == "false failed");
  CHECK(sentence({"no-such-program-here"}).starts_with("cannot run no-such-program-here"));
  CHECK(sentence({}) == "there is no start command");
}
