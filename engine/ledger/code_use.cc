// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Codes that a digital card shows: fresh for a while, and accepted once for each purpose
// (docs/decisions/0005-codes.md).

#include <algorithm>
#include <cstddef>

#include "engine/base/check.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/keys.h"

namespace gonghui {

// ---- Decide --------------------------------------------------------------------

// Finds what is remembered of the card; false when an approval could not be.
bool Decider::BeginCode(bool quote) {
  const CardRow card = FindCard(command_.authorize.card);
  if (card == CardRow{}) {
    return true;
  }
  code_use_ = ledger_.FindCodeUse(card, command_.authorize.code_purpose);
  if (!quote && code_use_ == CodeUseRow{} && ledger_.code_uses_.full()) {
    Full(Field::kCodes);
    return false;
  }
  return true;
}

Reason Decider::CheckCode() const {
  const AuthorizeRequest& request = command_.authorize;
  const auto& accepted = ledger_.code_uses_[code_use_].issued_at;  // row 0 is all zero
  // Whether one from before the oldest was accepted is forgotten, so it may have been; as
  // long as there is room, the oldest is 0.
  if (request.code_issued_at < accepted.back() ||
      std::find(accepted.begin(), accepted.end(), request.code_issued_at) != accepted.end()) {
    return Reason::kSecurityViolation;
  }
  const int64_t age_ns = now_.value() - request.code_issued_at.value();
  const bool is_fresh = age_ns < int64_t{request.code_valid_s} * kNsPerSecond &&
                        age_ns >= -kCodeAheadMaxS * kNsPerSecond;
  return is_fresh ? Reason::kNone : Reason::kCredentialExpired;
}

// Whatever became of the price: the code has done what it was shown for.
void Decider::UseCode() {
  event_->code_use_row = code_use_ != CodeUseRow{} ? code_use_ : ledger_.code_uses_.next();
}

// What CheckCode() found, up to what fails.
void Decider::ExplainCode(Reason reason) {
  for (const Reason check : {Reason::kSecurityViolation, Reason::kCredentialExpired}) {
    AddCheck(BenefitRow{}, check, reason != check);
    if (reason == check) {
      return;
    }
  }
}

// ---- Finding -------------------------------------------------------------------

CodeUseRow Ledger::FindCodeUse(CardRow card, CodePurpose purpose) const {
  return CodeUseRow{code_use_index_.Find(HashOf(card, purpose), [&](uint32_t row) {
    const CodeUse& use = code_uses_[CodeUseRow{row}];
    return use.card == card && use.purpose == purpose;
  })};
}

// ---- Evolve --------------------------------------------------------------------

void Ledger::EvolveCodeUse(const Event& event) {
  const TimestampNs issued_at = event.command->authorize.code_issued_at;
  if (event.code_use_row == code_uses_.next()) {
    CodeUse use;
    use.card = FindCard(event.transaction.card);
    use.purpose = event.command->authorize.code_purpose;
    use.issued_at[0] = issued_at;
    const CodeUseRow row = code_uses_.Append(use);
    code_use_index_.Insert(HashOf(use.card, use.purpose), row.value());
    return;
  }
  GH_CHECK(code_uses_.Contains(event.code_use_row), "row=", event.code_use_row);
  code_uses_.Update(event.code_use_row, [issued_at](CodeUse& use) {
    // Takes the place of the oldest, and moves forward to its own.
    size_t place = CodeUse::kRemembered - 1;
    for (; place > 0 && use.issued_at[place - 1] < issued_at; --place) {
      use.issued_at[place] = use.issued_at[place - 1];
    }
    use.issued_at[place] = issued_at;
  });
}

// ---- Invariants ----------------------------------------------------------------

const char* Ledger::CheckCodeUses(uint64_t* row) const {
  for (uint32_t i = 1; i <= code_uses_.size(); ++i) {
    const CodeUse& use = code_uses_[CodeUseRow{i}];
    *row = i;
    if (!cards_.Contains(use.card)) {
      return "a code was accepted of no card (row = code use)";
    }
    if (FindCodeUse(use.card, use.purpose) != CodeUseRow{i}) {
      return "a code use is not found by its key (row = code use)";
    }
    if (use.issued_at[0] <= TimestampNs{0}) {
      return "a code use remembers no code (row = code use)";
    }
    for (size_t place = 1; place < use.issued_at.size(); ++place) {
      const TimestampNs issued_at = use.issued_at[place];
      if (issued_at != TimestampNs{0} && issued_at >= use.issued_at[place - 1]) {
        return "codes are not remembered in order (row = code use)";
      }
      if (issued_at < TimestampNs{0}) {
        return "a code was issued before all time (row = code use)";
      }
    }
  }
  return nullptr;
}

}  // namespace gonghui
