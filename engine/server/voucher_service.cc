// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <openssl/rand.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <absl/strings/str_cat.h>
#include <grpcpp/grpcpp.h>

#include "engine/programmes/voucher_code.h"
#include "engine/server/operator_call.h"
#include "engine/server/operator_services.h"
#include "engine/server/programme_warnings.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate.h"
#include "engine/server/translate_vouchers.h"
#include "gonghui/v1/voucher_service.grpc.pb.h"

namespace gonghui {
namespace {

// Of a member and a series: a chain of so many is copied at a time.
constexpr size_t kMemberVouchersMax = 1'000;
constexpr uint32_t kSeriesPerLookMax = 1'000;
constexpr size_t kMembersPerLook = 32;

grpc::Status NoRandomBytes() {
  Refusal refusal;
  refusal.code = StatusCode::kInternal;
  refusal.reason = "NO_RANDOM_BYTES";
  refusal.message = "the system gives no random bytes, so no code was made";
  return ToGrpcStatus(refusal);
}

// Which of the call's items a refusal is about, e.g. "grants[2].member_id".
std::string ItemField(const Result& result, std::string_view items, std::string_view member_field) {
  const std::string item = absl::StrCat(std::string(items), "[", result.index, "]");
  switch (result.field) {
    case Field::kMember:
      return absl::StrCat(item, std::string(member_field));
    case Field::kVoucher:
    case Field::kVouchers:
    case Field::kDraw:
      return item;
    default:
      return std::string(FieldName(result.field));
  }
}

class VoucherService final : public v1::VoucherService::Service {
 public:
  explicit VoucherService(const OperatorContext& context)
      : engine_(context.engine), clock_(context.clock) {}

  grpc::Status IssueCodes(grpc::ServerContext* /*context*/,
                          const v1::IssueCodesRequest* request,
                          v1::IssueCodesResponse* response) override {
    VouchersToIssue made;
    RowError error;
    if (!FromProto(*request, &made, &error)) {
      return ToGrpcStatus(error);
    }
    // Between the look and the issue nobody else may issue.
    const std::lock_guard<std::mutex> lock(issuing_);
    if (request->member_ids_size() > 0 && !request->again()) {
      const grpc::Status has_none = CheckHaveNone(made.request);
      if (!has_none.ok()) {
        return has_none;
      }
    }
    // Before any are made: what may fail afterwards would hide the codes.
    std::vector<Programme> versions;
    grpc::Status status = CopyLiveVersions(engine_, &versions);
    if (!status.ok()) {
      return status;
    }
    std::vector<VoucherCode> codes;
    if (!MakeCodes(made.vouchers.size(), &codes)) {
      return NoRandomBytes();
    }
    for (size_t i = 0; i < codes.size(); ++i) {
      made.vouchers[i].key = codes[i].key;
    }
    Result result;
    status = Issue(made.request, request->validate_only(), &result, [](const Result& refused) {
      return ItemField(refused, "member_ids", "");
    });
    if (!status.ok()) {
      return status;
    }
    AddWarnings(engine_->names(),
                VoucherForm::kCode,
                made.request,
                versions,
                TimestampNs{clock_->NowNs()},
                response->mutable_warnings());
    if (request->validate_only()) {
      return status;
    }
    for (size_t i = 0; i < codes.size(); ++i) {
      v1::IssuedCode* const added = response->add_codes();
      added->set_voucher_code(codes[i].text);
      if (!made.vouchers[i].member.IsNone()) {
        added->set_member_id(TextOf(made.vouchers[i].member));
      }
      added->set_voucher_key(VoucherKeyText(codes[i].key));
    }
    return status;
  }

  grpc::Status GrantVouchers(grpc::ServerContext* /*context*/,
                             const v1::GrantVouchersRequest* request,
                             v1::GrantVouchersResponse* response) override {
    VouchersToIssue made;
    RowError error;
    if (!FromProto(*request, &made, &error)) {
      return ToGrpcStatus(error);
    }
    Result result;
    const grpc::Status status =
        Issue(made.request, request->validate_only(), &result, [](const Result& refused) {
          return ItemField(refused, "grants", ".member_id");
        });
    if (status.ok() && result.verdict == Verdict::kDecided) {
      response->set_created_count(result.index);
      AddGrantWarnings(made.request, response->mutable_warnings());
    }
    return status;
  }

  grpc::Status VoidVouchers(grpc::ServerContext* /*context*/,
                            const v1::VoidVouchersRequest* request,
                            v1::VoidVouchersResponse* response) override {
    std::vector<VoucherKey> keys;
    RowError error;
    if (!FromProto(*request, &keys, &error)) {
      return ToGrpcStatus(error);
    }
    const VoidVouchersRequest asked{keys};
    Command command;
    command.kind = CommandKind::kVoidVouchers;
    command.validate_only = request->validate_only();
    command.void_vouchers = &asked;
    Result result;
    const grpc::Status status = RunOne(engine_, command, &result, [](const Result& refused) {
      return ItemField(refused, "voucher_keys", "");
    });
    if (status.ok() && result.verdict == Verdict::kDecided) {
      response->set_voided_count(result.index);
    }
    return status;
  }

  grpc::Status GetVoucher(grpc::ServerContext* /*context*/,
                          const v1::GetVoucherRequest* request,
                          v1::GetVoucherResponse* response) override {
    VoucherKey key;
    RowError error;
    if (!FromProto(*request, &key, &error)) {
      return ToGrpcStatus(error);
    }
    VoucherRow row;
    Voucher voucher;
    const grpc::Status status = Inspect(engine_, [&](const Ledger& ledger) {
      row = ledger.FindVoucher(key);
      voucher = ledger.vouchers()[row];
    });
    if (!status.ok()) {
      return status;
    }
    if (row == VoucherRow{}) {
      return ToGrpcStatus(NotFound("voucher",
                                   !request->voucher_key().empty()    ? "voucher_key"
                                   : !request->voucher_code().empty() ? "voucher_code"
                                                                      : "event_id"));
    }
    ToProto(engine_->names(), voucher, response->mutable_voucher());
    return status;
  }

  grpc::Status ListMemberVouchers(grpc::ServerContext* /*context*/,
                                  const v1::ListMemberVouchersRequest* request,
                                  v1::ListMemberVouchersResponse* response) override {
    const auto member_id = ParseCode<MemberId>(request->member_id());
    if (!member_id.has_value()) {
      return ToGrpcStatus(
          InvalidArgument("member_id", "must be 1 to 16 characters of [A-Za-z0-9._:-]"));
    }
    SeriesCode code;
    grpc::Status status = ReadSeries(request->series_code(), &code);
    if (!status.ok()) {
      return status;
    }
    MemberRow member;
    VoucherSeriesRow first{1};
    VoucherSeriesRow last;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      member = ledger.FindMember(*member_id);
      last = VoucherSeriesRow{ledger.voucher_series().size()};
      if (!code.IsNone()) {
        first = last = ledger.FindVoucherSeries(code);
      }
    });
    if (!status.ok()) {
      return status;
    }
    if (member == MemberRow{}) {
      return ToGrpcStatus(NotFound("member", "member_id"));
    }
    if (first == VoucherSeriesRow{}) {
      return ToGrpcStatus(NotFound("series", "series_code"));
    }
    std::vector<Voucher> found;
    while (status.ok() && first <= last && found.size() <= kMemberVouchersMax) {
      const VoucherSeriesRow until{std::min(last.value(), first.value() + kSeriesPerLookMax - 1)};
      status = Inspect(engine_, [&](const Ledger& ledger) {
        CopyVouchersOf(ledger, member, first, until, &found);
      });
      first = VoucherSeriesRow{until.value() + 1};
    }
    response->set_truncated(found.size() > kMemberVouchersMax);
    found.resize(std::min(found.size(), kMemberVouchersMax));
    for (const Voucher& voucher : found) {
      ToProto(engine_->names(), voucher, response->add_vouchers());
    }
    return status;
  }

  grpc::Status ListVouchers(grpc::ServerContext* /*context*/,
                            const v1::ListVouchersRequest* request,
                            v1::ListVouchersResponse* response) override {
    Page page;
    SeriesCode code;
    grpc::Status status = ReadPage(request->page_size(), request->page_token(), &page);
    if (status.ok() && request->series_code().empty()) {
      status = ToGrpcStatus(InvalidArgument("series_code", "is required"));
    }
    if (status.ok() && !v1::VoucherState_IsValid(request->state())) {
      status = ToGrpcStatus(InvalidArgument("state", "is not a value of VoucherState"));
    }
    if (status.ok()) {
      status = ReadSeries(request->series_code(), &code);
    }
    if (!status.ok()) {
      return status;
    }
    VoucherSeriesRow series;
    std::vector<Voucher> found;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      series = ledger.FindVoucherSeries(code);
      if (series == VoucherSeriesRow{}) {
        return;
      }
      response->set_next_page_token(
          CopyPage(ledger.vouchers(), page, [&](VoucherRow /*row*/, const Voucher& voucher) {
            const bool wanted = voucher.series == series &&
                                (request->state() == v1::VOUCHER_STATE_UNSPECIFIED ||
                                 voucher.state == static_cast<VoucherState>(request->state()));
            if (wanted) {
              found.push_back(voucher);
            }
            return wanted;
          }));
    });
    if (status.ok() && series == VoucherSeriesRow{}) {
      return ToGrpcStatus(NotFound("series", "series_code"));
    }
    for (const Voucher& voucher : found) {
      ToProto(engine_->names(), voucher, response->add_vouchers());
    }
    return status;
  }

  grpc::Status ListVoucherSeries(grpc::ServerContext* /*context*/,
                                 const v1::ListVoucherSeriesRequest* request,
                                 v1::ListVoucherSeriesResponse* response) override {
    Page page;
    grpc::Status status = ReadPage(request->page_size(), request->page_token(), &page);
    if (!status.ok()) {
      return status;
    }
    std::vector<VoucherSeries> found;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      response->set_next_page_token(
          CopyPage(ledger.voucher_series(),
                   page,
                   [&found](VoucherSeriesRow /*row*/, const VoucherSeries& series) {
                     found.push_back(series);
                     return true;
                   }));
    });
    for (const VoucherSeries& series : found) {
      ToProto(series, response->add_series());
    }
    return status;
  }

 private:
  using LiveVersions = std::shared_ptr<const std::vector<Programme>>;

  // Of vouchers that are granted already: when the look fails, what was granted stands, and only
  // the warning is not told.
  void AddGrantWarnings(const IssueVouchersRequest& request, WarningRows* warnings) {
    const TimestampNs now{clock_->NowNs()};
    if (const LiveVersions versions = LiveVersionsOfLate(now); versions != nullptr) {
      AddWarnings(engine_->names(), VoucherForm::kGrant, request, *versions, now, warnings);
    }
  }

  // At most a second old, because other systems send their grants one by one: a look at all
  // programmes for each would take the ledger thread's time from who taps a card.  Null when
  // the look failed.
  LiveVersions LiveVersionsOfLate(TimestampNs now) {
    const std::lock_guard<std::mutex> lock(live_mutex_);
    const int64_t age_ns = now.value() - live_at_.value();
    // Less than none: the clock was set.
    if (live_ == nullptr || age_ns < 0 || age_ns >= kNsPerSecond) {
      std::vector<Programme> versions;
      live_ = CopyLiveVersions(engine_, &versions).ok()
                  ? std::make_shared<const std::vector<Programme>>(std::move(versions))
                  : nullptr;
      live_at_ = now;
    }
    return live_;
  }

  // Refuses a member who has one of this series and times already, or is there twice: a
  // bound voucher is used by the card, too, so one that is issued again is another right.
  grpc::Status CheckHaveNone(const IssueVouchersRequest& request) {
    std::optional<size_t> has_one;
    std::set<MemberId> seen;
    for (size_t i = 0; i < request.vouchers.size() && !has_one.has_value(); ++i) {
      if (!seen.insert(request.vouchers[i].member).second) {
        has_one = i;
      }
    }
    for (size_t i = 0; i < request.vouchers.size() && !has_one.has_value(); i += kMembersPerLook) {
      const grpc::Status status = Inspect(engine_, [&](const Ledger& ledger) {
        const VoucherSeriesRow series = ledger.FindVoucherSeries(request.series);
        for (size_t j = i; j < std::min(i + kMembersPerLook, request.vouchers.size()); ++j) {
          if (series != VoucherSeriesRow{} &&
              HasOne(ledger, ledger.FindMember(request.vouchers[j].member), series, request)) {
            has_one = j;
            return;
          }
        }
      });
      if (!status.ok()) {
        return status;
      }
    }
    if (!has_one.has_value()) {
      return grpc::Status::OK;
    }
    Refusal refusal;
    refusal.code = StatusCode::kAlreadyExists;
    refusal.reason = "ALREADY_EXISTS";
    refusal.field = absl::StrCat("member_ids[", *has_one, "]");
    refusal.message = absl::StrCat(refusal.field,
                                   ": the member has a voucher of this series with these times "
                                   "already; take it back first, or set again to give another one "
                                   "(该会员已有此券，请先作废，或确认再发一张)");
    return ToGrpcStatus(refusal);
  }

  // On the ledger thread.  One that was taken back does not count.
  static bool HasOne(const Ledger& ledger,
                     MemberRow member,
                     VoucherSeriesRow series,
                     const IssueVouchersRequest& request) {
    if (member == MemberRow{}) {
      return false;  // is refused later
    }
    for (VoucherRow row = ledger.NewestVoucherOf(member, series); row != VoucherRow{};
         row = ledger.vouchers()[row].previous) {
      const Voucher& voucher = ledger.vouchers()[row];
      if (voucher.state != VoucherState::kVoid && voucher.valid_from == request.valid_from &&
          voucher.expires_at == request.expires_at) {
        return true;
      }
    }
    return false;
  }

  // False: the system has no random bytes.
  static bool MakeCodes(size_t count, std::vector<VoucherCode>* codes) {
    std::vector<uint8_t> random(count * kVoucherCodeRandomBytes);
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) {
      return false;
    }
    for (size_t i = 0; i < count; ++i) {
      codes->push_back(MakeVoucherCode(std::span<const uint8_t, kVoucherCodeRandomBytes>(
          random.data() + i * kVoucherCodeRandomBytes, kVoucherCodeRandomBytes)));
    }
    return true;
  }

  // Empty = none.
  static grpc::Status ReadSeries(const std::string& text, SeriesCode* series) {
    if (text.empty()) {
      return grpc::Status::OK;
    }
    const auto parsed = ParseCode<SeriesCode>(text);
    if (!parsed.has_value()) {
      return ToGrpcStatus(
          InvalidArgument("series_code", "must be 1 to 32 characters of [A-Za-z0-9._:-]"));
    }
    *series = *parsed;
    return grpc::Status::OK;
  }

  grpc::Status Issue(const IssueVouchersRequest& request,
                     bool validate_only,
                     Result* result,
                     const std::function<std::string(const Result&)>& field_of) {
    Command command;
    command.kind = CommandKind::kIssueVouchers;
    command.validate_only = validate_only;
    command.issue_vouchers = &request;
    return RunOne(engine_, command, result, field_of);
  }

  // On the ledger thread.  One more than are shown tells that there are more.
  static void CopyVouchersOf(const Ledger& ledger,
                             MemberRow member,
                             VoucherSeriesRow first,
                             VoucherSeriesRow last,
                             std::vector<Voucher>* found) {
    for (uint32_t series = first.value(); series <= last.value(); ++series) {
      VoucherRow row = ledger.NewestVoucherOf(member, VoucherSeriesRow{series});
      while (row != VoucherRow{} && found->size() <= kMemberVouchersMax) {
        found->push_back(ledger.vouchers()[row]);
        row = found->back().previous;
      }
    }
  }

  Engine* const engine_;
  const Clock* const clock_;
  std::mutex issuing_;  // IssueCodes()
  std::mutex live_mutex_;
  LiveVersions live_;    // guarded by live_mutex_, as is the next
  TimestampNs live_at_;  // when it was looked at
};

}  // namespace

std::unique_ptr<grpc::Service> MakeVoucherService(const OperatorContext& context) {
  return std::make_unique<VoucherService>(context);
}

}  // namespace gonghui
