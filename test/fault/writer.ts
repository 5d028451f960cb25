// A process of the fault tests, compiled by them:
//
//     write DIRECTORY NAME COUNT          writes COUNT values, each to a key of its own and to the
//                                         shared one, and says "ack NUMBER" after each
//     pause DIRECTORY INDEX set KEY VALUE stops at the INDEXth step, says "reached STEP", and waits
//     pause DIRECTORY INDEX delete KEY    there to be killed
import { readSync, writeSync } from 'node:fs';
import { openTestKeyring } from '../support/file-keyring.ts';
import { numberOf, ownKey, sharedKey, wholeValue } from './values.ts';

const say = (line: string) => writeSync(1, `${line}\n`);

async function write(directory: string, name: string, count: number): Promise<void> {
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

async function pause(directory: string, index: number, change: string[]): Promise<void> {
  let steps = 0;
  const onStep = (step: string) => {
    if (steps++ !== index) return;
    say(`reached ${step}`);
    // Nothing ever comes: this holds the process, and whatever it has locked, until it is killed.
    readSync(0, Buffer.alloc(1));
  };
  const keyring = openTestKeyring({ directory, onStep });
  const [verb, key = '', value = ''] = change;
  if (verb === 'set') await keyring.set(key, value);
  else await keyring.delete(key);
  say('done');
}

const [command, directory = '', ...rest] = process.argv.slice(2);
if (command === 'write') await write(directory, rest[0] ?? '', Number(rest[1]));
else await pause(directory, Number(rest[0]), rest.slice(1));
