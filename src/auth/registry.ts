import { AtmosError } from '../core/errors.ts';
import type { Identity } from '../core/identity.ts';
import { nearestName } from '../core/names.ts';
import type { IdentityStrategy } from './strategy.ts';

// The only place that names the kinds of identities. Each is imported when it is used.
const identities: Readonly<Record<string, () => Promise<IdentityStrategy>>> = {
  'aws/user': async () => (await import('../identities/aws/user.ts')).awsUser,
};

/** Kinds that Atmos knows and we do not yet, told apart from a slip of the keyboard. */
const kindsOfAtmos: ReadonlySet<string> = new Set([
  'aws/permission-set',
  'aws/assume-role',
  'aws/assume-root',
  'aws/ambient',
  'ambient',
  'azure/subscription',
  'gcp/service-account',
  'gcp/project',
  'atmos/pro',
  'aws/emulator',
  'gcp/emulator',
  'azure/emulator',
  'kubernetes/emulator',
  'mock',
  'mock/aws',
]);

/** @throws ERR_IDENTITY_UNSUPPORTED naming where the kind was configured */
export async function strategyOf(identity: Identity): Promise<IdentityStrategy> {
  const { kind } = identity;
  const load = Object.hasOwn(identities, kind) ? identities[kind] : undefined;
  if (load !== undefined) return load();
  const known = Object.keys(identities);
  const nearest = nearestName(kind, known);
  throw new AtmosError(
    'ERR_IDENTITY_UNSUPPORTED',
    kindsOfAtmos.has(kind)
      ? `identity ${identity.name} has the kind ${kind} (${identity.locate(['kind'])}), which this version cannot use yet`
      : `identity ${identity.name} has an unknown kind ${JSON.stringify(kind)} (${identity.locate(['kind'])})`,
    {
      hints: [
        nearest === undefined ? `kinds that work: ${known.join(', ')}` : `did you mean ${nearest}?`,
      ],
    },
  );
}
