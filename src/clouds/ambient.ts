import type { IdentityKind } from './contract.ts';

/**
 * `ambient`: programs use whatever their environment has, of any cloud. This program neither reads nor
 * changes it.
 */
export const ambient: IdentityKind = {
  rootName: 'ambient',
  takes: [],
  gives: 'none',
  schemas: {},
  trustNeeds: () => [],
  plan: ({ name, kind }) => ({
    name,
    kind,
    gives: 'none',
    slot: 'nothing',
    isAmbient: true,
    storedKey: 'none',
    fingerprint: {},
    open: async () => ({ credentials: { type: 'none' }, clockOffsetMs: 0, limits: [] }),
  }),
};
