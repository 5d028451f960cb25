import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyringError, keyringErrorCodes } from '../../../src/core/errors.ts';
import { home, run, say } from '../../../src/core/hint.ts';
import {
  AgentError,
  formatError,
  formatGreeting,
  formatRequest,
  parseGreeting,
  parseReply,
  parseRequest,
  parseValue,
  type Request,
} from '../../../src/keyring/agent/protocol.ts';

const bytesOf = (message: unknown) => Buffer.from(JSON.stringify(message));

const requests: readonly Request[] = [
  { op: 'get', key: 'a/b ä' },
  { op: 'delete', key: '' },
  { op: 'set', key: 'key', value: '\u0000\ufeff ☃ \u{1f600}' },
  { op: 'keys' },
  { op: 'probe' },
  { op: 'look' },
  { op: 'lock' },
  { op: 'renew', ttlMs: 1000, idleMs: 2000 },
];

describe('a request', () => {
  test.each(requests)('$op is unchanged, and fields of a later version are ignored', (request) => {
    const message = { ...formatRequest(request), nonce: 1 };
    expect(parseRequest(bytesOf(message))).toEqual(request);
  });

  test.each([
    null,
    [],
    'get',
    {},
    { op: 'get' },
    { op: 'get', key: 1 },
    { op: 'set', key: 'key' },
    { op: 'set', key: 'key', value: 'no base64' },
    { op: 'set', key: 'key', value: Buffer.from([0xff]).toString('base64') },
    { op: 'renew', ttlMs: 0, idleMs: 1 },
    { op: 'renew', ttlMs: 1, idleMs: 1.5 },
    { op: 'renew', ttlMs: '1', idleMs: 1 },
    { op: 'password' },
    { op: 'toString' },
  ])('%j is invalid', (message) => {
    expect(parseRequest(bytesOf(message))).toBeUndefined();
  });
});

test('no input makes a parser throw', () => {
  const anything = fc.oneof(
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.jsonValue().map(bytesOf),
    fc
      .record({ op: fc.constantFrom(...requests.map(({ op }) => op)), key: fc.anything() })
      .map((request) => Buffer.from(JSON.stringify(request, (_, value: unknown) => plain(value)))),
    fc.record({ ok: fc.jsonValue(), error: fc.jsonValue(), leaving: fc.jsonValue() }).map(bytesOf),
  );
  fc.assert(
    fc.property(anything, (frame) => {
      parseGreeting(frame);
      parseRequest(frame);
      try {
        parseReply(frame);
      } catch (error) {
        if (!(error instanceof AgentError || error instanceof KeyringError)) throw error;
      }
    }),
  );
});

function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

test('any text is unchanged, and only canonical base64 is accepted', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(parseValue(Buffer.from(text).toString('base64'))).toBe(text);
    }),
  );
  expect(parseValue('YQ')).toBeUndefined();
  expect(parseValue(null)).toBeUndefined();
});

test('a greeting contains the version and the directory', () => {
  const greeting = { version: 1, directory: '2049:77' };
  expect(parseGreeting(bytesOf(formatGreeting(greeting)))).toEqual(greeting);
  expect(parseGreeting(bytesOf({ 'atmos-agent': 0, directory: '1:1' }))).toBeUndefined();
  expect(parseGreeting(bytesOf({ 'atmos-agent': 1 }))).toBeUndefined();
});

describe('an answer', () => {
  test('contains its fields or the error of the keyring', () => {
    expect(parseReply(bytesOf({ ok: { value: null } }))).toEqual({ value: null });
    for (const code of keyringErrorCodes) {
      const hints = [run(['mv', '/a b', home], 'to keep it'), say('or restore it')];
      const error = new KeyringError(code, 'what happened', { hints });
      const read = () => parseReply(bytesOf(formatError(error)));
      expect(read).toThrow(error);
      expect(read).toThrow(expect.objectContaining({ code, hintValues: hints }));
    }
  });

  test('omits a hint that the client would reject', () => {
    const hints = [run(['mv', '/a\nb', home]), say('or restore it')];
    const error = new KeyringError('ERR_KEYRING_DAMAGED', 'what happened', { hints });
    const read = () => parseReply(bytesOf(formatError(error)));
    expect(read).toThrow(expect.objectContaining({ hintValues: [say('or restore it')] }));
  });

  test.each([
    { ok: 1 },
    { error: { code: 'ERR_USAGE', message: 'not of a keyring', hints: [] } },
    { error: { code: 'ERR_KEYRING_IO', message: 'no hints' } },
    { error: { code: 'ERR_KEYRING_IO', message: 'a number', hints: [1] } },
    { error: { code: 'ERR_KEYRING_IO', message: 'as version 1', hints: ['df -h'] } },
    { error: { code: 'ERR_KEYRING_IO', message: 'steers', hints: [say('\u001b[2Kdf -h')] } },
    { error: { code: 'ERR_KEYRING_IO', message: 'a line more', hints: [run(['df', '\nid'])] } },
    { leaving: 'yes' },
    [],
  ])('%j is invalid', (message) => {
    expect(() => parseReply(bytesOf(message))).toThrow('it sent an invalid answer');
  });

  test('of a stopping agent is different from a failure', () => {
    expect(() => parseReply(bytesOf({ leaving: true }))).toThrow(
      expect.objectContaining({ failure: 'leaving' }),
    );
  });
});
