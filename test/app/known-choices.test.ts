import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PickerQuestion, IdentityRequest } from '../../src/app/identity-request.ts';
import { createChoiceKeeper, pickKnownChoice } from '../../src/app/known-choices.ts';
import { loadConfig } from '../../src/auth/load-config.ts';
import { run } from '../../src/core/hint.ts';
import type { Host } from '../../src/host/host.ts';
import { fakeHost } from '../support/fake-host.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const many = 200;
const bare = { kind: 'pick' } as const;

/** A project with many identities, whose files have not changed for long enough. */
function openProject({ count = many, realm = 'r' } = {}) {
  const root = temporaryDirectory();
  const project = join(root, 'project');
  mkdirSync(project);
  writeFileSync(join(root, 'main.cjs'), '');
  const names = Array.from({ length: count }, (_, at) => `account-${at}`);
  const identities = names.map((name) => `    ${name}:\n      kind: aws/user\n`);
  const file = join(project, 'atmos.yaml');
  writeFileSync(file, `auth:\n  realm: ${realm}\n  identities:\n${identities.join('')}`);
  const now = new Date(Date.now() + 60_000);
  const records = join(root, '.local/state/atmos/names');
  const host = (changed: Partial<Host> = {}) =>
    fakeHost({
      homeDirectory: root,
      scriptPath: join(root, 'main.cjs'),
      workingDirectory: () => project,
      now: () => now,
      ...changed,
    });
  return {
    file,
    records,
    host,
    /** As a command does whose picker was shown. */
    async show(request: IdentityRequest = bare) {
      const keeper = createChoiceKeeper(request, {}, host());
      const config = (await keeper?.load(() => loadConfig({}, host()))) ?? {};
      const question = { message: 'Identity', choices: names, instead: run(['x']) };
      keeper?.keep({ ...question, describe: (name) => `about ${name}` }, { config, realm: 'r' });
    },
    /** The question that the next command asks at once, and what was picked. */
    async pick(answer = 'account-7', request: IdentityRequest = bare) {
      const asked: PickerQuestion[] = [];
      const select = (question: PickerQuestion) => {
        asked.push(question);
        return Promise.resolve(answer);
      };
      const picked = await pickKnownChoice(request, {}, { host: host(), select });
      return { picked, asked };
    },
  };
}

describe.runIf(process.platform === 'linux')('choices that a picker has shown', () => {
  test('are shown by the next one, with the last picked first, without the configuration', async () => {
    const place = openProject();
    expect(await place.pick()).toEqual({ picked: undefined, asked: [] });
    await place.show();
    const { picked, asked } = await place.pick();
    const description = 'about account-7';
    expect(picked).toEqual({ name: 'account-7', description, realm: 'r' });
    expect(asked).toMatchObject([
      {
        message: 'Identity',
        instead: run(['atmos', 'auth', 'list'], 'to see the names for -i'),
      },
    ]);
    expect(asked[0]?.choices).toHaveLength(many);
    expect(asked[0]?.choices.slice(0, 2)).toEqual(['account-0', 'account-1']);
    expect(asked[0]?.describe?.('account-1')).toBe('about account-1');
    const again = await place.pick();
    expect(again.asked[0]?.choices.slice(0, 2)).toEqual(['account-7', 'account-0']);
  });

  test('are not shown after the configuration has changed', async () => {
    const place = openProject();
    await place.show();
    writeFileSync(place.file, 'auth: {}\n');
    expect(await place.pick()).toEqual({ picked: undefined, asked: [] });
  });

  test('are kept for each request of its own, and for none that needs no choice', async () => {
    const place = openProject();
    await place.show();
    const byDefault = await place.pick('account-7', { kind: 'default' });
    expect(byDefault.asked).toEqual([]);
    const name = { value: 'account-7', source: '--identity' };
    expect(createChoiceKeeper({ kind: 'named', name }, {}, place.host())).toBeUndefined();
    expect((await place.pick('', { kind: 'named', name })).asked).toEqual([]);
  });

  test.each([
    ['there are few', { count: many - 1 }],
    ['a tag gives a value', { realm: '!env REALM r' }],
  ])('are not kept if %s', async (_, project) => {
    const place = openProject(project);
    await place.show();
    expect(existsSync(place.records)).toBe(false);
  });

  test.each([
    '[]',
    '{"realm":1,"choices":[["a",""]]}',
    '{"realm":"r","choices":[]}',
    '{"realm":"r","choices":[["a"]]}',
  ])('are not shown if the record has %s instead', async (result) => {
    const place = openProject();
    await place.show();
    const [name = ''] = readdirSync(place.records);
    const path = join(place.records, name);
    const record = readFileSync(path, 'utf8');
    writeFileSync(path, record.replace(/"result":.*,"seen"/s, `"result":${result},"seen"`));
    expect((await place.pick()).asked).toEqual([]);
  });

  test('are not shown if the record does not name this program, as one that came with a project', async () => {
    const place = openProject();
    await place.show();
    const [name = ''] = readdirSync(place.records);
    const path = join(place.records, name);
    const record = readFileSync(path, 'utf8');
    writeFileSync(path, record.replace(/"seen":.*$/s, '"seen":[]}'));
    expect((await place.pick()).asked).toEqual([]);
  });

  test('are not kept before anything was loaded', () => {
    const place = openProject();
    const keeper = createChoiceKeeper(bare, {}, place.host());
    const choices = Array.from({ length: many }, (_, at) => String(at));
    keeper?.keep({ message: 'Identity', choices, instead: run(['x']) }, { config: {}, realm: 'r' });
    expect(existsSync(place.records)).toBe(false);
  });
});
