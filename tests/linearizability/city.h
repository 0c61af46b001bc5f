// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The city in which a real server is asked: for each theme a merchant, its
// terminals, a benefit of half the price and the fund that pays it.  Rounds use
// members of their own.

#ifndef GONGHUI_TESTS_LINEARIZABILITY_CITY_H_
#define GONGHUI_TESTS_LINEARIZABILITY_CITY_H_

#include <cstdint>
#include <memory>
#include <string>

#include "tests/linearizability/plan.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace gonghui::lin {

// One message of members, and so many that a long run needs another city now and then.
inline constexpr int kRoundsOfCity = 400;

// How the wire names what a round's requests name by number.
struct RoundNames {
  uint64_t seed = 0;  // of the city
  int round = 0;      // below kRoundsOfCity
  Theme theme = Theme::kMembers;

  [[nodiscard]] std::string RequestId(uint16_t id) const;
  [[nodiscard]] std::string Terminal(uint16_t terminal) const;
  [[nodiscard]] std::string Card(uint16_t member) const;
  [[nodiscard]] std::string Fund() const;
};

// With operators' services.  What goes wrong is a failure of the running test.
void BuildCity(const std::shared_ptr<grpc::Channel>& operators);
void SetBudget(const std::shared_ptr<grpc::Channel>& operators,
               const RoundNames& names,
               int64_t budget_fen);

}  // namespace gonghui::lin

#endif  // GONGHUI_TESTS_LINEARIZABILITY_CITY_H_
