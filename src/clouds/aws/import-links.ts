import type { ExistingLinks, ImportedLink, YamlMap } from '../../core/imported-config.ts';
import { isObject } from '../../core/json.ts';
import { isSameName } from '../../core/names.ts';
import type { Base } from './import-identity.ts';
import type { Report } from './import-profile.ts';

/** The identities and providers of an import, beside those that the configuration has. */
export interface Links {
  readonly providers: readonly ImportedLink[];
  readonly identities: readonly ImportedLink[];
  /**
   * Adds an identity. One of the same name and kind in the configuration is used instead.
   *
   * @returns it as the base of other identities. Undefined if the name is taken by another kind,
   *   which is reported
   */
  addIdentity(link: NewLink, base: Omit<Base, 'name'>): Base | undefined;
  /** Adds a provider. @returns whether it can be used; if not, that is reported */
  addProvider(link: NewLink): boolean;
}

type NewLink = Omit<ImportedLink, 'state'>;

export function createLinks(existing: ExistingLinks, report: Report): Links {
  const providers: ImportedLink[] = [];
  const identities: ImportedLink[] = [];

  /** Undefined if the name is taken. */
  function settle(
    link: NewLink,
    what: 'identity' | 'provider',
    others: readonly { readonly name: string; readonly kind: string }[],
  ): ImportedLink | undefined {
    const other = others.find(({ name }) => isSameName(name, link.name));
    if (other === undefined) return { ...link, state: 'new' };
    if (other.kind === link.settings.kind) return { ...link, name: other.name, state: 'exists' };
    const kind = other.kind === '' ? 'without a kind' : `of kind ${other.kind}`;
    const reason = `becomes the ${what} ${link.name} of kind ${link.settings.kind}, but the configuration has one ${kind}`;
    report({ from: link.from, reason });
    return undefined;
  }

  return {
    providers,
    identities,
    addIdentity(link, base) {
      const settled = settle(link, 'identity', existing.identities);
      if (settled === undefined) return undefined;
      identities.push(settled);
      return { ...base, name: settled.name };
    },
    addProvider(link) {
      const other = existing.providers.find(({ name }) => isSameName(name, link.name));
      if (other?.kind === link.settings.kind && !contains(other.settings, link.settings)) {
        const reason = `becomes the provider ${link.name}, but the configuration has one with other settings`;
        report({ from: link.from, reason });
        return false;
      }
      const settled = settle(link, 'provider', existing.providers);
      if (settled !== undefined) providers.push(settled);
      return settled !== undefined;
    },
  };
}

/** Whether all values of a part are in the whole. */
function contains(whole: unknown, part: YamlMap | string | boolean): boolean {
  if (typeof part !== 'object') return whole === part;
  return isObject(whole) && Object.entries(part).every(([key, one]) => contains(whole[key], one));
}
