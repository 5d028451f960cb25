import { addOptions, optionWords, run, type Hint } from '../core/hint.ts';
import { maxShownNames } from '../core/names.ts';

// Loaded before the configuration.

/** An identity to choose, and what is shown beside its name. */
export type Choice = readonly [name: string, description: string];

export interface PickerQuestion {
  readonly message: string;
  readonly choices: readonly string[];
  /** What is shown beside a choice, and found by the filter as well. */
  readonly describe?: (choice: string) => string;
  /** The hint for use without a terminal. */
  readonly instead: Hint;
}

/** Lets the user choose one of several identities. */
export interface Picker {
  /** @throws ERR_NO_TERMINAL, ERR_CANCELLED */
  select(question: PickerQuestion): Promise<string>;
}

/** The source of a name that the user picked. */
export const pickedSource = 'your choice';

/** The question that lets the user choose one of these identities. */
export function identityQuestion(choices: readonly Choice[]): PickerQuestion {
  const described = new Map(choices);
  const [first = 'NAME'] = described.keys();
  return {
    message: 'Identity',
    choices: [...described.keys()],
    describe: (name) => described.get(name) ?? '',
    instead: isLong(choices)
      ? listIdentities
      : addOptions(optionWords('-i', first), 'to choose without a prompt'),
  };
}

/** Of more identities than a message shows, the first one is seldom the one that is wanted. */
export function isLong(identities: readonly unknown[]): boolean {
  return identities.length > maxShownNames;
}

export const listIdentities = run(['atmos', 'auth', 'list'], 'to see the names for -i');
