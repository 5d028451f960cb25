import { AtmosError, systemErrorCode } from '../../core/errors.ts';
import { say, type Hint } from '../../core/hint.ts';
import { reasonOf } from '../../host/denial.ts';
import type { Host } from '../../host/host.ts';

const maxBytes = 64 * 1024;
const limitMs = 60_000;
const jsonHint = say('give the JSON through a pipe or a file: --stdin < key.json');

/**
 * Reads all of standard input as text.
 *
 * @throws ERR_USAGE when it is a terminal, which would show a secret that is typed; when it is too
 *   large, not UTF-8, cannot be read, or does not end within a minute
 * @param hint how to provide the input
 */
export async function readInput(
  host: Pick<Host, 'stdin' | 'sleep'>,
  hint = jsonHint,
): Promise<string> {
  if (host.stdin.isTTY) {
    throw new AtmosError('ERR_USAGE', 'standard input is a terminal, which would show the secret', {
      hints: [hint, say('omit --stdin to be prompted')],
    });
  }
  const timer = new AbortController();
  const limit = host.sleep(limitMs, timer.signal).then(() => {
    throw new AtmosError(
      'ERR_USAGE',
      `standard input did not end within ${limitMs / 1000} seconds`,
      {
        hints: [hint],
      },
    );
  });
  try {
    return decode(await Promise.race([readAll(host, hint), limit]));
  } finally {
    timer.abort();
  }
}

async function readAll({ stdin }: Pick<Host, 'stdin'>, hint: Hint): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of stdin as AsyncIterable<Buffer>) {
      bytes += part.length;
      if (bytes > maxBytes) break;
      chunks.push(part);
    }
  } catch (error) {
    const reason = reasonOf(systemErrorCode(error) ?? 'unknown error');
    throw new AtmosError('ERR_USAGE', `standard input cannot be read: ${reason}`, {
      hints: [hint],
    });
  }
  if (bytes > maxBytes) {
    throw new AtmosError('ERR_USAGE', `standard input has more than ${maxBytes} bytes`);
  }
  return Buffer.concat(chunks);
}

function decode(input: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(input);
  } catch {
    throw new AtmosError('ERR_USAGE', 'standard input is not UTF-8 text');
  }
}
