// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Weights of surnames follow the Ministry of Public Security's report of 2020,
// rounded; Yunnan's own are a little more frequent.

#include "tools/datagen/names.h"

#include <array>

namespace gonghui::datagen {
namespace {

struct Surname {
  std::string_view text;
  uint32_t weight;
};
constexpr std::array kSurnames = {
    Surname{"王", 72}, Surname{"李", 80}, Surname{"张", 70}, Surname{"刘", 52}, Surname{"陈", 48},
    Surname{"杨", 48}, Surname{"黄", 24}, Surname{"赵", 24}, Surname{"吴", 20}, Surname{"周", 20},
    Surname{"徐", 16}, Surname{"孙", 15}, Surname{"马", 18}, Surname{"朱", 14}, Surname{"胡", 13},
    Surname{"郭", 13}, Surname{"何", 13}, Surname{"林", 11}, Surname{"高", 11}, Surname{"罗", 12},
    Surname{"郑", 9},  Surname{"梁", 9},  Surname{"谢", 8},  Surname{"宋", 8},  Surname{"唐", 8},
    Surname{"许", 8},  Surname{"韩", 7},  Surname{"冯", 7},  Surname{"邓", 7},  Surname{"曹", 7},
    Surname{"彭", 7},  Surname{"曾", 6},  Surname{"肖", 6},  Surname{"田", 6},  Surname{"董", 6},
    Surname{"袁", 6},  Surname{"潘", 6},  Surname{"于", 6},  Surname{"蒋", 6},  Surname{"蔡", 6},
    Surname{"余", 6},  Surname{"杜", 6},  Surname{"叶", 6},  Surname{"程", 5},  Surname{"苏", 5},
    Surname{"魏", 5},  Surname{"吕", 5},  Surname{"丁", 5},  Surname{"任", 5},  Surname{"沈", 5},
    Surname{"姚", 5},  Surname{"卢", 5},  Surname{"姜", 4},  Surname{"崔", 4},  Surname{"钟", 4},
    Surname{"谭", 4},  Surname{"陆", 4},  Surname{"汪", 4},  Surname{"范", 4},  Surname{"金", 4},
    Surname{"石", 4},  Surname{"段", 5},  Surname{"普", 4},  Surname{"刀", 2},  Surname{"木", 1},
    Surname{"和", 3},  Surname{"尹", 3},  Surname{"施", 3},  Surname{"毕", 3},  Surname{"欧阳", 1},
};

constexpr std::array<std::string_view, 44> kMaleCharacters = {
    "伟",   "强",   "磊",   "军",   "洋",   "勇",   "杰",   "涛",   "明",   "超",   "刚",
    "平",   "辉",   "鹏",   "华",   "飞",   "鑫",   "波",   "斌",   "宇",   "浩",   "凯",
    "健",   "俊",   "帆",   "帅",   "旭",   "宁",   "龙",   "林",   "峰",   "建国", "志强",
    "子轩", "浩然", "文博", "家豪", "云飞", "永康", "德明", "国栋", "嘉诚", "天佑", "春城"};
constexpr std::array<std::string_view, 44> kFemaleCharacters = {
    "芳",   "娜",   "敏",   "静",   "丽",   "艳",   "娟",   "霞",   "燕",   "玲",   "桂英",
    "秀兰", "梅",   "琳",   "雪",   "婷",   "慧",   "莹",   "倩",   "颖",   "洁",   "红",
    "玉",   "萍",   "琴",   "云",   "莉",   "欣",   "月",   "兰",   "丹",   "雨涵", "梓涵",
    "诗琪", "欣怡", "春燕", "晓梅", "丽华", "美玲", "佳怡", "思雨", "彩云", "海燕", "小红"};

constexpr std::array<std::string_view, 36> kPlaces = {
    "翠湖", "滇池", "南屏",   "金马", "碧鸡", "圆通",     "大观", "西山", "海埂",
    "东风", "北辰", "春城",   "金碧", "云纺", "新螺蛳湾", "关上", "呈贡", "斗南",
    "长水", "世博", "黑龙潭", "昙华", "护国", "篆塘",     "文林", "钱局", "正义",
    "白云", "江岸", "穿金",   "龙泉", "霖雨", "环城",     "官南", "广福", "昌宏"};
constexpr std::array<std::string_view, 30> kIndustries = {
    "机械制造", "烟草",     "生物医药", "花卉", "铜业",     "磷化工", "电缆", "物流",
    "快递",     "外卖配送", "建筑工程", "市政", "环卫",     "园林",   "旅游", "酒店管理",
    "信息技术", "软件",     "电子",     "食品", "乳业",     "普洱茶", "咖啡", "汽车运输",
    "出租汽车", "公交",     "供水",     "电力", "印刷包装", "纺织"};
constexpr std::array<std::string_view, 4> kCompanies = {
    "有限公司", "股份有限公司", "有限责任公司", "集团有限公司"};

constexpr std::array<std::string_view, 28> kBrands = {
    "云上", "鲜生", "家家", "好邻",   "万家", "福满", "彩云", "滇味", "老昆明", "春晓",
    "和顺", "惠民", "百姓", "金孔雀", "茶马", "四季", "康乐", "星光", "向阳",   "如意",
    "吉祥", "东方", "南国", "玉溪",   "石屏", "大理", "红河", "腾冲"};
constexpr std::array<std::string_view, 12> kBranches = {"南屏街店",
                                                        "北市区店",
                                                        "呈贡店",
                                                        "官渡店",
                                                        "西山店",
                                                        "关上店",
                                                        "北辰店",
                                                        "世纪城店",
                                                        "大学城店",
                                                        "火车站店",
                                                        "长水店",
                                                        "安宁店"};

constexpr std::array kTrades = {
    Trade{5411, 160, "超市"},
    Trade{5812, 220, "餐厅"},
    Trade{5499, 200, "便利店"},
    Trade{5814, 90, "米线店"},
    Trade{7011, 60, "酒店"},
    Trade{5311, 20, "百货"},
    Trade{5462, 50, "面包坊"},
    Trade{5912, 60, "药房"},
    Trade{7832, 20, "影城"},
    Trade{5942, 20, "书店"},
    Trade{5651, 40, "服饰"},
    Trade{5732, 20, "数码"},
    Trade{7230, 30, "美发"},
    Trade{8062, 10, "体检中心"},
    Trade{5813, 30, "茶楼"},
};

constexpr std::array kDistricts = {
    District{"U530102", "昆明市五华区总工会", 170},
    District{"U530103", "昆明市盘龙区总工会", 150},
    District{"U530111", "昆明市官渡区总工会", 200},
    District{"U530112", "昆明市西山区总工会", 150},
    District{"U530114", "昆明市呈贡区总工会", 90},
    District{"U530115", "昆明市晋宁区总工会", 40},
    District{"U530113", "昆明市东川区总工会", 30},
    District{"U530181", "安宁市总工会", 60},
    District{"U530124", "富民县总工会", 15},
    District{"U530125", "宜良县总工会", 30},
    District{"U530126", "石林彝族自治县总工会", 15},
    District{"U530127", "嵩明县总工会", 25},
    District{"U530128", "禄劝彝族苗族自治县总工会", 10},
    District{"U530129", "寻甸回族彝族自治县总工会", 15},
};

template <typename Items>
std::string_view Pick(Prng* prng, const Items& items) {
  return items[prng->Below(items.size())];
}

}  // namespace

std::string PersonName(Prng* prng, bool male) {
  std::string name(PickWeighted<Surname>(prng, kSurnames).text);
  name += male ? Pick(prng, kMaleCharacters) : Pick(prng, kFemaleCharacters);
  // One character in about a quarter of the names, two or more in the rest.
  if (name.size() <= 6 && prng->Chance(2, 3)) {
    name += male ? Pick(prng, kMaleCharacters).substr(0, 3)
                 : Pick(prng, kFemaleCharacters).substr(0, 3);
  }
  return name;
}

std::string EnterpriseName(Prng* prng) {
  std::string name = prng->Chance(1, 2) ? "昆明" : "云南";
  name += Pick(prng, kPlaces);
  name += Pick(prng, kIndustries);
  name += Pick(prng, kCompanies);
  name += "工会委员会";
  return name;
}

std::span<const Trade> Trades() {
  return kTrades;
}

std::string ShopName(Prng* prng, const Trade& trade) {
  std::string name(Pick(prng, kPlaces));
  name += Pick(prng, kBrands);
  name += trade.what;
  if (prng->Chance(1, 2)) {
    name += "（";
    name += Pick(prng, kBranches);
    name += "）";
  }
  return name;
}

std::span<const District> Districts() {
  return kDistricts;
}

}  // namespace gonghui::datagen
