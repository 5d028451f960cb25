import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommandOutput, withCommandOutput } from '../../../src/config/tags/resolve.ts';
import { createTagged } from '../../../src/config/values.ts';
import { resolving } from './resolving.ts';

const pending = createTagged('!exec', 'date');

describe('!exec', () => {
  it('is recorded with its path and not run', () => {
    const { settings, commands, problems } = resolving(
      `
auth:
  realm: !exec  echo a | tr a b
  identities: { dev: { env: [{ key: A, value: !exec date }] } }
  list: !append [x, !exec date]
env:
  <<: !include more.yaml
  TOKEN: !exec date
`,
      { files: { 'more.yaml': 'MORE: !exec "date\\n"\nTOKEN: !exec never' } },
    );
    expect(problems).toEqual([]);
    expect(commands).toEqual([
      { path: ['auth', 'realm'], command: 'echo a | tr a b' },
      { path: ['auth', 'identities', 'dev', 'env', '0', 'value'], command: 'date' },
      { path: ['auth', 'list', '1'], command: 'date' },
      { path: ['env', 'MORE'], command: 'date' },
      { path: ['env', 'TOKEN'], command: 'date' },
    ]);
    expect(settings['env']).toEqual({
      TOKEN: pending,
      MORE: createTagged('!exec', 'date\n'),
    });
    const done = commands.reduce(
      (left, { path, command }) => withCommandOutput(left, path, `ran ${command}`),
      settings,
    );
    expect(done).toEqual({
      auth: {
        realm: 'ran echo a | tr a b',
        identities: { dev: { env: [{ key: 'A', value: 'ran date' }] } },
        list: createTagged('!append', ['x', 'ran date']),
      },
      env: { TOKEN: 'ran date', MORE: 'ran date' },
    });
  });

  const why =
    'has the tag !exec, which is not allowed here: all files must be known before a command may run';
  it.each([
    ['import: !exec ls', 'import'],
    ['import: [a.yaml, !exec ls]', 'import.1'],
    ['base_path: !exec pwd', 'base_path'],
    ['profiles: { default: !exec id }', 'profiles.default'],
    ['profiles: !append [!exec id]', 'profiles.0'],
    ['logs: { file: !exec date }', 'logs.file'],
    ['env: { ATMOS_PROFILE: !exec id }', 'env.ATMOS_PROFILE'],
    ['env: { atmos_profile: !exec id }', 'env.atmos_profile'],
    ['env: !exec env', 'env'],
    ['env: { <<: [{ ATMOS_X: !exec id }] }', 'env.ATMOS_X'],
  ])('%s is rejected', (text, path) => {
    const { problems, commands, settings } = resolving(text);
    expect(problems).toEqual([`${path} ${why}`]);
    expect(commands).toEqual([]);
    expect(JSON.stringify(settings)).not.toContain('!exec');
  });

  it.each([
    ['auth: { realm: !exec }', 'auth.realm has the tag !exec without a command'],
    ['auth: { realm: !exec [a] }', 'auth.realm has the tag !exec, which takes text'],
    ['env: { <<: !exec env }', 'env."<<" must be a map, or a list of maps'],
  ])('%s is rejected', (text, problem) => {
    expect(resolving(text)).toMatchObject({ problems: [problem], commands: [] });
  });

  it('is reported in an included file with its position there', () => {
    const files = { 'a.yaml': 'x: 1\ndefault: !exec id' };
    expect(resolving('profiles: !include a.yaml', { files }).problems).toEqual([
      `profiles includes default ($/a.yaml:2:10), which ${why}`,
    ]);
  });

  it('is dropped if another value overrides it', () => {
    const { commands } = resolving('auth: { <<: { realm: !exec id }, realm: a }');
    expect(commands).toEqual([]);
  });
});

describe('the output of a command', () => {
  it.each([
    ['text\n', 'text'],
    ['two\nlines\r\n\n', 'two\nlines'],
    ['  text ', '  text '],
    ['', ''],
    ['{"a": [1, null], "b": null}\n', { a: [1, null] }],
    ['[1, "x"]', [1, 'x']],
    ['"quoted"', 'quoted'],
    ['012', '012'],
    ['12', 12],
    ['true', true],
    ['null', null],
    ['{"a": 1', '{"a": 1'],
    [`${'['.repeat(9)}${']'.repeat(9)}`, [[[[[[[[[]]]]]]]]]],
  ])('is parsed: %j is %j', (stdout, value) => {
    expect(parseCommandOutput(stdout)).toEqual(value);
  });

  it('is text if it is nested too deep', () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    expect(parseCommandOutput(deep)).toBe(deep);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseCommandOutput(text)));
  });
});

describe('settings with the output of a command', () => {
  const settings = { a: { b: pending, c: 1 }, list: [pending, { d: pending }], __proto__: null };
  const plain = { a: settings.a, list: settings.list };
  it.each([
    [['a', 'b'], { x: 1 }, { a: { b: { x: 1 }, c: 1 }, list: settings.list }],
    [['a', 'b'], undefined, { a: { c: 1 }, list: settings.list }],
    [['a', 'b'], null, { a: { c: 1 }, list: settings.list }],
    [['list', '0'], 'x', { a: settings.a, list: ['x', { d: pending }] }],
    [['list', '0'], undefined, { a: settings.a, list: [undefined, { d: pending }] }],
    [['list', '1', 'd'], 'x', { a: settings.a, list: [pending, { d: 'x' }] }],
    [['gone', 'b'], 'x', plain],
    [['a', 'c', 'd'], 'x', plain],
    [['toString'], 'x', plain],
  ])('at %j', (path, value, expected) => {
    const before = structuredClone(JSON.stringify(plain));
    expect(withCommandOutput(plain, path, value)).toEqual(expected);
    expect(JSON.stringify(plain)).toBe(before);
  });
});
