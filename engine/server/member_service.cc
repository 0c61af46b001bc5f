// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "engine/server/member_entitlements.h"
#include "engine/server/operator_call.h"
#include "engine/server/operator_services.h"
#include "engine/server/text_codec.h"
#include "engine/server/translate_rows.h"
#include "gonghui/v1/member_service.grpc.pb.h"

namespace gonghui {
namespace {

constexpr size_t kCardsShownMax = 100;

template <class Request, class Response>
using Stream = grpc::ServerReaderWriter<Response, Request>;

class MemberService final : public v1::MemberService::Service {
 public:
  explicit MemberService(const OperatorContext& context)
      : engine_(context.engine), personal_data_(context.personal_data) {}

  // ---- Union nodes and segments -----------------------------------------------

  grpc::Status ImportUnionNodes(
      grpc::ServerContext* /*context*/,
      Stream<v1::ImportUnionNodesRequest, v1::ImportUnionNodesResponse>* stream) override {
    ImportPlan<v1::ImportUnionNodesRequest, v1::ImportUnionNodesResponse, UnionNodeRequest> plan;
    plan.kind = CommandKind::kSetUnionNode;
    plan.row_count = [](const auto& request) { return request.union_nodes_size(); };
    plan.make = [](const auto& request, int row, UnionNodeRequest* made, RowError* error) {
      return FromProto(request.union_nodes(row), made, error);
    };
    plan.attach = [](Command* command, const UnionNodeRequest* made) {
      command->union_node = made;
    };
    return RunImport(engine_, stream, plan);
  }

  grpc::Status ListUnionNodes(grpc::ServerContext* /*context*/,
                              const v1::ListUnionNodesRequest* request,
                              v1::ListUnionNodesResponse* response) override {
    Page page;
    grpc::Status status = ReadPage(request->page_size(), request->page_token(), &page);
    if (!status.ok()) {
      return status;
    }
    std::vector<UnionNode> nodes;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      response->set_next_page_token(
          CopyPage(ledger.union_nodes(), page, [&nodes](UnionNodeRow, const UnionNode& node) {
            nodes.push_back(node);
            return true;
          }));
    });
    for (const UnionNode& node : nodes) {
      ToProto(engine_->names(), node, response->add_union_nodes());
    }
    return status;
  }

  grpc::Status ImportSegments(
      grpc::ServerContext* /*context*/,
      Stream<v1::ImportSegmentsRequest, v1::ImportSegmentsResponse>* stream) override {
    ImportPlan<v1::ImportSegmentsRequest, v1::ImportSegmentsResponse, SegmentRequest> plan;
    plan.kind = CommandKind::kDefineSegment;
    plan.rows_max = static_cast<int>(kSegmentsMax);
    plan.row_count = [](const auto& request) { return request.segments_size(); };
    plan.make = [](const auto& request, int row, SegmentRequest* made, RowError* error) {
      return FromProto(request.segments(row), made, error);
    };
    plan.attach = [](Command* command, const SegmentRequest* made) { command->segment = made; };
    return RunImport(engine_, stream, plan);
  }

  grpc::Status ListSegments(grpc::ServerContext* /*context*/,
                            const v1::ListSegmentsRequest* /*request*/,
                            v1::ListSegmentsResponse* response) override {
    std::vector<Segment> segments;
    const grpc::Status status = CopySegments(&segments);
    for (const Segment& segment : segments) {
      ToProto(segment, response->add_segments());
    }
    return status;
  }

  // ---- Members ------------------------------------------------------------------

  grpc::Status ImportMembers(
      grpc::ServerContext* /*context*/,
      Stream<v1::ImportMembersRequest, v1::ImportMembersResponse>* stream) override {
    ImportPlan<v1::ImportMembersRequest, v1::ImportMembersResponse, MemberRequest> plan;
    MemberFields fields;
    std::optional<std::vector<Segment>> segments;  // when a row names one that is not there
    plan.kind = CommandKind::kSetMember;
    plan.row_count = [](const auto& request) { return request.members_size(); };
    plan.begin = [&fields](const auto& request) { return ReadMask(request, &fields); };
    plan.make = [&fields](const auto& request, int row, MemberRequest* made, RowError* error) {
      const v1::Member& member = request.members(row);
      made->reactivate = request.reactivate();
      PersonalData data;  // looked at before the member is made, stored after
      return FromProto(member, made, error, fields) &&
             (!member.has_personal_data() || FromProto(member.personal_data(), &data, error));
    };
    plan.attach = [](Command* command, const MemberRequest* made) { command->member = made; };
    plan.finish = [this, &fields, &segments](const v1::ImportMembersRequest& request,
                                             std::span<const int> rows,
                                             std::span<Result> results) {
      segments.reset();
      if (std::any_of(results.begin(), results.end(), NamesUnknownSegment)) {
        // The rows are decided: without this look their refusals say less, and that is all.
        if (!CopySegments(&segments.emplace()).ok()) {
          segments.reset();
        }
      }
      return StorePersonalData(request, fields, rows, results);
    };
    plan.explain = [&segments](const MemberRequest& member, const Result& result, RowError* error) {
      if (segments.has_value() && NamesUnknownSegment(result)) {
        error->description = UnknownSegmentsInWords(member, result, *segments);
      }
    };
    return RunImport(engine_, stream, plan);
  }

  grpc::Status GetMember(grpc::ServerContext* /*context*/,
                         const v1::GetMemberRequest* request,
                         v1::GetMemberResponse* response) override {
    std::optional<MemberId> id;
    std::optional<CardNumber> card;
    if (request->member_id().empty() == request->card_number().empty()) {
      return ToGrpcStatus(
          InvalidArgument("member_id", "exactly one of member_id and card_number must be given"));
    }
    if (!request->member_id().empty()) {
      id = ParseCode<MemberId>(request->member_id());
      if (!id.has_value()) {
        return ToGrpcStatus(
            InvalidArgument("member_id", "must be 1 to 16 characters of [A-Za-z0-9._:-]"));
      }
    } else {
      card = ParseCardNumber(request->card_number());
      if (!card.has_value()) {
        return ToGrpcStatus(
            InvalidArgument("card_number", "must be 8 to 19 digits, the first not 0"));
      }
    }
    MemberView view;
    uint32_t card_count = 0;
    grpc::Status status = Inspect(engine_, [&](const Ledger& ledger) {
      view.row =
          id.has_value() ? ledger.FindMember(*id) : ledger.cards()[ledger.FindCard(*card)].member;
      card_count = ledger.cards().size();
      if (view.row != MemberRow{}) {
        view = ViewLiveMember(ledger, view.row);
      }
    });
    if (!status.ok()) {
      return status;
    }
    if (view.row == MemberRow{}) {
      return id.has_value() ? ToGrpcStatus(NotFound("member", "member_id"))
                            : ToGrpcStatus(NotFound("card", "card_number"));
    }
    status = FillMember(view, response->mutable_member());
    if (!status.ok()) {
      return status;
    }
    const Ledger& names = engine_->names();
    cards_of_.Extend(card_count,
                     [&names](uint32_t row) { return names.cards()[CardRow{row}].member.value(); });
    const std::vector<uint32_t> rows = cards_of_.ChildrenOf(view.row.value(), kCardsShownMax);
    std::vector<Card> cards;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      for (const uint32_t row : rows) {
        cards.push_back(ledger.cards()[CardRow{row}]);
      }
    });
    for (const Card& shown : cards) {
      ToProto(names, shown, response->add_cards());
    }
    return status;
  }

  grpc::Status GetMemberEntitlements(grpc::ServerContext* /*context*/,
                                     const v1::GetMemberEntitlementsRequest* request,
                                     v1::GetMemberEntitlementsResponse* response) override {
    return GetMemberEntitlementsBlocking(engine_, *request, response);
  }

  grpc::Status ListMembers(grpc::ServerContext* /*context*/,
                           const v1::ListMembersRequest* request,
                           v1::ListMembersResponse* response) override {
    Page page;
    grpc::Status status = ReadPage(request->page_size(), request->page_token(), &page);
    if (!status.ok()) {
      return status;
    }
    UnionNodeId root;
    if (!request->union_node_id().empty()) {
      const auto parsed = ParseCode<UnionNodeId>(request->union_node_id());
      if (!parsed.has_value()) {
        return ToGrpcStatus(
            InvalidArgument("union_node_id", "must be 1 to 16 characters of [A-Za-z0-9._:-]"));
      }
      root = *parsed;
    }
    bool root_found = true;
    std::vector<MemberView> views;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      const UnionNodeRow root_row = root.IsNone() ? UnionNodeRow{} : ledger.FindUnionNode(root);
      root_found = root.IsNone() || root_row != UnionNodeRow{};
      if (!root_found) {
        return;
      }
      response->set_next_page_token(
          CopyPage(ledger.members(), page, [&](MemberRow row, const Member& member) {
            if (!ledger.IsInside(member.union_node, root_row)) {
              return false;
            }
            views.push_back(ViewLiveMember(ledger, row));
            return true;
          }));
    });
    if (status.ok() && !root_found) {
      return ToGrpcStatus(NotFound("union node", "union_node_id"));
    }
    for (const MemberView& view : views) {
      if (status.ok()) {
        status = FillMember(view, response->add_members());
      }
    }
    return status;
  }

  grpc::Status SetMemberStatus(grpc::ServerContext* /*context*/,
                               const v1::SetMemberStatusRequest* request,
                               v1::SetMemberStatusResponse* response) override {
    const auto id = ParseCode<MemberId>(request->member_id());
    if (!id.has_value()) {
      return ToGrpcStatus(
          InvalidArgument("member_id", "must be 1 to 16 characters of [A-Za-z0-9._:-]"));
    }
    if (request->status() == v1::MEMBER_STATUS_UNSPECIFIED ||
        !v1::MemberStatus_IsValid(request->status())) {
      return ToGrpcStatus(InvalidArgument("status", "is required, a value of MemberStatus"));
    }
    const MemberStatusRequest change{*id, static_cast<MemberStatus>(request->status())};
    Command command;
    command.kind = CommandKind::kSetMemberStatus;
    command.validate_only = request->validate_only();
    command.member_status = &change;
    MemberRow row;
    grpc::Status status = RunOne(command, &row);
    if (!status.ok()) {
      return status;
    }
    MemberView view;
    status = Inspect(engine_, [&](const Ledger& ledger) { view = ViewLiveMember(ledger, row); });
    return status.ok() ? FillMember(view, response->mutable_member()) : status;
  }

  // ---- Cards ----------------------------------------------------------------------

  grpc::Status ImportCards(
      grpc::ServerContext* /*context*/,
      Stream<v1::ImportCardsRequest, v1::ImportCardsResponse>* stream) override {
    ImportPlan<v1::ImportCardsRequest, v1::ImportCardsResponse, CardRequest> plan;
    CardFields fields;
    plan.kind = CommandKind::kSetCard;
    plan.row_count = [](const auto& request) { return request.cards_size(); };
    plan.begin = [&fields](const auto& request) { return ReadMask(request, &fields); };
    plan.make = [&fields](const auto& request, int row, CardRequest* made, RowError* error) {
      made->reactivate = request.reactivate();
      return FromProto(request.cards(row), made, error, fields);
    };
    plan.attach = [](Command* command, const CardRequest* made) { command->card = made; };
    return RunImport(engine_, stream, plan);
  }

  grpc::Status GetCard(grpc::ServerContext* /*context*/,
                       const v1::GetCardRequest* request,
                       v1::GetCardResponse* response) override {
    return FillCard(request->card_number(), "card_number", response->mutable_card());
  }

  grpc::Status ListCards(grpc::ServerContext* /*context*/,
                         const v1::ListCardsRequest* request,
                         v1::ListCardsResponse* response) override {
    Page page;
    grpc::Status status = ReadPage(request->page_size(), request->page_token(), &page);
    if (!status.ok()) {
      return status;
    }
    std::vector<Card> cards;
    status = Inspect(engine_, [&](const Ledger& ledger) {
      response->set_next_page_token(
          CopyPage(ledger.cards(), page, [&cards](CardRow, const Card& card) {
            cards.push_back(card);
            return true;
          }));
    });
    for (const Card& card : cards) {
      ToProto(engine_->names(), card, response->add_cards());
    }
    return status;
  }

  grpc::Status SetCardStatus(grpc::ServerContext* /*context*/,
                             const v1::SetCardStatusRequest* request,
                             v1::SetCardStatusResponse* response) override {
    const auto number = ParseCardNumber(request->card_number());
    if (!number.has_value()) {
      return ToGrpcStatus(
          InvalidArgument("card_number", "must be 8 to 19 digits, the first not 0"));
    }
    if (request->status() == v1::CARD_STATUS_UNSPECIFIED ||
        !v1::CardStatus_IsValid(request->status())) {
      return ToGrpcStatus(InvalidArgument("status", "is required, a value of CardStatus"));
    }
    const CardStatusRequest change{*number, static_cast<CardStatus>(request->status())};
    Command command;
    command.kind = CommandKind::kSetCardStatus;
    command.validate_only = request->validate_only();
    command.card_status = &change;
    CardRow row;
    const grpc::Status status = RunOne(command, &row);
    return status.ok() ? FillCard(request->card_number(), "card_number", response->mutable_card())
                       : status;
  }

  grpc::Status ReplaceCard(grpc::ServerContext* /*context*/,
                           const v1::ReplaceCardRequest* request,
                           v1::ReplaceCardResponse* response) override {
    ReplaceCardRequest change;
    const auto old_number = ParseCardNumber(request->old_card_number());
    if (!old_number.has_value()) {
      return ToGrpcStatus(
          InvalidArgument("old_card_number", "must be 8 to 19 digits, the first not 0"));
    }
    change.old_card = *old_number;
    RowError error;
    if (!FromProto(request->new_card(), &change.new_card, &error)) {
      error.field = "new_card." + error.field;
      return ToGrpcStatus(error);
    }
    change.new_card.keep = CardKeeps{};  // nothing of it stands yet
    Command command;
    command.kind = CommandKind::kReplaceCard;
    command.validate_only = request->validate_only();
    command.replace_card = &change;
    CardRow row;
    grpc::Status status = RunOne(command, &row);
    if (!status.ok() || request->validate_only()) {
      return status;
    }
    status = FillCard(request->old_card_number(), "old_card_number", response->mutable_old_card());
    return status.ok() ? FillCard(request->new_card().card_number(),
                                  "new_card.card_number",
                                  response->mutable_new_card())
                       : status;
  }

 private:
  // All: there are at most kSegmentsMax.
  grpc::Status CopySegments(std::vector<Segment>* segments) {
    return Inspect(engine_, [&](const Ledger& ledger) {
      CopyPage(ledger.segments(), Page{1, kPageRowsMax}, [segments](auto, const Segment& segment) {
        segments->push_back(segment);
        return true;
      });
    });
  }

  // A single command of an operator, with the row that it is about.
  template <class RowId>
  grpc::Status RunOne(const Command& command, RowId* row) {
    Result result;
    grpc::Status status = RunTogether(engine_, {&command, 1}, {&result, 1});
    RowError error;
    if (status.ok() && result.verdict == Verdict::kRefused &&
        result.admin_reason == AdminReason::kUnknownReference) {
      // What the command is about, not what a row refers to: there is nothing to import.
      return ToGrpcStatus(result.field == Field::kMember ? NotFound("member", "member_id")
                                                         : NotFound("card", "card_number"));
    }
    if (status.ok() && IsRejected(result, &error)) {
      return ToGrpcStatus(error);
    }
    *row = RowId{result.row};
    return status;
  }

  grpc::Status FillCard(const std::string& text, std::string_view field, v1::Card* out) {
    const auto number = ParseCardNumber(text);
    if (!number.has_value()) {
      return ToGrpcStatus(InvalidArgument(field, "must be 8 to 19 digits, the first not 0"));
    }
    Card card;
    const grpc::Status status = Inspect(
        engine_, [&](const Ledger& ledger) { card = ledger.cards()[ledger.FindCard(*number)]; });
    if (!status.ok()) {
      return status;
    }
    if (card.number != *number) {
      return ToGrpcStatus(NotFound("card", field));
    }
    ToProto(engine_->names(), card, out);
    return grpc::Status::OK;
  }

  grpc::Status FillMember(const MemberView& view, v1::Member* out) {
    ToProto(engine_->names(), view, out);
    const auto data = personal_data_->GetBlocking(view.row);
    if (!data.ok()) {
      return VaultFailed();
    }
    if (data->has_value()) {
      ToMaskedProto(**data, out->mutable_personal_data());
    }
    return grpc::Status::OK;
  }

  // The members are durable by now.  A crash before this leaves members without
  // personal data; the same import again mends it, because a member that is
  // unchanged passes here too.
  grpc::Status StorePersonalData(const v1::ImportMembersRequest& request,
                                 const MemberFields& fields,
                                 std::span<const int> rows,
                                 std::span<Result> results) {
    const bool all = fields.name && fields.national_id && fields.phone;
    if (!all && !fields.name && !fields.national_id && !fields.phone) {
      return grpc::Status::OK;
    }
    // What a row does not say is read and written again.
    const std::lock_guard<std::mutex> lock(personal_data_mutex_);
    std::vector<PersonalDataStore::Entry> entries;
    for (size_t i = 0; i < results.size(); ++i) {
      const v1::Member& member = request.members(rows[i]);
      RowError error;
      if (!member.has_personal_data() || IsRejected(results[i], &error)) {
        continue;
      }
      PersonalDataStore::Entry entry;
      entry.member = MemberRow{results[i].row};
      if (!FromProto(member.personal_data(), &entry.data, &error)) {
        continue;  // refused before
      }
      const bool is_new = results[i].verdict == Verdict::kDecided && results[i].created;
      if (!is_new && (!all || results[i].verdict == Verdict::kUnchanged)) {
        const auto read = personal_data_->GetBlocking(entry.member);
        if (!read.ok()) {
          return VaultFailed();
        }
        const PersonalData stored = read->value_or(PersonalData());
        entry.data.name = fields.name ? entry.data.name : stored.name;
        entry.data.national_id = fields.national_id ? entry.data.national_id : stored.national_id;
        entry.data.phone = fields.phone ? entry.data.phone : stored.phone;
        if (entry.data == stored && (read->has_value() || !all)) {
          continue;
        }
        results[i].verdict = Verdict::kDecided;  // the row did change something
      }
      entries.push_back(std::move(entry));
    }
    if (request.validate_only() || entries.empty()) {
      return grpc::Status::OK;
    }
    return personal_data_->PutBlocking(entries).ok() ? grpc::Status::OK : VaultFailed();
  }

  // Says nothing of what was to be stored.
  static grpc::Status VaultFailed() {
    Refusal refusal;
    refusal.code = StatusCode::kInternal;
    refusal.reason = "VAULT_FAILED";
    refusal.message = "the vault of personal data could not be used; see the server's log";
    return ToGrpcStatus(refusal);
  }

  Engine* const engine_;
  PersonalDataStore* const personal_data_;
  // Held while personal data is read to be written again: two imports that each say a
  // part of it must not undo one another.
  std::mutex personal_data_mutex_;
  ChildIndex cards_of_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeMemberService(const OperatorContext& context) {
  return std::make_unique<MemberService>(context);
}

}  // namespace gonghui
