/** A system's keeper of small secrets by name, as Credential Manager and the macOS keychain are. */
export interface ItemStore {
  /** What is kept under a name, or undefined when nothing is. @throws KeyringError */
  read(name: string): Promise<Buffer | undefined>;
  /** Stores or overwrites. @throws KeyringError */
  write(name: string, bytes: Buffer): Promise<void>;
  /** Whether something was there to remove. @throws KeyringError */
  remove(name: string): Promise<boolean>;
  /** Every name under which something of ours is kept, those that are no key included. @throws KeyringError */
  names(): Promise<string[]>;
  /** Whether one item of that name holds so many bytes. */
  fits(name: string, bytes: number): boolean;
  /** How many bytes every name that a part can have holds. */
  readonly partBytes: number;
}
