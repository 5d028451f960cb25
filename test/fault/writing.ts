import { writeSync } from 'node:fs';
import { openTestKeyring } from '../support/file-keyring.ts';
import { waitToBeKilled } from '../support/wait-to-be-killed.ts';
import { numberOf, ownKey, sharedKey, wholeValue } from './values.ts';

const say = (line: string) => writeSync(1, `${line}\n`);

/** Writes each value to an own and to the shared entry, and prints "ack NUMBER" after each. */
export async function write(directory: string, name: string, count: number): Promise<void> {
  const keyring = openTestKeyring({ directory });
  say('started');
  for (let number = 0; number < count; number++) {
    const value = wholeValue(name, number);
    await keyring.set(ownKey(name, number), value);
    await keyring.set(sharedKey, value);
    if (numberOf(await keyring.get(sharedKey)) === undefined) throw new Error('a torn read');
    say(`ack ${number}`);
  }
}

/** Stops at a step, prints "reached STEP", and waits until it is killed. */
export async function pause(directory: string, index: number, change: string[]): Promise<void> {
  let steps = 0;
  const onStep = (step: string) => {
    if (steps++ !== index) return;
    say(`reached ${step}`);
    waitToBeKilled();
  };
  const keyring = openTestKeyring({ directory, onStep });
  const [verb, key = '', value = ''] = change;
  if (verb === 'set') await keyring.set(key, value);
  else await keyring.delete(key);
  say('done');
}
