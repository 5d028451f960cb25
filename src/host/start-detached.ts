import { spawn } from 'node:child_process';
import { definedOnly } from './defined-only.ts';
import type { DetachedOptions } from './host.ts';

/** As `startDetached` of the host. */
export function startDetached(
  program: string,
  args: readonly string[],
  { env, input, timeoutMs }: DetachedOptions,
): Promise<{ said: string; timedOut: boolean }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: definedOnly(env),
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let said = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
      // What it has started may hold the pipe open.
      child.stdout.destroy();
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.stdout.once('close', () => {
      clearTimeout(timer);
      child.unref();
      resolve({ said, timedOut });
    });
    // One that ends before it has read says so, or has nothing to say.
    child.stdin.on('error', () => {}).end(input);
  });
}
