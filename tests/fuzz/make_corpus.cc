// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Writes the corpora: a few dozen small inputs for each fuzz target, the same each time; and
// the dictionaries, of what the code itself knows as keys, words and columns.
//
//   build/dev/tests/fuzz/make_corpus tests/fuzz [TARGET...]
//
// To run after what bytes mean has changed (command_bytes.h, record_format.h, the
// contract, the language, the columns); without names, for all targets.  Inputs that once
// crashed are not made here; they are in tests/fuzz/regressions under a name that says why.

#include "tests/fuzz/make_corpus.h"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/prng.h"
#include "engine/durability/archive.h"
#include "engine/durability/archived_codec.h"
#include "engine/durability/block_format.h"
#include "engine/durability/page_codec.h"
#include "engine/durability/record_format.h"
#include "gonghui/v1/aid_service.pb.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "gonghui/v1/draw_service.pb.h"
#include "gonghui/v1/member_service.pb.h"
#include "gonghui/v1/merchant_service.pb.h"
#include "gonghui/v1/programme_service.pb.h"
#include "gonghui/v1/voucher_service.pb.h"
#include "storage/archive_keys.h"
#include "storage/rocksdb_checkpoint.h"
#include "tests/fuzz/command_bytes.h"
#include "tests/unit/durability/event_maker.h"

namespace gonghui {
namespace {

// ---- Commands --------------------------------------------------------------------

// Of many random inputs those that together reach most, greedily.
void MakeLedgerCorpus(Corpus corpus) {
  constexpr uint64_t kCandidates = 1000;
  constexpr size_t kKept = 80;
  struct Candidate {
    Bytes bytes;
    std::set<std::string> paths;
  };
  std::vector<Candidate> candidates;
  for (uint64_t seed = 0; seed < kCandidates; ++seed) {
    Prng prng(seed);
    Candidate candidate;
    candidate.bytes.resize(static_cast<size_t>(prng.Between(40, 260)));
    for (uint8_t& byte : candidate.bytes) {
      byte = static_cast<uint8_t>(prng.Below(256));
    }
    std::ostringstream nowhere;
    CommandBytesOutcome outcome = RunCommandBytes(candidate.bytes, &nowhere);
    GH_CHECK(outcome.problem.empty(), "seed=", seed, " ", outcome.problem);
    candidate.paths = std::move(outcome.paths);
    candidates.push_back(std::move(candidate));
  }
  std::set<std::string> reached;
  while (corpus.count() < kKept) {
    const Candidate* best = nullptr;
    size_t best_news = 0;
    for (const Candidate& candidate : candidates) {
      size_t news = 0;
      for (const std::string& path : candidate.paths) {
        news += reached.contains(path) ? 0u : 1u;
      }
      if (news > best_news) {
        best = &candidate;
        best_news = news;
      }
    }
    if (best == nullptr) {
      break;
    }
    corpus.Add("commands", best->bytes);
    reached.insert(best->paths.begin(), best->paths.end());
  }
  std::printf(
      "ledger_fuzz: %zu inputs reach %zu answers and branches\n", corpus.count(), reached.size());
}

// ---- Journal ---------------------------------------------------------------------

Bytes RecordOf(const Event& event, TimestampNs previous_at) {
  Bytes bytes(RecordBytesMax(*event.command));
  bytes.resize(EncodeRecord(event, previous_at, bytes.data()));
  return bytes;
}

constexpr TimestampNs kAt{1'777'777'200'000'000'000};

void MakeRecordCorpus(Corpus corpus) {
  corpus.Add("sale", RecordOf(MakeSale(1, kAt)->event, TimestampNs{}));
  corpus.Add("code-sale", RecordOf(MakeCodeSale(1, kAt)->event, TimestampNs{}));
  for (const EventKind kind : kAllEventKinds) {
    Prng prng(static_cast<uint64_t>(kind));
    for (int i = 0; i < 2; ++i) {
      // The shortest of a few: a programme may have a thousand benefits.
      Bytes best;
      for (int attempt = 0; attempt < 40; ++attempt) {
        Bytes bytes = RecordOf(MakeRandomEvent(kind, 1, kAt, prng)->event, TimestampNs{});
        if (best.empty() || bytes.size() < best.size()) {
          best = std::move(bytes);
        }
      }
      corpus.Add("event-" + std::to_string(static_cast<int>(kind)), best);
    }
  }
  std::printf("record_fuzz: %zu inputs\n", corpus.count());
}

// Three sales, sealed.
Bytes BlockOfSales() {
  Bytes block(kBlockHeaderBytes);
  TimestampNs previous_at;
  for (uint32_t i = 0; i < 3; ++i) {
    const auto sale = MakeSale(1 + i, TimestampNs{kAt.value() + i}, i);
    const Bytes record = RecordOf(sale->event, previous_at);
    block.insert(block.end(), record.begin(), record.end());
    previous_at = sale->event.at;
  }
  BlockHeader header;
  header.shard = 7;
  header.epoch = 1;
  header.first_seq = 1;
  header.event_count = 3;
  header.at = previous_at;
  header.rules_version = 1;
  SealBlock(header, block);
  return block;
}

void MakeBlockCorpus(Corpus corpus) {
  const Bytes block = BlockOfSales();
  for (const uint8_t how : {uint8_t{0}, uint8_t{1}}) {
    const std::string suffix = how == 0 ? "" : "-to-mend";
    Bytes bytes = block;
    bytes.insert(bytes.begin(), {how, 0, 100, 1});  // the first byte of the payload changes
    corpus.Add("block" + suffix, bytes);
    bytes.resize(bytes.size() - 20);
    corpus.Add("block-cut" + suffix, bytes);
    bytes[4 + 24] = 200;  // more events than there is room for
    corpus.Add("block-count" + suffix, bytes);
  }
  // Journals of blocks with one record each, of which one is wrong in one way, and one of
  // three that are all right.
  for (int wrong_bit = -1; wrong_bit < 6; ++wrong_bit) {
    Bytes journal = {2, 0, 0, 0};
    for (uint32_t i = 0; i < 3; ++i) {
      const Bytes record = RecordOf(MakeSale(1 + i, kAt, i)->event, TimestampNs{});
      const bool is_wrong = i == 1 && wrong_bit >= 0;
      const auto wrong = static_cast<uint8_t>(is_wrong ? 1u << wrong_bit : 0u);
      journal.insert(journal.end(), {wrong, 1, 1, static_cast<uint8_t>(record.size())});
      journal.insert(journal.end(), record.begin(), record.end());
    }
    corpus.Add(wrong_bit < 0 ? "journal" : "journal-wrong-" + std::to_string(wrong_bit), journal);
  }
  std::printf("block_fuzz: %zu inputs\n", corpus.count());
}

void AddArchived(Corpus* corpus) {
  const auto terminal = CodeOf<TerminalId>("KM004217");
  for (const ArchivedTransaction& archived :
       {MakeArchivedSale(1, kAt), MakeArchivedRefund(2, kAt), MakeArchivedAdvice(3, kAt)}) {
    std::string value;
    AppendArchiveValue(archived, terminal, &value);
    corpus->Add("archived", Bytes{2}, value);
    value.resize(value.size() - 4);
    corpus->Add("archived-to-mend", Bytes{3}, value);
  }
  corpus->Add("archive-id-key", Bytes{4}, ArchiveIdKey(0, RequestId{1, 2}, terminal));
  corpus->Add("archive-id-key",
              Bytes{4},
              ArchiveNameKey(0, AdviceNameOf(MakeArchivedAdvice(3, kAt), terminal)));
  corpus->Add("archive-key", Bytes{5}, ArchiveKey(7, CommandSeq{5'001}, true));
  corpus->Add("archive-id-value", Bytes{6}, ArchiveIdValue(CommandSeq{5'001}, true));
}

void AddCheckpoints(Corpus* corpus) {
  CheckpointMeta meta;
  meta.shard = 7;
  meta.applied_seq = 5'001;
  meta.applied_at = kAt;
  meta.state_hash = 0x0123456789abcdef;
  for (const size_t table : {size_t{1}, size_t{2}, size_t{63}}) {
    meta.table_sizes[table] = 100;
    meta.row_bytes[table] = 64;
  }
  meta.first_pages[2] = 1;
  std::string record = EncodeCheckpointMeta(/*number=*/3, meta);
  corpus->Add("checkpoint-record", Bytes{7}, record);
  record.resize(record.size() - 8);
  corpus->Add("checkpoint-record-to-mend", Bytes{8}, record);

  corpus->Add("checkpoint", Bytes{255, 0});
  for (uint8_t what = 0; what < 8; ++what) {
    corpus->Add("checkpoint-damage-" + std::to_string(what), Bytes{255, what, 4, 0, 3, 1});
  }
}

void MakePageCorpus(Corpus corpus) {
  // Two rows of each width, of which the second differs in every other word by little.
  for (const uint8_t words : {uint8_t{1}, uint8_t{3}, uint8_t{6}, uint8_t{50}}) {
    Bytes rows(size_t{words} * 4 * 2);
    for (size_t i = 0; i < rows.size(); i += 4) {
      rows[i] = static_cast<uint8_t>(i);
      rows[i + 3] = i % 8 == 0 ? 0 : 1;
    }
    PagePacker packer;
    const std::span<const uint8_t> packed = packer.Pack(rows, size_t{words} * 4);
    Bytes bytes(packed.begin(), packed.end());
    bytes.insert(bytes.begin(), {0, static_cast<uint8_t>(words - 1)});
    corpus.Add("page-" + std::to_string(words), bytes);
    rows.insert(rows.begin(), {1, static_cast<uint8_t>(words - 1)});
    corpus.Add("rows-" + std::to_string(words), rows);
  }
  AddArchived(&corpus);
  AddCheckpoints(&corpus);
  std::printf("page_fuzz: %zu inputs\n", corpus.count());
}

// ---- Requests ----------------------------------------------------------------------

constexpr const char* kSaleId = "00000000-0000-0000-0000-000000000001";
constexpr const char* kHoldId = "00000000-0000-0000-0000-000000000002";
constexpr const char* kNewId = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
constexpr const char* kCard = "6221530100000001";

class Requests {
 public:
  explicit Requests(const std::filesystem::path& folder) : corpus_(folder) {}

  // `call` as translate_fuzz.cc numbers them.
  void Add(uint8_t call, const std::string& name, const google::protobuf::Message& message) {
    Bytes bytes = {call, 0};
    const std::string text = message.SerializeAsString();
    bytes.insert(bytes.end(), text.begin(), text.end());
    corpus_.Add(name, bytes);
  }
  template <class Message>
  void AddChanged(uint8_t call,
                  const std::string& name,
                  Message message,
                  const std::function<void(Message*)>& change) {
    change(&message);
    Add(call, name, message);
  }
  [[nodiscard]] size_t count() const { return corpus_.count(); }

 private:
  Corpus corpus_;
};

// Vouchers, draws, claims and contributions.
void AddEventRequests(Requests* requests) {
  constexpr int64_t kNowS = 1'777'777'200;
  v1::AuthorizeRequest authorize;
  authorize.set_request_id(kNewId);
  authorize.set_terminal_id("T1");
  authorize.set_voucher_code("0000-0000-0000-0000");
  for (const uint8_t call : {uint8_t{0}, uint8_t{18}}) {
    requests->Add(call, "authorize-voucher", authorize);
    using Authorize = v1::AuthorizeRequest;
    requests->AddChanged<Authorize>(call, "authorize-slot", authorize, [](Authorize* r) {
      r->set_card_number(kCard);
      r->mutable_slot_at()->set_seconds(kNowS + 3'600);
    });
    requests->AddChanged<Authorize>(call, "authorize-claim", authorize, [](Authorize* r) {
      r->set_card_number(kCard);
      r->clear_voucher_code();
      r->mutable_event_at()->set_seconds(kNowS - 3'600);
      r->set_filed_by("wang.li");
    });
    requests->AddChanged<Authorize>(call, "authorize-filed-by", authorize, [](Authorize* r) {
      r->set_voucher_code("");
      r->set_filed_by("wang li");
    });
  }
  v1::Contribution contribution;
  contribution.set_receipt_code("r1");
  contribution.set_fund_code("F1");
  contribution.set_member_id("M1");
  contribution.set_segment_code("hero");
  contribution.set_amount_fen(6'000);
  contribution.mutable_covers_from()->set_seconds(kNowS);
  requests->Add(19, "contribution-without-end", contribution);
  contribution.mutable_covers_until()->set_seconds(kNowS + 86'400);
  requests->Add(19, "contribution", contribution);
  contribution.set_amount_fen(0);
  requests->Add(19, "contribution-of-nothing", contribution);
  v1::RevokeContributionRequest revoke;
  revoke.set_receipt_code("r1");
  revoke.set_fund_code("F1");
  requests->Add(20, "revoke-contribution", revoke);
  v1::ApproveClaimRequest approve;
  approve.set_transaction_id("00000000000A");
  approve.set_by("li.na");
  requests->Add(21, "approve", approve);
  v1::RejectClaimRequest reject;
  reject.set_transaction_id("00000000000A");
  reject.set_by("li.na");
  requests->Add(22, "reject-without-note", reject);
  reject.set_note("no receipt");
  requests->Add(22, "reject", reject);
  v1::GrantVouchersRequest grants;
  grants.set_source("quiz");
  grants.set_series_code("towel");
  grants.mutable_expires_at()->set_seconds(kNowS + 86'400);
  v1::Grant* const grant = grants.add_grants();
  grant->set_event_id("e1");
  grant->set_member_id("M1");
  requests->Add(23, "grants", grants);
  *grants.add_grants() = *grant;
  requests->Add(23, "grants-twice", grants);
  v1::IssueCodesRequest codes;
  codes.set_series_code("water");
  codes.set_count(2);
  codes.mutable_expires_at()->set_seconds(kNowS + 86'400);
  requests->Add(24, "codes", codes);
  codes.add_member_ids("M1");
  requests->Add(24, "codes-by-count-and-member", codes);
  v1::VoidVouchersRequest voids;
  voids.add_voucher_keys("00112233445566778899aabbccddeeff");
  requests->Add(25, "void", voids);
  voids.add_voucher_keys("00");
  requests->Add(25, "void-no-key", voids);
  v1::Draw draw;
  draw.set_draw_code("autumn");
  draw.set_kind(v1::DRAW_KIND_POOL);
  draw.mutable_closes_at()->set_seconds(kNowS + 86'400);
  draw.add_prizes()->set_weight(9);
  v1::Prize* const prize = draw.add_prizes();
  prize->set_series_code("towel");
  prize->set_weight(1);
  prize->set_count(3);
  prize->mutable_expires_at()->set_seconds(kNowS + 86'400);
  requests->Add(26, "pool", draw);
  draw.set_kind(v1::DRAW_KIND_DRAW);
  draw.set_programme_code("city");
  draw.set_limit_code("per-day");
  requests->Add(26, "draw-with-weights", draw);
  v1::DrawPrizeRequest event;
  event.set_draw_code("autumn");
  event.set_source("quiz");
  event.set_event_id("e1");
  event.set_member_id("M1");
  requests->Add(27, "draw-prize", event);
}

void MakeTranslateCorpus(Requests requests) {
  v1::AuthorizeRequest authorize;
  authorize.set_request_id(kNewId);
  authorize.set_terminal_id("T1");
  authorize.set_merchant_id("S1");
  authorize.set_card_number(kCard);
  authorize.set_list_price_fen(400);
  authorize.set_programme_code("city");
  authorize.set_capture(true);
  authorize.set_if_no_benefit(v1::IF_NO_BENEFIT_FULL_PRICE);
  authorize.set_pos_entry_mode(v1::POS_ENTRY_MODE_QR_CODE);
  authorize.set_hold_seconds(60);
  authorize.set_stan(123'456);
  authorize.mutable_transmission_time()->set_seconds(1'777'777'777);
  authorize.mutable_occurred_at()->set_nanos(1);
  authorize.set_transport_data("abc");
  authorize.set_allow_partial_approval(true);
  requests.Add(0, "authorize", authorize);
  requests.Add(18, "authorize-twice-read", authorize);
  using Authorize = v1::AuthorizeRequest;
  requests.AddChanged<Authorize>(
      0, "authorize-repeat", authorize, [](Authorize* r) { r->set_request_id(kSaleId); });
  requests.AddChanged<Authorize>(
      0, "authorize-price", authorize, [](Authorize* r) { r->set_list_price_fen(-1); });
  requests.AddChanged<Authorize>(
      0, "authorize-uuid", authorize, [](Authorize* r) { r->set_request_id("6ba7"); });
  requests.AddChanged<Authorize>(
      0, "authorize-card", authorize, [](Authorize* r) { r->set_card_number("0123456789"); });
  requests.AddChanged<Authorize>(
      0, "authorize-terminal", authorize, [](Authorize* r) { r->set_terminal_id("T 1"); });
  requests.AddChanged<Authorize>(
      0, "authorize-hold", authorize, [](Authorize* r) { r->set_hold_seconds(~0u); });
  requests.AddChanged<Authorize>(0, "authorize-time", authorize, [](Authorize* r) {
    r->mutable_occurred_at()->set_seconds(INT64_MAX);
  });
  requests.AddChanged<Authorize>(0, "authorize-enum", authorize, [](Authorize* r) {
    r->set_pos_entry_mode(static_cast<v1::PosEntryMode>(99));
  });
  requests.AddChanged<Authorize>(
      0, "authorize-explain", authorize, [](Authorize* r) { r->set_explain(true); });
  v1::AuthorizeRequest shows_code = authorize;
  v1::QrCode* const code = shows_code.mutable_qr_code();
  code->mutable_issued_at()->set_seconds(1'777'777'770);
  code->set_valid_seconds(30);
  code->set_purpose(v1::CODE_PURPOSE_ENTRY);
  requests.Add(0, "authorize-code", shows_code);
  requests.Add(18, "authorize-code-twice-read", shows_code);
  requests.AddChanged<Authorize>(0, "authorize-code-valid", shows_code, [](Authorize* r) {
    r->mutable_qr_code()->set_valid_seconds(3'601);
  });
  requests.AddChanged<Authorize>(0, "authorize-code-purpose", shows_code, [](Authorize* r) {
    r->mutable_qr_code()->set_purpose(static_cast<v1::CodePurpose>(9));
  });
  requests.AddChanged<Authorize>(0, "authorize-code-of-no-time", shows_code, [](Authorize* r) {
    r->mutable_qr_code()->clear_issued_at();
  });
  requests.AddChanged<Authorize>(0, "authorize-code-by-chip", shows_code, [](Authorize* r) {
    r->set_pos_entry_mode(v1::POS_ENTRY_MODE_CHIP);
  });
  authorize.set_list_price_fen(549);
  v1::LineItem* line = authorize.add_lines();
  line->set_item_code("6901234567892");
  line->set_quantity(3);
  line->set_price_fen(450);
  line = authorize.add_lines();
  line->set_item_code("rice:5kg");
  line->set_quantity(1);
  line->set_price_fen(99);
  requests.Add(0, "authorize-lines", authorize);
  requests.Add(18, "authorize-lines-twice-read", authorize);
  requests.AddChanged<Authorize>(
      0, "authorize-lines-sum", authorize, [](Authorize* r) { r->set_list_price_fen(550); });
  requests.AddChanged<Authorize>(0, "authorize-lines-pieces", authorize, [](Authorize* r) {
    r->mutable_lines(1)->set_quantity(0);
  });
  requests.AddChanged<Authorize>(0, "authorize-65-lines", authorize, [](Authorize* r) {
    while (r->lines_size() < 65) {
      *r->add_lines() = r->lines(0);
    }
  });
  v1::QuoteRequest quote;
  *quote.mutable_authorize() = authorize;
  requests.Add(1, "quote", quote);
  quote.mutable_authorize()->clear_request_id();
  requests.Add(1, "quote-without-id", quote);

  v1::CaptureRequest capture;
  capture.set_request_id(kNewId);
  capture.set_terminal_id("T1");
  capture.set_original_request_id(kHoldId);
  requests.Add(2, "capture-all", capture);
  capture.set_amount_fen(300);
  capture.set_final_capture(true);
  capture.set_transport_data("abc");
  requests.Add(2, "capture-part", capture);
  capture.set_original_transaction_id("00000000000A");
  requests.Add(2, "capture-of-two", capture);

  v1::ReverseRequest reverse;
  reverse.set_request_id(kNewId);
  reverse.set_terminal_id("T1");
  reverse.set_original_request_id(kSaleId);
  requests.Add(3, "reverse-without-reason", reverse);
  reverse.set_reversal_reason(v1::REVERSAL_REASON_TIMEOUT);
  requests.Add(3, "reverse", reverse);
  reverse.set_amount_fen(1);
  requests.Add(3, "reverse-part", reverse);
  reverse.set_original_request_id(kNewId);
  requests.Add(3, "reverse-unknown", reverse);

  v1::IncrementAuthorizationRequest increment;
  increment.set_request_id(kNewId);
  increment.set_terminal_id("T1");
  increment.set_original_request_id(kHoldId);
  increment.set_amount_fen(300);
  requests.Add(4, "increment", increment);
  increment.set_hold_seconds(86'400);
  increment.set_amount_fen(1'000'000'000'000);
  requests.Add(4, "increment-out-of-range", increment);

  v1::RefundRequest refund;
  refund.set_request_id(kNewId);
  refund.set_terminal_id("T1");
  refund.set_original_request_id(kSaleId);
  requests.Add(5, "refund-all", refund);
  refund.set_amount_fen(7);
  requests.Add(5, "refund-part", refund);
  refund.set_amount_fen(0);
  requests.Add(5, "refund-nothing", refund);

  refund.clear_amount_fen();
  v1::ReturnedLine* returned = refund.add_lines();
  returned->set_line_number(1);
  returned->set_quantity(2);
  requests.Add(5, "refund-lines", refund);
  *refund.add_lines() = refund.lines(0);
  requests.Add(5, "refund-a-line-twice", refund);

  v1::Advice advice;
  *advice.mutable_sale() = authorize;
  advice.mutable_sale()->clear_hold_seconds();
  advice.mutable_sale()->clear_allow_partial_approval();
  advice.mutable_sale()->clear_terminal_id();
  advice.mutable_sale()->clear_if_no_benefit();
  advice.mutable_occurred_at()->set_seconds(1'777'777'000);
  advice.set_terminal_sequence(1);
  advice.set_business_date("2026-05-03");
  advice.set_member_paid_fen(400);
  advice.mutable_deny_list_at()->set_seconds(1'777'770'000);
  advice.set_queue_empty(true);
  requests.Add(17, "advice-sale", advice);
  using AdviceMessage = v1::Advice;
  requests.AddChanged<AdviceMessage>(
      17, "advice-paid-too-much", advice, [](AdviceMessage* a) { a->set_member_paid_fen(550); });
  requests.AddChanged<AdviceMessage>(17, "advice-no-such-day", advice, [](AdviceMessage* a) {
    a->set_business_date("2026-02-29");
  });
  requests.AddChanged<AdviceMessage>(
      17, "advice-without-number", advice, [](AdviceMessage* a) { a->clear_terminal_sequence(); });
  advice.clear_member_paid_fen();
  v1::CaptureRequest late_capture;
  late_capture.set_request_id(kNewId);
  late_capture.set_original_request_id(kHoldId);
  late_capture.set_amount_fen(2000);
  *advice.mutable_capture() = late_capture;
  requests.Add(17, "advice-capture", advice);
  *advice.mutable_reversal() = reverse;
  requests.Add(17, "advice-reversal", advice);
  refund.mutable_lines()->RemoveLast();
  *advice.mutable_refund() = refund;
  requests.Add(17, "advice-refund", advice);
  advice.clear_advice();
  requests.Add(17, "advice-of-nothing", advice);

  v1::CloseBatchRequest close;
  close.set_request_id(kNewId);
  close.set_terminal_id("T1");
  requests.Add(16, "close-without-totals", close);
  close.mutable_totals()->set_capture_count(2);
  close.mutable_totals()->set_captured_fen(1000);
  close.mutable_totals()->set_subsidy_fen(-100);
  requests.Add(16, "close", close);
  close.mutable_totals()->set_refunded_fen(-1);
  requests.Add(16, "close-below-zero", close);

  v1::GetTransactionRequest inquiry;
  inquiry.set_terminal_id("T1");
  inquiry.set_request_id(kSaleId);
  requests.Add(6, "inquiry", inquiry);
  inquiry.clear_request_id();
  inquiry.set_transaction_id("zzzzzzzzzzzz");
  requests.Add(6, "inquiry-unknown", inquiry);

  v1::GetEntitlementsRequest entitlements;
  entitlements.set_terminal_id("T1");
  entitlements.set_card_number(kCard);
  requests.Add(15, "entitlements", entitlements);
  entitlements.clear_card_number();
  requests.Add(15, "entitlements-of-nobody", entitlements);

  v1::UnionNode node;
  node.set_union_node_id("district");
  node.set_parent_id("city");
  node.set_level(v1::UNION_LEVEL_DISTRICT);
  node.set_display_name("\xe5\x8c\xba");
  requests.Add(7, "union-node", node);
  node.set_parent_id("district");
  requests.Add(7, "union-node-below-itself", node);
  v1::Segment segment;
  segment.set_segment_code("hero");
  requests.Add(8, "segment", segment);
  segment.set_display_name(std::string("a\nb"));
  requests.Add(8, "segment-control-character", segment);
  v1::Member member;
  member.set_member_id("M9");
  member.set_union_node_id("city");
  requests.Add(9, "member", member);
  member.set_sex(v1::SEX_FEMALE);
  member.set_joined_on("1999-12-31");
  requests.Add(9, "member-of-long-ago", member);
  member.set_joined_on("2178-02-30");
  requests.Add(9, "member-of-no-day", member);
  member.clear_joined_on();
  member.set_status(v1::MEMBER_STATUS_CLOSED);
  for (int i = 0; i < 8; ++i) {
    member.add_segments()->set_segment_code("hero");
  }
  requests.Add(9, "member-of-eight-segments", member);
  member.mutable_segments(7)->mutable_ends_at()->set_seconds(1);
  requests.Add(9, "member-segment-ends", member);
  v1::Card card;
  card.set_card_number(kCard);
  card.set_member_id("M2");
  requests.Add(10, "card-of-another", card);
  card.set_card_number("6221530199999999");
  card.set_expires_on("2028-02-29");
  requests.Add(10, "card", card);
  card.set_expires_on("2027-02-29");
  requests.Add(10, "card-no-such-day", card);
  v1::Merchant merchant;
  merchant.set_merchant_id("S9");
  merchant.set_union_node_id("city");
  merchant.set_mcc(5411);
  merchant.set_display_name("shop");
  requests.Add(11, "merchant", merchant);
  merchant.set_mcc(10'000);
  requests.Add(11, "merchant-mcc", merchant);
  v1::Terminal terminal;
  terminal.set_terminal_id("T9");
  terminal.set_merchant_id("S1");
  terminal.set_kind(v1::TERMINAL_KIND_GATE);
  requests.Add(12, "terminal", terminal);
  v1::Fund fund;
  fund.set_fund_code("F9");
  fund.set_asset(v1::ASSET_THING);
  fund.set_budget(1'000'000'000'000'000'000);
  requests.Add(13, "stock", fund);
  fund.set_paid_by(v1::PAYER_MERCHANT);
  requests.Add(13, "stock-of-the-merchant", fund);
  fund.mutable_opens_at()->set_seconds(1'777'777'777);
  fund.mutable_closes_at()->set_seconds(1'777'777'776);
  requests.Add(13, "fund-closes-before", fund);
  fund.set_fund_code("F1");
  fund.clear_closes_at();
  requests.Add(13, "fund-of-another-asset", fund);
  v1::PersonalData person;
  person.set_name("\xe5\xbc\xa0\xe4\xb8\x89");
  person.set_national_id("53010219900101123X");
  person.set_phone("13800000000");
  requests.Add(14, "personal-data", person);
  AddEventRequests(&requests);
  std::printf("translate_fuzz: %zu inputs\n", requests.count());
}

}  // namespace
}  // namespace gonghui

int main(int argc, char** argv) {
  using namespace gonghui;  // NOLINT
  if (argc < 2) {
    std::fprintf(stderr, "usage: make_corpus FOLDER [TARGET...]\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const std::set<std::string> only(argv + 2, argv + argc);
  const auto make = [&](const std::string& target, const auto& maker) {
    if (only.empty() || only.contains(target)) {
      maker(folder / "corpus" / (target + "_fuzz"));
    }
  };
  using Path = std::filesystem::path;
  make("ledger", [](const Path& path) { MakeLedgerCorpus(Corpus(path)); });
  make("record", [](const Path& path) { MakeRecordCorpus(Corpus(path)); });
  make("block", [](const Path& path) { MakeBlockCorpus(Corpus(path)); });
  make("page", [](const Path& path) { MakePageCorpus(Corpus(path)); });
  make("translate", [](const Path& path) { MakeTranslateCorpus(Requests(path)); });
  make("yaml", [&](const Path& path) {
    MakeYamlCorpus(Corpus(path), folder / ".." / "programmes");
    MakeYamlDictionary(folder / "yaml_fuzz.dict");
  });
  make("csv", [&](const Path& path) {
    MakeCsvCorpus(Corpus(path));
    MakeCsvDictionary(folder / "csv_fuzz.dict");
  });
  make("code", [](const Path& path) { MakeCodeCorpus(Corpus(path)); });
  return 0;
}
