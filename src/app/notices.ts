import type { ProjectPlan } from '../auth/plan.ts';
import type { Identity } from '../core/kind-config.ts';
import { isSameName } from '../core/names.ts';

interface Warning {
  warn(message: string): Promise<void>;
}

/** Warns if the memory keyring is in use, because other commands cannot read it. */
export async function warnOfMemory(
  { keyring }: Pick<ProjectPlan, 'keyring'>,
  consequence: string,
  { warn }: Warning,
): Promise<void> {
  if (keyring.type.value !== 'memory') return;
  await warn(`the memory keyring keeps entries only until the process exits: ${consequence}`);
}

/** Atmos would run the integrations with the session, and programs would get what they set. */
export async function warnOfIntegrations(
  { config }: Pick<ProjectPlan, 'config'>,
  { name, via }: Pick<Identity, 'name' | 'via'>,
  { warn }: Warning,
): Promise<void> {
  const isSame = (one: string | undefined, other: string | undefined) =>
    one !== undefined && other !== undefined && isSameName(one, other);
  const bound = config.integrations.filter(
    (one) => isSame(one.via.identity, name) || isSame(one.via.provider, via?.provider),
  );
  if (bound.length === 0) return;
  const list = bound.map((one) => `${one.name} (${one.locate()})`).join(', ');
  await warn(`this version does not run the integrations of identity ${name}: ${list}`);
}
