// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/linearizability/claimed_order.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>

#include <absl/strings/str_cat.h>

#include "tests/linearizability/model.h"
#include "tests/linearizability/text.h"

namespace gonghui::lin {
namespace {

// What the history tells of one request.
struct Claim {
  const Operation* first_call = nullptr;
  uint64_t seq = 0;
  int64_t known_ns = kNever;            // an answer told its sequence
  std::vector<const Operation*> tells;  // answers of the decision, not of where it stands now
};

// A repeat tells, beside what was decided, where it stands now: that is not of the order.
Answer Decision(Answer answer) {
  answer.replay = false;
  answer.standing = Standing::kNone;
  answer.captured_fen = answer.captured_subsidy_fen = 0;
  return answer;
}

}  // namespace

std::vector<std::string> CheckClaimedOrder(const World& world, const History& history) {
  std::vector<std::string> wrong;
  std::vector<Claim> claims(world.requests);
  for (const Operation& operation : history) {
    const Kind kind = operation.request.kind;
    if (kind == Kind::kLookAtFund || kind == Kind::kLookAtMember) {
      continue;
    }
    Claim& claim = claims[operation.request.id];
    if (!IsRead(kind)) {
      if (claim.first_call == nullptr || operation.call_ns < claim.first_call->call_ns) {
        claim.first_call = &operation;
      }
      if (operation.answer.has_value()) {
        claim.tells.push_back(&operation);
      }
    }
    if (operation.seq == 0) {
      continue;
    }
    if (claim.seq != 0 && claim.seq != operation.seq) {
      wrong.push_back(absl::StrCat("decided at ", claim.seq, " too: ", TextOf(operation)));
    }
    claim.seq = operation.seq;
    claim.known_ns = std::min(claim.known_ns, operation.return_ns);
  }

  std::map<uint64_t, const Claim*> by_seq;
  std::vector<const Claim*> by_call;
  std::vector<const Claim*> by_known;
  for (const Claim& claim : claims) {
    if (claim.seq == 0) {
      if (!claim.tells.empty()) {
        wrong.push_back(absl::StrCat("without a sequence: ", TextOf(*claim.tells.front())));
      }
      continue;
    }
    if (claim.first_call == nullptr) {
      wrong.push_back(absl::StrCat("never asked for: seq ", claim.seq));
      continue;
    }
    if (const auto [other, is_new] = by_seq.emplace(claim.seq, &claim); !is_new) {
      wrong.push_back(absl::StrCat("one sequence for two: ",
                                   TextOf(*other->second->first_call),
                                   "; ",
                                   TextOf(*claim.first_call)));
    }
    by_call.push_back(&claim);
    by_known.push_back(&claim);
  }

  Model model(world);
  for (const auto& [seq, claim] : by_seq) {
    const Answer of_model = model.Apply(claim->first_call->request);
    for (const Operation* const told : claim->tells) {
      const bool same = told->answer->replay ? Decision(*told->answer) == Decision(of_model)
                                             : *told->answer == of_model;
      if (!same) {
        wrong.push_back(absl::StrCat(
            "at ", seq, " the model answers ", TextOf(of_model), ", not ", TextOf(*told)));
      }
    }
  }

  std::sort(by_call.begin(), by_call.end(), [](const Claim* a, const Claim* b) {
    return a->first_call->call_ns < b->first_call->call_ns;
  });
  std::sort(by_known.begin(), by_known.end(), [](const Claim* a, const Claim* b) {
    return a->known_ns < b->known_ns;
  });
  const Claim* highest = nullptr;
  size_t known = 0;
  for (const Claim* const claim : by_call) {
    for (; known < by_known.size() && by_known[known]->known_ns < claim->first_call->call_ns;
         ++known) {
      if (highest == nullptr || by_known[known]->seq > highest->seq) {
        highest = by_known[known];
      }
    }
    if (highest != nullptr && highest->seq > claim->seq) {
      wrong.push_back(absl::StrCat("answered before, decided after: seq ",
                                   highest->seq,
                                   ": ",
                                   TextOf(*highest->first_call),
                                   "; seq ",
                                   claim->seq,
                                   ": ",
                                   TextOf(*claim->first_call)));
    }
  }
  return wrong;
}

}  // namespace gonghui::lin
