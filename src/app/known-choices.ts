import type { Config, LoadOptions } from '../config/load.ts';
import { isObject } from '../core/json.ts';
import type { Host } from '../host/host.ts';
import type { Reads } from '../host/read-recorder.ts';
import {
  identityQuestion,
  type Choice,
  type Picker,
  type PickerQuestion,
  type IdentityRequest,
  type Picked,
} from './identity-request.ts';
import { openNamesRecord, recordNames, type NamesRecord } from './names-record.ts';
import { pickRecentFirst } from './recent-identities.ts';

// What a picker of identities showed, so that the next one need not wait for the configuration. Loaded
// before it.

interface Shown {
  readonly realm: string;
  readonly choices: readonly Choice[];
}

/**
 * Lets the user pick one of the identities that the last picker showed.
 *
 * @returns undefined if they are not known, or if what decided them has changed
 * @throws as `select`
 */
export async function pickKnownChoice(
  request: IdentityRequest,
  options: LoadOptions,
  { host, select }: Picker & { readonly host: Host },
): Promise<Picked | undefined> {
  const shown = recordFor(request, options, host)?.read();
  if (!isShown(shown)) return undefined;
  const { realm, choices } = shown;
  const name = await pickRecentFirst(identityQuestion(choices), { realm, host, select });
  return { name, description: new Map(choices).get(name) ?? '', realm };
}

/** Keeps what a picker is going to show. */
export interface ChoiceKeeper {
  /** Loads the configuration, and notes what is read for it. */
  load(load: () => Promise<Config>): Promise<Config>;
  /** Keeps the choices, unless another configuration was loaded for them, for example with a profile. */
  keep(question: PickerQuestion, plan: { readonly config: object; readonly realm: string }): void;
}

/** Undefined if the request needs no choice, or if nothing is recorded here. */
export function createChoiceKeeper(
  request: IdentityRequest,
  options: LoadOptions,
  host: Host,
): ChoiceKeeper | undefined {
  const record = recordFor(request, options, host);
  if (record === undefined) return undefined;
  let loaded: { readonly result: Config; readonly reads: Reads } | undefined;
  return {
    async load(load) {
      loaded = await recordNames(load, host);
      return loaded.result;
    },
    keep({ choices: names, describe }, { config, realm }) {
      if (loaded === undefined || config !== loaded.result) return;
      const { reads } = loaded;
      const { hasTags } = loaded.result;
      const choices = names.map((name): Choice => [name, describe?.(name) ?? '']);
      record.keep({ names, result: { realm, choices } satisfies Shown, hasTags, reads });
    },
  };
}

function recordFor(
  { kind }: IdentityRequest,
  options: LoadOptions,
  host: Host,
): NamesRecord | undefined {
  const isOpen = kind === 'pick' || kind === 'default';
  return isOpen ? openNamesRecord(`choices: ${kind}`, options, host) : undefined;
}

function isShown(value: unknown): value is Shown {
  if (!isObject(value)) return false;
  const { realm, choices } = value;
  return (
    typeof realm === 'string' &&
    Array.isArray(choices) &&
    choices.length > 0 &&
    choices.every(isChoice)
  );
}

function isChoice(value: unknown): value is Choice {
  return (
    Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string')
  );
}
