import { AtmosError } from '../core/errors.ts';
import { addOptions, placeholder } from '../core/hint.ts';

/** The names in the value of an option such as `--tags a,b`. Undefined if the option is not given. */
export function listOf(value: string | undefined): readonly string[] | undefined {
  return value
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/**
 * The tags of `--tags`. Undefined if the option is not given.
 *
 * @throws ERR_USAGE if it contains no tag
 */
export function tagsOf(value: string | undefined): readonly string[] | undefined {
  const tags = listOf(value);
  if (tags?.length !== 0) return tags;
  throw new AtmosError('ERR_USAGE', '--tags must contain at least one tag', {
    hints: [addOptions(['--tags', placeholder('tag')])],
  });
}
