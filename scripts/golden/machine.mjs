// A machine for one scenario: a home directory, a project in it, a stand-in for AWS STS, and the
// program with a fixed clock, so that times in a transcript are the same in every run. The
// environment of the caller has no influence.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSts } from '../../test/support/sts-server.mjs';
import { accessKey, createSessions, mfaCodes, password, secondKey } from './secrets.mjs';

/**
 * @import { StsServer } from '../../test/support/sts-types.ts'
 *
 * @typedef {object} Machine
 * @property {string} root
 * @property {string} home
 * @property {string} project
 * @property {string} runtime what XDG_RUNTIME_DIR names
 * @property {string} program the file that Node runs: the program with the clock
 * @property {StsServer} sts
 * @property {Record<string, string>} env of every program
 * @property {(milliseconds: number) => void} advance moves the clock
 * @property {(given: Start) => Promise<Result>} run
 * @property {() => Promise<void>} close
 *
 * @typedef {object} Start
 * @property {string} file
 * @property {readonly string[]} args
 * @property {string} cwd
 * @property {Readonly<Record<string, string | undefined>>} env over the machine's; undefined removes one
 * @property {string} input goes to standard input
 *
 * @typedef {{ exitCode: number | null, signal: string | null, stdout: string, stderr: string }} Result
 */

const startOfTime = Date.parse('2026-01-15T10:00:00Z');
/** For a command that waits forever. */
const commandLimitMs = 60_000;
/** The paths of all scenarios have the same length, because it determines the width of columns. */
const directoryPrefix = '/tmp/atmos-golden-';
export const mfaDevice = 'arn:aws:iam::123456789012:mfa/emergency';

/**
 * The roles `hub`, which the user may assume, and `leaf`, which the role `hub` may.
 *
 * @param {string} name
 */
export const roleArn = (name) => `arn:aws:iam::123456789012:role/${name}`;

/** @type {Set<Machine>} */
const openMachines = new Set();

/** Stops every program that runs in a machine, and removes the machines. */
export async function closeMachines() {
  await Promise.all([...openMachines].map((machine) => machine.close()));
}

/**
 * @param {string} builtProgram
 * @param {{ hasMfa: boolean }} options
 * @returns {Promise<Machine>}
 */
export async function openMachine(builtProgram, { hasMfa }) {
  // The mode of every file that does not set its own.
  process.umask(0o022);
  const root = realpathSync(mkdtempSync(directoryPrefix));
  const [home, runtime, bin] = [join(root, 'home'), join(root, 'run'), join(root, 'bin')];
  const project = join(home, 'project');
  for (const directory of [home, project, runtime]) mkdirSync(directory, { mode: 0o700 });
  mkdirSync(bin);
  let nowMs = startOfTime;
  const program = join(bin, 'atmos.cjs');
  const writeProgram = () => writeFileSync(program, programAt(nowMs, builtProgram));
  writeProgram();
  writeFileSync(join(bin, 'atmos'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(join(bin, 'atmos'), 0o755);

  const user = {
    account: '123456789012',
    userName: 'emergency',
    ...(hasMfa ? { mfa: { arn: mfaDevice, codes: [...mfaCodes] } } : {}),
  };
  const sts = await startSts({
    keys: [accessKey, secondKey].map((key) => ({ ...key, ...user })),
    roles: ['hub', 'leaf'].map((name, at) => ({
      arn: roleArn(name),
      trust: [
        { principal: at === 0 ? 'arn:aws:iam::123456789012:user/emergency' : roleArn('hub') },
      ],
      maxSessionSeconds: 43_200,
    })),
    now: () => new Date(nowMs),
    newSession: createSessions(),
  });

  /** @type {Set<import('node:child_process').ChildProcess>} */
  const running = new Set();
  /** @type {Machine} */
  const machine = {
    root,
    home,
    project,
    runtime,
    program,
    sts,
    env: {
      PATH: `${bin}:/usr/bin:/bin`,
      HOME: home,
      TZ: 'UTC',
      LANG: 'C.UTF-8',
      NO_COLOR: '1',
      XDG_RUNTIME_DIR: runtime,
      DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(runtime, 'no-bus')}`,
      ATMOS_KEYRING_PASSWORD: password,
    },
    advance(milliseconds) {
      nowMs += milliseconds;
      writeProgram();
    },
    async run({ file, args, cwd, env, input }) {
      const child = spawn(file, args, {
        cwd,
        env: { ...machine.env, ...env },
        stdio: [input === '' ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        // A new session, so that the program cannot open the terminal of the caller.
        detached: true,
      });
      running.add(child);
      let [stdout, stderr] = ['', ''];
      child.stdout?.setEncoding('utf8').on('data', (text) => (stdout += text));
      child.stderr?.setEncoding('utf8').on('data', (text) => (stderr += text));
      // A program that reads no input may have exited.
      child.stdin?.on('error', () => {}).end(input);
      const kill = setTimeout(
        () => child.pid && process.kill(-child.pid, 'SIGKILL'),
        commandLimitMs,
      );
      const [exitCode, signal] = await once(child, 'close');
      clearTimeout(kill);
      running.delete(child);
      return { exitCode, signal, stdout, stderr };
    },
    async close() {
      openMachines.delete(machine);
      for (const { pid } of running) killGroup(pid);
      await sts.close();
      // A background process of the program exits when its socket is removed.
      rmSync(root, { recursive: true, force: true });
    },
  };
  openMachines.add(machine);
  return machine;
}

/** @param {number | undefined} pid */
function killGroup(pid) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has exited.
  }
}

/**
 * Background processes of the program also start from this file, so that they have the same time.
 *
 * @param {number} nowMs
 * @param {string} builtProgram
 */
function programAt(nowMs, builtProgram) {
  return `'use strict';
const RealDate = Date;
globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    super(...(given.length === 0 ? [${nowMs}] : given));
  }
  static now() {
    return ${nowMs};
  }
};
process.hrtime.bigint = () => 0n;
require(${JSON.stringify(builtProgram)});
`;
}
