// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/tables/table_occasions.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/int128.h"
#include "engine/ledger/draw_entries.h"
#include "tests/tables/table_answers.h"

namespace gonghui {
namespace {

Digest DigestOf(const std::string& text) {
  Digest digest{};
  for (size_t i = 0; i < digest.size(); ++i) {
    const std::string salted = text + std::to_string(i / 8);
    digest[i] = static_cast<uint8_t>(HashBytes(salted.data(), salted.size()) >> (i % 8 * 8));
  }
  return digest;
}

// FROM..UNTIL
std::pair<TimestampNs, TimestampNs> SpanOf(const std::string& text) {
  const size_t dots = text.find("..");
  if (dots == std::string::npos) {
    Fail("not from..until: '" + text + "'");
  }
  return {TimeOf(text.substr(0, dots)), TimeOf(text.substr(dots + 2))};
}

// issue SERIES V1,V2:M1 valid=FROM..UNTIL [draw=D]
OwnedCommand ReadIssue(RowWords& row) {
  IssueVouchersRequest request;
  request.series = Coded<SeriesCode>(row.Next("a series"));
  std::vector<VoucherToIssue> vouchers;
  for (const std::string& text : SplitAt(row.Next("vouchers: V1,V2:MEMBER"), ',')) {
    const std::vector<std::string> parts = SplitAt(text, ':');
    VoucherToIssue voucher;
    voucher.key = VoucherOf(parts[0]);
    if (parts.size() == 2) {
      voucher.member = Coded<MemberId>(parts[1]);
    }
    vouchers.push_back(voucher);
  }
  std::tie(request.valid_from, request.expires_at) =
      SpanOf(row.Value("valid", "2026-01-01..2027-01-01"));
  if (const auto draw = row.Value("draw")) {
    request.draw = Coded<DrawCode>(*draw);
  }
  request.vouchers = vouchers;
  return Own(request);
}

OwnedCommand ReadVoid(RowWords& row) {
  std::vector<VoucherKey> keys;
  for (const std::string& text : SplitAt(row.Next("vouchers: V1,V2"), ',')) {
    keys.push_back(VoucherOf(text));
  }
  VoidVouchersRequest request;
  request.keys = keys;
  return Own(request);
}

// draw D programme=P limit=L closes=TIME prizes=SERIES:COUNT,... valid=FROM..UNTIL seed=WORD
// pool D closes=TIME prizes=SERIES:COUNT:WEIGHT,nothing:0:70 valid=FROM..UNTIL seed=WORD
OwnedCommand ReadDraw(RowWords& row, DrawKind kind) {
  CommitDrawRequest request;
  request.code = Coded<DrawCode>(row.Next("a draw"));
  request.kind = kind;
  request.seed_hash = DigestOf("hash of " + row.Value("seed", "seed"));
  request.closes_at = TimeOf(row.Value("closes", ""));
  if (kind == DrawKind::kDraw) {
    request.programme = Coded<ProgrammeCode>(row.Value("programme", "p"));
    request.limit = Coded<LimitCode>(row.Value("limit", "entry"));
  }
  const auto [from, until] = SpanOf(row.Value("valid", "2026-01-01..2027-01-01"));
  std::vector<PrizeSpec> prizes;
  for (const std::string& text : SplitAt(row.Value("prizes", ""), ',')) {
    const std::vector<std::string> parts = SplitAt(text, ':');
    if (parts.size() != (kind == DrawKind::kDraw ? 2 : 3)) {
      Fail("not series:count (of a pool series:count:weight): '" + text + "'");
    }
    PrizeSpec prize;
    if (parts[0] != "nothing") {
      prize.series = Coded<SeriesCode>(parts[0]);
      prize.valid_from = from;
      prize.expires_at = until;
    }
    prize.count = static_cast<uint32_t>(NumberOf(parts[1]));
    prize.weight = parts.size() == 3 ? static_cast<uint32_t>(NumberOf(parts[2])) : 0;
    prizes.push_back(prize);
  }
  request.prizes = prizes;
  return Own(request);
}

// draw-prize POOL EVENT MEMBER percent=35: so far into the sum of the weights.
OwnedCommand ReadDrawPrize(RowWords& row) {
  DrawPrizeRequest request;
  request.pool = Coded<DrawCode>(row.Next("a pool"));
  request.key = VoucherOf(row.Next("an event"));
  request.member = Coded<MemberId>(row.Next("a member"));
  const int64_t percent = NumberOf(row.Value("percent", "0"));
  if (percent < 0 || percent > 99) {
    Fail("percent= 0 to 99");
  }
  // Rounded up, so that of a hundred parts it is the beginning of this one.
  const UInt128 part = (UInt128{static_cast<uint64_t>(percent)} << 64) + 99;
  request.number = static_cast<uint64_t>(part / 100);
  return Own(request);
}

// contribute R1 fund=F member=M1 segment=S amount=10000 covers=FROM..UNTIL
OwnedCommand ReadContribution(RowWords& row) {
  ContributeRequest request;
  request.receipt = Coded<ReceiptCode>(row.Next("a receipt"));
  request.fund = Coded<FundCode>(row.Value("fund", "F"));
  request.member = Coded<MemberId>(row.Value("member", "M1"));
  request.segment = Coded<SegmentCode>(row.Value("segment", ""));
  request.amount = Fen{NumberOf(row.Value("amount", ""))};
  std::tie(request.covers_from, request.covers_until) =
      SpanOf(row.Value("covers", "2026-01-01..2027-01-01"));
  return Own(request);
}

// approve #K1 by=wang
OwnedCommand ReadJudgement(CommandKind kind, const GivenIds& given, RowWords& row) {
  JudgeClaimRequest request;
  RequestId request_id;
  given.Read(row.Next("a claim: #K1"), &request.claim, &request_id);
  if (request.claim == TransactionId{}) {
    Fail("a claim is named by its transaction: #K1");
  }
  request.by = Coded<OperatorName>(row.Value("by", ""));
  return Own(kind, request);
}

std::string CodeOfRow(const Ledger& ledger, VoucherSeriesRow row) {
  return row == VoucherSeriesRow{} ? "none" : TextOf(ledger.voucher_series()[row].code);
}

// M1,M3: who is on the list if it is fixed now; "none" for nobody.
std::string EntrantsOf(const Ledger& ledger, const Draw& draw) {
  const CounterSeriesRow series =
      ledger.FindCounterSeries(EntrySeriesOf(draw.programme, draw.limit));
  std::string entrants;
  for (uint32_t i = 1; i <= ledger.counters().size(); ++i) {
    const Counter& counter = ledger.counters()[CounterRow{i}];
    if (counter.series == series && IsEntry(counter, draw)) {
      entrants +=
          (entrants.empty() ? "" : ",") + TextOf(ledger.members()[MemberRow{counter.subject}].id);
    }
  }
  return entrants.empty() ? "none" : entrants;
}

void ExpectVoucher(const Ledger& ledger, const GivenIds& given, RowWords& row) {
  const VoucherRow found = ledger.FindVoucher(VoucherOf(row.Next("a voucher")));
  if (found == VoucherRow{}) {
    Fail("no such voucher");
  }
  const Voucher& voucher = ledger.vouchers()[found];
  Compare(row, "state", std::string(NameOf(voucher.state)));
  Compare(row, "series", CodeOfRow(ledger, voucher.series));
  Compare(row,
          "member",
          voucher.member == MemberRow{} ? "none" : TextOf(ledger.members()[voucher.member].id));
  Compare(row, "expires", voucher.expires_at);
  if (const auto by = row.Value("by")) {
    TransactionId id;
    RequestId request_id;
    if (*by != "none") {
      given.Read(*by, &id, &request_id);
    }
    if (voucher.authorization != SeqOf(id)) {
      Fail("by: expected " + *by + " (" + std::to_string(SeqOf(id).value()) + "), got " +
           std::to_string(voucher.authorization.value()));
    }
  }
}

void ExpectClaim(const Ledger& ledger, const GivenIds& given, RowWords& row) {
  TransactionId id;
  RequestId request_id;
  given.Read(row.Next("a claim: #K1"), &id, &request_id);
  for (uint32_t i = 1; i <= ledger.occasions().size(); ++i) {
    const Occasion& occasion = ledger.occasions()[OccasionRow{i}];
    if (occasion.authorization == SeqOf(id)) {
      Compare(row, "approvals", occasion.approval_count);
      const Approval& last = ledger.approvals()[occasion.last_approval];
      Compare(row, "last", last.by.IsNone() ? "none" : TextOf(last.by));
      return;
    }
  }
  Fail("no such claim");
}

}  // namespace

VoucherKey VoucherOf(const std::string& text) {
  return text == "none" ? VoucherKey{}
                        : VoucherKey{HashBytes(text.data(), text.size()), text.size()};
}

std::optional<OccasionRequest> ReadOccasion(RowWords& row) {
  OccasionRequest request;
  bool any = false;
  const auto read = [&](const char* key, auto&& take) {
    if (const auto value = row.Value(key)) {
      take(*value);
      any = true;
    }
  };
  read("voucher", [&](const std::string& text) { request.voucher = VoucherOf(text); });
  read("slot", [&](const std::string& text) { request.slot_at = TimeOf(text); });
  read("event", [&](const std::string& text) { request.event_at = TimeOf(text); });
  read("filed-by", [&](const std::string& text) { request.filed_by = Coded<OperatorName>(text); });
  return any ? std::optional(request) : std::nullopt;
}

void ReadAsks(RowWords& row, const OwnedProgramme& programme, BenefitSpec* benefit) {
  const auto ask = [benefit](Asks what) {
    benefit->asks = static_cast<uint8_t>(benefit->asks | static_cast<uint8_t>(what));
    benefit->offline = OfflinePolicy::kRefuse;  // as the language has it
  };
  constexpr int64_t kDayNs = kSecondsPerDay * kNsPerSecond;
  if (const auto series = row.Value("voucher")) {
    ask(Asks::kVoucher);
    benefit->voucher = Coded<SeriesCode>(*series);
    benefit->voucher_returns = row.Flag("voucher-returns");
  }
  if (const auto slots = row.Value("slots")) {
    ask(Asks::kSlot);
    benefit->slot_minutes = static_cast<uint16_t>(DurationNsOf(*slots) / kNsPerMinute);
    benefit->slot_ahead_days =
        static_cast<uint32_t>(DurationNsOf(row.Value("ahead", "30d")) / kDayNs);
    benefit->slot_grace_minutes =
        static_cast<uint32_t>(DurationNsOf(row.Value("grace", "0m")) / kNsPerMinute);
  }
  if (const auto within = row.Value("claim")) {
    ask(Asks::kClaim);
    benefit->claim_days_max = static_cast<uint16_t>(DurationNsOf(*within) / kDayNs);
    benefit->approvals = static_cast<uint8_t>(NumberOf(row.Value("approvals", "0")));
  }
  if (const auto code = row.Value("counts-on")) {
    const auto& all = programme.limits;
    const auto found = std::find_if(all.begin(), all.end(), [&](const LimitSpec& limit) {
      return TextOf(limit.code) == *code;
    });
    if (found == all.end()) {
      Fail("no such limit above: '" + *code + "'");
    }
    benefit->asks =
        static_cast<uint8_t>(benefit->asks | static_cast<uint8_t>(Asks::kEarlierPrices));
    benefit->earlier_prices = static_cast<uint32_t>(found - all.begin());
  }
}

std::optional<OwnedCommand> ReadOccasionAdmin(const std::string& verb,
                                              const GivenIds& given,
                                              RowWords& row) {
  if (verb == "issue") {
    return ReadIssue(row);
  }
  if (verb == "void") {
    return ReadVoid(row);
  }
  if (verb == "draw" || verb == "pool") {
    return ReadDraw(row, verb == "draw" ? DrawKind::kDraw : DrawKind::kPool);
  }
  if (verb == "close-draw") {
    CloseDrawRequest request;
    request.code = Coded<DrawCode>(row.Next("a draw"));
    request.entry_count = static_cast<uint32_t>(NumberOf(row.Value("entries", "0")));
    request.entries_hash = DigestOf(row.Value("hash", "entries"));
    return Own(request);
  }
  if (verb == "settle") {
    SettleDrawRequest request;
    request.code = Coded<DrawCode>(row.Next("a draw"));
    request.seed = DigestOf(row.Value("seed", "seed"));
    return Own(request);
  }
  if (verb == "draw-prize") {
    return ReadDrawPrize(row);
  }
  if (verb == "contribute") {
    return ReadContribution(row);
  }
  if (verb == "revoke") {
    RevokeContributionRequest request;
    request.receipt = Coded<ReceiptCode>(row.Next("a receipt"));
    request.fund = Coded<FundCode>(row.Value("fund", "F"));
    return Own(request);
  }
  if (verb == "approve" || verb == "reject") {
    return ReadJudgement(
        verb == "approve" ? CommandKind::kApproveClaim : CommandKind::kRejectClaim, given, row);
  }
  return std::nullopt;
}

bool ExpectOccasion(const std::string& what,
                    const Ledger& ledger,
                    const GivenIds& given,
                    RowWords& row) {
  if (what == "voucher") {
    ExpectVoucher(ledger, given, row);
  } else if (what == "series") {
    const VoucherSeriesRow found =
        ledger.FindVoucherSeries(Coded<SeriesCode>(row.Next("a series")));
    if (found == VoucherSeriesRow{}) {
      Fail("no such series");
    }
    const VoucherSeries& series = ledger.voucher_series()[found];
    Compare(row, "issued", series.issued);
    Compare(row, "reserved", series.reserved);
    Compare(row, "redeemed", series.redeemed);
    Compare(row, "void", series.taken_back);
  } else if (what == "draw") {
    const DrawRow found = ledger.FindDraw(Coded<DrawCode>(row.Next("a draw")));
    if (found == DrawRow{}) {
      Fail("no such draw");
    }
    const Draw& draw = ledger.draws()[found];
    Compare(row, "state", std::string(NameOf(draw.state)));
    Compare(row, "entries", draw.entry_count);
    Compare(row, "won", draw.won_count);
    Compare(row, "entrants", EntrantsOf(ledger, draw));
  } else if (what == "claim") {
    ExpectClaim(ledger, given, row);
  } else if (what == "segment") {
    // expect segment S M1 in=yes|no
    const uint32_t bit = ledger.FindSegmentBit(Coded<SegmentCode>(row.Next("a segment")));
    const MemberRow member = ledger.FindMember(Coded<MemberId>(row.Next("a member")));
    const TimestampNs at = TimeOf(row.Value("at", ""));
    const bool in =
        bit < kSegmentsMax && (ledger.SegmentsOf(ledger.members()[member], at) >> bit & 1) != 0;
    Compare(row, "in", std::string(in ? "yes" : "no"));
  } else {
    return false;
  }
  return true;
}

}  // namespace gonghui
