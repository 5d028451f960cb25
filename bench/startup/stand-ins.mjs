// AWS for the benchmark: stand-ins for STS and IAM Identity Center in a separate process, which
// answers while this process waits for a measured program.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(
  new URL('../../test/support/aws/identity-center-main.mjs', import.meta.url),
);

/** The access key of the user `bench`. AWS's own example. */
export const accessKey = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

/** A role that the user may assume. */
export const roleArn = 'arn:aws:iam::123456789012:role/bench';

/**
 * @typedef {{ portalUrl: string, startUrl: string, stsUrl: string }} StandIns
 *
 * @param {(release: () => Promise<void>) => void} add gets what stops them
 * @returns {Promise<StandIns>}
 */
export async function startStandIns(add) {
  const child = spawn(process.execPath, [main], { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  add(async () => {
    // It exits at the end of its input, also if this process is killed.
    child.stdin.end();
    await closed;
  });
  const options = {
    isPreauthorized: true,
    pollIntervalSeconds: 0,
    sts: {
      keys: [{ ...accessKey, account: '123456789012', userName: 'bench' }],
      roles: [{ arn: roleArn, trust: [{ principal: 'arn:aws:iam::123456789012:user/bench' }] }],
    },
  };
  child.stdin.on('error', () => {});
  child.stdin.write(`${JSON.stringify(options)}\n`);
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    closed.then(() => {
      throw new Error('the stand-ins for AWS did not start');
    }),
  ]);
  const { url, startUrl, stsUrl } = JSON.parse(line);
  return { portalUrl: url, startUrl, stsUrl };
}
