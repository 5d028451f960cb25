// Calls singleFlight with a task that creates the file of the first argument. Reports its progress
// on standard output as lines of JSON. The process that runs the task waits for a line on standard
// input.
import { existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { singleFlight } from '../../src/auth/single-flight.ts';
import { AtmosError } from '../../src/core/errors.ts';
import { say as inWords } from '../../src/core/hint.ts';
import { realHost } from '../../src/host/real.ts';

const [path = ''] = process.argv.slice(2);
const input = createInterface({ input: process.stdin });
const say = (event: string, detail?: string) => {
  process.stdout.write(`${JSON.stringify({ event, detail })}\n`);
};

const ask = inWords('ask');

const flight = singleFlight(
  {
    subject: ['identity', 'r', 'dev'],
    named: 'identity dev',
    timeoutMs: 60_000,
    host: realHost(),
    isLockNeeded: true,
    isShared: (code) => code === 'ERR_AUTH_DENIED',
    warn: (message) => say('waiting', message),
  },
  async () => {
    if (existsSync(path)) return 'found';
    say('running');
    const word = await new Promise((resolve) => {
      input.once('line', resolve);
    });
    if (word === 'fail') throw new AtmosError('ERR_AUTH_DENIED', 'AWS denies it', { hints: [ask] });
    writeFileSync(path, '');
    return 'made';
  },
);
say('arrived');
try {
  say('ended', await flight);
} catch (error) {
  say('failed', error instanceof AtmosError ? `${error.code}: ${error.message}` : String(error));
}
input.close();
