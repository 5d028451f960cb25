// Calls STS from a process with a hostile environment. Takes the path of the bundled client as its
// argument and the calls as JSON on standard input, and prints the results.
import dns from 'node:dns';
import { text } from 'node:stream/consumers';

const { openSts } = await import(process.argv[2] ?? '');
const { names, ...options } = JSON.parse(await text(process.stdin));

/** @type {string[]} */
const lookedUp = [];
if (names === 'unknown') {
  /**
   * @param {string} name
   * @param {unknown} _options
   * @param {(error: Error) => void} callback
   */
  const lookup = (name, _options, callback) => {
    lookedUp.push(name);
    callback(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }));
  };
  Object.assign(dns, { lookup });
}

const sts = openSts({
  timeoutMs: 10_000,
  host: {
    env: {},
    platform: process.platform,
    log: () => {},
    monotonicMs: () => performance.now(),
    now: () => new Date(),
    sleep: () => Promise.resolve(),
    waiting: () => undefined,
  },
  ...options,
});

/** @param {unknown} error */
const described = (error) => (error instanceof Error ? error.message : error);

const answers = [
  await sts.getCallerIdentity().catch(described),
  await sts.getSessionToken({ durationSeconds: 900 }).catch(described),
];
sts.close();
process.stdout.write(JSON.stringify({ answers, lookedUp }));
