// "did you mean": the nearest of some words by edit distance.
#include <algorithm>

#include "scenarios/language/diagnostics.hpp"

namespace wanwu::lang {
namespace {

constexpr std::size_t word_max = 64;  // longer ones are not typing mistakes, and the cost is quadratic

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Insert, remove, replace, or swap of two neighbours, each at cost 1; case is free.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost});
      const bool swapped =
          i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) current[j] = std::min(current[j], before[j - 2] + 1);
    }
    before.swap(previous);
    previous.swap(current);
  }
  return previous[b.size()];
}

}  // namespace

std::string_view did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > word_max) return {};
  std::string_view best;
  // One letter in three may be wrong; in words of one or two letters none, as anything is near to them.
  std::size_t best_distance = word.size() < 3 ? 1 : word.size() / 3 + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t longer = std::max(candidate.size(), word.size());
    if (longer - std::min(candidate.size(), word.size()) >= best_distance || longer > word_max) continue;
    const std::size_t d = distance(word, candidate);
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates,
                       std::size_t shown) {
  if (const auto near = did_you_mean(word, candidates); !near.empty())
    return "did you mean `" + std::string{near} + "`?";
  if (candidates.empty()) return {};
  std::string out = "one of:";
  for (std::size_t i = 0; i < candidates.size() && i < shown; ++i) out += " " + std::string{candidates[i]};
  if (candidates.size() > shown) out += " …";
  return out;
}

}  // namespace wanwu::lang
