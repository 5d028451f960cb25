import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { CommandGroup } from '../../src/cli/command.ts';
import { atmos } from '../../src/cli/command-specs/root.ts';
import type { Machine, RunOptions } from './machine.ts';

/**
 * The targets of a hostile repository: a marker file and a server. Both report when they are
 * reached.
 */
export interface Trap {
  readonly marker: string;
  /** A shell command that creates the marker with any PATH. */
  readonly touch: string;
  /** A script for Node that does the same. */
  readonly script: string;
  /** A server on this machine, under a host name that we do not treat as this machine. */
  readonly url: string;
  readonly connections: () => number;
}

export async function setTrap(machine: Machine): Promise<Trap> {
  const marker = join(machine.root, 'marker');
  const script = join(machine.root, 'script.cjs');
  writeFileSync(script, `require('fs').writeFileSync(${JSON.stringify(marker)}, '')`);
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  // Only an address that we wrote can be undefined or a path.
  const { port } = server.address() as AddressInfo;
  return {
    marker,
    script,
    touch: `: > '${marker}'`,
    url: `http://0.0.0.0:${port}`,
    connections: () => connections,
  };
}

/** What triggered the trap. */
export function sprung({ marker, connections }: Trap): string[] {
  const made = existsSync(marker) ? ['the marker was made'] : [];
  return connections() > 0 ? [...made, 'the server was called'] : made;
}

/** Files of the repository, by their paths in it. */
export function plant(machine: Machine, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(machine.project, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/**
 * Command lines that do as much as possible, for commands that need certain words for that. Any
 * other command of the tree runs without extra words.
 */
const fullLines: Readonly<Record<string, readonly string[]>> = {
  'auth user configure': ['--stdin --verify'],
  'auth login': ['--force'],
  'auth exec': [`-- ${process.execPath} -e 0`, '--credentials process -- true', '-i off -- true'],
  'auth env': ['', '--credentials env', '-f github --output github-env'],
  'auth logout': ['--keychain --dry-run', '--all --dry-run'],
  'auth trust': ['', '--list', '--revoke'],
  'auth keyring list': ['', '--long'],
  'auth keyring migrate': ['--to system', '--to file --force'],
  'auth keyring import': ['--from aws-credentials --yes', '--from atmos-file --path . --yes'],
  'auth keyring rekey': ['--upgrade', '--stdin'],
  'profile show': ['x', '../x'],
  completion: ['bash', 'zsh', 'fish', 'powershell'],
  __complete: ['-- auth login -i ', '-- --profile ', '-- auth logout ', '--line -- atmos'],
};

/** Every command, including its help, so that a new command is tested without further edits. */
export function everyCommandLine(): string[] {
  const commands = pathsOf(atmos).flatMap((path) =>
    (fullLines[path] ?? ['']).map((rest) => (rest === '' ? path : `${path} ${rest}`)),
  );
  return ['', '--help', 'auth --help', 'auth login --help', ...commands];
}

function pathsOf({ commands }: CommandGroup): string[] {
  return commands.flatMap((one) =>
    'commands' in one ? pathsOf(one).map((path) => `${one.name} ${path}`) : [one.name],
  );
}

/** The result of every command line, several run at a time. */
export async function runEach(
  machine: Machine,
  lines: readonly string[],
  options: RunOptions,
): Promise<Record<string, number | null>> {
  const codes: Record<string, number | null> = {};
  const rest = [...lines];
  const work = async () => {
    for (let line = rest.shift(); line !== undefined; line = rest.shift()) {
      const words = line === '' ? [] : line.split(' ');
      codes[line] = (await machine.atmos(words, options)).exitCode;
    }
  };
  await Promise.all([work(), work(), work()]);
  return codes;
}
