// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/unit/durability/event_maker.h"

namespace gonghui {

std::unique_ptr<OwnedEvent> MakeSale(uint64_t seq, TimestampNs at, uint32_t number) {
  auto owned = std::make_unique<OwnedEvent>();
  Command& c = owned->command;
  c.kind = CommandKind::kAuthorize;
  c.terminal = CodeOf<TerminalId>("KM004217");
  c.request_id = {uint64_t{0x01934a5e7c2b7f31} + number, 0x9d1f62a8b04ce573};
  c.authorize.card = CardNumber{uint64_t{6'217'003'860'012'345'678} + number};
  c.authorize.list_price = Fen{2'580 + number % 1'000};
  c.authorize.stan = 104'211 + number % 100'000;
  c.authorize.capture_at_once = true;
  c.authorize.entry_mode = PosEntryMode::kContactless;

  Event& e = owned->event;
  e.kind = EventKind::kAuthorized;
  e.seq = CommandSeq{seq};
  e.at = at;
  e.command = &c;
  e.transaction_row = TransactionRow{1'843'212 + number};
  Transaction& t = e.transaction;
  t.request_id = c.request_id;
  t.seq = e.seq;
  t.decided_at = at;
  t.card = c.authorize.card;
  t.list_price = c.authorize.list_price;
  t.subsidy = Fen{1'032};
  t.member_pays = t.list_price - t.subsidy;
  t.captured = t.list_price;
  t.captured_subsidy = t.subsidy;
  t.terminal = TerminalRow{4'217};
  t.merchant = MerchantRow{1'630};
  t.member = MemberRow{812'345 + number};
  t.first_applied = AppliedRow{1'720'044 + number};
  t.first_use = UseRow{3'611'870 + 2 * number};
  t.stan = c.authorize.stan;
  t.kind = TransactionKind::kAuthorization;
  t.state = TransactionState::kCaptured;
  t.outcome = Outcome::kApproved;
  t.entry_mode = c.authorize.entry_mode;
  t.applied_count = 1;
  t.use_count = 2;
  t.capture_at_once = true;

  e.share_count = 1;
  e.shares[0] = {BenefitRow{17}, FundRow{3}, Fen{0}, t.subsidy, Fen{0}, Fen{0}};
  e.use_count = 2;
  e.uses[0] = {LimitRow{21}, t.member.value(), 20'780, BenefitRow{17}, 0, 1, 1, 1, {}};
  e.uses[1] = {LimitRow{22}, t.member.value(), 24'322, BenefitRow{17}, 0, 1'032, 1'032, 18'968, {}};
  e.member_posted_delta = t.member_pays;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeFollowUp(EventKind kind, uint64_t seq, TimestampNs at) {
  constexpr Fen kAmount{1'000};
  constexpr Fen kSubsidy{400};
  constexpr Fen kMemberPays = kAmount - kSubsidy;
  const auto sale = MakeSale(5'001, at);
  const TransactionId original = MakeTransactionId(0, sale->event.seq);

  auto owned = std::make_unique<OwnedEvent>();
  Command& c = owned->command;
  c.kind = static_cast<CommandKind>(kind);
  c.terminal = sale->command.terminal;
  c.request_id = {0x01934a5e80c41b07, 0xa4f30c1dd2956e18};

  Event& e = owned->event;
  e.kind = kind;
  e.seq = CommandSeq{seq};
  e.at = at;
  e.command = &c;
  e.transaction_row = TransactionRow{1'843'213};
  e.original.row = sale->event.transaction_row;
  Transaction& t = e.transaction;
  t.request_id = c.request_id;
  t.seq = e.seq;
  t.decided_at = at;
  t.card = sale->event.transaction.card;
  t.list_price = kAmount;
  t.subsidy = kSubsidy;
  t.member_pays = kMemberPays;
  t.terminal = sale->event.transaction.terminal;
  t.merchant = sale->event.transaction.merchant;
  t.member = sale->event.transaction.member;
  t.reference = Reference{};
  t.original_seq = sale->event.seq;
  t.first_applied = AppliedRow{1'720'045};
  t.kind = static_cast<TransactionKind>(kind);
  t.state = TransactionState::kCompleted;
  t.outcome = Outcome::kApproved;
  t.applied_count = 1;
  t.original_found = true;
  t.reference.original_id = original;
  t.reference.asked_amount = kAmount;

  e.share_count = 1;
  ShareDelta& share = e.shares[0];
  share.benefit = BenefitRow{17};
  share.fund = FundRow{3};
  e.use_count = 1;
  UseDelta& use = e.uses[0];
  use.limit = LimitRow{22};
  use.subject = t.member.value();
  use.window = 24'322;
  use.benefit = share.benefit;

  switch (kind) {
    case EventKind::kCaptured:
      c.capture = CaptureRequest{original, {}, kAmount, true, false};
      e.original.state = TransactionState::kPartiallyCaptured;
      e.original.captured_delta = kAmount;
      e.original.captured_subsidy_delta = kSubsidy;
      share.held_delta = -kSubsidy;
      share.spent_delta = kSubsidy;
      use.held_delta = -kSubsidy.value();
      use.used_delta = kSubsidy.value();
      e.member_pending_delta = -kMemberPays;
      e.member_posted_delta = kMemberPays;
      break;
    case EventKind::kIncremented:
      c.increment = IncrementRequest{original, {}, kAmount, 0};
      e.original.state = TransactionState::kPending;
      e.original.restates = true;
      e.original.list_price_delta = kAmount;
      e.original.subsidy_delta = kSubsidy;
      share.held_delta = kSubsidy;
      use.held_delta = kSubsidy.value();
      e.member_pending_delta = kMemberPays;
      t.expires_at = TimestampNs{at.value() + 60 * kNsPerSecond};
      break;
    case EventKind::kReversed:
      c.reverse = ReverseRequest{original, {}, kAmount, true, t.reversal_reason};
      e.original.state = TransactionState::kPending;
      e.original.restates = true;
      e.original.list_price_delta = -kAmount;
      e.original.subsidy_delta = -kSubsidy;
      share.held_delta = -kSubsidy;
      use.held_delta = -kSubsidy.value();
      e.member_pending_delta = -kMemberPays;
      break;
    default:
      c.refund.original = original;
      c.refund.amount = kAmount;
      c.refund.has_amount = true;
      e.original.state = TransactionState::kPartiallyRefunded;
      e.original.refunded_delta = kAmount;
      e.original.refunded_subsidy_delta = kSubsidy;
      share.spent_delta = -kSubsidy;
      use.used_delta = -kSubsidy.value();
      use.used_after = 632;
      use.left_after = 19'368;
      t.first_use = UseRow{3'611'872};
      t.use_count = 1;
      e.member_posted_delta = -kMemberPays;
      break;
  }
  return owned;
}

std::unique_ptr<OwnedEvent> MakeSaleOfLines(uint64_t seq, TimestampNs at) {
  auto owned = MakeSale(seq, at);
  owned->lines = {{CodeOf<ItemCode>("6901234567892"), Fen{2'000}, 2, 0},
                  {CodeOf<ItemCode>("fruit"), Fen{580}, 1, 0}};
  owned->command.authorize.lines = owned->lines.data();
  owned->command.authorize.line_count = 2;
  Event& e = owned->event;
  e.line_count = 2;
  e.lines[0] = {1, 2, Fen{2'000}, Fen{800}};
  e.lines[1] = {2, 1, Fen{580}, Fen{232}};
  e.transaction.progress.first_line = LineRow{55'010};
  e.transaction.progress.line_count = 2;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeRefundOfLine(uint64_t seq, TimestampNs at) {
  auto owned = MakeFollowUp(EventKind::kRefunded, seq, at);
  owned->returned = {{1, 1}};
  Command& c = owned->command;
  c.refund.amount = Fen{0};
  c.refund.has_amount = false;
  c.refund.lines = owned->returned.data();
  c.refund.line_count = 1;
  Event& e = owned->event;
  e.transaction.no_amount = true;
  e.transaction.reference.asked_amount = Fen{0};
  e.transaction.reference.first_line = LineRow{55'012};
  e.transaction.reference.line_count = 1;
  e.line_count = 1;
  e.lines[0] = {1, 1, Fen{1'000}, Fen{400}};
  return owned;
}

std::unique_ptr<OwnedEvent> MakeAdvice(uint64_t seq, TimestampNs at) {
  constexpr int64_t kTwoHoursNs = 7'200 * kNsPerSecond;
  auto owned = MakeSale(seq, at);
  AdviceRequest& asked = owned->advice;
  asked.occurred_at = TimestampNs{at.value() - kTwoHoursNs};
  asked.member_paid = Fen{1'200};
  asked.sequence = 37;
  asked.business_day = 20'780;
  asked.queue_empty = true;
  owned->command.advice = &asked;

  Event& e = owned->event;
  e.transaction.outcome = Outcome::kApprovedPartial;
  e.transaction.progress.advice = AdviceRow{412};
  e.is_advice = true;
  e.queue_empty = true;
  e.advice.occurred_at = asked.occurred_at;
  e.advice.judged_at = asked.occurred_at;
  e.advice.member_paid = asked.member_paid;
  e.advice.acquirer_bears = Fen{2'580 - 1'200 - 1'032};
  e.advice.transaction = e.transaction_row;
  e.advice.sequence = asked.sequence;
  e.advice.business_day = asked.business_day;
  e.advice.liability = Liability::kAcquirer;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeBatchClose(uint64_t seq, TimestampNs at) {
  auto owned = std::make_unique<OwnedEvent>();
  Command& c = owned->command;
  c.kind = CommandKind::kCloseBatch;
  c.terminal = CodeOf<TerminalId>("KM004217");
  c.request_id = {0x01934a5e91c00a11, 0x8bd2f0317c5e6a04};
  c.close_batch = CloseBatchRequest{};
  Totals& theirs = c.close_batch.theirs;
  theirs.captures = 4;
  theirs.captured = Fen{10'320};
  theirs.subsidy = Fen{4'128};

  Event& e = owned->event;
  e.kind = EventKind::kBatchClosed;
  e.seq = CommandSeq{seq};
  e.at = at;
  e.command = &c;
  e.transaction_row = TransactionRow{1'843'215};
  Transaction& t = e.transaction;
  t.request_id = c.request_id;
  t.seq = e.seq;
  t.decided_at = at;
  t.terminal = TerminalRow{4'217};
  t.merchant = MerchantRow{1'630};
  t.kind = TransactionKind::kBatchClose;
  t.state = TransactionState::kCompleted;
  t.outcome = Outcome::kApproved;
  t.reference = Reference{};
  t.reference.batch = BatchRow{77};

  Batch& batch = e.batch;
  batch.theirs = theirs;
  batch.ours.captures = 3;
  batch.ours.captured = Fen{7'740};
  batch.ours.subsidy = Fen{3'096};
  batch.closed_at = at;
  batch.transaction = e.transaction_row;
  batch.terminal = t.terminal;
  batch.number = 1;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeCodeSale(uint64_t seq, TimestampNs at) {
  auto owned = MakeSale(seq, at);
  AuthorizeRequest& request = owned->command.authorize;
  request.entry_mode = PosEntryMode::kQrCode;
  request.code_issued_at = TimestampNs{at.value() - 12'500'000'000};
  request.code_valid_s = 60;
  request.code_purpose = CodePurpose::kEntry;
  owned->event.transaction.entry_mode = request.entry_mode;
  owned->event.code_use_row = CodeUseRow{90'210};
  return owned;
}

ArchivedTransaction MakeArchivedSale(uint64_t seq, TimestampNs at) {
  const auto sale = MakeSale(seq, at);
  ArchivedTransaction archived;
  Transaction& t = archived.transaction;
  t = sale->event.transaction;
  t.first_applied = AppliedRow{};
  t.first_use = UseRow{};
  archived.applied[0] = {BenefitRow{17}, FundRow{3}, t.subsidy, Fen{0}, Fen{0}, t.subsidy, Fen{0}};
  for (uint32_t i = 0; i < t.use_count; ++i) {
    const UseDelta& use = sale->event.uses[i];
    archived.uses[i] = {use.limit,
                        use.subject,
                        use.window,
                        use.benefit,
                        use.used_delta,
                        use.used_after,
                        use.left_after};
  }
  return archived;
}

ArchivedTransaction MakeArchivedRefund(uint64_t seq, TimestampNs at) {
  const auto refund = MakeRefundOfLine(seq, at);
  ArchivedTransaction archived;
  Transaction& t = archived.transaction;
  t = refund->event.transaction;
  t.first_applied = AppliedRow{};
  t.first_use = UseRow{};
  t.reference.first_line = LineRow{};
  archived.applied[0] = {
      BenefitRow{17}, FundRow{3}, -t.subsidy, Fen{0}, Fen{0}, -t.subsidy, Fen{0}};
  const UseDelta& use = refund->event.uses[0];
  archived.uses[0] = {use.limit,
                      use.subject,
                      use.window,
                      use.benefit,
                      use.used_delta,
                      use.used_after,
                      use.left_after};
  archived.lines[0] = {CodeOf<ItemCode>("6901234567892"), Fen{1'000}, t.subsidy, 1, 1, 0, 0};
  return archived;
}

ArchivedTransaction MakeArchivedAdvice(uint64_t seq, TimestampNs at) {
  const auto advice = MakeAdvice(seq, at);
  ArchivedTransaction archived = MakeArchivedSale(seq, at);
  archived.transaction.outcome = advice->event.transaction.outcome;
  archived.transaction.progress.advice = AdviceRow{1};
  archived.advice = advice->event.advice;
  archived.advice.transaction = TransactionRow{};
  return archived;
}

std::unique_ptr<OwnedEvent> MakeArchive(uint64_t seq, TimestampNs at) {
  auto owned = std::make_unique<OwnedEvent>();
  ArchiveMark& mark = owned->archive;
  mark.transactions = TransactionRow{4'097};
  mark.applied = AppliedRow{3'818};
  mark.uses = UseRow{8'018};
  mark.digests = {0x0123456789abcdef, 0x1123456789abcdef, 0x2123456789abcdef, 0, 0};
  Command& c = owned->command;
  c.kind = CommandKind::kArchive;
  c.archive = &mark;
  Event& e = owned->event;
  e.kind = EventKind::kArchived;
  e.seq = CommandSeq{seq};
  e.at = at;
  e.command = &c;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeThaw(uint64_t seq, TimestampNs at) {
  auto owned = std::make_unique<OwnedEvent>();
  owned->thaw = MakeArchivedSale(5'001, TimestampNs{at.value() - 4'000});
  Command& c = owned->command;
  c.kind = CommandKind::kThaw;
  c.thaw = &owned->thaw;
  Event& e = owned->event;
  e.kind = EventKind::kThawed;
  e.seq = CommandSeq{seq};
  e.at = at;
  e.command = &c;
  e.transaction_row = TransactionRow{1'850'001};
  return owned;
}

std::unique_ptr<OwnedEvent> MakeProgramme(uint64_t seq, TimestampNs at) {
  auto owned = std::make_unique<OwnedEvent>();
  OwnedEvent& o = *owned;
  constexpr std::string_view kName = "菜篮";
  const auto name = *DisplayName::From(std::span<const char>(kName.data(), kName.size()));
  ProgrammeSpec& p = o.image.programme;
  p.code = CodeOf<ProgrammeCode>("basket");
  p.name = name;
  p.calendar.zone = CodeOf<ZoneName>("Asia:Shanghai");
  p.calendar.cutover_s = 10'800;
  p.calendar.offset_change_count = 1;
  p.calendar.offset_changes[0] = {0, 28'800};
  p.starts_at = TimestampNs{1'796'054'400 * kNsPerSecond};
  p.ends_at = TimestampNs{1'798'732'800 * kNsPerSecond};
  p.content_hash = 0xb1a5c0de;
  p.special_days = {0, 1};
  o.image.stage = Stage::kScheduled;
  o.image.activates_at = p.starts_at;

  LimitSpec& limit = o.limits.emplace_back();
  limit.code = CodeOf<LimitCode>("three");
  limit.subject = LimitSubject::kUnion;
  limit.union_level = static_cast<uint8_t>(UnionLevel::kDistrict);
  limit.span = 30;
  limit.max = 3;
  o.merchants = {CodeOf<MerchantId>("KM-SHOP-1")};
  o.terminals = {CodeOf<TerminalId>("KM004217")};
  o.items = {CodeOf<ItemCode>("6901234567892"), CodeOf<ItemCode>("fruit")};
  o.steps = {{Fen{1'000}, Fen{0}, Bps{1'000}, 0}, {Fen{5'000}, Fen{0}, Bps{2'000}, 0}};
  o.days = {{20'812, 20'814, DayKind::kHoliday, {}}};
  o.limit_refs = {0};
  o.funding = {{CodeOf<FundCode>("city"), Bps{10'000}, 0}};

  BenefitSpec& b = o.benefits.emplace_back();
  b.code = CodeOf<BenefitCode>("off");
  b.price.kind = PriceKind::kTiers;
  b.price.steps = {0, 2};
  b.merchants = {0, 1};
  b.terminals = {0, 1};
  b.items_any = {0, 2};
  b.closed_days = {0, 1};
  b.limits = {0, 1};
  b.funding = {0, 1};
  b.day_kinds = MaskOf(DayKind::kWorkday);
  b.sexes = MaskOf(Sex::kFemale);
  b.layer = 2;
  b.base = StackBase::kRest;
  b.offline = OfflinePolicy::kRefuse;
  b.member_days_min = 90;
  b.pieces_max = 4;
  b.starts_at = p.starts_at;
  b.ends_at = p.ends_at;
  b.hold_s = 3'600;

  o.image.limits = o.limits;
  o.image.merchants = o.merchants;
  o.image.terminals = o.terminals;
  o.image.items = o.items;
  o.image.steps = o.steps;
  o.image.days = o.days;
  o.image.limit_refs = o.limit_refs;
  o.image.funding = o.funding;
  o.image.benefits = o.benefits;
  Command& c = o.command;
  c.kind = CommandKind::kApplyProgramme;
  c.programme = &o.image;
  Event& e = o.event;
  e.kind = EventKind::kProgrammeApplied;
  e.seq = CommandSeq{seq};
  e.at = at;
  e.command = &c;
  e.row = 41;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeStaging(uint64_t seq, TimestampNs at) {
  auto owned = std::make_unique<OwnedEvent>();
  owned->stage_programme = {CodeOf<ProgrammeCode>("basket"), 3, Stage::kShadow, TimestampNs{}};
  Command& c = owned->command;
  c.kind = CommandKind::kStageProgramme;
  c.stage_programme = &owned->stage_programme;
  Event& e = owned->event;
  e.kind = EventKind::kProgrammeStaged;
  e.seq = CommandSeq{seq};
  e.at = at;
  e.command = &c;
  e.row = 41;
  return owned;
}

std::unique_ptr<OwnedEvent> MakeActivation(uint64_t seq, TimestampNs at) {
  auto owned = std::make_unique<OwnedEvent>();
  Command& c = owned->command;
  c.kind = CommandKind::kActivateDue;
  Event& e = owned->event;
  e.kind = EventKind::kProgrammeActivated;
  e.seq = CommandSeq{seq};
  e.at = at;
  e.command = &c;
  e.row = 41;
  return owned;
}

}  // namespace gonghui
