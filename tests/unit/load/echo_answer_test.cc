// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bench/echo/answer.h"
#include "gonghui/v1/authorization_service.pb.h"
#include "tools/load/answer.h"
#include "tools/load/card_picker.h"
#include "tools/load/request.h"

namespace gonghui::bench {
namespace {

constexpr int64_t kNowNs = 1'661'000'000'123'456'789;

class EchoAnswerTest : public testing::Test {
 protected:
  EchoAnswerTest() {
    load::WorkloadSources sources;
    sources.synthetic_count = 1'000;
    workload_ = *load::Workload::Load(sources);
  }

  // Some requests, sales and holds.
  v1::AuthorizeStreamRequest Requests(int count) {
    load::RequestMix mix;
    mix.holds_percent = 30;
    const load::CardPicker picker(load::CardOrder::kUniform, workload_.card_count());
    load::RequestMaker maker(workload_, picker, mix, nullptr, 1, 1);
    v1::AuthorizeStreamRequest message;
    for (int i = 0; i < count; ++i) {
      char bytes[load::kRequestBytesMax];
      maker.Choose(&sent_.emplace_back());
      const char* end = maker.Encode(sent_.back(), kNowNs, bytes);
      EXPECT_TRUE(message.add_requests()->ParseFromArray(bytes, static_cast<int>(end - bytes)));
    }
    return message;
  }

  load::Workload workload_;
  std::vector<load::Sent> sent_;
};

TEST_F(EchoAnswerTest, BytesAndClassesAgree) {
  v1::AuthorizeStreamRequest message = Requests(200);
  message.mutable_requests(3)->set_transport_data("echo me");
  AnswerWriter writer;
  v1::AuthorizeResponse by_classes;
  PrepareAnswer(&by_classes);
  uint64_t sequence = 0;
  for (const v1::AuthorizeRequest& request : message.requests()) {
    const std::string bytes = request.SerializeAsString();
    std::string out(AnswerWriter::BytesMax(bytes), '\0');
    const char* end = writer.Answer(bytes, kNowNs, out.data());
    ASSERT_NE(end, nullptr);
    out.resize(static_cast<size_t>(end - out.data()));
    FillAnswer(request, ++sequence, kNowNs, &by_classes);
    ASSERT_EQ(out, by_classes.SerializeAsString());
  }
}

TEST_F(EchoAnswerTest, AStreamMessageIsAnsweredRightAndInOrder) {
  const std::string message = Requests(512).SerializeAsString();
  std::string out(AnswerWriter::StreamBytesMax(message), '\0');
  AnswerWriter writer;
  const char* end = writer.AnswerStream(message, kNowNs, out.data());
  ASSERT_NE(end, nullptr);
  out.resize(static_cast<size_t>(end - out.data()));
  v1::AuthorizeStreamResponse parsed;
  ASSERT_TRUE(parsed.ParseFromString(out));
  EXPECT_EQ(parsed.SerializeAsString(), out) << "as protobuf would have written it";
  std::vector<load::StreamResult> results;
  ASSERT_TRUE(load::ReadStreamResults(out, &results));
  ASSERT_EQ(results.size(), sent_.size());
  for (size_t i = 0; i < results.size(); ++i) {
    load::Answer answer;
    ASSERT_TRUE(load::ReadAnswer(results[i].response, &answer));
    EXPECT_EQ(load::WrongWith(answer, sent_[i], workload_), "");
  }
}

TEST_F(EchoAnswerTest, DamageIsRefused) {
  const std::string message = Requests(2).SerializeAsString();
  for (size_t size = 1; size < message.size(); ++size) {
    const std::string_view cut = std::string_view(message).substr(0, size);
    std::string out(AnswerWriter::StreamBytesMax(message), '\0');
    v1::AuthorizeStreamRequest parsed;
    AnswerWriter writer;
    EXPECT_EQ(writer.AnswerStream(cut, kNowNs, out.data()) != nullptr,
              parsed.ParseFromArray(cut.data(), static_cast<int>(cut.size())))
        << size;
  }
}

}  // namespace
}  // namespace gonghui::bench
