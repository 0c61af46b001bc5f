// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Benefits that combine: docs/decisions/0006-programme-language.md, "Combining".  Layer by
// layer the one that gives most there is taken, with limits and funds as the earlier layers
// leave them; all together compete with the best of the benefits that stand alone.  Then
// what each of them has earned of a part of the price, for what becomes of it later.

#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "engine/base/check.h"
#include "engine/ledger/decide.h"
#include "engine/ledger/pricing.h"

namespace gonghui {

// ---- What a benefit gives in its layer ---------------------------------------------

// Of `price`, when the earlier layers leave so much of it; `base` is the benefit's own.
Fen Decider::BaseInLayer(const Benefit& benefit, Fen base, Fen left, Fen price) {
  const bool of_rest = benefit.base == StackBase::kRest && price > Fen{0} && base != kNoBase;
  return of_rest ? MulDivRoundHalfUp(base, left, price) : base;
}

// No more than what is left to pay, of which the member pays at least its part.
Fen Decider::SubsidyInLayer(const Benefit& benefit, Fen base, Fen left) const {
  const Fen subsidy = Smaller(SubsidyBy(benefit, Larger(Fen{0}, base)), left);
  return Smaller(subsidy, Larger(Fen{0}, left - benefit.price.member_pays_min));
}

// ---- Authorization -------------------------------------------------------------------

int64_t Decider::TakenBefore(LimitRow limit, uint32_t subject) const {
  int64_t taken = 0;
  for (uint32_t i = 0; i < before_->use_count; ++i) {
    const UseDelta& use = before_->uses[i];
    taken += use.limit == limit && use.subject == subject ? use.held_delta : 0;
  }
  return taken;
}

Fen Decider::TakenBefore(FundRow fund) const {
  Fen taken;
  for (uint32_t i = 0; i < before_->share_count; ++i) {
    taken += before_->shares[i].fund == fund ? before_->shares[i].held_delta : Fen{0};
  }
  return taken;
}

// Of the contenders with a layer; best_ is the best of those without, or what came
// furthest of these.
void Decider::CombineOffers() {
  Combination& space = combination_space_.combination;
  Offer* const all = std::construct_at(&space.all);
  all->combined = true;
  all->shares = space.shares.data();
  all->uses = space.uses.data();
  for (size_t i = 0; i < space.asked.size(); ++i) {
    Offer* const asked = std::construct_at(&space.asked[i]);
    asked->shares = space.asked_shares[i].list.data();
    asked->uses = space.asked_uses[i].list.data();
  }
  before_ = all;
  std::span<Contender> rest{contenders_.list.end() - layered_count_, layered_count_};
  uint32_t chosen = 0;
  for (uint8_t layer = 1; layer <= kLayersMax && chosen < kCombinedBenefitsMax; ++layer) {
    const auto end = std::partition(rest.begin(), rest.end(), [&](const Contender& contender) {
      return ledger_.benefits_[contender.benefit].layer == layer;
    });
    const auto count = static_cast<size_t>(end - rest.begin());
    if (const Offer* const best = BestOfLayer(rest.first(count)); best != nullptr) {
      Add(*best, all);
      ++chosen;
    }
    rest = rest.subspan(count);
  }
  before_ = nullptr;
  if (chosen > 0 && (best_->reason != Reason::kNone || all->subsidy > best_->subsidy)) {
    best_ = all;
  }
}

// Of the benefits of one layer, the one that gives most after what before_ takes; null: none
// passes.  Leaves the contenders with what they give by the list price.
const Decider::Offer* Decider::BestOfLayer(std::span<Contender> contenders) {
  const bool first = before_->share_count + before_->use_count == 0;
  const Fen left = list_price_ - before_->subsidy;
  const Fen most = subsidy_max_ - before_->subsidy;
  const auto base_of = [&](const Contender& contender) {
    const Benefit& benefit = ledger_.benefits_[contender.benefit];
    return BaseInLayer(benefit, BaseOf(benefit), left, list_price_);
  };
  for (Contender& contender : contenders) {
    const Benefit& benefit = ledger_.benefits_[contender.benefit];
    contender.subsidy = Smaller(SubsidyInLayer(benefit, base_of(contender), left), most);
  }
  Combination& space = combination_space_.combination;
  Offer* best = nullptr;
  Offer* spare = &space.asked[0];
  for (size_t i = 0; i < contenders.size(); ++i) {
    std::swap(contenders[i], contenders[MostGenerousFrom(contenders, i)]);
    const Contender& contender = contenders[i];
    if (best != nullptr && contender.subsidy < best->subsidy) {
      break;
    }
    AskInLayer(contender, base_of(contender), spare);
    if (spare->reason != Reason::kNone) {
      if (first && IsBetter(*spare)) {
        TellFurthest(*spare);
      }
      continue;
    }
    // One for which there is no room is passed over as one that fails.
    const bool fits = before_->share_count + spare->share_count <= kSharesPerTransactionMax &&
                      before_->use_count + spare->use_count <= kUsesPerTransactionMax;
    if (fits && (best == nullptr || spare->subsidy > best->subsidy ||
                 (spare->subsidy == best->subsidy && spare->order < best->order))) {
      best = spare;
      spare = best == &space.asked[0] ? &space.asked[1] : &space.asked[0];
      if (best->subsidy == contender.subsidy) {
        break;  // in full: none of the others can give more, and none as generous is before
      }
    }
  }
  if (!first && advice_ != nullptr) {
    for (Contender& contender : contenders) {  // each may still be forced by itself
      const Benefit& benefit = ledger_.benefits_[contender.benefit];
      const Fen subsidy = SubsidyBy(benefit, Larger(Fen{0}, BaseOf(benefit)));
      contender.subsidy = Smaller(subsidy, subsidy_max_);
    }
  }
  return best;
}

void Decider::AskInLayer(const Contender& contender, Fen base, Offer* offer) {
  const Benefit& benefit = ledger_.benefits_[contender.benefit];
  GH_DCHECK(benefit.asks == 0, "in a layer, benefit=", contender.benefit);
  offer->order = contender.order;
  offer->benefit = contender.benefit;
  offer->failed_row = 0;
  offer->next_eligible_at = TimestampNs{};
  offer->subsidy = contender.subsidy;
  offer->partial = false;
  offer->whole = contender.subsidy;
  offer->share_count = 0;
  offer->use_count = 0;
  offer->reason = CheckRules(benefit, base, contender.subsidy);
  if (offer->reason == Reason::kNone) {
    offer->reason = TakeLimits(benefit, offer);
  }
  if (offer->reason == Reason::kNone) {
    offer->reason = TakeFunds(benefit, offer);
  }
}

// Why not, should nothing apply.
void Decider::TellFurthest(const Offer& offer) {
  Offer* const spare = best_ == &offers_.list[0] ? &offers_.list[1] : &offers_.list[0];
  spare->reason = offer.reason;
  spare->order = offer.order;
  spare->benefit = offer.benefit;
  spare->failed_row = offer.failed_row;
  spare->used_or_available = offer.used_or_available;
  spare->held_or_asked = offer.held_or_asked;
  spare->next_eligible_at = offer.next_eligible_at;
  best_ = spare;
}

// The first one stands for all.
void Decider::Add(const Offer& offer, Offer* all) {
  if (all->benefit == BenefitRow{}) {
    all->benefit = offer.benefit;
    all->order = offer.order;
  }
  all->subsidy += offer.subsidy;
  all->partial = all->partial || offer.partial;
  std::copy_n(offer.shares, offer.share_count, all->shares + all->share_count);
  std::copy_n(offer.uses, offer.use_count, all->uses + all->use_count);
  all->share_count += offer.share_count;
  all->use_count += offer.use_count;
}

// A limit that an earlier benefit counts on as well: a sale tells of each use what was used
// up to it.
void Decider::CountEarlierUses(uint32_t use) {
  UseDelta& delta = event_->uses[use];
  for (uint32_t i = 0; i < use; ++i) {
    const UseDelta& earlier = event_->uses[i];
    delta.used_after +=
        earlier.limit == delta.limit && earlier.subject == delta.subject ? earlier.used_delta : 0;
  }
}

// Each benefit's part over its own lines, in the order of layers.
void Decider::SplitCombinationOverLines() {
  for (uint32_t i = 0; i < event_->share_count;) {
    const BenefitRow benefit = event_->shares[i].benefit;
    Fen part;
    for (; i < event_->share_count && event_->shares[i].benefit == benefit; ++i) {
      const ShareDelta& share = event_->shares[i];
      const bool money = ledger_.funds_[share.fund].asset == Asset::kMoney;
      part += money ? share.held_delta + share.spent_delta : Fen{0};
    }
    SplitOverLines(ledger_.benefits_[benefit], part);
  }
}

// ---- What is granted -----------------------------------------------------------------

Decider::Granted& Decider::GrantedOf(BenefitRow benefit) {
  for (uint32_t i = 0; i < granted_count_; ++i) {
    if (granted_.list[i].benefit == benefit) {
      return granted_.list[i];
    }
  }
  GH_CHECK(granted_count_ < kCombinedBenefitsMax, "too many benefits, seq=", original_->seq);
  Granted& granted = granted_.list[granted_count_++];
  granted = Granted{};
  granted.benefit = benefit;
  return granted;
}

// Of the original, benefit by benefit in the order of layers.
void Decider::FindGranted() {
  granted_count_ = 0;
  for (uint32_t i = 0; i < original_->applied_count; ++i) {
    const Applied& applied = AppliedOf(i);
    Granted& granted = GrantedOf(applied.benefit);
    granted.first_share = granted.share_count == 0 ? i : granted.first_share;
    ++granted.share_count;
    if (IsMoney(applied)) {
      granted.subsidy += applied.authorized + applied.restated;
      granted.captured += applied.authorized + applied.restated - applied.held;
      granted.kept += applied.spent + applied.overrun;
    }
  }
  // One without funds has its uses alone.
  for (uint32_t i = 0; i < original_->use_count; ++i) {
    (void)GrantedOf(UseOf(i).benefit);
  }
  if (granted_count_ == 1) {
    Granted& granted = granted_.list[0];
    granted.subsidy = original_->standing_subsidy();
    granted.captured = original_->captured_subsidy;
    granted.kept = original_->captured_subsidy - original_->progress.refunded_subsidy;
    return;
  }
  const std::span<Granted> all{granted_.list.data(), granted_count_};
  std::sort(all.begin(), all.end(), [this](const Granted& a, const Granted& b) {
    return ledger_.benefits_[a.benefit].layer < ledger_.benefits_[b.benefit].layer;
  });
  if (!original_->IsOpenHold()) {
    FindCapturedOfClosed();
  }
}

// Nothing is held that could tell what is captured: it is what is kept and, of what was
// given back, each benefit's part in proportion to what it has not spent.
void Decider::FindCapturedOfClosed() {
  std::array<int64_t, kCombinedBenefitsMax> weights{};
  PartsByBenefit parts{};
  for (uint32_t i = 0; i < granted_count_; ++i) {
    weights[i] = (granted_.list[i].subsidy - granted_.list[i].kept).value();
  }
  const Fen given_back = original_->state == TransactionState::kReversed
                             ? Fen{0}
                             : original_->progress.refunded_subsidy;
  SplitByLargestRemainder(
      given_back, {weights.data(), granted_count_}, {parts.data(), granted_count_});
  for (uint32_t i = 0; i < granted_count_; ++i) {
    granted_.list[i].captured = granted_.list[i].kept + parts[i];
  }
}

// The benefit's place among those that are granted.
uint32_t Decider::PlaceOf(BenefitRow benefit) const {
  uint32_t place = 0;
  while (place + 1 < granted_count_ && granted_.list[place].benefit != benefit) {
    ++place;
  }
  return place;
}

// What each has earned of so much of the price; and what its threshold is compared with.
Decider::PartsByBenefit Decider::EarnedOf(Fen price, PartsByBenefit* bases) const {
  PartsByBenefit earned{};
  Fen left = price;
  for (uint32_t i = 0; i < granted_count_; ++i) {
    const Granted& granted = granted_.list[i];
    const Benefit& benefit = ledger_.benefits_[granted.benefit];
    const Fen base = BaseInLayer(benefit, BaseOfOriginal(benefit, price), left, price);
    earned[i] = Smaller(SubsidyInLayer(benefit, base, left), granted.subsidy);
    left -= earned[i];
    if (bases != nullptr) {
      (*bases)[i] = base;
    }
  }
  return earned;
}

// An amount over the benefits, in proportion to what each has captured and not given back.
Decider::PartsByBenefit Decider::SplitOverKept(Fen amount) const {
  std::array<int64_t, kCombinedBenefitsMax> weights{};
  for (uint32_t i = 0; i < granted_count_; ++i) {
    weights[i] = granted_.list[i].kept.value();
  }
  PartsByBenefit parts{};
  SplitByLargestRemainder(amount, {weights.data(), granted_count_}, {parts.data(), granted_count_});
  return parts;
}

Fen Decider::SumOf(const PartsByBenefit& parts) {
  Fen sum;
  for (const Fen part : parts) {
    sum += part;
  }
  return sum;
}

}  // namespace gonghui
