import { randomBytes } from 'node:crypto';

const form = /^atmos-auth-doctor-probe-(\d{1,12})-[0-9a-f]{8}$/;
const longestExaminationMs = 10 * 60 * 1000;

/** The key of an entry that is written only to see whether that works: it tells what it is, and when. */
export function createProbeKey(now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  return `atmos-auth-doctor-probe-${seconds}-${randomBytes(4).toString('hex')}`;
}

/** Whether it is what an examination that was killed has left, and none at work. */
export function isStaleProbe(key: string, now: Date): boolean {
  const seconds = form.exec(key)?.[1];
  return (
    seconds !== undefined && Math.abs(now.getTime() - Number(seconds) * 1000) > longestExaminationMs
  );
}
