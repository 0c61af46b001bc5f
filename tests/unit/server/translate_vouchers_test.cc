// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Vouchers, draws, claims and contributions as operators say them; what comes back is in
// tests/e2e/server.

#include "engine/server/translate_vouchers.h"

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/domain/limits.h"
#include "engine/programmes/voucher_code.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate_aid.h"

namespace gonghui {
namespace {

constexpr int64_t kFrom_s = 1'777'777'000;
constexpr int64_t kUntil_s = 1'777'778'000;

template <class Row>
void SetTimes(Row* row) {
  row->mutable_valid_from()->set_seconds(kFrom_s);
  row->mutable_expires_at()->set_seconds(kUntil_s);
}

v1::IssueCodesRequest GoodCodes() {
  v1::IssueCodesRequest request;
  request.set_series_code("packs");
  request.set_count(3);
  SetTimes(&request);
  return request;
}

v1::GrantVouchersRequest GoodGrants() {
  v1::GrantVouchersRequest request;
  request.set_source("quiz-2026");
  request.set_series_code("packs");
  for (const char* event : {"事件 1", "2"}) {
    v1::Grant* const grant = request.add_grants();
    grant->set_event_id(event);
    grant->set_member_id("M1");
  }
  SetTimes(&request);
  return request;
}

v1::Draw GoodDraw() {
  v1::Draw draw;
  draw.set_draw_code("spring");
  draw.set_kind(v1::DRAW_KIND_DRAW);
  draw.set_programme_code("gifts");
  draw.set_limit_code("entry");
  draw.mutable_closes_at()->set_seconds(kFrom_s);
  v1::Prize* const prize = draw.add_prizes();
  prize->set_series_code("first");
  prize->set_count(2);
  SetTimes(prize);
  return draw;
}

v1::Draw GoodPool() {
  v1::Draw draw = GoodDraw();
  draw.set_kind(v1::DRAW_KIND_POOL);
  draw.clear_programme_code();
  draw.clear_limit_code();
  draw.mutable_prizes(0)->set_weight(1);
  draw.add_prizes()->set_weight(9);  // nothing
  return draw;
}

v1::Contribution GoodContribution() {
  v1::Contribution row;
  row.set_receipt_code("R-1");
  row.set_fund_code("mutual-2026");
  row.set_member_id("M1");
  row.set_segment_code("insured");
  row.set_amount_fen(10'000);
  row.mutable_covers_from()->set_seconds(kFrom_s);
  row.mutable_covers_until()->set_seconds(kUntil_s);
  return row;
}

// The field that is wrong; empty = none is.
template <class Made, class Message>
std::string WrongField(Message message, const std::function<void(Message*)>& change) {
  change(&message);
  Made made{};
  RowError error;
  if (FromProto(message, &made, &error)) {
    return "";
  }
  EXPECT_EQ(error.reason, "INVALID_FIELD");
  EXPECT_FALSE(error.description.empty());
  return error.field;
}

TEST(VoucherKeyTest, IsWrittenAndReadAlike) {
  const VoucherKey key{0x0123456789abcdef, 0xf0};
  EXPECT_EQ(VoucherKeyText(key), "0123456789abcdef00000000000000f0");
  EXPECT_EQ(ParseVoucherKey(VoucherKeyText(key)), key);
  EXPECT_EQ(ParseVoucherKey("0123456789ABCDEF00000000000000F0"), key);
  for (const char* text : {"",
                           "0123456789abcdef",
                           "0123456789abcdef00000000000000fg",
                           "00000000000000000000000000000000",
                           "-123456789abcdef00000000000000f0",
                           "0123456789abcdef00000000000000f00"}) {
    EXPECT_EQ(ParseVoucherKey(text), std::nullopt) << text;
  }
  Digest digest{};
  EXPECT_EQ(DigestText(digest), "");
  digest[0] = 0xa1;
  EXPECT_EQ(DigestText(digest), "a1" + std::string(62, '0'));
}

TEST(IssueCodesTest, EveryFieldArrives) {
  VouchersToIssue made;
  RowError error;
  ASSERT_TRUE(FromProto(GoodCodes(), &made, &error)) << error.field;
  EXPECT_EQ(made.request.series, *ParseCode<SeriesCode>("packs"));
  EXPECT_EQ(made.request.valid_from, TimestampNs{kFrom_s * kNsPerSecond});
  EXPECT_EQ(made.request.expires_at, TimestampNs{kUntil_s * kNsPerSecond});
  EXPECT_TRUE(made.request.draw.IsNone());
  ASSERT_EQ(made.request.vouchers.size(), 3U);
  EXPECT_TRUE(made.request.vouchers[0].member.IsNone());

  v1::IssueCodesRequest request = GoodCodes();
  request.set_count(0);
  request.add_member_ids("M1");
  request.add_member_ids("M1");  // two of them
  VouchersToIssue bound;
  ASSERT_TRUE(FromProto(request, &bound, &error)) << error.field;
  ASSERT_EQ(bound.request.vouchers.size(), 2U);
  EXPECT_EQ(bound.request.vouchers[1].member, *ParseCode<MemberId>("M1"));
}

TEST(IssueCodesTest, EachIsHeldToItsRule) {
  using R = v1::IssueCodesRequest;
  const auto wrong = [](const std::function<void(R*)>& change) {
    return WrongField<VouchersToIssue>(GoodCodes(), change);
  };
  EXPECT_EQ(wrong([](R*) {}), "");
  EXPECT_EQ(wrong([](R* r) { r->set_count(1'000); }), "");
  EXPECT_EQ(wrong([](R* r) { r->set_count(1'001); }), "count");
  EXPECT_EQ(wrong([](R* r) { r->set_count(0); }), "count");
  EXPECT_EQ(wrong([](R* r) { r->add_member_ids("M1"); }), "count");
  EXPECT_EQ(wrong([](R* r) {
              r->set_count(0);
              r->add_member_ids("M1");
              r->add_member_ids("");
            }),
            "member_ids[1]");
  EXPECT_EQ(wrong([](R* r) {
              r->set_count(0);
              for (int i = 0; i <= 1'000; ++i) {
                r->add_member_ids("M1");
              }
            }),
            "member_ids");
  EXPECT_EQ(wrong([](R* r) { r->clear_series_code(); }), "series_code");
  EXPECT_EQ(wrong([](R* r) { r->clear_valid_from(); }), "valid_from");
  EXPECT_EQ(wrong([](R* r) { r->clear_expires_at(); }), "expires_at");
  EXPECT_EQ(wrong([](R* r) { r->mutable_expires_at()->set_seconds(kFrom_s); }), "expires_at");
  EXPECT_EQ(wrong([](R* r) { r->mutable_valid_from()->set_seconds(1); }), "valid_from");
}

TEST(GrantVouchersTest, TheKeyIsOfTheEvent) {
  VouchersToIssue made;
  RowError error;
  ASSERT_TRUE(FromProto(GoodGrants(), &made, &error)) << error.field;
  ASSERT_EQ(made.request.vouchers.size(), 2U);
  EXPECT_EQ(made.request.vouchers[0].key, GrantKey("quiz-2026", "事件 1"));
  EXPECT_EQ(made.request.vouchers[1].key, GrantKey("quiz-2026", "2"));
  EXPECT_EQ(made.request.vouchers[1].member, *ParseCode<MemberId>("M1"));
}

TEST(GrantVouchersTest, EachIsHeldToItsRule) {
  using R = v1::GrantVouchersRequest;
  const auto wrong = [](const std::function<void(R*)>& change) {
    return WrongField<VouchersToIssue>(GoodGrants(), change);
  };
  EXPECT_EQ(wrong([](R*) {}), "");
  EXPECT_EQ(wrong([](R* r) { r->clear_source(); }), "source");
  EXPECT_EQ(wrong([](R* r) { r->set_source("a:b"); }), "source");  // would read as another event
  EXPECT_EQ(wrong([](R* r) { r->clear_grants(); }), "grants");
  EXPECT_EQ(wrong([](R* r) { r->mutable_grants(1)->clear_event_id(); }), "grants[1].event_id");
  EXPECT_EQ(wrong([](R* r) { r->mutable_grants(1)->set_event_id(std::string(65, 'x')); }),
            "grants[1].event_id");
  EXPECT_EQ(wrong([](R* r) { r->mutable_grants(1)->set_event_id("a\nb"); }), "grants[1].event_id");
  EXPECT_EQ(wrong([](R* r) { r->mutable_grants(1)->set_event_id("事件 1"); }),
            "grants[1].event_id");
  EXPECT_EQ(wrong([](R* r) { r->mutable_grants(0)->clear_member_id(); }), "grants[0].member_id");
}

TEST(VoidVouchersTest, EachIsHeldToItsRule) {
  using R = v1::VoidVouchersRequest;
  R good;
  good.add_voucher_keys(VoucherKeyText({1, 2}));
  const auto wrong = [&good](const std::function<void(R*)>& change) {
    return WrongField<std::vector<VoucherKey>>(good, change);
  };
  EXPECT_EQ(wrong([](R*) {}), "");
  EXPECT_EQ(wrong([](R* r) { r->clear_voucher_keys(); }), "voucher_keys");
  EXPECT_EQ(wrong([](R* r) { r->add_voucher_keys("x"); }), "voucher_keys[1]");
  EXPECT_EQ(wrong([](R* r) { r->add_voucher_keys(r->voucher_keys(0)); }), "voucher_keys[1]");
}

TEST(GetVoucherTest, ByExactlyOneOfItsNames) {
  using R = v1::GetVoucherRequest;
  const auto wrong = [](const std::function<void(R*)>& change) {
    return WrongField<VoucherKey>(R(), change);
  };
  EXPECT_EQ(wrong([](R*) {}), "voucher_key");
  EXPECT_EQ(wrong([](R* r) { r->set_voucher_key(VoucherKeyText({1, 2})); }), "");
  EXPECT_EQ(wrong([](R* r) { r->set_voucher_key("1"); }), "voucher_key");
  EXPECT_EQ(wrong([](R* r) { r->set_voucher_code("1"); }), "voucher_code");
  EXPECT_EQ(wrong([](R* r) { r->set_source("quiz"); }), "event_id");
  EXPECT_EQ(wrong([](R* r) { r->set_event_id("1"); }), "source");
  EXPECT_EQ(wrong([](R* r) {
              r->set_voucher_key(VoucherKeyText({1, 2}));
              r->set_source("quiz");
              r->set_event_id("1");
            }),
            "voucher_key");
}

TEST(CommitDrawTest, EveryFieldArrives) {
  DrawToCommit made;
  RowError error;
  ASSERT_TRUE(FromProto(GoodDraw(), &made, &error)) << error.field;
  EXPECT_EQ(made.request.code, *ParseCode<DrawCode>("spring"));
  EXPECT_EQ(made.request.kind, DrawKind::kDraw);
  EXPECT_EQ(made.request.programme, *ParseCode<ProgrammeCode>("gifts"));
  EXPECT_EQ(made.request.limit, *ParseCode<LimitCode>("entry"));
  EXPECT_EQ(made.request.closes_at, TimestampNs{kFrom_s * kNsPerSecond});
  ASSERT_EQ(made.request.prizes.size(), 1U);
  EXPECT_EQ(made.request.prizes[0].series, *ParseCode<SeriesCode>("first"));
  EXPECT_EQ(made.request.prizes[0].count, 2U);
  EXPECT_EQ(made.request.prizes[0].expires_at, TimestampNs{kUntil_s * kNsPerSecond});

  DrawToCommit pool;
  ASSERT_TRUE(FromProto(GoodPool(), &pool, &error)) << error.field;
  EXPECT_EQ(pool.request.kind, DrawKind::kPool);
  ASSERT_EQ(pool.request.prizes.size(), 2U);
  EXPECT_TRUE(pool.request.prizes[1].series.IsNone());
  EXPECT_EQ(pool.request.prizes[1].weight, 9U);
}

TEST(CommitDrawTest, EachIsHeldToItsRule) {
  using R = v1::Draw;
  const auto of_draw = [](const std::function<void(R*)>& change) {
    return WrongField<DrawToCommit>(GoodDraw(), change);
  };
  const auto of_pool = [](const std::function<void(R*)>& change) {
    return WrongField<DrawToCommit>(GoodPool(), change);
  };
  EXPECT_EQ(of_draw([](R* r) { r->clear_draw_code(); }), "draw.draw_code");
  EXPECT_EQ(of_draw([](R* r) { r->clear_kind(); }), "draw.kind");
  EXPECT_EQ(of_draw([](R* r) { r->set_kind(static_cast<v1::DrawKind>(9)); }), "draw.kind");
  EXPECT_EQ(of_draw([](R* r) { r->clear_programme_code(); }), "draw.programme_code");
  EXPECT_EQ(of_draw([](R* r) { r->clear_limit_code(); }), "draw.limit_code");
  EXPECT_EQ(of_draw([](R* r) { r->clear_closes_at(); }), "draw.closes_at");
  EXPECT_EQ(of_draw([](R* r) { r->mutable_closes_at()->set_nanos(1); }), "");
  EXPECT_EQ(of_pool([](R* r) { r->mutable_closes_at()->set_nanos(1); }), "");
  EXPECT_EQ(of_draw([](R* r) { r->clear_prizes(); }), "draw.prizes");
  EXPECT_EQ(of_draw([](R* r) {
              for (int i = 0; i < 64; ++i) {
                *r->add_prizes() = r->prizes(0);
              }
            }),
            "draw.prizes");
  EXPECT_EQ(of_draw([](R* r) { r->mutable_prizes(0)->clear_series_code(); }),
            "draw.prizes[0].series_code");
  EXPECT_EQ(of_draw([](R* r) { r->mutable_prizes(0)->clear_count(); }), "draw.prizes[0].count");
  EXPECT_EQ(of_draw([](R* r) { r->mutable_prizes(0)->set_weight(1); }), "draw.prizes[0].weight");
  EXPECT_EQ(of_draw([](R* r) { r->mutable_prizes(0)->clear_expires_at(); }),
            "draw.prizes[0].expires_at");
  EXPECT_EQ(of_pool([](R* r) { r->set_limit_code("entry"); }), "draw.programme_code");
  EXPECT_EQ(of_pool([](R* r) { r->mutable_prizes(1)->clear_weight(); }), "draw.prizes[1].weight");
  EXPECT_EQ(of_pool([](R* r) { SetTimes(r->mutable_prizes(1)); }), "draw.prizes[1].valid_from");
  EXPECT_EQ(of_pool([](R* r) { r->mutable_prizes(0)->clear_count(); }), "");  // without end
}

TEST(DrawPrizeTest, EachIsHeldToItsRule) {
  using R = v1::DrawPrizeRequest;
  R good;
  good.set_draw_code("pool");
  good.set_source("quiz");
  good.set_event_id("1");
  good.set_member_id("M1");
  EventToDraw made;
  RowError error;
  ASSERT_TRUE(FromProto(good, &made, &error)) << error.field;
  EXPECT_EQ(made.request.key, GrantKey("quiz", "1"));
  const auto wrong = [&good](const std::function<void(R*)>& change) {
    return WrongField<EventToDraw>(good, change);
  };
  EXPECT_EQ(wrong([](R* r) { r->clear_draw_code(); }), "draw_code");
  EXPECT_EQ(wrong([](R* r) { r->set_source("a:b"); }), "source");
  EXPECT_EQ(wrong([](R* r) { r->clear_event_id(); }), "event_id");
  EXPECT_EQ(wrong([](R* r) { r->set_member_id("12345678901234567"); }), "member_id");
}

TEST(ContributionTest, EveryFieldArrivesAndIsHeldToItsRule) {
  ContributeRequest made;
  RowError error;
  ASSERT_TRUE(FromProto(GoodContribution(), &made, &error)) << error.field;
  EXPECT_EQ(made.receipt, *ParseCode<ReceiptCode>("R-1"));
  EXPECT_EQ(made.fund, *ParseCode<FundCode>("mutual-2026"));
  EXPECT_EQ(made.member, *ParseCode<MemberId>("M1"));
  EXPECT_EQ(made.segment, *ParseCode<SegmentCode>("insured"));
  EXPECT_EQ(made.amount, Fen{10'000});
  EXPECT_EQ(made.covers_from, TimestampNs{kFrom_s * kNsPerSecond});
  EXPECT_EQ(made.covers_until, TimestampNs{kUntil_s * kNsPerSecond});

  using R = v1::Contribution;
  const auto wrong = [](const std::function<void(R*)>& change) {
    return WrongField<ContributeRequest>(GoodContribution(), change);
  };
  EXPECT_EQ(wrong([](R* r) { r->clear_receipt_code(); }), "receipt_code");
  EXPECT_EQ(wrong([](R* r) { r->clear_fund_code(); }), "fund_code");
  EXPECT_EQ(wrong([](R* r) { r->clear_member_id(); }), "member_id");
  EXPECT_EQ(wrong([](R* r) { r->clear_segment_code(); }), "segment_code");
  EXPECT_EQ(wrong([](R* r) { r->set_amount_fen(0); }), "amount_fen");
  EXPECT_EQ(wrong([](R* r) { r->set_amount_fen(kTransactionFenMax + 1); }), "amount_fen");
  EXPECT_EQ(wrong([](R* r) { r->clear_covers_from(); }), "covers_from");
  EXPECT_EQ(wrong([](R* r) { r->clear_covers_until(); }), "covers_until");
  EXPECT_EQ(wrong([](R* r) { r->mutable_covers_until()->set_seconds(kFrom_s); }), "covers_until");
}

TEST(JudgementTest, ARejectionSaysWhy) {
  v1::ApproveClaimRequest approve;
  approve.set_transaction_id("00000000000A");
  approve.set_by("Wang");  // one person, however it is written
  JudgeClaimRequest made;
  RowError error;
  ASSERT_TRUE(FromProto(approve, &made, &error)) << error.field;
  EXPECT_EQ(made.claim, TransactionId{10});
  EXPECT_EQ(made.by, *ParseCode<OperatorName>("wang"));
  EXPECT_EQ(made.note.size(), 0U);

  using A = v1::ApproveClaimRequest;
  const auto approval = [&approve](const std::function<void(A*)>& change) {
    return WrongField<JudgeClaimRequest>(approve, change);
  };
  EXPECT_EQ(approval([](A* r) { r->clear_by(); }), "by");
  EXPECT_EQ(approval([](A* r) { r->set_by("王 主任"); }), "by");
  A named = approve;
  named.set_by("王芳");
  EXPECT_FALSE(FromProto(named, &made, &error));
  EXPECT_NE(error.description.find("account name such as li.na"), std::string::npos);
  EXPECT_NE(error.description.find("用账号"), std::string::npos);
  EXPECT_EQ(approval([](A* r) { r->set_note(std::string(97, 'x')); }), "note");
  EXPECT_EQ(approval([](A* r) { r->set_transaction_id("x"); }), "transaction_id");
  EXPECT_EQ(approval([](A* r) { r->set_transaction_id("000000000000"); }), "transaction_id");

  using J = v1::RejectClaimRequest;
  J reject;
  reject.set_transaction_id("00000000000A");
  reject.set_by("wang");
  reject.set_note("材料不全");
  ASSERT_TRUE(FromProto(reject, &made, &error)) << error.field;
  EXPECT_EQ(made.note, *DisplayName::From(std::string("材料不全")));
  EXPECT_EQ(
      WrongField<JudgeClaimRequest>(reject, std::function<void(J*)>([](J* r) { r->clear_note(); })),
      "note");
}

}  // namespace
}  // namespace gonghui
