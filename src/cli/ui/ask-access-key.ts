import type { KeyField, KeyForm, KeyValues } from '../../app/configure-user.ts';
import { say } from '../../core/hint.ts';
import type { Context } from '../context.ts';

const instead = say('pass --stdin and give the key as JSON, or --from-aws-profile NAME');

/**
 * Prompts for the fields of an access key as Atmos does. Several may be pasted as lines. Values of
 * the configuration are shown; values of options are not prompted for.
 */
export async function askAccessKey(
  context: Pick<Context, 'prompt' | 'note'>,
  { fields }: KeyForm,
  given: KeyValues,
): Promise<KeyValues> {
  const values: Record<string, string> = {};
  let takesPasted = false;
  for (const field of fields) {
    const known = given[field.name];
    const value = known ?? (await askField(context, field, takesPasted));
    if (value === undefined) continue;
    values[field.name] = value;
    takesPasted ||= known === undefined;
  }
  return values;
}

async function askField(
  { prompt, note }: Pick<Context, 'prompt' | 'note'>,
  { label, isSecret, isOptional, default: usual, configured, check }: KeyField,
  takesPasted: boolean,
): Promise<string | undefined> {
  if (configured !== undefined) {
    await note(`${label}: ${configured.value} (${configured.source})`);
    return undefined;
  }
  const question = { message: label, instead, takesPasted, fault: check };
  if (isSecret) return prompt.masked(question);
  if (usual !== undefined) return prompt.text({ ...question, default: usual });
  if (!isOptional) return prompt.text(question);
  const answer = await prompt.text({
    ...question,
    message: `${label} (empty: none)`,
    fault: (typed) => (typed === '' ? undefined : check(typed)),
  });
  return answer === '' ? undefined : answer;
}
