// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// MemberService by itself, over a vault and an engine that fail: what is told, and what stands.

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/durability/memory_journal.h"
#include "engine/pipeline/engine.h"
#include "engine/server/log.h"
#include "engine/server/operator_services.h"
#include "engine/server/personal_data.h"
#include "gonghui/v1/member_service.grpc.pb.h"
#include "tests/e2e/server/harness.h"

namespace gonghui {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FallibleVault final : public PersonalDataStore {
 public:
  absl::Status PutBlocking(std::span<const Entry> entries) override {
    const absl::MutexLock lock(&mutex_);
    if (fails_to_write_) {
      return absl::UnavailableError("written: as the test asked for");
    }
    for (const Entry& entry : entries) {
      data_[entry.member.value()] = entry.data;
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::optional<PersonalData>> GetBlocking(MemberRow member) override {
    const absl::MutexLock lock(&mutex_);
    if (fails_to_read_) {
      return absl::DataLossError("read: as the test asked for");
    }
    const auto found = data_.find(member.value());
    return found == data_.end() ? std::optional<PersonalData>() : found->second;
  }

  void FailToWrite(bool fail) {
    const absl::MutexLock lock(&mutex_);
    fails_to_write_ = fail;
  }
  void FailToRead(bool fail) {
    const absl::MutexLock lock(&mutex_);
    fails_to_read_ = fail;
  }
  [[nodiscard]] size_t size() const {
    const absl::MutexLock lock(&mutex_);
    return data_.size();
  }

 private:
  mutable absl::Mutex mutex_;
  bool fails_to_write_ ABSL_GUARDED_BY(mutex_) = false;
  bool fails_to_read_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<uint32_t, PersonalData> data_ ABSL_GUARDED_BY(mutex_);
};

class MembersTest : public ::testing::Test {
 protected:
  MembersTest() {
    GH_CHECK(InitLogging(LogLevel::kError, LogFormat::kText, "").ok());
    auto engine =
        Engine::Start(EngineOptions(), SystemClock::Instance(), journal_, /*checkpoints=*/nullptr);
    GH_CHECK(engine.ok(), engine.status().ToString());
    engine_ = *std::move(engine);
    OperatorContext context;
    context.engine = engine_.get();
    context.personal_data = &vault_;
    context.clock = &SystemClock::Instance();
    service_ = MakeMemberService(context);
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::MemberService::NewStub(server_->InProcessChannel(grpc::ChannelArguments()));
    v1::ImportUnionNodesRequest nodes;
    nodes.add_union_nodes()->set_union_node_id("KM");
    nodes.mutable_union_nodes(0)->set_level(v1::UNION_LEVEL_CITY);
    EXPECT_EQ(ImportOne<v1::ImportUnionNodesResponse>(
                  stub_.get(), &v1::MemberService::Stub::ImportUnionNodes, nodes)
                  .accepted_count(),
              1U);
  }
  ~MembersTest() override {
    stub_.reset();
    server_->Shutdown();
    engine_->Stop();
  }

  static v1::ImportMembersRequest Zhang(const std::string& phone = "13812345678") {
    v1::ImportMembersRequest request;
    v1::Member* const member = request.add_members();
    member->set_member_id("Z1");
    member->set_union_node_id("KM");
    member->mutable_personal_data()->set_name("张三丰");
    member->mutable_personal_data()->set_national_id("530102199001011234");
    member->mutable_personal_data()->set_phone(phone);
    return request;
  }
  // One message; what is said of it, if anything.
  grpc::Status Import(const v1::ImportMembersRequest& request, v1::ImportSummary* summary) {
    grpc::ClientContext context;
    const auto stream = stub_->ImportMembers(&context);
    stream->Write(request);
    stream->WritesDone();
    v1::ImportMembersResponse response;
    summary->Clear();
    if (stream->Read(&response)) {
      *summary = response.summary();
    }
    return stream->Finish();
  }
  void ExpectImported(const v1::ImportMembersRequest& request) {
    v1::ImportSummary summary;
    const grpc::Status status = Import(request, &summary);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(summary.accepted_count(), 1U) << summary.DebugString();
  }
  grpc::Status Get(v1::Member* member) {
    v1::GetMemberRequest request;
    request.set_member_id("Z1");
    v1::GetMemberResponse response;
    grpc::ClientContext context;
    const grpc::Status status = stub_->GetMember(&context, request, &response);
    *member = response.member();
    return status;
  }
  // As the vault's, and nothing of what was to be kept is in it.
  static void ExpectVaultFailed(const grpc::Status& status) {
    ASSERT_EQ(status.error_code(), grpc::StatusCode::INTERNAL) << status.error_message();
    EXPECT_EQ(DetailsOf(status).info.reason(), "VAULT_FAILED");
    for (const char* const secret : {"张", "5301", "138", "as the test asked for"}) {
      EXPECT_THAT(status.error_message(), Not(HasSubstr(secret)));
      EXPECT_THAT(status.error_details(), Not(HasSubstr(secret)));
    }
  }

  MemoryJournal journal_;
  FallibleVault vault_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::MemberService::Stub> stub_;
};

TEST_F(MembersTest, WhatIsNotSealedIsNotSaidToBeImported) {
  vault_.FailToWrite(true);
  v1::ImportSummary summary;
  ExpectVaultFailed(Import(Zhang(), &summary));
  EXPECT_EQ(summary.ByteSizeLong(), 0U) << summary.DebugString();
  v1::Member member;
  ASSERT_TRUE(Get(&member).ok()) << "the ledger had it before";
  EXPECT_FALSE(member.has_personal_data());

  // The same import again mends it.
  vault_.FailToWrite(false);
  ExpectImported(Zhang());
  ASSERT_TRUE(Get(&member).ok());
  EXPECT_EQ(member.personal_data().phone(), "138****5678");
}

TEST_F(MembersTest, WhatCanNotBeReadIsNeitherShownNorWrittenOver) {
  ExpectImported(Zhang());
  vault_.FailToRead(true);
  v1::Member member;
  ExpectVaultFailed(Get(&member));
  // A row that says a part of it would lose the rest.
  v1::ImportMembersRequest part = Zhang("13900000000");
  part.mutable_update_mask()->add_paths("personal_data.phone");
  v1::ImportSummary summary;
  ExpectVaultFailed(Import(part, &summary));
  vault_.FailToRead(false);
  ASSERT_TRUE(Get(&member).ok());
  EXPECT_EQ(member.personal_data().name(), "张**");
  EXPECT_EQ(member.personal_data().phone(), "138****5678");
}

TEST_F(MembersTest, ATrialOrARefusedRowSealsNothing) {
  v1::ImportMembersRequest trial = Zhang();
  trial.set_validate_only(true);
  ExpectImported(trial);
  v1::ImportMembersRequest refused = Zhang();
  refused.mutable_members(0)->set_union_node_id("nowhere");
  v1::ImportSummary summary;
  ASSERT_TRUE(Import(refused, &summary).ok());
  EXPECT_EQ(summary.rejected_rows_size(), 1);
  EXPECT_EQ(vault_.size(), 0U);

  ExpectImported(Zhang());
  trial = Zhang("13900000000");
  trial.set_validate_only(true);
  ExpectImported(trial);
  EXPECT_EQ(vault_.size(), 1U);
  v1::Member member;
  ASSERT_TRUE(Get(&member).ok());
  EXPECT_EQ(member.personal_data().phone(), "138****5678");
}

TEST_F(MembersTest, WhatTheEngineDoesNotTakeIsNotSaidToBeImported) {
  engine_->Stop();
  v1::ImportSummary summary;
  const grpc::Status status = Import(Zhang(), &summary);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
  EXPECT_EQ(DetailsOf(status).info.reason(), "OVERLOADED");
  EXPECT_EQ(summary.ByteSizeLong(), 0U) << summary.DebugString();
  EXPECT_EQ(vault_.size(), 0U);
}

}  // namespace
}  // namespace gonghui
