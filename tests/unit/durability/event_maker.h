// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Events for tests of what is stored: any content that an event may have, not
// only what today's rules produce.  The same seed gives the same events.

#ifndef GONGHUI_TESTS_UNIT_DURABILITY_EVENT_MAKER_H_
#define GONGHUI_TESTS_UNIT_DURABILITY_EVENT_MAKER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/prng.h"
#include "engine/domain/event.h"

namespace gonghui {

// An event with all that it points to; stays where it was made.
struct OwnedEvent {
  OwnedEvent() = default;
  OwnedEvent(const OwnedEvent&) = delete;
  OwnedEvent& operator=(const OwnedEvent&) = delete;

  Event event;
  Command command;
  SegmentRequest segment;
  UnionNodeRequest union_node;
  MemberRequest member;
  CardRequest card;
  MerchantRequest merchant;
  TerminalRequest terminal;
  FundRequest fund;
  MemberStatusRequest member_status;
  CardStatusRequest card_status;
  ReplaceCardRequest replace_card;
  RetireProgrammeRequest retire_programme;
  StageProgrammeRequest stage_programme;
  IssueVouchersRequest issue_vouchers;
  VoidVouchersRequest void_vouchers;
  CommitDrawRequest commit_draw;
  CloseDrawRequest close_draw;
  SettleDrawRequest settle_draw;
  DrawPrizeRequest draw_prize;
  ContributeRequest contribute;
  RevokeContributionRequest revoke_contribution;
  JudgeClaimRequest judge_claim;
  std::vector<VoucherToIssue> vouchers;
  std::vector<VoucherKey> voucher_keys;
  std::vector<PrizeSpec> prizes;
  OccasionRequest occasion;
  AdviceRequest advice;
  std::vector<LineItem> lines;
  std::vector<ReturnedLine> returned;
  ProgrammeImage image;
  std::vector<BenefitSpec> benefits;
  std::vector<LimitSpec> limits;
  std::vector<SegmentCode> segments;
  std::vector<MccRange> mccs;
  std::vector<MerchantId> merchants;
  std::vector<TerminalId> terminals;
  std::vector<ItemCode> items;
  std::vector<PriceStep> steps;
  std::vector<DayRange> days;
  std::vector<HoursRange> hours;
  std::vector<uint32_t> limit_refs;
  std::vector<FundingShareSpec> funding;
  std::vector<OverCapture> over_capture;
  ArchiveMark archive;
  ArchivedTransaction thaw;
};

inline constexpr EventKind kAllEventKinds[] = {
    EventKind::kAuthorized,          EventKind::kCaptured,        EventKind::kReversed,
    EventKind::kHoldExpired,         EventKind::kIncremented,     EventKind::kRefunded,
    EventKind::kBatchClosed,         EventKind::kArchived,        EventKind::kThawed,
    EventKind::kProgrammeActivated,  EventKind::kSegmentDefined,  EventKind::kUnionNodeSet,
    EventKind::kMemberSet,           EventKind::kCardSet,         EventKind::kMerchantSet,
    EventKind::kTerminalSet,         EventKind::kFundSet,         EventKind::kProgrammeApplied,
    EventKind::kMemberStatusSet,     EventKind::kCardStatusSet,   EventKind::kCardReplaced,
    EventKind::kProgrammeRetired,    EventKind::kProgrammeStaged, EventKind::kVouchersIssued,
    EventKind::kVouchersVoided,      EventKind::kDrawCommitted,   EventKind::kDrawClosed,
    EventKind::kDrawSettled,         EventKind::kPrizeDrawn,      EventKind::kContributed,
    EventKind::kContributionRevoked, EventKind::kClaimApproved,   EventKind::kClaimRejected,
};

// Any values at all in every field that the kind uses; every enumerator, edges of
// every integer more often than chance.
std::unique_ptr<OwnedEvent> MakeRandomEvent(EventKind kind,
                                            uint64_t seq,
                                            TimestampNs at,
                                            Prng& prng);

// A sale as a till makes it: POS, 25.80 yuan, one benefit of one fund, counted by
// day and by month.  `number` varies ids, rows and amounts a little.
std::unique_ptr<OwnedEvent> MakeSale(uint64_t seq, TimestampNs at, uint32_t number = 0);

// What may become of such an authorization: 10.00 yuan of it captured, added, reversed
// or refunded (`kind`), 4.00 of them the fund's.
std::unique_ptr<OwnedEvent> MakeFollowUp(EventKind kind, uint64_t seq, TimestampNs at);

// The sale with what was bought: 2 pieces for 20.00 yuan, of which the fund bears 8.00, and
// one for 5.80, of which it bears 2.32.
std::unique_ptr<OwnedEvent> MakeSaleOfLines(uint64_t seq, TimestampNs at);

// One of the first line's pieces is given back: the refund of MakeFollowUp().
std::unique_ptr<OwnedEvent> MakeRefundOfLine(uint64_t seq, TimestampNs at);

// The sale as a terminal tells of it two hours later: it took 12.00 yuan, the fund has
// 10.32 of the other 13.80, and the rest is the acquirer's.
std::unique_ptr<OwnedEvent> MakeAdvice(uint64_t seq, TimestampNs at);

// The terminal's first batch: three sales, and it counts one that the ledger does not.
std::unique_ptr<OwnedEvent> MakeBatchClose(uint64_t seq, TimestampNs at);

// The sale at a gate, by a code that was issued 12.5 seconds before.
std::unique_ptr<OwnedEvent> MakeCodeSale(uint64_t seq, TimestampNs at);

// What MakeSale() or MakeFollowUp() leaves, as the archive has it, and with lines and an
// advice.
ArchivedTransaction MakeArchivedSale(uint64_t seq, TimestampNs at);
ArchivedTransaction MakeArchivedRefund(uint64_t seq, TimestampNs at);
ArchivedTransaction MakeArchivedAdvice(uint64_t seq, TimestampNs at);

// The first 4,096 transactions leave.
std::unique_ptr<OwnedEvent> MakeArchive(uint64_t seq, TimestampNs at);
// The sale comes back.
std::unique_ptr<OwnedEvent> MakeThaw(uint64_t seq, TimestampNs at);

// A programme of one benefit becomes a version that waits for its day: 10 % off two items at
// one merchant from 10.00 yuan on, 20 % from 50.00, on workdays but for three, for women
// who have been members for 90 days, three times in 30 days in a district.
std::unique_ptr<OwnedEvent> MakeProgramme(uint64_t seq, TimestampNs at);
// An operator takes it forward ...
std::unique_ptr<OwnedEvent> MakeStaging(uint64_t seq, TimestampNs at);
// ... or its day comes.
std::unique_ptr<OwnedEvent> MakeActivation(uint64_t seq, TimestampNs at);

// A bag of rice is taken at a machine by its pick-up code: the sale without a card, of a stock.
std::unique_ptr<OwnedEvent> MakePickUp(uint64_t seq, TimestampNs at);
// The sale as a claim about what happened a day before, which is held for 30 days.
std::unique_ptr<OwnedEvent> MakeClaim(uint64_t seq, TimestampNs at);
// A bearer's voucher and a member's ...
std::unique_ptr<OwnedEvent> MakeVoucherIssue(uint64_t seq, TimestampNs at);
// ... of which the first is taken back.
std::unique_ptr<OwnedEvent> MakeVoucherVoid(uint64_t seq, TimestampNs at);
// A draw of 20 places, from its commitment to its end.
std::unique_ptr<OwnedEvent> MakeCommitment(uint64_t seq, TimestampNs at);
std::unique_ptr<OwnedEvent> MakeClosing(uint64_t seq, TimestampNs at);
std::unique_ptr<OwnedEvent> MakeSettlement(uint64_t seq, TimestampNs at);
// Somebody has passed a quiz.
std::unique_ptr<OwnedEvent> MakePrize(uint64_t seq, TimestampNs at);
// 60 yuan for a month of cover, and they are paid back.
std::unique_ptr<OwnedEvent> MakeContribution(uint64_t seq, TimestampNs at);
std::unique_ptr<OwnedEvent> MakeRevocation(uint64_t seq, TimestampNs at);
// Of that claim; a rejection gives a voucher back, too.
std::unique_ptr<OwnedEvent> MakeJudgement(EventKind kind, uint64_t seq, TimestampNs at);

// Parts of MakeRandomEvent(): the content of a command about vouchers, draws, claims and
// contributions; of an authorize command now and then an occasion; and what a benefit asks
// for, after its limits are known.
void FillVoucherCommand(Prng& prng, OwnedEvent& o);
void FillOccasion(Prng& prng, OwnedEvent& o);
void FillTerms(Prng& prng, const OwnedEvent& o, BenefitSpec& b);

// Any values at all in every field that comes back.
ArchivedTransaction MakeRandomArchived(Prng& prng);

// As FirstDifference() of events.
std::string FirstDifference(const ArchivedTransaction& a, const ArchivedTransaction& b);

// Empty when the two say the same in every field their kind uses, or the name of
// the first field that differs.
std::string FirstDifference(const Event& a, const Event& b);

// REQUIRES: `text` is a code.
template <class CodeType>
CodeType CodeOf(std::string_view text) {
  return *CodeType::Parse(std::span<const char>(text.data(), text.size()));
}

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_DURABILITY_EVENT_MAKER_H_
