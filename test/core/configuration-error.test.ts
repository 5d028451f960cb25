import { expect, test } from 'vitest';
import { say } from '../../src/core/hint.ts';
import {
  checkPart,
  ConfigurationError,
  type LinkProblem,
} from '../../src/core/configuration-error.ts';
import type { Identity } from '../../src/core/kind-config.ts';
import { mapOf, setting, text } from '../../src/core/validate.ts';

const schema = mapOf({ region: setting(text, 'A region.'), zone: setting(text, 'A zone.') });

function identityWith(part: Partial<Identity>): Identity {
  return {
    name: 'dev',
    kind: 'aws/user',
    isDefault: false,
    principal: {},
    spec: {},
    credentials: {},
    session: {},
    env: [],
    locate: (path = []) => `/p/atmos.yaml:${path.join(':')}`,
    ...part,
  };
}

test('a valid part is returned without unknown keys', () => {
  const identity = identityWith({ spec: { region: 'eu-west-1', other: 1 } });
  const checked = checkPart(identity, 'spec', schema, () => expect.unreachable());
  expect(checked).toEqual({ region: 'eu-west-1' });
});

test('all problems are in one error, each with its place and without secrets', () => {
  const identity = identityWith({ spec: { region: 1, zone: [] }, credentials: { region: 42 } });
  const problems: LinkProblem[] = [];
  const report = (problem: LinkProblem) => void problems.push(problem);
  expect(checkPart(identity, 'spec', schema, report)).toBeUndefined();
  expect(checkPart(identity, 'credentials', schema, report)).toBeUndefined();
  expect(problems.map(({ hint }) => hint)).toEqual([
    say('write it in quotes'),
    undefined,
    say('write it in quotes'),
  ]);
  const hinted = problems.map((problem) => ({ ...problem, hint: say('write it in quotes') }));
  const error = new ConfigurationError(identity, hinted);
  expect(error).toMatchObject({
    code: 'ERR_CONFIG_INVALID',
    hints: ['write it in quotes'],
    problems: hinted,
  });
  expect(error.message.split('\n')).toEqual([
    'spec.region of identity dev (/p/atmos.yaml:spec:region) must be text, not the number 1',
    'spec.zone of identity dev (/p/atmos.yaml:spec:zone) must be text, not a list',
    'credentials.region of identity dev (/p/atmos.yaml:credentials:region) must be text, not a number',
  ]);
});

test.each([
  ['as it is written', {}, 'write it in quotes: "007"'],
  ['without a secret', { writtenAt: () => undefined }, 'write it in quotes'],
  ['not for the value of a tag', { tagAt: () => '!env N' }, undefined],
])('a number that was meant as text has a hint: %s', (_, part, hint) => {
  const identity = identityWith({ spec: { region: 7 }, writtenAt: () => '007', ...part });
  const problems: LinkProblem[] = [];
  checkPart(identity, 'spec', schema, (problem) => void problems.push(problem));
  expect(problems.map((problem) => problem.hint)).toEqual([hint && say(hint)]);
});
