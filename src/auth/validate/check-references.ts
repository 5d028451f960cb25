import { invalidAt, warningAt, type ReportFinding } from '../../app/config-problem.ts';
import type { Config } from '../../config/config.ts';
import { quoteValue } from '../../core/json.ts';
import type { Identity } from '../../core/kind-config.ts';
import { lowerCase, nearestName } from '../../core/names.ts';

type Named = Pick<Config, 'identities' | 'providers'>;

/** Checks what identities say of one another and of providers. */
export function checkReferences(config: Named, report: ReportFinding): void {
  for (const identity of config.identities) checkVia(identity, config, report);
  reportCycles(config, report);
  reportDefaults(config, report);
}

function checkVia({ name, via = {}, tagAt }: Identity, config: Named, report: ReportFinding): void {
  const at = (...path: string[]) => ['auth', 'identities', name, 'via', ...path];
  const { provider, identity } = via;
  const shown = (key: string, value: string) => quoteValue({ value, tag: tagAt?.(['via', key]) });
  if (provider !== undefined && identity !== undefined) {
    report(
      invalidAt(at(), 'names a provider and an identity, and one is meant', 'drop one of them'),
    );
  }
  const [providers, identities] = [namesOf(config.providers), namesOf(config.identities)];
  if (provider !== undefined && !has(providers, provider)) {
    const hint = has(identities, provider)
      ? 'it is an identity: via.identity'
      : nearHint(provider, providers);
    report(invalidAt(at('provider'), `is no provider: ${shown('provider', provider)}`, hint));
  }
  if (identity !== undefined && !has(identities, identity)) {
    const hint = has(providers, identity)
      ? 'it is a provider: via.provider'
      : nearHint(identity, identities);
    report(invalidAt(at('identity'), `is no identity: ${shown('identity', identity)}`, hint));
  }
}

function namesOf(entries: readonly { readonly name: string }[]): string[] {
  return entries.map(({ name }) => name);
}

/** Without regard to case, as everywhere. */
function has(names: readonly string[], name: string): boolean {
  return names.some((other) => lowerCase(other) === lowerCase(name));
}

function nearHint(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  if (nearest !== undefined) return `did you mean ${nearest}?`;
  return known.length > 0 ? `there are ${known.join(', ')}` : 'there are none';
}

/** Each circle of identities once, at the first of them. */
function reportCycles({ identities }: Named, report: ReportFinding): void {
  const next = new Map(
    identities.map(({ name, via }) => [
      lowerCase(name),
      { name, to: lowerCase(via?.identity ?? '') },
    ]),
  );
  const told = new Set<string>();
  for (const { name } of identities) {
    const chain: string[] = [];
    let key = lowerCase(name);
    for (let step = next.get(key); step && !chain.includes(step.name); step = next.get(key)) {
      chain.push(step.name);
      key = step.to;
    }
    if (next.get(key)?.name !== name || told.has(name)) continue;
    for (const member of chain) told.add(member);
    const path = ['auth', 'identities', name, 'via', 'identity'];
    report(invalidAt(path, `leads back to itself: ${[...chain, name].join(' → ')}`));
  }
}

/** Of several defaults one must be picked each time. */
function reportDefaults({ identities }: Named, report: ReportFinding): void {
  const [first, ...more] = identities.filter(({ isDefault }) => isDefault);
  for (const { name } of more) {
    const message = `is true for another identity too: ${first?.name} (${first?.locate(['default'])})`;
    report({
      ...warningAt(['auth', 'identities', name, 'default'], message),
      code: 'ERR_IDENTITY_REQUIRED',
    });
  }
}
