// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Protocol Buffers' own lines, in our log and its format instead of raw on standard
// error, and not more than a few a minute: it has one for every text of a request that
// is not UTF-8, and those are for whoever connects to send.

#ifndef GONGHUI_ENGINE_SERVER_PROTOBUF_LOG_H_
#define GONGHUI_ENGINE_SERVER_PROTOBUF_LOG_H_

namespace gonghui {

// For the whole process.  REQUIRES: InitLogging() was called.
void TakeOverProtobufLog();

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_PROTOBUF_LOG_H_
