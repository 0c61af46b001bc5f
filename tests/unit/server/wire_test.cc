// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The hand-written wire format against the generated code.

#include "engine/server/wire.h"

#include <string>

#include <google/protobuf/stubs/logging.h>
#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/domain/limits.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"
#include "gonghui/v1/authorization_service.pb.h"

namespace gonghui {
namespace {

constexpr uint64_t kSeed = 20'260'101;

std::string RandomText(Prng& prng, size_t bytes_max) {
  std::string text(prng.Below(bytes_max + 1), 'x');
  for (char& c : text) {
    c = static_cast<char>('!' + prng.Below(90));
  }
  return text;
}

// Edges as often as anything in between.
int64_t RandomNumber(Prng& prng) {
  constexpr int64_t kEdges[] = {0, 1, -1, 127, 128, 16'383, 16'384, INT64_MAX, INT64_MIN};
  return prng.Chance(1, 2) ? kEdges[prng.Below(std::size(kEdges))]
                           : static_cast<int64_t>(prng.Next());
}

v1::AuthorizeRequest RandomRequest(Prng& prng) {
  v1::AuthorizeRequest request;
  const auto maybe = [&prng] { return prng.Chance(2, 3); };
  if (maybe()) {
    request.set_request_id(RandomText(prng, 40));
  }
  if (maybe()) {
    request.set_terminal_id(RandomText(prng, 20));
  }
  if (maybe()) {
    request.set_merchant_id(RandomText(prng, 20));
  }
  if (maybe()) {
    request.set_card_number(RandomText(prng, 200));
  }
  if (maybe()) {
    request.set_list_price_fen(RandomNumber(prng));
  }
  if (maybe()) {
    request.set_programme_code(RandomText(prng, 40));
  }
  request.set_capture(maybe());
  request.set_allow_partial_approval(maybe());
  if (maybe()) {
    request.set_if_no_benefit(static_cast<v1::IfNoBenefit>(RandomNumber(prng)));
  }
  if (maybe()) {
    request.set_pos_entry_mode(static_cast<v1::PosEntryMode>(prng.Below(9)));
  }
  if (maybe()) {
    request.set_hold_seconds(static_cast<uint32_t>(RandomNumber(prng)));
  }
  if (maybe()) {
    request.set_stan(static_cast<uint32_t>(RandomNumber(prng)));
  }
  if (maybe()) {
    request.mutable_transmission_time()->set_seconds(RandomNumber(prng));
    request.mutable_transmission_time()->set_nanos(static_cast<int32_t>(RandomNumber(prng)));
  }
  if (maybe()) {
    request.mutable_occurred_at()->set_seconds(RandomNumber(prng));
  }
  if (maybe()) {
    request.set_transport_data(RandomText(prng, 80));
  }
  request.set_explain(maybe());
  if (prng.Chance(1, 3)) {
    v1::QrCode* const code = request.mutable_qr_code();
    if (maybe()) {
      code->mutable_issued_at()->set_seconds(RandomNumber(prng));
      code->mutable_issued_at()->set_nanos(static_cast<int32_t>(RandomNumber(prng)));
    }
    if (maybe()) {
      code->set_valid_seconds(static_cast<uint32_t>(RandomNumber(prng)));
    }
    if (maybe()) {
      code->set_purpose(static_cast<v1::CodePurpose>(RandomNumber(prng)));
    }
  }
  if (prng.Chance(1, 4)) {
    request.set_voucher_code(RandomText(prng, 40));
  }
  if (prng.Chance(1, 4)) {
    request.mutable_slot_at()->set_seconds(RandomNumber(prng));
  }
  if (prng.Chance(1, 4)) {
    request.mutable_event_at()->set_nanos(static_cast<int32_t>(RandomNumber(prng)));
  }
  if (prng.Chance(1, 4)) {
    request.set_filed_by(RandomText(prng, 40));
  }
  for (uint64_t i = prng.Chance(1, 3) ? prng.Below(70) : 0; i > 0; --i) {
    v1::LineItem* const line = request.add_lines();
    line->set_item_code(RandomText(prng, 40));
    line->set_quantity(static_cast<uint32_t>(RandomNumber(prng)));
    line->set_price_fen(RandomNumber(prng));
  }
  return request;
}

void ExpectSame(const v1::AuthorizeRequest& request, const AuthorizeFields& fields) {
  EXPECT_EQ(fields.request_id, request.request_id());
  EXPECT_EQ(fields.terminal_id, request.terminal_id());
  EXPECT_EQ(fields.merchant_id, request.merchant_id());
  EXPECT_EQ(fields.card_number, request.card_number());
  EXPECT_EQ(fields.list_price_fen, request.list_price_fen());
  EXPECT_EQ(fields.programme_code, request.programme_code());
  EXPECT_EQ(fields.capture, request.capture());
  EXPECT_EQ(fields.allow_partial_approval, request.allow_partial_approval());
  EXPECT_EQ(fields.explain, request.explain());
  EXPECT_EQ(fields.if_no_benefit, request.if_no_benefit());
  EXPECT_EQ(fields.pos_entry_mode, request.pos_entry_mode());
  EXPECT_EQ(fields.hold_seconds, request.hold_seconds());
  EXPECT_EQ(fields.stan, request.stan());
  EXPECT_EQ(fields.transport_data, request.transport_data());
  EXPECT_EQ(fields.transmission_time.set, request.has_transmission_time());
  EXPECT_EQ(fields.transmission_time.seconds, request.transmission_time().seconds());
  EXPECT_EQ(fields.transmission_time.nanos, request.transmission_time().nanos());
  EXPECT_EQ(fields.occurred_at.set, request.has_occurred_at());
  EXPECT_EQ(fields.occurred_at.seconds, request.occurred_at().seconds());
  EXPECT_EQ(fields.line_count, static_cast<uint32_t>(request.lines_size()));
  EXPECT_EQ(fields.qr_code.set, request.has_qr_code());
  EXPECT_EQ(fields.qr_code.issued_at.set, request.qr_code().has_issued_at());
  EXPECT_EQ(fields.qr_code.issued_at.seconds, request.qr_code().issued_at().seconds());
  EXPECT_EQ(fields.qr_code.issued_at.nanos, request.qr_code().issued_at().nanos());
  EXPECT_EQ(fields.qr_code.valid_seconds, request.qr_code().valid_seconds());
  EXPECT_EQ(fields.qr_code.purpose, request.qr_code().purpose());
  // A text that is empty in the last part may have been there in one before.
  if (!request.voucher_code().empty() || !request.filed_by().empty() || request.has_slot_at() ||
      request.has_event_at()) {
    EXPECT_TRUE(fields.has_occasion);
  }
}

TEST(WireTest, ReadsWhatTheGeneratedCodeWrites) {
  Prng prng(kSeed);
  for (int i = 0; i < 5'000; ++i) {
    const v1::AuthorizeRequest request = RandomRequest(prng);
    const std::string bytes = request.SerializeAsString();
    AuthorizeFields fields;
    ASSERT_TRUE(ParseAuthorizeRequest(bytes, &fields)) << "i=" << i;
    ExpectSame(request, fields);
  }
}

// A message that comes in parts is one; so says protobuf of fields that are messages.
TEST(WireTest, MergesACodeThatComesInParts) {
  Prng prng(kSeed);
  for (int i = 0; i < 500; ++i) {
    const std::string bytes =
        RandomRequest(prng).SerializeAsString() + RandomRequest(prng).SerializeAsString();
    v1::AuthorizeRequest merged;
    ASSERT_TRUE(merged.ParseFromString(bytes));
    AuthorizeFields fields;
    ASSERT_TRUE(ParseAuthorizeRequest(bytes, &fields)) << "i=" << i;
    ExpectSame(merged, fields);
  }
}

// Lines, wherever they stand among the other fields, and whatever else is in them.
TEST(WireTest, ReadsLinesAsTheGeneratedCodeDoes) {
  Prng prng(kSeed);
  for (int i = 0; i < 500; ++i) {
    v1::AuthorizeRequest good;
    good.set_request_id("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    good.set_terminal_id("T1");
    good.set_card_number("12345678");
    std::string bytes = good.SerializeAsString();
    int64_t sum = 0;
    for (uint64_t count = prng.Below(kLinesPerTransactionMax + 1); count > 0; --count) {
      v1::AuthorizeRequest part;
      v1::LineItem* const line = part.add_lines();
      line->set_item_code("item-" + std::to_string(prng.Below(1'000)));
      line->set_quantity(static_cast<uint32_t>(prng.Below(kLineQuantityMax)) + 1);
      line->set_price_fen(static_cast<int64_t>(prng.Below(1'000)));
      sum += line->price_fen();
      if (prng.Chance(1, 4)) {
        line->GetReflection()->MutableUnknownFields(line)->AddVarint(99, prng.Next());
      }
      if (prng.Chance(1, 4)) {
        part.set_stan(static_cast<uint32_t>(prng.Below(kStanMax)));
      }
      bytes += part.SerializeAsString();
    }
    v1::AuthorizeRequest price;
    price.set_list_price_fen(sum);
    bytes += price.SerializeAsString();
    v1::AuthorizeRequest whole;
    ASSERT_TRUE(whole.ParseFromString(bytes));
    TerminalCall call;
    Refusal refusal;
    ASSERT_TRUE(ToCommand(CommandKind::kAuthorize, bytes, {}, &call, &refusal)) << refusal.message;
    const AuthorizeRequest& request = call.command.authorize;
    ASSERT_EQ(request.line_count, static_cast<uint32_t>(whole.lines_size()));
    for (int j = 0; j < whole.lines_size(); ++j) {
      EXPECT_EQ(TextOf(request.lines[j].item), whole.lines(j).item_code());
      EXPECT_EQ(request.lines[j].quantity, whole.lines(j).quantity());
      EXPECT_EQ(request.lines[j].price, Fen{whole.lines(j).price_fen()});
    }
  }
}

TEST(WireTest, TheLastOfARepeatedFieldCounts) {
  Prng prng(kSeed);
  for (int i = 0; i < 500; ++i) {
    const std::string bytes =
        RandomRequest(prng).SerializeAsString() + RandomRequest(prng).SerializeAsString();
    v1::AuthorizeRequest merged;
    ASSERT_TRUE(merged.ParseFromString(bytes));
    AuthorizeFields fields;
    ASSERT_TRUE(ParseAuthorizeRequest(bytes, &fields));
    ExpectSame(merged, fields);
  }
}

TEST(WireTest, UnknownFieldsArePassedOver) {
  v1::AuthorizeRequest request;
  request.set_stan(7);
  // Fields 100 to 103 of every type, and field 1 of another type than ours.
  std::string bytes("\xa0\x06\x01\xa9\x06\x01\x02\x03\x04\x05\x06\x07\x08", 13);
  bytes += std::string("\xb2\x06\x02zz\xbd\x06\x01\x02\x03\x04\x08\x05", 13);
  AuthorizeFields fields;
  ASSERT_TRUE(ParseAuthorizeRequest(bytes + request.SerializeAsString(), &fields));
  EXPECT_EQ(fields.stan, 7U);
  EXPECT_TRUE(fields.request_id.empty());
}

// Whatever the bytes, reading ends, reads nothing outside, and accepts nothing
// that the generated code refuses for its form.
TEST(WireTest, BrokenBytesAreRefusedAsByTheGeneratedCode) {
  // The generated code complains of items' codes that are not UTF-8.
  auto* const complaints = google::protobuf::SetLogHandler(nullptr);
  Prng prng(kSeed);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = RandomRequest(prng).SerializeAsString();
    for (uint64_t j = prng.Below(4) + 1; j > 0 && !bytes.empty(); --j) {
      bytes[prng.Below(bytes.size())] = static_cast<char>(prng.Next());
    }
    if (prng.Chance(1, 4)) {
      bytes.resize(prng.Below(bytes.size() + 1));
    }
    const std::string exact(bytes);  // so that a sanitizer sees the end
    AuthorizeFields fields;
    const bool read = ParseAuthorizeRequest(exact, &fields);
    v1::AuthorizeRequest request;
    if (read) {
      // Text that is not UTF-8 is refused later, by the rules of its field.
      bool text_is_utf8 = true;
      for (const std::string_view text : {fields.request_id,
                                          fields.terminal_id,
                                          fields.merchant_id,
                                          fields.card_number,
                                          fields.programme_code}) {
        text_is_utf8 = text_is_utf8 && IsPrintableUtf8(text);
      }
      if (text_is_utf8 && request.ParseFromString(exact)) {
        ExpectSame(request, fields);
      }
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1'000);
  google::protobuf::SetLogHandler(complaints);
}

// Whatever length was guessed when it was begun.
template <class Begin>
void ExpectMessagesOfAnyLength(Begin begin) {
  // Of the text; the message is two to four bytes longer.
  for (const size_t size :
       {0UL, 1UL, 125UL, 126UL, 127UL, 128UL, 16'380UL, 16'381UL, 16'383UL, 16'384UL, 100'000UL}) {
    WireWriter writer;
    writer.Reserve(size + 32);
    const auto start = begin(writer);
    if (size > 0) {
      writer.Bytes<v1::Transaction::kDisplayMessageFieldNumber>(std::string(size, 'a'));
    }
    writer.End(start);
    writer.Bool<v1::AuthorizeResponse::kIdempotentReplayFieldNumber>(true);
    v1::AuthorizeResponse response;
    ASSERT_TRUE(response.ParseFromArray(writer.data(), static_cast<int>(writer.size()))) << size;
    EXPECT_EQ(response.transaction().display_message().size(), size);
    EXPECT_TRUE(response.idempotent_replay());
    // Byte for byte as the generated code.
    EXPECT_EQ(response.SerializeAsString(), writer.view());
  }
}

TEST(WireTest, EndsMessagesOfAnyLength) {
  constexpr int kField = v1::AuthorizeResponse::kTransactionFieldNumber;
  ExpectMessagesOfAnyLength([](WireWriter& writer) { return writer.Begin<kField>(); });
  ExpectMessagesOfAnyLength([](WireWriter& writer) { return writer.BeginShort<kField>(); });
}

TEST(WireTest, WritesCodesOfEveryLength) {
  const std::string all = "abcdefghijklmnopqrstuvwxyz012345";
  for (size_t size = 1; size <= all.size(); ++size) {
    WireWriter writer;
    writer.Reserve(64);
    writer.Text<v1::AppliedBenefit::kBenefitCodeFieldNumber>(
        *ParseCode<BenefitCode>(all.substr(0, size)));
    if (size <= 16) {
      writer.Text<v1::AppliedBenefit::kFundCodeFieldNumber>(
          *ParseCode<TerminalId>(all.substr(0, size)));
    }
    v1::AppliedBenefit benefit;
    ASSERT_TRUE(benefit.ParseFromArray(writer.data(), static_cast<int>(writer.size())));
    EXPECT_EQ(benefit.benefit_code(), all.substr(0, size));
    EXPECT_EQ(benefit.fund_code(), size <= 16 ? all.substr(0, size) : "");
  }
  WireWriter writer;
  writer.Reserve(64);
  writer.Text<1>(BenefitCode{});
  EXPECT_EQ(writer.size(), 0U);
}

TEST(WireTest, GrowsAndKeepsWhatItHolds) {
  WireWriter writer;
  std::string expected;
  for (int i = 0; i < 2'000; ++i) {
    const std::string text(static_cast<size_t>(i % 50 + 1), static_cast<char>('a' + i % 26));
    writer.Reserve(text.size() + 8);
    writer.Bytes<1>(text);
    expected += "\x0a";
    expected.push_back(static_cast<char>(text.size()));
    expected += text;
  }
  EXPECT_EQ(writer.view(), expected);
}

}  // namespace
}  // namespace gonghui
