import type { Config } from '../config/config.ts';
import { remoteImportNote } from '../config/remote-imports.ts';
import { didYouMean, say, type Hint } from '../core/hint.ts';
import { quoteValue } from '../core/json.ts';
import type { Identity } from '../core/kind-config.ts';
import { foldName, isSameName, nearestName } from '../core/names.ts';
import { invalidAt, warningAt, type ReportProblem } from './config-problem.ts';

/** The targets of references. */
export type Named = Pick<Config, 'identities' | 'providers' | 'remoteImports'>;

/** Checks the references of identities to identities and providers. */
export function checkReferences(config: Named, report: ReportProblem): void {
  for (const identity of config.identities) {
    checkVia('identities', identity, config, report);
  }
  reportSharedNames(config, report);
  reportCycles(config, report);
  reportDefaults(config, report);
}

/** An identity or integration with a `via`. */
type Referring = Pick<Identity, 'name' | 'via' | 'tagAt'>;

/** Checks the `via` of an identity or an integration. */
export function checkVia(
  list: 'identities' | 'integrations',
  { name, via = {}, tagAt }: Referring,
  config: Named,
  report: ReportProblem,
): void {
  const at = (...path: string[]) => ['auth', list, name, 'via', ...path];
  const { provider, identity } = via;
  const shown = (key: string, value: string) => quoteValue({ value, tag: tagAt?.(['via', key]) });
  if (provider !== undefined && identity !== undefined) {
    report(
      invalidAt(
        at(),
        'names both a provider and an identity, but only one is allowed',
        say('give one of them'),
      ),
    );
  }
  const [providers, identities] = [namesOf(config.providers), namesOf(config.identities)];
  // A remote import may define it.
  const missingAt = config.remoteImports.length === 0 ? invalidAt : warningAt;
  const note = remoteImportNote(config);
  if (provider !== undefined && !has(providers, provider)) {
    const hint = has(identities, provider)
      ? say('it is an identity: via.identity')
      : nearHint(provider, providers);
    const message = `is not a provider: ${shown('provider', provider)}${note}`;
    report(missingAt(at('provider'), message, hint));
  }
  if (identity !== undefined && !has(identities, identity)) {
    const hint = has(providers, identity)
      ? say('it is a provider: via.provider')
      : nearHint(identity, identities);
    const message = `is not an identity: ${shown('identity', identity)}${note}`;
    report(missingAt(at('identity'), message, hint));
  }
}

function namesOf(entries: readonly { readonly name: string }[]): string[] {
  return entries.map(({ name }) => name);
}

/** Not case-sensitive, like all names. */
function has(names: readonly string[], name: string): boolean {
  return names.some((other) => isSameName(other, name));
}

function nearHint(name: string, known: readonly string[]): Hint {
  const others = say(known.length > 0 ? `defined: ${known.join(', ')}` : 'no name is defined');
  const [hint = others] = didYouMean(nearestName(name, known));
  return hint;
}

/**
 * A provider and an identity may have the same name. Go Atmos keeps a provider's token and the access
 * key of an `aws/user` identity under that name alone, so there one overwrites the other.
 */
function reportSharedNames({ identities, providers }: Named, report: ReportProblem): void {
  for (const { name, locate } of providers) {
    const isSame = (other: Identity) => isSameName(other.name, name);
    const identity = identities.find((one) => one.kind === 'aws/user' && isSame(one));
    if (identity === undefined) continue;
    const path = ['auth', 'identities', identity.name];
    const message = `has the name of a provider (${locate()}): Go Atmos stores the token of the provider and the access key of the identity in the same entry`;
    const hint = say('rename one of them where Go Atmos uses the same keyring');
    report(warningAt(path, message, hint));
  }
}

/** Reports each cycle of identities once, at its first identity. */
function reportCycles({ identities }: Named, report: ReportProblem): void {
  const next = new Map(
    identities.map(({ name, via }) => [
      foldName(name),
      { name, to: foldName(via?.identity ?? '') },
    ]),
  );
  const told = new Set<string>();
  for (const { name } of identities) {
    const chain: string[] = [];
    let key = foldName(name);
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

/** With several defaults the user must choose each time. */
function reportDefaults({ identities }: Named, report: ReportProblem): void {
  const [first, ...more] = identities.filter(({ isDefault }) => isDefault);
  for (const { name } of more) {
    const message = `is also true for another identity: ${first?.name} (${first?.locate(['default'])})`;
    report({
      ...warningAt(['auth', 'identities', name, 'default'], message),
      code: 'ERR_IDENTITY_REQUIRED',
    });
  }
}
