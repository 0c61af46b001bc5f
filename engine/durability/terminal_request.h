// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a terminal asked, as a record holds it, but for lines, occasions and evidence: these
// are details (record_details.h).  Part of record_format.cc; nobody else includes it.

#ifndef GONGHUI_ENGINE_DURABILITY_TERMINAL_REQUEST_H_
#define GONGHUI_ENGINE_DURABILITY_TERMINAL_REQUEST_H_

#include <cstddef>
#include <cstdint>

#include "engine/domain/command.h"
#include "engine/durability/byte_codec.h"

namespace gonghui::codec {

// Of an authorization, which is the longest.
inline constexpr size_t kTerminalRequestBytesMax = 2 + kId64Bytes + kVarintBytesMax + kRowBytesMax +
                                                   kCode2BytesMax + kCode4BytesMax + kRowBytesMax;

uint8_t* WriteRequest(uint8_t* out, const AuthorizeRequest& request);
uint8_t* WriteRequest(uint8_t* out, const CaptureRequest& request);
uint8_t* WriteRequest(uint8_t* out, const ReverseRequest& request);
uint8_t* WriteRequest(uint8_t* out, const IncrementRequest& request);
uint8_t* WriteRequest(uint8_t* out, const RefundRequest& request);
uint8_t* WriteRequest(uint8_t* out, const CloseBatchRequest& request);

// REQUIRES of all: the request is as it is made.
void ReadRequest(ByteReader& r, AuthorizeRequest& request);
void ReadRequest(ByteReader& r, CaptureRequest& request);
void ReadRequest(ByteReader& r, ReverseRequest& request);
void ReadRequest(ByteReader& r, IncrementRequest& request);
void ReadRequest(ByteReader& r, RefundRequest& request);
void ReadRequest(ByteReader& r, CloseBatchRequest& request);

}  // namespace gonghui::codec

#endif  // GONGHUI_ENGINE_DURABILITY_TERMINAL_REQUEST_H_
