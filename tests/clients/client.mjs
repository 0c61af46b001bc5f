// Copyright The Gonghui Authors
// SPDX-License-Identifier: Apache-2.0
//
// A Gonghui client as somebody else would write it: grpc-js and the .proto files.

import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {randomUUID} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';

import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import protobuf from 'protobufjs';

const {GONGHUI_PROTO, GONGHUI_CITY, GONGHUI_BUF} = process.env;
export const {GONGHUI_TERMINAL_SERVER: terminalAddress, GONGHUI_OPERATOR_SOCKET: operatorSocket} =
  process.env;

const DEADLINE_MS = 20_000;
const INCLUDE = [GONGHUI_PROTO, '/usr/share/grpc-proto'];

export {grpc, randomUUID as newId};

export const load = (file) =>
  grpc.loadPackageDefinition(protoLoader.loadSync(file, {
    includeDirs: INCLUDE, keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true,
  }));

const {gonghui} = load('gonghui/v1/authorization_service.proto');
const operators = Object.fromEntries(['Programme', 'Voucher', 'Draw', 'Aid'].map((name) => [
  name, load(`gonghui/v1/${name.toLowerCase()}_service.proto`).gonghui.v1[`${name}Service`]]));
const {grpc: {health}} = load('grpc/health/v1/health.proto');

export class Terminal {
  constructor(address = terminalAddress) {
    const plain = grpc.credentials.createInsecure();
    this.stub = new gonghui.v1.AuthorizationService(address, plain);
    this.health = new health.v1.Health(address, plain);
  }

  // Resolves to the response; rejects with grpc-js's error.
  call(method, request, options = {}) {
    return promised(this.stub, method, request, options);
  }

  check(service) {
    return promised(this.health, 'Check', {service}, {});
  }

  close() {
    this.stub.close();
    this.health.close();
  }
}

// One of the operators' services, on their Unix socket.
export class Operator {
  constructor(service = 'Programme', socket = operatorSocket) {
    this.stub = new operators[service](`unix:${socket}`, grpc.credentials.createInsecure());
  }

  call(method, request, options = {}) {
    return promised(this.stub, method, request, options);
  }

  close() {
    this.stub.close();
  }
}

function promised(stub, method, request, options) {
  return new Promise((resolve, reject) => {
    stub[method](request, {deadline: Date.now() + DEADLINE_MS, ...options},
      (error, response) => (error ? reject(error) : resolve(response)));
  });
}

// --- errors ----------------------------------------------------------------------

const details = new protobuf.Root();
details.resolvePath = (origin, target) =>
  (target.startsWith('google/rpc/') ? join(GONGHUI_PROTO, target) : target);
details.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto'], {keepCase: true});

// google.rpc.Status, its details by their names: {code, message, ErrorInfo: {...}}.
export function unpackStatus({code, message, details: packed}) {
  const status = {code, message};
  for (const {type_url: url, value} of packed) {
    const name = url.split('/').pop();
    const type = details.lookupType(name);
    status[name.split('.').pop()] = type.toObject(type.decode(value), {arrays: true, objects: true});
  }
  return status;
}

// That `promise` fails with this code, and with details that say so too.
export async function refusal(promise, code) {
  const error = await promise.then(
    (answer) => assert.fail(`answered: ${JSON.stringify(answer)}`), (rejected) => rejected);
  assert.equal(error.code, code, `${error.code}: ${error.details}`);
  const [packed] = error.metadata.get('grpc-status-details-bin');
  assert.ok(packed, `no grpc-status-details-bin with: ${error.details}`);
  const status = unpackStatus(details.lookupType('google.rpc.Status').decode(packed));
  assert.equal(status.code, code);
  assert.equal(status.message, error.details);
  assert.equal(status.ErrorInfo.domain, 'gonghui');
  return status;
}

// --- the city that `run` has loaded -----------------------------------------------

function rows(file) {
  const [header, ...lines] =
    readFileSync(join(GONGHUI_CITY, file), 'utf8').trim().split('\n').map((line) => line.split(','));
  return lines.map((cells) => Object.fromEntries(header.map((name, i) => [name, cells[i]])));
}

const cards = rows('cards.csv');

export const cardOf = (member) =>
  cards.find((row) => row.member_id === member && row.kind === 'physical').card_number;
export const otherCardOf = (member) =>
  cards.find((row) => row.member_id === member && row.kind === 'digital').card_number;
export const activeCards =
  cards.filter((row) => row.status === 'active').map((row) => row.card_number);

// A card of an active member of whom no scenario has made use; each call another.
const spare = rows('members.csv').filter((row) => row.status === 'active' &&
  row.real_name_verified === 'true' && Number(row.member_id.slice(1)) > 20);
export function spareCard() {
  for (let member = spare.shift(); member !== undefined; member = spare.shift()) {
    const card = cards.find((row) => row.member_id === member.member_id && row.status === 'active');
    if (card !== undefined) {
      return card;
    }
  }
  throw new Error('the city has no more members');
}

// --- buf: Go's gRPC, which knows nothing but what reflection tells ------------------

export async function bufCurl(...args) {
  const {stdout} = await promisify(execFile)(
    GONGHUI_BUF, ['curl', '--protocol', 'grpc', '--http2-prior-knowledge', ...args],
    {timeout: 60_000});
  return stdout;
}
