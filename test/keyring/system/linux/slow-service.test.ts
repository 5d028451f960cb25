import { describe, expect, onTestFinished, test } from 'vitest';
import type { Host } from '../../../../src/host/host.ts';
import { openWithFallback } from '../../../../src/keyring/fallback.ts';
import { openDesk, yamlOf } from '../../../cli/commands/desk.ts';
import { openBrokenBus, openDeadSocket } from '../../../support/secret-service/broken-buses.mjs';
import { errorOf } from '../../../support/error-of.ts';
import { createTestContext } from './open-keyring.ts';

type Bus = Awaited<ReturnType<typeof openBrokenBus>>;

/** Time limits pass immediately, since the bus never answers. */
const impatient: Pick<Host, 'sleep'> = { sleep: async () => {} };

async function openBus(open: () => Promise<Bus>): Promise<Bus> {
  const bus = await open();
  onTestFinished(bus.close);
  return bus;
}

/** The system keyring on a bus, with a fallback to memory. */
async function openOn(open: () => Promise<Bus>, host: Partial<Host> = {}) {
  const { env } = await openBus(open);
  const warnings: string[] = [];
  const { settings: _, ...context } = createTestContext({
    env,
    host,
    warn: (text) => warnings.push(text),
  });
  const fallback = { value: ['memory'], source: 'auth.keyring.fallback (/p/atmos.yaml:3:5)' };
  const opened = await openWithFallback({
    ...context,
    keyring: { type: context.type, fallback, spec: {} },
  });
  onTestFinished(() => opened.keyring.close());
  return { ...opened, warnings };
}

interface BadBus {
  readonly name: string;
  readonly code: string;
  readonly open: () => Promise<Bus>;
  readonly host?: Partial<Host>;
}

const notUnavailable: readonly BadBus[] = [
  {
    name: 'takes us and is silent',
    code: 'ERR_KEYRING_TIMEOUT',
    open: () => openBrokenBus(),
    host: impatient,
  },
  {
    name: 'lets us in and is silent',
    code: 'ERR_KEYRING_TIMEOUT',
    open: () => openBrokenBus({ after: 'authentication' }),
    host: impatient,
  },
  {
    name: 'lets us in and hangs up',
    code: 'ERR_KEYRING_IO',
    open: () => openBrokenBus({ after: 'authentication', failing: 'hang-up' }),
  },
  {
    name: 'lets us in and talks nonsense',
    code: 'ERR_KEYRING_DAMAGED',
    open: () => openBrokenBus({ after: 'authentication', failing: 'noise' }),
  },
];

describe('a fallback', () => {
  test.each(notUnavailable)('is not used on a bus that $name', async ({ code, open, host }) => {
    const { keyring, insteadOf, warnings } = await openOn(open, host);
    expect({ type: keyring.info.type, insteadOf, warnings }).toEqual({
      type: 'system',
      insteadOf: undefined,
      warnings: [],
    });
    expect(await errorOf(keyring.probe())).toMatchObject({
      code,
      message: expect.stringMatching(/^cannot inspect the system keyring: .* \(type system from/),
    });
    expect(await errorOf(keyring.get('key'))).toMatchObject({ code });
  });

  test('is used if no process serves the bus', async () => {
    const { keyring, insteadOf, warnings } = await openOn(openDeadSocket);
    expect(keyring.info.type).toBe('memory');
    expect(insteadOf?.reason).toMatch(/^no bus answers at /);
    expect(warnings).toHaveLength(1);
  });
});

describe('a service that does not answer in its time', () => {
  const message =
    'cannot inspect the system keyring: the session bus did not accept us within 5 seconds (type system from ATMOS_KEYRING_TYPE)';

  async function openSlowDesk() {
    const desk = await openDesk();
    desk.configure(yamlOf(desk, { keyring: 'type: system\nfallback: [file]' }));
    const bus = await openBus(openBrokenBus);
    const env = { ...bus.env, ATMOS_KEYRING_TYPE: 'system' };
    return { desk, options: { env, host: { ...impatient, platform: 'linux' } as const } };
  }

  test('is reported by keyring status, which fails, and its fallback is not', async () => {
    const { desk, options } = await openSlowDesk();
    const { exitCode, stdout } = await desk.run('auth keyring status -o json', options);
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'system',
      state: 'unavailable',
      reason: message,
      fallback: null,
    });
    const shown = await desk.run('auth keyring status', options);
    expect(shown.exitCode).toBe(3);
    expect(shown.stderr).toContain(`error: ${message}\n`);
  });

  test('is a problem of keyring doctor', async () => {
    const { desk, options } = await openSlowDesk();
    const { exitCode, stdout } = await desk.run('auth keyring doctor -o json', options);
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout).checks[0]).toMatchObject({
      id: 'state',
      state: 'problem',
      message,
      backend: 'system',
    });
  });

  test('does not affect keyring doctor if another keyring is configured', async () => {
    const { desk, options } = await openSlowDesk();
    const env = { ...options.env, ATMOS_KEYRING_TYPE: 'file' };
    desk.configure(yamlOf(desk));
    const { exitCode, stdout } = await desk.run('auth keyring doctor -o json', { ...options, env });
    const backends = JSON.parse(stdout).checks.map(({ backend }: { backend: string }) => backend);
    expect({ exitCode, backends: [...new Set(backends)] }).toEqual({
      exitCode: 0,
      backends: ['file'],
    });
  });
});
