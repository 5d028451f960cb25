import { randomBytes } from 'node:crypto';
import { isObject, parseJson } from '../core/json.ts';
import { digest } from './digest.ts';

/**
 * A value that is larger than an item of the system is stored in several parts, which are items
 * with names of their own. The item of the entry itself is a header that refers to them. It is
 * written after its parts, so that a reader finds either the old or the new value.
 *
 * The name of a part begins with a dot, which no entry name does. It contains the generation, which
 * is new for each write, the index and the entry name.
 */
export interface Header {
  readonly generation: string;
  readonly count: number;
  /** Hash of the whole value, in hex. */
  readonly sha256: string;
}

export interface Part {
  readonly generation: string;
  readonly index: number;
  readonly key: string;
}

const mark = 'atmos-auth-parts:';
const generationForm = /^([0-9a-f]{12})-[0-9a-f]{16}$/;
const sha256Form = /^[0-9a-f]{64}$/;
const partForm = /^\.atmos-auth-part\/([0-9a-f]{12}-[0-9a-f]{16})\/(\d{1,4})\/(.+)$/s;
const maxParts = 1000;
/** Longest duration of a write. */
const maxWriteMs = 10 * 60 * 1000;

/** Contains the time of its creation and 64 random bits. */
export function createGeneration(now: Date): string {
  return `${now.getTime().toString(16).padStart(12, '0')}-${randomBytes(8).toString('hex')}`;
}

/** Whether no process can still write it, by its creation time, which may be in the future. */
export function isPast(generation: string, now: Date): boolean {
  const chosenAt = Number.parseInt(generationForm.exec(generation)?.[1] ?? '', 16);
  return Math.abs(now.getTime() - chosenAt) > maxWriteMs;
}

export function formatPartName({ generation, index, key }: Part): string {
  return `.atmos-auth-part/${generation}/${index}/${key}`;
}

/** Undefined for a name that does not belong to a part. */
export function parsePartName(name: string): Part | undefined {
  const [, generation, index, key] = partForm.exec(name) ?? [];
  if (generation === undefined || key === undefined) return undefined;
  const part = { generation, index: Number(index), key };
  return formatPartName(part) === name ? part : undefined;
}

/** Whether the bytes begin like a header. A value that begins so must be stored in parts. */
export function isMarked(bytes: Buffer): boolean {
  return bytes.subarray(0, mark.length).equals(Buffer.from(mark));
}

export function createHeader(generation: string, bytes: Buffer, count: number): Header {
  return { generation, count, sha256: digest(bytes) };
}

export function formatHeader({ generation, count, sha256 }: Header): Buffer {
  return Buffer.from(mark + JSON.stringify({ generation, count, sha256 }));
}

/** Undefined for an invalid header. */
export function parseHeader(bytes: Buffer): Header | undefined {
  const value = isMarked(bytes) ? parseJson(bytes.subarray(mark.length).toString()) : undefined;
  if (!isObject(value)) return undefined;
  const { generation, count, sha256 } = value;
  const isOurs =
    typeof generation === 'string' &&
    generationForm.test(generation) &&
    typeof count === 'number' &&
    Number.isInteger(count) &&
    count >= 1 &&
    count <= maxParts &&
    typeof sha256 === 'string' &&
    sha256Form.test(sha256);
  return isOurs ? { generation, count, sha256 } : undefined;
}

/** The names of the parts of a value, in order. */
export function partNames(
  key: string,
  { generation, count }: Pick<Header, 'generation' | 'count'>,
) {
  return Array.from({ length: count }, (_, index) => formatPartName({ generation, index, key }));
}

/** Returns at least one part, which may be empty. */
export function splitBytes(bytes: Buffer, partBytes: number): Buffer[] {
  const count = Math.max(1, Math.ceil(bytes.length / partBytes));
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * partBytes, (index + 1) * partBytes),
  );
}
