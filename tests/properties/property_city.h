// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A ledger with the canonical city (tests/testing/city.h), small and with roomy funds,
// where it is always noon: what is told and how the books end do not depend on what
// came before, but for what limits count.  It may have an archive, of which nobody hears.

#ifndef GONGHUI_TESTS_PROPERTIES_PROPERTY_CITY_H_
#define GONGHUI_TESTS_PROPERTIES_PROPERTY_CITY_H_

#include <memory>
#include <string>
#include <vector>

#include "engine/ledger/ledger.h"
#include "tests/model/random_archiver.h"
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

  explicit PropertyCity(Archiving archiving = Archiving::kNever, uint64_t seed = 0);
  // Archives as the dice say: seldom, always or never.
  explicit PropertyCity(const std::vector<uint8_t>& dice);

  Answer Apply(const OwnedCommand& command);
  // The same as text, see Told().
  std::string Send(const OwnedCommand& command);

  // Every amount there is, in codes.
  [[nodiscard]] std::vector<std::string> Books() const;
  // What an inquiry tells about each of these, by its terminal and request id.
  [[nodiscard]] std::vector<std::string> Standing(const std::vector<OwnedCommand>& commands);
  // Everything comes back from the archive.
  [[nodiscard]] std::string Broken();
  // What was decided, without what the archive did.
  [[nodiscard]] uint64_t decided() const {
    return ledger_->applied_seq().value() - archive_events_;
  }
  [[nodiscard]] int replays() const { return replays_; }
  [[nodiscard]] int returned() const { return archiver_.counts().returned; }

 private:
  std::unique_ptr<Ledger> ledger_;
  uint64_t archive_events_ = 0;
  RandomArchiver archiver_;
  std::string archiver_problem_;
  int replays_ = 0;
};

// Without ids, which are numbered by the order in which everything came, and without
// whether it came before.
std::string Told(Answer answer);

}  // namespace gonghui

#endif  // GONGHUI_TESTS_PROPERTIES_PROPERTY_CITY_H_
