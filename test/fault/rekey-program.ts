// A process of the tests of rekey, compiled by them. FROM and TO are the numbers of passwords.
// rekey DIRECTORY FROM TO [STEP NTH]   changes the password and says "done OUTCOME LEFT"; or stops
// after the NTH such step, says "reached", and waits there
// to be killed     write DIRECTORY NAME                 writes value after value under whichever
// password holds,                                          and says "ack NUMBER" after each
import { writeSync } from 'node:fs';
import { isAtmosError } from '../../src/core/errors.ts';
import type { Keyring } from '../../src/keyring/contract.ts';
import { rekeyKeyring } from '../../src/keyring/file/rekey.ts';
import { createTestContext, openTestKeyring } from '../support/file-keyring.ts';
import { waitToBeKilled } from '../support/wait-to-be-killed.ts';
import { ownKey, passwords, wholeValue } from './values.ts';

const say = (line: string) => writeSync(1, `${line}\n`);

async function rekey(directory: string, from: string, to: string, step?: string, nth?: string) {
  let seen = 0;
  const onStep = (reached: string) => {
    if (reached !== step || ++seen !== Number(nth)) return;
    say('reached');
    waitToBeKilled();
  };
  const { outcome, left } = await rekeyKeyring(
    createTestContext({ directory, password: passwordOf(from) }),
    {
      newPassword: { ask: async () => passwordOf(to) },
      onStep,
    },
  );
  say(`done ${outcome} ${left.join()}`);
}

async function write(directory: string, name: string): Promise<void> {
  const keyrings = passwords.map((password) => openTestKeyring({ directory, password }));
  say('started');
  for (let number = 0; ; number++) {
    await setUnderEither(keyrings, ownKey(name, number), wholeValue(name, number));
    say(`ack ${number}`);
  }
}

/** Tries the other password if one is wrong, as a user would. */
async function setUnderEither(keyrings: Keyring[], key: string, value: string): Promise<void> {
  for (;;) {
    try {
      await keyrings[0]?.set(key, value);
      return;
    } catch (error) {
      if (!isAtmosError(error, 'ERR_KEYRING_PASSWORD_WRONG')) throw error;
      keyrings.reverse();
    }
  }
}

function passwordOf(number: string): string {
  return passwords[Number(number)] ?? '';
}

const [command, directory = '', first = '', second = '', step, nth] = process.argv.slice(2);
if (command === 'write') await write(directory, first);
else await rekey(directory, first, second, step, nth);
