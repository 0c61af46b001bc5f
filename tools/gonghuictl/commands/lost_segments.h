// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Segments that an import of members takes away.  The cell of a member replaces all of the
// member's segments, so a file that is to add one takes the others away unless it names them,
// paid cover among them.  Nothing is refused for it, since members leave segments; but nobody
// may find it out by a sale or a claim that is declined.

#ifndef GONGHUI_TOOLS_GONGHUICTL_COMMANDS_LOST_SEGMENTS_H_
#define GONGHUI_TOOLS_GONGHUICTL_COMMANDS_LOST_SEGMENTS_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <google/protobuf/message.h>

#include "gonghui/v1/member_service.pb.h"
#include "tools/gonghuictl/context.h"

namespace gonghui::ctl {

// What members have is asked once, before the first row is sent: what somebody else changes
// during the import is not seen, which a warning can bear.  Spans are not compared: a segment that
// a row names with other days is not lost.
class LostSegments {
 public:
  explicit LostSegments(Context* context) : context_(context) {}

  // For every row of the file, before any is sent.  `said` are the fields that it has columns for.
  void Find(std::string_view member_id, std::span<const std::string> said);
  // What stands before the first row is sent; asks nothing when no row says segments.
  void AskBefore();
  // For each row that the server did not refuse.
  void Take(uint64_t line, const google::protobuf::Message& row);
  void Tell(bool dry_run) const;

 private:
  struct Loss {
    uint64_t member_count = 0;
    std::vector<std::string> shown;  // the first of them, "M0000001 (line 2)"
  };

  [[nodiscard]] RpcStatus AskById();
  [[nodiscard]] RpcStatus AskForAll();
  void Keep(const v1::Member& member);

  Context* const context_;
  uint64_t found_count_ = 0;
  std::vector<std::string> member_ids_;  // empty when there are too many to ask for each
  absl::flat_hash_map<std::string, std::vector<uint32_t>> before_;  // of whoever has any
  std::vector<std::string> codes_;                                  // what before_ counts in
  absl::flat_hash_map<std::string, uint32_t> number_of_;            // by code
  std::map<std::string, Loss> losses_;                              // by code, as it is told
};

}  // namespace gonghui::ctl

#endif  // GONGHUI_TOOLS_GONGHUICTL_COMMANDS_LOST_SEGMENTS_H_
