// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
