// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Histories made from an order are always explained; short ones, right and wrong,
// are judged as by trying every order there is.
//
//   GONGHUI_SEED=7 linearizability_checker_test --gtest_filter="Random*"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "engine/base/prng.h"
#include "tests/linearizability/checker.h"
#include "tests/linearizability/contradiction.h"
#include "tests/linearizability/model.h"
#include "tests/linearizability/plan.h"
#include "tests/linearizability/text.h"

namespace gonghui::lin {
namespace {

constexpr int kLongHistories = 400;
constexpr int kShortHistories = 1'500;
constexpr size_t kShort = 6;  // 720 orders
constexpr int64_t kStepNs = 10;

uint64_t Seed() {
  static const uint64_t seed = [] {
    const char* const told = std::getenv("GONGHUI_SEED");
    return told != nullptr ? std::strtoull(told, nullptr, 10)
                           : static_cast<uint64_t>(SystemClock::Instance().NowNs()) % 1'000'000;
  }();
  return seed;
}

// Each happens at its place of a line, called before and returned after by chance.
History MadeFromAnOrder(const World& world, const std::vector<Request>& order, Prng* prng) {
  Model model(world);
  History history;
  for (size_t i = 0; i < order.size(); ++i) {
    const auto at_ns = static_cast<int64_t>(i) * kStepNs;
    Operation operation;
    operation.client = static_cast<uint16_t>(i);
    operation.request = order[i];
    operation.call_ns = at_ns - prng->Between(0, 4 * kStepNs);
    operation.return_ns = at_ns + prng->Between(0, 4 * kStepNs);
    if (prng->Chance(1, 8)) {
      if (prng->Chance(1, 2)) {
        model.Apply(order[i]);
      }
      if (prng->Chance(1, 2)) {
        operation.return_ns = kNever;
      }
    } else {
      operation.answer = model.Apply(order[i]);
    }
    history.push_back(operation);
  }
  for (size_t i = history.size(); i > 1; --i) {
    std::swap(history[i - 1], history[prng->Below(i)]);
  }
  return history;
}

std::vector<Request> RequestsOf(const Plan& plan, Prng* prng) {
  std::vector<Request> requests;
  for (const std::vector<Step>& steps : plan.steps) {
    for (const Step& step : steps) {
      requests.push_back(step.request);
    }
  }
  for (size_t i = requests.size(); i > 1; --i) {
    std::swap(requests[i - 1], requests[prng->Below(i)]);
  }
  return requests;
}

// Every order, and of each unknown operation whether it happened.
bool IsExplainedByAnyOrder(const World& world, const History& history) {
  std::vector<size_t> order(history.size());
  for (size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  do {
    bool in_time = true;
    for (size_t i = 0; i < order.size() && in_time; ++i) {
      for (size_t j = i + 1; j < order.size() && in_time; ++j) {
        in_time = history[order[j]].return_ns >= history[order[i]].call_ns;
      }
    }
    for (uint32_t happened = 0; in_time && happened < (1U << order.size()); ++happened) {
      Model model(world);
      bool explained = true;
      for (const size_t i : order) {
        const Operation& operation = history[i];
        if (operation.answer.has_value()) {
          // Bits of known operations stay 1, or the same would be tried again and again.
          explained = explained && (happened >> i & 1) != 0 &&
                      model.Apply(operation.request) == *operation.answer;
        } else if ((happened >> i & 1) != 0) {
          model.Apply(operation.request);
        }
      }
      if (explained) {
        return true;
      }
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return false;
}

// Makes one answer or instant another one, which mostly is wrong.
void Spoil(History* history, Prng* prng) {
  Operation& operation = (*history)[prng->Below(history->size())];
  const Operation& other = (*history)[prng->Below(history->size())];
  switch (prng->Below(3)) {
    case 0:
      if (operation.answer.has_value() && other.answer.has_value()) {
        operation.answer = other.answer;
      }
      break;
    case 1:
      std::swap(operation.call_ns, (*history)[prng->Below(history->size())].call_ns);
      if (operation.return_ns < operation.call_ns) {
        operation.return_ns = operation.call_ns;
      }
      break;
    default:
      if (operation.answer.has_value()) {
        operation.answer->replay = !operation.answer->replay;
      }
  }
  for (Operation& each : *history) {
    each.return_ns = std::max(each.return_ns, each.call_ns);
  }
}

TEST(RandomHistories, MadeFromAnOrderAreExplained) {
  std::printf("GONGHUI_SEED=%llu\n", static_cast<unsigned long long>(Seed()));
  uint64_t configurations = 0;
  for (int i = 0; i < kLongHistories; ++i) {
    Prng prng(Seed() + static_cast<uint64_t>(i));
    for (const Theme theme : kThemes) {
      const Plan plan = MakePlan(theme, &prng);
      const History history = MadeFromAnOrder(plan.world, RequestsOf(plan, &prng), &prng);
      const Checked checked = CheckHistory(plan.world, history);
      configurations += checked.configurations;
      ASSERT_EQ(checked.verdict, Verdict::kLinearizable)
          << "GONGHUI_SEED=" << Seed() + static_cast<uint64_t>(i) << "\n"
          << TableOf(history);
    }
  }
  std::printf("%d histories, %llu configurations\n",
              3 * kLongHistories,
              static_cast<unsigned long long>(configurations));
}

TEST(RandomHistories, ShortOnesAreJudgedAsByTryingEveryOrder) {
  std::printf("GONGHUI_SEED=%llu\n", static_cast<unsigned long long>(Seed()));
  int explained = 0;
  int contradictions = 0;
  for (int i = 0; i < kShortHistories; ++i) {
    Prng prng(Seed() + static_cast<uint64_t>(i));
    const Plan plan = MakePlan(kThemes[prng.Below(3)], &prng);
    std::vector<Request> requests = RequestsOf(plan, &prng);
    // Few ids, so that they have to do with each other.
    std::stable_sort(requests.begin(), requests.end(), [](const Request& a, const Request& b) {
      return a.original < b.original;
    });
    const size_t from = prng.Below(requests.size() - kShort);
    requests = {requests.begin() + static_cast<std::ptrdiff_t>(from),
                requests.begin() + static_cast<std::ptrdiff_t>(from + kShort)};
    History history = MadeFromAnOrder(plan.world, requests, &prng);
    if (prng.Chance(3, 4)) {
      Spoil(&history, &prng);
    }
    const bool is_explained = IsExplainedByAnyOrder(plan.world, history);
    (is_explained ? explained : contradictions) += 1;
    ASSERT_EQ(CheckHistory(plan.world, history).verdict,
              is_explained ? Verdict::kLinearizable : Verdict::kContradiction)
        << "GONGHUI_SEED=" << Seed() + static_cast<uint64_t>(i) << "\n"
        << TableOf(history);
    if (!is_explained) {
      const Contradiction small = Shrink(plan.world, history);
      History left = small.told;
      left.insert(left.end(), small.untold.begin(), small.untold.end());
      ASSERT_FALSE(IsExplainedByAnyOrder(plan.world, left))
          << "made too small, GONGHUI_SEED=" << Seed() + static_cast<uint64_t>(i) << "\n"
          << TableOf(history) << TextOf(plan.world, small);
    }
  }
  std::printf("%d explained, %d contradictions\n", explained, contradictions);
  EXPECT_GT(explained, kShortHistories / 10);
  EXPECT_GT(contradictions, kShortHistories / 10);
}

}  // namespace
}  // namespace gonghui::lin
