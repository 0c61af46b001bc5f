// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A YAML text as a tree whose every node knows where it stands.
//
// The tree keeps what was written: scalars are text, keys stand in their order,
// twice if they were written twice.  Anchors, aliases, tags and further documents
// are refused, so a small file can not grow into a large one, and nothing means
// other than it reads.  No exception leaves.

#ifndef GONGHUI_ENGINE_PROGRAMMES_YAML_TREE_H_
#define GONGHUI_ENGINE_PROGRAMMES_YAML_TREE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/programmes/diagnostic.h"

namespace gonghui {

struct YamlNode {
  enum class Kind : uint8_t { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  bool quoted = false;  // kScalar: in '' or "", or a block of text
  SourcePosition at;
  std::string text;             // kScalar
  std::vector<YamlNode> keys;   // kMap
  std::vector<YamlNode> items;  // kList; kMap: items[i] is the value of keys[i]
};

inline constexpr size_t kYamlBytesMax = size_t{1} << 20;
inline constexpr size_t kYamlNodesMax = size_t{1} << 18;  // 30 MiB of nodes
inline constexpr size_t kYamlDepthMax = 16;

// True when `text` is well-formed UTF-8 (RFC 3629); otherwise *bad_byte is the
// position of the first byte that is not.
[[nodiscard]] bool IsUtf8(std::string_view text, size_t* bad_byte);

// Nothing exactly when something was added to *out.
[[nodiscard]] std::optional<YamlNode> ParseYaml(std::string_view text, DiagnosticList* out);

}  // namespace gonghui

#endif  // GONGHUI_ENGINE_PROGRAMMES_YAML_TREE_H_
