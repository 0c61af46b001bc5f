// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/programmes/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

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
    out_->Add(lines_.At(ByteOf(mark)),
              "",
              Say("an alias (*) is not allowed", "不能用别名（*）"),
              Say("write the value again", "请把值再写一遍"));
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
              Say("an anchor (&) is not allowed", "不能用锚点（&）"),
              Say("write the value where it is needed", "请把值直接写在要用的地方"));
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
      out_->Add(lines_.At(ByteOf(mark)),
                "",
                Say("a tag (!) is not allowed", "不能用标签（!）"),
                Say("leave it out", "请删去"));
    }
  }

  void Open(YamlNode node, const YAML::Mark& mark) {
    if (skipped_depth_ > 0 || stack_.size() == kYamlDepthMax) {
      if (skipped_depth_ == 0 && !too_large_) {
        too_large_ = true;
        out_->Add(lines_.At(ByteOf(mark)),
                  "",
                  Say("nested too deeply", "嵌套太深"),
                  Say("at most $0 levels", "最多$0层", kYamlDepthMax));
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
        out_->Add(node.at,
                  "",
                  Say("too many values", "值太多"),
                  Say("at most $0 a file", "一个文件最多$0个", kYamlNodesMax));
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

Words NotYaml(const Words& why) {
  return Say("not YAML: $0", "不是 YAML：$0", why);
}

// What yaml-cpp calls the slips that are made most, in Chinese, and how to mend them.
struct Slip {
  const char* parser;
  const char* zh;
  Words hint;
};

std::vector<Slip> Slips() {
  namespace msg = YAML::ErrorMsg;
  const Words indentation = Say("check the indentation", "请检查缩进");
  const Words colon = Say("check the indentation; text that holds ': ' needs quotes",
                          "请检查缩进；含 ': ' 的文字要加引号");
  return {
      {msg::MAP_VALUE, "这里不该有冒号", colon},
      {msg::MAP_KEY, "这里不该有关键字", colon},
      {msg::END_OF_SEQ_FLOW,
       "方括号里的列表没有结束",
       Say("a '[' is not closed", "'[' 缺少配对的 ']'")},
      {msg::END_OF_MAP_FLOW,
       "花括号里的内容没有结束",
       Say("a '{' is not closed", "'{' 缺少配对的 '}'")},
      {msg::UNKNOWN_TOKEN,
       "不认识的符号",
       Say("text that begins with @, %, ` or | needs quotes",
           "以 @、%、` 或 | 开头的文字要加引号")},
      {msg::END_OF_MAP, "关键字没有对齐", indentation},
      {msg::END_OF_SEQ, "列表项没有对齐", indentation},
      {msg::BLOCK_ENTRY, "这里不该有列表项", indentation},
  };
}

// What the parser can not read; rarer slips stay in its own English.
struct SyntaxTrouble {
  Words message;
  Words hint;
};

SyntaxTrouble TroubleOf(const std::string& parser_message) {
  for (Slip& slip : Slips()) {
    if (parser_message == slip.parser) {
      return {NotYaml({parser_message, slip.zh}), std::move(slip.hint)};
    }
  }
  // One of them quotes a byte of the file, which may be a control character or half a letter: then
  // it is not the UTF-8 that Shown() asks for.
  std::string message = parser_message;
  for (char& c : message) {
    c = absl::ascii_isprint(static_cast<unsigned char>(c)) ? c : '?';
  }
  return {NotYaml({message, message}), {}};
}

absl::Hex HexOf(char byte) {
  return absl::Hex(static_cast<uint8_t>(byte), absl::kZeroPad2);
}

// Bytes that no text holds, and tabs where only spaces may stand.
void CheckBytes(std::string_view text, const Lines& lines, DiagnosticList* out) {
  size_t bad_byte = 0;
  if (!IsUtf8(text, &bad_byte)) {
    out->Add(lines.At(bad_byte),
             "",
             Say("byte 0x$0 is not UTF-8", "字节 0x$0 不是 UTF-8", HexOf(text[bad_byte])),
             Say("save the file as UTF-8; GBK and UTF-16 can not be read",
                 "请把文件存成 UTF-8；GBK 和 UTF-16 无法读取"));
    return;
  }
  bool indentation = true;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      indentation = true;
    } else if (c == '\t') {
      if (indentation) {
        out->Add(lines.At(i),
                 "",
                 Say("a tab in the indentation", "缩进里有制表符"),
                 Say("indent with spaces", "请用空格缩进"));
      }
      indentation = false;
    } else if ((static_cast<uint8_t>(c) < 0x20 && c != '\r') || c == 0x7f) {
      out->Add(lines.At(i),
               "",
               Say("control character 0x$0", "控制字符 0x$0", HexOf(c)),
               Say("delete it", "请删去"));
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
             Say("the file is $0 bytes long", "文件长$0字节", text.size()),
             Say("at most $0", "最多$0字节", kYamlBytesMax));
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
    out->Add(lines.At(*byte), "", Say("the quote is not closed", "引号没有配对"));
    return true;
  };
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      out->Add({}, "", Say("the file is empty", "文件是空的"));
      return std::nullopt;
    }
    SecondDocument second;
    if (!unclosed_quote() && parser.HandleNextDocument(second)) {
      out->Add(
          lines.At(second.byte),
          "",
          Say("a second document begins here", "这里开始了第二个文档"),
          Say("one programme a file; check the indentation", "一个文件只写一个项目；请检查缩进"));
    }
  } catch (const YAML::Exception& e) {
    // Too deep for us is too deep for yaml-cpp as well, sooner or later.
    if (!builder.too_large() && !unclosed_quote()) {
      SyntaxTrouble trouble = TroubleOf(e.msg);
      // A forgotten quote closes at the next one, lines below, and only there the
      // text stops making sense.
      if (const std::optional<size_t> byte = builder.last_scalar_byte()) {
        const uint32_t opens = lines.At(*byte).line;
        if (lines.At(ClosingQuote(text, *byte)).line > opens) {
          trouble.hint = Say("is the quote in line $0 closed where it should be?",
                             "第$0行的引号是不是在该结束的地方结束的？",
                             opens);
        }
      }
      out->Add(lines.At(ByteOf(e.mark)), "", std::move(trouble.message), std::move(trouble.hint));
    }
  } catch (const std::exception& e) {
    out->Add({}, "", NotYaml({e.what(), e.what()}));
  }
  if (!out->empty()) {
    return std::nullopt;
  }
  return builder.TakeRoot();
}

}  // namespace gonghui
