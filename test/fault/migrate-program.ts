// A process of the migration's fault tests, compiled by them:      FROM TO AT            copies
// every entry from FROM to TO, `system` or the directory of a file     FROM TO AT delete
// keyring, and then deletes the sources  It says "reached" before the ATth call of a keyring, to be
// killed at that, and waits for it some calls later, so that it never comes to the end. With 0 it
// does: "ended", and the states there were.
import { writeSync } from 'node:fs';
import { realHost } from '../../src/host/real.ts';
import type { Keyring } from '../../src/keyring/contract.ts';
import { deleteCopied, entryCopy, runCopies } from '../../src/store/copy.ts';
import { createInventory, ownKeys } from '../../src/store/inventory.ts';
import { openTestKeyring as openSystemKeyring } from '../keyring/system/linux/open-keyring.ts';
import { openTestKeyring as openFileKeyring } from '../support/file-keyring.ts';
import { waitToBeKilled } from '../support/wait-to-be-killed.ts';

const callsToDieIn = 12;

const host = realHost();
const [from = '', to = '', at = '0', then] = host.programArguments;
const say = (line: string) => writeSync(1, `${line}\n`);

let calls = 0;
function call(): void {
  calls++;
  if (calls === Number(at)) say('reached');
  if (at !== '0' && calls === Number(at) + callsToDieIn) waitToBeKilled();
}

function open(place: string): Keyring {
  return place === 'system'
    ? openSystemKeyring({ env: host.env })
    : openFileKeyring({ directory: place });
}

function counted(keyring: Keyring): Keyring {
  return {
    ...keyring,
    get: (key) => (call(), keyring.get(key)),
    set: (key, value) => (call(), keyring.set(key, value)),
    delete: (key) => (call(), keyring.delete(key)),
  };
}

// Reads that determine the owner of an entry are not counted, because they change nothing.
const source = open(from);
const between = { source: counted(source), target: counted(open(to)) };
const run = { isInterrupted: () => Promise.resolve(false), onEntry: () => {} };
const { keys } = await ownKeys(source, createInventory(''));
const copies = keys.map((key) => entryCopy(key, between));
const { entries, stopped } = await runCopies(copies, { ...run, overwrite: false, isDryRun: false });
if (stopped) throw stopped;
if (then === 'delete') {
  const ended = await deleteCopied(copies, entries, run);
  if (ended) throw ended;
}
const states = new Set(entries.map(({ state, sourceDeleted }) => `${state} ${sourceDeleted}`));
say(`ended ${[...states].sort().join(', ')}`);
await Promise.all([between.source.close(), between.target.close()]);
