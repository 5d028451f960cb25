import type { Prompt, Question, TextQuestion } from '../../../src/cli/ui/prompt.ts';
import { AtmosError } from '../../../src/core/errors.ts';

/** A user who gives these answers in order, and then cancels with Ctrl-C. */
export interface Person {
  readonly prompt: Prompt;
  /** Every prompt that was shown, and the message about each invalid answer. */
  readonly asked: readonly string[];
}

export function person(...answers: readonly (string | boolean | readonly string[])[]): Person {
  const asked: string[] = [];
  const rest = [...answers];

  function next(): string | boolean | readonly string[] {
    const answer = rest.shift();
    if (answer === undefined) throw new AtmosError('ERR_CANCELLED', 'canceled');
    return answer;
  }

  async function typed({ message, fault }: Question & Pick<TextQuestion, 'fault'>, empty = '') {
    asked.push(message);
    for (;;) {
      const answer = String(next()) || empty;
      const refusal = fault?.(answer);
      if (refusal === undefined) return answer;
      asked.push(`  ${refusal}`);
    }
  }

  const prompt: Prompt = {
    text: (question) => typed(question, question.default),
    masked: (question) => typed(question),
    async confirm({ message, default: byDefault }) {
      asked.push(`${message} ${byDefault ? '(Y/n)' : '(y/N)'}`);
      return next() === true;
    },
    async select({ message, choices }) {
      asked.push(`${message}: ${choices.join(', ')}`);
      return String(next());
    },
    async selectMany({ message, choices, checked }) {
      const shown = choices.map((choice) => `${checked.includes(choice) ? '*' : ''}${choice}`);
      asked.push(`${message}: ${shown.join(', ')}`);
      return [next()].flat().map(String);
    },
  };
  return { prompt, asked };
}
