// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Draws and prize pools: docs/decisions/0008-vouchers-draws-appointments.md.

#include <algorithm>

#include "engine/base/int128.h"
#include "tests/model/naive_ledger.h"

namespace gonghui {
namespace {

Answer Refused(AdminReason reason, Field field) {
  Answer answer;
  answer.verdict = Verdict::kRefused;
  answer.field = field;
  answer.admin_reason = reason;
  return answer;
}

bool IsSame(const PrizeSpec& a, const PrizeSpec& b) {
  return a.series == b.series && a.count == b.count && a.weight == b.weight &&
         a.valid_from == b.valid_from && a.expires_at == b.expires_at;
}

bool HasLeft(const NaiveDraw& draw, size_t prize) {
  const bool without_end = draw.committed.kind == DrawKind::kPool && draw.prizes[prize].count == 0;
  return without_end || draw.won[prize] < draw.prizes[prize].count;
}

}  // namespace

// New vouchers of a draw: each is one of the first prizes of that kind that are left.
Answer NaiveLedger::CountAsPrizes(const IssueVouchersRequest& request, size_t count) {
  NaiveDraw& draw = draws_.at(request.draw);
  if (draw.committed.kind != DrawKind::kDraw || draw.state != DrawState::kClosed) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kDraw);
  }
  if (draw.vouchers + count > draw.entries) {
    return Refused(AdminReason::kTooMany, Field::kPrize);
  }
  std::vector<uint32_t> won = draw.won;
  for (size_t i = 0; i < draw.prizes.size(); ++i) {
    const PrizeSpec& prize = draw.prizes[i];
    if (prize.series == request.series && prize.valid_from == request.valid_from &&
        prize.expires_at == request.expires_at) {
      const auto more = static_cast<uint32_t>(std::min<size_t>(count, prize.count - won[i]));
      won[i] += more;
      count -= more;
    }
  }
  if (count > 0) {
    return Refused(AdminReason::kTooMany, Field::kPrize);
  }
  for (size_t i = 0; i < won.size(); ++i) {
    draw.vouchers += won[i] - draw.won[i];
  }
  draw.won = won;
  return {};
}

// Who gave the entry back and enters again has entered then.
void NaiveLedger::NoteEntries() {
  std::map<NaiveCounterKey, int64_t> counted;
  for (const auto& [id, entry] : entries_) {
    for (const CounterUse& use : entry.uses) {
      if (use.key.window_kind == WindowKind::kProgramme &&
          use.key.subject_kind == LimitSubject::kPerson &&
          use.key.measure == LimitMeasure::kCount) {
        counted[use.key] += use.held + use.used;
      }
    }
  }
  for (const auto& [key, count] : counted) {
    if (count <= 0) {
      entered_.erase(key);
    } else if (entered_.try_emplace(key, now_).second) {
      Went(NaivePath::kEnteredAgain, !entered_once_.insert(key).second);
    }
  }
}

Answer NaiveLedger::CommitDraw(const CommitDrawRequest& request, TimestampNs now) {
  if (const auto known = draws_.find(request.code); known != draws_.end()) {
    const NaiveDraw& draw = known->second;
    const bool same =
        draw.committed.kind == request.kind && draw.committed.programme == request.programme &&
        draw.committed.limit == request.limit && draw.committed.closes_at == request.closes_at &&
        std::equal(draw.prizes.begin(),
                   draw.prizes.end(),
                   request.prizes.begin(),
                   request.prizes.end(),
                   IsSame);
    return same ? Only(Verdict::kUnchanged) : Refused(AdminReason::kImmutable, Field::kDraw);
  }
  if (request.kind == DrawKind::kDraw) {
    const auto programme =
        std::find_if(programmes_.begin(), programmes_.end(), [&](const ProgrammeEntry& entry) {
          return entry.code == request.programme;
        });
    if (programme == programmes_.end()) {
      return Refused(AdminReason::kUnknownReference, Field::kProgramme);
    }
    // Of any version: a person's, of all time.
    const bool has_limit = std::any_of(
        programme->versions.begin(),
        programme->versions.end(),
        [&](const ProgrammeVersion& version) {
          return std::any_of(
              version.limits.begin(), version.limits.end(), [&](const LimitSpec& limit) {
                return limit.code == request.limit && limit.measure == LimitMeasure::kCount &&
                       limit.subject == LimitSubject::kPerson &&
                       limit.window == WindowKind::kProgramme;
              });
        });
    if (!has_limit) {
      return Refused(AdminReason::kUnknownReference, Field::kEntries);
    }
  }
  if (request.closes_at <= now) {  // all who take part would be known by then
    return Refused(AdminReason::kNotAllowedFromState, Field::kClosesAt);
  }
  NaiveDraw draw;
  draw.committed = request;
  draw.committed.prizes = {};
  draw.prizes = {request.prizes.begin(), request.prizes.end()};
  draw.won.resize(draw.prizes.size());
  draw.committed_at = now;
  for (const PrizeSpec& prize : draw.prizes) {
    if (!prize.series.IsNone()) {
      series_.insert(prize.series);
    }
  }
  draws_[request.code] = draw;
  return {};
}

Answer NaiveLedger::CloseDraw(const CloseDrawRequest& request, TimestampNs now) {
  const auto found = draws_.find(request.code);
  if (found == draws_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kDraw);
  }
  NaiveDraw& draw = found->second;
  if (draw.committed.kind != DrawKind::kDraw) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kDraw);
  }
  if (draw.state != DrawState::kCommitted) {
    return draw.entries == request.entry_count && draw.entries_hash == request.entries_hash
               ? Only(Verdict::kUnchanged)
               : Refused(AdminReason::kNotAllowedFromState, Field::kEntries);
  }
  if (now < draw.committed.closes_at) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kClosesAt);
  }
  draw.state = DrawState::kClosed;
  draw.entries = request.entry_count;
  draw.entries_hash = request.entries_hash;
  return {};
}

Answer NaiveLedger::SettleDraw(const SettleDrawRequest& request, TimestampNs now) {
  const auto found = draws_.find(request.code);
  if (found == draws_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kDraw);
  }
  NaiveDraw& draw = found->second;
  if (draw.state == DrawState::kSettled) {
    return draw.seed == request.seed ? Only(Verdict::kUnchanged)
                                     : Refused(AdminReason::kNotAllowedFromState, Field::kSeedHash);
  }
  if (draw.committed.kind == DrawKind::kPool) {
    if (now < draw.committed.closes_at) {
      return Refused(AdminReason::kNotAllowedFromState, Field::kClosesAt);
    }
  } else {
    if (draw.state != DrawState::kClosed) {
      return Refused(AdminReason::kNotAllowedFromState, Field::kDraw);
    }
    uint64_t prizes = 0;
    for (const PrizeSpec& prize : draw.prizes) {
      prizes += prize.count;
    }
    if (draw.vouchers < std::min<uint64_t>(prizes, draw.entries)) {
      return Refused(AdminReason::kNotAllowedFromState, Field::kPrize);
    }
  }
  draw.state = DrawState::kSettled;
  draw.seed = request.seed;
  draw.settled_at = now;
  return {};
}

Answer NaiveLedger::DrawPrize(const DrawPrizeRequest& request, TimestampNs now) {
  const auto found = draws_.find(request.pool);
  if (found == draws_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kDraw);
  }
  if (members_.find(request.member) == members_.end()) {
    return Refused(AdminReason::kUnknownReference, Field::kMember);
  }
  NaiveDraw& pool = found->second;
  if (pool.committed.kind != DrawKind::kPool) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kDraw);
  }
  if (const auto known = vouchers_.find(request.key); known != vouchers_.end()) {
    return known->second.draw == request.pool && known->second.member == request.member
               ? Only(Verdict::kUnchanged)
               : Refused(AdminReason::kBelongsToAnother, Field::kVoucher);
  }
  if (now >= pool.committed.closes_at) {
    return Refused(AdminReason::kNotAllowedFromState, Field::kClosesAt);
  }
  uint64_t weights = 0;
  for (size_t i = 0; i < pool.prizes.size(); ++i) {
    weights += HasLeft(pool, i) ? pool.prizes[i].weight : 0;
  }
  auto point = static_cast<uint64_t>((static_cast<UInt128>(request.number) * weights) >> 64);
  std::optional<size_t> drawn;
  for (size_t i = 0; i < pool.prizes.size() && !drawn.has_value(); ++i) {
    if (!HasLeft(pool, i)) {
      Went(NaivePath::kPrizeRunOut);
    } else if (point < pool.prizes[i].weight) {
      drawn = i;
    } else {
      point -= pool.prizes[i].weight;
    }
  }
  NaiveVoucher voucher;
  voucher.member = request.member;
  voucher.draw = request.pool;
  voucher.state = VoucherState::kBlank;
  voucher.issued_as = vouchers_.size() + 1;
  if (drawn.has_value()) {
    voucher.valid_from = pool.prizes[*drawn].valid_from;
    voucher.expires_at = pool.prizes[*drawn].expires_at;
  }
  if (drawn.has_value() && !pool.prizes[*drawn].series.IsNone()) {
    voucher.series = pool.prizes[*drawn].series;
    voucher.state = VoucherState::kIssued;
    ++pool.vouchers;
  }
  Went(NaivePath::kPoolEmpty, !drawn.has_value());
  Went(NaivePath::kPoolDrawsNothing, drawn.has_value() && voucher.series.IsNone());
  if (drawn.has_value()) {
    ++pool.won[*drawn];
  }
  ++pool.entries;
  vouchers_[request.key] = voucher;
  return {};
}

}  // namespace gonghui
