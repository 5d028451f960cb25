import { expect, test } from 'vitest';
import { killTree } from '../../src/host/processes.ts';

function childThat(overrides: { exitCode?: number; signalCode?: NodeJS.Signals } = {}) {
  const signals: unknown[] = [];
  const kill = (signal?: unknown) => signals.push(signal) > 0;
  const running: { exitCode: number | null; signalCode: NodeJS.Signals | null } = {
    exitCode: null,
    signalCode: null,
  };
  return { ...running, ...overrides, pid: 4242, kill, signals };
}

function helper() {
  const lines: string[] = [];
  const load = async () => (args: readonly string[], onEnd: () => void) => {
    lines.push(args.join(' '));
    onEnd();
  };
  return { lines, load };
}

test('a running program is killed with the processes that it started', async () => {
  const [child, { lines, load }] = [childThat(), helper()];
  await killTree(child, load);
  expect(lines).toEqual(['/pid 4242 /t /f']);
  expect(child.signals).toEqual(['SIGKILL']);
});

test.each([{ exitCode: 0 }, { signalCode: 'SIGKILL' as const }])(
  'a program that has exited (%j) is not killed, because its process id may have been reused',
  async (end) => {
    const [child, { lines, load }] = [childThat(end), helper()];
    await killTree(child, load);
    expect(lines).toEqual([]);
  },
);

test('a program that exits while taskkill is loaded is not killed', async () => {
  const [child, { lines, load }] = [childThat(), helper()];
  await killTree(child, () => {
    child.exitCode = 0;
    return load();
  });
  expect(lines).toEqual([]);
});
