import type { KeyField, KeyForm, KeyValues } from '../../app/configure-user.ts';
import { say } from '../../core/hint.ts';
import type { Context } from '../context.ts';

const instead = say('pass --stdin and give the key as JSON, or --from-aws-profile NAME');

/**
 * Prompts for the fields of an access key as Atmos does. Values of the configuration are shown;
 * values of options are not prompted for.
 */
export async function askAccessKey(
  context: Pick<Context, 'prompt' | 'note'>,
  { fields }: KeyForm,
  given: KeyValues,
): Promise<KeyValues> {
  const values: Record<string, string> = {};
  for (const field of fields) {
    const value = given[field.name] ?? (await askField(context, field));
    if (value !== undefined) values[field.name] = value;
  }
  return values;
}

async function askField(
  { prompt, note }: Pick<Context, 'prompt' | 'note'>,
  { label, isSecret, isOptional, default: usual, configured, check }: KeyField,
): Promise<string | undefined> {
  if (configured !== undefined) {
    await note(`${label}: ${configured.value} (${configured.source})`);
    return undefined;
  }
  if (isSecret) return prompt.masked({ message: label, instead, fault: check });
  if (usual !== undefined) {
    return prompt.text({ message: label, default: usual, instead, fault: check });
  }
  if (!isOptional) return prompt.text({ message: label, instead, fault: check });
  const answer = await prompt.text({
    message: `${label} (empty: none)`,
    instead,
    fault: (typed) => (typed === '' ? undefined : check(typed)),
  });
  return answer === '' ? undefined : answer;
}
