// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A city made to run short: each member may take a meal four times a day and at
// most 50 yuan of subsidy, the fund of the meals and the stock of the umbrellas
// are topped up by a little at a time, so that limits and budgets refuse all the
// time.  Made and looked at through the operators' services.

#ifndef GONGHUI_TESTS_RECOVERY_SMALL_CITY_H_
#define GONGHUI_TESTS_RECOVERY_SMALL_CITY_H_

#include <cstdint>
#include <string>

#include <grpcpp/channel.h>

#include "gonghui/v1/member_service.pb.h"
#include "gonghui/v1/operations_service.pb.h"
#include "gonghui/v1/programme_service.pb.h"

namespace gonghui {

inline constexpr int kCityMembers = 1'000;
// The last of them are served without a network alone: what can not be refused goes beyond
// the limits, which hold for all others.
inline constexpr int kAdviceMembers = 50;
inline constexpr int kOnlineMembers = kCityMembers - kAdviceMembers;
inline constexpr int kCityTerminals = 6;
inline constexpr int64_t kMealsPerDay = 4;
inline constexpr int64_t kMealFenPerDay = 5'000;
inline constexpr int64_t kUmbrellasPerMember = 2;
inline constexpr const char* kMealFund = "meals";
inline constexpr const char* kUmbrellaStock = "umbrellas";

// From 0.
std::string CityCard(int member);
std::string CityTerminal(int terminal);  // the even ones serve meals, the odd ones umbrellas

// An operator's connection.  What goes wrong is a failure of the running test.
class CityOffice {
 public:
  explicit CityOffice(const std::shared_ptr<grpc::Channel>& channel);
  ~CityOffice();

  void BuildCity() const;
  void SetBudget(const std::string& fund, int64_t budget) const;
  [[nodiscard]] v1::Fund GetFund(const std::string& fund) const;
  [[nodiscard]] v1::GetStatusResponse GetStatus() const;
  // In memory, and in the archive alone.
  [[nodiscard]] uint64_t TransactionCount() const;

  // One member under the city's only union.
  v1::ImportSummary ImportMember(const v1::Member& member) const;
  [[nodiscard]] v1::GetMemberResponse GetMember(const std::string& member_id) const;

 private:
  struct Stubs;
  const std::unique_ptr<Stubs> stubs_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_RECOVERY_SMALL_CITY_H_
