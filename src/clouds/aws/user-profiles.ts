import { AtmosError } from '../../core/errors.ts';
import { edit as editHint, say } from '../../core/hint.ts';
import { quote } from '../../core/json.ts';
import type {
  ProcessProfile,
  ProfilesEdit,
  UserProfiles,
  UserProfilesFile,
} from '../cloud-contract.ts';
import { parseIni } from './ini.ts';
import { formatProcessProfile, hasOtherName, isPrefix, profileOf } from './process-profile.ts';
import { sharedPaths } from './shared-paths.ts';
import { configProfile, settingsOf } from './shared-profiles.ts';

// The profiles of `auth aws-config` in the user's AWS config file: one block of lines for each
// realm, docs/adr/0035.

export const awsUserProfiles: UserProfiles = { files, checkPrefix, edit };

type Where = Parameters<UserProfiles['files']>[0];

function files(host: Where): ReturnType<UserProfiles['files']> {
  const { config, credentials } = sharedPaths(host);
  const source = host.env['AWS_CONFIG_FILE'] ? 'AWS_CONFIG_FILE' : 'the home directory';
  return { config: { value: config, source }, credentials };
}

function checkPrefix(prefix: string): void {
  if (isPrefix(prefix)) return;
  throw new AtmosError(
    'ERR_USAGE',
    `--prefix ${quote(prefix)} cannot begin the name of an AWS profile`,
    { hints: [say('use 1 to 64 of the characters A-Z a-z 0-9 _ . @ + / -, such as work-')] },
  );
}

function edit(
  file: UserProfilesFile,
  realm: string,
  wanted: readonly ProcessProfile[],
): ProfilesEdit {
  const blocks = findBlocks(file);
  const [own, second] = blocks.filter((block) => block.realm === realm);
  if (second !== undefined) {
    const { firstLine: line } = second;
    throw damaged(`${file.path}:${line} begins a second block of realm ${realm}`, file.path, line);
  }
  const places = placesOutside(file, realm, blocks);
  const [written, taken]: [ProcessProfile[], ProfilesEdit['taken'][number][]] = [[], []];
  for (const profile of wanted) {
    const name = profileOf(profile.identity, profile.prefix);
    const position = places.get(name);
    if (position !== undefined) {
      taken.push({ identity: profile.identity, profile: name, position });
      continue;
    }
    written.push(profile);
    // A second section of one name would make the AWS CLI reject the whole file.
    places.set(name, `the new block, for identity ${profile.identity}`);
  }
  const block = formatBlock(realm, written);
  const before = settingsByName(own === undefined ? '' : file.text.slice(own.start, own.end));
  const after = settingsByName(block);
  return {
    text: own === undefined ? append(file.text, block) : replace(file.text, own, block),
    block,
    taken,
    profiles: written.map(({ identity, prefix }) => {
      const profile = profileOf(identity, prefix);
      const [old, now] = [before.get(profile), after.get(profile)];
      const change = old === undefined ? 'added' : old === now ? 'unchanged' : 'changed';
      return { identity, profile, change };
    }),
    removed: [...before.keys()].filter((name) => !after.has(name)),
  };
}

interface Block {
  readonly realm: string;
  /** Of its first character. */
  readonly start: number;
  /** After the line break of its last line, if there is one. */
  readonly end: number;
  /** Counted from 1. */
  readonly firstLine: number;
  readonly lastLine: number;
}

const title = 'atmos auth aws-config: realm';
const marker = new RegExp(`^\\s*# (>>>|<<<) ${title} (\\S+) (?:>>>|<<<)\\s*$`);

/** @throws ERR_USAGE unless each line that begins a block is followed by its end */
function findBlocks({ path, text }: Pick<UserProfilesFile, 'path' | 'text'>): Block[] {
  const blocks: Block[] = [];
  let open: { realm: string; start: number; line: number } | undefined;
  let start = 0;
  for (const [index, content] of text.split('\n').entries()) {
    const end = Math.min(start + content.length + 1, text.length);
    const [, arrows, realm = ''] = marker.exec(content) ?? [];
    const line = index + 1;
    if (arrows !== undefined && (arrows === '>>>') !== (open === undefined))
      throw unpaired(open ?? { realm, line }, open ? 'begins' : 'ends', path);
    if (arrows === '>>>') open = { realm, start, line };
    if (arrows === '<<<' && open !== undefined) {
      if (open.realm !== realm) throw unpaired(open, 'begins', path);
      blocks.push({ realm, start: open.start, end, firstLine: open.line, lastLine: line });
      open = undefined;
    }
    start = end;
  }
  if (open !== undefined) throw unpaired(open, 'begins', path);
  return blocks;
}

function unpaired(
  { realm, line }: { readonly realm: string; readonly line: number },
  does: 'begins' | 'ends',
  path: string,
): AtmosError {
  const missing = does === 'begins' ? 'its last line is missing' : 'its first line is missing';
  return damaged(`${path}:${line} ${does} a block of realm ${realm}, but ${missing}`, path, line);
}

function damaged(message: string, path: string, line: number): AtmosError {
  return new AtmosError('ERR_USAGE', message, {
    hints: [editHint(`${path}:${line}`, 'remove the lines of the block, then run this again')],
  });
}

/** Where each profile outside of the realm's block is, in both files. */
function placesOutside(
  { path, text, credentials }: UserProfilesFile,
  realm: string,
  blocks: readonly Block[],
): Map<string, string> {
  const places = new Map<string, string>();
  for (const section of parseIni(text)) {
    const name = configProfile(section.name);
    const block = blocks.find((one) => one.firstLine < section.line && section.line < one.lastLine);
    if (name === undefined || block?.realm === realm) continue;
    const owner = block === undefined ? '' : `, in the block of realm ${block.realm}`;
    places.set(name, `${path}:${section.line}${owner}`);
  }
  for (const { name, line } of parseIni(credentials.text))
    places.set(name, `${credentials.path}:${line}`);
  return places;
}

/** Lines with a line feed each. */
function formatBlock(realm: string, profiles: readonly ProcessProfile[]): string {
  if (profiles.length === 0) return '';
  return [
    `# >>> ${title} ${realm} >>>\n`,
    '# Changes between these lines are lost when atmos auth aws-config --write runs again.\n',
    ...profiles.map((one) => `${nameComment(one)}${formatProcessProfile(one)}`),
    `# <<< ${title} ${realm} <<<\n`,
  ].join('');
}

/** Names the identity of a profile whose name does not show it. */
function nameComment(profile: ProcessProfile): string {
  return hasOtherName(profile) ? `# identity: ${asciiEscaped(profile.identity)}\n` : '';
}

/** One line of ASCII: the AWS CLI on Windows decodes the file with the code page of the system. */
function asciiEscaped(text: string): string {
  return text.replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Adds a block at the end. If the last line of the text has no line break, the last line of the
 * block has none either, by which {@link replace} knows to restore that.
 */
function append(text: string, block: string): string {
  if (block === '') return text;
  const lineBreak = /\r?\n/.exec(text)?.[0] ?? '\n';
  const lines = block.replaceAll('\n', lineBreak);
  if (text === '' || text.endsWith('\n')) return `${text}${lines}`;
  return `${text}${lineBreak}${lines.slice(0, -lineBreak.length)}`;
}

/** The new block has the line breaks of the old one. */
function replace(text: string, { start, end }: Block, block: string): string {
  const [before, old, after] = [text.slice(0, start), text.slice(start, end), text.slice(end)];
  const lineBreak = /\r?\n/.exec(old)?.[0] ?? '\n';
  const lines = block.replaceAll('\n', lineBreak);
  if (old.endsWith('\n')) return `${before}${lines}${after}`;
  const isRemoved = block === '' && before.endsWith(lineBreak);
  return isRemoved
    ? before.slice(0, -lineBreak.length)
    : `${before}${lines.slice(0, -lineBreak.length)}`;
}

/** The settings of each profile, in a form that can be compared. */
function settingsByName(text: string): Map<string, string> {
  return new Map(
    parseIni(text).flatMap((section) => {
      const name = configProfile(section.name);
      return name === undefined ? [] : [[name, settingsOf(section)] as const];
    }),
  );
}
