import { writeSync } from 'node:fs';
import { openTestVault } from '../support/vault-keyring.ts';
import { numberOf, ownKey, wholeValue } from '../fault/values.ts';

// Started in several processes: writes to entries of its own and to a shared one, reads each back,
// prints what was acknowledged, and how long the cluster did not answer.

const [address = '', token = '', name = '', count = ''] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);
const logWait = (event: string, fields: object) => {
  if (event.startsWith('keyring.wait')) say(`${event} ${JSON.stringify(fields)}`);
};

const keyring = openTestVault({ spec: { address }, token, host: { log: logWait } });
say('started');
for (let number = 0; number < Number(count); number++) {
  const value = wholeValue(name, number);
  await keyring.set(ownKey(name, number), value);
  say(`ack ${number}`);
  const read = await keyring.get(ownKey(name, number));
  if (read !== value) throw new Error(`read ${String(numberOf(read))} after writing ${number}`);
  // All write it at once, so a race can be lost twice; what is read must be whole.
  await keyring.set('shared', value).catch((error: { code?: string }) => {
    if (error.code !== 'ERR_KEYRING_BUSY') throw error;
    say('busy');
  });
  if (numberOf(await keyring.get('shared')) === undefined) throw new Error('a torn read');
}
await keyring.close();
