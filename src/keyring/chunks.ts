import { randomBytes } from 'node:crypto';
import { isObject, parseJson } from '../core/json.ts';
import { digest } from './digest.ts';

/**
 * How a value is kept that is larger than what a system holds in one item: in parts of its own names,
 * and under the key itself a header that says which. A header is written when its parts are there, so
 * whoever reads finds the old value or the new one.
 *
 * A part's name begins with a dot, so it is nobody's key. It carries the generation, which every
 * write chooses anew, its index and the key.
 */
export interface Header {
  readonly generation: string;
  readonly count: number;
  /** Of all bytes of the value, in hex. */
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
/** No write takes longer. */
const maxWriteMs = 10 * 60 * 1000;

/** When it was chosen stands in it, and 64 random bits. */
export function createGeneration(now: Date): string {
  return `${now.getTime().toString(16).padStart(12, '0')}-${randomBytes(8).toString('hex')}`;
}

/** Whether nobody can still be writing it: by its own time, which may also lie ahead. */
export function isPast(generation: string, now: Date): boolean {
  const chosenAt = Number.parseInt(generationForm.exec(generation)?.[1] ?? '', 16);
  return Math.abs(now.getTime() - chosenAt) > maxWriteMs;
}

export function formatPartName({ generation, index, key }: Part): string {
  return `.atmos-auth-part/${generation}/${index}/${key}`;
}

/** Undefined for a name that is no part's. */
export function parsePartName(name: string): Part | undefined {
  const [, generation, index, key] = partForm.exec(name) ?? [];
  if (generation === undefined || key === undefined) return undefined;
  const part = { generation, index: Number(index), key };
  return formatPartName(part) === name ? part : undefined;
}

/** Whether bytes say that they are a header: whatever else begins so has to be kept in parts. */
export function isMarked(bytes: Buffer): boolean {
  return bytes.subarray(0, mark.length).equals(Buffer.from(mark));
}

export function createHeader(generation: string, bytes: Buffer, count: number): Header {
  return { generation, count, sha256: digest(bytes) };
}

export function formatHeader({ generation, count, sha256 }: Header): Buffer {
  return Buffer.from(mark + JSON.stringify({ generation, count, sha256 }));
}

/** Undefined for what is no header of ours. */
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

/** The names of a value's parts, in their order. */
export function partNames(
  key: string,
  { generation, count }: Pick<Header, 'generation' | 'count'>,
) {
  return Array.from({ length: count }, (_, index) => formatPartName({ generation, index, key }));
}

/** At least one part, of nothing if need be. */
export function splitBytes(bytes: Buffer, partBytes: number): Buffer[] {
  const count = Math.max(1, Math.ceil(bytes.length / partBytes));
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * partBytes, (index + 1) * partBytes),
  );
}
