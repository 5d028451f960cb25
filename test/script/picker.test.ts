import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { atTerminal } from './at-terminal.ts';
import { writeAhead } from './handle-machine.ts';
import { openMachine } from './machine.ts';

const many = 2000;

/** A module that lists the files of the program that were loaded. @returns its path */
function writeListing(root: string, list: string): string {
  const path = join(root, 'listing.cjs');
  writeFileSync(
    path,
    `process.once('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(Object.keys(require.cache))));`,
  );
  return path;
}

test.runIf(process.platform === 'linux')(
  'a second picker of many identities is shown before the rest of the program is loaded',
  { timeout: 120_000 },
  async () => {
    const machine = await openMachine();
    const names = Array.from({ length: many }, (_, at) => `account-${at}`);
    const identities = names.map((name) => `    ${name}: { kind: aws/user }\n`);
    machine.writeConfig(
      `auth:\n  realm: r\n  keyring: { type: file }\n  identities:\n${identities.join('')}`,
    );
    const list = join(machine.root, 'loaded.json');
    const modules = [writeAhead(machine.root), writeListing(machine.root, list)];
    machine.env['NODE_OPTIONS'] = modules.map((path) => `--require=${path}`).join(' ');
    const hasLoadedAll = () => {
      const loaded: string[] = JSON.parse(readFileSync(list, 'utf8'));
      return loaded.some((path) => /[/]hot-[^/]+$/.test(path));
    };

    const first = atTerminal(machine, 'auth env -f json -i');
    await first.waitFor('account-0  aws/user');
    first.type('1999');
    await first.waitFor('❯ account-1999  aws/user');
    first.type('\r');
    await first.waitFor('"ATMOS_IDENTITY": "account-1999"');
    expect(await first.ended).toMatchObject({ exitCode: 0 });
    expect(hasLoadedAll()).toBe(true);

    const canceled = atTerminal(machine, 'auth exec -i -- true');
    await canceled.waitFor('❯ account-1999  aws/user');
    canceled.type('\u0003');
    expect(await canceled.ended).toMatchObject({ exitCode: 130 });
    expect(hasLoadedAll()).toBe(false);

    const second = atTerminal(machine, 'auth env -f json -i');
    await second.waitFor('❯ account-1999  aws/user');
    second.type('-77');
    await second.waitFor('❯ account-77  aws/user');
    second.type('\r');
    await second.waitFor('"ATMOS_IDENTITY": "account-77"');
    expect(await second.ended).toMatchObject({ exitCode: 0 });
  },
);
