/** The names in the value of an option such as `--tags a,b`. Undefined if the option is not given. */
export function listOf(value: string | undefined): readonly string[] | undefined {
  return value
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
