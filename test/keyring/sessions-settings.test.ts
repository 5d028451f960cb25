import { describe, expect, test } from 'vitest';
import type { Spec } from '../../src/core/keyring-spec.ts';
import {
  pinSessions,
  sessionsNeeds,
  settleSessions,
  unpinSessions,
} from '../../src/keyring/sessions-settings.ts';
import { thrownBy } from '../support/error-of.ts';

function said(values: Readonly<Record<string, string>>): Spec {
  const entries = Object.entries(values).map(([key, value]) => {
    const path = ['auth', 'keyring', 'spec', key];
    return [key, { value, source: `${path.join('.')} (/p/atmos.yaml:3:5)`, path }] as const;
  });
  return Object.fromEntries(entries);
}

describe('the settings of sessions', () => {
  test('have no default of their own: the backend decides', () => {
    expect(settleSessions({})).toEqual({});
  });

  test('name a place, and a keyring of this machine', () => {
    const settled = settleSessions(said({ sessions: 'local', sessions_keyring: 'file' }));
    expect([settled.place?.value, settled.keyring?.value]).toEqual(['local', 'file']);
  });

  test.each([
    [{ sessions: 'loca' }, 'sessions', '"loca"', 'expected one of local, shared'],
    [
      { sessions_keyring: 'vault' },
      'sessions_keyring',
      '"vault"',
      'expected one of system, file, memory',
    ],
  ])('are refused if unknown: %j', (values, key, value, known) => {
    const error = thrownBy(() => settleSessions(said(values)));
    expect(error).toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    expect(error.message).toContain(
      `unknown value ${value} (from auth.keyring.spec.${key} (/p/atmos.yaml:3:5))`,
    );
    expect(error.message).toContain(known);
  });

  test('contradict each other if shared sessions have a keyring', () => {
    const error = thrownBy(() =>
      settleSessions(said({ sessions: 'shared', sessions_keyring: 'memory' })),
    );
    expect(error).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message:
        'sessions are shared (from auth.keyring.spec.sessions (/p/atmos.yaml:3:5)), so they have no keyring of their own (from auth.keyring.spec.sessions_keyring (/p/atmos.yaml:3:5))',
    });
  });

  test('need trust to store sessions where others can read them', () => {
    expect(sessionsNeeds(said({ sessions: 'shared' }))).toEqual([
      {
        path: ['auth', 'keyring', 'spec', 'sessions'],
        what: 'stores sessions and tokens in the shared keyring',
        occasion: 'storing',
      },
    ]);
    expect(sessionsNeeds(said({ sessions: 'local', sessions_keyring: 'memory' }))).toEqual([]);
  });

  test('are the same in a handle', () => {
    const spec = said({ sessions: 'local', sessions_keyring: 'file' });
    expect(unpinSessions(pinSessions(spec))).toEqual(spec);
    expect(unpinSessions(pinSessions({}))).toEqual({});
  });
});
