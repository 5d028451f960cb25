export type LockMode = 'shared' | 'exclusive';

/** An open file that the system locks, and unlocks when its holder dies. */
export interface LockFile {
  /** Without waiting. False while another one holds it, be it in this process. */
  tryLock(mode: LockMode): boolean;
  unlock(): void;
  /** Replaces what is written in it. Never fails: it is only a help for messages. */
  write(text: string): void;
  close(): void;
}
