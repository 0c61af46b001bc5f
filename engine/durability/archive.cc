// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/durability/archive.h"

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/domain/advice_name.h"

namespace gonghui {

// Not stored: filters are built anew after every start.

uint64_t ArchiveHash(const RequestId& id) {
  return Mix64(id.high ^ Mix64(id.low + 0x9e3779b97f4a7c15));
}

uint64_t ArchiveHash(const AdviceName& name) {
  uint64_t hash = 0xd6e8feb86659fd93;  // apart from request ids
  const auto add = [&hash](uint64_t word) { hash = Mix64(hash ^ word) + 0x9e3779b97f4a7c15; };
  for (const uint64_t word : name.terminal.words) {
    add(word);
  }
  add(uint64_t{name.sequence} << 32 | static_cast<uint32_t>(name.business_day));
  add(static_cast<uint8_t>(name.kind));
  add(static_cast<uint64_t>(name.amount.value()));
  add(name.card.value());
  add(name.original.value());
  add(name.original_request_id.high);
  add(name.original_request_id.low);
  return Mix64(hash);
}

AdviceName AdviceNameOf(const ArchivedTransaction& archived, const TerminalId& terminal) {
  const Transaction& transaction = archived.transaction;
  GH_CHECK(transaction.advice() != AdviceRow{}, "seq=", transaction.seq);
  return AdviceNameAs<AdviceName>(terminal, transaction, archived.advice);
}

}  // namespace gonghui
