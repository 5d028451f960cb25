import { statfsSync } from 'node:fs';
import { isRemote } from './windows/files.ts';

// Magic numbers of statfs(2) where flock(2) may not reach other hosts.
const networkFileSystems: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB',
  0x517b: 'SMB',
  0x65735546: 'FUSE',
  0x01021997: '9P',
  0x00c36400: 'Ceph',
  0x5346414f: 'AFS',
};

/** The kind of network file system the directory is on, if it is on one. */
export function networkFileSystem(directory: string): string | undefined {
  try {
    if (process.platform === 'win32') return isRemote(directory) ? 'a Windows share' : undefined;
    return networkFileSystems[statfsSync(directory).type];
  } catch {
    return undefined;
  }
}
