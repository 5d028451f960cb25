import { closeSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import type Koffi from 'koffi';

// The only module that loads koffi, which calls native code.

/** The version in package.json: a native part of another version is not used. */
export const koffiVersion = '3.3.4';

const require = createRequire(import.meta.filename);
/** The name of the loader is among the first headers, unless the program was changed later. */
const startBytes = 4096;

let loaded: typeof Koffi | undefined;

/** koffi, which is loaded at the first call. */
export function loadKoffi(): typeof Koffi {
  return (loaded ??= load());
}

/**
 * Loads koffi's native part alone, which takes about 1 ms: the JavaScript around it takes 4 ms more,
 * finds the file, and adds deprecated functions. `require` keeps a native part that was loaded before,
 * also by another package, and that must not be initialized twice.
 */
function load(): typeof Koffi {
  try {
    const name = nativePartOf(process, readStartOfNode);
    const native: typeof Koffi | undefined = name && require(name);
    if (native?.version === koffiVersion) return native;
  } catch {
    // koffi also looks in other places, and reports what it did not find.
  }
  return require('koffi');
}

type System = Pick<NodeJS.Process, 'platform' | 'arch'>;

/**
 * The file that koffi would load, in the package for this system. Undefined for a system that is
 * left to koffi.
 *
 * @param readStart reads the first bytes of the program of this process
 */
export function nativePartOf(
  { platform, arch }: System,
  readStart: () => string,
): string | undefined {
  if (arch !== 'x64' && arch !== 'arm64') return undefined;
  const at = `@koromix/koffi-${platform}-${arch}`;
  if (platform === 'win32' || platform === 'darwin') return `${at}/${platform}_${arch}/koffi.node`;
  if (platform !== 'linux') return undefined;
  const library = libraryOf(readStart());
  return library && `${at}/${library}_${arch}/koffi.node`;
}

/** As koffi does: the C library is that of the loader which the program names. */
function libraryOf(startOfProgram: string): string | undefined {
  if (startOfProgram.includes('/ld-musl-')) return 'musl';
  return startOfProgram.includes('/ld-linux-') ? 'linux' : undefined;
}

function readStartOfNode(): string {
  const file = openSync(process.execPath, 'r');
  try {
    const start = Buffer.alloc(startBytes);
    return start.toString('latin1', 0, readSync(file, start, 0, startBytes, 0));
  } finally {
    closeSync(file);
  }
}
