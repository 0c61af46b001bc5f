// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Thread safety: none; each call has a completion queue of its own, polled by
// the thread that makes the call, so gRPC needs no thread of ours.

#include "tools/gonghuictl/client.h"

#include <chrono>
#include <string>
#include <utility>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "tools/gonghuictl/interrupt.h"

namespace gonghui::ctl {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

// How often a waiting call looks whether the user pressed Ctrl-C.
constexpr int64_t kInterruptPollMs = 50;

const MethodDescriptor& Method(std::string_view name) {
  const MethodDescriptor* method =
      DescriptorPool::generated_pool()->FindMethodByName(std::string(name));
  GH_CHECK(method != nullptr, "no such RPC: ", name);
  return *method;
}

// "/gonghui.v1.MemberService/GetMember"
std::string Path(const MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

std::chrono::system_clock::time_point InMs(int64_t ms) {
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::nanoseconds(SystemClock::Instance().NowNs()) +
          std::chrono::milliseconds(ms)));
}

grpc::ByteBuffer ToBytes(const Message& message) {
  grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

bool FromBytes(const grpc::ByteBuffer& bytes, Message* message) {
  grpc::Slice slice;
  return bytes.DumpToSingleSlice(&slice).ok() &&
         message->ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
}

RpcStatus ToRpcStatus(const grpc::Status& status) {
  RpcStatus out;
  out.code = static_cast<int>(status.error_code());
  out.message = status.error_message();
  if (!out.details.ParseFromString(status.error_details())) {
    out.details.Clear();
  }
  return out;
}

// gRPC says so of a channel that never was up, so the request did not leave; and the
// errno of the last try stands in the text, not in a field.
constexpr std::string_view kNeverConnected = "failed to connect to all addresses";

bool Says(const std::string& message, std::string_view what) {
  return message.find(what) != std::string::npos;
}

// What an operator can do about a connection that does not come about.
void AddHint(const Endpoint& endpoint, RpcStatus* status) {
  if (status->code != static_cast<int>(grpc::StatusCode::UNAVAILABLE) ||
      status->details.details_size() > 0) {
    return;
  }
  const std::string& message = status->message;
  status->never_sent = Says(message, kNeverConnected) || Says(message, "DNS resolution failed");
  const std::string where =
      "(" + endpoint.option + " / " + endpoint.variable + ": " + endpoint.target + ")";
  if (Says(message, "Connection refused") || Says(message, "No such file or directory")) {
    status->hint = "nobody listens there: is gonghuid running? " + where;
  } else if (Says(message, "Permission denied")) {
    status->hint = "this user may not open the socket " + where;
  } else if (Says(message, "DNS resolution failed")) {
    status->hint = "is the name right? " + where;
  } else if (Says(message, "andshake failed") && !endpoint.plaintext) {
    status->hint =
        "does the listener speak TLS, and does each side trust the other's "
        "certificate? " +
        where;
  } else if (endpoint.plaintext && (status->never_sent || Says(message, "Socket closed") ||
                                    Says(message, "Connection reset"))) {
    status->hint =
        "does this listener want TLS? give --tls-ca, --tls-cert and --tls-key, without "
        "--insecure " +
        where;
  }
}

RpcStatus Unreadable(const MethodDescriptor& method) {
  RpcStatus out;
  out.code = static_cast<int>(grpc::StatusCode::INTERNAL);
  out.message = "the answer is not a " + method.output_type()->full_name();
  return out;
}

class GrpcCallStream final : public CallStream {
 public:
  GrpcCallStream(const Endpoint* endpoint, grpc::GenericStub* stub, const MethodDescriptor& method)
      : endpoint_(endpoint), method_(method) {
    // What a client sends once or often looks alike on the wire.
    GH_CHECK(method.server_streaming(), method.full_name());
    call_ = stub->PrepareCall(&context_, Path(method), &queue_);
    write_pending_ = true;  // until the call is up
    call_->StartCall(Tag(kTagWrite));
    ++pending_;
  }

  ~GrpcCallStream() override {
    if (!closed_) {
      context_.TryCancel();
    }
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  bool CanWrite() const override { return !write_pending_ && !broken_ && !writes_done_; }

  void StartWrite(const Message& request) override {
    GH_CHECK(CanWrite());
    GH_CHECK(request.GetDescriptor() == method_.input_type(), method_.full_name());
    write_pending_ = true;
    ++pending_;
    call_->Write(ToBytes(request), Tag(kTagWrite));
  }

  void StartWritesDone() override {
    GH_CHECK(CanWrite());
    write_pending_ = true;
    writes_done_ = true;
    ++pending_;
    call_->WritesDone(Tag(kTagWrite));
  }

  void Cancel() override { context_.TryCancel(); }

  Event WaitBlocking(int64_t timeout_ms, Message* answer) override {
    GH_CHECK(answer->GetDescriptor() == method_.output_type(), method_.full_name());
    if (closed_) {
      return Event::kClosed;
    }
    void* tag = nullptr;
    bool ok = false;
    if (queue_.AsyncNext(&tag, &ok, InMs(timeout_ms)) != grpc::CompletionQueue::GOT_EVENT) {
      return Event::kNothing;
    }
    --pending_;
    if (tag == Tag(kTagFinish)) {
      closed_ = true;
      status_ = unreadable_ ? Unreadable(method_) : ToRpcStatus(grpc_status_);
      AddHint(*endpoint_, &status_);
      return Event::kClosed;
    }
    if (!ok) {
      broken_ = true;
      write_pending_ = write_pending_ && tag != Tag(kTagWrite);
      FinishWhenQuiet();
      return Event::kNothing;
    }
    if (tag == Tag(kTagWrite)) {
      write_pending_ = false;
      if (!reading_) {
        reading_ = true;
        StartRead();
      }
      if (broken_) {
        FinishWhenQuiet();
      }
      return Event::kWritten;
    }
    if (!FromBytes(bytes_, answer)) {
      unreadable_ = true;
      broken_ = true;
      context_.TryCancel();
      FinishWhenQuiet();
      return Event::kNothing;
    }
    StartRead();
    return Event::kAnswer;
  }

  const RpcStatus& status() const override { return status_; }

 private:
  enum TagKind : intptr_t { kTagWrite = 1, kTagRead = 2, kTagFinish = 3 };

  static void* Tag(TagKind kind) { return reinterpret_cast<void*>(static_cast<intptr_t>(kind)); }

  void StartRead() {
    ++pending_;
    call_->Read(&bytes_, Tag(kTagRead));
  }

  // Finish() may stand beside nothing else that could still fill our buffers.
  void FinishWhenQuiet() {
    if (pending_ == 0 && !finishing_) {
      finishing_ = true;
      ++pending_;
      call_->Finish(&grpc_status_, Tag(kTagFinish));
    }
  }

  const Endpoint* const endpoint_;  // the client's
  const MethodDescriptor& method_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  grpc::ByteBuffer bytes_;
  grpc::Status grpc_status_;
  RpcStatus status_;
  int pending_ = 0;  // operations in the queue
  bool write_pending_ = false;
  bool writes_done_ = false;
  bool reading_ = false;
  bool broken_ = false;  // an operation failed: nothing more will come
  bool unreadable_ = false;
  bool finishing_ = false;
  bool closed_ = false;
};

class GrpcClient final : public Client {
 public:
  GrpcClient(const Endpoint& endpoint, const std::shared_ptr<grpc::Channel>& channel)
      : endpoint_(endpoint), stub_(channel) {}

  RpcStatus CallBlocking(std::string_view method_name,
                         const Message& request,
                         Message* response,
                         int64_t timeout_ms) override {
    const MethodDescriptor& method = Method(method_name);
    GH_CHECK(request.GetDescriptor() == method.input_type(), method_name);
    GH_CHECK(response->GetDescriptor() == method.output_type(), method_name);

    grpc::ClientContext context;
    context.set_deadline(InMs(timeout_ms));
    grpc::CompletionQueue queue;
    grpc::ByteBuffer bytes;
    grpc::Status status;
    auto call = stub_.PrepareUnaryCall(&context, Path(method), ToBytes(request), &queue);
    call->StartCall();
    call->Finish(&bytes, &status, nullptr);
    bool interrupted = false;
    void* tag = nullptr;
    bool ok = false;
    while (queue.AsyncNext(&tag, &ok, InMs(kInterruptPollMs)) != grpc::CompletionQueue::GOT_EVENT) {
      if (Interrupted() && !interrupted) {
        interrupted = true;
        context.TryCancel();
      }
    }
    queue.Shutdown();
    RpcStatus out = ToRpcStatus(status);
    out.interrupted = interrupted;
    AddHint(endpoint_, &out);
    if (out.ok() && !FromBytes(bytes, response)) {
      return Unreadable(method);
    }
    return out;
  }

  std::unique_ptr<CallStream> StartStream(std::string_view method) override {
    return std::make_unique<GrpcCallStream>(&endpoint_, &stub_, Method(method));
  }

 private:
  const Endpoint endpoint_;
  grpc::GenericStub stub_;
};

}  // namespace

std::unique_ptr<Client> Client::Create(const Endpoint& endpoint) {
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (!endpoint.plaintext) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = endpoint.ca_pem;
    options.pem_cert_chain = endpoint.cert_pem;
    options.pem_private_key = endpoint.key_pem;
    credentials = grpc::SslCredentials(options);
  }
  grpc::ChannelArguments arguments;
  arguments.SetUserAgentPrefix("gonghuictl");
  // A page of 1,000 members with long names is larger than the default 4 MiB
  // only when something is wrong; a merged answer never travels.
  arguments.SetMaxReceiveMessageSize(16 * 1024 * 1024);
  return std::make_unique<GrpcClient>(
      endpoint, grpc::CreateCustomChannel(endpoint.target, credentials, arguments));
}

}  // namespace gonghui::ctl
