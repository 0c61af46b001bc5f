// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// yaml: programme files, from text to rows of the ledger
//
// Everything that is wrong with a file has a place in it and is said in both languages, in
// text that can be shown.  A file without errors means the same when it is compiled again,
// under a comment, or as a file of Windows; it keeps to what records and ledger rely on; the
// ledger takes it, or its refusal has a place in the file, too.
//
//   input := text

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/durability/programme_content.h"
#include "engine/ledger/ledger.h"
#include "engine/programmes/compiler.h"
#include "engine/programmes/content_hash.h"
#include "engine/programmes/yaml_tree.h"
#include "tests/fuzz/stored_event.h"
#include "tests/testing/names.h"

namespace gonghui {
namespace {

constexpr TimestampNs kNow{1'777'777'200'000'000'000};  // 2026-05-03

// ---- Places ------------------------------------------------------------------------

// How long the lines of a file are.
class Lines {
 public:
  explicit Lines(std::string_view text) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
      text.remove_prefix(kByteOrderMark.size());
    }
    size_t bad_byte = 0;
    const bool is_utf8 = IsUtf8(text, &bad_byte);
    size_t characters = 0;
    for (const char c : text) {
      // Of what is not UTF-8 nobody can tell its characters.
      characters += is_utf8 && (static_cast<uint8_t>(c) & 0xc0) == 0x80 ? 0 : 1;
      if (c == '\n') {
        lengths_.push_back(std::exchange(characters, 0));
      }
    }
    lengths_.push_back(characters);
  }

  // True also right behind a line's last character, where something may be missing.
  [[nodiscard]] bool Have(uint32_t line, uint32_t column) const {
    return line >= 1 && line <= lengths_.size() && column >= 1 && column <= lengths_[line - 1] + 1;
  }

 private:
  std::vector<size_t> lengths_;
};

// Nothing that a terminal would take for more than text.
void CheckShows(std::string_view text) {
  size_t bad_byte = 0;
  GH_CHECK(IsUtf8(text, &bad_byte), text, " byte ", bad_byte);
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    const bool c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<uint8_t>(text[i + 1]) < 0xa0;
    GH_CHECK(byte >= 0x20 && byte != 0x7f && !c1, text, " byte ", i);
  }
}

void CheckDiagnostic(const Diagnostic& diagnostic, const Lines& lines) {
  GH_CHECK(lines.Have(diagnostic.line, diagnostic.column), Render(diagnostic, "file"));
  GH_CHECK(!diagnostic.message.en.empty() && !diagnostic.message.zh.empty(), diagnostic.path);
  GH_CHECK(diagnostic.hint.en.empty() == diagnostic.hint.zh.empty(), diagnostic.hint.en);
  CheckShows(Render(diagnostic, "file"));
  CheckShows(RenderZh(diagnostic));
}

void CheckDiagnostics(const std::vector<Diagnostic>& diagnostics, const Lines& lines) {
  std::pair<uint32_t, uint32_t> last;
  for (const Diagnostic& diagnostic : diagnostics) {
    CheckDiagnostic(diagnostic, lines);
    const std::pair<uint32_t, uint32_t> place(diagnostic.line, diagnostic.column);
    GH_CHECK(last <= place, Render(diagnostic, "file"));
    last = place;
  }
}

// ---- The tree ------------------------------------------------------------------------

size_t CheckNode(const YamlNode& node, size_t depth, const Lines& lines) {
  GH_CHECK(depth <= kYamlDepthMax, depth);
  GH_CHECK(lines.Have(node.at.line, node.at.column), node.at.line, ":", node.at.column);
  GH_CHECK(node.keys.size() == (node.kind == YamlNode::Kind::kMap ? node.items.size() : 0));
  const bool branches = node.kind == YamlNode::Kind::kMap || node.kind == YamlNode::Kind::kList;
  GH_CHECK(branches || node.items.empty());
  size_t nodes = 1;
  for (const std::vector<YamlNode>* children : {&node.keys, &node.items}) {
    for (const YamlNode& child : *children) {
      nodes += CheckNode(child, depth + (branches ? 1 : 0), lines);
    }
  }
  return nodes;
}

void CheckTree(std::string_view text, const Lines& lines) {
  DiagnosticList diagnostics(100);
  const auto root = ParseYaml(text, &diagnostics);
  GH_CHECK(root.has_value() == diagnostics.empty());
  if (root.has_value()) {
    GH_CHECK(CheckNode(*root, 0, lines) <= kYamlNodesMax + 1);
  }
}

// ---- A file without errors ---------------------------------------------------------

std::vector<uint8_t> BytesOf(const CompiledFile& file) {
  const ProgrammeImage image = file.image();
  std::vector<uint8_t> bytes(codec::ImageBytesMax(image) + codec::ByteWriter::kSlackBytes);
  codec::ByteWriter writer(bytes.data());
  codec::WriteImage(writer, image);
  bytes.resize(static_cast<size_t>(writer.at() - bytes.data()));
  return bytes;
}

void CheckSame(const CompiledFile& file, std::string_view other_text) {
  const CompileOutcome other = Compile(other_text);
  GH_CHECK(other.ok(), other.diagnostics.empty() ? "" : Render(other.diagnostics[0], "file"));
  GH_CHECK(other.file->programme.content_hash == file.programme.content_hash);
  GH_CHECK(BytesOf(*other.file) == BytesOf(file));
}

// The same file otherwise written.
void CheckMeansTheSame(const CompiledFile& file, std::string_view text) {
  CheckSame(file, text);
  // A byte order mark stands first, so nothing can be put before it.
  CheckSame(file,
            text.starts_with("\xef\xbb\xbf") ? std::string(text) : "# 说明\n" + std::string(text));
  // What a line holds must not come to hold a carriage return.
  if (text.find('\r') == std::string_view::npos && text.find_first_of("|>") == text.npos) {
    std::string windows;
    for (const char c : text) {
      windows += c == '\n' ? "\r\n" : std::string(1, c);
    }
    CheckSame(file, windows);
  }
}

// ---- The ledger ----------------------------------------------------------------------

LedgerLimits SmallLimits() {
  constexpr uint32_t kRows = 1u << 12;
  LedgerLimits limits;
  limits.union_nodes_max = limits.members_max = limits.cards_max = kRows;
  limits.merchants_max = limits.terminals_max = limits.funds_max = kRows;
  limits.activations_max = limits.status_changes_max = limits.lines_max = kRows;
  limits.counters_max = limits.transactions_max = limits.advices_max = kRows;
  limits.batches_max = limits.code_uses_max = limits.voucher_series_max = kRows;
  limits.vouchers_max = limits.occasions_max = limits.approvals_max = kRows;
  limits.draws_max = limits.contributions_max = kRows;
  return limits;
}

// Where a file is applied, as the server does it.
class World {
 public:
  // Empty, but for what programmes have to find.
  World() : ledger_(uint16_t{7}, SmallLimits()) { Add(RootId()); }

  void Add(const UnionNodeId& id) {
    UnionNodeRequest node;
    node.id = id;
    Command command;
    command.kind = CommandKind::kSetUnionNode;
    command.union_node = &node;
    Must(command);
  }
  void Add(const MerchantId& id) {
    MerchantRequest merchant;
    merchant.id = id;
    merchant.union_node = RootId();
    merchant.mcc = 5411;
    Command command;
    command.kind = CommandKind::kSetMerchant;
    command.merchant = &merchant;
    Must(command);
  }
  void Add(const TerminalId& id, const MerchantId& merchant) {
    TerminalRequest terminal;
    terminal.id = id;
    terminal.merchant = merchant;
    Command command;
    command.kind = CommandKind::kSetTerminal;
    command.terminal_setting = &terminal;
    Must(command);
  }
  Result Run(const SegmentRequest& segment) {
    Command command;
    command.kind = CommandKind::kDefineSegment;
    command.segment = &segment;
    return Run(command);
  }
  Result Run(const FundRequest& fund) {
    Command command;
    command.kind = CommandKind::kSetFund;
    command.fund = &fund;
    return Run(command);
  }
  Result Run(const ProgrammeImage& image) {
    Command command;
    command.kind = CommandKind::kApplyProgramme;
    command.programme = &image;
    return Run(command);
  }

  void CheckInvariants() const {
    uint64_t row = 0;
    const char* const broken = ledger_.CheckInvariants(&row);
    GH_CHECK(broken == nullptr, broken, " row=", row);
  }

  static UnionNodeId RootId() { return CodeOf<UnionNodeId>("root:of:a:fuzzer"); }

 private:
  Result Run(const Command& command) {
    Event event;
    Result result;
    ledger_.Decide(command, kNow, &event, &result);
    if (event.kind != EventKind::kNone) {
      event.command = &command;
      CheckWritable(event, TimestampNs{});
      ledger_.Evolve(event);
    }
    return result;
  }
  // Of what is there already nothing is left to do.
  void Must(const Command& command) {
    const Verdict verdict = Run(command).verdict;
    GH_CHECK(verdict == Verdict::kDecided || verdict == Verdict::kUnchanged, verdict);
  }

  Ledger ledger_;
};

bool IsTaken(const Result& result) {
  return result.verdict == Verdict::kDecided || result.verdict == Verdict::kUnchanged;
}

// What the file names and somebody else has to have imported.
void AddWhatIsNamed(const CompiledFile& file, World* world) {
  std::set<UnionNodeId> unions{file.programme.owner};
  std::set<FundCode> things;
  for (const FundRequest& fund : file.funds) {
    unions.insert(fund.owner);
  }
  for (const BenefitSpec& benefit : file.benefits) {
    unions.insert(benefit.member_union);
    unions.insert(benefit.merchant_union);
    things.insert(benefit.stock);
  }
  for (const UnionNodeId& id : unions) {
    if (!id.IsNone()) {
      world->Add(id);
    }
  }
  const auto shop = CodeOf<MerchantId>("shop:of:a:fuzzer");
  world->Add(shop);
  for (const MerchantId& merchant : file.merchants) {
    world->Add(merchant);
  }
  for (const TerminalId& terminal : file.terminals) {
    world->Add(terminal, shop);
  }
  for (const SegmentCode& segment : file.segment_refs) {
    (void)world->Run(SegmentRequest{segment, {}});
  }
  const auto add_fund = [&](const FundCode& code, Asset asset) {
    const bool is_files = std::any_of(file.funds.begin(),
                                      file.funds.end(),
                                      [&](const FundRequest& fund) { return fund.code == code; });
    if (!code.IsNone() && !is_files) {
      FundRequest fund;
      fund.code = code;
      fund.asset = asset;
      fund.budget = Fen{1'000};
      (void)world->Run(fund);
    }
  };
  for (const FundingShareSpec& share : file.funding) {
    add_fund(share.fund, Asset::kMoney);
  }
  for (const FundCode& thing : things) {
    add_fund(thing, Asset::kThing);
  }
}

// False: it was refused, and that has a place.
bool Apply(const CompiledFile& file, const Lines& lines, World* world) {
  for (uint32_t i = 0; i < file.segments.size(); ++i) {
    if (const Result result = world->Run(file.segments[i]); !IsTaken(result)) {
      CheckDiagnostic(file.LocateSegment(result.field, result.admin_reason, i), lines);
      return false;
    }
  }
  for (uint32_t i = 0; i < file.funds.size(); ++i) {
    if (const Result result = world->Run(file.funds[i]); !IsTaken(result)) {
      CheckDiagnostic(file.LocateFund(result.field, result.admin_reason, i), lines);
      return false;
    }
  }
  const Result result = world->Run(file.image());
  if (!IsTaken(result)) {
    CheckDiagnostic(file.Locate(result.field, result.admin_reason, result.index), lines);
    return false;
  }
  return true;
}

void CheckApplies(const CompiledFile& file, std::string_view text, const Lines& lines) {
  World empty;
  (void)Apply(file, lines, &empty);
  empty.CheckInvariants();

  World world;
  AddWhatIsNamed(file, &world);
  if (!Apply(file, lines, &world)) {
    world.CheckInvariants();
    return;
  }
  world.CheckInvariants();
  const CompileOutcome again = Compile(text);
  const Result result = world.Run(again.file->image());
  GH_CHECK(result.verdict == Verdict::kUnchanged, result.verdict);
}

void CheckCompiled(const CompiledFile& file, std::string_view text, const Lines& lines) {
  const char* const wrong = codec::WhatIsWrong(file.image());
  GH_CHECK(wrong == nullptr, wrong);
  GH_CHECK(file.programme.content_hash == ContentHash(file) && file.programme.content_hash != 0);
  CheckMeansTheSame(file, text);
  CheckApplies(file, text, lines);
}

void CheckFile(std::string_view text) {
  const Lines lines(text);
  CheckTree(text, lines);
  const CompileOutcome outcome = Compile(text);
  GH_CHECK(outcome.ok() == outcome.diagnostics.empty());
  CheckDiagnostics(outcome.diagnostics, lines);
  // As many as are wanted, and one that counts the others.
  const CompileOutcome few = Compile(text, {.diagnostics_max = 2});
  GH_CHECK(few.ok() == outcome.ok());
  GH_CHECK(few.diagnostics.size() == std::min<size_t>(outcome.diagnostics.size(), 3));
  if (outcome.ok()) {
    CheckCompiled(*outcome.file, text, lines);
  }
}

}  // namespace
}  // namespace gonghui

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  gonghui::CheckFile({reinterpret_cast<const char*>(data), size});
  return 0;
}
