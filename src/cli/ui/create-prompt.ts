import type { Host } from '../../host/host.ts';
import { nobodyToAsk, whyNot, type Prompt, type PromptOptions, type Question } from './prompt.ts';

/** A prompt that is loaded when it is used: most commands ask for nothing. */
export function createPrompt(host: Host, options: PromptOptions = {}): Prompt {
  const load = async (question: Question): Promise<Prompt> => {
    const refusal = whyNot(host, options.interactive);
    if (refusal !== undefined) throw nobodyToAsk(question, refusal);
    const { createTerminalPrompt } = await import('./terminal-prompt.ts');
    return createTerminalPrompt(host, options);
  };
  return {
    text: async (question) => (await load(question)).text(question),
    masked: async (question) => (await load(question)).masked(question),
    confirm: async (question) => (await load(question)).confirm(question),
    select: async (question) => (await load(question)).select(question),
    selectMany: async (question) => (await load(question)).selectMany(question),
  };
}
