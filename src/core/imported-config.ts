// What the files of another tool say about identities and providers, in the form of atmos.yaml.

/** A part of atmos.yaml: texts, flags, and maps of them. Without absent fields. */
export interface YamlMap {
  readonly [key: string]: string | boolean | YamlMap;
}

/** An identity or a provider. */
export interface ImportedLink {
  readonly name: string;
  /** As in atmos.yaml: `{ kind: 'aws/user' }`. */
  readonly settings: YamlMap & { readonly kind: string };
  /** Where the other tool has it: `profile dev`, `sso-session corp`. */
  readonly from: string;
  /** `exists`: the configuration has one of this name already, which is not changed. */
  readonly state: 'new' | 'exists';
  /** A page on which a person would sign in, and which does not belong to the cloud. */
  readonly foreignPage?: string;
}

/** The identity as the default. */
export function asDefault({ settings, ...link }: ImportedLink): ImportedLink {
  const { kind, ...others } = settings;
  return { ...link, settings: { kind, default: true, ...others } };
}

/** What cannot be expressed in atmos.yaml, or is wrong. */
export interface NotImported {
  /** `profile dev`, `sso-session corp`, or a line of a file. */
  readonly from: string;
  /** The setting. Absent: the whole profile or line. */
  readonly key?: string;
  /** Completes a message after the place: `has no credentials`. Quotes no secret. */
  readonly reason: string;
}

export interface ImportedConfig {
  /** In the order of the files. */
  readonly providers: readonly ImportedLink[];
  /** Sorted by the names of their profiles. The base of an identity precedes it. */
  readonly identities: readonly ImportedLink[];
  readonly problems: readonly NotImported[];
  /** The names of settings that concern only the other tool, sorted. */
  readonly unused: readonly string[];
  /** The identities whose long-lived keys the files contain, with the names of their profiles. */
  readonly keys: readonly { readonly profile: string; readonly identity: string }[];
  /** How many profiles sign in at a portal. */
  readonly portalProfiles: number;
}

/** What the configuration has already. */
export interface ExistingLinks {
  readonly providers: readonly {
    readonly name: string;
    readonly kind: string;
    readonly settings: Readonly<Record<string, unknown>>;
  }[];
  readonly identities: readonly {
    readonly name: string;
    readonly kind: string;
    readonly isDefault: boolean;
  }[];
}
