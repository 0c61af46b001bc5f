// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Each file has a generator of its own, seeded by the seed and the file's
// number, so that more merchants do not make other members.

#include "tools/datagen/generate.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include <absl/strings/str_cat.h>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/base/prng.h"
#include "engine/base/status_macros.h"
#include "tools/datagen/ids.h"
#include "tools/datagen/names.h"

namespace gonghui::datagen {
namespace {

constexpr size_t kNameBytesMax = 96;  // by the contract
constexpr uint64_t kMembersPerEnterprise = 300;
constexpr uint64_t kEnterprisesMin = 10;
constexpr uint64_t kEnterprisesMax = 20'000;
constexpr uint64_t kMetroGates = 40;

enum : uint64_t {
  kUnionsStream = 1,
  kMembersStream,
  kCardsStream,
  kMerchantsStream,
  kTerminalsStream,
  kJoinedStream
};

Prng Stream(const Options& options, uint64_t stream) {
  return Prng(Mix64(options.seed) + stream);
}

uint64_t EnterpriseCount(const Options& options) {
  const uint64_t wanted = options.member_count / kMembersPerEnterprise;
  return std::min(std::max(wanted, kEnterprisesMin), kEnterprisesMax);
}

// A CSV file.  Generated text never needs quotes.
class Writer {
 public:
  Writer(const Options& options, const char* name, std::string_view header)
      : path_(options.out_folder + "/" + name) {
    text_ = header;
    text_ += '\n';
  }

  template <typename... Fields>
  void Row(const Fields&... fields) {
    bool first = true;
    (Field(fields, &first), ...);
    text_ += '\n';
    ++rows_;
  }

  absl::Status Close(uint64_t* rows) {
    *rows = rows_;
    std::FILE* file = std::fopen(path_.c_str(), "wbe");
    if (file == nullptr) {
      return absl::UnknownError(absl::StrCat("can not write ", path_, ": ", std::strerror(errno)));
    }
    const bool written = std::fwrite(text_.data(), 1, text_.size(), file) == text_.size();
    if (std::fclose(file) != 0 || !written) {
      return absl::UnknownError(absl::StrCat("can not write ", path_, ": ", std::strerror(errno)));
    }
    return absl::OkStatus();
  }

 private:
  void Field(std::string_view field, bool* first) {
    GH_DCHECK(field.find_first_of(",\"\r\n") == std::string_view::npos, field);
    GH_CHECK(field.size() <= kNameBytesMax, field);
    if (!*first) {
      text_ += ',';
    }
    *first = false;
    text_ += field;
  }

  const std::string path_;
  std::string text_;
  uint64_t rows_ = 0;
};

absl::Status WriteUnions(const Options& options, uint64_t* rows) {
  Prng prng = Stream(options, kUnionsStream);
  Writer writer(options, "unions.csv", "union_node_id,parent_id,level,display_name");
  writer.Row("UN", "", "national", "中华全国总工会");
  writer.Row("U530000", "UN", "province", "云南省总工会");
  writer.Row("U530100", "U530000", "city", "昆明市总工会");
  for (const District& district : Districts()) {
    writer.Row(district.id, "U530100", "district", district.name);
  }
  for (uint64_t n = 1; n <= EnterpriseCount(options); ++n) {
    // A few of every hundred report to the city itself.
    const bool of_city = n % 100 < 3;
    writer.Row(EnterpriseId(n),
               of_city ? "U530100" : PickWeighted(&prng, Districts()).id,
               "enterprise",
               EnterpriseName(&prng));
  }
  return writer.Close(rows);
}

absl::Status WriteSegments(const Options& options, uint64_t* rows) {
  Writer writer(options, "segments.csv", "segment_code,display_name");
  writer.Row("model_worker", "劳模");
  writer.Row("new_employment", "新就业形态劳动者");
  writer.Row("hardship", "困难职工");
  writer.Row("migrant_worker", "农民工");
  writer.Row("outdoor_worker", "户外劳动者");
  return writer.Close(rows);
}

std::string Segments(Prng* prng) {
  std::string segments;
  const auto add = [&](const std::string& segment) {
    segments += segments.empty() ? segment : ";" + segment;
  };
  if (prng->Chance(3, 1'000)) {
    add("model_worker");
  }
  if (prng->Chance(120, 1'000)) {
    // A proof of work that is renewed: one year in three has lapsed.
    const int64_t from = prng->Between(2021, 2025);
    add(fmt::format("new_employment@{}-01-01..{}-01-01", from, from + prng->Between(2, 8)));
  }
  if (prng->Chance(20, 1'000)) {
    add(fmt::format("hardship@..{}-07-01", prng->Between(2025, 2029)));
  }
  if (prng->Chance(150, 1'000)) {
    add("migrant_worker");
  }
  if (prng->Chance(60, 1'000)) {
    add("outdoor_worker");
  }
  return segments;
}

std::string_view MemberStatus(Prng* prng) {
  const uint64_t thousandth = prng->Below(1'000);
  return thousandth < 970   ? "active"
         : thousandth < 985 ? "suspended"
         : thousandth < 995 ? "lapsed"
                            : "closed";
}

// In 25 years, more in the later ones; one member in thirty joined before anybody wrote it
// down.
std::string JoinedOn(Prng* prng) {
  const uint64_t year = 2025 - prng->Below(2 + prng->Below(24));
  std::string day = fmt::format("{}-{:02}-{:02}", year, prng->Between(1, 12), prng->Between(1, 28));
  return prng->Chance(1, 30) ? std::string() : day;
}

absl::Status WriteMembers(const Options& options, uint64_t* rows) {
  Prng prng = Stream(options, kMembersStream);
  Writer writer(options,
                "members.csv",
                "member_id,union_node_id,status,real_name_verified,sex,segments,name,national_id,"
                "phone,joined_on");
  Prng joined_prng = Stream(options, kJoinedStream);
  const uint64_t enterprises = EnterpriseCount(options);
  for (uint64_t n = 1; n <= options.member_count; ++n) {
    const bool male = prng.Chance(52, 100);
    // One in ten has no enterprise: drivers and couriers join at their district.
    std::string node = EnterpriseId(1 + prng.Below(enterprises));
    const std::string_view district = PickWeighted(&prng, Districts()).id;
    if (prng.Chance(1, 10)) {
      node = district;
    }
    std::string_view status = MemberStatus(&prng);
    std::string_view verified = prng.Chance(96, 100) ? "true" : "false";
    std::string segments = Segments(&prng);
    const std::string name = PersonName(&prng, male);
    std::string joined_on = JoinedOn(&joined_prng);
    if (n <= 6) {
      joined_on = "2019-03-01";
      status = n == 4 ? "suspended" : "active";
      verified = n == 5 ? "false" : "true";
      segments = n == 2 ? "model_worker" : n == 3 ? "new_employment" : "";
    }
    writer.Row(MemberId(n),
               node,
               status,
               verified,
               male ? "male" : "female",
               segments,
               name,
               NationalId(n, male),
               Phone(n),
               joined_on);
  }
  return writer.Close(rows);
}

std::string_view CardStatus(Prng* prng) {
  const uint64_t thousandth = prng->Below(1'000);
  return thousandth < 950   ? "active"
         : thousandth < 970 ? "issued"
         : thousandth < 980 ? "paused"
         : thousandth < 990 ? "lost"
         : thousandth < 993 ? "stolen"
                            : "closed";
}

absl::Status WriteCards(const Options& options, uint64_t* rows) {
  Prng prng = Stream(options, kCardsStream);
  Writer writer(options, "cards.csv", "card_number,member_id,status,kind,expires_on");
  for (uint64_t n = 1; n <= options.member_count; ++n) {
    std::string_view status = CardStatus(&prng);
    std::string expires_on =
        prng.Chance(3, 10) ? fmt::format("{}-01-01", prng.Between(2026, 2036)) : "";
    const bool digital = prng.Chance(4, 10);
    if (n <= 6) {
      status = n == 6 ? "lost" : "active";
      expires_on.clear();
    }
    writer.Row(CardNumber(n, CardKind::kPhysical), MemberId(n), status, "physical", expires_on);
    if (digital || n == 1) {
      writer.Row(CardNumber(n, CardKind::kDigital), MemberId(n), "active", "digital", "");
    }
  }
  return writer.Close(rows);
}

struct Known {
  uint32_t mcc;
  std::string_view union_node_id;
  std::string_view status;
  std::string_view name;
};
constexpr std::array kKnown = {
    Known{4111, "U530100", "active", "昆明地铁"},
    Known{5411, "U530102", "active", "翠湖鲜生超市（南屏街店）"},
    Known{5812, "U530102", "active", "老昆明滇味餐厅"},
    Known{7011, "U530103", "active", "春城四季酒店"},
    Known{5499, "U530111", "active", "好邻便利店（关上店）"},
    Known{5311, "U530102", "active", "金马碧鸡百货"},
    Known{5462, "U530112", "active", "滇池云上面包坊"},
    Known{7832, "U530114", "active", "呈贡星光影城（大学城店）"},
    Known{5912, "U530103", "active", "穿金惠民药房"},
    Known{5812, "U530111", "closed", "官渡如意餐厅"},
};

absl::Status WriteMerchants(const Options& options, std::vector<uint32_t>* mccs, uint64_t* rows) {
  Prng prng = Stream(options, kMerchantsStream);
  Writer writer(options, "merchants.csv", "merchant_id,union_node_id,mcc,status,display_name");
  for (uint64_t n = 1; n <= options.merchant_count; ++n) {
    if (n <= kKnown.size()) {
      const Known& known = kKnown[n - 1];
      mccs->push_back(known.mcc);
      writer.Row(
          MerchantId(n), known.union_node_id, std::to_string(known.mcc), known.status, known.name);
      continue;
    }
    const Trade& trade = PickWeighted(&prng, Trades());
    const std::string_view district = PickWeighted(&prng, Districts()).id;
    const uint64_t thousandth = prng.Below(1'000);
    mccs->push_back(trade.mcc);
    writer.Row(MerchantId(n),
               district,
               std::to_string(trade.mcc),
               thousandth < 980   ? "active"
               : thousandth < 995 ? "suspended"
                                  : "closed",
               ShopName(&prng, trade));
  }
  return writer.Close(rows);
}

// Tills that a shop of this trade has beside its first.
uint64_t FurtherTerminals(Prng* prng, uint64_t merchant, uint32_t mcc) {
  if (merchant == 1) {
    return kMetroGates - 1;
  }
  if (mcc == 5411 || mcc == 5311) {
    return prng->Below(4);
  }
  return prng->Chance(1, 5) ? 1 : 0;
}

absl::Status WriteTerminals(const Options& options,
                            const std::vector<uint32_t>& mccs,
                            uint64_t* rows) {
  Prng prng = Stream(options, kTerminalsStream);
  Writer writer(options, "terminals.csv", "terminal_id,merchant_id,kind,status");
  const auto row = [&](uint64_t terminal, uint64_t merchant, std::string_view status) {
    writer.Row(TerminalId(terminal), MerchantId(merchant), merchant == 1 ? "gate" : "pos", status);
  };
  for (uint64_t n = 1; n <= mccs.size(); ++n) {
    row(n, n, "active");
  }
  uint64_t terminal = mccs.size();
  for (uint64_t n = 1; n <= mccs.size(); ++n) {
    for (uint64_t i = FurtherTerminals(&prng, n, mccs[n - 1]); i > 0; --i) {
      row(++terminal, n, prng.Chance(98, 100) ? "active" : "inactive");
    }
  }
  return writer.Close(rows);
}

}  // namespace

absl::Status Generate(const Options& options, Counts* counts) {
  if (options.member_count >= kMembersMax) {
    return absl::InvalidArgumentError(absl::StrCat("fewer than ", kMembersMax, " members, please"));
  }
  if (mkdir(options.out_folder.c_str(), 0777) != 0 && errno != EEXIST) {
    return absl::UnknownError(
        absl::StrCat("can not make ", options.out_folder, ": ", std::strerror(errno)));
  }
  std::vector<uint32_t> mccs;
  GH_RETURN_IF_ERROR(WriteUnions(options, &counts->unions));
  GH_RETURN_IF_ERROR(WriteSegments(options, &counts->segments));
  GH_RETURN_IF_ERROR(WriteMembers(options, &counts->members));
  GH_RETURN_IF_ERROR(WriteCards(options, &counts->cards));
  GH_RETURN_IF_ERROR(WriteMerchants(options, &mccs, &counts->merchants));
  return WriteTerminals(options, mccs, &counts->terminals);
}

}  // namespace gonghui::datagen
