import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createPrinter } from '../../src/cli/printer.ts';
import { formatWait } from '../../src/cli/ui/wait-line.ts';
import { createWaits } from '../../src/cli/waits.ts';
import { fakeHost } from '../support/fake-host.ts';

const clear = '\r\u001b[K';

/** A machine at a terminal, whose clock is moved by the test. */
function watch({ isTTY = true, columns = 80 } = {}) {
  let nowMs = 5_000;
  let shown = '';
  const sleepers = new Map<() => void, number>();
  const cleanUps = new Set<() => void>();
  const host = fakeHost({
    monotonicMs: () => nowMs,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        sleepers.set(resolve, nowMs + milliseconds);
        signal?.addEventListener('abort', () => {
          sleepers.delete(resolve);
          reject(new Error('aborted'));
        });
      }),
    stderr: { isTTY, columns, write: (text, done) => ((shown += text), done()) },
    onEnd(cleanUp) {
      cleanUps.add(cleanUp);
      return Promise.resolve(() => void cleanUps.delete(cleanUp));
    },
    openTerminal: () =>
      Promise.resolve({ input: new PassThrough(), output: new PassThrough(), close() {} }),
  });
  return {
    host,
    waits: createWaits(host),
    takeShown() {
      const text = shown;
      shown = '';
      return text;
    },
    sleepers,
    /** What the machine does before the process exits. */
    end: () => cleanUps.forEach((cleanUp) => cleanUp()),
    /** Resolves when the code that was woken up sleeps again. */
    async pass(milliseconds: number) {
      nowMs += milliseconds;
      const due = [...sleepers].filter(([, at]) => at <= nowMs);
      for (const [wake] of due) {
        sleepers.delete(wake);
        wake();
      }
      while (due.length > 0 && sleepers.size === 0) await new Promise(setImmediate);
    },
  };
}

describe('a wait', () => {
  test('is shown after a second, updated each second, and erased when it is over', async () => {
    const { waits, pass, takeShown, sleepers } = watch();
    const end = waits.waiting('AWS STS', 20_000);
    await pass(999);
    expect(takeShown()).toBe('');
    await pass(1);
    expect(takeShown()).toBe(`${clear}Waiting for AWS STS … 1s (limit 20s)`);
    await pass(1_000);
    expect(takeShown()).toBe(`${clear}Waiting for AWS STS … 2s (limit 20s)`);
    end?.();
    expect(takeShown()).toBe(clear);
    expect(sleepers.size).toBe(0);
  });

  test('of less than a second shows nothing', async () => {
    const { waits, pass, takeShown, sleepers } = watch();
    const end = waits.waiting('AWS STS', 20_000);
    await pass(999);
    end?.();
    expect(takeShown()).toBe('');
    expect(sleepers.size).toBe(0);
  });

  test('that began earlier counts from its beginning', async () => {
    const { host, waits, pass, takeShown } = watch();
    const end = waits.waiting('process 7', 120_000, host.monotonicMs() - 900);
    await pass(100);
    expect(takeShown()).toBe(`${clear}Waiting for process 7 … 1s (limit 120s)`);
    end?.();
  });

  test('is not shown if standard error is not a terminal', () => {
    const { waits } = watch({ isTTY: false });
    expect(waits.waiting('AWS STS', 20_000)).toBeUndefined();
  });

  test('is erased for printed lines, and shown again after them', async () => {
    const { host, waits, pass, takeShown } = watch();
    const { note } = createPrinter(host);
    const end = waits.waiting('AWS STS', 20_000);
    await pass(1_000);
    takeShown();
    await note('a warning');
    expect(takeShown()).toBe(`${clear}a warning\n`);
    await pass(1_000);
    expect(takeShown()).toBe(`${clear}Waiting for AWS STS … 2s (limit 20s)`);
    end?.();
  });

  test('is hidden while a prompt is open', async () => {
    const { waits, pass, takeShown } = watch();
    const end = waits.waiting('AWS STS', 20_000);
    await pass(1_000);
    takeShown();
    const terminal = await waits.openTerminal();
    expect(takeShown()).toBe(clear);
    await pass(1_000);
    expect(takeShown()).toBe('');
    terminal?.close();
    await pass(1_000);
    expect(takeShown()).toBe(`${clear}Waiting for AWS STS … 3s (limit 20s)`);
    end?.();
  });

  test('is one line without control sequences, whose name is shortened', () => {
    const wait = { what: `a\u001b[2J${'b'.repeat(100)}`, limitMs: 20_000, startMs: 0 };
    const line = formatWait(wait, 3_000, 79);
    expect(line).toMatch(/^Waiting for a\\u001b\[2Jb+… 3s \(limit 20s\)$/);
    expect(line).toHaveLength(79);
  });

  test.each([
    ['Waiting for AWS STS … 3s (limit 20s)', 36],
    ['Waiting for AWS S… 3s (limit 20s)', 33],
    ['W… 3s (limit 20s)', 17],
    [' 3s (lim…', 9],
  ])('is shown as %s in %i columns', (line, columns) => {
    const wait = { what: 'AWS STS', limitMs: 20_000, startMs: 0 };
    expect(formatWait(wait, 3_000, columns)).toBe(line);
  });

  test('takes the columns of wide characters into account', () => {
    const wait = { what: '鍵'.repeat(40), limitMs: 20_000, startMs: 0 };
    expect(formatWait(wait, 3_000, 40)).toBe(`Waiting for ${'鍵'.repeat(6)}… 3s (limit 20s)`);
  });

  test('is shorter than the terminal, and erased before the process ends', async () => {
    const { host, pass, takeShown, end } = watch({ columns: 30 });
    createWaits(host).waiting('another process', 20_000);
    await pass(1_000);
    expect(takeShown()).toBe(`${clear}Waiting for a… 1s (limit 20s)`);
    end();
    expect(takeShown()).toBe(clear);
  });
});
