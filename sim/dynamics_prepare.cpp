// What can be computed once a model instead of once a sample.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "sim/dynamics_program.hpp"

namespace wanwu::sim {

namespace {

using kind = things::dynamics_kind;

constexpr double day_s = 86400, year_s = 365.25 * 86400;

double angle(double seconds, double period) {
  return 2 * std::numbers::pi * seconds / period;
}

/// Share of time in each state: the embedded chain's stationary distribution, weighted by sojourns. 200
/// damped steps settle any chain of 16 states, periodic ones too.
std::vector<double> stationary(const std::vector<double>& matrix, std::size_t count) {
  std::vector<double> share(count, 1.0 / static_cast<double>(count));
  for (int step = 0; step < 200; ++step) {
    std::vector<double> next(count, 0.0);
    for (std::size_t from = 0; from < count; ++from) {
      next[from] += share[from] * 0.5;
      for (std::size_t to = 0; to < count; ++to)
        next[to] += 0.5 * share[from] * matrix[count + from * count + to];
    }
    share = std::move(next);
  }
  double total = 0;
  for (std::size_t i = 0; i < count; ++i) total += share[i] *= matrix[i];
  for (auto& s : share) s /= total;
  return share;
}

/// [count, epoch, labels n, means n, cumulative stationary n, cumulative moves n*n]. The epoch is cut so that
/// about six sojourns fit in: a sample walks them from the epoch's start.
std::vector<double> prepare_markov(const things::dynamics_node& node) {
  const auto count = node.labels.size();
  const auto share = stationary(node.matrix, count);
  double moves_per_s = 0;
  for (std::size_t i = 0; i < count; ++i) moves_per_s += share[i] / node.matrix[i];
  std::vector<double> out{static_cast<double>(count), std::min(node.parameters[0], 6 / moves_per_s)};
  out.insert(out.end(), node.labels.begin(), node.labels.end());
  out.insert(out.end(), node.matrix.begin(), node.matrix.begin() + static_cast<std::ptrdiff_t>(count));
  double sum = 0;
  for (const auto s : share) out.push_back(sum += s);
  for (std::size_t from = 0; from < count; ++from) {
    sum = 0;
    for (std::size_t to = 0; to < count; ++to) out.push_back(sum += node.matrix[count + from * count + to]);
  }
  return out;
}

/// [mean, A cos, A sin, A2 cos, A2 sin, S cos, S sin]
std::vector<double> prepare_diurnal(const std::vector<double>& p) {
  const double peak = angle(p[2], day_s), season = angle(p[5], year_s);
  return {p[0],
          p[1] * std::cos(peak),
          p[1] * std::sin(peak),
          p[3] * std::cos(2 * peak),
          p[3] * std::sin(2 * peak),
          p[4] * std::cos(season),
          p[4] * std::sin(season)};
}

/// [period, otherwise, day mask or 0, count, x..., y...]
std::vector<double> prepare_points(const things::dynamics_node& node) {
  unsigned mask = 0;
  if (node.kind == kind::step) {
    for (const auto day : node.labels) mask |= 1U << static_cast<unsigned>(day);
  }
  std::vector<double> out;
  if (node.kind == kind::step) out = {node.parameters[0], node.parameters[1], static_cast<double>(mask)};
  out.push_back(static_cast<double>(node.points.size()));
  for (const auto& [x, y] : node.points) out.push_back(x);
  for (const auto& [x, y] : node.points) out.push_back(y);
  return out;
}

/// Seconds that a battery lasts.
double battery_life(const std::vector<double>& p) {
  const double joules = p[0] * 3.6 * p[4];
  const double watts = p[1] * 1e-6 * p[4] + p[2] * 1e-3 / p[3];
  return watts > 0 ? std::min(joules / watts, 100 * year_s) : 100 * year_s;
}

}  // namespace

std::vector<double> prepare_numbers(const things::dynamics_node& node) {
  const auto& p = node.parameters;
  switch (node.kind) {
    case kind::markov:
      return prepare_markov(node);
    case kind::diurnal:
      return prepare_diurnal(p);
    case kind::table:
    case kind::step:
      return prepare_points(node);
    case kind::choose:
      return node.labels;
    case kind::battery:
      return {battery_life(p), 0.2};
    case kind::noise: {  // [octaves, then (1/time, amplitude) each]
      std::vector<double> out{p[2]};
      double total = 0;
      for (int i = 0; i < static_cast<int>(p[2]); ++i) total += std::pow(0.25, i);
      for (int i = 0; i < static_cast<int>(p[2]); ++i) {
        out.push_back(std::pow(2.0, i) / p[1]);
        out.push_back(p[0] * std::pow(0.5, i) / std::sqrt(total));
      }
      return out;
    }
    case kind::pulses: {  // [1/every, every, size, 1/decay, shared, count]
      const double count = std::clamp(std::ceil(5 * p[2] / p[0]) + 1, 2.0, 16.0);
      return {1 / p[0], p[0], p[1], 1 / p[2], p[3], count};
    }
    case kind::fault: {  // [epoch, probability in it, duration, size]
      const double mean = p[0] > 0 ? 1 / p[0] : 1e12;
      const double epoch = std::max(4 * p[1], std::min(mean, 30 * day_s));
      return {epoch, 1 - std::exp(-p[0] * epoch), p[1], p[2]};
    }
    default:
      return p;
  }
}

}  // namespace wanwu::sim
