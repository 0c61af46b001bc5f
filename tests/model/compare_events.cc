// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/model/compare_events.h"

#include <algorithm>
#include <array>
#include <vector>

#include "tests/testing/names.h"

namespace gonghui {
namespace {

using SegmentRow = StrongId<SegmentRowTag, uint32_t>;

std::string TextOf(const NaiveVoucher& voucher) {
  return gonghui::TextOf(voucher.series) + " " + NameOf(voucher.state) +
         " member=" + gonghui::TextOf(voucher.member) +
         " from=" + gonghui::TextOf(voucher.valid_from) +
         " until=" + gonghui::TextOf(voucher.expires_at) +
         " draw=" + gonghui::TextOf(voucher.draw) + " by=#" +
         std::to_string(voucher.authorization.value()) + " as " + std::to_string(voucher.issued_as);
}

NaiveVoucher VoucherOf(const Ledger& ledger, VoucherRow row) {
  const Voucher& voucher = ledger.vouchers()[row];
  NaiveVoucher read;
  read.series = ledger.voucher_series()[voucher.series].code;
  read.member = ledger.members()[voucher.member].id;
  read.valid_from = voucher.valid_from;
  read.expires_at = voucher.expires_at;
  read.draw = ledger.draws()[voucher.draw].code;
  read.state = voucher.state;
  if (voucher.authorization != CommandSeq{}) {
    read.authorization = MakeTransactionId(ledger.shard(), voucher.authorization);
  }
  read.issued_as = row.value();
  return read;
}

std::string CompareVouchers(const Ledger& ledger, const NaiveLedger& model) {
  if (ledger.vouchers().size() != model.vouchers().size()) {
    return std::to_string(ledger.vouchers().size()) + " vouchers against " +
           std::to_string(model.vouchers().size());
  }
  std::map<SeriesCode, std::array<uint32_t, 6>> counts;  // by state
  for (const SeriesCode& code : model.series()) {
    counts[code] = {};
  }
  for (const auto& [key, want] : model.vouchers()) {
    const VoucherRow row = ledger.FindVoucher(key);
    if (row == VoucherRow{}) {
      return "voucher " + TextOf(key) + " is not there";
    }
    if (const NaiveVoucher have = VoucherOf(ledger, row); have != want) {
      return "voucher " + TextOf(key) + ": " + TextOf(have) + " against " + TextOf(want);
    }
    if (!want.series.IsNone()) {
      ++counts[want.series].at(static_cast<size_t>(want.state));
    }
  }
  if (ledger.voucher_series().size() != counts.size()) {
    return std::to_string(ledger.voucher_series().size()) + " series against " +
           std::to_string(counts.size());
  }
  for (const auto& entry : counts) {
    const auto& code = entry.first;
    const auto& of_state = entry.second;  // clang 14 captures no binding
    const VoucherSeries& series = ledger.voucher_series()[ledger.FindVoucherSeries(code)];
    const auto of = [&of_state](VoucherState state) {
      return of_state.at(static_cast<size_t>(state));
    };
    if (series.code != code || series.issued != of(VoucherState::kIssued) ||
        series.reserved != of(VoucherState::kReserved) ||
        series.redeemed != of(VoucherState::kRedeemed) ||
        series.taken_back != of(VoucherState::kVoid)) {
      return "series " + TextOf(code) + ": " + std::to_string(series.issued) + " issued, " +
             std::to_string(series.reserved) + " reserved, " + std::to_string(series.redeemed) +
             " redeemed, " + std::to_string(series.taken_back) + " void";
    }
  }
  return "";
}

std::string CompareDraws(const Ledger& ledger, const NaiveLedger& model) {
  if (ledger.draws().size() != model.draws().size()) {
    return std::to_string(ledger.draws().size()) + " draws against " +
           std::to_string(model.draws().size());
  }
  for (const auto& [code, want] : model.draws()) {
    const std::string name = "draw " + TextOf(code) + ": ";
    const DrawRow row = ledger.FindDraw(code);
    if (row == DrawRow{}) {
      return name + "is not there";
    }
    const Draw& have = ledger.draws()[row];
    const CommitDrawRequest& committed = want.committed;
    if (have.kind != committed.kind || have.seed_hash != committed.seed_hash ||
        have.programme != committed.programme || have.limit != committed.limit ||
        have.closes_at != committed.closes_at || have.committed_at != want.committed_at) {
      return name + "other content";
    }
    if (have.state != want.state || have.seed != want.seed ||
        have.entries_hash != want.entries_hash || have.settled_at != want.settled_at) {
      return name + NameOf(have.state) + " against " + NameOf(want.state);
    }
    if (have.entry_count != want.entries || have.won_count != want.vouchers) {
      return name + std::to_string(have.won_count) + " of " + std::to_string(have.entry_count) +
             " against " + std::to_string(want.vouchers) + " of " + std::to_string(want.entries);
    }
    const auto prizes = ledger.PrizesOf(have);
    if (prizes.size() != want.prizes.size()) {
      return name + "prizes";
    }
    for (size_t i = 0; i < prizes.size(); ++i) {
      const PrizeSpec& spec = want.prizes[i];
      const Prize& prize = prizes[i];
      if (ledger.voucher_series()[prize.series].code != spec.series || prize.count != spec.count ||
          prize.weight != spec.weight || prize.valid_from != spec.valid_from ||
          prize.expires_at != spec.expires_at || prize.won != want.won[i]) {
        return name + "prize " + std::to_string(i) + ": " + std::to_string(prize.won) +
               " won against " + std::to_string(want.won[i]);
      }
    }
  }
  return "";
}

std::vector<NaiveJudgement> JudgementsOf(const Ledger& ledger, const Occasion& occasion) {
  std::vector<NaiveJudgement> judgements;
  for (ApprovalRow row = occasion.last_approval; row != ApprovalRow{};
       row = ledger.approvals()[row].previous) {
    const Approval& approval = ledger.approvals()[row];
    judgements.push_back({approval.by, approval.note, approval.at, approval.judgement});
  }
  std::reverse(judgements.begin(), judgements.end());
  return judgements;
}

std::string CompareOccasions(const Ledger& ledger, const NaiveLedger& model) {
  const std::map<TransactionId, NaiveOccasion> wanted = model.Occasions();
  if (ledger.occasions().size() != wanted.size()) {
    return std::to_string(ledger.occasions().size()) + " occasions against " +
           std::to_string(wanted.size());
  }
  uint32_t row = 0;  // they are added in the order of their authorizations
  for (const auto& [id, want] : wanted) {
    const std::string name = "occasion of #" + std::to_string(id.value()) + ": ";
    const Occasion& have = ledger.occasions()[OccasionRow{++row}];
    if (have.authorization != SeqOf(id)) {
      return name + "another one's";
    }
    if (have.asked.voucher != want.asked.voucher || have.asked.slot_at != want.asked.slot_at ||
        have.asked.event_at != want.asked.event_at || have.asked.filed_by != want.asked.filed_by) {
      return name + "asked otherwise";
    }
    const VoucherKey taken =
        have.voucher == VoucherRow{} ? VoucherKey{} : ledger.vouchers()[have.voucher].key;
    if (taken != want.voucher) {
      return name + "voucher " + TextOf(taken) + " against " + TextOf(want.voucher);
    }
    const std::vector<NaiveJudgement> judgements = JudgementsOf(ledger, have);
    if (judgements != want.judgements) {
      return name + std::to_string(judgements.size()) + " judgements against " +
             std::to_string(want.judgements.size());
    }
    const auto approvals = std::count_if(judgements.begin(), judgements.end(), [](const auto& j) {
      return j.judgement == Judgement::kApproved;
    });
    if (have.approval_count != approvals) {
      return name + std::to_string(have.approval_count) + " approvals against " +
             std::to_string(approvals);
    }
  }
  return "";
}

std::string CompareContribution(const Ledger& ledger,
                                const Contribution& have,
                                const NaiveContribution& want) {
  if (ledger.members()[have.member].id != want.asked.member ||
      ledger.segments()[SegmentRow{have.segment + 1u}].code != want.asked.segment ||
      have.amount != want.asked.amount || have.covers_from != want.asked.covers_from ||
      have.covers_until != want.asked.covers_until || have.at != want.at) {
    return "other content";
  }
  if (have.revoked != want.revoked || have.covered_until != want.covered_until) {
    return "revoked " + std::to_string(int{have.revoked}) + " covered until " +
           TextOf(have.covered_until) + " against " + std::to_string(int{want.revoked}) + " " +
           TextOf(want.covered_until);
  }
  return "";
}

std::string CompareContributions(const Ledger& ledger, const NaiveLedger& model) {
  size_t count = 0;
  for (const auto& [key, of_receipt] : model.contributions()) {
    count += of_receipt.size();
    ContributionRow row = ledger.FindContribution(ledger.FindFund(key.first), key.second);
    for (auto want = of_receipt.rbegin(); want != of_receipt.rend(); ++want) {
      if (row == ContributionRow{}) {
        return "contribution " + TextOf(key.second) + ": is not there";
      }
      const Contribution& have = ledger.contributions()[row];
      const std::string different = CompareContribution(ledger, have, *want);
      if (!different.empty()) {
        return "contribution " + TextOf(key.second) + ": " + different;
      }
      row = have.previous;
    }
    if (row != ContributionRow{}) {
      return "contribution " + TextOf(key.second) + ": too many of them";
    }
  }
  if (ledger.contributions().size() != count) {
    return std::to_string(ledger.contributions().size()) + " contributions against " +
           std::to_string(count);
  }
  return "";
}

std::string CompareSpans(const Ledger& ledger, const NaiveLedger& model) {
  for (const auto& [id, want] : model.members()) {
    const Member& member = ledger.members()[ledger.FindMember(id)];
    uint32_t i = 0;
    SegmentSpanRow row = member.first_span;
    for (; row != SegmentSpanRow{} && i < want.span_count; ++i) {
      const SegmentSpan& have = ledger.segment_spans()[row];
      const SegmentSpanRequest& span = want.spans[i];
      if (ledger.segments()[SegmentRow{have.segment + 1u}].code != span.segment ||
          have.starts_at != span.starts_at || have.ends_at != span.ends_at) {
        return "span " + std::to_string(i) + " of " + TextOf(id) + ": " + TextOf(have.starts_at) +
               ".." + TextOf(have.ends_at) + " against " + TextOf(span.starts_at) + ".." +
               TextOf(span.ends_at);
      }
      row = have.next;
    }
    if (row != SegmentSpanRow{} || i < want.span_count) {
      return "spans of " + TextOf(id) + ": not " + std::to_string(want.span_count);
    }
  }
  return "";
}

}  // namespace

std::string CompareEvents(const Ledger& ledger, const NaiveLedger& model) {
  for (const auto& compare :
       {CompareVouchers, CompareDraws, CompareOccasions, CompareContributions, CompareSpans}) {
    if (std::string different = compare(ledger, model); !different.empty()) {
      return different;
    }
  }
  return "";
}

}  // namespace gonghui
