// SPDX-License-Identifier: Apache-2.0
//
// RFC 9438 §4, with its names in brackets where ours differ.
#include "tcpmodel/cubic_window.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace levelgate::tcpmodel {
namespace {

constexpr double kCube = 0.4;    // C
constexpr double kShrink = 0.7;  // beta_cubic
constexpr double kLeast = 2;
constexpr double kRenoGrowth = 3 * (1 - kShrink) / (1 + kShrink);  // alpha_cubic

}  // namespace

void CubicWindow::acknowledged(Instant now, Nanos round_trip, double segments) {
  if (in_slow_start()) {
    const double grown = std::min(window_ + segments, std::max(threshold_, window_));
    segments -= grown - window_;
    window_ = grown;
  }
  if (segments > 0) avoid_congestion(now, round_trip, segments);
}

void CubicWindow::avoid_congestion(Instant now, Nanos round_trip, double segments) {
  if (!epoch_) {
    epoch_ = now;
    estimate_ = window_;
    most_ = std::max(most_, window_);
    flat_ = std::cbrt((most_ - window_) / kCube);
  }
  const auto cubic = [this](double time) { return kCube * std::pow(time - flat_, 3) + most_; };
  const double time = in_seconds(now - *epoch_);
  estimate_ += (estimate_ < before_ ? kRenoGrowth : 1) * segments / window_;
  if (cubic(time) < estimate_) {
    window_ = std::max(window_, estimate_);
    return;
  }
  const double target = std::clamp(cubic(time + in_seconds(round_trip)), window_, 1.5 * window_);
  window_ += (target - window_) / window_ * segments;
}

void CubicWindow::lost() {
  reduce();
  window_ = threshold_;
}

void CubicWindow::timed_out(bool again) {
  if (!again) reduce();
  most_ = 0;
  window_ = 1;
}

void CubicWindow::idled() {
  window_ = std::min(window_, kFirst);
  epoch_.reset();
}

void CubicWindow::reduce() {
  most_ = window_ < most_ ? window_ * (1 + kShrink) / 2 : window_;
  before_ = window_;
  threshold_ = std::max(kLeast, window_ * kShrink);
  epoch_.reset();
}

}  // namespace levelgate::tcpmodel
