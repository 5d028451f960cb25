/**
 * An identity as the configuration says it: the common fields checked, the rest passed on for the
 * kind's own schema.
 */
export interface Identity {
  /** As written in atmos.yaml. Names are matched without regard to case. */
  readonly name: string;
  /** `aws/user`, `aws/assume-role` … Not checked against what we can do. */
  readonly kind: string;
  readonly isDefault: boolean;
  readonly via?: { readonly provider?: string; readonly identity?: string };
  readonly principal: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly session: { readonly duration?: string };
  readonly env: readonly { readonly key: string; readonly value: string }[];
  /** Where a field was written, for messages: `/p/atmos.yaml:7:9`. An empty path is the identity. */
  locate(path?: readonly string[]): string;
  /** The tag that gave the value of a field, which no message quotes then: see `quoteValue`. */
  tagAt?(path: readonly string[]): string | undefined;
}

/** The parts of an identity that are its kind's own. */
export const identityParts = ['principal', 'spec', 'credentials'] as const;

export type IdentityPart = (typeof identityParts)[number];
