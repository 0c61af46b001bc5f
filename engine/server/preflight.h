// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a configuration names outside itself - TLS files, addresses, the log - looked
// at before anything is opened: a server that cannot start says so at once and not
// after minutes of recovery, and `gonghuid --check-config` says it without a start.
// The data folder and the vault's key are storage's to judge; main.cc asks it.
//
// Whether an address is free is not looked at: a server may well be running while
// its next configuration is checked (Server::CheckBlocking() does, at the start).

#ifndef GONGHUI_ENGINE_SERVER_PREFLIGHT_H_
#define GONGHUI_ENGINE_SERVER_PREFLIGHT_H_

#include <vector>

#include "engine/server/config.h"

namespace gonghui {

// REQUIRES: outcome.errors is empty.  Empty = nothing stands in the way.
std::vector<ConfigError> CheckSurroundingsBlocking(const ConfigOutcome& outcome);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_SERVER_PREFLIGHT_H_
