import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { atTerminal, shellAtTerminal } from './at-terminal.ts';
import { lastPage, openCorp, shownPage } from './corp.ts';

test('a person signs in with the code that the terminal shows', async () => {
  const machine = await openCorp();
  const session = atTerminal(machine, 'auth login');
  await session.waitFor('Continue only if the page shows the code ');
  const code = /[A-Z]{4}-[A-Z]{4}/.exec(session.shown())?.[0];
  expect(code).toBeDefined();
  machine.center.approve({ userCode: code ?? '' });
  await session.waitFor('Logged in as dev');
  expect(await session.ended).toMatchObject({ exitCode: 0 });
  expect(machine.center.problems()).toEqual([]);
});

test('a browser comes back to the terminal, and shows that the person is signed in', async () => {
  const machine = await openCorp('flow: browser', { pages: 'allow' });
  const session = atTerminal(machine, 'auth login --provider corp');
  const address = await lastPage(await shownPage(session));
  const response = await fetch(address);
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('<h1>Signed in</h1>');
  expect(await session.ended).toMatchObject({ exitCode: 0 });
});

test('a person pastes the address of a browser on another machine', async () => {
  const machine = await openCorp('flow: browser', { pages: 'allow' });
  const session = atTerminal(machine, 'auth login --provider corp');
  const address = await lastPage(await shownPage(session));
  await session.waitFor('Or paste the address that could not be opened (http://127.0.0.1:…): ');
  session.type('https://example.com/\r');
  await session.waitFor('Paste the whole address, with http://');
  session.type('http://example.com/\r');
  await session.waitFor('this is not the address of the last page');
  await session.waitFor('Or paste the address that could not be opened (http://127.0.0.1:…): ');
  session.type(`${address}\r`);
  expect(await session.ended).toMatchObject({ exitCode: 0 });
});

test('a person who refuses sees so in the browser and in the terminal', async () => {
  const machine = await openCorp('flow: browser', { pages: 'deny' });
  const session = atTerminal(machine, 'auth login --provider corp');
  const response = await fetch(await lastPage(await shownPage(session)));
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('<h1>Not signed in</h1>');
  await session.waitFor('was refused');
  expect(await session.ended).toMatchObject({ exitCode: 4 });
});

test('--device-code is stronger than the configuration', async () => {
  const machine = await openCorp('flow: browser');
  const session = atTerminal(machine, 'auth exec --device-code -- true');
  await session.waitFor('Continue only if the page shows the code ');
  machine.center.approve();
  expect(await session.ended).toMatchObject({ exitCode: 0 });
});

test.each(['flow: browser', 'flow: device'])(
  'Ctrl-C cancels with %s, and the terminal echoes again',
  async (flow) => {
    const machine = await openCorp(flow);
    const session = await shellAtTerminal(
      machine,
      'trap : INT; atmos auth login; echo "rc $?"; stty -a',
    );
    await shownPage(session);
    await session.waitFor(flow === 'flow: browser' ? 'Or paste' : 'Waiting for the sign-in');
    session.type('\u0003');
    await session.waitFor('canceled\r\n');
    await session.waitFor('rc 130');
    await expect(session.waitFor(' echo ')).resolves.toBeUndefined();
  },
);

test('a browser at the desk of the person is opened, and gets no secret', async () => {
  const machine = await openCorp();
  const [browser, record] = [join(machine.root, 'browser'), join(machine.root, 'record')];
  writeFileSync(
    browser,
    `#!/bin/sh\n{ echo "page $1"; env; } >'${record}.part'; mv '${record}.part' '${record}'\n`,
  );
  chmodSync(browser, 0o755);
  machine.env['BROWSER'] = browser;
  machine.env['CODESPACES'] = 'true';
  const session = atTerminal(machine, 'auth login');
  const address = await shownPage(session);
  await expect.poll(() => existsSync(record)).toBe(true);
  machine.center.approve();
  expect(await session.ended).toMatchObject({ exitCode: 0 });
  const lines = readFileSync(record, 'utf8').split('\n');
  expect(lines[0]).toBe(`page ${address}`);
  expect(lines.filter((line) => line.startsWith('ATMOS_'))).toEqual(['ATMOS_AUTH_TRUST=1']);
});

test('where no one can be asked, no page is opened and nothing is requested', async () => {
  const machine = await openCorp();
  const opened = join(machine.root, 'opened');
  machine.env['BROWSER'] = `touch ${opened}`;
  machine.env['DISPLAY'] = ':0';
  const hint = ' atmos auth login --provider corp';
  for (const command of ['auth login', 'auth exec -- true', 'auth credential-process']) {
    const { exitCode, stderr } = await machine.atmos(command);
    expect({ command, exitCode, stderr }).toEqual({
      command,
      exitCode: 4,
      stderr: expect.stringContaining(hint),
    });
  }
  machine.env['CI'] = 'true';
  const session = atTerminal(machine, 'auth login');
  await session.waitFor(hint);
  expect(await session.ended).toMatchObject({ exitCode: 4 });
  expect(existsSync(opened)).toBe(false);
  expect(machine.center.calls).toEqual([]);
});
