// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// Pick-up codes and draws as a kiosk and a union's own program would handle them.  Whoever
// wins is worked out here again, from docs/decisions/0008-vouchers-draws-appointments.md and
// with no code of the server's.  Runs after the others in the same city, with a programme of
// its own.

import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {after, test} from 'node:test';

import {Operator, newId, refusal, spareCard} from './client.mjs';
import {
  Code, SUPERMARKET, authorize, expectBad, expectDeclined, terminal, toTimestamp, transactionOf,
} from './scenario.mjs';

const programmes = new Operator();
const vouchers = new Operator('Voucher');
const draws = new Operator('Draw');
after(() => [programmes, vouchers, draws].forEach((operator) => operator.close()));

const SERIES = 'pickup-towel';
const FILE = `gonghui: 1
programme: {code: pickup, name: 凭码领取, zone: Asia/Shanghai, starts: 2020-01-01, until: 2190-01-01}
funds:
  - {code: pickup-towels, name: 毛巾, budget: 100 pieces}
  - {code: pickup-tickets, name: 报名, budget: 100 pieces}
limits:
  - {code: entry, per: person, each: programme, uses: 1}
benefits:
  - code: towel
    name: 毛巾
    for: {real_name: false}
    at: {mcc: [5411]}
    price: {free: true}
    stock: {fund: pickup-towels, units: 1}
    voucher: ${SERIES}
  - code: enter
    name: 报名
    for: {real_name: false}
    at: {mcc: [5411]}
    price: {free: true}
    stock: {fund: pickup-tickets, units: 1}
    limits: [entry]
`;
const times = {
  valid_from: toTimestamp(Date.now() - 3_600_000), expires_at: toTimestamp(Date.now() + 3_600_000)};
// Long enough for all that is to come before, on any machine.
const CLOSES = Date.now() + 12_000;
const fetchWith = (voucher_code, fields) => ({
  request_id: newId(), terminal_id: SUPERMARKET, voucher_code, capture: true, ...fields});
const issue = async (fields) =>
  (await vouchers.call('IssueCodes', {series_code: SERIES, ...times, ...fields})).codes;
const voucherOf = async (fields) => (await vouchers.call('GetVoucher', fields)).voucher;

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  parts.forEach((part) => hash.update(part));
  return hash.digest();
};
const keyOf = (text) => sha256(text).subarray(0, 16).toString('hex');

test('the programme is switched on', async () => {
  const {diagnostics} = await programmes.call('ApplyProgramme', {content: FILE});
  assert.deepEqual(diagnostics, []);
});

test('a code is printed in groups, known by its hash, and good once', async () => {
  const [{voucher_code, voucher_key, member_id}] = await issue({count: 1});
  assert.match(voucher_code, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
  assert.equal(member_id, '');
  assert.equal(voucher_key, keyOf(`code:${voucher_code.replaceAll('-', '')}`));

  // Typed by hand, without a card.
  const request = fetchWith(voucher_code.toLowerCase().replaceAll('-', ' '), {capture: false});
  const hold = await transactionOf(authorize(request));
  assert.equal(hold.outcome, 'OUTCOME_APPROVED', JSON.stringify(hold));
  assert.deepEqual(hold.applied_benefits.map(({pieces}) => pieces), [1]);
  expectDeclined(await transactionOf(authorize(fetchWith(voucher_code))),
    'REASON_VOUCHER_RESERVED', 'RETRY_NEW_ID_LATER');
  await terminal.call('Reverse', {
    request_id: newId(), terminal_id: SUPERMARKET, original_transaction_id: hold.transaction_id,
    reversal_reason: 'REVERSAL_REASON_DEVICE_UNABLE'});
  const taken = await transactionOf(authorize(fetchWith(voucher_code)));
  assert.equal(taken.outcome, 'OUTCOME_APPROVED');
  expectDeclined(await transactionOf(authorize(fetchWith(voucher_code))),
    'REASON_VOUCHER_REDEEMED', 'RETRY_NEVER');
  const voucher = await voucherOf({voucher_code});
  assert.equal(voucher.state, 'VOUCHER_STATE_REDEEMED');
  assert.equal(voucher.transaction_id, taken.transaction_id);
});

test('a digit that is mistyped is told, and nothing is decided', async () => {
  const [{voucher_code}] = await issue({count: 1});
  const other = (voucher_code[0] === 'A' ? 'B' : 'A') + voucher_code.slice(1);
  await expectBad('Authorize', fetchWith(other), 'voucher_code');
  await expectBad('Authorize', fetchWith('', {voucher_code: ''}), 'card_number');
});

test('whoever takes a ticket has entered the draw', async () => {
  await draws.call('CommitDraw', {draw: {
    draw_code: 'pickup-draw', kind: 'DRAW_KIND_DRAW', programme_code: 'pickup',
    limit_code: 'entry', closes_at: toTimestamp(CLOSES),
    prizes: [{series_code: SERIES, count: 3, ...times}]}});
  for (let entered = 0; entered < 9;) {
    const {card_number} = spareCard();
    const {outcome, reason} = await transactionOf(authorize({
      request_id: newId(), terminal_id: SUPERMARKET, card_number, capture: true,
      programme_code: 'pickup'}));
    if (reason === 'REASON_CARD_EXPIRED') {
      continue;  // the city has such cards, too
    }
    assert.deepEqual([outcome, reason], ['OUTCOME_APPROVED', 'REASON_UNSPECIFIED']);
    ++entered;
  }
});

test('a pool answers at once, and can be worked out again when its seed is known', async () => {
  const pool = {
    draw_code: 'pickup-pool', kind: 'DRAW_KIND_POOL', closes_at: toTimestamp(CLOSES),
    prizes: [{series_code: SERIES, count: 2, weight: 1, ...times}, {weight: 2}]};
  const {draw: committed, created} = await draws.call('CommitDraw', {draw: pool});
  assert.equal(created, true);
  const {member_id: member} = spareCard();
  const won = [];
  for (let i = 0; i < 12; ++i) {
    const event = {draw_code: 'pickup-pool', source: 'js', event_id: `答题 ${i}`, member_id: member};
    const {voucher} = await draws.call('DrawPrize', event);
    assert.equal(voucher.voucher_key, keyOf(`grant:js:答题 ${i}`));
    assert.deepEqual(await draws.call('DrawPrize', event), {voucher, idempotent_replay: true});
    won.push(voucher.state === 'VOUCHER_STATE_ISSUED');
  }
  const {draw} = await settled('pickup-pool');
  const seed = Buffer.from(draw.seed, 'hex');
  assert.equal(sha256(seed).toString('hex'), committed.seed_hash);
  let left = 2;
  won.forEach((has_won, i) => {
    const number = sha256(seed, `pool:pickup-pool:js:答题 ${i}`).readBigUInt64BE(0);
    const expected = left > 0 && (number * 3n) >> 64n === 0n;
    assert.equal(has_won, expected, `event ${i}`);
    left -= expected ? 1 : 0;
  });
});

test('a draw is settled once, and anybody can work out its winners', async () => {
  const answer = await settled('pickup-draw');
  const {draw, winner_ids} = answer;
  const {member_ids} = await draws.call('ListDrawEntries', {draw_code: 'pickup-draw'});
  assert.equal(member_ids.length, 9);
  assert.equal(sha256(...member_ids.map((id) => `${id}\n`)).toString('hex'), draw.entries_hash);
  assert.deepEqual(winner_ids, winnersOf(Buffer.from(draw.seed, 'hex'), 'pickup-draw', member_ids, 3));
  for (const [i, id] of winner_ids.entries()) {
    const voucher = await voucherOf({voucher_key: keyOf(`draw:pickup-draw:${i + 1}`)});
    assert.equal(voucher.member_id, id);
  }
  assert.deepEqual(await draws.call('SettleDraw', {draw_code: 'pickup-draw'}), answer);
  const status = await refusal(
    draws.call('SettleDraw', {draw_code: 'nothing'}), Code.NOT_FOUND);
  assert.equal(status.ErrorInfo.metadata.field, 'draw_code');
});

// When it is time.
async function settled(draw_code) {
  await new Promise((resolve) => { setTimeout(resolve, CLOSES - Date.now() + 200); });
  return draws.call('SettleDraw', {draw_code});
}

// The first of a Fisher-Yates shuffle, with the words of SHA-256.
function winnersOf(seed, code, entries, count) {
  const list = [...entries];
  const words = [];
  let counter = 0n;
  const next = () => {
    if (words.length === 0) {
      const number = Buffer.alloc(8);
      number.writeBigUInt64BE(counter++);
      const block = sha256(seed, 'draw:', code, number);
      words.push(...[0, 8, 16, 24].map((at) => block.readBigUInt64BE(at)));
    }
    return words.shift();
  };
  for (let i = 0; i < count; ++i) {
    const n = BigInt(list.length - i);
    const end = (1n << 64n) / n * n;
    let word = next();
    while (word >= end) {
      word = next();
    }
    const other = i + Number(word % n);
    [list[i], list[other]] = [list[other], list[i]];
  }
  return list.slice(0, count);
}
