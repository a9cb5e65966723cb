// The steps of loading, shared by load.cpp and the readers of each kind of file.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "scenarios/language/load.hpp"

namespace wanwu::lang {

/// A path written in a file, resolved against `folder` and refused when it leaves it (.., absolute, symbolic
/// link) or is no file. `code` and `what` name the mistake when it does not exist.
std::optional<std::string> resolve_inside(const std::string& folder, const std::string& written,
                                          const source_mark& mark, std::string_view code,
                                          std::string_view what, diagnostics& found);

/// Refuses literals under password, key, token, bearer anywhere but in bodies, columns and tags.
void check_secrets(const node& tree, diagnostics& found);

/// The tree of a target/v1 as struct. Templates are checked for grammar; names only when `standalone`.
std::shared_ptr<target_file> read_target(const node& tree, const std::string& path, bool standalone,
                                         diagnostics& found);
/// One operations map into `out` (target_forms.cpp). `formats` may be nullptr.
void read_operations(const node& tree, const node* formats, operations& out, diagnostics& found);
/// `hooks` and `profiles` of a target file (target_hooks.cpp); vars and limits are there already.
void read_hooks(const node& tree, target_file& out, diagnostics& found);
/// `{ env: NAME }` or `{ file: PATH }` under `key`; `path` is the file it stands in.
secret_source read_secret(const node* holder, std::string_view key, const std::string& path);
/// Checks all templates of a target against names; each mistake once. `only` limits to one protocol.
void check_templates(const target_file& target, const name_resolver& names, std::optional<protocol> only,
                     diagnostics& found);
/// Refuses schemes that do not work yet and addresses that are not allowed.
void check_endpoint(std::string_view scheme, const std::string& text, const source_mark& mark,
                    const limits_spec& limits, url& out, diagnostics& found);

/// The tree of a scenario/v1 as struct; `target` may be nullptr when it was broken.
void read_scenario(const node& tree, scenario& out, const load_options& options, diagnostics& found);
/// Populations of one map into `out` (population_reader.cpp).
void read_populations(const node& tree, std::string_view sector, scenario& out, diagnostics& found);
/// `faults` (fault_reader.cpp), and whether each can act on those it is about.
void read_faults(const node& tree, scenario& out);
void check_faults(scenario& s, diagnostics& found);
/// Everything that needs more than one place to judge: models, names, operations, thresholds
/// (scenario_check.cpp).
void check_scenario(scenario& s, const load_options& options, diagnostics& found);

/// "2026-11-22T17:00:00+01:00" as ns since 1970 UTC and the offset in seconds.
struct instant {
  std::int64_t ns = 0;
  std::int32_t utc_offset_s = 0;
};
std::optional<instant> parse_instant(std::string_view text);

/// A resolver that knows `inner`'s names, takes `thing.x` for any x, and, when `all`, any name at all.
class open_names final : public name_resolver {
 public:
  open_names(const name_resolver& inner, bool all) : inner_{inner}, all_{all} {}
  bool resolve(std::string_view name, resolved_name& out) const override {
    if (inner_.resolve(name, out)) return true;
    if (!all_ && !name.starts_with("thing.")) return false;
    out = {};
    return true;
  }
  std::vector<std::string_view> names() const override { return inner_.names(); }

 private:
  const name_resolver& inner_;
  bool all_;
};

}  // namespace wanwu::lang
