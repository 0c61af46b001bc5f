// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/load/life.h"

#include <algorithm>
#include <memory>

#include "gonghui/v1/transaction.pb.h"

namespace gonghui::load {

std::optional<Life> LifeAfter(const Sent& sent, const Answer& answer) {
  if (answer.outcome != v1::OUTCOME_APPROVED ||
      (sent.step != Step::kHold && sent.step != Step::kCapture)) {
    return std::nullopt;
  }
  Life life;
  life.last = sent.step;
  life.terminal = sent.terminal;
  if (sent.step == Step::kCapture) {
    life.original = *sent.original;
  } else {
    life.original.request_id = sent.request_id;
    std::copy_n(
        answer.transaction_id.begin(), kTransactionIdBytes, life.original.transaction_id.begin());
  }
  life.original.list_price_fen = answer.list_price_fen;
  life.original.subsidy_fen = answer.subsidy_fen;
  return life;
}

bool GoOn(const Life& life, Prng* prng, Sent* sent) {
  if (life.last == Step::kCapture) {
    if (!prng->Chance(kRefundedPercent, 100)) {
      return false;
    }
    sent->step = Step::kRefund;
  } else {
    sent->step = prng->Chance(kReversedPercent, 100) ? Step::kReversal : Step::kCapture;
  }
  sent->earlier.reset();
  sent->terminal = life.terminal;
  sent->original = std::make_shared<const Original>(life.original);
  sent->list_price_fen = life.original.list_price_fen;
  if (sent->step == Step::kCapture && prng->Chance(kInPartPercent, 100)) {
    // A deposit that was higher than the bill.
    sent->list_price_fen -= life.original.list_price_fen / 4;
  }
  return true;
}

}  // namespace gonghui::load
