import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { parseYaml } from '../../src/config/parse.ts';
import { isAtmosError } from '../../src/core/errors.ts';
import { errorOf, projectOf } from './project.ts';

const file = (text: string) => ({ path: '/p/atmos.yaml', text });

async function refusal(text: string) {
  const { code, message, hints } = await errorOf(() => parseYaml(file(text)));
  return { code, message, hints };
}

describe('YAML that does not parse', () => {
  it.each([
    [
      'auth:\n  a: b: c\n',
      '/p/atmos.yaml:2:7 is not valid YAML: bad indentation of a mapping entry',
    ],
    [
      'auth: "open',
      '/p/atmos.yaml:1:12 is not valid YAML: unexpected end of the stream within a double quoted scalar',
    ],
    ['auth: *gone', '/p/atmos.yaml:1:8 is not valid YAML: unidentified alias'],
    [
      'auth: !!int x',
      '/p/atmos.yaml:1:7 is not valid YAML: cannot resolve a node with its explicit tag',
    ],
    [
      'auth:\n  realm: a\n  "realm": b\n',
      '/p/atmos.yaml:3:3 is not valid YAML: the key is already defined at /p/atmos.yaml:2:3',
    ],
    ['a: 1\n---\nb: 2', '/p/atmos.yaml contains more than one YAML document'],
    ['a\0b: 1', '/p/atmos.yaml:1:2 is not valid YAML: null byte is not allowed in input'],
  ])('%j', async (text, message) => {
    expect(await refusal(text)).toMatchObject({ code: 'ERR_CONFIG_SYNTAX', message });
  });

  it('is reported when loading a project, without a cause that contains the file', async () => {
    const project = projectOf('auth:\r\n\tb: 1\r\n');
    const error = await errorOf(() => project.load(), project);
    expect(error.code).toBe('ERR_CONFIG_SYNTAX');
    expect(error.message).toMatch(/^\$\/atmos\.yaml:2:\d is not valid YAML: /);
    expect(error.cause).toBeUndefined();
  });
});

describe('a tag that Atmos does not know', () => {
  it('is rejected with its position, the nearest tag and the supported tags', async () => {
    const { code, message, hints } = await refusal('vars:\n  list:\n    - !envv HOME\n');
    expect(code).toBe('ERR_CONFIG_INVALID');
    expect(message).toBe('tag !envv at vars.list.0 (/p/atmos.yaml:3:7) is not a tag of Atmos');
    expect(hints).toEqual([
      'did you mean !env?',
      expect.stringMatching(/^supported tags: !env !exec !include .*!append$/),
    ]);
  });

  it.each(['a: !foo { b: 1 }', 'a: !foo [b]', 'a: !!binary aGk='])('%s', async (text) => {
    expect(await refusal(text)).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringMatching(
        /^tag !!?\w+ at a \(\/p\/atmos\.yaml:1:4\) is not a tag of Atmos$/,
      ),
    });
  });
});

describe('YAML that expands without limit', () => {
  it.each([
    ['a map in itself', 'auth: &a { identities: *a }'],
    ['a map merged into itself', 'auth: &a { <<: *a }'],
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
        .split('')
        .map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[i]}`).join(',')}]`)
        .join('\n')}\nauth: { identities: *h }`,
    ],
  ])('is rejected: %s', async (_, text) => {
    const project = projectOf(text);
    expect(await errorOf(() => project.load(), project)).toMatchObject({
      code: 'ERR_CONFIG_SYNTAX',
      message: '$/atmos.yaml is too large or too deep once its aliases (*name) are followed',
    });
  });

  it.each([
    ['too many aliases', `a: &a 1\nb: [${Array(1001).fill('*a').join(',')}]`, /aliases exceeded/],
    ['too much nesting', `a: ${'['.repeat(200)}${']'.repeat(200)}`, /nesting exceeded/],
  ])('is rejected: %s', async (_, text, reason) => {
    expect(await refusal(text)).toMatchObject({
      code: 'ERR_CONFIG_SYNTAX',
      message: expect.stringMatching(reason),
    });
  });
});

describe('any text', () => {
  it('is parsed or rejected with an AtmosError', () => {
    const marks =
      'auth identities : { } [ ] , " \' &a *a !env !x << | > # --- ... %TAG ? 0123'.split(' ');
    const piece = fc.constantFrom(...marks, ' ', '  ', '\n', '\t', '- ', '\uFEFF');
    const text = fc
      .array(fc.oneof({ weight: 9, arbitrary: piece }, fc.string()))
      .map((p) => p.join(''));
    fc.assert(
      fc.property(text, (yaml) => {
        try {
          parseYaml(file(yaml)).root();
        } catch (error) {
          expect(isAtmosError(error)).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
