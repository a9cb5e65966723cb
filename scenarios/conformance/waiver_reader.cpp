// waivers/v1 out of its file.
#include <algorithm>

#include "scenarios/conformance/load_suite.hpp"
#include "scenarios/language/fields.hpp"
#include "scenarios/language/taken.hpp"

namespace wanwu::conform {
namespace {

using lang::node;
namespace taken = lang::taken;

/// "2027-01-31".
bool is_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto number = [&](std::size_t at, std::size_t count) {
    int out = 0;
    for (std::size_t i = at; i < at + count; ++i) {
      if (text[i] < '0' || text[i] > '9') return -1;
      out = out * 10 + (text[i] - '0');
    }
    return out;
  };
  const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
  return year >= 2000 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

}  // namespace

waivers_loaded load_waivers(const std::string& path) {
  waivers_loaded out;
  const auto tree = lang::load_document(*out.sources, path, {lang::source_mark::no_file, 1, 1, 1}, out.found);
  if (!tree) return out;
  const node* wanwu = tree->is_map() ? tree->find("wanwu") : nullptr;
  if (wanwu == nullptr || wanwu->text != "waivers/v1") {
    out.found.error("E100", wanwu == nullptr ? tree->mark : wanwu->mark, "this is no file of waivers",
                    "it begins with wanwu: waivers/v1");
    return out;
  }
  lang::check_fields(*tree, lang::waivers_table(), out.found);
  const node* list = tree->find("waivers");
  if (list == nullptr || !list->is_list()) return out;
  for (const node& item : list->items) {
    if (!item.is_map()) continue;
    waiver one{taken::text(item, "case"), taken::text(item, "because"), taken::text(item, "issue"),
               taken::text(item, "until"), item.mark};
    if (const node* until = taken::text_at(item, "until"); until != nullptr && !is_day(until->text))
      out.found.error("E110", until->mark, "`" + until->text + "` is not a day", "such as 2027-01-31");
    const bool again = std::any_of(out.waivers.begin(), out.waivers.end(),
                                   [&](const waiver& w) { return w.case_id == one.case_id; });
    if (again) out.found.error("E141", item.mark, "`" + one.case_id + "` is waived twice");
    out.waivers.push_back(std::move(one));
  }
  out.found.sort();
  return out;
}

}  // namespace wanwu::conform
