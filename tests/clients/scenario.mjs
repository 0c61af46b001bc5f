// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// What the scenarios share: the terminals of the city, a client, and what is expected of
// an answer.

import assert from 'node:assert/strict';
import {after} from 'node:test';

import {Terminal, grpc, newId, refusal} from './client.mjs';

export const {status: Code} = grpc;
export const GATE = 'T0000001';
export const SUPERMARKET = 'T0000002';
export const RESTAURANT = 'T0000003';
export const HOTEL = 'T0000004';
export const CONVENIENCE = 'T0000005';
export const BAKERY = 'T0000007';

export const terminal = new Terminal();
after(() => terminal.close());

export const sale = (fields) => ({request_id: newId(), capture: true, ...fields});
export const authorize = async (fields, options) =>
  terminal.call('Authorize', {request_id: newId(), ...fields}, options);
export const transactionOf = async (promise) => (await promise).transaction;
export const stateOf = async ({terminal_id, transaction_id}) =>
  transactionOf(terminal.call('GetTransaction', {terminal_id, transaction_id}));

// Sends the messages, and resolves to the responses when the stream has ended.
export function streamed(method, messages) {
  return new Promise((resolve, reject) => {
    const stream = terminal.stub[method]({deadline: Date.now() + 20_000});
    const responses = [];
    stream.on('data', (response) => responses.push(response));
    stream.on('error', reject);
    stream.on('end', () => resolve(responses));
    messages.forEach((message) => stream.write(message));
    stream.end();
  });
}

export const toMs = ({seconds, nanos}) => seconds * 1000 + nanos / 1e6;
export const toTimestamp = (ms) =>
  ({seconds: Math.floor(ms / 1000), nanos: Math.round(ms % 1000) * 1e6});

export function expectMoney(transaction, list, pays) {
  const {list_price_fen, member_pays_fen, subsidy_fen} = transaction;
  assert.deepEqual({list_price_fen, member_pays_fen, subsidy_fen},
    {list_price_fen: list, member_pays_fen: pays, subsidy_fen: list - pays});
}

export function expectDeclined(transaction, reason, retry) {
  assert.equal(transaction.outcome, 'OUTCOME_DECLINED', JSON.stringify(transaction));
  assert.equal(transaction.reason, reason);
  assert.equal(transaction.retry, retry);
  assert.equal(transaction.state, 'TRANSACTION_STATE_DECLINED');
  assert.equal(transaction.approval_code, '');
  assert.equal(transaction.subsidy_fen, 0);
  assert.match(transaction.display_message, /^[ -~]+$/);
  assert.match(transaction.display_message_zh, /\p{Script=Han}/u);
}

export function expectMismatch(status, field) {
  assert.equal(status.code, Code.ALREADY_EXISTS);
  assert.equal(status.ErrorInfo.reason, 'DUPLICATE_MISMATCH');
  assert.equal(status.ErrorInfo.metadata.field, field);
}

// The same id again: the same answer; with another amount: refused, and the field named.
export async function expectRemembered(method, request, first) {
  const again = await terminal.call(method, request);
  assert.equal(again.idempotent_replay, true);
  assert.deepEqual(again.transaction, first);
  expectMismatch(await refusal(
    terminal.call(method, {...request, amount_fen: request.amount_fen + 1}), Code.ALREADY_EXISTS),
  'amount_fen');
}

export function expectViolation(status, field) {
  assert.equal(status.code, Code.INVALID_ARGUMENT);
  assert.deepEqual(status.BadRequest.field_violations.map((v) => v.field), [field]);
  assert.ok(status.BadRequest.field_violations[0].description.length > 0);
}

export async function expectBad(method, request, field) {
  const status = await refusal(terminal.call(method, request), Code.INVALID_ARGUMENT);
  assert.equal(status.ErrorInfo.metadata.field, field);
  expectViolation(status, field);
}
