type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A variable of an environment that may be a copy. On Windows names do not differ by case, and the
 * system's own is `Path`: `process.env` finds it as `PATH`, a copy of it does not.
 */
export function environmentValue(
  environment: Environment,
  name: string,
  platform: NodeJS.Platform,
): string | undefined {
  const value = environment[name];
  if (value !== undefined || platform !== 'win32') return value;
  const isSame = (other: string) => other.toUpperCase() === name.toUpperCase();
  const same = Object.entries(environment).filter(([other]) => isSame(other));
  return same.find((entry) => entry[1] !== undefined)?.[1];
}
