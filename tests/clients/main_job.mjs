// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// The main job over the wire.  `run` starts the server and loads the city: see
// gonghui-datagen --help for who is who, tests/programmes for what is offered.

import assert from 'node:assert/strict';
import http2 from 'node:http2';
import {test} from 'node:test';

import {
  activeCards, bufCurl, cardOf, newId, operatorSocket, otherCardOf, refusal, terminalAddress,
  unpackStatus,
} from './client.mjs';
import {
  CONVENIENCE, Code, GATE, HOTEL, RESTAURANT, SUPERMARKET, authorize, expectBad, expectDeclined,
  expectMoney, expectRemembered, sale, stateOf, streamed, terminal, toMs, transactionOf,
} from './scenario.mjs';

const HIGHEST_FARE_FEN = 900;
const FARE_FEN = 500;

// --- health and reflection ---------------------------------------------------------

test('health says SERVING', async () => {
  for (const service of ['', 'gonghui.v1.AuthorizationService']) {
    assert.equal((await terminal.check(service)).status, 'SERVING');
  }
  await assert.rejects(terminal.check('no.such.Service'), {code: Code.NOT_FOUND});
});

test('reflection tells terminals every method, and health can be called by it', async () => {
  const methods = await bufCurl('--list-methods', `http://${terminalAddress}`);
  for (const method of ['Authorize', 'AuthorizeStream', 'Capture', 'CloseBatch',
    'GetEntitlements', 'GetTransaction', 'IncrementAuthorization', 'Quote', 'Refund', 'Reverse',
    'SubmitAdvices']) {
    assert.ok(methods.includes(`gonghui.v1.AuthorizationService/${method}\n`), methods);
  }
  assert.ok(methods.includes('grpc.health.v1.Health/Check'), methods);
  assert.ok(!methods.includes('MemberService'), 'operators\' services are for operators');
  const health = await bufCurl('-d', '{}', `http://${terminalAddress}/grpc.health.v1.Health/Check`);
  assert.equal(JSON.parse(health).status, 'SERVING');
});

test('reflection tells operators every method, on the Unix socket', async () => {
  const socket = ['--unix-socket', operatorSocket];
  const methods = await bufCurl(...socket, '--list-methods', 'http://operator');
  for (const method of ['MemberService/ImportMembers', 'MemberService/GetMemberEntitlements',
    'MerchantService/GetMerchant',
    'ProgrammeService/ApplyProgramme', 'OperationsService/GetStatus']) {
    assert.ok(methods.includes(`gonghui.v1.${method}\n`), methods);
  }
  const member = JSON.parse(await bufCurl(...socket, '-d', '{"member_id": "M0000001"}',
    'http://operator/gonghui.v1.MemberService/GetMember')).member;
  assert.equal(member.memberId, 'M0000001');
  assert.equal(member.joinedOn, '2019-03-01');
  assert.match(member.personalData.name, /^\p{Script=Han}\*+$/u);
});

test('buf describes and makes an authorization from reflection alone', async () => {
  const request = {
    request_id: newId(), terminal_id: SUPERMARKET, card_number: cardOf('M0000002'),
    list_price_fen: 1000, capture: true, transport_data: 'AQI=',
  };
  const url = `http://${terminalAddress}/gonghui.v1.AuthorizationService/Authorize`;
  const answer = JSON.parse(await bufCurl('-d', JSON.stringify(request), url));
  assert.equal(answer.transaction.outcome, 'OUTCOME_APPROVED');
  assert.equal(answer.transaction.subsidyFen, '200');
  assert.equal(answer.transportData, 'AQI=');
  // The same from another client is the same.
  const {request_id: id, terminal_id} = request;
  const {transaction} = await terminal.call('GetTransaction', {terminal_id, request_id: id});
  assert.equal(transaction.transaction_id, answer.transaction.transactionId);
  await assert.rejects(bufCurl('-d', JSON.stringify({...request, list_price_fen: 1001}), url),
    (error) => {
      const said = JSON.parse(error.stderr.slice(error.stderr.indexOf('{')));
      assert.equal(said.code, 'already_exists');
      const info = said.details.find(({type}) => type.endsWith('google.rpc.ErrorInfo'));
      assert.ok(Buffer.from(info.value, 'base64').includes('list_price_fen'), JSON.stringify(said));
      return true;
    });
});

// --- the programmes ------------------------------------------------------------------

test('a metro ride costs 1 fen: the highest fare is held, the real one captured', async () => {
  const entry = newId();
  const hold = await transactionOf(authorize({
    request_id: entry, terminal_id: GATE, card_number: cardOf('M0000001'),
    list_price_fen: HIGHEST_FARE_FEN, pos_entry_mode: 'POS_ENTRY_MODE_CONTACTLESS',
  }));
  assert.equal(hold.outcome, 'OUTCOME_APPROVED');
  assert.equal(hold.state, 'TRANSACTION_STATE_PENDING');
  expectMoney(hold, HIGHEST_FARE_FEN, 1);
  assert.match(hold.transaction_id, /^[0-9A-HJKMNP-TV-Z]{12}$/);
  assert.match(hold.approval_code, /^.{6}$/);
  assert.ok(Math.abs(toMs(hold.expires_at) - toMs(hold.decided_at) - 4 * 3_600_000) < 1);
  assert.deepEqual(hold.applied_benefits, [{
    programme_code: 'kunming-metro', programme_version: 1, benefit_code: 'one-fen-ride',
    fund_code: 'metro-2026', amount_fen: HIGHEST_FARE_FEN - 1, pieces: 0,
  }]);
  const perDay = hold.limits.find((limit) => limit.limit_code === 'rides-per-day');
  assert.equal(perDay.max, perDay.used + perDay.held + perDay.left);
  assert.deepEqual([perDay.max, perDay.held], [4, 1]);

  // Another gate of the same merchant lets the rider out.
  const ride = await transactionOf(terminal.call('Capture', {
    request_id: newId(), terminal_id: 'T0000013', original_transaction_id: hold.transaction_id,
    amount_fen: FARE_FEN, final_capture: true,
  }));
  assert.equal(ride.outcome, 'OUTCOME_APPROVED');
  assert.equal(ride.kind, 'TRANSACTION_KIND_CAPTURE');
  assert.equal(ride.original_transaction_id, hold.transaction_id);
  expectMoney(ride, FARE_FEN, 1);

  const now = await transactionOf(
    terminal.call('GetTransaction', {terminal_id: GATE, request_id: entry}));
  assert.equal(now.state, 'TRANSACTION_STATE_CAPTURED');
  assert.equal(now.captured_fen, FARE_FEN);
  assert.equal(now.restated_fen, 0); // captured for less, which changes no hold
});

test('the fifth ride of a day is refused, with the limit and when to come again', async () => {
  // Whichever of the member's cards is tapped.
  const tap = (card) => transactionOf(authorize(sale({
    terminal_id: GATE, card_number: card, list_price_fen: FARE_FEN})));
  for (let ride = 2; ride <= 4; ++ride) {
    assert.equal((await tap(otherCardOf('M0000001'))).outcome, 'OUTCOME_APPROVED');
  }
  const fifth = await tap(cardOf('M0000001'));
  expectDeclined(fifth, 'REASON_EXCEEDS_FREQUENCY_LIMIT', 'RETRY_NEW_ID_LATER');
  const {programme_code, benefit_code, limit} = fifth.failed_check;
  assert.deepEqual([programme_code, benefit_code], ['kunming-metro', 'one-fen-ride']);
  assert.equal(fifth.failed_check.fund, null); // a limit refused, no fund
  const {limit_code, measure, subject, window, max, used, held, left} = limit;
  assert.deepEqual({limit_code, measure, subject, window, max, used, held, left}, {
    limit_code: 'rides-per-day', measure: 'LIMIT_MEASURE_COUNT', subject: 'LIMIT_SUBJECT_PERSON',
    window: 'LIMIT_WINDOW_DAY', max: 4, used: 4, held: 0, left: 0,
  });
  assert.deepEqual(fifth.next_eligible_at, limit.resets_at);
  const wait_h = (toMs(fifth.next_eligible_at) - toMs(fifth.decided_at)) / 3_600_000;
  assert.ok(wait_h > 0 && wait_h <= 24, `in ${wait_h} hours`);
});

test('groceries: 20 % off, at most 30 yuan a visit', async () => {
  for (const [list, pays] of [[12_345, 9_876], [20_000, 17_000]]) {
    const bought = await transactionOf(authorize(sale({
      terminal_id: SUPERMARKET, card_number: cardOf('M0000003'), list_price_fen: list})));
    assert.equal(bought.outcome, 'OUTCOME_APPROVED');
    assert.equal(bought.state, 'TRANSACTION_STATE_CAPTURED');
    expectMoney(bought, list, pays);
  }
});

test('restaurant: spend 100, 20 off; below that nothing, or the full price when asked', async () => {
  const meal = {terminal_id: RESTAURANT, card_number: cardOf('M0000003')};
  const below = await transactionOf(authorize(sale({...meal, list_price_fen: 9_999})));
  expectDeclined(below, 'REASON_BELOW_MINIMUM_AMOUNT', 'RETRY_NEVER');
  assert.equal(below.failed_check.benefit_code, 'restaurant');
  const full = await transactionOf(authorize(sale({
    ...meal, list_price_fen: 9_999, if_no_benefit: 'IF_NO_BENEFIT_FULL_PRICE'})));
  assert.equal(full.outcome, 'OUTCOME_APPROVED');
  assert.equal(full.reason, 'REASON_BELOW_MINIMUM_AMOUNT');
  assert.deepEqual(full.applied_benefits, []);
  expectMoney(full, 9_999, 9_999);
  const at = await transactionOf(authorize(sale({...meal, list_price_fen: 10_000})));
  expectMoney(at, 10_000, 8_000);
  const above = await transactionOf(authorize(sale({...meal, list_price_fen: 25_000})));
  expectMoney(above, 25_000, 23_000);
});

test('members and cards that may not', async () => {
  for (const [member, reason] of [['M0000004', 'REASON_MEMBER_SUSPENDED'],
    ['M0000006', 'REASON_CARD_LOST_OR_STOLEN']]) {
    const answer = await transactionOf(authorize(sale({
      terminal_id: SUPERMARKET, card_number: cardOf(member), list_price_fen: 1_000})));
    assert.equal(answer.outcome, 'OUTCOME_DECLINED');
    assert.equal(answer.reason, reason);
  }
  const ride = await transactionOf(authorize({
    terminal_id: GATE, card_number: cardOf('M0000005'), list_price_fen: FARE_FEN}));
  assert.equal(ride.reason, 'REASON_MEMBER_NOT_VERIFIED');
  const unknown = await transactionOf(authorize(sale({
    terminal_id: SUPERMARKET, card_number: '6253019999999999', list_price_fen: 1_000})));
  assert.equal(unknown.reason, 'REASON_INVALID_CARD');
});

// --- repeats, reversals ----------------------------------------------------------------

test('the same request again: the same answer; other content: refused by its field', async () => {
  const request = sale({
    terminal_id: CONVENIENCE, card_number: cardOf('M0000002'), list_price_fen: 2_000, stan: 7,
    transport_data: Buffer.from([0, 1, 255])});
  const first = await authorize(request);
  assert.equal(first.idempotent_replay, false);
  expectMoney(first.transaction, 2_000, 1_900);
  assert.deepEqual(first.transport_data, request.transport_data);
  // Evidence may differ, content may not.
  const again = await authorize({...request, stan: 8});
  assert.equal(again.idempotent_replay, true);
  assert.deepEqual(again.transaction, first.transaction);
  for (const [field, value] of [['list_price_fen', 2_001], ['capture', false],
    ['card_number', cardOf('M0000003')], ['programme_code', 'kunming-shops']]) {
    const status = await refusal(authorize({...request, [field]: value}), Code.ALREADY_EXISTS);
    assert.equal(status.ErrorInfo.reason, 'DUPLICATE_MISMATCH');
    assert.equal(status.ErrorInfo.metadata.field, field);
  }
  assert.deepEqual((await authorize(request)).transaction, first.transaction);
});

test('a declined request stays declined', async () => {
  const request = sale({
    terminal_id: RESTAURANT, card_number: cardOf('M0000002'), list_price_fen: 5_000});
  const first = await transactionOf(authorize(request));
  assert.equal(first.reason, 'REASON_BELOW_MINIMUM_AMOUNT');
  const again = await authorize(request);
  assert.equal(again.idempotent_replay, true);
  assert.deepEqual(again.transaction, first);
});

test('a sale that is reversed gives back what it took', async () => {
  const card_number = cardOf('M0000002');
  const buy = () => transactionOf(authorize(sale({
    terminal_id: CONVENIENCE, card_number, list_price_fen: 1_000})));
  const bought = await buy();
  const left = ({limits}) => limits.find(({limit_code}) => limit_code === 'snacks-per-day').left;
  const reverse = {
    request_id: newId(), terminal_id: CONVENIENCE, original_transaction_id: bought.transaction_id,
    reversal_reason: 'REVERSAL_REASON_CUSTOMER_CANCELLATION'};
  const undone = await terminal.call('Reverse', reverse);
  assert.equal(undone.transaction.outcome, 'OUTCOME_APPROVED');
  assert.equal(undone.transaction.original_found, true);
  assert.equal(undone.transaction.subsidy_fen, bought.subsidy_fen);
  assert.equal((await terminal.call('Reverse', reverse)).idempotent_replay, true);
  assert.equal(left(await buy()), left(bought));
});

test('a reversal may come before its original, which is then declined', async () => {
  const late = sale({
    terminal_id: SUPERMARKET, card_number: cardOf('M0000003'), list_price_fen: 1_000});
  const reversal = await transactionOf(terminal.call('Reverse', {
    request_id: newId(), terminal_id: SUPERMARKET, original_request_id: late.request_id,
    reversal_reason: 'REVERSAL_REASON_TIMEOUT'}));
  assert.equal(reversal.outcome, 'OUTCOME_APPROVED');
  assert.equal(reversal.original_found, false);
  expectDeclined(await transactionOf(authorize(late)), 'REASON_PREVIOUSLY_REVERSED', 'RETRY_NEVER');
});

test('a quote says what would be, and changes nothing', async () => {
  const fields = {terminal_id: SUPERMARKET, card_number: cardOf('M0000008'), list_price_fen: 5_000};
  const quote = () => transactionOf(terminal.call('Quote', {authorize: fields}));
  const first = await quote();
  assert.equal(first.transaction_id, '');
  assert.equal(first.state, 'TRANSACTION_STATE_UNSPECIFIED');
  expectMoney(first, 5_000, 4_000);
  const second = await quote();
  assert.deepEqual(second.limits, first.limits);
  const bought = await transactionOf(authorize(sale(fields)));
  const {member_pays_fen, subsidy_fen, limits} = bought;
  assert.equal(member_pays_fen, first.member_pays_fen);
  assert.equal(subsidy_fen, first.subsidy_fen);
  // A quote is of a hold unless it says `capture`; what is left is the same.
  assert.deepEqual(limits.map(({left}) => left), first.limits.map(({left}) => left));
});

// --- increments, refunds, reversals in part ---------------------------------------------------

const limitOf = ({limits}, code) => limits.find(({limit_code}) => limit_code === code);
const paidBy = ({applied_benefits}) =>
  Object.fromEntries(applied_benefits.map((benefit) => [benefit.fund_code, benefit.amount_fen]));

test('a hotel stay: held, raised by a night, captured, refunded in two parts', async () => {
  const NIGHT_FEN = 38_000;
  const about = (original) => ({
    request_id: newId(), terminal_id: HOTEL, original_transaction_id: original.transaction_id});
  const hold = await transactionOf(authorize({
    terminal_id: HOTEL, card_number: cardOf('M0000003'), list_price_fen: NIGHT_FEN}));
  expectMoney(hold, NIGHT_FEN, 34_200);
  assert.deepEqual(paidBy(hold), {'tourism-2026': 2_660, 'shops-2026': 1_140});

  const night = {...about(hold), amount_fen: NIGHT_FEN, hold_seconds: 11 * 86_400,
    transport_data: Buffer.from([1, 2])};
  const {transaction: increment, idempotent_replay, transport_data} =
    await terminal.call('IncrementAuthorization', night);
  assert.equal(idempotent_replay, false);
  assert.deepEqual(transport_data, night.transport_data);
  assert.equal(increment.kind, 'TRANSACTION_KIND_INCREMENT');
  assert.equal(increment.outcome, 'OUTCOME_APPROVED');
  assert.equal(increment.state, 'TRANSACTION_STATE_COMPLETED');
  assert.equal(increment.original_transaction_id, hold.transaction_id);
  expectMoney(increment, NIGHT_FEN, 34_200);
  assert.deepEqual(paidBy(increment), {'tourism-2026': 2_660, 'shops-2026': 1_140});
  assert.ok(Math.abs(toMs(increment.expires_at) - toMs(increment.decided_at) - 11 * 86_400_000) < 1);
  await expectRemembered('IncrementAuthorization', night, increment);
  const raised = await stateOf(hold);
  assert.equal(raised.state, 'TRANSACTION_STATE_PENDING');
  expectMoney(raised, 2 * NIGHT_FEN, 68_400);
  assert.deepEqual(raised.expires_at, increment.expires_at);

  for (const [field, value] of [['amount_fen', 0], ['amount_fen', -1],
    ['amount_fen', 1_000_000_000_001], ['hold_seconds', 31 * 86_400 + 1], ['stan', 1_000_000],
    ['original_transaction_id', ''], ['original_transaction_id', 'short'], ['request_id', ''],
    // In order by itself, too much on top of the hold: only the ledger can say.
    ['amount_fen', 1_000_000_000_000]]) {
    await expectBad('IncrementAuthorization', {...about(hold), amount_fen: 1, [field]: value}, field);
  }
  await expectBad('IncrementAuthorization',
    {...about(hold), amount_fen: 1, original_request_id: newId()}, 'original_transaction_id');

  // Held is not captured: there is nothing to refund yet.
  expectDeclined(await transactionOf(terminal.call('Refund', about(hold))),
    'REASON_EXCEEDS_CAPTURED_AMOUNT', 'RETRY_NEVER');

  const bill = await transactionOf(terminal.call('Capture', {...about(hold), final_capture: true}));
  expectMoney(bill, 2 * NIGHT_FEN, 68_400);
  expectDeclined(await transactionOf(terminal.call('IncrementAuthorization', {
    ...about(hold), amount_fen: 1})), 'REASON_ALREADY_CAPTURED', 'RETRY_NEVER');

  const back = {...about(hold), amount_fen: NIGHT_FEN};
  const part = await transactionOf(terminal.call('Refund', back));
  assert.equal(part.kind, 'TRANSACTION_KIND_REFUND');
  assert.equal(part.outcome, 'OUTCOME_APPROVED');
  assert.equal(part.display_message_zh, '已退货');
  expectMoney(part, NIGHT_FEN, 34_200);
  assert.deepEqual(paidBy(part), {'tourism-2026': 2_660, 'shops-2026': 1_140});
  await expectRemembered('Refund', back, part);
  const half = await stateOf(hold);
  assert.equal(half.state, 'TRANSACTION_STATE_PARTIALLY_REFUNDED');
  const {captured_fen, captured_subsidy_fen, refunded_fen, refunded_subsidy_fen} = half;
  assert.deepEqual({captured_fen, captured_subsidy_fen, refunded_fen, refunded_subsidy_fen}, {
    captured_fen: 76_000, captured_subsidy_fen: 7_600, refunded_fen: 38_000,
    refunded_subsidy_fen: 3_800});

  expectDeclined(await transactionOf(terminal.call('Refund', {...about(hold), amount_fen: 38_001})),
    'REASON_EXCEEDS_CAPTURED_AMOUNT', 'RETRY_NEVER');
  expectDeclined(await transactionOf(terminal.call('Reverse', {
    ...about(hold), reversal_reason: 'REVERSAL_REASON_CUSTOMER_CANCELLATION'})),
  'REASON_FURTHER_ACTIVITY_PREVENTS_REVERSAL', 'RETRY_NEVER');
  for (const [field, value] of [['amount_fen', 0], ['amount_fen', -1],
    ['amount_fen', 1_000_000_000_001], ['stan', 1_000_000], ['request_id', 'x'],
    ['original_transaction_id', '']]) {
    await expectBad('Refund', {...about(hold), [field]: value}, field);
  }

  // The rest, by the request's own id; the stay itself comes back too.
  const rest = await transactionOf(terminal.call('Refund', {
    request_id: newId(), terminal_id: HOTEL, original_request_id: hold.request_id}));
  expectMoney(rest, NIGHT_FEN, 34_200);
  assert.equal(limitOf(rest, 'stays-per-year').used, 0);
  assert.equal((await stateOf(hold)).state, 'TRANSACTION_STATE_REFUNDED');
  expectDeclined(await transactionOf(terminal.call('Refund', about(hold))),
    'REASON_EXCEEDS_CAPTURED_AMOUNT', 'RETRY_NEVER');
});

test('a refund or an increment of nothing that is known is declined', async () => {
  for (const [method, fields] of [['Refund', {}], ['IncrementAuthorization', {amount_fen: 1}]]) {
    const declined = await transactionOf(terminal.call(method, {
      request_id: newId(), terminal_id: HOTEL, original_request_id: newId(), ...fields}));
    expectDeclined(declined, 'REASON_ORIGINAL_NOT_FOUND', 'RETRY_NEW_ID_LATER');
    assert.equal(declined.original_transaction_id, '');
  }
});

test('a part of a sale is reversed: the benefit is that of what remains', async () => {
  const card_number = cardOf('M0000008');
  const bought = await transactionOf(authorize(sale({
    terminal_id: SUPERMARKET, card_number, list_price_fen: 10_000})));
  expectMoney(bought, 10_000, 8_000);
  const reverse = (amount_fen) => ({
    request_id: newId(), terminal_id: SUPERMARKET, original_transaction_id: bought.transaction_id,
    reversal_reason: 'REVERSAL_REASON_CUSTOMER_CANCELLATION', amount_fen});
  const request = reverse(2_500);
  const part = await transactionOf(terminal.call('Reverse', request));
  assert.equal(part.outcome, 'OUTCOME_APPROVED');
  assert.equal(part.original_found, true);
  expectMoney(part, 2_500, 2_000);
  await expectRemembered('Reverse', request, part);
  const now = await stateOf(bought);
  assert.equal(now.state, 'TRANSACTION_STATE_CAPTURED');
  expectMoney(now, 7_500, 6_000);
  assert.equal(now.captured_fen, 7_500);
  assert.equal(now.captured_subsidy_fen, 1_500);
  expectDeclined(await transactionOf(terminal.call('Reverse', reverse(7_501))),
    'REASON_EXCEEDS_AUTHORIZED_AMOUNT', 'RETRY_NEVER');
  for (const amount_fen of [0, -1, 1_000_000_000_001]) {
    await expectBad('Reverse', reverse(amount_fen), 'amount_fen');
  }
  // No amount, and an amount that is all, are not the same request.
  const all = reverse(7_500);
  assert.equal((await transactionOf(terminal.call('Reverse', all))).outcome, 'OUTCOME_APPROVED');
  assert.equal((await stateOf(bought)).state, 'TRANSACTION_STATE_REVERSED');
  const {amount_fen, ...without} = all;
  const status = await refusal(terminal.call('Reverse', without), Code.ALREADY_EXISTS);
  assert.equal(status.ErrorInfo.metadata.field, 'amount_fen');
});

test('who may get a part of the benefit says so, and the id remembers it', async () => {
  const request = sale({
    terminal_id: CONVENIENCE, card_number: cardOf('M0000008'), list_price_fen: 1_000,
    allow_partial_approval: true});
  const first = await transactionOf(authorize(request));
  assert.equal(first.outcome, 'OUTCOME_APPROVED');
  const status = await refusal(
    authorize({...request, allow_partial_approval: false}), Code.ALREADY_EXISTS);
  assert.equal(status.ErrorInfo.metadata.field, 'allow_partial_approval');
});

// --- answers that explain ---------------------------------------------------------------------

const failed = ({checks}) => checks.filter(({passed}) => !passed).map(({check}) => check);

test('explain: every check of every candidate, with the limits as they stand', async () => {
  const card_number = cardOf('M0000010');
  const request = sale({
    terminal_id: SUPERMARKET, card_number, list_price_fen: 10_000, explain: true});
  const first = await authorize(request);
  assert.equal(first.transaction.outcome, 'OUTCOME_APPROVED');
  assert.equal(first.checks_truncated, false);
  assert.deepEqual(failed(first), []);
  assert.deepEqual(first.checks.slice(0, 6).map(({check}) => check), [
    'REASON_TERMINAL_INACTIVE', 'REASON_MERCHANT_INACTIVE', 'REASON_INVALID_CARD',
    'REASON_CARD_NOT_ACTIVE', 'REASON_MEMBER_NOT_FOUND', 'REASON_MEMBER_SUSPENDED']);
  for (const check of first.checks) {
    assert.match(check.display_message, /^[ -~]+$/);
    assert.match(check.display_message_zh, /\p{Script=Han}/u);
    assert.equal(check.limit !== null, /_LIMIT$/.test(check.check), check.check);
  }
  const month = first.checks.find(({limit}) => limit?.limit_code === 'groceries-per-month');
  assert.equal(month.benefit_code, 'supermarket');
  assert.deepEqual([month.limit.used, month.limit.left], [0, 20_000]);

  // A repeat is told what was decided; it was decided then, not now.
  const again = await authorize(request);
  assert.equal(again.idempotent_replay, true);
  assert.deepEqual(again.checks, []);
  assert.deepEqual(again.transaction, first.transaction);
  const quiet = await authorize({...request, request_id: newId(), explain: false});
  assert.deepEqual(quiet.checks, []);

  const below = await terminal.call('Quote', {authorize: {
    terminal_id: RESTAURANT, card_number, list_price_fen: 9_999, explain: true}});
  assert.equal(below.transaction.reason, 'REASON_BELOW_MINIMUM_AMOUNT');
  assert.ok(failed(below).includes('REASON_BELOW_MINIMUM_AMOUNT'), failed(below));

  const suspended = await authorize(sale({
    terminal_id: SUPERMARKET, card_number: cardOf('M0000004'), list_price_fen: 1, explain: true}));
  assert.deepEqual(failed(suspended), ['REASON_MEMBER_SUSPENDED']);
  assert.equal(suspended.checks.length, 6);
});

test('entitlements: all that a member may use, and what of it when', async () => {
  const ask = (member, fields) => terminal.call('GetEntitlements', {
    terminal_id: SUPERMARKET, card_number: cardOf(member), ...fields});
  const all = await ask('M0000001');
  assert.equal(all.outcome, 'OUTCOME_APPROVED');
  assert.equal(all.reason, 'REASON_UNSPECIFIED');
  assert.equal(all.truncated, false);
  assert.ok(Math.abs(toMs(all.as_of) - Date.now()) < 60_000);
  const names = all.entitlements.map(({benefit_code}) => benefit_code);
  for (const name of ['one-fen-ride', 'supermarket', 'restaurant', 'hotel', 'convenience-store']) {
    assert.ok(names.includes(name), names);
  }
  // The four rides of today are gone: see above.
  const ride = all.entitlements.find(({benefit_code}) => benefit_code === 'one-fen-ride');
  assert.equal(ride.display_name, '一分钱乘地铁');
  assert.equal(ride.price, 'member pays 1 fen');
  assert.equal(ride.reason, 'REASON_EXCEEDS_FREQUENCY_LIMIT');
  const perDay = limitOf(ride, 'rides-per-day');
  assert.deepEqual([perDay.max, perDay.used, perDay.left], [4, 4, 0]);
  assert.deepEqual(ride.next_eligible_at, perDay.resets_at);
  const groceries = all.entitlements.find(({benefit_code}) => benefit_code === 'supermarket');
  assert.equal(groceries.reason, 'REASON_UNSPECIFIED');
  assert.equal(groceries.next_eligible_at, null);

  const here = await ask('M0000001', {here: true});
  assert.deepEqual(here.entitlements.map(({benefit_code}) => benefit_code), ['supermarket']);

  const none = await ask('M0000004');
  assert.equal(none.outcome, 'OUTCOME_DECLINED');
  assert.equal(none.reason, 'REASON_MEMBER_SUSPENDED');
  assert.match(none.display_message_zh, /\p{Script=Han}/u);
  assert.deepEqual(none.entitlements, []);
  const unknown = await ask('M0000001', {card_number: '6253019999999999'});
  assert.equal(unknown.reason, 'REASON_INVALID_CARD');
  const status = await refusal(ask('M0000001', {card_number: '1'}), Code.INVALID_ARGUMENT);
  assert.deepEqual(status.BadRequest.field_violations.map((v) => v.field), ['card_number']);

  // Operators see the same.
  const twin = JSON.parse(await bufCurl('--unix-socket', operatorSocket, '-d',
    '{"member_id": "M0000001"}',
    'http://operator/gonghui.v1.MemberService/GetMemberEntitlements'));
  assert.deepEqual(twin.entitlements.map(({benefitCode}) => benefitCode), names);
});

// --- bad input ------------------------------------------------------------------------------

test('bad fields: INVALID_ARGUMENT names every one of them, and nothing is recorded', async () => {
  const good = sale({
    terminal_id: SUPERMARKET, card_number: cardOf('M0000003'), list_price_fen: 1_000});
  const bad = [
    ['request_id', ''], ['request_id', 'not-a-uuid'],
    ['request_id', '00000000-0000-0000-0000-000000000000'],
    ['terminal_id', ''], ['terminal_id', 'T'.repeat(17)], ['terminal_id', 'T 1'],
    ['merchant_id', '商户'], ['card_number', ''], ['card_number', '1234567'],
    ['card_number', '0253011000000016'], ['card_number', '6253011000000016x'],
    ['list_price_fen', -1], ['list_price_fen', 1_000_000_000_001],
    ['programme_code', 'p'.repeat(33)], ['if_no_benefit', 9], ['pos_entry_mode', 99],
    ['hold_seconds', 4_000_000_000], ['stan', 1_000_000],
    ['occurred_at', {seconds: 1, nanos: 0}], ['transport_data', Buffer.alloc(65)],
  ];
  for (const [field, value] of bad) {
    const status = await refusal(authorize({...good, [field]: value}), Code.INVALID_ARGUMENT);
    assert.equal(status.ErrorInfo.metadata.field, field);
    assert.deepEqual(status.BadRequest.field_violations.map((v) => v.field), [field]);
    assert.ok(status.BadRequest.field_violations[0].description.length > 0);
  }
  const several = await refusal(authorize({
    ...good, card_number: '1', list_price_fen: -5, stan: 9_999_999}), Code.INVALID_ARGUMENT);
  assert.deepEqual(several.BadRequest.field_violations.map((v) => v.field),
    ['card_number', 'list_price_fen', 'stan']);
  // The id was not used up by any of it.
  assert.equal((await authorize(good)).idempotent_replay, false);
});

test('bad references of captures and reversals', async () => {
  const common = {request_id: newId(), terminal_id: SUPERMARKET};
  for (const [method, request, field] of [
    ['Capture', {...common}, 'original_transaction_id'],
    ['Capture', {...common, original_transaction_id: 'short'}, 'original_transaction_id'],
    ['Capture', {...common, original_request_id: newId(), amount_fen: -1}, 'amount_fen'],
    ['Reverse', {...common, original_request_id: newId()}, 'reversal_reason'],
    ['Reverse', {...common, original_request_id: newId(), original_transaction_id: '000000000001',
      reversal_reason: 'REVERSAL_REASON_TIMEOUT'}, 'original_transaction_id'],
  ]) {
    const status = await refusal(terminal.call(method, request), Code.INVALID_ARGUMENT);
    assert.equal(status.BadRequest.field_violations[0].field, field);
  }
  const missing = await refusal(terminal.call('GetTransaction', {
    terminal_id: SUPERMARKET, request_id: newId()}), Code.NOT_FOUND);
  assert.equal(missing.ErrorInfo.metadata.field, 'request_id');
});

test('another merchant: PERMISSION_DENIED; another\'s transaction: not there', async () => {
  const card_number = cardOf('M0000003');
  const status = await refusal(authorize(sale({
    terminal_id: SUPERMARKET, merchant_id: 'S0000003', card_number, list_price_fen: 1_000})),
  Code.PERMISSION_DENIED);
  assert.equal(status.ErrorInfo.metadata.field, 'merchant_id');
  const own = await transactionOf(authorize(sale({
    terminal_id: SUPERMARKET, merchant_id: 'S0000002', card_number, list_price_fen: 1_000})));
  assert.equal(own.merchant_id, 'S0000002');
  await refusal(terminal.call('GetTransaction', {
    terminal_id: RESTAURANT, transaction_id: own.transaction_id}), Code.NOT_FOUND);
});

test('an unknown terminal is declined, and not remembered', async () => {
  const request = sale({
    terminal_id: 'NOBODY', card_number: cardOf('M0000003'), list_price_fen: 1_000});
  for (let i = 0; i < 2; ++i) {
    const {transaction, idempotent_replay} = await authorize(request);
    assert.equal(transaction.reason, 'REASON_INVALID_TERMINAL');
    assert.equal(transaction.transaction_id, '');
    assert.equal(idempotent_replay, false);
  }
});

// --- deadlines ------------------------------------------------------------------------------

// HTTP/2 by hand: grpc-js keeps a call whose deadline has passed to itself.
function callWithTimeout(path, timeout, message) {
  const frame = Buffer.concat([Buffer.alloc(5), message]);
  frame.writeUInt32BE(message.length, 1);
  return new Promise((resolve, reject) => {
    const session = http2.connect(`http://${terminalAddress}`);
    session.on('error', reject);
    const stream = session.request({
      ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers',
      'grpc-timeout': timeout});
    let status;
    const take = (headers) => { status = headers['grpc-status'] ?? status; };
    stream.on('response', take);
    stream.on('trailers', take);
    stream.on('error', () => {});
    stream.on('close', () => {
      session.close();
      resolve({status: status === undefined ? undefined : Number(status), reset: stream.rstCode});
    });
    stream.resume();
    stream.end(frame);
  });
}

test('a call whose deadline has passed: DEADLINE_EXCEEDED, and its id settles it', async () => {
  const fields = {terminal_id: SUPERMARKET, card_number: cardOf('M0000003'), list_price_fen: 1_000};
  await assert.rejects(authorize(fields, {deadline: Date.now() - 1}), {code: Code.DEADLINE_EXCEEDED});

  const request = sale(fields);
  const {path, requestSerialize} = terminal.stub.Authorize;
  const {status, reset} = await callWithTimeout(path, '1n', requestSerialize(request));
  // gRPC's C core may reset the stream instead of saying so; and it rounds the time-out
  // up to a millisecond, in which a quick server makes the decision.  Whichever it was,
  // the same id settles it.
  assert.ok(status === Code.DEADLINE_EXCEEDED || status === Code.OK ||
    (status === undefined && reset === http2.constants.NGHTTP2_CANCEL), `${status} ${reset}`);
  assert.equal((await callWithTimeout(path, '20S', requestSerialize(request))).status, Code.OK);
});

// --- in bulk --------------------------------------------------------------------------------

const authorizeStream = (messages) =>
  streamed('AuthorizeStream', messages.map((requests) => ({requests})));

test('512 requests in one message: as many results, in order, also around a bad one', async () => {
  const BAD = 256;
  const requests = Array.from({length: 512}, (_, i) => sale({
    terminal_id: CONVENIENCE, card_number: activeCards[i % activeCards.length],
    list_price_fen: i === BAD ? -1 : 1_000 + i}));
  const [{results}, again] = await authorizeStream([requests, requests]);
  assert.equal(results.length, requests.length);
  let approved = 0;
  results.forEach((result, i) => {
    if (i === BAD) {
      assert.equal(result.result, 'error');
      const status = unpackStatus(result.error);
      assert.equal(status.code, Code.INVALID_ARGUMENT);
      assert.equal(status.ErrorInfo.domain, 'gonghui');
      assert.deepEqual(status.BadRequest.field_violations.map((v) => v.field),
        [`requests[${BAD}].list_price_fen`]);
      return;
    }
    const {transaction, idempotent_replay} = result.response;
    assert.equal(transaction.request_id, requests[i].request_id);
    assert.equal(transaction.list_price_fen, 1_000 + i);
    assert.equal(idempotent_replay, false);
    approved += transaction.outcome === 'OUTCOME_APPROVED' ? 1 : 0;
    assert.equal(again.results[i].response.idempotent_replay, true);
    assert.deepEqual(again.results[i].response.transaction, transaction);
  });
  assert.ok(approved > 100, `${approved} approved`);
  // What went in by the stream is there for single calls.
  const {transaction} = await terminal.call('GetTransaction', {
    terminal_id: CONVENIENCE, request_id: requests[511].request_id});
  assert.deepEqual(transaction, results[511].response.transaction);
});

test('a stream refuses to explain', async () => {
  const fields = {terminal_id: CONVENIENCE, card_number: activeCards[0], list_price_fen: 1_000};
  const [{results: [good, bad]}] = await authorizeStream([[
    sale(fields), sale({...fields, explain: true})]]);
  assert.equal(good.result, 'response');
  const status = unpackStatus(bad.error);
  assert.equal(status.code, Code.INVALID_ARGUMENT);
  assert.deepEqual(status.BadRequest.field_violations.map((v) => v.field), ['requests[1].explain']);
});

test('a message of a stream that is too long, or empty', async () => {
  const requests = Array.from({length: 1_025}, () => sale({
    terminal_id: CONVENIENCE, card_number: activeCards[0], list_price_fen: 1}));
  for (const bad of [requests, []]) {
    await refusal(authorizeStream([bad]), Code.INVALID_ARGUMENT);
  }
  await refusal(terminal.call('GetTransaction', {
    terminal_id: CONVENIENCE, request_id: requests[0].request_id}), Code.NOT_FOUND);
});
