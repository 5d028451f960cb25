import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { errorOf } from '../../../support/error-of.ts';
import { createTestMac } from './open-keyring.ts';

const canary = 'canary-7f3a91-KEEP-OUT';
/** The second value is split into parts that contain the canary in one piece. */
const values = [canary, canary.repeat(400)];

/** All forms in which a layer could reveal the canary. */
const forms = [canary, Buffer.from(canary).toString('hex'), ...[0, 1, 2].map(base64At)];

/** Its base64 at this offset, without the characters that depend on neighboring bytes. */
function base64At(offset: number): string {
  const text = Buffer.from('x'.repeat(offset) + canary).toString('base64');
  return text.slice(4, -4);
}

function expectNone(what: string, shown: string) {
  expect({ what, found: forms.filter((form) => shown.includes(form)) }).toEqual({
    what,
    found: [],
  });
}

test.each(values)(
  'a secret is on no command line and in no environment, error or log',
  async (value) => {
    const log: string[] = [];
    const mac = createTestMac({ host: { log: (...entry) => void log.push(inspect(entry)) } });
    onTestFinished(mac.remove);
    await mac.open().set('key', value);
    expect(await mac.open().get('key')).toBe(value);
    expect(forms.some((form) => mac.items().some(({ secret }) => secret.includes(form)))).toBe(
      true,
    );

    const errors: unknown[] = [];
    for (const person of ['denies', 'cancels', 'never answers'] as const) {
      mac.change((state) => {
        Object.assign(state, { person, locked: [mac.path] });
      });
      errors.push(await errorOf(mac.open().set('key', value)));
      errors.push(await errorOf(mac.open().get('key')));
    }
    mac.change((state) => {
      Object.assign(state, { person: 'allows', failing: { 'add-generic-password': 2 } });
    });
    errors.push(await errorOf(mac.open().set('key', value)));
    mac.change((state) => {
      state.failing = {};
    });
    mac.put({ service: 'cut', secret: `go-keyring-base64:${value}` });
    errors.push(await errorOf(mac.open().get('cut')));
    mac.put({ service: 'bytes', secret: `\xff${value}` });
    errors.push(await errorOf(mac.open().get('bytes')));

    for (const error of errors)
      expectNone('an error', inspect(error, { depth: 9, showHidden: true }));
    for (const { program, args, env } of mac.runs) {
      expectNone('a command line', [program, ...args].join(' '));
      expectNone('an environment', inspect(env));
      expect(Object.keys(env).filter((name) => name.startsWith('AWS'))).toEqual([]);
    }
    expectNone('a log', log.join('\n'));
    expect(mac.runs.some(({ args }) => args.includes('-d') || args.includes('-w'))).toBe(false);
  },
);
