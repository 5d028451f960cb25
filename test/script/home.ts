import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { builtCli } from '../support/built.ts';
import { createTemporaryDirectory } from '../support/create-temporary.ts';
import type { Result } from './machine.ts';

/** A user without a passwd entry, as in a container that runs with an arbitrary uid. */
export const unknownUser = 54_321;

/** In the project in `asking`, which has something to trust. */
const askingConfig = 'auth:\n  keyring: { type: file, spec: { password_command: cat password } }\n';

export interface HomeMachine {
  readonly root: string;
  /** The working directory, owned by the user. */
  readonly project: string;
  /** Runs the built program as a user with only these variables. */
  run(words: string, options: HomeRun): Promise<Result>;
  /** Every path below the root, with its owner and mode. */
  paths(): string[];
}

export interface HomeRun {
  readonly userId: number;
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly umask?: string;
}

/** The directories of a machine for programs that run as a given user. Needs root. */
export function openHomeMachine(userId: number, config: string): HomeMachine {
  const { path: root, remove } = createTemporaryDirectory();
  onTestFinished(remove);
  chmodSync(root, 0o755);
  const project = join(root, 'project');
  makeDirectory(project, userId, 0o700);
  mkdirSync(join(project, 'profiles/ci'), { recursive: true });
  writeFileSync(join(project, 'profiles/ci/atmos.yaml'), 'auth: {}\n');
  writeFileSync(join(project, 'atmos.yaml'), config);
  mkdirSync(join(project, 'asking'));
  writeFileSync(join(project, 'asking/atmos.yaml'), askingConfig);
  for (const path of readdirSync(project, { recursive: true, encoding: 'utf8' })) {
    chownSync(join(project, path), userId, userId);
  }
  return {
    root,
    project,
    paths: () => pathsBelow(root),
    async run(words, options) {
      const program = [process.execPath, builtCli(), ...words.split(' ')];
      const umask = options.umask ?? '022';
      const child = spawn('sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', ...program], {
        cwd: project,
        env: { PATH: process.env['PATH'], ...options.env },
        uid: options.userId,
        gid: options.userId,
        detached: true,
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.stdin.on('error', () => {}).end(options.input ?? '');
      await once(child, 'close');
      return { exitCode: child.exitCode, stdout, stderr };
    },
  };
}

export function makeDirectory(path: string, owner: number, mode: number): void {
  mkdirSync(path);
  chownSync(path, owner, owner);
  chmodSync(path, mode);
}

function pathsBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => {
      const { uid, mode } = lstatSync(join(root, path));
      return `${path} ${uid} ${(mode & 0o777).toString(8)}`;
    })
    .sort();
}
