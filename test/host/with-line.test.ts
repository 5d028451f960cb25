import { afterEach, describe, expect, test } from 'vitest';
import { withLine } from '../../src/host/with-line.ts';

const variable = 'ATMOS_TEST_LINES';
const lines = () => process.env[variable];

afterEach(() => {
  delete process.env[variable];
});

/** A task that ends when the test says so. */
function openTask() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => void (end = resolve));
  return { end, task: () => ended };
}

describe('the line', () => {
  test('is there while the task runs, and the variable is unset afterwards', async () => {
    expect(await withLine(variable, 'one', async () => lines())).toBe('one');
    expect(lines()).toBeUndefined();
  });

  test('follows the lines that are there, which remain', async () => {
    process.env[variable] = 'before';
    expect(await withLine(variable, 'one', async () => lines())).toBe('before\none');
    expect(lines()).toBe('before');
  });

  test('is removed if the task fails', async () => {
    const failing = withLine(variable, 'one', () => Promise.reject(new TypeError('no')));
    await expect(failing).rejects.toThrow('no');
    expect(lines()).toBeUndefined();
  });

  test.each(['one', 'two'])(
    'of a task that ends first is the only one removed: %s',
    async (first) => {
      const tasks = { one: openTask(), two: openTask() };
      const running = {
        one: withLine(variable, 'one', tasks.one.task),
        two: withLine(variable, 'two', tasks.two.task),
      };
      const other = first === 'one' ? 'two' : 'one';
      tasks[first as 'one' | 'two'].end();
      await running[first as 'one' | 'two'];
      expect(lines()).toBe(other);
      tasks[other].end();
      await running[other];
      expect(lines()).toBeUndefined();
    },
  );

  test('that two tasks share remains until both have ended', async () => {
    const [one, two] = [openTask(), openTask()];
    const running = [one, two].map(({ task }) => withLine(variable, 'same', task));
    one.end();
    await running[0];
    expect(lines()).toBe('same');
    two.end();
    await running[1];
    expect(lines()).toBeUndefined();
  });
});
