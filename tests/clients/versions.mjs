// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A programme's versions as an operator's own program would handle them: into shadow, onto
// the schedule, back.  Runs after the others in the same city, with a programme of its own.

import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';

import {Operator, newId, refusal, spareCard} from './client.mjs';
import {
  Code, SUPERMARKET, authorize, expectMoney, expectViolation, terminal, toTimestamp, transactionOf,
} from './scenario.mjs';

const operator = new Operator();
after(() => operator.close());

const CODE = 'tryout';
const fileOf = (percent) => `gonghui: 1
programme: {code: ${CODE}, name: 试行, zone: Asia/Shanghai, starts: 2020-01-01, until: 2190-01-01}
funds:
  - {code: tryout-fund, name: 试行资金, budget: 100000 yuan}
benefits:
  - code: off
    name: 优惠
    at: {mcc: [5411]}
    price: {percent_off: ${percent}}
    funding: {fund: tryout-fund}
`;
const apply = (percent, fields) =>
  operator.call('ApplyProgramme', {content: fileOf(percent), file_name: 'tryout.yaml',
    author: '王小明', note: `${percent} %`, ...fields});
const stage = (version, name, fields) =>
  operator.call('StageProgramme', {programme_code: CODE, version, stage: `STAGE_${name}`, ...fields});
const stages = async () =>
  (await operator.call('ListProgrammeVersions', {programme_code: CODE})).versions
    .map((row) => `${row.version} ${row.stage.slice('STAGE_'.length)}`);
const buy = () => transactionOf(authorize({
  request_id: newId(), terminal_id: SUPERMARKET, card_number: spareCard().card_number,
  list_price_fen: 1_000, capture: true, programme_code: CODE}));

test('a version in shadow is counted and decides nothing', async () => {
  const first = await apply(10);
  assert.deepEqual(first.diagnostics, []);
  assert.equal(first.programme.stage, 'STAGE_ACTIVE');
  expectMoney(await buy(), 1_000, 900);

  const second = await apply(30, {stage: 'STAGE_SHADOW'});
  assert.equal(second.version, 2);
  assert.equal(second.programme.benefits[0].price, '30% off');
  expectMoney(await buy(), 1_000, 900);
  await transactionOf(terminal.call('Quote', {authorize: {
    terminal_id: SUPERMARKET, card_number: spareCard().card_number, list_price_fen: 1_000,
    programme_code: CODE}}));
  const {reports} = await operator.call('GetShadowReport', {programme_code: CODE});
  assert.equal(reports.length, 1);
  const {version, active_version, asked_count, more_count, active_subsidy_fen,
    shadow_subsidy_fen} = reports[0];
  assert.deepEqual(
    [version, active_version, asked_count, more_count, active_subsidy_fen, shadow_subsidy_fen],
    [2, 1, 1, 1, 100, 300]);
});

test('a schedule is kept, and a rollback goes back to the version before', async () => {
  const at = Date.now() + 2_000;
  const scheduled = await stage(2, 'SCHEDULED', {activates_at: toTimestamp(at), author: '李'});
  assert.equal(scheduled.programme.stage, 'STAGE_SCHEDULED');
  assert.deepEqual(scheduled.changes.map(({property}) => property), ['version', 'price']);
  assert.deepEqual(await stages(), ['2 SCHEDULED', '1 ACTIVE']);
  await sleep(at + 500 - Date.now());
  const bought = await buy();
  expectMoney(bought, 1_000, 700);
  assert.equal(bought.applied_benefits[0].programme_version, 2);
  assert.deepEqual(await stages(), ['2 ACTIVE', '1 RETIRED']);

  const back = await operator.call('RollbackProgramme', {programme_code: CODE, note: '太贵'});
  assert.equal(back.programme.version, 1);
  expectMoney(await buy(), 1_000, 900);
  const {versions: [second, first]} =
    await operator.call('ListProgrammeVersions', {programme_code: CODE});
  assert.equal(second.stage, 'STAGE_RETIRED');
  assert.equal(second.author, '王小明');
  assert.equal(second.note, '30 %');
  assert.equal(second.has_source, true);
  assert.equal(second.active_periods[0].starts_at.seconds, Math.floor(at / 1000));
  assert.equal(first.staged_note, '太贵');
  assert.equal(first.active_periods.length, 2);
  assert.equal(
    (await operator.call('GetProgrammeSource', {programme_code: CODE, version: 2})).content,
    fileOf(30));
  const {changes} = await operator.call('CompareProgrammeVersions', {
    programme_code: CODE, before_version: 2, after_version: 1});
  assert.deepEqual(changes.filter(({reduces}) => reduces).map(({before, after}) => [before, after]),
    [['30% off', '10% off']]);
});

test('what can not be reached is refused, and says why', async () => {
  const late = await refusal(
    stage(2, 'SCHEDULED', {activates_at: toTimestamp(Date.now() - 1_000)}),
    Code.FAILED_PRECONDITION);
  assert.equal(late.ErrorInfo.reason, 'INSTANT_HAS_PASSED');
  assert.equal(late.ErrorInfo.metadata.field, 'activates_at');
  const active = await refusal(stage(1, 'SHADOW'), Code.FAILED_PRECONDITION);
  assert.equal(active.ErrorInfo.reason, 'NOT_ALLOWED_FROM_STATE');
  expectViolation(await refusal(stage(1, 'SCHEDULED'), Code.INVALID_ARGUMENT), 'activates_at');
  expectViolation(await refusal(stage(1, 'RETIRED'), Code.INVALID_ARGUMENT), 'stage');
  assert.equal(
    (await refusal(stage(9, 'ACTIVE'), Code.NOT_FOUND)).ErrorInfo.metadata.field, 'version');
  assert.equal(
    (await refusal(operator.call('GetShadowReport', {programme_code: CODE}),
      Code.FAILED_PRECONDITION)).ErrorInfo.reason,
    'NO_SHADOW');
  assert.deepEqual(await stages(), ['2 RETIRED', '1 ACTIVE']);
});

test('a draft may be wrong, is told so, and applied when it is right', async () => {
  const save = (content) => operator.call('SaveDraft', {
    draft: {draft_name: CODE, content, file_name: 'tryout.yaml', author: '王小明'}});
  const wrong = await save(fileOf(200));
  assert.equal(wrong.created, true);
  assert.equal(wrong.diagnostics.length, 1);
  assert.deepEqual([wrong.diagnostics[0].line, wrong.diagnostics[0].path],
    [9, 'benefits[0].price.percent_off']);
  assert.equal((await save(fileOf(20))).created, false);
  const {draft, diagnostics} = await operator.call('GetDraft', {draft_name: CODE});
  assert.equal(draft.content, fileOf(20));
  assert.deepEqual(diagnostics, []);
  const {drafts} = await operator.call('ListDrafts', {});
  assert.deepEqual(drafts.map(({draft_name}) => draft_name), [CODE]);
  const applied = await operator.call('ApplyProgramme', {
    draft_name: CODE, stage: 'STAGE_VALIDATED'});
  assert.equal(applied.programme.stage, 'STAGE_VALIDATED');
  await operator.call('DeleteDraft', {draft_name: CODE});
  await refusal(operator.call('GetDraft', {draft_name: CODE}), Code.NOT_FOUND);
  assert.deepEqual(await stages(), ['3 VALIDATED', '2 RETIRED', '1 ACTIVE']);
});

test('a programme that ends leaves the others alone', async () => {
  const {programme} = await operator.call('RetireProgramme', {programme_code: CODE});
  assert.equal(programme.retired, true);
  const {programmes} = await operator.call('ListProgrammes', {});
  assert.ok(!programmes.some(({programme_code}) => programme_code === CODE));
});
