// All of Windows that src/host/windows.ts loads at once.
export { isRemote } from './files.ts';
export { windowsGuardian } from './guardian.ts';
export { patiently } from '../in-use.ts';
export { moveFile, removeByMoving } from './move-file.ts';
export { makePrivateDirectory, makePrivateFile } from './private.ts';
