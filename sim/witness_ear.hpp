// The client of one driver that listens for a witness.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "sim/arrival_matcher.hpp"
#include "sim/witness_sample.hpp"

namespace wanwu::sim {

class witness_ear final : public driver_client {
 public:
  /// All subscriptions on one connection, or each on one of its own.
  enum class spread : std::uint8_t { together, apart };
  /// `before` is called before anything heard is matched: what was sent must be known by then.
  witness_ear(const witness_sample& sample, const witness_lane& lane, spread how, arrival_matcher& into,
              std::function<void()> before)
      : sample_{sample}, lane_{lane}, how_{how}, matcher_{into}, before_{std::move(before)} {}

  std::uint32_t connections() const {
    return how_ == spread::together ? 1 : static_cast<std::uint32_t>(lane_.subscriptions.size());
  }

  void record(std::span<const observation> seen) override;
  void describe(connection_id which, login& out) override;
  void changed(std::span<const connection_change> changes) override;
  void heard(std::span<const heard_message> messages) override;

  /// Every subscription has been answered, or there will be no answer.
  bool is_settled() const { return is_down_ || (is_up_ && answered_ >= lane_.subscriptions.size()); }
  /// What can be held against this listener at the end: "" or a sentence's second half.
  std::string trouble() const;
  protocol via() const { return lane_.via; }

 private:
  const witness_sample& sample_;
  const witness_lane& lane_;
  spread how_;
  arrival_matcher& matcher_;
  std::function<void()> before_;
  std::size_t answered_ = 0;
  bool is_up_ = false, is_down_ = false, was_refused_ = false;
};

/// At the end: what came by a protocol that nobody could listen to is not lost, only not known. Returns why
/// all or part was not watched, "" when all was.
std::string settle_unheard(std::span<const std::unique_ptr<witness_ear>> ears, arrival_matcher& matcher);

}  // namespace wanwu::sim
