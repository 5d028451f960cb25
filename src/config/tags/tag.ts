import type { Host } from '../../host/host.ts';

/** A tag whose value comes from the machine. */
export interface TagCall {
  /** `!git.sha`. */
  readonly tag: string;
  /** What stands after it, trimmed. */
  readonly text: string;
  readonly host: Pick<Host, 'env' | 'workingDirectory'>;
}

/** What a tag stands for; or why for nothing, to follow the name of the place it is at. */
export type TagResult =
  | {
      readonly value: string | number;
      /** Whether it is the default that is written after the tag. */
      readonly isDefault?: boolean;
    }
  | { readonly problem: string; readonly hint?: string };
