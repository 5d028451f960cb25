import { expect, test } from 'vitest';
import { createPrinter } from '../../src/cli/printer.ts';
import { paint } from '../../src/cli/ui/color.ts';
import { fakeHost } from '../support/fake-host.ts';
import { captureStream } from './capture.ts';

function open({ isTTY }: { isTTY: boolean }) {
  const [stdout, stderr] = [captureStream(), Object.assign(captureStream(), { isTTY })];
  return { stdout, stderr, printer: createPrinter(fakeHost({ stdout, stderr })) };
}

test('each line has one line break, at its end', async () => {
  const { stdout, stderr, printer } = open({ isTTY: false });
  await printer.note('one', 'two\nhint: three');
  await printer.print('a\u001b[2J');
  await printer.note();
  expect(stderr.text()).toBe('one\ntwo\\nhint: three\n');
  expect(stdout.text()).toBe('a\\u001b[2J\n');
});

test('a style comes only from our code, not from a value', async () => {
  const { stderr, printer } = open({ isTTY: true });
  await printer.note([paint('red', 'error:\u001b[0m'), ' \u001b[31mx']);
  expect(stderr.text()).toBe('\u001b[31merror:\\u001b[0m\u001b[0m \\u001b[31mx\n');
});

test('a table on standard output has no styles', async () => {
  const { stdout, printer } = open({ isTTY: true });
  await printer.print([paint('red', 'x')]);
  expect(stdout.text()).toBe('x\n');
});

test('output for programs is unchanged', async () => {
  const { stdout, printer } = open({ isTTY: true });
  await printer.out("export A='\u001b\n'\n");
  await printer.outJson({ a: '\u001b\n' });
  expect(stdout.text()).toBe('export A=\'\u001b\n\'\n{\n  "a": "\\u001b\\n"\n}\n');
});

test('progress replaces its line, and cannot start another one', async () => {
  const { stderr, printer } = open({ isTTY: true });
  await printer.progress('a\nb');
  await printer.progress(undefined);
  expect(stderr.text()).toBe('\r\u001b[Ka\\nb\r\u001b[K');
});

test('a secret key of age is in no line for a user', async () => {
  const { stdout, stderr, printer } = open({ isTTY: false });
  const key = `AGE-SECRET-KEY-1${'Q'.repeat(58)}`;
  await printer.note(`unknown argument "${key}"`, [paint('red', key), ` ${key.toLowerCase()}`]);
  await printer.print(`${key}/x`);
  expect(stderr.text()).toBe(
    'unknown argument "AGE-SECRET-KEY-…"\nAGE-SECRET-KEY-… AGE-SECRET-KEY-…\n',
  );
  expect(stdout.text()).toBe('AGE-SECRET-KEY-…/x\n');
});
