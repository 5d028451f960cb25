import { expect, test } from 'vitest';
import { ambient } from '../../src/clouds/ambient.ts';
import { awsUserIdentity } from '../auth/place.ts';
import { openContext } from './open-context.ts';

test('the kind ambient has no credentials, stores nothing and needs nothing', async () => {
  const identity = awsUserIdentity({ kind: 'ambient' });
  const plan = ambient.plan(identity, { base: undefined, env: {} });
  expect(plan).toMatchObject({ gives: 'none', slot: 'nothing', isAmbient: true, fingerprint: {} });
  expect(ambient).toMatchObject({ takes: [], schemas: {} });
  expect(ambient.trustNeeds(identity)).toEqual([]);
  expect(await plan.open(openContext())).toMatchObject({ credentials: { type: 'none' } });
});
