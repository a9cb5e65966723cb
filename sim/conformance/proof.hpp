// The proof that cases can fail, and do not fail where the standard leaves the choice: each case is played as
// it is and with each of its edits.
#pragma once

#include <string>
#include <vector>

#include "sim/conformance/suite_run.hpp"

namespace wanwu::conform {

/// What came of one edit.
struct edit_proof {
  /// proven: a mutant was noticed in the body, or a benign edit changed no verdict.
  enum class outcome : std::uint8_t {
    proven,
    unnoticed,         ///< A mutant, and the case still passed.
    wrong_place,       ///< A mutant that only broke what is no demand of the body.
    never_took_place,  ///< Nothing that it edits ever came.
    refused_choice     ///< A benign edit, and the case failed.
  };
  std::string text, where, reason;  ///< `reason`: what the case said.
  std::string profile;              ///< Of the target where it came to that.
  bool benign = false;
  outcome what{};
  std::uint32_t tries = 1;  ///< Until it came to that.
};

struct case_proof {
  std::size_t test_case{};  ///< Index into suite::cases.
  std::string profile;      ///< Of the target where it came to `clean`; "" = it applies in none.
  verdict clean = verdict::not_applicable;
  bool clean_deviated = false;
  std::uint32_t clean_tries = 1;
  std::string clean_reason;
  std::vector<edit_proof> edits;  ///< Mutants, then benign ones, as the case has them.
  bool holds() const noexcept;
};

struct clause_score {
  std::string spec, clause;
  std::uint32_t mutants{}, proven{};
};

/// Of one configuration of a target, until those of others are added.
class proof {
 public:
  proof(const suite& all, std::vector<std::size_t> selected);
  /// Plays all that applies. What is not proven is tried again, since in a busy moment of the target an
  /// edited packet may not come. `jobs`, `seed` and `stop` of the options count. Once only.
  void run(const target_access& target, const suite_run_options& options);
  /// Takes in what another configuration showed of the same cases. A mutant counts when one noticed it and
  /// none overlooked it; that what it edits came in some of them is enough. A choice must be left in all.
  void add(const proof& elsewhere);

  const std::vector<case_proof>& cases() const noexcept { return cases_; }
  bool holds() const noexcept;
  /// Mutants, and how many were noticed; of a case that was never played all of its own count as missed.
  clause_score total() const;
  std::vector<clause_score> by_clause() const;

 private:
  struct planned {
    std::size_t row{};
    int edit = -1;  ///< Into case_proof::edits; -1 = as it is.
  };
  const edit& edit_of(const planned& what) const;
  bool is_benign(const planned& what) const;
  std::vector<planned> first_plan() const;
  std::vector<planned> again(const std::string& profile) const;
  void play(const std::vector<planned>& plan, const target_access& target, const suite_run_options& options,
            std::uint32_t tries);
  const test_case& case_of(const planned& what) const { return all_.cases[cases_[what.row].test_case]; }

  const suite& all_;
  std::vector<case_proof> cases_;
};

}  // namespace wanwu::conform
