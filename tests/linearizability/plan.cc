// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/linearizability/plan.h"

#include <algorithm>
#include <utility>

namespace gonghui::lin {
namespace {

// Short: what one search holds together stays at some thirty operations.
constexpr uint16_t kAuthorizations = 9;
constexpr uint16_t kFollowers = 8;  // captures and reversals
constexpr int kRepeats = 6;
constexpr int kReads = 6;
constexpr int64_t kPriceHalfMax = 20;  // fen
// Less than what they ask for in all.
constexpr int64_t kRoomFenMin = 20;
constexpr int64_t kRoomFenMax = 70;
// Places in the round's order, as far as there is one: a follower may come before what
// it follows.
constexpr int64_t kPlaces = 100;
constexpr int64_t kFollowsMin = -10;
constexpr int64_t kFollowsMax = 40;

Request NewAuthorization(uint16_t id, Prng* prng) {
  Request request;
  request.id = id;
  request.original = id;
  request.member = static_cast<uint16_t>(prng->Below(kMembersOfRound));
  request.terminal = id % kTerminalsOfTheme;
  request.sale = prng->Chance(1, 3);
  request.amount_fen = static_cast<int32_t>(2 * prng->Between(1, kPriceHalfMax));
  return request;
}

Request NewFollower(uint16_t id, const Request& original, Prng* prng) {
  Request request = original;
  request.kind = prng->Chance(1, 2) ? Kind::kCapture : Kind::kReverse;
  request.id = id;
  request.original = original.id;
  request.sale = false;
  request.final = request.kind == Kind::kCapture && prng->Chance(1, 2);
  request.amount_fen =
      prng->Chance(1, 2) ? 0
                         : static_cast<int32_t>(2 * prng->Between(1, original.amount_fen / 2 + 1));
  return request;
}

Request InquiryOf(const Request& request) {
  Request inquiry;
  inquiry.kind = Kind::kInquire;
  inquiry.id = request.id;
  inquiry.original = request.original;
  inquiry.member = request.member;
  inquiry.terminal = request.terminal;
  return inquiry;
}

Request LookAt(Kind kind, uint16_t member) {
  Request look;
  look.kind = kind;
  look.member = member;
  return look;
}

Request NewRead(const Plan& plan, Prng* prng) {
  if (prng->Chance(1, 3)) {
    const bool fund =
        plan.theme == Theme::kFund || (plan.theme == Theme::kBoth && prng->Chance(1, 2));
    return LookAt(fund ? Kind::kLookAtFund : Kind::kLookAtMember,
                  fund ? uint16_t{0} : static_cast<uint16_t>(prng->Below(kMembersOfRound)));
  }
  return InquiryOf(plan.requests[prng->Below(plan.requests.size())]);
}

}  // namespace

size_t Plan::StepCount() const {
  size_t count = 0;
  for (const std::vector<Step>& of_client : steps) {
    count += of_client.size();
  }
  return count;
}

Plan MakePlan(Theme theme, Prng* prng) {
  Plan plan;
  plan.theme = theme;
  plan.world.uses_max = UsesMaxOf(theme);
  if (theme != Theme::kMembers) {
    plan.world.budget_fen = static_cast<int32_t>(prng->Between(kRoomFenMin, kRoomFenMax));
  }
  plan.world.members = kMembersOfRound;
  plan.world.requests = kAuthorizations + kFollowers;

  std::vector<std::pair<int64_t, Request>> placed;
  for (uint16_t id = 0; id < kAuthorizations; ++id) {
    plan.requests.push_back(NewAuthorization(id, prng));
    placed.emplace_back(prng->Between(0, kPlaces), plan.requests.back());
  }
  for (uint16_t id = kAuthorizations; id < plan.world.requests; ++id) {
    const auto& [place, original] = placed[prng->Below(kAuthorizations)];
    plan.requests.push_back(NewFollower(id, original, prng));
    placed.emplace_back(place + prng->Between(kFollowsMin, kFollowsMax), plan.requests.back());
  }
  // Another client's, soon after it or at once.
  for (int i = 0; i < kRepeats; ++i) {
    const auto [place, request] = placed[prng->Below(plan.world.requests)];
    placed.emplace_back(place + prng->Between(0, kFollowsMax), request);
  }
  for (int i = 0; i < kReads; ++i) {
    placed.emplace_back(prng->Between(0, kPlaces + kFollowsMax), NewRead(plan, prng));
  }
  std::stable_sort(
      placed.begin(), placed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  plan.steps.resize(kClients);
  for (const auto& [place, request] : placed) {
    plan.steps[prng->Below(kClients)].push_back({request, prng->Chance(1, 8)});
  }
  return plan;
}

std::vector<Request> LastInquiries(const Plan& plan) {
  std::vector<Request> inquiries;
  for (const Request& request : plan.requests) {
    inquiries.push_back(InquiryOf(request));
  }
  return inquiries;
}

std::vector<Request> Unsettled(const Plan& plan, const History& history) {
  std::vector<bool> asked(plan.requests.size());
  std::vector<bool> answered(plan.requests.size());
  for (const Operation& operation : history) {
    if (!IsRead(operation.request.kind)) {
      asked[operation.request.id] = true;
      answered[operation.request.id] =
          answered[operation.request.id] || operation.answer.has_value();
    }
  }
  std::vector<Request> unsettled;
  for (const Request& request : plan.requests) {
    if (asked[request.id] && !answered[request.id]) {
      unsettled.push_back(request);
    }
  }
  return unsettled;
}

std::vector<Request> LastLooks(const Plan& plan) {
  std::vector<Request> looks;
  if (plan.theme != Theme::kFund) {
    for (uint16_t member = 0; member < plan.world.members; ++member) {
      looks.push_back(LookAt(Kind::kLookAtMember, member));
    }
  }
  if (plan.theme != Theme::kMembers) {
    looks.push_back(LookAt(Kind::kLookAtFund, 0));
  }
  return looks;
}

}  // namespace gonghui::lin
