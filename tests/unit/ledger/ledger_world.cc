// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tests/unit/ledger/ledger_world.h"

#include <algorithm>
#include <array>

#include "tests/testing/names.h"

namespace gonghui {
namespace {

// Loads the pages of one ledger into another.
struct Loader : PageSink {
  void AddPage(TableId table, uint32_t page, std::span<const uint8_t> bytes) override {
    ASSERT_TRUE(into->tables()[static_cast<size_t>(table) - 1]->LoadPage(page, bytes));
  }
  Ledger* into;
};

}  // namespace

LedgerLimits LedgerWorld::SmallLimits() {
  LedgerLimits limits;
  limits.members_max = limits.cards_max = limits.counters_max = limits.transactions_max = 1 << 12;
  return limits;
}

LedgerWorld::LedgerWorld(const LedgerLimits& limits)
    : limits_(limits), ledger_(std::make_unique<Ledger>(uint16_t{3}, limits)) {
  UnionNodeRequest node;
  node.id = CodeOf<UnionNodeId>("U");
  Run(Own(node));
  MemberRequest member;
  member.id = CodeOf<MemberId>("M1");
  member.union_node = node.id;
  member.real_name_verified = true;
  Run(Own(member));
  CardRequest card;
  card.number = kCard;
  card.member = member.id;
  Run(Own(card));
  MerchantRequest merchant;
  merchant.id = CodeOf<MerchantId>("S1");
  merchant.union_node = node.id;
  merchant.mcc = 5411;
  Run(Own(merchant));
  TerminalRequest terminal;
  terminal.id = CodeOf<TerminalId>("T1");
  terminal.merchant = merchant.id;
  Run(Own(terminal));
  SetFund("F", 10'000);
  OwnedProgramme programme = Programme("p");
  AddPercentOff(&programme, "b", 5'000, "F");
  Run(Own(programme));
}

void LedgerWorld::TearDown() {
  if (spoiled_) {
    return;
  }
  uint64_t row = 0;
  const char* const problem = ledger_->CheckInvariants(&row);
  ASSERT_EQ(problem, nullptr) << problem << ", row " << row;
  Ledger replayed(ledger_->shard(), limits_);
  // As a start does: with several events in hand, of which some make what others are about.
  for (size_t next = 0; next < events_.size();) {
    std::array<const Event*, Ledger::kPrefetchMax> ahead;
    const size_t count = std::min(ahead.size(), events_.size() - next);
    std::transform(events_.data() + next,
                   events_.data() + next + count,
                   ahead.begin(),
                   [](const Event& event) { return &event; });
    replayed.PrefetchEvents({ahead.data(), count});
    for (const size_t end = next + count; next < end; ++next) {
      replayed.Evolve(events_[next]);
    }
  }
  EXPECT_EQ(replayed.StateHash(), ledger_->StateHash());
  const std::unique_ptr<Ledger> copy = Copy();
  EXPECT_EQ(copy->StateHash(), ledger_->StateHash());
  EXPECT_EQ(copy->CheckInvariants(&row), nullptr);
}

std::unique_ptr<Ledger> LedgerWorld::Copy() const {
  auto copy = std::make_unique<Ledger>(ledger_->shard(), limits_);
  Loader loader;
  loader.into = copy.get();
  for (size_t i = 0; i < ledger_->tables().size(); ++i) {
    TableBase& from = *ledger_->tables()[i];
    EXPECT_TRUE(copy->tables()[i]->BeginLoad(from.size()));
    from.MarkAllChanged();
    from.set_photo_sink(&loader);
    const uint32_t pages = from.BeginPhoto();
    EXPECT_EQ(from.CopyPages(pages + 1, loader), pages);
  }
  EXPECT_EQ(copy->FinishLoad(), nullptr);
  return copy;
}

const Result& LedgerWorld::Run(const OwnedCommand& command) {
  commands_.push_back(command);
  event_ = Event{};
  ledger_->Decide(commands_.back().command, now_, &event_, &result_);
  if (event_.kind != EventKind::kNone) {
    ledger_->Evolve(event_);
    events_.push_back(event_);
  }
  return result_;
}

Command LedgerWorld::Authorize(uint64_t request, int64_t price) {
  Command command;
  command.terminal = CodeOf<TerminalId>("T1");
  command.request_id = RequestId{1, request};
  command.authorize.card = kCard;
  command.authorize.list_price = Fen{price};
  return command;
}

Command LedgerWorld::Sale(uint64_t request, int64_t price) {
  Command command = Authorize(request, price);
  command.authorize.capture_at_once = true;
  return command;
}

Command LedgerWorld::About(CommandKind kind, uint64_t request, uint64_t original) {
  Command command;
  command.kind = kind;
  command.terminal = CodeOf<TerminalId>("T1");
  command.request_id = RequestId{1, request};
  const auto refer = [original](auto& to, auto begun) {
    to = begun;
    to.original_request_id = RequestId{1, original};
  };
  switch (kind) {
    case CommandKind::kCapture:
      refer(command.capture, CaptureRequest{});
      break;
    case CommandKind::kReverse:
      refer(command.reverse, ReverseRequest{});
      break;
    case CommandKind::kRefund:
      refer(command.refund, RefundRequest{});
      break;
    case CommandKind::kIncrement:
      refer(command.increment, IncrementRequest{});
      break;
    default:
      ADD_FAILURE() << "not about another: " << NameOf(kind);
  }
  return command;
}

Command LedgerWorld::AboutPart(CommandKind kind,
                               uint64_t request,
                               uint64_t original,
                               int64_t amount) {
  Command command = About(kind, request, original);
  const auto ask = [amount](auto& request_part) {
    request_part.amount = Fen{amount};
    if constexpr (requires { request_part.has_amount; }) {
      request_part.has_amount = true;
    }
  };
  switch (kind) {
    case CommandKind::kCapture:
      ask(command.capture);
      break;
    case CommandKind::kReverse:
      ask(command.reverse);
      break;
    case CommandKind::kRefund:
      ask(command.refund);
      break;
    default:
      ask(command.increment);
  }
  return command;
}

Command LedgerWorld::Close(uint64_t request, const Totals& theirs) {
  Command command;
  command.kind = CommandKind::kCloseBatch;
  command.terminal = CodeOf<TerminalId>("T1");
  command.request_id = RequestId{1, request};
  command.close_batch = CloseBatchRequest{theirs};
  return command;
}

OwnedProgramme LedgerWorld::Programme(const char* code) {
  OwnedProgramme programme;
  programme.spec.code = CodeOf<ProgrammeCode>(code);
  programme.spec.calendar = TestCalendar("Asia:Shanghai");
  programme.spec.ends_at = kTimestampMax;
  return programme;
}

BenefitSpec& LedgerWorld::AddPercentOff(OwnedProgramme* programme,
                                        const char* code,
                                        int32_t rate,
                                        const char* fund) {
  BenefitSpec benefit;
  benefit.code = CodeOf<BenefitCode>(code);
  benefit.price.kind = PriceKind::kPercentOff;
  benefit.price.rate = Bps{rate};
  benefit.ends_at = kTimestampMax;
  benefit.funding = Append(programme->funding, {{CodeOf<FundCode>(fund), Bps{kBpsPerOne}, 0}});
  return programme->benefits.emplace_back(benefit);
}

void LedgerWorld::SetFund(const char* code, int64_t budget, bool advice_may_overrun) {
  FundRequest fund;
  fund.code = CodeOf<FundCode>(code);
  fund.budget = Fen{budget};
  fund.advice_may_overrun = advice_may_overrun;
  Run(Own(fund));
}

const Fund& LedgerWorld::FundOf(const char* code) const {
  return ledger_->funds()[ledger_->FindFund(CodeOf<FundCode>(code))];
}

}  // namespace gonghui
