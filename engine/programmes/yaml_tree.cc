// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>

#include "engine/base/check.h"

namespace gonghui {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool Continues(char c) {
  return (static_cast<uint8_t>(c) & 0xc0) == 0x80;
}

// Turns byte positions into lines and columns.
class Lines {
 public:
  explicit Lines(std::string_view text) : characters_before_(text.size() + 1) {
    starts_.push_back(0);
    uint32_t characters = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      characters_before_[i] = characters;
      // The bytes of one character share its column.
      const bool last = i + 1 == text.size() || !Continues(text[i + 1]);
      characters += last ? 1 : 0;
      if (text[i] == '\n') {
        starts_.push_back(i + 1);
      }
    }
    characters_before_[text.size()] = characters;
  }

  [[nodiscard]] SourcePosition At(size_t byte) const {
    byte = std::min(byte, characters_before_.size() - 1);
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), byte);
    return SourcePosition{
        static_cast<uint32_t>(after - starts_.begin()),
        characters_before_[byte] - characters_before_[*(after - 1)] + 1,
    };
  }

 private:
  std::vector<size_t> starts_;
  std::vector<uint32_t> characters_before_;
};

size_t ByteOf(const YAML::Mark& mark) {
  return mark.pos < 0 ? 0 : static_cast<size_t>(mark.pos);
}

// Builds the tree from the parser's events.  yaml-cpp recurses at most 500 deep
// and offers no way to stop, so what is too deep or too much is left out.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const Lines& lines, DiagnosticList* out) : lines_(lines), out_(out) {}

  [[nodiscard]] YamlNode TakeRoot() {
    GH_CHECK(stack_.empty(), "an unfinished tree");
    return std::move(root_);
  }
  [[nodiscard]] bool too_large() const { return too_large_; }
  [[nodiscard]] std::optional<size_t> last_scalar_byte() const { return last_scalar_byte_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { Place(Node(mark, Kind::kNull)); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    out_->Add(lines_.At(ByteOf(mark)), "", "an alias (*) is not allowed", "write the value again");
    Place(Node(mark, Kind::kNull));
  }

  void OnScalar(const YAML::Mark& mark,
                const std::string& tag,
                YAML::anchor_t,
                const std::string& value) override {
    RefuseTag(mark, tag);
    last_scalar_byte_ = ByteOf(mark);
    YamlNode node = Node(mark, Kind::kScalar);
    node.quoted = tag == "!";
    node.text = value;
    Place(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark,
                       const std::string& tag,
                       YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    RefuseTag(mark, tag);
    Open(Node(mark, Kind::kList), mark);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark,
                  const std::string& tag,
                  YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    RefuseTag(mark, tag);
    Open(Node(mark, Kind::kMap), mark);
  }
  void OnMapEnd() override { Close(); }

  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    out_->Add(lines_.At(ByteOf(mark)),
              "",
              "an anchor (&) is not allowed",
              "write the value where it is needed");
  }

 private:
  using Kind = YamlNode::Kind;

  [[nodiscard]] YamlNode Node(const YAML::Mark& mark, Kind kind) const {
    YamlNode node;
    node.kind = kind;
    node.at = lines_.At(ByteOf(mark));
    return node;
  }

  // "?" is a plain value's tag and "!" a quoted one's; the rest was written.
  void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") {
      out_->Add(lines_.At(ByteOf(mark)), "", "a tag (!) is not allowed", "leave it out");
    }
  }

  void Open(YamlNode node, const YAML::Mark& mark) {
    if (skipped_depth_ > 0 || stack_.size() == kYamlDepthMax) {
      if (skipped_depth_ == 0 && !too_large_) {
        too_large_ = true;
        out_->Add(lines_.At(ByteOf(mark)),
                  "",
                  "nested too deeply",
                  fmt::format("at most {} levels", kYamlDepthMax));
      }
      ++skipped_depth_;
      return;
    }
    stack_.push_back(std::move(node));
  }

  void Close() {
    if (skipped_depth_ > 0) {
      // A placeholder keeps keys and values in step.
      if (--skipped_depth_ == 0) {
        Place(YamlNode{});
      }
      return;
    }
    YamlNode node = std::move(stack_.back());
    stack_.pop_back();
    Place(std::move(node));
  }

  void Place(YamlNode node) {
    if (skipped_depth_ > 0) {
      return;
    }
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    YamlNode& parent = stack_.back();
    if (++nodes_ > kYamlNodesMax) {
      if (!too_large_) {
        too_large_ = true;
        out_->Add(node.at, "", "too many values", fmt::format("at most {} a file", kYamlNodesMax));
      }
      return;
    }
    if (parent.kind == Kind::kMap && parent.keys.size() == parent.items.size()) {
      parent.keys.push_back(std::move(node));
      return;
    }
    if (parent.kind == Kind::kMap && node.kind == Kind::kNull) {
      // yaml-cpp marks a value that is not there at whatever comes next.
      node.at = parent.keys.back().at;
    }
    parent.items.push_back(std::move(node));
  }

  const Lines& lines_;
  DiagnosticList* const out_;
  YamlNode root_;
  std::vector<YamlNode> stack_;
  size_t skipped_depth_ = 0;
  size_t nodes_ = 0;
  bool too_large_ = false;
  std::optional<size_t> last_scalar_byte_;
};

// Notices that there is something, and where.
class SecondDocument final : public YAML::EventHandler {
 public:
  size_t byte = 0;

  void OnDocumentStart(const YAML::Mark& mark) override { byte = ByteOf(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&,
                const std::string&,
                YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&,
                       const std::string&,
                       YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&,
                  const std::string&,
                  YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

std::string SyntaxHint(std::string_view message) {
  if (message == YAML::ErrorMsg::MAP_VALUE || message == YAML::ErrorMsg::MAP_KEY) {
    return "check the indentation; text that holds ': ' needs quotes";
  }
  if (message == YAML::ErrorMsg::END_OF_SEQ_FLOW) {
    return "a '[' is not closed";
  }
  if (message == YAML::ErrorMsg::END_OF_MAP_FLOW) {
    return "a '{' is not closed";
  }
  if (message == YAML::ErrorMsg::UNKNOWN_TOKEN) {
    return "text that begins with @, %, ` or | needs quotes";
  }
  if (message == YAML::ErrorMsg::END_OF_MAP || message == YAML::ErrorMsg::END_OF_SEQ ||
      message == YAML::ErrorMsg::BLOCK_ENTRY) {
    return "check the indentation";
  }
  return "";
}

// Bytes that no text holds, and tabs where only spaces may stand.
void CheckBytes(std::string_view text, const Lines& lines, DiagnosticList* out) {
  size_t bad_byte = 0;
  if (!IsUtf8(text, &bad_byte)) {
    out->Add(lines.At(bad_byte),
             "",
             fmt::format("byte 0x{:02x} is not UTF-8", static_cast<uint8_t>(text[bad_byte])),
             "save the file as UTF-8; GBK and UTF-16 can not be read");
    return;
  }
  bool indentation = true;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      indentation = true;
    } else if (c == '\t') {
      if (indentation) {
        out->Add(lines.At(i), "", "a tab in the indentation", "indent with spaces");
      }
      indentation = false;
    } else if ((static_cast<uint8_t>(c) < 0x20 && c != '\r') || c == 0x7f) {
      out->Add(lines.At(i),
               "",
               fmt::format("control character 0x{:02x}", static_cast<uint8_t>(c)),
               "delete it");
    } else if (c != ' ') {
      indentation = false;
    }
  }
}

// Where the quoted scalar that begins at `byte` ends; npos when it never does.
// A scalar without quotes ends where it begins.
size_t ClosingQuote(std::string_view text, size_t byte) {
  const char quote = text[byte];
  if (quote != '"' && quote != '\'') {
    return byte;
  }
  for (size_t i = byte + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 == text.size() || text[i + 1] != '\'') {
        return i;
      }
      ++i;  // '' stands for one quote
    }
  }
  return std::string_view::npos;
}

// yaml-cpp 0.7 takes the end of the file for a closing quote.  Such a scalar is
// the file's last, so looking at that one is enough.
bool IsUnclosedQuote(std::string_view text, size_t byte) {
  return ClosingQuote(text, byte) == std::string_view::npos;
}

}  // namespace

bool IsUtf8(std::string_view text, size_t* bad_byte) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  for (size_t i = 0; i < text.size();) {
    const uint8_t lead = byte(i);
    const size_t length = lead < 0x80   ? 1
                          : lead < 0xc2 ? 0
                          : lead < 0xe0 ? 2
                          : lead < 0xf0 ? 3
                          : lead < 0xf5 ? 4
                                        : 0;
    bool good = length > 0 && length <= text.size() - i;
    for (size_t k = 1; good && k < length; ++k) {
      good = (byte(i + k) & 0xc0) == 0x80;
    }
    if (good && length > 2) {
      // Overlong forms, surrogates, and what lies above U+10FFFF.
      const uint8_t second = byte(i + 1);
      good = !(lead == 0xe0 && second < 0xa0) && !(lead == 0xed && second > 0x9f) &&
             !(lead == 0xf0 && second < 0x90) && !(lead == 0xf4 && second > 0x8f);
    }
    if (!good) {
      *bad_byte = i;
      return false;
    }
    i += length;
  }
  return true;
}

std::optional<YamlNode> ParseYaml(std::string_view text, DiagnosticList* out) {
  if (text.size() > kYamlBytesMax) {
    out->Add({},
             "",
             fmt::format("the file is {} bytes long", text.size()),
             fmt::format("at most {}", kYamlBytesMax));
    return std::nullopt;
  }
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  const Lines lines(text);
  CheckBytes(text, lines, out);
  if (!out->empty()) {
    return std::nullopt;
  }

  std::istringstream stream{std::string(text)};
  TreeBuilder builder(lines, out);
  const auto unclosed_quote = [&] {
    const std::optional<size_t> byte = builder.last_scalar_byte();
    if (!byte.has_value() || !IsUnclosedQuote(text, *byte)) {
      return false;
    }
    out->Add(lines.At(*byte), "", "the quote is not closed");
    return true;
  };
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      out->Add({}, "", "the file is empty");
      return std::nullopt;
    }
    SecondDocument second;
    if (!unclosed_quote() && parser.HandleNextDocument(second)) {
      out->Add(lines.At(second.byte),
               "",
               "a second document begins here",
               "one programme a file; check the indentation");
    }
  } catch (const YAML::Exception& e) {
    // Too deep for us is too deep for yaml-cpp as well, sooner or later.
    if (!builder.too_large() && !unclosed_quote()) {
      std::string hint = SyntaxHint(e.msg);
      // A forgotten quote closes at the next one, lines below, and only there the
      // text stops making sense.
      if (const std::optional<size_t> byte = builder.last_scalar_byte()) {
        const uint32_t opens = lines.At(*byte).line;
        if (lines.At(ClosingQuote(text, *byte)).line > opens) {
          hint = fmt::format("is the quote in line {} closed where it should be?", opens);
        }
      }
      out->Add(lines.At(ByteOf(e.mark)), "", fmt::format("not YAML: {}", e.msg), std::move(hint));
    }
  } catch (const std::exception& e) {
    out->Add({}, "", fmt::format("not YAML: {}", e.what()));
  }
  if (!out->empty()) {
    return std::nullopt;
  }
  return builder.TakeRoot();
}

}  // namespace gonghui
