// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/domain/advice_name.h"

#include <gtest/gtest.h>

#include "engine/domain/archive.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

class AdviceNameTest : public ::testing::Test {
 protected:
  AdviceNameTest() {
    asked_.sequence = 38;
    asked_.business_day = 20'576;
    stored_.sequence = asked_.sequence;
    stored_.business_day = asked_.business_day;
    command_.advice = &asked_;
  }

  [[nodiscard]] AdviceName OfCommand() const {
    return AdviceNameAs<AdviceName>(terminal_, command_);
  }
  [[nodiscard]] AdviceName OfTransaction() const {
    return AdviceNameAs<AdviceName>(terminal_, transaction_, stored_);
  }

  const TerminalId terminal_ = CodeOf<TerminalId>("KM004217");
  AdviceRequest asked_;
  Advice stored_;
  Command command_;
  Transaction transaction_;
};

TEST_F(AdviceNameTest, ASaleIsNamedByPriceAndCard) {
  command_.kind = CommandKind::kAuthorize;
  command_.authorize = AuthorizeRequest{};
  command_.authorize.list_price = Fen{1'000};
  command_.authorize.card = CardNumber{62'000'001};
  transaction_.kind = TransactionKind::kAuthorization;
  transaction_.list_price = Fen{1'000};
  transaction_.card = CardNumber{62'000'001};
  const AdviceName name = OfCommand();
  EXPECT_EQ(name, OfTransaction());
  EXPECT_EQ(name.terminal, terminal_);
  EXPECT_EQ(name.sequence, 38u);
  EXPECT_EQ(name.business_day, 20'576);
  EXPECT_EQ(name.kind, TransactionKind::kAuthorization);
  EXPECT_EQ(name.amount, Fen{1'000});
  EXPECT_EQ(name.card, CardNumber{62'000'001});
  EXPECT_EQ(name.original, TransactionId{});
  EXPECT_EQ(name.original_request_id, RequestId{});
}

TEST_F(AdviceNameTest, ACaptureIsNamedByAmountAndOriginal) {
  command_.kind = CommandKind::kCapture;
  command_.capture = CaptureRequest{};
  command_.capture.original = TransactionId{5'001};
  command_.capture.original_request_id = RequestId{1, 2};
  command_.capture.amount = Fen{300};
  command_.capture.has_amount = true;
  transaction_.kind = TransactionKind::kCapture;
  transaction_.list_price = Fen{900};  // what it came to
  transaction_.reference.asked_amount = Fen{300};
  transaction_.reference.original_id = TransactionId{5'001};
  transaction_.reference.original_request_id = RequestId{1, 2};
  const AdviceName name = OfCommand();
  EXPECT_EQ(name, OfTransaction());
  EXPECT_EQ(name.kind, TransactionKind::kCapture);
  EXPECT_EQ(name.amount, Fen{300});
  EXPECT_EQ(name.card, CardNumber{});
  EXPECT_EQ(name.original, TransactionId{5'001});
  EXPECT_EQ(name.original_request_id, (RequestId{1, 2}));

  // All of it: what stands in `amount` was not said.
  command_.capture.has_amount = false;
  transaction_.reference.asked_amount = Fen{0};
  EXPECT_EQ(OfCommand(), OfTransaction());
  EXPECT_EQ(OfCommand().amount, Fen{0});
}

}  // namespace
}  // namespace gonghui
