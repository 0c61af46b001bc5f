// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Codes on the screen of a digital card: fresh, and accepted once for each purpose.  Runs
// after main_job.mjs in the same city; its members are others.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {newId, refusal, spareCard, unpackStatus} from './client.mjs';
import {
  Code, GATE, SUPERMARKET, authorize, expectBad, expectDeclined, expectMoney, expectViolation,
  sale, streamed, terminal, toTimestamp, transactionOf,
} from './scenario.mjs';

const QR_CODE = {pos_entry_mode: 'POS_ENTRY_MODE_QR_CODE'};
const code = (age_ms, fields) => ({issued_at: toTimestamp(Date.now() - age_ms), ...fields});
const shown = (card_number, qr_code, fields) => sale({
  terminal_id: SUPERMARKET, card_number, list_price_fen: 1_000, ...QR_CODE, qr_code, ...fields});
const USED = 'REASON_SECURITY_VIOLATION';
const STALE = 'REASON_CREDENTIAL_EXPIRED';
const LATER = 'RETRY_NEW_ID_LATER';

test('the same code twice: the second is a screenshot, and the next code is not', async () => {
  const {card_number} = spareCard();
  const first = code(2_000);
  const request = shown(card_number, first);
  const bought = await transactionOf(authorize(request));
  assert.equal(bought.outcome, 'OUTCOME_APPROVED');
  expectMoney(bought, 1_000, 800);

  const screenshot = shown(card_number, first);
  const declined = await transactionOf(authorize(screenshot));
  expectDeclined(declined, USED, LATER);
  assert.match(declined.display_message_zh, /请刷新二维码/u);
  assert.match(declined.display_message, /fresh code/);
  const quoted = await transactionOf(terminal.call('Quote', {authorize: screenshot}));
  assert.deepEqual([quoted.outcome, quoted.reason], ['OUTCOME_DECLINED', USED]);

  // A repeat is a repeat: it is told what it was told, whatever code it shows.
  for (const again of [request, {...request, qr_code: code(0)}, {...request, qr_code: null}]) {
    const {transaction, idempotent_replay} = await terminal.call('Authorize', again);
    assert.equal(idempotent_replay, true);
    assert.deepEqual(transaction, bought);
  }
  const sticks = await terminal.call('Authorize', {...screenshot, qr_code: code(0)});
  assert.equal(sticks.idempotent_replay, true);
  assert.equal(sticks.transaction.reason, USED);

  const next = await transactionOf(authorize(shown(card_number, code(0))));
  assert.equal(next.outcome, 'OUTCOME_APPROVED');
  // What is reversed was none the less shown.
  await terminal.call('Reverse', {
    request_id: newId(), terminal_id: SUPERMARKET, original_transaction_id: bought.transaction_id,
    reversal_reason: 'REVERSAL_REASON_CUSTOMER_CANCELLATION'});
  expectDeclined(await transactionOf(authorize(shown(card_number, first))), USED, LATER);
});

test('one code opens the way in and the way out, each once', async () => {
  const {card_number} = spareCard();
  const qr_code = code(1_000, {valid_seconds: 600});
  const at = (purpose, capture) => transactionOf(authorize({
    terminal_id: GATE, card_number, list_price_fen: 900, capture, ...QR_CODE,
    qr_code: {...qr_code, purpose: `CODE_PURPOSE_${purpose}`}}));
  assert.equal((await at('ENTRY', false)).outcome, 'OUTCOME_APPROVED');
  expectDeclined(await at('ENTRY', false), USED, LATER);
  assert.equal((await at('EXIT', true)).outcome, 'OUTCOME_APPROVED');
  expectDeclined(await at('EXIT', true), USED, LATER);
  assert.equal((await at('PAYMENT', true)).outcome, 'OUTCOME_APPROVED');
  expectDeclined(await at('UNSPECIFIED', true), USED, LATER);
});

test('a code is good for a while, and not used up by being too old', async () => {
  const {card_number} = spareCard();
  for (const stale of [code(70_000), code(5_000, {valid_seconds: 2}), code(-400_000)]) {
    const declined = await transactionOf(authorize(shown(card_number, stale)));
    expectDeclined(declined, STALE, LATER);
    assert.match(declined.display_message_zh, /请刷新二维码/u);
  }
  const old = code(70_000, {valid_seconds: 3_600});
  const ahead = code(-60_000);
  for (const good of [old, ahead]) {
    const bought = await transactionOf(authorize(shown(card_number, good)));
    assert.equal(bought.outcome, 'OUTCOME_APPROVED', JSON.stringify(bought));
  }
});

test('the checks of a code are explained before all others', async () => {
  const {card_number} = spareCard();
  const request = shown(card_number, code(1_000), {explain: true});
  const good = await terminal.call('Authorize', request);
  assert.deepEqual(good.checks.slice(0, 3).map(({check, passed}) => [check, passed]),
    [[USED, true], [STALE, true], ['REASON_TERMINAL_INACTIVE', true]]);
  const used = await terminal.call('Authorize', {...request, request_id: newId()});
  assert.deepEqual(used.checks.map(({check, passed}) => [check, passed]), [[USED, false]]);
  const stale = await terminal.call('Quote', {
    authorize: {...request, qr_code: code(70_000)}});
  assert.deepEqual(stale.checks.map(({check, passed}) => [check, passed]),
    [[USED, true], [STALE, false]]);
});

test('a code that is none is refused by the name of its field', async () => {
  const {card_number} = spareCard();
  const qr_code = code(0);
  for (const [fields, field] of [
    [{pos_entry_mode: 'POS_ENTRY_MODE_CONTACTLESS'}, 'qr_code'],
    [{pos_entry_mode: 'POS_ENTRY_MODE_UNSPECIFIED'}, 'qr_code'],
    [{qr_code: {}}, 'qr_code.issued_at'],
    [{qr_code: {issued_at: {seconds: 1}}}, 'qr_code.issued_at'],
    [{qr_code: {...qr_code, valid_seconds: 3_601}}, 'qr_code.valid_seconds'],
    [{qr_code: {...qr_code, purpose: 4}}, 'qr_code.purpose'],
  ]) {
    await expectBad('Authorize', shown(card_number, qr_code, fields), field);
    expectViolation(await refusal(
      terminal.call('Quote', {authorize: shown(card_number, qr_code, fields)}),
      Code.INVALID_ARGUMENT), `authorize.${field}`);
  }
});

test('a stream judges codes too, one after another; an advice tells none', async () => {
  const {card_number} = spareCard();
  const qr_code = code(1_000);
  const [{results}] = await streamed('AuthorizeStream', [{requests: [
    shown(card_number, qr_code), shown(card_number, qr_code),
    shown(card_number, {...qr_code, valid_seconds: 9_999}), shown(card_number, code(500)),
  ]}]);
  assert.deepEqual(results.map(({response}) => response?.transaction.outcome),
    ['OUTCOME_APPROVED', 'OUTCOME_DECLINED', undefined, 'OUTCOME_APPROVED']);
  assert.equal(results[1].response.transaction.reason, USED);
  expectViolation(unpackStatus(results[2].error), 'requests[2].qr_code.valid_seconds');

  const occurred_at = toTimestamp(Date.now() - 60_000);
  const [{results: advised}] = await streamed('SubmitAdvices', [{
    terminal_id: SUPERMARKET,
    advices: [{
      sale: shown(card_number, code(60_000), {terminal_id: ''}), occurred_at,
      terminal_sequence: 1, business_date: new Date().toISOString().slice(0, 10),
      member_paid_fen: 800,
    }],
  }]);
  expectViolation(unpackStatus(advised[0].error), 'advices[0].sale.qr_code');
});
