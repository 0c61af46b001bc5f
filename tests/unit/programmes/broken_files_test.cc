// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Broken programme files, each with the exact text an operator reads.  A case is
// the good file below with one piece of it replaced.

#include <ostream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "engine/programmes/compiler.h"

namespace gonghui {
namespace {

constexpr std::string_view kGoodFile = R"yaml(gonghui: 1
programme:
  code: demo
  name: 示范
  owner: kunming
  zone: Asia/Shanghai
  day_starts_at: "04:00"
  starts: 2026-01-01
  until: 2027-01-01
segments:
  - code: model-worker
    name: 劳动模范
funds:
  - code: money
    name: 资金
    budget: 1000000 yuan
    starts: 2026-01-01
    until: 2027-01-01
  - code: packs
    name: 清凉包
    budget: 15000 pieces
limits:
  - code: per-day
    per: person
    each: day
    uses: 4
  - code: per-month
    per: person
    each: month
    amount: 300 yuan
    when_exceeded: reduce
benefits:
  - code: ride
    name: 乘车
    for: {real_name: true, segments_any: [model-worker], union: kunming}
    at: {mcc: [4111, "5000-5999"], merchants: [M1, M2], terminals: [gate], union: wuhua}
    when:
      weekdays: [mon, tue]
      hours: ["06:00-09:00", "17:00-19:00"]
      starts: 2026-03-01
      until: 2026-06-01
    price: {percent_off: 60, at_most: 50 yuan, rounding: half_up}
    funding: [{fund: money, share: 70%}, {fund: other, share: 30%}]
    limits: [per-day, per-month]
    hold: 4h
  - code: pack
    name: 领清凉包
    price: {free: true}
    stock: {fund: packs, units: 1}
    limits: [per-day]
)yaml";

// Replaces the whole file.
constexpr std::string_view kAll = "ALL";

struct BrokenFile {
  const char* name;
  std::string_view from;
  std::string_view to;
  std::string_view expected;
};

std::ostream& operator<<(std::ostream& stream, const BrokenFile& broken) {
  return stream << broken.name;
}

constexpr BrokenFile kBrokenFiles[] = {
    {"UnknownTopKey",
     "segments:\n",
     "segmints:\n",
     "f.yaml:10:1: unknown key 'segmints' (did you mean 'segments'?)"},
    {"MissingVersion",
     "gonghui: 1\n",
     "",
     "f.yaml:1:1: 'gonghui' is missing (version of the language, gonghui: 1)"},
    {"UnknownVersion",
     "gonghui: 1\n",
     "gonghui: 2\n",
     "f.yaml:1:10: gonghui: version 2 of the language is not known (write gonghui: 1)"},
    {"VersionInQuotes",
     "gonghui: 1\n",
     "gonghui: \"1\"\n",
     "f.yaml:1:10: gonghui: expected a whole number, found text (without quotes)"},
    {"VersionIsWord",
     "gonghui: 1\n",
     "gonghui: one\n",
     "f.yaml:1:10: gonghui: 'one' is not a whole number"},
    {"ProgrammeMissing",
     kAll,
     "gonghui: 1\n"
     "benefits:\n"
     "  - {code: a, name: A, price: {free: true}}\n",
     "f.yaml:1:1: 'programme' is missing (code, name, zone, starts and until)"},
    {"BenefitsMissing",
     kAll,
     "gonghui: 1\n"
     "programme: {code: a, name: A, zone: UTC, starts: 2026-01-01, until: 2026-02-01}\n",
     "f.yaml:1:1: 'benefits' is missing (what the programme offers)"},
    {"BenefitsEmpty",
     kAll,
     "gonghui: 1\n"
     "programme: {code: a, name: A, zone: UTC, starts: 2026-01-01, until: 2026-02-01}\n"
     "benefits: []\n",
     "f.yaml:3:11: benefits: the list is empty (list at least one)"},
    {"BenefitsIsMap",
     kAll,
     "gonghui: 1\n"
     "programme: {code: a, name: A, zone: UTC, starts: 2026-01-01, until: 2026-02-01}\n"
     "benefits: {code: a}\n",
     "f.yaml:3:11: benefits: expected a list of benefits, found keys and values"},
    {"RootIsList",
     kAll,
     "- gonghui\n"
     "- 1\n",
     "f.yaml:1:1: expected keys and values, found a list (keys: gonghui, programme, segments, "
     "funds, limits, benefits)"},
    {"RootIsText",
     kAll,
     "hello\n",
     "f.yaml:1:1: expected keys and values, found text (keys: gonghui, programme, segments, funds, "
     "limits, benefits)"},
    {"EmptyFile", kAll, "", "f.yaml:1:1: the file is empty"},
    {"OnlyComments", kAll, "# nothing yet\n", "f.yaml:1:1: the file is empty"},
    {"ProgrammeIsText",
     kAll,
     "gonghui: 1\n"
     "programme: demo\n"
     "benefits:\n"
     "  - {code: a, name: A, price: {free: true}}\n",
     "f.yaml:2:12: programme: expected keys and values, found text (keys: code, name, owner, zone, "
     "day_starts_at, starts, until, late_capture, over_capture)"},
    {"DuplicateKey",
     "  name: 示范\n",
     "  name: 示范\n"
     "  code: again\n",
     "f.yaml:5:3: programme: 'code' is given twice (first in line 3)"},
    {"DuplicateTopKey",
     "segments:\n",
     "gonghui: 1\n"
     "segments:\n",
     "f.yaml:10:1: 'gonghui' is given twice (first in line 1)"},
    {"KeyWithoutValue",
     "  owner: kunming\n",
     "  owner:\n",
     "f.yaml:5:3: programme.owner: 'owner' has no value (write one, or leave the key out)"},
    {"KeyIsList",
     "  owner: kunming\n",
     "  [a, b]: kunming\n",
     "f.yaml:5:3: programme: a key is a word, not a list"},
    {"BenefitIsText",
     "  - code: pack\n"
     "    name: 领清凉包\n"
     "    price: {free: true}\n"
     "    stock: {fund: packs, units: 1}\n"
     "    limits: [per-day]\n",
     "  - pack\n",
     "f.yaml:46:5: benefits[1]: expected keys and values, found text (keys: code, name, for, at, "
     "when, price, funding, stock, limits, hold)"},
    {"TwoColons",
     "  zone: Asia/Shanghai\n",
     "  zone: Asia: Shanghai\n",
     "f.yaml:6:13: not YAML: illegal map value (check the indentation; text that holds ': ' needs "
     "quotes)"},
    {"BracketNotClosed",
     "limits: [per-day, per-month]",
     "limits: [per-day, per-month",
     "f.yaml:45:9: not YAML: end of sequence flow not found (a '[' is not closed)"},
    {"BraceNotClosed",
     "price: {free: true}",
     "price: {free: true",
     "f.yaml:49:10: not YAML: end of map flow not found (a '{' is not closed)"},
    {"QuoteNotClosed",
     "day_starts_at: \"04:00\"\n",
     "day_starts_at: \"04:00\n",
     "f.yaml:36:23: not YAML: end of map not found (is the quote in line 7 closed where it should "
     "be?)"},
    {"QuoteNotClosedAtEnd",
     "    stock: {fund: packs, units: 1}\n"
     "    limits: [per-day]\n",
     "    stock: {fund: packs, units: 1}\n"
     "    limits: 'per-day\n",
     "f.yaml:50:13: the quote is not closed"},
    {"TabIndentation",
     "  code: demo\n",
     "\tcode: demo\n",
     "f.yaml:3:1: a tab in the indentation (indent with spaces)"},
    {"WrongIndentation",
     "  code: demo\n",
     "   code: demo\n",
     "f.yaml:4:3: not YAML: end of map not found (check the indentation)"},
    {"SecondDocument",
     "benefits:\n",
     "---\n"
     "benefits:\n",
     "f.yaml:32:1: a second document begins here (one programme a file; check the indentation)"},
    {"Anchor",
     "  code: demo\n",
     "  code: &x demo\n",
     "f.yaml:3:9: an anchor (&) is not allowed (write the value where it is needed)"},
    {"AnchorAndAlias",
     "name: 资金\n"
     "    budget: 1000000 yuan",
     "name: &x 资金\n"
     "    budget: *x",
     "f.yaml:15:11: an anchor (&) is not allowed (write the value where it is needed)\n"
     "f.yaml:16:13: an alias (*) is not allowed (write the value again)"},
    {"Tag",
     "  code: demo\n",
     "  code: !!str demo\n",
     "f.yaml:3:9: a tag (!) is not allowed (leave it out)"},
    {"MergeKey",
     "  code: demo\n",
     "  code: demo\n"
     "  <<: {name: x}\n",
     "f.yaml:4:3: programme: unknown key '<<' (keys: code, name, owner, zone, day_starts_at, "
     "starts, until, late_capture, over_capture)"},
    {"TooDeep",
     "  owner: kunming\n",
     "  owner: [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]\n",
     "f.yaml:5:24: nested too deeply (at most 16 levels)"},
    {"NotUtf8",
     "  name: 示范\n",
     "  name: \xca\xbe\xb7\xb6\n",
     "f.yaml:4:9: byte 0xb7 is not UTF-8 (save the file as UTF-8; GBK and UTF-16 can not be read)"},
    {"ControlCharacter",
     "  name: 示范\n",
     "  name: a\001b\n",
     "f.yaml:4:10: control character 0x01 (delete it)"},
    {"UnknownToken",
     "  name: 示范\n",
     "  name: @home\n",
     "f.yaml:4:9: not YAML: unknown token (text that begins with @, %, ` or | needs quotes)"},
    {"CodeWithSpace",
     "  code: demo\n",
     "  code: de mo\n",
     "f.yaml:3:9: programme.code: 'de mo' is not a code (1 to 32 of A-Z a-z 0-9 . _ : -)"},
    {"CodeTooLong",
     "  code: demo\n",
     "  code: abcdefghijklmnopqrstuvwxyz-0123456789\n",
     "f.yaml:3:9: programme.code: the code 'abcdefghijklmnopqrstuvwxyz-0123456789' is 37 "
     "characters long (at most 32)"},
    {"CodeIsChinese",
     "  code: demo\n",
     "  code: 示范\n",
     "f.yaml:3:9: programme.code: '示范' is not a code (1 to 32 of A-Z a-z 0-9 . _ : -)"},
    {"CodeIsList",
     "  code: demo\n",
     "  code: [demo]\n",
     "f.yaml:3:9: programme.code: expected a code, found a list"},
    {"CodeIsEmpty",
     "  code: demo\n",
     "  code: \"\"\n",
     "f.yaml:3:9: programme.code: '' is not a code (1 to 32 of A-Z a-z 0-9 . _ : -)"},
    {"CodeMissing",
     "  code: demo\n",
     "",
     "f.yaml:3:3: programme: 'code' is missing (a short name that never changes)"},
    {"NameTooLong",
     "  name: 示范\n",
     "  name: 工工工工工工工工工工工工工工工工工工工工工工工工工工工工工工工工工\n",
     "f.yaml:4:9: programme.name: the name is 99 bytes long (at most 96, which is 32 Chinese "
     "characters)"},
    {"NameEmpty",
     "  name: 示范\n",
     "  name: ''\n",
     "f.yaml:4:9: programme.name: the name is empty"},
    {"NameWithEscapedNewline",
     "  name: 示范\n",
     "  name: \"a\\nb\"\n",
     "f.yaml:4:9: programme.name: a name holds no control characters (one line of text)"},
    {"OwnerTooLong",
     "  owner: kunming\n",
     "  owner: kunming-city-union-of-trade\n",
     "f.yaml:5:10: programme.owner: the code 'kunming-city-union-of-trade' is 27 characters long "
     "(at most 16)"},
    {"ZoneUnknown",
     "  zone: Asia/Shanghai\n",
     "  zone: Asia/Shangai\n",
     "f.yaml:6:9: programme.zone: unknown time zone 'Asia/Shangai' (a name of the IANA database, "
     "such as Asia/Shanghai)"},
    {"ZoneOfTheMachine",
     "  zone: Asia/Shanghai\n",
     "  zone: localtime\n",
     "f.yaml:6:9: programme.zone: unknown time zone 'localtime' (a name of the IANA database, such "
     "as Asia/Shanghai)"},
    {"ZoneIsPath",
     "  zone: Asia/Shanghai\n",
     "  zone: ../../etc/localtime\n",
     "f.yaml:6:9: programme.zone: unknown time zone '../../etc/localtime' (a name of the IANA "
     "database, such as Asia/Shanghai)"},
    {"ZoneMissing",
     "  zone: Asia/Shanghai\n",
     "",
     "f.yaml:3:3: programme: 'zone' is missing (time zone of its days, such as Asia/Shanghai)"},
    {"CutOverIs24",
     "\"04:00\"",
     "\"24:00\"",
     "f.yaml:7:18: programme.day_starts_at: '24:00' is not a time of day (write HH:MM, such as "
     "04:00)"},
    {"CutOverIsNumber",
     "\"04:00\"",
     "4",
     "f.yaml:7:18: programme.day_starts_at: '4' is not a time of day (write HH:MM, such as 04:00)"},
    {"DateImpossible",
     "  starts: 2026-01-01\n"
     "  until: 2027-01-01\n"
     "segments",
     "  starts: 2026-02-30\n"
     "  until: 2027-01-01\n"
     "segments",
     "f.yaml:8:11: programme.starts: there is no 2026-02-30"},
    {"DateNotLeap",
     "  starts: 2026-01-01\n"
     "  until: 2027-01-01\n"
     "segments",
     "  starts: 2026-01-01\n"
     "  until: 2027-02-29\n"
     "segments",
     "f.yaml:9:10: programme.until: there is no 2027-02-29"},
    {"DateInWords",
     "  starts: 2026-01-01\n"
     "  until: 2027-01-01\n"
     "segments",
     "  starts: 1 January 2026\n"
     "  until: 2027-01-01\n"
     "segments",
     "f.yaml:8:11: programme.starts: '1 January 2026' is not a date (write YYYY-MM-DD, such as "
     "2026-01-31)"},
    {"DateTooFar",
     "  until: 2027-01-01\n"
     "segments",
     "  until: 2200-01-01\n"
     "segments",
     "f.yaml:9:10: programme.until: 2200-01-01 is out of range (2001-01-01 to 2199-12-31)"},
    {"EndBeforeStart",
     "  until: 2027-01-01\n"
     "segments",
     "  until: 2026-01-01\n"
     "segments",
     "f.yaml:9:10: programme.until: 'until' 2026-01-01 is not after 'starts' 2026-01-01 ('until' "
     "is the first day that no longer belongs)"},
    {"UntilMissing",
     "  until: 2027-01-01\n"
     "segments",
     "segments",
     "f.yaml:3:3: programme: 'until' is missing (first day after, such as 2027-01-01)"},
    {"ProgrammeTooLongForZone",
     "  zone: Asia/Shanghai\n"
     "  day_starts_at: \"04:00\"\n"
     "  starts: 2026-01-01\n"
     "  until: 2027-01-01\n",
     "  zone: Europe/London\n"
     "  starts: 2026-01-01\n"
     "  until: 2090-01-01\n",
     "f.yaml:6:9: programme.zone: the programme is too long for its time zone, whose clocks change "
     "too often (until 2051-03-24 at the latest)"},
    {"LateCaptureUnknown",
     "  owner: kunming\n",
     "  owner: kunming\n"
     "  late_capture: forcepost\n",
     "f.yaml:6:17: programme.late_capture: 'forcepost' is none of strict, force_post (did you mean "
     "'force_post'?)"},
    {"LateCaptureIsBool",
     "  owner: kunming\n",
     "  owner: kunming\n"
     "  late_capture: [strict]\n",
     "f.yaml:6:17: programme.late_capture: expected one of strict, force_post, found a list"},
    {"OverCaptureIsMap",
     "  owner: kunming\n",
     "  owner: kunming\n"
     "  over_capture: {mcc: 5812, percent: 20}\n",
     "f.yaml:6:17: programme.over_capture: expected a list of categories and percentages, found "
     "keys and values"},
    {"OverCaptureEmpty",
     "  owner: kunming\n",
     "  owner: kunming\n"
     "  over_capture: []\n",
     "f.yaml:6:17: programme.over_capture: the list is empty (list at least one)"},
    {"OverCaptureUnknownKey",
     "  owner: kunming\n",
     "  owner: kunming\n"
     "  over_capture: [{mcc: 5812, percentage: 20}]\n",
     "f.yaml:6:18: programme.over_capture[0]: 'percent' is missing (of what was authorized, such "
     "as "
     "20%)\n"
     "f.yaml:6:30: programme.over_capture[0]: unknown key 'percentage' (did you mean 'percent'?)"},
    {"OverCaptureWithoutMcc",
     "  owner: kunming\n",
     "  owner: kunming\n"
     "  over_capture: [{percent: 20}]\n",
     "f.yaml:6:18: programme.over_capture[0]: 'mcc' is missing (merchant categories, such as 5812 "
     "or [5812, 5814])"},
    {"OverCaptureBadMcc",
     "  owner: kunming\n",
     "  owner: kunming\n"
     "  over_capture: [{mcc: 581, percent: 20}]\n",
     "f.yaml:6:24: programme.over_capture[0].mcc: '581' is not a merchant category (four digits "
     "(ISO 18245) or a range, such as 4111 or 5000-5999)"},
    {"OverCaptureMccIsMap",
     "  owner: kunming\n",
     "  owner: kunming\n"
     "  over_capture: [{mcc: {a: 1}, percent: 20}]\n",
     "f.yaml:6:24: programme.over_capture[0].mcc: expected a list of merchant categories, found "
     "keys and values"},
    {"OverCaptureZero",
     "  owner: kunming\n",
     "  owner: kunming\n"
     "  over_capture: [{mcc: 5812, percent: 0%}]\n",
     "f.yaml:6:39: programme.over_capture[0].percent: 0% more is no more (leave the category out)"},
    {"OverCaptureTooMuch",
     "  owner: kunming\n",
     "  owner: kunming\n"
     "  over_capture: [{mcc: 5812, percent: 50%}, {mcc: 5541, percent: 50.01%}]\n",
     "f.yaml:6:66: programme.over_capture[1].percent: 50.01% is too much (at most 50%)"},
    {"OverCaptureCategoryTwice",
     "  owner: kunming\n",
     "  owner: kunming\n"
     "  over_capture:\n"
     "    - {mcc: \"5812-5814\", percent: 20}\n"
     "    - {mcc: [5541, 5813], percent: 10}\n",
     "f.yaml:8:20: programme.over_capture[1].mcc[1]: 5813 overlaps with 5812-5814"},
    {"OverCaptureTooManyInOne",
     "  owner: kunming\n",
     "  owner: kunming\n"
     "  over_capture: [{mcc: [5000, 5001, 5002, 5003, 5004, 5005, 5006, 5007, 5008, 5009, 5010, "
     "5011, 5012, 5013, 5014, 5015, 5016, 5017, 5018, 5019, 5020, 5021, 5022, 5023, 5024, 5025, "
     "5026, 5027, 5028, 5029, 5030, 5031, 5032, 5033, 5034, 5035, 5036, 5037, 5038, 5039, 5040, "
     "5041, 5042, 5043, 5044, 5045, 5046, 5047, 5048, 5049, 5050, 5051, 5052, 5053, 5054, 5055, "
     "5056, 5057, 5058, 5059, 5060, 5061, 5062, 5063, 5064], percent: 20}]\n",
     "f.yaml:6:24: programme.over_capture[0].mcc: 65 merchant categories are too many (at most "
     "64)"},
    {"OverCaptureTooManyTogether",
     "  owner: kunming\n",
     "  owner: kunming\n"
     "  over_capture:\n"
     "    - {mcc: [5000, 5001, 5002, 5003, 5004, 5005, 5006, 5007, 5008, 5009, 5010, 5011, 5012, "
     "5013, 5014, 5015, 5016, 5017, 5018, 5019, 5020, 5021, 5022, 5023, 5024, 5025, 5026, 5027, "
     "5028, 5029, 5030, 5031, 5032], percent: 20}\n"
     "    - {mcc: [6000, 6001, 6002, 6003, 6004, 6005, 6006, 6007, 6008, 6009, 6010, 6011, 6012, "
     "6013, 6014, 6015, 6016, 6017, 6018, 6019, 6020, 6021, 6022, 6023, 6024, 6025, 6026, 6027, "
     "6028, 6029, 6030, 6031], percent: 10}\n",
     "f.yaml:7:5: programme.over_capture: 65 merchant categories are too many (at most 64)"},
    {"SegmentTwice",
     "    name: 劳动模范\n",
     "    name: 劳动模范\n"
     "  - code: model-worker\n"
     "    name: 又一个\n",
     "f.yaml:13:11: segments[1].code: 'model-worker' is declared twice (first in line 11)"},
    {"SegmentWithoutName",
     "    name: 劳动模范\n",
     "",
     "f.yaml:11:5: segments[0]: 'name' is missing (who belongs to it, in words)"},
    {"FundTwice",
     "  - code: packs\n",
     "  - code: money\n"
     "    name: 再来\n"
     "    budget: 1 yuan\n"
     "  - code: packs\n",
     "f.yaml:19:11: funds[1].code: 'money' is declared twice (first in line 14)"},
    {"FundUnused",
     "  - code: packs\n",
     "  - code: spare\n"
     "    name: 备用\n"
     "    budget: 1 yuan\n"
     "  - code: packs\n",
     "f.yaml:19:11: funds[1].code: no benefit uses the fund 'spare' (name it under a benefit's "
     "funding or stock, or delete it)"},
    {"FundWithoutBudget",
     "    budget: 1000000 yuan\n",
     "",
     "f.yaml:14:5: funds[0]: 'budget' is missing (such as 5000000 yuan or 15000 pieces)"},
    {"BudgetWithoutUnit",
     "1000000 yuan",
     "1000000",
     "f.yaml:16:13: funds[0].budget: '1000000' has no unit (such as 1 fen, 3.50 yuan or 15000 "
     "pieces)"},
    {"BudgetInDollars",
     "1000000 yuan",
     "1000000 dollars",
     "f.yaml:16:13: funds[0].budget: unknown unit 'dollars' (yuan, fen or pieces)"},
    {"BudgetNegative",
     "1000000 yuan",
     "-5 yuan",
     "f.yaml:16:13: funds[0].budget: '-5 yuan' is negative"},
    {"BudgetTooFine",
     "1000000 yuan",
     "3.505 yuan",
     "f.yaml:16:13: funds[0].budget: '3.505 yuan' is finer than one fen"},
    {"BudgetHalfAFen",
     "1000000 yuan",
     "1.5 fen",
     "f.yaml:16:13: funds[0].budget: '1.5 fen' is finer than one fen"},
    {"BudgetHalfAPack",
     "15000 pieces",
     "0.5 pieces",
     "f.yaml:21:13: funds[1].budget: '0.5 pieces' is finer than one piece"},
    {"BudgetTooLarge",
     "1000000 yuan",
     "10000000000000001 yuan",
     "f.yaml:16:13: funds[0].budget: '10000000000000001 yuan' is too large (at most "
     "10000000000000000.00 yuan)"},
    {"BudgetOverflows",
     "1000000 yuan",
     "99999999999999999999999999 fen",
     "f.yaml:16:13: funds[0].budget: '99999999999999999999999999 fen' is too large (at most "
     "10000000000000000.00 yuan)"},
    {"BudgetWithCommas",
     "1000000 yuan",
     "1,000,000 yuan",
     "f.yaml:16:13: funds[0].budget: '1,000,000 yuan' is not an amount (such as 1 fen, 3.50 yuan "
     "or 15000 pieces)"},
    {"BudgetIsFloat",
     "1000000 yuan",
     "1e6 yuan",
     "f.yaml:16:13: funds[0].budget: '1e6 yuan' is not an amount (such as 1 fen, 3.50 yuan or "
     "15000 pieces)"},
    {"FundEndsBeforeStart",
     "    starts: 2026-01-01\n"
     "    until: 2027-01-01\n",
     "    starts: 2026-01-01\n"
     "    until: 2025-12-31\n",
     "f.yaml:18:12: funds[0].until: 'until' 2025-12-31 is not after 'starts' 2026-01-01 ('until' "
     "is the first day that no longer belongs)"},
    {"OverrunIsYes",
     "    budget: 15000 pieces\n",
     "    budget: 15000 pieces\n"
     "    advices_may_overrun: yes\n",
     "f.yaml:22:26: funds[1].advices_may_overrun: 'yes' is neither true nor false"},
    {"LimitTwice",
     "  - code: per-month\n",
     "  - code: per-day\n"
     "    per: card\n"
     "    each: day\n"
     "    uses: 1\n"
     "  - code: per-month\n",
     "f.yaml:27:11: limits[1].code: 'per-day' is declared twice (first in line 23)"},
    {"LimitUnused",
     "limits: [per-day, per-month]",
     "limits: [per-day]",
     "f.yaml:27:11: limits[1].code: no benefit uses the limit 'per-month' (name it under a "
     "benefit's limits, or delete it)"},
    {"LimitUndeclared",
     "limits: [per-day, per-month]",
     "limits: [per-dya, per-day, per-month]",
     "f.yaml:44:14: benefits[0].limits[0]: there is no limit 'per-dya' (did you mean 'per-day'?)"},
    {"LimitUndeclaredFar",
     "limits: [per-day, per-month]",
     "limits: [weekly-visits, per-day, per-month]",
     "f.yaml:44:14: benefits[0].limits[0]: there is no limit 'weekly-visits' (declare it under "
     "limits:)"},
    {"LimitListedTwice",
     "limits: [per-day, per-month]",
     "limits: [per-day, per-month, per-day]",
     "f.yaml:44:34: benefits[0].limits[2]: 'per-day' is listed twice"},
    {"LimitsTooMany",
     "limits: [per-day, per-month]",
     "limits: [a, b, c, d, e, f, g, h, i]",
     "f.yaml:44:13: benefits[0].limits: 9 limits are too many (at most 8)"},
    {"LimitSubjectUnknown",
     "    per: person\n"
     "    each: day\n",
     "    per: persons\n"
     "    each: day\n",
     "f.yaml:24:10: limits[0].per: 'persons' is none of person, programme, card, merchant, "
     "terminal (did you mean 'person'?)"},
    {"LimitWindowUnknown",
     "    each: day\n",
     "    each: hour\n",
     "f.yaml:25:11: limits[0].each: 'hour' is none of day, week, month, year, programme"},
    {"LimitWindowMissing",
     "    each: day\n",
     "",
     "f.yaml:23:5: limits[0]: 'each' is missing (day, week, month, year or programme)"},
    {"LimitUsesAndAmount",
     "    uses: 4\n",
     "    uses: 4\n"
     "    amount: 3 yuan\n",
     "f.yaml:27:5: limits[0].amount: a limit counts either 'uses' or an 'amount' (make two limits "
     "of it)"},
    {"LimitNeither",
     "    uses: 4\n",
     "",
     "f.yaml:23:5: limits[0]: neither 'uses' nor 'amount' is given (uses: 4, or amount: 300 yuan)"},
    {"LimitUsesZero",
     "    uses: 4\n",
     "    uses: 0\n",
     "f.yaml:26:11: limits[0].uses: '0' is not between 1 and 1073741824"},
    {"LimitUsesNegative",
     "    uses: 4\n",
     "    uses: -4\n",
     "f.yaml:26:11: limits[0].uses: '-4' is not between 1 and 1073741824"},
    {"LimitUsesHalf",
     "    uses: 4\n",
     "    uses: 1.5\n",
     "f.yaml:26:11: limits[0].uses: '1.5' is not a whole number"},
    {"LimitUsesInQuotes",
     "    uses: 4\n",
     "    uses: '4'\n",
     "f.yaml:26:11: limits[0].uses: expected a whole number, found text (without quotes)"},
    {"LimitUsesOverflows",
     "    uses: 4\n",
     "    uses: 99999999999999999999\n",
     "f.yaml:26:11: limits[0].uses: '99999999999999999999' is not between 1 and 1073741824"},
    {"LimitReduceOnUses",
     "    uses: 4\n",
     "    uses: 4\n"
     "    when_exceeded: reduce\n",
     "f.yaml:27:20: limits[0].when_exceeded: a use can not be reduced (only an 'amount' can)"},
    {"LimitAmountOfPieces",
     "amount: 300 yuan",
     "amount: 300 pieces",
     "f.yaml:30:13: limits[1].amount: expected money, found pieces (yuan or fen; uses: counts "
     "uses)"},
    {"LimitAmountZero",
     "amount: 300 yuan",
     "amount: 0 yuan",
     "f.yaml:30:13: limits[1].amount: the amount is 0 (at least 1 fen)"},
    {"LimitWhenExceededUnknown",
     "when_exceeded: reduce",
     "when_exceeded: ignore",
     "f.yaml:31:20: limits[1].when_exceeded: 'ignore' is none of refuse, reduce"},
    {"LimitRefundToUnknown",
     "when_exceeded: reduce",
     "refund_to: this_window",
     "f.yaml:31:16: limits[1].refund_to: 'this_window' is none of original_window, current_window, "
     "never"},
    {"LimitRefundToIsBool",
     "when_exceeded: reduce",
     "refund_to: [never]",
     "f.yaml:31:16: limits[1].refund_to: expected one of original_window, current_window, never, "
     "found a list"},
    {"BenefitTwice",
     "  - code: pack\n",
     "  - code: ride\n",
     "f.yaml:46:11: benefits[1].code: 'ride' is declared twice (first in line 33)"},
    {"BenefitWithoutPrice",
     "    price: {free: true}\n",
     "",
     "f.yaml:46:5: benefits[1]: 'price' is missing (what the member pays, such as {member_pays: 1 "
     "fen})"},
    {"BenefitUnknownKey",
     "    hold: 4h\n",
     "    holds: 4h\n",
     "f.yaml:45:5: benefits[0]: unknown key 'holds' (did you mean 'hold'?)"},
    {"ForUnknownKey",
     "real_name: true",
     "realname: true",
     "f.yaml:35:11: benefits[0].for: unknown key 'realname' (did you mean 'real_name'?)"},
    {"RealNameIsText",
     "real_name: true",
     "real_name: \"true\"",
     "f.yaml:35:22: benefits[0].for.real_name: 'true' is neither true nor false (without quotes)"},
    {"SegmentsNotAList",
     "segments_any: [model-worker]",
     "segments_any: model-worker",
     "f.yaml:35:42: benefits[0].for.segments_any: expected a list of segments, found text (write "
     "[model-worker])"},
    {"SegmentListedTwice",
     "segments_any: [model-worker]",
     "segments_any: [model-worker, model-worker]",
     "f.yaml:35:57: benefits[0].for.segments_any[1]: 'model-worker' is listed twice"},
    {"MccOfThreeDigits",
     "mcc: [4111,",
     "mcc: [411,",
     "f.yaml:36:16: benefits[0].at.mcc[0]: '411' is not a merchant category (four digits (ISO "
     "18245) or a range, such as 4111 or 5000-5999)"},
    {"MccInverted",
     "\"5000-5999\"",
     "\"5999-5000\"",
     "f.yaml:36:22: benefits[0].at.mcc[1]: '5999-5000' ends before it starts (write 5000-5999)"},
    {"MccOverlap",
     "\"5000-5999\"",
     "\"4000-4999\"",
     "f.yaml:36:22: benefits[0].at.mcc[1]: 4000-4999 overlaps with 4111"},
    {"MccZero",
     "mcc: [4111,",
     "mcc: [\"0000\",",
     "f.yaml:36:16: benefits[0].at.mcc[0]: '0000' is not a merchant category (four digits (ISO "
     "18245) or a range, such as 4111 or 5000-5999)"},
    {"MccTwice",
     "mcc: [4111,",
     "mcc: [4111, 4111,",
     "f.yaml:36:22: benefits[0].at.mcc[1]: 4111 overlaps with 4111"},
    {"MerchantTwice",
     "merchants: [M1, M2]",
     "merchants: [M1, M2, M1]",
     "f.yaml:36:56: benefits[0].at.merchants[2]: 'M1' is listed twice"},
    {"MerchantTooLong",
     "merchants: [M1, M2]",
     "merchants: [M1, 12345678901234567]",
     "f.yaml:36:52: benefits[0].at.merchants[1]: the code '12345678901234567' is 17 characters "
     "long (at most 16)"},
    {"MerchantsEmpty",
     "merchants: [M1, M2]",
     "merchants: []",
     "f.yaml:36:47: benefits[0].at.merchants: the list is empty (list at least one)"},
    {"MerchantIsNothing",
     "merchants: [M1, M2]",
     "merchants: [M1, ~]",
     "f.yaml:36:52: benefits[0].at.merchants[1]: expected a code, found nothing"},
    {"TerminalUnknown",
     "terminals: [gate]",
     "terminals: [gates]",
     "f.yaml:36:69: benefits[0].at.terminals[0]: 'gates' is none of pos, gate, vending, online "
     "(did you mean 'gate'?)"},
    {"TerminalTwice",
     "terminals: [gate]",
     "terminals: [gate, gate]",
     "f.yaml:36:75: benefits[0].at.terminals[1]: 'gate' is listed twice"},
    {"WeekdayUnknown",
     "[mon, tue]",
     "[mon, tuesday]",
     "f.yaml:38:23: benefits[0].when.weekdays[1]: 'tuesday' is none of mon, tue, wed, thu, fri, "
     "sat, sun"},
    {"WeekdayTwice",
     "[mon, tue]",
     "[mon, mon]",
     "f.yaml:38:23: benefits[0].when.weekdays[1]: 'mon' is listed twice"},
    {"HoursOverlap",
     "\"17:00-19:00\"",
     "\"08:30-19:00\"",
     "f.yaml:39:30: benefits[0].when.hours[1]: 08:30-19:00 overlaps with 06:00-09:00"},
    {"HoursPastMidnight",
     "\"17:00-19:00\"",
     "\"22:00-06:00\"",
     "f.yaml:39:30: benefits[0].when.hours[1]: '22:00-06:00' ends before it starts (past midnight "
     "is two ranges: 22:00-24:00 and 00:00-06:00)"},
    {"HoursEmpty",
     "\"17:00-19:00\"",
     "\"17:00-17:00\"",
     "f.yaml:39:30: benefits[0].when.hours[1]: '17:00-17:00' is no time at all"},
    {"HoursImpossible",
     "\"17:00-19:00\"",
     "\"17:00-25:00\"",
     "f.yaml:39:30: benefits[0].when.hours[1]: '17:00-25:00' is not a range of hours (write "
     "HH:MM-HH:MM, such as 06:00-23:00)"},
    {"HoursNoRange",
     "\"17:00-19:00\"",
     "\"17:00\"",
     "f.yaml:39:30: benefits[0].when.hours[1]: '17:00' is not a range of hours (write HH:MM-HH:MM, "
     "such as 06:00-23:00)"},
    {"StartsBeforeProgramme",
     "starts: 2026-03-01\n"
     "      until: 2026-06-01\n",
     "starts: 2025-12-31\n"
     "      until: 2026-06-01\n",
     "f.yaml:40:15: benefits[0].when.starts: 2025-12-31 is outside the programme (which holds from "
     "2026-01-01 until 2027-01-01)"},
    {"UntilAfterProgramme",
     "starts: 2026-03-01\n"
     "      until: 2026-06-01\n",
     "starts: 2026-03-01\n"
     "      until: 2027-01-02\n",
     "f.yaml:41:14: benefits[0].when.until: 2027-01-02 is outside the programme (which holds from "
     "2026-01-01 until 2027-01-01)"},
    {"BenefitEndsBeforeStart",
     "starts: 2026-03-01\n"
     "      until: 2026-06-01\n",
     "starts: 2026-06-01\n"
     "      until: 2026-06-01\n",
     "f.yaml:41:14: benefits[0].when.until: 'until' 2026-06-01 is not after 'starts' 2026-06-01 "
     "('until' is the first day that no longer belongs)"},
    {"BenefitUntilProgrammeStart",
     "starts: 2026-03-01\n"
     "      until: 2026-06-01\n",
     "until: 2026-01-01\n",
     "f.yaml:40:14: benefits[0].when.until: 2026-01-01 is outside the programme (which holds from "
     "2026-01-01 until 2027-01-01)"},
    {"PriceUnknownKey",
     "price: {percent_off: 60, at_most: 50 yuan, rounding: half_up}",
     "price: {percent_off: 60, rate: 5}",
     "f.yaml:42:30: benefits[0].price: unknown key 'rate' (keys: member_pays, percent_off, every, "
     "from, free, off, rounding, at_most, minimum, member_pays_at_least, on_return)"},
    {"OnReturnUnknown",
     "rounding: half_up",
     "on_return: clawback",
     "f.yaml:42:59: benefits[0].price.on_return: 'clawback' is none of keep, claw_back, refuse "
     "(did you mean 'claw_back'?)"},
    {"OnReturnRefusesNothing",
     "rounding: half_up",
     "on_return: refuse",
     "f.yaml:42:59: benefits[0].price.on_return: there is no threshold that a return could break "
     "('refuse' goes with every, from or minimum)"},
    {"OnReturnOfTheBenefit",
     "    hold: 4h\n",
     "    on_return: keep\n",
     "f.yaml:45:5: benefits[0]: unknown key 'on_return' (keys: code, name, for, at, when, price, "
     "funding, stock, limits, hold)"},
    {"PriceEmpty",
     "price: {percent_off: 60, at_most: 50 yuan, rounding: half_up}",
     "price: {at_most: 5 yuan}",
     "f.yaml:42:12: benefits[0].price: the price is missing (one of member_pays, percent_off, "
     "every, from, free)"},
    {"PriceTwo",
     "price: {percent_off: 60, at_most: 50 yuan, rounding: half_up}",
     "price: {member_pays: 1 fen, percent_off: 60}",
     "f.yaml:42:33: benefits[0].price.percent_off: 'percent_off' does not go with 'member_pays' (a "
     "benefit has one price; make two benefits of it)"},
    {"PriceIsText",
     "price: {percent_off: 60, at_most: 50 yuan, rounding: half_up}",
     "price: 1 fen",
     "f.yaml:42:12: benefits[0].price: expected keys and values, found text (keys: member_pays, "
     "percent_off, every, from, free, off, rounding, at_most, minimum, member_pays_at_least, "
     "on_return)"},
    {"PercentTooLarge",
     "percent_off: 60",
     "percent_off: 160",
     "f.yaml:42:26: benefits[0].price.percent_off: '160' is not between 0% and 100%"},
    {"PercentNegative",
     "percent_off: 60",
     "percent_off: -10%",
     "f.yaml:42:26: benefits[0].price.percent_off: '-10%' is not between 0% and 100%"},
    {"PercentTooFine",
     "percent_off: 60",
     "percent_off: 33.333",
     "f.yaml:42:26: benefits[0].price.percent_off: '33.333' has more than two decimals"},
    {"PercentZero",
     "percent_off: 60",
     "percent_off: 0%",
     "f.yaml:42:26: benefits[0].price.percent_off: 0% off is no benefit"},
    {"PercentIsText",
     "percent_off: 60",
     "percent_off: most",
     "f.yaml:42:26: benefits[0].price.percent_off: 'most' is not a percentage (such as 60% or "
     "12.5%)"},
    {"RoundingUnknown",
     "rounding: half_up",
     "rounding: halfup",
     "f.yaml:42:58: benefits[0].price.rounding: 'halfup' is none of half_up, down, up (did you "
     "mean 'half_up'?)"},
    {"CapWithoutUnit",
     "at_most: 50 yuan",
     "at_most: 50",
     "f.yaml:42:39: benefits[0].price.at_most: '50' has no unit (such as 1 fen, 3.50 yuan or 15000 "
     "pieces)"},
    {"CapZero",
     "at_most: 50 yuan",
     "at_most: 0 fen",
     "f.yaml:42:39: benefits[0].price.at_most: the amount is 0 (at least 1 fen)"},
    {"CapInPieces",
     "at_most: 50 yuan",
     "at_most: 50 pieces",
     "f.yaml:42:39: benefits[0].price.at_most: expected money, found pieces (yuan or fen)"},
    {"CapTooLarge",
     "at_most: 50 yuan",
     "at_most: 10000000001 yuan",
     "f.yaml:42:39: benefits[0].price.at_most: '10000000001 yuan' is too large (at most "
     "10000000000.00 yuan)"},
    {"MemberPaysZero",
     "price: {percent_off: 60, at_most: 50 yuan, rounding: half_up}",
     "price: {member_pays: 0 fen}",
     "f.yaml:42:26: benefits[0].price.member_pays: the amount is 0 (at least 1 fen)"},
    {"MemberPaysWithRounding",
     "price: {percent_off: 60, at_most: 50 yuan, rounding: half_up}",
     "price: {member_pays: 1 fen, rounding: up}",
     "f.yaml:42:33: benefits[0].price.rounding: 'rounding' does not go with 'member_pays' (beside "
     "it: at_most, minimum, on_return)"},
    {"ThresholdWithoutOff",
     "price: {percent_off: 60, at_most: 50 yuan, rounding: half_up}",
     "price: {from: 100 yuan}",
     "f.yaml:42:12: benefits[0].price: 'off' is missing (what is taken off, such as 20 yuan)"},
    {"ThresholdOffTooMuch",
     "price: {percent_off: 60, at_most: 50 yuan, rounding: half_up}",
     "price: {every: 100 yuan, off: 120 yuan}",
     "f.yaml:42:35: benefits[0].price.off: 120.00 yuan off is more than 'every' 100.00 yuan"},
    {"ThresholdTwo",
     "price: {percent_off: 60, at_most: 50 yuan, rounding: half_up}",
     "price: {every: 100 yuan, from: 100 yuan, off: 20 yuan}",
     "f.yaml:42:30: benefits[0].price.from: 'from' does not go with 'every' (a benefit has one "
     "price; make two benefits of it)"},
    {"ThresholdOnceWithCap",
     "price: {percent_off: 60, at_most: 50 yuan, rounding: half_up}",
     "price: {from: 100 yuan, off: 20 yuan, at_most: 20 yuan}",
     "f.yaml:42:43: benefits[0].price.at_most: 'at_most' does not go with 'from' (beside it: off, "
     "member_pays_at_least, on_return)"},
    {"FreeIsFalse",
     "{free: true}",
     "{free: false}",
     "f.yaml:48:19: benefits[1].price.free: 'free' is true or not there"},
    {"FreeWithCoPay",
     "{free: true}",
     "{free: true, member_pays_at_least: 1 fen}",
     "f.yaml:48:25: benefits[1].price.member_pays_at_least: 'member_pays_at_least' does not go "
     "with 'free' (beside it: at_most, minimum, on_return)"},
    {"FundingMissing",
     "funding: [{fund: money, share: 70%}, {fund: other, share: 30%}]\n"
     "    ",
     "",
     "f.yaml:33:5: benefits[0]: 'funding' is missing (who pays what the member does not: {fund: "
     "CODE})"},
    {"SharesNot100",
     "share: 70%",
     "share: 60.5%",
     "f.yaml:43:14: benefits[0].funding: the shares add up to 90.5% (they must add up to 100%)"},
    {"SharesOver100",
     "share: 70%",
     "share: 70.01%",
     "f.yaml:43:14: benefits[0].funding: the shares add up to 100.01% (they must add up to 100%)"},
    {"ShareZero",
     "funding: [{fund: money, share: 70%}, {fund: other, share: 30%}]",
     "funding: [{fund: money, share: 100%}, {fund: other, share: 0%}]",
     "f.yaml:43:64: benefits[0].funding[1].share: a share of 0% pays nothing"},
    {"ShareMissing",
     ", share: 30%",
     "",
     "f.yaml:43:42: benefits[0].funding[1]: 'share' is missing (such as 70%; the shares add up to "
     "100%)"},
    {"ShareFundTwice",
     "fund: other",
     "fund: money",
     "f.yaml:43:49: benefits[0].funding[1].fund: 'money' is listed twice"},
    {"FundingIsText",
     "funding: [{fund: money, share: 70%}, {fund: other, share: 30%}]",
     "funding: money",
     "f.yaml:43:14: benefits[0].funding: expected a fund, or a list of funds and shares, found "
     "text ({fund: CODE}, or [{fund: CODE, share: 70%}, ...])"},
    {"FundingTooMany",
     "funding: [{fund: money, share: 70%}, {fund: other, share: 30%}]",
     "funding: [{fund: money, share: 20%}, {fund: a, share: 20%}, {fund: b, share: 20%}, {fund: c, "
     "share: 20%}, {fund: d, share: 20%}]",
     "f.yaml:43:14: benefits[0].funding: 5 funds and shares are too many (at most 4)"},
    {"FundingFromStock",
     "fund: other",
     "fund: packs",
     "f.yaml:43:49: benefits[0].funding[1].fund: the fund 'packs' holds pieces, not money ('stock' "
     "hands out pieces)"},
    {"StockFromMoney",
     "stock: {fund: packs, units: 1}",
     "stock: {fund: money, units: 1}",
     "f.yaml:49:19: benefits[1].stock.fund: the fund 'money' holds money, not pieces ('funding' "
     "pays money)"},
    {"StockZeroUnits",
     "units: 1",
     "units: 0",
     "f.yaml:49:33: benefits[1].stock.units: '0' is not between 1 and 2147483647"},
    {"HoldZero",
     "hold: 4h",
     "hold: 0h",
     "f.yaml:45:11: benefits[0].hold: '0h' is not between 1s and 31d"},
    {"HoldTooLong",
     "hold: 4h",
     "hold: 32d",
     "f.yaml:45:11: benefits[0].hold: '32d' is not between 1s and 31d"},
    {"HoldWithoutUnit",
     "hold: 4h",
     "hold: 4",
     "f.yaml:45:11: benefits[0].hold: '4' is not a length of time (such as 90s, 30m, 4h or 7d)"},
    {"HoldInWeeks",
     "hold: 4h",
     "hold: 1 week",
     "f.yaml:45:11: benefits[0].hold: '1 week' is not a length of time (such as 90s, 30m, 4h or "
     "7d)"},
    {"ColumnsCountCharacters",
     "  - code: model-worker\n"
     "    name: 劳动模范\n",
     "  - {name: 劳动模范, code: model-worker, colour: red}\n",
     "f.yaml:11:38: segments[0]: unknown key 'colour' (keys: code, name)"},
    {"KeysOfTheLanguageAreCaseSensitive",
     "  - code: per-month\n",
     "  - Code: per-month\n",
     "f.yaml:27:5: limits[1]: unknown key 'Code' (did you mean 'code'?)\n"
     "f.yaml:27:5: limits[1]: 'code' is missing (a short name that never changes)\n"
     "f.yaml:44:23: benefits[0].limits[1]: there is no limit 'per-month' (declare it under "
     "limits:)"},
    {"CrossesTheMidnightOfTheDay",
     "\"17:00-19:00\"",
     "\"24:00-24:00\"",
     "f.yaml:39:30: benefits[0].when.hours[1]: '24:00-24:00' is no time at all"},
};

std::string RenderAll(const CompileOutcome& outcome) {
  std::string text;
  for (const Diagnostic& diagnostic : outcome.diagnostics) {
    text += text.empty() ? "" : "\n";
    text += Render(diagnostic, "f.yaml");
  }
  return text;
}

class BrokenFileTest : public testing::TestWithParam<BrokenFile> {};

TEST_P(BrokenFileTest, SaysWhatIsWrong) {
  const BrokenFile& broken = GetParam();
  std::string text(broken.to);
  if (broken.from != kAll) {
    const size_t at = kGoodFile.find(broken.from);
    ASSERT_NE(at, std::string_view::npos) << broken.from;
    ASSERT_EQ(kGoodFile.find(broken.from, at + 1), std::string_view::npos) << "ambiguous";
    text = std::string(kGoodFile).replace(at, broken.from.size(), broken.to);
  }
  const CompileOutcome outcome = Compile(text);
  EXPECT_FALSE(outcome.ok());
  EXPECT_EQ(RenderAll(outcome), broken.expected);
}

INSTANTIATE_TEST_SUITE_P(All,
                         BrokenFileTest,
                         testing::ValuesIn(kBrokenFiles),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(GoodFileTest, TheFileThatIsBrokenIsGood) {
  EXPECT_EQ(RenderAll(Compile(kGoodFile)), "");
}

}  // namespace
}  // namespace gonghui
