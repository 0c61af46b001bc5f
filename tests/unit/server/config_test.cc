// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "engine/server/config.h"

#include <string>

#include <gtest/gtest.h>

namespace gonghui {
namespace {

// The errors, one a line, as gonghuid prints them.
std::string Errors(std::string_view text, bool insecure_dev = true) {
  std::string all;
  for (const ConfigError& error : ParseConfig(text, insecure_dev).errors) {
    all += RenderConfigError("f", error) + "\n";
  }
  return all;
}

TEST(ConfigTest, NothingSaidIsTheDefault) {
  EXPECT_EQ(Errors(""), "");
  const Config config = ParseConfig("", true).config;
  EXPECT_EQ(config.terminals.listen, "127.0.0.1:7443");
  EXPECT_EQ(config.operators.listen, "unix:/run/gonghui/operator.sock");
  EXPECT_FALSE(config.has_tls());
}

TEST(ConfigTest, ThePrintedDefaultsAreTheDefaults) {
  const std::string text = DefaultConfigText();
  EXPECT_EQ(Errors(text), "") << text;
  const Config printed = ParseConfig(text, true).config;
  const Config built_in;
  EXPECT_EQ(printed.commit.ring_slots, built_in.commit.ring_slots);
  EXPECT_EQ(printed.data.dir, built_in.data.dir);
  EXPECT_EQ(printed.log.level, built_in.log.level);
}

TEST(ConfigTest, ValuesArriveInTheEngine) {
  const Config config = ParseConfig(R"(
[commit]
pipeline = "one_thread"
ring_slots = 1024
in_flight_commands_max = 2048
block_bytes_max = 2097152
[checkpoint]
journal_bytes = 1048576
interval_seconds = 5
at_stop = false
[archive]
after_hours = 24
memory_transactions_max = 5000
[memory]
reserve_bytes_max = 4096
)",
                                    true)
                            .config;
  const EngineOptions options = ToEngineOptions(config);
  EXPECT_EQ(options.pipeline, CommitPipeline::kOneThread);
  EXPECT_EQ(options.ring_slots, 1'024U);
  EXPECT_EQ(options.in_flight_commands_max, 2'048U);
  EXPECT_EQ(options.block_bytes_max, 2U << 20);
  EXPECT_EQ(options.checkpoint_journal_bytes, 1U << 20);
  EXPECT_EQ(options.checkpoint_interval_ns, 5'000'000'000);
  EXPECT_FALSE(options.checkpoint_at_stop);
  EXPECT_EQ(options.archive_after_ns, 24 * int64_t{3'600'000'000'000});
  EXPECT_EQ(options.archive_rows_max, 5'000U);
  EXPECT_EQ(options.memory_reserve_bytes_max, 4'096U);
}

TEST(ConfigTest, TheReserveOfMemory) {
  EXPECT_EQ(ToEngineOptions(ParseConfig("", true).config).memory_reserve_bytes_max,
            EngineOptions{}.memory_reserve_bytes_max);
  EXPECT_EQ(Errors("[memory]\nreserve_bytes_max = 0\n"), "");
  EXPECT_EQ(Errors("[memory]\nreserve_bytes_max = -1\n"),
            "f:2:21: memory.reserve_bytes_max is -1; it must be 0 to 1099511627776\n");
}

TEST(ConfigTest, WhenTransactionsLeaveMemory) {
  const EngineOptions built_in;
  const EngineOptions said_nothing = ToEngineOptions(ParseConfig("", true).config);
  EXPECT_EQ(said_nothing.archive_after_ns, built_in.archive_after_ns);
  EXPECT_EQ(said_nothing.archive_rows_max, built_in.archive_rows_max);
  EXPECT_EQ(Errors("[archive]\nafter_hours = 1\nmemory_transactions_max = 1000\n"), "");
  EXPECT_EQ(Errors("[archive]\nafter_hours = 0\n"),
            "f:2:15: archive.after_hours is 0; it must be 1 to 8760\n");
  EXPECT_EQ(Errors("[archive]\nafter_hours = 8761\n"),
            "f:2:15: archive.after_hours is 8761; it must be 1 to 8760\n");
  EXPECT_EQ(Errors("[archive]\nmemory_transactions_max = 999\n"),
            "f:2:27: archive.memory_transactions_max is 999; it must be 1000 to 536870912\n");
}

TEST(ConfigTest, UnknownKeysAreToldWithTheNearest) {
  EXPECT_EQ(Errors("[terminals]\nlisen = \"127.0.0.1:1\"\n"),
            "f:2:1: there is no terminals.lisen; did you mean terminals.listen?\n");
  EXPECT_EQ(Errors("[operator]\n"), "f:1:2: there is no operator; did you mean operators?\n");
  EXPECT_EQ(Errors("[terminals.tls]\nca_fil = \"x\"\n"),
            "f:2:1: there is no terminals.tls.ca_fil; did you mean terminals.tls.ca_file?\n");
  EXPECT_EQ(Errors("completely_else = 1\n"), "f:1:1: there is no completely_else\n");
}

TEST(ConfigTest, WrongTypesAreTold) {
  EXPECT_EQ(Errors("[data]\ndir = 5\n"), "f:2:7: data.dir must be text in quotes\n");
  EXPECT_EQ(Errors("[commit]\nring_slots = \"1024\"\n"),
            "f:2:14: commit.ring_slots must be a whole number\n");
  EXPECT_EQ(Errors("[commit]\nring_slots = 1024.0\n"),
            "f:2:14: commit.ring_slots must be a whole number\n");
  EXPECT_EQ(Errors("[checkpoint]\nat_stop = 1\n"),
            "f:2:11: checkpoint.at_stop must be true or false\n");
  EXPECT_EQ(Errors("[operators]\nallowed_uids = 1000\n"),
            "f:2:16: operators.allowed_uids must be a list of whole numbers\n");
  EXPECT_EQ(Errors("[operators]\nallowed_uids = [1, \"x\"]\n"),
            "f:2:20: operators.allowed_uids must be a list of whole numbers\n");
  EXPECT_EQ(Errors("terminals = 5\n"), "f:1:13: terminals is a section: [terminals]\n");
}

TEST(ConfigTest, RangesAndChoicesAreHeld) {
  EXPECT_EQ(Errors("[terminals]\nconnections_max = 0\n"),
            "f:2:19: terminals.connections_max is 0; it must be 1 to 1000000\n");
  EXPECT_EQ(Errors("[operators]\nallowed_uids = [-1]\n"),
            "f:2:17: operators.allowed_uids is -1; it must be 0 to 4294967295\n");
  EXPECT_EQ(Errors("[commit]\npipeline = \"three\"\n"),
            "f:2:12: commit.pipeline is \"three\"; it must be one of adaptive, two_threads, "
            "one_thread\n");
  EXPECT_EQ(Errors("[commit]\nring_slots = 1000\n"),
            "f:2:14: commit.ring_slots must be a power of two\n");
  // What a block can hold.
  EXPECT_EQ(Errors("[commit]\nblock_bytes_max = 16777216\n"), "");
  EXPECT_EQ(Errors("[commit]\nblock_bytes_max = 16777217\n"),
            "f:2:19: commit.block_bytes_max is 16777217; it must be 1048576 to 16777216\n");
}

TEST(ConfigTest, AllErrorsComeInOrder) {
  EXPECT_EQ(Errors("[log]\nlevel = \"loud\"\nformat = \"xml\"\n[data]\ndir = \"\"\n"),
            "f:2:9: log.level is \"loud\"; it must be one of debug, info, warn, error\n"
            "f:3:10: log.format is \"xml\"; it must be one of text, json\n"
            "f:5:7: data.dir must not be empty\n");
}

TEST(ConfigTest, SyntaxIsToldWithItsPlace) {
  EXPECT_EQ(Errors("[data\ndir = 1\n").substr(0, 6), "f:1:6:");
  EXPECT_EQ(Errors("a = 1\na = 2\n").substr(0, 4), "f:2:");
}

TEST(ConfigTest, ListenersAreChecked) {
  EXPECT_EQ(Errors("[terminals]\nlisten = \"nonsense\"\n"),
            "f:2:10: terminals.listen must be HOST:PORT or unix:/PATH\n");
  EXPECT_EQ(Errors("[terminals]\nlisten = \"127.0.0.1:65536\"\n"),
            "f:2:10: terminals.listen must be HOST:PORT or unix:/PATH\n");
  EXPECT_EQ(Errors("[terminals]\nlisten = \"[::1]:7443\"\n"), "");
  EXPECT_EQ(Errors("[terminals]\nlisten = \"unix:/run/t.sock\"\n"), "");
  EXPECT_EQ(Errors("[operators]\nlisten = \"127.0.0.1:1\"\n"), "");  // insecure
  const std::string longest = "unix:/" + std::string(106, 'x');
  EXPECT_EQ(Errors("[operators]\nlisten = \"" + longest + "\"\n"), "");
  EXPECT_EQ(Errors("[operators]\nlisten = \"" + longest + "x\"\n"),
            "f:2:10: operators.listen is a path of 108 bytes; the path of a Unix socket has at "
            "most 107\n");
}

TEST(ConfigTest, TheVaultsKeyIsNotBesideTheData) {
  EXPECT_NE(Errors("[data]\ndir = \"/d\"\n[vault]\nkey_file = \"/d/key\"\n"), "");
  EXPECT_NE(Errors("[data]\ndir = \"/d/\"\n[vault]\nkey_file = \"/x/../d/sub/key\"\n"), "");
  EXPECT_EQ(Errors("[data]\ndir = \"/d\"\n[vault]\nkey_file = \"/dd/key\"\n"), "");
}

TEST(ConfigTest, AnErrorStandsAtItsKey) {
  const ConfigOutcome outcome = ParseConfig("[data]\n\n  dir = \"/d\"\n", true);
  EXPECT_EQ(RenderConfigError("f", outcome.ErrorAt("data.dir", "bad")), "f:3:9: bad");
  EXPECT_EQ(RenderConfigError("f", outcome.ErrorAt("log.file", "bad")), "f:1:1: bad");
}

TEST(ConfigTest, SecureMeansTlsAndAUnixSocket) {
  EXPECT_EQ(Errors("", false).substr(0, 39), "f:1:1: [terminals.tls] is missing: term");
  EXPECT_EQ(Errors("[terminals.tls]\nca_file = \"a\"\n", true),
            "f:1:1: [terminals.tls] needs ca_file, cert_file and key_file together\n");
  const std::string tls = "[terminals.tls]\nca_file = \"a\"\ncert_file = \"b\"\nkey_file = \"c\"\n";
  EXPECT_EQ(Errors(tls, false), "");
  EXPECT_NE(Errors(tls + "[operators]\nlisten = \"127.0.0.1:1\"\n", false), "");
}

}  // namespace
}  // namespace gonghui
