import { dirname, isAbsolute, join, resolve } from 'node:path';
import { say } from '../core/hint.ts';
import type { SpecSchema } from '../core/keyring-spec.ts';
import { isMap } from '../core/validate.ts';
import { isVariableName } from '../core/variable-name.ts';
import { ownSecretVariables } from '../core/variables.ts';
import { fromHome } from '../host/home.ts';
import type { Host } from '../host/host.ts';
import { isOfProcesses, listDirectory, statIfVisible } from '../host/read-files.ts';
import { sourceOf, valueAt, type ConfigFile, type TaggedPlace } from './config-file.ts';
import { specPlaces, type SpecPlace } from './keyring-spec.ts';
import type { Problem } from './problems.ts';
import { isFile, readText } from './read.ts';
import { withCommandOutput } from './tags/resolve.ts';
import { isTagged } from './values.ts';

type Where = Pick<Host, 'env' | 'homeDirectory' | 'workingDirectory'>;
type Files = readonly ConfigFile[];
type Path = readonly string[];

/** A value that no tag may give. */
interface OwnSecret {
  /** Completes "its value is …": `the keyring password in ATMOS_KEYRING_PASSWORD`. */
  readonly named: string;
  /** The variable that holds it, where no program gets one of that name. */
  readonly neverSet?: string;
  /** Trimmed, as `!env` trims. Not empty. */
  readonly text: string;
  /** Whether a longer text that contains it is refused too. */
  readonly isSoughtInside: boolean;
}

/** A file that contains a secret of atmos-auth. */
interface SecretFile {
  readonly path: string;
  readonly named: string;
  /** Whether its text is the password. Else it holds another secret, whose value is not compared. */
  readonly isPassword: boolean;
}

/**
 * The shortest password that a new keyring takes. A shorter one (a keyring of before may have it) or an
 * MFA code is found by chance in account ids and paths, so it is refused only where it is all of a
 * value.
 */
const minSoughtInside = 8;

/** Tags for directories and for the repository: a password may occur as a word in a path. */
const wholeOnly = /^!(cwd|random|repo-root|git\.)/;

/**
 * The files without the values that came from tags and are secrets of atmos-auth: passwords of the
 * keyring, MFA codes, systemd's credentials. Each is reported. It is the value that is compared, so
 * the same password in another variable is found, whichever file names the variable of the
 * password.
 *
 * What a password command prints is not known here, and so not compared.
 *
 * @param isOfCommand chooses what is looked at: outputs of `!exec`, or all other values
 */
export function withoutOwnSecrets(
  files: Files,
  isOfCommand: boolean,
  spec: SpecSchema,
  host: Where,
  report: (problem: Problem) => void,
): ConfigFile[] {
  const secretFiles = findSecretFiles(files, spec, host);
  const secrets = findSecrets(files, secretFiles, spec, host);
  return files.map((file) => {
    const includes = isOfCommand ? [] : refusedIncludes(file, secretFiles);
    const refused = file.tagged
      .filter(({ tag }) => (tag === '!exec') === isOfCommand)
      .flatMap((place) => {
        const key = secretKey(place, secrets);
        const included = includes.find(({ at }) => isBelow(place.path, at));
        const why = key?.why ?? included?.why ?? whyRefused(file.settings, place, secrets);
        return why === undefined ? [] : [{ ...place, at: key?.above ?? place.path, why }];
      });
    for (const { at: path, tag, why } of refused) {
      report({ path, file, message: `must not be set from ${tag}: ${why}`, hint });
    }
    return refused.reduce((left, { at }) => withoutValue(left, at), file);
  });
}

const hint = say('remove the tag: a configuration must not contain what unlocks the keyring');

/** The names of variables that contain a secret of atmos-auth, in any of the files. */
export function secretVariables(
  files: Files,
  spec: SpecSchema,
  { env }: Pick<Host, 'env'>,
): string[] {
  const places = placesNaming('variable', spec);
  const said = files.flatMap(({ settings }) =>
    places.flatMap(({ paths }) => paths.map((path) => valueAt(settings, path))),
  );
  const byEnvironment = places.map(({ environment }) => environment && env[environment]);
  const named = [...said, ...byEnvironment].filter(
    (name) => typeof name === 'string' && isVariableName(name),
  );
  return [...new Set([...ownSecretVariables, 'AWS_VAULT_FILE_PASSPHRASE', ...named])].map(String);
}

/** Why the place may not have what its tag gave, to follow "must not be set from !env NAME: ". */
function whyRefused(
  settings: Readonly<Record<string, unknown>>,
  { path, tag }: TaggedPlace,
  secrets: readonly OwnSecret[],
): string | undefined {
  const texts = textsOf(resolvedAt(settings, path));
  for (const secret of secrets) {
    if (isNeverSet(path, secret)) continue;
    const isSought = secret.isSoughtInside && !wholeOnly.test(tag);
    const found = texts.find(
      (text) => text === secret.text || (isSought && text.includes(secret.text)),
    );
    if (found === secret.text) return `its value is ${secret.named}`;
    if (found !== undefined) return `its value contains ${secret.named}`;
  }
  return undefined;
}

/**
 * A key of the path that is or contains a secret: of what was included the keys came from there as well.
 * What it is in is refused as a whole, so that no message names the key.
 */
function secretKey(
  { path, tag }: TaggedPlace,
  secrets: readonly OwnSecret[],
): { above: Path; why: string } | undefined {
  if (tag !== '!include') return undefined;
  for (const { text, named } of secrets.filter(({ isSoughtInside }) => isSoughtInside)) {
    const depth = path.findIndex((key) => key.includes(text));
    if (depth > 0) return { above: path.slice(0, depth), why: `one of its keys contains ${named}` };
  }
  return undefined;
}

/** Files that may not be included, with the places that got something of them. */
function refusedIncludes(
  { included }: ConfigFile,
  secretFiles: readonly SecretFile[],
): { at: Path; why: string }[] {
  return included.flatMap(({ path, at: written }) => {
    // What a map inherits lies in the map itself.
    const at = written.filter((key) => key !== '<<');
    const secretFile = secretFiles.find((secret) => isSameFile(secret.path, path));
    if (secretFile !== undefined) return [{ at, why: `the included file is ${secretFile.named}` }];
    return isOfProcesses(path)
      ? [{ at, why: `${path} may hold the environment of a process` }]
      : [];
  });
}

/** `env: !include .env` may bring the very variable of the secret. No program gets one of its name. */
function isNeverSet([part, name = '', ...rest]: Path, { neverSet }: OwnSecret): boolean {
  return part === 'env' && rest.length === 0 && name.toUpperCase() === neverSet?.toUpperCase();
}

function findSecrets(
  files: Files,
  secretFiles: readonly SecretFile[],
  spec: SpecSchema,
  host: Where,
): OwnSecret[] {
  const refusedByName = [...ownSecretVariables, ...usedVariables(files, spec, host)];
  const ofVariables = secretVariables(files, spec, host).map((name) => ({
    named: nameOfVariable(name),
    text: host.env[name] ?? '',
    // A path below systemd's directory of credentials is no secret: a setting names a file by it.
    maySeekInside: name !== 'CREDENTIALS_DIRECTORY',
    ...(refusedByName.includes(name) ? { neverSet: name } : {}),
  }));
  const ofFiles = secretFiles
    .filter(({ isPassword }) => isPassword)
    .map(({ path, named }) => ({ named, text: textOf(path), maySeekInside: true }));
  return [...ofVariables, ...ofFiles]
    .map((secret) => ({ ...secret, text: secret.text.trim() }))
    .filter(({ text }) => text !== '')
    .map(({ maySeekInside, ...secret }) => {
      return { ...secret, isSoughtInside: maySeekInside && secret.text.length >= minSoughtInside };
    });
}

/** The variables that a keyring takes its secrets from. */
function usedVariables(files: Files, spec: SpecSchema, { env }: Pick<Host, 'env'>): string[] {
  return placesNaming('variable', spec).map(({ environment, paths, default: byDefault }) => {
    // The environment wins over `env:`, and that over the key itself.
    const said = paths
      .toReversed()
      .map((path) => files.map(({ settings }) => valueAt(settings, path)).findLast(Boolean));
    const name = [environment && env[environment], ...said].find(Boolean);
    return typeof name === 'string' ? name : String(byDefault ?? '');
  });
}

function placesNaming(what: 'variable' | 'file', spec: SpecSchema): SpecPlace[] {
  return specPlaces(spec).filter(({ namesSecret }) => namesSecret === what);
}

function nameOfVariable(variable: string): string {
  if (variable === 'ATMOS_MFA_TOKEN') return `the MFA code in ${variable}`;
  if (variable === 'CREDENTIALS_DIRECTORY') return `the directory in ${variable}`;
  return `the keyring password in ${variable}`;
}

function findSecretFiles(files: Files, spec: SpecSchema, host: Where): SecretFile[] {
  const { env } = host;
  const working = host.workingDirectory();
  const places = placesNaming('file', spec);
  const variables = places.flatMap(({ environment }) => environment ?? []);
  const ofEnvironment = [...variables, 'ATMOS_KEYRING_NEW_PASSWORD_FILE'].map((variable) => ({
    said: env[variable],
    base: working,
    source: variable,
  }));
  const ofFiles = files.flatMap((file) =>
    places
      .flatMap(({ paths }) => paths)
      .map((path) => ({
        said: valueAt(file.settings, path),
        base: path[0] === 'env' ? working : dirname(file.path),
        get source() {
          return sourceOf([file], path);
        },
      })),
  );
  const named = [...ofEnvironment, ...ofFiles].flatMap(({ said, base, source }) => {
    const path =
      typeof said === 'string' && said !== '' ? fromHome(said, host.homeDirectory) : undefined;
    if (path === undefined) return [];
    const what = `the keyring password in the file that ${source} names`;
    return [{ path: resolve(base, path), named: what, isPassword: true }];
  });
  return [...named, ...serviceCredentials(host)];
}

/** The credentials that systemd provides to this service. */
function serviceCredentials({ env }: Pick<Host, 'env'>): SecretFile[] {
  const directory = env['CREDENTIALS_DIRECTORY'];
  if (!directory || !isAbsolute(directory)) return [];
  const entries = orUndefined(() => listDirectory(directory)) ?? [];
  return entries.map(({ name }) => {
    const isPassword = name === 'atmos-keyring-password';
    const named = `${isPassword ? 'the keyring password' : 'a secret'} in CREDENTIALS_DIRECTORY`;
    return { path: join(directory, name), named, isPassword };
  });
}

/**
 * Of a regular file; empty for what cannot be read. A named pipe is not even opened: who writes the
 * password into it would be cut off.
 */
function textOf(path: string): string {
  return orUndefined(() => (isFile(path) ? readText(path)?.text : undefined)) ?? '';
}

/** By the file itself: there are links, and other ways to it. */
function isSameFile(one: string, other: string): boolean {
  const [a, b] = [statIfVisible(one), statIfVisible(other)];
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The value at a path of one file, through lists that `!append` brings. */
function resolvedAt(value: unknown, path: Path): unknown {
  if (isTagged(value)) return resolvedAt(value.value, path);
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(value)) return resolvedAt(value[Number(key)], rest);
  return isMap(value) && Object.hasOwn(value, key) ? resolvedAt(value[key], rest) : undefined;
}

/** Every text in it, trimmed, with the keys of maps. */
function textsOf(value: unknown): string[] {
  if (isTagged(value)) return [];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (isMap(value)) return Object.entries(value).flatMap(([key, one]) => [key, ...textsOf(one)]);
  const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
  return isScalar ? [String(value).trim()] : [];
}

function isBelow(path: Path, above: Path): boolean {
  return above.every((key, depth) => key === path[depth]);
}

function withoutValue(file: ConfigFile, path: Path): ConfigFile {
  return {
    ...file,
    settings: withCommandOutput(file.settings, path, undefined),
    tagged: file.tagged.filter((place) => !isBelow(place.path, path)),
  };
}
