// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Folders that a real engine wrote, for gonghui-inspect to look into.

#ifndef GONGHUI_TESTS_UNIT_STORAGE_INSPECT_WORLD_H_
#define GONGHUI_TESTS_UNIT_STORAGE_INSPECT_WORLD_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <absl/strings/str_cat.h>
#include <gtest/gtest.h>

#include "engine/base/check.h"
#include "engine/base/prng.h"
#include "engine/pipeline/engine.h"
#include "tests/testing/city.h"
#include "tests/testing/names.h"
#include "tests/testing/noon_clock.h"
#include "tests/testing/run_shell.h"
#include "tests/testing/store_folder.h"
#include "tools/inspect/verify.h"

namespace gonghui {

class InspectTest : public testing::Test, protected StoreFolder {
 protected:
  InspectTest() {
    city_.members = 50;
    city_.merchants = 6;
  }

  // A server's life: a city (at first), a checkpoint, sales, holds and shifts after it.
  void RunServer(bool build, int sales, int holds = 0, int shifts = 0) {
    OpenStore();
    EngineOptions options;
    options.checkpoint_at_stop = false;
    const auto engine =
        Engine::Start(options, clock_, *journal_, checkpoints_.get(), archive_.get());
    GH_CHECK(engine.ok(), engine.status().message());
    const auto run = [&engine](const Command& command) {
      Result result;
      GH_CHECK((*engine)->RunBlocking({&command, 1}, {&result, 1}).ok());
    };
    if (build) {
      BuildCity(city_, run);
      GH_CHECK((*engine)->CheckpointBlocking().ok());
    }
    for (int i = 0; i < sales; ++i) {
      run(RandomSale(city_, prng_));
    }
    for (int i = 0; i < holds; ++i) {
      for (const Command& command : LifeOfAHold()) {
        run(command);
      }
    }
    for (int i = 0; i < shifts; ++i) {
      for (const Command& command : Shift()) {
        run(command);
      }
    }
    last_seq_ = (*engine)->stats().applied_seq;
    (*engine)->Stop();
    CloseStore();
  }

  // A hold that is raised, lowered, captured twice and refunded.
  std::vector<Command> LifeOfAHold() {
    Command hold = RandomSale(city_, prng_);
    hold.authorize.list_price = Fen{10'000};
    hold.authorize.capture_at_once = false;
    std::vector<Command> life = {hold};
    const auto next = [&](CommandKind kind) -> Command& {
      Command& command = life.emplace_back();
      command.kind = kind;
      command.terminal = hold.terminal;
      command.request_id = RequestId{prng_.Next(), prng_.Next()};
      return command;
    };
    next(CommandKind::kIncrement).increment =
        IncrementRequest{{}, hold.request_id, Fen{2'000}, 30 * 86'400};
    next(CommandKind::kReverse).reverse =
        ReverseRequest{{}, hold.request_id, Fen{1'000}, true, ReversalReason::kDeviceUnable};
    next(CommandKind::kCapture).capture =
        CaptureRequest{{}, hold.request_id, Fen{4'000}, true, false};
    next(CommandKind::kCapture).capture = CaptureRequest{{}, hold.request_id, {}, false, true};
    next(CommandKind::kRefund).refund = RefundRequest{{}, hold.request_id, Fen{5'000}, true};
    next(CommandKind::kRefund).refund = RefundRequest{{}, hold.request_id, {}, false};
    return life;
  }

  // What a till does in a day: it sells and takes back by lines, uploads what it did while
  // it was cut off, and closes.
  std::vector<Command> Shift() {
    Command sale = RandomSale(city_, prng_);
    sale.authorize.list_price = Fen{2'000};
    sale.authorize.lines = lines_.data();
    sale.authorize.line_count = 2;
    std::vector<Command> shift = {sale};
    Command& refund = shift.emplace_back();
    refund.kind = CommandKind::kRefund;
    refund.terminal = sale.terminal;
    refund.request_id = RequestId{prng_.Next(), prng_.Next()};
    refund.refund = RefundRequest{};
    refund.refund.original_request_id = sale.request_id;
    refund.refund.lines = &returned_;
    refund.refund.line_count = 1;
    Command& uploaded = shift.emplace_back(RandomSale(city_, prng_));
    uploaded.terminal = sale.terminal;
    uploaded.authorize.merchant = {};
    uploaded.authorize.list_price = Fen{1'000};
    evidence_.occurred_at = TimestampNs{kCityNoon.value() - 60 * kNsPerSecond};
    evidence_.member_paid = Fen{1'000};
    evidence_.sequence = 1;
    evidence_.business_day = 20'576;
    evidence_.queue_empty = true;
    uploaded.advice = &evidence_;
    Command& close = shift.emplace_back();
    close.kind = CommandKind::kCloseBatch;
    close.terminal = sale.terminal;
    close.request_id = RequestId{prng_.Next(), prng_.Next()};
    close.close_batch = CloseBatchRequest{};
    close.close_batch.theirs.captures = 2;
    return shift;
  }

  absl::StatusOr<VerifyReport> Verify(bool from_checkpoint = false) {
    VerifyOptions options;
    options.from_checkpoint = from_checkpoint;
    return VerifyBlocking(*journal_, *checkpoints_, *archive_, options);
  }

  Ran Inspect(const std::string& arguments) {
    return RunShell(absl::StrCat(GONGHUI_INSPECT, " ", arguments));
  }
  Ran Inspect(std::string_view verb, const std::string& arguments) {
    return Inspect(absl::StrCat(std::string(verb), " --data ", folder(), " ", arguments));
  }

  const NoonClock clock_;
  CityOptions city_;
  Prng prng_{11};
  uint64_t last_seq_ = 0;
  std::array<LineItem, 2> lines_ = {LineItem{CodeOf<ItemCode>("6901234567892"), Fen{1'300}, 2, 0},
                                    LineItem{CodeOf<ItemCode>("fruit"), Fen{700}, 1, 0}};
  ReturnedLine returned_{1, 1};
  AdviceRequest evidence_;
};

}  // namespace gonghui

#endif  // GONGHUI_TESTS_UNIT_STORAGE_INSPECT_WORLD_H_
