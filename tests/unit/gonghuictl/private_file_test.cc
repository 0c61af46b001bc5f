// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include "tools/gonghuictl/private_file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/check.h"

namespace gonghui::ctl {
namespace {

using testing::HasSubstr;

class PrivateFileTest : public testing::Test {
 protected:
  PrivateFileTest() {
    std::string folder = testing::TempDir() + "private_file.XXXXXX";
    GH_CHECK(mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
    path_ = folder_ + "/codes.csv";
  }
  ~PrivateFileTest() override {
    (void)unlink(path_.c_str());
    (void)rmdir(folder_.c_str());
  }

  std::string Read() const {
    std::ifstream file(path_, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  mode_t Mode() const {
    struct stat info {};
    GH_CHECK(stat(path_.c_str(), &info) == 0);
    return info.st_mode & 0777U;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(PrivateFileTest, ForItsOwnerAlone) {
  const mode_t before = umask(0);
  const auto file = PrivateFile::Create(path_);
  umask(before);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(Mode(), 0600U);
  EXPECT_TRUE((*file)->AppendBlocking("a\n").ok());
  EXPECT_TRUE((*file)->AppendBlocking("b\n").ok());
  EXPECT_TRUE((*file)->AppendBlocking("").ok());
  EXPECT_EQ(Read(), "a\nb\n");
}

TEST_F(PrivateFileTest, NeverWritesOverOne) {
  std::ofstream(path_) << "theirs\n";
  const auto file = PrivateFile::Create(path_);
  EXPECT_EQ(file.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(file.status().message()), HasSubstr("not written over"));
  EXPECT_EQ(Read(), "theirs\n");
}

TEST_F(PrivateFileTest, GoesOnBehindWhatIsThere) {
  std::ofstream(path_) << "header\n";
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  const auto file = PrivateFile::Open(path_, "header\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(Mode(), 0600U);
  EXPECT_TRUE((*file)->AppendBlocking("a\n").ok());
  EXPECT_EQ(Read(), "header\na\n");
}

TEST_F(PrivateFileTest, DoesNotGoOnBehindWhatOthersChanged) {
  for (const char* text : {"", "head", "header\na", "\xEF\xBB\xBFheader\na\n", "b,header\n"}) {
    std::ofstream(path_, std::ios::binary) << text;
    const auto file = PrivateFile::Open(path_, "header\n");
    EXPECT_EQ(file.status().code(), absl::StatusCode::kFailedPrecondition) << text;
    EXPECT_EQ(Read(), text);
  }
}

TEST_F(PrivateFileTest, WhatIsNotThere) {
  EXPECT_THAT(std::string(PrivateFile::Open(path_, "").status().message()),
              HasSubstr("No such file"));
  EXPECT_THAT(std::string(PrivateFile::Create(folder_ + "/none/x.csv").status().message()),
              HasSubstr("can not make"));
}

TEST_F(PrivateFileTest, APieceThatDoesNotFitLeavesNothing) {
  auto file = PrivateFile::Create(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->AppendBlocking("header\n").ok());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{.rlim_cur = 100, .rlim_max = before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status full = (*file)->AppendBlocking(std::string(200, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(std::string(full.message()), HasSubstr("can not write " + path_));
  EXPECT_EQ(Read(), "header\n");
  EXPECT_TRUE((*file)->AppendBlocking("a\n").ok());
  EXPECT_EQ(Read(), "header\na\n");
}

TEST_F(PrivateFileTest, Remove) {
  const auto file = PrivateFile::Create(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  (*file)->Remove();
  EXPECT_NE(access(path_.c_str(), F_OK), 0);
}

}  // namespace
}  // namespace gonghui::ctl
