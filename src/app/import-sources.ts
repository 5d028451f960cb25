/** A line of a file, counted from 1. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

export interface SharedFile {
  readonly path: string;
  readonly text: string;
  /** There a profile is headed `[profile NAME]`, but for `[default]`. */
  readonly isConfig: boolean;
}

const comment = /(^|\s)[;#].*$/;
const header = /^\[(.*)\]$/;
const keySetting = /^\s*aws_(access_key_id|secret_access_key)\s*=/;

/** The lines of an AWS shared file that hold the long-lived key of a profile. */
export function findKeyLines({ path, text, isConfig }: SharedFile, profile: string): SourceLine[] {
  const headers = isConfig ? configHeaders(profile) : [profile];
  const found: SourceLine[] = [];
  let isInside = false;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const section = header.exec(line.replace(comment, '').trim())?.[1];
    if (section !== undefined) isInside = headers.includes(section);
    else if (isInside && keySetting.test(line)) found.push({ file: path, line: index + 1 });
  }
  return found;
}

function configHeaders(profile: string): string[] {
  const named = [profile, `"${profile}"`, `'${profile}'`].map((name) => `profile ${name}`);
  return profile === 'default' ? ['default', ...named] : named;
}
