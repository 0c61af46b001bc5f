// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A server with canned answers, behind the real contract, for tests of programs
// that call one.  It keeps what is imported, and nothing else.
//
// Ids that begin with certain words ask for trouble:
//   member   NONE...      NOT_FOUND       FINAL... FAILED_PRECONDITION
//   programme, draft      likewise
//   union    BAD...       a row that names it is rejected; so is a member who gets a voucher
//   terminal DENIED...    PERMISSION_DENIED
//            SLOW...      no answer before the deadline
//            FULL...      RESOURCE_EXHAUSTED with RetryInfo
//            REFUSE...    refunds are declined; so are advices and closes of a batch
//            BREAKS...    a stream of advices ends with UNAVAILABLE after one answer
//   card     9...         declined; may use nothing; its advices cost the acquirer
//            8...         its advices are answered with an error of the card number

#ifndef GONGHUI_TESTS_E2E_CTL_FAKE_SERVER_H_
#define GONGHUI_TESTS_E2E_CTL_FAKE_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gonghui/v1/authorization_service.pb.h"
#include "gonghui/v1/member_service.pb.h"
#include "gonghui/v1/programme_service.pb.h"
#include "tests/e2e/ctl/certificates.h"
#include "tests/e2e/ctl/occasion_calls.h"

namespace gonghui::testing_e2e {

class FakeServer {
 public:
  // Listens on both at once; files in `folder`.
  FakeServer(const std::string& folder, const Certificates& certificates);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  [[nodiscard]] std::string target() const;  // "unix:..."
  // As target(), with TLS and a demand for a client certificate.
  [[nodiscard]] std::string tls_target() const;

  // After so many import messages (of all imports), the next one ends its call
  // with UNAVAILABLE or is never answered.
  void FailImportsAfter(size_t messages);
  void StallImportsAfter(size_t messages);

  // After so many calls of a kind, codes and grants are answered with UNAVAILABLE.
  void FailVouchersAfter(size_t calls);
  void LoseVoucherAnswers(bool lose);

  // Of lists of cards and of funds only the first page is to be had.
  void FailListsAfterFirstPage(bool fail);

  [[nodiscard]] OccasionCalls occasions() const;
  [[nodiscard]] size_t import_message_count() const;
  [[nodiscard]] std::vector<v1::Member> members() const;
  [[nodiscard]] size_t authorize_count() const;
  [[nodiscard]] size_t slow_call_count() const;
  [[nodiscard]] v1::AuthorizeRequest last_authorize() const;
  [[nodiscard]] v1::CaptureRequest last_capture() const;
  [[nodiscard]] v1::ReverseRequest last_reverse() const;
  [[nodiscard]] v1::IncrementAuthorizationRequest last_increment() const;
  [[nodiscard]] v1::RefundRequest last_refund() const;
  [[nodiscard]] v1::GetEntitlementsRequest last_entitlements() const;
  [[nodiscard]] v1::GetMemberEntitlementsRequest last_member_entitlements() const;
  [[nodiscard]] v1::ApplyProgrammeRequest last_apply() const;
  [[nodiscard]] v1::StageProgrammeRequest last_stage() const;
  [[nodiscard]] v1::RollbackProgrammeRequest last_rollback() const;
  [[nodiscard]] v1::CompareProgrammeVersionsRequest last_compare() const;
  [[nodiscard]] v1::SaveDraftRequest last_draft() const;
  [[nodiscard]] std::vector<v1::SubmitAdvicesRequest> advice_messages() const;
  [[nodiscard]] v1::CloseBatchRequest last_close() const;
  [[nodiscard]] size_t change_count() const;  // of status, cards, programmes

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace gonghui::testing_e2e

#endif  // GONGHUI_TESTS_E2E_CTL_FAKE_SERVER_H_
