import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { login } from '../../src/auth/login.ts';
import type { MfaRequest } from '../../src/clouds/contract.ts';
import { AtmosError } from '../../src/core/errors.ts';
import { errorOf } from '../support/error-of.ts';
import { codes, codesOf, device, identityAt, keys, openPlace, type Place } from './place.ts';

const mfa = { mfa_arn: device };
const refusal = `AWS refused the MFA code of ${device}: wrong, expired, or used before`;

async function openMfaPlace(...given: string[]) {
  const { asked, mfaCode } = codesOf(...given);
  const place = await openPlace({ mfaCode });
  const identity = identityAt(place, { credentials: mfa });
  await place.manager.saveKeys(identity, keys);
  return { place, identity, asked };
}

/** The expected state after a failed login: the unchanged key, and no session. */
async function expectNothingStored(place: Place): Promise<void> {
  expect(await place.keyring.keys()).toEqual(['atmos_r_dev']);
  expect(await place.context.store.read('dev', 'key')).toMatchObject({ credentials: keys });
}

describe('a login with a second factor', () => {
  test('sends the device and its code, and has no limits', async () => {
    const { place, identity, asked } = await openMfaPlace(codes[0]);
    const result = await place.manager.login(identity);
    expect(result.wasOpened).toBe(true);
    expect(result.session.limits).toEqual([]);
    expect(asked).toEqual([{ device, isRetry: false }]);
    expect(place.server.calls.map(({ params }) => params)).toEqual([
      { DurationSeconds: '43200', SerialNumber: device, TokenCode: '******' },
    ]);
  });

  test('never prompts while a session is valid', async () => {
    const { place, identity, asked } = await openMfaPlace(codes[0]);
    await place.manager.login(identity);
    expect((await place.manager.login(identity)).wasOpened).toBe(false);
    expect(asked).toHaveLength(1);
  });

  test('prompts again after a rejected code', async () => {
    const { place, identity, asked } = await openMfaPlace('000000', codes[0]);
    expect((await place.manager.login(identity)).wasOpened).toBe(true);
    expect(asked).toEqual([
      { device, isRetry: false },
      { device, isRetry: true },
    ]);
    expect(place.server.calls).toHaveLength(2);
  });

  test.each([
    ['a second one', ['000000', '000001', codes[0]], 2],
    ['one, when there is no other', ['000000'], 1],
  ])('fails with the rejection of %s', async (_, given, calls) => {
    const { place, identity } = await openMfaPlace(...given);
    const error = await errorOf(place.manager.login(identity));
    expect(error.code).toBe('ERR_AUTH_MFA_REFUSED');
    expect(error.message).toBe(`no session for identity dev: ${refusal}`);
    expect(error.hints).toEqual([
      'with the next code, after at most 30 seconds: atmos auth login --identity dev',
    ]);
    expect(place.server.calls).toHaveLength(calls);
    await expectNothingStored(place);
    expect(await place.manager.whoami(identity)).not.toHaveProperty('keyRefusedAt');
  });

  test('accepts no code twice', async () => {
    const { place, identity } = await openMfaPlace(codes[0], codes[0]);
    await place.manager.login(identity);
    const error = await errorOf(place.manager.login(identity, { force: true }));
    expect(error.message).toBe(`no session for identity dev: ${refusal}`);
  });

  test('reports that the device may belong to another user', async () => {
    const { place } = await openMfaPlace(codes[0]);
    const other = identityAt(place, { credentials: { mfa_arn: `${device}2` } });
    const error = await errorOf(place.manager.login(other));
    expect(error.code).toBe('ERR_AUTH_MFA_REFUSED');
    expect(error.message).toBe(
      `no session for identity dev: AWS could not check the MFA code: ${device}2 may not be a device of this user`,
    );
    expect(error.hints).toEqual([
      'aws iam list-mfa-devices',
      `correct mfa_arn (${other.locate(['credentials', 'mfa_arn'])})`,
    ]);
  });

  test.each(['12345', '1234567', '12345 ', 'abcdef', '１２３４５６', ''])(
    'sends only codes of six digits: %j',
    async (code) => {
      const { place, identity, asked } = await openMfaPlace(code);
      const error = await errorOf(place.manager.login(identity));
      expect(error.code).toBe('ERR_AUTH_MFA_REFUSED');
      expect(error.message).toBe(
        `no session for identity dev: the MFA code of ${device} does not have six digits`,
      );
      expect(error.hints).toEqual([
        'with the next code of the device: atmos auth login --identity dev',
      ]);
      expect(asked).toHaveLength(2);
      expect(place.server.calls).toEqual([]);
      await expectNothingStored(place);
    },
  );

  test('continues with a valid code after an invalid one', async () => {
    const { place, identity } = await openMfaPlace('12345', codes[0]);
    expect((await place.manager.login(identity)).wasOpened).toBe(true);
    expect(place.server.calls).toHaveLength(1);
  });
});

describe('a login with a second factor without a prompt', () => {
  const required = `a session for identity dev needs a code of the MFA device ${device}`;
  const hints = [
    'atmos auth login --identity dev',
    'atmos auth login --identity dev --mfa-token <code>',
  ];

  test.each([
    ['no code is to be had', async () => undefined],
    ['there is no way to ask', undefined],
  ])('reports that it needs a code: %s', async (_, mfaCode) => {
    const place = await openPlace(mfaCode ? { mfaCode } : {});
    const identity = identityAt(place, { credentials: mfa });
    await place.manager.saveKeys(identity, keys);
    const error = await errorOf(place.manager.login(identity));
    expect(error.code).toBe('ERR_AUTH_MFA_REQUIRED');
    expect(error.message).toBe(required);
    expect(error.hints).toEqual(hints);
    expect(place.server.calls).toEqual([]);
    await expectNothingStored(place);
  });

  test('reports that the user canceled', async () => {
    const canceled = new AtmosError('ERR_CANCELLED', 'canceled');
    const place = await openPlace({ mfaCode: () => Promise.reject(canceled) });
    const identity = identityAt(place, { credentials: mfa });
    await place.manager.saveKeys(identity, keys);
    const error = await errorOf(place.manager.login(identity));
    expect(error.code).toBe('ERR_CANCELLED');
    expect(error.message).toBe('canceled');
    await expectNothingStored(place);
  });
});

describe('a process that waits for the same code', () => {
  /** A prompt for a code that the test answers. */
  function openPrompt() {
    const answers: ((code: string | undefined) => void)[] = [];
    const asked: MfaRequest[] = [];
    const mfaCode = (request: MfaRequest) => {
      asked.push(request);
      return new Promise<string | undefined>((resolve) => answers.push(resolve));
    };
    return { asked, mfaCode, answer: (code: string | undefined) => answers.shift()?.(code) };
  }

  /** A second process on the same machine, and a promise for the start of its wait for a lock. */
  async function openWaiter(beside: Place, mfaCode: Place['context']['ask']['mfaCode']) {
    let tell = () => {};
    const isWaiting = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const host = {
      async sleep(milliseconds: number) {
        tell();
        await sleep(milliseconds);
      },
    };
    const place = await openPlace({ beside, host, ...(mfaCode ? { mfaCode } : {}) });
    return { place, isWaiting };
  }

  test('gets its rejection, with its own identity', async () => {
    const prompt = openPrompt();
    const place = await openPlace({ mfaCode: prompt.mfaCode });
    const dev = identityAt(place, { credentials: mfa });
    const ops = identityAt(place, { name: 'ops', credentials: mfa });
    await place.manager.saveKeys(dev, keys);
    await place.manager.saveKeys(ops, keys);
    const other = openPrompt();
    const waiter = await openWaiter(place, other.mfaCode);

    const first = errorOf(place.manager.login(dev));
    await expect.poll(() => prompt.asked).toHaveLength(1);
    const second = errorOf(waiter.place.manager.login(ops));
    await waiter.isWaiting;
    prompt.answer('000000');
    await expect.poll(() => prompt.asked).toHaveLength(2);
    prompt.answer(undefined);

    expect((await first).message).toBe(`no session for identity dev: ${refusal}`);
    expect(await second).toMatchObject({
      code: 'ERR_AUTH_MFA_REFUSED',
      message: `no session for identity ops: ${refusal}`,
    });
    expect(other.asked).toEqual([]);
    expect(place.server.calls).toHaveLength(1);
  });

  test('prompts for its own code if the first one was accepted', async () => {
    const prompt = openPrompt();
    const place = await openPlace({ mfaCode: prompt.mfaCode });
    const dev = identityAt(place, { credentials: mfa });
    const ops = identityAt(place, { name: 'ops', credentials: mfa });
    await place.manager.saveKeys(dev, keys);
    await place.manager.saveKeys(ops, keys);
    const waiter = await openWaiter(place, codesOf(codes[1]).mfaCode);

    const first = place.manager.login(dev);
    await expect.poll(() => prompt.asked).toHaveLength(1);
    const second = waiter.place.manager.login(ops);
    await waiter.isWaiting;
    prompt.answer(codes[0]);
    expect((await Promise.all([first, second])).map(({ wasOpened }) => wasOpened)).toEqual([
      true,
      true,
    ]);
  });

  test('prompts although the other process could not', async () => {
    const nobody = openPrompt();
    const place = await openPlace({ mfaCode: nobody.mfaCode });
    const identity = identityAt(place, { credentials: mfa });
    await place.manager.saveKeys(identity, keys);
    const waiter = await openWaiter(place, codesOf(codes[0]).mfaCode);

    const first = errorOf(place.manager.login(identity));
    await expect.poll(() => nobody.asked).toHaveLength(1);
    const second = waiter.place.manager.login(identity);
    await waiter.isWaiting;
    nobody.answer(undefined);
    expect((await first).code).toBe('ERR_AUTH_MFA_REQUIRED');
    expect((await second).wasOpened).toBe(true);
  });

  test('uses the session if it is for the same identity', async () => {
    const prompt = openPrompt();
    const place = await openPlace({ mfaCode: prompt.mfaCode });
    const identity = identityAt(place, { credentials: mfa });
    await place.manager.saveKeys(identity, keys);
    const other = openPrompt();
    const waiter = await openWaiter(place, other.mfaCode);

    const first = place.manager.login(identity);
    await expect.poll(() => prompt.asked).toHaveLength(1);
    const second = waiter.place.manager.login(identity);
    await waiter.isWaiting;
    prompt.answer(codes[0]);
    expect(await first).toMatchObject({ wasOpened: true });
    expect(await second).toMatchObject({ wasOpened: false, session: (await first).session });
    expect(other.asked).toEqual([]);
  });
});

describe('a login with mfa_process', () => {
  /** A place whose MFA command prints these codes; its clock moves while it waits. */
  async function openProgramPlace(printed: readonly string[], given: readonly string[] = []) {
    const { asked, mfaCode } = codesOf(...given);
    const runs: string[] = [];
    const place = await openPlace({
      ...(given.length > 0 && {
        mfaCode: async (request) => (request.isRetry ? request.program?.() : mfaCode(request)),
      }),
      host: {
        async runShell(command) {
          runs.push(command);
          const stdout = Buffer.from(`${printed[runs.length - 1]}\n`);
          return { exitCode: 0, stdout, timedOut: false, wroteTooMuch: false };
        },
        async sleep(milliseconds) {
          place.clock.now = new Date(place.clock.now.getTime() + milliseconds);
        },
      },
    });
    const credentials = { ...mfa, mfa_process: 'print-code' };
    const identity = identityAt(place, { credentials });
    await place.manager.saveKeys(identity, keys);
    return { place, identity, asked, runs };
  }

  test('takes the code from the program, also where no one can be prompted', async () => {
    const { place, identity, runs } = await openProgramPlace([codes[0]]);
    expect((await place.manager.login(identity)).wasOpened).toBe(true);
    expect(runs).toEqual(['print-code']);
  });

  test('requests another code in the next period after a refusal, and no third one', async () => {
    const { place, identity, runs } = await openProgramPlace(['000000', codes[0]]);
    const start = place.clock.now.getTime();
    expect((await place.manager.login(identity)).wasOpened).toBe(true);
    expect(place.clock.now.getTime() - start).toBe(30_000);
    expect(runs).toHaveLength(2);
    const other = await openProgramPlace(['000000', '000001', codes[0]]);
    const error = await errorOf(other.place.manager.login(other.identity));
    expect(error.code).toBe('ERR_AUTH_MFA_REFUSED');
    expect(other.runs).toHaveLength(2);
  });

  test('uses a given code first, and the program after its refusal', async () => {
    const { place, identity, asked, runs } = await openProgramPlace([codes[1]], ['000000']);
    expect((await place.manager.login(identity)).wasOpened).toBe(true);
    expect(asked).toHaveLength(1);
    expect(runs).toHaveLength(1);
  });

  test('runs no program where a code may not be sent', async () => {
    const { place, identity, runs } = await openProgramPlace([codes[0]]);
    const untrusted = new AtmosError('ERR_CONFIG_UNTRUSTED', 'not trusted');
    const context = {
      ...place.context,
      requireTrust: ({ occasion }: { occasion?: string }) => {
        if (occasion === 'mfa-code') throw untrusted;
      },
    };
    expect(await errorOf(login(context, identity))).toMatchObject({ code: untrusted.code });
    expect(runs).toEqual([]);
  });
});
