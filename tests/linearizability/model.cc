// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/linearizability/model.h"

#include "engine/base/check.h"
#include "engine/base/hash.h"

namespace gonghui::lin {
namespace {

constexpr uint64_t kOtherHashSeed = 0x9e3779b97f4a7c15;

template <class Row>
uint64_t HashRows(const std::vector<Row>& rows, uint64_t seed) {
  static_assert(std::has_unique_object_representations_v<Row>);
  return HashBytes(rows.data(), rows.size() * sizeof(Row), seed);
}

Answer Declined(Why why, int32_t list_fen) {
  Answer answer;
  answer.why = why;
  answer.list_fen = list_fen;
  answer.standing = Standing::kDeclined;
  return answer;
}

Answer Accepted(int32_t list_fen, int32_t subsidy_fen) {
  Answer answer;
  answer.approved = true;
  answer.list_fen = list_fen;
  answer.subsidy_fen = subsidy_fen;
  answer.standing = Standing::kCompleted;
  return answer;
}

}  // namespace

Model::Model(const World& at_first)
    : world(at_first), records(at_first.requests), uses(at_first.members) {}

std::pair<uint64_t, uint64_t> Model::Digest() const {
  const auto digest = [this](uint64_t seed) {
    const uint64_t of_records = HashRows(records, seed);
    const uint64_t of_uses = HashRows(uses, of_records);
    const int32_t fund[] = {world.fund_held_fen, world.fund_spent_fen};
    return HashBytes(fund, sizeof(fund), of_uses);
  };
  return {digest(0), digest(kOtherHashSeed)};
}

int32_t Model::available_fen() const {
  return world.budget_fen - world.fund_held_fen - world.fund_spent_fen;
}

Answer Model::Apply(const Request& request) {
  switch (request.kind) {
    case Kind::kInquire:
      return Inquire(request);
    case Kind::kLookAtMember:
      return LookAtMember(request);
    case Kind::kLookAtFund: {
      Answer answer;
      answer.fund_held_fen = world.fund_held_fen;
      answer.fund_spent_fen = world.fund_spent_fen;
      return answer;
    }
    case Kind::kAuthorize:
    case Kind::kCapture:
    case Kind::kReverse:
      break;
  }
  Record& record = records[request.id];
  if (record.decided) {
    // What was decided, for ever; beside it, where it stands.
    Answer again = record.first;
    again.replay = true;
    if (record.is_authorization) {
      again.standing = record.standing;
      again.captured_fen = record.captured_fen;
      again.captured_subsidy_fen = record.captured_subsidy_fen;
    }
    return again;
  }
  const Answer answer = request.kind == Kind::kAuthorize ? Authorize(request)
                        : request.kind == Kind::kCapture ? Capture(request)
                                                         : Reverse(request);
  record.decided = true;
  record.first = answer;
  return answer;
}

Answer Model::Authorize(const Request& request) {
  Record& record = records[request.id];
  Uses& mine = uses[request.member];
  const int32_t subsidy_fen = request.amount_fen / 2;
  record.is_authorization = true;
  record.member = request.member;
  record.sale = request.sale;
  record.list_fen = request.amount_fen;
  record.standing = Standing::kDeclined;
  Answer declined = Declined(Why::kPreviouslyReversed, request.amount_fen);
  if (record.tombstone) {
    record.tombstone = false;
    return declined;
  }
  if (world.uses_max != 0 && mine.used + mine.held >= world.uses_max) {
    declined.why = Why::kLimit;
    declined.limit_used = mine.used;
    declined.limit_held = mine.held;
    return declined;
  }
  if (world.budget_fen != 0 && subsidy_fen > available_fen()) {
    declined.why = Why::kBudget;
    declined.fund_needed_fen = subsidy_fen;
    declined.fund_available_fen = available_fen();
    return declined;
  }
  record.subsidy_fen = subsidy_fen;
  record.standing = request.sale ? Standing::kCaptured : Standing::kPending;
  if (request.sale) {
    record.captured_fen = request.amount_fen;
    record.captured_subsidy_fen = subsidy_fen;
  }
  (request.sale ? mine.used : mine.held) += 1;
  (request.sale ? world.fund_spent_fen : world.fund_held_fen) += subsidy_fen;

  Answer answer = Accepted(request.amount_fen, subsidy_fen);
  answer.standing = record.standing;
  answer.captured_fen = record.captured_fen;
  answer.captured_subsidy_fen = record.captured_subsidy_fen;
  if (world.uses_max != 0) {
    answer.limit_used = mine.used;
    answer.limit_held = mine.held;
  }
  return answer;
}

Answer Model::Capture(const Request& request) {
  Record& original = records[request.original];
  const int32_t asked_fen = request.amount_fen;
  if (!original.decided) {
    return Declined(Why::kOriginalNotFound, asked_fen);
  }
  const auto decline = [&](Why why) {
    Answer answer = Declined(why, asked_fen);
    answer.original_found = true;
    return answer;
  };
  switch (original.standing) {
    case Standing::kDeclined:
      return decline(Why::kOriginalDeclined);
    case Standing::kReversed:
      return decline(Why::kPreviouslyReversed);
    case Standing::kCaptured:
      return decline(Why::kAlreadyCaptured);
    case Standing::kPending:
    case Standing::kPartiallyCaptured:
      break;
    case Standing::kNone:
    case Standing::kCompleted:
      GH_CHECK(false, "no standing of an authorization: ", static_cast<int>(original.standing));
  }
  const int32_t left_fen = original.list_fen - original.captured_fen;
  const int32_t amount_fen = asked_fen != 0 ? asked_fen : left_fen;
  if (amount_fen > left_fen) {
    return decline(Why::kExceedsAuthorizedAmount);
  }
  const int32_t earned_fen = amount_fen / 2;
  if (original.captured_fen == 0) {  // the first one burns the use
    uses[original.member].held -= 1;
    uses[original.member].used += 1;
  }
  original.captured_fen += amount_fen;
  original.captured_subsidy_fen += earned_fen;
  world.fund_held_fen -= earned_fen;
  world.fund_spent_fen += earned_fen;
  original.standing = Standing::kPartiallyCaptured;
  if (request.final || original.captured_fen == original.list_fen) {
    world.fund_held_fen -= original.subsidy_fen - original.captured_subsidy_fen;
    original.standing = Standing::kCaptured;
  }
  Answer answer = Accepted(amount_fen, earned_fen);
  answer.original_found = true;
  return answer;
}

Answer Model::Reverse(const Request& request) {
  Record& original = records[request.original];
  if (!original.decided) {
    original.tombstone = true;
    return Accepted(0, 0);
  }
  const auto decline = [](Why why) {
    Answer answer = Declined(why, 0);
    answer.original_found = true;
    return answer;
  };
  const auto accept = [](int32_t list_fen, int32_t subsidy_fen) {
    Answer answer = Accepted(list_fen, subsidy_fen);
    answer.original_found = true;
    return answer;
  };
  if (original.standing == Standing::kDeclined || original.standing == Standing::kReversed) {
    return accept(0, 0);  // nothing to undo
  }
  const bool in_part = request.amount_fen != 0;
  if ((original.standing == Standing::kCaptured && !original.sale) ||
      (original.standing == Standing::kPartiallyCaptured && !in_part)) {
    return decline(Why::kFurtherActivity);
  }
  int32_t* const fund_fen = original.sale ? &world.fund_spent_fen : &world.fund_held_fen;
  const int32_t left_fen = original.list_fen - (original.sale ? 0 : original.captured_fen);
  if (!in_part || (request.amount_fen == left_fen && left_fen == original.list_fen)) {
    (original.sale ? uses[original.member].used : uses[original.member].held) -= 1;
    *fund_fen -= original.subsidy_fen;
    original.captured_fen = original.captured_subsidy_fen = 0;
    original.standing = Standing::kReversed;
    return accept(original.list_fen, original.subsidy_fen);
  }
  if (request.amount_fen > left_fen) {
    return decline(Why::kExceedsAuthorizedAmount);
  }
  const int32_t back_fen = request.amount_fen / 2;
  original.list_fen -= request.amount_fen;
  original.subsidy_fen -= back_fen;
  *fund_fen -= back_fen;
  if (original.sale) {
    original.captured_fen = original.list_fen;
    original.captured_subsidy_fen = original.subsidy_fen;
  } else if (original.list_fen == original.captured_fen) {
    original.standing = Standing::kCaptured;
  }
  return accept(request.amount_fen, back_fen);
}

// The request's own answer as it stands.
Answer Model::Inquire(const Request& request) const {
  const Record& record = records[request.id];
  if (!record.decided) {
    Answer answer;
    answer.found = false;
    return answer;
  }
  Answer answer = record.first;
  if (record.is_authorization) {
    answer.list_fen = record.list_fen;
    answer.subsidy_fen = record.subsidy_fen;
    answer.captured_fen = record.captured_fen;
    answer.captured_subsidy_fen = record.captured_subsidy_fen;
    answer.standing = record.standing;
  }
  return answer;
}

Answer Model::LookAtMember(const Request& request) const {
  const Uses& mine = uses[request.member];
  Answer answer;
  answer.limit_used = mine.used;
  answer.limit_held = mine.held;
  if (mine.used + mine.held >= world.uses_max) {
    answer.why = Why::kLimit;
  } else if (world.budget_fen != 0 && available_fen() == 0) {
    answer.why = Why::kBudget;
  }
  return answer;
}

}  // namespace gonghui::lin
