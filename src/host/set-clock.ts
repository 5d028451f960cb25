import { run, type Hint } from '../core/hint.ts';
import type { Host } from './host.ts';

/** Hints that set the clock of the machine. */
export function setClock({ platform }: Pick<Host, 'platform'>): Hint[] {
  if (platform === 'darwin') return [run(['sudo', 'systemsetup', '-setusingnetworktime', 'on'])];
  if (platform === 'win32') return [run(['w32tm', '/resync'])];
  return [
    run(['sudo', 'timedatectl', 'set-ntp', 'true']),
    run(['sudo', 'hwclock', '--hctosys'], 'in WSL'),
  ];
}
