// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/json_text.h"

#include <fmt/format.h>

#include <cstdint>

namespace gonghui::load {
namespace {

double Micros(uint64_t ns) {
  return static_cast<double>(ns) / 1000;
}

}  // namespace

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    if (static_cast<unsigned char>(c) >= 0x20) {
      out += c;
    }
  }
  return out;
}

std::string LatencyJson(const Histogram& latency_ns) {
  return fmt::format(R"("p50_us": {:.1f}, "p90_us": {:.1f}, "p99_us": {:.1f}, "p999_us": {:.1f}, )"
                     R"("p9999_us": {:.1f}, "min_us": {:.1f}, "max_us": {:.1f})",
                     Micros(latency_ns.AtPerMillion(500'000)),
                     Micros(latency_ns.AtPerMillion(900'000)),
                     Micros(latency_ns.AtPerMillion(990'000)),
                     Micros(latency_ns.AtPerMillion(999'000)),
                     Micros(latency_ns.AtPerMillion(999'900)),
                     Micros(latency_ns.min()),
                     Micros(latency_ns.max()));
}

}  // namespace gonghui::load
