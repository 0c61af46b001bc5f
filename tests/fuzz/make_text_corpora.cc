// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Corpora of the targets that read what people write.

#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/programmes/language.h"
#include "engine/programmes/voucher_code.h"
#include "tests/fuzz/make_corpus.h"
#include "tools/gonghuictl/csv_rows.h"
#include "tools/gonghuictl/row_file.h"

namespace gonghui {
namespace {

using Path = std::filesystem::path;

// A dictionary in libFuzzer's form; every text once.
class Dictionary {
 public:
  void Add(std::string_view text) { texts_.emplace(text); }
  template <typename T, size_t kCount>
  void Add(const Word<T> (&words)[kCount]) {
    for (const Word<T>& word : words) {
      Add(word.text);
    }
  }

  void Write(const Path& path, std::string_view of) const {
    std::ofstream file(path, std::ios::binary);
    file << "# " << of << "; made by make_corpus.\n";
    for (const std::string& text : texts_) {
      file << '"';
      for (const char c : text) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        const auto byte = static_cast<uint8_t>(c);
        if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\') {
          file << "\\x" << kDigits[byte >> 4] << kDigits[byte & 0xf];
        } else {
          file << c;
        }
      }
      file << "\"\n";
    }
    GH_CHECK(file.good(), path.string());
  }

 private:
  std::set<std::string> texts_;
};

// Without comments: they make files long and reach nothing.
std::string ReadProgramme(const Path& path) {
  std::ifstream file(path);
  std::string text;
  for (std::string line; std::getline(file, line);) {
    if (line.substr(0, line.find_first_not_of(' ') + 1).find('#') == std::string::npos) {
      text += line.substr(0, line.find("  #")) + "\n";
    }
  }
  GH_CHECK(!text.empty(), path.string());
  return text;
}

}  // namespace

// ---- Programme files --------------------------------------------------------------

void MakeYamlCorpus(Corpus corpus, const Path& programmes) {
  std::set<Path> files;  // in order of their names
  for (const Path& folder : {programmes, programmes / "broken"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() == ".yaml") {
        files.insert(entry.path());
      }
    }
  }
  for (const Path& file : files) {
    const std::string text = ReadProgramme(file);
    corpus.Add(file.stem().string(), {}, text);
  }
  constexpr std::string_view kHead =
      "gonghui: 1\nprogramme: {code: p, name: P, zone: UTC, starts: 2026-01-01, until: "
      "2027-01-01}\n";
  const auto add = [&](const std::string& name, std::string_view rest) {
    corpus.Add(name, {}, std::string(kHead) + std::string(rest));
  };
  add("least", "benefits:\n  - {code: x, name: X, price: {free: true}}\n");
  add("byte-order-mark", "benefits: []\n");
  add("anchor", "benefits: &a\n  - &b {code: x, name: X, price: {free: true}}\n");
  add("alias", "benefits:\n  - &b {code: x, name: X, price: {free: true}}\n  - *b\n");
  add("merge", "limits:\n  - <<: {code: x}\nbenefits: !!seq []\n");
  add("deep", "benefits: [[[[[[[[[[[[[[[[[[[[{{{{a: b}}}}]]]]]]]]]]]]]]]]]]]]\n");
  add("numbers",
      "funds:\n  - {code: f, name: F, budget: 99999999999999999999 yuan}\n"
      "benefits:\n  - {code: x, name: X, price: {percent_off: 1e9}}\n");
  add("twice", "programme: {code: q}\nbenefits:\n  - {code: x, code: x}\n");
  add("escapes", "benefits:\n  - {code: \"\\e[2J\", name: \"a\\nb\", at: \"\\x9b\"}\n");
  add("blocks", "benefits:\n  - code: |\n      x\n    name: >-\n      X\n      Y\n");
  add("documents", "benefits: 1\n---\ngonghui: 1\n...\n%YAML 1.2\n");
  add("quote", "benefits: \"never closed\n");
  corpus.Add("empty", {}, "# nothing\n");
  corpus.Add("not-utf8", {}, "gonghui: \xca\xbe\xb7\xb6\n");
  corpus.Add("only-a-tab", {}, "\t");
  std::printf("yaml_fuzz: %zu inputs\n", corpus.count());
}

void MakeYamlDictionary(const Path& path) {
  Dictionary dictionary;
  for (const KeyList& list : kKeyLists) {
    for (const std::string_view key : list.keys) {
      dictionary.Add(std::string(key) + ": ");
    }
  }
  for (const PriceForm& form : kPriceForms) {
    dictionary.Add(std::string(form.key) + ": ");
  }
  for (const std::string_view key : kPriceCompanions) {
    dictionary.Add(std::string(key) + ": ");
  }
  dictionary.Add(kSexMasks);
  dictionary.Add(kTerminalKinds);
  dictionary.Add(kWeekdays);
  dictionary.Add(kDayKinds);
  dictionary.Add(kLimitSubjects);
  dictionary.Add(kUnionLevels);
  dictionary.Add(kWindows);
  dictionary.Add(kLimitScopes);
  dictionary.Add(kUnlimited);
  dictionary.Add(kWhenExceeded);
  dictionary.Add(kRefundTo);
  dictionary.Add(kLateCaptures);
  dictionary.Add(kPayers);
  dictionary.Add(kRoundings);
  dictionary.Add(kOnReturn);
  dictionary.Add(kOfflinePolicies);
  dictionary.Add(kStackBases);
  dictionary.Add(kShareSplits);
  for (const std::string_view text : {" yuan",
                                      " fen",
                                      " pieces",
                                      "元",
                                      "分",
                                      "件",
                                      "%",
                                      "2026-01-01",
                                      "2199-12-31",
                                      "..",
                                      "06:00-23:00",
                                      "24:00",
                                      "30d",
                                      " days",
                                      " months",
                                      "Asia/Shanghai",
                                      "America/New_York",
                                      "5000-5999",
                                      "true",
                                      "\n  - ",
                                      "\n    ",
                                      "- {",
                                      "}",
                                      "[",
                                      "]",
                                      ", ",
                                      "\"",
                                      "'",
                                      "|\n",
                                      ">-\n",
                                      "&a ",
                                      "*a",
                                      "!!str ",
                                      "? ",
                                      "<<: ",
                                      "\n---\n",
                                      "\n...\n",
                                      "%YAML 1.2\n",
                                      "\\e",
                                      "\\x9b",
                                      "\xef\xbb\xbf"}) {
    dictionary.Add(text);
  }
  dictionary.Write(path, "Keys and words of programme files (engine/programmes/language.h)");
}

// ---- Rows --------------------------------------------------------------------------

void MakeCsvCorpus(Corpus corpus) {
  // `kind` as csv_fuzz.cc numbers them.
  const auto add = [&](uint8_t kind, const std::string& name, std::string_view text) {
    corpus.Add(name, Bytes{kind, 9}, text);
  };
  add(0,
      "unions",
      "union_node_id,parent_id,level,display_name\ncity,,city,总工会\ndistrict,city,district,区\n");
  add(1, "segments", "segment_code,display_name\nhero,\"模范, \"\"标兵\"\"\"\n");
  add(2,
      "members",
      "member_id,union_node_id,status,real_name_verified,sex,joined_on,segments,name\n"
      "M1,city,active,是,female,2019-03-01,hero;veteran@2026-01-01..2027-01-01;new@..2026-05-01,"
      "张三\n");
  add(2, "members-bad-span", "member_id,segments\nM1,hero@2026-02-30..\nM2,@..\nM3,a@2026-01-01\n");
  add(3,
      "cards",
      "card_number,member_id,kind,expires_on\r\n6221530100000001,M1,digital,2028-02-29\r\n");
  add(3, "cards-repeated", "card_number,member_id\n62215301,M1\n62215301,M2\n");
  add(4, "merchants", "merchant_id,union_node_id,mcc,display_name\nS1,city,5411,店\nS2,city,0,\n");
  add(5, "terminals", "terminal_id,merchant_id,kind\nT1,S1,gate\nT2,S1,door\n");
  add(6,
      "funds",
      "fund_code,budget_yuan,budget_fen,pieces,opens_on,closes_on,paid_by\n"
      "F1,1000.50,,,2026-01-01,2026-01-01,union\nF2,,7,,,,merchant\nF3,,,5,,,sponsor\n");
  add(6, "funds-without-yuan", "fund_code,budget_fen\nF1,\n");
  add(7,
      "contributions",
      "receipt_code,fund_code,member_id,segment_code,amount_yuan,covers_from,covers_until\n"
      "r1,F1,M1,hero,80.5,2026-01-01,2026-01-01 08:00:00\n");
  const std::string advices =
      "request_id,kind,occurred_at,terminal_sequence,business_date,card_number,amount_yuan,"
      "member_paid_yuan,lines,original,more_follow\n"
      "6ba7b810-9dad-11d1-80b4-00c04fd430c8,";
  add(8,
      "advice-sale",
      advices +
          "sale,2026-05-03T08:15:00+08:00,1,2026-05-03,62215301,25.80,20,rice:2:20;oil:1:5.80,"
          ",\n");
  add(8,
      "advice-capture",
      advices + "capture,2026-05-03 08:15,2,2026-05-03,,5,,,00000000000A,yes\n");
  add(9, "grants", "event_id,member_id\nquiz-1,M1\n\"quiz\n2\",M 2\n");
  add(10, "member-list", "member_id\nM1\n\"\"\nM1\n");
  add(11,
      "vouchers",
      "voucher_key,valid_from,expires_at\n0123456789abcdef0123456789ABCDEF,2026-06-01,"
      "2026-07-01T00:00:00.5Z\n");
  add(12, "winners", "member_id,rank,voucher_key\nM1,1,\nM2,0,00\n");
  add(13, "events", "source,event_id,series_code\nquiz,e1,towel\na:b,e2,\n");
  add(14, "prizes", "series_code,count,valid_from,expires_at\ngold,1,2026-06-01,2026-06-08\n");
  add(15,
      "pool",
      "series_code,count,weight,valid_from,expires_at\n,0,9,,\ncake,3,1,2026-06-08,2026-06-01\n");
  add(10, "byte-order-mark", "\xEF\xBB\xBFmember_id,reject_line\nM1,2\n");
  add(10, "carriage-returns", "member_id\rM1\r\r\nM2");
  add(10, "quote-inside", "member_id\nM\"1\n");
  add(10, "quote-behind", "member_id\n\"M\" 1\n");
  add(10, "quote-never-closed", "member_id\nM1\n\"云\n南\n");
  add(10, "fields", "member_id\nM1,M2\n,\nM3\n");
  add(10, "gbk", "member_id\n\xD6\xD0\n");
  add(10, "zero-byte", std::string_view("member_id\nM\0\n", 13));
  add(10, "header-twice", "member_id,member_id\n1,2\n");
  add(10, "header-escape", "member_id,\"\x1b[2J\n\"\n1,2\n");
  add(10, "header-lacks", "member\nM1\n");
  add(10, "many-fields", std::string(260, ',') + "\n");
  // Cut within a character, between a quote and its double, and before a line break.
  for (const uint8_t cut : {uint8_t{3}, uint8_t{17}, uint8_t{24}}) {
    corpus.Add(
        "cut-at-" + std::to_string(cut), Bytes{241, cut}, "云南,b\r\n\"x, \"\"y\"\"\",\"\r\n\"\n");
  }
  std::printf("csv_fuzz: %zu inputs\n", corpus.count());
}

void MakeCsvDictionary(const Path& path) {
  using namespace ctl;  // NOLINT
  Dictionary dictionary;
  std::vector<const ImportKind*> kinds = {&AdviceKind(),
                                          &GrantKind(),
                                          &MemberListKind(),
                                          &VoucherListKind(),
                                          &WinnerKind(),
                                          &PoolEventKind(),
                                          &DrawPrizeKind(),
                                          &PoolPrizeKind()};
  for (const ImportKind& kind : ImportKinds()) {
    kinds.push_back(&kind);
  }
  for (const ImportKind* kind : kinds) {
    std::string header;
    for (const CsvColumn& column : kind->columns) {
      dictionary.Add(column.name);
      header += (header.empty() ? "" : ",") + std::string(column.name);
    }
    // libFuzzer takes no longer words.
    if (header.size() < 64) {
      dictionary.Add(header + "\n");
    }
  }
  for (const std::string_view text : {",",
                                      ",,",
                                      "\"\"",
                                      "\",\"",
                                      "\"\n",
                                      "\r\n",
                                      "\n",
                                      "\xef\xbb\xbf",
                                      "reject_",
                                      "2026-05-03",
                                      "2026-05-03 08:15:00",
                                      "T00:15:00Z",
                                      "+08:00",
                                      "@..",
                                      "..",
                                      "12.34",
                                      "true",
                                      "是",
                                      "sale",
                                      "capture",
                                      "62215301",
                                      "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                                      "00000000000A",
                                      "0123456789abcdef0123456789ABCDEF",
                                      "rice:2:20",
                                      "active",
                                      "digital",
                                      "gate",
                                      "money",
                                      "thing"}) {
    dictionary.Add(text);
  }
  dictionary.Write(path, "Columns and cells of imports (tools/gonghuictl/csv_rows.h)");
}

// ---- Codes --------------------------------------------------------------------------

void MakeCodeCorpus(Corpus corpus) {
  const auto add = [&](uint8_t what, const std::string& name, std::string_view text) {
    corpus.Add(name, Bytes{what}, text);
  };
  add(0, "code", "abc.DEF_0:-9");
  add(0, "code-longest", "1234567890123456");
  add(0, "code-too-long", "12345678901234567");
  add(0, "code-of-another", "a b");
  add(1, "long-code", "fund:2026-summer.cooling_packs-1");
  add(2, "pick-up-code", "000G-40R4-0M30-E20V");
  add(2, "pick-up-code-as-typed", " oOog 4or4\tom30-e20v");
  add(2, "pick-up-code-mistyped", "000G-40R4-0M30-E20W");
  add(2, "pick-up-code-short", "000G-40R4-0M30-E20");
  add(2, "pick-up-code-u", "000U-40R4-0M30-E20V");
  const std::string_view random("\x9f\x86\xd0\x81\x88\x4c\x7d\x65\x9a\x2f",
                                kVoucherCodeRandomBytes);
  add(3, "random-bytes", random);
  add(3, "random-bytes-0Z", std::string_view("\x07\xc1\xf0\x7c\x1f\x07\xc1\xf0\x7c\x1f", 10));
  add(4, "uuid", "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  add(4, "uuid-capitals", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8");
  add(4, "uuid-nil", "00000000-0000-0000-0000-000000000000");
  add(5, "transaction-id", "00000000000A");
  add(5, "transaction-id-as-typed", "oooOOO000oil");
  add(5, "transaction-id-none", "000000000000");
  add(6, "card", "6221530100000001");
  add(6, "card-longest", "9999999999999999999");
  add(6, "card-0", "01234567");
  add(7, "day", "2024-02-29");
  add(7, "day-that-is-none", "2026-02-29");
  add(7, "joined-long-ago", "1951-05-01");
  add(8, "yuan", "1234.5");
  add(8, "yuan-too-much", "92233720368547758.08");
  add(8, "instant", "2026-05-03T08:15:00.123456789+08:00");
  add(8, "instant-with-blank", "2026-05-03 08:15 -05:30");
  add(8, "instant-of-a-zone", "1970-01-01 00:00:00");
  add(9, "utf8", "abc 张三丰 \xf0\x9f\x9a\x87");
  add(9, "utf8-controls", "a\nb\x7f\xc2\x85\xe2\x80\xae");
  add(9, "utf8-overlong", "\xc0\xaf\xe0\x80\xaf");
  add(9, "utf8-surrogate", "\xed\xa0\x80\xf4\x90\x80\x80");
  add(9, "utf8-cut", "\xe5\xbc");
  std::printf("code_fuzz: %zu inputs\n", corpus.count());
}

}  // namespace gonghui
