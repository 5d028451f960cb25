import type { ProjectPlan } from '../auth/plan.ts';
import type { Identity } from '../core/kind-config.ts';
import { isSameName } from '../core/names.ts';

/** For a command that relies on another one finding what it leaves: on the memory keyring none does. */
export function memoryNotice(
  { keyring }: Pick<ProjectPlan, 'keyring'>,
  consequence: string,
): string | undefined {
  if (keyring.type.value !== 'memory') return undefined;
  return `the memory keyring keeps nothing: ${consequence}`;
}

/** Atmos would run them with the session, and programs would get what they set. */
export function integrationsNotice(
  { config }: Pick<ProjectPlan, 'config'>,
  { name, via }: Pick<Identity, 'name' | 'via'>,
): string | undefined {
  const isSame = (one: string | undefined, other: string | undefined) =>
    one !== undefined && other !== undefined && isSameName(one, other);
  const bound = config.integrations.filter(
    (one) => isSame(one.via.identity, name) || isSame(one.via.provider, via?.provider),
  );
  if (bound.length === 0) return undefined;
  const list = bound.map((one) => `${one.name} (${one.locate()})`).join(', ');
  return `this version does not run the integrations of identity ${name}: ${list}`;
}
