// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What was bought, what was done without a network, and what a shift came to.  Runs after
// main_job.mjs in the same city; its members are others.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {
  bufCurl, cardOf, newId, operatorSocket, refusal, spareCard, unpackStatus,
} from './client.mjs';
import {
  BAKERY, Code, HOTEL, SUPERMARKET, authorize, expectBad, expectDeclined, expectMismatch,
  expectMoney, expectViolation, sale, stateOf, streamed, terminal, toMs, toTimestamp,
  transactionOf,
} from './scenario.mjs';

const DAY_MS = 86_400_000;

// --- lines -----------------------------------------------------------------------------------

const line = (item_code, quantity, price_fen) => ({item_code, quantity, price_fen});
const BASKET = [line('rice-5kg', 1, 333), line('tea', 2, 333), line('690:bag', 3, 334)];
const basket = (fields) => sale({
  terminal_id: SUPERMARKET, card_number: spareCard().card_number, list_price_fen: 1_000,
  lines: BASKET, ...fields});

test('lines share the subsidy by largest remainder, and a return gives back their share',
  async () => {
    const request = basket();
    const bought = await transactionOf(authorize(request));
    assert.equal(bought.outcome, 'OUTCOME_APPROVED');
    expectMoney(bought, 1_000, 800);
    // 66.6, 66.6 and 66.8 of 200: two fen are left for the last and the first.
    const [member_pays, subsidies] = [[266, 267, 267], [67, 66, 67]];
    assert.deepEqual(bought.lines, BASKET.map((bag, i) => ({
      line_number: i + 1, ...bag, member_pays_fen: member_pays[i], subsidy_fen: subsidies[i],
      returned_quantity: 0})));

    const about = {terminal_id: SUPERMARKET, original_transaction_id: bought.transaction_id};
    const returned = (...lines) => ({request_id: newId(), ...about, lines});
    const one = returned({line_number: 2, quantity: 1});
    const first = await terminal.call('Refund', one);
    expectMoney(first.transaction, 167, 134);
    assert.deepEqual(first.transaction.lines, [{
      line_number: 2, item_code: 'tea', quantity: 1, price_fen: 167, member_pays_fen: 134,
      subsidy_fen: 33, returned_quantity: 0}]);
    assert.deepEqual((await stateOf(bought)).lines.map((bag) => bag.returned_quantity), [0, 1, 0]);

    const again = await terminal.call('Refund', one);
    assert.equal(again.idempotent_replay, true);
    assert.deepEqual(again.transaction, first.transaction);
    for (const other of [{line_number: 1, quantity: 1}, {line_number: 2, quantity: 2}]) {
      expectMismatch(await refusal(
        terminal.call('Refund', {...one, lines: [other]}), Code.ALREADY_EXISTS), 'lines');
    }

    // Pieces that are not there: the second tea is the last; there is no fourth line.
    for (const gone of [{line_number: 2, quantity: 2}, {line_number: 4, quantity: 1}]) {
      expectDeclined(await transactionOf(terminal.call('Refund', returned(gone))),
        'REASON_EXCEEDS_CAPTURED_AMOUNT', 'RETRY_NEVER');
    }
    const rest = await transactionOf(terminal.call('Refund', returned(
      {line_number: 1, quantity: 1}, {line_number: 2, quantity: 1}, {line_number: 3, quantity: 3})));
    expectMoney(rest, 833, 666);
    const now = await stateOf(bought);
    assert.equal(now.state, 'TRANSACTION_STATE_REFUNDED');
    assert.deepEqual(now.lines.map((bag) => bag.returned_quantity), [1, 2, 3]);

    // The same sale with another basket is another request.
    for (const lines of [[], BASKET.slice(0, 2), [BASKET[0], line('tea', 3, 333), BASKET[2]]]) {
      const list_price_fen = lines.reduce((sum, bag) => sum + bag.price_fen, 0) || 1_000;
      const status = await refusal(authorize({...request, lines, list_price_fen}),
        Code.ALREADY_EXISTS);
      assert.ok(['lines', 'list_price_fen'].includes(status.ErrorInfo.metadata.field));
    }
    expectMismatch(await refusal(authorize({...request, lines: []}), Code.ALREADY_EXISTS), 'lines');
  });

test('a quote has lines too; a sale without a benefit keeps them', async () => {
  const {transaction} = await terminal.call('Quote', {authorize: basket()});
  assert.deepEqual(transaction.lines.map((bag) => bag.subsidy_fen), [67, 66, 67]);
  const unknown = await transactionOf(authorize(basket({card_number: '6253019999999999'})));
  assert.equal(unknown.reason, 'REASON_INVALID_CARD');
  assert.deepEqual(unknown.lines.map((bag) => [bag.item_code, bag.subsidy_fen]),
    [['rice-5kg', 0], ['tea', 0], ['690:bag', 0]]);
  expectDeclined(await transactionOf(terminal.call('Refund', {
    request_id: newId(), terminal_id: SUPERMARKET, original_transaction_id: unknown.transaction_id,
    lines: [{line_number: 1, quantity: 1}]})), 'REASON_ORIGINAL_DECLINED', 'RETRY_NEVER');
});

test('bad lines are refused by their names', async () => {
  for (const [lines, field] of [
    [[...BASKET.slice(0, 2), line('bag', 3, 335)], 'lines'],
    [Array.from({length: 65}, () => line('a', 1, 0)), 'lines'],
    [[line('', 1, 1_000)], 'lines[0].item_code'],
    [[line('x'.repeat(33), 1, 1_000)], 'lines[0].item_code'],
    [[BASKET[0], line('米', 1, 667)], 'lines[1].item_code'],
    [[line('rice', 0, 1_000)], 'lines[0].quantity'],
    [[line('rice', 1_000_001, 1_000)], 'lines[0].quantity'],
    [[line('rice', 1, 1_000), line('rice', 1, -1)], 'lines[1].price_fen'],
  ]) {
    await expectBad('Authorize', basket({lines}), field);
  }
  const refund = (fields) => ({
    request_id: newId(), terminal_id: SUPERMARKET, original_request_id: newId(), ...fields});
  const piece = (line_number, quantity = 1) => ({line_number, quantity});
  for (const [fields, field] of [
    [{lines: [piece(1)], amount_fen: 1}, 'lines'],
    [{lines: [piece(0)]}, 'lines[0].line_number'],
    [{lines: [piece(65)]}, 'lines[0].line_number'],
    [{lines: [piece(2), piece(1)]}, 'lines[1].line_number'],
    [{lines: [piece(1), piece(1)]}, 'lines[1].line_number'],
    [{lines: [piece(1, 0)]}, 'lines[0].quantity'],
  ]) {
    await expectBad('Refund', refund(fields), field);
  }
});

// --- advices ---------------------------------------------------------------------------------

const businessDate = () => new Date().toISOString().slice(0, 10);
let sequence = 0;

// A sale of 10 yuan that the terminal gave 2 yuan off, which is what the programme gives.
const stored = (fields = {}, evidence = {}) => ({
  sale: sale({card_number: spareCard().card_number, list_price_fen: 1_000, ...fields}),
  occurred_at: toTimestamp(Date.now()), terminal_sequence: ++sequence,
  business_date: businessDate(), member_paid_fen: 800, ...evidence});

async function submit(...advices) {
  const [{results}] = await streamed('SubmitAdvices', [{terminal_id: SUPERMARKET, advices}]);
  assert.equal(results.length, advices.length);
  return results;
}

function expectBorne(result, liability, acquirer_bears_fen) {
  assert.equal(result.result, 'transaction', JSON.stringify(result.error && unpackStatus(result.error)));
  assert.equal(result.transaction.liability, liability, JSON.stringify(result.transaction));
  assert.equal(result.transaction.acquirer_bears_fen, acquirer_bears_fen);
}

test('a stored sale is accepted and booked; the funds bear what their rule gives', async () => {
  const advice = stored({transport_data: Buffer.from([7]), lines: BASKET, stan: 9});
  const [result] = await submit(advice);
  assert.equal(result.accepted, true);
  assert.equal(result.idempotent_replay, false);
  assert.deepEqual(result.transport_data, Buffer.from([7]));
  expectBorne(result, 'LIABILITY_PROGRAMME', 0);
  const {transaction} = result;
  assert.equal(transaction.outcome, 'OUTCOME_APPROVED');
  assert.equal(transaction.reason, 'REASON_UNSPECIFIED');
  assert.equal(transaction.state, 'TRANSACTION_STATE_CAPTURED');
  assert.equal(transaction.terminal_id, SUPERMARKET);
  expectMoney(transaction, 1_000, 800);
  assert.deepEqual(transaction.lines.map((bag) => bag.subsidy_fen), [67, 66, 67]);
  assert.equal(transaction.stan, 9);
  assert.equal(toMs(transaction.occurred_at), toMs(advice.occurred_at));
  assert.equal(toMs(transaction.judged_at), toMs(advice.occurred_at));
  assert.equal(transaction.clock_adjusted, false);
  assert.equal(transaction.overrun, false);
  const later = await stateOf(transaction);
  assert.deepEqual(later, transaction);

  // Sent twice, and made anew by a terminal that had lost its id: one sale.
  const [again, anew] = await submit(
    advice, {...advice, sale: {...advice.sale, request_id: newId()}});
  for (const repeat of [again, anew]) {
    assert.equal(repeat.accepted, true);
    assert.equal(repeat.idempotent_replay, true);
    assert.deepEqual(repeat.transaction, transaction);
  }
  // The same id for something else.
  for (const [other, field] of [
    [{terminal_sequence: advice.terminal_sequence + 1_000}, 'terminal_sequence'],
    [{business_date: '2026-01-31'}, 'business_date'], [{member_paid_fen: 801}, 'member_paid_fen'],
    [{sale: {...advice.sale, list_price_fen: 999, lines: []}}, 'list_price_fen'],
  ]) {
    const [{accepted, error}] = await submit({...advice, ...other});
    assert.equal(accepted, false);
    expectMismatch(unpackStatus(error), field);
  }
  const online = await refusal(
    authorize({...advice.sale, terminal_id: SUPERMARKET}), Code.ALREADY_EXISTS);
  expectMismatch(online, 'method');
});

test('what the terminal gave beyond the rule is the acquirer\'s', async () => {
  const [result] = await submit(stored({}, {member_paid_fen: 500}));
  assert.equal(result.accepted, true);
  assert.equal(result.transaction.outcome, 'OUTCOME_APPROVED_PARTIAL');
  expectMoney(result.transaction, 1_000, 800);
  expectBorne(result, 'LIABILITY_ACQUIRER', 300);

  const [lost, nothing] = await submit(
    stored({card_number: cardOf('M0000006')}), stored({}, {member_paid_fen: 1_000}));
  assert.equal(lost.accepted, true);
  assert.equal(lost.transaction.outcome, 'OUTCOME_DECLINED');
  assert.equal(lost.transaction.reason, 'REASON_CARD_LOST_OR_STOLEN');
  expectBorne(lost, 'LIABILITY_ACQUIRER', 200);
  // Whoever was given nothing claims nothing.
  assert.equal(nothing.accepted, true);
  assert.equal(nothing.transaction.outcome, 'OUTCOME_APPROVED');
  expectMoney(nothing.transaction, 1_000, 1_000);
  expectBorne(nothing, 'LIABILITY_UNSPECIFIED', 0);
});

test('a member suspended since the terminal\'s deny list: it could not know', async () => {
  const {card_number, member_id} = spareCard();
  const list = Date.now() - 1;
  await new Promise((done) => { setTimeout(done, 20); });
  await bufCurl('--unix-socket', operatorSocket, '-d',
    JSON.stringify({member_id, status: 'MEMBER_STATUS_SUSPENDED'}),
    'http://operator/gonghui.v1.MemberService/SetMemberStatus');
  const suspended = Date.now();
  await new Promise((done) => { setTimeout(done, 20); });
  const occurred_at = toTimestamp(Date.now());
  const [before, old_list, new_list, no_list] = await submit(
    stored({card_number}, {occurred_at: toTimestamp(list)}),
    stored({card_number}, {occurred_at, deny_list_at: toTimestamp(list)}),
    stored({card_number}, {occurred_at, deny_list_at: toTimestamp(suspended + 1)}),
    stored({card_number}, {occurred_at}));
  assert.equal(before.transaction.reason, 'REASON_UNSPECIFIED', 'was in good standing then');
  expectBorne(before, 'LIABILITY_PROGRAMME', 0);
  assert.equal(old_list.transaction.reason, 'REASON_MEMBER_SUSPENDED');
  assert.equal(old_list.transaction.outcome, 'OUTCOME_APPROVED');
  expectBorne(old_list, 'LIABILITY_PROGRAMME', 0);
  for (const declined of [new_list, no_list]) {
    assert.equal(declined.accepted, true);
    assert.equal(declined.transaction.outcome, 'OUTCOME_DECLINED');
    assert.equal(declined.transaction.reason, 'REASON_MEMBER_SUSPENDED');
    expectBorne(declined, 'LIABILITY_ACQUIRER', 200);
  }
});

test('too old: not accepted, for a person, and so for ever', async () => {
  const advice = stored({}, {occurred_at: toTimestamp(Date.now() - 60 * DAY_MS - 60_000)});
  const [result] = await submit(advice);
  assert.equal(result.accepted, false);
  expectDeclined(result.transaction, 'REASON_ADVICE_TOO_OLD', 'RETRY_NEVER');
  expectBorne(result, 'LIABILITY_MANUAL', 0);
  const [again] = await submit(advice);
  assert.equal(again.accepted, false);
  assert.equal(again.idempotent_replay, true);
  assert.deepEqual(again.transaction, result.transaction);
});

test('a clock that can not be right is not believed', async () => {
  const tomorrow = toTimestamp(Date.now() + DAY_MS);
  const [{transaction}] = await submit(stored({}, {occurred_at: tomorrow}));
  assert.equal(transaction.clock_adjusted, true);
  assert.equal(toMs(transaction.occurred_at), toMs(tomorrow));
  assert.ok(Math.abs(toMs(transaction.judged_at) - toMs(transaction.decided_at)) < 1);

  // Nor one of before the terminal's queue was last empty.
  const send = async (evidence) => {
    const [{results: [result]}] = await streamed('SubmitAdvices', [
      {terminal_id: BAKERY, advices: [stored({}, evidence)]}]);
    return result.transaction;
  };
  const minute_ago = toTimestamp(Date.now() - 60_000);
  const first = await send({occurred_at: minute_ago, queue_empty: true});
  assert.equal(first.clock_adjusted, false);
  const second = await send({occurred_at: minute_ago});
  assert.equal(second.clock_adjusted, true);
  assert.ok(Math.abs(toMs(second.judged_at) - toMs(first.decided_at)) < 1);
});

test('a hold captured without a network, reversals and refunds from the queue', async () => {
  const hold = await transactionOf(authorize({
    terminal_id: HOTEL, card_number: spareCard().card_number, list_price_fen: 20_000}));
  const evidence = () => ({
    occurred_at: toTimestamp(Date.now()), terminal_sequence: ++sequence,
    business_date: businessDate()});
  const about = {request_id: newId(), original_transaction_id: hold.transaction_id};
  const capture = {...about, amount_fen: 22_000, final_capture: true};
  const unknown = newId();
  const [{results: [bill, refund, reversal, none]}] = await streamed('SubmitAdvices', [{
    terminal_id: HOTEL, advices: [
      {capture, ...evidence()},
      {refund: {...about, request_id: newId(), amount_fen: 11_000}, ...evidence()},
      {reversal: {request_id: newId(), original_request_id: unknown,
        reversal_reason: 'REVERSAL_REASON_TIMEOUT'}, ...evidence()},
      {capture: {...capture, request_id: newId(), original_transaction_id: 'ZZZZZZZZZZZZ'},
        ...evidence()},
    ]}]);
  assert.equal(bill.accepted, true);
  assert.equal(bill.transaction.kind, 'TRANSACTION_KIND_CAPTURE');
  assert.equal(bill.transaction.outcome, 'OUTCOME_APPROVED', 'also of more than was held');
  expectMoney(bill.transaction, 22_000, 20_000);  // the excess is the member's
  expectBorne(bill, 'LIABILITY_PROGRAMME', 0);
  assert.equal(refund.transaction.kind, 'TRANSACTION_KIND_REFUND');
  expectMoney(refund.transaction, 11_000, 10_000);
  assert.equal(reversal.accepted, true);
  assert.equal(reversal.transaction.original_found, false);
  assert.equal(none.accepted, true);
  assert.equal(none.transaction.reason, 'REASON_ORIGINAL_NOT_FOUND');
  expectBorne(none, 'LIABILITY_ACQUIRER', 22_000);
});

test('an advice that can not be read stands in nobody\'s way', async () => {
  const good = stored();
  const bad = [
    [stored({card_number: '1'}), 'sale.card_number'],
    [stored({capture: false}), 'sale.capture'],
    [stored({terminal_id: BAKERY}), 'sale.terminal_id'],
    [stored({list_price_fen: -1}), 'sale.list_price_fen'],
    [stored({lines: BASKET.slice(0, 1)}), 'sale.lines'],
    [stored({request_id: ''}), 'sale.request_id'],
    [stored({}, {occurred_at: null}), 'occurred_at'],
    [stored({}, {terminal_sequence: 0}), 'terminal_sequence'],
    [stored({}, {business_date: ''}), 'business_date'],
    [stored({}, {business_date: '2026-02-30'}), 'business_date'],
    [stored({}, {member_paid_fen: 1_001}), 'member_paid_fen'],
    [stored({}, {member_paid_fen: -1}), 'member_paid_fen'],
    [{...stored(), sale: undefined, member_paid_fen: 0}, 'advice'],
  ];
  const results = await submit(...bad.map(([advice]) => advice), good);
  bad.forEach(([, field], i) => {
    assert.equal(results[i].accepted, false);
    assert.equal(results[i].result, 'error', field);
    expectViolation(unpackStatus(results[i].error), `advices[${i}].${field}`);
  });
  assert.equal(results.at(-1).accepted, true);
  expectBorne(results.at(-1), 'LIABILITY_PROGRAMME', 0);
});

test('advices of a terminal that is not known, and messages that are none', async () => {
  const [{results: [result]}] = await streamed('SubmitAdvices', [
    {terminal_id: 'NOBODY', advices: [stored()]}]);
  assert.equal(result.accepted, false);
  assert.equal(result.transaction.reason, 'REASON_INVALID_TERMINAL');
  assert.equal(result.transaction.transaction_id, '');
  for (const advices of [[], Array(1_025).fill(stored())]) {
    const status = await refusal(
      streamed('SubmitAdvices', [{terminal_id: SUPERMARKET, advices}]), Code.INVALID_ARGUMENT);
    expectViolation(status, 'advices');
  }
});

// --- batches ---------------------------------------------------------------------------------

const close = (totals, fields = {}) => ({
  request_id: newId(), terminal_id: SUPERMARKET, totals, ...fields});

test('a shift: what the till counts is what the ledger counts, or both are told', async () => {
  // What went before belongs to the batch before.
  const before = await terminal.call('CloseBatch', close({}));
  assert.equal(before.transaction.kind, 'TRANSACTION_KIND_BATCH_CLOSE');
  assert.equal(before.transaction.state, 'TRANSACTION_STATE_COMPLETED');
  assert.equal(before.outcome, 'BATCH_OUTCOME_OUT_OF_BALANCE');
  assert.ok(before.engine_totals.capture_count > 0);

  const bought = await transactionOf(authorize(basket()));
  const undone = await transactionOf(authorize(basket()));
  await terminal.call('Reverse', {
    request_id: newId(), terminal_id: SUPERMARKET, original_transaction_id: undone.transaction_id,
    reversal_reason: 'REVERSAL_REASON_CUSTOMER_CANCELLATION'});
  await terminal.call('Refund', {
    request_id: newId(), terminal_id: SUPERMARKET, original_transaction_id: bought.transaction_id,
    amount_fen: 500});
  await submit(stored());
  await authorize(basket({card_number: '6253019999999999'}));  // declined: not counted
  const totals = {
    capture_count: 3, captured_fen: 3_000, refund_count: 1, refunded_fen: 500,
    reversal_count: 1, reversed_fen: 1_000, subsidy_fen: 300};
  const request = close(totals, {transport_data: Buffer.from([3])});
  const closed = await terminal.call('CloseBatch', request);
  assert.deepEqual(closed.engine_totals, totals);
  assert.deepEqual(closed.terminal_totals, totals);
  assert.equal(closed.outcome, 'BATCH_OUTCOME_IN_BALANCE');
  assert.equal(closed.batch_number, before.batch_number + 1);
  assert.deepEqual(closed.opened_at, before.closed_at);
  assert.deepEqual(closed.closed_at, closed.transaction.decided_at);
  assert.deepEqual(closed.transport_data, Buffer.from([3]));
  assert.equal(closed.idempotent_replay, false);

  const again = await terminal.call('CloseBatch', request);
  assert.deepEqual(again, {...closed, idempotent_replay: true});
  expectMismatch(await refusal(
    terminal.call('CloseBatch', {...request, totals: {...totals, refund_count: 2}}),
    Code.ALREADY_EXISTS), 'totals');

  // The next is open and empty; a difference in any number is one, and closes all the same.
  let number = closed.batch_number;
  for (const field of Object.keys(totals)) {
    const answer = await terminal.call('CloseBatch', close({[field]: 1}));
    assert.equal(answer.outcome, 'BATCH_OUTCOME_OUT_OF_BALANCE', field);
    assert.equal(answer.terminal_totals[field], 1);
    assert.equal(answer.engine_totals[field], 0);
    assert.equal(answer.batch_number, ++number);
  }
  const empty = await terminal.call('CloseBatch', close({}));
  assert.equal(empty.outcome, 'BATCH_OUTCOME_IN_BALANCE');
});

test('a close is held to its rules', async () => {
  await expectBad('CloseBatch', close(null), 'totals');
  await expectBad('CloseBatch', close({}, {request_id: 'x'}), 'request_id');
  for (const field of ['captured_fen', 'refunded_fen', 'reversed_fen']) {
    await expectBad('CloseBatch', close({[field]: -1}), `totals.${field}`);
  }
  await expectBad('CloseBatch', close({}, {transport_data: Buffer.alloc(65)}), 'transport_data');
  const nobody = await terminal.call('CloseBatch', close({}, {terminal_id: 'NOBODY'}));
  assert.equal(nobody.transaction.outcome, 'OUTCOME_DECLINED');
  assert.equal(nobody.transaction.reason, 'REASON_INVALID_TERMINAL');
  assert.equal(nobody.batch_number, 0);
});
