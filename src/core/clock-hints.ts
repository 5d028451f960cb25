/** Commands that set the clock of the machine right. */
export function clockHints(platform: NodeJS.Platform): string[] {
  if (platform === 'darwin') return ['sudo systemsetup -setusingnetworktime on'];
  if (platform === 'win32') return ['w32tm /resync'];
  return ['sudo timedatectl set-ntp true', 'in WSL: sudo hwclock --hctosys'];
}
