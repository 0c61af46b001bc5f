// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/content_hash.h"

#include <cstddef>
#include <string>
#include <type_traits>

#include "engine/base/hash.h"
#include "engine/programmes/compiler.h"

namespace gonghui {
namespace {

// Field by field, because the structs' padding means nothing; numbers as eight
// bytes, lists with their size in front, so that no two contents are written
// alike.
class Writer {
 public:
  template <typename T>
  void Number(T value) {
    static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
    auto bits = static_cast<uint64_t>(value);
    for (size_t i = 0; i < sizeof(bits); ++i) {
      bytes_.push_back(static_cast<char>(bits & 0xff));
      bits >>= 8;
    }
  }
  template <typename Tag, size_t kWords>
  void Put(const Code<Tag, kWords>& code) {
    for (const uint64_t word : code.words) {
      Number(word);
    }
  }
  void Put(const DisplayName& name) { bytes_.append(name.bytes.data(), name.bytes.size()); }
  void Put(Fen amount) { Number(amount.value()); }
  void Put(Bps rate) { Number(rate.value()); }
  void Put(TimestampNs at) { Number(at.value()); }
  void Put(const PoolRange& range) {
    Number(range.first);
    Number(range.count);
  }

  [[nodiscard]] uint64_t Hash() const { return HashBytes(bytes_.data(), bytes_.size()); }

 private:
  std::string bytes_;
};

void PutProgramme(const ProgrammeSpec& programme, Writer* writer) {
  writer->Put(programme.code);
  writer->Put(programme.name);
  writer->Put(programme.owner);
  writer->Put(programme.starts_at);
  writer->Put(programme.ends_at);
  writer->Number(programme.late_capture);
  writer->Put(programme.special_days);
  const Calendar& calendar = programme.calendar;
  writer->Put(calendar.zone);
  writer->Number(calendar.cutover_s);
  writer->Number(calendar.offset_change_count);
  for (uint32_t i = 0; i < calendar.offset_change_count; ++i) {
    writer->Number(calendar.offset_changes[i].from_s);
    writer->Number(calendar.offset_changes[i].offset_s);
  }
}

void PutBenefit(const BenefitSpec& benefit, Writer* writer) {
  writer->Put(benefit.code);
  writer->Put(benefit.name);
  writer->Number(benefit.price.kind);
  writer->Number(benefit.price.rounding);
  writer->Number(benefit.price.repeat);
  writer->Number(benefit.price.on_return);
  writer->Put(benefit.price.rate);
  writer->Put(benefit.price.amount);
  writer->Put(benefit.price.threshold);
  writer->Put(benefit.price.discount_max);
  writer->Put(benefit.price.member_pays_min);
  writer->Put(benefit.price.steps);
  writer->Put(benefit.segments_any);
  writer->Put(benefit.segments_all);
  writer->Put(benefit.segments_none);
  writer->Put(benefit.mccs);
  writer->Put(benefit.merchants);
  writer->Put(benefit.terminals);
  writer->Put(benefit.items_any);
  writer->Put(benefit.items_none);
  writer->Put(benefit.closed_days);
  writer->Put(benefit.hours);
  writer->Put(benefit.limits);
  writer->Put(benefit.funding);
  writer->Put(benefit.stock);
  writer->Number(benefit.stock_units);
  writer->Number(benefit.terminal_kinds);
  writer->Number(benefit.weekdays);
  writer->Number(benefit.require_real_name);
  writer->Number(benefit.sexes);
  writer->Number(benefit.day_kinds);
  writer->Number(benefit.layer);
  writer->Number(benefit.base);
  writer->Number(benefit.offline);
  writer->Number(benefit.member_days_min);
  writer->Number(benefit.segment_days_min);
  writer->Number(benefit.pieces_max);
  writer->Put(benefit.member_union);
  writer->Put(benefit.merchant_union);
  writer->Put(benefit.starts_at);
  writer->Put(benefit.ends_at);
  writer->Number(benefit.hold_s);
}

// Of what benefits ask for; nothing when none does, so that a file without it hashes as ever.
void PutAsks(const CompiledFile& file, Writer* writer) {
  for (size_t i = 0; i < file.benefits.size(); ++i) {
    const BenefitSpec& benefit = file.benefits[i];
    if (benefit.asks == 0) {
      continue;
    }
    writer->Number(i);
    writer->Number(benefit.asks);
    writer->Put(benefit.voucher);
    writer->Number(benefit.voucher_returns);
    writer->Number(benefit.approvals);
    writer->Number(benefit.claim_days_max);
    writer->Number(benefit.slot_minutes);
    writer->Number(benefit.slot_ahead_days);
    writer->Number(benefit.slot_grace_minutes);
    writer->Number(benefit.earlier_prices);
  }
}

void PutFund(const FundRequest& fund, Writer* writer) {
  writer->Put(fund.code);
  writer->Put(fund.owner);
  writer->Number(fund.asset);
  writer->Put(fund.budget);
  writer->Put(fund.opens_at);
  writer->Put(fund.closes_at);
  writer->Number(fund.advice_may_overrun);
  writer->Number(fund.payer);
  writer->Put(fund.name);
}

void PutPools(const CompiledFile& file, Writer* writer) {
  writer->Number(file.segment_refs.size());
  for (const SegmentCode& segment : file.segment_refs) {
    writer->Put(segment);
  }
  writer->Number(file.mccs.size());
  for (const MccRange& range : file.mccs) {
    writer->Number(range.first);
    writer->Number(range.last);
  }
  writer->Number(file.merchants.size());
  for (const MerchantId& merchant : file.merchants) {
    writer->Put(merchant);
  }
  writer->Number(file.terminals.size());
  for (const TerminalId& terminal : file.terminals) {
    writer->Put(terminal);
  }
  writer->Number(file.items.size());
  for (const ItemCode& item : file.items) {
    writer->Put(item);
  }
  writer->Number(file.steps.size());
  for (const PriceStep& step : file.steps) {
    writer->Put(step.from);
    writer->Put(step.off);
    writer->Put(step.rate);
  }
  writer->Number(file.days.size());
  for (const DayRange& range : file.days) {
    writer->Number(range.first);
    writer->Number(range.last);
    writer->Number(range.kind);
  }
  writer->Number(file.hours.size());
  for (const HoursRange& range : file.hours) {
    writer->Number(range.from_s);
    writer->Number(range.to_s);
  }
  writer->Number(file.limit_refs.size());
  for (const uint32_t limit : file.limit_refs) {
    writer->Number(limit);
  }
  writer->Number(file.funding.size());
  for (const FundingShareSpec& share : file.funding) {
    writer->Put(share.fund);
    writer->Put(share.share);
  }
  writer->Number(file.over_capture.size());
  for (const OverCapture& entry : file.over_capture) {
    writer->Number(entry.mccs.first);
    writer->Number(entry.mccs.last);
    writer->Put(entry.rate);
  }
}

}  // namespace

uint64_t ContentHash(const CompiledFile& file) {
  Writer writer;
  PutProgramme(file.programme, &writer);
  writer.Number(file.segments.size());
  for (const SegmentRequest& segment : file.segments) {
    writer.Put(segment.code);
    writer.Put(segment.name);
  }
  writer.Number(file.funds.size());
  for (const FundRequest& fund : file.funds) {
    PutFund(fund, &writer);
  }
  writer.Number(file.limits.size());
  for (const LimitSpec& limit : file.limits) {
    writer.Put(limit.code);
    writer.Number(limit.measure);
    writer.Number(limit.subject);
    writer.Number(limit.window);
    writer.Number(limit.when_exceeded);
    writer.Number(limit.refund_to);
    writer.Number(limit.union_level);
    writer.Number(limit.span);
    writer.Number(limit.scope);
    writer.Number(limit.max);
  }
  writer.Number(file.benefits.size());
  for (const BenefitSpec& benefit : file.benefits) {
    PutBenefit(benefit, &writer);
  }
  PutPools(file, &writer);
  PutAsks(file, &writer);
  const uint64_t hash = writer.Hash();
  return hash == 0 ? 1 : hash;
}

}  // namespace gonghui
