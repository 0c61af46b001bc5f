// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/domain/original_names.h"

#include <type_traits>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

template <class Request>
Command About(CommandKind kind, Request Command::*place) {
  Command command;
  command.kind = kind;
  command.*place = Request{};
  (command.*place).original = TransactionId{5'001};
  (command.*place).original_request_id = RequestId{1, 2};
  return command;
}

TEST(OriginalNamesTest, AreWhereTheCommandHasThem) {
  for (const Command& command : {About(CommandKind::kCapture, &Command::capture),
                                 About(CommandKind::kIncrement, &Command::increment),
                                 About(CommandKind::kReverse, &Command::reverse),
                                 About(CommandKind::kRefund, &Command::refund)}) {
    const OriginalNames names = OriginalNamesOf(command);
    static_assert(std::is_same_v<decltype(names.id), const TransactionId*>);
    ASSERT_NE(names.id, nullptr) << static_cast<int>(command.kind);
    EXPECT_EQ(*names.id, TransactionId{5'001});
    EXPECT_EQ(*names.request_id, (RequestId{1, 2}));
  }
}

TEST(OriginalNamesTest, MayBeChanged) {
  Command command = About(CommandKind::kRefund, &Command::refund);
  *OriginalNamesOf(command).id = TransactionId{7};
  *OriginalNamesOf(command).request_id = RequestId{3, 4};
  EXPECT_EQ(command.refund.original, TransactionId{7});
  EXPECT_EQ(command.refund.original_request_id, (RequestId{3, 4}));
}

TEST(OriginalNamesTest, OfWhatIsAboutNoOtherAreNone) {
  for (const CommandKind kind :
       {CommandKind::kAuthorize, CommandKind::kQuote, CommandKind::kCloseBatch}) {
    Command command;
    command.kind = kind;
    EXPECT_EQ(OriginalNamesOf(command).id, nullptr) << static_cast<int>(kind);
    EXPECT_EQ(OriginalNamesOf(command).request_id, nullptr) << static_cast<int>(kind);
  }
}

}  // namespace
}  // namespace gonghui
