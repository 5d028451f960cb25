// A process of these tests, compiled by them, on the system keyring that its environment leads to:
//
//     get KEY                      prints the value, or how it failed
//     read KEY COUNT               reads it as often; says "torn" for what no writer wrote
//     write KEY COUNT              writes whole values, each another
//
// It never closes the keyring and never exits by itself: it ends when nothing is left to wait for.
import { realHost } from '../../../../src/host/real.ts';
import { isAtmosError } from '../../../../src/core/errors.ts';
import { openTestKeyring } from './open-keyring.ts';
import { isWhole, wholeValue } from './whole-value.ts';

const host = realHost();
const keyring = openTestKeyring({ env: host.env });
const [verb, key = '', count = '1'] = host.programArguments;

const verbs: Record<string, (number: number) => Promise<string>> = {
  get: async () => `value ${await keyring.get(key)}`,
  async write(number) {
    await keyring.set(key, wholeValue(number));
    return `ack ${number}`;
  },
  async read() {
    const value = await keyring.get(key);
    return value !== null && isWhole(value) ? 'whole' : `torn ${value?.slice(0, 40)}`;
  },
};

try {
  for (let number = 0; number < Number(count); number++) {
    console.log(await verbs[verb ?? '']?.(number));
  }
} catch (error) {
  if (!isAtmosError(error)) throw error;
  console.log(error.code, error.message);
}
