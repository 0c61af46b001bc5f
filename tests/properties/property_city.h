// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A ledger with the canonical city (tests/testing/city.h), small and with roomy funds,
// where it is always noon: what is told and how the books end do not depend on what
// came before, but for what limits count.

#ifndef GONGHUI_TESTS_PROPERTIES_PROPERTY_CITY_H_
#define GONGHUI_TESTS_PROPERTIES_PROPERTY_CITY_H_

#include <memory>
#include <string>
#include <vector>

#include "engine/ledger/ledger.h"
#include "tests/testing/answer.h"
#include "tests/testing/city.h"
#include "tests/testing/owned_command.h"

namespace gonghui {

class PropertyCity {
 public:
  static constexpr CityOptions kOptions{.members = 6,
                                        .merchants = 3,
                                        .benefits_per_category = 2,
                                        .funds = 2,
                                        .uses_per_day = 4};  // soon reached

  PropertyCity();

  Answer Apply(const OwnedCommand& command);
  // The same as text, see Told().
  std::string Send(const OwnedCommand& command);

  // Every amount there is, in codes.
  [[nodiscard]] std::vector<std::string> Books() const;
  // What an inquiry tells about each of these, by its terminal and request id.
  [[nodiscard]] std::vector<std::string> Standing(const std::vector<OwnedCommand>& commands) const;
  [[nodiscard]] std::string Broken() const;
  [[nodiscard]] CommandSeq applied_seq() const { return ledger_->applied_seq(); }
  [[nodiscard]] int replays() const { return replays_; }

 private:
  std::unique_ptr<Ledger> ledger_;
  int replays_ = 0;
};

// Without ids, which are numbered by the order in which everything came, and without
// whether it came before.
std::string Told(Answer answer);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_PROPERTIES_PROPERTY_CITY_H_
