import { PassThrough } from 'node:stream';
import type { Host } from '../../src/host/host.ts';

/** The time at the start of every test. */
export const testStart = new Date('2026-01-01T00:00:00Z');

/**
 * A machine without environment, terminal and other programs, whose clock does not move. A test
 * passes the parts that it needs.
 */
export function fakeHost(overrides: Partial<Host> = {}): Host {
  const refuse = (what: string) => () => {
    throw new Error(`the test gave no ${what}`);
  };
  const stdin = new PassThrough();
  stdin.end();
  return {
    env: {},
    platform: process.platform,
    processId: process.pid,
    ancestors: () => Promise.resolve([1, 0]),
    userId: process.getuid?.(),
    homeDirectory: '/nonexistent',
    systemDirectory: '/nonexistent/etc',
    nodePath: process.execPath,
    scriptPath: '/nonexistent/main.cjs',
    programName: 'atmos',
    programArguments: [],
    stdin,
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    log: () => {},
    waiting: () => undefined,
    now: () => testStart,
    utcOffsetMinutes: () => 0,
    monotonicMs: () => 0,
    sleep: () => Promise.resolve(),
    workingDirectory: () => '/nonexistent',
    changeDirectory: refuse('changeDirectory'),
    leftDirectory: () => undefined,
    openTerminal: () => Promise.resolve(undefined),
    canPrompt: () => Promise.resolve(false),
    inForeground: () => Promise.resolve(true),
    isStdoutClosed: () => Promise.resolve(false),
    hasTerminal: () => false,
    isSessionLeader: () => Promise.resolve(false),
    prepareShield: () => Promise.resolve(() => Promise.resolve()),
    shortPath: (path) => Promise.resolve(path),
    runShell: refuse('runShell'),
    runProgram: refuse('runProgram'),
    spawn: refuse('spawn'),
    startDetached: refuse('startDetached'),
    onSignals: () => () => {},
    exit: refuse('exit'),
    raise: refuse('raise'),
    onEnd: () => Promise.resolve(() => {}),
    ...overrides,
  };
}
