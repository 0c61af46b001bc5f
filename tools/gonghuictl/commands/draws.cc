// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// draw, pool: draws (抽签) and prize pools, from the hash of the seed to the winners, and the
// proof that anybody can work out without a server

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/status_macros.h"
#include "gonghui/v1/draw_service.pb.h"
#include "tools/gonghuictl/cells.h"
#include "tools/gonghuictl/commands/commands.h"
#include "tools/gonghuictl/commands/common.h"
#include "tools/gonghuictl/csv_reader.h"
#include "tools/gonghuictl/draw_check.h"
#include "tools/gonghuictl/private_file.h"
#include "tools/gonghuictl/row_file.h"
#include "tools/gonghuictl/text.h"
#include "tools/gonghuictl/units.h"
#include "tools/gonghuictl/views_vouchers.h"

namespace gonghui::ctl {
namespace {

using google::protobuf::Message;

constexpr size_t kPrizesMax = 64;
constexpr int kEntriesPerPage = 10'000;

ExitCode LoadPrizes(const std::string& path,
                    const RowOptions& rows_as,
                    const ImportKind& kind,
                    std::vector<FileRow<v1::Prize>>* rows) {
  RowFileOptions options;
  options.path = path;
  options.rows = rows_as;
  options.rows_max = kPrizesMax;
  return LoadRowsOf<v1::Prize>(options, kind, stderr, rows);
}

// --- commit ---

struct CommitFlags {
  std::string code;
  std::string prizes_path;
  std::string programme_code;
  std::string limit_code;
  std::string closes;
  bool dry_run = false;
  bool yes = false;
};

using DrawWarnings = google::protobuf::RepeatedPtrField<v1::DrawWarning>;

void NoteWarnings(Context* context, const DrawWarnings& warnings) {
  for (const v1::DrawWarning& warning : warnings) {
    context->Note("warning (提示): " + warning.message() + "; " + warning.hint());
  }
}

// The hash is what the union makes known before anybody takes part.
void NoteHash(Context* context, const v1::CommitDrawResponse& response) {
  context->Note("make the seed hash known before anybody takes part (请在报名前公布种子摘要): " +
                response.draw().seed_hash());
}

ExitCode Commit(Context* context, const CommitFlags& flags, v1::DrawKind kind) {
  const bool pool = kind == v1::DRAW_KIND_POOL;
  v1::CommitDrawRequest request;
  request.set_validate_only(flags.dry_run);
  v1::Draw& draw = *request.mutable_draw();
  draw.set_draw_code(flags.code);
  draw.set_kind(kind);
  draw.set_programme_code(flags.programme_code);
  draw.set_limit_code(flags.limit_code);
  const absl::StatusOr<google::protobuf::Timestamp> closes_at =
      TimeOf(pool ? "--until" : "--closes", flags.closes, context->input_zone());
  if (!closes_at.ok()) {
    return context->Fail(ExitCode::kUsage, std::string(closes_at.status().message()));
  }
  *draw.mutable_closes_at() = *closes_at;
  std::vector<FileRow<v1::Prize>> prizes;
  const ExitCode loaded = LoadPrizes(
      flags.prizes_path, context->row_options(), pool ? PoolPrizeKind() : DrawPrizeKind(), &prizes);
  if (loaded != ExitCode::kOk) {
    return loaded;
  }
  for (const FileRow<v1::Prize>& row : prizes) {
    *draw.add_prizes() = row.message;
  }
  bool asked_about = false;
  DrawWarnings warnings;
  if (!flags.dry_run && !flags.yes) {
    v1::CommitDrawRequest trial = request;
    trial.set_validate_only(true);
    v1::CommitDrawResponse tried;
    const ExitCode good =
        context->Call(Listener::kOperator, "gonghui.v1.DrawService.CommitDraw", trial, &tried);
    if (good != ExitCode::kOk) {
      return good;
    }
    warnings = tried.warnings();
    asked_about = tried.created();  // nobody is asked for what is done already
  }
  if (asked_about) {
    Output shown(OutputFormat::kTable,
                 context->out().colour(),
                 stderr,
                 context->options.wide ? 0 : TerminalWidth(STDERR_FILENO, std::getenv("COLUMNS")));
    ShowDrawToCommit(draw, &shown);
    shown.Flush();
    NoteWarnings(context, warnings);
    const ExitCode asked = context->Confirm(
        "It can not be changed afterwards. Commit it (不可更改, 是否登记)?", false);
    if (asked != ExitCode::kOk) {
      return asked;
    }
  }
  v1::CommitDrawResponse response;
  const ExitCode exit =
      context->Call(Listener::kOperator, "gonghui.v1.DrawService.CommitDraw", request, &response);
  if (exit != ExitCode::kOk) {
    return exit;
  }
  // Of a trial the server answers with what is there already, or with nothing: then with what
  // would be.
  const bool would_be = flags.dry_run && !response.has_draw();
  if (would_be) {
    *response.mutable_draw() = draw;
  }
  if (context->out().is_json()) {
    context->out().Json(response);
  } else if (would_be) {
    ShowDrawToCommit(draw, &context->out());
  } else {
    ShowDraw(response.draw(), DrawView(), &context->out());
  }
  context->out().Flush();
  if (!asked_about) {  // else they were told before
    NoteWarnings(context, response.warnings());
  }
  if (would_be) {
    context->Note("once it is committed, none of this can be changed (登记后均不可更改)");
  }
  if (!response.created()) {
    context->Note("it was committed before, and is as it was (先前已登记)");
  }
  if (flags.dry_run) {
    NoteDryRun(*context);
  } else {
    NoteHash(context, response);
  }
  return exit;
}

void AddCommit(CLI::App* group, Context* context, v1::DrawKind kind) {
  const bool pool = kind == v1::DRAW_KIND_POOL;
  const auto flags = std::make_shared<CommitFlags>();
  const std::string example =
      pool ? "pool commit quiz-2026 prizes.csv --until 2026-07-01"
           : "draw commit spring-2026 prizes.csv --programme spring --limit entered --closes "
             "\"2026-05-01 20:00:00\"";
  const std::string tried = example + " --dry-run";
  CLI::App* commit =
      AddCommand(group,
                 context,
                 "commit",
                 pool ? "Commits a prize pool: makes its seed, and tells its hash (登记奖池)"
                      : "Commits a draw: makes its seed, and tells its hash (登记抽签)",
                 {example, tried},
                 [context, flags, kind] { return Commit(context, *flags, kind); });
  commit->add_option(pool ? "POOL" : "DRAW", flags->code, "Its code")->required();
  commit->add_option("PRIZES", flags->prizes_path, "CSV of the prizes, in order")->required();
  if (!pool) {
    commit
        ->add_option(
            "--programme", flags->programme_code, "The programme whose limit says who has entered")
        ->required();
    commit
        ->add_option("--limit",
                     flags->limit_code,
                     "Who has used this count limit (per person, for the whole programme)")
        ->required();
  }
  commit
      ->add_option(pool ? "--until" : "--closes",
                   flags->closes,
                   pool ? "Events draw until before this day, or instant, which is to come"
                        : "Who enters from this day, or instant, on takes no part, and it may be\n"
                          "drawn; it is to come")
      ->required();
  AddZone(commit, context);
  AddDryRun(commit, &flags->dry_run);
  AddYes(commit, &flags->yes);
  commit->footer(
      ColumnsHelp(pool ? PoolPrizeKind() : DrawPrizeKind()) +
      "Shows what will be committed and asks first: it can not be changed afterwards.  --dry-run\n"
      "shows it, too.  The same again changes nothing.\n\n" +
      commit->get_footer());
}

// --- settle ---

struct SettleFlags {
  std::string code;
  bool yes = false;
};

// Winners as CSV; for people and programs the draw with them.
void ShowSettled(Context* context, const v1::SettleDrawResponse& response) {
  Output& out = context->out();
  const std::vector<Winner> winners = WithPrizes(response.winner_ids(), response.draw().prizes());
  if (out.is_json()) {
    out.Json(response);
  } else if (out.format() == OutputFormat::kCsv) {
    out.TableOf<Winner>(winners, WinnerView());
  } else {
    ShowDraw(response.draw(), DrawView(), &out);
    if (!winners.empty()) {
      out.Heading("Winners (中签名单)");
      out.TableOf<Winner>(winners, WinnerView());
    }
  }
  out.Flush();
  if (response.winners_truncated()) {
    context->Note("these are the first; draw winners " + response.draw().draw_code() +
                  " lists all of them (以上仅为前一部分，完整名单用 draw winners)");
  }
}

// From when on it may be settled: a closes_at within a second counts all of that second.
Instant SettledFrom(const v1::Draw& draw) {
  return {draw.closes_at().seconds() + (draw.closes_at().nanos() > 0 ? 1 : 0), 0};
}

std::string TooEarlyWords(const v1::Draw& draw) {
  return fmt::format(
      "too early: {} closes and may be settled from {} on (未到截止时间，届时方可{})",
      draw.draw_code(),
      FormatLocalTime(SettledFrom(draw)),
      draw.kind() == v1::DRAW_KIND_POOL ? "结束" : "开奖");
}

ExitCode Settle(Context* context, const SettleFlags& flags, bool pool) {
  // Nobody is asked about what can not be done yet.  By this machine's clock, so that --yes
  // leaves the word to the server's.
  v1::GetDrawRequest get;
  get.set_draw_code(flags.code);
  v1::GetDrawResponse found;
  const ExitCode known =
      context->Call(Listener::kOperator, "gonghui.v1.DrawService.GetDraw", get, &found);
  if (known != ExitCode::kOk) {
    return known;
  }
  const bool open = found.draw().state() == v1::DRAW_STATE_COMMITTED;
  const auto too_early = [&] {
    return open &&
           SystemClock::Instance().NowNs() / 1'000'000'000 < SettledFrom(found.draw()).seconds;
  };
  if (!flags.yes && too_early()) {
    return context->Fail(ExitCode::kRefused, TooEarlyWords(found.draw()));
  }
  const ExitCode asked =
      context->Confirm(pool ? "End pool " + flags.code + " and make its seed known (结束奖池)?"
                            : "Draw " + flags.code + " and make its seed known (开奖)?",
                       flags.yes);
  if (asked != ExitCode::kOk) {
    return asked;
  }
  v1::SettleDrawRequest request;
  request.set_draw_code(flags.code);
  v1::SettleDrawResponse response;
  const ExitCode exit =
      context->Call(Listener::kOperator, "gonghui.v1.DrawService.SettleDraw", request, &response);
  if (exit == ExitCode::kOk) {
    ShowSettled(context, response);
  } else if (exit == ExitCode::kRefused && too_early()) {
    context->Note(fmt::format("it may be settled from {} on (截止时间)",
                              FormatLocalTime(SettledFrom(found.draw()))));
  } else if (exit == ExitCode::kTimeout || exit == ExitCode::kUnreachable ||
             exit == ExitCode::kInterrupted) {
    context->Note("the same command again goes on where it stopped; the winners stay the same");
  }
  return exit;
}

void AddSettle(CLI::App* group, Context* context, bool pool) {
  const auto flags = std::make_shared<SettleFlags>();
  const std::string example = pool ? "pool settle quiz-2026" : "draw settle spring-2026";
  const std::string silent = example + " --yes";
  CLI::App* settle =
      AddCommand(group,
                 context,
                 "settle",
                 pool ? "Ends a pool that is over and makes its seed known"
                      : "Closes and draws: fixes the entries, gives the winners their vouchers, "
                        "makes the seed known (开奖)",
                 {example, silent},
                 [context, flags, pool] { return Settle(context, *flags, pool); });
  settle->add_option(pool ? "POOL" : "DRAW", flags->code, "Its code")->required();
  AddYes(settle, &flags->yes);
  if (!pool) {
    settle->footer(
        "Of more than 1,000 winners the first 1,000 are shown; draw winners lists all of "
        "them.\n\n" +
        settle->get_footer());
  }
}

// --- show, list ---

ExitCode ShowOneDraw(Context* context, const std::string& code) {
  v1::GetDrawRequest request;
  request.set_draw_code(code);
  v1::GetDrawResponse response;
  const ExitCode exit =
      context->Call(Listener::kOperator, "gonghui.v1.DrawService.GetDraw", request, &response);
  if (exit != ExitCode::kOk) {
    return exit;
  }
  if (context->out().is_json()) {
    context->out().Json(response);
  } else {
    ShowDraw(response.draw(), DrawView(), &context->out());
  }
  return exit;
}

void AddShow(CLI::App* group, Context* context, bool pool) {
  const auto code = std::make_shared<std::string>();
  const std::string example = pool ? "pool show quiz-2026" : "draw show spring-2026";
  const std::string json = example + " -o json";
  CLI::App* show =
      AddCommand(group,
                 context,
                 "show",
                 pool ? "Shows a pool with its prizes" : "Shows a draw with its prizes",
                 {example, json},
                 [context, code] { return ShowOneDraw(context, *code); });
  show->add_option(pool ? "POOL" : "DRAW", *code, "Its code")->required();
}

void AddList(CLI::App* group, Context* context) {
  const auto page = std::make_shared<PageOptions>();
  CLI::App* list = AddCommand(group,
                              context,
                              "list",
                              "Lists draws and pools in order of creation",
                              {"draw list", "draw list --limit 0 -o csv"},
                              [context, page] {
                                return ListRows<v1::Draw>(context,
                                                          "gonghui.v1.DrawService.ListDraws",
                                                          v1::ListDrawsRequest(),
                                                          &v1::ListDrawsResponse::mutable_draws,
                                                          DrawView(),
                                                          *page);
                              });
  AddPageOptions(list, page.get());
}

void AddWinners(CLI::App* group, Context* context) {
  struct WinnersFlags {
    PageOptions page;
    std::string code;
  };
  const auto flags = std::make_shared<WinnersFlags>();
  flags->page.limit = 0;
  CLI::App* winners =
      AddCommand(group,
                 context,
                 "winners",
                 "Lists the winners of a draw that is settled, by rank (中签名单)",
                 {"draw winners spring-2026", "draw winners spring-2026 -o csv > winners.csv"},
                 [context, flags] {
                   v1::ListDrawWinnersRequest request;
                   request.set_draw_code(flags->code);
                   return ListRows<v1::DrawWinner>(context,
                                                   "gonghui.v1.DrawService.ListDrawWinners",
                                                   request,
                                                   &v1::ListDrawWinnersResponse::mutable_winners,
                                                   DrawWinnerView(),
                                                   flags->page);
                 });
  winners->add_option("DRAW", flags->code, "Its code")->required();
  AddPageOptions(winners, &flags->page);
}

// --- entries ---

struct EntriesFlags {
  std::string code;
  std::string output_path;
};

ExitCode FetchEntries(Context* context, const std::string& code, std::vector<std::string>* all) {
  v1::ListDrawEntriesRequest request;
  request.set_draw_code(code);
  request.set_page_size(kEntriesPerPage);
  do {
    v1::ListDrawEntriesResponse response;
    const ExitCode exit = context->Call(
        Listener::kOperator, "gonghui.v1.DrawService.ListDrawEntries", request, &response);
    if (exit != ExitCode::kOk) {
      return exit;
    }
    for (std::string& id : *response.mutable_member_ids()) {
      all->push_back(std::move(id));
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return ExitCode::kOk;
}

// A line each, so that sha256sum of the file is the hash that was fixed.
ExitCode WriteEntries(Context* context, const EntriesFlags& flags) {
  v1::GetDrawRequest draw_request;
  draw_request.set_draw_code(flags.code);
  v1::GetDrawResponse draw;
  const ExitCode found =
      context->Call(Listener::kOperator, "gonghui.v1.DrawService.GetDraw", draw_request, &draw);
  if (found != ExitCode::kOk) {
    return found;
  }
  std::vector<std::string> entries;
  const ExitCode fetched = FetchEntries(context, flags.code, &entries);
  if (fetched != ExitCode::kOk) {
    return fetched;
  }
  const std::string hash = EntriesHashOf(entries);
  if (hash != draw.draw().entries_hash()) {
    return context->Fail(
        ExitCode::kError,
        fmt::format("the server's list does not fit the hash that was fixed: {} entries, {} "
                    "instead of {}; nothing was written",
                    FormatCount(entries.size()),
                    hash,
                    draw.draw().entries_hash().empty() ? "none" : draw.draw().entries_hash()));
  }
  std::string text;
  for (const std::string& id : entries) {
    text += id + "\n";
  }
  absl::StatusOr<std::unique_ptr<PrivateFile>> file = PrivateFile::Create(flags.output_path);
  absl::Status status = file.status();
  if (status.ok()) {
    status = (*file)->AppendBlocking(text);
    if (!status.ok()) {
      (*file)->Remove();
    }
  }
  if (!status.ok()) {
    return context->Fail(ExitCode::kError, std::string(status.message()));
  }
  context->Note(fmt::format(
      "{} entries in {}, sha256 {}", FormatCount(entries.size()), flags.output_path, hash));
  return ExitCode::kOk;
}

void AddEntries(CLI::App* group, Context* context) {
  const auto flags = std::make_shared<EntriesFlags>();
  CLI::App* entries =
      AddCommand(group,
                 context,
                 "entries",
                 "Writes the list of entries of a draw that is closed, to publish it",
                 {"draw entries spring-2026 --output entries.txt",
                  "draw entries spring-2026 --output /srv/www/entries.txt"},
                 [context, flags] { return WriteEntries(context, *flags); });
  entries->add_option("DRAW", flags->code, "Its code")->required();
  entries
      ->add_option("--output",
                   flags->output_path,
                   "A member id a line, in order; never written over.  Its SHA-256 is the\n"
                   "draw's entries hash")
      ->required();
}

// --- verify ---

struct VerifyFlags {
  std::string code;
  std::string seed;
  std::string seed_hash;
  std::string entries_hash;
  std::string entries_path;
  std::string prizes_path;
  std::string winners_path;
};

absl::Status CheckHex(const VerifyFlags& flags) {
  for (const auto& [option, text] : {std::pair("--seed", &flags.seed),
                                     std::pair("--seed-hash", &flags.seed_hash),
                                     std::pair("--entries-hash", &flags.entries_hash)}) {
    const bool optional = text == &flags.entries_hash && text->empty();
    if (!optional && !IsHex(*text, 64)) {
      return absl::InvalidArgumentError(fmt::format("{}: 64 hexadecimal digits", option));
    }
  }
  return absl::OkStatus();
}

// As `draw winners -o csv` and `draw verify -o csv` print them.
ExitCode LoadWinners(const std::string& path, std::vector<Winner>* winners) {
  if (path.empty()) {
    return ExitCode::kOk;
  }
  RowFileOptions options;
  options.path = path;
  options.rows.zone = kDefaultZone;
  options.pass_over_others = true;
  std::vector<FileRow<v1::DrawWinner>> rows;
  const ExitCode exit = LoadRowsOf<v1::DrawWinner>(options, WinnerKind(), stderr, &rows);
  std::vector<v1::DrawWinner> told;
  for (FileRow<v1::DrawWinner>& row : rows) {
    told.push_back(std::move(row.message));
  }
  *winners = WinnersAsTold(told);
  return exit;
}

ExitCode LoadPublished(Context* context, const VerifyFlags& flags, PublishedDraw* draw) {
  if (const absl::Status hex = CheckHex(flags); !hex.ok()) {
    return context->Fail(ExitCode::kUsage, std::string(hex.message()));
  }
  draw->code = flags.code;
  draw->seed = flags.seed;
  draw->seed_hash = flags.seed_hash;
  draw->entries_hash = flags.entries_hash;
  const absl::StatusOr<std::string> text = ReadFile(flags.entries_path, kEntriesBytesMax);
  if (!text.ok()) {
    return context->Fail(ExitCode::kError, std::string(text.status().message()));
  }
  absl::StatusOr<std::vector<std::string>> entries = ParseEntries(flags.entries_path, *text);
  if (!entries.ok()) {
    return context->Fail(ExitCode::kRefused, std::string(entries.status().message()));
  }
  draw->entries = *std::move(entries);
  std::vector<FileRow<v1::Prize>> prizes;
  // When a prize is valid is no part of the proof, so nobody is told in which zone it is.
  const ExitCode loaded =
      LoadPrizes(flags.prizes_path, {context->input_zone()}, DrawPrizeKind(), &prizes);
  for (FileRow<v1::Prize>& row : prizes) {
    draw->prizes.push_back(std::move(row.message));
  }
  return loaded == ExitCode::kOk ? LoadWinners(flags.winners_path, &draw->winners) : loaded;
}

// After what was worked out is shown: what does not fit, or `fits`.
ExitCode Conclude(Context* context,
                  const std::vector<std::string>& problems,
                  const std::string& fits) {
  for (const std::string& problem : problems) {
    context->Note(problem);
  }
  if (!problems.empty()) {
    return context->Fail(ExitCode::kRefused,
                         "what was made known does not fit together (核验不符)");
  }
  context->Note(fits);
  return ExitCode::kOk;
}

void AddVerifyFooter(CLI::App* verify) {
  verify->footer("Exit code 4: something does not fit, and standard error says what.\n\n" +
                 verify->get_footer());
}

ExitCode Verify(Context* context, const VerifyFlags& flags) {
  PublishedDraw draw;
  if (const ExitCode loaded = LoadPublished(context, flags, &draw); loaded != ExitCode::kOk) {
    return loaded;
  }
  const DrawCheck check = CheckDraw(draw);
  Output& out = context->out();
  if (!check.winners.empty()) {
    if (out.is_json()) {
      v1::SettleDrawResponse response;
      response.mutable_draw()->set_draw_code(draw.code);
      for (const Winner& winner : check.winners) {
        response.add_winner_ids(winner.member_id);
      }
      out.Json(response);
    } else {
      out.TableOf<Winner>(check.winners, WinnerView());
    }
    out.Flush();
  }
  const bool compared = !draw.winners.empty();
  return Conclude(context,
                  check.problems,
                  fmt::format("{}: {} of {} have won ({})",
                              compared ? "seed, entries and winners fit"
                                       : "seed and entries fit, no winners were given to compare",
                              FormatCount(check.winners.size()),
                              FormatCount(draw.entries.size()),
                              compared ? "核验一致" : "种子与名单一致，未核对中签名单"));
}

void AddVerify(CLI::App* group, Context* context) {
  const auto flags = std::make_shared<VerifyFlags>();
  CLI::App* verify = AddCommand(
      group,
      context,
      "verify",
      "Works the winners out again from what was made known; asks no server (核验)",
      {"draw verify --code spring-2026 --seed SEED --seed-hash HASH --entries entries.txt "
       "--prizes prizes.csv",
       "draw verify --code spring-2026 --seed SEED --seed-hash HASH --entries entries.txt "
       "--prizes prizes.csv --entries-hash HASH --winners winners.csv"},
      [context, flags] { return Verify(context, *flags); });
  verify->add_option("--code", flags->code, "The draw's code")->required();
  verify->add_option("--seed", flags->seed, "The seed that was made known afterwards")->required();
  verify->add_option("--seed-hash", flags->seed_hash, "Its hash that was made known before")
      ->required();
  verify->add_option("--entries", flags->entries_path, "The list, a member id a line")->required();
  verify->add_option("--prizes", flags->prizes_path, "The CSV of prizes that it was committed with")
      ->required();
  verify->add_option("--entries-hash", flags->entries_hash, "The hash of the list, if it is known");
  verify->add_option(
      "--winners",
      flags->winners_path,
      "CSV of the winners as they were made known: member_id, and if it has them rank,\n"
      "series_code and voucher_key; without rank the first row is rank 1.  Without the file\n"
      "no winners are compared");
  AddVerifyFooter(verify);
}

// --- verify, of a pool ---

struct PoolVerifyFlags {
  std::string code;
  std::string seed;
  std::string seed_hash;
  std::string prizes_path;
  std::string events_path;
};

ExitCode LoadPublished(Context* context, const PoolVerifyFlags& flags, PublishedPool* pool) {
  for (const auto& [option, text] :
       {std::pair("--seed", &flags.seed), std::pair("--seed-hash", &flags.seed_hash)}) {
    if (!IsHex(*text, 64)) {
      return context->Fail(ExitCode::kUsage, fmt::format("{}: 64 hexadecimal digits", option));
    }
  }
  pool->code = flags.code;
  pool->seed = flags.seed;
  pool->seed_hash = flags.seed_hash;
  std::vector<FileRow<v1::Prize>> prizes;
  const ExitCode loaded =
      LoadPrizes(flags.prizes_path, {context->input_zone()}, PoolPrizeKind(), &prizes);
  for (FileRow<v1::Prize>& row : prizes) {
    pool->prizes.push_back(std::move(row.message));
  }
  if (loaded != ExitCode::kOk) {
    return loaded;
  }
  RowFileOptions options;
  options.path = flags.events_path;
  options.rows = context->row_options();
  options.pass_over_others = true;
  std::vector<FileRow<v1::PoolEvent>> events;
  const ExitCode exit = LoadRowsOf<v1::PoolEvent>(options, PoolEventKind(), stderr, &events);
  for (FileRow<v1::PoolEvent>& row : events) {
    pool->events.push_back(std::move(row.message));
  }
  return exit;
}

ExitCode VerifyPool(Context* context, const PoolVerifyFlags& flags) {
  PublishedPool pool;
  if (const ExitCode loaded = LoadPublished(context, flags, &pool); loaded != ExitCode::kOk) {
    return loaded;
  }
  const PoolCheck check = CheckPool(pool);
  Output& out = context->out();
  if (out.is_json()) {
    for (const PoolDraw& draw : check.draws) {
      v1::PoolEvent event;
      event.set_source(draw.source);
      event.set_event_id(draw.event_id);
      event.set_series_code(draw.series_code);
      event.set_voucher_key(draw.voucher_key);
      out.Json(event);
    }
  } else if (!check.draws.empty()) {
    out.TableOf<PoolDraw>(check.draws, PoolDrawView());
  }
  out.Flush();
  const bool compared =
      std::all_of(pool.events.begin(), pool.events.end(), [](const v1::PoolEvent& event) {
        return event.has_series_code();
      });
  return Conclude(context,
                  check.problems,
                  fmt::format("{}: {} of {} events have won ({})",
                              compared ? "seed and events fit"
                                       : "the seed fits, what was won was not given to compare",
                              FormatCount(check.won_count),
                              FormatCount(check.draws.size()),
                              compared ? "核验一致" : "种子一致，未核对中奖结果"));
}

void AddPoolVerify(CLI::App* group, Context* context) {
  const auto flags = std::make_shared<PoolVerifyFlags>();
  CLI::App* verify =
      AddCommand(group,
                 context,
                 "verify",
                 "Works out again what each event has drawn; asks no server (核验)",
                 {"pool verify --code quiz-2026 --seed SEED --seed-hash HASH --prizes prizes.csv "
                  "--events events.csv",
                  "pool verify --code quiz-2026 --seed SEED --seed-hash HASH --prizes prizes.csv "
                  "--events events.csv -o csv"},
                 [context, flags] { return VerifyPool(context, *flags); });
  verify->add_option("--code", flags->code, "The pool's code")->required();
  verify->add_option("--seed", flags->seed, "The seed that was made known afterwards")->required();
  verify->add_option("--seed-hash", flags->seed_hash, "Its hash that was made known before")
      ->required();
  verify->add_option("--prizes", flags->prizes_path, "The CSV of prizes that it was committed with")
      ->required();
  verify
      ->add_option("--events",
                   flags->events_path,
                   "CSV of all events in the order in which they drew: source, event_id, and if\n"
                   "it has them series_code (empty = nothing was won) and voucher_key")
      ->required();
  AddVerifyFooter(verify);
}

// --- prize ---

struct PrizeFlags {
  std::string pool_code;
  std::string source;
  std::string event_id;
  std::string member_id;
};

ExitCode DrawPrize(Context* context, const PrizeFlags& flags) {
  v1::DrawPrizeRequest request;
  request.set_draw_code(flags.pool_code);
  request.set_source(flags.source);
  request.set_event_id(flags.event_id);
  request.set_member_id(flags.member_id);
  v1::DrawPrizeResponse response;
  const ExitCode exit =
      context->Call(Listener::kOperator, "gonghui.v1.DrawService.DrawPrize", request, &response);
  if (exit != ExitCode::kOk) {
    if (exit == ExitCode::kTimeout || exit == ExitCode::kUnreachable) {
      context->Note("the same command again tells what was drawn: an event draws once");
    }
    return exit;
  }
  ShowOne(context, response, response.voucher(), VoucherView());
  context->out().Flush();
  if (response.idempotent_replay()) {
    context->Note("the event had drawn before; this is what it won");
  }
  return exit;
}

void AddPrize(CLI::App* group, Context* context, bool pool) {
  const auto flags = std::make_shared<PrizeFlags>();
  const std::string words = pool ? "pool draw" : "draw prize";
  const std::string example =
      words + " quiz-2026 --source quiz --event passed-17 --member M0000001";
  const std::string json = example + " -o json";
  CLI::App* prize = AddCommand(group,
                               context,
                               pool ? "draw" : "prize",
                               "Draws from a pool for an outside event, once (抽奖)",
                               {example, json},
                               [context, flags] { return DrawPrize(context, *flags); });
  prize->add_option("POOL", flags->pool_code, "The pool's code")->required();
  prize->add_option("--source", flags->source, "The system that the event is of")->required();
  prize->add_option("--event", flags->event_id, "Of the event within its source")->required();
  prize->add_option("--member", flags->member_id, "Who draws")->required();
}

}  // namespace

void AddDrawCommands(CLI::App* app, Context* context) {
  CLI::App* draw = AddGroup(app,
                            "draw",
                            "Draws that anybody can check (抽签)",
                            "Programmes",
                            {"draw commit spring-2026 prizes.csv --programme spring --limit "
                             "entered --closes \"2026-05-01 20:00:00\"",
                             "draw settle spring-2026",
                             "draw entries spring-2026 --output entries.txt"});
  AddCommit(draw, context, v1::DRAW_KIND_DRAW);
  AddSettle(draw, context, /*pool=*/false);
  AddShow(draw, context, /*pool=*/false);
  AddList(draw, context);
  AddWinners(draw, context);
  AddEntries(draw, context);
  AddVerify(draw, context);
  AddPrize(draw, context, /*pool=*/false);

  CLI::App* pool = AddGroup(app,
                            "pool",
                            "Prize pools, which events draw from at once (奖池)",
                            "Programmes",
                            {"pool commit quiz-2026 prizes.csv --until 2026-07-01",
                             "pool show quiz-2026",
                             "pool settle quiz-2026"});
  AddCommit(pool, context, v1::DRAW_KIND_POOL);
  AddSettle(pool, context, /*pool=*/true);
  AddShow(pool, context, /*pool=*/true);
  AddPrize(pool, context, /*pool=*/true);
  AddPoolVerify(pool, context);
}

}  // namespace gonghui::ctl
